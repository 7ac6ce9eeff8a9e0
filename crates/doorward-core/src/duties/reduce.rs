//! A value without what must not be seen of it.

use doorward_mcp::raw::{Kind, Raw};

use super::AnswerDuties;
use super::pointer::Step;

/// What became of a value.
#[derive(Debug, Default)]
pub(super) struct Reduced {
    /// What remains, as JSON; parts that stay whole are as they were written.
    pub(super) json: String,
    /// Values that were replaced.
    pub(super) redacted: usize,
    /// Members and elements that no rule keeps.
    pub(super) removed: usize,
    /// Elements beyond the rows allowed.
    pub(super) cut: usize,
}

pub(super) fn reduce(value: Raw<'_>, duties: &AnswerDuties) -> Reduced {
    let place = Place {
        redact: duties.redact.iter().map(super::Pointer::steps).collect(),
        keep: duties.project.iter().map(|kept| kept.iter().map(super::Pointer::steps).collect()).collect(),
    };
    let mut reduced = Reduced::default();
    if place.keeps(value) {
        reduced.write(value, &place, duties.rows);
    } else {
        reduced.replace(value);
    }
    reduced
}

/// A place in the value: what of each pointer is still to come.
struct Place<'a> {
    redact: Vec<&'a [Step]>,
    /// For each rule that keeps parts: what leads to them from here. A rule that keeps all from here on is left out.
    keep: Vec<Vec<&'a [Step]>>,
}

impl<'a> Place<'a> {
    fn below(&self, name: &str) -> Self {
        let mut keep: Vec<Vec<&'a [Step]>> = self.keep.iter().map(|kept| below(kept, name)).collect();
        keep.retain(|kept| !kept.iter().any(|rest| rest.is_empty()));
        Self { redact: below(&self.redact, name), keep }
    }

    /// Whether every rule keeps this value, or something in it.
    fn keeps(&self, value: Raw<'_>) -> bool {
        let has_parts = matches!(value.kind(), Kind::Object | Kind::Array);
        self.keep.iter().all(|kept| has_parts && !kept.is_empty())
    }

    fn is_redacted(&self) -> bool {
        self.redact.iter().any(|rest| rest.is_empty())
    }
}

fn below<'a>(pointers: &[&'a [Step]], name: &str) -> Vec<&'a [Step]> {
    pointers
        .iter()
        .filter_map(|steps| steps.split_first().filter(|(step, _)| step.is(name)).map(|(_, rest)| rest))
        .collect()
}

impl Reduced {
    fn write(&mut self, value: Raw<'_>, place: &Place<'_>, rows: Option<usize>) {
        if place.is_redacted() {
            return self.replace(value);
        }
        if place.redact.is_empty() && place.keep.is_empty() && rows.is_none() {
            return self.json.push_str(value.text());
        }
        match value.kind() {
            Kind::Object => self.write_object(value, place, rows),
            Kind::Array => self.write_array(value, place, rows),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => self.json.push_str(value.text()),
        }
    }

    fn write_object(&mut self, object: Raw<'_>, place: &Place<'_>, rows: Option<usize>) {
        self.json.push('{');
        let mut written = 0;
        for (name, value) in object.named_values() {
            let below = place.below(&name.as_str().unwrap_or_default());
            if !below.keeps(value) {
                self.removed += 1;
                continue;
            }
            self.comma(&mut written);
            self.json.push_str(name.text());
            self.json.push(':');
            self.write(value, &below, rows);
        }
        self.json.push('}');
    }

    fn write_array(&mut self, array: Raw<'_>, place: &Place<'_>, rows: Option<usize>) {
        self.json.push('[');
        let mut written = 0;
        for (number, value) in array.elements().enumerate() {
            let below = place.below(&number.to_string());
            if !below.keeps(value) {
                self.removed += 1;
            } else if rows.is_some_and(|rows| written >= rows) {
                self.cut += 1;
            } else {
                self.comma(&mut written);
                self.write(value, &below, rows);
            }
        }
        self.json.push(']');
    }

    fn comma(&mut self, written: &mut usize) {
        if *written > 0 {
            self.json.push(',');
        }
        *written += 1;
    }

    /// Something of the same kind that says nothing: clients check answers against the tool's `outputSchema`. A number or
    /// truth value has no such thing and becomes null.
    fn replace(&mut self, value: Raw<'_>) {
        self.redacted += 1;
        self.json.push_str(match value.kind() {
            Kind::String => "\"[redacted]\"",
            Kind::Object => "{}",
            Kind::Array => "[]",
            Kind::Null | Kind::Bool | Kind::Number => "null",
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::super::{AnswerDuty, Pointer};
    use super::*;

    fn pointers(text: &str) -> Arc<[Pointer]> {
        text.split(',').map(|pointer| Pointer::parse(pointer).unwrap()).collect()
    }

    fn redact(text: &str) -> AnswerDuty {
        AnswerDuty::Redact(pointers(text))
    }

    fn project(text: &str) -> AnswerDuty {
        AnswerDuty::Project(pointers(text))
    }

    fn after(value: &str, duties: &[AnswerDuty]) -> String {
        let mut all = AnswerDuties::default();
        duties.iter().for_each(|duty| all.add(duty));
        reduce(RawJson::parse(value.to_owned(), &Limits::default()).unwrap().as_raw(), &all).json
    }

    #[test]
    fn values_are_replaced_where_the_pointers_lead() {
        for (value, at, left) in [
            (r#"{"a":"x","b":1}"#, "/a", r#"{"a":"[redacted]","b":1}"#),
            (r#"{"a":1,"b":[1],"c":{"d":1},"e":true}"#, "/a,/b,/c,/e", r#"{"a":null,"b":[],"c":{},"e":null}"#),
            (
                r#"{"u":[{"m":"x","n":1},{"m":"y"}]}"#,
                "/u/*/m",
                r#"{"u":[{"m":"[redacted]","n":1},{"m":"[redacted]"}]}"#,
            ),
            (r#"[["a"],["b"]]"#, "/1/0", r#"[["a"],["[redacted]"]]"#),
            (r#"{"\u0061":"x"}"#, "/a", r#"{"\u0061":"[redacted]"}"#),
            (r#"{"a/b":"x","~":"y"}"#, "/a~1b,/~0", r#"{"a/b":"[redacted]","~":"[redacted]"}"#),
            (r#"{"a":{"b":"x","c":"y"}}"#, "/*/b", r#"{"a":{"b":"[redacted]","c":"y"}}"#),
            (r#"{"a":"x"}"#, "/b,/a/b", r#"{"a":"x"}"#),
            (r#""x""#, "/a", r#""x""#),
        ] {
            assert_eq!(after(value, &[redact(at)]), left, "{value} {at}");
        }
    }

    #[test]
    fn what_no_rule_keeps_is_left_out() {
        for (value, keep, left) in [
            (r#"{"a":1,"b":2,"c":3}"#, "/a,/c", r#"{"a":1,"c":3}"#),
            (r#"{"u":[{"m":"x","n":1},"loose",{"n":2}],"t":1}"#, "/u/*/n", r#"{"u":[{"n":1},{"n":2}]}"#),
            (r#"{"a":"scalar"}"#, "/a/b", "{}"),
            (r#"{"a":{"b":1,"c":2}}"#, "/a", r#"{"a":{"b":1,"c":2}}"#),
            (r#"{"a":{"b":1,"c":2}}"#, "/a,/a/b", r#"{"a":{"b":1,"c":2}}"#),
            (r#""scalar""#, "/a", r#""[redacted]""#),
        ] {
            assert_eq!(after(value, &[project(keep)]), left, "{value} {keep}");
        }
    }

    #[test]
    fn duties_of_several_rules_are_all_done() {
        let value = r#"{"a":{"b":"x","c":"y"},"d":[1,2,3,4]}"#;
        let both = [project("/a,/d"), project("/a/b,/d"), redact("/a/b")];
        assert_eq!(after(value, &both), r#"{"a":{"b":"[redacted]"},"d":[1,2,3,4]}"#);
        assert_eq!(after(value, &[project("/a"), project("/d")]), "{}");
        assert_eq!(after(value, &[AnswerDuty::CapRows(3), AnswerDuty::CapRows(2), project("/d")]), r#"{"d":[1,2]}"#);
    }

    #[test]
    fn rows_beyond_the_cap_are_left_out_at_every_depth() {
        assert_eq!(after("[[1,2,3],[4],[5]]", &[AnswerDuty::CapRows(2)]), "[[1,2],[4]]");
        assert_eq!(after("[1,2]", &[AnswerDuty::CapRows(2)]), "[1,2]");
        assert_eq!(after("[1,2]", &[AnswerDuty::CapRows(0)]), "[]");
    }

    #[test]
    fn what_is_not_touched_stays_as_it_was_written() {
        let value = r#"{ "a" : 1.50 , "b" : { "c" : [ 1e3 ,  2 ] }, "d":"x" }"#;
        assert_eq!(after(value, &[redact("/d")]), r#"{"a":1.50,"b":{ "c" : [ 1e3 ,  2 ] },"d":"[redacted]"}"#);
    }
}

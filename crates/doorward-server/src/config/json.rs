//! JSON text as nodes, read as strictly as messages are: what two readers could take for two things is refused.

use std::ops::Range;

use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Kind, Raw, RawJson};
use doorward_mcp::rejection::RejectionKind;

use super::node::{Member, Node, Value};

/// What is wrong with the text, where, and what to do.
pub(super) struct Flaw {
    pub(super) message: String,
    pub(super) span: Option<Range<usize>>,
    pub(super) advice: &'static str,
}

/// The value of the whole text.
pub(super) fn read(text: &str) -> Result<Node, Flaw> {
    match RawJson::parse(text.as_bytes().to_vec(), &Limits::default()) {
        Ok(json) => Ok(node(json.as_raw())),
        Err(rejection) => {
            let at = rejection.byte_offset();
            let (message, advice) = explain(rejection.kind(), text, at);
            Err(Flaw { message, span: at.map(|at| at..at.saturating_add(1).min(text.len())), advice })
        }
    }
}

fn explain(kind: RejectionKind, text: &str, at: Option<usize>) -> (String, &'static str) {
    if kind == RejectionKind::DuplicateKey {
        let advice = "keep one of the two; which of them a client reads is not defined";
        return ("a key stands twice in the same object".to_owned(), advice);
    }
    let rest = at.and_then(|at| text.get(at..)).unwrap_or_default();
    let before = at.and_then(|at| text.get(..at)).unwrap_or_default().trim_end();
    if rest.starts_with("//") || rest.starts_with("/*") {
        let advice = "take the comment out, or write the servers into doorward.toml, where comments are allowed";
        return ("this file is read as strict JSON, which has no comments".to_owned(), advice);
    }
    if before.ends_with(',') && rest.starts_with(['}', ']']) {
        let advice = "take the last comma out; some clients ignore the whole file because of it";
        return ("a comma stands before a closing bracket".to_owned(), advice);
    }
    (format!("this is not JSON ({})", kind.name()), "correct the text at this place")
}

fn node(raw: Raw<'_>) -> Node {
    let value = match raw.kind() {
        Kind::String => Value::Text(raw.as_str().unwrap_or_default().into_owned()),
        Kind::Number => raw.as_i64().map_or_else(|| fraction(raw), Value::Number),
        Kind::Array => Value::List(raw.elements().map(node).collect()),
        Kind::Object => Value::Table(raw.named_values().map(|(name, value)| member(name, value)).collect()),
        Kind::Bool => Value::Flag(raw.text() == "true"),
        Kind::Null => Value::Other("null"),
    };
    Node { span: raw.range(), value }
}

fn fraction(raw: Raw<'_>) -> Value {
    raw.as_f64().map_or(Value::Other("a number out of range"), Value::Fraction)
}

fn member(name: Raw<'_>, value: Raw<'_>) -> Member {
    Member { name: name.as_str().unwrap_or_default().into_owned(), name_span: name.range(), node: node(value) }
}

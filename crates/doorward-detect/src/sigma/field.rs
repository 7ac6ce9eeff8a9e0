//! Fields of records, and what a rule wants of them.

use serde_json::Value;

use super::{SigmaError, count, malformed};
use crate::event::{Event, Harm, Reach, Trust};

/// A field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Principal,
    Server,
    Action,
    Tool,
    Disposition,
    Code,
    Rule,
    Finding,
    Trust,
    Reach,
    Harm,
    Origin,
    RequestBytes,
    AnswerBytes,
    UpstreamMicros,
    Missing,
}

const FIELDS: [(&str, Field); 16] = [
    ("principal", Field::Principal),
    ("server", Field::Server),
    ("action", Field::Action),
    ("tool", Field::Tool),
    ("disposition", Field::Disposition),
    ("code", Field::Code),
    ("rule", Field::Rule),
    ("finding", Field::Finding),
    ("trust", Field::Trust),
    ("reach", Field::Reach),
    ("harm", Field::Harm),
    ("origin", Field::Origin),
    ("request_bytes", Field::RequestBytes),
    ("answer_bytes", Field::AnswerBytes),
    ("upstream_micros", Field::UpstreamMicros),
    ("missing", Field::Missing),
];

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Is,
    Contains,
    StartsWith,
    EndsWith,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// What one field must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Test {
    field: Field,
    how: How,
    wanted: Vec<Wanted>,
    /// All of what is wanted, by different values of the field.
    is_all: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    /// In lower case, with `*` for any text and `?` for any character where it is compared whole.
    Text(Box<str>),
    Number(f64),
    /// The field has no value.
    Nothing,
}

impl Test {
    /// Reads `field|modifier|…: wanted`.
    pub(super) fn read(key: &str, wanted: &Value, values: &mut usize) -> Result<Self, SigmaError> {
        let mut parts = key.split('|');
        let name = parts.next().unwrap_or_default();
        let field = FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        let field = field.ok_or_else(|| SigmaError::Field(name.to_owned()))?;
        let (mut how, mut is_all) = (None, false);
        for modifier in parts {
            let next = match modifier {
                "all" => {
                    is_all = true;
                    continue;
                }
                "contains" => How::Contains,
                "startswith" => How::StartsWith,
                "endswith" => How::EndsWith,
                "lt" => How::Less,
                "lte" => How::AtMost,
                "gt" => How::More,
                "gte" => How::AtLeast,
                other => return Err(SigmaError::Unsupported(format!("the modifier `{other}`"))),
            };
            if how.replace(next).is_some() {
                return Err(SigmaError::Unsupported(format!("two comparisons in `{key}`")));
            }
        }
        let how = how.unwrap_or(How::Is);
        let wanted = match wanted {
            Value::Array(list) if list.is_empty() => return Err(malformed("a list of values is empty")),
            Value::Array(list) => list.iter().map(|one| Wanted::read(one, how, values)).collect::<Result<_, _>>()?,
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null | Value::Object(_) => {
                vec![Wanted::read(wanted, how, values)?]
            }
        };
        Ok(Self { field, how, wanted, is_all })
    }

    pub(super) fn holds(&self, event: &Event) -> bool {
        let seen = self.field.of(event);
        let is_met = |wanted: &Wanted| match wanted {
            Wanted::Nothing => seen.is_empty(),
            Wanted::Text(_) | Wanted::Number(_) => seen.iter().any(|seen| wanted.is_met(self.how, seen)),
        };
        if self.is_all { self.wanted.iter().all(is_met) } else { self.wanted.iter().any(is_met) }
    }
}

impl Wanted {
    fn read(wanted: &Value, how: How, values: &mut usize) -> Result<Self, SigmaError> {
        count(values)?;
        let is_ordered = matches!(how, How::Less | How::AtMost | How::More | How::AtLeast);
        match wanted {
            Value::String(_) if is_ordered => Err(malformed("a comparison by order wants a number")),
            Value::String(text) if how != How::Is && text.contains(['*', '?']) => {
                Err(SigmaError::Unsupported("a wildcard beside a modifier".to_owned()))
            }
            Value::String(text) if text.contains('\\') => Err(SigmaError::Unsupported("a backslash".to_owned())),
            Value::String(text) => Ok(Self::Text(text.to_lowercase().into())),
            Value::Number(number) if is_ordered || how == How::Is => {
                number.as_f64().map(Self::Number).ok_or_else(|| malformed("a number cannot be read"))
            }
            Value::Number(number) => Ok(Self::Text(number.to_string().into())),
            Value::Null if how == How::Is => Ok(Self::Nothing),
            Value::Null | Value::Bool(_) => Err(malformed("a value is neither text nor number")),
            Value::Array(_) | Value::Object(_) => Err(malformed("a value is neither text nor number")),
        }
    }

    fn is_met(&self, how: How, seen: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Number(wanted) => seen.parse::<f64>().is_ok_and(|seen| match how {
                How::Less => seen < *wanted,
                How::AtMost => seen <= *wanted,
                How::More => seen > *wanted,
                How::AtLeast => seen >= *wanted,
                How::Is | How::Contains | How::StartsWith | How::EndsWith => seen.total_cmp(wanted).is_eq(),
            }),
            Self::Text(wanted) => match how {
                How::Is => is_like(wanted, seen),
                How::Contains => seen.contains(&**wanted),
                How::StartsWith => seen.starts_with(&**wanted),
                How::EndsWith => seen.ends_with(&**wanted),
                How::Less | How::AtMost | How::More | How::AtLeast => false,
            },
        }
    }
}

/// Whether `seen` is `pattern`, in which `*` stands for any text and `?` for any character. Time grows with the product of
/// both lengths at most.
fn is_like(pattern: &str, seen: &str) -> bool {
    let (pattern, seen): (Vec<char>, Vec<char>) = (pattern.chars().collect(), seen.chars().collect());
    let (mut at, mut place) = (0, 0);
    // Where the last star is, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while place < seen.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || seen.get(place) == Some(wanted) => {
                at += 1;
                place += 1;
            }
            Some(_) | None => {
                let Some((begun, taken)) = star else { return false };
                star = Some((begun, taken + 1));
                (at, place) = (begun + 1, taken + 1);
            }
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

impl Field {
    /// The values that the field has, in lower case; none where there is nothing.
    fn of(self, event: &Event) -> Vec<String> {
        let some = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_lowercase()] };
        match self {
            Self::Principal => some(&event.who),
            Self::Server => some(&event.server),
            Self::Action => some(&event.action),
            Self::Tool => some(&event.item),
            Self::Disposition => some(event.disposition.as_str()),
            Self::Code => event.code.map(|code| code.to_string().to_lowercase()).into_iter().collect(),
            Self::Rule => event.rules.iter().map(|rule| rule.to_lowercase()).collect(),
            Self::Finding => event.findings.iter().map(|id| id.to_lowercase()).collect(),
            Self::Trust => match event.trust {
                Trust::Unknown => Vec::new(),
                Trust::Trusted => some("trusted"),
                Trust::Untrusted => some("untrusted"),
            },
            Self::Reach => match event.traits.reach {
                Reach::Unknown => Vec::new(),
                Reach::Within => some("within"),
                Reach::Out => some("out"),
            },
            Self::Harm => match event.traits.harm {
                Harm::Unknown => Vec::new(),
                Harm::Mild => some("mild"),
                Harm::Destructive => some("destructive"),
            },
            Self::Origin => event.origins.iter().map(|origin| origin.to_lowercase()).collect(),
            Self::RequestBytes => some(&event.request_bytes.to_string()),
            Self::AnswerBytes => some(&event.answer_bytes.to_string()),
            Self::UpstreamMicros => some(&event.upstream_micros.to_string()),
            Self::Missing => some(&event.missing.to_string()),
        }
    }
}

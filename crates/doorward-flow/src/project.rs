//! What may be told of a hidden value: one of few values that were named before (DEFENCES §2.3).
//!
//! Responsible for the forms that can be asked for, for how many bits an answer of each can carry, and for whether a value
//! has the form. It must never tell anything but a value of the form.

use doorward_mcp::compose::quote;
use doorward_mcp::raw::{Kind, Raw};

use crate::limits::{FORM_CHOICE_BYTES_MAX, FORM_CHOICES_MAX};

/// Days from the first of 1900 to the last of 2099.
const DAYS: u128 = 73_049;

/// What a value is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// One of these texts.
    Choice(Vec<Box<str>>),
    /// A whole number from the one to the other.
    Integer(i64, i64),
    /// A day of the years 1900 to 2099.
    Date,
    /// A truth value.
    Boolean,
}

impl Form {
    /// The form that is written as `{"enum":[…]}`, `{"integer":{"minimum":…,"maximum":…}}`, `{"type":"date"}` or
    /// `{"type":"boolean"}`; `None` for anything else.
    #[must_use]
    pub fn read(written: Raw<'_>) -> Option<Self> {
        let mut members = object(written)?;
        let (Some((name, value)), None) = (members.next(), members.next()) else { return None };
        match name.as_ref() {
            "enum" => choices(value).map(Self::Choice),
            "integer" => {
                let known = ["minimum", "maximum"];
                let is_known = object(value)?.all(|(name, _)| known.contains(&name.as_ref()));
                let [from, to] = known.map(|name| value.member(name)?.as_i64());
                let (from, to) = (from?, to?);
                (is_known && from <= to).then_some(Self::Integer(from, to))
            }
            "type" => match value.as_str()?.as_ref() {
                "date" => Some(Self::Date),
                "boolean" => Some(Self::Boolean),
                _ => None,
            },
            _ => None,
        }
    }

    /// How many bits an answer can carry: that nothing fits is one more than the values of the form.
    #[must_use]
    pub fn bits(&self) -> u32 {
        let possible = match self {
            Self::Choice(choices) => choices.len() as u128,
            Self::Integer(from, to) => u128::from(to.abs_diff(*from)).saturating_add(1),
            Self::Date => DAYS,
            Self::Boolean => 2,
        };
        // The logarithm of `possible + 1`, rounded up.
        u128::BITS.saturating_sub(possible.leading_zeros())
    }

    /// The value as JSON, when it has the form.
    #[must_use]
    pub fn fit(&self, value: Raw<'_>) -> Option<String> {
        match (self, value.kind()) {
            (Self::Choice(choices), Kind::String) => {
                let text = value.as_str()?;
                choices.iter().find(|choice| ***choice == *text).map(|choice| quote(choice))
            }
            (Self::Integer(from, to), Kind::Number) => integer(value.text(), *from, *to),
            (Self::Integer(from, to), Kind::String) => integer(&value.as_str()?, *from, *to),
            (Self::Date, Kind::String) => value.as_str().filter(|text| is_day(text)).map(|text| quote(&text)),
            (Self::Boolean, Kind::Bool) => value.as_bool().map(|value| value.to_string()),
            (
                Self::Choice(_) | Self::Integer(..) | Self::Date | Self::Boolean,
                Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Array | Kind::Object,
            ) => None,
        }
    }
}

fn object(raw: Raw<'_>) -> Option<impl Iterator<Item = (std::borrow::Cow<'_, str>, Raw<'_>)>> {
    (raw.kind() == Kind::Object).then(|| raw.members())
}

/// The texts of a list, each of them once; `None` when there are none, or too many or too long ones.
fn choices(list: Raw<'_>) -> Option<Vec<Box<str>>> {
    if list.kind() != Kind::Array {
        return None;
    }
    let mut choices: Vec<Box<str>> = Vec::new();
    for element in list.elements() {
        let text = element.as_str().filter(|text| text.len() <= FORM_CHOICE_BYTES_MAX)?;
        if choices.len() >= FORM_CHOICES_MAX || choices.iter().any(|known| **known == *text) {
            return None;
        }
        choices.push(text.into());
    }
    (!choices.is_empty()).then_some(choices)
}

/// The number, when it is written in the only way that counts as exact.
fn integer(text: &str, from: i64, to: i64) -> Option<String> {
    let number: i64 = text.parse().ok()?;
    let written = number.to_string();
    (written == text && (from..=to).contains(&number)).then_some(written)
}

/// Whether the text is a day, written `2026-02-28`.
fn is_day(text: &str) -> bool {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else { return false };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |sum, digit| {
            let digit = digit.is_ascii_digit().then(|| u32::from(digit.wrapping_sub(b'0')))?;
            sum.checked_mul(10)?.checked_add(digit)
        })
    };
    let (Some(year), Some(month), Some(day)) = (number(&[a, b, c, d]), number(&[e, f]), number(&[g, h])) else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1900..=2099).contains(&year) && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    fn json(text: &str) -> RawJson {
        RawJson::parse(text.to_owned(), &Limits::default()).unwrap()
    }

    fn form(text: &str) -> Option<Form> {
        Form::read(json(text).as_raw())
    }

    #[test]
    fn only_bounded_forms_are_read() {
        assert_eq!(form(r#"{"integer":{"minimum":-1,"maximum":1}}"#), Some(Form::Integer(-1, 1)));
        assert_eq!(form(r#"{"type":"date"}"#), Some(Form::Date));
        assert_eq!(form(r#"{"enum":["a",""]}"#), Some(Form::Choice(vec!["a".into(), "".into()])));
        let many: Vec<String> = (0..=FORM_CHOICES_MAX).map(|number| quote(&number.to_string())).collect();
        let many = format!(r#"{{"enum":[{}]}}"#, many.join(","));
        let long = format!(r#"{{"enum":["{}"]}}"#, "x".repeat(FORM_CHOICE_BYTES_MAX + 1));
        for wrong in [
            "{}",
            "[]",
            r#""date""#,
            r#"{"type":"string"}"#,
            r#"{"type":"date","enum":["a"]}"#,
            r#"{"enum":[]}"#,
            r#"{"enum":"a"}"#,
            r#"{"enum":[1]}"#,
            r#"{"enum":["a","a"]}"#,
            r#"{"integer":{"minimum":1,"maximum":0}}"#,
            r#"{"integer":{"minimum":1}}"#,
            r#"{"integer":{"minimum":0,"maximum":1.5}}"#,
            r#"{"integer":{"minimum":0,"maximum":1,"multipleOf":1}}"#,
            r#"{"integer":[]}"#,
            &many,
            &long,
        ] {
            assert_eq!(form(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_answer_costs_what_it_can_carry() {
        let choice = |count: u32| Form::Choice((0..count).map(|number| number.to_string().into()).collect());
        for (form, bits) in [
            (choice(1), 1),
            (choice(2), 2),
            (choice(3), 2),
            (choice(4), 3),
            (choice(64), 7),
            (Form::Boolean, 2),
            (Form::Date, 17),
            (Form::Integer(5, 5), 1),
            (Form::Integer(0, 254), 8),
            (Form::Integer(0, 255), 9),
            (Form::Integer(i64::MIN, i64::MAX), 65),
        ] {
            assert_eq!(form.bits(), bits, "{form:?}");
        }
        let days = (1899..=2100).flat_map(|year| (0..=13).map(move |month| (year, month)));
        let days = days.flat_map(|(year, month)| (0..=32).map(move |day| format!("{year}-{month:02}-{day:02}")));
        assert_eq!(days.filter(|day| is_day(day)).count() as u128, DAYS);
    }

    #[test]
    fn what_fits_is_a_value_of_the_form_and_nothing_else() {
        let colours = Form::Choice(vec!["red".into(), "7".into()]);
        let near = Form::Integer(-5, 1000);
        for (form, value, told) in [
            (&colours, r#""red""#, Some(r#""red""#)),
            (&colours, r#""r\u0065d""#, Some(r#""red""#)),
            (&colours, r#""Red""#, None),
            (&colours, r#""red ""#, None),
            (&colours, "7", None),
            (&near, "7", Some("7")),
            (&near, "-5", Some("-5")),
            (&near, r#""1000""#, Some("1000")),
            (&near, "1001", None),
            (&near, "-6", None),
            (&near, "7.0", None),
            (&near, "1e2", None),
            (&near, "-0", None),
            (&near, r#""007""#, None),
            (&near, r#""+7""#, None),
            (&near, r#"" 7""#, None),
            (&near, r#""99999999999999999999""#, None),
            (&near, "true", None),
            (&Form::Date, r#""2024-02-29""#, Some(r#""2024-02-29""#)),
            (&Form::Date, r#""2023-02-29""#, None),
            (&Form::Date, r#""2024-2-29""#, None),
            (&Form::Date, r#""2024-13-01""#, None),
            (&Form::Date, r#""1899-12-31""#, None),
            (&Form::Date, r#""2024-02-29T00:00""#, None),
            (&Form::Date, "20240229", None),
            (&Form::Boolean, "false", Some("false")),
            (&Form::Boolean, r#""false""#, None),
            (&Form::Boolean, "0", None),
            (&Form::Boolean, "null", None),
        ] {
            assert_eq!(form.fit(json(value).as_raw()).as_deref(), told, "{form:?} {value}");
        }
    }
}

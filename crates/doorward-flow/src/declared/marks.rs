//! Numbers and ids in a task. A number that is part of a date, a time, a price or a quantity names nothing.

/// What makes a number before it a quantity.
const UNITS: &[&str] = &[
    "am", "day", "days", "dollar", "dollars", "eur", "euro", "euros", "gallon", "gallons", "gbp", "guest", "guests",
    "hour", "hours", "hr", "hrs", "km", "liter", "liters", "litre", "litres", "mile", "miles", "min", "mins", "minute",
    "minutes", "month", "months", "night", "nights", "people", "percent", "pm", "psi", "share", "shares", "unit",
    "units", "usd", "week", "weeks", "year", "years",
];

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The numbers that may name something, and the amounts with two decimals.
pub(super) fn numbers(folded: &str) -> (Vec<String>, Vec<String>) {
    let (mut names, mut amounts) = (Vec::new(), Vec::new());
    let mut from = 0;
    while let Some(start) =
        folded.get(from..).and_then(|rest| rest.find(|c: char| c.is_ascii_digit())).map(|at| from + at)
    {
        let rest = folded.get(start..).unwrap_or_default();
        let length = digits_and_part(rest);
        let (before, number) = (folded.get(..start).unwrap_or_default(), rest.get(..length).unwrap_or_default());
        let after = rest.get(length..).unwrap_or_default();
        from = start + length;
        if number.split_once('.').is_some_and(|(_, part)| part.len() == 2) && !before.ends_with(is_joined) {
            amounts.push(number.to_owned());
        }
        if stands_alone(before, after) && !is_counted(before, number, after) && !is_dated(before, after) {
            names.push(number.to_owned());
        }
    }
    (names, amounts)
}

/// Runs of letters, digits and what names of files, channels and branches have in them.
pub(super) fn ids(folded: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || "_./~-@#".contains(c);
    let runs = folded.split(move |c| !is_part(c));
    runs.flat_map(|run| {
        // A run ends with a letter, a digit, `_` or `-`; a sign for a name or a channel only stands at its beginning.
        let run = run.trim_end_matches(['.', '/', '~', '@', '#']);
        let from = run.rfind(['@', '#']).unwrap_or(0);
        let tail = run.get(from..).unwrap_or_default();
        let head = run.get(..from).unwrap_or_default().split(['@', '#']).next().unwrap_or_default();
        [tail, head]
    })
    .filter(|id| !id.is_empty())
}

/// The length of `123` or `123.45`.
fn digits_and_part(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let part = text.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
    if part == 0 { whole } else { whole + 1 + part }
}

fn is_joined(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.' || c == '-'
}

fn stands_alone(before: &str, after: &str) -> bool {
    let next = after.chars().next();
    !before.ends_with(is_joined) && !next.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A price or a quantity.
fn is_counted(before: &str, number: &str, after: &str) -> bool {
    let currency = before.strip_suffix(' ').unwrap_or(before).ends_with(['$', '€', '£', '¥']);
    let grouped = before.ends_with(',') && before.trim_end_matches(',').ends_with(|c: char| c.is_ascii_digit())
        || after.strip_prefix(',').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let rest = after.strip_prefix(' ').unwrap_or(after);
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_time = number.split_once('.').is_some_and(|(hour, minute)| hour.len() <= 2 && minute.len() == 2);
    currency || grouped || is_time || rest.starts_with('%') || UNITS.binary_search(&word).is_ok()
}

/// A date or a time of day.
fn is_dated(before: &str, after: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let beside = |mark: char| {
        before.strip_suffix(mark).is_some_and(|before| before.ends_with(is_digit))
            || after.strip_prefix(mark).is_some_and(|after| after.starts_with(is_digit))
    };
    let is_month = |word: &str| word.get(..3).is_some_and(|start| MONTHS.contains(&start));
    let last = before.trim_end_matches([' ', '.']).rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let rest = after.strip_prefix(' ').unwrap_or_default();
    let rest = rest.strip_prefix("of ").unwrap_or(rest);
    let next = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    beside(':') || beside('/') || (before.ends_with(' ') && is_month(last)) || is_month(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_can_be_searched() {
        assert!(UNITS.is_sorted());
    }

    #[test]
    fn numbers_that_name_are_told_from_those_that_count() {
        let (names, amounts) =
            numbers("file 13 of 2 days, may 5, 6th, id #7, 1,234.50 and 98.70 at 10:15; v2 3-4 2024-05-13 9/10/24");
        assert_eq!(names, ["13", "7"]);
        assert_eq!(amounts, ["234.50", "98.70"]);
    }

    #[test]
    fn ids_are_runs() {
        let found: Vec<&str> = ids("see @ann, a/b.txt. (x-y_z) #general! bob@x.org").collect();
        for id in ["@ann", "a/b.txt", "x-y_z", "#general", "see"] {
            assert!(found.contains(&id), "{id}: {found:?}");
        }
        assert!(!found.contains(&"x.org"));
    }
}

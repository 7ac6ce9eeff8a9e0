//! The text of `@limit`: `10 per hour, burst 5, by user, tool; 3 at once`.
//!
//! Responsible for reading it, and for telling an author what is wrong with which word. It never counts.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::limits::LIMIT_PERIOD_MAX;
use doorward_core::rate::{Amount, ArgumentPath, Clause, Counted, KeyPart, Measure};

use super::duty::Fault;
use crate::suggest::nearest;

/// Everything between the quotes of `@limit`, clauses separated by semicolons.
pub(super) fn read_limit(text: &str) -> Result<Arc<[Clause]>, Fault> {
    let mut from = 0;
    let mut clauses = Vec::new();
    for part in text.split(';') {
        clauses.push(Reader::new(part, from).clause()?);
        from += part.len() + 1;
    }
    Ok(clauses.into())
}

const EXAMPLE: &str = "write it like \"10 per hour\", \"10 per hour, burst 3, by user, tool\", \"100 per day window\", \"3 at once\" or \
                       \"sum(arguments.amount) 1000 per day\"";

const KEYS: [&str; 7] = ["agent", "argument", "everyone", "server", "tenant", "tool", "user"];

const UNITS: [(&str, u64); 13] = [
    ("s", 1),
    ("second", 1),
    ("seconds", 1),
    ("m", 60),
    ("min", 60),
    ("minute", 60),
    ("minutes", 60),
    ("h", 3_600),
    ("hour", 3_600),
    ("hours", 3_600),
    ("d", 86_400),
    ("day", 86_400),
    ("days", 86_400),
];

struct Reader<'a> {
    words: Vec<(&'a str, Range<usize>)>,
    at: usize,
    /// The whole clause, for what is missing at its end.
    whole: Range<usize>,
}

impl<'a> Reader<'a> {
    fn new(part: &'a str, from: usize) -> Self {
        let trimmed = part.trim();
        let start = from + part.len() - part.trim_start().len();
        Self { words: words(part, from), at: 0, whole: start..start + trimmed.len() }
    }

    fn clause(mut self) -> Result<Clause, Fault> {
        let of = self.counted()?;
        let most = self.amount()?;
        let measure = match self.peek() {
            "at" | "in" => self.at_once(of, most)?,
            _ => self.rate(of, most)?,
        };
        let by = if self.took("by") { self.keys()? } else { vec![KeyPart::User, KeyPart::Agent] };
        match self.peek() {
            "" => Ok(Clause { text: self.text(), measure, by: by.into() }),
            word => Err(self.fault(format!("\"{word}\" is out of place in a limit"), EXAMPLE)),
        }
    }

    /// `sum(arguments.PATH)`, or nothing for calls.
    fn counted(&mut self) -> Result<Counted, Fault> {
        if !self.took("sum") {
            return Ok(Counted::Calls);
        }
        self.expect("(")?;
        let path = self.peek().strip_prefix("arguments.").and_then(ArgumentPath::parse);
        let Some(path) = path else {
            return Err(self.fault("what is added up must be an argument".to_owned(), "write sum(arguments.NAME)"));
        };
        self.at += 1;
        self.expect(")")?;
        Ok(Counted::Sum(path))
    }

    fn amount(&mut self) -> Result<Amount, Fault> {
        let most = Amount::parse(self.peek()).filter(|most| *most > Amount::default());
        let Some(most) = most else {
            return Err(self.fault("a limit needs a number above zero here".to_owned(), EXAMPLE));
        };
        self.at += 1;
        Ok(most)
    }

    fn at_once(&mut self, of: Counted, most: Amount) -> Result<Measure, Fault> {
        if of != Counted::Calls {
            return Err(self.fault("only calls can be counted at once, not a sum".to_owned(), EXAMPLE));
        }
        let second = if self.took("at") { "once" } else { "flight" };
        self.took("in");
        self.expect(second)?;
        let Some(most) = whole(most) else {
            return Err(self.fault("the number of calls at once must be whole".to_owned(), EXAMPLE));
        };
        Ok(Measure::AtOnce { most })
    }

    fn rate(&mut self, of: Counted, most: Amount) -> Result<Measure, Fault> {
        if !self.took("per") && !self.took("/") {
            return Err(self.fault("a limit needs a time after its number".to_owned(), EXAMPLE));
        }
        if of == Counted::Calls && whole(most).is_none() {
            return Err(self.fault("the number of calls must be whole".to_owned(), EXAMPLE));
        }
        let per = self.period()?;
        if self.took("window") {
            return Ok(Measure::Window { most, per, of });
        }
        self.took(",");
        let burst = if self.took("burst") { self.amount()? } else { most };
        Ok(Measure::Flow { most, per, burst, of })
    }

    /// `hour`, `h`, `5 minutes` or `5m`.
    fn period(&mut self) -> Result<Duration, Fault> {
        let word = self.peek();
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, attached) = word.split_at_checked(digits).unwrap_or(("", word));
        let count: u64 = if number.is_empty() { 1 } else { number.parse().unwrap_or(0) };
        if !number.is_empty() && attached.is_empty() {
            self.at += 1;
        }
        let unit = if attached.is_empty() { self.peek() } else { attached };
        let Some((_, seconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let advice = nearest(unit, UNITS.iter().map(|(name, _)| *name).filter(|name| name.len() > 1))
                .map_or_else(|| "write second, minute, hour or day".to_owned(), |near| format!("did you mean {near}?"));
            return Err(self.fault(format!("\"{unit}\" is not a time"), &advice));
        };
        let period = Duration::from_secs(count.saturating_mul(*seconds));
        if period.is_zero() || period > LIMIT_PERIOD_MAX {
            return Err(self.fault("the time of a limit must be between a second and 31 days".to_owned(), EXAMPLE));
        }
        self.at += 1;
        Ok(period)
    }

    fn keys(&mut self) -> Result<Vec<KeyPart>, Fault> {
        let mut keys = Vec::new();
        loop {
            let part = match self.peek() {
                "user" => Some(KeyPart::User),
                "agent" => Some(KeyPart::Agent),
                "tenant" => Some(KeyPart::Tenant),
                "tool" => Some(KeyPart::Tool),
                "server" => Some(KeyPart::Server),
                "argument" => {
                    self.at += 1;
                    let path = self.peek();
                    let path = ArgumentPath::parse(path.strip_prefix("arguments.").unwrap_or(path));
                    Some(KeyPart::Argument(path.ok_or_else(|| {
                        self.fault("\"argument\" needs the name of one".to_owned(), "write by argument NAME")
                    })?))
                }
                "everyone" if keys.is_empty() => None,
                "" => {
                    return Err(
                        self.fault("\"by\" needs something to count by".to_owned(), "write by user, for example")
                    );
                }
                word => {
                    let known = format!("a limit counts by {}", KEYS.join(", "));
                    let advice = nearest(word, KEYS.into_iter()).map_or(known, |near| format!("did you mean {near}?"));
                    return Err(self.fault(format!("\"{word}\" is nothing to count by"), &advice));
                }
            };
            self.at += 1;
            let all = part.is_none();
            keys.extend(part);
            if all || !self.took(",") {
                return Ok(keys);
            }
        }
    }

    fn peek(&self) -> &'a str {
        self.words.get(self.at).map_or("", |(word, _)| word)
    }

    fn took(&mut self, word: &str) -> bool {
        // A comma may stand before any part but belongs to none.
        let comma = self.peek() == "," && self.words.get(self.at + 1).is_some_and(|(next, _)| *next == word);
        let found = comma || self.peek() == word;
        self.at += usize::from(found) + usize::from(comma);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), Fault> {
        if self.took(word) { Ok(()) } else { Err(self.fault(format!("a limit needs \"{word}\" here"), EXAMPLE)) }
    }

    fn fault(&self, message: String, advice: &str) -> Fault {
        let at = self.words.get(self.at).map_or(self.whole.clone(), |(_, range)| range.clone());
        Fault { at, message, advice: advice.to_owned() }
    }

    /// The clause with one space between words: what names its meters does not depend on spacing.
    fn text(&self) -> Arc<str> {
        let mut text = String::new();
        for (word, _) in &self.words {
            let joined = matches!(*word, "," | "/" | "(" | ")") || text.is_empty() || text.ends_with(['/', '(']);
            if !joined {
                text.push(' ');
            }
            text.push_str(word);
        }
        Arc::from(text)
    }
}

fn whole(amount: Amount) -> Option<u32> {
    amount.to_string().parse().ok()
}

/// Runs of letters, digits and `_.-`, and every other character by itself.
fn words(part: &str, from: usize) -> Vec<(&str, Range<usize>)> {
    let mut words = Vec::new();
    let mut rest = part;
    let mut at = from;
    while let Some(first) = rest.chars().next() {
        let length = match rest.find(|c: char| !is_word(c)) {
            Some(0) => first.len_utf8(),
            Some(length) => length,
            None => rest.len(),
        };
        let Some((word, after)) = rest.split_at_checked(length) else { break };
        if !word.trim().is_empty() {
            words.push((word, at..at + length));
        }
        at += length;
        rest = after;
    }
    words
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

#[cfg(test)]
mod tests;

//! Conditions: `and`, `or`, `not`, parentheses, `1 of` and `all of`.

use super::{Search, SigmaError, malformed};
use crate::limits::SIGMA_DEPTH_MAX;

/// What must hold of the searches, which are meant by their places.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Search(usize),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

type Named = [(Box<str>, Search)];

impl Condition {
    /// Reads `text` over the searches that are `named`.
    pub(super) fn read(text: &str, named: &Named) -> Result<Self, SigmaError> {
        if text.contains('|') {
            return Err(SigmaError::Unsupported("an aggregation in a condition".to_owned()));
        }
        let spaced = text.replace('(', " ( ").replace(')', " ) ");
        let mut reader = Reader { words: spaced.split_whitespace().collect(), at: 0, named };
        let condition = reader.any(0)?;
        match reader.peek() {
            None => Ok(condition),
            Some(word) => Err(malformed(&format!("its condition goes on with {word:?}"))),
        }
    }

    pub(super) fn holds(&self, search: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Self::Search(place) => search(*place),
            Self::Not(one) => !one.holds(search),
            Self::All(all) => all.iter().all(|one| one.holds(search)),
            Self::Any(any) => any.iter().any(|one| one.holds(search)),
        }
    }
}

struct Reader<'a> {
    words: Vec<&'a str>,
    at: usize,
    named: &'a Named,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).copied()
    }

    /// Takes the next word if it is `word`, in any case.
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn any(&mut self, depth: usize) -> Result<Condition, SigmaError> {
        let mut any = vec![self.all(depth)?];
        while self.takes("or") {
            any.push(self.all(depth)?);
        }
        Ok(Condition::Any(any))
    }

    fn all(&mut self, depth: usize) -> Result<Condition, SigmaError> {
        let mut all = vec![self.one(depth)?];
        while self.takes("and") {
            all.push(self.one(depth)?);
        }
        Ok(Condition::All(all))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, SigmaError> {
        if depth > SIGMA_DEPTH_MAX {
            return Err(SigmaError::TooLarge("parentheses within one another"));
        }
        if self.takes("not") {
            return Ok(Condition::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes("(") {
            let inner = self.any(depth + 1)?;
            return if self.takes(")") { Ok(inner) } else { Err(malformed("a parenthesis is not closed")) };
        }
        let word = self.peek().ok_or_else(|| malformed("its condition ends too early"))?.to_owned();
        self.at += 1;
        if self.takes("of") {
            return self.several(&word);
        }
        let place = self.named.iter().position(|(name, _)| **name == *word);
        place.map(Condition::Search).ok_or_else(|| malformed(&format!("there is no search {word:?}")))
    }

    /// `1 of …` and `all of …`, of `them` or of a name that may end in `*`.
    fn several(&mut self, quantity: &str) -> Result<Condition, SigmaError> {
        let whose = self.peek().ok_or_else(|| malformed("its condition ends too early"))?.to_owned();
        self.at += 1;
        let is_meant = |name: &str| match whose.strip_suffix('*') {
            _ if whose.eq_ignore_ascii_case("them") => !name.starts_with('_'),
            Some(prefix) => name.starts_with(prefix),
            None => name == whose,
        };
        let places = self.named.iter().enumerate().filter(|(_, (name, _))| is_meant(name));
        let meant: Vec<_> = places.map(|(place, _)| Condition::Search(place)).collect();
        if meant.is_empty() {
            return Err(malformed(&format!("there is no search {whose:?}")));
        }
        match quantity.to_ascii_lowercase().as_str() {
            "1" | "any" => Ok(Condition::Any(meant)),
            "all" => Ok(Condition::All(meant)),
            other => Err(SigmaError::Unsupported(format!("`{other} of`"))),
        }
    }
}

//! Statements so plain that every dialect reads them alike.
//!
//! Responsible for saying of a text that parsing it once tells what parsing it in every dialect would: a small grammar of
//! its own, of what all of them share and none gives a second meaning. Words are bare ASCII and no keywords but for those
//! listed here, strings hold neither quotes nor backslashes, and an operator stands alone. It must never take what it is not
//! sure of: saying no costs time only.

mod lexeme;

use sqlparser::keywords::ALL_KEYWORDS;

use crate::limits::SQL_ALIKE_DEPTH_MAX;
use lexeme::{Lexeme, lexemes};

/// Keywords that are nothing but names where a column stands.
const COLUMNS: [&str; 5] = ["id", "name", "owner", "region", "status"];

/// Functions that take one argument and are written alike everywhere.
const FUNCTIONS: [&str; 8] = ["abs", "avg", "count", "length", "lower", "max", "min", "sum"];

const COMPARISONS: [&str; 7] = ["=", "<", ">", "<=", ">=", "<>", "!="];

/// Whether every dialect reads `text` as PostgreSQL does.
pub(super) fn is_alike(text: &str) -> bool {
    lexemes(text).is_some_and(|lexemes| Reader { rest: &lexemes }.statement().is_some())
}

/// What is left to read. Each method takes one form off it, and answers `None` when something else stands there.
struct Reader<'a> {
    rest: &'a [Lexeme<'a>],
}

impl Reader<'_> {
    fn statement(&mut self) -> Option<()> {
        if self.takes("select") {
            self.select()?;
        } else if self.takes("insert") {
            self.insert()?;
        } else if self.takes("update") {
            self.update()?;
        } else {
            self.word("delete")?;
            self.word("from")?;
            self.name()?;
            self.condition_if_any()?;
        }
        self.takes_sign(";");
        self.rest.is_empty().then_some(())
    }

    fn select(&mut self) -> Option<()> {
        self.takes("distinct");
        if !self.takes_sign("*") {
            self.list(Self::item)?;
        }
        self.word("from")?;
        self.table()?;
        while self.takes_join()? {
            self.table()?;
            self.word("on")?;
            self.condition(0)?;
        }
        self.condition_if_any()?;
        if self.takes("group") {
            self.word("by")?;
            self.list(Self::column)?;
        }
        if self.takes("order") {
            self.word("by")?;
            self.list(Self::key)?;
        }
        if self.takes("limit") {
            self.number()?;
            if self.takes("offset") {
                self.number()?;
            }
        }
        Some(())
    }

    fn insert(&mut self) -> Option<()> {
        self.word("into")?;
        self.name()?;
        if self.takes_sign("(") {
            self.list(Self::single_column)?;
            self.sign(")")?;
        }
        self.word("values")?;
        self.list(|reader| {
            reader.sign("(")?;
            reader.list(Self::value)?;
            reader.sign(")")
        })
    }

    fn update(&mut self) -> Option<()> {
        self.name()?;
        self.word("set")?;
        self.list(|reader| {
            reader.single_column()?;
            reader.sign("=")?;
            reader.value()
        })?;
        self.condition_if_any()
    }

    fn item(&mut self) -> Option<()> {
        self.call_or_column()?;
        if self.takes("as") { self.bare().map(drop) } else { Some(()) }
    }

    fn key(&mut self) -> Option<()> {
        self.call_or_column()?;
        if !self.takes("asc") {
            self.takes("desc");
        }
        Some(())
    }

    fn table(&mut self) -> Option<()> {
        self.name()?;
        if self.takes("as") {
            return self.bare().map(drop);
        }
        // A keyword that stands here is the next part of the statement.
        if self.peeked_bare().is_some() {
            self.bare()?;
        }
        Some(())
    }

    /// Whether the words of a join stood here; `None` when only the first of them did.
    fn takes_join(&mut self) -> Option<bool> {
        if self.takes("left") || self.takes("right") {
            self.takes("outer");
        } else if !self.takes("inner") {
            return Some(self.takes("join"));
        }
        self.word("join").map(|()| true)
    }

    fn condition_if_any(&mut self) -> Option<()> {
        if self.takes("where") { self.condition(0) } else { Some(()) }
    }

    fn condition(&mut self, depth: usize) -> Option<()> {
        loop {
            if self.takes_sign("(") {
                if depth == SQL_ALIKE_DEPTH_MAX {
                    return None;
                }
                self.condition(depth + 1)?;
                self.sign(")")?;
            } else {
                self.comparison()?;
            }
            if !self.takes("and") && !self.takes("or") {
                return Some(());
            }
        }
    }

    fn comparison(&mut self) -> Option<()> {
        self.operand()?;
        if COMPARISONS.iter().any(|operator| self.takes_sign(operator)) {
            return self.operand();
        }
        if self.takes("is") {
            self.takes("not");
            return self.word("null");
        }
        self.takes("not");
        if self.takes("like") {
            self.text()
        } else if self.takes("in") {
            self.sign("(")?;
            self.list(Self::constant)?;
            self.sign(")")
        } else {
            self.word("between")?;
            self.constant()?;
            self.word("and")?;
            self.constant()
        }
    }

    fn operand(&mut self) -> Option<()> {
        if self.constant().is_some() { Some(()) } else { self.call_or_column() }
    }

    fn value(&mut self) -> Option<()> {
        if ["null", "true", "false"].iter().any(|word| self.takes(word)) { Some(()) } else { self.constant() }
    }

    fn constant(&mut self) -> Option<()> {
        if self.number().is_some() { Some(()) } else { self.text() }
    }

    fn call_or_column(&mut self) -> Option<()> {
        let [Lexeme::Words(name), Lexeme::Sign("("), ..] = self.rest else { return self.column() };
        if !FUNCTIONS.iter().any(|function| name.eq_ignore_ascii_case(function)) {
            return None;
        }
        self.advance(2);
        if !self.takes_sign("*") {
            self.takes("distinct");
            self.column()?;
        }
        self.sign(")")
    }

    /// `column` or `table.column`.
    fn column(&mut self) -> Option<()> {
        let [Lexeme::Words(words), ..] = self.rest else { return None };
        let (table, column) = words.split_once('.').map_or((None, *words), |(table, column)| (Some(table), column));
        (is_column(column) && table.is_none_or(is_bare)).then(|| self.advance(1))
    }

    fn single_column(&mut self) -> Option<()> {
        let [Lexeme::Words(word), ..] = self.rest else { return None };
        is_column(word).then(|| self.advance(1))
    }

    /// `table` or `schema.table`.
    fn name(&mut self) -> Option<()> {
        let [Lexeme::Words(words), ..] = self.rest else { return None };
        let (schema, table) = words.split_once('.').map_or((None, *words), |(schema, table)| (Some(schema), table));
        (is_bare(table) && schema.is_none_or(is_bare)).then(|| self.advance(1))
    }

    fn bare(&mut self) -> Option<()> {
        self.peeked_bare()?;
        self.advance(1);
        Some(())
    }

    fn peeked_bare(&self) -> Option<()> {
        matches!(self.rest, [Lexeme::Words(word), ..] if is_bare(word)).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        matches!(self.rest, [Lexeme::Number, ..]).then(|| self.advance(1))
    }

    fn text(&mut self) -> Option<()> {
        matches!(self.rest, [Lexeme::Text, ..]).then(|| self.advance(1))
    }

    fn list(&mut self, element: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        element(self)?;
        while self.takes_sign(",") {
            element(self)?;
        }
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.takes(word).then_some(())
    }

    fn sign(&mut self, sign: &str) -> Option<()> {
        self.takes_sign(sign).then_some(())
    }

    /// Whether that word stood here, which is then read.
    fn takes(&mut self, word: &str) -> bool {
        let here = matches!(self.rest, [Lexeme::Words(found), ..] if found.eq_ignore_ascii_case(word));
        if here {
            self.advance(1);
        }
        here
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let here = matches!(self.rest, [Lexeme::Sign(found), ..] if *found == sign);
        if here {
            self.advance(1);
        }
        here
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

fn is_column(word: &str) -> bool {
    is_bare(word) || COLUMNS.iter().any(|column| word.eq_ignore_ascii_case(column))
}

/// Whether it is one word, and a keyword to no dialect.
fn is_bare(word: &str) -> bool {
    let letters = || word.bytes().map(|letter| letter.to_ascii_uppercase());
    !word.contains('.') && ALL_KEYWORDS.binary_search_by(|keyword| keyword.bytes().cmp(letters())).is_err()
}

#[cfg(test)]
mod tests;

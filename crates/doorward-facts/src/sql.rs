//! SQL: what its statements do, and to which tables and columns.
//!
//! A text is read in one dialect, or, when none is configured, in four that all have to say the same; of a text that is
//! plain enough for all to read alike, one speaks for the others. Comments are unclear wherever they stand: MySQL executes
//! some of them. Names are in lower case; a name quoted with capitals is unclear.
//! Tables are told generously (what might be one is told), and a qualified name both in full and by its last part.

mod alike;
mod kinds;
mod names;
mod walk;

use std::collections::BTreeSet;

use sqlparser::ast::Visit;
use sqlparser::dialect::{
    Dialect as Syntax, GenericDialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect,
};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

use crate::limits::{SQL_BYTES_MAX, SQL_DEPTH_MAX, SQL_STATEMENTS_MAX, SQL_TOKENS_MAX};
use crate::unclear::{Unclear, refuse_longer};
use walk::Walk;

/// Which database reads the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Not known: only what all dialects read alike is clear.
    #[default]
    Any,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
    /// Microsoft SQL Server.
    MsSql,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Any, Self::Postgres, Self::MySql, Self::Sqlite, Self::MsSql];

    /// Its name in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
            Self::Sqlite => "sqlite",
            Self::MsSql => "mssql",
        }
    }
}

/// What SQL does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sql {
    /// What its statements are, those within others included: `select`, `insert`, `update`, `delete`, `merge`, `drop`,
    /// `create`, `alter`, `truncate`, `grant`, `call`, `copy`, `pragma`, `attach`, `transaction`, `set`, `show`, `explain`, `other`.
    pub kinds: BTreeSet<String>,
    /// Every table and view, also within subqueries.
    pub tables: BTreeSet<String>,
    /// Every column that is named, by its last part; `*` for all.
    pub columns: BTreeSet<String>,
    /// Every function that is called.
    pub functions: BTreeSet<String>,
    /// Whether every `update` and `delete`, and every `select` from a table that is not a subquery, has a condition that
    /// looks at a column.
    pub has_where: bool,
    /// How many statements.
    pub statements: u64,
}

/// Reads `text`.
///
/// # Errors
/// [`Unclear`] when it is not SQL, or databases read it differently.
pub fn of(text: &str, dialect: Dialect) -> Result<Sql, Unclear> {
    refuse_longer(text, SQL_BYTES_MAX)?;
    if text.contains(|c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || (c.is_whitespace() && !c.is_ascii())
    }) {
        return Err(Unclear::Control);
    }
    if text.trim().is_empty() {
        return Err(Unclear::Empty);
    }
    // Which versions execute them differs, so they are never code that can be read.
    if text.contains("/*!") || text.contains("/*M!") {
        return Err(Unclear::SqlComment);
    }
    match dialect {
        Dialect::Any if alike::is_alike(text) => in_one(text, &PostgreSqlDialect {}),
        Dialect::Any => in_all(text),
        Dialect::Postgres => in_one(text, &PostgreSqlDialect {}),
        Dialect::MySql => in_one(text, &MySqlDialect {}),
        Dialect::Sqlite => in_one(text, &SQLiteDialect {}),
        Dialect::MsSql => in_one(text, &MsSqlDialect {}),
    }
}

fn in_all(text: &str) -> Result<Sql, Unclear> {
    let first = in_one(text, &PostgreSqlDialect {})?;
    let others: [&dyn Syntax; 3] = [&MySqlDialect {}, &SQLiteDialect {}, &GenericDialect {}];
    for dialect in others {
        let other = match in_one(text, dialect) {
            Ok(other) => other,
            Err(Unclear::SqlComment) => return Err(Unclear::SqlComment),
            Err(_) => return Err(Unclear::Dialects),
        };
        if other != first {
            return Err(Unclear::Dialects);
        }
    }
    Ok(first)
}

const JOINS_BY_NAME: [Keyword; 2] = [Keyword::USING, Keyword::NATURAL];

fn in_one(text: &str, dialect: &dyn Syntax) -> Result<Sql, Unclear> {
    let tokens = tokens(text, dialect)?;
    // The columns that such joins compare are no expressions: then every name counts as a column.
    let joins_by_name =
        tokens.iter().any(|token| matches!(&token.token, Token::Word(word) if JOINS_BY_NAME.contains(&word.keyword)));
    let mut parser = Parser::new(dialect).with_recursion_limit(SQL_DEPTH_MAX).with_tokens_with_locations(tokens);
    let statements = parser.parse_statements().map_err(|_| Unclear::NotSql)?;
    if statements.is_empty() {
        return Err(Unclear::Empty);
    }
    if statements.len() > SQL_STATEMENTS_MAX {
        return Err(Unclear::TooMany);
    }
    let mut walk = if joins_by_name { Walk::lavish() } else { Walk::default() };
    for statement in &statements {
        if let core::ops::ControlFlow::Break(unclear) = statement.visit(&mut walk) {
            return Err(unclear);
        }
    }
    Ok(walk.finish(statements.len() as u64))
}

fn tokens(text: &str, dialect: &dyn Syntax) -> Result<Vec<TokenWithSpan>, Unclear> {
    let tokens = Tokenizer::new(dialect, text).tokenize_with_location().map_err(|_| Unclear::NotSql)?;
    let comment = |token: &TokenWithSpan| {
        matches!(token.token, Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)))
    };
    if tokens.iter().any(comment) {
        return Err(Unclear::SqlComment);
    }
    if tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).count() > SQL_TOKENS_MAX {
        return Err(Unclear::TooMany);
    }
    Ok(tokens)
}

//! One pass over parsed statements.

use core::ops::ControlFlow::{self, Break, Continue};
use std::collections::BTreeSet;

use sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, FromTable, Ident, Insert, ObjectName, OnConflictAction, OnInsert, OutputClause,
    Query, Select, SelectItem, SetExpr, SqliteOnConflict, Statement, TableFactor, TableObject, TableWithJoins, Visitor,
    visit_expressions,
};

use super::Sql;
use super::kinds::{kind_of, marks_columns, marks_tables};
use super::names::{parts, plain};
use crate::unclear::Unclear;

/// What was seen so far.
#[derive(Default)]
pub(super) struct Walk {
    sql: Sql,
    /// The queries around, outermost first, each with the names its `WITH` gives.
    frames: Vec<Frame>,
    /// How many statements around have every name counted as a table.
    generous: usize,
    /// How many statements around have every name counted as a column.
    lavish: usize,
    /// What tables and subqueries are called within the text.
    aliases: BTreeSet<String>,
    conditions: usize,
    unconditional: usize,
}

/// One query being read.
#[derive(Default)]
struct Frame {
    names: Vec<String>,
    /// Where the bodies of its `WITH` and its parenthesised arms are in memory: that is how they are known again.
    bodies: Vec<usize>,
    arms: Vec<usize>,
    /// The body being read.
    current: Option<usize>,
    recursive: bool,
    /// Whether it is part of a larger query rather than the query of a statement.
    inner: bool,
}

impl Walk {
    /// A walk that counts every name as a column.
    pub(super) fn lavish() -> Self {
        Self { lavish: 1, ..Self::default() }
    }

    pub(super) fn finish(mut self, statements: u64) -> Sql {
        // A table's name as a value is its whole row (PostgreSQL).
        let rows = self.sql.columns.iter().any(|name| self.aliases.contains(name) || self.sql.tables.contains(name));
        if rows {
            self.star();
        }
        self.sql.statements = statements;
        self.sql.has_where = self.conditions > 0 && self.unconditional == 0;
        self.sql
    }

    fn table(&mut self, name: &ObjectName) -> Result<(), Unclear> {
        insert_both(&mut self.sql.tables, &parts(name)?);
        Ok(())
    }

    fn function(&mut self, name: &ObjectName) -> Result<(), Unclear> {
        insert_both(&mut self.sql.functions, &parts(name)?);
        Ok(())
    }

    fn column(&mut self, name: &ObjectName) -> Result<(), Unclear> {
        self.sql.columns.extend(parts(name)?.pop());
        Ok(())
    }

    /// A relation in a place where the names of `WITH` count.
    fn relation(&mut self, name: &ObjectName) -> Result<(), Unclear> {
        let parts = parts(name)?;
        let given = matches!(parts.as_slice(), [only] if self.frames.iter().any(|frame| frame.gives(only)));
        if !given {
            insert_both(&mut self.sql.tables, &parts);
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), Unclear> {
        let kind = kind_of(statement);
        let values = matches!(statement, Statement::Query(query) if matches!(*query.body, SetExpr::Values(_)));
        if values {
            self.sql.kinds.insert("select".to_owned());
        }
        if kind != "query" {
            self.sql.kinds.insert(kind.to_owned());
        }
        if !marks_tables(statement, kind) {
            self.generous += 1;
        }
        if !marks_columns(statement, kind) {
            self.lavish += 1;
        }
        if let Statement::Insert(insert) = statement {
            self.insert(insert)?;
        } else if let Statement::Update(update) = statement {
            self.targets(&update.table)?;
            self.assignments(&update.assignments)?;
            if update.or == Some(SqliteOnConflict::Replace) {
                self.overwrites("delete", &[])?;
            }
            self.items(update.returning.as_deref())?;
            self.output(update.output.as_ref())?;
            self.condition(update.selection.as_ref());
        } else if let Statement::Delete(delete) = statement {
            let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
            from.iter().try_for_each(|table| self.targets(table))?;
            delete.tables.iter().try_for_each(|name| self.table(name))?;
            self.items(delete.returning.as_deref())?;
            self.output(delete.output.as_ref())?;
            self.condition(delete.selection.as_ref());
        } else if let Statement::Merge(merge) = statement {
            self.factor(&merge.table)?;
            self.output(merge.output.as_ref())?;
        } else if let Statement::Truncate(_) = statement {
            self.unconditional += 1;
        }
        Ok(())
    }

    fn insert(&mut self, insert: &Insert) -> Result<(), Unclear> {
        if let TableObject::TableName(name) = &insert.table {
            self.table(name)?;
        }
        insert.columns.iter().try_for_each(|name| self.column(name))?;
        if insert.columns.is_empty() {
            self.star();
        }
        self.assignments(&insert.assignments)?;
        // What stands in the way is changed, or removed first.
        match &insert.on {
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => self.overwrites("update", assignments)?,
            Some(OnInsert::OnConflict(conflict)) => {
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    self.overwrites("update", &update.assignments)?;
                }
            }
            Some(_) => return Err(Unclear::OddSql),
            None => {}
        }
        if insert.replace_into || insert.or == Some(SqliteOnConflict::Replace) {
            self.overwrites("delete", &[])?;
        }
        self.items(insert.returning.as_deref())?;
        self.output(insert.output.as_ref())
    }

    fn overwrites(&mut self, kind: &str, assignments: &[Assignment]) -> Result<(), Unclear> {
        self.sql.kinds.insert(kind.to_owned());
        self.assignments(assignments)
    }

    fn assignments(&mut self, assignments: &[Assignment]) -> Result<(), Unclear> {
        assignments.iter().try_for_each(|assignment| self.target(&assignment.target))
    }

    /// What T-SQL's `OUTPUT` shows, and the table it may write that to.
    fn output(&mut self, output: Option<&OutputClause>) -> Result<(), Unclear> {
        match output {
            None => Ok(()),
            Some(OutputClause::Returning { select_items, .. }) => self.items(Some(select_items)),
            Some(OutputClause::Output { select_items, into_table, .. }) => {
                self.items(Some(select_items))?;
                let targets = into_table.iter().flat_map(|into| &into.targets);
                for target in targets {
                    self.sql.kinds.insert("insert".to_owned());
                    self.written_into(target)?;
                }
                Ok(())
            }
        }
    }

    /// What is written to is a table even when a `WITH` gives something that name.
    fn targets(&mut self, table: &TableWithJoins) -> Result<(), Unclear> {
        self.factor(&table.relation)?;
        table.joins.iter().try_for_each(|join| self.factor(&join.relation))
    }

    fn factor(&mut self, factor: &TableFactor) -> Result<(), Unclear> {
        if let TableFactor::Table { name, .. } = factor { self.table(name) } else { Ok(()) }
    }

    fn target(&mut self, target: &AssignmentTarget) -> Result<(), Unclear> {
        match target {
            AssignmentTarget::ColumnName(name) => self.column(name),
            AssignmentTarget::Tuple(names) => names.iter().try_for_each(|name| self.column(name)),
        }
    }

    fn star(&mut self) {
        self.sql.columns.insert("*".to_owned());
    }

    fn items(&mut self, items: Option<&[SelectItem]>) -> Result<(), Unclear> {
        for item in items.into_iter().flatten() {
            match item {
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => self.star(),
                SelectItem::ExprWithAlias { alias, .. } => refuse_command(alias)?,
                SelectItem::ExprWithAliases { .. } | SelectItem::UnnamedExpr(_) => {}
            }
        }
        Ok(())
    }

    fn condition(&mut self, condition: Option<&Expr>) {
        let looks = |expression: &Expr| {
            let column = matches!(expression, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            if column { Break(()) } else { Continue(()) }
        };
        match condition {
            Some(condition) if visit_expressions(condition, looks).is_break() => self.conditions += 1,
            Some(_) | None => self.unconditional += 1,
        }
    }

    fn open(&mut self, query: &Query) -> Result<(), Unclear> {
        let here = address(query);
        let mut frame = Frame { inner: !self.frames.is_empty(), ..Frame::default() };
        if let Some(around) = self.frames.last_mut() {
            around.current = around.bodies.iter().position(|body| *body == here).or(around.current);
            if around.arms.contains(&here) {
                frame.inner = around.inner;
            }
        }
        if let Some(with) = &query.with {
            frame.recursive = with.recursive;
            for cte in &with.cte_tables {
                let name = plain(&cte.alias.name)?;
                self.aliases.insert(name.clone());
                frame.names.push(name);
                frame.bodies.push(address(&cte.query));
            }
        }
        let mut arms = vec![query.body.as_ref()];
        while let Some(arm) = arms.pop() {
            match arm {
                SetExpr::SetOperation { left, right, .. } => arms.extend([left.as_ref(), right.as_ref()]),
                SetExpr::Query(query) => frame.arms.push(address(query)),
                SetExpr::Select(_) => {
                    self.sql.kinds.insert("select".to_owned());
                }
                SetExpr::Values(_)
                | SetExpr::Insert(_)
                | SetExpr::Update(_)
                | SetExpr::Delete(_)
                | SetExpr::Merge(_) => {}
                // `TABLE name`: the parser keeps it as text.
                SetExpr::Table(_) => return Err(Unclear::OddSql),
            }
        }
        self.frames.push(frame);
        Ok(())
    }

    fn close(&mut self, query: &Query) {
        self.frames.pop();
        let here = address(query);
        if let Some(around) = self.frames.last_mut()
            && around.bodies.contains(&here)
        {
            around.current = None;
        }
    }

    fn select(&mut self, select: &Select) -> Result<(), Unclear> {
        self.items(Some(&select.projection))?;
        if let Some(into) = &select.into {
            self.sql.kinds.extend(["create".to_owned(), "insert".to_owned()]);
            into.targets.iter().try_for_each(|target| self.written_into(target))?;
        }
        let outer = self.frames.last().is_none_or(|frame| !frame.inner);
        if outer && !select.from.is_empty() {
            self.condition(select.selection.as_ref());
        }
        Ok(())
    }

    /// The table (or variable, or file) of `SELECT … INTO`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else stands there is no table")]
    fn written_into(&mut self, target: &Expr) -> Result<(), Unclear> {
        let idents = match target {
            Expr::Identifier(ident) => core::slice::from_ref(ident),
            Expr::CompoundIdentifier(idents) => idents.as_slice(),
            _ => return Err(Unclear::OddSql),
        };
        let names: Vec<String> = idents.iter().map(plain).collect::<Result<_, _>>()?;
        insert_both(&mut self.sql.tables, &names);
        Ok(())
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other forms hold no name of their own; what is inside them is visited"
    )]
    fn expression(&mut self, expression: &Expr) -> Result<(), Unclear> {
        match expression {
            Expr::Identifier(ident) => {
                self.sql.columns.insert(plain(ident)?);
            }
            Expr::CompoundIdentifier(idents) => {
                if let Some(last) = idents.last() {
                    self.sql.columns.insert(plain(last)?);
                }
            }
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => self.star(),
            Expr::Function(function) => self.function(&function.name)?,
            _ => {}
        }
        Ok(())
    }
}

impl Frame {
    /// Whether `name` is what its `WITH` gives, at the place that is being read.
    fn gives(&self, name: &str) -> bool {
        let visible = match self.current {
            None => self.names.len(),
            Some(body) if self.recursive => body + 1,
            Some(body) => body,
        };
        self.names.iter().take(visible).any(|given| given == name)
    }
}

impl Visitor for Walk {
    type Break = Unclear;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Unclear> {
        flow(self.statement(statement))
    }

    fn post_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Unclear> {
        let kind = kind_of(statement);
        if !marks_tables(statement, kind) {
            self.generous -= 1;
        }
        if !marks_columns(statement, kind) {
            self.lavish -= 1;
        }
        Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Unclear> {
        flow(self.open(query))
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Unclear> {
        self.close(query);
        Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Unclear> {
        flow(self.select(select))
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Unclear> {
        flow(self.relation(relation))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Unclear> {
        if let TableFactor::Table { name, .. } = factor
            // `FROM ONLY t` reads t, and not what inherits from it; the parser takes ONLY for the table.
            && matches!(name.0.as_slice(), [only] if only.as_ident().is_some_and(|ident| is_word(ident, &["only"])))
        {
            return Break(Unclear::OddSql);
        }
        if let TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } = factor
        {
            flow(refuse_command(&alias.name))?;
            match plain(&alias.name) {
                Ok(name) => self.aliases.insert(name),
                Err(unclear) => return Break(unclear),
            };
        }
        if let TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } = factor {
            return flow(self.function(name));
        }
        Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Unclear> {
        flow(self.expression(expression))
    }

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<Unclear> {
        if self.generous == 0 && self.lavish == 0 {
            return Continue(());
        }
        let name = match plain(ident) {
            Ok(name) => name,
            Err(unclear) => return Break(unclear),
        };
        if self.lavish > 0 {
            self.sql.columns.insert(name.clone());
        }
        if self.generous > 0 {
            self.sql.tables.insert(name);
        }
        Continue(())
    }
}

/// T-SQL needs nothing between statements: what stands where a name for the table could be may be the next one.
fn refuse_command(alias: &Ident) -> Result<(), Unclear> {
    const COMMANDS: [&str; 9] =
        ["break", "checkpoint", "commit", "continue", "reconfigure", "return", "revert", "rollback", "shutdown"];
    if is_word(alias, &COMMANDS) { Err(Unclear::OddSql) } else { Ok(()) }
}

/// Whether it is one of `words`, without quotes.
fn is_word(ident: &Ident, words: &[&str]) -> bool {
    ident.quote_style.is_none() && words.iter().any(|word| ident.value.eq_ignore_ascii_case(word))
}

fn flow(result: Result<(), Unclear>) -> ControlFlow<Unclear> {
    match result {
        Ok(()) => Continue(()),
        Err(unclear) => Break(unclear),
    }
}

/// A qualified name in full and by its last part.
fn insert_both(set: &mut BTreeSet<String>, parts: &[String]) {
    set.extend(parts.last().cloned());
    set.insert(parts.join("."));
}

/// Where a query lies. It does not move while it is walked.
fn address(query: &Query) -> usize {
    core::ptr::from_ref(query).addr()
}

//! What a statement is, in one word.

use sqlparser::ast::Statement;

/// The word for `statement`; those within it have words of their own.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever is not named here is `other`, which no careful rule allows"
)]
pub(super) const fn kind_of(statement: &Statement) -> &'static str {
    match statement {
        Statement::Query(_) => "query",
        Statement::Insert(_) => "insert",
        Statement::Update(_) => "update",
        Statement::Delete(_) => "delete",
        Statement::Merge(_) => "merge",
        Statement::Truncate(_) => "truncate",
        Statement::Copy { .. } | Statement::LoadData { .. } | Statement::Unload { .. } => "copy",
        Statement::Call(_) | Statement::Execute { .. } => "call",
        Statement::Pragma { .. } => "pragma",
        Statement::AttachDatabase { .. } | Statement::AttachDuckDBDatabase { .. } => "attach",
        Statement::Grant(_) | Statement::Revoke(_) | Statement::Deny(_) => "grant",
        Statement::Explain { .. } | Statement::ExplainTable { .. } => "explain",
        Statement::Set(_) | Statement::Reset(_) | Statement::Use(_) => "set",
        Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint { .. }
        | Statement::ReleaseSavepoint { .. } => "transaction",
        Statement::ShowFunctions { .. }
        | Statement::ShowVariable { .. }
        | Statement::ShowStatus { .. }
        | Statement::ShowVariables { .. }
        | Statement::ShowCreate { .. }
        | Statement::ShowColumns { .. }
        | Statement::ShowDatabases { .. }
        | Statement::ShowProcessList { .. }
        | Statement::ShowSchemas { .. }
        | Statement::ShowCharset(_)
        | Statement::ShowTables { .. }
        | Statement::ShowViews { .. }
        | Statement::ShowCollation { .. } => "show",
        Statement::Drop { .. }
        | Statement::DropFunction(_)
        | Statement::DropDomain(_)
        | Statement::DropProcedure { .. }
        | Statement::DropPolicy(_)
        | Statement::DropExtension(_)
        | Statement::DropOperator(_)
        | Statement::DropTrigger(_) => "drop",
        Statement::CreateTable(_)
        | Statement::CreateView(_)
        | Statement::CreateVirtualTable { .. }
        | Statement::CreateIndex(_)
        | Statement::CreateRole(_)
        | Statement::CreateUser(_)
        | Statement::CreatePolicy(_)
        | Statement::CreateExtension(_)
        | Statement::CreateSchema { .. }
        | Statement::CreateDatabase { .. }
        | Statement::CreateFunction(_)
        | Statement::CreateTrigger(_)
        | Statement::CreateProcedure { .. }
        | Statement::CreateSequence { .. }
        | Statement::CreateServer(_)
        | Statement::CreateDomain(_)
        | Statement::CreateType { .. } => "create",
        Statement::AlterTable(_)
        | Statement::AlterView { .. }
        | Statement::AlterIndex { .. }
        | Statement::AlterSchema(_)
        | Statement::AlterFunction(_)
        | Statement::AlterType(_)
        | Statement::AlterRole { .. }
        | Statement::AlterUser(_)
        | Statement::AlterPolicy(_)
        | Statement::RenameTable(_) => "alter",
        _ => "other",
    }
}

/// Whether every column in a statement is an expression, the target of an assignment or in the list of an insert. Of the
/// others every name counts as a column.
pub(super) fn marks_columns(statement: &Statement, kind: &str) -> bool {
    if let Statement::Insert(insert) = statement {
        return insert.on.is_none();
    }
    matches!(kind, "query" | "update" | "delete" | "truncate" | "transaction" | "explain")
}

/// Whether the parser marks every table in a statement of that kind. Of the others every name counts as one.
pub(super) fn marks_tables(statement: &Statement, kind: &str) -> bool {
    match kind {
        "query" | "insert" | "update" | "delete" | "merge" | "truncate" | "explain" | "set" | "show"
        | "transaction" => true,
        _ => matches!(
            statement,
            Statement::CreateTable(_)
                | Statement::CreateView(_)
                | Statement::CreateIndex(_)
                | Statement::AlterView { .. }
        ),
    }
}

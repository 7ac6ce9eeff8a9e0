//! SQL in arguments: values that break out of where they are put, and statements that leave the database.

use doorward_facts::sql::{self, Dialect};

use super::Sign;
use super::sink::Sink;

const VALUE: &str = "Give the plain value, without SQL.";
const LEAVES: &str = "Keep to statements that stay within the database.";
const READS: &str = "This tool only reads; use one that may write.";
const ONE: &str = "Send one statement that is complete by itself.";

/// What makes a database run programs, or reach files and networks.
const LEAVING: [&str; 22] = [
    "to program",
    "from program",
    "xp_cmdshell",
    "into outfile",
    "into dumpfile",
    "load_file(",
    "load_extension(",
    "pg_read_file(",
    "pg_read_binary_file(",
    "pg_ls_dir(",
    "lo_import(",
    "lo_export(",
    "dblink(",
    "utl_http",
    "utl_file",
    "dbms_scheduler",
    "sp_oacreate",
    "sys_exec(",
    "sys_eval(",
    "openrowset(",
    "opendatasource(",
    "attach database '/",
];

/// What makes a database wait, by which a blind caller learns.
const WAITING: [&str; 4] = ["pg_sleep(", "benchmark(", "waitfor delay", "sleep("];

/// Words that statements begin with.
const VERBS: [&str; 24] = [
    "select", "insert", "update", "delete", "with", "create", "drop", "alter", "truncate", "grant", "revoke", "merge",
    "replace", "call", "exec", "execute", "copy", "pragma", "explain", "show", "set", "use", "attach", "vacuum",
];

/// Words that harmless statements begin with.
const OTHER_VERBS: [&str; 16] = [
    "begin",
    "start",
    "values",
    "analyze",
    "reindex",
    "declare",
    "do",
    "lock",
    "comment",
    "refresh",
    "reset",
    "savepoint",
    "describe",
    "desc",
    "if",
    "table",
];

/// Words that end a transaction that somebody else has begun.
const ENDS: [&str; 4] = ["commit", "rollback", "end", "abort"];

/// What speaks against a text that may be SQL.
pub(super) fn judge(text: &str, sink: Sink, reads_only: bool, dialect: Dialect) -> Option<Sign> {
    if matches!(sink, Sink::Prose | Sink::Address | Sink::Command) || text.len() < 4 {
        return sink_of_a_command(text, sink);
    }
    let lower = text.to_lowercase();
    let flat = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = flat.split([' ', ';', '(']).next().unwrap_or_default();
    let is_statement = VERBS.contains(&first) || OTHER_VERBS.contains(&first);
    let reaches_database = is_statement || sink == Sink::Query;
    if reaches_database && LEAVING.iter().any(|word| flat.contains(word)) {
        return Some(Sign::high("sql-leaves", LEAVES));
    }
    if ENDS.contains(&first) && flat.split(';').skip(1).any(|rest| begins_with(rest, &VERBS)) {
        return Some(Sign::high("sql-ends-transaction", ONE));
    }
    if is_statement {
        return statement(&flat, text, sink, reads_only, dialect);
    }
    if flat.split(';').skip(1).any(|rest| begins_with(rest, &VERBS) && rest.trim().contains(' ')) {
        return Some(Sign::high("sql-breaks-out", VALUE));
    }
    if flat.contains(" union select ") || flat.contains(" union all select ") {
        return Some(Sign::high("sql-breaks-out", VALUE));
    }
    if has_tautology(&flat) {
        return Some(Sign::high("sql-always-true", VALUE));
    }
    let quotes = flat.matches('\'').count() % 2 == 1 || flat.matches('"').count() % 2 == 1;
    let is_cut = ["--", "#", "/*"].iter().any(|comment| flat.trim_end().ends_with(comment)) || flat.contains("'--");
    if quotes && is_cut {
        return Some(Sign::high("sql-breaks-out", VALUE));
    }
    let waits =
        WAITING.iter().any(|word| flat.contains(word)) && (quotes || flat.contains(" and ") || flat.contains(" or "));
    waits.then(|| Sign::high("sql-breaks-out", VALUE))
}

/// A whole statement: what tools for SQL are for.
fn statement(flat: &str, text: &str, sink: Sink, reads_only: bool, dialect: Dialect) -> Option<Sign> {
    let names_tables = flat.contains(" where ") || flat.contains(" having ");
    if names_tables && has_tautology(flat) {
        return Some(Sign::medium("sql-always-true", VALUE));
    }
    if !reads_only || sink != Sink::Query {
        return None;
    }
    // What cannot be read is not said to write.
    let read = sql::of(text, dialect).ok()?;
    let writes =
        ["insert", "update", "delete", "merge", "drop", "create", "alter", "truncate", "grant", "call", "copy"];
    read.kinds.iter().any(|kind| writes.contains(&kind.as_str())).then(|| Sign::medium("sql-writes", READS))
}

/// A shell may start a database client.
fn sink_of_a_command(text: &str, sink: Sink) -> Option<Sign> {
    if sink != Sink::Command {
        return None;
    }
    let lower = text.to_lowercase();
    let first = lower.split([' ', ';']).next().unwrap_or_default();
    let leaves = VERBS.contains(&first) && LEAVING.iter().any(|word| lower.contains(word));
    leaves.then(|| Sign::high("sql-leaves", LEAVES))
}

fn begins_with(text: &str, words: &[&str]) -> bool {
    let text = text.trim_start();
    words.iter().any(|word| text.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '(', '\t'])))
}

/// `or 1=1`, `or 'a'='a`, `|| 1 like 1`: a comparison of a thing with itself behind an "or".
fn has_tautology(flat: &str) -> bool {
    let mut from = 0;
    while let Some((at, word)) = ["or ", "or(", "|| ", "or'", "or\""]
        .iter()
        .filter_map(|word| flat.get(from..)?.find(word).map(|found| (from + found, *word)))
        .min()
    {
        let before = flat.get(..at).and_then(|before| before.chars().next_back());
        let stands_alone = before.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
        from = at + word.len();
        let rest = flat.get(at + 2..).unwrap_or_default();
        if stands_alone && compares_with_itself(rest) {
            return true;
        }
    }
    false
}

fn compares_with_itself(text: &str) -> bool {
    let text = text.trim_start_matches([' ', '(']).trim_start_matches("not ");
    let end = text.find(['=', '<', '>']).or_else(|| text.find(" like ")).unwrap_or(0);
    let Some((left, right)) = text.split_at_checked(end).filter(|(left, _)| !left.is_empty() && left.len() <= 16)
    else {
        return false;
    };
    let right = right.trim_start_matches([' ', '=']).trim_start_matches("like ");
    let is_sign = |letter: char| "'\"() ;".contains(letter);
    let word = |side: &str| {
        let side = side.trim_start_matches(is_sign);
        side.split(is_sign).next().unwrap_or_default().to_owned()
    };
    let (left, right) = (word(left), word(right));
    // A column that equals itself is odd as well, but `a.id = a.id` may be a join gone wrong.
    let is_value = left.bytes().all(|byte| byte.is_ascii_digit()) || text.starts_with(['\'', '"']);
    !left.is_empty() && is_value && left == right
}

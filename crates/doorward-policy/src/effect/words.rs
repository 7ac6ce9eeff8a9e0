//! The words of a tool's name, and what each tells. Lists are short on purpose: a word stands here when it nearly always
//! means the same in tool names.

/// What kind of act a word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Looks.
    Read,
    /// Changes.
    Write,
    /// Destroys, or runs what it is given.
    Destroy,
}

const DESTROYS: &[&str] = &[
    "bash",
    "clear",
    "del",
    "delete",
    "deprovision",
    "destroy",
    "discard",
    "drop",
    "erase",
    "eval",
    "exec",
    "execute",
    "expunge",
    "force",
    "kill",
    "nuke",
    "overwrite",
    "powershell",
    "purge",
    "remove",
    "reset",
    "revoke",
    "rm",
    "rmdir",
    "shell",
    "shred",
    "sudo",
    "terminate",
    "trash",
    "truncate",
    "uninstall",
    "unlink",
    "wipe",
    "zap",
];

/// Long words that still show when a name is written without separators (`deletefile`), with the forms that only describe.
const DESTROYS_WITHIN: &[(&str, &[&str])] = &[
    ("delete", &["deleted", "deletes"]),
    ("destroy", &["destroyed", "destroys"]),
    ("execute", &["executed", "executes", "executer", "executor"]),
    ("overwrite", &["overwrites", "overwritten"]),
    ("remove", &["removed", "removes"]),
    ("terminate", &["terminated", "terminates"]),
    ("truncate", &["truncated", "truncates"]),
    ("uninstall", &["uninstalled", "uninstalls"]),
];

/// What `format` erases; formatting anything else is harmless.
const DISKS: &[&str] = &["device", "disk", "drive", "filesystem", "partition", "volume"];

const READS: &[&str] = &[
    "calculate",
    "check",
    "compare",
    "compute",
    "convert",
    "count",
    "describe",
    "diff",
    "display",
    "explain",
    "fetch",
    "find",
    "get",
    "grep",
    "head",
    "history",
    "info",
    "inspect",
    "is",
    "lint",
    "list",
    "log",
    "logs",
    "lookup",
    "ls",
    "peek",
    "preview",
    "query",
    "read",
    "retrieve",
    "search",
    "show",
    "stat",
    "stats",
    "status",
    "summarize",
    "tail",
    "validate",
    "verify",
    "view",
];

const WRITES: &[&str] = &[
    "accept",
    "add",
    "append",
    "apply",
    "approve",
    "archive",
    "assign",
    "book",
    "buy",
    "cancel",
    "checkout",
    "cherry",
    "close",
    "commit",
    "copy",
    "create",
    "deploy",
    "disable",
    "edit",
    "email",
    "enable",
    "forward",
    "fork",
    "generate",
    "grant",
    "import",
    "insert",
    "install",
    "invite",
    "launch",
    "make",
    "merge",
    "mkdir",
    "modify",
    "move",
    "notify",
    "open",
    "order",
    "patch",
    "pay",
    "place",
    "post",
    "publish",
    "push",
    "put",
    "rebase",
    "register",
    "rename",
    "replace",
    "reply",
    "reschedule",
    "restart",
    "restore",
    "run",
    "save",
    "schedule",
    "send",
    "set",
    "share",
    "start",
    "stash",
    "stop",
    "store",
    "submit",
    "tag",
    "touch",
    "transfer",
    "trigger",
    "unfollow",
    "update",
    "upload",
    "upsert",
    "withdraw",
    "write",
];

/// Verbs that carry out what an argument says.
pub(super) const RUNS: &[&str] =
    &["call", "evaluate", "execute", "eval", "exec", "interpret", "launch", "run", "start", "submit"];

/// Nouns for a text that a machine carries out.
pub(super) const PROGRAMS: &[&str] = &[
    "command",
    "commands",
    "console",
    "interpreter",
    "javascript",
    "python",
    "query",
    "queries",
    "repl",
    "script",
    "scripts",
    "sql",
    "statement",
    "statements",
    "terminal",
];

/// Arguments that hold a text which a machine carries out.
pub(super) const FREE_FORM: &[&str] = &[
    "bash",
    "cmd",
    "code",
    "command",
    "commands",
    "query",
    "script",
    "shell",
    "sql",
    "sql_query",
    "statement",
    "statements",
];

/// Verbs that send to or fetch from elsewhere.
pub(super) const SENDS: &[&str] = &[
    "browse", "crawl", "download", "email", "fetch", "forward", "invite", "mail", "navigate", "notify", "post",
    "publish", "push", "reply", "scrape", "send", "share", "sms", "tweet", "upload", "webhook",
];

/// Arguments that name somewhere else.
pub(super) const ADDRESSES: &[&str] = &[
    "callback_url",
    "callbackurl",
    "endpoint",
    "recipient",
    "recipients",
    "url",
    "urls",
    "webhook",
    "webhook_url",
    "webhookurl",
];

/// Words after which a new act begins (`read_and_delete`).
const JOINS: &[&str] = &["and", "or", "then"];

/// The entry of `list` that equals `word`.
pub(super) fn listed(list: &'static [&'static str], word: &str) -> Option<&'static str> {
    list.iter().find(|entry| **entry == word).copied()
}

/// A name, taken apart.
pub(super) struct Words(Vec<String>);

impl Words {
    /// Splits at everything that is no letter or digit and where the case changes (`deleteURLs` is `delete`, `urls`).
    pub(super) fn of(name: &str) -> Self {
        let characters: Vec<char> = name.chars().collect();
        let mut words = Vec::new();
        let mut word = String::new();
        for (position, &character) in characters.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|p| characters.get(p)).copied();
            let after = characters.get(position + 1).copied();
            if begins_word(before, character, after) && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            if character.is_alphanumeric() {
                word.extend(character.to_lowercase());
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        Self(words)
    }

    /// The first verb of the first act, and what it tells.
    pub(super) fn lead(&self) -> Option<(Verb, &'static str)> {
        lead(self.acts().next()?)
    }

    /// The word that makes the name a destructive one.
    pub(super) fn destructive(&self) -> Option<&'static str> {
        self.acts().find_map(destructive)
    }

    /// Whether any word stands in `list`.
    pub(super) fn has_any(&self, list: &'static [&'static str]) -> bool {
        self.0.iter().any(|word| listed(list, word).is_some())
    }

    fn acts(&self) -> impl Iterator<Item = &[String]> {
        self.0.split(|word| JOINS.contains(&word.as_str()))
    }
}

fn begins_word(before: Option<char>, character: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    if !character.is_alphanumeric() {
        return true;
    }
    let rises = before.is_lowercase() && character.is_uppercase();
    let ends_acronym = before.is_uppercase() && character.is_uppercase() && after.is_some_and(char::is_lowercase);
    rises || ends_acronym
}

fn lead(act: &[String]) -> Option<(Verb, &'static str)> {
    act.iter().find_map(|word| verb(word))
}

fn verb(word: &str) -> Option<(Verb, &'static str)> {
    if let Some(entry) = destroys(word) {
        return Some((Verb::Destroy, entry));
    }
    let read = listed(READS, word).map(|entry| (Verb::Read, entry));
    read.or_else(|| listed(WRITES, word).map(|entry| (Verb::Write, entry)))
}

fn destroys(word: &str) -> Option<&'static str> {
    listed(DESTROYS, word).or_else(|| {
        let (entry, _) =
            DESTROYS_WITHIN.iter().find(|(entry, harmless)| word.starts_with(entry) && !harmless.contains(&word))?;
        Some(*entry)
    })
}

/// A destructive word counts when it leads, when it ends the act (`list_delete`), and anywhere unless the act looks at
/// something (`get_reset_status`).
fn destructive(act: &[String]) -> Option<&'static str> {
    if act.iter().any(|word| word == "format") && act.iter().any(|word| DISKS.contains(&word.as_str())) {
        return Some("format");
    }
    match lead(act) {
        Some((Verb::Destroy, word)) => Some(word),
        Some((Verb::Read, _)) => act.last().and_then(|word| destroys(word)),
        Some((Verb::Write, _)) | None => act.iter().find_map(|word| destroys(word)),
    }
}

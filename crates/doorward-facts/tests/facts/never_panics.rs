//! Whatever the text, every kind answers.

use doorward_facts::path::Lookup;
use doorward_facts::sql::Dialect;
use doorward_facts::{email, money, path, shell, size, sql, url};
use proptest::prelude::*;

/// What each kind treats in a special way.
const PIECES: &[&str] = &[
    "/",
    "\\",
    "..",
    ".",
    "~",
    "$",
    "${",
    "$(",
    ")",
    "(",
    "`",
    "'",
    "\"",
    ";",
    "|",
    "&",
    ">",
    "<",
    "%2e",
    "%",
    "%zz",
    "@",
    ":",
    "//",
    "http://",
    "https://",
    "file:",
    "[::1]",
    "[",
    "]",
    "xn--",
    "xn--a",
    "é",
    "а",
    "\u{202e}",
    "\u{0}",
    "\n",
    " ",
    "127.1",
    "0x7f",
    "select ",
    "from ",
    "where ",
    "with a as (",
    "delete ",
    "union ",
    "*",
    "--",
    "/*!",
    "*/",
    ",",
    "1",
    "e3",
    "-",
    "+",
    "=",
    "a",
    "b",
    "x.com",
    "{",
    "}",
    "#",
    "?",
    "!",
    "€",
    "USD",
    "0",
    "C:",
];

/// Text made of what each kind treats in a special way.
fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn ask_every_kind(text: &str) {
    for base in [None, Some("/srv")] {
        if let Ok(asked) = path::of(text, base) {
            let (folded, unfolded) = asked.lookups();
            let _ = asked.resolved(Lookup::Real(&folded), unfolded.as_deref().map_or(Lookup::Elsewhere, Lookup::Real));
            let _ = asked.resolved(Lookup::Elsewhere, Lookup::Elsewhere);
        }
    }
    if let Ok(asked) = url::of(text) {
        let _ = (asked.lookup().map(str::len), asked.resolved(None));
    }
    for dialect in [Dialect::Any, Dialect::Postgres, Dialect::MySql, Dialect::Sqlite, Dialect::MsSql] {
        let _ = sql::of(text, dialect);
    }
    let _ = (shell::of(text), email::of(text), money::of(text), size::of([text]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn nothing_panics_on_odd_text(text in odd_text()) {
        ask_every_kind(&text);
    }

    #[test]
    fn nothing_panics_on_any_text(text in any::<String>()) {
        ask_every_kind(&text);
    }

    /// The program of a single plain word is always told.
    #[test]
    fn a_program_that_stands_first_is_named(program in "[a-z]{1,8}", tail in odd_text()) {
        prop_assume!(!["if", "do", "fi", "then", "else", "elif", "while", "until", "done"].contains(&program.as_str()));
        if let Ok(shell) = shell::of(&format!("{program} {tail}")) {
            prop_assert!(shell.programs.contains(&program));
        }
    }

    /// What is within a folder begins with that folder and a separator.
    #[test]
    fn within_is_never_a_prefix_of_a_name(text in odd_text()) {
        if let Ok(asked) = path::of(&text, Some("/srv"))
            && let Ok(path) = asked.resolved(Lookup::Elsewhere, Lookup::Elsewhere)
        {
            for folder in &path.within {
                let inside = path.text == *folder
                    || path.text.starts_with(&format!("{folder}/"))
                    || (folder.ends_with('/') && path.text.starts_with(folder.as_str()));
                prop_assert!(inside, "{folder} around {}", path.text);
            }
        }
    }
}

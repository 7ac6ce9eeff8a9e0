//! One below and one above each limit.

use doorward_facts::limits::*;
use doorward_facts::path::Lookup;
use doorward_facts::sql::Dialect;
use doorward_facts::{Unclear, email, money, path, shell, sql, url};

#[test]
fn paths() {
    let of = |text: &str| path::of(text, None).and_then(|asked| asked.resolved(Lookup::Elsewhere, Lookup::Elsewhere));
    assert!(of(&format!("/{}", "a".repeat(PATH_BYTES_MAX - 1))).is_ok());
    assert_eq!(of(&format!("/{}", "a".repeat(PATH_BYTES_MAX))), Err(Unclear::TooLong));
    assert!(of(&"/a".repeat(PATH_DEPTH_MAX)).is_ok());
    assert_eq!(of(&"/a".repeat(PATH_DEPTH_MAX + 1)), Err(Unclear::TooMany));
}

#[test]
fn urls() {
    let of = |text: &str| url::of(text).map(drop);
    let base = "https://example.com/";
    assert_eq!(of(&format!("{base}{}", "a".repeat(URL_BYTES_MAX - base.len()))), Ok(()));
    assert_eq!(of(&format!("{base}{}", "a".repeat(URL_BYTES_MAX + 1 - base.len()))), Err(Unclear::TooLong));
    let nested = |count: usize| (0..count).map(|n| format!("&u=http://h{n}.com")).collect::<String>();
    assert_eq!(of(&format!("{base}?{}", nested(NESTED_URLS_MAX))), Ok(()));
    assert_eq!(of(&format!("{base}?{}", nested(NESTED_URLS_MAX + 1))), Err(Unclear::TooMany));
    let encoded = |times: usize| format!("{base}?u=%{}41", "25".repeat(times));
    assert_eq!(of(&encoded(NESTED_ENCODINGS_MAX - 1)), Ok(()));
    assert_eq!(of(&encoded(NESTED_ENCODINGS_MAX)), Err(Unclear::Encoded));
}

#[test]
fn sql_texts() {
    let of = |text: &str| sql::of(text, Dialect::Postgres).map(drop);
    assert_eq!(of(&format!("SELECT '{}'", "a".repeat(SQL_BYTES_MAX - 9))), Ok(()));
    assert_eq!(of(&format!("SELECT '{}'", "a".repeat(SQL_BYTES_MAX - 8))), Err(Unclear::TooLong));
    assert_eq!(of(&"SELECT 1;".repeat(SQL_STATEMENTS_MAX)), Ok(()));
    assert_eq!(of(&"SELECT 1;".repeat(SQL_STATEMENTS_MAX + 1)), Err(Unclear::TooMany));
    // SELECT, a number, and twice as many tokens as there are additions.
    let sum = |additions: usize| format!("SELECT 1{}", "+1".repeat(additions));
    assert_eq!(of(&sum((SQL_TOKENS_MAX - 2) / 2)), Ok(()));
    assert_eq!(of(&sum(SQL_TOKENS_MAX / 2)), Err(Unclear::TooMany));
    let nested = |depth: usize| format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(of(&nested(SQL_DEPTH_MAX / 4)), Ok(()));
    assert_eq!(of(&nested(SQL_DEPTH_MAX + 1)), Err(Unclear::NotSql));
}

#[test]
fn commands() {
    let of = |text: &str| shell::of(text).map(drop);
    assert_eq!(of(&"a".repeat(SHELL_BYTES_MAX)), Ok(()));
    assert_eq!(of(&"a".repeat(SHELL_BYTES_MAX + 1)), Err(Unclear::TooLong));
    assert_eq!(of(&"a ".repeat(SHELL_TOKENS_MAX)), Ok(()));
    assert_eq!(of(&"a ".repeat(SHELL_TOKENS_MAX + 1)), Err(Unclear::TooMany));
    let nested = |depth: usize| format!("{}b{}", "a $(".repeat(depth), ")".repeat(depth));
    assert_eq!(of(&nested(SHELL_DEPTH_MAX)), Ok(()));
    assert_eq!(of(&nested(SHELL_DEPTH_MAX + 1)), Err(Unclear::TooDeep));
}

#[test]
fn lists_of_recipients() {
    let of = |text: &str| email::of(text).map(drop);
    let list = |count: usize| vec!["a@b.org"; count].join(",");
    assert_eq!(of(&list(EMAILS_MAX)), Ok(()));
    assert_eq!(of(&list(EMAILS_MAX + 1)), Err(Unclear::TooMany));
    let padded = |length: usize| format!("{}a@b.org", " ".repeat(length - 7));
    assert_eq!(of(&padded(EMAILS_BYTES_MAX)), Ok(()));
    assert_eq!(of(&padded(EMAILS_BYTES_MAX + 1)), Err(Unclear::TooLong));
}

#[test]
fn amounts() {
    assert_eq!(money::of(&"1".repeat(MONEY_BYTES_MAX + 1)), Err(Unclear::TooLong));
    assert_eq!(money::of(&"1".repeat(MONEY_BYTES_MAX)), Err(Unclear::NotMoney));
    assert!(money::of("922337203685476.5807 EUR").is_ok());
    assert_eq!(money::of("922337203685477.5808 EUR"), Err(Unclear::NotMoney));
}

/// Reading takes time in proportion to the text: in twice the text never four times as long. Compares counts of a clock that
/// also runs for others, so the margin is wide.
#[test]
fn commands_are_read_in_proportion_to_their_length() {
    let took = |length: usize| {
        let text = "a ".repeat(length / 2);
        let least = (0..5).map(|_| {
            let start = std::time::Instant::now();
            let _ = shell::of(&text);
            start.elapsed()
        });
        least.min().unwrap()
    };
    assert!(took(SHELL_BYTES_MAX) < took(SHELL_BYTES_MAX / 16) * 100, "16 times the text");
}

use proptest::prelude::*;

use super::*;
use crate::canonical::{Key, any_text};
use crate::limits::ATOMS_MAX;

mod plainly;

fn keyed() -> Keyed {
    Keyed::new(&Key::from_bytes([3; 16]))
}

/// Whether `text` holds exactly these values, each in one of the forms that a value has.
fn check(text: &str, values: &[&str]) {
    let keyed = keyed();
    let found = in_layers(&keyed, text);
    let forms: Vec<_> = values.iter().map(|value| keyed.forms(value)).collect();
    for (value, forms) in values.iter().zip(&forms) {
        assert!(
            found.iter().any(|atom| forms.iter().any(|form| atom.form == Some(form))),
            "{value} in {text}: {found:?}"
        );
    }
    for atom in &found {
        assert!(forms.iter().any(|forms| forms.iter().any(|form| atom.form == Some(form))), "{atom:?} in {text}");
    }
}

#[test]
fn an_address_in_a_disguise_is_found() {
    let keyed = keyed();
    let evil = keyed.forms("www.evil.com");
    for text in ["go to jjj.rivy.pbz", "moc .li ve. www", "MOC.LIVE.WWW"] {
        let found = in_layers(&keyed, text);
        assert!(found.iter().any(|atom| evil.iter().any(|form| atom.form == Some(form))), "{text}: {found:?}");
    }
    check("kept: the list, and ://", &[]);
}

#[test]
fn what_acts_is_found() {
    check("Write to Ann.Lee@Example.org, please.", &["ann.lee@example.org"]);
    check("see https://x.example/a?b=c.", &["https://x.example/a?b=c"]);
    check("(www.secure-systems.com).", &["secure-systems.com"]);
    check("go to www.a.com.They said", &["a.com"]);
    check("evil.com/path/to, or 10.1.2.3:80", &["evil.com/path/to", "10.1.2.3:80"]);
    check("pay DE89 3704 0044 0532 0130 00 TODAY", &["DE89370400440532013000"]);
    check("pay US133000000121212121212.", &["US133000000121212121212"]);
    check("call +1 (555) 123-4567 now", &["+15551234567"]);
    check("card 4111 1111 1111 1111", &["4111111111111111"]);
    check("coin 0x52908400098527886E0F7030069857D2E4169EE7!", &["0x52908400098527886e0f7030069857d2e4169ee7"]);
    check("https://x.example/?to=a@b.com", &["https://x.example/?to=a@b.com", "a@b.com"]);
}

#[test]
fn what_does_not_act_is_not_found() {
    for text in [
        "The meeting is on 2024-05-13 10:00 and 2024-05-14.",
        "version 1.2.3, report.md, e.g. this",
        "costs 1,234.50 for 12 people",
        "either/or and a:b",
        "",
    ] {
        check(text, &[]);
    }
}

#[test]
fn what_is_encoded_is_found() {
    for text in
        ["aHR0cHM6Ly9ldmlsLmV4YW1wbGUvcGF0aA==", "https%3A%2F%2Fevil.example%2Fpath", "https&#58;//evil.example/path"]
    {
        let url = keyed().forms("https://evil.example/path");
        let found = in_layers(&keyed(), text);
        assert!(found.iter().any(|atom| url.iter().any(|form| atom.form == Some(form))), "{text}");
    }
}

#[test]
fn a_host_that_mixes_scripts_is_found_and_equals_nothing() {
    let found = of(&keyed(), "see https://pаypal.com/login");
    assert!(found.iter().all(|atom| atom.form.is_none()) && !found.is_empty());
}

#[test]
fn what_is_found_is_bounded() {
    let many: String = (0..2 * ATOMS_MAX).map(|n| format!("a{n}@b.com ")).collect();
    let found = of(&keyed(), &many);
    assert_eq!(found.len(), ATOMS_MAX + 1);
    assert!(found.last().unwrap().form.is_none(), "what is not looked at is not endorsed");
    assert!(of(&keyed(), many.get(..200).unwrap()).iter().all(|atom| atom.form.is_some()));
}

proptest! {
    #[test]
    fn any_text_is_searched(text in any::<String>()) {
        prop_assert!(in_layers(&keyed(), &text).len() <= ATOMS_MAX + 1);
    }

    #[test]
    fn any_run_is_searched(text in "[a-cA-C0-2@./:+ =%&é-]{0,80}") {
        prop_assert!(in_layers(&keyed(), &text).len() <= ATOMS_MAX + 1);
    }
}

/// What is written to be slow, and what is neither one thing nor another.
#[test]
fn the_fast_search_finds_what_the_plain_one_finds_in_hostile_text() {
    let wallet = "0x52908400098527886e0f7030069857d2e4169ee7";
    for piece in [
        "a@a.a@a.a@",
        "a@b.cc ",
        "http:http:",
        "http://http://",
        "//a //b ",
        "1.1.1.",
        "a.a.a.",
        "a.com.a.",
        "a.b:1/a.b:1/@",
        "1 1 1 ",
        "AA11 AA11 ",
        "AA11BB22CC33DD44EE55FF66 ",
        "4111 1111 1111 1111-",
        "+1(2",
        "ａ＠ａ．ｃｏ\u{301}ｍ ",
        "x.İ.com K@K.K ",
        "1.2.3.4.",
        "1.2.3.4 10.0.0.1:8 ",
        "a'b@c.de'",
        "www.a.com.They ",
        wallet,
    ] {
        for times in [1, 2, 3, 7, 40, 300] {
            agree(&piece.repeat(times));
            agree(&format!("{}.com", piece.repeat(times)));
        }
    }
    let many: String = (0..2 * ATOMS_MAX).map(|n| format!("a{n}@b.com c{n}.com //d{n} ")).collect();
    agree(&many);
}

fn agree(text: &str) {
    let keyed = keyed();
    assert_eq!(of(&keyed, text), plainly::of(&keyed, text), "{text:?}");
    assert_eq!(in_layers(&keyed, text), plainly::in_layers(&keyed, text), "{text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_fast_search_finds_what_the_plain_one_finds(text in any_text()) {
        agree(&text);
    }
}

//! The secrets guard: what it finds, what it leaves alone, and what is left of a secret afterwards.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use doorward_core::guard::{Action, Content, GuardDuty, GuardName, GuardSettings, Severity, Surface, Verdict};
use doorward_core::ids::ServerId;
use doorward_guards::secrets::{Known, PlaceholderKey};
use doorward_guards::{Around, Guards, Options};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What came of a result with this content.
struct Seen {
    /// Rule and severity of each finding of the secrets guard, with its bytes.
    findings: Vec<(String, Severity, std::ops::Range<usize>)>,
    /// The message as it goes on; `None` when it does not.
    after: Option<String>,
}

/// Building them takes longer than any test.
static GUARDS: LazyLock<Guards> = LazyLock::new(|| knowing(Known::default()));

/// Guards to which these values are known to be secret.
fn knowing(known: Known) -> Guards {
    let mut options = Options { settings: GuardSettings::all(Action::Observe), ..Options::default() };
    for severity in [Severity::Medium, Severity::High] {
        options.settings.apply(GuardDuty {
            guard: Some(GuardName::Secrets),
            direction: None,
            severity: Some(severity),
            action: Some(Action::Redact),
        });
    }
    options.secrets.key = PlaceholderKey::new(*b"a key for tests.");
    options.secrets.known = known;
    Guards::new(options)
}

fn see(surface: Surface, message: &Value) -> Seen {
    see_with(&GUARDS, surface, message)
}

fn see_with(guards: &Guards, surface: Surface, message: &Value) -> Seen {
    let message = RawJson::parse(message.to_string(), &Limits::for_results()).unwrap();
    let server = ServerId::parse("files").unwrap();
    let settings = GuardSettings::default();
    let content = Content::outside(surface, "tools/call", &server, &settings, &message);
    let inspection = guards.inspect(&content, &Around::default(), "mark");
    let ours = inspection.findings.iter().filter(|(finding, _)| finding.guard == GuardName::Secrets);
    let findings =
        ours.map(|(finding, _)| (finding.rule.to_string(), finding.severity, finding.range.clone())).collect();
    let after = match inspection.verdict {
        Verdict::Pass => Some(message.as_raw().text().to_owned()),
        Verdict::Rewrite(mut edits) => {
            let mut text = message.as_raw().text().to_owned();
            edits.sort_by_key(|edit| edit.range.start);
            edits.iter().rev().for_each(|edit| text.replace_range(edit.range.clone(), &edit.json));
            serde_json::from_str::<Value>(&text).unwrap();
            Some(text)
        }
        Verdict::Hold { .. } | Verdict::Block { .. } => None,
    };
    Seen { findings, after }
}

fn result(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

/// A case of a fixture: secrets stand in parts, so that whoever looks for secrets in this repository finds none.
struct Case {
    name: String,
    text: String,
    secret: String,
    rule: Option<String>,
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/guards/secrets").join(file);
    let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let read = |case: &Value| {
        let whole: String = case["text"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        let parts: Vec<&str> = whole.split('|').collect();
        Case {
            name: case["name"].as_str().unwrap().to_owned(),
            secret: parts.get(1).copied().unwrap_or_default().to_owned(),
            rule: case["rule"].as_str().map(str::to_owned),
            text: if case["rule"].is_null() { whole.clone() } else { parts.concat() },
        }
    };
    cases.iter().map(read).collect()
}

#[test]
fn what_must_come_back_as_it_was_is_changed_for_what_is_certain_alone() {
    let likely = "cGFk password=Tr0ub4dor-and-3 cGFk";
    let certain = ["AKIAQ4KZ7R", "WD5XJT3VNM"].concat();
    for (name, said, changes) in [
        ("requestState", likely, false),
        ("nextCursor", likely, false),
        ("requestState", &*certain, true),
        ("note", likely, true),
    ] {
        let seen = see(Surface::Result, &json!({ "a": "b", name: said }));
        assert_eq!(seen.findings.len(), 1, "{name}: {:?}", seen.findings);
        assert_eq!(!seen.after.unwrap().contains(said), changes, "{name}");
    }
}

/// The six ways a secret may be left in a text: every part of five characters of each.
fn parts_left(secret: &str, text: &str) -> Option<String> {
    let windows = |form: &str| form.as_bytes().windows(5).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let mut forms = vec![secret.to_owned(), secret.chars().rev().collect()];
    forms.extend((0..3).flat_map(|before| {
        let base64 = base64(&format!("{}{secret}", &"..."[..before]));
        // What depends on the bytes before and after the secret says nothing of it.
        let own = base64[(before * 8).div_ceil(6)..base64.trim_end_matches('=').len() - 1].to_owned();
        [own.replace('+', "-").replace('/', "_"), own]
    }));
    forms.push(hex(secret));
    forms.push(hex(secret).to_uppercase());
    forms.push(percent(secret));
    let left = |window: Vec<u8>| text.as_bytes().windows(5).any(|part| part == window).then_some(window);
    forms.iter().flat_map(|form| windows(form)).find_map(left).map(|window| String::from_utf8(window).unwrap())
}

fn base64(text: &str) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut written = String::new();
    for group in text.as_bytes().chunks(3) {
        let number = (0..3).fold(0_u32, |number, place| number << 8 | u32::from(*group.get(place).unwrap_or(&0)));
        for place in 0..4 {
            let six = (number >> (18 - place * 6) & 63) as usize;
            written.push(if place <= group.len() { letters[six] as char } else { '=' });
        }
    }
    written
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut written, byte| {
        write!(written, "{byte:02x}").unwrap();
        written
    })
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut written, byte| {
        write!(written, "%{byte:02X}").unwrap();
        written
    })
}

#[test]
fn hostile_cases_are_found_by_their_rules_and_nothing_of_them_is_left() {
    for case in cases("hostile.json") {
        let seen = see(Surface::Result, &result(&case.text));
        let rule = case.rule.as_deref().unwrap();
        let found = seen.findings.iter().find(|(found, ..)| found == rule);
        let (_, severity, range) = found.unwrap_or_else(|| panic!("{}: {:?}", case.name, seen.findings));
        assert!(*severity >= Severity::Medium, "{}", case.name);
        let start = case.text.find(&case.secret).unwrap();
        assert!(range.start <= start && start + case.secret.len() <= range.end, "{}: {range:?}", case.name);
        let after = seen.after.unwrap_or_else(|| panic!("{} was blocked", case.name));
        assert_eq!(parts_left(&case.secret, &after), None, "{}", case.name);
    }
}

#[test]
fn harmless_look_alikes_are_left_alone() {
    for case in cases("harmless.json") {
        for surface in [Surface::Request, Surface::Result] {
            let seen = see(surface, &result(&case.text));
            assert!(
                seen.findings.iter().all(|(_, severity, _)| *severity == Severity::Low),
                "{}: {:?}",
                case.name,
                seen.findings
            );
        }
    }
}

#[test]
fn the_same_secret_has_the_same_placeholder_wherever_it_stands() {
    let token = ["gl", "pat-", "q9XvT2mLb7RzK4wPn8Yd"].concat();
    let after = see(Surface::Result, &result(&format!("{token} and {token}"))).after.unwrap();
    let other = see(Surface::Result, &json!({"a": {"b": format!("token={token}")}})).after.unwrap();
    let tag = after.split("[redacted:").nth(1).unwrap().split(']').next().unwrap().to_owned();
    assert_eq!(
        after.matches(&format!("glp[redacted:{tag}]")).count() + after.matches(&format!("[redacted:{tag}]")).count(),
        2 + after.matches("glp[redacted").count()
    );
    assert!(other.contains(&tag), "{other}");
}

#[test]
fn what_is_found_plain_is_taken_out_encoded_as_well() {
    let token = ["gl", "pat-", "q9XvT2mLb7RzK4wPn8Yd"].concat();
    let forms = [base64(&token), hex(&token), percent(&token), token.chars().rev().collect()];
    let seen = see(Surface::Result, &json!({"plain": token, "forms": forms}));
    let after = seen.after.unwrap();
    assert_eq!(parts_left(&token, &after), None, "{after}");
}

#[test]
fn a_token_parted_over_two_blocks_is_found() {
    let token = ["gh", "p_", "q9XvT2mLb7RzK4wPn8YdAf3Gh6Jk1LpZ0cVb"].concat();
    let message = json!({"content": [{"type": "text", "text": token[..14]}, {"type": "text", "text": token[14..]}]});
    let seen = see(Surface::Result, &message);
    assert_eq!(seen.findings.len(), 2);
    assert_eq!(parts_left(&token, &seen.after.unwrap()), None);
}

#[test]
fn a_token_broken_up_by_what_nobody_sees_is_found() {
    let token = ["gh", "p_", "q9XvT2mLb7RzK4wPn8YdAf3Gh6Jk1LpZ0cVb"].concat();
    let broken: String = token.chars().map(|character| format!("{character}\u{200b}")).collect();
    let seen = see(Surface::Result, &result(&broken));
    assert_eq!(seen.findings.first().map(|(rule, ..)| rule.as_str()), Some("github-token"));
}

#[test]
fn a_token_broken_up_by_codes_of_terminals_is_found_and_not_put_together() {
    let token = ["gh", "p_", "q9XvT2mLb7RzK4wPn8YdAf3Gh6Jk1LpZ0cVb"].concat();
    for code in ["\u{1b}[8m", "\u{1b}[0m", "\u{1b}]52;c;aGk=\u{7}"] {
        let seen = see(Surface::Result, &result(&format!("it is {}{code}{}.", &token[..14], &token[14..])));
        assert_eq!(seen.findings.first().map(|(rule, ..)| rule.as_str()), Some("github-token"), "{code:?}");
        assert_eq!(parts_left(&token, &seen.after.unwrap()), None, "{code:?}");
    }
}

#[test]
fn what_is_said_to_be_published_is_no_way_round() {
    let token = ["gh", "p_", "q9XvT2mLb7RzK4wPn8YdAf3Gh6Jk1LpZ0cVb"].concat();
    let seen = see(Surface::Request, &result(&format!("pk_{token}")));
    assert_eq!(parts_left(&token, &seen.after.unwrap()), None);
}

#[test]
fn words_within_what_is_only_likely_are_left_alone() {
    let text = "api_key = summer-rain-2024-green\nIn the summer-rain-2024 campaign, rain-2024-green was new.";
    let seen = see(Surface::Result, &result(text));
    assert_eq!(seen.findings.len(), 1, "{:?}", seen.findings);
}

#[test]
fn a_password_that_a_tool_asks_for_is_only_recorded() {
    let message = json!({"name": "login", "arguments": {"user": "ada", "password": "tR7-vulpes-Qx2"}});
    let seen = see(Surface::Request, &message);
    assert_eq!(seen.findings.iter().map(|(_, severity, _)| *severity).collect::<Vec<_>>(), [Severity::Low]);
    assert!(seen.after.is_some());
}

fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_+/=.~-]{8,60}".prop_filter("not a placeholder", |secret| {
        let known = Known::new([("s", secret)]);
        !known.is_empty() && secret.bytes().collect::<std::collections::BTreeSet<_>>().len() > 5
    })
}

/// A message that holds a secret in one of many ways.
fn message(secret: &str, way: usize, padding: &str) -> Value {
    let part = |from: usize, to: usize| secret.get(from..to).unwrap_or_default();
    let third = secret.len() / 3;
    match way {
        0 => result(&format!("{padding} {secret} {padding}")),
        1 => result(&base64(&format!("{padding}{secret}{padding}"))),
        2 => result(&base64(&format!("{padding}{secret}{padding}")).replace('+', "-").replace('/', "_")),
        3 => result(&hex(&format!("{padding}{secret}"))),
        4 => result(&hex(&format!("{padding}{secret}")).to_uppercase()),
        5 => result(&percent(&format!("{padding}{secret}"))),
        6 => result(&secret.chars().rev().collect::<String>()),
        7 => json!({"a": part(0, third), "b": part(third, 2 * third), "c": part(2 * third, secret.len())}),
        8 => json!({"content": [
            {"type": "text", "text": part(0, third)},
            {"type": "text", "text": part(third, secret.len())},
        ]}),
        9 => json!({"x": {"name": "deep", "text": format!("{{\"inner\": \"{secret}\"}}")}}),
        10 => result(&format!("{padding} {}", &secret[secret.len().saturating_sub(12).min(8)..])),
        11 => result(&base64(&secret[secret.len().saturating_sub(12).min(8)..])),
        12 => result(&secret.chars().map(|character| format!("{character} ")).collect::<String>()),
        _ => json!({"list": [1, true, null, secret, {"k": secret}]}),
    }
}

proptest! {
    // Guards are built for each secret, and then read it in every way.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_of_a_known_value_is_left_however_it_is_written(secret in secret(), padding in "[!#]{0,7}") {
        let guards = knowing(Known::new([("TEST", &secret)]));
        for way in 0..14 {
            let seen = see_with(&guards, Surface::Result, &message(&secret, way, &padding));
            prop_assert!(seen.findings.iter().any(|(rule, ..)| rule == "known-value"), "{way}: {:?}", seen.findings);
            if let Some(after) = seen.after {
                prop_assert_eq!(parts_left(&secret, &after), None, "{}", way);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_of_a_value_beside_a_word_is_left(secret in "[A-Za-z0-9]{24,60}", word in "(api_key|client_secret|token)") {
        prop_assume!(secret.bytes().filter(u8::is_ascii_digit).count() > 3);
            let seen = see(Surface::Result, &result(&format!("{word} = {secret}")));
        prop_assert_eq!(parts_left(&secret, &seen.after.unwrap()), None);
    }
}

//! Each rule at its bound, one below and one above.

use doorward_core::flow::Confidentiality;

use super::*;

fn customer(i: usize) -> String {
    format!(r#"{{"customer_id":"C{i:06}","email":"c{i}@shop.example","phone":"+4930{:07}"}}"#, 1_000_000 + i)
}

fn salary(i: usize) -> String {
    format!(r#"{{"email":"c{i}@shop.example","salary":{i}}}"#)
}

fn list(rows: impl Iterator<Item = String>) -> String {
    format!("[{}]", rows.collect::<Vec<_>>().join(","))
}

fn confidential() -> Label {
    Label { confidentiality: Confidentiality::Confidential, ..Label::default() }
}

#[test]
fn records_a_few_at_a_time_are_steps_and_a_page_is_not() {
    let mut world = World::new(Caps::default());
    for i in 0..39 {
        assert_eq!(world.read("crm", &customer(i)).withhold, None, "{i}");
    }
    assert_eq!(world.read("crm", &customer(5)).withhold, None, "one that is known is no step");
    assert_eq!(world.read("crm", &list((100..106).map(customer))).withhold, None, "six at once are none");
    assert_eq!(world.read("wiki", "nothing about anybody").withhold, None);
    let last = world.read("crm", &customer(39));
    assert_eq!((last.withhold, last.seen.records), (Some(LedgerRule::Steps), 46));
    assert_eq!(world.read("crm", &customer(39)).withhold, Some(LedgerRule::Steps), "asking again does not help");
    assert_eq!(world.read("wiki", "nothing about anybody").withhold, None, "what holds no record may be read");
    assert_eq!(world.call("crm", "{}", false).passed, [LedgerRule::Steps], "who gave records is asked about");
    assert_eq!(world.call("wiki", "{}", false).passed, []);
    assert_eq!(world.call("wiki", "{}", true).passed, [LedgerRule::Steps]);
}

#[test]
fn one_server_may_give_a_long_list_and_two_may_not() {
    let mut world = World::new(Caps::default());
    assert_eq!(world.read("crm", &list((0..400).map(customer))).withhold, None);
    assert_eq!(world.read("crm", &list((400..800).map(customer))).withhold, None);
    assert_eq!(world.read("hr", &list((0..1).map(salary))).withhold, Some(LedgerRule::Staged));
}

#[test]
fn what_two_servers_know_of_somebody_is_linked() {
    let mut world = World::new(Caps {
        context: Bounds { steps: 999, staged: 999, ..Caps::default().context },
        day: Bounds { steps: 999, staged: 999, ..Caps::default().day },
        ..Caps::default()
    });
    for i in 0..24 {
        world.read("crm", &customer(i));
        let reckoning = world.read("hr", &salary(i));
        assert_eq!((reckoning.seen.linked, reckoning.confidential), (i as u64 + 1, false));
    }
    world.read("crm", &customer(24));
    world.read("directory", r#"{"email":"c99@shop.example","phone":"+4912345678"}"#);
    assert_eq!(world.call("mail", r#"{"body":"x"}"#, true).passed, []);
    let reckoning = world.read("hr", &salary(24));
    assert_eq!((reckoning.seen.linked, reckoning.confidential, reckoning.withhold), (25, true, None));
    assert_eq!(world.call("mail", r#"{"body":"x"}"#, true).passed[0], LedgerRule::Linked);
    assert_eq!(world.call("wiki", r#"{"q":"x"}"#, false).passed, [], "what stays inside may go on");
}

#[test]
fn a_switchboard_does_not_link_a_company() {
    let mut world = World::new(Caps::default());
    let row = |i: usize| format!(r#"{{"email":"c{i}@shop.example","phone":"+49301000000","salary":1}}"#);
    world.read("crm", &list((0..60).map(row)));
    assert_eq!(world.read("hr", &salary(7)).seen.linked, 1);
}

#[test]
fn identifiers_that_go_to_another_server_are_sunk() {
    let mut world = World::new(Caps::default());
    world.read("crm", &list((0..100).map(customer)));
    let body =
        |range: std::ops::Range<usize>| range.map(|i| format!("c{i}@shop.example")).collect::<Vec<_>>().join(", ");
    assert_eq!(world.call("crm", &format!(r#"{{"text":"{}"}}"#, body(0..60)), true).passed, [], "they are its own");
    let seen = world.call("mail", &format!(r#"{{"body":"{} C000003 and +49 30 1000004"}}"#, body(0..24)), true);
    assert_eq!((seen.sunk, seen.passed), (24, vec![]), "however often a person is named");
    assert_eq!(world.call("mail", r#"{"body":"c5@shop.example"}"#, true).sunk, 24);
    assert_eq!(world.call("chat", r#"{"body":"c99@shop.example"}"#, true).sunk, 1, "each server by itself");
    let over = world.call("mail", r#"{"body":"C000077"}"#, true);
    assert_eq!((over.sunk, over.passed), (25, vec![LedgerRule::Sunk]));
    assert_eq!(
        world.call("mail", r#"{"to":"c78@shop.example","body":"hello"}"#, true).sunk,
        24,
        "to write to somebody is not to tell"
    );
}

#[test]
fn hidden_identifiers_are_found() {
    for hidden in [
        "YzFAc2hvcC5leGFtcGxl",
        "6331407 633140 633140",
        "c1%40shop.example",
        "c1&#64;shop.example",
        "c1\\u0040shop.example",
        "WXpGQWMyaHZjQzVsZUdGdGNHeGw=",
    ] {
        let mut world = World::new(Caps::default());
        world.read("crm", &list((0..9).map(customer)));
        let seen = world.call(
            "mail",
            &format!(r#"{{"body":{:?}}}"#, hidden.replace("6331407 633140 633140", "63314073686f702e6578616d706c65")),
            true,
        );
        assert_eq!(seen.sunk, 1, "{hidden}");
    }
}

#[test]
fn bytes_count_once_something_confidential_was_read() {
    let mut world = World::new(Caps::default());
    let half = format!(r#"{{"body":"{}"}}"#, "word ".repeat((1 << 19) / 5));
    for _ in 0..3 {
        assert_eq!(world.call("mail", &half, true).passed, []);
    }
    world.read_labelled("files", "a plan", &confidential());
    assert_eq!(world.call("mail", "{}", true).passed, [LedgerRule::Pairs], "the way is new");
    world.principal.know_pair("files", "mail");
    world.call("mail", &half, true);
    assert_eq!(world.call("mail", &half, true).passed, []);
    assert_eq!(world.call("mail", &half, true).passed, [LedgerRule::Bytes]);
    assert_eq!(world.call("mail", &half, false).passed, [], "what stays inside may go on");
}

#[test]
fn a_way_is_new_once() {
    let mut world = World::new(Caps::default());
    world.read_labelled("files", "a plan", &confidential());
    assert!(!world.call("files", "{}", true).new_pair, "back to where it came from");
    let seen = world.call("mail", "{}", true);
    assert_eq!((seen.new_pair, seen.passed), (true, vec![LedgerRule::Pairs]));
    assert!(world.call("mail", "{}", true).new_pair, "it was not let through");
    let inside = world.call("notes", "{}", false);
    assert_eq!((inside.new_pair, inside.passed), (true, vec![]));
    assert!(!world.call("notes", "{}", false).new_pair, "now it was");
    world.start_context();
    world.read_labelled("files", "a plan", &confidential());
    assert!(!world.call("notes", "{}", false).new_pair, "for this principal, in any context");
}

#[test]
fn what_is_usual_raises_the_bounds_of_the_day_and_not_of_a_context() {
    let mut world = World::new(Caps::default());
    for context in 0..200 {
        world.now = Timestamp::from_micros(world.now.as_micros() + 86_400 * 2 * 1_000_000);
        for i in 0..20 {
            assert_eq!(world.read("crm", &customer(context * 5 % 50 + i)).withhold, None, "{context} {i}");
        }
        world.start_context();
    }
    world.now = Timestamp::from_micros(world.now.as_micros() + 86_400 * 2 * 1_000_000);
    for context in 1..=3 {
        for i in 0..33 {
            let reckoning = world.read("crm", &customer(context * 1_000 + i));
            assert_eq!(reckoning.withhold, None, "99 in a day are within five times 20");
        }
        // Another context, of which nothing is learned yet.
        world.context = Ledger::new();
    }
    assert_eq!(world.read("crm", &customer(9_000)).withhold, Some(LedgerRule::Steps));
}

/// Records are read some hours after the window began, other things arrive now and then, and a call is weighed.
#[test]
fn a_window_is_never_shorter_than_it_says() {
    const HOUR: i64 = 3_600 * 1_000_000;
    for (after, is_held) in [(1, true), (13, true), (23, true), (24, true), (37, false), (80, false)] {
        for begun in [0, 5, 11, 20, 31] {
            for every in [1, 7, 13, 100] {
                let mut world = World::new(Caps::default());
                let start = world.now.as_micros();
                let mut hours = begun;
                world.now = Timestamp::from_micros(start + hours * HOUR);
                for i in 0..80 {
                    world.read("crm", &customer(i));
                    world.context = Ledger::new();
                }
                while hours + every < begun + after {
                    hours += every;
                    world.now = Timestamp::from_micros(start + hours * HOUR);
                    world.read("wiki", "nothing about anybody");
                }
                world.now = Timestamp::from_micros(start + (begun + after) * HOUR);
                let expected = if is_held { vec![LedgerRule::Steps] } else { vec![] };
                let passed = world.call("mail", "{}", true).passed;
                assert_eq!(passed, expected, "{after} hours, begun after {begun}, every {every}");
            }
        }
    }
}

#[test]
fn what_is_no_address_is_carried_whatever_it_decides() {
    let mut world = World::new(Caps::default());
    world.read("crm", &list((0..9).map(customer)));
    let seen = world.call("web", r#"{"url":"https://collect.example/?q=c5@shop.example"}"#, true);
    assert_eq!(seen.sunk, 1);
    let seen = world.call("web", r#"{"to":["c1@shop.example","c2@shop.example, c3@shop.example"]}"#, true);
    assert_eq!(seen.sunk, 1);
}

#[test]
fn records_are_what_speaks_of_persons() {
    let keyed = Keyed::new(&Key::from_bytes([1; 16]));
    let server = ServerId::parse("s").unwrap();
    for (text, records) in [
        (r#"{"email":"a@b.example","name":"A"}"#, 1),
        (r#"{"result":"[{\"email\":\"a@b.example\"},{\"email\":\"c@b.example\"}]"}"#, 2),
        ("{\"email\":\"a@b.example\"}\n{\"email\":\"c@b.example\"}", 2),
        ("name | a@b.example | +49 30 1234567\nname | c@b.example | +49 30 1234568", 2),
        ("to a@b.example, c@b.example and d@b.example", 3),
        (r#"{"full_name":"A B","salary":5}"#, 1),
        (r#"{"id":7,"dateOfBirth":"1970-01-01"}"#, 1),
        (r#"{"emails":["a@b.example"],"email":["x@b.example","y@b.example"]}"#, 2),
        (r#"{"sender":"a@b.example","subject":"s","body":"b"}"#, 0),
        (r#"{"name":"widget","price":5}"#, 0),
        (r#"{"email":["x@b.example","y@b.example"],"customer_id":["C1","C2","C3"]}"#, 4),
        ("- email: a@b.example\n  salary: 5\n- email: c@b.example\n  salary: 6\n", 2),
        (
            "customers:\n- email: a@b.example\n  phone: '+49301234567'\n  salary: 5\n- email: c@b.example\n  phone: '+49301234568'\n  salary: 6\n",
            2,
        ),
        ("[{'email': 'a@b.example', 'salary': 5}, {'email': 'c@b.example', 'salary': 6}]", 2),
        ("- sender: a@b.example\n  subject: s\n  body: b\n- sender: a@b.example\n  subject: s\n  body: b\n", 2),
        ("- tool: wrench\n  price: 5\n- tool: saw\n  price: 6\n", 0),
        ("the weather is fine on 2024-05-13", 0),
        (r#"[{"temperature":5},{"temperature":6}]"#, 0),
    ] {
        let part = json(&serde_json::to_string(text).unwrap());
        let found = Records::read(&keyed, &server, &[part.as_raw()], &Walls::default());
        assert_eq!(found.iter().count(), records, "{text}");
    }
}

#[test]
fn records_say_as_much_in_every_form() {
    for text in [
        r#"[{"email":"c0@shop.example","salary":5}]"#,
        "[{'email': 'c0@shop.example', 'salary': 5}]",
        "- email: c0@shop.example\n  salary: 5\n",
        "name | c0@shop.example | salary 5",
    ] {
        let mut world = World::new(Caps::default());
        world.read("crm", &customer(0));
        assert_eq!(world.read("hr", text).seen.linked, 1, "{text}");
    }
}

#[test]
fn nothing_panics_on_odd_text() {
    let mut world = World::new(Caps::default());
    for text in [
        "@",
        "a@",
        "@b.c",
        "é@ü.example",
        "+",
        "+ + +",
        "\u{0}",
        "[",
        "{\"a\":",
        "DE12",
        "ÄÄ12 3456",
        "%",
        "&#;",
        "\\u",
        "🦀@🦀.🦀",
    ] {
        world.read("s", text);
        world.call("t", &format!(r#"{{"body":{}}}"#, serde_json::to_string(text).unwrap()), true);
    }
}

#[test]
fn more_servers_than_can_be_told_apart_count_as_several() {
    let mut world = World::new(Caps::default());
    for i in 0..limits::SERVERS_MAX + 10 {
        world.read(&format!("s{i}"), &salary(1));
    }
    assert_eq!(world.read("s40", &salary(1)).seen.linked, 1);
    world.read("s50", &salary(2));
    assert_eq!(world.read("s51", &customer(2)).seen.linked, 2, "both have no number of their own");
}

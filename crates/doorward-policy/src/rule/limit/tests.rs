use super::*;

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

fn one(text: &str) -> Clause {
    let clauses = read_limit(text).unwrap();
    assert_eq!(clauses.len(), 1, "{text}");
    clauses[0].clone()
}

#[test]
fn every_form_is_read() {
    let hour = Duration::from_secs(3600);
    let flow = |most: &str, per, burst: &str, of| Measure::Flow { most: amount(most), per, burst: amount(burst), of };
    let path = || ArgumentPath::parse("amount").unwrap();
    for (text, measure) in [
        ("10 per hour", flow("10", hour, "10", Counted::Calls)),
        ("10/h", flow("10", hour, "10", Counted::Calls)),
        (" 10 / h ", flow("10", hour, "10", Counted::Calls)),
        ("10 per hour burst 5", flow("10", hour, "5", Counted::Calls)),
        ("10 per hour, burst 5, by user", flow("10", hour, "5", Counted::Calls)),
        ("3 per 5 minutes", flow("3", Duration::from_secs(300), "3", Counted::Calls)),
        ("3/5m", flow("3", Duration::from_secs(300), "3", Counted::Calls)),
        ("100 per day window", Measure::Window { most: amount("100"), per: hour * 24, of: Counted::Calls }),
        ("sum(arguments.amount) 99.5 per day", flow("99.5", hour * 24, "99.5", Counted::Sum(path()))),
        ("5 at once", Measure::AtOnce { most: 5 }),
        ("5 in flight by tool", Measure::AtOnce { most: 5 }),
    ] {
        assert_eq!(one(text).measure, measure, "{text}");
    }
}

#[test]
fn keys_are_read() {
    let argument = |path: &str| KeyPart::Argument(ArgumentPath::parse(path).unwrap());
    for (text, keys) in [
        ("1/s", vec![KeyPart::User, KeyPart::Agent]),
        ("1/s by everyone", vec![]),
        ("1/s by user, tool", vec![KeyPart::User, KeyPart::Tool]),
        ("1/s by tenant, server, argument repo", vec![KeyPart::Tenant, KeyPart::Server, argument("repo")]),
        ("1/s by argument arguments.to.name, agent", vec![argument("to.name"), KeyPart::Agent]),
    ] {
        assert_eq!(one(text).by.to_vec(), keys, "{text}");
    }
}

#[test]
fn spacing_does_not_name_another_meter() {
    assert_eq!(one(" 10  per hour ,by user,tool").text, one("10 per hour, by user, tool").text);
    assert_eq!(one("sum( arguments.amount )10/h").text.as_ref(), "sum(arguments.amount) 10/h");
}

#[test]
fn several_clauses_hold_at_once() {
    assert_eq!(read_limit("10 per hour; 100 per day window; 2 at once").unwrap().len(), 3);
}

#[test]
fn what_is_wrong_is_told_with_its_word() {
    for (text, word, message) in [
        ("", "", "a limit needs a number above zero here"),
        ("10 per hour;", "", "a limit needs a number above zero here"),
        ("0 per hour", "0", "a limit needs a number above zero here"),
        ("-1 per hour", "-1", "a limit needs a number above zero here"),
        ("ten per hour", "ten", "a limit needs a number above zero here"),
        ("10", "10", "a limit needs a time after its number"),
        ("1.5 per hour", "hour", "the number of calls must be whole"),
        ("10 per fortnight", "fortnight", "\"fortnight\" is not a time"),
        ("1/s; 10 per huor", "huor", "\"huor\" is not a time"),
        ("10 per 32 days", "days", "the time of a limit must be between a second and 31 days"),
        ("10 per 0 days", "days", "the time of a limit must be between a second and 31 days"),
        ("10 per hour by usr", "usr", "\"usr\" is nothing to count by"),
        ("10 per hour by user,", "10 per hour by user,", "\"by\" needs something to count by"),
        ("10 per hour by argument", "10 per hour by argument", "\"argument\" needs the name of one"),
        ("10 per hour please", "please", "\"please\" is out of place in a limit"),
        ("sum(amount) 5 per day", "amount", "what is added up must be an argument"),
        ("sum(arguments.a) 5 at once", "at", "only calls can be counted at once, not a sum"),
        ("1.5 at once", "1.5 at once", "the number of calls at once must be whole"),
    ] {
        let fault = read_limit(text).unwrap_err();
        assert_eq!((fault.message.as_str(), text.get(fault.at).unwrap()), (message, word), "{text}");
    }
}

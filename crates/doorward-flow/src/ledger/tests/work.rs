//! Ordinary work is let through: 10,000 contexts of the kinds of work people do, with sizes that are heavy-tailed on
//! purpose.

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Chat,
    Mail,
    CrmList,
    Support,
    MailMerge,
    HrReport,
    Code,
    Travel,
    Calendar,
    Recruiting,
    Billing,
}

const MIX: &[(Work, usize)] = &[
    (Work::Chat, 25),
    (Work::Mail, 18),
    (Work::CrmList, 8),
    (Work::Support, 16),
    (Work::MailMerge, 2),
    (Work::HrReport, 2),
    (Work::Code, 12),
    (Work::Travel, 6),
    (Work::Calendar, 6),
    (Work::Recruiting, 3),
    (Work::Billing, 2),
];

/// One context of work; whatever was passed in it is noted.
struct Day<'a> {
    world: World,
    numbers: &'a mut Numbers,
    /// Persons to speak of.
    pool: Vec<usize>,
    passed: Vec<LedgerRule>,
}

impl Day<'_> {
    fn read(&mut self, server: &str, rows: impl IntoIterator<Item = String>) {
        let rows: Vec<String> = rows.into_iter().collect();
        let reckoning = self.world.read(server, &format!("[{}]", rows.join(",")));
        self.passed.extend(reckoning.withhold);
    }

    fn call(&mut self, server: &str, arguments: &str, egress: bool) {
        let passed = self.world.call(server, arguments, egress).passed;
        self.passed.extend(passed);
    }

    fn person(&mut self) -> usize {
        self.pool[self.numbers.below(self.pool.len())]
    }

    fn chance(&mut self, of: f64) -> bool {
        self.numbers.unit() < of
    }

    /// That many different ones of the pool, or all of it.
    fn sample(&mut self, count: usize) -> Vec<usize> {
        let mut pool = self.pool.clone();
        for at in (1..pool.len()).rev() {
            pool.swap(at, self.numbers.below(at + 1));
        }
        pool.truncate(count);
        pool
    }

    fn first(&self, count: usize) -> Vec<usize> {
        self.pool.iter().copied().take(count).collect()
    }

    fn does(&mut self, work: Work) {
        match work {
            Work::Chat | Work::Code | Work::Travel => {
                for _ in 0..self.numbers.length(1.5, 0.9, 60) {
                    let server = self.numbers.one_of(&["web", "fs", "git"]);
                    self.read(server, [r#"{"path":"a","text":"b"}"#.to_owned()]);
                }
            }
            Work::Mail => {
                let count = self.numbers.length(2.7, 0.9, 200);
                let mails = self.first(count).into_iter().enumerate();
                let mails =
                    mails.map(|(at, i)| format!(r#"{{"id":{at},"sender":"{}","subject":"s","body":"b"}}"#, email(i)));
                self.read("mail", mails.collect::<Vec<_>>());
                for _ in 0..self.numbers.below(5) {
                    let to = self.person();
                    self.call("mail", &format!(r#"{{"to":"{}","body":"thanks"}}"#, email(to)), true);
                }
            }
            Work::CrmList => {
                for _ in 0..self.numbers.length(0.8, 0.7, 12) {
                    let count = self.numbers.one_of(&[10, 20, 25, 50, 100]);
                    let rows: Vec<String> = self.sample(count).into_iter().map(customer).collect();
                    self.read("crm", rows);
                }
                if self.chance(0.3) {
                    let names: Vec<String> = self.first(10).into_iter().map(|i| format!("Person {i}")).collect();
                    self.call("notes", &format!(r#"{{"text":"pipeline of the week: {}"}}"#, names.join(", ")), false);
                }
            }
            Work::Support => self.support(),
            Work::MailMerge => {
                let count = self.numbers.length(2.5, 0.7, 60);
                let pool = self.first(count);
                self.read("crm", pool.iter().map(|i| customer(*i)));
                for i in pool {
                    self.call("mail", &format!(r#"{{"to":"{}","body":"Hello Person {i}"}}"#, email(i)), true);
                }
            }
            Work::HrReport => self.hr_report(),
            Work::Calendar => {
                let count = self.numbers.length(2.0, 0.7, 60);
                let events: Vec<String> = (0..count)
                    .map(|at| {
                        let guests: Vec<String> =
                            self.sample(3).into_iter().map(|i| format!("{:?}", email(i))).collect();
                        format!(r#"{{"id":{at},"title":"t","participants":[{}]}}"#, guests.join(","))
                    })
                    .collect();
                self.read("calendar", events);
            }
            Work::Recruiting => {
                for _ in 0..self.numbers.length(1.4, 0.8, 30) {
                    let i = self.person();
                    let row = format!(
                        r#"{{"candidate":"Person {i}","email":"{}","phone":"{}","address":"x"}}"#,
                        email(i),
                        phone(i)
                    );
                    self.read("ats", [row]);
                    if self.chance(0.3) {
                        self.call(
                            "calendar",
                            &format!(r#"{{"participants":["{}"],"title":"interview"}}"#, email(i)),
                            true,
                        );
                    }
                }
            }
            Work::Billing => self.billing(),
        }
    }

    fn support(&mut self) {
        for _ in 0..self.numbers.length(1.0, 0.8, 25) {
            let i = self.person();
            self.read("crm", [customer(i)]);
            if self.chance(0.4) {
                self.call("billing", &format!(r#"{{"customer_id":"C{}"}}"#, 10_000 + i), false);
                let email = email(i);
                let row = format!(
                    r#"{{"customer_id":"C{}","email":"{email}","balance":12.5,"card_number":"4111"}}"#,
                    10_000 + i
                );
                self.read("billing", [row]);
            }
            if self.chance(0.7) {
                let email = email(i);
                let body = format!("Dear Person {i}, your case is solved. {email}");
                self.call("mail", &format!(r#"{{"to":"{email}","body":"{body}"}}"#), true);
            }
        }
    }

    fn hr_report(&mut self) {
        let count = self.numbers.length(3.2, 0.6, 150);
        let pool = self.first(count);
        self.read("hr", pool.iter().map(|i| employee(*i)));
        self.call("drive", &format!(r#"{{"content":"mean salary {count}"}}"#), false);
        if self.chance(0.3) {
            self.call("mail", r#"{"to":"boss@corp.example","body":"headcount and mean salary"}"#, true);
        }
        if self.chance(0.3) {
            let entry = |i: &usize| format!(r#"{{"name":"Person {i}","email":"{}","title":"x"}}"#, email(*i));
            self.read("directory", pool.iter().map(entry));
        }
    }

    fn billing(&mut self) {
        for _ in 0..self.numbers.length(1.2, 0.8, 30) {
            let count = self.numbers.one_of(&[1, 1, 1, 10, 25]);
            let row = |i: usize| format!(r#"{{"customer_id":"C{}","email":"{}","balance":1.0}}"#, 10_000 + i, email(i));
            let rows: Vec<String> = self.sample(count).into_iter().map(row).collect();
            self.read("billing", rows);
        }
        let count = 1 + self.numbers.below(11);
        let overdue: Vec<String> = self.first(count).into_iter().map(|i| format!("C{}", 10_000 + i)).collect();
        self.call("mail", &format!(r#"{{"to":"boss@corp.example","body":"overdue: {}"}}"#, overdue.join(", ")), true);
    }
}

fn email(i: usize) -> String {
    format!("p{i}@cust{}.example", i % 37)
}

fn phone(i: usize) -> String {
    format!("+1555{}", 1_000_000 + i)
}

fn customer(i: usize) -> String {
    format!(r#"{{"customer_id":"C{}","name":"Person {i}","email":"{}","phone":"{}"}}"#, 10_000 + i, email(i), phone(i))
}

fn employee(i: usize) -> String {
    let (salary, year) = (40_000 + i, i % 90 + 10);
    format!(r#"{{"employee_id":"E{i}","email":"{}","salary":{salary},"date_of_birth":"19{year}-01-02"}}"#, email(i))
}

fn any_work(numbers: &mut Numbers) -> Work {
    let mut at = numbers.below(MIX.iter().map(|(_, weight)| weight).sum());
    for (work, weight) in MIX {
        if at < *weight {
            return *work;
        }
        at -= weight;
    }
    Work::Chat
}

/// Does one context of work in `world`: what kind it was, and what was passed.
fn context(world: World, numbers: &mut Numbers) -> (World, Work, Vec<LedgerRule>) {
    let work = any_work(numbers);
    let pool = (0..numbers.length(3.0, 1.0, 400)).map(|_| numbers.below(5_000)).collect();
    let mut day = Day { world, numbers, pool, passed: Vec::new() };
    day.does(work);
    (day.world, work, day.passed)
}

#[test]
fn of_ten_thousand_ordinary_contexts_one_in_a_thousand_is_flagged_at_most() {
    let mut numbers = Numbers(7);
    let mut flagged = Vec::new();
    for _ in 0..10_000 {
        let (_, work, passed) = context(World::new(Caps::default()), &mut numbers);
        if !passed.is_empty() {
            flagged.push((work, passed));
        }
    }
    println!("{} of 10,000 contexts flagged: {flagged:?}", flagged.len());
    assert!(flagged.len() <= 10, "{}: {flagged:?}", flagged.len());
}

/// Twenty contexts a day of the same mix, all of one principal, for longer than a month.
#[test]
fn the_counts_of_a_principal_flag_next_to_nothing_more() {
    let (mut flagged, mut contexts) = (Vec::new(), 0);
    for seed in 0..4 {
        let mut numbers = Numbers(100 + seed);
        let mut world = World::new(Caps::default());
        for _ in 0..40 {
            for _ in 0..20 {
                let (next, work, passed) = context(world, &mut numbers);
                world = next;
                world.start_context();
                contexts += 1;
                flagged.extend((!passed.is_empty()).then_some((work, passed)));
            }
            world.now = Timestamp::from_micros(world.now.as_micros() + 86_400 * 1_000_000);
        }
        assert!(world.principal.bytes() <= 6 * limits::LEDGER_BYTES_MAX + 65_536, "{} bytes", world.principal.bytes());
    }
    println!("{} of {contexts} contexts of principals flagged: {flagged:?}", flagged.len());
    assert!(flagged.len() * 200 <= contexts, "{} of {contexts}: {flagged:?}", flagged.len());
}

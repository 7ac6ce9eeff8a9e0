//! One text: where personal data stands in it.
//!
//! Digits and `@` are the signs that something may be there: every form has one. From each, the word it stands in is read
//! by every form that fits its length; what is found says how far it can be trusted. Time is linear in the text: nothing is
//! read more than a few times over.

use std::ops::Range;

use aho_corasick::BuildError;
use doorward_core::guard::Severity;

use super::code::Code;
use super::iban::{Check, Iban};
use super::kind::{Category, Evidence, Rule};
use super::label::{Around, Labels, Reader};
use super::limits::{ALONE_MAX, CODE_MAX, FIELD_MAX, LABEL_AFTER, LABEL_BEFORE};
use super::network::Reach;
use super::rules::{Rules, dates, read};
use super::{card, email, iban, network, phone, wallet};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) rule: &'static str,
    pub(super) category: Category,
    pub(super) range: Range<usize>,
    pub(super) weight: Weight,
    /// In percent.
    pub(super) sure: u8,
    /// The gravest it can be.
    pub(super) most: Severity,
}

/// How a find counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It tells nothing of anybody: an address of every machine, a card for tests, a domain for documents.
    Slight,
    /// Only if the text is nothing else.
    Alone,
    /// By its form.
    Form,
    /// By its form and its label.
    Labelled,
}

/// Looks at texts.
#[derive(Debug)]
pub(super) struct Look {
    rules: Rules,
    labels: Reader,
}

/// A text that is looked at.
struct View<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// The name of the member that it is the value of, as far as that speaks for it.
    field: Option<&'t str>,
    /// What that says; known when first asked for.
    says: Option<Labels>,
    /// How many bytes were looked at closely.
    work: usize,
    /// What was said around the last place that was asked for.
    around: Option<(Range<usize>, Around)>,
}

impl Look {
    pub(super) fn new() -> Result<Self, BuildError> {
        Ok(Self { rules: Rules::new(), labels: Reader::new()? })
    }

    /// What stands in `text`, the value of a member called `field`.
    /// How many bytes it looked at closely is added to `work`.
    pub(super) fn find(&self, text: &str, field: Option<&str>, work: &mut usize) -> Vec<Hit> {
        // A name speaks for a value, not for a page of prose.
        let speaking = field.filter(|_| text.len() <= FIELD_MAX);
        let mut view = View { text, bytes: text.as_bytes(), field: speaking, says: None, work: 0, around: None };
        let mut hits = Vec::new();
        let mut at = 0;
        while let Some(place) = next_sign(view.bytes, at) {
            at = match view.bytes.get(place) {
                Some(b'@') => {
                    view.work += EMAIL_WORK;
                    self.email(&view, place, &mut hits);
                    place + 1
                }
                _ => match dates::time(view.bytes, place, at) {
                    Some(minutes) => {
                        view.work += minutes - place;
                        minutes
                    }
                    None => self.word(&mut view, place, at, &mut hits),
                },
            };
        }
        *work += view.work;
        settle(&view, field, hits)
    }

    /// What a number in JSON is, which only the name of its field can tell.
    pub(super) fn number(&self, digits: &str, field: &str, work: &mut usize) -> Option<Hit> {
        let mut hits = self.find(digits, Some(field), work).into_iter();
        let hit = hits.find(|hit| hit.weight == Weight::Labelled && hit.range == (0..digits.len()))?;
        (!self.labels.of_name(field.as_bytes()).meets(Labels::OTHER)).then_some(hit)
    }

    /// Whether the name of a tool says that its numbers are something else: counts, prices, times.
    pub(super) fn is_of_other(&self, tool: &str) -> bool {
        self.labels.of_name(tool.as_bytes()).meets(Labels::OTHER)
    }

    fn email(&self, view: &View<'_>, at: usize, hits: &mut Vec<Hit>) {
        let Some(range) = email::email(view.text, at) else { return };
        let address = view.text.get(range.clone()).unwrap_or_default();
        let weight = if email::is_for_documents(address) { Weight::Slight } else { Weight::Form };
        hits.push(Hit { rule: "email", category: Category::Email, range, weight, sure: 97, most: Severity::High });
    }

    /// Reads the word around the digit at `at`, whose beginning is not before `floor`; says where to go on.
    fn word(&self, view: &mut View<'_>, at: usize, floor: usize, hits: &mut Vec<Hit>) -> usize {
        let head = view.bytes.get(floor..at).unwrap_or_default();
        let start =
            head.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(floor, |place| floor + place + 1);
        let tail = view.bytes.get(at..).unwrap_or_default();
        let end =
            tail.iter().position(|byte| !byte.is_ascii_alphanumeric()).map_or(view.bytes.len(), |place| at + place);
        if let Some(Iban { end, code, check }) = iban::iban(view.bytes, start).filter(|_| !is_inside(view.bytes, start))
        {
            if check == Check::Holds {
                let around = view.around(&self.labels, &(start..end));
                let named = around.said.meets(Labels::BANK) || view.field(&self.labels).meets(Labels::BANK);
                let weight = match (named, code.has_small()) {
                    (true, _) => Weight::Labelled,
                    (false, true) => Weight::Alone,
                    (false, false) => Weight::Form,
                };
                hits.push(Hit {
                    rule: "iban",
                    category: Category::Account,
                    range: start..end,
                    weight,
                    sure: 99,
                    most: Severity::High,
                });
            }
            return end;
        }
        let mut best: Option<Hit> = None;
        let mut offer = |hit: Hit| {
            let rank = |hit: &Hit| (hit.weight, hit.range.len(), hit.sure);
            if best.as_ref().is_none_or(|best| rank(&hit) > rank(best)) {
                best = Some(hit);
            }
        };
        view.work += end - start;
        // Of the letters and digits of one word no address is made.
        if is_parted(view.bytes.get(end)) || is_parted(start.checked_sub(1).and_then(|at| view.bytes.get(at))) {
            self.address(view, at, floor, &mut offer);
        }
        if end - start <= 80 {
            self.codes(view, start, end, &mut offer);
            if self.is_glued(view.bytes.get(start..at).unwrap_or_default()) {
                self.by_rules(view, at, &mut |hit| {
                    if hit.weight == Weight::Labelled {
                        offer(hit);
                    }
                });
            }
        }
        for start in earlier_words(view.bytes, start, floor) {
            self.by_rules(view, start, &mut offer);
        }
        let Some(hit) = best else { return end };
        let end = end.max(hit.range.end);
        hits.push(hit);
        end
    }

    /// Whether the letters right before a digit are a word of their own that ran into a number, or its label.
    fn is_glued(&self, letters: &[u8]) -> bool {
        letters.len() > 1
            && letters.iter().all(u8::is_ascii_alphabetic)
            && (letters.iter().all(u8::is_ascii_lowercase) || self.labels.of_name(letters) != Labels::NONE)
    }

    fn address(&self, view: &mut View<'_>, at: usize, floor: usize, offer: &mut impl FnMut(Hit)) {
        let Some(found) = network::address(view.bytes, at, floor) else { return };
        let around = view.around(&self.labels, &found.range);
        let named = around.nearest.meets(Labels::NETWORK) || view.field(&self.labels).meets(Labels::NETWORK);
        if !named && (around.is_other() || view.field(&self.labels).meets(Labels::OTHER)) {
            return;
        }
        let weight = match found.reach {
            Reach::Everyone => Weight::Slight,
            Reach::Host if named => Weight::Labelled,
            Reach::Host => Weight::Form,
        };
        offer(Hit {
            rule: "ip-address",
            category: Category::Network,
            range: found.range,
            weight,
            sure: 90,
            most: Severity::High,
        });
    }

    fn codes(&self, view: &mut View<'_>, start: usize, end: usize, offer: &mut impl FnMut(Hit)) {
        if is_inside(view.bytes, start) {
            return;
        }
        self.by_rules(view, start, offer);
        if let Some(evidence) = view.bytes.get(start..end).and_then(wallet::wallet) {
            let range = start..end;
            if let Some((weight, sure)) = self.judge(view, &range, Labels::WALLET, evidence, Spelling::Letters) {
                offer(Hit { rule: "wallet", category: Category::Wallet, range, weight, sure, most: Severity::High });
            }
        }
        if let Some(card) = card::card(view.bytes, start, end) {
            let range = start..card.end;
            let judged = self.judge(view, &range, Labels::CARD, card.evidence, Spelling::Digits);
            if let Some((weight, sure)) = judged.filter(|_| !goes_on(view.bytes, card.end)) {
                let (rule, most) = if card::is_for_tests(card.code.as_bytes()) {
                    ("payment-card-test", Severity::Medium)
                } else {
                    ("payment-card", most(weight))
                };
                offer(Hit { rule, category: Category::Card, range, weight, sure, most });
            }
        }
        if let Some(phone) = phone::phone(view.bytes, start) {
            let labels = Labels::PHONE;
            if let Some((weight, sure)) = self.judge(view, &phone.range, labels, phone.evidence, Spelling::Digits) {
                let sure = if weight == Weight::Form { phone.sure } else { sure };
                offer(Hit {
                    rule: "phone",
                    category: Category::Phone,
                    range: phone.range,
                    weight,
                    sure,
                    most: Severity::High,
                });
            }
        }
    }

    /// Tries every rule whose first word is as long as the word at `start`.
    fn by_rules(&self, view: &mut View<'_>, start: usize, offer: &mut impl FnMut(Hit)) {
        let bytes = view.bytes;
        let word = bytes.get(start..).unwrap_or_default();
        let length = word.iter().take(CODE_MAX + 1).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        for rule in self.rules.of_word(word, length) {
            let Some((end, code)) = read(rule.pattern, bytes, start) else { continue };
            let ends = bytes.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric());
            if !ends || goes_on(bytes, end) || !(rule.check)(code.as_bytes()) {
                continue;
            }
            let range = start..end;
            if let Some((weight, sure)) = self.judge(view, &range, rule.labels, evidence(rule, &code), spelling(&code))
            {
                offer(Hit { rule: rule.name, category: rule.category, range, weight, sure, most: most(weight) });
            }
        }
    }

    fn judge(
        &self,
        view: &mut View<'_>,
        range: &Range<usize>,
        labels: Labels,
        evidence: Evidence,
        spelling: Spelling,
    ) -> Option<(Weight, u8)> {
        let around = view.around(&self.labels, range);
        let is_other =
            around.is_other() || (around.nearest == Labels::NONE && view.field(&self.labels).meets(Labels::OTHER));
        let named = around.said.meets(labels) || view.field(&self.labels).meets(labels);
        match (evidence, spelling) {
            (Evidence::Label, _) if named && !is_other => Some((Weight::Labelled, 90)),
            _ if named && !is_other => Some((Weight::Labelled, 97)),
            (_, Spelling::Digits) if is_other => None,
            (Evidence::Form, _) => Some((Weight::Form, 90)),
            (Evidence::Alone, Spelling::Digits) if is_time(view.bytes.get(range.clone()).unwrap_or_default()) => None,
            (Evidence::Alone, _) => Some((Weight::Alone, 60)),
            (Evidence::Label, _) => None,
        }
    }
}

impl View<'_> {
    /// What the name of its member says.
    fn field(&mut self, labels: &Reader) -> Labels {
        let field = self.field;
        *self.says.get_or_insert_with(|| field.map_or(Labels::NONE, |field| labels.of_name(field.as_bytes())))
    }

    fn around(&mut self, labels: &Reader, range: &Range<usize>) -> Around {
        match &self.around {
            Some((asked, around)) if asked == range => *around,
            _ => {
                let around = labels.around(self.bytes, range);
                self.work += AROUND_WORK;
                self.around = Some((range.clone(), around));
                around
            }
        }
    }
}

/// A number of which nothing is said may have passed its check by chance.
const fn most(weight: Weight) -> Severity {
    match weight {
        Weight::Slight | Weight::Alone => Severity::Medium,
        Weight::Form | Weight::Labelled => Severity::High,
    }
}

/// Whether digits in one piece are seconds or milliseconds since 1970, in the years from 2020 to 2030.
fn is_time(digits: &[u8]) -> bool {
    matches!(digits.len(), 10 | 13)
        && digits.iter().all(u8::is_ascii_digit)
        && matches!(digits, [b'1', b'6'..=b'8', ..])
}

/// What a code is written with. Digits alone are easily something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Digits,
    Letters,
}

fn spelling(code: &Code) -> Spelling {
    if code.is_numeric() { Spelling::Digits } else { Spelling::Letters }
}

/// Codes are written in capitals; small letters may be a hash or a name.
fn evidence(rule: &Rule, code: &Code) -> Evidence {
    // Hexadecimal has no capitals of its own.
    if code.has_small() && rule.category != Category::Device {
        rule.evidence.max(Evidence::Alone)
    } else {
        rule.evidence
    }
}

fn next_sign(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let is_sign = |byte: &u8| byte.is_ascii_digit() | (*byte == b'@');
    // Written so that a processor compares many bytes at once.
    let passed = rest.chunks_exact(STEP).take_while(|step| !step.iter().fold(false, |any, byte| any | is_sign(byte)));
    let passed = passed.count() * STEP;
    rest.get(passed..)?.iter().position(is_sign).map(|place| at + passed + place)
}

/// How many bytes are looked at at once.
const STEP: usize = 32;

/// What looking for an address at an `@` counts: what stands on either side is read up to the next one.
const EMAIL_WORK: usize = 8;

/// What looking for labels around a place counts: an automaton reads the bytes in reach, which takes a quarter of what a
/// pattern takes.
const AROUND_WORK: usize = (LABEL_BEFORE + LABEL_AFTER) / 4;

/// Whether it parts the words of an IP address.
const fn is_parted(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'.' | b':'))
}

/// Whether the word at `start` goes on something longer: a number with a point, an id with hyphens, a path.
fn is_inside(bytes: &[u8], start: usize) -> bool {
    let before = |back: usize| start.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    match before(1) {
        Some(b'_' | b'$' | b'%') => true,
        Some(b'.' | b'-' | b'/' | b'\\') => before(2).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'/'),
        _ => false,
    }
}

/// Whether a code that ends at `end` is only the beginning of something longer.
fn goes_on(bytes: &[u8], end: usize) -> bool {
    let after = |more: usize| bytes.get(end + more).copied();
    match after(0) {
        Some(b'_' | b'%') => true,
        Some(b'-' | b'.' | b'/' | b':') => after(1).is_some_and(|byte| byte.is_ascii_alphanumeric()),
        _ => false,
    }
}

/// Where up to two short words of letters begin that stand right before the word at `start`: codes begin with letters apart.
fn earlier_words(bytes: &[u8], start: usize, floor: usize) -> impl Iterator<Item = usize> {
    let earlier = |start: usize| {
        let joint = start.checked_sub(1).filter(|at| *at > floor)?;
        if !matches!(bytes.get(joint), Some(b' ' | b'-')) {
            return None;
        }
        let word = bytes.get(floor.max(joint.saturating_sub(6))..joint)?;
        let letters = word.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let first = joint - letters;
        let outside = first.checked_sub(1).and_then(|at| bytes.get(at));
        let fits = (1..=4).contains(&letters) && outside.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        fits.then_some(first)
    };
    let one = earlier(start);
    let two = one.and_then(earlier);
    one.into_iter().chain(two).filter(|first| !is_inside(bytes, *first))
}

/// Drops what counts only alone where there is something else.
fn settle(view: &View<'_>, field: Option<&str>, mut hits: Vec<Hit>) -> Vec<Hit> {
    let open = hits.iter().any(|hit| hit.weight == Weight::Alone);
    if open && !(is_open(field) && is_nothing_else(view.text, &hits)) {
        hits.retain(|hit| hit.weight != Weight::Alone);
    }
    hits
}

/// Whether the name of a field leaves open what its value is.
fn is_open(field: Option<&str>) -> bool {
    field.is_none_or(|field| OPEN_FIELDS.iter().any(|open| field.eq_ignore_ascii_case(open)))
}

const OPEN_FIELDS: &[&str] = &[
    "text",
    "content",
    "value",
    "values",
    "data",
    "input",
    "output",
    "result",
    "message",
    "body",
    "query",
    "answer",
    "description",
];

/// Whether `text` holds no words beside `hits`.
fn is_nothing_else(text: &str, hits: &[Hit]) -> bool {
    let mut at = 0;
    let mut rest = String::new();
    for hit in hits {
        rest.push_str(text.get(at..hit.range.start).unwrap_or_default());
        rest.push(' ');
        at = at.max(hit.range.end);
    }
    rest.push_str(text.get(at..).unwrap_or_default());
    let mut words = rest.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    text.len() <= ALONE_MAX && words.all(|word| word == "and" || word == "or")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str, field: Option<&str>) -> Vec<&'static str> {
        Look::new().unwrap().find(text, field, &mut 0).into_iter().map(|hit| hit.rule).collect()
    }

    #[test]
    fn a_weak_number_counts_by_its_label_by_its_field_or_alone() {
        assert_eq!(rules("SIN 130 692 544", Some("text")), ["ca-sin"]);
        assert_eq!(rules("130692544", Some("sin")), ["ca-sin"]);
        assert_eq!(rules("130692544", Some("text")).len(), 1);
        assert!(rules("130692544", Some("width")).is_empty());
        assert!(rules("we shipped 130692544 of them", Some("text")).is_empty());
    }

    #[test]
    fn a_time_hides_nothing_that_stands_beside_it() {
        let time = "2026-03-02T10:15:30";
        for (text, expected) in [
            (format!("born {time}Z"), vec![]),
            (format!("card {time}, 4539 1488 0343 6467"), vec!["payment-card"]),
            (format!("SIN 130 692 544,{time},SIN 130 692 544"), vec!["ca-sin", "ca-sin"]),
            (format!("born 1980-12-31 {time}"), vec!["birth-date"]),
            (format!("mac {time}:11:22:33:44"), vec!["mac"]),
            (format!("ip abcd::{time}"), vec!["ip-address"]),
        ] {
            assert_eq!(rules(&text, Some("text")), expected, "{text}");
        }
    }

    #[test]
    fn what_is_part_of_something_longer_is_not_looked_at() {
        for text in [
            "550e8400-e29b-41d4-a716-446655440000",
            "0.4111111111111111",
            "/x/4111111111111111/y",
            "a_4111111111111111",
        ] {
            assert!(rules(text, None).is_empty(), "{text}");
        }
    }
}

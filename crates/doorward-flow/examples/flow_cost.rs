//! What fingerprints cost and find: `cargo run --release -p doorward-flow --example flow_cost [MEGABYTES]`.
//!
//! Prints how fast text is indexed, how long an argument of 2.5 KB takes to be matched, what one context's index takes, and
//! how many excerpts are found as they stand, with edits, and encoded. Times are those of one processor, without what others
//! ran in between, where the system says so. The text is made up of words that are made up.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "an example"
)]

use std::hint::black_box;
use std::time::Instant;

use doorward_core::flow::Confidentiality;
use doorward_flow::canonical::Key;
use doorward_flow::prints::{PrintKey, Prints};

const EXCERPTS: usize = 1_000;
const ROUNDS: usize = 15;

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn main() {
    let megabytes: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(4);
    let mut numbers = Numbers(1);
    let words: Vec<String> = (0..8_000).map(|_| word(&mut numbers)).collect();
    let texts: Vec<String> = (0..megabytes * 16).map(|_| prose(&mut numbers, &words, 64 * 1024)).collect();
    let total: usize = texts.iter().map(String::len).sum();
    let key = PrintKey::new(&Key::from_bytes([9; 16]));
    let mut prints = Prints::new();
    let (best, median) = best_and_median(|| {
        prints = Prints::new();
        for (source, text) in (0..).zip(&texts) {
            prints.index(&key, source, Confidentiality::Confidential, text);
        }
    });
    let speed = |seconds: f64| total as f64 / seconds / 1e6;
    println!("indexing: {:.1} MB/s at best, {:.1} in the median of {ROUNDS}", speed(best), speed(median));
    println!("one context: {} bytes of index for {total} bytes of text", prints.bytes());
    let last = texts.last().unwrap();
    for (what, argument) in [
        ("of nothing read", prose(&mut numbers, &words, 2_500)),
        ("all of it read", last[..2_500].to_owned()),
        ("base64 of what was read", base64(&last.as_bytes()[..1_872])),
    ] {
        println!("matching {} bytes, {what}: {}", argument.len(), microseconds(&key, &prints, &argument));
    }
    for number in 0..100 {
        prints.secret(&key, 9_000, &format!("secret-{number}-{}", number * 7_919));
    }
    let argument = prose(&mut numbers, &words, 2_500);
    println!("matching the same with 100 secrets: {}", microseconds(&key, &prints, &argument));
    recall(&key, &prints, last, &mut numbers);
    let unrelated = (0..EXCERPTS * 10).filter(|_| !prints.matches(&key, &prose(&mut numbers, &words, 600)).is_empty());
    println!("unrelated arguments of 600 bytes that match: {} of {}", unrelated.count(), EXCERPTS * 10);
}

fn microseconds(key: &PrintKey, prints: &Prints, argument: &str) -> String {
    let (best, median) = best_and_median(|| {
        for _ in 0..EXCERPTS * 2 {
            black_box(prints.matches(key, black_box(argument)));
        }
    });
    let each = |seconds: f64| seconds * 5e5 / EXCERPTS as f64;
    format!("{:.1} µs at best, {:.1} in the median", each(best), each(median))
}

/// How many seconds of processor time `work` takes.
fn best_and_median(mut work: impl FnMut()) -> (f64, f64) {
    let began = Instant::now();
    let mut took: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let before = processor_seconds().unwrap_or_else(|| began.elapsed().as_secs_f64());
            work();
            processor_seconds().unwrap_or_else(|| began.elapsed().as_secs_f64()) - before
        })
        .collect();
    took.sort_by(f64::total_cmp);
    (took[0], took[ROUNDS / 2])
}

/// How long this process has run, without the time in which others did, where the system says so.
fn processor_seconds() -> Option<f64> {
    // The number is brought up to date when the processor may go to another.
    std::thread::yield_now();
    let numbers = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(numbers.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

fn recall(key: &PrintKey, prints: &Prints, text: &str, numbers: &mut Numbers) {
    type Change = fn(&str, &mut Numbers) -> String;
    let changes: [(&str, Change); 10] = [
        ("as it stands", |text, _| text.to_owned()),
        ("upper case, other punctuation", |text, _| text.to_uppercase().replace(' ', "-")),
        ("1 edit per 60", |text, numbers| edited(text, 60, numbers)),
        ("1 edit per 30", |text, numbers| edited(text, 30, numbers)),
        ("1 edit per 15", |text, numbers| edited(text, 15, numbers)),
        ("base64", |text, _| base64(text.as_bytes())),
        ("hexadecimal", |text, _| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("percent", |text, _| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
        ("HTML", |text, _| text.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
        ("base64 of base64", |text, _| base64(base64(text.as_bytes()).as_bytes())),
    ];
    for length in [48, 200] {
        for (name, change) in changes {
            let found = (0..EXCERPTS).filter(|_| {
                let start = numbers.below(text.len() - length);
                !prints.matches(key, &change(&text[start..start + length], numbers)).is_empty()
            });
            println!("found of excerpts of {length}, {name}: {:.1} %", found.count() as f64 * 100.0 / EXCERPTS as f64);
        }
    }
}

fn edited(text: &str, every: usize, numbers: &mut Numbers) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for stretch in letters.chunks_mut(every) {
        let at = numbers.below(stretch.len());
        stretch[at] = 'q';
    }
    letters.into_iter().collect()
}

fn word(numbers: &mut Numbers) -> String {
    let mut word = String::new();
    for _ in 0..=numbers.below(4) {
        word.push(char::from(b"bcdfghklmnprstvz"[numbers.below(16)]));
        word.push(char::from(b"aeiou"[numbers.below(5)]));
    }
    word
}

/// Words of which few are used often, as in any language.
fn prose(numbers: &mut Numbers, words: &[String], bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes {
        let most = 1 + numbers.below(words.len());
        text.push_str(&words[numbers.below(most)]);
        text.push_str([" ", " ", " ", " ", ", ", ".\n"][numbers.below(6)]);
    }
    text.truncate(bytes);
    text
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| (bits << 8) | usize::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            text.push(if at > three.len() { '=' } else { char::from(DIGITS[(bits >> (18 - 6 * at)) & 63]) });
        }
    }
    text
}

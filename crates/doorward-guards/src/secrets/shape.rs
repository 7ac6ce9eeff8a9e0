//! What a value looks like: made by chance, written by a person, or standing for another.
//!
//! Responsible for judging a value by itself, without what stands around it. It must never know a provider.

use std::ops::Range;

use crate::limits::NOISE_LOOK_BACK;

/// What counts as random: how a value's neighbouring characters follow each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bytes.
    pub(super) length: usize,
    /// Lower-case letters.
    pub(super) lower: usize,
    /// Upper-case letters.
    pub(super) upper: usize,
    /// Digits.
    pub(super) digits: usize,
    /// What is neither a letter nor a digit.
    pub(super) symbols: usize,
    /// Neighbours that are both letters or digits.
    pub(super) pairs: usize,
    /// Those that words and numbers seldom have.
    pub(super) odd: usize,
    /// Different bytes.
    pub(super) distinct: usize,
}

impl Shape {
    /// Of a value.
    pub(super) fn of(value: &[u8]) -> Self {
        let mut shape = Self { length: value.len(), ..Self::default() };
        let mut seen = [0_u64; 4];
        for byte in value {
            match byte {
                b'a'..=b'z' => shape.lower += 1,
                b'A'..=b'Z' => shape.upper += 1,
                b'0'..=b'9' => shape.digits += 1,
                _ => shape.symbols += 1,
            }
            if let Some(part) = seen.get_mut(usize::from(byte >> 6)) {
                *part |= 1 << (byte & 63);
            }
        }
        for (first, second) in value.iter().zip(value.iter().skip(1)) {
            let step = Step::between(*first, *second);
            shape.pairs += usize::from(step != Step::Apart);
            shape.odd += usize::from(step == Step::Odd);
        }
        shape.distinct = seen.iter().map(|part| part.count_ones() as usize).sum();
        shape
    }

    /// Whether chance made it, not a person: keys, digests, identifiers alike.
    pub(super) fn is_random(&self) -> bool {
        let rate = self.odd * 100 / self.pairs.max(1);
        let enough = match self.length {
            0..10 => return false,
            10..16 => self.odd >= 4 && rate >= 40,
            16..24 => self.odd >= 5 && rate >= 24,
            24.. => self.odd >= 6 && rate >= 20,
        };
        enough && self.distinct >= 6
    }

    /// Letters and digits of all sorts, longer than people make them.
    pub(super) const fn is_assorted(&self) -> bool {
        self.length >= 16
            && self.digits >= 3
            && self.lower + self.upper >= 3
            && self.distinct >= 12
            && self.symbols <= 4
    }
}

/// How one byte follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// One of them is neither a letter nor a digit.
    Apart,
    /// As in words, names and numbers.
    Usual,
    /// As in what chance makes.
    Odd,
}

impl Step {
    const fn between(first: u8, second: u8) -> Self {
        if !first.is_ascii_alphanumeric() || !second.is_ascii_alphanumeric() {
            return Self::Apart;
        }
        match (first.is_ascii_digit(), second.is_ascii_digit()) {
            (true, true) => Self::Usual,
            (true, false) | (false, true) => Self::Odd,
            (false, false) if first == second => Self::Usual,
            (false, false) if is_common(first, second) => Self::Usual,
            // The hump of a name in camel case.
            (false, false) if first.is_ascii_lowercase() && second.is_ascii_uppercase() => Self::Usual,
            (false, false) => Self::Odd,
        }
    }
}

/// Whether two letters are among the 300 pairs (of 676) that make 94 % of those in English technical prose.
const fn is_common(first: u8, second: u8) -> bool {
    let row = first.to_ascii_lowercase().wrapping_sub(b'a') as usize;
    let column = second.to_ascii_lowercase().wrapping_sub(b'a');
    row < COMMON.len() && {
        #[expect(clippy::indexing_slicing, reason = "the row is within the table by the test before")]
        let common = COMMON[row];
        common >> column & 1 == 1
    }
}

/// A row for each first letter; the bits are the second letters, `a` the lowest.
const COMMON: [u32; 26] = [
    0x01fe_bd7e,
    0x0116_4b15,
    0x001e_4d9d,
    0x0016_493f,
    0x01ff_f9ff,
    0x001e_4931,
    0x0016_69d1,
    0x001a_4111,
    0x02ae_fc7f,
    0x0000_4011,
    0x0004_4111,
    0x013c_493f,
    0x0014_d913,
    0x003c_ed7d,
    0x007e_fd6f,
    0x001e_c991,
    0x0010_0000,
    0x013e_fd7d,
    0x011e_fdb5,
    0x015e_f9fd,
    0x000e_b97f,
    0x0000_4111,
    0x0002_6111,
    0x000c_9010,
    0x000c_a811,
    0x0000_0111,
];

/// Whether what stands at `word` belongs to one run with what stands before it that chance made, as in base64: words and
/// prefixes are spelt in it by chance too.
pub(super) fn is_within_noise(text: &[u8], word: &Range<usize>) -> bool {
    let in_run = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-');
    let before = text.get(..word.start).unwrap_or_default();
    let word = text.get(word.clone()).unwrap_or_default();
    let length = before.iter().rev().take(NOISE_LOOK_BACK).take_while(in_run).count();
    let lead = Shape::of(before.get(before.len() - length..).unwrap_or_default());
    let glued = before.iter().rev().take(NOISE_LOOK_BACK).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let glued = before.get(before.len() - glued..).unwrap_or_default();
    let in_one_case = glued.iter().all(u8::is_ascii_lowercase) || glued.iter().chain(word).all(u8::is_ascii_uppercase);
    !in_one_case || lead.odd >= 3 && (length < 8 || lead.odd * 100 / lead.pairs.max(1) >= 30)
}

/// Whether a word is written as people write words: in one case, or with capitals where its parts begin.
pub(super) fn is_written(word: &[u8]) -> bool {
    let upper = word.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let lower = word.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    upper == 0 || lower == 0 || upper * 3 <= lower + upper && word.last().is_none_or(u8::is_ascii_lowercase)
}

/// Whether a value stands for one that is to be put there: a variable, a template, a mask, a word that says so.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    is_reference(value) || is_filler(value) || says_so(value)
}

/// A variable, a template, an expression: the value itself is elsewhere.
pub(super) fn is_reference(value: &[u8]) -> bool {
    let holds = |part: &[u8]| value.windows(part.len()).any(|window| window == part);
    let (first, last) = (value.first().copied(), value.last().copied());
    match (first, last) {
        (Some(b'<'), Some(b'>')) | (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) | (Some(b'%'), Some(b'%')) => {
            return true;
        }
        (Some(b'$'), _) => {
            let name = value.get(1..).unwrap_or_default();
            if !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_{}().:-".contains(byte)) {
                return true;
            }
        }
        _ => {}
    }
    const MARKS: [&[u8]; 12] =
        [b"${", b"{{", b"}}", b"<%", b"%>", b"$(", b"%(", b"#{", b"process.env", b"os.environ", b"getenv", b"secrets."];
    MARKS.iter().any(|mark| holds(mark)) || matches!(value, b"%s" | b"%v" | b"%d" | b"?")
}

/// Nothing but a mask: stars, dots, crosses.
fn is_filler(value: &[u8]) -> bool {
    let masked = |byte: &u8| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'_' | b'-' | b'#' | b'?' | b'0');
    let stars = value.windows(3).any(|window| window == b"***" || window == b"...");
    stars || value.iter().all(masked)
}

/// Words with which people say that this is not it.
fn says_so(value: &[u8]) -> bool {
    const WORDS: [&str; 31] = [
        "example",
        "placeholder",
        "changeme",
        "change_me",
        "change-me",
        "yourpass",
        "your_",
        "your-",
        "yourkey",
        "yourtoken",
        "yourapi",
        "yoursecret",
        "insert",
        "replace",
        "redacted",
        "dummy",
        "goes_here",
        "goes-here",
        "goeshere",
        "_here",
        "-here",
        "not_a_real",
        "notareal",
        "not-a-real",
        "todo",
        "undefined",
        "my-secret",
        "mysecret",
        "my_secret",
        "xxxx",
        "censored",
    ];
    let lower = value.to_ascii_lowercase();
    let found = WORDS.iter().find_map(|word| position(&lower, word.as_bytes()).map(|at| (at, word.len())));
    let Some((at, length)) = found else { return false };
    if lower.ends_with(b"example") || lower.ends_with(b"examplekey") {
        return true;
    }
    // Chance may spell a word within a long value; what is left of a placeholder is no key.
    let after = value.get(at + length..).unwrap_or_default();
    let before = value.get(..at).unwrap_or_default();
    !Shape::of(after).is_random() && !Shape::of(before).is_random()
}

/// Where `part` first stands in `whole`.
pub(super) fn position(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len().max(1)).position(|window| window == part)
}

/// Whether it is a UUID.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_alphanumeric(),
        })
}

/// Whether it looks like a key as machines make them, by itself: random, or hexadecimal, or in groups.
pub(super) fn is_made(value: &[u8]) -> bool {
    let plain = value.iter().all(|byte| byte.is_ascii_graphic() && !b"()<>{}[]\"'`;,\\".contains(byte));
    plain
        && (is_uuid(value)
            || Shape::of(value).is_random()
            || is_hexadecimal(value)
            || is_grouped(value)
            || is_long_run(value))
}

/// Hexadecimal, perhaps in parts, with letters and digits.
pub(super) fn is_hexadecimal(value: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'.' | b':');
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    // No word has so many of the first six letters and no other.
    let long = letters >= 28 || letters >= 2 && digits >= 2 && letters + digits >= 20;
    value.iter().all(is_part) && long && Shape::of(value).distinct >= 5
}

/// As licence keys are written: groups of letters and digits with dashes between.
fn is_grouped(value: &[u8]) -> bool {
    let groups: Vec<&[u8]> = value.split(|byte| *byte == b'-').collect();
    let with_digits = groups.iter().filter(|group| group.iter().any(u8::is_ascii_digit)).count();
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    let whole = groups.iter().all(|group| group.len() >= 4 && group.iter().all(u8::is_ascii_alphanumeric));
    groups.len() >= 3 && whole && with_digits * 2 >= groups.len() && letters && value.len() >= 20
}

/// Whether it is written as names in programs are: `jinja2.pass_context`, `Ed25519PublicKey`, `X25519_PRIVATE_KEY_LEN`. Words
/// and numbers, longer and of more usual letters than those that chance makes.
pub(super) fn is_named_in_code(value: &[u8]) -> bool {
    let sort = |byte: &u8| (byte.is_ascii_uppercase(), byte.is_ascii_lowercase(), byte.is_ascii_digit());
    let is_capital = |first: &u8, second: &u8| first.is_ascii_uppercase() && second.is_ascii_lowercase();
    let parts = value.chunk_by(|first, second| sort(first) == sort(second) || is_capital(first, second));
    let (mut words, mut letters, mut pairs, mut odd) = (0, 0, 0, 0);
    for part in parts.filter(|part| part.iter().all(u8::is_ascii_alphanumeric)) {
        words += 1;
        letters += part.len();
        for (first, second) in part.iter().zip(part.iter().skip(1)).filter(|(first, _)| first.is_ascii_alphabetic()) {
            pairs += 1;
            odd += usize::from(Step::between(*first, *second) == Step::Odd);
        }
    }
    let is_parted = value.iter().any(|byte| matches!(byte, b'_' | b'.'))
        || value.windows(2).any(|pair| matches!(pair, [first, second] if is_capital(first, second)));
    let begins = |segment: &[u8]| segment.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    is_parted
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        && value.split(|byte| *byte == b'.').all(begins)
        && letters >= 3 * words
        && odd * 5 <= pairs * 2
}

/// A run of letters and digits that is too long for a word.
fn is_long_run(value: &[u8]) -> bool {
    let runs = value.split(|byte| !byte.is_ascii_alphanumeric()).filter(|run| run.len() >= 28);
    runs.map(Shape::of).any(|shape| shape.digits >= 3 && shape.lower + shape.upper >= 3 && shape.distinct >= 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chance_made_is_told_from_what_people_wrote() {
        for random in ["9fQ2xLr7Zp0VbK4wTm", "7c1e0a94be52d3f6a8", "kZ8vB1nQ4xW7", "qj4z-rh8e-6Apw-x02k"] {
            assert!(Shape::of(random.as_bytes()).is_random(), "{random}");
        }
        let written = [
            "americanfootball_cfl",
            "project_archive/project_analysis.txt",
            "getAuthenticationToken",
            "us-east-1.compute.internal",
            "2026-03-04T10:11:12Z",
            "aaaaaaaaaaaaaaaaaaaa",
            "correct horse battery staple",
            "550000000000000000",
            "application/vnd.api+json",
            "ACT_AGENCE_CALEDONIENNE_DE_TRANSIT",
            "HttpRequestHandlerFactory",
        ];
        for written in written {
            assert!(!Shape::of(written.as_bytes()).is_random(), "{written}");
        }
    }

    #[test]
    fn names_in_programs_are_told_from_what_chance_made() {
        for name in [
            "jinja2.pass_context",
            "cryptography.x509.oid",
            "Ed25519PublicKey",
            "X25519_PRIVATE_KEY_LEN",
            "RSA_PKCS1_2048_8192_SHA256",
        ] {
            assert!(is_named_in_code(name.as_bytes()), "{name}");
        }
        for made in [
            "9fQ2xLr7Zp0VbK4wTm",
            "qj4zrh8e6apwx02kbd",
            "q9Xv.T2mLb7RzK4wP",
            "Abz93hqWxkYzRt77QpLk",
            "550e8400e29b41d4",
        ] {
            assert!(!is_named_in_code(made.as_bytes()), "{made}");
        }
    }

    #[test]
    fn what_stands_for_a_value_is_known() {
        let standing = [
            "${API_KEY}",
            "$TOKEN",
            "{{ token }}",
            "<your key>",
            "********",
            "xxxxxxxxxxxx",
            "YOUR_API_KEY",
            "changeme",
            "insert_key_here",
            "process.env.TOKEN",
            "%(password)s",
            "AKIA0000EXAMPLE",
            "my-secret-key",
        ];
        for standing in standing {
            assert!(is_placeholder(standing.as_bytes()), "{standing}");
        }
        for real in ["9fQ2xLr7Zp0VbK4wTm", "hunter2!", "exampleK9x2LmQ7vR4tY8wZ1pB3nD6"] {
            assert!(!is_placeholder(real.as_bytes()), "{real}");
        }
    }
}

//! The same search, written plainly: what the fast one must agree with, whatever the text.

use std::ops::Range;

use super::super::Atom;
use crate::canonical::{self, Keyed, Kind, address, plainly};
use crate::decode;
use crate::limits::ATOMS_MAX;

/// What acts in `text`, and in what is encoded in it. The last of too many has no form: it stands for all that follow.
pub(super) fn in_layers(keyed: &Keyed, text: &str) -> Vec<Atom> {
    let mut search = Search { keyed, found: Vec::new() };
    decode::layers(text).iter().for_each(|layer| search.text(layer));
    decode::disguises(text).for_each(|plain| search.addresses(&plain));
    search.found
}

/// What acts in `text` as it stands.
pub(super) fn of(keyed: &Keyed, text: &str) -> Vec<Atom> {
    let mut search = Search { keyed, found: Vec::new() };
    search.text(text);
    search.found
}

struct Search<'k> {
    keyed: &'k Keyed,
    found: Vec<Atom>,
}

impl Search<'_> {
    fn addresses(&mut self, text: &str) {
        let plain = plainly::plain(text);
        let mut taken = Vec::new();
        for run in runs(&plain) {
            let Some(text) = plain.get(run.clone()) else { continue };
            if text.contains(['.', '@', '/']) {
                self.run(text, run.start, &mut taken);
            }
        }
    }

    fn text(&mut self, text: &str) {
        let plain = plainly::plain(text);
        let mut taken: Vec<Range<usize>> = Vec::new();
        for run in runs(&plain) {
            let Some(text) = plain.get(run.clone()) else { continue };
            if text.contains(['.', '@', '/']) {
                self.run(text, run.start, &mut taken);
            }
            if let Some(wallet) = text.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| address::is_wallet(word))
            {
                self.add(Kind::Wallet, Some(&canonical::wallet(wallet)), wallet);
            }
        }
        if plainly::digits(&plain) >= DIGITS_MIN {
            let rest = without(&plain, &taken);
            each(&rest, &mut |kind, form| self.add(kind, Some(form), form));
        }
    }

    /// A run of characters without white space and quotation marks.
    fn run(&mut self, text: &str, start: usize, taken: &mut Vec<Range<usize>>) {
        let mut names = text;
        if let Some(at) = url_start(text) {
            let url = text.get(at..).unwrap_or_default();
            self.add(Kind::Url, plainly::url(url).as_deref(), url);
            taken.push(start + at..start + text.len());
            names = text.get(..at).unwrap_or_default();
        }
        self.emails(text, start, taken);
        for piece in pieces(names, |c| !is_of_address(c)) {
            let text = names.get(piece.clone()).unwrap_or_default();
            if !text.contains('@') && text.contains('.') {
                self.host(text, start + piece.start, taken);
            }
        }
    }

    fn emails(&mut self, text: &str, start: usize, taken: &mut Vec<Range<usize>>) {
        let mut from = 0;
        while let Some(sign) = text.get(from..).and_then(|rest| rest.find('@')).map(|at| from + at) {
            let before = text.get(from..sign).unwrap_or_default();
            let after = text.get(sign + 1..).unwrap_or_default();
            let is_local = |c: char| c.is_alphanumeric() || "._%+'-".contains(c);
            let local = before.len() - before.trim_end_matches(is_local).len();
            let domain = after.trim_start_matches(is_of_host);
            let domain = after.get(..after.len() - domain.len()).unwrap_or_default();
            let domain = domain.trim_end_matches(['.', '-']);
            let range = sign - local..sign + 1 + domain.len();
            from = range.end.max(sign + 1);
            let email = plainly::folded(text.get(range.clone()).unwrap_or_default()).into_owned();
            let email = plainly::bare(&email);
            if plainly::is_email(email) {
                self.add(Kind::Email, plainly::email(email).as_deref(), email);
                taken.push(start + range.start..start + range.end);
            }
        }
    }

    /// A host with a path or without, if that is what `text` is.
    fn host(&mut self, text: &str, start: usize, taken: &mut Vec<Range<usize>>) {
        let lead = text.len() - text.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
        let text = text.get(lead..).unwrap_or_default();
        let (host, path) = text.split_at_checked(text.find('/').unwrap_or(text.len())).unwrap_or((text, ""));
        let (host, port) = host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
        let mut host = host.trim_end_matches(['.', '-']);
        // "see www.a.com.They": the sentence ended.
        while path.is_empty()
            && host.matches('.').count() > 1
            && !plainly::is_ipv4(host)
            && !plainly::has_usual_end(&plainly::folded(host))
        {
            host = host.rsplit_once('.').map_or(host, |(host, _)| host);
        }
        let folded = plainly::folded(host);
        let is_name = address::is_host(&folded) && plainly::has_usual_end(&folded);
        if !is_name && !plainly::is_ipv4(host) {
            return;
        }
        let is_number = |port: &&str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let whole = match port.filter(is_number) {
            Some(port) => format!("{host}:{port}{path}"),
            None => format!("{host}{path}"),
        };
        self.add(Kind::Url, plainly::url(&whole).as_deref(), &whole);
        taken.push(start + lead..start + lead + text.len());
    }

    fn add(&mut self, kind: Kind, form: Option<&str>, itself: &str) {
        let atom = Atom {
            kind,
            form: form.map(|form| plainly::hash(self.keyed, kind, form)),
            itself: form.map_or_else(
                || plainly::hash(self.keyed, Kind::Apart, itself),
                |form| plainly::hash(self.keyed, kind, form),
            ),
        };
        if self.found.len() > ATOMS_MAX || self.found.contains(&atom) {
            return;
        }
        // What is not looked at any more stands for something that equals nothing.
        let too_many = Atom { kind: Kind::Apart, form: None, itself: 0 };
        self.found.push(if self.found.len() < ATOMS_MAX { atom } else { too_many });
    }
}

/// Where the first URL of a run starts: at its scheme, or at the slashes.
fn url_start(run: &str) -> Option<usize> {
    let slashes = run.find("//")?;
    run.get(slashes + 2..).filter(|rest| !rest.is_empty())?;
    let before = run.get(..slashes)?;
    let Some(scheme) = before.strip_suffix(':') else { return Some(slashes) };
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    let start = scheme.trim_end_matches(is_of_scheme).len();
    if start == scheme.len() { Some(slashes) } else { Some(start) }
}

/// The places of all that stands between white space and quotation marks.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    pieces(text, |c| c.is_whitespace() || "<>\"'`])}".contains(c))
}

/// The places of all that stands between characters of which `ends` is true.
fn pieces(text: &str, ends: impl Fn(char) -> bool + Copy) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split_inclusive(ends).map(move |piece| {
        let start = at;
        at += piece.len();
        start..start + piece.trim_end_matches(ends).len()
    })
}

fn is_of_address(c: char) -> bool {
    is_of_host(c) || "/@:?=&%#+~_".contains(c)
}

fn is_of_host(c: char) -> bool {
    c.is_alphanumeric() || c == '.' || c == '-'
}

/// The bytes of the text with blanks where something was found already.
fn without(text: &str, taken: &[Range<usize>]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for range in taken {
        bytes.get_mut(range.clone()).unwrap_or_default().fill(b' ');
    }
    bytes
}

/// Fewer digits in a text than this, and there is nothing to look for.
const DIGITS_MIN: usize = 7;

/// Gives each number in its canonical spelling.
fn each(bytes: &[u8], take: &mut dyn FnMut(Kind, &str)) {
    let mut at = 0;
    while at < bytes.len() {
        let starts = at == 0 || !is_of_word(bytes.get(at - 1));
        let end = if starts { number(bytes, at, take) } else { None };
        at = end.unwrap_or(at + 1);
    }
}

/// The number that starts at `at`; one past its end.
fn number(bytes: &[u8], at: usize, take: &mut dyn FnMut(Kind, &str)) -> Option<usize> {
    match bytes.get(at)? {
        b'A'..=b'Z' => account(bytes, at, take),
        b'+' => telephone(bytes, at, take),
        b'0'..=b'9' => date(bytes, at).or_else(|| long(bytes, at, take)),
        _ => None,
    }
}

/// An IBAN, in groups or not: two capitals, two digits, and 10 to 30 more of either, 8 digits in all.
fn account(bytes: &[u8], at: usize, take: &mut dyn FnMut(Kind, &str)) -> Option<usize> {
    let is_start = bytes.get(at + 1)?.is_ascii_uppercase()
        && bytes.get(at + 2)?.is_ascii_digit()
        && bytes.get(at + 3)?.is_ascii_digit();
    if !is_start {
        return None;
    }
    let mut compact = String::new();
    let mut end = at;
    while compact.len() < 34 {
        match bytes.get(end) {
            Some(byte) if byte.is_ascii_uppercase() || byte.is_ascii_digit() => compact.push(char::from(*byte)),
            Some(b' ') if group_has_digit(bytes, end + 1) => {}
            Some(_) | None => break,
        }
        end += 1;
    }
    let digits = compact.bytes().filter(u8::is_ascii_digit).count();
    if compact.len() < 14 || digits < 8 || is_of_word(bytes.get(end)) {
        return None;
    }
    take(Kind::Account, &compact.to_ascii_lowercase());
    Some(end)
}

/// Whether what stands between here and the next blank is part of an account.
fn group_has_digit(bytes: &[u8], at: usize) -> bool {
    let group = bytes.get(at..).unwrap_or_default().iter().take(5).take_while(|byte| byte.is_ascii_alphanumeric());
    let (mut digits, mut others) = (0, 0);
    for byte in group {
        digits += usize::from(byte.is_ascii_digit());
        others += usize::from(byte.is_ascii_lowercase());
    }
    digits > 0 && others == 0
}

/// A `+`, and 7 to 20 digits and what may stand between them.
fn telephone(bytes: &[u8], at: usize, take: &mut dyn FnMut(Kind, &str)) -> Option<usize> {
    bytes.get(at + 1).filter(|byte| byte.is_ascii_digit())?;
    let rest = bytes.get(at + 1..)?;
    let length = rest.iter().take(20).take_while(|byte| byte.is_ascii_digit() || b" ()./-".contains(byte)).count();
    let digits: String =
        rest.iter().take(length).filter(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
    if digits.len() < DIGITS_MIN {
        return None;
    }
    take(Kind::Phone, &digits);
    Some(at + 1 + length)
}

/// `2024-05-13`, perhaps with a time: no number.
fn date(bytes: &[u8], at: usize) -> Option<usize> {
    let shape = |from: usize, shape: &[u8]| {
        let fits = |(offset, mark): (usize, &u8)| {
            bytes
                .get(from + offset)
                .is_some_and(|byte| if *mark == b'd' { byte.is_ascii_digit() } else { byte == mark })
        };
        shape.iter().enumerate().all(fits)
    };
    if !shape(at, b"dddd-dd-dd") {
        return None;
    }
    let end = at + 10;
    let with_time = shape(end, b" dd:dd") || shape(end, b"Tdd:dd");
    Some(if with_time { end + 6 } else { end })
}

/// 10 to 19 digits, with a blank or a hyphen between them or not.
fn long(bytes: &[u8], at: usize, take: &mut dyn FnMut(Kind, &str)) -> Option<usize> {
    let mut digits = String::new();
    let mut end = at;
    loop {
        match bytes.get(end) {
            Some(byte) if byte.is_ascii_digit() => digits.push(char::from(*byte)),
            Some(b' ' | b'-')
                if bytes.get(end + 1).is_some_and(u8::is_ascii_digit) && date(bytes, end + 1).is_none() => {}
            Some(_) | None => break,
        }
        end += 1;
    }
    let is_alone = !is_of_word(bytes.get(end)) && at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'.');
    if is_alone && (10..=19).contains(&digits.len()) {
        take(Kind::Account, &digits);
        return Some(end);
    }
    if is_alone && digits.len() > 19 {
        // Several numbers in a row: each by itself.
        let pieces = bytes.get(at..end).unwrap_or_default().split(|byte| *byte == b' ' || *byte == b'-');
        for piece in pieces.filter(|piece| (10..=19).contains(&piece.len())) {
            take(Kind::Account, &String::from_utf8_lossy(piece));
        }
    }
    Some(end.max(at + 1))
}

const fn is_of_word(byte: Option<&u8>) -> bool {
    match byte {
        Some(byte) => byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80,
        None => false,
    }
}

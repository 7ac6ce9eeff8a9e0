//! Addresses and numbers inside text that is passed on: what acts when somebody reads the text or follows it.
//!
//! Responsible for finding URLs, hosts, e-mail addresses, accounts, telephone numbers and wallets in text, and in what is
//! encoded in it. It must never take more than one pass over a text for each layer, and never keep what it finds.

mod numbers;

use std::ops::Range;

use crate::canonical::{Keyed, Kind, address, normal};
use crate::decode;
use crate::limits::ATOMS_MAX;

/// Something in a text that acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atom {
    /// What it is.
    pub kind: Kind,
    /// Its form; none of a name that mixes scripts, which equals nothing.
    pub form: Option<u64>,
    /// The hash by which a person's approval knows it.
    pub itself: u64,
}

/// What acts in `text`, and in what is encoded in it. The last of too many has no form: it stands for all that follow.
#[must_use]
pub fn in_layers(keyed: &Keyed, text: &str) -> Vec<Atom> {
    let mut search = Search { keyed, found: Vec::new() };
    decode::layers(text).iter().for_each(|layer| search.text(layer));
    search.found
}

/// What acts in `text` as it stands.
#[must_use]
pub fn of(keyed: &Keyed, text: &str) -> Vec<Atom> {
    let mut search = Search { keyed, found: Vec::new() };
    search.text(text);
    search.found
}

struct Search<'k> {
    keyed: &'k Keyed,
    found: Vec<Atom>,
}

impl Search<'_> {
    fn text(&mut self, text: &str) {
        let plain = normal::plain(text);
        let mut taken: Vec<Range<usize>> = Vec::new();
        for run in runs(&plain) {
            let Some(text) = plain.get(run.clone()) else { continue };
            if text.contains(['.', '@', '/']) {
                self.run(text, run.start, &mut taken);
            }
            if let Some(wallet) = text.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| address::is_wallet(word))
            {
                self.add(Kind::Wallet, Some(&crate::canonical::wallet(wallet)), wallet);
            }
        }
        if address::digits(&plain) >= numbers::DIGITS_MIN {
            let rest = without(&plain, &taken);
            numbers::each(&rest, &mut |kind, form| self.add(kind, Some(form), form));
        }
    }

    /// A run of characters without white space and quotation marks.
    fn run(&mut self, text: &str, start: usize, taken: &mut Vec<Range<usize>>) {
        let mut names = text;
        if let Some(at) = url_start(text) {
            let url = text.get(at..).unwrap_or_default();
            self.add(Kind::Url, address::url(url).as_deref(), url);
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
            let email = normal::folded(text.get(range.clone()).unwrap_or_default()).into_owned();
            let email = normal::bare(&email);
            if address::is_email(email) {
                self.add(Kind::Email, address::email(email).as_deref(), email);
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
            && !address::is_ipv4(host)
            && !address::has_usual_end(&normal::folded(host))
        {
            host = host.rsplit_once('.').map_or(host, |(host, _)| host);
        }
        let folded = normal::folded(host);
        let is_name = address::is_host(&folded) && address::has_usual_end(&folded);
        if !is_name && !address::is_ipv4(host) {
            return;
        }
        let is_number = |port: &&str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let whole = match port.filter(is_number) {
            Some(port) => format!("{host}:{port}{path}"),
            None => format!("{host}{path}"),
        };
        self.add(Kind::Url, address::url(&whole).as_deref(), &whole);
        taken.push(start + lead..start + lead + text.len());
    }

    fn add(&mut self, kind: Kind, form: Option<&str>, itself: &str) {
        let atom = Atom {
            kind,
            form: form.map(|form| self.keyed.hash(kind, form)),
            itself: form.map_or_else(|| self.keyed.hash(Kind::Apart, itself), |form| self.keyed.hash(kind, form)),
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

#[cfg(test)]
mod tests;

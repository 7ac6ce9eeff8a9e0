//! Addresses and numbers inside text that is passed on: what acts when somebody reads the text or follows it.
//!
//! Responsible for finding URLs, hosts, e-mail addresses, accounts, telephone numbers and wallets in text, and in what is
//! encoded in it. It must never take more than one pass over a text for each layer, and never keep what it finds.

mod found;
mod numbers;
mod runs;

use std::ops::Range;

use found::Found;
use runs::{Run, Runs};

use crate::canonical::{Keyed, Kind, address, normal};
use crate::decode;

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
    let mut search = Search { keyed, found: Found::default() };
    decode::layers(text).iter().for_each(|layer| search.text(layer));
    decode::disguises(text).for_each(|plain| search.addresses(&plain));
    search.found.atoms
}

/// What acts in `text` as it stands.
#[must_use]
pub fn of(keyed: &Keyed, text: &str) -> Vec<Atom> {
    let mut search = Search { keyed, found: Found::default() };
    search.text(text);
    search.found.atoms
}

struct Search<'k> {
    keyed: &'k Keyed,
    found: Found,
}

impl Search<'_> {
    /// Only what leads somewhere: numbers that are disguised are any numbers.
    fn addresses(&mut self, text: &str) {
        let plain = normal::plain(text);
        let mut taken = Vec::new();
        Runs::of(&plain).filter(Run::may_reach).for_each(|run| self.run(&run, &mut taken));
    }

    fn text(&mut self, text: &str) {
        let plain = normal::plain(text);
        let mut taken: Vec<Range<usize>> = Vec::new();
        for run in Runs::of(&plain) {
            if self.found.is_full() {
                return;
            }
            if run.may_reach() {
                self.run(&run, &mut taken);
            }
            if let Some(wallet) = run.wallet() {
                self.add(Kind::Wallet, Some(&crate::canonical::wallet(wallet)), wallet);
            }
        }
        if numbers::may_hold(plain.as_bytes()) {
            let rest = without(plain.as_bytes(), &taken);
            if numbers::may_hold(&rest) {
                numbers::each(&rest, &mut |kind, form| self.add(kind, Some(form), form));
            }
        }
    }

    /// A run of characters without white space and quotation marks.
    fn run(&mut self, run: &Run<'_>, taken: &mut Vec<Range<usize>>) {
        let Run { text, start, .. } = *run;
        let mut names = text;
        if let Some(at) = url_start(text) {
            let url = text.get(at..).unwrap_or_default();
            self.add(Kind::Url, address::url(url).as_deref(), url);
            taken.push(start + at..start + text.len());
            names = text.get(..at).unwrap_or_default();
        }
        if run.has_at() {
            self.emails(text, start, taken);
        }
        if !runs::has_inner_dot(names) {
            return;
        }
        let mut at = 0;
        for piece in names.split_inclusive(|c| !is_of_address(c)) {
            let name = piece.trim_end_matches(|c| !is_of_address(c));
            if name.contains('.') && !name.contains('@') {
                self.host(name, start + at, taken);
            }
            at += piece.len();
        }
    }

    fn emails(&mut self, text: &str, start: usize, taken: &mut Vec<Range<usize>>) {
        let mut from = 0;
        while let Some(sign) = text.get(from..).and_then(|rest| rest.find('@')).map(|at| from + at) {
            let before = text.get(from..sign).unwrap_or_default();
            let after = text.get(sign + 1..).unwrap_or_default();
            let local = before.len() - before.trim_end_matches(address::is_local).len();
            let domain = after.trim_start_matches(is_of_host);
            let domain = after.get(..after.len() - domain.len()).unwrap_or_default();
            let domain = domain.trim_end_matches(['.', '-']);
            let range = sign - local..sign + 1 + domain.len();
            from = range.end.max(sign + 1);
            if local == 0 || !domain.contains('.') {
                continue;
            }
            let email = normal::folded(text.get(range.clone()).unwrap_or_default());
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
        let host = host.trim_end_matches(['.', '-']);
        let host = if path.is_empty() { without_sentence(host) } else { host };
        let folded = normal::folded(host);
        let is_name = address::is_host(&folded) && address::has_usual_end(&folded);
        if !is_name && !address::is_ipv4(host) {
            return;
        }
        let is_number = |port: &&str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let whole = match port.filter(is_number) {
            Some(port) => format!("{host}:{port}{path}"),
            None => [host, path].concat(),
        };
        self.add(Kind::Url, address::url(&whole).as_deref(), &whole);
        taken.push(start + lead..start + lead + text.len());
    }

    fn add(&mut self, kind: Kind, form: Option<&str>, itself: &str) {
        let form = form.map(|form| self.keyed.hash(kind, form));
        let itself = form.unwrap_or_else(|| self.keyed.hash(Kind::Apart, itself));
        self.found.add(Atom { kind, form, itself });
    }
}

/// "see www.a.com.They": the sentence ended.
fn without_sentence(host: &str) -> &str {
    let mut host = host;
    let mut dots = host.bytes().filter(|byte| *byte == b'.').count();
    while dots > 1 && !(host.len() <= "255.255.255.255".len() && address::is_ipv4(host)) {
        let Some((before, end)) = host.rsplit_once('.') else { break };
        if address::has_usual_end(&normal::folded(end)) {
            break;
        }
        host = before;
        dots -= 1;
    }
    host
}

/// Where the first URL of a run starts: at its scheme, or at the slashes.
fn url_start(run: &str) -> Option<usize> {
    let slashes = address::slashes(run)?;
    run.get(slashes + 2..).filter(|rest| !rest.is_empty())?;
    let before = run.get(..slashes)?;
    let Some(scheme) = before.strip_suffix(':') else { return Some(slashes) };
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-');
    let start = scheme.trim_end_matches(is_of_scheme).len();
    if start == scheme.len() { Some(slashes) } else { Some(start) }
}

fn is_of_address(c: char) -> bool {
    matches!(c, '/' | '@' | ':' | '?' | '=' | '&' | '%' | '#' | '+' | '~' | '_') || is_of_host(c)
}

fn is_of_host(c: char) -> bool {
    matches!(c, '.' | '-') || c.is_alphanumeric()
}

/// The bytes of the text with blanks where something was found already.
fn without(text: &[u8], taken: &[Range<usize>]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for range in taken {
        bytes.get_mut(range.clone()).unwrap_or_default().fill(b' ');
    }
    bytes
}

#[cfg(test)]
mod tests;

//! The same as this module, written plainly: what the fast ways must agree with, whatever the text.

use core::net::Ipv4Addr;
use std::borrow::Cow;
use std::hash::Hasher;

use unicode_normalization::UnicodeNormalization;
use unicode_security::MixedScript;

use super::address::{compact, is_file_name, is_host, is_iban, is_named_host, is_phone, is_wallet};
use super::normal::is_format;
use super::{Forms, Keyed, Kind, Sort, reference, wallet};
use crate::limits::HOST_BYTES_MAX;

/// The sort and the forms of a value, in its plain and its folded spelling.
pub(crate) fn value(keyed: &Keyed, text: &str) -> (String, String, Sort, Forms) {
    let plain = plain(text).into_owned();
    let folded = folded(&plain).into_owned();
    let forms = if reference::is_odd(text) {
        Forms::none(hash(keyed, Kind::Apart, text))
    } else {
        forms_of(keyed, &plain, &folded)
    };
    let sort = if folded.is_empty() {
        Sort::Blank
    } else if forms.count == 0 || is_address(&plain, &folded) || reference::is_followed(text) {
        Sort::Address
    } else {
        Sort::Plain
    };
    (plain, folded, sort, forms)
}

pub(crate) fn hash(keyed: &Keyed, kind: Kind, text: &str) -> u64 {
    let mut hasher = keyed.0;
    hasher.write(text.as_bytes());
    hasher.write(&[0xff, kind as u8]);
    hasher.finish()
}

fn forms_of(keyed: &Keyed, plain: &str, folded: &str) -> Forms {
    let mut forms = Forms::none(hash(keyed, Kind::Apart, plain));
    if folded.is_empty() {
        return forms;
    }
    let bare = bare(folded);
    if is_email(bare) {
        email(bare).iter().for_each(|email| forms.add(hash(keyed, Kind::Email, email)));
        return forms;
    }
    let is_url = folded.contains("//") || folded.starts_with("www.");
    if is_url || is_host_and_path(folded) || is_ipv4(folded) {
        let Some(url) = url(plain) else { return forms };
        forms.add(hash(keyed, Kind::Url, &url));
        // A path has a case, so a URL is not compared as text; a name such as `notes.md` is.
        if is_url || folded.contains('/') && is_named_host(folded) {
            return forms;
        }
    }
    if is_wallet(plain) {
        forms.add(hash(keyed, Kind::Wallet, &wallet(plain)));
        return forms;
    }
    forms.add(hash(keyed, Kind::Text, folded));
    forms.add(hash(keyed, Kind::Text, bare));
    add_numbers(keyed, &mut forms, folded);
    forms
}

fn add_numbers(keyed: &Keyed, forms: &mut Forms, folded: &str) {
    if let Some(number) = number(folded) {
        forms.add(hash(keyed, Kind::Number, &number));
    }
    let digits = digits(folded);
    if digits < 2 {
        return;
    }
    if let Some(compact) = compact(folded) {
        let is_long = (10..=20).contains(&compact.len()) && compact.bytes().all(|byte| byte.is_ascii_digit());
        if is_long || is_iban(&compact) {
            forms.add(hash(keyed, Kind::Account, &compact));
        }
    }
    if is_phone(folded) {
        let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
        forms.add(hash(keyed, Kind::Phone, &digits));
    }
}

pub(crate) fn number(folded: &str) -> Option<String> {
    let (sign, digits) = match folded.as_bytes().first()? {
        b'-' => ("-", folded.get(1..)?),
        b'+' => ("", folded.get(1..)?),
        _ => ("", folded),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let part = part.trim_end_matches('0');
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if is_collapsed(text) { Cow::Borrowed(text) } else { Cow::Owned(collapse(text.chars())) };
    }
    Cow::Owned(collapse(text.nfkc().filter(|c| !is_format(*c))))
}

pub(crate) fn folded(plain: &str) -> Cow<'_, str> {
    if plain.is_ascii() {
        let has_upper = plain.bytes().any(|byte| byte.is_ascii_uppercase());
        return if has_upper { Cow::Owned(plain.to_ascii_lowercase()) } else { Cow::Borrowed(plain) };
    }
    // Character by character: the lower case of a whole text knows of places in words.
    Cow::Owned(plain.chars().flat_map(char::to_lowercase).collect())
}

pub(crate) fn bare(text: &str) -> &str {
    text.trim_matches(EDGES)
}

pub(crate) fn is_collapsed(text: &str) -> bool {
    let bytes = text.as_bytes();
    let odd = |byte: &u8| byte.is_ascii_whitespace() && *byte != b' ' || *byte == 0x0b;
    let edge = |byte: Option<&u8>| byte == Some(&b' ');
    !bytes.iter().any(odd) && !edge(bytes.first()) && !edge(bytes.last()) && !text.contains("  ")
}

pub(crate) fn collapse(characters: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in characters {
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

const EDGES: &[char] =
    &[' ', '\t', '.', ',', ';', ':', '!', '?', '"', '\'', '`', '(', ')', '[', ']', '{', '}', '<', '>', '@', '#', '*'];

pub(crate) fn is_address(plain: &str, folded: &str) -> bool {
    holds_email(folded)
        || folded.contains("//")
        || folded.starts_with("www.")
        || (is_named_host(folded) && !is_file_name(folded))
        || compact(folded).is_some_and(|compact| is_iban(&compact) && digits(&compact) >= 8)
        || is_wallet(plain)
        || is_ipv4(folded)
        || (is_phone(folded) && digits(folded) >= 7)
}

pub(crate) fn is_email(folded: &str) -> bool {
    let Some((local, domain)) = folded.split_once('@') else { return false };
    let is_local = |c: char| c.is_alphanumeric() || "._%+'-".contains(c);
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    !local.is_empty() && local.chars().all(is_local) && domain.contains('.') && domain.split('.').all(is_label)
}

pub(crate) fn holds_email(folded: &str) -> bool {
    let mut before = None;
    let mut rest = folded;
    while let Some((left, right)) = rest.split_once('@') {
        before = left.chars().next_back().or(before.filter(|_| left.is_empty()));
        let is_local = |c: char| c.is_alphanumeric() || "._%+'-".contains(c);
        let word = right.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.')).next().unwrap_or_default();
        if before.is_some_and(is_local) && word.trim_start_matches('.').trim_end_matches('.').contains('.') {
            return true;
        }
        rest = right;
    }
    false
}

pub(crate) fn is_host_and_path(folded: &str) -> bool {
    !folded.contains(char::is_whitespace) && is_host(host_of(folded))
}

pub(crate) fn has_usual_end(host: &str) -> bool {
    let end = host.rsplit('.').next().unwrap_or_default();
    super::address::TOP_LEVEL.binary_search(&end).is_ok() || end.starts_with("xn--")
}

pub(crate) fn is_ipv4(folded: &str) -> bool {
    let host = folded.split_once(':').map_or(folded, |(host, _)| host);
    host.parse::<Ipv4Addr>().is_ok()
}

pub(crate) fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

pub(crate) fn url(plain: &str) -> Option<String> {
    let text = plain.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '"']);
    let (scheme, rest) = match text.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => (scheme, rest),
        Some(_) | None => ("", text),
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let path = path.split('#').next().unwrap_or_default().trim_end_matches('/');
    let authority = authority_form(authority)?;
    let scheme = scheme.to_lowercase();
    let scheme = if matches!(scheme.as_str(), "" | "http:" | "https:") { "" } else { scheme.as_str() };
    Some(format!("{scheme}{authority}{path}"))
}

pub(crate) fn email(folded: &str) -> Option<String> {
    let (local, domain) = folded.split_once('@')?;
    if !local.is_ascii() && !local.is_single_script() {
        return None;
    }
    Some(format!("{local}@{}", host_form(domain)?))
}

pub(crate) fn authority_form(authority: &str) -> Option<String> {
    let (user, place) = authority.rsplit_once('@').map_or((None, authority), |(user, place)| (Some(user), place));
    let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
    let mut form = user.map_or_else(String::new, |user| format!("{user}@"));
    let host = host_form(host)?;
    form.push_str(host.strip_prefix("www.").unwrap_or(&host));
    if let Some(port) = port {
        form.push(':');
        form.push_str(port);
    }
    Some(form)
}

pub(crate) fn host_form(host: &str) -> Option<Cow<'_, str>> {
    if host.is_ascii() {
        return Some(Cow::Owned(host.to_ascii_lowercase()));
    }
    let mixed = host.split('.').any(|label| !label.is_single_script());
    if mixed || host.len() > HOST_BYTES_MAX {
        return None;
    }
    idna::domain_to_ascii(host).ok().map(Cow::Owned)
}

pub(crate) fn host_of(folded: &str) -> &str {
    folded.split_once('/').map_or(folded, |(host, _)| host)
}

//! What a whole value looks like: an e-mail address, a URL, a host, an account, a telephone number, a wallet.
//!
//! All of these take text that is plain already (see [`super::normal`]).

use core::net::Ipv4Addr;
use std::borrow::Cow;

use unicode_security::MixedScript;

use crate::limits::{HOST_BYTES_MAX, TOP_LEVEL_BYTES_MAX};

/// Ends of host names that are taken for such where nothing else says that it is one.
///
/// Not all there are: many are the endings of files, or words that a sentence may begin with after a full stop.
pub(super) const TOP_LEVEL: &[&str] = &[
    "ai", "app", "at", "au", "be", "biz", "br", "ca", "cc", "ch", "click", "cloud", "club", "cn", "co", "com", "de",
    "dev", "dk", "edu", "es", "eu", "example", "fi", "fr", "gl", "gov", "in", "info", "int", "internal", "io", "it",
    "jp", "link", "live", "local", "ly", "me", "mil", "mov", "net", "news", "nl", "no", "online", "org", "page", "pl",
    "ru", "se", "shop", "site", "space", "store", "tech", "test", "to", "top", "tv", "uk", "us", "world", "xyz", "zip",
];

/// Endings of files that are ends of host names, too.
const FILE_ENDINGS: &[&str] = &[
    "py", "rs", "sh", "md", "txt", "pdf", "zip", "mov", "doc", "docx", "csv", "json", "xml", "html", "jpg", "png",
    "xlsx", "ps", "pl", "so", "cc", "rb",
];

/// Whether somebody or something outside could be reached with `folded`: then it must be endorsed as an address.
pub(crate) fn is_address(plain: &str, folded: &str) -> bool {
    holds_email(folded)
        || slashes(folded).is_some()
        || folded.starts_with("www.")
        || (is_named_host(folded) && !is_file_name(folded))
        || is_ipv4(folded)
        || is_account(plain, folded)
}

/// Whether `text` may be an e-mail address, a URL or a host, or may be read as one: without any of these signs it is none.
pub(crate) fn has_sign(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'@' | b'.' | b'/' | b'\\' | b':') || !byte.is_ascii())
}

/// Whether money or a call would go there: an account, a wallet, a telephone number.
pub(crate) fn is_account(plain: &str, folded: &str) -> bool {
    let digits = digits(folded.as_bytes());
    is_wallet(plain)
        || (digits >= 8 && compact(folded).is_some_and(|compact| is_iban(&compact)))
        || (digits >= 7 && is_phone(folded))
}

/// `local@domain.end`, as a whole.
pub(crate) fn is_email(folded: &str) -> bool {
    let Some((local, domain)) = folded.split_once('@') else { return false };
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    !local.is_empty() && local.chars().all(is_local) && domain.contains('.') && domain.split('.').all(is_label)
}

/// What may stand before the `@` of an e-mail address.
pub(crate) fn is_local(c: char) -> bool {
    matches!(c, '.' | '_' | '%' | '+' | '\'' | '-') || c.is_alphanumeric()
}

/// Where two slashes stand first.
pub(crate) fn slashes(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find('/')?;
        if text.as_bytes().get(at + 1) == Some(&b'/') {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Whether an e-mail address stands somewhere in it.
pub(crate) fn holds_email(folded: &str) -> bool {
    let mut before = None;
    let mut rest = folded;
    while let Some((left, right)) = rest.split_once('@') {
        before = left.chars().next_back().or(before.filter(|_| left.is_empty()));
        let word = right.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.')).next().unwrap_or_default();
        if before.is_some_and(is_local) && word.trim_start_matches('.').trim_end_matches('.').contains('.') {
            return true;
        }
        rest = right;
    }
    false
}

/// A host, with a path or without, whose end is one of the usual ones.
pub(crate) fn is_named_host(folded: &str) -> bool {
    let host = host_of(folded);
    is_host(host) && has_usual_end(host)
}

/// A host name of two labels or more, with a path or without.
pub(crate) fn is_host_and_path(folded: &str) -> bool {
    is_host(host_of(folded)) && !folded.contains(char::is_whitespace)
}

/// A host name of two labels or more.
pub(crate) fn is_host(folded: &str) -> bool {
    let is_label = |label: &str| {
        let is_part = |c: char| c.is_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(is_part) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_end = |end: &str| (2..=TOP_LEVEL_BYTES_MAX).contains(&end.len()) && end.chars().all(char::is_alphabetic);
    folded.len() <= HOST_BYTES_MAX
        && folded
            .rsplit_once('.')
            .is_some_and(|(labels, end)| (is_end(end) || end.starts_with("xn--")) && labels.split('.').all(is_label))
}

/// Whether the last label is one of the usual ends of host names.
pub(crate) fn has_usual_end(host: &str) -> bool {
    let end = host.rsplit('.').next().unwrap_or_default();
    let may_be_known = end.len() >= 2 && end.starts_with(|c: char| c.is_ascii_lowercase());
    may_be_known && (TOP_LEVEL.binary_search(&end).is_ok() || end.starts_with("xn--"))
}

/// `name.ending`, where the ending is that of a file.
pub(crate) fn is_file_name(folded: &str) -> bool {
    let is_stem = |stem: &str| stem.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    folded.split_once('.').is_some_and(|(stem, end)| is_stem(stem) && FILE_ENDINGS.contains(&end))
}

/// Four numbers up to 255, with a port or without.
pub(crate) fn is_ipv4(folded: &str) -> bool {
    let host = folded.split_once(':').map_or(folded, |(host, _)| host);
    folded.starts_with(|c: char| c.is_ascii_digit()) && host.parse::<Ipv4Addr>().is_ok()
}

/// Without white space and hyphens; `None` when nothing is left but what no account has.
pub(crate) fn compact(folded: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    let fits = folded.len() <= 64 && folded.chars().all(is_part);
    fits.then(|| folded.chars().filter(char::is_ascii_alphanumeric).collect())
}

/// Shaped like an IBAN: country, check digits, account. Its sum is not looked at: a wrong one is still somebody's account to
/// whoever follows it.
pub(crate) fn is_iban(compact: &str) -> bool {
    let bytes = compact.as_bytes();
    let (Some(country), Some(check)) = (bytes.get(..2), bytes.get(2..4)) else { return false };
    (14..=34).contains(&bytes.len())
        && country.iter().all(u8::is_ascii_alphabetic)
        && check.iter().all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// 7 to 22 digits and what stands between the digits of a telephone number, perhaps after a `+`.
pub(crate) fn is_phone(folded: &str) -> bool {
    let rest = folded.strip_prefix('+').unwrap_or(folded);
    (7..=22).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit() || b" ()./-".contains(&byte))
}

/// The address of a wallet: Ethereum, or Bitcoin in either spelling.
pub(crate) fn is_wallet(plain: &str) -> bool {
    let base58 = |byte: u8| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte);
    if let Some(rest) = plain.strip_prefix("0x") {
        return rest.len() == 40 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if let Some(rest) = plain.strip_prefix("bc1") {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        return (20..=60).contains(&rest.len()) && rest.bytes().all(is_part);
    }
    plain.starts_with(['1', '3']) && (26..=35).contains(&plain.len()) && plain.bytes().all(base58)
}

/// How many decimal digits there are.
pub(crate) fn digits(text: &[u8]) -> usize {
    // Added up in bytes, many at once.
    let of = |piece: &[u8]| usize::from(piece.iter().fold(0_u8, |sum, byte| sum + u8::from(byte.is_ascii_digit())));
    text.chunks(128).map(of).sum()
}

/// A URL or host in the one form in which it is compared; `None` when its host mixes scripts or is no name at all.
///
/// Scheme `http` and `https`, `www.`, the fragment and a slash at the end make no difference; the case of a host makes
/// none, that of a path does. Who is named before an `@` and the port stay: such a URL equals none without them.
pub(crate) fn url(plain: &str) -> Option<String> {
    let text = plain.trim_end_matches(is_end_of_sentence);
    let (scheme, rest) = slashes(text)
        .and_then(|at| text.get(..at).zip(text.get(at + 2..)))
        .filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'))
        .unwrap_or(("", text));
    let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let path = path.split('#').next().unwrap_or_default().trim_end_matches('/');
    let mut form = String::with_capacity(text.len());
    if !scheme.eq_ignore_ascii_case("http:") && !scheme.eq_ignore_ascii_case("https:") {
        form.push_str(&scheme.to_lowercase());
    }
    push_authority(&mut form, authority)?;
    form.push_str(path);
    Some(form)
}

/// An e-mail address in the one form in which it is compared.
pub(crate) fn email(folded: &str) -> Option<Cow<'_, str>> {
    let (local, domain) = folded.split_once('@')?;
    if !local.is_ascii() && !local.is_single_script() {
        return None;
    }
    match host_form(domain)? {
        Cow::Borrowed(_) => Some(Cow::Borrowed(folded)),
        Cow::Owned(host) => Some(Cow::Owned(format!("{local}@{host}"))),
    }
}

const fn is_end_of_sentence(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | '\'' | '"')
}

/// Who is named before the host, the host and the port; `None` when the host has no form.
fn push_authority(form: &mut String, authority: &str) -> Option<()> {
    let (user, place) = authority.rsplit_once('@').map_or((None, authority), |(user, place)| (Some(user), place));
    let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
    if let Some(user) = user {
        form.push_str(user);
        form.push('@');
    }
    let host = host_form(host)?;
    form.push_str(host.strip_prefix("www.").unwrap_or(&host));
    if let Some(port) = port {
        form.push(':');
        form.push_str(port);
    }
    Some(())
}

/// In lower case and ASCII; `None` for a name that mixes scripts.
fn host_form(host: &str) -> Option<Cow<'_, str>> {
    if host.is_ascii() {
        let has_upper = host.bytes().any(|byte| byte.is_ascii_uppercase());
        return Some(if has_upper { Cow::Owned(host.to_ascii_lowercase()) } else { Cow::Borrowed(host) });
    }
    let mixed = host.split('.').any(|label| !label.is_single_script());
    if mixed || host.len() > HOST_BYTES_MAX {
        return None;
    }
    idna::domain_to_ascii(host).ok().map(Cow::Owned)
}

fn host_of(folded: &str) -> &str {
    folded.split_once('/').map_or(folded, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::super::normal;
    use super::*;

    fn is(text: &str) -> bool {
        let plain = normal::plain(text);
        is_address(&plain, &normal::folded(&plain))
    }

    #[test]
    fn the_ends_of_hosts_can_be_searched() {
        assert!(TOP_LEVEL.is_sorted());
    }

    #[test]
    fn what_reaches_somebody_is_an_address() {
        for address in [
            "ann@example.org",
            "Ann <ann@example.org>",
            "a@b.com, c@d.com",
            "https://x.example/y",
            "ftp://x",
            "www.foo",
            "evil.com",
            "evil.com/path",
            "10.0.0.1:80",
            "DE89 3704 0044 0532 0130 00",
            "US133000000121212121212",
            "+1 555-123-4567",
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "кто@пример.рф",
        ] {
            assert!(is(address), "{address}");
        }
        for other in
            ["general", "@ann", "report.md", "script.py", "v1.2", "12", "a/b", "Ann", "", "3.14", "e.g.", "ann@home"]
        {
            assert!(!is(other), "{other}");
        }
    }

    #[test]
    fn urls_that_lead_to_the_same_place_are_the_same() {
        let same = ["https://www.Example.com/a/", "example.com/a", "HTTP://example.com/a#top", "//example.com/a."];
        for text in same {
            assert_eq!(url(text).as_deref(), Some("example.com/a"), "{text}");
        }
        for other in [
            "https://example.com/A",
            "https://example.com/a?b",
            "https://ann@example.com/a",
            "https://example.com:8080/a",
            "ftp://example.com/a",
            "https://example.com.evil.com/a",
            "https://evil.com/example.com/a",
            "https://example.com\\@evil.com/a",
        ] {
            assert_ne!(url(other).as_deref(), Some("example.com/a"), "{other}");
        }
        assert_eq!(url("https://bücher.example").as_deref(), Some("xn--bcher-kva.example"));
    }

    #[test]
    fn a_host_that_mixes_scripts_has_no_form() {
        assert_eq!(url("https://pаypal.com"), None, "a Cyrillic а");
        assert_eq!(email("ann@pаypal.com"), None);
        assert_eq!(email("аnn@paypal.com"), None);
    }
}

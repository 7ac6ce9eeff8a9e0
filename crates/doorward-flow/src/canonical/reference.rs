//! Text that something would follow as a URL or host, however it is spelled.
//!
//! Responsible for saying so as the parsers of browsers read it (WHATWG URL): any number of slashes either way behind a scheme,
//! tabs and line breaks anywhere. It must never take for an inner name what such a parser would take for a host.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::{address, normal};

/// What an argument is known to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// URLs or hosts: everything but a plain name leads outside.
    Links,
    /// Nobody knows: what is shaped like a URL or host leads outside.
    Anything,
}

/// Schemes behind which any slashes, or none, are as good as two.
const SPECIAL: &[&str] = &["ftp", "http", "https", "ws", "wss"];

/// Schemes that something acts on without any slash.
const FOLLOWED: &[&str] = &[
    "blob",
    "data",
    "dict",
    "feed",
    "file",
    "ftps",
    "git",
    "gopher",
    "imap",
    "jar",
    "javascript",
    "ldap",
    "ldaps",
    "mailto",
    "sftp",
    "sip",
    "sms",
    "smtp",
    "ssh",
    "tel",
    "telnet",
    "tftp",
    "vbscript",
    "view-source",
    "xmpp",
];

const SLASHES: [char; 2] = ['/', '\\'];

/// What ends the part of a URL that names a host.
const ENDS: [char; 4] = ['/', '\\', '?', '#'];

/// Whether a URL parser finds a host in `text` where somebody who reads it would not look for one.
pub(crate) fn is_odd(text: &str) -> bool {
    if !text.bytes().any(|byte| matches!(byte, b'/' | b'\\' | b':')) {
        return false;
    }
    let read = as_read(text);
    if let Some((_, rest)) = scheme(&read).filter(|(scheme, _)| SPECIAL.contains(scheme)) {
        return may_be_host(host(rest.trim_start_matches(SLASHES))) && !is_usual(text, rest);
    }
    let rest = read.trim_start_matches(SLASHES);
    let slashes = read.len() - rest.len();
    slashes >= 2 && (slashes > 2 || !read.starts_with("//")) && host(rest).contains('.') && may_be_host(host(rest))
}

/// What a URL parser makes of a URL that [`is_odd`].
pub(crate) fn respelled(text: &str) -> Option<String> {
    let read = as_read(text).replace('\\', "/");
    let (scheme, rest) = scheme(&read).filter(|(scheme, _)| SPECIAL.contains(scheme)).unwrap_or(("https", &read));
    is_odd(text).then(|| format!("{scheme}://{}", rest.trim_start_matches('/')))
}

/// Whether `text` begins with a scheme that something acts on.
pub(crate) fn is_followed(text: &str) -> bool {
    text.contains(':') && scheme(&as_read(text)).is_some_and(|(scheme, rest)| acts(scheme, rest))
}

/// Whether a tool that takes this may go somewhere with it.
pub(crate) fn leads_outside(text: &str, takes: Takes) -> bool {
    let read = as_read(text);
    match takes {
        Takes::Links => {
            !read.is_ascii() || read.contains(['.', ':', '/', '\\', '?', '#', '@', '%']) || is_large_number(&read)
        }
        Takes::Anything => {
            read.contains("//")
                || read.starts_with("www.")
                || read.len() - read.trim_start_matches(SLASHES).len() >= 2
                || scheme(&read).is_some_and(|(scheme, rest)| acts(scheme, rest))
                || is_rooted_host(&read)
                || is_host(&read)
        }
    }
}

/// In lower case, without what a URL parser takes away first: blanks at the ends, tabs, line breaks, what is not seen.
fn as_read(text: &str) -> Cow<'_, str> {
    let is_blank = |c: char| c <= ' ' || c.is_whitespace() || normal::is_format(c);
    let text = text.trim_matches(is_blank);
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte) && !byte.is_ascii_uppercase();
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let seen = text.nfkc().filter(|c| !matches!(c, '\t' | '\n' | '\r') && !normal::is_format(*c));
    let dotted = seen.map(|c| if c == '\u{3002}' { '.' } else { c });
    Cow::Owned(dotted.flat_map(char::to_lowercase).collect())
}

/// What stands before the first colon, if it could be a scheme, and what stands behind.
fn scheme(read: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = read.split_once(':')?;
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    let begins = scheme.starts_with(|c: char| c.is_ascii_lowercase());
    (begins && scheme.bytes().all(is_part)).then_some((scheme, rest))
}

/// A letter before a colon is a drive, and a word before a colon and a blank is prose.
fn acts(scheme: &str, rest: &str) -> bool {
    if SPECIAL.contains(&scheme) {
        return may_be_host(host(rest.trim_start_matches(SLASHES)));
    }
    let is_prose = rest.is_empty() || rest.starts_with(' ');
    !is_prose && (FOLLOWED.contains(&scheme) || (scheme.len() > 1 && rest.starts_with(SLASHES)))
}

/// Two slashes and a host behind the scheme, and nothing that a parser would take away or turn around.
fn is_usual(text: &str, rest: &str) -> bool {
    let place = rest.split(['?', '#']).next().unwrap_or_default();
    let slashes = rest.len() - rest.trim_start_matches('/').len();
    slashes == 2 && !place.contains('\\') && !text.trim().contains(char::is_control)
}

/// The part that names a host, with a port, without who is named before it.
fn host(rest: &str) -> &str {
    let authority = rest.split(ENDS).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Whether a parser goes on, and does not give up.
fn may_be_host(host: &str) -> bool {
    !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "<>^|".contains(c))
}

/// `/evil.example/path`, to something that puts a scheme and a slash before it.
fn is_rooted_host(read: &str) -> bool {
    let Some((host, _)) = read.strip_prefix('/').and_then(|rest| rest.split_once(ENDS)) else { return false };
    address::is_named_host(host) && !address::is_file_name(host)
}

/// A host to something that puts a scheme before it.
fn is_host(read: &str) -> bool {
    let whole = host(read);
    if !may_be_host(whole) {
        return false;
    }
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let bare = whole.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(whole, |(bare, _)| bare);
    // Data has room only beside a name of two labels, or in a third one.
    let has_room = bare.len() < read.len() && !(read.len() == whole.len() && bare.len() == whole.len());
    let bare = bare.trim_end_matches('.');
    if bare.starts_with('[') {
        return bare.contains(':');
    }
    let labels = bare.split('.').count();
    if is_escaped(bare) {
        return true;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || !c.is_ascii();
    let last = bare.rsplit('.').next().unwrap_or_default();
    if bare.split('.').any(|label| label.is_empty() || !label.chars().all(is_part)) {
        return false;
    }
    if is_number(last) {
        return bare.split('.').all(is_number) && (labels == 4 || (has_room && (labels > 1 || is_large_number(last))));
    }
    let is_end = last.starts_with("xn--") || (last.chars().count() >= 2 && last.chars().all(char::is_alphabetic));
    let is_known = || address::has_usual_end(bare) && !address::is_file_name(bare);
    is_end && labels > 1 && (has_room || labels > 2 || is_known())
}

/// A byte written as `%2e`.
fn is_escaped(host: &str) -> bool {
    let is_hex = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    host.match_indices('%').any(|(at, sign)| host.get(at + sign.len()..).is_some_and(is_hex))
}

/// A part of an IPv4 address: decimal, octal or hexadecimal.
fn is_number(label: &str) -> bool {
    let is_hex = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    label.strip_prefix("0x").is_some_and(is_hex)
        || (!label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A whole IPv4 address as one number: smaller ones lead to networks that do not exist.
fn is_large_number(label: &str) -> bool {
    is_number(label) && label.len() >= 8
}

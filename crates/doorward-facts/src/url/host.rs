//! The host of a URL: a name or an address, each in one spelling.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ::url::Host as Standard;
use unicode_script::{Script, UnicodeScript};
use unicode_security::confusable_detection::skeleton;
use unicode_security::mixed_script::AugmentedScriptSet;

use crate::unclear::Unclear;

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// ASCII, lower case, no brackets, no final dot.
    pub(crate) name: String,
    /// Of a host written as an address, in any form.
    pub(crate) address: Option<IpAddr>,
    /// Whether it is written so that it looks like another name.
    pub(crate) lookalike: bool,
}

/// Reads the host out of `user@host:port`.
pub(super) fn read(authority: &str) -> Result<Host, Unclear> {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(rest) = host.strip_prefix('[') {
        let (inner, port) = rest.split_once(']').ok_or(Unclear::OddHost)?;
        check_port(port)?;
        // No zone ids: which link `%eth0` names is known to one machine alone.
        let address: Ipv6Addr = inner.parse().map_err(|_| Unclear::OddHost)?;
        return Ok(Host { name: address.to_string(), address: Some(address.into()), lookalike: false });
    }
    let (host, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    check_port(port)?;
    read_name_or_v4(host)
}

/// A name without anything around it, as in an e-mail address. Addresses are refused.
pub(crate) fn plain_name(text: &str) -> Result<String, Unclear> {
    if text.ends_with('.') {
        return Err(Unclear::OddHost);
    }
    let host = read_name_or_v4(text)?;
    if host.address.is_some() || host.lookalike { Err(Unclear::OddHost) } else { Ok(host.name) }
}

fn check_port(port: &str) -> Result<(), Unclear> {
    let Some(digits) = port.strip_prefix(':') else {
        return if port.is_empty() { Ok(()) } else { Err(Unclear::OddHost) };
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if plain && digits.parse::<u16>().is_ok() { Ok(()) } else { Err(Unclear::OddHost) }
}

fn read_name_or_v4(written: &str) -> Result<Host, Unclear> {
    // Some decode before they look the name up, some do not.
    if written.contains('%') {
        return Err(Unclear::Encoded);
    }
    let written = written.strip_suffix('.').unwrap_or(written);
    match Standard::parse(written).map_err(|_| Unclear::OddHost)? {
        Standard::Ipv4(address) => {
            refuse_octal(written, address)?;
            Ok(Host { name: address.to_string(), address: Some(address.into()), lookalike: false })
        }
        Standard::Ipv6(_) => Err(Unclear::OddHost),
        Standard::Domain(name) => {
            let shown = shown(&name, written)?;
            let lookalike = shown.split('.').any(looks_like_another);
            Ok(Host { name, address: None, lookalike })
        }
    }
}

/// `010.0.0.1` is 8.0.0.1 to one reader and 10.0.0.1 to another.
fn refuse_octal(written: &str, address: Ipv4Addr) -> Result<(), Unclear> {
    let zero_led =
        |part: &str| part.len() > 1 && part.starts_with('0') && !part.starts_with("0x") && !part.starts_with("0X");
    if !written.split('.').any(zero_led) {
        return Ok(());
    }
    let decimal: Option<Vec<u8>> = written.split('.').map(|part| part.parse().ok()).collect();
    let agrees = decimal.is_none_or(|parts| parts == address.octets());
    if agrees { Ok(()) } else { Err(Unclear::OddHost) }
}

/// The name in Unicode. What was written must be that name already, but for the case of ASCII letters: a reader that does
/// not map full-width or compatibility letters, or maps them in another way, goes elsewhere.
fn shown(ascii: &str, written: &str) -> Result<String, Unclear> {
    let label =
        |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if ascii.len() > 253 || !ascii.split('.').all(label) || !ascii.chars().all(letters) {
        return Err(Unclear::OddHost);
    }
    let plain = written.to_ascii_lowercase();
    if plain == ascii && !ascii.contains("xn--") {
        return Ok(plain);
    }
    let (unicode, valid) = idna::domain_to_unicode(ascii);
    // IDNA 2003 and 2008 map these to different names (UTS 46 §1.2).
    let deviates = unicode.contains(['ß', 'ς', '\u{200c}', '\u{200d}']);
    if valid.is_err() || deviates || (plain != ascii && plain != unicode) {
        return Err(Unclear::OddHost);
    }
    Ok(unicode)
}

/// Whether a label mixes scripts, or is made of letters that look like ASCII (UTS 39).
fn looks_like_another(label: &str) -> bool {
    if label.is_ascii() {
        return false;
    }
    let same_script = !AugmentedScriptSet::for_str(label).is_empty();
    let latin_lookalike = skeleton(label).all(|c| c.is_ascii());
    let latin_accents = label.chars().all(|c| matches!(c.script(), Script::Latin | Script::Common));
    !same_script || (latin_lookalike && !latin_accents)
}

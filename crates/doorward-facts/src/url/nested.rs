//! URLs inside a URL: where a redirecting server could lead.

use std::collections::BTreeSet;

use crate::limits::{NESTED_ENCODINGS_MAX, NESTED_URLS_MAX};
use crate::unclear::Unclear;

/// What stands for a URL that cannot be read.
const UNREADABLE: &str = "?";

/// The hosts of all URLs in the path, query and fragment of `text`, however often they are percent-encoded.
pub(super) fn hosts_in(text: &str) -> Result<BTreeSet<String>, Unclear> {
    let mut hosts = BTreeSet::new();
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let Some(start) = rest.find(['/', '?', '#']) else { return Ok(hosts) };
    let mut layer = rest.get(start..).unwrap_or_default().to_owned();
    for _ in 0..NESTED_ENCODINGS_MAX {
        collect(&layer, &mut hosts)?;
        let decoded = decode(&layer);
        if decoded == layer {
            return Ok(hosts);
        }
        layer = decoded;
    }
    collect(&layer, &mut hosts)?;
    if decode(&layer) == layer { Ok(hosts) } else { Err(Unclear::Encoded) }
}

/// A host follows every `//`, with or without a scheme, and every scheme of the web, however many slashes there are: with
/// `\` for `/` as browsers read it, and without the tabs and line breaks that they drop.
fn collect(layer: &str, hosts: &mut BTreeSet<String>) -> Result<(), Unclear> {
    let unified = layer.replace('\\', "/").replace(['\t', '\r', '\n'], "");
    for (at, _) in unified.match_indices("//") {
        let before = unified.get(..at).unwrap_or_default();
        // `a//b` in a path names no host; behind a scheme, a `=` or at the start of a value it does.
        if before.is_empty() || before.ends_with([':', '=', '&', '?', '#', ',', ' ', '"', '\'']) {
            insert(unified.get(at..).unwrap_or_default(), hosts)?;
        }
    }
    let lower = unified.to_ascii_lowercase();
    for scheme in ["http:", "https:"] {
        for (at, _) in lower.match_indices(scheme) {
            insert(unified.get(at + scheme.len()..).unwrap_or_default(), hosts)?;
        }
    }
    Ok(())
}

/// The host at the start of `rest`, behind slashes.
fn insert(rest: &str, hosts: &mut BTreeSet<String>) -> Result<(), Unclear> {
    let rest = rest.trim_start_matches('/');
    let end = rest.find(['/', '?', '#', '&', ' ', '"', '\'', '<', '>', ',', ';']).unwrap_or(rest.len());
    let authority = rest.get(..end).filter(|authority| !authority.is_empty());
    let host = authority.map(|text| super::host::read(text).map_or_else(|_| UNREADABLE.to_owned(), |host| host.name));
    hosts.extend(host);
    if hosts.len() > NESTED_URLS_MAX { Err(Unclear::TooMany) } else { Ok(()) }
}

/// Whether a reader who decodes the path, or takes parameters (`;`) off its parts, finds `..` in it.
pub(super) fn hides_a_way_up(path: &str) -> bool {
    let goes_up = |layer: &str| {
        let plain = layer.replace(char::is_control, "");
        plain.split(['/', '\\']).any(|part| part.split(';').next() == Some(".."))
    };
    let mut layer = path.to_owned();
    for _ in 0..NESTED_ENCODINGS_MAX {
        if goes_up(&layer) {
            return true;
        }
        layer = decode(&layer);
    }
    goes_up(&layer)
}

/// Takes percent-encoding off once; a `+` stays.
fn decode(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let decoded = piece.split_at_checked(2).and_then(|(digits, rest)| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            plain.then(|| u8::from_str_radix(digits, 16).ok())?.map(|byte| (byte, rest))
        });
        match decoded {
            Some((byte, rest)) => {
                bytes.push(byte);
                bytes.extend_from_slice(rest.as_bytes());
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

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

/// A host follows every `//`, with or without a scheme, and with `\` for `/` as browsers read it.
fn collect(layer: &str, hosts: &mut BTreeSet<String>) -> Result<(), Unclear> {
    let unified = layer.replace('\\', "/");
    for (at, _) in unified.match_indices("//") {
        let before = unified.get(..at).unwrap_or_default();
        // `a//b` in a path names no host; behind a scheme, a `=` or at the start of a value it does.
        if !(before.is_empty() || before.ends_with([':', '=', '&', '?', '#', ',', ' ', '"', '\''])) {
            continue;
        }
        let rest = unified.get(at..).unwrap_or_default().trim_start_matches('/');
        let end = rest.find(['/', '?', '#', '&', ' ', '"', '\'', '<', '>', ',', ';']).unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        if authority.is_empty() {
            continue;
        }
        if hosts.len() == NESTED_URLS_MAX {
            return Err(Unclear::TooMany);
        }
        hosts.insert(super::host::read(authority).map_or_else(|_| UNREADABLE.to_owned(), |host| host.name));
    }
    Ok(())
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

//! IP addresses.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::limits::ADDRESS_MAX;

/// An address, and whether it tells anything of anybody.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) range: Range<usize>,
    pub(super) reach: Reach,
}

/// What an address stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// One machine somewhere.
    Host,
    /// Every machine's own: loopback, unspecified, broadcast, multicast.
    Everyone,
}

/// The address that the digit `at` is part of.
pub(super) fn address(text: &[u8], at: usize, floor: usize) -> Option<Address> {
    let start = text.get(floor.max(at.saturating_sub(ADDRESS_MAX))..at)?.iter().rposition(|byte| !is_part(*byte));
    let start = start.map_or(floor.max(at.saturating_sub(ADDRESS_MAX)), |place| {
        place + 1 + floor.max(at.saturating_sub(ADDRESS_MAX))
    });
    let rest = text.get(start..text.len().min(start + ADDRESS_MAX + 1))?;
    let length = rest.iter().position(|byte| !is_part(*byte)).unwrap_or(rest.len());
    let before = start.checked_sub(1).and_then(|before| text.get(before)).copied();
    let after = text.get(start + length).copied();
    if !(3..=ADDRESS_MAX).contains(&length) || before.is_some_and(is_joined) || after.is_some_and(is_joined) {
        return None;
    }
    let mut run = rest.get(..length)?;
    if run.ends_with(b".") || (run.ends_with(b":") && !run.ends_with(b"::")) {
        run = run.get(..run.len() - 1)?;
    }
    // A port.
    if run.contains(&b'.') && !run.starts_with(b":") {
        let host = run.split(|byte| *byte == b':').next().unwrap_or(run);
        if let Some(reach) = parse_v4(host) {
            return Some(Address { range: start..start + host.len(), reach });
        }
    }
    let reach = if run.contains(&b':') { parse_v6(run)? } else { return None };
    Some(Address { range: start..start + run.len(), reach })
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')
}

const fn is_joined(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn parse_v4(text: &[u8]) -> Option<Reach> {
    let address: Ipv4Addr = std::str::from_utf8(text).ok()?.parse().ok()?;
    let everyone =
        address.is_loopback() || address.is_unspecified() || address.is_broadcast() || address.is_multicast();
    Some(if everyone { Reach::Everyone } else { Reach::Host })
}

fn parse_v6(text: &[u8]) -> Option<Reach> {
    let address: Ipv6Addr = std::str::from_utf8(text).ok()?.parse().ok()?;
    let everyone = address.is_loopback() || address.is_unspecified() || address.is_multicast();
    Some(if everyone { Reach::Everyone } else { Reach::Host })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let at = text.find(|letter: char| letter.is_ascii_digit())?;
        address(text.as_bytes(), at, 0).and_then(|address| text.get(address.range))
    }

    #[test]
    fn addresses_are_found_with_what_stands_around_them() {
        for (text, wanted) in [
            ("at 203.0.113.9.", "203.0.113.9"),
            ("203.0.113.9:443", "203.0.113.9"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("net 2001:db8::/32", "2001:db8::"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ] {
            assert_eq!(found(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn versions_times_and_names_are_no_addresses() {
        for text in
            ["1.2.3", "1.3.6.1.4", "256.1.1.1", "12:34:56", "v1.2.3.4", "2001::25de::cade", "a1::b_", "192.168.1.1text"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

//! Which IP addresses are nobody's business from outside.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` is anything but a public unicast address: private, local, shared, reserved, documentation, multicast.
///
/// An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4, Teredo, ISATAP) is private as well when
/// the one it carries is.
#[must_use]
pub const fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

const fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)      // this network, RFC 1918, loopback, multicast, reserved, broadcast
            | (100, 64..=127, _)              // shared (RFC 6598); holds 100.100.100.200, a metadata service
            | (169, 254, _)                   // link-local; holds 169.254.169.254, the metadata service
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)                 // protocol assignments, documentation
            | (192, 88, 99)                   // 6to4 relays, retired
            | (192, 31, 196) | (192, 52, 193) | (192, 175, 48)
            | (198, 18 | 19, _)               // benchmarks
            | (198, 51, 100)
            | (203, 0, 113)
            | (168, 63, 129) // 168.63.129.16: a cloud's wire server
    )
}

const fn is_private_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    match (a, b, c, d, e, f) {
        // Mapped, translated (RFC 2765), NAT64. The compatible form is retired and counts as local, like `::1`.
        (0, 0, 0, 0, 0, 0xffff) | (0, 0, 0, 0, 0xffff, 0) | (0x64, 0xff9b, 0, 0, 0, 0) => is_private_v4(v4(g, h)),
        (0x2002, ..) => is_private_v4(v4(b, c)),
        // Teredo: the client's address is there with every bit turned.
        (0x2001, 0, ..) => is_private_v4(v4(!g, !h)),
        (0x2001, 0xdb8, ..) | (0x3fff, 0..=0x0fff, ..) | (0x5f00, ..) => true,
        (0x2001, 0x01..=0x1ff, ..) => true,
        // Global unicast is 2000::/3 (RFC 4291 §2.5.4); all else is local, multicast or unassigned.
        (0x2000..=0x3fff, _, _, _, 0 | 0x200, 0x5efe) => is_private_v4(v4(g, h)),
        (0x2000..=0x3fff, ..) => false,
        _ => true,
    }
}

const fn v4(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

/// Whether a host name is only for inside: one label, or below a name that is never in the public tree.
#[must_use]
pub fn is_private_name(host: &str) -> bool {
    const INSIDE: [&str; 13] = [
        "localhost",
        "local",
        "internal",
        "intranet",
        "private",
        "corp",
        "home",
        "lan",
        "localdomain",
        "home.arpa",
        "test",
        "invalid",
        "onion",
    ];
    let below = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !host.contains('.') || INSIDE.into_iter().any(below)
}

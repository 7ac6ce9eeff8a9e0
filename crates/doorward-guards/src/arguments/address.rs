//! URLs and hosts that lead inside, or carry something out.

use core::net::Ipv4Addr;

use doorward_facts::url::{self, Asked};

use super::Sign;
use super::sink::Sink;

const INSIDE: &str = "This address is not of the public internet; ask the operator if the tool must reach it.";
const PLAIN: &str = "Write the host as a plain name or address.";
const SCHEME: &str = "Use an http or https URL.";
const CARRIES: &str = "Do not put data into addresses.";

/// Names and addresses at which clouds tell machines their own secrets.
const METADATA: [&str; 9] = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "metadata.google.internal",
    "metadata",
    "instance-data",
    "metadata.azure.com",
];

/// Names that lead to any address that is written into them, this machine's too.
const REBINDING: [&str; 8] =
    ["nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "rbndr.us"];

/// Schemes whose host is looked up and asked.
const FETCHED_SCHEMES: [&str; 7] = ["http", "https", "ws", "wss", "ftp", "git", "ssh"];

/// Schemes that make a fetcher do something else than fetch.
const ODD_SCHEMES: [&str; 15] = [
    "gopher",
    "dict",
    "ldap",
    "ldaps",
    "jar",
    "phar",
    "php",
    "expect",
    "netdoc",
    "tftp",
    "javascript",
    "vbscript",
    "smb",
    "rmi",
    "view-source",
];

/// Ports of services that trust whoever reaches them.
const TRUSTING_PORTS: [u16; 17] =
    [22, 25, 2049, 2375, 2376, 2379, 3306, 5432, 5984, 6379, 6443, 8500, 9200, 10250, 10255, 11211, 27017];

/// What speaks against a text that may be an address; `encodes` tells whether text is encoded in it.
pub(super) fn judge(text: &str, sink: Sink, encodes: impl Fn() -> bool) -> Option<Sign> {
    let text = text.trim();
    if sink == Sink::Command || text.contains('\n') {
        return None;
    }
    if let Some(beacon) = beacon(text) {
        return Some(beacon);
    }
    let Some((scheme, rest)) = text.split_once(':') else { return bare(text, sink) };
    let scheme = scheme.to_ascii_lowercase();
    if ODD_SCHEMES.contains(&scheme.as_str()) && !rest.is_empty() && !rest.starts_with(' ') {
        let opens = rest.starts_with("//") || sink == Sink::Address || scheme == "javascript";
        return opens.then(|| Sign::high("odd-scheme", SCHEME));
    }
    if !rest.starts_with("//") || scheme == "file" || text.contains(' ') {
        return bare(text, sink);
    }
    // What stands where a host would is one only in the schemes that are fetched (URL Standard, "special scheme").
    if !FETCHED_SCHEMES.contains(&scheme.as_str()) {
        return None;
    }
    let of_host = match url::of(text) {
        Ok(asked) => read(&asked, authority(rest)),
        Err(_) => unread(authority(rest)),
    };
    of_host.or_else(|| (rest.contains('?') && encodes()).then(|| Sign::medium("encoded-text", CARRIES)))
}

/// A host that stands alone.
fn bare(text: &str, sink: Sink) -> Option<Sign> {
    if sink != Sink::Address || text.contains([' ', '/']) {
        return None;
    }
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    // One label may be anybody's word.
    let is_whole = host.contains('.') || host.contains(':');
    (is_whole && METADATA.contains(&host.as_str())).then(|| Sign::high("metadata-address", INSIDE))
}

/// An image that is fetched as soon as it is shown, and carries something.
fn beacon(text: &str) -> Option<Sign> {
    let lower = text.to_ascii_lowercase();
    let markdown = lower.find("![").and_then(|at| lower.get(at..)).and_then(|rest| rest.split_once("](http"));
    let html = lower.find("<img").and_then(|at| lower.get(at..)).and_then(|rest| rest.split_once("http"));
    let (_, address) = markdown.or(html)?;
    let address = address.split([')', '"', '\'', '>', ' ']).next().unwrap_or_default();
    let carries = address.split_once('?').is_some_and(|(_, query)| query.contains('=') && query.len() >= 16);
    carries.then(|| Sign::medium("image-beacon", CARRIES))
}

fn read(asked: &Asked, authority: &str) -> Option<Sign> {
    if METADATA.contains(&asked.host.as_str()) || is_metadata_within(&asked.host) {
        return Some(Sign::high("metadata-address", INSIDE));
    }
    if is_disguised(authority, &asked.host) {
        return Some(Sign::high("disguised-address", PLAIN));
    }
    if asked.userinfo {
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        let looks_like_host = user.split(':').next().is_some_and(|name| name.contains('.') || name.contains("%2"));
        return Some(if looks_like_host {
            Sign::high("host-in-user", PLAIN)
        } else {
            Sign::low("user-in-address", PLAIN)
        });
    }
    if asked.lookalike {
        return Some(Sign::medium("lookalike-host", PLAIN));
    }
    if REBINDING
        .iter()
        .any(|name| asked.host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    {
        return Some(Sign::medium("rebinding-host", INSIDE));
    }
    if asked.nested.iter().any(|host| METADATA.contains(&host.as_str())) {
        return Some(Sign::high("metadata-address", INSIDE));
    }
    let is_private = asked.resolved(None).is_some_and(|place| place.private);
    if !is_private {
        return None;
    }
    // Developers work with servers of their own; a name for this machine is ordinary, a service that trusts it is not.
    if TRUSTING_PORTS.contains(&asked.port) {
        return Some(Sign::high("inside-service", INSIDE));
    }
    let is_own = asked.host == "localhost" || asked.host.starts_with("127.") || asked.host == "::1";
    Some(if is_own { Sign::low("inside-address", INSIDE) } else { Sign::medium("inside-address", INSIDE) })
}

/// A URL that programs read differently, which an honest one hardly is.
fn unread(authority: &str) -> Option<Sign> {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let name = host_of(host);
    if METADATA.contains(&name.as_str()) {
        return Some(Sign::high("metadata-address", INSIDE));
    }
    if numeric(&name).is_some() {
        return Some(Sign::high("disguised-address", PLAIN));
    }
    if authority.contains('\\') || user.contains('@') {
        return Some(Sign::high("host-in-user", PLAIN));
    }
    let odd = !name.is_ascii() || name.contains('%');
    odd.then(|| Sign::medium("odd-host", PLAIN))
}

fn authority(rest: &str) -> &str {
    let rest = rest.trim_start_matches('/');
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn host_of(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or(inner),
        None => host.split(':').next().unwrap_or(host),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether an address is written so that a person does not see which one it is.
fn is_disguised(authority: &str, host: &str) -> bool {
    let written = host_of(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
    let is_mapped = written.contains(':')
        && host.parse::<core::net::Ipv6Addr>().is_ok_and(|address| {
            address.to_ipv4_mapped().is_some() || matches!(address.segments(), [0x64, 0xff9b, ..])
        });
    is_mapped || (numeric(&written).is_some() && written.parse::<Ipv4Addr>().is_err())
}

fn is_metadata_within(host: &str) -> bool {
    let Ok(address) = host.parse::<core::net::Ipv6Addr>() else { return false };
    address.to_ipv4_mapped().is_some_and(|address| METADATA.contains(&address.to_string().as_str()))
}

/// An IPv4 address in any of the forms that `inet_aton` reads: fewer parts, octal, hexadecimal.
fn numeric(host: &str) -> Option<()> {
    let parts: Vec<&str> = host.split('.').collect();
    let is_number = |part: &&str| match part.strip_prefix("0x") {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()),
    };
    (parts.len() <= 4 && parts.iter().all(is_number)).then_some(())
}

//! Passwords in addresses: `scheme://user:password@host`.

use doorward_core::guard::Severity;

use super::scan::Candidate;
use super::shape::{Shape, is_placeholder, position};

/// Longest user and password together.
const LONGEST: usize = 256;

/// Words that stand for a password in documentation.
const STANDING: &[&[u8]] = &[
    b"password",
    b"pass",
    b"passwd",
    b"pwd",
    b"secret",
    b"pw",
    b"mypassword",
    b"yourpassword",
    b"user",
    b"username",
    b"key",
    b"token",
    b"apikey",
    b"test",
    b"admin",
    b"root",
    b"guest",
    b"anonymous",
];

/// Hosts that stand for one in documentation, or are nobody else's.
const HOSTS: &[&[u8]] = &[
    b"example.",
    b"localhost",
    b"127.0.0.1",
    b"0.0.0.0",
    b"test.com",
    b"host",
    b"hostname",
    b"your",
    b"<",
    b"{",
    b"$",
];

/// The password of the address whose `://` stands at `at`.
pub(super) fn password(text: &[u8], at: usize) -> Option<Candidate> {
    if !text.get(at.checked_sub(1)?).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let start = at + 3;
    let rest = text.get(start..(start + LONGEST).min(text.len()))?;
    let stops = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>\\".contains(byte);
    let length = rest.iter().position(stops).unwrap_or(rest.len());
    let rest = rest.get(..length)?;
    // A password may hold signs that end the authority; the user may not.
    let colon = rest.iter().position(|byte| matches!(byte, b':' | b'/' | b'?' | b'#' | b'@'))?;
    if rest.get(colon) != Some(&b':') {
        return None;
    }
    let after = rest.get(colon + 1..)?;
    let authority = after.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b',')).unwrap_or(after.len());
    let end = match after.get(..authority)?.iter().rposition(|byte| *byte == b'@') {
        Some(end) => end,
        // `:port/path@2x` is no password.
        None => {
            let end = after.iter().position(|byte| *byte == b'@')?;
            let port = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let path = after.get(port) == Some(&b'/');
            if path || after.get(..end)?.iter().filter(|byte| **byte == b'/').count() > 1 {
                return None;
            }
            end
        }
    };
    let (user, password, host) = (rest.get(..colon)?, after.get(..end)?, after.get(end + 1..)?);
    let range = start + colon + 1..start + colon + 1 + end;
    judge(user, password, host).map(|(severity, percent)| Candidate { range, rule: "url-password", severity, percent })
}

fn judge(user: &[u8], password: &[u8], host: &[u8]) -> Option<(Severity, u8)> {
    let masked = |value: &[u8]| is_placeholder(value) || position(value, b"%s").is_some();
    if password.len() < 4
        || password.eq_ignore_ascii_case(user)
        || !host.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'[')
    {
        return None;
    }
    if masked(password) || password.first() == Some(&b'$') || is_placeholder(user) {
        return None;
    }
    if Shape::of(password).distinct < 2 {
        return None;
    }
    let lower = password.to_ascii_lowercase();
    let standing = STANDING.contains(&lower.as_slice());
    let example = HOSTS.iter().any(|start| host.starts_with(start)) || position(host, b"example.").is_some();
    match (standing, example) {
        (true, true) => None,
        (true, false) => Some((Severity::Medium, 55)),
        (false, true) => Some((Severity::Medium, 60)),
        (false, false) => Some((Severity::High, 90)),
    }
}

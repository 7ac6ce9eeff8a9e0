//! Lists of recipients, as mail headers have them (RFC 5322 §3.4): `ann@example.org, "Bob" <bob@example.org>`.
//!
//! Groups, comments, quoted local parts, routes, address literals and names that look like addresses are unclear: mail
//! programs read them differently, and each has been used to send to somebody else than was checked.

use std::collections::BTreeSet;

use crate::limits::{EMAILS_BYTES_MAX, EMAILS_MAX};
use crate::unclear::{Unclear, refuse_control, refuse_longer};
use crate::url::host::plain_name;

/// Who a message goes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Emails {
    /// The addresses, in lower case, domains in their ASCII form.
    pub addresses: BTreeSet<String>,
    /// Their domains.
    pub domains: BTreeSet<String>,
    /// How many were written, repetitions counted.
    pub count: u64,
}

/// Reads a list.
///
/// # Errors
/// [`Unclear`] when it is not a plain list of addresses.
pub fn of(text: &str) -> Result<Emails, Unclear> {
    refuse_longer(text, EMAILS_BYTES_MAX)?;
    refuse_control(text)?;
    if text.trim().is_empty() {
        return Err(Unclear::Empty);
    }
    let mut emails = Emails::default();
    for mailbox in split(text)? {
        let (local, domain) = read_mailbox(mailbox.trim_matches(' '))?;
        emails.count += 1;
        if emails.count > EMAILS_MAX as u64 {
            return Err(Unclear::TooMany);
        }
        emails.addresses.insert(format!("{local}@{domain}"));
        emails.domains.insert(domain);
    }
    Ok(emails)
}

/// Splits at commas outside quotes. What is quoted may hold neither an escape nor anything an address is made of.
fn split(text: &str) -> Result<Vec<&str>, Unclear> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '\\' | ';' | ':' | '(' | ')' | '[' | ']' => return Err(Unclear::NotEmails),
            '@' | '<' | '>' if quoted => return Err(Unclear::NotEmails),
            ',' if !quoted => {
                parts.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    if quoted { Err(Unclear::NotEmails) } else { Ok(parts) }
}

fn read_mailbox(text: &str) -> Result<(String, String), Unclear> {
    let address = match text.split_once('<') {
        None => text,
        Some((name, rest)) => {
            if name.contains(['@', '>']) || !is_display_name(name.trim_matches(' ')) {
                return Err(Unclear::NotEmails);
            }
            rest.strip_suffix('>').ok_or(Unclear::NotEmails)?
        }
    };
    let (local, domain) = address.split_once('@').ok_or(Unclear::NotEmails)?;
    // `%` and `!` route through another host, `=` at the start of encoded words: RFC 5321 appendix C, RFC 2047.
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-_.'&*/=^{}~#$".contains(c);
    let dotted = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if local.is_empty() || local.len() > 64 || dotted || local.starts_with('=') || !local.chars().all(allowed) {
        return Err(Unclear::NotEmails);
    }
    let domain = plain_name(domain).map_err(|_| Unclear::NotEmails)?;
    Ok((local.to_ascii_lowercase(), domain))
}

/// Words, or one quoted text and nothing beside it.
fn is_display_name(name: &str) -> bool {
    match name.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').is_some_and(|inner| !inner.contains('"')),
        None => !name.contains('"') && !name.contains("=?"),
    }
}

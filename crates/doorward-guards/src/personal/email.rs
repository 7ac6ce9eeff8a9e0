//! E-mail addresses.

use std::ops::Range;

use super::limits::{EMAIL_MAX, URL_MAX};

/// The address around the `@` at `at`.
pub(super) fn email(text: &str, at: usize) -> Option<Range<usize>> {
    let (head, tail) = (text.get(..at)?, text.get(at + 1..)?);
    let mut start = at;
    for (place, letter) in head.char_indices().rev().take(EMAIL_MAX) {
        if !is_local(letter) {
            break;
        }
        start = place;
    }
    let local = text.get(start..at)?;
    let trimmed = local
        .trim_start_matches(['.', '\'', '*', '&', '=', '?', '/', '`', '{', '}', '|', '~', '^', '$', '!', '#', '%']);
    start += local.len() - trimmed.len();
    let outside = text.get(..start)?;
    // A user in a URL, or in an address for git and ssh.
    if trimmed.is_empty()
        || trimmed.ends_with('.')
        || outside.ends_with("//")
        || outside.ends_with('@')
        || outside.ends_with(':') && is_in_url(outside)
    {
        return None;
    }
    let end = tail
        .char_indices()
        .take(EMAIL_MAX)
        .find(|(_, letter)| !is_host(*letter))
        .map_or(tail.len(), |(place, _)| place);
    let mut host = tail.get(..end)?;
    let after = tail.get(end..)?.chars().next();
    host = host.trim_end_matches(['.', '-']);
    let (name, top) = host.rsplit_once('.')?;
    let is_top =
        (2..=24).contains(&top.chars().count()) && top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
    let labels = name.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let is_address = is_top && labels && after != Some('@') && !(after == Some(':') && trimmed == "git");
    is_address.then_some(start..at + 1 + host.len())
}

/// Whether what stands before, as far as it is in reach, is the beginning of a URL that has not ended.
fn is_in_url(outside: &str) -> bool {
    let reach = outside.floor_char_boundary(outside.len().saturating_sub(URL_MAX));
    let outside = outside.get(reach..).unwrap_or_default();
    if outside.contains("mailto:") {
        return false;
    }
    let url = outside.rsplit(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '<' | '(' | '\'')).next();
    url.is_some_and(|url| url.contains("://"))
}

/// Letters of any script that writes with blanks, and the signs that real addresses have.
fn is_local(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || "._%+-'!#$&*/=?^`{|}~".contains(letter)
        || (letter.is_alphanumeric() && letter < '\u{2e80}')
}

fn is_host(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || letter == '.'
        || letter == '-'
        || (letter.is_alphanumeric() && letter < '\u{2e80}')
}

/// Domains that RFC 2606 keeps for documents: no letter arrives there.
pub(super) fn is_for_documents(address: &str) -> bool {
    let host = address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    ["example.com", "example.org", "example.net"]
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        email(text, text.find('@').unwrap()).and_then(|range| text.get(range))
    }

    #[test]
    fn addresses_are_found_whole() {
        for (text, wanted) in [
            ("to a.b+c@mail.example.co.", "a.b+c@mail.example.co"),
            ("<lucía@firma.de>", "lucía@firma.de"),
            ("mailto:x@firma.de?subject=y", "x@firma.de"),
            ("'o'neil@firma.de'", "o'neil@firma.de"),
            ("a@xn--d1acufc.xn--p1ai", "a@xn--d1acufc.xn--p1ai"),
        ] {
            assert_eq!(found(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn handles_packages_and_urls_are_no_addresses() {
        for text in [
            "@someone",
            "user@host",
            "left-pad@1.2.3",
            "git@github.com:a/b.git",
            "https://me@host.example/x",
            "a@b@c.de",
            "icon@2x.png",
        ] {
            assert!(found(text).is_none_or(|found| found == "icon@2x.png"), "{text}");
        }
    }

    #[test]
    fn domains_for_documents_are_known() {
        assert!(is_for_documents("a@example.com") && is_for_documents("a@b.example.org"));
        assert!(!is_for_documents("a@myexample.com"));
    }
}

//! Names of tools and prompts on a joint face, both ways.
//!
//! Responsible for names that are unique over all servers and fit what model APIs take. It must never let one server's
//! name be read as another's.

use aws_lc_rs::digest::{SHA256, digest};

use crate::ids::ServerId;
use crate::limits::JOINT_NAME_MAX;

/// Hexadecimal digits of the digest at the end of a shortened name: 40 bits, enough among the names of one server.
const DIGEST_DIGITS: usize = 10;

/// Stands between the server and the name. No server id has an underscore.
const BETWEEN: &str = "__";

/// A name from a client, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading<'n> {
    /// The server and its own name for the thing.
    Whole(ServerId, &'n str),
    /// The server; its own name has to be found by trying those it is known to offer.
    Shortened(ServerId),
}

/// The name under which a joint face shows `name` of `server`.
#[must_use]
pub fn outward(server: &ServerId, name: &str) -> String {
    let whole = format!("{server}{BETWEEN}{name}");
    if !name.is_empty() && is_plain(&whole) && !looks_shortened(&whole) {
        return whole;
    }
    let kept = JOINT_NAME_MAX.saturating_sub(server.as_str().len() + BETWEEN.len() + 1 + DIGEST_DIGITS);
    let stem: String = name.chars().take(kept).map(|c| if is_allowed(c) { c } else { '_' }).collect();
    format!("{server}{BETWEEN}{stem}_{}", digits(server, name))
}

/// Takes a name apart; `None` when no joint face could have shown it.
pub(super) fn read(shown: &str) -> Option<Reading<'_>> {
    let (server, name) = shown.split_once(BETWEEN)?;
    let server = ServerId::parse(server).ok()?;
    if !is_plain(shown) {
        return None;
    }
    if looks_shortened(shown) {
        return Some(Reading::Shortened(server));
    }
    (!name.is_empty()).then_some(Reading::Whole(server, name))
}

/// Whether `name` can be shown as it is.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= JOINT_NAME_MAX && name.chars().all(is_allowed)
}

const fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Whether the name ends as only shortened ones may.
fn looks_shortened(name: &str) -> bool {
    name.rsplit_once('_').is_some_and(|(_, end)| {
        end.len() == DIGEST_DIGITS && end.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn digits(server: &ServerId, name: &str) -> String {
    let text = format!("{server}\0{name}");
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().iter().take(DIGEST_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

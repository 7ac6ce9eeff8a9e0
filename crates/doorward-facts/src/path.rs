//! Paths of files, in POSIX and Windows form and as `file:` URLs.
//!
//! Reading has two stages, because only the machine knows where a path leads: [`of`] reads the text and says which paths
//! must be looked up; [`Asked::resolved`] makes facts of what was found. Letters keep their case. A text that two programs
//! could take for different files is unclear.

use crate::limits::{PATH_BYTES_MAX, PATH_DEPTH_MAX};
use crate::unclear::{Unclear, refuse_control, refuse_longer};

/// A path that was read and not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    drive: Option<char>,
    folded: Vec<String>,
    /// With `..` as written; `None` when it goes nowhere up.
    unfolded: Option<Vec<String>>,
}

/// What is known of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Absolute, with `/` between folders, without `.`, `..` and doubled separators; with links followed when `real`.
    pub text: String,
    /// Every folder it lies in, up to the root, and itself.
    pub within: Vec<String>,
    /// The last part; empty for the root.
    pub name: String,
    /// What follows the last dot of the name, unless the name begins with it.
    pub ext: String,
    /// Whether it was looked up, with every symbolic link followed.
    pub real: bool,
}

/// Where a path leads, as far as somebody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// Here.
    Real(&'a str),
    /// Somebody looked, and cannot say.
    Failed,
    /// Nobody can look: it is another machine's path.
    Elsewhere,
}

/// Reads `text`; a relative path starts at `base`, the folder configured for the server.
///
/// # Errors
/// [`Unclear`] when two programs could take it for different files.
pub fn of(text: &str, base: Option<&str>) -> Result<Asked, Unclear> {
    refuse_longer(text, PATH_BYTES_MAX)?;
    refuse_control(text)?;
    if text.is_empty() {
        return Err(Unclear::Empty);
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(Unclear::Trimmed);
    }
    let decoded = from_file_url(text)?;
    let text = decoded.as_deref().unwrap_or(text);
    refuse_expansion(text)?;
    match drive_of(text) {
        Some((drive, rest)) => Asked::new(Some(drive), &windows_parts(rest)?),
        None => {
            let parts = posix_parts(text)?;
            if text.starts_with('/') {
                return Asked::new(None, &parts);
            }
            let base = base.ok_or(Unclear::Relative)?;
            let mut all = posix_parts(base)?;
            all.extend(parts);
            Asked::new(None, &all)
        }
    }
}

/// An absolute path with `..` folded by its letters, for those who cannot look where it leads.
#[must_use]
pub fn folded(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    Asked::new(None, &parts).map_or_else(|_| path.to_owned(), |asked| asked.lookups().0)
}

impl Asked {
    fn new(drive: Option<char>, parts: &[&str]) -> Result<Self, Unclear> {
        if parts.len() > PATH_DEPTH_MAX {
            return Err(Unclear::TooMany);
        }
        let goes_up = parts.contains(&"..");
        let mut folded: Vec<String> = Vec::new();
        for part in parts {
            match *part {
                "." => {}
                ".." => {
                    folded.pop();
                }
                name => folded.push(name.to_owned()),
            }
        }
        let unfolded =
            goes_up.then(|| parts.iter().filter(|part| **part != ".").map(|part| (*part).to_owned()).collect());
        Ok(Self { drive, folded, unfolded })
    }

    /// The paths to look up: without `..`, and, where it differs, with.
    #[must_use]
    pub fn lookups(&self) -> (String, Option<String>) {
        (self.written(&self.folded), self.unfolded.as_ref().map(|parts| self.written(parts)))
    }

    /// The facts, given where the two [`Self::lookups`] lead.
    ///
    /// # Errors
    /// [`Unclear`] when that cannot be said, or when the two lead to different places.
    pub fn resolved(&self, folded: Lookup<'_>, unfolded: Lookup<'_>) -> Result<Path, Unclear> {
        let real = match (folded, unfolded, &self.unfolded) {
            (Lookup::Real(real), _, None) => real,
            (Lookup::Real(real), Lookup::Real(other), Some(_)) if real == other => real,
            (Lookup::Real(_), Lookup::Real(_), Some(_)) => return Err(Unclear::TwoPlaces),
            (Lookup::Elsewhere, _, None) => return Ok(self.facts(&self.folded, Seen::No)),
            (Lookup::Elsewhere, _, Some(_)) => return Err(Unclear::GoesUp),
            (Lookup::Failed, ..) | (Lookup::Real(_), Lookup::Failed | Lookup::Elsewhere, Some(_)) => {
                return Err(Unclear::Unseen);
            }
        };
        let parts: Vec<String> = real.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if parts.len() > PATH_DEPTH_MAX {
            return Err(Unclear::TooMany);
        }
        Ok(self.facts(&parts, Seen::Yes))
    }

    fn written(&self, parts: &[String]) -> String {
        match self.drive {
            Some(drive) => format!("{drive}:/{}", parts.join("/")),
            None => format!("/{}", parts.join("/")),
        }
    }

    fn facts(&self, parts: &[String], seen: Seen) -> Path {
        let within = (0..=parts.len()).filter_map(|end| parts.get(..end)).map(|parts| self.written(parts)).collect();
        let name = parts.last().cloned().unwrap_or_default();
        let ext = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, ext)| ext).to_owned();
        Path { text: self.written(parts), within, name, ext, real: seen == Seen::Yes }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Yes,
    No,
}

/// The path of a `file:` URL (RFC 8089) on this machine; `None` for what is no such URL.
fn from_file_url(text: &str) -> Result<Option<String>, Unclear> {
    let Some((scheme, rest)) = text.split_once(':') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("file") {
        return Ok(None);
    }
    let rest = rest.strip_prefix("//").ok_or(Unclear::OddPath)?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return Err(Unclear::OddPath);
    }
    let path = decode(path)?;
    // file:///C:/x
    let inner = path.strip_prefix('/').filter(|inner| drive_of(inner).is_some());
    Ok(Some(inner.map_or_else(|| path.clone(), str::to_owned)))
}

/// Takes percent-encoding off once; what would mean something to whoever decodes once more, or not at all, is unclear.
fn decode(text: &str) -> Result<String, Unclear> {
    let mut pieces = text.split('%');
    let mut decoded: Vec<u8> = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or(Unclear::Encoded)?;
        let byte = u8::from_str_radix(digits, 16).map_err(|_| Unclear::Encoded)?;
        if byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b'.' | b'%' | b'~' | b'$' | b':' | b'+') {
            return Err(Unclear::Encoded);
        }
        decoded.push(byte);
        decoded.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(decoded).map_err(|_| Unclear::Encoded)
}

/// Refuses what shells, libraries and systems replace.
fn refuse_expansion(text: &str) -> Result<(), Unclear> {
    let mut pairs = text.chars().zip(text.chars().skip(1));
    let dollar = pairs.any(|(c, next)| c == '$' && (next.is_alphanumeric() || "_{(".contains(next)));
    if dollar || text.starts_with('~') || text.contains('`') {
        return Err(Unclear::Expanded);
    }
    let hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
    let mut after = text.split('%').skip(1).map(str::as_bytes);
    if after.clone().any(|rest| hex(rest.first().copied()) && hex(rest.get(1).copied())) {
        return Err(Unclear::Encoded);
    }
    if after.next().is_some() && after.next().is_some() {
        return Err(Unclear::Expanded);
    }
    Ok(())
}

/// `C:/x` or `C:\x`: the drive in capitals, and the rest.
fn drive_of(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    let drive = chars.next().filter(char::is_ascii_alphabetic)?;
    let rest = chars.as_str().strip_prefix(':')?;
    rest.starts_with(['/', '\\']).then(|| (drive.to_ascii_uppercase(), rest))
}

fn posix_parts(text: &str) -> Result<Vec<&str>, Unclear> {
    if text.contains('\\') {
        return Err(Unclear::Backslash);
    }
    let mut chars = text.chars();
    let drive_relative = chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':');
    // POSIX leaves exactly two slashes at the start to the system (XBD 4.13).
    if (text.starts_with("//") && !text.starts_with("///")) || drive_relative {
        return Err(Unclear::OddPath);
    }
    checked(text.split('/'))
}

fn windows_parts(text: &str) -> Result<Vec<&str>, Unclear> {
    if text.contains('/') && text.contains('\\') {
        return Err(Unclear::Backslash);
    }
    let parts = checked(text.split(['/', '\\']))?;
    let odd = |part: &&str| part.contains([':', '*', '?', '"', '<', '>', '|']) || is_short(part) || is_device(part);
    if parts.iter().any(odd) { Err(Unclear::OddPath) } else { Ok(parts) }
}

fn checked<'a>(parts: impl Iterator<Item = &'a str>) -> Result<Vec<&'a str>, Unclear> {
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let trimmed =
        |part: &&str| !matches!(*part, "." | "..") && (part.ends_with(['.']) || part.ends_with(char::is_whitespace));
    if parts.iter().any(trimmed) { Err(Unclear::Trimmed) } else { Ok(parts) }
}

/// `PROGRA~1`
fn is_short(part: &str) -> bool {
    part.split('~').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |name: &str| {
        stem.strip_prefix(name).is_some_and(|rest| rest.chars().count() == 1 && !rest.starts_with(char::is_alphabetic))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$") || numbered("com") || numbered("lpt")
}

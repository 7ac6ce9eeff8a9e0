//! The runs of a text: all that stands between white space and quotation marks.
//!
//! Responsible for telling with one look at each byte which runs may hold something that acts. It must never pass over one
//! that does.

use crate::canonical::address;

/// No wallet has fewer characters.
const WALLET_BYTES_MIN: usize = 23;

const END: u8 = 1;
const DOT: u8 = 2;
const AT: u8 = 4;
const SLASH: u8 = 8;

/// What each byte is to a run.
const CLASSES: [u8; 256] = classes();

/// One run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'t> {
    pub(super) text: &'t str,
    /// Where it starts in the text.
    pub(super) start: usize,
    /// Which signs are in it.
    signs: u8,
}

/// The runs of a text that is plain: all its white space is blanks.
pub(super) struct Runs<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Runs<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'t> Iterator for Runs<'t> {
    type Item = Run<'t>;

    fn next(&mut self) -> Option<Run<'t>> {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).filter(|rest| !rest.is_empty())?;
        let mut signs = 0;
        let mut length = rest.len();
        for (at, byte) in rest.iter().enumerate() {
            let class = class(*byte);
            if class == END {
                length = at;
                break;
            }
            signs |= class;
        }
        self.at = start + length + 1;
        Some(Run { text: self.text.get(start..start + length).unwrap_or_default(), start, signs })
    }
}

impl<'t> Run<'t> {
    /// Whether there may be an e-mail address, a URL or a host in it.
    #[inline]
    pub(super) fn may_reach(&self) -> bool {
        self.has_at()
            || (self.signs & SLASH != 0 && address::slashes(self.text).is_some())
            || (self.signs & DOT != 0 && has_inner_dot(self.text))
    }

    pub(super) fn has_at(&self) -> bool {
        self.signs & AT != 0
    }

    /// The first wallet in it.
    #[inline]
    pub(super) fn wallet(&self) -> Option<&'t str> {
        if self.text.len() < WALLET_BYTES_MIN { None } else { self.long_wallet() }
    }

    fn long_wallet(&self) -> Option<&'t str> {
        let mut words = self.text.split(|c: char| !c.is_ascii_alphanumeric());
        words.find(|word| word.len() >= WALLET_BYTES_MIN && address::is_wallet(word))
    }
}

/// Whether a dot stands before a letter or a digit: every name of a host has one, and every address in numbers.
pub(super) fn has_inner_dot(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    bytes.iter().zip(bytes.iter().skip(1)).any(|(dot, next)| *dot == b'.' && is_part(*next))
}

const fn class(byte: u8) -> u8 {
    #[expect(clippy::indexing_slicing, reason = "there is a class for every byte")]
    CLASSES[byte as usize]
}

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a byte is below 256")]
        {
            classes[byte] = match byte as u8 {
                b' ' | b'<' | b'>' | b'"' | b'\'' | b'`' | b']' | b')' | b'}' => END,
                b'.' => DOT,
                b'@' => AT,
                b'/' => SLASH,
                _ => 0,
            };
        }
        byte += 1;
    }
    classes
}

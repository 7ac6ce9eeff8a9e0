//! Every bound that reading bytes from outside obeys, in one place.
//!
//! Responsible for the numbers and their defaults. It must never read a message: the parsers do, and refuse what
//! passes a bound.

/// Most bytes of refused input that a rejection shows, escapes included.
pub const SHOWN_BYTES: usize = 64;

/// How large, deep and long a message may be before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes one message (or one batch) may have.
    pub message_bytes: usize,
    /// Most arrays and objects that may be open at once. Values above [`Limits::DEEPEST`] act as that.
    pub depth: u16,
    /// Most member names that the objects open at any one point may have between them. It bounds the memory that
    /// looking for duplicates takes.
    pub open_members: usize,
    /// Most messages in one batch.
    pub batch_messages: usize,
    /// Most bytes in a request id or a progress token.
    pub id_bytes: usize,
    /// Most bytes in a method name.
    pub method_bytes: usize,
}

impl Limits {
    /// The depth no setting can exceed: the scanner recurses once per level.
    pub const DEEPEST: u16 = 512;

    /// The bounds for what a server sends back: as strict in shape as for requests, larger in size.
    #[must_use]
    pub fn for_results() -> Self {
        Self { message_bytes: 16 * 1024 * 1024, ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 4 * 1024 * 1024,
            depth: 128,
            open_members: 128 * 1024,
            batch_messages: 64,
            id_bytes: 256,
            method_bytes: 256,
        }
    }
}

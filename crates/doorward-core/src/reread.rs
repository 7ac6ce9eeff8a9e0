//! Reading a message again after a part of it was replaced.
//!
//! The edge has judged it before: this is as strict in shape, and wider than any limit there.

use bytes::Bytes;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::Message;

use crate::limits::REREAD_BYTES_MAX;

/// The message in `bytes`; `None` when it is none.
pub(crate) fn read_again(bytes: Bytes) -> Option<Message> {
    let limits = Limits {
        message_bytes: REREAD_BYTES_MAX,
        depth: Limits::DEEPEST,
        open_members: usize::MAX,
        ..Limits::default()
    };
    Message::parse(bytes, &limits).ok()
}

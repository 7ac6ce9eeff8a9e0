//! Every limit of the HTTP upstream that is its own affair, in one place, with its reason.

use std::time::Duration;

/// Longest session id accepted from a server: it travels in a header of every later request.
pub(super) const SESSION_ID_BYTES_MAX: usize = 1024;

/// Longest event id from which a stream is resumed: it travels in a header too.
pub(super) const EVENT_ID_BYTES_MAX: usize = 1024;

/// Attempts to resume the stream of a call, one after the other, that bring nothing new.
pub(super) const RESUME_TRIES_MAX: u32 = 5;

/// Shortest pause before a stream is asked for again, whatever the server says.
pub(super) const RETRY_LEAST: Duration = Duration::from_millis(10);

/// Longest pause before the stream of a call is resumed, whatever the server says.
pub(super) const RETRY_MOST: Duration = Duration::from_secs(5);

/// The pause when the server has named none.
pub(super) const RETRY_UNTOLD: Duration = Duration::from_secs(1);

/// Longest pause before the stream outside of calls is opened again.
pub(super) const LISTEN_RETRY_MOST: Duration = Duration::from_secs(30);

/// How long the beginning of the stream outside of calls is waited for before the first call of a conversation.
pub(super) const LISTEN_HEAD_WAIT: Duration = Duration::from_secs(1);

/// How long the end of a session may take to be told to the server.
pub(super) const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// How long an unused connection is kept. Common servers close theirs after five seconds; ours goes first, so that no
/// request is written into a closing connection.
pub(super) const IDLE_CONNECTION_LIFE: Duration = Duration::from_secs(4);

/// Unused connections kept per server.
pub(super) const IDLE_CONNECTIONS_MAX: usize = 1024;

/// Quiet time after which the operating system probes whether a peer is still there: a stream may be silent for hours.
pub(super) const PEER_PROBE_AFTER: Duration = Duration::from_secs(60);

/// How long a server is taken for one of the handshake era only. An upgraded server would answer that handshake for ever.
pub(super) const LEGACY_VERDICT_LIFE: Duration = Duration::from_secs(300);

/// Bytes of one session's events outside any call that may wait for a slow client. One event passes whatever its size.
pub(super) const UNSOLICITED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Longest address a server may announce for its messages (HTTP+SSE): it is the first line of every later request.
pub(super) const ENDPOINT_BYTES_MAX: usize = 8 * 1024;

/// Messages of the gateway's own (cancellations, refusals of questions) that may wait for one HTTP+SSE server; what
/// comes beyond is not sent.
pub(super) const ERRANDS_MAX: usize = 64;

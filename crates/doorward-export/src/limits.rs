//! Every limit of this crate, in one place, with its reason.

use std::time::Duration;

/// Most records a sink has in memory: what one read of the store brings.
pub const BATCH_MAX: u32 = 500;

/// Bytes of one message to a sink after which no further record is added: what common receivers take is more.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// How long one delivery may take, connecting included. Less than [`LEASE`], so that nobody else begins meanwhile.
pub const DELIVERY_WAIT: Duration = Duration::from_secs(10);

/// How long a process that died keeps others from going on.
pub const LEASE: Duration = Duration::from_secs(15);

/// How long a sink that has everything waits until it looks for more.
pub const IDLE_PAUSE: Duration = Duration::from_millis(250);

/// The pause after the first failure; each further one doubles it.
pub const RETRY_PAUSE_MIN: Duration = Duration::from_millis(500);

/// The longest pause between two attempts.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(60);

/// The longest pause a receiver can ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

/// How long a sink rests that will refuse the same again.
pub const PARKED_PAUSE: Duration = Duration::from_secs(300);

/// How long records may still go out once the gateway ends. What is left goes out after the next start.
pub const STOP_WAIT: Duration = Duration::from_secs(3);

/// How often it is looked how far behind sinks are.
pub const WATCH_PAUSE: Duration = Duration::from_millis(250);

/// Bytes of an answer that are read.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Characters of one value in a syslog message.
pub const SYSLOG_VALUE_CHARS_MAX: usize = 256;

/// Bytes of one syslog message: what every receiver of syslog over TLS should take (RFC 5425 §4.3.1).
pub const SYSLOG_MESSAGE_BYTES_MAX: usize = 8192;

/// How long syslog records are gathered: each batch is a connection of its own.
pub const SYSLOG_GATHERING: Duration = Duration::from_secs(1);

/// Characters of one text that goes to OTLP as an attribute.
pub const ATTRIBUTE_CHARS_MAX: usize = 1024;

/// Connections kept open to one receiver.
pub const IDLE_CONNECTIONS_MAX: usize = 1;

/// How long a connection to a receiver is kept that nothing goes over.
pub const IDLE_CONNECTION_LIFE: Duration = Duration::from_secs(30);

/// How long a delivery waits while somebody else writes to its file; then it is tried again as any other that failed.
pub const FILE_LOCK_WAIT: Duration = Duration::from_millis(250);

/// How long until it looks again whether the file is free.
pub const FILE_LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Most sinks of one gateway: each reads every record.
pub const SINKS_MAX: usize = 16;

/// Most headers of one sink.
pub const HEADERS_MAX: usize = 32;

//! The bounds of what configuration files may hold, with their reasons.

use std::time::Duration;

/// Bytes of one configuration file, client file or policy file: far more than a person writes.
pub const CONFIG_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Bytes of a file that holds one secret.
pub const SECRET_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Bytes of a file of certificates: more than any system's whole collection.
pub const CA_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Servers in one configuration.
pub const SERVERS_MAX: usize = 256;

/// Views in one configuration.
pub const VIEWS_MAX: usize = 256;

/// Entries in one table or array of a view.
pub const VIEW_ENTRIES_MAX: usize = 1024;

/// Longest wait of a joint list for a server that can be configured: a client waits for the list itself.
pub const JOINT_WAIT_MAX: Duration = Duration::from_secs(60);

/// Issuers in one configuration.
pub const ISSUERS_MAX: usize = 64;

/// Scopes that hold others.
pub const SCOPES_MAX: usize = 1024;

/// Most by which an issuer's clock may be said to be off: every expired token lives longer by it.
pub const SKEW_MAX: Duration = Duration::from_secs(300);

/// Longest time for which an issuer's word about a token may hold: a revoked token lives on by it.
pub const INTROSPECTION_LIFE_MAX: Duration = Duration::from_secs(600);

/// Longest silence of a server that can be configured.
pub const SILENCE_MAX: Duration = Duration::from_secs(3600);

/// Longest wait of a record before its flush begins that can be configured: what a crash may lose must stay short.
pub const FLUSH_MAX: Duration = Duration::from_secs(10);

/// Most counters: each looks at every record.
pub(super) const COUNTERS_MAX: usize = 64;

/// Longest time a counter looks back.
pub(super) const COUNTER_SECONDS_MAX: u64 = 31 * 86_400;

/// Most records that may be said to wait for a sink before calls are refused.
pub const SINK_BEHIND_MAX: u64 = 1_000_000_000;

/// Largest size of a file of events that can be configured, in MiB.
pub const SINK_FILE_MIB_MAX: u64 = 64 * 1024;

/// Most older files of events that can be configured to be kept.
pub const SINK_FILES_MAX: u64 = 1000;

/// Longest time that a record may be said to wait for a sink before calls are refused.
pub const SINK_WAIT_MAX: Duration = Duration::from_secs(31 * 86_400);

/// Most named patterns: each is tried on every text whose matches some rule looks at.
pub const PATTERNS_MAX: usize = 64;

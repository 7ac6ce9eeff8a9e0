//! The bounds of contexts, each with its reason.

use std::time::Duration;

/// Most contexts of all kinds that live at once, those that only correlate included; about two for each unit of work.
pub const CONTEXTS_MAX: usize = 262_144;

/// Most bytes all contexts hold, as they count themselves: with what an allocator adds it stays below 2 GiB.
pub const CONTEXTS_BYTES_MAX: usize = 1536 * 1024 * 1024;

/// Parts under a lock of their own: enough that two calls seldom want the same one.
pub const SHARDS: usize = 64;

/// Places for labels of which nothing but the label could be kept. Two that share one only ever make each other's higher.
pub const REMAINDERS: usize = 1024;

/// Most contexts above one, by who opened it: what is read in it is told to each.
pub const DEPTH_MAX: usize = 8;

/// Most contexts one message can belong to: signed, declared, handle, session, trace, process.
pub const MEMBERS_MAX: usize = 6;

/// Without a call for so long, what is told from others by principal, client and time is over (DEFENCES §2.1).
pub const FALLBACK_IDLE: Duration = Duration::from_secs(30 * 60);

/// What was read in such a window lasts at least so long while it is used, and at most twice: eight hours.
pub const FALLBACK_HALF: Duration = Duration::from_secs(4 * 3600);

/// Without a call for so long, a context that has a name of its own is over: a working day.
pub const NAMED_IDLE: Duration = Duration::from_secs(8 * 3600);

/// What was read in a context with a name of its own lasts at least so long while it is used, and at most twice.
pub const NAMED_HALF: Duration = Duration::from_secs(7 * 24 * 3600);

/// What was read in a session, a trace or a process lasts at least so long, and at most twice.
pub const CORRELATED_HALF: Duration = Duration::from_secs(4 * 3600);

/// What is kept in place of something else lasts at least as long as that can be idle, and at most twice.
pub const KEPT_HALF: Duration = NAMED_IDLE;

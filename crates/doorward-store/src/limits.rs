//! Every limit of this crate, in one place, with its reason.

use std::time::Duration;

/// Most records accepted and not yet committed, unless configured otherwise: about 4 MiB, and half a second of full load.
pub const QUEUE_DEFAULT: usize = 8192;

/// Most records of one transaction: beyond this a larger group saves nothing and delays its first waiter.
pub const BATCH_MAX: usize = 1024;

/// Waiting records that make a relaxed writer flush before its interval is over.
pub const FLUSH_AT: usize = 512;

/// The longest a relaxed record waits for its flush to begin, unless configured otherwise.
pub const FLUSH_DEFAULT: Duration = Duration::from_millis(50);

/// The longest a committed relaxed record waits until the disk is asked to confirm it.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// The longest a committed record waits until a checkpoint of the log covers it.
pub const LOG_CHECKPOINT_INTERVAL: Duration = Duration::from_secs(1);

/// How long every checkpoint is kept; of older ones one a minute, so that damage is bounded to that.
pub const LOG_CHECKPOINTS_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Records whose leaves are made before other work has its turn: about a millisecond.
pub const LEAVES_AT_ONCE: usize = 64;

/// How long a statement waits for another process that is writing to the same file.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait between two attempts to bring a dead store back.
pub const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How long opening waits for other processes that create or migrate the same file.
pub const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages the write-ahead log gathers before they are moved into the database: 16 MiB.
pub const CHECKPOINT_PAGES: u32 = 4096;

/// Size of the probe that a dead store must be able to write before it takes records again.
pub const PROBE_BYTES: i64 = 64 * 1024;

/// Distinct short texts kept by the writer so that it need not copy them for every record.
pub const WORDS_MAX: usize = 256;

/// Most texts of the program itself that the writer keeps ready: more than records have.
pub const FIXED_WORDS_MAX: usize = 64;

/// Most lists of rules and reasons whose written form the writer keeps: those that decide most calls at a time.
pub const LISTS_MAX: usize = 32;

/// Most principals and clients whose written form the writer keeps: those that act at a time.
pub const DETAILS_KEPT_MAX: usize = 32;

/// Most API keys of one store, good ones or not.
pub const KEYS_MAX: u32 = 10_000;

/// Most records one question returns, whatever it asks for.
pub const PAGE_MAX: u32 = 10_000;

/// Reading connections of one process.
pub const READERS_MAX: u32 = 2;

/// How long a reader waits for a free connection.
pub const READER_TIMEOUT: Duration = Duration::from_secs(10);

/// Most pins written at once: as many as one page of a list may have.
pub const PINS_AT_ONCE_MAX: usize = 10_000;

/// Units of work that must have been good with a value for it to be learned.
pub const LESSON_UNITS: u32 = 2;

/// Most units of work remembered for one value: with a few more than must be, one that comes to be doubted costs little.
pub const LESSON_UNITS_MAX: u32 = 4;

/// Most that one principal's units of work have shown: what was used last stays.
pub const LESSONS_MAX: u32 = 4_096;

/// How long a value that nobody uses is learned.
pub const LESSONS_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Most doubts kept about units of work.
pub const DOUBTS_MAX: u32 = 65_536;

/// Most approvals kept, answered or not: the oldest that are over make room.
pub const APPROVALS_MAX: u32 = 10_000;

/// How long an approval that is over is kept, so that people can look back: a week. What was done stays in the records.
pub const APPROVALS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// The time over which a principal's questions are counted.
pub const APPROVALS_BUDGET_SPAN: Duration = Duration::from_secs(3600);

/// Characters of the reason why a sink takes nothing that are kept.
pub const SINK_REASON_CHARS_MAX: usize = 300;

/// How long the server's questions within an approved call can be answered: a little more than a call is parked for.
pub const APPROVAL_CONTINUES: Duration = Duration::from_secs(1800);

/// Most stops in force at once, besides the one of everything, for which there is always room.
pub const STOPS_MAX: u32 = 1000;

/// Longest name of a tool that can be stopped, in bytes: far more than tools are called by.
pub const STOP_NAME_MAX: usize = 1024;

/// How long after the store's file was seen to be another one connections are still opened anew: one that was being
/// opened meanwhile may be of the file that was there before.
pub const REPLACED_DOUBT: Duration = Duration::from_secs(1);

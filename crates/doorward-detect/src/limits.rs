//! Every bound of this crate, with the reason for it.

/// Baselines of tools that are kept, over all principals; the least recently used go first. At about 2 KiB each, 8 MiB.
pub const TOOL_BASELINES_MAX: usize = 4096;

/// Baselines of principals that are kept. At less than 8 KiB each, 8 MiB.
pub const PRINCIPAL_BASELINES_MAX: usize = 1024;

/// No baseline is larger, in memory or written down: DEFENCES §2.8.
pub const BASELINE_BYTES_MAX: usize = 8 * 1024;

/// Bursts of work that one calibration window holds: enough for one in two hundred, and a few weeks of one person's work.
pub const WINDOW: usize = 160;

/// The latest bursts stay outside the window until so many have followed, so that an attack cannot become usual while it
/// goes on.
pub const PENDING: usize = 8;

/// With fewer bursts in its window a calibration says nothing, and a wider one is asked.
pub const CALIBRATED_MIN: usize = 20;

/// With fewer events a baseline is cold: a wider one is asked, and without any the invariants alone look.
pub const EVENTS_MIN: u32 = 50;

/// With fewer finished bursts, likewise.
pub const BURSTS_MIN: u16 = 12;

/// A principal is known for so many days before something counts as new to it.
pub const HISTORY_DAYS_MIN: u16 = 7;

/// Tools and ways out that are remembered for one principal.
pub const KNOWN_MAX: usize = 128;

/// Successions of tools that are counted for one principal.
pub const SUCCESSIONS_MAX: usize = 240;

/// Units of work of one principal whose successions are told apart at one time.
pub const THREADS_MAX: usize = 4;

/// Ordinary exchanges of which one is named as the nearest to what is unusual.
pub const NORMAL_MAX: usize = 6;

/// Exchanges that one alert names.
pub const RECORDS_MAX: usize = 16;

/// Alerts that wait for a word of the operator's; beyond, the oldest counts as acknowledged.
pub const OPEN_ALERTS_MAX: usize = 256;

/// Rules that a record names, and hidden items that are configured.
pub const HIDDEN_ITEMS_MAX: usize = 256;

/// Refused calls of one principal that are remembered, to see whether they vary.
pub const REFUSALS_MAX: usize = 16;

/// Calls of one burst of work; further ones begin another.
pub const BURST_CALLS_MAX: usize = 32;

/// A burst of work ends after so many seconds, whether or not calls go on.
pub const BURST_SECONDS_MAX: u64 = 3600;

/// Servers that data of one context came from, as far as ways out are told apart.
pub const ORIGINS_MAX: usize = 16;

/// Characters of a name in a sentence; the rest is cut.
pub const NAME_CHARS_MAX: usize = 80;

/// Values that one Sigma rule compares with.
pub const SIGMA_VALUES_MAX: usize = 1024;

/// Lists, parentheses and negations of a Sigma rule within one another.
pub const SIGMA_DEPTH_MAX: usize = 16;

/// Bytes of the condition of a Sigma rule.
pub const SIGMA_CONDITION_BYTES_MAX: usize = 4096;

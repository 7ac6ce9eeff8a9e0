//! Every limit of this crate, in one place, with its reason.

use std::time::Duration;

/// Longest server id: two ids and a tool name must fit the 64 characters some model APIs allow.
pub const SERVER_ID_MAX: usize = 40;

/// Longest principal part (user, agent, tenant, group, scope) taken from outside, in bytes.
pub const PRINCIPAL_PART_MAX: usize = 256;

/// Most groups, scopes or actors one principal has: each is an entity that decisions build.
pub const PRINCIPAL_MEMBERS_MAX: usize = 256;

/// Most characters of a client's name, and of its version: they are a hint, and every record may repeat them.
pub const CLIENT_NAME_MAX: usize = 128;

/// Longest word for a kind of data, in characters: it stands in every label of what holds such data.
pub const CATEGORY_MAX: usize = 32;

/// Longest hint at a unit of work that is taken from a message, in bytes; a longer one is as good as none.
pub const FLOW_HINT_MAX: usize = 256;

/// Longest purpose of a unit of work, in bytes: a paragraph.
pub const FLOW_PURPOSE_MAX: usize = 4096;

/// Most tools one unit of work names.
pub const FLOW_TOKEN_TOOLS_MAX: usize = 128;

/// Longest name of a tool of a unit of work, in bytes.
pub const FLOW_TOKEN_TOOL_MAX: usize = 256;

/// Longest text of one record field that came from outside (a tool name, a URI); longer ones are cut with a mark.
pub const RECORD_FIELD_MAX: usize = 1024;

/// Most rules or reasons one record names.
pub const RECORD_RULES_MAX: usize = 32;

/// Most findings of guards one record tells; those beyond are counted.
pub const RECORD_FINDINGS_MAX: usize = 32;

/// Most questions to a person one `input_required` result may carry (2026-07-28, multi round-trip requests).
pub const INPUT_REQUESTS_MAX: usize = 32;

/// Most resources one `subscriptions/listen` may name, and one session may have subscribed to one by one.
pub const SUBSCRIBED_RESOURCES_MAX: usize = 256;

/// Most items one list answer may hold before it is withheld: each is a question to the decision point.
pub const LIST_ITEMS_MAX: usize = 10_000;

/// Most requests in flight on one shared upstream connection.
pub const IN_FLIGHT_MAX: usize = 1024;

/// Longest tool or prompt name a joint endpoint shows: what the strictest model APIs take.
pub const JOINT_NAME_MAX: usize = 64;

/// Most bytes a message may have when it is read again after a part of it was replaced: above every limit at the edge,
/// which has judged the message before.
pub const REREAD_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Most items one joint list has; beyond it every server gets an equal share.
pub const JOINT_ITEMS_MAX: usize = 20_000;

/// Most bytes of items one joint list has; beyond it every server gets an equal share.
pub const JOINT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Most notes one joint list leaves in the log.
pub const JOINT_NOTES_MAX: usize = 32;

/// Most bytes of the instructions of all servers of a joint endpoint, which a host puts before its model.
pub const JOINT_INSTRUCTIONS_MAX: usize = 32 * 1024;

/// Largest amount a limit counts, in billionths (10^15 whole ones): times the longest period it fits 128 bits.
pub const AMOUNT_MAX: u128 = 1_000_000_000_000_000_000_000_000;

/// Longest period of a limit.
pub const LIMIT_PERIOD_MAX: Duration = Duration::from_secs(31 * 86_400);

/// Longest argument value a meter keeps as it is; of a longer one it keeps the digest.
pub const KEY_TEXT_MAX: usize = 256;

/// Most meters at once: one for each rule, clause and key that has taken something lately.
pub const METERS_MAX: usize = 32_768;

/// Most of those that one principal was the first to need, so that nobody takes the room of all.
pub const METERS_PER_PRINCIPAL_MAX: usize = 2_048;

/// How often meters that are as good as new are looked for when there is no room.
pub const METER_SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Most tasks whose duties are remembered.
pub const TASKS_REMEMBERED_MAX: usize = 16_384;

/// Most tasks of one principal whose duties are remembered: nobody makes the gateway forget the tasks of others alone.
pub const TASKS_REMEMBERED_EACH_MAX: usize = 2_048;

/// Spans in which a counter keeps its time: an event counts at most one of them longer than asked for.
pub const COUNTER_SPANS: i64 = 60;

/// Most counts at once: one for each counter and each of those it tells apart.
pub const COUNTS_MAX: usize = 16_384;

/// Most leaves of the log's tree: sums of indexes stay clear of the end of 64 bits, and nobody will get there.
pub const TREE_SIZE_MAX: u64 = 1 << 62;

/// Most hashes of one proof: one for each level of the largest tree, and one (tlog-witness allows no more either).
pub const PROOF_HASHES_MAX: usize = 63;

/// Longest entry of the log, in bytes: bundles of entries have lengths of 16 bits (tlog-tiles, "Log entries").
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// Most signatures of one note: what signed-note demands that a reader accepts.
pub const NOTE_SIGNATURES_MAX: usize = 16;

/// Most bytes of one note: its text, and sixteen signatures, each up to what the largest algorithm needs in base64.
pub const NOTE_BYTES_MAX: usize = 128 * 1024;

/// Most bytes of the text of a checkpoint: an origin, a size, a root and little more.
pub const CHECKPOINT_TEXT_MAX: usize = 4 * 1024;

/// Longest name of a key and longest origin, in bytes.
pub const KEY_NAME_MAX: usize = 255;

/// Most bytes of a proof file: it is read by people's tools from anywhere.
pub const PROOF_FILE_MAX: usize = 192 * 1024;

/// Most bytes of the extra line of a proof file, in base64.
pub const PROOF_EXTRA_MAX: usize = 16 * 1024;

/// Most faults one verification tells; whoever finds so many has no use for more.
pub const FAULTS_MAX: usize = 256;

/// Most entries whose order is compared at once where entries and tiles disagree: 64 MiB of hashes.
pub const ALIGN_ENTRIES_MAX: usize = 1 << 20;

/// Most checkpoints of an export that are looked at: ten years of one a minute.
pub const CHECKPOINTS_MAX: usize = 5_256_000;

/// Most characters of a rule's id in an entry of the log; a longer one is cut with a mark, so that every entry fits.
pub const ENTRY_RULE_MAX: usize = 128;

/// Largest number in an entry of the log: every reader of JSON keeps whole numbers up to it (RFC 8259 §6).
pub const ENTRY_NUMBER_MAX: u64 = (1 << 53) - 1;

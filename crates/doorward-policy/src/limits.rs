//! Every limit of this crate, in one place, with its reason.

/// Most tools one server may offer: the schema, its validation and the memory behind them grow with it.
pub const CATALOGUE_TOOLS_MAX: usize = 2048;

/// Longest tool name, in bytes. Revision 2025-11-25 advises 128 characters; a longer name is not offered at all.
pub const TOOL_NAME_MAX: usize = 256;

/// Longest input schema that is read, in bytes; a longer one types no argument and counts as destructive.
pub const INPUT_SCHEMA_MAX: usize = 256 * 1024;

/// Deepest nesting of an argument's type; what lies deeper is left out of the type.
pub const ARGUMENT_DEPTH_MAX: usize = 6;

/// Most members, over all levels, of one tool's argument type; what comes after is left out of it.
pub const ARGUMENT_MEMBERS_MAX: usize = 512;

/// Most members, over all levels, of the argument types of one server's tools: the time to load a policy grows with them.
/// The tool that goes beyond, and those after it, are not offered.
pub const CATALOGUE_MEMBERS_MAX: usize = 20_000;

/// Longest text of all policies together, in bytes.
pub const POLICY_TEXT_MAX: usize = 4 * 1024 * 1024;

/// Most decisions kept. Names in requests come from outside, so the cache is emptied when it is full.
pub const CACHED_DECISIONS_MAX: usize = 4096;

/// Longest resource key (server, tool, URI or prompt) whose decision is kept, in bytes.
pub const CACHED_NAME_MAX: usize = 512;

/// Most independent conditions on arguments that are tried out to decide whether a tool is shown; each doubles the work.
/// With more of them the tool is shown, and each call is still decided in full.
pub const VISIBILITY_CONDITIONS_MAX: usize = 12;

/// Deepest nesting of a rule that is tried without Cedar; a deeper one is left to it.
pub const PLAIN_DEPTH_MAX: usize = 64;

/// Most scopes one rule demands: no more than a principal has.
pub const RULE_SCOPES_MAX: usize = doorward_core::limits::PRINCIPAL_MEMBERS_MAX;

/// Most permits tried to find out which scopes would have been enough; each is a decision of its own.
pub const SCOPE_TRIES_MAX: usize = 16;

/// Most memory one named pattern may take once it is compiled, in bytes.
pub const PATTERN_SIZE_MAX: usize = 1024 * 1024;

/// Most text that named patterns are tried on, in bytes; of a longer one it is unclear whether they match.
pub const PATTERN_TEXT_MAX: usize = 256 * 1024;

/// Most texts in one list that facts are told of; those of a longer one are unclear.
pub const FACT_TEXTS_MAX: usize = 256;

/// Most SQL and commands of one call that are parsed, in bytes, all arguments together; what comes after is unclear.
pub const FACT_PARSED_MAX: usize = 64 * 1024;

/// Most findings one load reports.
pub const FINDINGS_MAX: usize = 100;

/// Most cases one file may hold, variants counted.
pub const CASES_MAX: usize = 10_000;

/// Most kinds of principal a matrix shows.
pub const MATRIX_KINDS_MAX: usize = 200;

/// Longest value of an argument that a proposed rule fixes, in bytes; longer text is content, not a name.
pub const PROPOSED_TEXT_MAX: usize = 200;

/// Arguments that a refusal names because nothing vouches for them: enough to mend any honest call.
pub const MISSING_TOLD_MAX: usize = 8;

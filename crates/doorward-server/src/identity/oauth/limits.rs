//! Every bound on tokens, proofs and what issuers send, with its reason.

use std::time::Duration;

/// Bytes of one access token: the largest that common issuers make have some ten thousand.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Bytes of one proof of possession: a header with a public key and six short claims.
pub const PROOF_BYTES_MAX: usize = 4 * 1024;

/// Arrays and objects that may be open at once in a token: claims of roles nest three or four deep.
pub const TOKEN_DEPTH_MAX: u16 = 16;

/// Member names that may be open at once in a token.
pub const TOKEN_MEMBERS_MAX: usize = 1024;

/// Bytes of a key's id.
pub const KEY_ID_BYTES_MAX: usize = 256;

/// Bytes of one answer of an issuer: metadata, keys, or what it says of a token.
pub const ANSWER_BYTES_MAX: usize = 512 * 1024;

/// Keys that are kept of one issuer.
pub const KEYS_MAX: usize = 64;

/// How long one request to an issuer may take, connection included.
pub const FETCH_WAIT: Duration = Duration::from_secs(5);

/// Age after which an issuer's keys are fetched again although they still serve.
pub const KEYS_FRESH: Duration = Duration::from_secs(600);

/// Age after which keys that could not be fetched again serve no longer.
pub const KEYS_STALE_MAX: Duration = Duration::from_secs(24 * 3600);

/// Shortest time between two fetches of one issuer's keys: a stranger who names unknown keys must not make us knock more
/// often.
pub const REFETCH_AFTER: Duration = Duration::from_secs(5);

/// Tokens found good that are remembered.
pub const GOOD_TOKENS_MAX: usize = 16 * 1024;

/// Tokens found bad that are remembered; apart from the good ones, which nobody can push out with bad ones.
pub const BAD_TOKENS_MAX: usize = 4 * 1024;

/// How long a bad token is taken for bad without a look: an issuer may have made it good meanwhile (a new key).
pub const BAD_TOKEN_SECONDS: i64 = 5;

/// How long a good token is taken for good without a look, however long it lives.
pub const GOOD_TOKEN_SECONDS_MAX: i64 = 3600;

/// Questions about tokens that may be open at one issuer at once.
pub const QUESTIONS_MAX: usize = 32;

/// How old a proof may be.
pub const PROOF_SECONDS: i64 = 60;

/// Proofs that are remembered, each until its own end; more are refused, never forgotten.
pub const PROOFS_MAX: usize = 200_000;

/// Proofs of one principal that are remembered: with the usual clocks, more than two hundred requests a second.
pub const PROOFS_PER_PRINCIPAL_MAX: usize = PROOFS_MAX / 8;

/// Bytes of a proof's identifier.
pub const PROOF_ID_BYTES_MAX: usize = 256;

/// Most steps of a delegation chain.
pub const DELEGATION_MAX: usize = 8;

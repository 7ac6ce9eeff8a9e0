//! The audit log that a stranger can check: a Merkle tree over records, in the forms of the C2SP specifications.
//!
//! Responsible for what an entry of the log is, for the tree over the entries, for signed checkpoints of that tree, for
//! proofs from one to the other, and for the verdict over an exported log. It must never read a clock, a file or a source
//! of randomness: salts, keys and times are arguments, and storage belongs to the store. Nothing here signs two histories
//! on its own account: whoever keeps the log asks for a signature over a tree that extends the one signed before.
//!
//! The texts followed are those of <https://c2sp.org>: `tlog-tiles`, `tlog-checkpoint@v1.0.0`, `signed-note@v1.0.0`,
//! `tlog-cosignature`, `tlog-witness` and `tlog-proof`, over the tree of RFC 6962 §2.1 (RFC 9162 §2.1).

pub mod checkpoint;
pub mod entry;
pub mod export;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod tiles;
pub mod verify;
pub mod witness;

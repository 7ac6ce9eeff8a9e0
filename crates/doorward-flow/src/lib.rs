//! Where data flows: labels on what servers say, contexts that remember what was read, and the origin of every value that
//! decides what a call does.
//!
//! Pure: no runtime, sockets, files, clock or randomness. It says what is the case ([`doorward_core::flow::FlowSeen`]);
//! what follows from it is the policy's to say. The design is in DEFENCES §2.0 to §2.4, what may be claimed of it in §4.

pub mod atoms;
pub mod canonical;
pub mod context;
pub mod contexts;
pub mod declared;
pub mod decode;
pub mod endorse;
pub mod hide;
pub mod ledger;
pub mod limits;
pub mod nature;
pub mod pack;
pub mod prints;
pub mod project;
pub mod scanned;
pub mod structure;

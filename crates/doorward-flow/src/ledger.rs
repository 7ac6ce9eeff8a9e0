//! How much is known of how many, over servers and contexts.
//!
//! Responsible for counting what no single label shows (DEFENCES §2.4): records read a few at a time or over several
//! servers, records of two servers joined, identifiers carried to another server, two sides of a declared conflict, new
//! ways for confidential data, and bytes to one destination. A [`Ledger`] counts for one context, a [`PrincipalLedger`] for
//! all contexts of one principal. Counts never fall and never say less than there was; where there is no room to count
//! exactly they say more. It must never keep a value, only keyed hashes, and never decide: [`LedgerSeen`] says which bounds
//! are passed, and what follows is the policy's.
//!
//! What arrives is counted before it is passed on ([`PrincipalLedger::arrived`]); a call is weighed before it is decided
//! ([`PrincipalLedger::weigh`]) and counted when it is let through ([`PrincipalLedger::sent`]).

mod caps;
mod carried;
pub mod limits;
mod principal;
mod records;
mod walls;

use doorward_core::flow::{Label, LedgerRule, LedgerSeen};
use doorward_core::ids::ServerId;

pub use caps::{Bounds, Caps};
pub use carried::Carried;
pub use principal::PrincipalLedger;
pub use records::Records;
pub use walls::{Wall, Walls};

/// What a server has sent, before anybody sees it.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The server it came from.
    pub server: &'a ServerId,
    /// Its label, already joined with what scanners found in it.
    pub label: &'a Label,
    /// The records in it.
    pub records: &'a Records,
}

/// A call, before it is decided, and again when it is let through.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// The server it would go to.
    pub server: &'a ServerId,
    /// Whether it can carry data out of its server's own world.
    pub egress: bool,
    /// What it carries.
    pub carried: &'a Carried,
}

/// What follows from what arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reckoning {
    /// The counts, with what arrived.
    pub seen: LedgerSeen,
    /// The first rule for which what arrived is to be kept back; `None` when it may be passed on.
    pub withhold: Option<LedgerRule>,
    /// Whether so much is joined by now that the context holds confidential data, whatever its labels say.
    pub confidential: bool,
}

/// What one context has read and sent, as counts. An empty one takes no memory to speak of.
#[derive(Debug, Clone, Default)]
pub struct Ledger {}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what `other` has counted: for contexts that turn out to be one.
    pub fn merge(&mut self, _other: &Self) {}

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

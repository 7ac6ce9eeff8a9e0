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
mod identifiers;
pub mod limits;
mod principal;
mod records;
mod sketch;
mod table;
#[cfg(test)]
mod tests;
mod walls;
mod words;

use doorward_core::flow::{Confidentiality, Label, LedgerRule, LedgerSeen};
use doorward_core::ids::ServerId;

use limits::{SERVERS_MAX, SUNK_MAX};
use sketch::Sketch;
use table::{Counts, Table};

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
pub struct Ledger {
    servers: Vec<ServerId>,
    /// By number of server: bytes sent to it since something confidential was read.
    sent: Vec<u64>,
    table: Table,
    counts: Counts,
    /// What there was no room for.
    beyond: Option<Box<Beyond>>,
    /// Answers with records in them, and the servers that gave them.
    answers: u64,
    record_servers: u32,
    confidential_servers: u32,
    is_confidential: bool,
    /// Values that went to a server that did not give them, each with the number of that server.
    sunk: Vec<u64>,
    sunk_beyond: Vec<(u8, u64)>,
    walls: walls::Seen,
}

/// What is known of the records for which there was no room.
#[derive(Debug, Clone)]
struct Beyond {
    records: Sketch,
    steps: u64,
    linked: u64,
    /// The servers of which identifiers were left out.
    servers: u32,
}

/// The counts of one ledger for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally {
    records: u64,
    steps: u64,
    staged: u64,
    linked: u64,
    sunk: u64,
    bytes: u64,
    carries: bool,
    has_records: bool,
    is_over_the_wall: bool,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            servers: Vec::new(),
            sent: Vec::new(),
            table: Table::EMPTY,
            counts: Counts::NONE,
            beyond: None,
            answers: 0,
            record_servers: 0,
            confidential_servers: 0,
            is_confidential: false,
            sunk: Vec::new(),
            sunk_beyond: Vec::new(),
            walls: walls::Seen::NOTHING,
        }
    }

    /// Adds what `other` has counted: for contexts that turn out to be one.
    pub fn merge(&mut self, other: &Self) {
        let numbers: Vec<usize> = other.servers.iter().map(|server| self.number(server)).collect();
        let moved = |servers: u32| {
            let named = (0..SERVERS_MAX).filter(|&at| servers & table::server_bit(at) != 0);
            named.fold(0, |bits, at| bits | table::server_bit(numbers.get(at).copied().unwrap_or(SERVERS_MAX)))
        };
        let (left_out, dropped) = self.table.merge(&other.table, moved);
        if dropped != 0 || other.beyond.is_some() {
            let beyond = self.beyond();
            beyond.servers |= dropped;
            beyond.steps += left_out.len() as u64;
            beyond.linked += left_out.len() as u64;
            beyond.records.add(&left_out);
            if let Some(its) = other.beyond.as_deref() {
                beyond.records.merge(&its.records);
                beyond.servers |= moved(its.servers);
                beyond.steps += its.steps;
                beyond.linked += its.linked + its.records.at_most();
            }
        }
        for (at, bytes) in other.sent.iter().enumerate() {
            if let Some(sent) = numbers.get(at).and_then(|&number| self.sent.get_mut(number)) {
                *sent += bytes;
            }
        }
        for pair in &other.sunk {
            let number = numbers.get(sink_of(*pair)).copied().unwrap_or(SERVERS_MAX - 1);
            self.sink(number, identifiers::without_sort(*pair));
        }
        for (number, count) in &other.sunk_beyond {
            self.sink_uncounted(numbers.get(usize::from(*number)).copied().unwrap_or(SERVERS_MAX - 1), *count);
        }
        self.answers += other.answers;
        self.record_servers |= moved(other.record_servers);
        self.confidential_servers |= moved(other.confidential_servers);
        self.is_confidential |= other.is_confidential;
        self.walls.merge(&other.walls);
        self.counts = self.table.counts();
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.table.bytes()
            + self.servers.capacity() * size_of::<ServerId>()
            + (self.sent.capacity() + self.sunk.capacity()) * size_of::<u64>()
            + self.sunk_beyond.capacity() * size_of::<(u8, u64)>()
            + self.beyond.as_ref().map_or(0, |_| size_of::<Beyond>())
            + self.walls.bytes()
    }

    /// Counts what arrived.
    fn arrived(&mut self, arrival: &Arrival<'_>, narrow: u64) {
        let bit = table::server_bit(self.number(arrival.server));
        if arrival.label.confidentiality >= Confidentiality::Confidential {
            self.confidential_servers |= bit;
            self.is_confidential = true;
        }
        self.walls.note(arrival.records.sides());
        if arrival.records.is_empty() {
            return;
        }
        self.answers += 1;
        self.record_servers |= bit;
        let entered = self.table.enter(arrival.records.iter(), bit);
        let uncounted = arrival.records.uncounted();
        let new = entered.new_records() + uncounted;
        let is_unsure = uncounted > 0 || !entered.beyond.is_empty();
        self.table.step(&entered, narrow.saturating_sub(uncounted));
        if is_unsure || self.table.is_full() {
            let beyond = self.beyond();
            beyond.records.add(&entered.beyond);
            beyond.records.add_different(uncounted);
            // Some of these may have come before: then fewer were new, and few enough for a step.
            beyond.steps += new.min(narrow);
            beyond.linked += if beyond.servers & !bit != 0 { entered.incomplete + uncounted } else { 0 };
            beyond.servers |= bit;
        }
        self.counts = self.table.counts();
    }

    /// Counts a call that is let through.
    fn sent(&mut self, sending: &Sending<'_>, bytes: u64) {
        let number = self.number(sending.server);
        self.walls.note(sending.carried.sides());
        if let Some(sent) = self.sent.get_mut(number) {
            *sent += bytes;
        }
        if self.table.is_empty() {
            return;
        }
        let bit = table::server_bit(number);
        for &value in sending.carried.values() {
            if self.table.taken_elsewhere(value, bit).next().is_some() {
                self.sink(number, value);
            }
        }
        self.sink_uncounted(number, self.untold(sending.carried));
    }

    /// The counts as they are, without a call.
    fn tally(&self) -> Tally {
        let beyond = self.beyond.as_deref();
        let records = self.counts.records + beyond.map_or(0, |beyond| beyond.records.at_most());
        let is_staged = table::are_several(self.record_servers)
            && self.answers >= STAGED_ANSWERS
            && (self.counts.is_sensitive || beyond.is_some());
        Tally {
            records,
            steps: self.counts.steps + beyond.map_or(0, |beyond| beyond.steps),
            staged: if is_staged { records } else { 0 },
            linked: self.counts.linked + beyond.map_or(0, |beyond| beyond.linked),
            has_records: self.answers > 0,
            is_over_the_wall: self.walls.would_pass(&[]),
            ..Tally::default()
        }
    }

    /// The counts as they would be if the call were let through.
    fn tally_with(&self, sending: &Sending<'_>, bytes: u64) -> Tally {
        let number = self.known_number(sending.server);
        let at = number.unwrap_or(SERVERS_MAX - 1);
        // A server that has no number yet has given nothing.
        let bit = number.map_or(0, table::server_bit);
        let gone = |pair: &&u64| number.is_some() && sink_of(**pair) == at;
        let mut values: Vec<u64> = self.sunk.iter().filter(gone).map(|pair| identifiers::without_sort(*pair)).collect();
        let before = values.len();
        let is_taken = |value: &&u64| self.table.taken_elsewhere(**value, bit).next().is_some();
        values.extend(sending.carried.values().iter().filter(is_taken));
        let untold = self.untold(sending.carried);
        let carries = values.len() > before || untold > 0;
        values.sort_unstable();
        values.dedup();
        // What went there stays counted when the server gives it back.
        let identifiers: Vec<u64> = values.iter().flat_map(|&value| self.table.identifiers_like(value)).collect();
        let uncounted = self.sunk_beyond.iter().filter(|(sink, _)| usize::from(*sink) == at).map(|(_, count)| count);
        let sent = number.and_then(|number| self.sent.get(number)).copied().unwrap_or(0);
        Tally {
            sunk: self.table.persons(&identifiers) + uncounted.sum::<u64>() + untold,
            bytes: sent + bytes,
            carries,
            has_records: self.record_servers & bit != 0,
            is_over_the_wall: self.walls.would_pass(sending.carried.sides()),
            ..self.tally()
        }
    }

    /// How many bytes of a call count, as far as this context goes: all, once it has read something confidential.
    fn confidential_bytes(&self, sending: &Sending<'_>) -> u64 {
        if self.is_confidential { sending.carried.bytes() } else { 0 }
    }

    /// How many values of a call may be identifiers without anybody being able to tell.
    fn untold(&self, carried: &Carried) -> u64 {
        let telling = if self.table.is_full() { carried.telling() } else { 0 };
        let uncounted = if self.table.is_empty() { 0 } else { carried.uncounted() };
        telling + uncounted
    }

    fn sink(&mut self, number: usize, value: u64) {
        let pair = value | number as u64;
        if self.sunk.contains(&pair) {
            return;
        }
        if self.sunk.len() < SUNK_MAX {
            self.sunk.push(pair);
        } else {
            self.sink_uncounted(number, 1);
        }
    }

    fn sink_uncounted(&mut self, number: usize, count: u64) {
        let Ok(number) = u8::try_from(number) else { return };
        match self.sunk_beyond.iter_mut().find(|(sink, _)| *sink == number) {
            _ if count == 0 => {}
            Some((_, sunk)) => *sunk += count,
            None => self.sunk_beyond.push((number, count)),
        }
    }

    fn beyond(&mut self) -> &mut Beyond {
        self.beyond.get_or_insert_with(|| Box::new(Beyond { records: Sketch::new(), steps: 0, linked: 0, servers: 0 }))
    }

    /// The number of `server` here; all for which there is no number share the last.
    fn number(&mut self, server: &ServerId) -> usize {
        if let Some(number) = self.known_number(server) {
            return number;
        }
        self.servers.push(server.clone());
        self.sent.push(0);
        if self.servers.len() == SERVERS_MAX - 1 {
            // The bytes of all others.
            self.sent.push(0);
        }
        self.servers.len() - 1
    }

    fn known_number(&self, server: &ServerId) -> Option<usize> {
        let number = self.servers.iter().position(|known| known == server);
        number.or_else(|| (self.servers.len() >= SERVERS_MAX - 1).then_some(SERVERS_MAX - 1))
    }

    /// Whether something confidential came from a server that has no number.
    fn has_untold_sources(&self) -> bool {
        self.confidential_servers & table::server_bit(SERVERS_MAX) != 0
    }

    /// The servers that gave something confidential.
    fn confidential_sources(&self) -> impl Iterator<Item = &ServerId> {
        let gave = |(number, _): &(usize, &ServerId)| self.confidential_servers & table::server_bit(*number) != 0;
        self.servers.iter().enumerate().filter(gave).map(|(_, server)| server)
    }
}

/// The number of the server that a sunk value went to.
fn sink_of(pair: u64) -> usize {
    usize::try_from(pair ^ identifiers::without_sort(pair)).unwrap_or(SERVERS_MAX - 1)
}

/// Answers with records before records over several servers count: looking somebody up in two places is no harvest.
const STAGED_ANSWERS: u64 = 3;

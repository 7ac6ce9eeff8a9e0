//! The identifiers that were seen, and which of them belong together.
//!
//! Responsible for counts over identifiers: exact up to [`IDENTIFIERS_MAX`], and above it never too low. It must never let
//! what an answer says make a count smaller: a hostile answer can claim that many persons are one, so persons are counted by
//! the first identifier of each record, and of a group of identifiers that are said to belong together as many persons count
//! as can be in it.

use super::identifiers::without_sort;
use super::limits::{IDENTIFIERS_MAX, SERVERS_MAX};
use super::records::Record;
use super::words::BEYOND_CONTACT;

/// Identifiers, sorted, with what is known of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    identifiers: Vec<u64>,
    /// The servers that gave it (the low bits) and the kinds of data in its records (the highest eight).
    seen: Vec<u32>,
    /// The group it belongs to (the low twelve bits) and marks.
    groups: Vec<u16>,
    groups_made: u16,
    /// Whether an identifier was left out because there was no room.
    is_full: bool,
}

/// What a [`Table`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// First identifiers of records.
    pub(super) records: u64,
    /// Those that arrived a few at a time.
    pub(super) steps: u64,
    /// Those of which two servers know, with more than how to reach somebody.
    pub(super) linked: u64,
    /// Whether anything beyond how to reach somebody is known of anybody.
    pub(super) is_sensitive: bool,
}

/// What became of the records of one answer.
#[derive(Debug, Default)]
pub(super) struct Entered {
    /// Where the first identifiers stand that were none before.
    new: Vec<u64>,
    /// The first identifiers there was no room for.
    pub(super) beyond: Vec<u64>,
    /// Records of which an identifier was left out.
    pub(super) incomplete: u64,
}

impl Entered {
    /// How many records are new, as far as can be told.
    pub(super) fn new_records(&self) -> u64 {
        (self.new.len() + self.beyond.len()) as u64
    }
}

const GROUP: u16 = 0x0fff;
/// It is the first identifier of a record.
const FIRST: u16 = 0x1000;
/// It arrived a few at a time.
const STEPPED: u16 = 0x2000;
/// It has no group yet.
const UNGROUPED: u16 = 0x4000;

const KINDS_SHIFT: u32 = 24;
const SERVERS: u32 = (1 << KINDS_SHIFT) - 1;
/// Stands for every server there is no bit for.
const OTHERS: u32 = 1 << (SERVERS_MAX - 1);

/// The bit of the server with this number.
pub(super) fn server_bit(number: usize) -> u32 {
    1_u32.checked_shl(u32::try_from(number).unwrap_or(u32::MAX)).map_or(OTHERS, |bit| bit.min(OTHERS))
}

/// Whether these servers are two or more.
pub(super) fn are_several(servers: u32) -> bool {
    servers.count_ones() > 1 || servers & OTHERS != 0
}

impl Counts {
    pub(super) const NONE: Self = Self { records: 0, steps: 0, linked: 0, is_sensitive: false };
}

impl Table {
    pub(super) const EMPTY: Self =
        Self { identifiers: Vec::new(), seen: Vec::new(), groups: Vec::new(), groups_made: 0, is_full: false };

    pub(super) fn is_empty(&self) -> bool {
        self.identifiers.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn bytes(&self) -> usize {
        self.identifiers.capacity() * size_of::<u64>()
            + self.seen.capacity() * size_of::<u32>()
            + self.groups.capacity() * size_of::<u16>()
    }

    /// Enters the records that the server of this bit gave in one answer.
    pub(super) fn enter<'a>(&mut self, records: impl Iterator<Item = Record<'a>> + Clone, server: u32) -> Entered {
        self.make_room_for(records.clone().map(|record| record.identifiers));
        let mut entered = Entered::default();
        let mut places = Vec::new();
        for record in records {
            places.clear();
            places.extend(record.identifiers.iter().filter_map(|&one| self.place(one)));
            entered.incomplete += u64::from(places.len() < record.identifiers.len());
            self.unite(&places);
            let bits = server | (u32::from(record.kinds) << KINDS_SHIFT);
            for &place in &places {
                if let Some(seen) = self.seen.get_mut(place) {
                    *seen |= bits;
                }
            }
            let Some(&first) = record.identifiers.first() else { continue };
            match self.place(first).and_then(|place| self.groups.get_mut(place)) {
                Some(marks) if *marks & FIRST != 0 => {}
                Some(marks) => {
                    *marks |= FIRST;
                    entered.new.push(first);
                }
                None => entered.beyond.push(first),
            }
        }
        entered.beyond.sort_unstable();
        entered.beyond.dedup();
        entered
    }

    /// Marks what came a few at a time. Of more than a few new records, those are marked that are of a few new persons.
    pub(super) fn step(&mut self, entered: &Entered, narrow: u64) {
        let few;
        let marked = if entered.new_records() <= narrow {
            &entered.new
        } else {
            few = self.one_for_each_new_person(&entered.new);
            if few.len() as u64 <= narrow { &few } else { return }
        };
        for &first in marked {
            if let Some(marks) = self.place(first).and_then(|place| self.groups.get_mut(place)) {
                *marks |= STEPPED;
            }
        }
    }

    /// Of these first identifiers one for each group that has no others.
    fn one_for_each_new_person(&self, new: &[u64]) -> Vec<u64> {
        let mut new = new.to_vec();
        new.sort_unstable();
        let mut of_group: Vec<Option<u64>> = vec![None; usize::from(self.groups_made)];
        let mut is_older = vec![false; usize::from(self.groups_made)];
        let firsts = self.identifiers.iter().zip(&self.groups).filter(|(_, marks)| **marks & FIRST != 0);
        for (&identifier, &marks) in firsts {
            let group = usize::from(marks & GROUP);
            let is_new = new.binary_search(&identifier).is_ok();
            match (of_group.get_mut(group), is_older.get_mut(group)) {
                (Some(one), _) if is_new => *one = Some(identifier),
                (_, Some(older)) => *older = true,
                (Some(_) | None, None) => {}
            }
        }
        of_group.into_iter().zip(is_older).filter_map(|(one, is_older)| one.filter(|_| !is_older)).collect()
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let mut groups = vec![Group::default(); usize::from(self.groups_made)];
        for (&marks, &seen) in self.groups.iter().zip(&self.seen) {
            counts.records += u64::from(marks & FIRST != 0);
            counts.steps += u64::from(marks & STEPPED != 0);
            if let Some(group) = groups.get_mut(usize::from(marks & GROUP)) {
                group.seen |= seen;
                group.firsts += u16::from(marks & FIRST != 0);
                group.shared += u16::from(are_several(seen & SERVERS));
            }
        }
        for group in &groups {
            let is_sensitive = group.seen >> KINDS_SHIFT & u32::from(BEYOND_CONTACT) != 0;
            counts.is_sensitive |= is_sensitive;
            if is_sensitive && are_several(group.seen & SERVERS) {
                // Each person of whom two servers know has a first identifier, and one that both gave.
                counts.linked += u64::from(group.firsts.min(group.shared));
            }
        }
        counts
    }

    /// The identifiers here that are written like `value`, which is an identifier without its kind, and that the server
    /// of this bit did not give.
    pub(super) fn taken_elsewhere(&self, value: u64, server: u32) -> impl Iterator<Item = u64> + '_ {
        self.written_like(value).filter_map(move |(identifier, seen)| {
            let is_given = seen & server & !OTHERS != 0;
            (!is_given && seen & SERVERS != 0).then_some(identifier)
        })
    }

    /// All identifiers here that are written like `value`.
    pub(super) fn identifiers_like(&self, value: u64) -> impl Iterator<Item = u64> + '_ {
        self.written_like(value).map(|(identifier, _)| identifier)
    }

    /// How many persons these identifiers can be of.
    pub(super) fn persons(&self, identifiers: &[u64]) -> u64 {
        let mut groups: Vec<(u16, u64)> = Vec::new();
        for &identifier in identifiers {
            let Some(marks) = self.place(identifier).and_then(|place| self.groups.get(place)) else { continue };
            match groups.iter_mut().find(|(group, _)| *group == marks & GROUP) {
                Some((_, carried)) => *carried += 1,
                None => groups.push((marks & GROUP, 1)),
            }
        }
        let in_group = |group: u16| {
            let firsts = self.groups.iter().filter(|&&marks| marks & FIRST != 0 && marks & GROUP == group);
            firsts.count() as u64
        };
        groups
            .into_iter()
            .map(|(group, carried)| if carried == 1 { 1 } else { carried.min(in_group(group).max(1)) })
            .sum()
    }

    /// Adds what `other` holds, its servers in the bits that `bits` gives them. What there is no room for is given back:
    /// first identifiers, and the servers that gave any.
    pub(super) fn merge(&mut self, other: &Self, bits: impl Fn(u32) -> u32) -> (Vec<u64>, u32) {
        self.make_room_for(other.identifiers.iter().map(std::slice::from_ref));
        let (mut beyond, mut dropped) = (Vec::new(), 0);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); usize::from(other.groups_made)];
        for ((&identifier, &seen), &marks) in other.identifiers.iter().zip(&other.seen).zip(&other.groups) {
            let moved = bits(seen & SERVERS) | (seen & !SERVERS);
            let Some(place) = self.place(identifier) else {
                dropped |= moved & SERVERS;
                beyond.extend((marks & FIRST != 0).then_some(identifier));
                continue;
            };
            if let (Some(seen), Some(own)) = (self.seen.get_mut(place), self.groups.get_mut(place)) {
                *seen |= moved;
                *own |= marks & (FIRST | STEPPED);
            }
            if let Some(group) = members.get_mut(usize::from(marks & GROUP)) {
                group.push(place);
            }
        }
        for places in members {
            self.unite(&places);
        }
        self.is_full |= other.is_full;
        (beyond, dropped)
    }

    /// Finds places for the identifiers of each of these, whole as long as there is room.
    fn make_room_for<'a>(&mut self, wanted: impl Iterator<Item = &'a [u64]>) {
        let mut fresh: Vec<u64> = Vec::new();
        let mut sorted = 0;
        for identifiers in wanted {
            let before = fresh.len();
            fresh.extend(identifiers.iter().copied().filter(|&one| self.place(one).is_none()));
            if fresh.len() == before || self.identifiers.len() + fresh.len() <= IDENTIFIERS_MAX {
                continue;
            }
            let wanted = fresh.split_off(before);
            if sorted < fresh.len() {
                fresh.sort_unstable();
                fresh.dedup();
                sorted = fresh.len();
            }
            let missing: Vec<u64> = wanted.into_iter().filter(|one| !fresh.contains(one)).collect();
            if self.identifiers.len() + fresh.len() + missing.len() <= IDENTIFIERS_MAX {
                fresh.extend(missing);
            } else {
                self.is_full = true;
            }
        }
        fresh.sort_unstable();
        fresh.dedup();
        if !fresh.is_empty() {
            self.take_in(&fresh);
        }
    }

    /// Takes in identifiers that are not here, sorted.
    fn take_in(&mut self, fresh: &[u64]) {
        let length = self.identifiers.len() + fresh.len();
        // Some room to grow, or every answer would copy all that came before; never more than may be used.
        let capacity = (length + length / 4).min(IDENTIFIERS_MAX);
        let mut grown = Self {
            identifiers: Vec::with_capacity(capacity),
            seen: Vec::with_capacity(capacity),
            groups: Vec::with_capacity(capacity),
            ..*self
        };
        let mut fresh = fresh.iter().copied().peekable();
        for ((&identifier, &seen), &marks) in self.identifiers.iter().zip(&self.seen).zip(&self.groups) {
            while let Some(earlier) = fresh.next_if(|&one| one < identifier) {
                grown.push(earlier, 0, UNGROUPED);
            }
            grown.push(identifier, seen, marks);
        }
        for later in fresh {
            grown.push(later, 0, UNGROUPED);
        }
        *self = grown;
    }

    fn push(&mut self, identifier: u64, seen: u32, marks: u16) {
        self.identifiers.push(identifier);
        self.seen.push(seen);
        self.groups.push(marks);
    }

    fn place(&self, identifier: u64) -> Option<usize> {
        self.identifiers.binary_search(&identifier).ok()
    }

    /// Makes one group of everything at `places` and what belongs to it.
    fn unite(&mut self, places: &[usize]) {
        let mut group = None;
        for &place in places {
            let Some(&marks) = self.groups.get(place) else { continue };
            match group {
                _ if marks & UNGROUPED != 0 => {}
                None => group = Some(marks & GROUP),
                Some(group) if group == marks & GROUP => {}
                Some(group) => self.relabel(marks & GROUP, group),
            }
        }
        // INVARIANT: a group is made only for an identifier that had none, so there are at most IDENTIFIERS_MAX.
        let made = self.groups_made;
        let group = group.unwrap_or(made);
        for &place in places {
            if let Some(marks) = self.groups.get_mut(place)
                && *marks & UNGROUPED != 0
            {
                *marks = (*marks & !(GROUP | UNGROUPED)) | group;
                self.groups_made = self.groups_made.max(group + 1);
            }
        }
    }

    fn relabel(&mut self, from: u16, to: u16) {
        for marks in self.groups.iter_mut().filter(|marks| **marks & (GROUP | UNGROUPED) == from) {
            *marks = (*marks & !GROUP) | to;
        }
    }

    fn written_like(&self, value: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let from = self.identifiers.partition_point(|&one| one < value);
        let all = self.identifiers.iter().zip(&self.seen).skip(from);
        all.map(|(&identifier, &seen)| (identifier, seen)).take_while(move |(one, _)| without_sort(*one) == value)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    seen: u32,
    firsts: u16,
    shared: u16,
}

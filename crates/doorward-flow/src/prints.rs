//! Fingerprints of text that was read, to find it again in what is sent.
//!
//! Responsible for saying which source stretches of a text were taken from (DEFENCES §2.3, tier 3), by winnowing over
//! letters and digits, and for finding known secrets of any length. It is evidence: it explains, and it may spare a question;
//! what it does not find may still be there, in other words or encrypted. So it must never turn what a label forbids into
//! an allow. It must never keep text, only keyed hashes.

pub mod limits;
mod secrets;
mod table;
#[cfg(test)]
mod tests;
mod winnow;

use doorward_core::flow::Confidentiality;

use crate::decode;
use limits::{HITS_MIN, PRINTS_MAX, SOURCE_BYTES, SOURCES_MAX, WINDOW};
use secrets::Secrets;
use table::Table;

pub use winnow::PrintKey;

/// The fingerprints of what one context has read. An empty one takes no memory to speak of.
#[derive(Debug, Clone, Default)]
pub struct Prints {
    table: Table,
    /// By the number the table knows them under.
    sources: Vec<Option<Source>>,
    /// Grows with every text; tells which source was read last.
    age: u64,
    secrets: Secrets,
}

/// A source that text was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The source, by the number it was indexed under; of text that was read several times, the first.
    pub source: u32,
    /// How many different fingerprints it shares; for a secret, 1 for each place where it stands.
    pub hits: u32,
    /// About how many bytes of the text are the source's.
    pub bytes: u32,
}

#[derive(Debug, Clone, Copy)]
struct Source {
    number: u32,
    confidentiality: Confidentiality,
    age: u64,
    bytes: usize,
    prints: usize,
}

/// A fingerprint that a text shares with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    slot: usize,
    print: u64,
    layer: usize,
    start: usize,
    end: usize,
}

impl Prints {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a text of the source with this number. When there is no room, what is least confidential and then oldest
    /// goes; a text less confidential than all the rest is not taken in.
    pub fn index(&mut self, key: &PrintKey, source: u32, confidentiality: Confidentiality, text: &str) {
        let text = text.get(..text.floor_char_boundary(SOURCE_BYTES)).unwrap_or_default();
        let mut prints = Vec::with_capacity(text.len() / WINDOW);
        winnow::each(key, text, &mut |print, _| prints.push(print));
        prints.sort_unstable();
        prints.dedup();
        let all = prints.len();
        self.age += 1;
        self.leave_out_known(confidentiality, &mut prints);
        if prints.is_empty() {
            return;
        }
        let bytes = text.len() * prints.len() / all;
        if !self.has_made_room(bytes, prints.len(), confidentiality) {
            return;
        }
        let Some(slot) = self.slot(source) else { return };
        if let Some(place) = self.sources.get_mut(slot) {
            let before =
                place.map_or((Confidentiality::Public, 0, 0), |old| (old.confidentiality, old.bytes, old.prints));
            *place = Some(Source {
                number: source,
                confidentiality: before.0.max(confidentiality),
                age: self.age,
                bytes: before.1 + bytes,
                prints: before.2 + prints.len(),
            });
        }
        self.table.reserve(prints.len());
        prints.into_iter().for_each(|print| self.table.insert(print, slot));
    }

    /// Takes in a value that is to be found wherever it stands, however short.
    pub fn secret(&mut self, key: &PrintKey, source: u32, value: &str) {
        self.secrets.insert(key, source, value);
    }

    /// The sources from which `text` was taken, decoded where it is encoded; in the order of their numbers.
    #[must_use]
    pub fn matches(&self, key: &PrintKey, text: &str) -> Vec<Match> {
        let mut hits = Vec::new();
        let mut found: Vec<Match> = Vec::new();
        if self.table.is_empty() && self.secrets.is_empty() {
            return found;
        }
        for (layer, text) in decode::layers(text).iter().enumerate() {
            winnow::each(key, text, &mut |print, place| {
                self.table.find(print, &mut |slot| {
                    hits.push(Hit { slot, print, layer, start: place.start, end: place.end });
                });
            });
            self.secrets.each(key, text, &mut |source, bytes| found.push(Match { source, hits: 1, bytes }));
        }
        // A fingerprint counts once, where it stands first.
        hits.sort_unstable();
        hits.dedup_by_key(|hit| (hit.slot, hit.print));
        hits.sort_unstable_by_key(|hit| (hit.slot, hit.layer, hit.start));
        found.extend(hits.chunk_by(|one, other| one.slot == other.slot).filter_map(|hits| self.match_of(hits)));
        found.sort_unstable();
        let mut matches: Vec<Match> = Vec::new();
        for one in found {
            match matches.last_mut() {
                Some(last) if last.source == one.source => {
                    last.hits = last.hits.saturating_add(one.hits);
                    last.bytes = last.bytes.saturating_add(one.bytes);
                }
                Some(_) | None => matches.push(one),
            }
        }
        matches
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.table.bytes()
            + self.sources.capacity() * size_of::<Option<Source>>()
            + self.secrets.bytes()
    }

    /// Removes from `prints` what is known, when nearly all of it is from one source as confidential as this: it is being
    /// read again, and what is read often is no stock phrase for that.
    fn leave_out_known(&mut self, confidentiality: Confidentiality, prints: &mut Vec<u64>) {
        let mut shared = vec![0_usize; self.sources.len()];
        for &print in prints.iter() {
            self.table.find(print, &mut |slot| {
                if let Some(count) = shared.get_mut(slot) {
                    *count += 1;
                }
            });
        }
        let Some((slot, most)) = shared.iter().enumerate().max_by_key(|(_, count)| **count) else { return };
        let Some(Some(source)) = self.sources.get_mut(slot) else { return };
        if *most * 4 >= prints.len() * 3 && source.confidentiality >= confidentiality {
            source.age = self.age;
            prints.retain(|&print| {
                let mut is_known = false;
                self.table.find(print, &mut |of| is_known |= of == slot);
                !is_known
            });
        }
    }

    /// Whether there is room for a text; lets others go for it, if that helps.
    fn has_made_room(&mut self, bytes: usize, prints: usize, confidentiality: Confidentiality) -> bool {
        let taken: usize = self.sources.iter().flatten().map(|source| source.bytes).sum();
        let mut over_bytes = (taken + bytes).saturating_sub(SOURCE_BYTES);
        let mut over_prints = (self.table.len() + prints).saturating_sub(PRINTS_MAX);
        let mut over_sources = (self.sources.iter().flatten().count() + 1).saturating_sub(SOURCES_MAX);
        if over_bytes + over_prints + over_sources == 0 {
            return true;
        }
        let mut others: Vec<(Confidentiality, u64, usize)> = Vec::new();
        for (slot, source) in self.sources.iter().enumerate() {
            others.extend(source.map(|source| (source.confidentiality, source.age, slot)));
        }
        others.retain(|other| other.0 <= confidentiality);
        others.sort_unstable();
        // Some more than needed, so that not every further text has to make room.
        let (mut spare, mut gone) = (SOURCE_BYTES / 8, Vec::new());
        for (_, _, slot) in others {
            let Some(Some(source)) = self.sources.get(slot) else { continue };
            if over_bytes + over_prints + over_sources == 0 {
                if source.bytes > spare {
                    break;
                }
                spare -= source.bytes;
            }
            over_bytes = over_bytes.saturating_sub(source.bytes);
            over_prints = over_prints.saturating_sub(source.prints);
            over_sources = over_sources.saturating_sub(1);
            gone.push(slot);
        }
        if over_bytes + over_prints + over_sources > 0 {
            return false;
        }
        for &slot in &gone {
            if let Some(place) = self.sources.get_mut(slot) {
                *place = None;
            }
        }
        self.table.retain(&|slot| matches!(self.sources.get(slot), Some(Some(_))));
        true
    }

    /// What the table knows this source under.
    fn slot(&mut self, number: u32) -> Option<usize> {
        let is_it = |place: &Option<Source>| place.is_some_and(|source| source.number == number);
        let known = self.sources.iter().position(is_it).or_else(|| self.sources.iter().position(Option::is_none));
        if known.is_none() && self.sources.len() < SOURCES_MAX {
            self.sources.push(None);
            return Some(self.sources.len() - 1);
        }
        known
    }

    /// What these hits in one source come to.
    fn match_of(&self, hits: &[Hit]) -> Option<Match> {
        let source = self.sources.get(hits.first()?.slot).copied().flatten()?;
        if hits.len() < HITS_MIN {
            return None;
        }
        let (mut bytes, mut layer, mut until) = (0, 0, 0);
        for hit in hits {
            if hit.layer != layer {
                (layer, until) = (hit.layer, 0);
            }
            bytes += hit.end.saturating_sub(hit.start.max(until));
            until = until.max(hit.end);
        }
        Some(Match { source: source.number, hits: small(hits.len()), bytes: small(bytes) })
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

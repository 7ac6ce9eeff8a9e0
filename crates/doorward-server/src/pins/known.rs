//! What is known of definitions, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use doorward_core::ids::ServerId;
use doorward_core::time::Timestamp;
use doorward_registry::{Approval, Definition, Digest, Key, Kind, Neighbourhood, Pin, Remark, State};
use doorward_store::{PinKey, PinRow, PinnedText, Sight, Trust};

use crate::limits::{PINS_BYTES_MAX, PINS_PER_KIND_MAX};

/// All pins, as far as read.
#[derive(Debug, Default)]
pub(super) struct Known {
    servers: BTreeMap<ServerId, BTreeMap<Kind, HashMap<Arc<str>, Pin>>>,
    /// Bytes of approved text, by server.
    bytes: BTreeMap<ServerId, usize>,
    /// Servers with more things of a kind than there is room for.
    crowded: BTreeSet<(ServerId, Kind)>,
    /// What somebody forgot, until it is seen again: nothing can be said of it.
    forgotten: BTreeSet<Key>,
    /// The number of the last change that was read.
    change: i64,
    /// When the store was last read.
    checked: Option<Instant>,
    /// Made when it is needed, until a tool changes.
    neighbourhood: Option<Neighbourhood>,
}

/// How a definition meets what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// Nothing was known of it.
    First,
    /// It is what was seen last, or says no more than what is approved.
    Same,
    /// It is another.
    Changed,
}

/// Whether something was taken in.
#[derive(Debug)]
pub(super) enum Room {
    /// It was; what is to be kept of it, if anything is new.
    Kept(Option<Sight>),
    /// There is no room.
    None,
}

impl Known {
    pub(super) const fn change(&self) -> i64 {
        self.change
    }

    pub(super) const fn checked(&self) -> Option<Instant> {
        self.checked
    }

    pub(super) fn pin(&self, key: &Key) -> Option<&Pin> {
        self.servers.get(&key.server)?.get(&key.kind)?.get(&key.name)
    }

    /// Whether it is exactly what was seen last, and approved.
    pub(super) fn is_as_known(&self, definition: &Definition) -> bool {
        self.pin(definition.key()).is_some_and(|pin| pin.seen == definition.digest() && pin.state() == State::Approved)
    }

    pub(super) fn met(&self, definition: &Definition) -> Met {
        match self.pin(definition.key()) {
            None => Met::First,
            Some(pin) if pin.seen == version(Some(pin), definition).0 => Met::Same,
            Some(_) => Met::Changed,
        }
    }

    /// What there is to say of it among the tools of other servers; `own` tells the server's own, if they were seen.
    pub(super) fn remarks(&mut self, definition: &Definition, own: Option<&dyn Fn(&str) -> bool>) -> Vec<Remark> {
        let servers = &self.servers;
        self.neighbourhood.get_or_insert_with(|| neighbourhood(servers)).remarks(definition, own)
    }

    /// Whether something that nothing is known of may have been seen without room for it. Resources are read by names that
    /// no list has, so nothing can be said of them.
    pub(super) fn is_crowded(&self, key: &Key) -> bool {
        matches!(key.kind, Kind::Tool | Kind::Prompt) && self.crowded.contains(&(key.server.clone(), key.kind))
    }

    /// Takes in what was seen.
    pub(super) fn take_in(
        &mut self,
        definition: &Definition,
        trust: Trust,
        findings: Vec<String>,
        at: Timestamp,
    ) -> Room {
        let (key, met) = (definition.key(), self.met(definition));
        let before = self.pin(key).cloned();
        let approval = || Approval { digest: definition.digest(), text: definition.text().clone(), at, by: None };
        let (seen, text) = version(before.as_ref(), definition);
        let by_nobody = |pin: &Pin| pin.approved.as_ref().is_some_and(|approved| approved.by.is_none());
        let after = match (before.clone(), met, trust) {
            (None, _, Trust::First) => Pin { approved: Some(approval()), seen, rejected: None },
            (None, ..) => Pin { approved: None, seen, rejected: None },
            (Some(pin), _, Trust::Withdrawn) if by_nobody(&pin) && pin.state() == State::Approved => {
                Pin { approved: None, ..pin }
            }
            (Some(pin), Met::Changed, Trust::Follow) if by_nobody(&pin) => {
                Pin { approved: Some(approval()), seen, ..pin }
            }
            (Some(pin), Met::Changed, _) => Pin { seen, ..pin },
            (Some(pin), Met::Same | Met::First, _) => pin,
        };
        if before.as_ref() == Some(&after) {
            return Room::Kept(None);
        }
        if !self.put(key, after) {
            self.crowded.insert((key.server.clone(), key.kind));
            return Room::None;
        }
        Room::Kept(Some(Sight {
            key: row_key(key),
            seen: PinnedText { digest: *seen.as_bytes(), text: text.to_string() },
            findings,
            trust,
        }))
    }

    /// Takes in what the store says; it holds for what several gateways have seen.
    pub(super) fn read(&mut self, rows: Vec<PinRow>, newest: i64, at: Instant) {
        for row in rows {
            let Some((key, pin)) = pin_of(row) else { continue };
            self.put(&key, pin);
        }
        (self.change, self.checked) = (newest, Some(at));
    }

    /// Reads everything there is, because something was forgotten. What was seen and is not kept yet, the store cannot know:
    /// it stays.
    pub(super) fn read_all(&mut self, rows: Vec<PinRow>, newest: i64, at: Instant, unkept: &[Sight]) {
        let (crowded, forgotten) = (self.crowded.clone(), std::mem::take(&mut self.forgotten));
        let before = std::mem::replace(self, Self { crowded, forgotten, ..Self::default() });
        self.read(rows, newest, at);
        for key in unkept.iter().filter_map(|sight| key_of(&sight.key)) {
            if let (None, Some(pin)) = (self.pin(&key), before.pin(&key)) {
                self.put(&key, pin.clone());
            }
        }
        for (server, kinds) in before.servers {
            for (kind, pins) in kinds {
                let keys = pins.into_keys().map(|name| Key { server: server.clone(), kind, name });
                let gone: Vec<Key> = keys.filter(|key| self.pin(key).is_none()).collect();
                self.forgotten.extend(gone);
            }
        }
    }

    /// Whether it was forgotten, and not seen again since.
    pub(super) fn is_forgotten(&self, key: &Key) -> bool {
        self.forgotten.contains(key)
    }

    /// Whether there was room.
    fn put(&mut self, key: &Key, pin: Pin) -> bool {
        let weight = |pin: &Pin| pin.approved.as_ref().map_or(0, |approved| approved.text.len());
        let bytes = self.bytes.entry(key.server.clone()).or_default();
        let pins = self.servers.entry(key.server.clone()).or_default().entry(key.kind).or_default();
        let before = pins.get(&key.name).map(weight);
        let after = bytes.saturating_sub(before.unwrap_or(0)).saturating_add(weight(&pin));
        if (before.is_none() && pins.len() >= PINS_PER_KIND_MAX) || after > PINS_BYTES_MAX {
            return false;
        }
        *bytes = after;
        self.forgotten.remove(key);
        let approved = pin.approved.clone();
        let before = pins.insert(key.name.clone(), pin).and_then(|pin| pin.approved);
        if key.kind == Kind::Tool {
            self.meet_neighbours(key, before.map(|approved| approved.digest), approved);
        }
        true
    }

    /// Making the neighbourhood anew for every tool of a long list would take too long.
    fn meet_neighbours(&mut self, key: &Key, before: Option<Digest>, after: Option<Approval>) {
        match (before, after) {
            (None, None) => {}
            (Some(before), Some(after)) if before == after.digest => {}
            (None, Some(after)) => {
                if let Some(neighbourhood) = &mut self.neighbourhood {
                    neighbourhood.add(&key.server, &key.name, Some(&after.text));
                }
            }
            (Some(_), _) => self.neighbourhood = None,
        }
    }
}

/// The version that a definition stands for: what says no more than what is approved stands for that. Lists for clients of
/// several revisions must not take turns at being the last one seen.
fn version(pin: Option<&Pin>, definition: &Definition) -> (Digest, Arc<str>) {
    match pin.and_then(|pin| pin.approved.as_ref()) {
        Some(approved) if approved.digest != definition.digest() && definition.says_no_more_than(&approved.text) => {
            (approved.digest, approved.text.clone())
        }
        Some(_) | None => (definition.digest(), definition.text().clone()),
    }
}

/// Tools that were rejected, or never approved, are not what others are held against.
fn neighbourhood(servers: &BTreeMap<ServerId, BTreeMap<Kind, HashMap<Arc<str>, Pin>>>) -> Neighbourhood {
    let mut neighbourhood = Neighbourhood::default();
    for (server, kinds) in servers {
        for (name, pin) in kinds.get(&Kind::Tool).into_iter().flatten() {
            if let Some(approved) = &pin.approved {
                neighbourhood.add(server, name, Some(&approved.text));
            }
        }
    }
    neighbourhood
}

pub(super) fn row_key(key: &Key) -> PinKey {
    PinKey {
        server: key.server.as_str().to_owned(),
        kind: key.kind.name().to_owned(),
        name: key.name.as_ref().to_owned(),
    }
}

fn key_of(key: &PinKey) -> Option<Key> {
    Some(Key {
        server: ServerId::parse(&key.server).ok()?,
        kind: Kind::parse(&key.kind)?,
        name: key.name.as_str().into(),
    })
}

/// A row of the store as a pin; `None` when a later gateway wrote it, or nobody could use it.
#[must_use]
pub fn pin_of(row: PinRow) -> Option<(Key, Pin)> {
    let key = key_of(&row.key)?;
    let digest = |bytes: &[u8; 32]| Digest::from_bytes(bytes);
    let approved = match row.approved {
        Some(approved) => Some(Approval {
            digest: digest(&approved.version.digest)?,
            text: approved.version.text.into(),
            at: approved.at,
            by: approved.by.map(Arc::from),
        }),
        None => None,
    };
    let rejected = row.rejected.and_then(|rejected| digest(&rejected.digest));
    Some((key, Pin { approved, seen: digest(&row.seen.digest)?, rejected }))
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_not_taken_for_unknown() {
        let server = ServerId::parse("many").unwrap();
        let tool = |number: usize| {
            let json = format!("{{\"name\":\"tool-{number}\"}}");
            let json = RawJson::parse(json, &Limits::for_results()).unwrap();
            Definition::of(Key::of_item(&server, Kind::Tool, json.as_raw()).unwrap(), json.as_raw())
        };
        let mut known = Known::default();
        let mut take = |number| {
            let room = known.take_in(&tool(number), Trust::First, Vec::new(), Timestamp::from_micros(0));
            (matches!(room, Room::Kept(_)), known.is_crowded(tool(PINS_PER_KIND_MAX + 1).key()))
        };
        assert!((0..PINS_PER_KIND_MAX).all(|number| take(number) == (true, false)));
        assert_eq!(take(PINS_PER_KIND_MAX), (false, true));
    }
}

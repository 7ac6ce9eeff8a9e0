//! Which context a call belongs to, and all contexts that live (DEFENCES §2.1).
//!
//! Responsible for the merge-only rule: what a message says of its unit of work tells histories apart only as far as it is
//! to be trusted. Signed names do. Declared names and handles do for clients that are registered as honest; for all others
//! they are read together with everything their principal does with that client. Sessions, traces and processes only ever
//! merge. So no name that is forged, swapped or left out leads to a label below that of the context it hides.
//!
//! It never decides anything, holds no word of a message, and knows neither clock nor randomness.

mod fading;
mod family;
pub mod limits;
mod naming;
mod place;
mod pressure;
mod remainders;
mod resolve;
mod shelf;
mod slot;
mod task;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use doorward_core::flow::{ContextId, Ground, Handle, Label};
use doorward_core::time::Timestamp;

use family::{Family, Names};
use limits::{CONTEXTS_BYTES_MAX, CONTEXTS_MAX};
use naming::Naming;
use place::Member;
pub use place::{HandleSeen, Honesty, Place, Reach, Trail};
use remainders::Remainders;
use shelf::{Room, Shelf, Tally, locked};
use slot::Slot;
pub use task::{Budget, Channel, Task, UnfitTask};

/// What is kept with a context beside its label. It never decides what the label is.
pub trait Body {
    /// About how many bytes it holds, itself included. Asked after every use, so quick to answer.
    fn bytes(&self) -> usize;

    /// Its context is over, or there is no room for it: told once, before it goes. Not when it is in use just then. It is
    /// called under a lock and must not come back here.
    fn ended(&mut self) {}

    /// Lets go of what only ever permits (endorsements, fingerprints); what only ever forbids (counts) stays.
    ///
    /// It stays as long as there is room for it: if shedding was not enough, whole bodies go, with their counts, those first
    /// that were used least lately. The label alone is never lost, so what must hold whatever happens belongs there.
    fn shed(&mut self);
}

/// What is kept of one context, while it is worked with.
#[derive(Debug)]
pub struct Entry<'a, T> {
    /// The effective label when the work began. Only [`Contexts::raise`] changes it.
    pub label: &'a Label,
    /// What is kept with it.
    pub body: &'a mut T,
}

/// How much there is room for.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Most contexts of all kinds.
    pub contexts: usize,
    /// Most bytes, as contexts and bodies count themselves.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { contexts: CONTEXTS_MAX, bytes: CONTEXTS_BYTES_MAX }
    }
}

/// What all contexts come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// How many there are, of all kinds.
    pub contexts: usize,
    /// How many bytes they count.
    pub bytes: usize,
}

/// A context that was opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What its principal names it by.
    pub handle: Handle,
    /// What a record keeps of it.
    pub trail: Trail,
    /// What it begins with.
    pub label: Label,
}

/// All contexts that live. Any number of threads may use it at once.
pub struct Contexts<T: Body> {
    naming: Naming,
    begin: Box<dyn Fn(&Place) -> T + Send + Sync>,
    bounds: Bounds,
    slots: Shelf<Slot<T>>,
    families: Shelf<Family<T>>,
    remainders: Remainders,
    tally: Arc<Tally>,
    relief: Mutex<()>,
}

impl<T: Body> Contexts<T> {
    /// None yet. Ids are made with `key`: labels can be brought back after a restart only under the same one. `begin`
    /// makes the body of a context when it is first worked with, which may be long after its label was raised; it is
    /// called under a lock and must not come back here.
    #[must_use]
    pub fn new(key: &[u8; 32], bounds: Bounds, begin: impl Fn(&Place) -> T + Send + Sync + 'static) -> Self {
        let tally = Arc::new(Tally::default());
        Self {
            naming: Naming::new(key),
            begin: Box::new(begin),
            bounds,
            slots: Shelf::new(Arc::clone(&tally)),
            families: Shelf::new(Arc::clone(&tally)),
            remainders: Remainders::new(),
            tally,
            relief: Mutex::new(()),
        }
    }

    /// Works with what is kept of the context itself. Not to be called from within `act`, which may take its time: only
    /// others that want the same context wait for it.
    pub fn with<R>(&self, place: &Place, now: Timestamp, act: impl FnOnce(&mut Entry<'_, T>) -> R) -> R {
        let label = self.effective(place, now);
        let room = self.in_room(place, now, |room| room.open(|| (self.begin)(place)));
        let (result, bytes) = {
            let mut body = locked(&room);
            let result = act(&mut Entry { label: &label, body: &mut *body });
            (result, body.bytes())
        };
        self.in_room(place, now, |own| own.weigh(&room, bytes));
        self.relieve(now);
        result
    }

    /// The label that the place is read with now: never below the one it was resolved with.
    #[must_use]
    pub fn effective(&self, place: &Place, now: Timestamp) -> Label {
        let Trail { family, reach, members, .. } = &place.trail;
        let mut label = place.label.clone();
        for member in members.iter().filter(|member| member.is_named() || *reach == Reach::Together) {
            self.slots.visit(member.id, |spot| match spot {
                Some(slot) => slot.label().add_to(&mut label),
                None => fading::join_into(&mut label, &self.beginning(*member, *family, *reach, now)),
            });
        }
        self.families.visit(*family, |spot| match spot {
            Some(family) => family.add_for(*reach, &mut label),
            None => Family::<T>::new(&self.remainders.of(*family, now), now).add_for(*reach, &mut label),
        });
        label
    }

    /// Raises the label of every context of the place, of those it was opened in, and of the principal's own. To be called
    /// before the answer goes on: what was released first was read without being known.
    pub fn raise(&self, place: &Place, label: &Label, now: Timestamp) {
        self.restore(&place.trail, label, now);
    }

    /// Brings back a label that records tell of, last seen then. In any order, and as often as one likes.
    pub fn restore(&self, trail: &Trail, label: &Label, seen: Timestamp) {
        let Trail { family, reach, members, above, .. } = trail;
        let names = if members.iter().any(Member::is_named) { Names::Own } else { Names::None };
        let (mut named, mut correlated) = (Label::default(), Label::default());
        for member in members {
            self.slots.visit(member.id, |spot| {
                let slot = spot.get_or_insert_with(|| self.slot_again(*member, trail, seen));
                slot.raise(label, seen);
                slot.label().add_to(if member.is_named() { &mut named } else { &mut correlated });
            });
        }
        self.families.visit(*family, |spot| {
            let family = self.family(spot, *family, seen);
            family.raise(label, names, *reach, seen);
            // As when the message came: what its contexts held by then is known to whoever leaves out their names.
            family.meet(&named, &correlated, *reach, seen);
        });
        for member in above {
            self.slots.visit(member.id, |spot| {
                let begin = || self.new_slot(*member, *family, Reach::Apart, &Label::default(), seen);
                spot.get_or_insert_with(begin).raise(label, seen);
            });
        }
        self.relieve(seen);
    }

    /// Opens a context of its own for `task`, by a message that belongs to `place`; `random` was never used before. It
    /// begins with that place's label, and what is read in it is told to that place, unless a person opened it.
    ///
    /// # Errors
    /// [`UnfitTask::Depth`] below too many others, [`UnfitTask::Random`] for bytes that were used before.
    pub fn open(&self, place: &Place, task: Task, random: [u8; 16], now: Timestamp) -> Result<Opened, UnfitTask> {
        let handle = self.naming.handle(random);
        let id = self.naming.of_handle(&handle).ok_or(UnfitTask::Random)?;
        let family = place.trail.family;
        let member = Member { id, ground: Ground::Declared };
        let (label, above) = match task.channel() {
            Channel::Person => (Label::default(), Vec::new()),
            Channel::Signed | Channel::Call => (self.effective(place, now), place.trail.opens_in()?),
        };
        let label = self.slots.visit(id, |spot| {
            if spot.is_some() {
                return Err(UnfitTask::Random);
            }
            let mut label = label;
            fading::join_into(&mut label, &self.beginning(member, family, Reach::Together, now));
            let mut slot = Slot::new(member.ground, family, label.clone(), now);
            slot.above = above.clone().into();
            slot.task = Some(Arc::new(task));
            *spot = Some(slot);
            Ok(label)
        })?;
        self.families.visit(family, |spot| {
            self.family(spot, family, now).meet(&label, &Label::default(), Reach::Apart, now);
        });
        self.relieve(now);
        let (ground, reach) = (member.ground, Reach::Apart);
        let trail = Trail { family, primary: id, ground, reach, members: [member].into(), above: above.into() };
        Ok(Opened { handle, trail, label })
    }

    /// Takes away what is over. Nothing depends on it but memory.
    pub fn sweep(&self, now: Timestamp) {
        self.slots.sweep(now);
        self.families.sweep(now);
    }

    /// What there is.
    #[must_use]
    pub fn held(&self) -> Held {
        let Tally { count, bytes } = &*self.tally;
        Held { contexts: count.load(Ordering::Relaxed), bytes: bytes.load(Ordering::Relaxed) }
    }

    fn in_room<R>(&self, place: &Place, now: Timestamp, act: impl FnOnce(&mut Room<T>) -> R) -> R {
        let Trail { family, primary, members, .. } = &place.trail;
        match members.iter().find(|member| member.id == *primary) {
            None => self.families.visit(*family, |spot| act(&mut self.family(spot, *family, now).room)),
            Some(member) => self.slots.visit(*primary, |spot| {
                act(&mut spot.get_or_insert_with(|| self.slot_again(*member, &place.trail, now)).room)
            }),
        }
    }

    /// Under the lock of the family alone, or of it and one context.
    fn family<'a>(&self, spot: &'a mut Option<Family<T>>, id: ContextId, now: Timestamp) -> &'a mut Family<T> {
        spot.get_or_insert_with(|| Family::new(&self.remainders.of(id, now), now))
    }

    /// A context that is entered for the first time, or again after it was dropped. Under the lock of its place, so that
    /// what was handed over before it was dropped is seen.
    fn new_slot(&self, member: Member, family: ContextId, reach: Reach, creator: &Label, now: Timestamp) -> Slot<T> {
        let mut label = self.beginning(member, family, reach, now);
        match (member.ground, reach) {
            (Ground::Declared, Reach::Alone) => fading::join_into(&mut label, creator),
            (Ground::Declared, Reach::Apart | Reach::Together) => {}
            (Ground::Signed | Ground::Correlated | Ground::Fallback, _) => {}
        }
        Slot::new(member.ground, family, label, now)
    }

    /// A context that was dropped while a message was under way, or with the process.
    fn slot_again(&self, member: Member, trail: &Trail, now: Timestamp) -> Slot<T> {
        let mut slot = self.new_slot(member, trail.family, trail.reach, &Label::default(), now);
        if member.is_named() {
            slot.above = trail.above.iter().copied().filter(|above| above.id != member.id).collect();
        }
        slot
    }

    /// What a context begins with. A signed one with nothing but what it may have held before it was dropped. A declared
    /// one that is to be told apart with what its principal knows: text that was read cannot wash itself clean by having a
    /// new context begun. One that is not told apart is read together with that in any case.
    fn beginning(&self, member: Member, family: ContextId, reach: Reach, now: Timestamp) -> Label {
        let of_family = |add: fn(&Family<T>, &mut Label)| {
            self.families.visit(family, |spot| {
                let mut label = Label::default();
                match spot {
                    Some(family) => add(family, &mut label),
                    None => add(&Family::new(&self.remainders.of(family, now), now), &mut label),
                }
                label
            })
        };
        match (member.ground, reach) {
            (Ground::Declared, Reach::Apart) => of_family(Family::add_whole),
            (Ground::Signed, _) | (Ground::Declared, Reach::Alone | Reach::Together) => of_family(Family::add_dropped),
            (Ground::Correlated | Ground::Fallback, _) => self.remainders.of(member.id, now),
        }
    }
}

impl<T: Body> std::fmt::Debug for Contexts<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contexts").field("held", &self.held()).finish_non_exhaustive()
    }
}

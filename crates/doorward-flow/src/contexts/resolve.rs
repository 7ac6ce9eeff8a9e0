//! From what a message says of its unit of work to where it belongs.
//!
//! Responsible for the merge-only rule. Every context that a message names is entered; how many others its label is joined
//! with depends on the least that can be believed.

use std::sync::Arc;

use doorward_core::flow::{Carried, CarriedBy, ContextId, Ground, Hints, Label, SignedUnit};
use doorward_core::principal::Principal;
use doorward_core::time::Timestamp;

use super::fading::join_into;
use super::limits::DEPTH_MAX;
use super::naming::Kind;
use super::place::{HandleSeen, Honesty, Member, Place, Reach, Trail};
use super::shelf::Kept;
use super::task::Task;
use super::{Body, Contexts};

impl<T: Body> Contexts<T> {
    /// Where a message of `who` with these hints belongs.
    #[must_use]
    pub fn resolve(&self, who: &Principal, hints: &Hints, honesty: Honesty, now: Timestamp) -> Place {
        let family = self.naming.family(who);
        self.families.visit(family, |spot| self.family(spot, family, now).touch(now));
        let (handle, opened) = self.look_up(hints.handle(), family, now);
        let reach = reach(hints, honesty, opened);
        let members = self.members(who, hints, family, opened);
        let entered = self.enter(&members, hints.unit().map(AsRef::as_ref), (family, reach), now);
        let label = self.families.visit(family, |spot| {
            let family = self.family(spot, family, now);
            family.meet(&entered.named, &entered.correlated, reach, now);
            let mut label = entered.named;
            match reach {
                Reach::Alone | Reach::Apart => {}
                Reach::Together => join_into(&mut label, &entered.correlated),
            }
            family.add_for(reach, &mut label);
            label
        });
        self.relieve(now);
        let ground = members.iter().map(|member| member.ground).min().unwrap_or(Ground::Fallback);
        let named = members.first().filter(|member| member.is_named()).map_or(family, |member| member.id);
        let within = |signed: ContextId| entered.opened_in.iter().any(|one| one.id == signed);
        let (primary, task) = match opened.filter(|_| ground != Ground::Signed || within(named)) {
            Some((id, _)) => (id, entered.task),
            None => (named, None),
        };
        let trail = Trail { family, primary, ground, reach, members: members.into(), above: entered.above.into() };
        Place { trail, label, handle, mission: entered.mission, task }
    }

    /// What a handle is worth to `family`. One that is not good is as good as none.
    fn look_up(&self, carried: Option<Carried>, family: ContextId, now: Timestamp) -> (HandleSeen, Option<Opening>) {
        let Some(Carried { handle, by }) = carried else { return (HandleSeen::Absent, None) };
        let Some(id) = self.naming.of_handle(&handle) else { return (HandleSeen::Forged, None) };
        let seen = self.slots.visit(id, |spot| match spot {
            None => HandleSeen::Lost,
            Some(slot) if slot.family != family => HandleSeen::Foreign,
            Some(slot) if slot.is_over(now) => HandleSeen::Lost,
            Some(_) => HandleSeen::Good,
        });
        (seen, (seen == HandleSeen::Good).then_some((id, by)))
    }

    /// Every context that the message names, the surest first.
    fn members(&self, who: &Principal, hints: &Hints, family: ContextId, opened: Option<Opening>) -> Vec<Member> {
        let named = |kind, text: &str| self.naming.named(kind, family, text.as_bytes());
        let person = self.naming.person(who);
        let correlated = |kind, bytes: &[u8]| self.naming.named(kind, person, bytes);
        let member = |ground: Ground, id: Option<ContextId>| id.map(|id| Member { id, ground });
        let all = [
            member(Ground::Signed, hints.signed().map(|text| named(Kind::Signed, text))),
            member(Ground::Declared, opened.map(|(id, _)| id)),
            member(Ground::Declared, hints.declared().map(|text| named(Kind::Declared, text))),
            member(Ground::Correlated, hints.session().map(|text| correlated(Kind::Session, text.as_bytes()))),
            member(Ground::Correlated, hints.trace().map(|text| correlated(Kind::Trace, text.as_bytes()))),
            member(Ground::Correlated, hints.process().map(|number| correlated(Kind::Process, &number.to_be_bytes()))),
        ];
        all.into_iter().flatten().collect()
    }

    /// Enters each of the contexts: one that nobody used for long begins again.
    fn enter(
        &self,
        members: &[Member],
        unit: Option<&SignedUnit>,
        (family, reach): (ContextId, Reach),
        now: Timestamp,
    ) -> Entered {
        let mut entered = Entered::default();
        for member in members {
            let Entered { named, correlated, .. } = &mut entered;
            let (slot_above, task) = self.slots.visit(member.id, |spot| {
                if let Some(mut over) = spot.take_if(|slot| slot.is_over(now)) {
                    over.room.clear();
                }
                let slot = spot.get_or_insert_with(|| self.new_slot(*member, family, reach, named, now));
                slot.touch(now);
                slot.label().add_to(if member.is_named() { named } else { correlated });
                if let Some(unit) = unit.filter(|_| member.ground == Ground::Signed) {
                    slot.sign(unit);
                }
                (slot.above.clone(), slot.task.clone())
            });
            entered.above.extend(slot_above.iter().copied());
            match task {
                Some(task) if member.ground == Ground::Signed => entered.mission = Some(task),
                Some(task) => {
                    entered.opened_in = slot_above;
                    entered.task = Some(task);
                }
                None => {}
            }
        }
        entered.above.sort_unstable();
        entered.above.dedup();
        entered.above.truncate(DEPTH_MAX * members.len());
        entered
    }
}

/// A context that was opened, with who named it in the message.
type Opening = (ContextId, CarriedBy);

/// What the contexts of a message hold.
#[derive(Default)]
struct Entered {
    /// Of those with a name of their own, together.
    named: Label,
    /// Of the others.
    correlated: Label,
    /// What they were opened in.
    above: Vec<Member>,
    /// Of the one that is signed: what its credentials say of it.
    mission: Option<Arc<Task>>,
    /// Of the one that was opened: its task, and what it was opened in.
    task: Option<Arc<Task>>,
    opened_in: Box<[Member]>,
}

/// A model's word for its unit of work never tells histories apart, because what the model has read may have chosen it.
fn reach(hints: &Hints, honesty: Honesty, opened: Option<Opening>) -> Reach {
    let by_client = opened.is_some_and(|(_, by)| by == CarriedBy::Client);
    match honesty {
        _ if hints.signed().is_some() => Reach::Alone,
        Honesty::Honest if hints.declared().is_some() || by_client => Reach::Apart,
        Honesty::Honest | Honesty::Unproven => Reach::Together,
    }
}

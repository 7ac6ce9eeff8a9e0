//! Requests a server puts to a client, and the way back of their answers.

use std::collections::BTreeMap;

use doorward_mcp::id::Id;
use doorward_mcp::message::{Request, Response};
use doorward_mcp::splice::Segments;

use super::requests::number_of_id;
use crate::limits::IN_FLIGHT_MAX;

/// The questions one client has been asked and has not yet answered. `W` says who waits for the answer.
#[derive(Debug)]
pub struct Questions<W> {
    next: u64,
    open: BTreeMap<u64, W>,
}

impl<W> Default for Questions<W> {
    fn default() -> Self {
        Self { next: 1, open: BTreeMap::new() }
    }
}

impl<W> Questions<W> {
    /// Gives `request` an id of this client's connection; `None` when too many questions are open.
    pub fn ask(&mut self, waiting: W, request: &Request) -> Option<(u64, Segments)> {
        if self.open.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.open.insert(number, waiting);
        Some((number, request.with_id(&Id::from(number))))
    }

    /// Who waits for this response; `None` for one nobody asked for, or a second one.
    pub fn answered(&mut self, response: &Response) -> Option<W> {
        self.withdraw(number_of_id(response.id()?)?)
    }

    /// Forgets a question; its answer, should it come, then belongs to nobody.
    pub fn withdraw(&mut self, number: u64) -> Option<W> {
        self.open.remove(&number)
    }

    /// Forgets the first open question whose asker `fits`: its number, and who asked.
    pub fn take(&mut self, fits: impl Fn(&W) -> bool) -> Option<(u64, W)> {
        let number = self.open.iter().find(|(_, waiting)| fits(waiting)).map(|(number, _)| *number)?;
        Some((number, self.withdraw(number)?))
    }

    /// How many open questions have an asker that `fits`.
    pub fn count(&self, fits: impl Fn(&W) -> bool) -> usize {
        self.open.values().filter(|waiting| fits(waiting)).count()
    }

    /// Forgets the questions whose asker does not fit any more.
    pub fn retain(&mut self, fits: impl Fn(&W) -> bool) {
        self.open.retain(|_, waiting| fits(waiting));
    }

    /// Whoever waits for an answer that will not come.
    pub fn into_waiting(self) -> impl Iterator<Item = W> {
        self.open.into_values()
    }
}

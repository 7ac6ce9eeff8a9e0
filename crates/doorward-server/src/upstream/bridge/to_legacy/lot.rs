//! Where calls wait for their client to come back with answers.
//!
//! Responsible for whose a parked call is, for how long it waits and how many there are. A state that it gave away is good
//! once, for the same principal, server, method and arguments. It must never say more about a state that is not good than
//! whoever holds it knows already.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use doorward_core::ids::ServerId;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Request;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::held::Parked;
use crate::clock::now;
use crate::limits::{PARKED_MAX, PARKED_PER_PRINCIPAL_MAX, PARKED_WAIT};
use crate::seal::Seal;

/// All parked calls of the gateway.
pub struct Lot {
    seal: Seal,
    places: Mutex<BTreeMap<Ticket, Place>>,
    patience: Mutex<Duration>,
}

/// What a parked call is bound to.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Bond {
    principal: Digest,
    server: Digest,
    method: Digest,
    request: Digest,
}

type Ticket = [u8; 16];
type Digest = [u8; 32];

struct Place {
    principal: PrincipalId,
    claim: oneshot::Sender<()>,
    waiting: JoinHandle<Option<Box<Parked>>>,
}

/// What a state holds, sealed.
struct State {
    ticket: Ticket,
    expires_ms: u64,
    bond: Bond,
}

impl Lot {
    /// An empty lot with a key of its own.
    #[must_use]
    pub fn new() -> Self {
        Self { seal: Seal::new("doorward requestState"), places: Mutex::default(), patience: Mutex::new(PARKED_WAIT) }
    }

    /// Lets calls that are asked something from now on wait so long for their client. Tests of the deadline need it short.
    pub fn wait_at_most(&self, patience: Duration) {
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner) = patience;
    }

    /// How long a call waits for its client.
    pub(super) fn patience(&self) -> Duration {
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls are parked.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.places().len()
    }

    /// Parks a call and returns the state that brings it back. While it waits, what happens to it is seen; when nobody has
    /// come in time it is dropped, which cancels it.
    pub(super) fn park(
        self: &Arc<Self>,
        principal: &PrincipalId,
        bond: Bond,
        mut parked: Box<Parked>,
    ) -> Result<String, Refusal> {
        let patience = parked.expires_at().saturating_duration_since(Instant::now());
        let ticket = random_ticket()?;
        let expires_ms = now().as_unix_millis().saturating_add(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX));
        let state = self.seal.close(&State { ticket, expires_ms, bond }.to_bytes()).map_err(|_| no_randomness())?;
        let mut places = self.places();
        let own = places.values().filter(|place| place.principal == *principal).count();
        if places.len() >= PARKED_MAX || own >= PARKED_PER_PRINCIPAL_MAX {
            return Err(Refusal::new(Code::Busy).with_detail("Too many calls wait for answers of their clients."));
        }
        let (claim, claimed) = oneshot::channel();
        let lot = Arc::downgrade(self);
        let waiting = tokio::spawn(async move {
            tokio::select! {
                claimed = claimed => claimed.is_ok().then_some(parked),
                () = sleep(patience) => {
                    if let Some(lot) = lot.upgrade() {
                        lot.places().remove(&ticket);
                    }
                    None
                }
                () = parked.watch() => None,
            }
        });
        places.insert(ticket, Place { principal: principal.clone(), claim, waiting });
        Ok(state)
    }

    /// Takes back the call that was parked under `state`, if the request that brings it is bound to the same.
    pub(super) async fn redeem(&self, state: &str, bond: &Bond) -> Result<Box<Parked>, Refusal> {
        let state = self.seal.open(state).and_then(|bytes| State::from_bytes(&bytes));
        let state = state.filter(|state| state.bond.principal == bond.principal);
        // Somebody else's looks like none: that it exists is not for others to know.
        let state = state.ok_or_else(|| bad_state("This gateway did not give it to this client."))?;
        if state.bond.server != bond.server {
            return Err(bad_state("It belongs to another server."));
        }
        if state.bond.method != bond.method {
            return Err(bad_state("It belongs to a request of another method."));
        }
        if state.bond.request != bond.request {
            return Err(bad_state("The request is not the one it was given for: its name or arguments differ."));
        }
        if state.expires_ms <= now().as_unix_millis() {
            return Err(expired());
        }
        let place = self.places().remove(&state.ticket);
        let place = place.ok_or_else(|| bad_state("It was used before; each is good once."))?;
        // Whoever waits there may have given up just now.
        let _ = place.claim.send(());
        place.waiting.await.ok().flatten().ok_or_else(expired)
    }

    /// Drops the call parked under `state`, which its client was never given.
    pub(super) fn forget(&self, state: &str) {
        if let Some(state) = self.seal.open(state).and_then(|bytes| State::from_bytes(&bytes)) {
            // The claim goes with it, and whoever waits drops the call.
            self.places().remove(&state.ticket);
        }
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<Ticket, Place>> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Lot {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Lot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lot").field("parked", &self.parked()).finish_non_exhaustive()
    }
}

impl Bond {
    /// What this request of this principal to this server is bound to.
    pub(super) fn of(principal: &PrincipalId, server: &ServerId, request: &Request) -> Self {
        let part = |name: &str| request.param(name).map(|part| part.bytes()).unwrap_or_default();
        Self {
            principal: digest(&[&principal.to_bytes()]),
            server: digest(&[server.as_str().as_bytes()]),
            method: digest(&[request.method().as_bytes()]),
            request: digest(&[part("name"), part("uri"), part("arguments")]),
        }
    }
}

impl State {
    fn to_bytes(&self) -> Vec<u8> {
        let Bond { principal, server, method, request } = &self.bond;
        let parts: [&[u8]; 6] = [&self.ticket, &self.expires_ms.to_be_bytes(), principal, server, method, request];
        parts.concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (ticket, rest) = bytes.split_first_chunk()?;
        let (expires_ms, rest) = rest.split_first_chunk()?;
        let (principal, rest) = rest.split_first_chunk()?;
        let (server, rest) = rest.split_first_chunk()?;
        let (method, rest) = rest.split_first_chunk()?;
        let request = rest.try_into().ok()?;
        let bond = Bond { principal: *principal, server: *server, method: *method, request };
        Some(Self { ticket: *ticket, expires_ms: u64::from_be_bytes(*expires_ms), bond })
    }
}

/// The digest of several texts, each with its length, so that no two lists of them look alike.
fn digest(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

fn random_ticket() -> Result<Ticket, Refusal> {
    let mut ticket = [0; 16];
    aws_lc_rs::rand::fill(&mut ticket).map_err(|_| no_randomness())?;
    Ok(ticket)
}

fn no_randomness() -> Refusal {
    Refusal::new(Code::Busy).with_detail("The system gives no random numbers.")
}

fn bad_state(detail: &str) -> Refusal {
    Refusal::new(Code::BadState).with_detail(detail)
}

fn expired() -> Refusal {
    bad_state("It has expired, and the call it belonged to was given up.")
}

#[cfg(test)]
mod tests {
    use doorward_core::principal::{Principal, Proof};
    use doorward_mcp::bridge::{Declared, Parking, ParkingRules};
    use doorward_mcp::compose;
    use doorward_mcp::id::Id;
    use doorward_mcp::limits::Limits;
    use doorward_mcp::message::Message;

    use super::super::held::Again;
    use super::*;

    fn principal(number: usize) -> PrincipalId {
        Principal::new(&format!("user-{number}"), Proof::LocalToken).id().clone()
    }

    fn bond(principal: &PrincipalId) -> Bond {
        let bytes = compose::request(&Id::from("1"), "tools/call", Some(r#"{"name":"a"}"#));
        let Ok(Message::Request(request)) = Message::parse(bytes, &Limits::default()) else { panic!("no request") };
        Bond::of(principal, &ServerId::parse("s").unwrap(), &request)
    }

    fn parked(patience: Duration) -> Box<Parked> {
        let rules = ParkingRules { settle: Duration::ZERO, patience, rounds: 9, questions: 1, bytes: 1000 };
        let mut parking = Parking::new(rules, Declared::default());
        parking.put(Instant::now().into_std()).unwrap();
        let error = super::super::response(compose::error(None, -32042, "", None)).unwrap();
        Box::new(Parked::Again(Box::new(Again { parking, questions: Vec::new(), error })))
    }

    fn park(lot: &Arc<Lot>, principal: &PrincipalId, patience: Duration) -> Result<String, Refusal> {
        lot.park(principal, bond(principal), parked(patience))
    }

    fn code<T>(outcome: Result<T, Refusal>) -> Option<Code> {
        outcome.err().map(|refusal| refusal.code)
    }

    #[tokio::test(start_paused = true)]
    async fn places_are_bounded_in_all_and_for_each() {
        let lot = Arc::new(Lot::new());
        for number in 0..PARKED_MAX {
            park(&lot, &principal(number / PARKED_PER_PRINCIPAL_MAX), PARKED_WAIT).unwrap();
        }
        assert_eq!(code(park(&lot, &principal(usize::MAX), PARKED_WAIT)), Some(Code::Busy));
        let one = Arc::new(Lot::new());
        let states: Vec<String> =
            (0..PARKED_PER_PRINCIPAL_MAX).map(|_| park(&one, &principal(1), PARKED_WAIT).unwrap()).collect();
        assert_eq!(code(park(&one, &principal(1), PARKED_WAIT)), Some(Code::Busy));
        assert_eq!(code(park(&one, &principal(2), PARKED_WAIT)), None);
        one.forget(&states[0]);
        assert_eq!(code(park(&one, &principal(1), PARKED_WAIT)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_when_its_time_is_over() {
        let lot = Arc::new(Lot::new());
        let patience = Duration::from_secs(600);
        let state = park(&lot, &principal(1), patience).unwrap();
        sleep(patience - Duration::from_millis(1)).await;
        assert_eq!(lot.parked(), 1);
        sleep(Duration::from_millis(2)).await;
        assert_eq!(lot.parked(), 0);
        assert_eq!(code(lot.redeem(&state, &bond(&principal(1))).await), Some(Code::BadState));
    }

    #[tokio::test]
    async fn a_state_is_good_once() {
        let lot = Arc::new(Lot::new());
        let state = park(&lot, &principal(1), PARKED_WAIT).unwrap();
        assert_eq!(code(lot.redeem(&state, &bond(&principal(2))).await), Some(Code::BadState));
        assert_eq!(code(Lot::new().redeem(&state, &bond(&principal(1))).await), Some(Code::BadState));
        assert_eq!(code(lot.redeem(&state, &bond(&principal(1))).await), None);
        assert_eq!(code(lot.redeem(&state, &bond(&principal(1))).await), Some(Code::BadState));
    }
}

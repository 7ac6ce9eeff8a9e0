//! Sending a person to a page, and knowing the request when it comes back.
//!
//! The state that a client gives back says nothing but which request it was given for: whether there is a yes is found in
//! the store, with the state or without it.

use doorward_core::ids::ServerId;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::splice::Splice;

use super::question::{digest, said_in};
use crate::seal::Seal;

/// How our states begin, so that a server's own go to the server.
const BEGINNING: &str = "doorward-approval.";

/// The answer to our one question.
const KEY: &str = "approval";

/// Seals and opens states.
#[derive(Debug)]
pub(super) struct Visits(Seal);

impl Visits {
    pub(super) fn new() -> Self {
        Self(Seal::new("doorward approval"))
    }

    /// The state for this request of this principal to this server.
    pub(super) fn state(
        &self,
        parties: (&PrincipalId, &ServerId),
        request: &Request,
        expires: Timestamp,
    ) -> Option<String> {
        let state = [&bond(parties, request)[..], &expires.as_micros().to_be_bytes()].concat();
        self.0.close(&state).ok().map(|sealed| format!("{BEGINNING}{sealed}"))
    }

    /// The request without the state, if it brings one of ours; `None` if it does not.
    pub(super) fn redeem(
        &self,
        parties: (&PrincipalId, &ServerId),
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<Request>, Refusal> {
        let state = request.param("requestState").and_then(|state| state.as_str());
        let Some(sealed) = state.as_deref().and_then(|state| state.strip_prefix(BEGINNING)) else { return Ok(None) };
        // What is wrong with it is not for whoever has forged it to know.
        let bad = || {
            Refusal::new(Code::BadState).with_detail("This gateway did not give it for this request, or it is over.")
        };
        let opened = self.0.open(sealed).ok_or_else(bad)?;
        let (bound, expires) = opened.split_last_chunk::<8>().ok_or_else(bad)?;
        if *bound != bond(parties, request) || i64::from_be_bytes(*expires) <= now.as_micros() {
            return Err(bad());
        }
        let said = request.param("inputResponses").and_then(|responses| responses.path(&[KEY, "action"]));
        if said.and_then(|said| said.as_str()).is_some_and(|said| said != "accept") {
            let detail = "The person at the client did not want to go to the page.";
            return Err(Refusal::new(Code::ApprovalDenied).with_detail(detail));
        }
        without_state(request).map(Some).ok_or_else(bad)
    }
}

fn bond((principal, server): (&PrincipalId, &ServerId), request: &Request) -> [u8; 32] {
    let said = request.params().map(said_in).unwrap_or_default();
    digest(&[&principal.to_bytes(), server.as_str().as_bytes(), request.method().as_bytes(), said.as_bytes()])
}

/// The request as it was made first, every other byte of it as it came.
fn without_state(request: &Request) -> Option<Request> {
    let params = request.params()?;
    let kept = params
        .named_values()
        .filter(|(name, _)| !matches!(name.as_str().as_deref(), Some("requestState" | "inputResponses")));
    let kept: Vec<String> = kept.map(|(name, value)| format!("{}:{}", name.text(), value.text())).collect();
    let mut splice = Splice::new(request.bytes());
    splice.replace(params.range(), format!("{{{}}}", kept.join(","))).ok()?;
    match Message::parse(splice.finish().into_bytes(), &Limits::default()).ok()? {
        Message::Request(request) => Some(request),
        Message::Notification(_) | Message::Response(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use doorward_core::principal::{Principal, Proof};

    use super::*;

    const CALL: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"pay","arguments":{"b":1,"a":"x"},"_meta":{"progressToken":7}STATE}}"#;

    fn request(state: &str) -> Request {
        let bytes = Bytes::from(CALL.replace("STATE", state));
        let Ok(Message::Request(request)) = Message::parse(bytes, &Limits::default()) else { panic!("no request") };
        request
    }

    fn principal(name: &str) -> PrincipalId {
        Principal::new(name, Proof::LocalToken).id().clone()
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn a_state_brings_back_its_own_request_as_it_was() {
        let (visits, ada, shop) = (Visits::new(), principal("ada"), ServerId::parse("shop").unwrap());
        let first = request("");
        let state = visits.state((&ada, &shop), &first, at(100)).unwrap();
        let answered = |answer: &str| request(&format!(r#","requestState":"{state}","inputResponses":{answer}"#));
        for answer in ["{}", r#"{"approval":{"action":"accept"}}"#] {
            let back = visits.redeem((&ada, &shop), &answered(answer), at(99)).unwrap().unwrap();
            assert_eq!(back.bytes(), first.bytes());
        }
        for action in ["decline", "cancel", "anything"] {
            let answer = format!(r#"{{"approval":{{"action":"{action}"}}}}"#);
            let refusal = visits.redeem((&ada, &shop), &answered(&answer), at(99)).unwrap_err();
            assert_eq!(refusal.code, Code::ApprovalDenied);
        }
        for not_ours in [&first, &request(r#","requestState":"theirs""#)] {
            assert!(visits.redeem((&ada, &shop), not_ours, at(99)).unwrap().is_none());
        }
    }

    #[test]
    fn a_state_is_good_for_nothing_else() {
        let (visits, ada, shop) = (Visits::new(), principal("ada"), ServerId::parse("shop").unwrap());
        let state = visits.state((&ada, &shop), &request(""), at(100)).unwrap();
        let with = |state: &str| request(&format!(r#","requestState":"{state}""#));
        let code = |visits: &Visits, parties, request: &Request, now| {
            visits.redeem(parties, request, at(now)).err().map(|refusal| refusal.code)
        };
        let (eve, bank) = (principal("eve"), ServerId::parse("bank").unwrap());
        let good = with(&state);
        let forged = with(&format!("{BEGINNING}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        let changed = Bytes::from(String::from_utf8(good.bytes().to_vec()).unwrap().replace(r#""b":1"#, r#""b":2"#));
        let Ok(Message::Request(changed)) = Message::parse(changed, &Limits::default()) else { panic!("no request") };
        for (visits, parties, request, now) in [
            (&visits, (&eve, &shop), &good, 99),
            (&visits, (&ada, &bank), &good, 99),
            (&visits, (&ada, &shop), &good, 100),
            (&visits, (&ada, &shop), &forged, 99),
            (&visits, (&ada, &shop), &changed, 99),
            (&Visits::new(), (&ada, &shop), &good, 99),
        ] {
            assert_eq!(code(visits, parties, request, now), Some(Code::BadState));
        }
    }
}

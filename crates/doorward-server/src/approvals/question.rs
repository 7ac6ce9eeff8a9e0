//! What a question is about, and what its answer is bound to.

use aws_lc_rs::digest::{Context, SHA256};
use doorward_core::access::Resource;
use doorward_core::exchange::{Asking, AwaitAnswer, Wanted};
use doorward_core::principal::{Principal, Subject};
use doorward_core::time::Timestamp;
use doorward_mcp::compose::quote;
use doorward_mcp::raw::{Raw, RawJson};
use doorward_registry::canonical_json;
use doorward_store::{AboutApproval, ApprovalQuestion, ApprovalSubject, AskedOf, Datum, Who};

use super::FlowAsked;
use crate::clock::random_bytes;
use crate::gateway::Gateway;
use crate::limits::{APPROVAL_ARGUMENTS_MAX, APPROVERS_MAX};

/// Members of the parameters that say nothing of what is done: what the protocol knows a request by, and what a server
/// asked meanwhile, which goes on by itself.
const BESIDE: [&str; 3] = ["_meta", "inputResponses", "requestState"];

/// Letters of ids: those that are not taken for another.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of an id: 50 bits, so that nobody comes upon one.
const ID_LETTERS: usize = 10;

/// Why a person cannot be asked about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unaskable {
    /// It is of no known method.
    Unknown,
    /// Nobody reads so much.
    TooLong,
    /// Too many people must approve it.
    TooMany,
}

impl Unaskable {
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => "It is of no method that could be asked about.",
            Self::TooLong => "Its arguments are longer than a person can be shown.",
            Self::TooMany => "More people must approve it than can be asked.",
        }
    }
}

/// What is known of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defined {
    /// The digest of what was seen of it last.
    Pinned([u8; 32]),
    /// Nothing is pinned: the digest of what it takes.
    Schema([u8; 32]),
}

/// A question about a call.
#[derive(Debug)]
pub(super) struct Posed {
    /// The question.
    pub(super) call: ApprovalQuestion,
    /// Who does what to what with which arguments: what stays the same when the server asks something within the call.
    pub(super) essence: [u8; 32],
}

/// The question whether this very message may go on.
pub(super) fn about(
    waiting: &AwaitAnswer,
    defined: Option<Defined>,
    flow: &FlowAsked,
    expires: Timestamp,
) -> Result<Posed, Unaskable> {
    let (asking, wanted) = (waiting.asking(), waiting.wanted());
    let action = asking.action.ok_or(Unaskable::Unknown)?;
    if wanted.len() > APPROVERS_MAX {
        return Err(Unaskable::TooMany);
    }
    let definition = defined.map(|(Defined::Pinned(digest) | Defined::Schema(digest))| digest);
    let params = flow.params.as_ref().map(RawJson::as_raw).or(asking.params);
    let said = params.map_or_else(|| "{}".to_owned(), said_in);
    let shown = match params.and_then(|params| params.member("arguments")) {
        Some(arguments) if action.has_arguments() => canonical_json(arguments),
        Some(_) | None => said.clone(),
    };
    if shown.len() > APPROVAL_ARGUMENTS_MAX {
        return Err(Unaskable::TooLong);
    }
    let findings: Vec<String> =
        asking.findings.iter().map(|(finding, _)| format!("{} at '{}'", finding.id(), finding.pointer)).collect();
    let arrival = asking.arrival;
    let mut bond = Bond::new("doorward approval of a call 1");
    bond.scene(&asking, definition, flow).part(said.as_bytes()).people(wanted);
    bond.list(&findings).list(&flow.labels);
    let mut essence = Bond::new("doorward approved call 1");
    essence.scene(&asking, definition, &FlowAsked::default()).part(said.as_bytes());
    let call = ApprovalQuestion {
        subject: ApprovalSubject::Call,
        binding: bond.digest(),
        asked_of: asked_of(wanted),
        exchange: arrival.id,
        principal: arrival.principal.id().to_bytes(),
        context: flow.context,
        server: arrival.server.as_str().to_owned(),
        action: action.name().to_owned(),
        item: asking.resource.and_then(Resource::name).map(str::to_owned),
        definition,
        arguments_digest: digest(&[shown.as_bytes()]),
        arguments: shown,
        about: AboutApproval {
            who: who(&arrival.principal, arrival.approach.client.as_ref().map(|client| client.name.to_string())),
            rules: rules(wanted),
            findings,
            missing: flow.missing.iter().map(|(missing, _)| told(missing)).collect(),
            labels: flow.labels.clone(),
            news: Vec::new(),
            pinned: matches!(defined, Some(Defined::Pinned(_))),
        },
        data: Vec::new(),
        expires,
    };
    Ok(Posed { call, essence: essence.digest() })
}

/// The question whether the values without an endorsed origin are good for that tool in that context, if there are any. It
/// is the same question for every call that has them in the same roles.
pub(super) fn about_data(call: &ApprovalQuestion, flow: &FlowAsked) -> Option<ApprovalQuestion> {
    let context = flow.context.filter(|_| !flow.missing.is_empty())?;
    let mut data: Vec<Datum> = flow
        .missing
        .iter()
        .map(|(missing, hash)| Datum { path: missing.path.to_string(), role: missing.role.to_string(), hash: *hash })
        .collect();
    data.sort();
    let mut values: Vec<Vec<u8>> =
        data.iter().map(|datum| [datum.role.as_bytes(), &datum.hash.to_be_bytes()].concat()).collect();
    values.sort();
    values.dedup();
    let mut bond = Bond::new("doorward approval of data 1");
    bond.part(&call.principal).part(&context.to_bytes()).part(call.server.as_bytes());
    bond.part(call.item.as_deref().unwrap_or_default().as_bytes()).maybe(call.definition.as_ref().map(|it| &it[..]));
    bond.list(&values).list(&flow.levels());
    let asked_of =
        call.asked_of.iter().map(|of| AskedOf { id: id(), approver: of.approver.clone() }).collect::<Vec<_>>();
    let approvers: Vec<&str> = asked_of.iter().map(|of| of.approver.as_str()).collect();
    bond.list(&approvers);
    Some(ApprovalQuestion {
        subject: ApprovalSubject::Data,
        binding: bond.digest(),
        asked_of,
        context: Some(context),
        data,
        ..call.clone()
    })
}

/// The digest of what is known of the definition of that thing, and whether it is its pin's; `None` when nothing is.
pub(super) fn definition(gateway: &Gateway, resource: Option<&Resource>) -> Option<Defined> {
    let resource = resource?;
    if let Some(pinned) = gateway.pins().digest_of(resource) {
        return Some(Defined::Pinned(*pinned.as_bytes()));
    }
    let Resource::Tool(server, name) = resource else { return None };
    let schema = gateway.server(server.as_str())?.definitions().input_schema(name)?;
    Some(Defined::Schema(digest(&[schema.bytes()])))
}

/// SHA-256 of several texts, each with its length, so that no two lists of them look alike.
pub(super) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut bond = Bond::new("doorward approval of a part 1");
    for part in parts {
        bond.part(part);
    }
    bond.digest()
}

/// The parameters in one form, without what is beside the matter.
pub(super) fn said_in(params: Raw<'_>) -> String {
    let mut members: Vec<(String, String)> = params
        .members()
        .filter(|(name, _)| !BESIDE.contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), canonical_json(value)))
        .collect();
    members.sort();
    let members: Vec<String> = members.iter().map(|(name, value)| format!("{}:{value}", quote(name))).collect();
    format!("{{{}}}", members.join(","))
}

/// What an answer is bound to, digested part by part.
struct Bond(Context);

impl Bond {
    fn new(purpose: &str) -> Self {
        let mut bond = Self(Context::new(&SHA256));
        bond.part(purpose.as_bytes());
        bond
    }

    fn part(&mut self, part: &[u8]) -> &mut Self {
        self.0.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(part);
        self
    }

    /// What is absent is not what is empty.
    fn maybe(&mut self, part: Option<&[u8]>) -> &mut Self {
        match part {
            Some(part) => self.part(&[1]).part(part),
            None => self.part(&[0]),
        }
    }

    fn list<T: AsRef<[u8]>>(&mut self, parts: &[T]) -> &mut Self {
        self.part(&u64::try_from(parts.len()).unwrap_or(u64::MAX).to_be_bytes());
        for part in parts {
            self.part(part.as_ref());
        }
        self
    }

    /// Who, in which context, does what to what.
    fn scene(&mut self, asking: &Asking<'_>, definition: Option<[u8; 32]>, flow: &FlowAsked) -> &mut Self {
        let arrival = asking.arrival;
        self.part(&arrival.principal.id().to_bytes())
            .maybe(flow.context.map(|it| it.to_bytes()).as_ref().map(|it| &it[..]));
        self.part(arrival.server.as_str().as_bytes());
        self.maybe(asking.action.map(|action| action.name().as_bytes()));
        self.maybe(asking.resource.map(|resource| resource.type_name().as_bytes()));
        self.maybe(asking.resource.and_then(Resource::name).map(str::as_bytes));
        self.maybe(definition.as_ref().map(|it| &it[..]))
    }

    fn people(&mut self, wanted: &[Wanted]) -> &mut Self {
        for Wanted { by, reasons } in wanted {
            let rules: Vec<&str> = reasons.iter().map(|reason| &*reason.rule).collect();
            self.part(by.as_bytes()).list(&rules);
        }
        self
    }

    fn digest(self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.0.finish().as_ref());
        digest
    }
}

fn asked_of(wanted: &[Wanted]) -> Vec<AskedOf> {
    wanted.iter().map(|wanted| AskedOf { id: id(), approver: wanted.by.clone() }).collect()
}

fn id() -> String {
    let bytes: [u8; 16] = random_bytes();
    bytes
        .iter()
        .take(ID_LETTERS)
        .filter_map(|byte| LETTERS.get(usize::from(byte & 31)))
        .map(|b| char::from(*b))
        .collect()
}

fn rules(wanted: &[Wanted]) -> Vec<(String, Option<String>)> {
    let reasons = wanted.iter().flat_map(|wanted| &wanted.reasons);
    reasons.map(|reason| (reason.rule.to_string(), reason.text.as_deref().map(str::to_owned))).collect()
}

fn told(missing: &doorward_core::flow::Missing) -> (String, String) {
    (missing.path.to_string(), missing.role.to_string())
}

fn who(principal: &Principal, client: Option<String>) -> Who {
    let agent = match principal.subject() {
        Subject::User(_) => principal.agent().map(ToString::to_string),
        Subject::Agent(name) => Some(name.to_string()),
    };
    Who {
        user: principal.user().to_owned(),
        proof: principal.proof().as_str().to_owned(),
        tenant: principal.tenant().map(ToString::to_string),
        agent,
        client,
    }
}

//! The catalogue of refusal codes. A number, once released, keeps its meaning for good.

use std::fmt;

/// Whose turn it is to change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The program that sent the message.
    Client,
    /// The MCP server behind the gateway.
    Upstream,
    /// Whoever runs the gateway or writes its policy.
    Operator,
}

/// What one code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeEntry {
    /// The number: `DW` and four digits when shown, and the JSON-RPC error code where the specification names no other.
    pub number: u16,
    /// The JSON-RPC code to send (specification codes where one is demanded, else [`CodeEntry::number`]).
    pub json_rpc: i64,
    /// Whose turn it is.
    pub turn: Turn,
    /// One sentence on what happened.
    pub sentence: &'static str,
    /// One sentence on what to do.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $json:expr, $turn:ident, $sentence:literal, $remedy:literal;)+) => {
        /// Every reason for which something is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// All of them, in order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What the code means.
            #[must_use]
            pub const fn entry(self) -> CodeEntry {
                match self {
                    $(Self::$name => CodeEntry {
                        number: $number,
                        json_rpc: $json,
                        turn: Turn::$turn,
                        sentence: $sentence,
                        remedy: $remedy,
                    },)+
                }
            }
        }
    };
}

codes! {
    /// Not JSON.
    BadJson = 1001, -32700, Client, "The message is not well-formed JSON.", "Send one JSON-RPC 2.0 message in UTF-8.";
    /// Over the size limit.
    TooLarge = 1002, -32700, Client, "The message is larger than the limit.", "Send less at once, or ask the operator to raise the limit.";
    /// Over the depth limit.
    TooDeep = 1003, -32700, Client, "The message is nested deeper than the limit.", "Send a flatter message.";
    /// A key twice in one object.
    DuplicateKey = 1004, -32700, Client, "An object in the message has the same key twice, so two readers could see two messages.", "Send each key once.";
    /// A key that differs from a known one, or from its neighbour, only in case.
    KeyCase = 1005, -32600, Client, "A key differs from a known key, or from its neighbour, only in letter case.", "Spell the key exactly as the specification does.";
    /// Not UTF-8, or half a surrogate pair.
    BadText = 1006, -32700, Client, "The message is not valid Unicode text.", "Send UTF-8, with surrogate escapes in pairs.";
    /// `id` null, missing or of a wrong type.
    BadId = 1007, -32600, Client, "The message's id is neither a string nor an integer.", "Give every request a string or integer id that is not in use.";
    /// A batch where the revision has none.
    Batch = 1008, -32600, Client, "Batches are not part of this protocol revision.", "Send the messages one by one.";
    /// Neither request, notification nor response.
    UnknownShape = 1009, -32600, Client, "The message is neither a request, a notification nor a response of JSON-RPC 2.0.", "Send one JSON-RPC 2.0 message.";
    /// A known method whose parameters cannot be read.
    BadParams = 1010, -32602, Client, "The method is known, but its parameters do not have the required form.", "Correct the parameters and send the request again.";
    /// A method no revision has.
    UnknownMethod = 1011, -32601, Client, "The gateway does not know this method, and forwards only what it knows.", "Use a method of the Model Context Protocol.";
    /// A required header is missing or differs from the body.
    HeaderMismatch = 1012, -32020, Client, "An HTTP header is missing or does not match the body.", "Send headers that repeat the body's values exactly.";
    /// `_meta` lacks what revision 2026-07-28 demands.
    MetaMissing = 1013, -32602, Client, "The request's _meta lacks a member that this protocol revision demands.", "Send protocolVersion and clientCapabilities in params._meta.";
    /// A protocol version nobody here speaks.
    UnsupportedVersion = 1014, -32022, Client, "The server does not speak this protocol version.", "Use one of the versions named in the error's data.";
    /// The server speaks only the other era.
    OtherEra = 1015, 1015, Client, "The server behind the gateway speaks only the other protocol era.", "Begin with the handshake of the era the server speaks.";
    /// A request id that is already in flight.
    IdInUse = 1016, -32600, Client, "A request with this id is still in flight.", "Use a new id for each request.";
    /// Something that the other era has no equal for.
    NoEquivalent = 1017, 1017, Client, "The server speaks another protocol era, which has no equal for this.", "Do without it, or use a server of the same era; the guide on eras says what can be bridged.";
    /// A `requestState` that is not ours, not this client's, used or too old.
    BadState = 1018, -32602, Client, "The requestState is not valid for this request.", "Send the request again without inputResponses and requestState.";

    /// No credentials, or wrong ones.
    Unauthenticated = 1101, 1101, Client, "The request carries no valid credentials for this gateway.", "Send the gateway's token as 'Authorization: Bearer …'.";
    /// A Host header that is not ours.
    ForeignHost = 1102, 1102, Client, "The Host header names a host this gateway does not answer for.", "Use the address the gateway listens on, or add the name to [listen] hosts.";
    /// An Origin header that is not allowed.
    ForeignOrigin = 1103, 1103, Client, "The Origin header names a site that may not use this gateway.", "Add the site to [listen] origins if it is meant to.";
    /// A session id that is unknown, ended or somebody else's.
    UnknownSession = 1104, 1104, Client, "The session is unknown, has ended, or belongs to somebody else.", "Begin a new session with initialize.";
    /// No server of that name.
    UnknownServer = 1105, 1105, Client, "The gateway has no server of that name.", "Use a server id from the gateway's configuration.";
    /// Too much at once.
    Busy = 1106, 1106, Client, "The gateway is at a limit and takes no more of this kind for now.", "Wait a moment, then try again.";
    /// A request for something this HTTP endpoint does not do.
    BadHttp = 1107, 1107, Client, "The HTTP request has a form this endpoint does not take.", "Send POST with a JSON body, and accept both application/json and text/event-stream.";

    /// Credentials in a form nobody can read.
    BadCredentials = 1108, 1108, Client, "The credentials have a form the gateway cannot read.", "Send exactly one set of credentials, in the Authorization header.";
    /// A task or handle that is somebody else's, or nobody's.
    ForeignHandle = 1109, -32602, Client, "The id is unknown here, has ended, or belongs to somebody else.", "Use an id that this gateway gave to you.";

    /// No rule allows it.
    NotAllowed = 1201, 1201, Operator, "No rule allows this.", "Do something else, or ask the operator for a rule that allows exactly this.";
    /// A rule forbids it.
    Forbidden = 1202, 1202, Operator, "A rule forbids this.", "Do something else; do not try the same call again.";
    /// A rule could not be evaluated.
    PolicyError = 1203, 1203, Operator, "A rule could not be evaluated for this call, and what cannot be judged is refused.", "Ask the operator to look at the rule named in the record.";
    /// A duty nobody can perform.
    Obligation = 1204, 1204, Operator, "It is allowed only under a condition that nobody here can fulfil.", "Ask the operator to look at the obligation named in the record.";
    /// A tool the server does not offer.
    UnknownTool = 1205, -32602, Client, "The server offers no tool of that name.", "Call one of the tools in tools/list.";
    /// The policy for this server is not usable.
    PolicyUnusable = 1206, 1206, Operator, "The policy does not fit what this server offers, so nothing is decided for it.", "Ask the operator to run 'doorward check'.";
    /// What a server asks of the client.
    QuestionRefused = 1207, 1207, Operator, "The server asked the client for something that no rule allows.", "Ask the operator for a rule that allows this server to ask.";
    /// The token was not given for this.
    InsufficientScope = 1208, 1208, Client, "The credentials were not given for this operation.", "Ask for a token with the scopes named, then try again.";
    /// A rate, quota or budget is used up.
    LimitReached = 1209, 1209, Client, "A limit set by a rule is reached.", "Wait as long as the text says, then try again.";
    /// A fact that a rule needs could not be established.
    Unclear = 1210, 1210, Client, "A rule depends on something in this call that cannot be understood for certain.", "Write the argument in its plainest form: one absolute path, one full URL, one simple statement.";
    /// A resource or prompt that is not shown.
    UnknownItem = 1211, -32602, Client, "There is nothing of that name.", "Use a name or URI from one of the server's lists.";
    /// An operator has stopped it.
    Stopped = 1212, 1212, Operator, "An operator has stopped this.", "Do not try again until the operator has resumed it.";
    /// A person must say yes first, and was asked.
    ApprovalNeeded = 1220, 1220, Operator, "A person must approve this call before it is made.", "Once it is approved, make exactly the same call again; nothing else about it may change.";
    /// A person was asked and said no.
    ApprovalDenied = 1221, 1221, Operator, "A person was asked to approve this and said no.", "Do something else; do not try the same call again.";
    /// Nobody is asked, because too much was asked already or it cannot be shown.
    ApprovalNotAsked = 1222, 1222, Operator, "A person must approve this, and cannot be asked now.", "Do something that needs no approval, or ask the operator to answer what is open.";

    /// The record store does not answer.
    StoreUnavailable = 1301, 1301, Operator, "The call could not be recorded, and what is not recorded is not done.", "Tell the operator that the record store does not accept records.";
    /// The queue to the record store is full.
    StoreFull = 1302, 1302, Operator, "The queue of records is full, and what is not recorded is not done.", "Wait a moment, then try again.";

    /// The server cannot be reached or started.
    Unreachable = 1401, 1401, Upstream, "The server behind the gateway cannot be reached or started.", "Try again later, or tell the operator.";
    /// The server ended during the call.
    Died = 1402, 1402, Upstream, "The server behind the gateway ended before it answered.", "Look at what the call did before trying it again.";
    /// No answer in time.
    TimedOut = 1403, 1403, Upstream, "The server behind the gateway did not answer in time.", "Look at what the call did before trying it again.";
    /// An answer nobody can read.
    BadAnswer = 1404, 1404, Upstream, "The server behind the gateway sent an answer that is not a valid message.", "Tell the operator; the same call will likely fail again.";
    /// An answer over the limit.
    AnswerTooLarge = 1405, 1405, Upstream, "The server's answer is larger than the limit.", "Ask for less at once.";
    /// Too many calls in flight to this server.
    UpstreamBusy = 1406, 1406, Upstream, "Too many calls to this server are in flight.", "Wait for one to finish, then try again.";
    /// A list or question in an answer that cannot be read.
    AnswerWithheld = 1407, 1407, Upstream, "The server's answer holds something the gateway cannot judge, so it is withheld.", "Tell the operator; the record names what could not be read.";
    /// An HTTP status that is not an answer.
    UpstreamHttp = 1408, 1408, Upstream, "The server behind the gateway answered with an HTTP error.", "Tell the operator; the record names the status.";
    /// A server that asks and asks.
    TooManyRounds = 1409, 1409, Upstream, "The server asked the client too often during one call.", "Tell the operator; the same call will likely fail again.";

    /// Shutting down.
    Stopping = 1501, 1501, Operator, "The gateway is shutting down.", "Try again when it is back.";
    /// The client gave up.
    Cancelled = 1502, 1502, Client, "The client cancelled the request or went away.", "Nothing to do.";

    /// A guard found something in what a client sends.
    RequestBlocked = 1601, 1601, Client, "A guard found something in the request that must not go to the server.", "Leave out what the text names, then try again.";
    /// A guard found something in what a server sends.
    AnswerBlocked = 1602, 1602, Upstream, "A guard found something in what the server sent, so it is withheld.", "Go on without it; the record names what was found.";
    /// Arguments that do not fit the tool's schema.
    SchemaMismatch = 1603, 1603, Client, "The arguments do not fit what the tool declares.", "Correct what the text names, then call the tool again.";
    /// A result that does not fit the tool's schema.
    ResultMismatch = 1604, 1604, Upstream, "The tool's result does not fit what the tool declares, so it is withheld.", "Go on without it, or tell the operator.";
    /// The guards could not come to an end.
    GuardUnfinished = 1605, 1605, Operator, "The guards could not finish looking at the message, and what is not inspected does not pass.", "Send less at once, or tell the operator.";
    /// A definition nobody has approved.
    Quarantined = 1606, 1606, Operator, "The definition of this has not been approved.", "Do something else, or ask the operator to look at 'doorward pins list'.";
    /// A definition that has changed.
    Drifted = 1607, 1607, Operator, "The definition of this has changed since it was approved.", "Do something else, or ask the operator to look at 'doorward pins diff'.";

    /// A value of the call has no endorsed origin.
    NotEndorsed = 1701, 1701, Client, "Content that anybody can have written was read in this context, and a value that decides what this call does has no origin that vouches for it.", "Use a value that the user gave or that this server has listed, or ask the user or the operator to approve it; do not take it from text.";
    /// What was read must not flow there.
    FlowRefused = 1702, 1702, Client, "What was read in this context must not go where this call would carry it.", "Go on without sending it, or do this in a new task that has not read it.";
    /// A call that the task it names was not opened for.
    BeyondTask = 1703, 1703, Client, "The task that this call names was not opened for it.", "Make a call that the task was opened for, or begin another task.";
}

impl Code {
    /// The code with this number; `None` when there is none.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.entry().number == number)
    }

    /// Reads `DW1201`, `dw1201` or `1201`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("DW").or_else(|| text.strip_prefix("dw")).unwrap_or(text);
        digits.parse().ok().and_then(Self::from_number)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DW{}", self.entry().number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_ordered_and_outside_the_reserved_range() {
        let numbers: Vec<u16> = Code::ALL.iter().map(|code| code.entry().number).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        let specified = [-32700, -32600, -32601, -32602, -32020, -32022];
        for code in Code::ALL {
            let json_rpc = code.entry().json_rpc;
            assert!(specified.contains(&json_rpc) || json_rpc == i64::from(code.entry().number), "{code}");
        }
    }

    #[test]
    fn codes_read_back() {
        for code in Code::ALL {
            assert_eq!(Code::parse(&code.to_string()), Some(*code));
        }
        assert_eq!(Code::parse("1201"), Some(Code::NotAllowed));
        assert_eq!(Code::parse("DW9999"), None);
        assert_eq!(Code::parse(""), None);
    }
}

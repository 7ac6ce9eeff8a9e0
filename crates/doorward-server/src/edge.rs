//! From what the message parser refuses to the refusal a client sees, and what no batch may hold.

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Message;
use doorward_mcp::rejection::{Rejection, RejectionKind};

/// The refusal for bytes that are no message. It names the rule and the place, never what was found there: the same
/// sentence goes into the record, which holds no payload.
#[must_use]
pub(crate) fn refusal(rejection: &Rejection) -> Refusal {
    let rule = rejection.kind().name();
    let detail = match rejection.byte_offset() {
        Some(offset) => format!("It breaks the rule '{rule}' at byte {offset}."),
        None => format!("It breaks the rule '{rule}'."),
    };
    Refusal::new(code(rejection.kind())).with_detail(detail)
}

/// The messages of a batch, none of which may open a conversation (2025-03-26, basic/lifecycle).
pub(crate) fn without_handshake(messages: Vec<Message>) -> Result<Vec<Message>, Refusal> {
    let opens = |message: &Message| match message {
        Message::Request(request) => request.method() == "initialize",
        Message::Notification(_) | Message::Response(_) => false,
    };
    if messages.iter().any(opens) {
        return Err(Refusal::new(Code::Batch).with_detail("No batch may hold initialize."));
    }
    Ok(messages)
}

const fn code(kind: RejectionKind) -> Code {
    use RejectionKind as Kind;
    match kind {
        Kind::TooLarge => Code::TooLarge,
        Kind::TooDeep => Code::TooDeep,
        Kind::NotUtf8 | Kind::LoneSurrogate => Code::BadText,
        Kind::ByteOrderMark | Kind::Grammar | Kind::TrailingBytes | Kind::TooManyMembers => Code::BadJson,
        Kind::DuplicateKey => Code::DuplicateKey,
        Kind::DuplicateKeyFolded
        | Kind::EnvelopeKeyCase
        | Kind::OutcomeKeyCase
        | Kind::ParamsKeyCase
        | Kind::MetaKeyCase => Code::KeyCase,
        Kind::BatchNotAllowed | Kind::BatchEmpty | Kind::BatchTooLong => Code::Batch,
        Kind::IdNull | Kind::IdType | Kind::IdNotInteger | Kind::IdTooLong | Kind::IdMissing => Code::BadId,
        Kind::ParamsType | Kind::MetaType | Kind::ProgressToken => Code::BadParams,
        Kind::NotAnObject
        | Kind::VersionMissing
        | Kind::VersionWrong
        | Kind::MethodType
        | Kind::MethodEmpty
        | Kind::MethodTooLong
        | Kind::NoMethod
        | Kind::MethodAndOutcome
        | Kind::ParamsInResponse
        | Kind::ResultAndError
        | Kind::ResultType
        | Kind::ErrorShape => Code::UnknownShape,
    }
}

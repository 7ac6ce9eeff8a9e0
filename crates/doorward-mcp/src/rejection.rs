//! Why a message was refused at the edge: what was wrong, where, and which JSON-RPC code says so.
//!
//! Responsible for one named kind per rule. It must never echo more than [`SHOWN_BYTES`] of hostile input, and that
//! only escaped, so that a refusal can be logged and shown as it is.

use std::fmt;

use crate::id::Id;
use crate::limits::SHOWN_BYTES;

/// A refused message: the kind of defect, where it is, and the request id when it could be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejection(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: RejectionKind,
    place: Place,
    detail: &'static str,
    shown: String,
    id: Option<Id>,
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Byte(usize),
    Pointer(String),
}

impl Rejection {
    /// Which rule the message broke.
    #[must_use]
    pub fn kind(&self) -> RejectionKind {
        self.0.kind
    }

    /// The JSON-RPC error code that answers it.
    #[must_use]
    pub fn json_rpc_code(&self) -> i64 {
        self.0.kind.json_rpc_code()
    }

    /// The id to answer under, when it was read before or beside the defect and was itself sound.
    #[must_use]
    pub fn id(&self) -> Option<&Id> {
        self.0.id.as_ref()
    }

    /// The offset of the defect in the bytes that were parsed, when the defect has one.
    #[must_use]
    pub fn byte_offset(&self) -> Option<usize> {
        match &self.0.place {
            Place::Byte(offset) => Some(*offset),
            Place::Pointer(_) => None,
        }
    }

    pub(crate) fn at(kind: RejectionKind, offset: usize, detail: &'static str) -> Self {
        Self::new(kind, Place::Byte(offset), detail)
    }

    pub(crate) fn shape(kind: RejectionKind, pointer: impl Into<String>) -> Self {
        Self::new(kind, Place::Pointer(pointer.into()), "")
    }

    /// Shows what was found, cut to [`SHOWN_BYTES`] and escaped.
    #[must_use]
    pub(crate) fn showing(mut self, found: &[u8]) -> Self {
        self.0.shown = escaped_excerpt(found);
        self
    }

    #[must_use]
    pub(crate) fn with_id(mut self, id: Option<Id>) -> Self {
        self.0.id = id;
        self
    }

    /// Turns a place inside one message of a batch into a place in the batch.
    #[must_use]
    pub(crate) fn in_batch(mut self, index: usize, start: usize) -> Self {
        match &mut self.0.place {
            Place::Byte(offset) => *offset += start,
            Place::Pointer(pointer) => pointer.insert_str(0, &format!("/{index}")),
        }
        self
    }

    fn new(kind: RejectionKind, place: Place, detail: &'static str) -> Self {
        Self(Box::new(Inner { kind, place, detail, shown: String::new(), id: None }))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.says())?;
        match &self.0.place {
            Place::Byte(offset) => write!(f, " at byte {offset}")?,
            Place::Pointer(pointer) if pointer.is_empty() => {}
            Place::Pointer(pointer) => write!(f, " at {pointer}")?,
        }
        if !self.0.detail.is_empty() {
            write!(f, ": {}", self.0.detail)?;
        }
        if !self.0.shown.is_empty() {
            write!(f, ", found `{}`", self.0.shown)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejection({:?}: {self})", self.0.kind)
    }
}

impl std::error::Error for Rejection {}

/// Declares the kinds once: variant, stable name, sentence, JSON-RPC code.
macro_rules! rejection_kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident, $name:literal, $says:literal, $code:expr;)+) => {
        /// The rule that a refused message broke. Names are stable: logs, tests and documentation use them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum RejectionKind {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl RejectionKind {
            /// Every kind, for tests and documentation that must cover them all.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable, lower-case name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            fn says(self) -> &'static str {
                match self {
                    $(Self::$variant => $says,)+
                }
            }

            /// The JSON-RPC error code that answers this kind.
            #[must_use]
            pub fn json_rpc_code(self) -> i64 {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const INVALID_PARAMS: i64 = -32602;

rejection_kinds! {
    /// More bytes than allowed.
    TooLarge, "too-large", "the message is larger than allowed", PARSE_ERROR;
    /// The bytes are not UTF-8.
    NotUtf8, "not-utf8", "the message is not UTF-8", PARSE_ERROR;
    /// A byte order mark before the message.
    ByteOrderMark, "byte-order-mark", "the message starts with a byte order mark", PARSE_ERROR;
    /// The bytes are not JSON.
    Grammar, "grammar", "the message is not JSON", PARSE_ERROR;
    /// Something follows the message.
    TrailingBytes, "trailing-bytes", "bytes follow the end of the message", PARSE_ERROR;
    /// Too many arrays and objects inside one another.
    TooDeep, "too-deep", "the message is nested deeper than allowed", PARSE_ERROR;
    /// Too many member names to check for duplicates.
    TooManyMembers, "too-many-members", "the objects of the message have more members than allowed", PARSE_ERROR;
    /// Half of a surrogate pair in an escape.
    LoneSurrogate, "lone-surrogate", "an escape names half of a surrogate pair", PARSE_ERROR;
    /// The same member name twice in one object.
    DuplicateKey, "duplicate-key", "an object has the same member name twice", INVALID_REQUEST;
    /// Two member names in one object that differ in case only.
    DuplicateKeyFolded, "duplicate-key-folded", "an object has two member names that differ in case only", INVALID_REQUEST;
    /// The message is neither an object nor a batch.
    NotAnObject, "not-an-object", "the message is not a JSON object", INVALID_REQUEST;
    /// A batch where none is allowed.
    BatchNotAllowed, "batch-not-allowed", "a batch is not allowed here", INVALID_REQUEST;
    /// A batch with nothing in it.
    BatchEmpty, "batch-empty", "the batch is empty", INVALID_REQUEST;
    /// More messages in a batch than allowed.
    BatchTooLong, "batch-too-long", "the batch has more messages than allowed", INVALID_REQUEST;
    /// No `jsonrpc` member.
    VersionMissing, "version-missing", "the member `jsonrpc` is missing", INVALID_REQUEST;
    /// `jsonrpc` is not `"2.0"`.
    VersionWrong, "version-wrong", "the member `jsonrpc` is not \"2.0\"", INVALID_REQUEST;
    /// `id` is null.
    IdNull, "id-null", "the id is null", INVALID_REQUEST;
    /// `id` is neither a string nor a number.
    IdType, "id-type", "the id is neither a string nor an integer", INVALID_REQUEST;
    /// `id` is a number with a fraction or an exponent.
    IdNotInteger, "id-not-integer", "the id is a number with a fraction or an exponent", INVALID_REQUEST;
    /// `id` has more bytes than allowed.
    IdTooLong, "id-too-long", "the id is longer than allowed", INVALID_REQUEST;
    /// A result without an id: nobody can be waiting for it.
    IdMissing, "id-missing", "the result has no id", INVALID_REQUEST;
    /// `method` is not a string.
    MethodType, "method-type", "the method is not a string", INVALID_REQUEST;
    /// `method` is empty.
    MethodEmpty, "method-empty", "the method is empty", INVALID_REQUEST;
    /// `method` has more bytes than allowed.
    MethodTooLong, "method-too-long", "the method is longer than allowed", INVALID_REQUEST;
    /// No `method`, `result` or `error`: neither request, notification nor response.
    NoMethod, "no-method", "the message has neither a method nor a result nor an error", INVALID_REQUEST;
    /// `method` beside `result` or `error`.
    MethodAndOutcome, "method-and-outcome", "the message has a method beside a result or an error", INVALID_REQUEST;
    /// `params` in a message without a method.
    ParamsInResponse, "params-in-response", "the response has params", INVALID_REQUEST;
    /// Both `result` and `error`.
    ResultAndError, "result-and-error", "the response has both a result and an error", INVALID_REQUEST;
    /// `result` is not an object.
    ResultType, "result-type", "the result is not an object", INVALID_REQUEST;
    /// `error` is not an object with an integer `code` and a string `message`.
    ErrorShape, "error-shape", "the error is not an object with an integer code and a string message", INVALID_REQUEST;
    /// A known envelope member in another case.
    EnvelopeKeyCase, "envelope-key-case", "a member of the message is written in another case", INVALID_REQUEST;
    /// A known member of `result` or `error` in another case.
    OutcomeKeyCase, "outcome-key-case", "a member of the result or error is written in another case", INVALID_REQUEST;
    /// `params` is not an object.
    ParamsType, "params-type", "the params are not an object", INVALID_PARAMS;
    /// A known member of `params` in another case.
    ParamsKeyCase, "params-key-case", "a member of the params is written in another case", INVALID_PARAMS;
    /// `_meta` is not an object.
    MetaType, "meta-type", "_meta is not an object", INVALID_PARAMS;
    /// A known member of `_meta` in another case.
    MetaKeyCase, "meta-key-case", "a member of _meta is written in another case", INVALID_PARAMS;
    /// The progress token is neither a string nor an integer, or too long.
    ProgressToken, "progress-token", "the progress token is neither a string nor an integer of allowed length", INVALID_PARAMS;
}

fn escaped_excerpt(found: &[u8]) -> String {
    let mut shown = String::new();
    for byte in found {
        let escaped = byte.escape_ascii();
        if shown.len() + escaped.len() > SHOWN_BYTES {
            break;
        }
        shown.extend(escaped.map(char::from));
    }
    shown
}

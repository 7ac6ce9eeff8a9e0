//! The standard headers of revision 2026-07-28: what a request's headers must repeat from its body.
//!
//! Responsible for comparing what came and for writing what is sent. The body is the truth: nothing here may be used
//! to learn what a request asks for, and a header that names no known thing is ignored, never believed.

use std::borrow::Cow;
use std::fmt;

use crate::message::Request;
use crate::raw::{Kind, Raw};
use crate::revision::Revision;
use annotation::{Annotations, ParamHeader};

mod annotation;
mod decimal;
pub mod limits;
mod sentinel;

pub use annotation::{AnnotationDefect, InvalidAnnotation};
pub use sentinel::{BadHeaderValue, decode, encode};

/// Repeats `_meta["io.modelcontextprotocol/protocolVersion"]`.
pub const PROTOCOL_VERSION: &str = "MCP-Protocol-Version";
/// Repeats `method`.
pub const METHOD: &str = "Mcp-Method";
/// Repeats the member of `params` that names what the method is about.
pub const NAME: &str = "Mcp-Name";
/// Begins the headers that repeat arguments.
pub const PARAM_PREFIX: &str = "Mcp-Param-";

const META_PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Why a request cannot pass: answer it with HTTP status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderRefusal {
    /// A header does not repeat the body.
    #[error(transparent)]
    Mismatch(#[from] HeaderMismatch),
    /// The body lacks something that a header would repeat.
    #[error(transparent)]
    Missing(#[from] MetaMissing),
}

/// A header is absent, differs from the body, or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMismatch {
    /// The header's name in the specification's spelling.
    pub header: String,
    /// What the body says, escaped and shortened; `None` when the header must be absent.
    pub expected: Option<String>,
    /// What the header says, escaped and shortened; `None` when it is absent.
    pub found: Option<String>,
    /// The revision whose rule it is.
    pub revision: Revision,
}

/// A required member of `params` is absent or has the wrong type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the required member {pointer} is absent or has the wrong type")]
pub struct MetaMissing {
    /// Where the member should be, as a JSON pointer.
    pub pointer: &'static str,
}

impl HeaderRefusal {
    /// The JSON-RPC error code that answers it.
    #[must_use]
    pub fn json_rpc_code(&self) -> i64 {
        match self {
            Self::Mismatch(mismatch) => mismatch.json_rpc_code(),
            Self::Missing(missing) => missing.json_rpc_code(),
        }
    }
}

impl HeaderMismatch {
    /// The JSON-RPC error code that answers it.
    #[must_use]
    pub fn json_rpc_code(&self) -> i64 {
        -32020
    }

    fn new(header: impl Into<String>, expected: Option<&str>, found: Option<&[u8]>) -> Self {
        Self {
            header: header.into(),
            expected: expected.map(|text| excerpt(text.as_bytes())),
            found: found.map(excerpt),
            revision: Revision::V2026_07_28,
        }
    }
}

impl MetaMissing {
    /// The JSON-RPC error code that answers it.
    #[must_use]
    pub fn json_rpc_code(&self) -> i64 {
        -32602
    }
}

impl fmt::Display for HeaderMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header mismatch: {} ", self.header)?;
        match &self.found {
            Some(found) => write!(f, "is '{found}'")?,
            None => f.write_str("is absent")?,
        }
        match &self.expected {
            Some(expected) => write!(f, ", but the body requires '{expected}'")?,
            None => f.write_str(", but the body has no value for it")?,
        }
        write!(f, " (revision {})", self.revision)
    }
}

impl std::error::Error for HeaderMismatch {}

/// Checks that the headers repeat the body of a request of revision 2026-07-28.
///
/// `headers` may hold every header of the request; names are compared without regard to case, and those not spoken of
/// here are passed over. `input_schema` is the schema of the tool called, as far as it is known: without it, or where
/// its annotations are invalid, no `Mcp-Param-*` header is recognised.
///
/// # Errors
///
/// The first [`HeaderRefusal`], in the order method, `_meta`, version, name, arguments.
pub fn check<'h>(
    request: &Request,
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    input_schema: Option<Raw<'_>>,
) -> Result<(), HeaderRefusal> {
    let presented = Presented::collect(headers)?;
    presented.method.must_be(METHOD, request.method())?;
    let version = required_meta(request)?;
    presented.version.must_be(PROTOCOL_VERSION, &version)?;
    if let Some(name) = name_value(request)? {
        presented.name.must_encode(NAME, &name)?;
    }
    check_arguments(request, &presented, input_schema)
}

/// The headers that a request of revision 2026-07-28 must carry, derived from its body.
///
/// `input_schema` is the schema that the server published for the tool. A member that the body lacks, or a version or
/// method that is not printable ASCII, gives no header: the server will refuse the request for that.
#[must_use]
pub fn for_request(request: &Request, input_schema: Option<Raw<'_>>) -> Vec<(Cow<'static, str>, String)> {
    let mut headers = Vec::with_capacity(4);
    let version = text_at(request.meta(), META_PROTOCOL_VERSION);
    for (name, value) in [(PROTOCOL_VERSION, version), (METHOD, Some(request.method().into()))] {
        if let Some(value) = value.filter(|value| is_plain(value)) {
            headers.push((Cow::Borrowed(name), value.into_owned()));
        }
    }
    if let Ok(Some(name)) = name_value(request) {
        headers.push((Cow::Borrowed(NAME), encode(&name).into_owned()));
    }
    for param in param_headers(request, input_schema) {
        if let Some(value) = param.value_in(request.param("arguments")).and_then(sendable) {
            headers.push((Cow::Owned(param.header_name()), encode(&value).into_owned()));
        }
    }
    headers
}

/// Why HTTP clients must leave a tool out of the list: its `x-mcp-header` annotations break a rule. `None` when they
/// break none.
#[must_use]
pub fn invalid_tool(input_schema: Raw<'_>) -> Option<InvalidAnnotation> {
    Annotations::read(input_schema).err()
}

/// The headers of a request that this module knows, not yet decoded.
struct Presented<'h> {
    version: Field<'h>,
    method: Field<'h>,
    name: Field<'h>,
    /// The part of the name after the prefix, and the value.
    params: Vec<(&'h str, &'h [u8])>,
}

/// What came under one name.
#[derive(Clone, Copy)]
enum Field<'h> {
    Absent,
    Once(&'h [u8]),
    /// Two readers might believe different ones.
    Repeated(&'h [u8]),
}

impl<'h> Presented<'h> {
    /// Sorts the headers out, and refuses too many or too long ones before anything is decoded.
    fn collect(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> Result<Self, HeaderMismatch> {
        let mut presented =
            Self { version: Field::Absent, method: Field::Absent, name: Field::Absent, params: Vec::new() };
        for (name, value) in headers {
            if let Some(suffix) = param_suffix(name) {
                presented.params.push((suffix, within_limit(name, value)?));
            } else if name.eq_ignore_ascii_case(PROTOCOL_VERSION) {
                presented.version.add(within_limit(PROTOCOL_VERSION, value)?);
            } else if name.eq_ignore_ascii_case(METHOD) {
                presented.method.add(within_limit(METHOD, value)?);
            } else if name.eq_ignore_ascii_case(NAME) {
                presented.name.add(within_limit(NAME, value)?);
            }
            if presented.params.len() > limits::PARAM_HEADERS {
                let expected = format!("at most {} such headers", limits::PARAM_HEADERS);
                return Err(HeaderMismatch::new("Mcp-Param-*", Some(&expected), Some(b"more")));
            }
        }
        Ok(presented)
    }

    fn param(&self, name: &str) -> Field<'h> {
        let mut field = Field::Absent;
        for (_, value) in self.params.iter().filter(|(suffix, _)| suffix.eq_ignore_ascii_case(name)) {
            field.add(value);
        }
        field
    }
}

impl<'h> Field<'h> {
    fn add(&mut self, value: &'h [u8]) {
        *self = match *self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated(_) => Self::Repeated(value),
        };
    }

    /// The value was sent once, and is this one as it stands, which must be text that a header may hold.
    fn must_be(self, header: &str, expected: &str) -> Result<(), HeaderMismatch> {
        match self {
            Self::Once(value) if value.trim_ascii() == expected.as_bytes() && is_plain(expected) => Ok(()),
            Self::Once(_) | Self::Absent | Self::Repeated(_) => Err(self.mismatch(header, Some(expected))),
        }
    }

    /// The value was sent once, and decodes to this one.
    fn must_encode(self, header: &str, expected: &str) -> Result<(), HeaderMismatch> {
        self.must_satisfy(header, expected, |decoded| decoded == expected)
    }

    fn must_satisfy(
        self,
        header: &str,
        expected: &str,
        is_same: impl FnOnce(&str) -> bool,
    ) -> Result<(), HeaderMismatch> {
        match self {
            Self::Once(value) if decode(value).is_ok_and(|decoded| is_same(&decoded)) => Ok(()),
            Self::Once(_) | Self::Absent | Self::Repeated(_) => Err(self.mismatch(header, Some(expected))),
        }
    }

    fn must_be_absent(self, header: &str) -> Result<(), HeaderMismatch> {
        match self {
            Self::Absent => Ok(()),
            Self::Once(_) | Self::Repeated(_) => Err(self.mismatch(header, None)),
        }
    }

    fn mismatch(self, header: &str, expected: Option<&str>) -> HeaderMismatch {
        match self {
            Self::Absent => HeaderMismatch::new(header, expected, None),
            Self::Once(value) => HeaderMismatch::new(header, expected, Some(value)),
            Self::Repeated(value) => {
                HeaderMismatch::new(header, expected, Some(&[b"(repeated) ".as_slice(), value].concat()))
            }
        }
    }
}

fn within_limit<'h>(header: &str, value: &'h [u8]) -> Result<&'h [u8], HeaderMismatch> {
    if value.len() <= limits::VALUE_BYTES {
        return Ok(value);
    }
    let expected = format!("at most {} bytes", limits::VALUE_BYTES);
    Err(HeaderMismatch::new(excerpt(header.as_bytes()), Some(&expected), Some(value)))
}

/// What follows `Mcp-Param-`, when the name begins so in any case.
fn param_suffix(name: &str) -> Option<&str> {
    let (prefix, suffix) = name.split_at_checked(PARAM_PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PARAM_PREFIX).then_some(suffix)
}

/// The version that `_meta` names, once its other required member is there too.
fn required_meta(request: &Request) -> Result<Cow<'_, str>, MetaMissing> {
    let missing = |pointer| MetaMissing { pointer };
    let meta = request.meta().ok_or(missing("/params/_meta"))?;
    let version = text_at(Some(meta), META_PROTOCOL_VERSION)
        .ok_or(missing("/params/_meta/io.modelcontextprotocol~1protocolVersion"))?;
    meta.member(META_CLIENT_CAPABILITIES)
        .filter(|capabilities| capabilities.kind() == Kind::Object)
        .ok_or(missing("/params/_meta/io.modelcontextprotocol~1clientCapabilities"))?;
    Ok(version)
}

/// What `Mcp-Name` must repeat; `None` when the method does not require the header.
fn name_value(request: &Request) -> Result<Option<Cow<'_, str>>, MetaMissing> {
    let sources = Revision::V2026_07_28.http().name_sources;
    let Some(source) = sources.iter().find(|source| source.method == request.method()) else {
        return Ok(None);
    };
    let value = request.param(source.param).and_then(|value| value.as_str());
    let pointer = match source.param {
        "name" => "/params/name",
        "uri" => "/params/uri",
        "taskId" => "/params/taskId",
        _ => "/params",
    };
    value.map(Some).ok_or(MetaMissing { pointer })
}

fn check_arguments(
    request: &Request,
    presented: &Presented<'_>,
    input_schema: Option<Raw<'_>>,
) -> Result<(), HeaderRefusal> {
    for param in param_headers(request, input_schema) {
        let header = param.header_name();
        let field = presented.param(&param.name);
        match param.value_in(request.param("arguments")) {
            None => field.must_be_absent(&header)?,
            Some(value) => match sendable(value) {
                None => field.must_be_absent(&header)?,
                Some(expected) if value.kind() == Kind::Number => {
                    field.must_satisfy(&header, &expected, |found| decimal::same_number(found, value.text()))?;
                }
                Some(expected) => field.must_encode(&header, &expected)?,
            },
        }
    }
    Ok(())
}

fn param_headers(request: &Request, input_schema: Option<Raw<'_>>) -> Vec<ParamHeader> {
    match input_schema {
        Some(schema) if request.method() == "tools/call" => {
            Annotations::read(schema).map(Annotations::into_headers).unwrap_or_default()
        }
        Some(_) | None => Vec::new(),
    }
}

/// The argument as header text before encoding. `None` for an array or object, which no header can repeat and which
/// the tool's own schema refuses.
fn sendable(value: Raw<'_>) -> Option<Cow<'_, str>> {
    match value.kind() {
        Kind::String => value.as_str(),
        Kind::Bool => Some(Cow::Borrowed(value.text())),
        Kind::Number => Some(decimal::plain_integer(value.text()).map_or(Cow::Borrowed(value.text()), Cow::Owned)),
        Kind::Null | Kind::Array | Kind::Object => None,
    }
}

/// Text that a header may hold without encoding, where none is defined.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn text_at<'a>(object: Option<Raw<'a>>, member: &str) -> Option<Cow<'a, str>> {
    object?.member(member)?.as_str()
}

/// At most [`limits::SHOWN_BYTES`] of hostile text, printable.
fn excerpt(value: &[u8]) -> String {
    let shown = value.get(..limits::SHOWN_BYTES).unwrap_or(value);
    let ellipsis = if shown.len() < value.len() { "…" } else { "" };
    format!("{}{ellipsis}", shown.escape_ascii())
}

#[cfg(test)]
mod tests;

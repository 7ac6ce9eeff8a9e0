//! `server/discover`, and the error that names the versions a server supports.

use std::borrow::Cow;

use super::ViewError;
use super::capabilities::{Implementation, ServerCapabilities};
use super::fields::{ERROR, Fields, RESULT};
use crate::raw::Raw;

/// The result of `server/discover`.
#[derive(Debug, Clone)]
pub struct DiscoverResult<'a> {
    /// The revisions the server supports, as it names them.
    pub supported_versions: Vec<Cow<'a, str>>,
    /// What the server can do.
    pub capabilities: ServerCapabilities<'a>,
    /// Advice to the model.
    pub instructions: Option<Cow<'a, str>>,
    /// What the server calls itself, from `_meta`.
    pub server_info: Option<Implementation<'a>>,
}

/// The `data` of error -32022: the version asked for is not supported.
#[derive(Debug, Clone)]
pub struct UnsupportedVersion<'a> {
    /// The revisions the server supports, as it names them.
    pub supported: Vec<Cow<'a, str>>,
    /// The version that was asked for.
    pub requested: Option<Cow<'a, str>>,
}

impl UnsupportedVersion<'_> {
    /// The JSON-RPC error code that carries it.
    pub const CODE: i64 = -32022;
}

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

impl<'a> DiscoverResult<'a> {
    /// Reads the result of `server/discover`.
    ///
    /// # Errors
    /// A member is absent, or has the wrong type or case.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["supportedVersions", "capabilities", "instructions", "_meta"])?;
        Ok(Self {
            supported_versions: fields.texts("supportedVersions")?,
            capabilities: ServerCapabilities::read(fields.object("capabilities")?, fields.at("capabilities"))?,
            instructions: fields.optional_text("instructions")?,
            server_info: server_info(&fields)?,
        })
    }
}

impl<'a> UnsupportedVersion<'a> {
    /// Reads a whole error object with the code [`UnsupportedVersion::CODE`].
    ///
    /// # Errors
    /// Its `data` is absent or malformed.
    pub fn from_error(error: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(error, ERROR, &["code", "message", "data"])?;
        let data = Fields::of(fields.object("data")?, fields.at("data"), &["supported", "requested"])?;
        Ok(Self { supported: data.texts("supported")?, requested: data.optional_text("requested")? })
    }
}

fn server_info<'a, const N: usize>(result: &Fields<'a, '_, N>) -> Result<Option<Implementation<'a>>, ViewError> {
    let Some(meta) = result.optional_object("_meta")? else {
        return Ok(None);
    };
    let at = result.at("_meta");
    let fields = Fields::of(meta, at, &[SERVER_INFO])?;
    let info = fields.optional_object(SERVER_INFO)?;
    info.map(|info| Implementation::read(info, fields.at(SERVER_INFO))).transpose()
}

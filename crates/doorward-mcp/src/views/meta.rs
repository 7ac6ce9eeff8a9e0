//! `_meta`: what every modern request says about itself, and what listen streams say about theirs.

use std::borrow::Cow;

use super::ViewError;
use super::capabilities::{ClientCapabilities, Implementation};
use super::fields::{At, Fields, PARAMS};
use crate::raw::Raw;

const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
const PROGRESS_TOKEN: &str = "progressToken";

/// The `_meta` of a modern request.
#[derive(Debug, Clone)]
pub struct RequestMeta<'a> {
    /// The revision the request is written in, as the client names it.
    pub protocol_version: Cow<'a, str>,
    /// What the client can do for this request.
    pub client_capabilities: ClientCapabilities<'a>,
    /// What the client calls itself.
    pub client_info: Option<Implementation<'a>>,
    /// Under which token it wants progress.
    pub progress_token: Option<Raw<'a>>,
    /// From which level on it wants log messages; without it, none.
    pub log_level: Option<LogLevel>,
}

/// How grave a log message is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// For finding faults.
    Debug,
    /// Ordinary events.
    Info,
    /// Ordinary events worth noticing.
    Notice,
    /// Something may go wrong.
    Warning,
    /// Something went wrong.
    Error,
    /// Something important went wrong.
    Critical,
    /// Act now.
    Alert,
    /// Unusable.
    Emergency,
}

impl<'a> RequestMeta<'a> {
    /// Reads `params._meta` of a modern request.
    ///
    /// # Errors
    /// A required member is absent, or a known one has the wrong type or case.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let params = Fields::params(params, &["_meta"])?;
        let known = [PROTOCOL_VERSION, CLIENT_INFO, CLIENT_CAPABILITIES, LOG_LEVEL, SUBSCRIPTION_ID, PROGRESS_TOKEN];
        let fields = Fields::of(params.object("_meta")?, params.at("_meta"), &known)?;
        let client_info = fields.optional_object(CLIENT_INFO)?;
        Ok(Self {
            protocol_version: fields.text(PROTOCOL_VERSION)?,
            client_capabilities: ClientCapabilities::read(
                fields.object(CLIENT_CAPABILITIES)?,
                fields.at(CLIENT_CAPABILITIES),
            )?,
            client_info: client_info.map(|info| Implementation::read(info, fields.at(CLIENT_INFO))).transpose()?,
            progress_token: fields.optional_id(PROGRESS_TOKEN)?,
            log_level: LogLevel::read_optional(&fields, LOG_LEVEL)?,
        })
    }
}

/// The subscription a notification belongs to, from `params._meta`: the id of the listen request.
///
/// # Errors
/// It is neither a string nor an integer, or `_meta` is not an object.
pub fn subscription_id(params: Option<Raw<'_>>) -> Result<Option<Raw<'_>>, ViewError> {
    params.map_or(Ok(None), |params| subscription_id_in(params, PARAMS))
}

pub(super) fn subscription_id_in<'a>(owner: Raw<'a>, at: At<'_>) -> Result<Option<Raw<'a>>, ViewError> {
    let owner = Fields::of(owner, at, &["_meta"])?;
    match owner.optional_object("_meta")? {
        Some(meta) => Fields::of(meta, owner.at("_meta"), &[SUBSCRIPTION_ID])?.optional_id(SUBSCRIPTION_ID),
        None => Ok(None),
    }
}

impl LogLevel {
    /// Every level, least grave first.
    pub const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// The level of exactly this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }

    pub(super) fn read<const N: usize>(fields: &Fields<'_, '_, N>, name: &str) -> Result<Self, ViewError> {
        Self::read_optional(fields, name)?.ok_or_else(|| fields.at(name).error("a log level"))
    }

    fn read_optional<const N: usize>(fields: &Fields<'_, '_, N>, name: &str) -> Result<Option<Self>, ViewError> {
        match fields.optional_text(name)? {
            Some(level) => Self::parse(&level).map(Some).ok_or_else(|| fields.at(name).error("a log level")),
            None => Ok(None),
        }
    }
}

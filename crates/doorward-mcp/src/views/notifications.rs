//! Notifications that belong to something: a request, a token, a resource. Also `logging/setLevel`.

use std::borrow::Cow;

use super::ViewError;
use super::fields::Fields;
use super::meta::LogLevel;
use crate::raw::Raw;

/// The params of `notifications/cancelled`.
#[derive(Debug, Clone)]
pub struct Cancelled<'a> {
    /// The id of the request, a string or an integer.
    pub request_id: Raw<'a>,
    /// Why, for people.
    pub reason: Option<Cow<'a, str>>,
}

/// The params of `notifications/progress`.
#[derive(Debug, Clone)]
pub struct Progress<'a> {
    /// The token the requester chose, a string or an integer.
    pub progress_token: Raw<'a>,
    /// How far it is, a number.
    pub progress: Raw<'a>,
    /// How far it goes, a number.
    pub total: Option<Raw<'a>>,
    /// What is being done, for people.
    pub message: Option<Cow<'a, str>>,
}

/// The params of `notifications/resources/updated`.
#[derive(Debug, Clone)]
pub struct ResourceUpdated<'a> {
    /// Which resource.
    pub uri: Cow<'a, str>,
}

/// The params of `notifications/message`.
#[derive(Debug, Clone)]
pub struct LogMessage<'a> {
    /// How grave it is.
    pub level: LogLevel,
    /// Which part of the server speaks.
    pub logger: Option<Cow<'a, str>>,
    /// What it says: any JSON.
    pub data: Raw<'a>,
}

/// The params of `logging/setLevel`.
#[derive(Debug, Clone, Copy)]
pub struct SetLogLevel {
    /// From which level on messages are wanted.
    pub level: LogLevel,
}

/// The params of `notifications/elicitation/complete` (revision 2025-11-25).
#[derive(Debug, Clone)]
pub struct ElicitationComplete<'a> {
    /// Which elicitation.
    pub elicitation_id: Cow<'a, str>,
}

impl<'a> Cancelled<'a> {
    /// Reads the params of `notifications/cancelled`.
    ///
    /// # Errors
    /// No request id, or a member of the wrong type.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["requestId", "reason"])?;
        Ok(Self { request_id: fields.id("requestId")?, reason: fields.optional_text("reason")? })
    }
}

impl<'a> Progress<'a> {
    /// Reads the params of `notifications/progress`.
    ///
    /// # Errors
    /// No token or progress, or a member of the wrong type.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["progressToken", "progress", "total", "message"])?;
        Ok(Self {
            progress_token: fields.id("progressToken")?,
            progress: fields.number("progress")?,
            total: fields.optional_number("total")?,
            message: fields.optional_text("message")?,
        })
    }
}

impl<'a> ResourceUpdated<'a> {
    /// Reads the params of `notifications/resources/updated`.
    ///
    /// # Errors
    /// No URI, or not a string.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        Ok(Self { uri: Fields::params(params, &["uri"])?.text("uri")? })
    }
}

impl<'a> LogMessage<'a> {
    /// Reads the params of `notifications/message`.
    ///
    /// # Errors
    /// No data, no level or an unknown one, or a member of the wrong type.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["level", "logger", "data"])?;
        Ok(Self {
            level: LogLevel::read(&fields, "level")?,
            logger: fields.optional_text("logger")?,
            data: fields.any("data")?,
        })
    }
}

impl SetLogLevel {
    /// Reads the params of `logging/setLevel`.
    ///
    /// # Errors
    /// No level, or an unknown one.
    pub fn from_params(params: Option<Raw<'_>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["level"])?;
        Ok(Self { level: LogLevel::read(&fields, "level")? })
    }
}

impl<'a> ElicitationComplete<'a> {
    /// Reads the params of `notifications/elicitation/complete`.
    ///
    /// # Errors
    /// No elicitation id, or not a string.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        Ok(Self { elicitation_id: Fields::params(params, &["elicitationId"])?.text("elicitationId")? })
    }
}

//! `initialize`, which opens a legacy conversation.

use std::borrow::Cow;

use super::ViewError;
use super::capabilities::{ClientCapabilities, Implementation, ServerCapabilities};
use super::fields::{Fields, RESULT};
use crate::raw::Raw;

/// The params of `initialize`.
#[derive(Debug, Clone)]
pub struct InitializeRequest<'a> {
    /// The revision the client asks for, as it names it.
    pub protocol_version: Cow<'a, str>,
    /// What the client can do.
    pub capabilities: ClientCapabilities<'a>,
    /// What the client calls itself.
    pub client_info: Implementation<'a>,
}

/// The result of `initialize`.
#[derive(Debug, Clone)]
pub struct InitializeResult<'a> {
    /// The revision the server chose, as it names it.
    pub protocol_version: Cow<'a, str>,
    /// What the server can do.
    pub capabilities: ServerCapabilities<'a>,
    /// What the server calls itself.
    pub server_info: Implementation<'a>,
    /// Advice to the model.
    pub instructions: Option<Cow<'a, str>>,
}

impl<'a> InitializeRequest<'a> {
    /// Reads the params of `initialize`.
    ///
    /// # Errors
    /// A member is absent, or has the wrong type or case.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["protocolVersion", "capabilities", "clientInfo"])?;
        Ok(Self {
            protocol_version: fields.text("protocolVersion")?,
            capabilities: ClientCapabilities::read(fields.object("capabilities")?, fields.at("capabilities"))?,
            client_info: Implementation::read(fields.object("clientInfo")?, fields.at("clientInfo"))?,
        })
    }
}

impl<'a> InitializeResult<'a> {
    /// Reads the result of `initialize`.
    ///
    /// # Errors
    /// A member is absent, or has the wrong type or case.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["protocolVersion", "capabilities", "serverInfo", "instructions"])?;
        Ok(Self {
            protocol_version: fields.text("protocolVersion")?,
            capabilities: ServerCapabilities::read(fields.object("capabilities")?, fields.at("capabilities"))?,
            server_info: Implementation::read(fields.object("serverInfo")?, fields.at("serverInfo"))?,
            instructions: fields.optional_text("instructions")?,
        })
    }
}

//! What each side says it can do, and what it calls itself.

use std::borrow::Cow;

use super::ViewError;
use super::fields::{At, Fields};
use crate::raw::Raw;

/// A server's capabilities. One that is present is an object; `None` means it is not offered.
#[derive(Debug, Clone, Copy)]
pub struct ServerCapabilities<'a> {
    /// Tools.
    pub tools: Option<Raw<'a>>,
    /// Resources.
    pub resources: Option<Raw<'a>>,
    /// Prompts.
    pub prompts: Option<Raw<'a>>,
    /// Argument completion.
    pub completions: Option<Raw<'a>>,
    /// Log messages.
    pub logging: Option<Raw<'a>>,
    /// Tasks as revision 2025-11-25 has them.
    pub tasks: Option<Raw<'a>>,
    /// Extensions by id.
    pub extensions: Option<Raw<'a>>,
    /// The whole object.
    pub raw: Raw<'a>,
}

/// A client's capabilities. One that is present is an object; `None` means it is not offered.
#[derive(Debug, Clone, Copy)]
pub struct ClientCapabilities<'a> {
    /// Folders the client works in.
    pub roots: Option<Raw<'a>>,
    /// Asking the client's model.
    pub sampling: Option<Raw<'a>>,
    /// Asking the person.
    pub elicitation: Option<Raw<'a>>,
    /// Tasks as revision 2025-11-25 has them.
    pub tasks: Option<Raw<'a>>,
    /// Extensions by id.
    pub extensions: Option<Raw<'a>>,
    /// The whole object.
    pub raw: Raw<'a>,
}

/// What a program calls itself. Never verified.
#[derive(Debug, Clone)]
pub struct Implementation<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// A name for people.
    pub title: Option<Cow<'a, str>>,
    /// Its version.
    pub version: Cow<'a, str>,
    /// The whole object.
    pub raw: Raw<'a>,
}

impl<'a> ServerCapabilities<'a> {
    pub(super) fn read(capabilities: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let known = ["tools", "resources", "prompts", "completions", "logging", "tasks", "extensions", "experimental"];
        let fields = Fields::of(capabilities, at, &known)?;
        Ok(Self {
            tools: fields.optional_object("tools")?,
            resources: fields.optional_object("resources")?,
            prompts: fields.optional_object("prompts")?,
            completions: fields.optional_object("completions")?,
            logging: fields.optional_object("logging")?,
            tasks: fields.optional_object("tasks")?,
            extensions: fields.optional_object("extensions")?,
            raw: capabilities,
        })
    }

    /// Whether the server offers this extension.
    #[must_use]
    pub fn has_extension(&self, id: &str) -> bool {
        self.extensions.is_some_and(|extensions| extensions.member(id).is_some())
    }
}

impl<'a> ClientCapabilities<'a> {
    pub(super) fn read(capabilities: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let known = ["roots", "sampling", "elicitation", "tasks", "extensions", "experimental"];
        let fields = Fields::of(capabilities, at, &known)?;
        Ok(Self {
            roots: fields.optional_object("roots")?,
            sampling: fields.optional_object("sampling")?,
            elicitation: fields.optional_object("elicitation")?,
            tasks: fields.optional_object("tasks")?,
            extensions: fields.optional_object("extensions")?,
            raw: capabilities,
        })
    }

    /// Whether the client offers this extension.
    #[must_use]
    pub fn has_extension(&self, id: &str) -> bool {
        self.extensions.is_some_and(|extensions| extensions.member(id).is_some())
    }
}

impl<'a> Implementation<'a> {
    pub(super) fn read(implementation: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let fields = Fields::of(implementation, at, &["name", "title", "version"])?;
        Ok(Self {
            name: fields.text("name")?,
            title: fields.optional_text("title")?,
            version: fields.text("version")?,
            raw: implementation,
        })
    }
}

//! `completion/complete`.

use std::borrow::Cow;

use super::ViewError;
use super::fields::{Fields, RESULT};
use crate::raw::Raw;

/// The params of `completion/complete`.
#[derive(Debug, Clone)]
pub struct CompletionRequest<'a> {
    /// What the argument belongs to.
    pub reference: CompletionReference<'a>,
    /// The argument's name.
    pub argument_name: Cow<'a, str>,
    /// What was typed so far.
    pub argument_value: Cow<'a, str>,
    /// The object of arguments already chosen.
    pub context: Option<Raw<'a>>,
}

/// What an argument belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompletionReference<'a> {
    /// `ref/prompt`
    Prompt {
        /// The prompt's name.
        name: Cow<'a, str>,
    },
    /// `ref/resource`
    Resource {
        /// The resource's URI or URI template.
        uri: Cow<'a, str>,
    },
}

/// The result of `completion/complete`.
#[derive(Debug, Clone)]
pub struct CompletionResult<'a> {
    /// The suggestions.
    pub values: Vec<Cow<'a, str>>,
    /// Whether there are more.
    pub has_more: Option<bool>,
}

impl<'a> CompletionRequest<'a> {
    /// Reads the params of `completion/complete`.
    ///
    /// # Errors
    /// A member is absent or of the wrong type, or the reference is of an unknown kind.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["ref", "argument", "context"])?;
        let argument = Fields::of(fields.object("argument")?, fields.at("argument"), &["name", "value"])?;
        Ok(Self {
            reference: reference(&fields)?,
            argument_name: argument.text("name")?,
            argument_value: argument.text("value")?,
            context: fields.optional_object("context")?,
        })
    }
}

impl<'a> CompletionResult<'a> {
    /// Reads the result of `completion/complete`.
    ///
    /// # Errors
    /// A member is absent or of the wrong type.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["completion"])?;
        let completion =
            Fields::of(fields.object("completion")?, fields.at("completion"), &["values", "total", "hasMore"])?;
        Ok(Self { values: completion.texts("values")?, has_more: completion.optional_flag("hasMore")? })
    }
}

fn reference<'a, const N: usize>(params: &Fields<'a, '_, N>) -> Result<CompletionReference<'a>, ViewError> {
    let at = params.at("ref");
    let fields = Fields::of(params.object("ref")?, at, &["type", "name", "title", "uri"])?;
    match fields.text("type")?.as_ref() {
        "ref/prompt" => Ok(CompletionReference::Prompt { name: fields.text("name")? }),
        "ref/resource" => Ok(CompletionReference::Resource { uri: fields.text("uri")? }),
        _ => Err(at.member("type").error("ref/prompt or ref/resource")),
    }
}

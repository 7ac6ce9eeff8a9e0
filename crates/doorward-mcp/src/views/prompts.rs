//! `prompts/list` and `prompts/get`.

use std::borrow::Cow;

use super::ViewError;
use super::fields::{At, Fields, RESULT, read_each, read_elements};
use crate::raw::Raw;

/// The result of `prompts/list`.
#[derive(Debug, Clone)]
pub struct PromptList<'a> {
    /// One entry per element of the array, in order; a bad definition spoils only its own.
    pub prompts: Vec<Result<PromptDefinition<'a>, ViewError>>,
    /// The `prompts` array, for removing elements.
    pub array: Raw<'a>,
    /// Where the next page starts.
    pub next_cursor: Option<Cow<'a, str>>,
}

/// One prompt as its server describes it.
#[derive(Debug, Clone)]
pub struct PromptDefinition<'a> {
    /// The name to get it by.
    pub name: Cow<'a, str>,
    /// A name for people.
    pub title: Option<Cow<'a, str>>,
    /// A description.
    pub description: Option<Cow<'a, str>>,
    /// The names of its arguments.
    pub argument_names: Vec<Cow<'a, str>>,
    /// The whole definition.
    pub raw: Raw<'a>,
}

/// The params of `prompts/get`.
#[derive(Debug, Clone)]
pub struct PromptRequest<'a> {
    /// Which prompt.
    pub name: Cow<'a, str>,
    /// The arguments, an object.
    pub arguments: Option<Raw<'a>>,
}

/// The result of `prompts/get`.
#[derive(Debug, Clone)]
pub struct PromptResult<'a> {
    /// A description.
    pub description: Option<Cow<'a, str>>,
    /// What is to be put before the model.
    pub messages: Vec<PromptMessage<'a>>,
}

/// One message of a prompt.
#[derive(Debug, Clone)]
pub struct PromptMessage<'a> {
    /// Who speaks.
    pub role: Cow<'a, str>,
    /// The content block.
    pub content: Raw<'a>,
}

impl<'a> PromptList<'a> {
    /// Reads the result of `prompts/list`.
    ///
    /// # Errors
    /// The result has no `prompts` array, or its cursor is not a string.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["prompts", "nextCursor"])?;
        let array = fields.array("prompts")?;
        Ok(Self {
            prompts: read_each(array, fields.at("prompts"), PromptDefinition::read),
            array,
            next_cursor: fields.optional_text("nextCursor")?,
        })
    }
}

impl<'a> PromptDefinition<'a> {
    fn read(definition: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let fields = Fields::of(definition, at, &["name", "title", "description", "arguments", "_meta"])?;
        let argument_names = match fields.optional_array("arguments")? {
            Some(arguments) => read_elements(arguments, fields.at("arguments"), |argument, at| {
                Fields::of(argument, at, &["name", "title", "description", "required"])?.text("name")
            })?,
            None => Vec::new(),
        };
        Ok(Self {
            name: fields.text("name")?,
            title: fields.optional_text("title")?,
            description: fields.optional_text("description")?,
            argument_names,
            raw: definition,
        })
    }
}

impl<'a> PromptRequest<'a> {
    /// Reads the params of `prompts/get`.
    ///
    /// # Errors
    /// No name, or a member of the wrong type.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["name", "arguments"])?;
        Ok(Self { name: fields.text("name")?, arguments: fields.optional_object("arguments")? })
    }
}

impl<'a> PromptResult<'a> {
    /// Reads the result of `prompts/get`.
    ///
    /// # Errors
    /// No `messages` array, or one of them is malformed.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["description", "messages"])?;
        let messages = read_elements(fields.array("messages")?, fields.at("messages"), |message, at| {
            let fields = Fields::of(message, at, &["role", "content"])?;
            Ok(PromptMessage { role: fields.text("role")?, content: fields.object("content")? })
        })?;
        Ok(Self { description: fields.optional_text("description")?, messages })
    }
}

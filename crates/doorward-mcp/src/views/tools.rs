//! `tools/list` and `tools/call`.

use std::borrow::Cow;

use super::ViewError;
use super::fields::{At, Fields, RESULT, read_each};
use crate::raw::Raw;

/// The result of `tools/list`.
#[derive(Debug, Clone)]
pub struct ToolList<'a> {
    /// One entry per element of the array, in order; a bad definition spoils only its own.
    pub tools: Vec<Result<ToolDefinition<'a>, ViewError>>,
    /// The `tools` array, for removing elements.
    pub array: Raw<'a>,
    /// Where the next page starts.
    pub next_cursor: Option<Cow<'a, str>>,
}

/// One tool as its server describes it. Nothing in it is to be trusted.
#[derive(Debug, Clone)]
pub struct ToolDefinition<'a> {
    /// The name to call it by.
    pub name: Cow<'a, str>,
    /// A name for people.
    pub title: Option<Cow<'a, str>>,
    /// A description for the model.
    pub description: Option<Cow<'a, str>>,
    /// What the server claims about its effects.
    pub annotations: ToolAnnotations<'a>,
    /// The schema of its arguments.
    pub input_schema: Option<Raw<'a>>,
    /// The schema of its structured result.
    pub output_schema: Option<Raw<'a>>,
    /// Its `_meta`.
    pub meta: Option<Raw<'a>>,
    /// The whole definition.
    pub raw: Raw<'a>,
}

/// Claims about a tool's effects; `None` where nothing is claimed.
#[derive(Debug, Clone, Default)]
pub struct ToolAnnotations<'a> {
    /// A name for people.
    pub title: Option<Cow<'a, str>>,
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy.
    pub destructive: Option<bool>,
    /// Calling it again changes nothing more.
    pub idempotent: Option<bool>,
    /// It reaches outside a closed domain.
    pub open_world: Option<bool>,
}

/// The params of `tools/call`.
#[derive(Debug, Clone)]
pub struct ToolCall<'a> {
    /// Which tool.
    pub name: Cow<'a, str>,
    /// The arguments, an object.
    pub arguments: Option<Raw<'a>>,
    /// Revision 2025-11-25: the wish to run it as a task.
    pub task: Option<Raw<'a>>,
}

impl<'a> ToolList<'a> {
    /// Reads the result of `tools/list`.
    ///
    /// # Errors
    /// The result has no `tools` array, or its cursor is not a string.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["tools", "nextCursor"])?;
        let array = fields.array("tools")?;
        Ok(Self {
            tools: read_each(array, fields.at("tools"), ToolDefinition::read),
            array,
            next_cursor: fields.optional_text("nextCursor")?,
        })
    }
}

impl<'a> ToolDefinition<'a> {
    /// Reads one definition.
    ///
    /// # Errors
    /// A member is absent, or has the wrong type or case.
    pub fn from_raw(definition: Raw<'a>) -> Result<Self, ViewError> {
        Self::read(definition, RESULT)
    }

    fn read(definition: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let fields = Fields::of(
            definition,
            at,
            &["name", "title", "description", "annotations", "inputSchema", "outputSchema", "execution", "_meta"],
        )?;
        let annotations = match fields.optional_object("annotations")? {
            Some(annotations) => ToolAnnotations::read(annotations, fields.at("annotations"))?,
            None => ToolAnnotations::default(),
        };
        Ok(Self {
            name: fields.text("name")?,
            title: fields.optional_text("title")?,
            description: fields.optional_text("description")?,
            annotations,
            input_schema: fields.optional_object("inputSchema")?,
            output_schema: fields.find("outputSchema"),
            meta: fields.optional_object("_meta")?,
            raw: definition,
        })
    }
}

impl<'a> ToolAnnotations<'a> {
    fn read(annotations: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let fields = Fields::of(
            annotations,
            at,
            &["title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"],
        )?;
        Ok(Self {
            title: fields.optional_text("title")?,
            read_only: fields.optional_flag("readOnlyHint")?,
            destructive: fields.optional_flag("destructiveHint")?,
            idempotent: fields.optional_flag("idempotentHint")?,
            open_world: fields.optional_flag("openWorldHint")?,
        })
    }
}

impl<'a> ToolCall<'a> {
    /// Reads the params of `tools/call`.
    ///
    /// # Errors
    /// No name, or a member of the wrong type.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["name", "arguments", "task"])?;
        Ok(Self {
            name: fields.text("name")?,
            arguments: fields.optional_object("arguments")?,
            task: fields.optional_object("task")?,
        })
    }
}

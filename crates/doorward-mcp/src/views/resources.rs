//! `resources/list`, `resources/templates/list`, `resources/read`, `resources/subscribe` and `resources/unsubscribe`.

use std::borrow::Cow;

use super::ViewError;
use super::fields::{At, Fields, RESULT, read_each, read_elements};
use crate::raw::Raw;

/// The result of `resources/list`.
#[derive(Debug, Clone)]
pub struct ResourceList<'a> {
    /// One entry per element of the array, in order; a bad definition spoils only its own.
    pub resources: Vec<Result<ResourceDefinition<'a>, ViewError>>,
    /// The `resources` array, for removing elements.
    pub array: Raw<'a>,
    /// Where the next page starts.
    pub next_cursor: Option<Cow<'a, str>>,
}

/// One resource as its server describes it.
#[derive(Debug, Clone)]
pub struct ResourceDefinition<'a> {
    /// The URI to read it by.
    pub uri: Cow<'a, str>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// A name for people.
    pub title: Option<Cow<'a, str>>,
    /// A description for the model.
    pub description: Option<Cow<'a, str>>,
    /// Its media type.
    pub mime_type: Option<Cow<'a, str>>,
    /// The whole definition.
    pub raw: Raw<'a>,
}

/// The result of `resources/templates/list`.
#[derive(Debug, Clone)]
pub struct ResourceTemplateList<'a> {
    /// One entry per element of the array, in order; a bad definition spoils only its own.
    pub templates: Vec<Result<ResourceTemplate<'a>, ViewError>>,
    /// The `resourceTemplates` array, for removing elements.
    pub array: Raw<'a>,
    /// Where the next page starts.
    pub next_cursor: Option<Cow<'a, str>>,
}

/// One family of resources as its server describes it.
#[derive(Debug, Clone)]
pub struct ResourceTemplate<'a> {
    /// The URI template (RFC 6570).
    pub uri_template: Cow<'a, str>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// A name for people.
    pub title: Option<Cow<'a, str>>,
    /// A description for the model.
    pub description: Option<Cow<'a, str>>,
    /// The media type of all its resources.
    pub mime_type: Option<Cow<'a, str>>,
    /// The whole definition.
    pub raw: Raw<'a>,
}

/// The params of `resources/read`, `resources/subscribe` and `resources/unsubscribe`.
#[derive(Debug, Clone)]
pub struct ResourceRequest<'a> {
    /// Which resource.
    pub uri: Cow<'a, str>,
}

/// The result of `resources/read`.
#[derive(Debug, Clone)]
pub struct ResourceReadResult<'a> {
    /// What was read: the resource, or the parts of a collection.
    pub contents: Vec<ResourceContents<'a>>,
}

/// The contents of one resource.
#[derive(Debug, Clone)]
pub struct ResourceContents<'a> {
    /// Which resource.
    pub uri: Cow<'a, str>,
    /// Its media type.
    pub mime_type: Option<Cow<'a, str>>,
    /// What it holds.
    pub body: ResourceBody<'a>,
    /// The whole object.
    pub raw: Raw<'a>,
}

/// How contents are given.
#[derive(Debug, Clone, Copy)]
pub enum ResourceBody<'a> {
    /// A JSON string with the text.
    Text(Raw<'a>),
    /// A JSON string with base64.
    Blob(Raw<'a>),
}

impl<'a> ResourceList<'a> {
    /// Reads the result of `resources/list`.
    ///
    /// # Errors
    /// The result has no `resources` array, or its cursor is not a string.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["resources", "nextCursor"])?;
        let array = fields.array("resources")?;
        Ok(Self {
            resources: read_each(array, fields.at("resources"), ResourceDefinition::read),
            array,
            next_cursor: fields.optional_text("nextCursor")?,
        })
    }
}

impl<'a> ResourceDefinition<'a> {
    /// Reads one definition; a `resource_link` content block has the same members.
    ///
    /// # Errors
    /// A member is absent, or has the wrong type or case.
    pub fn from_raw(definition: Raw<'a>) -> Result<Self, ViewError> {
        Self::read(definition, RESULT)
    }

    fn read(definition: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let fields = Fields::of(definition, at, &["uri", "name", "title", "description", "mimeType", "_meta"])?;
        Ok(Self {
            uri: fields.text("uri")?,
            name: fields.text("name")?,
            title: fields.optional_text("title")?,
            description: fields.optional_text("description")?,
            mime_type: fields.optional_text("mimeType")?,
            raw: definition,
        })
    }
}

impl<'a> ResourceTemplateList<'a> {
    /// Reads the result of `resources/templates/list`.
    ///
    /// # Errors
    /// The result has no `resourceTemplates` array, or its cursor is not a string.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["resourceTemplates", "nextCursor"])?;
        let array = fields.array("resourceTemplates")?;
        Ok(Self {
            templates: read_each(array, fields.at("resourceTemplates"), ResourceTemplate::read),
            array,
            next_cursor: fields.optional_text("nextCursor")?,
        })
    }
}

impl<'a> ResourceTemplate<'a> {
    fn read(definition: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let fields = Fields::of(definition, at, &["uriTemplate", "name", "title", "description", "mimeType", "_meta"])?;
        Ok(Self {
            uri_template: fields.text("uriTemplate")?,
            name: fields.text("name")?,
            title: fields.optional_text("title")?,
            description: fields.optional_text("description")?,
            mime_type: fields.optional_text("mimeType")?,
            raw: definition,
        })
    }
}

impl<'a> ResourceRequest<'a> {
    /// Reads the params of a request about one resource.
    ///
    /// # Errors
    /// No URI, or not a string.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["uri"])?;
        Ok(Self { uri: fields.text("uri")? })
    }
}

impl<'a> ResourceReadResult<'a> {
    /// Reads the result of `resources/read`.
    ///
    /// # Errors
    /// No `contents` array, or a part of it is malformed: then nothing of it can be said to be checked.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["contents"])?;
        let contents = read_elements(fields.array("contents")?, fields.at("contents"), ResourceContents::read)?;
        Ok(Self { contents })
    }
}

impl<'a> ResourceContents<'a> {
    /// Reads one object of contents, such as that of an embedded resource.
    ///
    /// # Errors
    /// A member is absent or has the wrong type, or it has both text and blob.
    pub fn from_raw(contents: Raw<'a>) -> Result<Self, ViewError> {
        Self::read(contents, RESULT)
    }

    fn read(contents: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let fields = Fields::of(contents, at, &["uri", "mimeType", "text", "blob", "_meta"])?;
        let given = (fields.optional_text("text")?, fields.optional_text("blob")?);
        let body = match given {
            (Some(_), None) => ResourceBody::Text(fields.any("text")?),
            (None, Some(_)) => ResourceBody::Blob(fields.any("blob")?),
            (Some(_), Some(_)) | (None, None) => return Err(at.error("either text or blob")),
        };
        Ok(Self { uri: fields.text("uri")?, mime_type: fields.optional_text("mimeType")?, body, raw: contents })
    }
}

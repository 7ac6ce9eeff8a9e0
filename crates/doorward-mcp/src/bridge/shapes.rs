//! Shapes of results that older revisions do not have, made into ones they have.
//!
//! Responsible for content blocks, structured output, schemas and icons. What an older revision cannot carry is said
//! as text where it says something, and taken out where it is ornament. It must never leave a result without what
//! the tool said.

use std::fmt::Write as _;

use super::edit::{self, Change, Edits, Member};
use super::{Row, Unbridged};
use crate::compose::quote;
use crate::message::{Outcome, Response};
use crate::raw::{Kind, Raw};
use crate::revision::Revision;

/// What becomes of the members of a result itself. What is deeper has been edited already.
#[derive(Default)]
pub(super) struct Shape {
    drop: Option<&'static str>,
    added: Vec<Member<'static>>,
}

const STRUCTURED: &str = "structuredContent";

/// A response in shapes that `to` can carry; otherwise as it came.
///
/// # Errors
/// The response cannot be edited.
pub fn downgrade(method: &str, response: &Response, to: Revision) -> Result<Response, Unbridged> {
    let mut edits = Edits::of(response.bytes());
    match response.outcome() {
        Outcome::Error { .. } => return Ok(response.clone()),
        Outcome::Result(result) => {
            let shape = shape(&mut edits, method, result, to);
            edits.members(result, |name| shape.change(name), shape.added());
        }
    }
    super::response(Row::ResultShapes, edits.finish(Row::ResultShapes)?)
}

/// Edits what lies inside the members of `result`, and says what is to be done with the members.
pub(super) fn shape(edits: &mut Edits, method: &str, result: Raw<'_>, to: Revision) -> Shape {
    match method {
        "tools/call" => tool_result(edits, result, to),
        "tools/list" => {
            each(result, "tools", |tool| edit_tool(edits, tool, to));
            Shape::default()
        }
        "prompts/get" => {
            each(result, "messages", |message| {
                if let Some(content) = message.member("content") {
                    edit_block(edits, content, to);
                }
            });
            Shape::default()
        }
        "prompts/list" => {
            each(result, "prompts", |prompt| strip_icons(edits, prompt, to));
            Shape::default()
        }
        "resources/list" => {
            each(result, "resources", |resource| strip_icons(edits, resource, to));
            Shape::default()
        }
        "resources/templates/list" => {
            each(result, "resourceTemplates", |template| strip_icons(edits, template, to));
            Shape::default()
        }
        _ => Shape::default(),
    }
}

impl Shape {
    pub(super) fn change(&self, name: &str) -> Change {
        if self.drop == Some(name) { Change::Drop } else { Change::Keep }
    }

    pub(super) fn added(&self) -> &[Member<'static>] {
        &self.added
    }
}

fn tool_result(edits: &mut Edits, result: Raw<'_>, to: Revision) -> Shape {
    let content = result.member("content");
    each(result, "content", |block| edit_block(edits, block, to));
    let structured = result.member(STRUCTURED);
    let Some(structured) = structured.filter(|structured| !carries_structured(*structured, to)) else {
        return Shape::default();
    };
    let mut shape = Shape { drop: Some(STRUCTURED), added: Vec::new() };
    let text = text_block(structured.text(), None);
    match content.filter(|content| content.kind() == Kind::Array) {
        Some(content) if content.elements().any(is_text) => {}
        Some(content) => edits.element(content, &text),
        None => shape.added.push(("content", format!("[{text}]"))),
    }
    shape
}

/// Structured output came with 2025-06-18, as an object; 2026-07-28 allows any value.
fn carries_structured(structured: Raw<'_>, to: Revision) -> bool {
    match to {
        Revision::V2024_11_05 | Revision::V2025_03_26 => false,
        Revision::V2025_06_18 | Revision::V2025_11_25 => structured.kind() == Kind::Object,
        Revision::V2026_07_28 => true,
    }
}

fn edit_tool(edits: &mut Edits, tool: Raw<'_>, to: Revision) {
    let drops_schema = tool.member("outputSchema").is_some_and(|schema| !carries_schema(schema, to));
    let drops = |name: &str| match name {
        "outputSchema" => drops_schema,
        "icons" | "execution" => to < Revision::V2025_11_25,
        _ => false,
    };
    drop_members(edits, tool, drops);
}

fn carries_schema(schema: Raw<'_>, to: Revision) -> bool {
    let is_object = || schema.member("type").and_then(|kind| kind.as_str()).is_some_and(|kind| kind == "object");
    match to {
        Revision::V2024_11_05 | Revision::V2025_03_26 => false,
        Revision::V2025_06_18 | Revision::V2025_11_25 => is_object(),
        Revision::V2026_07_28 => true,
    }
}

fn strip_icons(edits: &mut Edits, definition: Raw<'_>, to: Revision) {
    drop_members(edits, definition, |name| name == "icons" && to < Revision::V2025_11_25);
}

fn drop_members(edits: &mut Edits, object: Raw<'_>, drops: impl Fn(&str) -> bool) {
    if object.members().any(|(name, _)| drops(&name)) {
        edits.members(object, |name| if drops(name) { Change::Drop } else { Change::Keep }, &[]);
    }
}

fn edit_block(edits: &mut Edits, block: Raw<'_>, to: Revision) {
    let kind = block.member("type").and_then(|kind| kind.as_str());
    match kind.as_deref() {
        Some("resource_link") if to < Revision::V2025_06_18 => {
            edits.value(block, text_block(&link_as_text(block), Some(block)));
        }
        Some("audio") if to < Revision::V2025_03_26 => {
            edits.value(block, text_block(&audio_as_text(block), Some(block)));
        }
        Some("resource_link") => strip_icons(edits, block, to),
        Some(_) | None => {}
    }
}

fn link_as_text(link: Raw<'_>) -> String {
    let says = |name: &str| link.member(name).and_then(|value| value.as_str());
    let mut text = format!("Resource {}", says("uri").unwrap_or_default());
    if let Some(name) = says("title").or_else(|| says("name")) {
        let _ = write!(text, " ({name})");
    }
    if let Some(media_type) = says("mimeType") {
        let _ = write!(text, ", {media_type}");
    }
    if let Some(description) = says("description") {
        let _ = write!(text, ": {description}");
    }
    text
}

fn audio_as_text(audio: Raw<'_>) -> String {
    let media_type = audio.member("mimeType").and_then(|value| value.as_str());
    let media_type = media_type.as_deref().unwrap_or("of unknown type");
    format!("[Audio, {media_type}: protocol revision 2024-11-05, which this client speaks, cannot carry it.]")
}

/// A block of text, with the annotations of the block it stands for.
fn text_block(text: &str, instead_of: Option<Raw<'_>>) -> String {
    let mut members = vec![("type", quote("text")), ("text", quote(text))];
    let annotations = instead_of.and_then(|block| block.member("annotations"));
    members.extend(annotations.map(|annotations| ("annotations", annotations.text().to_owned())));
    edit::object_of(&members)
}

fn is_text(block: Raw<'_>) -> bool {
    block.member("type").and_then(|kind| kind.as_str()).is_some_and(|kind| kind == "text")
}

fn each<'a>(result: Raw<'a>, name: &str, edit: impl FnMut(Raw<'a>)) {
    if let Some(array) = result.member(name) {
        array.elements().for_each(edit);
    }
}

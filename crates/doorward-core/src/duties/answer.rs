//! Doing it: a result with its duties performed, or why that cannot be.

use std::borrow::Cow;
use std::ops::Range;

use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Kind, Raw, RawJson};

use super::AnswerDuties;
use super::reduce::{Reduced, reduce};

/// The `_meta` key under which an answer says what was done to it. Nobody else's member of that name passes.
pub(crate) const ANSWER_META_KEY: &str = "dev.doorward/answer";

/// A message belongs to a task (2025-11-25); such a result needs it.
const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

/// What came of performing.
pub(crate) enum Performed {
    /// The result to show, as JSON.
    Result(String),
    /// It cannot be done, and why.
    Impossible(&'static str),
}

/// What a result is a result of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A tool.
    Tool,
    /// A resource.
    Resource,
}

/// Performs `duties` on a result.
pub(crate) fn perform(duties: &AnswerDuties, asked: Asked, result: Raw<'_>) -> Performed {
    let parts = match asked {
        Asked::Resource => reduce_contents(duties, result.member("contents")),
        Asked::Tool => reduce_content(duties, result.member("content"), result.member("structuredContent")),
    };
    match parts {
        Ok(parts) => Performed::Result(parts.put_into(result, duties)),
        Err(why) => Performed::Impossible(why),
    }
}

/// `_meta` without the member that only we may write; `None` when it has no such member.
pub(crate) fn strip_forged(meta: Raw<'_>) -> Option<(Range<usize>, String)> {
    meta.member(ANSWER_META_KEY)?;
    let kept: Vec<String> = members(meta, |name| name != ANSWER_META_KEY);
    Some((meta.range(), format!("{{{}}}", kept.join(","))))
}

/// The new members of a result; `None` stays as it was.
#[derive(Default)]
struct Parts {
    contents: Option<String>,
    content: Option<String>,
    structured: Option<String>,
    redacted: usize,
    removed: usize,
    cut: usize,
}

impl Parts {
    fn count(&mut self, reduced: &Reduced) {
        self.redacted += reduced.redacted;
        self.removed += reduced.removed;
        self.cut += reduced.cut;
    }

    fn put_into(&self, result: Raw<'_>, duties: &AnswerDuties) -> String {
        let mut written = Vec::new();
        for (name, value) in result.named_values() {
            let name_text = name.as_str().unwrap_or_default();
            let new = match name_text.as_ref() {
                "content" => self.content.as_deref(),
                "contents" => self.contents.as_deref(),
                "structuredContent" => self.structured.as_deref(),
                // What a client may read depends on who it is (2026-07-28, caching).
                "cacheScope" => Some("\"private\""),
                _ => None,
            };
            let harmless = matches!(name_text.as_ref(), "isError" | "resultType" | "ttlMs");
            // Any other member may repeat what is left out.
            if name_text == "_meta" || (new.is_none() && !harmless && duties.touches_values()) {
                continue;
            }
            written.push(format!("{}:{}", name.text(), new.unwrap_or(value.text())));
        }
        let missing = result.member("content").is_none();
        written.extend(self.content.as_ref().filter(|_| missing).map(|content| format!("\"content\":{content}")));
        written.push(format!("\"_meta\":{}", self.meta(result.member("_meta"), duties)));
        format!("{{{}}}", written.join(","))
    }

    fn meta(&self, meta: Option<Raw<'_>>, duties: &AnswerDuties) -> String {
        let keep = |name: &str| name != ANSWER_META_KEY && (name == RELATED_TASK || !duties.touches_values());
        let mut kept = meta.map(|meta| members(meta, keep)).unwrap_or_default();
        let counts = [("redacted", self.redacted), ("removed", self.removed), ("cut", self.cut)];
        let mut told: Vec<String> = counts.iter().map(|(name, count)| format!("\"{name}\":{count}")).collect();
        if !duties.watermarks.is_empty() {
            let texts: Vec<String> = duties.watermarks.iter().map(|text| quote(text)).collect();
            told.push(format!("\"watermark\":[{}]", texts.join(",")));
        }
        kept.push(format!("{}:{{{}}}", quote(ANSWER_META_KEY), told.join(",")));
        format!("{{{}}}", kept.join(","))
    }
}

/// A tool's result. The structured content is what counts; where there is none, the one block of text that is JSON.
fn reduce_content(
    duties: &AnswerDuties,
    content: Option<Raw<'_>>,
    structured: Option<Raw<'_>>,
) -> Result<Parts, &'static str> {
    let mut parts = Parts::default();
    let blocks: Vec<Raw<'_>> = content.into_iter().flat_map(|content| content.elements()).collect();
    let mut texts: Vec<Cow<'_, str>> = Vec::new();
    match (duties.touches_values(), structured, blocks.as_slice()) {
        (false, _, _) => texts.extend(blocks.iter().map(|block| Cow::Borrowed(block.text()))),
        (true, Some(structured), _) => {
            let reduced = reduce(structured, duties);
            parts.count(&reduced);
            texts.push(Cow::Owned(text_block(&reduced.json)));
            parts.structured = Some(reduced.json);
        }
        (true, None, []) => {}
        (true, None, [only]) => {
            let reduced = reduce_text(duties, only.member("text"))?;
            parts.count(&reduced);
            texts.push(Cow::Owned(text_block(&reduced.json)));
        }
        (true, None, [_, ..]) => return Err("It has several parts without structured content."),
    }
    if parts.cut > 0 {
        let note = format!("Doorward left out {} elements of lists: more than a rule lets pass.", parts.cut);
        texts.push(Cow::Owned(text_block(&note)));
    }
    texts.extend(duties.watermarks.iter().map(|text| Cow::Owned(text_block(text))));
    parts.content = Some(format!("[{}]", texts.join(",")));
    Ok(parts)
}

/// A resource: each of its parts must be text that is JSON. What is said of it stands in `_meta` only.
fn reduce_contents(duties: &AnswerDuties, contents: Option<Raw<'_>>) -> Result<Parts, &'static str> {
    let mut parts = Parts::default();
    if !duties.touches_values() {
        return Ok(parts);
    }
    let mut items = Vec::new();
    for item in contents.into_iter().flat_map(|contents| contents.elements()) {
        let reduced = reduce_text(duties, item.member("text"))?;
        parts.count(&reduced);
        let mut kept = members(item, |name| matches!(name, "uri" | "mimeType"));
        kept.push(format!("\"text\":{}", quote(&reduced.json)));
        items.push(format!("{{{}}}", kept.join(",")));
    }
    parts.contents = Some(format!("[{}]", items.join(",")));
    Ok(parts)
}

fn reduce_text(duties: &AnswerDuties, text: Option<Raw<'_>>) -> Result<Reduced, &'static str> {
    const UNREADABLE: &str = "It has neither structured content nor text that is JSON.";
    let text = text.and_then(|text| text.as_str()).ok_or(UNREADABLE)?;
    let parsed = RawJson::parse(text.into_owned(), &Limits::for_results()).map_err(|_| UNREADABLE)?;
    match parsed.as_raw().kind() {
        Kind::Object | Kind::Array => Ok(reduce(parsed.as_raw(), duties)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => Err(UNREADABLE),
    }
}

fn text_block(text: &str) -> String {
    format!("{{\"type\":\"text\",\"text\":{}}}", quote(text))
}

/// The members of `object` to keep, as they were written.
fn members(object: Raw<'_>, keep: impl Fn(&str) -> bool) -> Vec<String> {
    let named = object.named_values().filter(|(name, _)| keep(&name.as_str().unwrap_or_default()));
    named.map(|(name, value)| format!("{}:{}", name.text(), value.text())).collect()
}

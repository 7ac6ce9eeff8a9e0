//! Arguments, structured content and answers to forms, held against the schemas their tools and questions declare.
//!
//! Responsible for what does not fit and how to correct it. It must never repeat a value, fetch a schema, or refuse ordinary
//! work because of a schema that cannot be used.

mod check;
mod compile;
mod evaluated;
mod model;
mod pattern;
mod same;
mod words;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use bytes::Bytes;
use doorward_core::guard::{Confidence, Edit, GuardName, Severity, Surface};
use doorward_core::refusal::Code;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Kind, Raw, RawJson};
use doorward_mcp::splice::Splice;

use crate::guard::{Found, Guard, Report};
use crate::scene::Scene;
use check::{Grade, Violation, check};
use compile::{Unusable, compile};
use model::Schema;

/// Holds messages against the schemas that are declared for them.
#[derive(Debug, Default)]
pub(crate) struct SchemaGuard;

/// The schemas of one tool; each is compiled when it is first needed, and then kept.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    input: OnceLock<Option<Result<Schema, Unusable>>>,
    output: OnceLock<Option<Result<Schema, Unusable>>>,
}

/// Which schema of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Input,
    Output,
}

impl Schemas {
    /// A schema of the tool with that definition; `None` when it has none.
    fn of(&self, definition: &RawJson, side: Side) -> Option<&Result<Schema, Unusable>> {
        let (kept, name) = match side {
            Side::Input => (&self.input, "inputSchema"),
            Side::Output => (&self.output, "outputSchema"),
        };
        let compiled = || {
            let schema = definition.as_raw().member(name).filter(|schema| schema.kind() != Kind::Null)?;
            Some(compile(definition, schema))
        };
        kept.get_or_init(compiled).as_ref()
    }
}

impl Guard for SchemaGuard {
    fn name(&self) -> GuardName {
        GuardName::Schema
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        let content = scene.content;
        match content.surface {
            Surface::Request if content.method == "tools/call" => request(scene, report),
            Surface::Result if content.method == "tools/call" => result(scene, report),
            Surface::Reply if content.method == "elicitation/create" => reply(scene, report),
            Surface::Definition => definition(scene, report),
            Surface::Request
            | Surface::Reply
            | Surface::Result
            | Surface::Error
            | Surface::Question
            | Surface::Notification
            | Surface::Instructions => {}
        }
    }
}

fn request(scene: &Scene<'_>, report: &mut Report) {
    let Some(schema) = declared(scene, Side::Input, report) else { return };
    let Some(params) = scene.content.parts.first() else { return };
    let held = Held { schema, grave: Severity::High, code: Some(Code::SchemaMismatch) };
    match params.member("arguments") {
        Some(arguments) => held.against(arguments, scene, report),
        None => {
            let Ok(nothing) = RawJson::parse("{}", &Limits::default()) else { return };
            held.against(nothing.as_raw(), scene, report);
        }
    }
}

/// A tool that declares the form of its result gives it, unless it failed or is not done yet.
fn result(scene: &Scene<'_>, report: &mut Report) {
    // Before its members are looked for, which passes over everything in them.
    if declaration(scene, Side::Output).is_none() {
        return;
    }
    let Some(result) = scene.content.parts.first() else { return };
    let (mut is_final, mut is_failed, mut is_task, mut structured) = (true, false, false, None);
    for (name, value) in result.members() {
        match name.as_ref() {
            "resultType" => is_final = value.as_str().is_none_or(|kind| kind == "complete"),
            "isError" => is_failed = value.as_bool() == Some(true),
            "task" => is_task = true,
            "structuredContent" => structured = Some(value),
            _ => {}
        }
    }
    if is_failed || !is_final || is_task {
        return;
    }
    let Some(schema) = declared(scene, Side::Output, report) else { return };
    match structured {
        Some(structured) => {
            Held { schema, grave: Severity::High, code: Some(Code::ResultMismatch) }.against(structured, scene, report);
        }
        None => report.add(Found {
            code: Some(Code::ResultMismatch),
            ..whole("missing", Severity::Medium, "It has no structuredContent, which the tool declares.")
        }),
    }
}

/// What a person fills in is the server's to judge; that it does not fit is worth knowing.
fn reply(scene: &Scene<'_>, report: &mut Report) {
    let Some(asked) = scene.content.asked.and_then(|asked| asked.member("requestedSchema")) else { return };
    let Some(filled) = scene.content.parts.first().and_then(|part| part.member("content")) else { return };
    let Ok(asked) = RawJson::parse(asked.text().to_owned(), &Limits::for_results()) else { return };
    if let Ok(schema) = compile(&asked, asked.as_raw()) {
        Held { schema: &schema, grave: Severity::Medium, code: None }.against(filled, scene, report);
    }
}

/// A schema that cannot be used is told of when it is shown.
fn definition(scene: &Scene<'_>, report: &mut Report) {
    let Some(definition) = scene.content.parts.first() else { return };
    let declares = ["inputSchema", "outputSchema"].map(|name| definition.member(name));
    if declares.iter().all(Option::is_none) {
        return;
    }
    let Ok(kept) = RawJson::parse(definition.text().to_owned(), &Limits::for_results()) else { return };
    for side in [Side::Input, Side::Output] {
        match Schemas::default().of(&kept, side) {
            Some(Err(why)) => report.add(whole("unusable", Severity::Low, why.sentence())),
            Some(Ok(schema)) if schema.is_partial => report.add(whole("partial", Severity::Low, PARTIAL)),
            Some(Ok(_)) | None => {}
        }
    }
}

const PARTIAL: &str = "A pattern in it cannot be matched in bounded time, so nothing is held against it.";

impl Unusable {
    const fn sentence(self) -> &'static str {
        match self {
            Self::TooLarge => "The schema is larger than what is read, so nothing is held against it.",
            Self::Malformed => "The schema is none, so nothing is held against it.",
            Self::Elsewhere => "The schema refers to something outside itself, so nothing is held against it.",
        }
    }
}

/// What the tool declares, usable or not.
fn declaration<'a>(scene: &Scene<'a>, side: Side) -> Option<&'a Result<Schema, Unusable>> {
    let tool = scene.around.tool.as_deref()?;
    tool.schemas().of(tool.definition(), side)
}

/// The schema that is declared for what is inspected. One that cannot be used asks for nothing.
fn declared<'a>(scene: &Scene<'a>, side: Side, report: &mut Report) -> Option<&'a Schema> {
    match declaration(scene, side)? {
        Ok(schema) => Some(schema),
        Err(why) => {
            report.add(whole("unusable", Severity::Low, why.sentence()));
            None
        }
    }
}

/// Whether structured content fits its schema no worse than before, with `edits` made in it.
pub(crate) fn still_fits(scene: &Scene<'_>, structured: Raw<'_>, edits: impl Iterator<Item = Edit>) -> bool {
    let Some(tool) = scene.around.tool.as_deref() else { return true };
    let Some(Ok(schema)) = tool.schemas().of(tool.definition(), Side::Output) else { return true };
    let start = structured.range().start;
    let mut splice = Splice::new(&Bytes::copy_from_slice(structured.bytes()));
    for edit in edits {
        let (Some(from), Some(to)) = (edit.range.start.checked_sub(start), edit.range.end.checked_sub(start)) else {
            return false;
        };
        if splice.replace(from..to, edit.json).is_err() {
            return false;
        }
    }
    let Ok(edited) = RawJson::parse(splice.finish().into_bytes(), &Limits::for_results()) else { return false };
    match (check(schema, structured), check(schema, edited.as_raw())) {
        (Ok(before), Ok(after)) => after.len() <= before.len(),
        (_, _) => false,
    }
}

/// A schema that something is held against, and what follows when it does not fit.
struct Held<'s> {
    schema: &'s Schema,
    grave: Severity,
    code: Option<Code>,
}

impl Held<'_> {
    fn against(&self, value: Raw<'_>, scene: &Scene<'_>, report: &mut Report) {
        let Ok(violations) = check(self.schema, value) else {
            let advice = "Holding it against the declared schema takes too much work. Send less at once.";
            report.add(Found { code: self.code, ..whole("unfinished", self.grave, advice) });
            return;
        };
        let wrong: Vec<&Violation> = violations.iter().filter(|one| one.grade != Grade::Undeclared).collect();
        let advice = words::advice(&wrong);
        for one in &violations {
            let severity = match one.grade {
                Grade::Wrong => self.grave,
                Grade::Coerced => self.grave.min(Severity::Medium),
                Grade::Undeclared => Severity::Low,
            };
            let own = scene.texts.iter().take_while(|text| text.origin.is_none() && text.part == 0);
            let text = own.enumerate().find(|(_, text)| text.raw.range().start == one.place).map(|(place, _)| place);
            report.add(Found {
                text,
                value: Some(one.place),
                advice: Some(advice.clone()),
                code: self.code,
                ..whole(one.rule, severity, "")
            });
        }
    }
}

/// A finding about a message as a whole.
fn whole(rule: &'static str, severity: Severity, advice: &str) -> Found {
    let advice = Some(advice.to_owned());
    Found { text: None, advice, ..Found::new(rule, severity, Confidence::CERTAIN, 0, 0..0) }
}

//! Paths, addresses, SQL and commands in arguments: what hardly any honest caller says.
//!
//! Responsible for what can be seen of a single argument, its name and what its tool declares of it, with defaults that need
//! no policy. It must never look up anything, and never mind what an argument for free text says: prose may speak of
//! everything.

mod address;
mod command;
mod place;
mod query;
mod sink;

use doorward_core::guard::{Confidence, GuardName, Severity, Surface};
use doorward_mcp::raw::Raw;

use crate::guard::{Found, Guard, Report};
use crate::limits::ARGUMENT_BYTES_MAX;
use crate::scene::Scene;
use crate::text::{Layer, Role};
use sink::{Declared, Sink};

/// Looks at the arguments of calls.
#[derive(Debug, Default)]
pub(crate) struct Arguments;

/// What speaks against an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sign {
    rule: &'static str,
    severity: Severity,
    /// In percent.
    confidence: u8,
    advice: &'static str,
}

impl Sign {
    const fn high(rule: &'static str, advice: &'static str) -> Self {
        Self { rule, severity: Severity::High, confidence: 98, advice }
    }

    const fn medium(rule: &'static str, advice: &'static str) -> Self {
        Self { rule, severity: Severity::Medium, confidence: 80, advice }
    }

    const fn low(rule: &'static str, advice: &'static str) -> Self {
        Self { rule, severity: Severity::Low, confidence: 50, advice }
    }
}

impl Guard for Arguments {
    fn name(&self) -> GuardName {
        GuardName::Arguments
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        let content = scene.content;
        if content.surface != Surface::Request {
            return;
        }
        let Some(params) = content.parts.first() else { return };
        match content.method {
            "tools/call" => {
                if let Some(arguments) = params.member("arguments") {
                    let declared = Declared::of(scene.around.tool.as_deref());
                    inspect(scene, arguments, &declared, report);
                }
            }
            "resources/read" | "resources/subscribe" => {
                if let Some(uri) = params.member("uri") {
                    inspect(scene, uri, &Declared::uri(), report);
                }
            }
            _ => {}
        }
    }
}

/// Looks at every string value in `within`. The name of a string in a list is that of the list.
fn inspect(scene: &Scene<'_>, within: Raw<'_>, declared: &Declared<'_>, report: &mut Report) {
    let range = within.range();
    let mut name = "";
    for (place, text) in scene.texts.iter().enumerate() {
        let start = text.raw.range().start;
        if text.origin.is_some() || text.part != 0 || start < range.start || start >= range.end {
            continue;
        }
        if text.role == Role::Name {
            name = text.text.as_ref();
            continue;
        }
        // A document is free text, whatever its argument is called.
        if text.text.is_empty() || text.text.len() > ARGUMENT_BYTES_MAX {
            continue;
        }
        let sink = declared.sink(name);
        if sink == Sink::Prose {
            continue;
        }
        if !report.spend(text.text.len()) {
            return;
        }
        let encodes = || {
            scene
                .texts
                .iter()
                .filter_map(|text| text.origin.as_ref())
                .any(|origin| origin.text == place && origin.layer == Layer::Base64)
        };
        let argument = Argument { text: &text.text, sink, declared, scene };
        if let Some(sign) = argument.gravest(encodes) {
            report.add(found(place, text.text.len(), sign));
        }
    }
}

/// One argument.
struct Argument<'s, 'a> {
    text: &'s str,
    sink: Sink,
    declared: &'s Declared<'s>,
    scene: &'s Scene<'a>,
}

impl Argument<'_, '_> {
    fn gravest(&self, encodes: impl Fn() -> bool) -> Option<Sign> {
        let signs = [
            address::judge(self.text, self.sink, encodes),
            place::judge(self.text, self.sink, self.scene.around.place.root.as_deref()),
            query::judge(self.text, self.sink, self.declared.reads_only(), self.scene.around.place.dialect),
            command::judge(self.text, self.sink),
        ];
        signs.into_iter().flatten().max_by_key(|sign| sign.severity)
    }
}

fn found(text: usize, bytes: usize, sign: Sign) -> Found {
    Found {
        advice: Some(sign.advice.to_owned()),
        ..Found::new(sign.rule, sign.severity, Confidence::percent(sign.confidence), text, 0..bytes)
    }
}

//! Text that a person does not see as the model does.

use doorward_core::guard::{Confidence, GuardName, Severity};

use crate::guard::{Found, Guard, Report};
use crate::scene::Scene;

/// Finds letters of the Unicode tag block, which nothing displays and models read.
#[derive(Debug)]
pub(crate) struct Unicode;

impl Guard for Unicode {
    fn name(&self) -> GuardName {
        GuardName::Unicode
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        for (place, text) in scene.texts.iter().enumerate() {
            if text.text.is_ascii() {
                continue;
            }
            let mut run: Option<std::ops::Range<usize>> = None;
            for (at, character) in text.text.char_indices() {
                match (run.as_mut(), is_tag(character)) {
                    (Some(run), true) => run.end = at + character.len_utf8(),
                    (None, true) => run = Some(at..at + character.len_utf8()),
                    (Some(_), false) => report.add(tags(place, run.take().unwrap_or_default())),
                    (None, false) => {}
                }
            }
            if let Some(run) = run {
                report.add(tags(place, run));
            }
        }
    }
}

fn tags(text: usize, run: std::ops::Range<usize>) -> Found {
    Found::new("tags", Severity::High, Confidence::CERTAIN, text, run).with_placeholder("")
}

/// The tag block (Unicode 16, U+E0000–U+E007F). Flags of regions use it too, after U+1F3F4.
const fn is_tag(character: char) -> bool {
    matches!(character, '\u{e0000}'..='\u{e007f}')
}

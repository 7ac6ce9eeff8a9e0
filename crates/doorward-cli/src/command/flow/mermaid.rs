//! One unit of work as a Mermaid flowchart.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::drawing::{Cut, Drawing, Name, label_words, why_words};
use crate::limits::BOXES_MAX;
use crate::terminal::visible;

/// The flowchart: what was read on the left, the context, what was sent or refused on the right.
pub(super) fn mermaid(drawing: &Drawing) -> String {
    let mut chart = Chart::default();
    chart.line("flowchart LR");
    let short: String = drawing.context.chars().take(12).collect();
    chart.line(&format!("  c([\"context {}…<br/>{}\"])", written(&short), written(&label_words(&drawing.label))));
    chart.read(drawing);
    chart.went(drawing);
    if drawing.cut == Cut::More || chart.left_out > 0 {
        chart.line("  more[\"more than is drawn\"]");
    }
    chart.line("  classDef refused stroke:#c00,stroke-dasharray:4");
    chart.text.trim_end().to_owned()
}

#[derive(Default)]
struct Chart<'d> {
    text: String,
    sources: BTreeMap<&'d Name, usize>,
    left_out: usize,
}

impl<'d> Chart<'d> {
    fn line(&mut self, line: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{line}");
    }

    fn read(&mut self, drawing: &'d Drawing) {
        let read = || drawing.things.iter().filter(|thing| thing.answers > 0 || !thing.why.is_empty());
        for (number, thing) in read().take(BOXES_MAX).enumerate() {
            self.sources.insert(&thing.name, number);
            let answers = if thing.answers == 1 { "1 answer".to_owned() } else { format!("{} answers", thing.answers) };
            self.line(&format!("  r{number}[\"{}<br/>{answers}\"]", written(&thing.name.to_string())));
            if thing.added.is_empty() {
                self.line(&format!("  r{number} --> c"));
            } else {
                self.line(&format!("  r{number} -->|\"{}\"| c", written(&thing.added.join(", "))));
            }
        }
        self.left_out += read().count().saturating_sub(BOXES_MAX);
    }

    fn went(&mut self, drawing: &'d Drawing) {
        let went = || drawing.things.iter().filter(|thing| thing.sent > 0 || !thing.refused.is_empty());
        for (number, thing) in went().take(BOXES_MAX).enumerate() {
            self.line(&format!("  s{number}[\"{}\"]", written(&thing.name.to_string())));
            if thing.sent > 0 {
                let calls = if thing.sent == 1 { "1 call".to_owned() } else { format!("{} calls", thing.sent) };
                self.line(&format!("  c -->|\"{calls}\"| s{number}"));
            }
            let missing: Vec<&str> = thing.missing.iter().map(String::as_str).collect();
            for (code, count) in &thing.refused {
                let why = [&[code.as_str()][..], &missing].concat().join(" ");
                self.line(&format!("  c -.->|\"refused {count} times: {}\"| s{number}", written(&why)));
                self.line(&format!("  class s{number} refused"));
            }
            for name in &thing.because {
                let source = drawing.things.iter().find(|known| known.name == *name);
                let why: Vec<&str> = source.iter().flat_map(|source| &source.why).map(|why| why_words(*why)).collect();
                if let Some(at) = self.sources.get(name).copied() {
                    self.line(&format!("  r{at} -.-|\"{}\"| s{number}", written(&why.join(", "))));
                }
            }
        }
        self.left_out += went().count().saturating_sub(BOXES_MAX);
    }
}

/// `text` inside quotes, where every character that Mermaid or its Markdown could read as its own stands as its number.
fn written(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '/' | '.' | ',' | ':' | '-' | '(' | ')' | '…');
    visible(text).chars().fold(String::new(), |mut text, c| {
        if plain(c) {
            text.push(c);
        } else {
            let _ = write!(text, "#{};", u32::from(c));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::drawing::tests::{HOSTILE, staged};
    use super::*;

    #[test]
    fn a_chart_has_sources_context_and_refusals() {
        assert_eq!(
            mermaid(&staged("fetch", "list", "send")),
            "flowchart LR\n\
             \x20 c([\"context 0123456789ab…<br/>confidential, adversary-writable, from crm and web\"])\n\
             \x20 r0[\"web/fetch<br/>1 answer\"]\n\
             \x20 r0 -->|\"internal, adversary-writable, from web\"| c\n\
             \x20 r1[\"crm/list<br/>1 answer\"]\n\
             \x20 r1 -->|\"confidential, from crm\"| c\n\
             \x20 s0[\"crm/list\"]\n\
             \x20 c -->|\"1 call\"| s0\n\
             \x20 s1[\"mail/send\"]\n\
             \x20 c -.->|\"refused 1 times: DW1211 /to/0 (target)\"| s1\n\
             \x20 class s1 refused\n\
             \x20 r1 -.-|\"it is confidential\"| s1\n\
             \x20 r0 -.-|\"anybody can have written it\"| s1\n\
             \x20 classDef refused stroke:#c00,stroke-dasharray:4"
        );
    }

    #[test]
    fn no_name_is_more_than_a_name() {
        let usual = mermaid(&staged("fetch", "list", "send"));
        let frame = |chart: &str| -> Vec<usize> {
            chart.lines().map(|line| line.chars().filter(|c| "\"[]|<>{}`".contains(*c)).count()).collect()
        };
        for name in HOSTILE {
            let chart = mermaid(&staged(name, name, name));
            assert_eq!(frame(&chart), frame(&usual), "{name:?}: {chart}");
            assert!(!chart.chars().any(|c| c.is_control() && c != '\n'), "{chart:?}");
        }
        assert_eq!(written("a\"]\n"), "a#34;#93;#92;n");
    }
}

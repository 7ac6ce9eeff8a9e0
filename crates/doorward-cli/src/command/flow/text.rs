//! One unit of work as text.

use std::io;

use doorward_core::flow::Why;

use super::drawing::{Cut, Drawing, End, Step, label_words, place, why_words};
use crate::terminal::{Terminal, Tone, column, visible};

pub(super) fn print(drawing: &Drawing, terminal: &Terminal) -> io::Result<()> {
    lines(drawing, terminal).into_iter().try_for_each(|line| terminal.line(line))
}

fn lines(drawing: &Drawing, terminal: &Terminal) -> Vec<String> {
    let faint = |text: &str| terminal.paint(Tone::Faint, text);
    let principals: Vec<String> = drawing.principals.iter().map(|name| visible(name)).collect();
    let mut lines = vec![
        format!("context {}", terminal.paint(Tone::Strong, &drawing.context)),
        format!("  {} {}", faint("of   "), principals.join(", ")),
        format!("  {} {} to {}", faint("time "), moment(&drawing.first), moment(&drawing.last)),
        format!("  {} {}", faint("label"), visible(&label_words(&drawing.label))),
        String::new(),
    ];
    for (number, step) in (1..).zip(&drawing.steps) {
        lines.push(heading(number, step, terminal));
        lines.extend(reasons(step, drawing).into_iter().map(|line| format!("          {line}")));
    }
    match drawing.others {
        0 => {}
        1 => lines.push(faint("and 1 message that read and sent nothing of note")),
        others => lines.push(faint(&format!("and {others} messages that read and sent nothing of note"))),
    }
    if drawing.cut == Cut::More {
        lines.push(
            terminal.paint(
                Tone::Warn,
                "There are more records than are drawn; 'doorward audit query --context' shows them.",
            ),
        );
    }
    lines
}

fn heading(number: usize, step: &Step, terminal: &Terminal) -> String {
    let time: String = step.at.chars().skip(11).take(8).collect();
    let (tone, end) = match (step.end, &step.code) {
        (End::Refused, Some(code)) => (Tone::Bad, format!("refused {code}")),
        (End::Failed, Some(code)) => (Tone::Warn, format!("failed {code}")),
        (End::Answered, _) => (Tone::Good, step.end.as_str().to_owned()),
        (End::Refused | End::Failed | End::Open, _) => (Tone::Warn, step.end.as_str().to_owned()),
    };
    let name = match &step.name.item {
        Some(_) => step.name.to_string(),
        None => format!("{} {}", step.name, step.action),
    };
    let added = if step.added.is_empty() { String::new() } else { format!("+ {}", step.added.join(", ")) };
    let line = format!(
        "{number:>4}  {}  {} {} {}",
        terminal.paint(Tone::Faint, time),
        column(&visible(&name), 34),
        terminal.paint(tone, column(&visible(&end), 16)),
        terminal.paint(Tone::Strong, visible(&added)),
    );
    line.trim_end().to_owned()
}

/// Why a step was refused, a line each.
fn reasons(step: &Step, drawing: &Drawing) -> Vec<String> {
    let mut lines: Vec<String> =
        step.missing.iter().map(|missing| format!("no endorsed origin  {}", visible(&place(missing)))).collect();
    for source in &step.sources {
        let item = source.item.as_deref().map(|item| format!("/{item}")).unwrap_or_default();
        let field = source.field.as_deref().map(|field| format!(" at {field}")).unwrap_or_default();
        let from = match drawing.number_of(&source.exchange) {
            Some(number) => format!("step {number}, "),
            None => String::new(),
        };
        let name = visible(&format!("{}{item}{field}", source.server));
        let relation = match source.why {
            Why::Untrusted | Why::Confidential => "because of",
            Why::Text => "text of",
        };
        lines.push(format!("{relation:<20}{name}: {} ({from}{})", why_words(source.why), visible(&source.exchange)));
    }
    if step.end == End::Refused {
        if !step.rules.is_empty() {
            lines.push(format!("by                  {}", visible(&step.rules.join(", "))));
        }
        lines.push(format!("exchange            {}", visible(&step.exchange)));
    }
    lines
}

fn moment(at: &str) -> String {
    visible(&at.chars().take(19).collect::<String>().replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::super::drawing::tests::{HOSTILE, staged};
    use super::*;
    use crate::terminal::ColorChoice;

    fn told(page: &str, customers: &str, mail: &str) -> Vec<String> {
        lines(&staged(page, customers, mail), &Terminal::new(ColorChoice::Never))
    }

    #[test]
    fn a_refusal_names_its_reasons() {
        assert_eq!(
            told("fetch", "list", "send").join("\n"),
            "context 0123456789abcdef0123456789abcdef\n\
             \x20 of    ann\n\
             \x20 time  2026-11-23 10:00:01 to 2026-11-23 10:00:04\n\
             \x20 label confidential, adversary-writable, from crm and web\n\
             \n\
             \x20  1  10:00:02  web/fetch                          answered         + internal, adversary-writable, from web\n\
             \x20  2  10:00:03  crm/list                           answered         + confidential, from crm\n\
             \x20  3  10:00:04  mail/send                          refused DW1211\n\
             \x20         no endorsed origin  /to/0 (target)\n\
             \x20         because of          web/fetch: anybody can have written it (step 1, 00000000000000000000000000000002)\n\
             \x20         because of          crm/list: it is confidential (step 2, 00000000000000000000000000000003)\n\
             \x20         by                  trifecta:egress\n\
             \x20         exchange            00000000000000000000000000000004\n\
             and 1 message that read and sent nothing of note"
        );
    }

    #[test]
    fn no_name_is_more_than_a_name() {
        let usual = told("fetch", "list", "send").len();
        for name in HOSTILE {
            let lines = told(name, name, name);
            assert_eq!(lines.len(), usual, "{name:?}");
            for line in lines {
                assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}' || c == '\u{200b}'), "{line:?}");
            }
        }
    }
}

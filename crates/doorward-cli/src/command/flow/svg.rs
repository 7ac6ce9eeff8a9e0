//! One unit of work as an SVG image: what was read on the left, the context in the middle, what was sent or refused on the
//! right. It has no script, no link and no font of its own.

use std::fmt::Write;

use super::drawing::{Cut, Drawing, Name, Thing, label_words, why_words};
use crate::limits::{BOX_NAME_MAX, BOXES_MAX};
use crate::terminal::visible;

/// Sizes, in pixels.
const BOX: (usize, usize) = (300, 58);
const ROW: usize = 78;
const TOP: usize = 70;
const COLUMNS: [usize; 3] = [20, 440, 860];
const WIDTH: usize = 1180;

const STYLE: &str = "text{font:12px sans-serif;fill:#222}.h{font-weight:bold}.n{fill:#666}\
rect{fill:#f6f8fa;stroke:#57606a}.c{fill:#ddf4ff}.x{stroke:#c00;stroke-dasharray:4}\
path{fill:none;stroke:#57606a;marker-end:url(#a)}path.x{stroke:#c00}path.w{stroke:#bf8700;stroke-dasharray:2;marker-end:none}";

/// The image, as text.
pub(super) fn svg(drawing: &Drawing) -> String {
    let read: Vec<&Thing> = drawing.things.iter().filter(|thing| thing.answers > 0 || !thing.why.is_empty()).collect();
    let went: Vec<&Thing> = drawing.things.iter().filter(|thing| thing.sent > 0 || !thing.refused.is_empty()).collect();
    let rows = read.len().min(BOXES_MAX + 1).max(went.len().min(BOXES_MAX + 1)).max(1);
    let height = TOP + rows * ROW + 20;
    let mut image = Image { text: String::new(), middle: TOP + (rows * ROW) / 2 };
    image.line(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">"
    ));
    image.line(&format!("<title>{}</title>", xml(&format!("context {}", drawing.context))));
    image.line(&format!("<style>{STYLE}</style>"));
    image.line("<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" style=\"fill:#57606a;marker-end:none\"/></marker></defs>");
    for (x, heading) in COLUMNS.into_iter().zip(["read from", "unit of work", "sent to, or refused"]) {
        image.line(&format!("<text class=\"h\" x=\"{x}\" y=\"40\">{heading}</text>"));
    }
    image.read(&read);
    image.went(&went, &read);
    image.context(drawing);
    image.line("</svg>");
    image.text.trim_end().to_owned()
}

struct Image {
    text: String,
    middle: usize,
}

impl Image {
    fn line(&mut self, line: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// A box with a name and two lines below it; the title has all of it.
    fn boxed(&mut self, at: (usize, usize), class: &str, name: &str, notes: [&str; 2]) {
        let ((x, y), (width, height)) = (at, BOX);
        let title = xml(&[name, notes[0], notes[1]].join(" · "));
        self.line(&format!("<g><title>{title}</title><rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"));
        for ((text, class), below) in [(name, "h"), (notes[0], "n"), (notes[1], "n")].into_iter().zip([18, 34, 50]) {
            self.line(&format!(
                "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
                x + 10,
                y + below,
                xml(&cut(text))
            ));
        }
        self.line("</g>");
    }

    fn read(&mut self, read: &[&Thing]) {
        for (row, thing) in read.iter().take(BOXES_MAX).enumerate() {
            let y = TOP + row * ROW;
            let answers = if thing.answers == 1 { "1 answer".to_owned() } else { format!("{} answers", thing.answers) };
            self.boxed((COLUMNS[0], y), "", &thing.name.to_string(), [&answers, &thing.added.join(", ")]);
            self.curve((COLUMNS[0] + BOX.0, y + BOX.1 / 2), (COLUMNS[1], self.middle), "");
        }
        self.more(COLUMNS[0], read.len());
    }

    fn went(&mut self, went: &[&Thing], read: &[&Thing]) {
        for (row, thing) in went.iter().take(BOXES_MAX).enumerate() {
            let y = TOP + row * ROW;
            let codes: Vec<String> = thing.refused.iter().map(|(code, count)| format!("{code} × {count}")).collect();
            let refused = if codes.is_empty() { String::new() } else { format!("refused {}", codes.join(", ")) };
            let calls = match thing.sent {
                0 => refused,
                1 => format!("1 call {refused}"),
                sent => format!("{sent} calls {refused}"),
            };
            let missing: Vec<&str> = thing.missing.iter().map(String::as_str).collect();
            let missing = if missing.is_empty() { String::new() } else { format!("no origin: {}", missing.join(", ")) };
            let class = if thing.refused.is_empty() { "" } else { "x" };
            self.boxed((COLUMNS[2], y), class, &thing.name.to_string(), [calls.trim_end(), &missing]);
            let end = (COLUMNS[2], y + BOX.1 / 2);
            self.curve((COLUMNS[1] + BOX.0, self.middle), end, class);
            for name in &thing.because {
                self.reason(name, read, end);
            }
        }
        self.more(COLUMNS[2], went.len());
    }

    /// The line from a result to the refusal that it is the reason of.
    fn reason(&mut self, name: &Name, read: &[&Thing], end: (usize, usize)) {
        let Some(row) = read.iter().take(BOXES_MAX).position(|thing| thing.name == *name) else { return };
        let why: Vec<&str> =
            read.iter().skip(row).take(1).flat_map(|thing| &thing.why).map(|why| why_words(*why)).collect();
        let start = (COLUMNS[0] + BOX.0, TOP + row * ROW + BOX.1 - 8);
        self.line(&format!("<g><title>{}</title>", xml(&format!("{name}: {}", why.join(", ")))));
        self.curve(start, (end.0, end.1 + 12), "w");
        self.line("</g>");
    }

    fn context(&mut self, drawing: &Drawing) {
        let y = self.middle.saturating_sub(BOX.1 / 2);
        let short: String = drawing.context.chars().take(12).collect();
        let more = match drawing.cut {
            Cut::Whole => format!("{} steps", drawing.steps.len()),
            Cut::More => format!("{} steps, and more", drawing.steps.len()),
        };
        self.boxed((COLUMNS[1], y), "c", &format!("context {short}…"), [&label_words(&drawing.label), &more]);
    }

    fn curve(&mut self, from: (usize, usize), to: (usize, usize), class: &str) {
        let half = usize::midpoint(from.0, to.0);
        let (x, y, end, low) = (from.0, from.1, to.0, to.1);
        self.line(&format!("<path class=\"{class}\" d=\"M{x} {y}C{half} {y} {half} {low} {end} {low}\"/>"));
    }

    fn more(&mut self, x: usize, all: usize) {
        if let Some(beyond) = all.checked_sub(BOXES_MAX).filter(|beyond| *beyond > 0) {
            let y = TOP + BOXES_MAX * ROW + 20;
            self.line(&format!("<text class=\"n\" x=\"{x}\" y=\"{y}\">and {beyond} more</text>"));
        }
    }
}

/// A text as long as a box has room for.
fn cut(text: &str) -> String {
    let text = visible(text);
    if text.chars().count() <= BOX_NAME_MAX {
        return text;
    }
    text.chars().take(BOX_NAME_MAX - 1).chain(['…']).collect()
}

/// `text` as XML has it, with everything written out that cannot be seen.
fn xml(text: &str) -> String {
    visible(text).chars().fold(String::new(), |mut text, c| {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            other => text.push(other),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::drawing::tests::{HOSTILE, staged};
    use super::*;

    /// The tags in their order.
    fn tags(image: &str) -> Vec<&str> {
        image.split('<').skip(1).map(|rest| rest.split([' ', '>']).next().unwrap()).collect()
    }

    #[test]
    fn an_image_shows_who_said_what() {
        let image = svg(&staged("fetch", "list", "send"));
        assert!(image.starts_with("<svg ") && image.ends_with("</svg>"));
        for text in ["web/fetch", "crm/list", "mail/send", "refused DW1211 × 1", "no origin: /to/0 (target)"] {
            assert!(image.contains(&format!(">{text}</text>")), "{text}: {image}");
        }
        assert!(image.contains("<title>web/fetch: anybody can have written it</title>"));
    }

    #[test]
    fn no_name_is_more_than_a_name() {
        let usual = svg(&staged("fetch", "list", "send"));
        for name in HOSTILE {
            let image = svg(&staged(name, name, name));
            assert_eq!(tags(&image), tags(&usual), "{name:?}");
            assert_eq!(image.matches('"').count(), usual.matches('"').count(), "{name:?}");
            assert!(!image.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{image:?}");
        }
    }
}

//! Size and shape: how much a message puts before the model, and in what form.
//!
//! Responsible for what is too much to be useful. What is too much to be read at all the limits of messages refuse.

use doorward_core::guard::{Confidence, GuardName, Severity};

use crate::guard::{Found, Guard, Report};
use crate::limits::{CONTROLS_PER_TEXT, GROWN_BYTES_MIN};
use crate::scene::Scene;
use crate::text::{Classes, Role, Text};

/// From where on sizes are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the inspected parts, as they are written.
    pub bytes: Bound,
    /// Tokens that a model would make of the texts, by estimate.
    pub tokens: Bound,
    /// Arrays and objects within one another.
    pub depth: Bound,
    /// Bytes of one text.
    pub text_bytes: Bound,
    /// How many times as many bytes as the answers of the same tool usually have.
    pub growth: Bound,
}

/// From where on a size is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Above this it is worth knowing (low).
    pub note: usize,
    /// Above this it is harmful (high), where somebody has said so.
    pub refuse: Option<usize>,
}

/// What ordinary work stays below. Nothing is refused unless the operator says from where on.
impl Default for Options {
    fn default() -> Self {
        Self {
            bytes: Bound { note: 1024 * 1024, refuse: None },
            // What widely used clients cut results at.
            tokens: Bound { note: 25_000, refuse: None },
            depth: Bound { note: 48, refuse: None },
            text_bytes: Bound { note: 512 * 1024, refuse: None },
            // Answers of one tool differ tenfold all day: a search that finds nothing, and one that finds a page.
            growth: Bound { note: 20, refuse: None },
        }
    }
}

impl Bound {
    fn severity(self, size: usize) -> Option<Severity> {
        match self.refuse {
            Some(refuse) if size > refuse => Some(Severity::High),
            Some(_) | None => (size > self.note).then_some(Severity::Low),
        }
    }
}

/// Finds messages of unusual size and shape.
#[derive(Debug)]
pub(crate) struct Size {
    options: Options,
}

impl Size {
    pub(crate) fn new(options: &Options) -> Self {
        Self { options: options.clone() }
    }
}

impl Guard for Size {
    fn name(&self) -> GuardName {
        GuardName::Size
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        let options = &self.options;
        let bytes = scene.content.parts.iter().map(|part| part.bytes().len()).sum();
        self.whole("bytes", options.bytes.severity(bytes), report);
        self.whole("depth", options.depth.severity(scene.depth), report);
        if let Some(usual) = scene.around.usual.filter(|_| bytes > GROWN_BYTES_MIN) {
            self.whole("growth", options.growth.severity(bytes / usual.max(1)), report);
        }
        // No text has more tokens than bytes.
        if options.tokens.severity(bytes).is_some() {
            let strings = scene.texts.iter().filter(|text| text.origin.is_none());
            let tokens = strings.map(|text| tokens(&text.text)).sum();
            self.whole("tokens", options.tokens.severity(tokens), report);
        }
        for (place, text) in scene.texts.iter().enumerate().filter(|(_, text)| text.origin.is_none()) {
            if let Some(severity) = options.text_bytes.severity(text.text.len()) {
                report.add(found("long-text", severity, Confidence::CERTAIN, Some(place), text.text.len()));
            }
            if is_binary(text) {
                report.add(found("binary", Severity::Low, Confidence::percent(80), Some(place), text.text.len()));
            }
        }
    }
}

impl Size {
    fn whole(&self, rule: &'static str, severity: Option<Severity>, report: &mut Report) {
        if let Some(severity) = severity {
            report.add(found(rule, severity, Confidence::CERTAIN, None, 0));
        }
    }
}

fn found(rule: &'static str, severity: Severity, confidence: Confidence, text: Option<usize>, end: usize) -> Found {
    let found = Found::new(rule, severity, confidence, text.unwrap_or_default(), 0..end);
    let advice = (severity == Severity::High).then(|| "Ask for less at a time.".to_owned());
    Found { text, advice, ..found }
}

/// How many tokens a model makes of a text, by estimate: four letters of ASCII to one, and one for each other character.
fn tokens(text: &str) -> usize {
    let (mut ascii, mut outside) = (0, 0);
    for chunk in text.as_bytes().chunks(128) {
        let counted = chunk.iter().fold((0_u8, 0_u8), |(ascii, outside), byte| {
            (ascii + u8::from(byte.is_ascii()), outside + u8::from(*byte >= 0xc0))
        });
        ascii += usize::from(counted.0);
        outside += usize::from(counted.1);
    }
    ascii.div_ceil(4) + outside
}

/// Whether a value holds bytes rather than text: control characters, or what broken encoding leaves.
fn is_binary(text: &Text<'_>) -> bool {
    let suspect = Classes::CONTROL.with(Classes::OUTSIDE_ASCII);
    if text.role == Role::Name || !text.classes.has(suspect) {
        return false;
    }
    let odd = |one: &char| {
        (one.is_control() && !matches!(one, '\n' | '\r' | '\t' | '\u{1b}')) || *one == char::REPLACEMENT_CHARACTER
    };
    let odd = text.text.chars().filter(odd).count();
    odd * CONTROLS_PER_TEXT > text.text.len()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use doorward_core::guard::{Content, GuardSettings, Surface};
    use doorward_core::ids::ServerId;
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;
    use crate::around::Around;
    use crate::text::read;
    use crate::words::Words;

    /// What is found in `json` where `options` hold.
    fn check(json: &str, options: Options, expected: &[&str]) {
        check_beside(&Around::default(), json, options, expected);
    }

    fn check_beside(around: &Around, json: &str, options: Options, expected: &[&str]) {
        let message = RawJson::parse(json.as_bytes().to_vec(), &Limits::for_results()).unwrap();
        let (server, settings) = (ServerId::parse("files").unwrap(), GuardSettings::default());
        let content = Content::outside(Surface::Result, "tools/call", &server, &settings, &message);
        let reading = read(&content.parts, &Words::new(&[]).unwrap()).unwrap();
        let mut report = Report::default();
        report.at = Some(GuardName::Size);
        Size::new(&options).inspect(&Scene::new(&content, &reading, around), &mut report);
        let said = report.found.iter().map(|(_, found)| format!("{} {}", found.rule, found.severity.name()));
        assert_eq!(said.collect::<Vec<_>>(), expected, "{json:.60}");
    }

    fn refusing(size: usize) -> Bound {
        Bound { note: size / 2, refuse: Some(size) }
    }

    #[test]
    fn bytes_are_counted_to_the_last() {
        let at = |refuse| Options { bytes: refusing(refuse), ..Options::default() };
        check(r#"["12345678"]"#, at(12), &["bytes low"]);
        check(r#"["12345678"]"#, at(11), &["bytes high"]);
        check(r#"["12345678"]"#, at(24), &[]);
    }

    #[test]
    fn depth_is_counted_to_the_last() {
        let at = |refuse| Options { depth: refusing(refuse), ..Options::default() };
        check(r#"[[[{"a":1}]]]"#, at(4), &["depth low"]);
        check(r#"[[[{"a":1}]],[]]"#, at(3), &["depth high"]);
        check("[[],[],[]]", at(4), &[]);
    }

    #[test]
    fn tokens_are_estimated_by_script() {
        let at = |refuse| Options { tokens: Bound { note: refuse, refuse: Some(refuse) }, ..Options::default() };
        check(r#""abcdefgh""#, at(2), &[]);
        check(r#""abcdefghi""#, at(2), &["tokens high"]);
        check(r#""日本語""#, at(2), &["tokens high"]);
    }

    #[test]
    fn what_grows_beyond_the_usual_is_found() {
        let json = format!("\"{}\"", "ab cd ".repeat(4000));
        let usually = |bytes| Around { usual: Some(bytes), ..Around::default() };
        let refusing = Options { growth: Bound { note: 20, refuse: Some(100) }, ..Options::default() };
        check_beside(&usually(2000), &json, refusing.clone(), &[]);
        check_beside(&usually(1000), &json, refusing.clone(), &["growth low"]);
        check_beside(&usually(100), &json, refusing.clone(), &["growth high"]);
        // What is small harms nobody, however small the others are.
        check_beside(&usually(1), "\"abcdefghijklmnopqrstuvwxyz, abcdefghijklmnopqrstuvwxyz\"", refusing, &[]);
    }

    #[test]
    fn long_and_binary_texts_are_found() {
        let at = Options { text_bytes: refusing(8), ..Options::default() };
        check(r#""123456789""#, at.clone(), &["long-text high"]);
        check(r#"["12345678"]"#, at, &["long-text low"]);
        let mut bytes = String::new();
        for byte in 1..20 {
            write!(bytes, "\\u{byte:04x}").unwrap();
        }
        check(&format!("\"{bytes}\""), Options::default(), &["binary low"]);
        check(r#""\u001b[31mred\u001b[0m and\ttabs""#, Options::default(), &[]);
        check(r#""naïve café, 日本語""#, Options::default(), &[]);
    }
}

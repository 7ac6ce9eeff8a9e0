//! Codes that make a terminal show something else than what is there (ECMA-48). Colours are honest.

use doorward_core::guard::Severity;

use super::Sight;
use crate::text::escape_code;

/// Finds codes that hide text, move over it, or write to the clipboard.
pub(super) fn find(text: &str, sights: &mut Vec<Sight>) {
    let (mut hiding, mut moving, mut commanding) = (Vec::new(), Vec::new(), Vec::new());
    for at in memchr::memchr_iter(0x1b, text.as_bytes()) {
        let rest = text.get(at..).unwrap_or_default();
        let Some(length) = escape_code(rest) else { continue };
        let code = rest.get(..length).unwrap_or_default();
        let range = at..at + length;
        match effect(code) {
            Effect::Style => {}
            Effect::Hide => hiding.push(range),
            Effect::Move => moving.push(range),
            Effect::Command => commanding.push(range),
        }
    }
    for (rule, severity, confidence, ranges) in [
        ("terminal-hidden", Severity::Medium, 95, hiding),
        ("terminal-clipboard", Severity::High, 95, commanding),
        ("terminal-moves", Severity::Low, 40, moving),
    ] {
        if !ranges.is_empty() {
            sights.push(Sight::vanishing(rule, severity, confidence, ranges));
        }
    }
}

/// What a code does to what is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Colour and the like, or nothing.
    Style,
    /// What follows is there and not shown.
    Hide,
    /// The cursor goes back over what was shown, or it is erased.
    Move,
    /// The terminal does something: OSC 52 writes to the clipboard.
    Command,
}

fn effect(code: &str) -> Effect {
    if let Some(command) = code.strip_prefix("\u{1b}]") {
        return if command.starts_with("52;") { Effect::Command } else { Effect::Style };
    }
    let Some(body) = code.strip_prefix("\u{1b}[") else { return Effect::Style };
    match body.as_bytes().last() {
        Some(b'm') => {
            let parameters: Vec<&str> = body.trim_end_matches('m').split(';').collect();
            let mut colours = parameters.iter().enumerate();
            // After 38 and 48 come the numbers of a colour.
            let hides = colours.any(|(place, one)| {
                *one == "8" && !parameters.iter().take(place).any(|one| matches!(*one, "38" | "48"))
            });
            if hides { Effect::Hide } else { Effect::Style }
        }
        Some(b'A' | b'D' | b'F' | b'G' | b'H' | b'J' | b'K' | b'f') => Effect::Move,
        Some(_) | None => Effect::Style,
    }
}

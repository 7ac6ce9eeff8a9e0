//! Runs of base64, base64url and hexadecimal.

use super::limits::{RUN_MIN, WRAPPED_LINE_MIN};

/// Gives every run of `text` that decodes to readable text to `take`.
pub(super) fn each(text: &str, take: &mut impl FnMut(String)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let run = run_at(bytes, at);
        if run >= RUN_MIN
            && let Some(decoded) = bytes.get(at..at + run).and_then(decoded)
        {
            take(decoded);
        }
        at += run + 1;
    }
}

/// How many bytes from `at` belong to one run, line ends of wrapped base64 included.
fn run_at(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut line = 0;
    while let Some(&byte) = bytes.get(at) {
        if sixty_four(byte) < 64 {
            line += 1;
        } else if line >= WRAPPED_LINE_MIN && byte == b'\n' {
            line = 0;
        } else if line < WRAPPED_LINE_MIN || byte != b'\r' {
            break;
        }
        at += 1;
    }
    at - start
}

fn decoded(run: &[u8]) -> Option<String> {
    if run.len().is_multiple_of(2) && run.iter().all(u8::is_ascii_hexdigit) {
        return readable(from_hexadecimal(run));
    }
    // A run may be glued to a few characters that do not belong to it: then another start is the right one.
    (0..4).find_map(|skip| readable(from_base64(run.get(skip..)?)))
}

fn from_hexadecimal(run: &[u8]) -> Vec<u8> {
    let value = |digit: u8| (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0);
    run.chunks_exact(2)
        .filter_map(|pair| match pair {
            [high, low] => Some((value(*high) << 4) | value(*low)),
            _ => None,
        })
        .collect()
}

fn from_base64(run: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(run.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for &byte in run {
        let value = sixty_four(byte);
        if value > 63 {
            continue;
        }
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held).to_le_bytes()[0]);
        }
    }
    out
}

/// The bytes as text, when nearly all of them are what people and programs write.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(bad) => String::from_utf8_lossy(bad.as_bytes()).into_owned(),
    };
    let odd = text.chars().filter(|c| *c == '\u{fffd}' || (c.is_control() && !c.is_whitespace())).count();
    (text.len() >= 8 && odd * 10 <= text.chars().count()).then_some(text)
}

/// What the byte stands for in base64 or base64url; 64 for one that is not of it.
const fn sixty_four(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => 64,
    }
}

//! Writing for people and for programs.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Color, Style};

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Warn,
    Faint,
    Strong,
}

impl Tone {
    fn style(self) -> Style {
        let coloured = |colour| Style::new().fg_color(Some(Color::Ansi(colour)));
        match self {
            Self::Good => coloured(AnsiColor::Green),
            Self::Bad => coloured(AnsiColor::Red),
            Self::Warn => coloured(AnsiColor::Yellow),
            Self::Faint => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
        }
    }
}

/// Whether a stream shows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Coloured,
}

/// Standard output and standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    out: Paint,
    err: Paint,
}

impl Terminal {
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let allowed = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let paint = |is_terminal: bool| match choice {
            ColorChoice::Always => Paint::Coloured,
            ColorChoice::Auto if is_terminal && allowed => Paint::Coloured,
            ColorChoice::Auto | ColorChoice::Never => Paint::Plain,
        };
        Self { out: paint(io::stdout().is_terminal()), err: paint(io::stderr().is_terminal()) }
    }

    /// Whether standard error shows colours.
    pub(crate) const fn err(&self) -> Paint {
        self.err
    }

    /// `text` in the colour of its tone, for standard output.
    pub(crate) fn paint(&self, tone: Tone, text: impl Display) -> String {
        self.out.paint(tone, text)
    }

    /// One line of data.
    #[expect(clippy::unused_self, reason = "whoever writes has a terminal to write to")]
    pub(crate) fn line(&self, text: impl Display) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{text}")
    }

    /// One line of talk. Nobody is there to be told that standard error is closed.
    #[expect(clippy::unused_self, reason = "whoever writes has a terminal to write to")]
    pub(crate) fn say(&self, text: impl Display) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

impl Paint {
    pub(crate) fn paint(self, tone: Tone, text: impl Display) -> String {
        match self {
            Self::Plain => text.to_string(),
            Self::Coloured => {
                let style = tone.style();
                format!("{style}{text}{style:#}")
            }
        }
    }
}

/// `text` for a terminal: control characters (a server or client may have chosen them) are shown, not obeyed.
pub(crate) fn inert(text: &str) -> String {
    let shown = |c: char| if is_inert(c) { c.to_string() } else { c.escape_default().to_string() };
    text.chars().map(shown).collect()
}

/// As [`inert`], and with every character written out that cannot be seen or turns the text around.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

/// Direction overrides and zero-width characters reorder or hide what stands beside them.
fn is_inert(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` in a column of `width` characters; what is longer loses its end.
pub(crate) fn column(text: &str, width: usize) -> String {
    let text = inert(text);
    if text.chars().count() <= width {
        return format!("{text:<width$}");
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(inert("a\u{1b}[2Jb\nc é\u{202e}"), "a\\u{1b}[2Jb\\nc é\\u{202e}");
    }

    #[test]
    fn columns_have_their_width() {
        assert_eq!(column("ab", 4), "ab  ");
        assert_eq!(column("abcd", 4), "abcd");
        assert_eq!(column("abcde", 4), "abc…");
    }

    #[test]
    fn plain_stays_plain() {
        assert_eq!(Paint::Plain.paint(Tone::Bad, "x"), "x");
        assert!(Paint::Coloured.paint(Tone::Bad, "x").contains("\u{1b}["));
    }
}

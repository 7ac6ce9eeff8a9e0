//! Characters that nothing displays, or that change how others are displayed.
//!
//! Responsible for saying what each is; whether it is honest where it stands is for others to judge.

/// What an invisible character is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invisible {
    /// U+E0000–U+E007F: letters that models read and nothing displays. Flags of regions use them after U+1F3F4.
    Tag,
    /// Nothing at all, or something that only joins or parts its neighbours.
    ZeroWidth,
    /// Shows what follows in another order.
    Direction,
    /// Says which way its neighbours run, without changing any other text.
    DirectionMark,
    /// Chooses among the shapes of the character before it.
    Selector,
}

/// What `character` is, when it is invisible.
pub(crate) const fn invisible(character: char) -> Option<Invisible> {
    match character {
        '\u{e0000}'..='\u{e007f}' => Some(Invisible::Tag),
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0080}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' => Some(Invisible::ZeroWidth),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Invisible::Direction),
        '\u{61c}' | '\u{200e}' | '\u{200f}' => Some(Invisible::DirectionMark),
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}' => {
            Some(Invisible::Selector)
        }
        _ => None,
    }
}

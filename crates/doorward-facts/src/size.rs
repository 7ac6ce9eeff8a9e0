//! How large text is.

/// How much text an argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// UTF-8 bytes, of all items together.
    pub bytes: u64,
    /// Unicode scalar values, of all items together.
    pub characters: u64,
    /// How many texts: one, or as many as the list has.
    pub items: u64,
}

/// Measures all of `texts`. Always clear.
#[must_use]
pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Size {
    let mut size = Size { bytes: 0, characters: 0, items: 0 };
    for text in texts {
        size.bytes = size.bytes.saturating_add(text.len() as u64);
        size.characters = size.characters.saturating_add(text.chars().count() as u64);
        size.items = size.items.saturating_add(1);
    }
    size
}

//! Which classes of bytes a text has, so that nobody looks for what cannot be there.

/// Classes of bytes, as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Classes(u32);

impl Classes {
    /// ASCII letters.
    pub const LETTER: Self = Self(1);
    /// ASCII digits.
    pub const DIGIT: Self = Self(1 << 1);
    /// `@`
    pub const AT: Self = Self(1 << 2);
    /// `%`
    pub const PERCENT: Self = Self(1 << 3);
    /// `&`
    pub const AMPERSAND: Self = Self(1 << 4);
    /// `<`
    pub const LESS: Self = Self(1 << 5);
    /// A backslash.
    pub const BACKSLASH: Self = Self(1 << 6);
    /// `{` or `[`
    pub const BRACKET: Self = Self(1 << 7);
    /// `:`
    pub const COLON: Self = Self(1 << 8);
    /// `=`
    pub const EQUALS: Self = Self(1 << 9);
    /// `/`
    pub const SLASH: Self = Self(1 << 10);
    /// Spaces and line breaks.
    pub const SPACE: Self = Self(1 << 11);
    /// Control characters other than tabs and line breaks.
    pub const CONTROL: Self = Self(1 << 12);
    /// Bytes of characters outside ASCII.
    pub const OUTSIDE_ASCII: Self = Self(1 << 13);
    /// `.`, `-` and `_`
    pub const JOINER: Self = Self(1 << 14);
    /// `]`
    pub const CLOSING: Self = Self(1 << 15);
    /// `$`
    pub const DOLLAR: Self = Self(1 << 16);

    /// Whether it has any class of `other`.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The classes of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The classes of all `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        // Two sets side by side: one alone would wait for each byte.
        let (pairs, last) = bytes.as_chunks::<2>();
        let (one, other) =
            pairs.iter().fold((0, 0), |(one, other), [first, second]| (one | class(*first), other | class(*second)));
        Self(one | other | last.first().map_or(0, |byte| class(*byte)))
    }
}

fn class(byte: u8) -> u32 {
    #[expect(clippy::indexing_slicing, reason = "a byte is always below 256")]
    let class = TABLE[usize::from(byte)];
    class
}

static TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let class = class_of(byte as u8);
        #[expect(clippy::indexing_slicing, reason = "below 256")]
        {
            table[byte] = class.0;
        }
        byte += 1;
    }
    table
};

const fn class_of(byte: u8) -> Classes {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => Classes::LETTER,
        b'0'..=b'9' => Classes::DIGIT,
        b'@' => Classes::AT,
        b'%' => Classes::PERCENT,
        b'&' => Classes::AMPERSAND,
        b'<' => Classes::LESS,
        b'\\' => Classes::BACKSLASH,
        b'{' | b'[' => Classes::BRACKET,
        b']' => Classes::CLOSING,
        b'$' => Classes::DOLLAR,
        b':' => Classes::COLON,
        b'=' => Classes::EQUALS,
        b'/' => Classes::SLASH,
        b' ' | b'\n' | b'\r' | b'\t' => Classes::SPACE,
        b'.' | b'-' | b'_' => Classes::JOINER,
        0..=31 | 127 => Classes::CONTROL,
        128..=255 => Classes::OUTSIDE_ASCII,
        33..=126 => Classes(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(text: &str) -> Classes {
        Classes::of(text.as_bytes())
    }

    #[test]
    fn a_text_has_the_classes_of_its_bytes() {
        assert!(classes("a@b").has(Classes::AT));
        assert!(!classes("a b").has(Classes::DIGIT.with(Classes::OUTSIDE_ASCII)));
        assert!(classes("é").has(Classes::OUTSIDE_ASCII));
        assert!(classes("\u{1b}").has(Classes::CONTROL));
        assert_eq!(classes("!"), Classes::default());
    }
}

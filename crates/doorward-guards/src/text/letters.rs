//! What the standard library says of a character, quicker for the scripts most texts are written in.
//!
//! Responsible for the same answers, never for others: a test compares them for every character.

/// Whether a character is a letter or a digit of any script.
pub(crate) fn is_letter(character: char) -> bool {
    match character {
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' => true,
        '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}' | '\u{5d0}'..='\u{5ea}' | '\u{620}'..='\u{657}' => true,
        '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => true,
        '\u{2010}'..='\u{2027}' | '\u{3000}'..='\u{3004}' => false,
        _ => character.is_alphanumeric(),
    }
}

/// Whether a character may be written small and as a capital: those of some scripts never are.
pub(crate) const fn has_case(character: char) -> bool {
    !matches!(character,
        '\u{590}'..='\u{6ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_what_the_standard_library_says() {
        for character in '\0'..=char::MAX {
            assert_eq!(is_letter(character), character.is_alphanumeric(), "{character:?}");
            let is_itself = character.to_lowercase().eq([character]) && !character.is_uppercase();
            assert!(has_case(character) || is_itself, "{character:?}");
        }
    }
}

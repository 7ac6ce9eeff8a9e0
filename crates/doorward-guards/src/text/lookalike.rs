//! Which ASCII letter a character is made to look like.
//!
//! Responsible for single characters. Whether a word is folded is decided where words are known.

use unicode_security::confusable_detection::skeleton;

/// The lower-case ASCII letter that `character` looks like; `None` for ASCII and for what looks like none.
pub(crate) fn latin_lookalike(character: char) -> Option<char> {
    if character.is_ascii() {
        return None;
    }
    drawn_letter(character).or_else(|| {
        let mut buffer = [0; 4];
        let mut prototype = skeleton(character.encode_utf8(&mut buffer));
        let letter = prototype.next().filter(char::is_ascii_alphabetic)?;
        prototype.next().is_none().then(|| letter.to_ascii_lowercase())
    })
}

/// Letters drawn as symbols or small capitals, which neither NFKC nor the table of confusables knows as letters.
fn drawn_letter(character: char) -> Option<char> {
    /// The small capitals of Latin, `-` where Unicode has none.
    const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘ-ʀꜱᴛᴜᴠᴡ-ʏᴢ";
    /// The first of each alphabet of 26 drawn capitals: circled white on black, squared white on black, flag letters.
    const ALPHABETS: [u32; 3] = [0x1f150, 0x1f170, 0x1f1e6];
    let code = u32::from(character);
    let in_alphabet =
        ALPHABETS.into_iter().find(|first| (*first..first + 26).contains(&code)).map(|first| code - first);
    let in_capitals = || SMALL_CAPITALS.chars().position(|capital| capital == character);
    let place = in_alphabet.or_else(|| u32::try_from(in_capitals()?).ok())?;
    char::from_u32(u32::from(b'a') + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_other_scripts_and_drawn_letters_are_seen_through() {
        for (drawn, meant) in
            [('а', 'a'), ('е', 'e'), ('о', 'o'), ('р', 'p'), ('с', 'c'), ('і', 'i'), ('ѕ', 's'), ('ο', 'o')]
        {
            assert_eq!(latin_lookalike(drawn), Some(meant), "{drawn}");
        }
        for (drawn, meant) in [('ɪ', 'i'), ('ɢ', 'g'), ('ꜱ', 's'), ('🅰', 'a'), ('🇮', 'i')] {
            assert_eq!(latin_lookalike(drawn), Some(meant), "{drawn}");
        }
        for honest in ['a', 'é', 'ж', '中', 'ß', 'ñ', '😀'] {
            assert_eq!(latin_lookalike(honest), None, "{honest}");
        }
    }
}

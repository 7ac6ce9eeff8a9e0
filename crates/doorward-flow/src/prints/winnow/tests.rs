//! What is worked out block by block is what one letter at a time gives.
#![expect(clippy::string_slice, reason = "the text is ASCII")]

use proptest::prelude::*;

use super::*;

fn key() -> PrintKey {
    PrintKey::new(&Key::from_bytes([3; 16]))
}

fn fast(text: &str) -> Vec<(u64, Range<usize>)> {
    let mut prints = Vec::new();
    each(&key(), text, &mut |print, place| prints.push((print, place)));
    prints
}

/// As the definition has it: of each window the smallest, which stays while it is in the window and nothing is smaller;
/// after that, the last of equal ones.
fn simple(text: &str) -> Vec<(u64, Range<usize>)> {
    let key = key();
    let letters: Vec<_> =
        text.char_indices().filter_map(|(at, c)| Some((key.symbol(c)?, at, at + c.len_utf8()))).collect();
    let hash = |stretch: &[(u64, usize, usize)]| {
        let turned = (0..).zip(stretch.iter().rev()).map(|(by, (symbol, _, _))| symbol.rotate_left(by));
        mix(turned.fold(0, |all, symbol| all ^ symbol) ^ key.order)
    };
    let stretches: Vec<_> = letters.windows(LETTERS).map(|all| (hash(all), all[0].1..all[LETTERS - 1].2)).collect();
    let smallest = |from: usize, until: usize| (from..until).rev().min_by_key(|at| stretches[*at].0);
    let mut kept: Vec<usize> = Vec::new();
    if let Some(first) = (0..stretches.len().min(WINDOW)).min_by_key(|at| stretches[*at].0) {
        kept.push(first);
        for until in WINDOW + 1..=stretches.len() {
            let last = kept[kept.len() - 1];
            let next = until - 1;
            if stretches[next].0 < stretches[last].0 {
                kept.push(next);
            } else if last + WINDOW < until {
                kept.extend(smallest(until - WINDOW, until));
            }
        }
    }
    kept.into_iter().map(|at| (mix(stretches[at].0 ^ key.kept), stretches[at].1.clone())).collect()
}

#[test]
fn texts_of_every_length_around_a_block_are_as_defined() {
    let letters: String = (0..2_000_u32).map(|at| char::from(b'a' + (at * at % 251 % 26) as u8)).collect();
    for length in (0..70).chain(BLOCK - 40..BLOCK + 70).chain(2 * BLOCK - 3..2 * BLOCK + 60) {
        assert_eq!(fast(&letters[..length]), simple(&letters[..length]), "{length}");
    }
    assert!(fast(&letters).len() > 200);
}

#[test]
fn what_repeats_is_as_defined() {
    for period in 1..40 {
        let text: String = "the quick brown fox jumps over it, 1 2 3".chars().take(period).collect();
        let text = text.repeat(3_000 / period);
        assert_eq!(fast(&text), simple(&text), "{period}");
    }
}

proptest! {
    #[test]
    fn any_text_is_as_defined(
        parts in proptest::collection::vec(
            prop_oneof!["[a-zA-Z0-9 ,.]{0,400}", "\\PC{0,200}", "[äößéЖ中漢 a-c]{0,300}", "[ab]{0,200}", " {0,700}"],
            0..8,
        )
    ) {
        let text = parts.concat();
        prop_assert_eq!(fast(&text), simple(&text));
    }
}

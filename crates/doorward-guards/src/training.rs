//! What the classifier of texts is trained with: the features it sees, and the form of what it learns.
//!
//! For `cargo xtask train injection` alone; a gateway has no use for it.

use doorward_core::guard::Surface;
use doorward_mcp::raw::Raw;

use crate::injection::model::{Place, each_sentence, lexicon, undisguised};
use crate::text;
use crate::words::Words;

pub use crate::injection::model::weights::{Meaning, Weights};

/// The features of one sentence, as hashes, in their order.
pub type Sentence = Vec<u64>;

/// The words that weights depend on; what was learned with others is worth nothing.
pub const LEXICON: &str = lexicon::TEXT;

/// The texts of a part as the classifier sees them, what is encoded in others too: of each, the sentences worth a look.
///
/// # Errors
/// Says why the part cannot be read.
pub fn sentences(part: Raw<'_>, surface: Surface) -> Result<Vec<Vec<Sentence>>, &'static str> {
    let words = Words::new(&[]).map_err(|_| "no words at all cannot be looked for")?;
    let reading = text::read(&[part], &words)?;
    let of_text = |text: &text::Text<'_>| {
        let mut sentences = Vec::new();
        each_sentence(&undisguised(text), Place::of(surface), |_, features| sentences.push(features.to_vec()));
        sentences
    };
    Ok(reading.texts.iter().map(of_text).filter(|sentences| !sentences.is_empty()).collect())
}

/// Which of the two places of [`Weights::places`] a surface belongs to.
#[must_use]
pub fn place(surface: Surface) -> usize {
    match Place::of(surface) {
        Place::Definition => 0,
        Place::Answer => 1,
    }
}

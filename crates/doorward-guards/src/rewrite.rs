//! What is put in the place of what was found.

use std::collections::BTreeMap;
use std::ops::Range;

use doorward_core::guard::Edit;
use doorward_mcp::compose::quote;

use crate::text::{Role, Text};

/// Replacements in texts that stand in the message as they are, by the place of the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replacements(BTreeMap<usize, Vec<(Range<usize>, String)>>);

/// Why something cannot be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Irreplaceable;

impl Replacements {
    /// Notes that these bytes of a text are replaced. What was encoded in another text is replaced there: as a whole where a part
    /// cannot be.
    pub(crate) fn add(
        &mut self,
        texts: &[Text<'_>],
        mut place: usize,
        mut range: Range<usize>,
        with: &str,
    ) -> Result<(), Irreplaceable> {
        loop {
            let text = texts.get(place).ok_or(Irreplaceable)?;
            match &text.origin {
                // A name could become the name of a neighbour.
                None if text.role == Role::Name => return Err(Irreplaceable),
                None => break,
                Some(origin) => (place, range) = (origin.text, origin.source(&range)),
            }
        }
        self.0.entry(place).or_default().push((range, with.to_owned()));
        Ok(())
    }

    /// The edits that make them.
    pub(crate) fn edits(self, texts: &[Text<'_>]) -> Result<Vec<Edit>, Irreplaceable> {
        let edit = |(place, replacements): (usize, Vec<(Range<usize>, String)>)| {
            let text = texts.get(place).ok_or(Irreplaceable)?;
            let written = replaced(&text.text, replacements).ok_or(Irreplaceable)?;
            Ok(Edit { range: text.raw.range(), json: quote(&written) })
        };
        self.0.into_iter().map(edit).collect()
    }
}

/// `text` with `replacements` made; where two overlap, the first one's words stand for both.
fn replaced(text: &str, mut replacements: Vec<(Range<usize>, String)>) -> Option<String> {
    // What is only put in goes before what is replaced at the same place.
    replacements.sort_by_key(|(range, _)| (range.start, !range.is_empty(), usize::MAX - range.end));
    let mut written = String::with_capacity(text.len());
    let mut at = 0;
    for (range, with) in replacements {
        if range.start < at {
            at = at.max(range.end);
            continue;
        }
        written.push_str(text.get(at..range.start)?);
        written.push_str(&with);
        at = range.end;
    }
    written.push_str(text.get(at..)?);
    Some(written)
}

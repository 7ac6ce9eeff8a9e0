//! What a guard sees of a message.

use doorward_core::guard::{Content, GuardSettings};

use crate::text::Text;

/// A message as guards see it.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Where it comes from, where it goes, and what it is about.
    pub content: &'a Content<'a>,
    /// Every string in it, names of members included, in their order; after them what was found encoded in those.
    pub texts: &'a [Text<'a>],
}

/// How the guards of a gateway are set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// What is done about findings.
    pub settings: GuardSettings,
}

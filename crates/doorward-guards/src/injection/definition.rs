//! Definitions, judged by what they speak of that is none of their business.
//!
//! Responsible for the definition of a tool, prompt or resource as a whole: every string of it, its schemas included. It must
//! never judge a definition by what the tool can do: a tool that deletes files may say so.

use crate::guard::Report;
use crate::scene::Scene;

/// Judges every string of a definition.
pub(crate) fn judge(_scene: &Scene<'_>, _report: &mut Report) {}

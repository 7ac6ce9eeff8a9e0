//! The statistical detectors: each gives a score for a burst of work so far, from what it has learned of earlier ones.
//!
//! Scores are in units in which an ordinary spread is about one, so that baselines of one tool, of one principal and of
//! everyone can stand in for one another. How rare a score is, is for [`crate::calibration`] to say.

pub(crate) mod beacon;
pub(crate) mod bytes_out;
pub(crate) mod fan_out;
pub(crate) mod moments;
pub(crate) mod new_tools;
pub(crate) mod rate;
pub(crate) mod refusals;
pub(crate) mod result_size;
pub(crate) mod sequence;

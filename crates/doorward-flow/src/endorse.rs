//! Where values come from: what was endorsed in a context.

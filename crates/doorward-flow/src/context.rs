//! One context: what was read in it, and what may be said of a call because of that.

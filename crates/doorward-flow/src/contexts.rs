//! Which context a call belongs to, and all contexts that live.

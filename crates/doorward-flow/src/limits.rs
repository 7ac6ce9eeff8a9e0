//! Every bound of this crate, with the reason for it.

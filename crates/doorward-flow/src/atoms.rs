//! Addresses and numbers inside text that is passed on.

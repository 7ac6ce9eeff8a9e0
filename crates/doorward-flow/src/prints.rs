//! Fingerprints of text that was read, to find it again in what is sent.

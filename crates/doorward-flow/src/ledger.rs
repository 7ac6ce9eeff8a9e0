//! How much is known of how many, over servers and contexts.

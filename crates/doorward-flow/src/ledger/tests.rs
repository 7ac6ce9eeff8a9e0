//! What the ledger promises: it stops a harvest, lets work be done, and never counts too low.

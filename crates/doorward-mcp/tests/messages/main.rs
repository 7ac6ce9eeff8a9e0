//! Messages from outside: every rule of the edge, limits, navigation, editing, and the protocol's own examples.

mod cases;
mod editing;
mod limits;
mod properties;
mod schemas;

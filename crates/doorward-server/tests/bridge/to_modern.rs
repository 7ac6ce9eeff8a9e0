//! Clients with a handshake at servers that have none.

mod asking;
mod crossing;
mod listening;
mod plain;
mod stateless;
mod stdio;
mod tasks;
mod trial;

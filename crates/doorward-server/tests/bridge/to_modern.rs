//! Clients with a handshake at servers that have none.

mod asking;
mod crossing;
mod plain;
mod trial;

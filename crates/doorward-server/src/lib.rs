//! The I/O shell: transports, configuration, health.
//!
//! It reads and writes, and performs what the core says must happen. Decisions about messages belong to the pure crates;
//! if something here chooses what may pass, it is in the wrong place.

mod around;
mod clock;
mod conduct;
mod edge;
mod inspect;
mod meters;
mod pace;
mod seal;

pub mod admin;
pub mod approvals;
pub mod begin_task;
pub mod caller;
pub mod config;
pub mod definitions;
pub mod dialogue;
pub mod downstream;
pub mod flows;
pub mod gateway;
pub mod handles;
pub mod health;
pub mod hints;
pub mod identity;
pub mod joined;
pub mod labels;
pub mod lifecycle;
pub mod limits;
pub mod metrics;
pub mod observe;
pub mod own_tools;
pub mod pins;
pub mod project;
pub mod server;
pub mod stops;
pub mod talk;
pub mod token;
pub mod upstream;
mod usual;

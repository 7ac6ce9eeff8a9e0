//! Records on their way out, to where operators look.
//!
//! Responsible for that every committed record reaches every configured sink. The store is the queue: a sink is a cursor
//! over what is committed, so memory holds one batch for each, nothing is lost by a restart, and a slow sink is never felt
//! by a call. What a crash between delivery and cursor sends twice carries the same id.
//! It must never drop a record because a sink refuses it, never follow a redirect, and never see a payload: records hold
//! none.

mod clock;
mod config;
mod deliver;
mod exporters;
mod failure;
mod file;
mod follow;
mod http;
mod ident;
pub mod limits;
mod ocsf;
mod otlp;
mod pause;
mod syslog;
mod telling;
mod tls;
mod trial;
mod webhook;

pub use config::{
    Behind, Form, HttpTarget, OcsfFile, Otlp, Records, Signal, SigningKey, SinkConfig, Syslog, Target, TargetError,
    Trust, Webhook,
};
pub use exporters::{Exporters, Pace, Standing};
pub use failure::{Failure, Turn};
pub use trial::{TrialError, trial};

//! Sinks as operators see them: everything arrives, whatever happens to the receiver or to us.

mod file;
mod order;
mod otlp;
mod receiver;
mod refusing;
mod sample;
mod syslog;
mod webhook;

//! What is unusual in the records: exact invariants, and statistics whose false alarms are controlled.
//!
//! Pure: no runtime, sockets, files, clock or randomness. It reads outcomes after they were recorded, one by one and in
//! their order ([`engine::Detector::take`]), and never stands between a call and its answer. What follows from an alert is
//! for policies to say. The design is in DEFENCES §2.8; what each detector sees and misses is in `docs/detect`.

pub mod alert;
mod baseline;
mod calibration;
pub mod catalogue;
pub mod engine;
pub mod event;
mod evidence;
mod invariants;
mod key;
mod known;
pub mod limits;
mod measure;
pub mod settings;
mod shelf;
pub mod sigma;
mod snapshot;
mod statistical;

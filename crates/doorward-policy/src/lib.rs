//! The decision point: Cedar policies, loaded, validated and asked.
//!
//! Responsible for turning policy texts and what the servers offer into an [`Engine`], and for answering it. The crate is
//! pure: texts and definitions come in as values. It must never open a file, look at a clock, perform an obligation or
//! forward anything, and it must never answer "allow" to what it could not judge.

mod argument_type;
mod arguments;
mod asked;
mod cache;
mod cases;
mod catalogue;
mod conjunct;
mod context;
mod denial;
mod desk;
mod engine;
mod facts;
mod finding;
mod fit;
mod flow;
mod formula;
mod inputs;
mod lint;
mod matrix;
mod mentions;
mod pattern;
mod place;
mod plain;
mod propose;
mod question;
mod reach;
mod review;
mod rule;
mod schema;
mod source;
mod suggest;
mod surroundings;
mod trust;
mod visibility;
mod vocabulary;
mod who;
mod why;
mod zone;

pub mod effect;
pub mod limits;

pub use argument_type::{ArgumentType, Member, Members, Presence};
pub use asked::Asked;
pub use cases::{Case, CaseFile, RuleName, Verdict, subject_named};
pub use catalogue::{Catalogue, LeftOut, ToolFacts, WhyLeftOut};
pub use doorward_facts::address::is_private;
pub use engine::Engine;
pub use facts::Wants;
pub use finding::{Finding, LoadErrors, Severity};
pub use inputs::{Denied, PolicyInputs};
pub use matrix::{Cell, Matrix, Outlook, Row};
pub use pattern::Pattern;
pub use place::{Dialect, Files, ServerPlace};
pub use propose::Proposal;
pub use source::{FlowPolicy, Preset, Source, UnknownPreset};
pub use trust::{ToolWord, Trust};
pub use why::{Holds, RuleSays, Why};
pub use zone::{UnknownZone, Zone};

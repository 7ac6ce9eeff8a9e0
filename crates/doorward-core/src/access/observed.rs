//! What only the shell can see of the things a request names: where a path leads, which addresses a host has, how often
//! something happened. The decision point says what it needs and never looks by itself.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::flow::FlowSeen;

/// What was seen for one request. Whatever is missing is unknown, and a rule that depends on it refuses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// By the path as the decision point asked for it.
    pub paths: BTreeMap<Arc<str>, PathSeen>,
    /// By the host name as the decision point asked for it.
    pub hosts: BTreeMap<Arc<str>, HostSeen>,
    /// By the counter's name.
    pub counts: BTreeMap<Arc<str>, u64>,
    /// The flow of data it would be part of.
    pub flow: Option<Arc<FlowSeen>>,
}

/// Where a path leads on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSeen {
    /// Here, with every symbolic link followed. What does not exist yet is resolved as far as it does.
    Real(Arc<str>),
    /// Nobody can say: a loop, no permission, not our machine's file system.
    Unknown,
}

/// The addresses of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostSeen {
    /// These, and they are the ones every lookup since the first gave. Never empty.
    Addresses(Vec<IpAddr>),
    /// Nobody can say: no answer, too late, or another answer than before.
    Unknown,
}

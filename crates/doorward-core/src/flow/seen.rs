//! What the decision point is told of the flow that a call would be part of. No value of the call or of anything that
//! was read is in here: a rule and a refusal can only speak of kinds, paths and counts.

use std::sync::Arc;

use super::label::Label;

/// The flow a call would be part of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowSeen {
    /// What was read in its context before.
    pub context: ContextSeen,
    /// Where its values come from.
    pub endorse: EndorseSeen,
    /// What the ledger counts for it.
    pub ledger: LedgerSeen,
}

impl FlowSeen {
    /// The same once a person has approved the values that have no origin.
    #[must_use]
    pub fn with_values_approved(&self) -> Self {
        let mut seen = self.clone();
        if !seen.endorse.missing.is_empty() {
            seen.endorse.missing.clear();
            seen.endorse.weakest = seen.endorse.weakest.max(Some(Origin::Approved));
        }
        seen
    }

    /// The same once a person has approved this very call: only what must never meet still stands against it.
    #[must_use]
    pub fn with_call_approved(&self) -> Self {
        let mut seen = self.clone();
        seen.endorse.missing.clear();
        seen.endorse.weakest = Some(Origin::Approved);
        seen.ledger.passed.retain(|rule| *rule == LedgerRule::Wall);
        seen
    }
}

/// A context, before the call; by itself, one in which nothing was read yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextSeen {
    /// The join of everything that was read in it.
    pub label: Label,
    /// How the context was told from others.
    pub ground: Ground,
}

/// How a context was told from others (DEFENCES §2.1), the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Ground {
    /// Somebody who may has signed it: a task token, a mission, a transaction token.
    Signed,
    /// The client says so, or uses a handle of the gateway.
    Declared,
    /// A session, a trace or a process: fit to merge, never to split.
    Correlated,
    /// Principal, client and time.
    #[default]
    Fallback,
}

/// What an argument decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Who or what is acted on: an address, an account, a path, a name.
    Target,
    /// What is run.
    Command,
    /// What gives access.
    Credential,
    /// Which of several things.
    Selector,
    /// Text that is passed on.
    Content,
    /// How it is done: numbers, dates, switches.
    Control,
    /// One of a few fixed words.
    Choice,
}

/// Where a value comes from, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The task, in the words of somebody who may say them.
    Task,
    /// The tool's own schema.
    Schema,
    /// The operator.
    Admin,
    /// Earlier work that was found good.
    Learned,
    /// A person approved it for this.
    Approved,
    /// It was used before anything untrusted was read.
    Clean,
    /// A field of a record of the same server, or of a record that the task names.
    Handle,
    /// A field that names an author.
    Party,
    /// A line of a list.
    Line,
    /// The name of something that is made by the call.
    NewName,
    /// Its parts, each by itself.
    Parts,
}

/// Where the values of a call come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndorseSeen {
    /// Whether the call changes, sends or runs something.
    pub consequential: bool,
    /// Whether it can carry data out of its server's own world.
    pub egress: bool,
    /// The arguments that need an endorsed origin and have none; empty when nothing is missing.
    pub missing: Vec<Missing>,
    /// The least sure origin of those that have one; `None` when nothing needed one.
    pub weakest: Option<Origin>,
}

/// An argument without an endorsed origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Missing {
    /// JSON pointer into the arguments, cut to a bound.
    pub path: Arc<str>,
    /// What it decides.
    pub role: Role,
}

/// What the ledger counts over a context and its principal (DEFENCES §2.4), with this call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerSeen {
    /// Different persons or things of which records were read.
    pub records: u64,
    /// Those that are known from two servers or more, with something beyond how to reach them.
    pub linked: u64,
    /// Those whose identifier went to a server that did not give it.
    pub sunk: u64,
    /// Bytes of content sent to this server since something confidential was read.
    pub bytes: u64,
    /// Whether this server gave records in the context.
    pub source: bool,
    /// Whether data of this context never went to this server before, for this principal.
    pub new_pair: bool,
    /// The rules whose bound is passed.
    pub passed: Vec<LedgerRule>,
}

/// A rule of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerRule {
    /// Many records, a few at a time.
    Steps,
    /// Many records, over several servers.
    Staged,
    /// Records of two servers joined.
    Linked,
    /// Identifiers of records carried to another server.
    Sunk,
    /// Two sides of a declared conflict.
    Wall,
    /// Confidential data to a server it never went to.
    Pairs,
    /// Much content to one destination.
    Bytes,
}

words!(Ground: Signed = "signed", Declared = "declared", Correlated = "correlated", Fallback = "fallback");
words!(Role: Target = "target", Command = "command", Credential = "credential", Selector = "selector",
    Content = "content", Control = "control", Choice = "choice");
words!(Origin: Task = "task", Schema = "schema", Admin = "admin", Learned = "learned", Approved = "approved",
    Clean = "clean", Handle = "handle", Party = "party", Line = "line", NewName = "new-name", Parts = "parts");
words!(LedgerRule: Steps = "steps", Staged = "staged", Linked = "linked", Sunk = "sunk", Wall = "wall",
    Pairs = "pairs", Bytes = "bytes");

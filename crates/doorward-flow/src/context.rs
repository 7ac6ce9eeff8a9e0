//! One context: what was read in it, and what may be said of a call because of that.
//!
//! Responsible for the label and the endorsements of one unit of work: [`Context::absorb`] takes in what arrives,
//! [`Context::judge`] says of a call which of its values have an origin, [`Context::allowed`] takes in what was let through.
//! It must never decide: what follows from a judgement is the policy's. It must never keep a value, only hashes, and nothing
//! that it gives out (a judgement, a remedy, its `Debug`) may hold one. A label only ever rises.

use doorward_core::flow::{EndorseSeen, Label, Missing, Origin, Role};
use doorward_core::ids::ServerId;
use doorward_mcp::raw::Raw;

use crate::canonical::{Key, Keyed};
use crate::nature::Nature;

/// A call, before it is decided.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The server it would go to.
    pub server: &'a ServerId,
    /// The tool's name on that server.
    pub tool: &'a str,
    /// What is assumed of the tool.
    pub nature: &'a Nature,
    /// Its arguments.
    pub arguments: Option<Raw<'a>>,
}

/// What a server has sent, before anybody sees it.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// The server it came from.
    pub server: &'a ServerId,
    /// The call it answers; `None` for what nobody called for (a resource, a prompt, a question of the server's).
    pub call: Option<Call<'a>>,
    /// Its label, already joined with what scanners found in it.
    pub label: &'a Label,
    /// What the tool's `outputSchema` says; fields that stand there count as known.
    pub output_schema: Option<Raw<'a>>,
    /// What it says: a `structuredContent`, and the text of each block as a JSON string.
    pub parts: &'a [Raw<'a>],
}

/// Who declares what a context is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    /// The task, in words that came signed or over a channel of a person's.
    Task,
    /// The operator.
    Operator,
}

/// Whether everything that was read in a context went through here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Beginning {
    /// Its beginning is known: what is used before anything untrusted is read, nobody untrusted can have said.
    Known,
    /// There may be a before that nobody has seen.
    Unknown,
}

/// What was read in one unit of work, and which values have an endorsed origin in it.
#[derive(Debug)]
pub struct Context {
    label: Label,
    keyed: Keyed,
    beginning: Beginning,
}

/// What may be said of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// For the decision point.
    pub endorse: EndorseSeen,
    /// What a model can do about what is missing: words that are the same for every value. `None` when nothing is missing.
    pub remedy: Option<String>,
    /// What an approval of exactly this call would endorse: the hash of each value without an origin, for
    /// [`Context::approve`] in this context.
    pub missing_values: Vec<(Missing, u64)>,
}

impl Context {
    /// An empty context whose hashes are made under `key`.
    #[must_use]
    pub fn new(key: &Key, beginning: Beginning) -> Self {
        Self { label: Label::default(), keyed: Keyed::new(key), beginning }
    }

    /// Takes in what the context is for: what the text names is endorsed. Only for text that is signed, that came over a
    /// channel of a person's, or that the operator wrote.
    pub fn declare(&mut self, _text: &str, _by: Voice) {}

    /// Takes in a value that earlier work has shown to be good for this tool.
    pub fn learn(&mut self, _server: &ServerId, _tool: &str, _value: &str) {}

    /// Takes in that a person has approved the value of this hash (from [`Judgement::missing_values`]) for this.
    pub fn approve(&mut self, _server: &ServerId, _tool: &str, _role: Role, _value: u64) {}

    /// Which values of `call` have an endorsed origin, and which need one and have none.
    ///
    /// Whether anything follows from it depends on [`Context::label`]: before anything untrusted was read, nothing does.
    #[must_use]
    pub fn judge(&self, call: &Call<'_>) -> Judgement {
        let path = std::sync::Arc::from("");
        let missing = Missing { path, role: Role::Target };
        let consequential = call.nature.act.is_consequential();
        let endorse = EndorseSeen {
            consequential,
            egress: call.nature.egress,
            missing: if consequential || call.nature.egress { vec![missing] } else { Vec::new() },
            weakest: None::<Origin>,
        };
        Judgement { endorse, remedy: None, missing_values: Vec::new() }
    }

    /// Takes in a call that is let through, before it is sent.
    pub fn allowed(&mut self, _call: &Call<'_>) {}

    /// Takes in what arrived, before it is passed on.
    pub fn absorb(&mut self, arrived: &Arrived<'_>) {
        self.raise(arrived.label);
    }

    /// Joins `label` to that of the context: for what was read elsewhere, or may have been.
    pub fn raise(&mut self, label: &Label) {
        self.label = self.label.join(label);
    }

    /// The join of everything that was read.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

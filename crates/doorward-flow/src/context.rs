//! One context: what was read in it, and what may be said of a call because of that.
//!
//! Responsible for the label and the endorsements of one unit of work: [`Context::absorb`] takes in what arrives,
//! [`Context::judge`] says of a call which of its values have an origin, [`Context::allowed`] takes in what was let through.
//! It must never decide: what follows from a judgement is the policy's. It must never keep a value, only hashes, and nothing
//! that it gives out (a judgement, a remedy, its `Debug`) may hold one. A label only ever rises.

mod arguments;
mod arrival;
mod judging;
mod lessons;
mod origins;
mod paths;
mod remedy;

use doorward_core::flow::{EndorseSeen, Label, Missing, Role};
use doorward_core::ids::ServerId;
use doorward_mcp::raw::{Kind as JsonKind, Raw};

use crate::canonical::{Key, Keyed, Kind, Sort, Value};
use crate::declared::Declared;
use crate::endorse::{Class, Endorsed, Scope};
use crate::limits::{DECLARED_MAX, HANDLE_BYTES_MAX, SERVERS_MAX};
use crate::nature::Nature;
use crate::structure::Shapes;

pub use lessons::Lesson;

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
#[derive(Debug, Clone)]
pub struct Context {
    label: Label,
    keyed: Keyed,
    beginning: Beginning,
    endorsed: Endorsed,
    texts: Vec<(Voice, Declared)>,
    servers: Vec<ServerId>,
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
        Self {
            label: Label::default(),
            keyed: Keyed::new(key),
            beginning,
            endorsed: Endorsed::default(),
            texts: Vec::new(),
            servers: Vec::new(),
        }
    }

    /// Takes in what the context is for: what the text names is endorsed. Only for text that is signed, that came over a
    /// channel of a person's, or that the operator wrote.
    pub fn declare(&mut self, text: &str, by: Voice) {
        if self.texts.len() >= DECLARED_MAX {
            let oldest = self.texts.iter().position(|(voice, _)| *voice == Voice::Task).unwrap_or(0);
            self.texts.remove(oldest);
        }
        self.texts.push((by, Declared::of(&self.keyed, text)));
    }

    /// Takes in that earlier work has shown the value of this hash (from [`Context::lessons`]) to be good for this tool and
    /// this role, and for no other.
    pub fn learn(&mut self, server: &ServerId, tool: &str, role: Role, value: u64) {
        let scope = self.tool_role(server, tool, role);
        self.endorsed.add_form(Class::Learned, scope, value);
    }

    /// The hash of a value, as approvals and lessons have it.
    #[must_use]
    pub fn form(&self, value: &str) -> u64 {
        self.keyed.value(value).forms.itself()
    }

    /// Takes in that a person has approved the value of this hash (from [`Judgement::missing_values`]) for this tool and
    /// this role, and for no other.
    pub fn approve(&mut self, server: &ServerId, tool: &str, role: Role, value: u64) {
        let scope = self.tool_role(server, tool, role);
        self.endorsed.add_form(Class::Approved, scope, value);
    }

    /// Which values of `call` have an endorsed origin, and which need one and have none.
    ///
    /// Whether anything follows from it depends on [`Context::label`]: before anything untrusted was read, nothing does.
    #[must_use]
    pub fn judge(&self, call: &Call<'_>) -> Judgement {
        judging::judge(self, call)
    }

    /// Takes in a call that is let through, before it is sent: until something untrusted was read, nobody untrusted can have
    /// said what is in it; and a name that it gives to something new will be known.
    pub fn allowed(&mut self, call: &Call<'_>) {
        let Some(arguments) = call.arguments else { return };
        let is_clean = self.beginning == Beginning::Known && !self.label.is_untrusted();
        if !is_clean && !call.nature.makes {
            return;
        }
        let server = self.server(call.server);
        arguments::each(arguments, |leaf| {
            let Some(text) = leaf.text().filter(|text| text.len() <= HANDLE_BYTES_MAX) else { return };
            let value = self.keyed.value(&text);
            if is_clean {
                self.endorsed.add(Class::Clean, Scope::CONTEXT, &value.forms);
            }
            let names = match call.nature.role(leaf.pointer, leaf.raw.kind()) {
                Role::Target | Role::Selector => value.sort != Sort::Address,
                Role::Command | Role::Credential | Role::Content | Role::Control | Role::Choice => false,
            };
            if call.nature.makes && names {
                self.endorsed.add(Class::Handle, server, &value.forms);
            }
        });
    }

    /// Takes in what arrived, before it is passed on. `shapes` remembers over all contexts what the results of each tool
    /// look like.
    pub fn absorb(&mut self, arrived: &Arrived<'_>, shapes: &mut Shapes) {
        self.raise(arrived.label);
        arrival::take(self, arrived, shapes);
    }

    /// Joins `label` to that of the context: for what was read elsewhere, or may have been.
    pub fn raise(&mut self, label: &Label) {
        if !label.flows_to(&self.label) {
            self.label = self.label.join(label);
        }
    }

    /// Lets go of every endorsement. The label stays, and from here on the beginning is unknown.
    pub fn shed(&mut self) {
        self.endorsed = Endorsed::default();
        self.texts = Vec::new();
        self.servers = Vec::new();
        self.beginning = Beginning::Unknown;
    }

    /// The join of everything that was read.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let texts: usize = self.texts.iter().map(|(_, text)| size_of::<Declared>() + text.bytes()).sum();
        size_of::<Self>() + self.endorsed.bytes() + texts + self.servers.len() * size_of::<ServerId>()
    }

    /// Whether a task was declared: then an address only counts in a record that the task names.
    fn has_task(&self) -> bool {
        self.texts.iter().any(|(voice, _)| *voice == Voice::Task)
    }

    fn is_named(&self, value: &Value<'_>, by: Voice) -> bool {
        self.texts.iter().any(|(voice, text)| *voice == by && text.names(&self.keyed, value))
    }

    /// The scope of a server, which is told apart from now on, if there is room.
    fn server(&mut self, server: &ServerId) -> Scope {
        if !self.servers.contains(server) && self.servers.len() < SERVERS_MAX {
            self.servers.push(server.clone());
        }
        self.known_server(server)
    }

    /// The scope of a server. Nothing is ever endorsed for one that is not told apart.
    fn known_server(&self, server: &ServerId) -> Scope {
        let place = self.servers.iter().position(|known| known == server);
        Scope(place.and_then(|place| u64::try_from(place).ok()).map_or(UNTOLD, |place| place + 1))
    }

    fn tool_role(&self, server: &ServerId, tool: &str, role: Role) -> Scope {
        Scope(self.keyed.hash(Kind::Place, &format!("{server}\n{tool}\n{role}")))
    }
}

/// The scope of servers that are not told apart.
const UNTOLD: u64 = u64::MAX - 1;

/// Whether a leaf of this kind can hold a value at all.
const fn holds_value(kind: JsonKind) -> bool {
    match kind {
        JsonKind::String | JsonKind::Number => true,
        JsonKind::Null | JsonKind::Bool | JsonKind::Array | JsonKind::Object => false,
    }
}

#[cfg(test)]
mod tests;

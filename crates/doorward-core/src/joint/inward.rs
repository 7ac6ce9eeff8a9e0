//! From a client to a server: which server is meant, and the message in that server's words.
//!
//! Responsible for finding the one server a request is for. It must never guess: what names no server of this face is
//! refused.

use bytes::Bytes;
use doorward_mcp::compose::quote;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::splice::Segments;

use super::edits::Edits;
use super::names::{self, Reading};
use super::view::{Part, Tool};
use super::{Apps, Known, List, Named, Plan, Route, Scope, Told, read_again, uris};
use crate::ids::ServerId;
use crate::refusal::{Code, Refusal};

/// `_meta` of messages that belong to a task (revision 2025-11-25).
pub(super) const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

const CLIENT_TASK: &str =
    "An endpoint of several servers cannot tell which of them the task is for; use the endpoint of one.";

const APP_ONLY: &str = "It is for the app of its own server alone, and an endpoint of several servers cannot tell apps \
                        apart; use the endpoint of that server.";

/// What a request points at.
enum Pointer {
    /// `params.name`
    Name(Named),
    /// `params.uri`
    Uri,
    /// `params.ref`
    Reference,
    /// `params.taskId`
    Task,
}

impl Pointer {
    fn of(method: &str) -> Option<Self> {
        match method {
            "tools/call" => Some(Self::Name(Named::Tools)),
            "prompts/get" => Some(Self::Name(Named::Prompts)),
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => Some(Self::Uri),
            "completion/complete" => Some(Self::Reference),
            "tasks/get" | "tasks/result" | "tasks/cancel" | "tasks/update" => Some(Self::Task),
            _ => None,
        }
    }
}

impl Scope {
    /// What the request's method says of it, without a look at whether the one server exists.
    ///
    /// # Errors
    /// [`Code::UnknownMethod`], or [`Code::BadParams`] for a list from a cursor on: a joint list has one page.
    pub fn of(request: &Request) -> Result<Self, Refusal> {
        if let Some(list) = List::of(request.method()) {
            refuse_cursor(request)?;
            return Ok(Self::All(list));
        }
        match request.method() {
            "initialize" | "ping" | "server/discover" | "logging/setLevel" | "subscriptions/listen" => Ok(Self::Own),
            method if Pointer::of(method).is_some() => Ok(Self::One),
            _ => Err(Refusal::new(Code::UnknownMethod)),
        }
    }
}

impl Plan {
    /// Says where a client's request goes. What a server was never seen to offer passes: its own exchange judges that.
    ///
    /// # Errors
    /// [`Code::UnknownTool`], [`Code::BadParams`] or [`Code::UnknownMethod`], with a sentence on what to do.
    pub fn route(&self, request: &Request, client: Apps, known: Known<'_>) -> Result<Route, Refusal> {
        match Scope::of(request)? {
            Scope::Own => Ok(Route::Own),
            Scope::All(list) => Ok(Route::All(list)),
            Scope::One => {
                let pointer = Pointer::of(request.method()).ok_or_else(|| Refusal::new(Code::UnknownMethod))?;
                let (server, request) = self.translate(request, &pointer, client, known)?;
                Ok(Route::One { server, request: Box::new(request) })
            }
        }
    }

    /// The server a request is for, as far as its text alone says it: so that its tools can be learned before
    /// [`Plan::route`] is asked.
    #[must_use]
    pub fn addressed(&self, request: &Request) -> Option<ServerId> {
        let text = |name| request.param(name).and_then(|value| value.as_str());
        let server = match request.method() {
            "tools/call" => {
                let name = text("name")?;
                self.renamed(&name).map(|tool| tool.server.clone()).or_else(|| named_server(&name))
            }
            "prompts/get" => named_server(&text("name")?),
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                server_of(uris::inward(&text("uri")?))
            }
            "tasks/get" | "tasks/result" | "tasks/cancel" | "tasks/update" => {
                server_of(uris::inward_task(&text("taskId")?))
            }
            "completion/complete" => {
                let reference = request.param("ref")?;
                let text = |name| reference.member(name).and_then(|value: Raw<'_>| value.as_str());
                text("name").and_then(|name| named_server(&name)).or_else(|| server_of(uris::inward(&text("uri")?)))
            }
            _ => None,
        };
        server.filter(|server| self.rules.servers.contains(server))
    }

    /// The tool that goes by the name `shown` here, whether or not its server offers it.
    ///
    /// # Errors
    /// [`Code::UnknownTool`] when that name leads nowhere.
    pub fn called(&self, shown: &str, known: Known<'_>) -> Result<Tool, Refusal> {
        self.tool(shown, known)
    }

    /// Says where a client's notification goes.
    ///
    /// # Errors
    /// [`Code::UnknownMethod`] for one that a joint face cannot pass on: the status of a task that runs in the client
    /// names no server.
    pub fn inward_notification(&self, notification: &Notification) -> Result<Told, Refusal> {
        match notification.method() {
            "notifications/roots/list_changed" => Ok(Told::All),
            "notifications/initialized" | "notifications/cancelled" | "notifications/progress" => Ok(Told::Own),
            "notifications/tasks/status" => Err(Refusal::new(Code::UnknownMethod).with_detail(CLIENT_TASK)),
            _ => Err(Refusal::new(Code::UnknownMethod)),
        }
    }

    /// A client's answer to a question of `server`, in that server's words.
    #[must_use]
    pub fn inward_answer(&self, server: &ServerId, answer: &Response) -> Segments {
        let mut edits = Edits::new(answer.bytes());
        let task = answer.result_member("_meta").and_then(|meta| meta.path(&[RELATED_TASK, "taskId"]));
        edits.text(task, |id| uris::inward_task(id).filter(|(whose, _)| whose == server).map(|(_, id)| id.to_owned()));
        edits.finish()
    }

    fn translate(
        &self,
        request: &Request,
        pointer: &Pointer,
        client: Apps,
        known: Known<'_>,
    ) -> Result<(ServerId, Request), Refusal> {
        let mut edits = Edits::new(request.bytes());
        let server = match pointer {
            Pointer::Name(Named::Tools) => {
                let name = member(request.params(), "name")?;
                let tool = self.tool(&text(name)?, known)?;
                if self.hides(&tool, client, known) {
                    return Err(Refusal::new(Code::UnknownTool).with_detail(APP_ONLY));
                }
                edits.json(name, quote(&tool.name));
                self.fix_arguments(&mut edits, request, &tool)?;
                tool.server
            }
            Pointer::Name(Named::Prompts) => self.prompt(&mut edits, request.params(), known)?,
            Pointer::Uri => self.uri(&mut edits, request.params())?,
            Pointer::Reference => self.reference(&mut edits, request.param("ref"), known)?,
            Pointer::Task => self.task(&mut edits, member(request.params(), "taskId")?)?,
        };
        let related = request.meta().and_then(|meta| meta.path(&[RELATED_TASK, "taskId"]));
        if let Some(related) = related
            && self.task(&mut edits, related)? != server
        {
            return Err(bad_params("The related task is one of another server."));
        }
        Ok((server, parsed(edits)?))
    }

    /// The tool that a client calls by `shown`.
    fn tool(&self, shown: &str, known: Known<'_>) -> Result<Tool, Refusal> {
        if let Some(tool) = self.renamed(shown) {
            return Ok(tool.clone());
        }
        let (server, name) = self.named(shown, Named::Tools, known)?;
        let tool = Tool { server, name };
        // A renamed tool has its new name alone.
        if !self.rules.has_tool(&tool) || self.rules.renamed.contains_key(&tool) {
            return Err(unknown(Named::Tools));
        }
        Ok(tool)
    }

    fn renamed(&self, shown: &str) -> Option<&Tool> {
        self.rules.renamed.iter().find(|(_, name)| *name == shown).map(|(tool, _)| tool)
    }

    fn prompt(&self, edits: &mut Edits, params: Option<Raw<'_>>, known: Known<'_>) -> Result<ServerId, Refusal> {
        if self.rules.prompts == Part::Hidden {
            return Err(bad_params("This endpoint has no prompts."));
        }
        let shown = member(params, "name")?;
        let (server, name) = self.named(&text(shown)?, Named::Prompts, known)?;
        edits.json(shown, quote(&name));
        Ok(server)
    }

    fn uri(&self, edits: &mut Edits, holder: Option<Raw<'_>>) -> Result<ServerId, Refusal> {
        if self.rules.resources == Part::Hidden {
            return Err(bad_params("This endpoint has no resources."));
        }
        let shown = member(holder, "uri")?;
        let (server, uri) = self.own_uri(&text(shown)?)?;
        edits.json(shown, quote(&uri));
        Ok(server)
    }

    fn reference(&self, edits: &mut Edits, holder: Option<Raw<'_>>, known: Known<'_>) -> Result<ServerId, Refusal> {
        match text(member(holder, "type")?)?.as_str() {
            "ref/prompt" => self.prompt(edits, holder, known),
            "ref/resource" => self.uri(edits, holder),
            _ => Err(bad_params("params.ref.type must be ref/prompt or ref/resource.")),
        }
    }

    fn task(&self, edits: &mut Edits, shown: Raw<'_>) -> Result<ServerId, Refusal> {
        let id = text(shown)?;
        let (server, id) = self.own_task(&id)?;
        edits.json(shown, quote(id));
        Ok(server)
    }

    /// The server and its own name behind a name that no view gave.
    fn named(&self, shown: &str, what: Named, known: Known<'_>) -> Result<(ServerId, String), Refusal> {
        let (server, name) = match names::read(shown) {
            Some(Reading::Whole(server, name)) => (server, Some(name.to_owned())),
            Some(Reading::Shortened(server)) => (server, None),
            None => return Err(unknown(what)),
        };
        if !self.rules.servers.contains(&server) {
            return Err(unknown(what));
        }
        if let Some(name) = name {
            return Ok((server, name));
        }
        let offers = known(&server, what);
        let mut fitting = offers.iter().filter(|offer| names::outward(&server, &offer.name) == shown);
        let offer = fitting.next().ok_or_else(|| unknown(what))?;
        // Two names that are shortened to one are both out of reach.
        if fitting.any(|other| other.name != offer.name) {
            return Err(unknown(what));
        }
        Ok((server.clone(), offer.name.to_string()))
    }

    /// The server and its own URI behind one that this face showed.
    pub(super) fn own_uri(&self, shown: &str) -> Result<(ServerId, String), Refusal> {
        uris::inward(shown).filter(|(server, _)| self.rules.servers.contains(server)).ok_or_else(|| {
            bad_params("The URI names no server of this endpoint; use one from a list or a result of it.")
        })
    }

    /// The server and its own id behind one that this face showed.
    pub(super) fn own_task<'t>(&self, shown: &'t str) -> Result<(ServerId, &'t str), Refusal> {
        uris::inward_task(shown).filter(|(server, _)| self.rules.servers.contains(server)).ok_or_else(|| {
            bad_params("The task id names no server of this endpoint; use the one it was given out with.")
        })
    }
}

/// A joint list has one page.
fn refuse_cursor(request: &Request) -> Result<(), Refusal> {
    match request.param("cursor") {
        Some(cursor) if cursor.kind() != Kind::Null => {
            Err(bad_params("Lists of this endpoint have one page; ask without a cursor."))
        }
        Some(_) | None => Ok(()),
    }
}

fn named_server(shown: &str) -> Option<ServerId> {
    match names::read(shown)? {
        Reading::Whole(server, _) | Reading::Shortened(server) => Some(server),
    }
}

fn server_of<T>(read: Option<(ServerId, T)>) -> Option<ServerId> {
    read.map(|(server, _)| server)
}

fn member<'r>(holder: Option<Raw<'r>>, name: &str) -> Result<Raw<'r>, Refusal> {
    holder.and_then(|holder| holder.member(name)).ok_or_else(|| bad_params(&format!("It needs a string '{name}'.")))
}

fn text(value: Raw<'_>) -> Result<String, Refusal> {
    value.as_str().map(std::borrow::Cow::into_owned).ok_or_else(|| bad_params("What it points at must be a string."))
}

/// The request that the edits make, sound like any from outside.
pub(super) fn parsed(edits: Edits) -> Result<Request, Refusal> {
    let bytes: Bytes = edits.finish().into_bytes();
    match read_again(bytes) {
        Some(Message::Request(request)) => Ok(request),
        Some(Message::Notification(_) | Message::Response(_)) | None => {
            Err(bad_params("Its arguments clash with those this endpoint sets itself."))
        }
    }
}

fn unknown(what: Named) -> Refusal {
    match what {
        Named::Tools => {
            // Not a word more than of a tool that is hidden.
            Refusal::new(Code::UnknownTool)
        }
        Named::Prompts => {
            bad_params("There is no such prompt; use a name as it stands in prompts/list of this endpoint.")
        }
    }
}

pub(super) fn bad_params(detail: &str) -> Refusal {
    Refusal::new(Code::BadParams).with_detail(detail)
}

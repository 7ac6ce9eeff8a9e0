//! Many lists to one.
//!
//! Responsible for one complete page in an order that does not depend on who answered first. It must never let one server
//! push out another: past a bound each gets an equal share, and what is cut off is said.

use std::collections::BTreeSet;

use bytes::Bytes;
use doorward_mcp::compose::quote;
use doorward_mcp::message::{Message, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::revision::Era;
use doorward_mcp::views::tools::ToolDefinition;

use super::answers::Outward;
use super::apps::{AppUse, Apps, LINKS, is_app_only};
use super::view::{Part, Tool};
use super::{List, Plan, names, read_again};
use crate::ids::ServerId;
use crate::limits::{JOINT_BYTES_MAX, JOINT_ITEMS_MAX, JOINT_NOTES_MAX};

/// One list made of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The result, as JSON text.
    pub result: String,
    /// What is not in it and why, for the log.
    pub notes: Vec<String>,
}

/// One item as the face shows it.
struct Item {
    /// What must be unique: a name, a URI, a task id.
    key: String,
    json: Bytes,
}

/// The items of one server.
struct Share<'s> {
    server: &'s ServerId,
    items: Vec<Item>,
}

impl Plan {
    /// Joins the final responses to one list, all pages of all servers, each server's pages in their order.
    #[must_use]
    pub fn merge(&self, list: List, era: Era, client: Apps, pages: &[(ServerId, Vec<Bytes>)]) -> Merged {
        let mut notes = Notes::default();
        let mut pages: Vec<(&ServerId, Vec<Response>)> = pages
            .iter()
            .filter(|(server, _)| self.rules.servers.contains(server))
            .map(|(server, pages)| (server, readable(server, pages, &mut notes)))
            .collect();
        pages.sort_by_key(|(server, _)| *server);
        let has_apps = self.servers_with_apps(list, &pages);
        let mut shares = Vec::new();
        for (server, responses) in &pages {
            let keeps_app_tools = self.keeps_app_tools(server, client, &|other| has_apps.contains(other));
            let audience = if keeps_app_tools { Audience::ModelAndApps } else { Audience::Model };
            shares.push(self.share(list, server, responses, audience, &mut notes));
        }
        cut_to_size(&mut shares, &mut notes);
        Merged { result: result(list, era, &shares), notes: notes.0 }
    }

    fn share<'s>(
        &self,
        list: List,
        server: &'s ServerId,
        responses: &[Response],
        audience: Audience,
        notes: &mut Notes,
    ) -> Share<'s> {
        let mut seen = BTreeSet::new();
        let mut items = Vec::new();
        for response in responses {
            let array = response.result_member(list.member());
            for element in array.iter().flat_map(Raw::elements) {
                match self.item(list, server, response, element, audience) {
                    Ok(Some(item)) if seen.insert(item.key.clone()) => items.push(item),
                    Ok(Some(_)) => notes.add(format!("{server}: an item of {} is there twice", list.method())),
                    Ok(None) => {}
                    Err(Unreadable) => notes.add(format!("{server}: an item of {} cannot be read", list.method())),
                }
            }
        }
        if list == List::Tools {
            items.sort_by(|one, other| one.key.cmp(&other.key));
        }
        Share { server, items }
    }

    /// The item as the face shows it; `None` when it does not.
    fn item(
        &self,
        list: List,
        server: &ServerId,
        response: &Response,
        element: Raw<'_>,
        audience: Audience,
    ) -> Result<Option<Item>, Unreadable> {
        let kept = response.keep(element);
        let mut outward = Outward::new(server, kept.bytes());
        let item = kept.as_raw();
        let key = match (list, self.rules.prompts, self.rules.resources) {
            (List::Tools, _, _) => {
                let definition = ToolDefinition::from_raw(item).map_err(|_| Unreadable)?;
                let tool = Tool { server: server.clone(), name: definition.name.into_owned() };
                if !self.rules.has_tool(&tool) || (audience == Audience::Model && is_app_only(item)) {
                    return Ok(None);
                }
                self.rewrite_tool(&mut outward, item, &tool)?
            }
            (List::Prompts, Part::Hidden, _) | (List::Resources | List::Templates, _, Part::Hidden) => return Ok(None),
            (List::Prompts, Part::Shown, _) => {
                let name = only_member(item, "name")?;
                let shown = names::outward(server, &name.as_str().ok_or(Unreadable)?);
                outward.edits.json(name, quote(&shown));
                shown
            }
            (List::Resources, _, Part::Shown) => {
                let uri = only_member(item, "uri")?;
                outward.uri(Some(uri));
                uri.as_str().ok_or(Unreadable)?.into_owned()
            }
            (List::Templates, _, Part::Shown) => {
                let uri = only_member(item, "uriTemplate")?;
                outward.uri(Some(uri));
                uri.as_str().ok_or(Unreadable)?.into_owned()
            }
            (List::Tasks, _, _) => {
                outward.task_id(Some(item));
                only_member(item, "taskId")?.as_str().ok_or(Unreadable)?.into_owned()
            }
        };
        Ok(Some(Item { key, json: outward.edits.finish().into_bytes() }))
    }

    fn rewrite_tool(&self, outward: &mut Outward<'_>, item: Raw<'_>, tool: &Tool) -> Result<String, Unreadable> {
        let shown = match self.rules.renamed.get(tool) {
            Some(name) => name.clone(),
            None => names::outward(&tool.server, &tool.name),
        };
        outward.edits.json(item.member("name").ok_or(Unreadable)?, quote(&shown));
        if let Some(description) = self.rules.described.get(tool) {
            match item.member("description") {
                Some(own) => outward.edits.json(own, quote(description)),
                None => outward.edits.prepend(item, &format!(r#""description":{}"#, quote(description))),
            }
        }
        let meta = item.member("_meta");
        outward.uri(meta.and_then(|meta| meta.path(&["ui", "resourceUri"])));
        for link in LINKS {
            outward.uri(meta.and_then(|meta| meta.member(link)));
        }
        self.hide_fixed(&mut outward.edits, item, tool);
        Ok(shown)
    }

    fn servers_with_apps(&self, list: List, pages: &[(&ServerId, Vec<Response>)]) -> BTreeSet<ServerId> {
        let opens = |server: &ServerId, response: &Response| {
            let tools = response.result_member(list.member());
            tools.iter().flat_map(Raw::elements).any(|tool| {
                let name = tool.member("name").and_then(|name| name.as_str()).unwrap_or_default();
                self.counts_as_app(server, &name, AppUse::of(tool))
            })
        };
        let has_apps =
            |(server, responses): &&(&ServerId, Vec<Response>)| responses.iter().any(|one| opens(server, one));
        match list {
            List::Tools => pages.iter().filter(has_apps).map(|(server, _)| (*server).clone()).collect(),
            List::Prompts | List::Resources | List::Templates | List::Tasks => BTreeSet::new(),
        }
    }
}

/// For whom the tools of a list are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    Model,
    ModelAndApps,
}

/// An item that does not have the shape the protocol gives it.
struct Unreadable;

/// The member of that name, which no reader that ignores case can take for another.
fn only_member<'r>(item: Raw<'r>, name: &'static str) -> Result<Raw<'r>, Unreadable> {
    match item.miscased_member(&[name]) {
        Some(_) => Err(Unreadable),
        None => item.member(name).filter(|value| value.kind() == Kind::String).ok_or(Unreadable),
    }
}

fn readable(server: &ServerId, pages: &[Bytes], notes: &mut Notes) -> Vec<Response> {
    let mut responses = Vec::new();
    for page in pages {
        match read_again(page.clone()) {
            Some(Message::Response(response)) if response.result().is_some() => responses.push(response),
            Some(Message::Response(_)) => notes.add(format!("{server}: a page is an error")),
            Some(Message::Request(_) | Message::Notification(_)) | None => {
                notes.add(format!("{server}: a page cannot be read"));
            }
        }
    }
    responses
}

/// Gives each server an equal share when all of it together is too much.
fn cut_to_size(shares: &mut [Share<'_>], notes: &mut Notes) {
    let count: usize = shares.iter().map(|share| share.items.len()).sum();
    let bytes: usize = shares.iter().flat_map(|share| &share.items).map(|item| item.json.len()).sum();
    if count <= JOINT_ITEMS_MAX && bytes <= JOINT_BYTES_MAX {
        return;
    }
    let servers = shares.len().max(1);
    let (most, most_bytes) = (JOINT_ITEMS_MAX / servers, JOINT_BYTES_MAX / servers);
    for share in shares {
        let mut bytes = 0;
        let fits = |item: &&Item| {
            bytes += item.json.len();
            bytes <= most_bytes
        };
        let kept = share.items.iter().take(most).take_while(fits).count();
        let cut = share.items.len() - kept;
        share.items.truncate(kept);
        if cut > 0 {
            notes.add(format!("{}: {cut} items are left out, because all together are too many", share.server));
        }
    }
}

fn result(list: List, era: Era, shares: &[Share<'_>]) -> String {
    let head = match (era, list) {
        (Era::Legacy, _) => "",
        (Era::Modern, _) => r#""resultType":"complete","ttlMs":0,"cacheScope":"private","#,
    };
    let mut json = format!(r#"{{{head}"{}":["#, list.member());
    for (index, item) in shares.iter().flat_map(|share| &share.items).enumerate() {
        if index > 0 {
            json.push(',');
        }
        // Edits of accepted text with text leave text.
        json.push_str(std::str::from_utf8(&item.json).unwrap_or("null"));
    }
    json.push_str("]}");
    json
}

#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn add(&mut self, note: String) {
        if self.0.len() < JOINT_NOTES_MAX && !self.0.contains(&note) {
            self.0.push(note);
        }
    }
}

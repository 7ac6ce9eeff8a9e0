//! What a modern client listens for, at a legacy server that has no such request.
//!
//! Responsible for which of a client's wishes the server can fulfil, which of its news belong to them, and which resources
//! it must be asked about on whose behalf. It must never let a client hear what it did not wish for.

use std::collections::{BTreeMap, BTreeSet};

use super::edit::{self, Member};
use super::results::{self, SUBSCRIPTION_ID};
use super::{Row, Unbridged};
use crate::compose::{self, quote};
use crate::id::Id;
use crate::message::{Notification, Request};
use crate::raw::Raw;
use crate::views::subscriptions::SubscriptionFilter;

/// One client's wish, or the part of it that is fulfilled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    lists: BTreeSet<List>,
    resources: BTreeSet<String>,
    tasks: BTreeSet<String>,
}

/// A list whose changes are news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    Tools,
    Prompts,
    Resources,
}

impl List {
    const ALL: [Self; 3] = [Self::Tools, Self::Prompts, Self::Resources];

    fn capability(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
        }
    }

    fn wish(self) -> &'static str {
        match self {
            Self::Tools => "toolsListChanged",
            Self::Prompts => "promptsListChanged",
            Self::Resources => "resourcesListChanged",
        }
    }

    fn news(self) -> &'static str {
        match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
        }
    }
}

const RESOURCE_UPDATED: &str = "notifications/resources/updated";

impl Wish {
    /// Reads the wish of a `subscriptions/listen`.
    ///
    /// # Errors
    /// It has none, or one that cannot be read.
    pub fn of(request: &Request) -> Result<Self, Unbridged> {
        let filter = SubscriptionFilter::from_params(request.params())
            .map_err(|error| Unbridged::new(Row::Subscriptions, format!("the wish cannot be read: {error}")))?;
        let lists = [
            (List::Tools, filter.tools_list_changed),
            (List::Prompts, filter.prompts_list_changed),
            (List::Resources, filter.resources_list_changed),
        ];
        Ok(Self {
            lists: lists.into_iter().filter(|(_, wished)| *wished).map(|(list, _)| list).collect(),
            resources: filter.resource_uris.into_iter().map(std::borrow::Cow::into_owned).collect(),
            tasks: filter.task_ids.into_iter().map(std::borrow::Cow::into_owned).collect(),
        })
    }

    /// The part of it that a server with these capabilities says it can fulfil, and for which `owns` knows the task.
    #[must_use]
    pub fn within(mut self, capabilities: Raw<'_>, owns: impl Fn(&str) -> bool) -> Self {
        let offers = |name: &str, part: &str| {
            capabilities.path(&[name, part]).and_then(|offered| offered.as_bool()) == Some(true)
        };
        self.lists.retain(|list| offers(list.capability(), "listChanged"));
        if !offers("resources", "subscribe") {
            self.resources.clear();
        }
        self.tasks.retain(|task| owns(task));
        self
    }

    /// The resources it names.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(String::as_str)
    }

    /// The tasks it names.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().map(String::as_str)
    }

    /// Leaves out a resource that the server refuses to speak of.
    pub fn without_resource(&mut self, uri: &str) {
        self.resources.remove(uri);
    }

    /// Whether this news of the server is wished for.
    #[must_use]
    pub fn covers(&self, news: &Notification) -> bool {
        let named = |member: &str| news.param(member).and_then(|value| value.as_str());
        match news.method() {
            RESOURCE_UPDATED => named("uri").is_some_and(|uri| self.resources.contains(uri.as_ref())),
            "notifications/tasks" => named("taskId").is_some_and(|task| self.tasks.contains(task.as_ref())),
            method => self.lists.iter().any(|list| list.news() == method),
        }
    }

    /// The first message of the stream: what of the wish is fulfilled.
    ///
    /// # Errors
    /// It cannot be composed.
    pub fn acknowledged(&self, subscription: &Id) -> Result<Notification, Unbridged> {
        let mut members: Vec<Member<'_>> = self.lists.iter().map(|list| (list.wish(), "true".to_owned())).collect();
        for (name, named) in [("resourceSubscriptions", &self.resources), ("taskIds", &self.tasks)] {
            if !named.is_empty() {
                let quoted: Vec<String> = named.iter().map(|text| quote(text)).collect();
                members.push((name, format!("[{}]", quoted.join(","))));
            }
        }
        let params = [("notifications", edit::object_of(&members)), meta(subscription)];
        notification("notifications/subscriptions/acknowledged", &params)
    }

    /// Everything wished for, as if it had changed: what happened while nobody listened is not known.
    ///
    /// # Errors
    /// It cannot be composed.
    pub fn changed(&self) -> Result<Vec<Notification>, Unbridged> {
        let lists = List::ALL.into_iter().filter(|list| self.lists.contains(list));
        let lists = lists.map(|list| notification(list.news(), &[]));
        let resources = self.resources.iter().map(|uri| notification(RESOURCE_UPDATED, &[("uri", quote(uri))]));
        lists.chain(resources).collect()
    }

    /// The last message of the stream: the result of the request, as JSON.
    #[must_use]
    pub fn closed(subscription: &Id) -> String {
        edit::object_of(&[results::complete(), meta(subscription)])
    }
}

/// The resources that a server was asked to speak of, and how many wish for each.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    wishes: BTreeMap<String, usize>,
}

/// Whether the server must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is the first wish, or the last that went.
    Now,
    /// Somebody else wishes for it too.
    Already,
}

impl Watched {
    /// One more wishes for this resource.
    pub fn add(&mut self, uri: &str) -> Told {
        let wishes = self.wishes.entry(uri.to_owned()).or_default();
        *wishes = wishes.saturating_add(1);
        if *wishes == 1 { Told::Now } else { Told::Already }
    }

    /// One wishes for it no more.
    pub fn remove(&mut self, uri: &str) -> Told {
        match self.wishes.get_mut(uri) {
            Some(wishes) if *wishes > 1 => {
                *wishes -= 1;
                Told::Already
            }
            Some(_) => {
                self.wishes.remove(uri);
                Told::Now
            }
            None => Told::Already,
        }
    }

    /// All of them.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.wishes.keys().map(String::as_str)
    }
}

fn meta(subscription: &Id) -> Member<'static> {
    ("_meta", edit::object_of(&[(SUBSCRIPTION_ID, subscription.to_json())]))
}

fn notification(method: &str, params: &[Member<'_>]) -> Result<Notification, Unbridged> {
    let params = (!params.is_empty()).then(|| edit::object_of(params));
    super::notification(Row::Subscriptions, compose::notification(method, params.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::message::Message;
    use crate::raw::RawJson;

    const ALL: &str = r#"{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,
        "resourceSubscriptions":["a://1","a://2","a://1"],"taskIds":["t1","t2"]}"#;

    fn wish(notifications: &str) -> Wish {
        let params = format!(r#"{{"notifications":{notifications}}}"#);
        let bytes = compose::request(&Id::from("s"), "subscriptions/listen", Some(&params));
        match Message::parse(bytes, &Limits::default()).unwrap() {
            Message::Request(request) => Wish::of(&request).unwrap(),
            other @ (Message::Notification(_) | Message::Response(_)) => panic!("{other:?}"),
        }
    }

    fn within(wish: Wish, capabilities: &str) -> Wish {
        let capabilities = RawJson::parse(capabilities.to_owned(), &Limits::default()).unwrap();
        wish.within(capabilities.as_raw(), |task| task == "t1")
    }

    fn text(notification: &Notification) -> &str {
        std::str::from_utf8(notification.bytes()).unwrap()
    }

    #[test]
    fn only_what_the_server_offers_is_acknowledged() {
        let cases = [
            (
                r#"{"tools":{"listChanged":true},"prompts":{"listChanged":false},"resources":{"subscribe":true}}"#,
                r#"{"toolsListChanged":true,"resourceSubscriptions":["a://1","a://2"],"taskIds":["t1"]}"#,
            ),
            (
                r#"{"prompts":{"listChanged":true},"resources":{"listChanged":true}}"#,
                r#"{"promptsListChanged":true,"resourcesListChanged":true,"taskIds":["t1"]}"#,
            ),
            ("{}", r#"{"taskIds":["t1"]}"#),
        ];
        for (capabilities, honoured) in cases {
            let acknowledged = within(wish(ALL), capabilities).acknowledged(&Id::from("s")).unwrap();
            let expected = format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{"notifications":{honoured},"_meta":{{"io.modelcontextprotocol/subscriptionId":"s"}}}}}}"#
            );
            assert_eq!(text(&acknowledged), expected);
        }
    }

    #[test]
    fn news_nobody_wished_for_are_not_covered() {
        let wish = wish(r#"{"toolsListChanged":true,"resourceSubscriptions":["a://1"],"taskIds":["t1"]}"#);
        let updated = |uri: &str| notification(RESOURCE_UPDATED, &[("uri", quote(uri))]).unwrap();
        let task = |task: &str| notification("notifications/tasks", &[("taskId", quote(task))]).unwrap();
        assert!(wish.covers(&notification("notifications/tools/list_changed", &[]).unwrap()));
        assert!(wish.covers(&updated("a://1")) && wish.covers(&task("t1")));
        for other in [
            notification("notifications/prompts/list_changed", &[]).unwrap(),
            notification("notifications/message", &[]).unwrap(),
            updated("a://2"),
            task("t2"),
        ] {
            assert!(!wish.covers(&other), "{}", text(&other));
        }
    }

    #[test]
    fn what_was_missed_counts_as_changed() {
        let wish = wish(r#"{"promptsListChanged":true,"resourceSubscriptions":["a://1"]}"#);
        let changed = wish.changed().unwrap();
        let methods: Vec<&str> = changed.iter().map(Notification::method).collect();
        assert_eq!(methods, ["notifications/prompts/list_changed", RESOURCE_UPDATED]);
        assert!(changed.iter().all(|news| wish.covers(news)));
    }

    #[test]
    fn a_server_is_told_of_the_first_wish_and_of_the_last() {
        let mut watched = Watched::default();
        assert_eq!((watched.add("a"), watched.add("a"), watched.add("b")), (Told::Now, Told::Already, Told::Now));
        assert_eq!((watched.remove("a"), watched.remove("a")), (Told::Already, Told::Now));
        assert_eq!((watched.remove("a"), watched.remove("c")), (Told::Already, Told::Already));
        assert_eq!(watched.resources().collect::<Vec<_>>(), ["b"]);
    }
}

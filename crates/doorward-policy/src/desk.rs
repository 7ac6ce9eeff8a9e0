//! What is ready for a server before any request comes: for each of its methods and tools, the few rules that can cover
//! it, and the Cedar entities of the things themselves.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use cedar_policy::{Effect, Entity, EntityUid, PolicySet, RestrictedExpression};
use doorward_core::ids::ServerId;

use crate::catalogue::{Catalogue, ToolFacts};
use crate::effect::Reach;
use crate::mentions::Mentions;
use crate::reach::{covers_tool, reaches_method};
use crate::rule::Rule;
use crate::schema::{groups_of, tool_id};
use crate::surroundings::Surroundings;
use crate::vocabulary::{EntityTypes, group_of, methods};

/// The rules that can cover one kind of request.
#[derive(Debug)]
pub(crate) struct Slice {
    /// Their numbers.
    pub(crate) rules: Vec<usize>,
    /// The same as Cedar asks them.
    pub(crate) set: PolicySet,
    /// What they look at, together.
    pub(crate) mentions: Mentions,
    /// A forbid that might cover the request and cannot be used: whatever it might forbid is refused.
    pub(crate) blocked_by: Option<usize>,
}

/// One method or tool of a server.
#[derive(Debug)]
pub(crate) struct Post {
    /// The rules that can cover it.
    pub(crate) slice: Arc<Slice>,
    /// The entity of its action.
    pub(crate) action: Entity,
}

/// One tool of a server.
#[derive(Debug)]
pub(crate) struct ToolPost {
    /// Its rules and action.
    pub(crate) post: Post,
    /// Its own entity.
    pub(crate) tool: Entity,
    /// What is known of it.
    pub(crate) facts: Arc<ToolFacts>,
}

/// One server.
#[derive(Debug)]
pub(crate) struct Desk {
    /// Its own entity.
    pub(crate) server: Entity,
    /// Its methods but `tools/call`.
    pub(crate) methods: HashMap<&'static str, Post>,
    /// Its tools, by its own names for them.
    pub(crate) tools: HashMap<Arc<str>, ToolPost>,
}

/// Prepares every configured server; `None` if Cedar refused an entity or a policy set, which it has accepted before.
pub(crate) fn prepare(
    rules: &[Rule],
    unusable: &[BTreeSet<ServerId>],
    around: &Surroundings,
    types: &EntityTypes,
) -> Option<HashMap<ServerId, Desk>> {
    let mut slicer = Slicer { rules, unusable, known: HashMap::new() };
    let mut desks = HashMap::new();
    for server in around.servers() {
        let mut desk = Desk {
            server: Entity::new_no_attrs(types.server(server.as_str()), HashSet::new()),
            methods: HashMap::new(),
            tools: HashMap::new(),
        };
        for method in methods() {
            let slice = slicer.slice(server, |rule| reaches_method(rule, method, server))?;
            let action = action_entity(types, method, group_of(method).as_slice());
            desk.methods.insert(method, Post { slice, action });
        }
        if let Some(catalogue) = around.catalogue(server.as_str()) {
            desk.tools = tool_posts(catalogue, types, &mut slicer)?;
        }
        desks.insert(server.clone(), desk);
    }
    Some(desks)
}

fn tool_posts(
    catalogue: &Catalogue,
    types: &EntityTypes,
    slicer: &mut Slicer<'_>,
) -> Option<HashMap<Arc<str>, ToolPost>> {
    let server = catalogue.server();
    let mut posts = HashMap::new();
    for (name, facts) in catalogue.tools() {
        let id = tool_id(catalogue, name);
        let groups = groups_of(facts.assessment.effect, facts.assessment.reach);
        let slice = slicer.slice(server, |rule| covers_tool(rule, catalogue, name, facts))?;
        let post = Post { slice, action: action_entity(types, &id, &groups) };
        let tool = tool_entity(types, server, name, facts)?;
        posts.insert(Arc::clone(name), ToolPost { post, tool, facts: Arc::clone(facts) });
    }
    Some(posts)
}

fn action_entity(types: &EntityTypes, id: &str, groups: &[&str]) -> Entity {
    let parents: HashSet<EntityUid> = groups.iter().map(|group| types.action(group)).collect();
    Entity::new_no_attrs(types.action(id), parents)
}

fn tool_entity(types: &EntityTypes, server: &ServerId, name: &str, facts: &ToolFacts) -> Option<Entity> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let open = facts.assessment.reach == Reach::Open;
    let attributes = HashMap::from([
        ("name".to_owned(), text(name)),
        ("effect".to_owned(), text(facts.assessment.effect.as_str())),
        ("openWorld".to_owned(), RestrictedExpression::new_bool(open)),
    ]);
    let parents = HashSet::from([types.server(server.as_str())]);
    Entity::new(types.tool(&format!("{server}/{name}")), attributes, parents).ok()
}

/// Cuts slices, each distinct one once.
struct Slicer<'a> {
    rules: &'a [Rule],
    unusable: &'a [BTreeSet<ServerId>],
    known: HashMap<(Vec<usize>, Option<usize>), Arc<Slice>>,
}

impl Slicer<'_> {
    /// The slice of the rules that cover something of `server`.
    fn slice(&mut self, server: &ServerId, covers: impl Fn(&Rule) -> bool) -> Option<Arc<Slice>> {
        let mut chosen: Vec<&Rule> = Vec::new();
        let mut blocked_by = None;
        for rule in self.rules.iter().filter(|rule| covers(rule)) {
            let unusable = self.unusable.get(rule.number).is_none_or(|servers| servers.contains(server));
            match (unusable, rule.effect()) {
                (false, Effect::Permit | Effect::Forbid) => chosen.push(rule),
                (true, Effect::Permit) => {}
                (true, Effect::Forbid) => blocked_by = blocked_by.or(Some(rule.number)),
            }
        }
        let key = (chosen.iter().map(|rule| rule.number).collect::<Vec<_>>(), blocked_by);
        if let Some(slice) = self.known.get(&key) {
            return Some(Arc::clone(slice));
        }
        let mut mentions = Mentions::default();
        chosen.iter().for_each(|rule| mentions.join(&rule.mentions));
        let set = PolicySet::from_policies(chosen.iter().map(|rule| rule.policy.clone())).ok()?;
        let slice = Arc::new(Slice { rules: key.0.clone(), set, mentions, blocked_by });
        self.known.insert(key, Arc::clone(&slice));
        Some(slice)
    }
}

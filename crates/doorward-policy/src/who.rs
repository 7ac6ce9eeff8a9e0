//! Who asks, as Cedar entities: the principal with its groups and tenant, and the agent that acts for it.
//!
//! Groups and tenants have no attributes and no parents, so they exist as names only.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use doorward_core::principal::Principal;

use crate::vocabulary::EntityTypes;

/// The entities of whoever asks.
#[derive(Debug)]
pub(crate) struct Who {
    /// The principal's id.
    pub(crate) uid: EntityUid,
    /// The principal, and the agent when it is somebody else.
    pub(crate) entities: Vec<Entity>,
}

/// The entities of `principal`; `None` only if Cedar refused plain texts.
pub(crate) fn entities_of(principal: &Principal, types: &EntityTypes) -> Option<Who> {
    let uid = types.subject(principal.subject());
    let groups = principal.groups().iter().map(|group| types.group(group));
    let parents = groups.chain(tenant_of(principal, types)).collect();
    let mut entities = vec![Entity::new(uid.clone(), attributes_of(principal, types), parents).ok()?];
    if let Some(agent) = principal.agent().map(|agent| types.agent(agent)).filter(|agent| *agent != uid) {
        // The same credentials speak for it. The groups are the subject's.
        let parents: HashSet<EntityUid> = tenant_of(principal, types).into_iter().collect();
        entities.push(Entity::new(agent, attributes_of(principal, types), parents).ok()?);
    }
    Some(Who { uid, entities })
}

fn tenant_of(principal: &Principal, types: &EntityTypes) -> Option<EntityUid> {
    principal.tenant().map(|tenant| types.tenant(tenant))
}

fn attributes_of(principal: &Principal, types: &EntityTypes) -> HashMap<String, RestrictedExpression> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let scopes = RestrictedExpression::new_set(principal.scopes().iter().map(|scope| text(scope)));
    let mut attributes =
        HashMap::from([("proof".to_owned(), text(principal.proof().as_str())), ("scopes".to_owned(), scopes)]);
    if let Some(tenant) = tenant_of(principal, types) {
        attributes.insert("tenant".to_owned(), RestrictedExpression::new_entity_uid(tenant));
    }
    if let Some(issuer) = principal.issuer() {
        attributes.insert("issuer".to_owned(), text(issuer));
    }
    attributes
}

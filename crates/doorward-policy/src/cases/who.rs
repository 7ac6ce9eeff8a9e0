//! Who asks: a name, or a table of claims.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::principal::{Claims, Principal, Proof, Subject};

use super::node::{Member, Node, Table, Written};
use super::read::Reading;

const KEYS: [&str; 8] = ["user", "agent", "tenant", "groups", "scopes", "proof", "actors", "issuer"];

/// The words by which a text names a principal: `ann`, `User::"ann"`, `Agent::"planner"`.
pub(crate) fn subject(text: &str) -> Subject {
    let quoted = |of: &str| text.strip_prefix(of)?.strip_prefix("::\"")?.strip_suffix('"');
    match (quoted("Agent"), quoted("User")) {
        (Some(agent), _) => Subject::Agent(Arc::from(agent)),
        (None, Some(user)) => Subject::User(Arc::from(user)),
        (None, None) => Subject::User(Arc::from(text)),
    }
}

/// Reads `who`; a text that is the name of a kind is that kind.
pub(super) fn read(node: &Node, reading: &mut Reading<'_>) -> Option<Principal> {
    let claims = match &node.value {
        Written::Text(text) => match reading.kind(text) {
            Some(kind) => return Some(kind),
            None => Claims::of(subject(text), Proof::LocalToken),
        },
        Written::Table(table) => claims(table, node, reading)?,
        Written::Flag(_) | Written::Number(_) | Written::Moment(_) | Written::List(_) | Written::NoNumber => {
            return reading.refuse(&node.span, "who is a name or a table", "write \"ann\" or { user = \"ann\", … }");
        }
    };
    match Principal::claimed(claims) {
        Ok(principal) => Some(principal),
        Err(unfit) => reading.refuse(&node.span, &unfit.to_string(), "give every part a short plain name"),
    }
}

fn claims(table: &Table, node: &Node, reading: &mut Reading<'_>) -> Option<Claims> {
    reading.only(table, &KEYS, "who");
    let mut named = |key: &str| {
        let member = table.iter().find(|member| member.name == key)?;
        reading.text(member).map(Arc::<str>::from)
    };
    let (user, agent) = (named("user"), named("agent"));
    let (tenant, issuer, proof) = (named("tenant"), named("issuer"), named("proof"));
    let subject = match (user, &agent) {
        (Some(user), _) => Subject::User(user),
        (None, Some(agent)) => Subject::Agent(Arc::clone(agent)),
        (None, None) => {
            return reading.refuse(&node.span, "who names neither a user nor an agent", "add user = \"NAME\"");
        }
    };
    // An agent that acts for itself acts for nobody.
    let agent = agent.filter(|_| matches!(subject, Subject::User(_)));
    let proof = match proof {
        None if issuer.is_some() => Proof::AccessToken,
        None => Proof::LocalToken,
        Some(word) => known_proof(&word, table, reading)?,
    };
    Some(Claims {
        subject,
        proof,
        tenant,
        issuer,
        agent,
        actors: list(table, "actors", reading),
        groups: list(table, "groups", reading).into_iter().collect::<BTreeSet<_>>(),
        scopes: list(table, "scopes", reading).into_iter().collect::<BTreeSet<_>>(),
    })
}

fn known_proof(word: &str, table: &Table, reading: &mut Reading<'_>) -> Option<Proof> {
    let known = Proof::ALL.iter().copied().find(|proof| proof.as_str() == word);
    if known.is_none() {
        let words: Vec<&str> = Proof::ALL.iter().map(|proof| proof.as_str()).collect();
        let span = table.iter().find(|member| member.name == "proof").map(|member| member.node.span.clone());
        let span = span.unwrap_or_default();
        return reading.refuse(
            &span,
            &format!("\"{word}\" is no proof"),
            &format!("the proofs are {}", words.join(", ")),
        );
    }
    known
}

fn list(table: &Table, key: &str, reading: &mut Reading<'_>) -> Vec<Arc<str>> {
    let member: Option<&Member> = table.iter().find(|member| member.name == key);
    let texts = member.map(|member| reading.texts(member)).unwrap_or_default();
    texts.into_iter().map(Arc::from).collect()
}

//! A unit of work that somebody who may has vouched for, and what it was given.
//!
//! Vocabulary only: what is narrowed and what is endorsed follows in `doorward-flow`. It must never be made of words that
//! nobody signed, and its `Debug` tells nothing of what it is for.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::hints::fit;
use crate::ids::ServerId;
use crate::joint::shown_as;
use crate::limits::{FLOW_PURPOSE_MAX, FLOW_TOKEN_TOOL_MAX, FLOW_TOKEN_TOOLS_MAX};

/// Between the id of a server and the name of its tool. No server's id has one.
const WITHIN: &str = "/";

/// What stands between the two at a joint endpoint.
const JOINED: &str = "__";

/// What a unit of work was given: the tools it may use, and how many calls it may make. The default is given everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TaskToken {
    tools: Option<BTreeSet<Box<str>>>,
    calls: Option<u32>,
}

/// What is wrong with a unit of work that is said to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitUnit {
    /// Its name is empty, too long, or has a control character.
    #[error("the name of a unit of work cannot be read")]
    Id,
    /// Its purpose is empty or too long.
    #[error("a purpose has 1 to {FLOW_PURPOSE_MAX} bytes")]
    Purpose,
    /// Too many tools, or a name that cannot be a tool's.
    #[error("a unit of work names at most {FLOW_TOKEN_TOOLS_MAX} tools of 1 to {FLOW_TOKEN_TOOL_MAX} bytes")]
    Tools,
}

impl TaskToken {
    /// One for these tools (any, if it does not say) and at most so many calls. An empty list of tools is for none at all.
    ///
    /// # Errors
    /// [`UnfitUnit::Tools`] for too many of them, or a name that cannot be one.
    pub fn new<'a>(tools: Option<impl IntoIterator<Item = &'a str>>, calls: Option<u32>) -> Result<Self, UnfitUnit> {
        let tools: Option<BTreeSet<Box<str>>> =
            tools.map(|tools| tools.into_iter().take(FLOW_TOKEN_TOOLS_MAX + 1).map(Box::from).collect());
        let fits = |tools: &BTreeSet<Box<str>>| {
            tools.len() <= FLOW_TOKEN_TOOLS_MAX
                && tools.iter().all(|name| (1..=FLOW_TOKEN_TOOL_MAX).contains(&name.len()))
        };
        if tools.as_ref().is_none_or(fits) { Ok(Self { tools, calls }) } else { Err(UnfitUnit::Tools) }
    }

    /// How a token names `tool` of `server`, wherever it is called.
    #[must_use]
    pub fn name_of(server: &ServerId, tool: &str) -> Box<str> {
        format!("{server}{WITHIN}{tool}").into()
    }

    /// The tools it is for; `None` for any.
    #[must_use]
    pub const fn tools(&self) -> Option<&BTreeSet<Box<str>>> {
        self.tools.as_ref()
    }

    /// How many calls it is for; `None` for any number.
    #[must_use]
    pub const fn calls(&self) -> Option<u32> {
        self.calls
    }

    /// Whether it leaves anything out.
    #[must_use]
    pub const fn narrows(&self) -> bool {
        self.tools.is_some() || self.calls.is_some()
    }

    /// Whether it is for `tool` of `server`: by its full name, by the one it has at joint endpoints, or, for a call that came
    /// `at` the endpoint of one server, by that server's own.
    #[must_use]
    pub fn holds(&self, server: &ServerId, tool: &str, at: Option<&ServerId>) -> bool {
        let Some(tools) = &self.tools else { return true };
        // What could be read as the name of another server's tool is never read as a bare one.
        let is_bare = at == Some(server) && !tool.contains(WITHIN) && !tool.contains(JOINED);
        tools.contains(&Self::name_of(server, tool))
            || tools.contains(shown_as(server, tool).as_str())
            || (is_bare && tools.contains(tool))
    }

    /// What both hold: a token never adds to another.
    #[must_use]
    pub fn narrowed(&self, other: &Self) -> Self {
        let tools = match (&self.tools, &other.tools) {
            (Some(own), Some(others)) => Some(own.intersection(others).cloned().collect()),
            (Some(tools), None) | (None, Some(tools)) => Some(tools.clone()),
            (None, None) => None,
        };
        let calls = self.calls.into_iter().chain(other.calls).min();
        Self { tools, calls }
    }
}

/// A unit of work that verified credentials name, with what they say of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SignedUnit {
    id: Box<str>,
    purpose: Option<Box<str>>,
    token: TaskToken,
    at: Option<ServerId>,
}

impl SignedUnit {
    /// The unit of work called `id`.
    ///
    /// # Errors
    /// [`UnfitUnit::Id`] for what cannot be told apart from others for certain.
    pub fn new(id: &str) -> Result<Self, UnfitUnit> {
        let id = fit(id).ok_or(UnfitUnit::Id)?;
        Ok(Self { id, purpose: None, token: TaskToken::default(), at: None })
    }

    /// With what it is for.
    ///
    /// # Errors
    /// [`UnfitUnit::Purpose`] for a text that is empty or too long.
    pub fn with_purpose(self, purpose: &str) -> Result<Self, UnfitUnit> {
        if purpose.trim().is_empty() || purpose.len() > FLOW_PURPOSE_MAX {
            return Err(UnfitUnit::Purpose);
        }
        Ok(Self { purpose: Some(purpose.into()), ..self })
    }

    /// With what it was given.
    #[must_use]
    pub fn with_token(self, token: TaskToken) -> Self {
        Self { token, ..self }
    }

    /// As it was shown at the endpoint of `server` alone, where tools go by that server's own names.
    #[must_use]
    pub fn shown_at(&self, server: ServerId) -> Arc<Self> {
        Arc::new(Self { at: Some(server), ..self.clone() })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
    }

    /// What it was given.
    #[must_use]
    pub const fn token(&self) -> &TaskToken {
        &self.token
    }

    /// The server at whose own endpoint it was shown; `None` at a joint one.
    #[must_use]
    pub const fn at(&self) -> Option<&ServerId> {
        self.at.as_ref()
    }
}

impl fmt::Debug for SignedUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedUnit(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(id: &str) -> ServerId {
        ServerId::parse(id).unwrap()
    }

    fn token(tools: &[&str]) -> TaskToken {
        TaskToken::new(Some(tools.iter().copied()), None).unwrap()
    }

    #[test]
    fn a_tool_is_named_in_full_as_at_joint_endpoints_or_at_its_own() {
        let (shop, other) = (server("shop"), server("other"));
        let cases = [
            ("shop/echo", None, true),
            ("shop__echo", None, true),
            ("shop__echo", Some(&shop), true),
            ("echo", Some(&shop), true),
            ("echo", None, false),
            ("echo", Some(&other), false),
            ("other/echo", Some(&shop), false),
            ("ECHO", Some(&shop), false),
            ("*", Some(&shop), false),
        ];
        for (name, at, expected) in cases {
            assert_eq!(token(&[name]).holds(&shop, "echo", at), expected, "{name} {at:?}");
        }
        let none = token(&[]);
        assert!(!none.holds(&shop, "echo", None) && none.narrows());
        assert!(TaskToken::default().holds(&shop, "echo", None) && !TaskToken::default().narrows());
    }

    #[test]
    fn no_server_calls_its_tool_what_another_servers_is_called() {
        let other = server("other");
        for name in ["shop/echo", "shop__echo"] {
            assert!(!token(&[name]).holds(&other, name, Some(&other)), "{name}");
        }
    }

    #[test]
    fn narrowing_never_adds() {
        let ab = TaskToken::new(Some(["a", "b"]), Some(3)).unwrap();
        let bc = TaskToken::new(Some(["b", "c"]), None).unwrap();
        assert_eq!(ab.narrowed(&bc), TaskToken::new(Some(["b"]), Some(3)).unwrap());
        assert_eq!(bc.narrowed(&ab), ab.narrowed(&bc));
        assert_eq!(TaskToken::default().narrowed(&ab), ab);
        let more = TaskToken::new(None::<[&str; 0]>, Some(9)).unwrap();
        assert_eq!(ab.narrowed(&more), ab);
    }

    #[test]
    fn what_does_not_fit_is_not_taken_in_part() {
        let long = "x".repeat(FLOW_TOKEN_TOOL_MAX + 1);
        let many: Vec<String> = (0..=FLOW_TOKEN_TOOLS_MAX).map(|number| number.to_string()).collect();
        assert!(TaskToken::new(Some(many.iter().skip(1).map(String::as_str)), None).is_ok());
        for tools in [vec![""], vec![&long], many.iter().map(String::as_str).collect()] {
            assert_eq!(TaskToken::new(Some(tools), None).unwrap_err(), UnfitUnit::Tools);
        }
        let unit = SignedUnit::new("m").unwrap();
        assert!(unit.clone().with_purpose(&"x".repeat(FLOW_PURPOSE_MAX)).is_ok());
        for purpose in ["", "  ", &"x".repeat(FLOW_PURPOSE_MAX + 1)] {
            assert_eq!(unit.clone().with_purpose(purpose).unwrap_err(), UnfitUnit::Purpose);
        }
        assert_eq!(SignedUnit::new("a\nb").unwrap_err(), UnfitUnit::Id);
        assert!(!format!("{:?}", unit.with_purpose("Pay Ann").unwrap()).contains("Ann"));
    }
}

//! Who may do what, at a glance: every kind of principal against every tool, for people to review and to compare.
//!
//! Whatever a call brings with it (arguments, time, counters) is left open, so that the same policy gives the same matrix at
//! any time. A cell says no more than holds for every call: where it depends on the call, it says so.

mod kinds;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cedar_policy::{Authorizer, Effect, PartialResponse};
use doorward_core::access::{AccessRequest, Action, Approach, Direction, Face, Kind, Observed, Resource};
use doorward_core::decision::{Decision, Denial, Obligation, Telling};
use doorward_core::exchange::Visibility;
use doorward_core::ids::ServerId;
use doorward_core::principal::Principal;
use doorward_core::time::Timestamp;
use doorward_mcp::revision::Era;

use crate::cases::written;
use crate::effect::Reach;
use crate::engine::Engine;
use crate::mentions::Fact;
use crate::question::Question;
use crate::rule::Rule;
use crate::vocabulary::TOOLS;

/// Kinds of principal against tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The names of the kinds, `anyone` first.
    pub kinds: Vec<String>,
    /// The tools, by server and name.
    pub rows: Vec<Row>,
}

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `server/tool`
    pub tool: String,
    /// `read`, `write` or `destructive`.
    pub effect: &'static str,
    /// Whether it reaches out.
    pub reach: Reach,
    /// What becomes of a call by each kind, in their order.
    pub cells: Vec<Cell>,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// In one word.
    pub outlook: Outlook,
    /// The rules it depends on.
    pub rules: BTreeSet<Arc<str>>,
    /// The duties that go with an allow.
    pub duties: BTreeSet<String>,
}

/// What becomes of calls of one tool by one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// Every call is allowed.
    Allow,
    /// Every call is allowed when a person agrees.
    Approve,
    /// It depends on the call.
    Conditional,
    /// No call is allowed.
    Deny,
    /// No call is allowed, and the caller is not told that the tool exists.
    Hidden,
}

impl Outlook {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Approve => "approve",
            Self::Conditional => "conditional",
            Self::Deny => "deny",
            Self::Hidden => "hidden",
        }
    }
}

impl Engine {
    /// The matrix of this policy: `named` kinds, and those that the rules name, against all tools.
    #[must_use]
    pub fn matrix(&self, named: &[(String, Principal)]) -> Matrix {
        let kinds = kinds::of(self, named);
        let mut servers: Vec<_> = self.desks.iter().collect();
        servers.sort_by_key(|(server, _)| *server);
        let mut rows = Vec::new();
        for (server, desk) in servers {
            let mut tools: Vec<_> = desk.tools.iter().collect();
            tools.sort_by_key(|(name, _)| *name);
            for (name, tool) in tools {
                let cells = kinds.iter().map(|(_, principal)| self.cell(server, name, principal)).collect();
                let assessment = tool.facts.assessment;
                let (effect, reach) = (assessment.effect.as_str(), assessment.reach);
                rows.push(Row { tool: format!("{server}/{name}"), effect, reach, cells });
            }
        }
        Matrix { kinds: kinds.into_iter().map(|(name, _)| name).collect(), rows }
    }

    /// What becomes of calls of one tool, however they come.
    fn cell(&self, server: &ServerId, tool: &Arc<str>, principal: &Principal) -> Cell {
        let ways = [(Face::Http, Era::Modern), (Face::Stdio, Era::Modern), (Face::Http, Era::Legacy)];
        let mut cells = ways.into_iter().filter_map(|(face, era)| {
            let request = AccessRequest {
                principal: principal.clone(),
                action: Action::of(Direction::ToServer, Kind::Request, TOOLS)?,
                resource: Resource::Tool(server.clone(), Arc::clone(tool)),
                arguments: None,
                approach: Approach::new(face),
                era,
                at: Timestamp::from_micros(0),
            };
            Some(self.outlook(&request))
        });
        let first = cells.next().unwrap_or_else(Cell::deny);
        cells.fold(first, Cell::joined)
    }

    fn outlook(&self, request: &AccessRequest) -> Cell {
        let nothing = Observed::default();
        let question = match Question::find(self, request, &nothing) {
            Ok(question) => question,
            Err(denial) => return Cell::of_denial(&denial),
        };
        let Some((asked, entities)) = question.put_open() else { return Cell::deny() };
        let response = Authorizer::new().is_authorized_partial(&asked, &question.slice().set, &entities);
        let possible = question.some_allowed(&response) == Visibility::Show;
        let mut cell = self.read(&response, possible);
        if cell.outlook == Outlook::Deny && is_hidden(&self.decide(request, &nothing)) {
            cell.outlook = Outlook::Hidden;
        }
        let mentions = &question.slice().mentions.facts;
        if cell.outlook == Outlook::Deny && (mentions.contains(&Fact::Origin) || mentions.contains(&Fact::Client)) {
            // Nothing is known here of origins and clients, and a permit may ask for one.
            cell = self.depending_on_client(cell, &question);
        }
        cell
    }

    fn read(&self, response: &PartialResponse, possible: bool) -> Cell {
        let rule = |id: &cedar_policy::PolicyId| {
            let id: &str = id.as_ref();
            id.parse::<usize>().ok().and_then(|number| self.rules.get(number))
        };
        let settled: Vec<&Rule> = response.definitely_satisfied().filter_map(|policy| rule(policy.id())).collect();
        let open: Vec<&Rule> = response.nontrivial_residuals().filter_map(|policy| rule(policy.id())).collect();
        let of = |rules: &[&Rule], effect: Effect| -> Vec<Arc<str>> {
            rules.iter().filter(|rule| rule.effect() == effect).map(|rule| Arc::clone(&rule.name)).collect()
        };
        let forbids = of(&settled, Effect::Forbid);
        let (permits, closing) = (of(&settled, Effect::Permit), of(&open, Effect::Forbid));
        if !forbids.is_empty() || !possible {
            return Cell { outlook: Outlook::Deny, rules: forbids.into_iter().collect(), duties: BTreeSet::new() };
        }
        let sure = !permits.is_empty() && closing.is_empty();
        let deciding: Vec<&Rule> = settled.iter().chain(open.iter().filter(|_| !sure)).copied().collect();
        let duties: Vec<&Obligation> = deciding.iter().flat_map(|rule| &rule.obligations).collect();
        let outlook = match sure {
            false => Outlook::Conditional,
            true if duties.iter().any(|duty| matches!(duty, Obligation::Approve(_))) => Outlook::Approve,
            true => Outlook::Allow,
        };
        Cell {
            outlook,
            rules: deciding.iter().map(|rule| Arc::clone(&rule.name)).collect(),
            duties: duties.into_iter().map(written).collect(),
        }
    }

    fn depending_on_client(&self, cell: Cell, question: &Question<'_>) -> Cell {
        let rules = question.slice().rules.iter().filter_map(|number| self.rules.get(*number));
        let asking: BTreeSet<Arc<str>> = rules
            .filter(|rule| rule.effect() == Effect::Permit && rule.covers_principal(&question.request.principal))
            .filter(|rule| rule.mentions.facts.contains(&Fact::Origin) || rule.mentions.facts.contains(&Fact::Client))
            .map(|rule| Arc::clone(&rule.name))
            .collect();
        if asking.is_empty() {
            cell
        } else {
            Cell { outlook: Outlook::Conditional, rules: asking, duties: cell.duties }
        }
    }
}

fn is_hidden(decision: &Decision) -> bool {
    match decision {
        Decision::Allow { .. } => false,
        Decision::Deny(denial) => denial.telling == Telling::Hidden,
    }
}

impl Cell {
    const fn deny() -> Self {
        Self { outlook: Outlook::Deny, rules: BTreeSet::new(), duties: BTreeSet::new() }
    }

    fn of_denial(denial: &Denial) -> Self {
        Self { rules: denial.reasons.iter().map(|reason| Arc::clone(&reason.rule)).collect(), ..Self::deny() }
    }

    /// Both ways together: where they differ, it depends on the call.
    fn joined(mut self, other: Self) -> Self {
        if self.outlook == Outlook::Deny && other.outlook == Outlook::Deny {
            self.rules.retain(|rule| other.rules.contains(rule));
            return self;
        }
        if self.outlook != other.outlook {
            self.outlook = Outlook::Conditional;
        }
        self.rules.extend(other.rules);
        self.duties.extend(other.duties);
        self
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.outlook.as_str())?;
        let between = match self.outlook {
            Outlook::Conditional => " on ",
            Outlook::Allow | Outlook::Approve | Outlook::Deny | Outlook::Hidden => " by ",
        };
        for (place, rule) in self.rules.iter().enumerate() {
            write!(f, "{}{rule}", if place == 0 { between } else { ", " })?;
        }
        for (place, duty) in self.duties.iter().enumerate() {
            write!(f, "{}{duty}", if place == 0 { " with " } else { " and " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Matrix {
    /// A line for each tool that says all there is to say of it, so that two matrices are compared line by line. No width
    /// depends on what stands in another line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Who may call what. Written by 'doorward policy matrix'.")?;
        writeln!(f, "# A kind that a line does not name fares as anyone does.")?;
        for kind in &self.kinds {
            writeln!(f, "# kind: {kind}")?;
        }
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", row.line(&self.kinds)))
    }
}

impl Row {
    fn line(&self, kinds: &[String]) -> String {
        let egress = if self.reach == Reach::Open { "+egress" } else { "" };
        let anyone = self.cells.first();
        let cells: Vec<String> = kinds
            .iter()
            .zip(&self.cells)
            .enumerate()
            .filter(|(place, (_, cell))| *place == 0 || Some(*cell) != anyone)
            .map(|(_, (kind, cell))| format!("{kind}: {cell}"))
            .collect();
        let head = format!("{:<40} {:<18}", self.tool, format!("{}{egress}", self.effect));
        format!("{head} {}", cells.join(" | "))
    }
}

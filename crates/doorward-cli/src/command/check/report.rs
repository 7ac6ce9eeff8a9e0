//! What a check has to say about each server, and its JSON.

use doorward_core::access::{AccessRequest, Action, Approach, Direction, Face, Kind, Observed, Resource};
use doorward_core::decision::{Decision, Denial, Reason};
use doorward_core::exchange::Visibility;
use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_mcp::revision::Era;
use doorward_policy::{Engine, Finding, Severity, ToolFacts, WhyLeftOut};
use doorward_server::config::{self, Problem};
use doorward_server::lifecycle::Surveyed;
use doorward_server::server::Speaks;
use serde_json::{Value, json};

/// One server, as far as it showed itself.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) server: ServerId,
    /// The code and the reason, when it could not be looked at.
    pub(super) unreachable: Option<(Code, String)>,
    /// `modern` or `legacy`.
    pub(super) era: &'static str,
    pub(super) tools: Vec<Tool>,
    /// Tools that policy will not know, and why.
    pub(super) left_out: Vec<(String, &'static str)>,
}

/// One tool, and what the policy would do.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) effect: &'static str,
    evidence: String,
    /// `None` when there is no policy to ask.
    pub(super) outlook: Option<Outlook>,
    code: Option<Code>,
    rules: Vec<String>,
    /// The rule, or the reason in words.
    pub(super) because: String,
    /// The narrowest rule that would allow it, when it is not allowed as it is.
    permit: Option<String>,
}

/// What the policy would do with a call by the local user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// A call without arguments passes.
    Allow,
    /// Some arguments pass, but not none.
    ByArguments,
    /// No arguments pass.
    Refuse,
}

impl Outlook {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::ByArguments => "by arguments",
            Self::Refuse => "refuse",
        }
    }
}

impl Offer {
    pub(super) fn of(surveyed: &Surveyed, engine: Option<&Engine>) -> Self {
        let mut offer = Self {
            server: surveyed.server.clone(),
            unreachable: None,
            era: "",
            tools: Vec::new(),
            left_out: Vec::new(),
        };
        match &surveyed.outcome {
            Err(refusal) => offer.unreachable = Some((refusal.code, refusal.explanation())),
            Ok((speaks, catalogue)) => {
                offer.era = match speaks {
                    Speaks::Modern => "modern",
                    Speaks::LegacyOnly => "legacy",
                };
                let tool = |(name, facts): (&std::sync::Arc<str>, &std::sync::Arc<ToolFacts>)| {
                    Tool::of(&surveyed.server, name, facts, engine)
                };
                offer.tools = catalogue.tools().iter().map(tool).collect();
                offer.left_out = catalogue.left_out().iter().map(|tool| (tool.name.clone(), why(tool.why))).collect();
            }
        }
        offer
    }

    pub(super) fn to_json(&self) -> Value {
        let tools: Vec<Value> = self.tools.iter().map(Tool::to_json).collect();
        let left_out: Vec<Value> =
            self.left_out.iter().map(|(name, why)| json!({ "name": name, "why": why })).collect();
        let error =
            self.unreachable.as_ref().map(|(code, reason)| json!({ "code": code.to_string(), "reason": reason }));
        json!({
            "id": self.server.as_str(),
            "reachable": error.is_none(),
            "error": error,
            "era": self.era,
            "tools": tools,
            "left_out": left_out,
        })
    }
}

impl Tool {
    fn of(server: &ServerId, name: &str, facts: &ToolFacts, engine: Option<&Engine>) -> Self {
        // Under the policy, the operator's own word counts.
        let assessment = engine.and_then(|engine| engine.assessment(server, name)).unwrap_or(facts.assessment);
        let mut tool = Self {
            name: name.to_owned(),
            effect: assessment.effect.as_str(),
            evidence: assessment.evidence.to_string(),
            outlook: None,
            code: None,
            rules: Vec::new(),
            because: String::new(),
            permit: None,
        };
        let asked = engine.zip(call(server, name));
        if let Some((engine, request)) = asked {
            tool.judge(engine, &request);
        }
        tool
    }

    fn judge(&mut self, engine: &Engine, request: &AccessRequest) {
        let visible = engine.could_allow(request);
        let reasons =
            match engine.decide(request, &Observed { flow: Some(std::sync::Arc::default()), ..Observed::default() }) {
                Decision::Allow { reasons, .. } => {
                    self.outlook = Some(Outlook::Allow);
                    reasons
                }
                Decision::Deny(Denial { code, reasons, .. }) => {
                    self.code = Some(code);
                    self.permit = (code == Code::NotAllowed).then(|| engine.narrowest_permit(request));
                    self.outlook = Some(match visible {
                        Visibility::Show => Outlook::ByArguments,
                        Visibility::Hide => Outlook::Refuse,
                    });
                    reasons
                }
            };
        self.rules = reasons.iter().map(|reason| reason.rule.to_string()).collect();
        self.because = match (self.outlook, reasons.first()) {
            (Some(Outlook::ByArguments), _) => "depends on the arguments".to_owned(),
            (Some(Outlook::Allow | Outlook::Refuse) | None, Some(Reason { rule, .. })) => rule.to_string(),
            (Some(Outlook::Allow | Outlook::Refuse) | None, None) => {
                self.code.map(|code| code.entry().sentence.to_owned()).unwrap_or_default()
            }
        };
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "effect": self.effect,
            "evidence": self.evidence,
            "decision": self.outlook.map(Outlook::word),
            "code": self.code.map(|code| code.to_string()),
            "rules": self.rules,
            "narrowest_permit": self.permit,
        })
    }
}

/// A call of the tool by the local user, with no arguments.
fn call(server: &ServerId, name: &str) -> Option<AccessRequest> {
    Some(AccessRequest {
        principal: Principal::new("local", Proof::LocalToken),
        action: Action::of(Direction::ToServer, Kind::Request, "tools/call")?,
        resource: Resource::Tool(server.clone(), name.into()),
        arguments: None,
        approach: Approach::new(Face::Http),
        era: Era::Modern,
        at: Timestamp::from_micros(0),
    })
}

const fn why(why: WhyLeftOut) -> &'static str {
    match why {
        WhyLeftOut::NameLength => "its name is empty or too long",
        WhyLeftOut::NameIsMethod => "its name reads like a method of the protocol",
        WhyLeftOut::NameTwice => "its name is given twice",
        WhyLeftOut::TooMany => "the server offers more tools than the limit",
    }
}

/// A problem of the configuration.
pub(super) fn problem(problem: &Problem) -> Value {
    let severity = match problem.level() {
        config::Severity::Error => "error",
        config::Severity::Warning => "warning",
    };
    json!({
        "severity": severity,
        "where": problem.origin().to_string(),
        "message": problem.to_string(),
        "advice": problem.advice(),
    })
}

/// A finding about the policy.
pub(in crate::command) fn finding(finding: &Finding) -> Value {
    let severity = match finding.level() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
    };
    let place = match finding.line() {
        Some(line) => format!("{}:{line}", finding.file()),
        None => finding.file().to_owned(),
    };
    json!({
        "severity": severity,
        "kind": finding.kind(),
        "where": place,
        "message": finding.to_string(),
        "advice": finding.advice(),
    })
}

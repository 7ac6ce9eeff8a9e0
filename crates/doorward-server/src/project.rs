//! The tool that tells a little of a hidden result.
//!
//! Responsible for how it looks: its definition, what a call of it asks, and how the answer is worded. It must never word
//! an answer with anything but what fits the form that was asked for.

use doorward_core::ids::ExchangeId;
use doorward_core::rate::{Amount, ArgumentPath, Counted, Measure};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_flow::hide::{HiddenId, Mention, mention};
use doorward_flow::project::Form;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::Request;
use doorward_mcp::raw::{Kind, RawJson};

use crate::flows::foreign;
use crate::gateway::Gateway;
use crate::hints::ARGUMENT;
use crate::limits::{PROJECTED_BITS_AT_ONCE, PROJECTED_BITS_PER, PROJECTED_BITS_PER_HOUR};
use crate::own_tools::{self, Allowance, Asking, Done, OwnTool};

/// What it is called.
pub const NAME: &str = "project";

/// How it is listed.
pub const DEFINITION: &str = r#"{"name":"project","title":"Ask about a hidden value","description":"Tells whether a value of a hidden result has a bounded form, and which of its values it is. Each answer costs as many bits as it can carry, whether the value fits or not; a task has 64.","inputSchema":{"type":"object","properties":{"handle":{"type":"string","description":"The handle of the hidden result: gw://h/ and 32 digits."},"place":{"type":"string","description":"Where the value is, as the schema beside the handle names it: /text, or a JSON pointer."},"as":{"description":"What the value may be.","oneOf":[{"type":"object","properties":{"enum":{"type":"array","items":{"type":"string","maxLength":256},"minItems":1,"maxItems":64,"uniqueItems":true}},"required":["enum"],"additionalProperties":false},{"type":"object","properties":{"integer":{"type":"object","properties":{"minimum":{"type":"integer"},"maximum":{"type":"integer"}},"required":["minimum","maximum"],"additionalProperties":false}},"required":["integer"],"additionalProperties":false},{"type":"object","properties":{"type":{"enum":["date","boolean"]}},"required":["type"],"additionalProperties":false}]}},"required":["handle","place","as"],"additionalProperties":false},"outputSchema":{"type":"object","properties":{"fits":{"type":"boolean"},"value":{}},"required":["fits"]},"annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":false,"openWorldHint":false}}"#;

/// What is asked of a hidden result.
#[derive(Debug)]
pub(crate) struct Question {
    /// Of which.
    pub(crate) id: HiddenId,
    /// Where the value stands in it.
    pub(crate) place: String,
    /// What it may be.
    pub(crate) form: Form,
}

/// Answers the question that a call asks.
pub(crate) fn projected(gateway: &Gateway, asking: Asking<'_>, id: ExchangeId, at: Timestamp) -> Result<Done, Refusal> {
    let question = asked(asking.request)?;
    let bits = question.form.bits();
    let charge = || asking.charge(gateway, OwnTool::Project, allowance(bits)?, at);
    let structured = match gateway.flows().project(id, &question, charge, at)? {
        Some(value) => format!(r#"{{"fits":true,"value":{value}}}"#),
        None => r#"{"fits":false}"#.to_owned(),
    };
    let result = own_tools::result(&structured, &structured, asking.revision.era());
    Ok(Done { note: format!("It told at most {bits} bits of a hidden result."), result })
}

fn asked(request: &Request) -> Result<Question, Refusal> {
    let wrong = |detail: &str| Refusal::new(Code::BadParams).with_detail(detail);
    let arguments = request.param("arguments").filter(|arguments| arguments.kind() == Kind::Object);
    let arguments = arguments.ok_or_else(|| wrong("A question has a handle, a place and a form."))?;
    let known = ["handle", "place", "as", ARGUMENT];
    if arguments.members().any(|(name, _)| !known.contains(&name.as_ref())) {
        return Err(wrong("A question has a handle, a place and a form, and nothing else."));
    }
    let text = |name: &str| arguments.member(name).and_then(|text| text.as_str());
    let handle = text("handle").ok_or_else(|| wrong("The handle is a text."))?;
    let id = match mention(&handle) {
        Some(Mention::Whole(id, "")) => id,
        Some(Mention::Invented) => return Err(foreign()),
        Some(Mention::Whole(..) | Mention::Within) | None => {
            return Err(wrong("The handle stands alone; the place is an argument of its own."));
        }
    };
    let place = text("place").ok_or_else(|| wrong("The place is a text."))?.into_owned();
    let form = arguments.member("as").and_then(Form::read);
    let form = form.ok_or_else(|| wrong("The form is an enum, an integer in a range, a date or a boolean."))?;
    Ok(Question { id, place, form })
}

/// What one user may be told over all units of work: who has a page fetched again in a new one is not told more of it
/// without end.
fn allowance(bits: u32) -> Result<Allowance, Refusal> {
    let stuck = || Refusal::new(Code::UnknownShape);
    let measure = Measure::Flow {
        most: Amount::whole(PROJECTED_BITS_PER_HOUR),
        per: PROJECTED_BITS_PER,
        burst: Amount::whole(PROJECTED_BITS_AT_ONCE),
        of: Counted::Sum(ArgumentPath::parse("bits").ok_or_else(stuck)?),
    };
    let text = format!("{PROJECTED_BITS_PER_HOUR} bits per hour, burst {PROJECTED_BITS_AT_ONCE}, by user");
    let amounts = RawJson::parse(format!(r#"{{"bits":{bits}}}"#), &Limits::default()).map_err(|_| stuck())?;
    Ok(Allowance { text, measure, amounts: Some(amounts) })
}

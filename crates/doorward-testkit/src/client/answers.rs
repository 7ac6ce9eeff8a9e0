//! What the client answers when it is asked.
#![expect(deprecated, reason = "the suite samples, which the newest revision deprecates")]

use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientInfo, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams, ElicitResult,
        ElicitationAction, ElicitationCapability, FormElicitationCapability, ProtocolVersion, Role, SamplingMessage,
        SamplingMessageContentBlock,
    },
    service::RequestContext,
};
use serde_json::{Map, Value};

/// A client whose user accepts every form as it is filled in already, and whose model says one thing.
pub(super) struct Willing;

impl ClientHandler for Willing {
    fn get_info(&self) -> ClientInfo {
        let mut info = ClientInfo::default();
        // What `initialize` asks for; the newest revision, which rmcp would name, has no `initialize`.
        info.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
        let form = FormElicitationCapability::new().with_schema_validation(true);
        info.capabilities.elicitation = Some(ElicitationCapability::new().with_form(form));
        info
    }

    async fn create_message(
        &self,
        _params: CreateMessageRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let said = SamplingMessage::new(Role::Assistant, SamplingMessageContentBlock::text("Understood."));
        Ok(CreateMessageResult::new(said, "no-model".into()).with_stop_reason("endTurn"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let form = serde_json::to_value(&request).unwrap_or_default();
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(Value::Object(filled_in(&form))))
    }
}

/// The default of every field that has one, and a value of its kind for every required one that has none.
fn filled_in(form: &Value) -> Map<String, Value> {
    let schema = form.get("requestedSchema").cloned().unwrap_or_default();
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut content = Map::new();
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if let Some(default) = field.get("default") {
            content.insert(name.clone(), default.clone());
        } else if required.iter().any(|wanted| wanted == name) {
            content.insert(name.clone(), super::scenario::value_of(field));
        }
    }
    content
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_kept_and_only_what_is_required_is_invented() {
        let properties = json!({
            "age": { "type": "integer", "default": 30 },
            "name": { "type": "string" },
            "nick": { "type": "string" },
        });
        let form = json!({ "requestedSchema": { "properties": properties, "required": ["name"] } });
        assert_eq!(Value::Object(filled_in(&form)), json!({ "age": 30, "name": "test" }));
    }
}

//! Records as events of the Open Cybersecurity Schema Framework (<https://schema.ocsf.io/1.8.0>).
//!
//! Every record is an API Activity (6003) with the profile `security_control`. One that tells of a refusal or of what
//! guards found is a Detection Finding (2004) as well, with an id of its own that is as stable.

use doorward_store::RecordView;
use serde::Serialize;
use serde_json::{Value, json};

use crate::ident;
use crate::telling::{self, Weight};

/// The version of the schema.
const VERSION: &str = "1.8.0";

const API_ACTIVITY: u32 = 6003;
const DETECTION_FINDING: u32 = 2004;

/// An activity that has no number of its own.
const OTHER: u32 = 99;

/// What all events of a record have.
#[derive(Serialize)]
struct Event<'r> {
    metadata: Metadata<'r>,
    category_uid: u32,
    class_uid: u32,
    activity_id: u32,
    activity_name: &'r str,
    type_uid: u32,
    time: u64,
    severity_id: u32,
    message: String,
    action_id: u32,
    disposition_id: u32,
    #[serde(skip_serializing_if = "is_not")]
    is_alert: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<&'r str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    status_detail: String,
    status_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<Resource<'r>>,
    #[serde(flatten)]
    class: Class<'r>,
    unmapped: Value,
}

/// What one class has beyond that.
#[derive(Serialize)]
#[serde(untagged)]
enum Class<'r> {
    Activity {
        actor: Actor<'r>,
        api: Api<'r>,
        src_endpoint: Endpoint<'r>,
        #[serde(skip_serializing_if = "Option::is_none")]
        dst_endpoint: Option<Endpoint<'r>>,
        /// In milliseconds.
        duration: u64,
    },
    Finding {
        finding_info: FindingInfo,
        evidences: [Evidence<'r>; 1],
        #[serde(skip_serializing_if = "Option::is_none")]
        confidence_score: Option<u8>,
    },
}

#[derive(Serialize)]
struct Metadata<'r> {
    version: &'static str,
    product: Product,
    profiles: [&'static str; 1],
    uid: String,
    correlation_uid: &'r str,
    sequence: i64,
    log_name: &'static str,
    log_version: String,
    original_time: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_uid: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_code: Option<&'r str>,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Actor<'r> {
    user: User<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_name: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idp: Option<Named<'r>>,
}

#[derive(Serialize)]
struct User<'r> {
    name: &'r str,
    type_id: u32,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Named<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<Named<'r>>,
}

#[derive(Serialize)]
struct Named<'r> {
    name: &'r str,
}

#[derive(Serialize)]
struct Api<'r> {
    operation: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<Named<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'r str>,
    request: Request<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Response<'r>>,
}

#[derive(Serialize)]
struct Request<'r> {
    uid: &'r str,
}

#[derive(Serialize)]
struct Response<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'r str>,
    message: &'r str,
}

#[derive(Serialize)]
struct Endpoint<'r> {
    name: &'r str,
    svc_name: &'r str,
}

#[derive(Serialize)]
struct Resource<'r> {
    name: &'r str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct FindingInfo {
    uid: String,
    title: String,
    desc: String,
    created_time: u64,
    types: Vec<String>,
    analytic: Analytic,
    related_events: [Related; 1],
}

#[derive(Serialize)]
struct Analytic {
    name: String,
    type_id: u32,
}

#[derive(Serialize)]
struct Related {
    uid: String,
    type_uid: u32,
}

#[derive(Serialize)]
struct Evidence<'r> {
    actor: Actor<'r>,
    api: Api<'r>,
}

/// The events of one record, each as a line of JSON.
///
/// # Errors
/// As the encoder.
pub(crate) fn events(record: &RecordView) -> Result<Vec<String>, serde_json::Error> {
    let mut events = vec![serde_json::to_string(&activity(record))?];
    let tells = record.disposition == "refuse" || !record.findings.is_empty();
    if tells && !telling::is_intent(record) {
        events.push(serde_json::to_string(&finding(record))?);
    }
    Ok(events)
}

fn activity(record: &RecordView) -> Event<'_> {
    let origin = record.details.origin.as_deref();
    let client = record.details.client.as_ref().map(|client| client.name.as_str());
    let source = origin.or(client.filter(|name| !name.is_empty())).unwrap_or("client");
    let server = record.server.as_deref().map(|server| Endpoint { name: server, svc_name: server });
    let class = Class::Activity {
        actor: actor(record),
        api: api(record),
        src_endpoint: Endpoint { name: source, svc_name: &record.face },
        dst_endpoint: server,
        duration: record.elapsed_micros / 1000,
    };
    let (activity_id, activity_name) = match record.action.as_str() {
        reads if reads.ends_with("/list") || reads.ends_with("/read") || reads.ends_with("/get") => (2, "Read"),
        other => (OTHER, other),
    };
    let severity = match telling::weight(record) {
        Weight::Fine => 1,
        Weight::Error => 2,
        Weight::Trouble | Weight::Grave => 3,
    };
    let (status_id, status) = match record.disposition.as_str() {
        _ if telling::is_intent(record) => (OTHER, Some("intent")),
        "answer" | "allow" => (1, None),
        "answer-error" | "refuse" | "fail" => (2, None),
        _ => (0, None),
    };
    let event = event(record, API_ACTIVITY, (activity_id, activity_name), class);
    Event { severity_id: severity, status_id, status, ..event }
}

fn finding(record: &RecordView) -> Event<'_> {
    let found = record.findings.iter().map(|finding| format!("{}/{}", finding.guard, finding.rule));
    let mut types: Vec<String> = found.collect();
    types.dedup();
    let name = types.first().cloned().or_else(|| record.rules.first().cloned()).or_else(|| record.code.clone());
    let name = name.unwrap_or_else(|| "refusal".to_owned());
    let uid = format!("{}-finding", ident::of(record));
    let activity = activity(record);
    let info = FindingInfo {
        title: telling::sentence(record),
        desc: record.reasons.join(" "),
        created_time: activity.time,
        types: if types.is_empty() { vec![name.clone()] } else { types },
        analytic: Analytic { name, type_id: 1 },
        related_events: [Related { uid: ident::of(record), type_uid: activity.type_uid }],
        uid: uid.clone(),
    };
    let class = Class::Finding {
        finding_info: info,
        evidences: [Evidence { actor: actor(record), api: api(record) }],
        confidence_score: record.findings.iter().map(|finding| finding.confidence).max(),
    };
    let event = event(record, DETECTION_FINDING, (1, "Create"), class);
    let severity_id = match telling::weight(record) {
        Weight::Fine | Weight::Error => 2,
        Weight::Trouble => 3,
        Weight::Grave => 4,
    };
    let metadata = Metadata { uid, ..event.metadata };
    Event { severity_id, status_id: 1, status: Some("New"), is_alert: true, metadata, ..event }
}

fn event<'r>(record: &'r RecordView, class_uid: u32, activity: (u32, &'r str), class: Class<'r>) -> Event<'r> {
    let (activity_id, activity_name) = activity;
    let (action_id, disposition_id) = if record.disposition == "refuse" { (2, 2) } else { (1, 1) };
    Event {
        metadata: metadata(record),
        category_uid: class_uid / 1000,
        class_uid,
        activity_id,
        activity_name,
        type_uid: class_uid * 100 + activity_id,
        time: telling::micros(record) / 1000,
        severity_id: 1,
        message: telling::sentence(record),
        action_id,
        disposition_id,
        is_alert: false,
        status_code: record.code.as_deref(),
        status_detail: record.reasons.join(" "),
        status_id: 0,
        status: None,
        resources: resources(record),
        class,
        unmapped: unmapped(record),
    }
}

fn metadata(record: &RecordView) -> Metadata<'_> {
    Metadata {
        version: VERSION,
        product: Product { name: "Doorward", vendor_name: "Doorward", version: env!("CARGO_PKG_VERSION") },
        profiles: ["security_control"],
        uid: ident::of(record),
        correlation_uid: &record.exchange,
        sequence: record.seq,
        log_name: "records",
        log_version: record.version.to_string(),
        original_time: &record.at,
        tenant_uid: record.details.tenant.as_deref(),
        event_code: record.code.as_deref(),
    }
}

fn actor(record: &RecordView) -> Actor<'_> {
    let details = &record.details;
    let (type_id, kind) = match details.kind.as_deref() {
        Some("agent") => (OTHER, Some("Agent")),
        Some(_) | None => (1, None),
    };
    let client = details.client.as_ref().map(|client| client.name.as_str());
    Actor {
        user: User {
            name: &record.principal,
            type_id,
            kind,
            groups: details.groups.iter().map(|name| Named { name }).collect(),
            org: details.tenant.as_deref().map(|name| Named { name }),
        },
        app_name: details.agent.as_deref().or(client),
        idp: details.issuer.as_deref().map(|name| Named { name }),
    }
}

fn api(record: &RecordView) -> Api<'_> {
    let response = Response {
        error: record.code.as_deref(),
        error_message: record.reasons.first().map(String::as_str).filter(|_| record.code.is_some()),
        message: &record.disposition,
    };
    Api {
        operation: &record.action,
        service: record.server.as_deref().map(|name| Named { name }),
        version: record.revision.as_deref(),
        request: Request { uid: &record.exchange },
        response: (!telling::is_intent(record)).then_some(response),
    }
}

fn resources(record: &RecordView) -> Vec<Resource<'_>> {
    let kind = match record.action.split('/').next() {
        Some("tools") => "tool",
        Some("prompts") => "prompt",
        Some(_) | None => "resource",
    };
    record.resource.as_deref().map(|name| Resource { name, kind }).into_iter().collect()
}

/// What the schema has no place for.
fn unmapped(record: &RecordView) -> Value {
    json!({
        "phase": record.phase,
        "disposition": record.disposition,
        "direction": record.direction,
        "proof": record.proof,
        "rules": record.rules,
        "arguments_digest": record.arguments_digest,
        "request_bytes": record.request_bytes,
        "answer_bytes": record.answer_bytes,
        "upstream_micros": record.upstream_micros,
        "context": record.flow.as_ref().map(|flow| flow.context.as_str()),
        "findings": record.findings,
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
const fn is_not(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests;

//! One list out of many: every server is asked at once, each page through an exchange of its own.
//!
//! Responsible for answering in time whatever single servers do.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::joint::List;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::compose::{self, quote};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Outcome, Request, Response};
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::ongoing::Producing;
use super::{Joined, Joint};
use crate::limits::{JOINT_LIST_BYTES_MAX, LIST_PAGES_MAX};

impl Joined {
    /// Answers a list with what the servers show in time.
    pub(super) async fn list(self: Arc<Self>, joint: Arc<Joint>, list: List, request: Request, producing: Producing) {
        let mut asked = JoinSet::new();
        let meta = passed_meta(&request);
        for server in joint.servers.keys().cloned() {
            let (joined, joint, meta) = (self.clone(), joint.clone(), meta.clone());
            asked.spawn(async move {
                let pages = joined.pages(&joint, list, &server, meta).await;
                (server, pages)
            });
        }
        let until = Instant::now() + joint.patience.wait;
        let mut shown = Vec::new();
        while let Ok(Some(answered)) = timeout_at(until, asked.join_next()).await {
            match answered {
                Ok((server, Ok(pages))) => shown.push((server, pages)),
                Ok((server, Err(refusal))) => {
                    tracing::warn!(server = %server, code = %refusal.code, list = list.method(), "a server shows no list");
                }
                Err(_) => {}
            }
        }
        let merged = joint.plan.merge(list, self.era, self.apps(&request), &shown);
        for note in merged.notes {
            tracing::warn!(list = list.method(), "{note}");
        }
        producing.answer(Segments::from(compose::result(request.id(), &merged.result))).await;
    }

    /// Every page a server shows, as far as bounds and its own cursors go.
    async fn pages(
        self: &Arc<Self>,
        joint: &Joint,
        list: List,
        server: &ServerId,
        meta: Option<String>,
    ) -> Result<Vec<Bytes>, Refusal> {
        let seat = self.seat(joint, server).await?;
        let revision = seat.revision(self.agreed().unwrap_or(Revision::LATEST));
        let (mut pages, mut seen, mut bytes) = (Vec::new(), BTreeSet::new(), 0_usize);
        let mut cursor: Option<String> = None;
        while pages.len() < LIST_PAGES_MAX && bytes < JOINT_LIST_BYTES_MAX {
            let request = self.page_request(list, meta.as_deref(), cursor.as_deref())?;
            let last = seat.talk().request(request, revision).await.finish(drop).await;
            let last = last.ok_or_else(|| Refusal::new(Code::BadAnswer))?;
            if let Some(code) = last.refusal {
                return Err(Refusal::new(code));
            }
            let response = read(last.message.into_bytes()).ok_or_else(|| Refusal::new(Code::BadAnswer))?;
            if let Outcome::Error { code, .. } = response.outcome() {
                return if code == METHOD_NOT_FOUND { Ok(pages) } else { Err(Refusal::new(Code::BadAnswer)) };
            }
            bytes = bytes.saturating_add(response.bytes().len());
            cursor = response.result_member("nextCursor").and_then(|cursor| Some(cursor.as_str()?.into_owned()));
            pages.push(response.bytes().clone());
            match &cursor {
                // A server that shows the same cursor twice would show the same pages for ever.
                Some(next) if seen.insert(next.clone()) => {}
                Some(_) | None => break,
            }
        }
        Ok(pages)
    }

    fn page_request(&self, list: List, meta: Option<&str>, cursor: Option<&str>) -> Result<Request, Refusal> {
        let members = [
            meta.map(|meta| format!(r#""_meta":{meta}"#)),
            cursor.map(|cursor| format!(r#""cursor":{}"#, quote(cursor))),
        ];
        let params = format!("{{{}}}", members.into_iter().flatten().collect::<Vec<_>>().join(","));
        let bytes = compose::request(&self.next_id(), list.method(), Some(&params));
        match Message::parse(bytes, &Limits::for_results()) {
            Ok(Message::Request(request)) => Ok(request),
            Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => Err(Refusal::new(Code::BadParams)),
        }
    }
}

/// The JSON-RPC error of a server that does not have this list.
const METHOD_NOT_FOUND: i64 = -32601;

/// The client's `_meta`, without the token that can stand for one request alone.
fn passed_meta(request: &Request) -> Option<String> {
    let meta = request.meta()?;
    let kept = meta.members().filter(|(name, _)| name != "progressToken");
    let members: Vec<String> = kept.map(|(name, value)| format!("{}:{}", quote(&name), value.text())).collect();
    Some(format!("{{{}}}", members.join(",")))
}

fn read(bytes: Bytes) -> Option<Response> {
    match Message::parse(bytes, &Limits::for_results()) {
        Ok(Message::Response(response)) => Some(response),
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
    }
}

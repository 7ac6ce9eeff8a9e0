//! The stdio face: one client, which started us and speaks on our standard input.
//!
//! Nothing but protocol messages may reach standard output. Both eras can come on one pipe: a request that names its
//! protocol version in `_meta` is of the stateless era, whatever came before.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use doorward_core::access::{Approach, Face};
use doorward_core::flow::Hints;
use doorward_core::principal::Principal;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::lines::LineBuffer;
use doorward_mcp::message::{Batches, Frame, Message, Request};
use doorward_mcp::raw::Raw;
use doorward_mcp::revision::{Era, Revision};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OnceCell, mpsc};
use tokio::task::JoinSet;

use crate::caller::Caller;
use crate::dialogue::{Dialogue, Target};
use crate::edge;
use crate::gateway::Gateway;
use crate::limits::{CALL_EVENTS_MAX, DRAIN_WAIT};
use crate::talk::{Produced, join_batch};
use crate::upstream::ParamHeaders;
use crate::upstream::stdio::one_line;

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// Whom the client speaks to, and as whom.
#[derive(Debug, Clone)]
pub struct Parties {
    /// What is shared.
    pub gateway: Arc<Gateway>,
    /// Whom it speaks to.
    pub target: Target,
    /// Who acts.
    pub principal: Principal,
}

/// The stdio face of one conversation.
#[derive(Debug)]
struct StdioFace {
    parties: Parties,
    caller: Caller,
    /// For the eras with a handshake.
    talk: Dialogue,
    /// For the stateless era; made when it is first needed, because it takes asking the server which eras it speaks.
    modern: OnceCell<Dialogue>,
    limits: Limits,
    output: mpsc::Sender<Bytes>,
    in_flight: Mutex<BTreeSet<Id>>,
}

/// Carries a conversation between `input` and `output` until the input ends or `stop` resolves.
///
/// # Errors
/// When the input cannot be read. An output that cannot be written means that the client has gone, which is no error.
pub async fn converse(
    parties: Parties,
    limits: Limits,
    mut input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let (sender, receiver) = mpsc::channel(CALL_EVENTS_MAX);
    let writer = tokio::spawn(write_lines(receiver, output));
    let hints = Some(Arc::new(Hints::default().with_process(u64::from(std::process::id()))));
    let approach = Approach { hints, ..Approach::new(Face::Stdio) };
    let caller = Caller { principal: parties.principal.clone(), approach };
    let talk = parties.target.conversation(&parties.gateway, &caller);
    let (modern, in_flight) = (OnceCell::new(), Mutex::new(BTreeSet::new()));
    let face = Arc::new(StdioFace { parties, caller, talk, modern, limits, output: sender, in_flight });
    let pump = tokio::spawn(pump(face.clone()));
    let mut running = JoinSet::new();
    tokio::pin!(stop);
    let read = tokio::select! {
        read = read_lines(&face, &mut input, &mut running) => read,
        () = &mut stop => Ok(()),
    };
    pump.abort();
    // A client that has closed its end still gets the answers that come in time.
    let drained = tokio::time::timeout(DRAIN_WAIT, async { while running.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        running.shutdown().await;
    }
    face.talk.close().await;
    if let Some(modern) = face.modern.get() {
        modern.close().await;
    }
    drop(face);
    let _ = tokio::time::timeout(DRAIN_WAIT, writer).await;
    read
}

async fn read_lines(
    face: &Arc<StdioFace>,
    input: &mut (impl AsyncRead + Unpin),
    running: &mut JoinSet<()>,
) -> std::io::Result<()> {
    let mut lines = LineBuffer::new(face.limits.message_bytes);
    loop {
        while let Some(line) = lines.next_line() {
            match line {
                Ok(line) => face.line(line, running).await,
                Err(_) => {
                    let detail = format!("The limit is {} bytes.", face.limits.message_bytes);
                    face.refuse(Refusal::new(Code::TooLarge).with_detail(detail), None, face.limits.message_bytes)
                        .await;
                }
            }
        }
        while running.try_join_next().is_some() {}
        if input.read_buf(lines.read_buffer()).await? == 0 {
            return Ok(());
        }
    }
}

async fn write_lines(mut lines: mpsc::Receiver<Bytes>, mut output: impl AsyncWrite + Unpin) {
    while let Some(line) = lines.recv().await {
        let written = async {
            output.write_all(&one_line(line)).await?;
            output.write_all(b"\n").await?;
            output.flush().await
        };
        if written.await.is_err() {
            return;
        }
    }
}

/// Carries what the server says outside any call.
async fn pump(face: Arc<StdioFace>) {
    while let Some(segments) = face.talk.overheard().await {
        face.send(segments.into_bytes()).await;
    }
}

impl StdioFace {
    async fn line(self: &Arc<Self>, line: Bytes, running: &mut JoinSet<()>) {
        let batches =
            if self.talk.agreed().is_some_and(Revision::accepts_batches) { Batches::Accept } else { Batches::Refuse };
        let size = line.len();
        match Frame::parse(line, &self.limits, batches) {
            Ok(Frame::Single(message)) => self.message(message, running).await,
            Ok(Frame::Batch(messages)) => match edge::without_handshake(messages) {
                Ok(messages) => self.batch(messages, running).await,
                Err(refusal) => self.refuse(refusal, None, size).await,
            },
            Err(rejection) => self.refuse(edge::refusal(&rejection), rejection.id(), size).await,
        }
    }

    async fn message(self: &Arc<Self>, message: Message, running: &mut JoinSet<()>) {
        match message {
            Message::Response(response) => self.talk.response(response).await,
            Message::Notification(notification) => {
                let revision = self.revision_of(notification.meta());
                match self.talk_of(revision).await {
                    Ok(talk) => talk.notification(&self.caller, notification, revision).await,
                    Err(refusal) => {
                        let size = notification.bytes().len();
                        self.talk.turn_away(&self.caller, refusal, Some(notification.method()), size).await;
                    }
                }
            }
            Message::Request(request) => {
                let face = self.clone();
                // The handshake settles how what follows is read, so it is finished before the next line is.
                if request.method() == "initialize" {
                    face.run(request).await;
                } else {
                    running.spawn(async move { face.run(request).await });
                }
            }
        }
    }

    async fn run(self: Arc<Self>, request: Request) {
        if let Some(answer) = self.answer(request).await {
            self.send(answer).await;
        }
    }

    /// Runs a request to its answer; what comes on the way is sent at once. `None` when the client cancelled it.
    async fn answer(self: &Arc<Self>, request: Request) -> Option<Bytes> {
        let revision = self.revision_of(request.meta());
        let id = request.id().clone();
        if !self.in_flight().insert(id.clone()) {
            let refusal = Refusal::new(Code::IdInUse);
            let refusal =
                self.talk.turn_away(&self.caller, refusal, Some(request.method()), request.bytes().len()).await;
            return Some(refusal.render(Some(&id), Shape::Error, None));
        }
        let talk = match self.talk_of(revision).await {
            Ok(talk) => talk,
            Err(refusal) => {
                self.in_flight().remove(&id);
                let refusal =
                    self.talk.turn_away(&self.caller, refusal, Some(request.method()), request.bytes().len()).await;
                let shape = Shape::of(request.method(), refusal.code, revision.era());
                return Some(refusal.render(Some(&id), shape, None));
            }
        };
        let mut ongoing = talk.request(&self.caller, request, (revision, ParamHeaders::new())).await;
        let last = loop {
            match ongoing.next().await {
                Some(Produced::Interim(segments)) => self.send(segments.into_bytes()).await,
                Some(Produced::Final(last)) => break Some(last),
                None => break None,
            }
        };
        self.in_flight().remove(&id);
        last.filter(|last| last.refusal != Some(Code::Cancelled)).map(|last| last.message.into_bytes())
    }

    async fn batch(self: &Arc<Self>, messages: Vec<Message>, running: &mut JoinSet<()>) {
        let mut requests = Vec::new();
        for message in messages {
            match message {
                Message::Request(request) => requests.push(request),
                Message::Notification(_) | Message::Response(_) => self.message(message, running).await,
            }
        }
        if requests.is_empty() {
            return;
        }
        let face = self.clone();
        running.spawn(async move {
            let mut answers = Vec::new();
            let mut tasks = JoinSet::new();
            for request in requests {
                let face = face.clone();
                tasks.spawn(async move { face.answer(request).await });
            }
            while let Some(answer) = tasks.join_next().await {
                answers.extend(answer.ok().flatten());
            }
            face.send(join_batch(&answers)).await;
        });
    }

    async fn refuse(&self, refusal: Refusal, id: Option<&Id>, size: usize) {
        let refusal = self.talk.turn_away(&self.caller, refusal, None, size).await;
        self.send(refusal.render(id, Shape::Error, None)).await;
    }

    /// Waits for room: a client that does not read stops being read, which is its own doing.
    async fn send(&self, line: Bytes) {
        // The writer ends when the client has gone; there is nobody to tell then.
        let _ = self.output.send(line).await;
    }

    async fn talk_of(&self, revision: Revision) -> Result<&Dialogue, Refusal> {
        match revision.era() {
            Era::Modern => {
                let Parties { gateway, target, .. } = &self.parties;
                self.modern.get_or_try_init(|| target.stateless(gateway, &self.caller)).await
            }
            Era::Legacy => Ok(&self.talk),
        }
    }

    fn revision(&self) -> Revision {
        self.talk.agreed().unwrap_or(Revision::LATEST_LEGACY)
    }

    fn revision_of(&self, meta: Option<Raw<'_>>) -> Revision {
        let named = meta.and_then(|meta| meta.member(META_VERSION)).and_then(|version| version.as_str());
        match named.as_deref().map(Revision::parse) {
            Some(Some(revision)) if revision.era() == Era::Modern => revision,
            // An unknown version is the server's to refuse: it alone knows what it speaks.
            Some(None) => Revision::LATEST,
            Some(Some(_)) | None => self.revision(),
        }
    }

    fn in_flight(&self) -> std::sync::MutexGuard<'_, BTreeSet<Id>> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

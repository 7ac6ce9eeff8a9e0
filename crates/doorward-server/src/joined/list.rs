//! One list out of many: every server is asked at once, each page through an exchange of its own.
//!
//! Responsible for answering in time whatever single servers do: a server that was late once is not waited for the next
//! time, and what comes late is announced.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::joint::{List, Merged};
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::compose::{self, quote};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Outcome, Request, Response};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::ongoing::Producing;
use super::seat::Seat;
use super::shelf::{Change, Declared, Pace, Pages, Run, RunKey, Shelves, Whose};
use super::{Joined, Joint, lock};
use crate::caller::Caller;
use crate::config::Unavailable;
use crate::definitions::Learned;
use crate::health::Sighting;
use crate::limits::{JOINT_LIST_BYTES_MAX, LATE_GRACE, LIST_PAGES_MAX, LISTING_WAIT, MERGED_AT_ONCE_BYTES};
use crate::talk::{Final, Ongoing, Produced};

/// A list that is being put together.
struct Gathering {
    caller: Caller,
    joined: Arc<Joined>,
    joint: Arc<Joint>,
    list: List,
    generation: u64,
    began: Instant,
    /// When a server that is not known to be late last answered.
    last_in_time: Option<Instant>,
    pending: BTreeMap<ServerId, Arc<Run>>,
    shown: BTreeMap<ServerId, Pages>,
    /// Servers that show nothing now.
    absent: BTreeSet<ServerId>,
}

impl Joined {
    /// Answers a list with what the servers show in time.
    pub(super) async fn list(
        self: Arc<Self>,
        caller: Caller,
        (joint, list): (Arc<Joint>, List),
        request: Request,
        producing: Producing,
    ) {
        let mut gathering = Gathering {
            caller,
            generation: self.gateway.view().generation,
            joined: self.clone(),
            joint,
            list,
            began: Instant::now(),
            last_in_time: None,
            pending: BTreeMap::new(),
            shown: BTreeMap::new(),
            absent: BTreeSet::new(),
        };
        gathering.ask(&request);
        gathering.wait().await;
        let merged = gathering.merged(&request).await;
        for note in merged.notes {
            tracing::warn!(list = list.method(), "{note}");
        }
        let answer = Segments::from(compose::result(request.id(), &merged.result));
        producing.answer(self.with_own(list, answer)).await;
    }
}

impl Gathering {
    /// Asks every server that may have something to show.
    fn ask(&mut self, request: &Request) {
        let meta = passed_meta(request);
        let asker = match self.joined.era {
            Era::Legacy => format!("{:p}", Arc::as_ptr(&self.joined)),
            Era::Modern => capabilities(request),
        };
        let joint = self.joint.clone();
        for (id, server) in &joint.servers {
            if self.is_stopped(id) || !self.joined.may_have(&self.caller, id, self.list) {
                continue;
            }
            if !server.health().take_retry(std::time::Instant::now()) {
                self.absent.insert(id.clone());
                continue;
            }
            let key = RunKey { whose: self.whose(id), asker: asker.clone() };
            let run = self.joined.gateway.shelves().run(key, || self.fetch(id, meta.clone()));
            self.pending.insert(id.clone(), run);
        }
    }

    /// Fetches all pages of one server and remembers them.
    fn fetch(&self, id: &ServerId, meta: Option<String>) -> impl Future<Output = Result<Pages, Refusal>> + use<> {
        let (joined, joint, list, whose) = (self.joined.clone(), self.joint.clone(), self.list, self.whose(id));
        let generation = self.generation;
        async move {
            let fetched = timeout(LISTING_WAIT, joined.pages(&whose, &joint, meta)).await;
            match fetched.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut))) {
                Ok(pages) => {
                    let pages = Arc::new(pages);
                    joined.gateway.shelves().keep(whose, &pages, generation);
                    Ok(pages)
                }
                Err(refusal) => {
                    tracing::warn!(server = %whose.server, code = %refusal.code, list = list.method(), "a server shows no list");
                    joined.missed(&joint, &whose.server, refusal.code);
                    Err(refusal)
                }
            }
        }
    }

    /// Waits for the servers, for those that were late before only as long as for the others.
    async fn wait(&mut self) {
        let mut waiting = JoinSet::new();
        for (id, run) in &self.pending {
            let (id, run) = (id.clone(), run.clone());
            waiting.spawn(async move { (id, run.outcome().await) });
        }
        while !self.pending.is_empty() {
            tokio::select! {
                Some(answered) = waiting.join_next() => {
                    if let Ok((id, outcome)) = answered {
                        self.answered(&id, outcome);
                    }
                }
                () = sleep_until(self.until()) => break,
            }
        }
        for (id, run) in std::mem::take(&mut self.pending) {
            self.too_late(id, run);
        }
    }

    fn until(&self) -> Instant {
        let at_most = self.began + self.joint.patience.wait;
        let only_late = self.pending.keys().all(|id| self.shelves().pace(id) == Pace::Late);
        match self.last_in_time {
            Some(last) if only_late => at_most.min(last + LATE_GRACE),
            Some(_) | None => at_most,
        }
    }

    fn answered(&mut self, id: &ServerId, outcome: Result<Pages, Refusal>) {
        self.pending.remove(id);
        if self.shelves().pace(id) == Pace::InTime || self.last_in_time.is_none() {
            self.last_in_time = Some(Instant::now());
        }
        match outcome {
            Ok(pages) => {
                self.shelves().note_pace(id, Pace::InTime);
                self.shown.insert(id.clone(), pages);
            }
            Err(_) => {
                self.absent.insert(id.clone());
            }
        }
    }

    /// Shows what was last seen of a server, and announces what it shows when it does.
    fn too_late(&mut self, id: ServerId, run: Arc<Run>) {
        self.shelves().note_pace(&id, Pace::Late);
        let whose = self.whose(&id);
        let last = self.last(&id);
        if let Some(last) = &last {
            self.shown.insert(id.clone(), last.clone());
        }
        if !run.await_late() {
            return;
        }
        let (gateway, began, wait) = (self.joined.gateway.clone(), self.began, self.joint.patience.wait);
        tokio::spawn(async move {
            let Ok(pages) = run.outcome().await else { return };
            if began.elapsed() < wait {
                gateway.shelves().note_pace(&id, Pace::InTime);
            }
            if last.is_none_or(|last| last != pages) {
                gateway.shelves().announce(Change::List(id, whose.caller.principal.id().clone(), whose.list));
            }
        });
    }

    async fn merged(mut self, request: &Request) -> Merged {
        for id in std::mem::take(&mut self.absent) {
            if let Some(last) = self.last(&id) {
                let marked = last.iter().map(|page| self.joint.plan.unavailable(self.list, page)).collect();
                self.shown.insert(id, Arc::new(marked));
            }
        }
        // Also what was fetched or remembered before it was stopped.
        let shown = std::mem::take(&mut self.shown);
        self.shown = shown.into_iter().filter(|(id, _)| !self.is_stopped(id)).collect();
        let pages: Vec<(ServerId, Vec<Bytes>)> =
            self.shown.iter().map(|(id, pages)| (id.clone(), pages.to_vec())).collect();
        let (joint, list, era, apps) = (self.joint, self.list, self.joined.era, self.joined.apps(request));
        let bytes: usize = pages.iter().flat_map(|(_, pages)| pages).map(Bytes::len).sum();
        if bytes <= MERGED_AT_ONCE_BYTES {
            return joint.plan.merge(list, era, apps, &pages);
        }
        // Much text takes long enough to hold up others.
        let merging = joint.clone();
        let merged = tokio::task::spawn_blocking(move || merging.plan.merge(list, era, apps, &pages)).await;
        // Nobody else ends the thread; without it there is nothing to show.
        merged.unwrap_or_else(|_| joint.plan.merge(list, era, apps, &[]))
    }

    /// What a server was last seen to show, where the endpoint shows that.
    fn last(&self, id: &ServerId) -> Option<Pages> {
        match self.joint.patience.unavailable {
            Unavailable::Keep => self.shelves().last(&self.whose(id), self.generation),
            Unavailable::Leave => None,
        }
    }

    fn is_stopped(&self, id: &ServerId) -> bool {
        self.joined.gateway.stops().between(self.caller.principal.id(), id).is_some()
    }

    fn whose(&self, id: &ServerId) -> Whose {
        Whose { server: id.clone(), caller: self.caller.clone(), era: self.joined.era, list: self.list }
    }

    fn shelves(&self) -> &Shelves {
        self.joined.gateway.shelves()
    }
}

impl Joined {
    /// What a server has said of itself, where `caller` may know: in the handshake of this conversation, or to a caller of
    /// the same standing.
    pub(super) fn declared(&self, caller: &Caller, server: &ServerId) -> Option<Arc<Declared>> {
        if self.gateway.stops().between(caller.principal.id(), server).is_some() {
            return None;
        }
        let here = lock(&self.seats).get(server).and_then(|seat| seat.declared());
        here.or_else(|| self.gateway.shelves().declared(server, &caller.principal, self.era))
    }

    /// Whether a server may have that list, as far as it has said what it has.
    pub(super) fn may_have(&self, caller: &Caller, server: &ServerId, list: List) -> bool {
        let declared = self.declared(caller, server);
        let declares = |path: &[&str]| declared.as_ref().is_none_or(|d| d.capabilities.as_raw().path(path).is_some());
        match list {
            // Some servers have tools and do not say so.
            List::Tools => true,
            List::Prompts => declares(&["prompts"]),
            List::Resources | List::Templates => declares(&["resources"]),
            List::Tasks => declared.is_some() && declares(&["tasks", "list"]),
        }
    }

    /// A server did not show a list.
    pub(super) fn missed(&self, joint: &Joint, server: &ServerId, code: Code) {
        let Some(server) = joint.servers.get(server) else { return };
        if server.health().failed(code) == Sighting::Turned {
            self.gateway.shelves().turned(server.id());
        }
    }

    /// Every page a server shows, as far as bounds and its own cursors go. Each is judged once all are here, because the
    /// policy is loaded for whatever they tell, and that takes longer than asking.
    async fn pages(
        self: &Arc<Self>,
        whose: &Whose,
        joint: &Joint,
        meta: Option<String>,
    ) -> Result<Vec<Bytes>, Refusal> {
        let Whose { server, caller, list, .. } = whose;
        let seat = self.seat(caller, joint, server).await?;
        let (mut asked, mut seen, mut bytes) = (Vec::new(), BTreeSet::new(), 0_usize);
        let mut cursor: Option<String> = None;
        while self.may_have(caller, server, *list) && asked.len() < LIST_PAGES_MAX && bytes < JOINT_LIST_BYTES_MAX {
            let request = self.page_request(*list, meta.as_deref(), cursor.as_deref())?;
            let page = self.page(caller, &seat, request).await?;
            bytes = bytes.saturating_add(page.bytes());
            cursor = page.next_cursor();
            asked.push(page);
            match &cursor {
                // A server that shows the same cursor twice would show the same pages for ever.
                Some(next) if seen.insert(next.clone()) => {}
                Some(_) | None => break,
            }
        }
        if *list == List::Tools {
            let definitions = seat.talk().server().definitions();
            let learned = asked.iter().filter_map(Page::unjudged).map(|page| definitions.learn(page)).last();
            seat.talk().learned(learned.unwrap_or(Learned::Nothing)).await;
        }
        let mut pages = Vec::new();
        for page in asked {
            pages.extend(page.judged(&seat).await?);
        }
        if *list == List::Tools && cursor.is_none() {
            seat.talk().server().definitions().shown();
        }
        Ok(pages)
    }

    /// Asks for one page.
    async fn page(&self, caller: &Caller, seat: &Seat, request: Request) -> Result<Page, Refusal> {
        let revision = seat.revision(self.agreed().unwrap_or(Revision::LATEST));
        let mut ongoing = seat.talk().request(caller, request, revision).await;
        loop {
            ongoing.ready().await;
            if ongoing.response().is_some() {
                return Ok(Page::Here(Box::new(ongoing)));
            }
            match ongoing.next().await {
                // In a list of many it has no place.
                Some(Produced::Interim(said)) => self.overheard.hear(seat.talk().server().id(), said),
                Some(Produced::Final(last)) => return Page::read(seat, last),
                None => return Err(Refusal::new(Code::BadAnswer)),
            }
        }
    }

    fn page_request(&self, list: List, meta: Option<&str>, cursor: Option<&str>) -> Result<Request, Refusal> {
        let meta = meta.map(|meta| format!(r#""_meta":{meta}"#));
        let cursor = cursor.map(|cursor| format!(r#""cursor":{}"#, quote(cursor)));
        let params = format!("{{{}}}", meta.into_iter().chain(cursor).collect::<Vec<_>>().join(","));
        let bytes = compose::request(&self.next_id(), list.method(), Some(&params));
        match Message::parse(bytes, &Limits::for_results()) {
            Ok(Message::Request(request)) => Ok(request),
            Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => Err(Refusal::new(Code::BadParams)),
        }
    }
}

/// A page that a server has sent.
enum Page {
    /// Not judged yet.
    Here(Box<Ongoing>),
    /// Judged.
    Judged(Response),
}

impl Page {
    /// The outcome of a page's exchange.
    fn read(seat: &Seat, last: Final) -> Result<Self, Refusal> {
        if let Some(code) = last.refusal {
            seat.doubt(code);
            return Err(Refusal::new(code));
        }
        read(last.message.into_bytes()).map(Self::Judged).ok_or_else(|| Refusal::new(Code::BadAnswer))
    }

    fn response(&self) -> Option<&Response> {
        match self {
            Self::Here(ongoing) => ongoing.response(),
            Self::Judged(response) => Some(response),
        }
    }

    fn unjudged(&self) -> Option<&Response> {
        match self {
            Self::Here(ongoing) => ongoing.response(),
            Self::Judged(_) => None,
        }
    }

    fn bytes(&self) -> usize {
        self.response().map_or(0, |response| response.bytes().len())
    }

    fn next_cursor(&self) -> Option<String> {
        Some(self.response()?.result_member("nextCursor")?.as_str()?.into_owned())
    }

    /// The page as the policy lets it be seen; `None` when the server has no such list.
    async fn judged(self, seat: &Seat) -> Result<Option<Bytes>, Refusal> {
        let page = match self {
            Self::Judged(response) => Self::Judged(response),
            Self::Here(ongoing) => {
                let last = ongoing.finish(drop).await.ok_or_else(|| Refusal::new(Code::BadAnswer))?;
                Self::read(seat, last)?
            }
        };
        let Self::Judged(response) = page else { return Err(Refusal::new(Code::BadAnswer)) };
        match response.outcome() {
            Outcome::Result(_) => Ok(Some(response.bytes().clone())),
            Outcome::Error { code: METHOD_NOT_FOUND, .. } => Ok(None),
            Outcome::Error { .. } => Err(Refusal::new(Code::BadAnswer)),
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

/// What a stateless request says of its client: what a list may depend on beside the principal.
fn capabilities(request: &Request) -> String {
    let declared = request.meta().and_then(|meta| meta.member("io.modelcontextprotocol/clientCapabilities"));
    declared.map(|declared| declared.text().to_owned()).unwrap_or_default()
}

fn read(bytes: Bytes) -> Option<Response> {
    match Message::parse(bytes, &Limits::for_results()) {
        Ok(Message::Response(response)) => Some(response),
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
    }
}

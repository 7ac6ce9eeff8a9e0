//! What the servers of a conversation say outside of its requests.

use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_mcp::splice::Segments;
use tokio::sync::{Mutex, mpsc};

use super::Joined;
use crate::limits::UNSOLICITED_EVENTS_MAX;
use crate::talk::Talk;

/// What was said, in the order in which it came.
#[derive(Debug)]
pub(super) struct Overheard {
    said: Mutex<mpsc::Receiver<(ServerId, Segments)>>,
    sayings: mpsc::Sender<(ServerId, Segments)>,
}

impl Overheard {
    pub(super) fn new() -> Self {
        let (sayings, said) = mpsc::channel(UNSOLICITED_EVENTS_MAX);
        Self { said: Mutex::new(said), sayings }
    }

    /// Listens to one server until it has no more to say.
    pub(super) fn listen(&self, talk: Arc<Talk>) -> impl Future<Output = ()> + Send + use<> {
        let sayings = self.sayings.clone();
        async move {
            while let Some(said) = talk.overheard().await {
                if sayings.send((talk.server().id().clone(), said)).await.is_err() {
                    return;
                }
            }
        }
    }
}

impl Joined {
    /// The next message for the client outside of its requests.
    pub(super) async fn overhear(&self) -> Option<Segments> {
        loop {
            let (server, said) = self.overheard.said.lock().await.recv().await?;
            let joint = self.current()?;
            if let Some(said) = self.outward(&joint, &server, said) {
                return Some(said);
            }
        }
    }
}

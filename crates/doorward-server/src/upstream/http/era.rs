//! Which protocol era an HTTP server speaks: asked once, then remembered for a while.
//!
//! It reads an answer as a sign of the era only; a failing network or refused credentials are no sign.

use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::{Outcome, Response};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::views::discover::{DiscoverResult, UnsupportedVersion};
use tokio::time::Instant;

use super::super::Housekeeping;
use super::housekeeping::{self, Asked};
use super::limits::LEGACY_VERDICT_LIFE;
use super::{Endpoint, HttpClient, MODERN, Speech, Way};
use crate::limits::SILENCE_VERDICT_LIFE;

/// What is known of a server's era.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EraVerdict {
    /// It speaks 2026-07-28, and perhaps older revisions.
    Modern {
        /// The revisions it names.
        supported: Arc<[String]>,
    },
    /// It speaks the handshake era alone.
    LegacyOnly,
    /// Nothing is known, and why.
    Unknown(Refusal),
}

/// Asks a server which era it speaks.
pub async fn probe(client: &HttpClient, endpoint: &Arc<Endpoint>) -> EraVerdict {
    let speech = Speech::Modern(Arc::new(|_| None));
    let way = Arc::new(Way { client: client.clone(), endpoint: endpoint.clone(), speech });
    let asked = match housekeeping::request(&Housekeeping::Discover, Era::Modern) {
        Ok(request) => housekeeping::ask(&way, &request).await,
        Err(refusal) => Err(refusal),
    };
    match asked {
        Ok(Asked { answer: Ok(response), .. }) => EraVerdict::of(&response),
        Ok(Asked { answer: Err(refusal), status }) => of_failure(refusal, status),
        Err(refusal) => EraVerdict::Unknown(refusal),
    }
}

impl EraVerdict {
    /// Reads the answer to `server/discover`. Legacy servers refuse it in many ways, so every error means the handshake
    /// era, but for one that names versions of which we know none.
    #[must_use]
    pub fn of(response: &Response) -> Self {
        match response.outcome() {
            Outcome::Result(result) => match DiscoverResult::from_result(result) {
                Ok(discovered) => of_versions(discovered.supported_versions.iter().map(AsRef::as_ref)),
                Err(_) => Self::LegacyOnly,
            },
            Outcome::Error { code: UnsupportedVersion::CODE, raw, .. } => match UnsupportedVersion::from_error(raw) {
                Ok(refused) => of_versions(refused.supported.iter().map(AsRef::as_ref)),
                Err(_) => Self::LegacyOnly,
            },
            Outcome::Error { .. } => Self::LegacyOnly,
        }
    }
}

fn of_versions<'a>(versions: impl Iterator<Item = &'a str>) -> EraVerdict {
    let supported: Arc<[String]> = versions.map(ToOwned::to_owned).collect();
    if supported.iter().any(|version| version == MODERN.as_str()) {
        EraVerdict::Modern { supported }
    } else if supported.iter().any(|version| Revision::parse(version).is_some()) {
        EraVerdict::LegacyOnly
    } else {
        let refusal = Refusal::new(Code::UnsupportedVersion);
        EraVerdict::Unknown(refusal.with_detail("The server names no version that this gateway knows."))
    }
}

/// An HTTP answer without a message: an older server that does not know what it was asked, unless the status says that
/// the question never got there.
fn of_failure(refusal: Refusal, status: u16) -> EraVerdict {
    match status {
        0 | 300..=399 | 401 | 403 | 407 | 429 | 502..=504 => EraVerdict::Unknown(refusal),
        200..=299 if matches!(refusal.code, Code::Died | Code::TimedOut) => EraVerdict::Unknown(refusal),
        _ => EraVerdict::LegacyOnly,
    }
}

/// Remembers the verdict on one server.
#[derive(Debug, Default)]
pub struct EraCache {
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    verdict: EraVerdict,
    basis: Basis,
    since: Instant,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// Something the server did.
    Sign,
    /// That it did nothing so far.
    Silence,
}

impl EraCache {
    /// A cache that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The verdict, while it holds.
    #[must_use]
    pub fn verdict(&self) -> Option<EraVerdict> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { verdict, since, .. } = known.as_ref()?;
        match verdict {
            EraVerdict::Modern { .. } => Some(verdict.clone()),
            EraVerdict::LegacyOnly if since.elapsed() < LEGACY_VERDICT_LIFE => Some(verdict.clone()),
            EraVerdict::LegacyOnly | EraVerdict::Unknown(_) => {
                *known = None;
                None
            }
        }
    }

    /// The verdict, however old. For a child process it holds for as long as the program is the same, and asking again could
    /// end one that does not know the question.
    #[must_use]
    pub fn lasting_verdict(&self) -> Option<EraVerdict> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|known| known.verdict.clone())
    }

    /// Whether the verdict rests on silence for so long that the server should be asked again; says so once, then takes the
    /// silence for a new one.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let old = |known: &&mut Known| known.basis == Basis::Silence && known.since.elapsed() >= SILENCE_VERDICT_LIFE;
        known.as_mut().filter(old).map(|known| known.since = Instant::now()).is_some()
    }

    /// Takes the server for one of the handshake era because it has said nothing, unless more is known of it.
    pub fn suppose_legacy(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|known| known.basis == Basis::Silence) {
            let (verdict, basis) = (EraVerdict::LegacyOnly, Basis::Silence);
            *known = Some(Known { verdict, basis, since: Instant::now() });
        }
    }

    /// Remembers a verdict; not knowing is not remembered.
    pub fn remember(&self, verdict: &EraVerdict) {
        match verdict {
            EraVerdict::Modern { .. } | EraVerdict::LegacyOnly => {
                let known = Known { verdict: verdict.clone(), basis: Basis::Sign, since: Instant::now() };
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
            }
            EraVerdict::Unknown(_) => {}
        }
    }

    /// Forgets the verdict, after the server failed.
    pub fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_is_doubted_after_a_while_and_gives_way_to_any_sign() {
        let cache = EraCache::new();
        assert!(!cache.is_doubtful());
        cache.suppose_legacy();
        tokio::time::advance(SILENCE_VERDICT_LIFE - Duration::from_millis(1)).await;
        assert!(!cache.is_doubtful());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!([cache.is_doubtful(), cache.is_doubtful()], [true, false], "said once");
        assert_eq!(cache.lasting_verdict(), Some(EraVerdict::LegacyOnly));

        let modern = EraVerdict::Modern { supported: ["2026-07-28".to_owned()].into() };
        for sign in [modern, EraVerdict::LegacyOnly] {
            cache.remember(&sign);
            cache.suppose_legacy();
            tokio::time::advance(SILENCE_VERDICT_LIFE * 2).await;
            assert!(!cache.is_doubtful());
            assert_eq!(cache.lasting_verdict(), Some(sign));
        }
    }
}

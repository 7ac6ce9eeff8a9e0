//! Who is asking: from credentials to a principal.
//!
//! Every way to prove who one is stands here in one order, and exactly one set of credentials is looked at for each
//! request. It must never take a credential that was not made for this gateway, and never tell which part of one was wrong
//! to somebody who has none.

use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::{Code, Refusal};
use hyper::header::{AUTHORIZATION, HeaderMap};

use crate::token::{LocalToken, Presented as Compared};

/// What a request shows of itself.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'r> {
    /// Its headers.
    pub headers: &'r HeaderMap,
}

/// The ways to prove who one is that are in force.
#[derive(Debug)]
pub struct Identity {
    token: Option<LocalToken>,
    /// Who everybody is without a token, and who holds it.
    anybody: Principal,
    holder: Principal,
}

impl Identity {
    /// Without a token everyone who reaches the port is `user`, which the configuration allows on loopback alone.
    #[must_use]
    pub fn local(token: Option<LocalToken>, user: &str) -> Self {
        let (anybody, holder) = (Principal::new(user, Proof::None), Principal::new(user, Proof::LocalToken));
        Self { token, anybody, holder }
    }

    /// The local token wanted, if any.
    #[must_use]
    pub const fn token(&self) -> Option<&LocalToken> {
        self.token.as_ref()
    }

    /// Says who is asking.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] without valid credentials, where some are wanted.
    #[expect(clippy::unused_async, reason = "other credentials need the network")]
    pub async fn identify(&self, presented: Presented<'_>) -> Result<Principal, Refusal> {
        let Some(token) = &self.token else {
            return Ok(self.anybody.clone());
        };
        let shown = match crate::downstream::http::only(presented.headers, &AUTHORIZATION) {
            Some(Ok(value)) => bearer(value),
            Some(Err(())) | None => None,
        };
        match shown.map(|shown| token.check(shown.as_bytes())) {
            Some(Compared::Ours) => Ok(self.holder.clone()),
            Some(Compared::Other) | None => Err(Refusal::new(Code::Unauthenticated)),
        }
    }
}

/// The scheme's name is compared without regard to case (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

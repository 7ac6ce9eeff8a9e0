//! Why an access token is not taken: exactly, for logs and tests, and as much of it as a client may know.

use std::fmt;

/// Why an access token is not taken. Never holds any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// It is no token that anybody here could read: too long, not three parts, no JSON, a name twice.
    Form,
    /// Its header asks for something this gateway does not do (`crit`, `b64`, `zip`).
    Header,
    /// It is something else than an access token, for example an ID token.
    Kind,
    /// Its algorithm is not allowed for its issuer.
    Algorithm,
    /// Nobody configured vouches for it.
    Issuer,
    /// Its issuer has no such key, or none that fits its algorithm.
    Key,
    /// The signature is not its issuer's.
    Signature,
    /// A claim that must be there is not, or has another form than it must have.
    Claims,
    /// The names in it are not fit to be a principal's, or there are too many of them.
    Names,
    /// It was not issued for this resource.
    Audience,
    /// It has expired.
    Expired,
    /// It is not valid yet, or was issued in the future.
    NotYetValid,
    /// Its issuer says that it is not active.
    Inactive,
    /// It is bound to a key, and the request proves possession of none.
    ProofMissing,
    /// The issuer's tokens must be bound to a key, and this one is not.
    Unbound,
    /// The proof of possession is not one for this request, token and key.
    Proof,
    /// The proof of possession was used before.
    Replay,
    /// It is bound to another client certificate than the connection's.
    Certificate,
    /// Its issuer cannot be asked at the moment.
    Unavailable,
}

impl Flaw {
    /// What the client is told. What is wrong with a token that nobody vouched for is nobody's business.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Form
            | Self::Header
            | Self::Kind
            | Self::Algorithm
            | Self::Issuer
            | Self::Key
            | Self::Signature
            | Self::Claims
            | Self::Names
            | Self::Inactive => "The access token is not valid for this gateway.",
            Self::Audience => "The access token was not issued for this resource.",
            Self::Expired => "The access token has expired.",
            Self::NotYetValid => "The access token is not valid yet.",
            Self::ProofMissing | Self::Unbound => "A token bound to a key and a proof of it are needed (DPoP).",
            Self::Proof | Self::Replay => "The proof of possession is not valid for this request.",
            Self::Certificate => "The access token is bound to another client certificate.",
            Self::Unavailable => "The access token cannot be checked at the moment.",
        }
    }

    /// The error code of the challenge (RFC 6750 §3.1, RFC 9449 §7.1).
    #[must_use]
    pub const fn error(self) -> &'static str {
        if self.is_about_proof() { "invalid_dpop_proof" } else { "invalid_token" }
    }

    /// Whether the proof is at fault rather than the token.
    pub(super) const fn is_about_proof(self) -> bool {
        matches!(self, Self::Proof | Self::Replay)
    }

    /// Whether the same token will be refused again for certain, for a while.
    pub(super) const fn lasts(self) -> bool {
        !matches!(
            self,
            Self::Unavailable | Self::NotYetValid | Self::ProofMissing | Self::Proof | Self::Replay | Self::Certificate
        )
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

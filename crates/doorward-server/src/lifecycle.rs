//! Starting, reloading and stopping.
//!
//! Everything that lives is started here and ended here: no task outlives the gateway, no child is left behind.

mod build;
mod recall;
mod reload;
mod run;
mod serving;
mod survey;

use std::io;
use std::net::SocketAddr;

use doorward_core::refusal::{Code, Refusal};
use doorward_policy::LoadErrors;
use doorward_store::StoreError;

use crate::downstream::http::TlsError;
use crate::token::TokenError;
use crate::upstream::http::{EndpointError, NoRootCertificates, UnusableCertificates};

pub use recall::{RecallError, load_against, recall, write_down};
pub use reload::Reload;
pub use run::{connect_stdio, run_stdio};
pub use serving::{LOCAL_USER, Serving, start};
pub use survey::{Surveyed, survey};

/// Why the gateway cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}; is another gateway running? choose another address with [listen] http or --listen"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The record store cannot be opened.
    #[error("the record store cannot be opened, and without records nothing is forwarded")]
    Store(#[from] StoreError),
    /// The policy does not load.
    #[error("the policy does not load")]
    Policy(#[source] LoadErrors),
    /// The token cannot be made or read.
    #[error("the local token cannot be used")]
    Token(#[from] TokenError),
    /// TLS cannot be spoken.
    #[error("the files of [listen.tls] cannot be used")]
    Tls(#[from] TlsError),
    /// A server's configuration cannot be used.
    #[error("server '{server}' cannot be used")]
    Endpoint {
        /// Its id.
        server: String,
        /// Why.
        source: EndpointError,
    },
    /// A header of a server cannot be sent.
    #[error("server '{server}': the header '{header}' is not a valid HTTP header")]
    Header {
        /// Its id.
        server: String,
        /// The header's name.
        header: String,
    },
    /// A server's URL cannot be read.
    #[error("server '{server}': its url is not a valid URL")]
    Url {
        /// Its id.
        server: String,
    },
    /// There are no root certificates and a server wants them.
    #[error("server '{server}' is reached over https")]
    Roots {
        /// Its id.
        server: String,
        /// Why.
        source: NoRootCertificates,
    },
    /// The endpoint of a bridge does not answer, or not to us.
    #[error("{}", unreached(refusal))]
    Unreached {
        /// How it fails.
        refusal: Refusal,
    },
    /// The certificates to trust cannot be used.
    #[error("the certificates to trust cannot be used")]
    Certificates(#[from] UnusableCertificates),
    /// Standard input or output failed.
    #[error("standard input cannot be read")]
    Stdio(#[source] io::Error),
    /// Signals cannot be waited for.
    #[error("the system's signals cannot be waited for")]
    Signals(#[source] io::Error),
}

/// How an endpoint fails, in the words of whoever wants to reach it.
fn unreached(refusal: &Refusal) -> String {
    if refusal.code == Code::Unreachable {
        "the endpoint cannot be reached".to_owned()
    } else if refusal.code == Code::TimedOut {
        "the endpoint did not answer in time".to_owned()
    } else if refusal.code == Code::UpstreamHttp {
        format!("the endpoint refuses us: {}", refusal.detail)
    } else {
        format!("the endpoint gives no usable answer: {}", refusal.explanation())
    }
}

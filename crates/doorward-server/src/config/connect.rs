//! The configuration of `connect`: one remote endpoint, and what proves who we are to it.
//!
//! Nothing is read from configuration files: a bridge has no policy and no records of its own, so there is nothing in
//! them that could mean it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use doorward_core::ids::ServerId;

use super::environment::Surroundings;
use super::launch::given_headers;
use super::limits::CA_FILE_BYTES_MAX;
use super::origin::Origin;
use super::problem::{ConfigErrors, Problem, Problems};
use super::secret::{Secret, read_bounded, resolve};
use super::servers::{TRANSPORT_ADVICE, transport_named};
use super::{ServerConfig, Transport, Way};
use crate::limits::CALL_SILENCE;

/// Holds the bearer token for the endpoint.
pub(super) const TOKEN_VARIABLE: &str = "DOORWARD_TOKEN";

/// The id under which logs name the endpoint.
const REMOTE: &str = "remote";

/// What the command line of `connect` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectRequest {
    /// The endpoint's address.
    pub url: String,
    /// A file that holds a bearer token.
    pub token_file: Option<PathBuf>,
    /// `NAME=VALUE`, the value possibly a reference.
    pub headers: Vec<String>,
    /// A file of certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// `auto`, `http` or `sse`.
    pub transport: Option<String>,
}

/// Everything `connect` needs.
#[derive(Debug, Clone)]
pub struct ConnectConfig {
    /// The endpoint.
    pub server: ServerConfig,
    /// Certificates to trust instead of the system's, as PEM.
    pub roots: Option<String>,
}

/// Reads the configuration of `connect`, and what there is to warn of.
///
/// # Errors
/// [`ConfigErrors`] holds everything that is wrong, with advice.
pub fn load_connect(
    request: &ConnectRequest,
    surroundings: &Surroundings,
) -> Result<(ConnectConfig, Vec<Problem>), ConfigErrors> {
    let mut problems = Problems::default();
    let id = ServerId::parse(REMOTE).ok();
    let transport = transport(request, &mut problems);
    let mut headers = given_headers(&request.headers, surroundings, &mut problems);
    check_url(&request.url, &mut problems);
    match token(request, surroundings, &mut problems) {
        Some(token) if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) => {
            headers.push(("Authorization".to_owned(), Secret::new(format!("Bearer {}", token.reveal()))));
        }
        Some(_) if request.token_file.is_some() => {
            let advice = "leave one of --token-file and --header Authorization=… out";
            problems.error(Origin::Flag("--token-file"), "there is an Authorization header as well", advice);
        }
        Some(_) | None => {}
    }
    warn_of_plain_text(&request.url, &headers, &mut problems);
    let roots = request.ca.as_ref().and_then(|file| certificates(file, surroundings, &mut problems));
    let (Some(id), Some(transport)) = (id, transport) else { return Err(problems.into_errors()) };
    let warnings = problems.finish()?;
    let way = Way::Http { url: request.url.clone(), headers, transport };
    Ok((ConnectConfig { server: ServerConfig::new(id, way, CALL_SILENCE), roots }, warnings))
}

fn transport(request: &ConnectRequest, problems: &mut Problems) -> Option<Transport> {
    let Some(text) = &request.transport else { return Some(Transport::Auto) };
    let transport = transport_named(text);
    if transport.is_none() {
        let message = format!("there is no transport '{}'", text.escape_debug());
        problems.error(Origin::Flag("--transport"), message, TRANSPORT_ADVICE);
    }
    transport
}

fn check_url(url: &str, problems: &mut Problems) {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        let advice = "write the whole address, such as https://gateway.example/s/notes/mcp";
        problems.error(Origin::Default, format!("'{}' is no URL of an endpoint", url.escape_debug()), advice);
    }
}

/// The token of the flag, or else of the variable.
fn token(request: &ConnectRequest, surroundings: &Surroundings, problems: &mut Problems) -> Option<Secret> {
    let (origin, reference) = match (&request.token_file, surroundings.variable(TOKEN_VARIABLE)) {
        (Some(file), _) => (Origin::Flag("--token-file"), format!("file:{}", file.display())),
        (None, Some(_)) => (Origin::Variable(TOKEN_VARIABLE.to_owned()), format!("env:{TOKEN_VARIABLE}")),
        (None, None) => return None,
    };
    let token = match resolve(&reference, &surroundings.directory, surroundings) {
        Ok(resolved) => resolved.value.reveal().trim().to_owned(),
        Err(dangling) => {
            problems.error(origin, dangling.message, dangling.advice);
            return None;
        }
    };
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        problems.error(origin, "this is not a token", "a token is one word of visible ASCII characters");
        return None;
    }
    Some(Secret::new(token))
}

fn certificates(file: &Path, surroundings: &Surroundings, problems: &mut Problems) -> Option<String> {
    let path = surroundings.absolute(file);
    read_bounded(&path, CA_FILE_BYTES_MAX)
        .map_err(|reason| {
            let message = format!("the file {} cannot be read: {reason}", path.display());
            problems.error(Origin::Flag("--ca"), message, "name a file of certificates in PEM form");
        })
        .ok()
}

fn warn_of_plain_text(url: &str, headers: &[(String, Secret)], problems: &mut Problems) {
    let Some(rest) = url.strip_prefix("http://") else { return };
    if headers.is_empty() || is_loopback(rest) {
        return;
    }
    let message = "the credentials cross the network in plain text, where others can read and use them";
    problems.warning(Origin::Default, message, "use an address that begins with https://");
}

/// Whether an address without its scheme is of this machine.
fn is_loopback(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

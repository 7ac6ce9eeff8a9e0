//! An authorization server that says what a test wants, and counts what it is asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_server::config::{
    Addresses, ClaimNames, Dpop, IdentityConfig, Introspected, IntrospectionConfig, IssuerConfig, Secret, TokenType,
};
use doorward_server::identity::oauth::{Algorithm, Resource};
use doorward_testkit::net::{self, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::kit::{Signer, now};

/// What the gateway is called in every test.
pub(crate) const GATEWAY: &str = "https://gateway.example";

/// The server.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) key: Signer,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    keys: Vec<Value>,
    /// What is said of tokens, by token.
    tokens: BTreeMap<String, Value>,
    asked: BTreeMap<String, u32>,
    /// Where every request is sent instead.
    elsewhere: Option<String>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = net::listen(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let key = Signer::ed();
        let state = State { keys: vec![key.named("one")], ..State::default() };
        let issuer = Self { url: format!("http://{address}"), key, state: Arc::new(Mutex::new(state)) };
        let state = issuer.state.clone();
        tokio::spawn(async move {
            while let Ok(stream) = net::accept(&listener).await {
                tokio::spawn(serve(stream, address, state.clone()));
            }
        });
        issuer
    }

    /// The gateway's configuration for it.
    pub(crate) fn config(&self) -> IssuerConfig {
        IssuerConfig {
            name: "corp".to_owned(),
            issuer: self.url.clone(),
            jwks_uri: None,
            audiences: Vec::new(),
            algorithms: Algorithm::DEFAULT.to_vec(),
            prefix: "corp".to_owned(),
            claims: ClaimNames::default(),
            introspection: None,
            dpop: Dpop::Accept,
            token_type: TokenType::Any,
            clock_skew: Duration::from_secs(30),
            addresses: Addresses::Public,
        }
    }

    pub(crate) fn asking(&self, tokens: Introspected, life: Duration) -> IssuerConfig {
        let client_secret = Secret::new("secret");
        let asked = IntrospectionConfig { url: None, client_id: "gateway".to_owned(), client_secret, life, tokens };
        IssuerConfig { introspection: Some(asked), ..self.config() }
    }

    pub(crate) fn claims(&self) -> Value {
        json!({"iss": self.url, "aud": GATEWAY, "sub": "alice", "client_id": "cli", "scope": "files:read",
            "iat": now(), "exp": now() + 300})
    }

    /// An access token, with some claims changed.
    pub(crate) fn token(&self, change: &Value) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.key.access("one", &claims)
    }

    pub(crate) fn replace_keys(&self, keys: Vec<Value>) {
        self.state.lock().unwrap().keys = keys;
    }

    pub(crate) fn say_of(&self, token: &str, said: Value) {
        self.state.lock().unwrap().tokens.insert(token.to_owned(), said);
    }

    pub(crate) fn redirect(&self, elsewhere: &str) {
        self.state.lock().unwrap().elsewhere = Some(elsewhere.to_owned());
    }

    pub(crate) fn asked(&self, path: &str) -> u32 {
        self.state.lock().unwrap().asked.get(path).copied().unwrap_or(0)
    }
}

/// The gateway as the resource of these issuers.
pub(crate) fn identity(issuers: Vec<IssuerConfig>) -> IdentityConfig {
    let scopes: Vec<String> = ["files:read", "files:write"].map(str::to_owned).to_vec();
    IdentityConfig {
        resource: Some(Resource::parse(GATEWAY).unwrap()),
        initial_scopes: vec!["files:read".to_owned()],
        scopes,
        scope_implies: [("files:write".to_owned(), ["files:read".to_owned()].into())].into(),
        issuers,
        task_claim: None,
    }
}

async fn serve(stream: TcpStream, address: SocketAddr, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(Request { target, body, .. })) = net::read_request(&mut stream).await {
        let (status, answer) = answer(&target, &String::from_utf8_lossy(&body), address, &mut state.lock().unwrap());
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
        if stream.write_all(format!("{head}{answer}").as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(path: &str, body: &str, address: SocketAddr, state: &mut State) -> (String, String) {
    *state.asked.entry(path.to_owned()).or_default() += 1;
    if let Some(elsewhere) = &state.elsewhere {
        return (format!("302 Found\r\nlocation: {elsewhere}{path}"), String::new());
    }
    let url = format!("http://{address}");
    let said = match path {
        "/.well-known/oauth-authorization-server" => {
            json!({"issuer": url, "jwks_uri": format!("{url}/keys"), "introspection_endpoint": format!("{url}/introspect")})
        }
        "/keys" => json!({ "keys": state.keys }),
        "/introspect" => {
            let token = body.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or_default();
            state.tokens.get(token).cloned().unwrap_or(json!({"active": false}))
        }
        _ => return ("404 Not Found".to_owned(), String::new()),
    };
    ("200 OK".to_owned(), said.to_string())
}

//! Plays a client scenario of the conformance suite with the gateway in between:
//! `conformance-client [--gateway PROGRAM --folder FOLDER] [--era legacy|modern] URL`.
//!
//! The suite appends the URL of its server and names the scenario in the environment. The gateway is started in front of
//! that server, with its files in FOLDER, and ended with this process. Without one the client goes to the server itself.
//! The client is of the scenario's era unless told otherwise.

use std::{
    env,
    error::Error,
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use doorward_testkit::{client, net};

/// How long the gateway may take until it accepts connections.
const START_LIMIT: Duration = Duration::from_secs(10);
/// How long a scenario may take; the suite gives up after thirty seconds.
const PLAY_LIMIT: Duration = Duration::from_secs(25);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = env::args().next_back().ok_or("the suite appends the URL of its server")?;
    let scenario = env::var("MCP_CONFORMANCE_SCENARIO")?;
    let context = env::var("MCP_CONFORMANCE_CONTEXT").ok();
    let context = context.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
    let gateway = match (net::argument("--gateway"), net::argument("--folder")) {
        (Some(program), Some(folder)) => Some(Gateway::start(Path::new(&program), Path::new(&folder), &server)?),
        (None, _) | (_, None) => None,
    };
    let era = net::argument("--era").map(|era| era.parse()).transpose()?;
    let url = gateway.as_ref().map_or(server, |gateway| gateway.url.clone());
    tokio::time::timeout(PLAY_LIMIT, client::play(&scenario, &context, &url, era)).await?
}

/// A running gateway, killed at the end.
struct Gateway {
    child: Child,
    url: String,
}

impl Gateway {
    fn start(program: &Path, folder: &Path, server: &str) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        // Taken back at once: the gateway reads its port from its configuration.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let config = folder.join("doorward.toml");
        fs::write(&config, configuration(port, folder, server))?;
        let log = fs::File::create(folder.join("doorward.log"))?;
        let mut child = Command::new(program);
        child.args(["serve", "--config"]).arg(config).env_clear().env("HOME", folder);
        let child = child.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let gateway = Self { child, url: format!("http://127.0.0.1:{port}/s/suite/mcp") };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if started.elapsed() > START_LIMIT {
                return Err(format!("the gateway does not listen; see {}", folder.display()).into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(gateway)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // One that has already ended refuses the signal and is still reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(port: u16, folder: &Path, server: &str) -> String {
    format!(
        "[listen]\nhttp = \"127.0.0.1:{port}\"\nauth = \"none\"\n\n\
         [admin]\nhttp = \"off\"\n\n\
         [policy]\npreset = \"observe\"\n\n\
         [store]\nurl = \"sqlite://{}\"\n\n\
         [servers.suite]\nurl = {server:?}\n",
        folder.join("records.db").display()
    )
}

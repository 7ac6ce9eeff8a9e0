//! The servers that listen on a port, started once for a run. Each ends with its value.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::servers::{SERVERS, Server, Transport};
use super::{Stage, play};

/// Interpreters that start cold on a busy machine take their time.
const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// The listening servers.
#[derive(Debug)]
pub(super) struct Hosts {
    children: Vec<Child>,
}

impl Hosts {
    /// Starts every server that listens, and waits until all do.
    pub(super) fn start(stage: &Stage) -> Result<Self, String> {
        let mut hosts = Self { children: Vec::new() };
        let listening: Vec<&Server> = SERVERS.iter().filter(|server| server.transport != Transport::Stdio).collect();
        for server in &listening {
            hosts.children.push(spawn(stage, server)?);
        }
        let started = Instant::now();
        for (server, child) in listening.iter().zip(&mut hosts.children) {
            wait(stage, server, child, started)?;
        }
        Ok(hosts)
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for child in &mut self.children {
            // A child that has already ended refuses the signal and is still reaped.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(stage: &Stage, server: &Server) -> Result<Child, String> {
    let failed = |error| format!("cannot start {}: {error}", server.id);
    let command = server.command(stage, "cell");
    let (program, arguments) = command.split_first().ok_or_else(|| format!("{} has no command", server.id))?;
    let log = File::create(stage.folder.join(format!("logs/host-{}.log", server.id))).map_err(failed)?;
    let mut command = Command::new(program);
    command.args(arguments).envs(server.variables(stage, "cell")).current_dir(&stage.folder);
    command.stdin(Stdio::null()).stdout(log.try_clone().map_err(failed)?).stderr(log);
    play::isolate(&mut command, stage);
    command.spawn().map_err(failed)
}

fn wait(stage: &Stage, server: &Server, child: &mut Child, started: Instant) -> Result<(), String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, stage.port(server)));
    while started.elapsed() < START_LIMIT {
        if TcpStream::connect_timeout(&address, POLL).is_ok() {
            return Ok(());
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("{} ended with {status} before it listened", server.id));
        }
        std::thread::sleep(POLL);
    }
    Err(format!("{} did not listen on {address} within {START_LIMIT:?}", server.id))
}

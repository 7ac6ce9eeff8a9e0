//! The command line of `bench`.

use std::path::PathBuf;
use std::time::Duration;

use super::peers::Endpoint;

/// What a run measures, and how.
#[derive(Debug, PartialEq)]
pub(super) struct Options {
    /// Which cases a run without `--only` has.
    pub(super) breadth: Breadth,
    /// The window of each measurement.
    pub(super) seconds: Duration,
    /// How often each measurement is taken.
    pub(super) rounds: usize,
    /// Patterns of case names; none means all.
    pub(super) only: Vec<String>,
    /// Other gateways to measure.
    pub(super) peers: Vec<NamedPeer>,
    /// Where the upstream listens, unless any port will do.
    pub(super) upstream_port: Option<u16>,
    /// The gateway to use instead of building one.
    pub(super) gateway: Option<PathBuf>,
    /// Where to write the figures.
    pub(super) out: Option<PathBuf>,
    /// Whether to end with a line of JSON.
    pub(super) json: bool,
}

/// How many cases there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Breadth {
    /// All of them.
    Full,
    /// Those with 32 clients.
    Quick,
}

/// Another gateway.
#[derive(Debug, PartialEq)]
pub(super) struct NamedPeer {
    /// Its name in the figures.
    pub(super) name: String,
    /// Where to call it.
    pub(super) endpoint: Endpoint,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            breadth: Breadth::Full,
            seconds: Duration::from_secs(1),
            rounds: 5,
            only: Vec::new(),
            peers: Vec::new(),
            upstream_port: None,
            gateway: None,
            out: None,
            json: false,
        }
    }
}

/// Reads the command line; the error says what was not understood.
pub(super) fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut seconds = None;
    let mut peer_pids = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--quick" => options.breadth = Breadth::Quick,
            "--json" => options.json = true,
            "--seconds" => seconds = Some(duration(value()?)?),
            "--rounds" => options.rounds = number::<usize>(arg, value()?)?.max(1),
            "--only" => options.only.push(value()?.clone()),
            "--peer" => options.peers.push(peer(value()?)?),
            "--peer-pid" => peer_pids.push(peer_pid(value()?)?),
            "--upstream-port" => options.upstream_port = Some(number(arg, value()?)?),
            "--gateway-bin" => options.gateway = Some(value()?.into()),
            "--out" => options.out = Some(value()?.into()),
            unknown => return Err(format!("bench does not know {unknown:?}")),
        }
    }
    options.seconds = seconds.unwrap_or(match options.breadth {
        Breadth::Full => Duration::from_secs(1),
        Breadth::Quick => Duration::from_millis(500),
    });
    for (name, pid) in peer_pids {
        let known = options.peers.iter_mut().find(|peer| peer.name == name);
        known.ok_or_else(|| format!("--peer-pid names {name:?}, which no --peer does"))?.endpoint.process = Some(pid);
    }
    Ok(options)
}

fn duration(value: &str) -> Result<Duration, String> {
    let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let in_range = |wanted: &Duration| (Duration::from_millis(100)..=Duration::from_secs(600)).contains(wanted);
    seconds.filter(in_range).ok_or_else(|| format!("--seconds wants a number from 0.1 to 600, not {value:?}"))
}

fn number<N: std::str::FromStr>(option: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{option} wants a number, not {value:?}"))
}

fn peer(value: &str) -> Result<NamedPeer, String> {
    let (name, url) = value.split_once('=').ok_or_else(|| format!("--peer wants NAME=URL, not {value:?}"))?;
    if !url.starts_with("http://") {
        return Err(format!("--peer {name}: only http:// can be measured, not {url:?}"));
    }
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_plain) || matches!(name, "direct" | "plain_proxy" | "doorward") {
        return Err(format!("--peer wants a name of its own out of a-z, 0-9 and _, not {name:?}"));
    }
    let endpoint = Endpoint { url: url.to_owned(), token: None, process: None };
    Ok(NamedPeer { name: name.to_owned(), endpoint })
}

fn peer_pid(value: &str) -> Result<(String, u32), String> {
    let pair = value.split_once('=').and_then(|(name, pid)| Some((name.to_owned(), pid.parse().ok()?)));
    pair.ok_or_else(|| format!("--peer-pid wants NAME=PID, not {value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&args)
    }

    #[test]
    fn options_are_read() {
        assert_eq!(parsed(""), Ok(Options::default()));
        let line = "--peer-pid other=12 --peer other=http://127.0.0.1:1/mcp --only a --only b --rounds 7 \
                    --upstream-port 4000 --out f --gateway-bin /d --json";
        let options = parsed(line).unwrap();
        assert_eq!(options.peers[0].endpoint.process, Some(12));
        assert_eq!(options.only, ["a", "b"]);
        assert_eq!((options.rounds, options.upstream_port, options.json), (7, Some(4000), true));
    }

    #[test]
    fn quick_is_short_unless_told_otherwise() {
        assert_eq!(parsed("--quick").unwrap().seconds, Duration::from_millis(500));
        assert_eq!(parsed("--seconds 1.5 --quick").unwrap().seconds, Duration::from_millis(1500));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "--fast",
            "--seconds",
            "--seconds 0",
            "--seconds -1",
            "--seconds 1e9",
            "--rounds many",
            "--peer other",
            "--peer doorward=http://x/",
            "--peer Other=http://x/",
            "--peer other=https://x/",
            "--peer-pid other=1",
            "--peer-pid other",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}

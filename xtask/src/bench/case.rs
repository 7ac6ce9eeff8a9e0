//! The cases of a run, their names and the paths each is measured over.

use super::options::{Breadth, Options};

/// Calls per second of a paced case: well below what two cores can do.
const PACED_RATE: u32 = 1000;

/// What stands between the load and the upstream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PathName {
    /// Nothing.
    Direct,
    /// A proxy that checks nothing.
    PlainProxy,
    /// The gateway, policy and records on.
    Doorward,
    /// The gateway with its guards off.
    Unguarded,
    /// The gateway, in front of an upstream that speaks only the other era.
    Bridged,
    /// Another gateway.
    Peer(String),
}

/// How the calls are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manner {
    /// Over HTTP, each call by itself.
    Modern,
    /// Over HTTP, within a session.
    Legacy,
    /// As `Modern`, but at a fixed rate that leaves the machine time to spare, so that latency is
    /// what one call waits for and not what 32 clients wait for each other.
    Paced,
    /// On pipes, 32 calls in flight.
    Stdio,
    /// On pipes, one call after the other.
    StdioSerial,
}

/// How much text each call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Size {
    /// 1 KiB.
    Small,
    /// 64 KiB.
    Large,
}

/// One case: a load, to be put on each of its paths.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Case {
    pub(super) manner: Manner,
    pub(super) size: Size,
    pub(super) clients: usize,
    pub(super) paths: Vec<PathName>,
}

/// The cases that `options` ask for, small results first: what large ones make a process keep would
/// count as memory of the small.
pub(super) fn plan(options: &Options) -> Vec<Case> {
    let all = [Size::Small, Size::Large].into_iter().flat_map(|size| {
        [Manner::Modern, Manner::Legacy].into_iter().flat_map(move |manner| {
            [1, 32, 256].map(|clients| Case { manner, size, clients, paths: http_paths(options) })
        })
    });
    let stdio = [Manner::Stdio, Manner::StdioSerial].map(|manner| Case {
        manner,
        size: Size::Small,
        clients: 1,
        paths: vec![PathName::Direct, PathName::Doorward],
    });
    let is_in_breadth = |case: &Case| match options.breadth {
        Breadth::Full => true,
        Breadth::Quick => case.is_stdio() || case.clients == 32,
    };
    let paced = Case { manner: Manner::Paced, size: Size::Small, clients: 32, paths: http_paths(options) };
    let (small, large): (Vec<_>, Vec<_>) = all.partition(|case| case.size == Size::Small);
    small
        .into_iter()
        .chain([paced])
        .chain(large)
        .chain(stdio)
        .filter(is_in_breadth)
        .map(|mut case| {
            case.paths = case.paths.iter().filter(|path| is_wanted(&case.key(path), &options.only)).cloned().collect();
            case
        })
        .filter(|case| !case.paths.is_empty())
        .collect()
}

fn http_paths(options: &Options) -> Vec<PathName> {
    let ours = [PathName::Direct, PathName::PlainProxy, PathName::Doorward, PathName::Unguarded, PathName::Bridged];
    ours.into_iter().chain(options.peers.iter().map(|peer| PathName::Peer(peer.name.clone()))).collect()
}

impl PathName {
    /// The path's name in keys and tables.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Direct => "direct",
            Self::PlainProxy => "plain_proxy",
            Self::Doorward => "doorward",
            Self::Unguarded => "doorward_unguarded",
            Self::Bridged => "doorward_bridged",
            Self::Peer(name) => name,
        }
    }
}

impl Manner {
    /// The era that the load speaks; on pipes that of today's clients.
    pub(super) fn era(self) -> &'static str {
        match self {
            Self::Modern | Self::Paced => "modern",
            Self::Legacy | Self::Stdio | Self::StdioSerial => "legacy",
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
            Self::Paced => "modern_paced",
            Self::Stdio => "stdio",
            Self::StdioSerial => "stdio_serial",
        }
    }
}

impl Size {
    /// In bytes.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Small => 1024,
            Self::Large => 64 * 1024,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Small => "1k",
            Self::Large => "64k",
        }
    }
}

impl Case {
    /// The case's name, `ERA_SIZE_cCLIENTS`.
    pub(super) fn name(&self) -> String {
        format!("{}_{}_c{}", self.manner.as_str(), self.size.as_str(), self.clients)
    }

    /// What the names of its figures over `path` begin with.
    pub(super) fn key(&self, path: &PathName) -> String {
        format!("{}_{}", path.as_str(), self.name())
    }

    /// Whether any of its paths leads through the gateway.
    pub(super) fn needs_gateway(&self) -> bool {
        self.paths.iter().any(|path| matches!(path, PathName::Doorward | PathName::Unguarded | PathName::Bridged))
    }

    /// The paths' names, for the line that tells of progress.
    pub(super) fn path_names(&self) -> String {
        self.paths.iter().map(PathName::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The paths in the order of one round: every path comes first in some round, so that what the
    /// one before leaves behind does not always meet the same path.
    pub(super) fn paths_in_round(&self, round: usize) -> impl Iterator<Item = &PathName> {
        self.paths.iter().cycle().skip(round % self.paths.len().max(1)).take(self.paths.len())
    }

    /// Whether it runs on pipes.
    pub(super) fn is_stdio(&self) -> bool {
        match self.manner {
            Manner::Stdio | Manner::StdioSerial => true,
            Manner::Modern | Manner::Legacy | Manner::Paced => false,
        }
    }

    /// Calls in flight at once.
    pub(super) fn in_flight(&self) -> usize {
        match self.manner {
            Manner::Stdio => 32,
            Manner::Modern | Manner::Legacy | Manner::Paced | Manner::StdioSerial => self.clients,
        }
    }

    /// Calls per second, where they are not made as fast as they are answered.
    pub(super) fn rate(&self) -> Option<u32> {
        match self.manner {
            Manner::Paced => Some(PACED_RATE),
            Manner::Modern | Manner::Legacy | Manner::Stdio | Manner::StdioSerial => None,
        }
    }
}

fn is_wanted(key: &str, patterns: &[String]) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| holds(key, pattern))
}

/// Whether `key` holds the parts of `pattern` between its stars, in their order.
fn holds(key: &str, pattern: &str) -> bool {
    let mut rest = key;
    pattern.split('*').all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(options: &Options) -> Vec<String> {
        plan(options).iter().flat_map(|case| case.paths.iter().map(|path| case.key(path))).collect()
    }

    #[test]
    fn a_full_run_has_every_case_over_every_path() {
        let keys = keys(&Options::default());
        assert_eq!(keys.len(), 5 * 13 + 2 * 2);
        for key in [
            "direct_modern_1k_c1",
            "plain_proxy_legacy_64k_c256",
            "doorward_modern_1k_c32",
            "doorward_modern_paced_1k_c32",
            "doorward_bridged_legacy_1k_c32",
            "doorward_stdio_1k_c1",
            "direct_stdio_serial_1k_c1",
        ] {
            assert!(keys.contains(&key.to_owned()), "{key}");
        }
        assert!(!keys.contains(&"plain_proxy_stdio_1k_c1".to_owned()));
    }

    #[test]
    fn a_quick_run_has_what_the_ratios_need() {
        let keys = keys(&Options { breadth: Breadth::Quick, ..Options::default() });
        for key in ["plain_proxy_modern_1k_c32", "doorward_modern_64k_c32", "doorward_stdio_1k_c1"] {
            assert!(keys.contains(&key.to_owned()), "{key}");
        }
        assert!(!keys.iter().any(|key| key.ends_with("c256")));
    }

    #[test]
    fn only_takes_parts_of_names() {
        let only = |patterns: &[&str]| {
            let only = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            keys(&Options { only, ..Options::default() })
        };
        assert_eq!(only(&["direct*64k*c32"]), ["direct_modern_64k_c32", "direct_legacy_64k_c32"]);
        assert_eq!(only(&["modern_1k_c256"]).len(), 5);
        assert_eq!(only(&["modern_1k_c32"]).len(), 5);
        assert_eq!(only(&["direct_modern_1k_c1", "proxy_modern_1k_c32"]).len(), 2);
        assert!(only(&["c32*direct"]).is_empty());
    }

    #[test]
    fn every_path_comes_first_once_in_as_many_rounds() {
        let case = plan(&Options::default()).remove(0);
        let firsts: Vec<_> = (0..5).filter_map(|round| case.paths_in_round(round).next()).collect();
        assert_eq!(firsts, case.paths.iter().collect::<Vec<_>>());
        assert_eq!(case.paths_in_round(2).count(), 5);
    }
}

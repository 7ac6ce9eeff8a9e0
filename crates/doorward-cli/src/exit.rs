//! The one list of exit codes. They are documented in `docs/guide/command-line.md`.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All went well.
    Success,
    /// Something failed while running.
    Failure,
    /// The command line cannot be understood.
    Usage,
    /// The configuration or the policy cannot be used.
    Invalid,
    /// The policy refused what was asked for.
    Denied,
    /// A server cannot be reached.
    Unreachable,
    /// Interrupted by SIGINT.
    Interrupted,
}

impl Exit {
    /// All of them, for the help and the documentation.
    pub(crate) const ALL: [Self; 7] =
        [Self::Success, Self::Failure, Self::Usage, Self::Invalid, Self::Denied, Self::Unreachable, Self::Interrupted];

    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::Denied => 4,
            Self::Unreachable => 5,
            Self::Interrupted => 130,
        }
    }

    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "all went well",
            Self::Failure => "something failed while running",
            Self::Usage => "the command line cannot be understood",
            Self::Invalid => "the configuration or the policy cannot be used",
            Self::Denied => "the policy refused what was asked for",
            Self::Unreachable => "a server cannot be reached",
            Self::Interrupted => "interrupted by SIGINT",
        }
    }

    /// The list as it stands under the help.
    pub(crate) fn help() -> String {
        let line = |exit: &Self| format!("  {:>3}  {}", exit.number(), exit.meaning());
        format!("Exit codes:\n{}", Self::ALL.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_names_every_exit_code() {
        let guide = include_str!("../../../docs/guide/command-line.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit.number(), exit.meaning());
            assert!(guide.contains(&row), "{row}");
        }
        let numbered = |line: &str| line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(char::is_numeric));
        let rows = guide.lines().filter(|line| numbered(line));
        assert_eq!(rows.count(), Exit::ALL.len());
    }
}

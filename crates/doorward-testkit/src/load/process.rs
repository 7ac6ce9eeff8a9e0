//! What a process spent, as Linux tells under `/proc`. Elsewhere nothing is measured.

use std::{fs, time::Duration};

/// The unit of the times in `/proc/PID/stat`: Linux fixes it at 1/100 s for user space.
const TICK: Duration = Duration::from_millis(10);

/// A process to measure: all its threads, none of its children.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process(u32);

/// What a process has used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usage {
    /// CPU time of all its threads.
    pub(super) cpu: Duration,
    /// The most memory it had resident.
    pub(super) peak_kib: u64,
}

impl Process {
    /// The process with this id.
    pub(super) fn of(id: u32) -> Self {
        Self(id)
    }

    /// The usage so far, with the memory's peak counted from now on.
    pub(super) fn begin(&self) -> Option<Usage> {
        // 5 resets the peak (proc(5)). Where that is refused the peak covers the time before too.
        let _ = fs::write(format!("/proc/{}/clear_refs", self.0), "5");
        self.usage()
    }

    /// The usage so far; `None` when the process is gone or the system does not tell.
    pub(super) fn usage(&self) -> Option<Usage> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).ok()?;
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).ok()?;
        Some(Usage { cpu: cpu_time(&stat)?, peak_kib: peak_kib(&status)? })
    }
}

impl Usage {
    /// The time spent since `before`, and the peak as it stands now.
    pub(super) fn since(self, before: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(before.cpu), peak_kib: self.peak_kib }
    }
}

/// `utime` + `stime`, the 14th and 15th field.
fn cpu_time(stat: &str) -> Option<Duration> {
    // The second field is the program's name in parentheses, which may hold anything.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.checked_add(system)?)
}

fn peak_kib(status: &str) -> Option<u64> {
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let rest = " S 1 77 77 0 -1 4194304 500 0 0 0 123 45 6 7 20 0 3 0 1000 2000 300";
        for name in ["doorward", "a) (b 1 2 3"] {
            assert_eq!(cpu_time(&format!("77 ({name}){rest}")), Some(Duration::from_millis(1680)));
        }
        assert_eq!(cpu_time("77 (short) S 1"), None);
        assert_eq!(cpu_time(""), None);
    }

    #[test]
    fn the_peak_is_read_from_its_line() {
        let status = "Name:\tx\nVmPeak:\t  9999 kB\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(peak_kib(status), Some(20480));
        assert_eq!(peak_kib("Name:\tkthread\n"), None);
    }

    #[test]
    fn our_own_process_has_used_something() {
        let usage = Process::of(std::process::id()).begin();
        assert_eq!(usage.is_some(), cfg!(target_os = "linux"));
        assert!(usage.is_none_or(|usage| usage.peak_kib > 0));
        assert_eq!(Process::of(u32::MAX).usage(), None);
    }

    #[test]
    fn spent_time_is_a_difference_and_the_peak_is_not() {
        let before = Usage { cpu: Duration::from_secs(2), peak_kib: 900 };
        let after = Usage { cpu: Duration::from_secs(5), peak_kib: 1000 };
        assert_eq!(after.since(before), Usage { cpu: Duration::from_secs(3), peak_kib: 1000 });
    }
}

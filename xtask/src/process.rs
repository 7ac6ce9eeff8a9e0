//! Running other programs: their output streams through, their standard input is empty.
//!
//! Nothing here reads what a program prints; a step passes or fails by exit status alone.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a child under a time limit is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A command for this workspace's cargo, the one that started us.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    command
}

/// Runs `command` to its end; an error names the command and how it ended.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let shown = describe(command);
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("`{shown}` did not start: {error}"))?;
    judge(&shown, status)
}

/// Runs `command` and kills it, with every process it started in its group, after `limit`.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<(), String> {
    let shown = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("`{shown}` did not start: {error}"))?;
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                // A script may leave background processes behind; its group goes with it.
                kill_group(&mut child);
                return judge(&shown, status);
            }
            Ok(None) if started.elapsed() < limit => std::thread::sleep(POLL),
            Ok(None) => {
                kill_group(&mut child);
                return Err(format!("`{shown}` was still running after {limit:?}"));
            }
            Err(error) => return Err(format!("`{shown}` could not be awaited: {error}")),
        }
    }
}

/// Whether `program` starts and exits well; its output is thrown away.
pub(crate) fn answers(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs `command` and returns what it printed on standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String, String> {
    let shown = describe(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{shown}` did not start: {error}"))?;
    judge(&shown, output.status)?;
    String::from_utf8(output.stdout).map_err(|_| format!("`{shown}` printed invalid UTF-8"))
}

fn judge(shown: &str, status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(format!("`{shown}` ended with {status}")) }
}

fn kill_group(child: &mut Child) {
    // The standard library signals one process only; the group needs kill(1).
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).stderr(Stdio::null()).status();
    let _ = child.wait();
}

fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut shown = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    for arg in command.get_args() {
        shown.push(' ');
        shown.push_str(&arg.to_string_lossy());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failing_command_is_named_with_its_status() {
        let error = run(&mut shell("exit 3")).unwrap_err();
        assert!(error.contains("sh -c exit 3"), "{error}");
        assert!(error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_command_over_its_limit_is_killed_with_its_children() {
        let started = Instant::now();
        let error = run_within(&mut shell("sleep 60 & wait"), Duration::from_millis(50));
        assert!(error.unwrap_err().contains("still running"));
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_command_within_its_limit_passes() {
        assert_eq!(run_within(&mut shell("true"), Duration::from_secs(30)), Ok(()));
    }

    #[test]
    fn standard_input_is_empty() {
        assert_eq!(capture(&mut shell("cat; echo end")), Ok("end\n".to_owned()));
    }

    #[test]
    fn a_missing_program_does_not_answer() {
        assert!(!answers("no-such-program-anywhere", &["--version"]));
    }
}

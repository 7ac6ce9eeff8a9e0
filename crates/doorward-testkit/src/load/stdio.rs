//! One client on the pipes of a program it starts, with several calls in flight.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{
    Call, Era, Failure,
    call::{self, Arrived, Template},
    process::Process,
    window::Window,
};

/// How long one answer may take, and how long the program may take to end.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
const END_WAIT: Duration = Duration::from_secs(5);

/// Room for messages read at once.
const READ_SPACE: usize = 256 * 1024;

/// A started program, its conversation opened.
pub(super) struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    line: Vec<u8>,
    template: Template,
    in_flight: usize,
}

/// Starts `command` and opens the conversation.
pub(super) async fn open(command: &[String], call: &Call, in_flight: usize) -> Result<Client, Failure> {
    let (program, args) = command.split_first().ok_or("no program to start")?;
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    let input = child.stdin.take().ok_or("no pipe to the program")?;
    let output = child.stdout.take().ok_or("no pipe from the program")?;
    let output = BufReader::with_capacity(READ_SPACE, output);
    let mut client = Client { child, input, output, line: Vec::new(), template: Template::new(call), in_flight };
    client.greet().await?;
    Ok(client)
}

impl Client {
    /// The started program.
    pub(super) fn process(&self) -> Option<Process> {
        self.child.id().map(Process::of)
    }

    /// Calls until the window closes or a call goes wrong, then ends the program.
    pub(super) async fn drive(mut self, window: Window) {
        if let Err(error) = self.keep_in_flight(&window).await {
            window.failed(error);
        }
        drop(self.input);
        // A program that does not end with its input is killed with its handle.
        let _ = tokio::time::timeout(END_WAIT, self.child.wait()).await;
    }

    async fn greet(&mut self) -> Result<(), Failure> {
        let era = self.template.era();
        if era == Era::Legacy {
            let id = call::next_id();
            self.ask(call::initialize(id), id).await?;
            self.send(format!("{}\n", call::INITIALIZED).as_bytes()).await?;
        }
        let id = call::next_id();
        self.ask(call::list_tools(id, era), id).await
    }

    async fn ask(&mut self, mut request: String, wanted: u64) -> Result<(), Failure> {
        request.push('\n');
        self.send(request.as_bytes()).await?;
        loop {
            self.next_line().await?;
            match call::read(&self.line)? {
                Arrived::Response { id, fault: None } if id == wanted => return Ok(()),
                Arrived::Response { id, fault } => return Err(format!("answer to {id}: {fault:?}").into()),
                Arrived::Other => {}
            }
        }
    }

    async fn keep_in_flight(&mut self, window: &Window) -> Result<(), Failure> {
        let mut waiting: Vec<(u64, Instant)> = Vec::with_capacity(self.in_flight);
        let mut batch = Vec::new();
        for _ in 0..self.in_flight {
            self.add_request(&mut batch, &mut waiting);
        }
        self.send(&batch).await?;
        batch.clear();
        while !waiting.is_empty() {
            self.next_line().await?;
            let Arrived::Response { id, fault } = self.template.read(&self.line)? else { continue };
            if let Some(fault) = fault {
                return Err(fault.into());
            }
            let position = waiting.iter().position(|(waiting, _)| *waiting == id);
            let (_, started) = waiting.swap_remove(position.ok_or_else(|| format!("an answer to {id}, not asked"))?);
            window.answered(started.elapsed());
            if !window.is_closed() {
                self.add_request(&mut batch, &mut waiting);
            }
            // Answers that arrived together are followed up together, in one write.
            if !batch.is_empty() && !self.output.buffer().contains(&b'\n') {
                self.send(&batch).await?;
                batch.clear();
            }
        }
        Ok(())
    }

    fn add_request(&self, batch: &mut Vec<u8>, waiting: &mut Vec<(u64, Instant)>) {
        let id = call::next_id();
        batch.extend_from_slice(&self.template.request(id));
        batch.push(b'\n');
        waiting.push((id, Instant::now()));
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        tokio::time::timeout(ANSWER_WAIT, self.input.write_all(bytes)).await??;
        Ok(())
    }

    async fn next_line(&mut self) -> Result<(), Failure> {
        self.line.clear();
        let read = tokio::time::timeout(ANSWER_WAIT, self.output.read_until(b'\n', &mut self.line));
        match read.await?? {
            0 => Err("the program closed its output".into()),
            _ => Ok(()),
        }
    }
}

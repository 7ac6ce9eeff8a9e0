//! The demonstration's two servers: child processes that speak MCP, in both eras, on standard input and output.
//!
//! They keep everything in memory and reach nothing: the mail server sends to nobody. They are honest and simple, so that
//! everything worth seeing in the demonstration is the gateway's doing.

mod mail;
mod notes;
mod protocol;

use std::io::{self, BufRead, Read, Write};

use doorward_mcp::limits::Limits;
use doorward_mcp::message::Message;

use crate::args::DemoServer;
use crate::exit::Exit;
use crate::fault::Fault;
use protocol::{Tools, answer};

/// Serves until standard input ends.
pub(crate) fn serve(which: DemoServer) -> Result<Exit, Fault> {
    match which {
        DemoServer::Notes => converse(&mut notes::Notes::new()),
        DemoServer::Mail => converse(&mut mail::Mail::default()),
    }
}

fn converse(tools: &mut impl Tools) -> Result<Exit, Fault> {
    let limits = Limits::default();
    let longest = u64::try_from(limits.message_bytes).unwrap_or(u64::MAX);
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    loop {
        let mut line = Vec::new();
        if (&mut input).take(longest).read_until(b'\n', &mut line)? == 0 {
            return Ok(Exit::Success);
        }
        // What is no request (or no message at all) gets no answer: a child has nobody else to tell.
        let Ok(Message::Request(request)) = Message::parse(line, &limits) else { continue };
        output.write_all(&answer(&request, tools))?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
}

//! Carries misdeeds out over stdin and stdout.

use std::{
    io,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Stdout},
    signal::unix::{SignalKind, signal},
    sync::Mutex,
};

use super::{
    misdeed::{HUGE_BYTES, Misdeed, Mode, Piece},
    server::{Reaction, Server},
};

/// How long a process left behind lives when nobody kills it.
const GRANDCHILD_SECONDS: &str = "300";
/// How long a server that will not go stays.
const LONGEST_STAY: Duration = Duration::from_secs(300);

type Output = Arc<Mutex<Stdout>>;

/// Serves `mode` over stdio until stdin closes, or longer when the mode says so.
///
/// # Errors
///
/// Fails when stdin cannot be read.
pub async fn serve_stdio(mode: Mode) -> io::Result<()> {
    // While somebody listens for it, SIGTERM no longer ends the process.
    let stubborn = (mode == Mode::IgnoreTerm).then(|| signal(SignalKind::terminate())).transpose()?;
    let server = Arc::new(Server::new(mode));
    let output = Arc::new(Mutex::new(tokio::io::stdout()));
    let mut input = BufReader::new(tokio::io::stdin());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).await? > 0 {
        // Received in order, so that a call knows of those before it; carried out in any order.
        let (reaction, open) = server.receive(&line);
        let output = Arc::clone(&output);
        tokio::spawn(async move {
            // A reader that is gone needs no answer.
            let _ = react(&output, reaction).await;
            drop(open);
        });
        line.clear();
    }
    if [Mode::IgnoreEof, Mode::IgnoreTerm].contains(&mode) {
        tokio::time::sleep(LONGEST_STAY).await;
    }
    drop(stubborn);
    Ok(())
}

async fn react(output: &Output, reaction: Reaction) -> io::Result<()> {
    match reaction {
        Reaction::Nothing => Ok(()),
        Reaction::Opened(answer) => line(output, &answer).await,
        Reaction::Do { wait, misdeed } => {
            tokio::time::sleep(wait).await;
            carry_out(output, misdeed).await
        }
    }
}

async fn carry_out(output: &Output, misdeed: Misdeed) -> io::Result<()> {
    match misdeed {
        Misdeed::Send(pieces) => {
            for piece in pieces {
                match piece {
                    Piece::Message(message) => line(output, &message).await?,
                    Piece::Noise(text) => line(output, text.as_bytes()).await?,
                }
            }
        }
        Misdeed::Linger(message) => line(output, &message).await?,
        Misdeed::Flood(message) => loop {
            line(output, &message).await?;
        },
        Misdeed::Huge { before, after } => {
            let chunk = [b'a'; 100_000];
            let mut output = output.lock().await;
            output.write_all(&before).await?;
            for _ in 0..HUGE_BYTES / chunk.len() {
                output.write_all(&chunk).await?;
            }
            output.write_all(&after).await?;
            output.write_all(b"\n").await?;
            output.flush().await?;
        }
        Misdeed::Half(half) => {
            let mut output = output.lock().await;
            output.write_all(&half).await?;
            output.flush().await?;
            std::process::exit(0);
        }
        Misdeed::Drip(message) => {
            let mut output = output.lock().await;
            for byte in message {
                output.write_all(&[byte]).await?;
                output.flush().await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            output.write_all(b"\n").await?;
            output.flush().await?;
        }
        Misdeed::Silence | Misdeed::Redirect => std::future::pending().await,
        Misdeed::Exit => std::process::exit(3),
        Misdeed::Grandchild => {
            Command::new("sleep")
                .arg(GRANDCHILD_SECONDS)
                .stdin(Stdio::inherit())
                .stdout(Stdio::inherit())
                .stderr(Stdio::inherit())
                .spawn()?;
            std::process::exit(0);
        }
    }
    Ok(())
}

async fn line(output: &Output, message: &[u8]) -> io::Result<()> {
    let mut output = output.lock().await;
    output.write_all(message).await?;
    output.write_all(b"\n").await?;
    output.flush().await
}

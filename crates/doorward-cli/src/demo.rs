//! `doorward demo`: the gateway at work, with nothing but itself.
//!
//! Two built-in servers run as child processes behind the gateway, and a scripted agent calls their tools over HTTP as any
//! client would. What is shown of each call is what its audit record says.

mod client;
mod report;
mod script;
mod setting;

use std::time::Duration;

use doorward_server::config::Config;
use doorward_server::lifecycle::{Serving, StartError, start};
use doorward_store::{Page, Reader, RecordView};

use crate::args::DemoArgs;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone};
use client::Client;
use script::{Act, SCRIPT};
use setting::Setting;

/// How long the record of a call that was answered may take to be readable.
const RECORD_WAIT: Duration = Duration::from_secs(5);

pub(crate) async fn demo(args: &DemoArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let setting = Setting::new(args.listen.as_deref())?;
    let serving = begin(&setting, args.listen.is_some()).await?;
    report::opening(terminal)?;
    play(&serving, terminal).await?;
    report::records(&setting, terminal)?;
    if args.once {
        serving.stop().await;
        return Ok(Exit::Success);
    }
    report::invitation(&serving, terminal)?;
    serving.wait().await?;
    terminal.say("stopped; the records stay where they are");
    Ok(Exit::Success)
}

/// Starts the gateway, on any free port if the usual one is taken and no other was asked for.
async fn begin(setting: &Setting, asked: bool) -> Result<Serving, Fault> {
    let config = setting.config();
    match begin_with(config.clone()).await {
        Err(StartError::Listen { .. }) if !asked => {
            let mut config = config;
            config.listen.http.set_port(0);
            Ok(begin_with(config).await?)
        }
        outcome => Ok(outcome?),
    }
}

async fn begin_with(config: Config) -> Result<Serving, StartError> {
    let same = config.clone();
    start(config, Box::new(move || Ok(same.clone()))).await
}

async fn play(serving: &Serving, terminal: &Terminal) -> Result<(), Fault> {
    let reader = serving.gateway().store().reader();
    let mut client = Client::connect(serving).await?;
    let mut seen = 0;
    for act in SCRIPT {
        match act {
            Act::Says(text) => terminal.line(format_args!("\n{}", terminal.paint(Tone::Strong, text)))?,
            Act::Speaks(era) => client.speak(*era),
            Act::Calls { server, tool, arguments, aim } => {
                let answer = client.call(server, tool, arguments).await?;
                let (last, record) = outcome(reader, seen, tool).await?;
                seen = last;
                report::decision(aim, &format!("{server}/{tool}"), &record, &answer, terminal)?;
            }
        }
    }
    Ok(())
}

/// The outcome record of the call of `tool` after `seen`, and its number.
async fn outcome(reader: &Reader, seen: i64, tool: &str) -> Result<(i64, RecordView), Fault> {
    let wanted = |record: &RecordView| record.phase == "outcome" && record.resource.as_deref() == Some(tool);
    let deadline = tokio::time::Instant::now() + RECORD_WAIT;
    loop {
        let filter = doorward_store::Filter { page: Page::After(seen), ..doorward_store::Filter::default() };
        let found = reader.query(&filter).await?.into_iter().find(wanted);
        match found {
            Some(record) => return Ok((record.seq, record)),
            None if tokio::time::Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(2)).await,
            None => return Err(Fault::told(Exit::Failure, format!("no record tells of the call of {tool}"), "")),
        }
    }
}

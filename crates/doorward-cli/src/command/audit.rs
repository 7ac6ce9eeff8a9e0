//! `doorward audit`: reading the records, for people and for programs.

mod log;
mod proofs;
mod show;
mod shown;
pub(super) mod time;
mod verdict;

use std::path::{Path, PathBuf};
use std::time::Duration;

use doorward_core::ids::ExchangeId;
use doorward_core::record::Disposition;
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_server::config::{Surroundings, load_store};
use doorward_store::{Beginning, ContextView, Filter, Page, Reader, RecordView};

use super::now;
use crate::args::{QueryArgs, ShowArgs, SourceArgs, TailArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::Terminal;
pub(super) use log::{export, key};
pub(super) use proofs::{check, prove};
use show::{Form, print};
pub(super) use verdict::verify;

/// How often `tail -f` looks for new records.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

/// How many records `tail -f` reads at once.
const FOLLOW_PAGE: u32 = 500;

pub(super) async fn tail(args: &TailArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let reader = open(&args.source).await?;
    let form = Form::of(&args.output);
    // An exchange that was forwarded has two records, and of those the table shows one.
    let read = if form == Form::Outcomes { args.lines.saturating_mul(2) } else { args.lines };
    let mut records = reader.query(&Filter { limit: read, ..Filter::default() }).await?;
    let last = records.last().map_or(0, |record| record.seq);
    if form == Form::Outcomes {
        records.retain(|record| record.phase != "intent");
    }
    let skipped = records.len().saturating_sub(usize::try_from(args.lines).unwrap_or(usize::MAX));
    show::heading(form, terminal)?;
    print(records.get(skipped..).unwrap_or_default(), form, terminal)?;
    if !args.follow {
        return Ok(Exit::Success);
    }
    tokio::select! {
        ended = follow(&reader, last, form, terminal) => ended,
        _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
    }
}

async fn follow(reader: &Reader, mut last: i64, form: Form, terminal: &Terminal) -> Result<Exit, Fault> {
    loop {
        let records = reader.tail(last, FOLLOW_PAGE).await?;
        let Some(newest) = records.last() else {
            tokio::time::sleep(FOLLOW_EVERY).await;
            continue;
        };
        last = newest.seq;
        print(&records, form, terminal)?;
    }
}

pub(super) async fn query(args: &QueryArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let mut filter = filter(args, now())?;
    let reader = open(&args.source).await?;
    if let Some(digits) = &args.context {
        filter.context = Some(context_named(&reader, digits).await?.context);
    }
    if args.count {
        terminal.line(reader.count(&filter).await?)?;
        return Ok(Exit::Success);
    }
    let records = reader.query(&filter).await?;
    let form = Form::of(&args.output);
    show::heading(form, terminal)?;
    print(&records, form, terminal)?;
    Ok(Exit::Success)
}

pub(super) async fn show(args: &ShowArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let records = records_of(&args.exchange, &args.source).await?;
    if args.json {
        print(&records, Form::Json, terminal)?;
    } else {
        records.iter().try_for_each(|record: &RecordView| show::whole(record, terminal))?;
        records.last().map_or(Ok(()), |record| show::what_next(record, terminal))?;
    }
    Ok(Exit::Success)
}

/// The records of one exchange, never none.
pub(super) async fn records_of(reference: &str, source: &SourceArgs) -> Result<Vec<RecordView>, Fault> {
    let Some(exchange) = ExchangeId::parse(reference) else {
        let what = format!("'{}' is no exchange", crate::terminal::inert(reference));
        return Err(Fault::told(Exit::Usage, what, "It is the reference of a refusal: 32 hexadecimal digits."));
    };
    let records = open(source).await?.show(exchange).await?;
    if records.is_empty() {
        let advice = "Look in another store with --store, or list the newest with 'doorward audit tail'.";
        return Err(Fault::told(Exit::Failure, format!("no record tells of the exchange {exchange}"), advice));
    }
    Ok(records)
}

/// The one context whose id begins with these digits.
pub(super) async fn context_named(reader: &Reader, digits: &str) -> Result<ContextView, Fault> {
    let Some(beginning) = Beginning::of(digits).filter(|_| !digits.is_empty()) else {
        let what = format!("'{}' is no context", crate::terminal::inert(digits));
        return Err(Fault::told(
            Exit::Usage,
            what,
            "It has up to 32 hexadecimal digits, as 'doorward flow list' shows.",
        ));
    };
    let mut found = reader.contexts(beginning, 2).await?;
    match (found.pop(), found.is_empty()) {
        (Some(context), true) => Ok(context),
        (Some(_), false) => {
            let what = format!("more than one context begins with '{digits}'");
            Err(Fault::told(Exit::Usage, what, "Write more of its digits; 'doorward flow list' shows all of them."))
        }
        (None, _) => {
            let what = format!("no record tells of a context '{digits}'");
            let advice = "Look in another store with --store, or see the newest with 'doorward flow list'.";
            Err(Fault::told(Exit::Failure, what, advice))
        }
    }
}

pub(super) async fn open(source: &SourceArgs) -> Result<Reader, Fault> {
    Ok(Reader::open(&place(source)?).await?)
}

/// The file with the records.
fn place(source: &SourceArgs) -> Result<PathBuf, Fault> {
    let store = load_store(&source.request(), &Surroundings::of_process())?;
    store.url.path().map(Path::to_owned).ok_or_else(|| {
        let what = "records in memory end with their gateway and cannot be read from outside";
        Fault::told(Exit::Invalid, what, "Name a file with --store sqlite:///path/records.db.")
    })
}

fn filter(args: &QueryArgs, now: Timestamp) -> Result<Filter, Fault> {
    let time = |text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        let advice = "Write 15m, 2h, 3d, 2026-11-22 or 2026-11-22T10:00:00Z.";
        let unreadable = || Fault::told(Exit::Usage, format!("'{text}' is no time"), advice);
        time::parse(text, now).map(Some).ok_or_else(unreadable)
    };
    let disposition = match &args.disposition {
        None => None,
        Some(text) => Some(Disposition::parse(text).ok_or_else(|| {
            let advice = "Write allow, answer, answer-error, refuse or fail.";
            Fault::told(Exit::Usage, format!("no exchange ends as '{text}'"), advice)
        })?),
    };
    let code = match &args.code {
        None => None,
        Some(text) => Some(Code::parse(text).ok_or_else(|| {
            Fault::told(Exit::Usage, format!("there is no code '{text}'"), "'doorward explain' lists them all.")
        })?),
    };
    Ok(Filter {
        since: time(&args.since)?,
        until: time(&args.until)?,
        principal: args.principal.clone(),
        agent: args.agent.clone(),
        tenant: args.tenant.clone(),
        server: args.server.clone(),
        action: args.action.clone(),
        resource: args.resource.clone(),
        disposition,
        code,
        exchange: None,
        context: None,
        page: args.before.map_or(Page::Newest, Page::Before),
        limit: args.limit,
    })
}

//! `doorward flow show`: one unit of work, in the form that is asked for.

use doorward_core::flow::ContextId;
use doorward_store::{Filter, Page, Reader, RecordView};

use super::drawing::{Cut, Drawing};
use super::{mermaid, svg, text};
use crate::args::FlowShowArgs;
use crate::command::audit::{context_named, open};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::limits::DRAWN_RECORDS_MAX;
use crate::terminal::{Terminal, inert};

pub(super) async fn show(args: &FlowShowArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let reader = open(&args.source).await?;
    let context = context_named(&reader, &args.context).await?.context;
    let (records, cut) = records_of(&reader, context).await?;
    let drawing = Drawing::of(context.to_string(), &records, cut);
    match &args.svg {
        Some(file) if file == "-" => terminal.line(svg::svg(&drawing))?,
        Some(file) => {
            std::fs::write(file, svg::svg(&drawing)).map_err(|error| {
                let what = format!("{} cannot be written: {error}", inert(file));
                Fault::told(
                    Exit::Failure,
                    what,
                    "Name a file in a folder that you may write to, or - for standard output.",
                )
            })?;
            terminal.say(format_args!("{} is drawn.", inert(file)));
        }
        None if args.mermaid => terminal.line(mermaid::mermaid(&drawing))?,
        None if args.json => terminal.line(drawing.to_json())?,
        None => text::print(&drawing, terminal)?,
    }
    Ok(Exit::Success)
}

/// The records of a context from its beginning, as far as they are read.
async fn records_of(reader: &Reader, context: ContextId) -> Result<(Vec<RecordView>, Cut), Fault> {
    let page = Page::After(0);
    let filter = Filter { context: Some(context), page, limit: DRAWN_RECORDS_MAX, ..Filter::default() };
    let records = reader.query(&filter).await?;
    let all = reader.count(&Filter { page: Page::Newest, ..filter }).await?;
    let cut = if u64::try_from(records.len()).is_ok_and(|read| read < all) { Cut::More } else { Cut::Whole };
    Ok((records, cut))
}

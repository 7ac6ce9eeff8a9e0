//! `doorward explain`: the page of a refusal code, as it stands in `docs/codes/`.

use doorward_core::refusal::Code;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone};

/// Every code's page.
const PAGES: &[(Code, &str)] = &[
    (Code::BadJson, include_str!("../../../../docs/codes/DW1001.md")),
    (Code::TooLarge, include_str!("../../../../docs/codes/DW1002.md")),
    (Code::TooDeep, include_str!("../../../../docs/codes/DW1003.md")),
    (Code::DuplicateKey, include_str!("../../../../docs/codes/DW1004.md")),
    (Code::KeyCase, include_str!("../../../../docs/codes/DW1005.md")),
    (Code::BadText, include_str!("../../../../docs/codes/DW1006.md")),
    (Code::BadId, include_str!("../../../../docs/codes/DW1007.md")),
    (Code::Batch, include_str!("../../../../docs/codes/DW1008.md")),
    (Code::UnknownShape, include_str!("../../../../docs/codes/DW1009.md")),
    (Code::BadParams, include_str!("../../../../docs/codes/DW1010.md")),
    (Code::UnknownMethod, include_str!("../../../../docs/codes/DW1011.md")),
    (Code::HeaderMismatch, include_str!("../../../../docs/codes/DW1012.md")),
    (Code::MetaMissing, include_str!("../../../../docs/codes/DW1013.md")),
    (Code::UnsupportedVersion, include_str!("../../../../docs/codes/DW1014.md")),
    (Code::OtherEra, include_str!("../../../../docs/codes/DW1015.md")),
    (Code::IdInUse, include_str!("../../../../docs/codes/DW1016.md")),
    (Code::NoEquivalent, include_str!("../../../../docs/codes/DW1017.md")),
    (Code::BadState, include_str!("../../../../docs/codes/DW1018.md")),
    (Code::Unauthenticated, include_str!("../../../../docs/codes/DW1101.md")),
    (Code::ForeignHost, include_str!("../../../../docs/codes/DW1102.md")),
    (Code::ForeignOrigin, include_str!("../../../../docs/codes/DW1103.md")),
    (Code::UnknownSession, include_str!("../../../../docs/codes/DW1104.md")),
    (Code::UnknownServer, include_str!("../../../../docs/codes/DW1105.md")),
    (Code::Busy, include_str!("../../../../docs/codes/DW1106.md")),
    (Code::BadHttp, include_str!("../../../../docs/codes/DW1107.md")),
    (Code::BadCredentials, include_str!("../../../../docs/codes/DW1108.md")),
    (Code::ForeignHandle, include_str!("../../../../docs/codes/DW1109.md")),
    (Code::NotAllowed, include_str!("../../../../docs/codes/DW1201.md")),
    (Code::Forbidden, include_str!("../../../../docs/codes/DW1202.md")),
    (Code::PolicyError, include_str!("../../../../docs/codes/DW1203.md")),
    (Code::Obligation, include_str!("../../../../docs/codes/DW1204.md")),
    (Code::UnknownTool, include_str!("../../../../docs/codes/DW1205.md")),
    (Code::PolicyUnusable, include_str!("../../../../docs/codes/DW1206.md")),
    (Code::QuestionRefused, include_str!("../../../../docs/codes/DW1207.md")),
    (Code::InsufficientScope, include_str!("../../../../docs/codes/DW1208.md")),
    (Code::LimitReached, include_str!("../../../../docs/codes/DW1209.md")),
    (Code::Unclear, include_str!("../../../../docs/codes/DW1210.md")),
    (Code::UnknownItem, include_str!("../../../../docs/codes/DW1211.md")),
    (Code::Stopped, include_str!("../../../../docs/codes/DW1212.md")),
    (Code::ApprovalNeeded, include_str!("../../../../docs/codes/DW1220.md")),
    (Code::ApprovalDenied, include_str!("../../../../docs/codes/DW1221.md")),
    (Code::ApprovalNotAsked, include_str!("../../../../docs/codes/DW1222.md")),
    (Code::StoreUnavailable, include_str!("../../../../docs/codes/DW1301.md")),
    (Code::StoreFull, include_str!("../../../../docs/codes/DW1302.md")),
    (Code::Unreachable, include_str!("../../../../docs/codes/DW1401.md")),
    (Code::Died, include_str!("../../../../docs/codes/DW1402.md")),
    (Code::TimedOut, include_str!("../../../../docs/codes/DW1403.md")),
    (Code::BadAnswer, include_str!("../../../../docs/codes/DW1404.md")),
    (Code::AnswerTooLarge, include_str!("../../../../docs/codes/DW1405.md")),
    (Code::UpstreamBusy, include_str!("../../../../docs/codes/DW1406.md")),
    (Code::AnswerWithheld, include_str!("../../../../docs/codes/DW1407.md")),
    (Code::UpstreamHttp, include_str!("../../../../docs/codes/DW1408.md")),
    (Code::TooManyRounds, include_str!("../../../../docs/codes/DW1409.md")),
    (Code::Stopping, include_str!("../../../../docs/codes/DW1501.md")),
    (Code::Cancelled, include_str!("../../../../docs/codes/DW1502.md")),
    (Code::RequestBlocked, include_str!("../../../../docs/codes/DW1601.md")),
    (Code::AnswerBlocked, include_str!("../../../../docs/codes/DW1602.md")),
    (Code::SchemaMismatch, include_str!("../../../../docs/codes/DW1603.md")),
    (Code::ResultMismatch, include_str!("../../../../docs/codes/DW1604.md")),
    (Code::GuardUnfinished, include_str!("../../../../docs/codes/DW1605.md")),
    (Code::Quarantined, include_str!("../../../../docs/codes/DW1606.md")),
    (Code::Drifted, include_str!("../../../../docs/codes/DW1607.md")),
    (Code::NotEndorsed, include_str!("../../../../docs/codes/DW1701.md")),
    (Code::FlowRefused, include_str!("../../../../docs/codes/DW1702.md")),
    (Code::BeyondTask, include_str!("../../../../docs/codes/DW1703.md")),
];

pub(super) fn explain(code: Option<&str>, terminal: &Terminal) -> Result<Exit, Fault> {
    let Some(text) = code else {
        for (code, _) in PAGES {
            terminal.line(format_args!("{}  {}", terminal.paint(Tone::Strong, code), code.entry().sentence))?;
        }
        return Ok(Exit::Success);
    };
    let page = Code::parse(text).and_then(|code| PAGES.iter().find(|(known, _)| *known == code));
    match page {
        Some((_, page)) => {
            terminal.line(page.trim_end())?;
            Ok(Exit::Success)
        }
        None => {
            let what = format!("there is no code '{}'", crate::terminal::inert(text));
            Err(Fault::told(
                Exit::Usage,
                what,
                "Codes look like DW1202; 'doorward explain' without one lists them all.",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_its_page_and_every_page_its_code() {
        let coded: Vec<Code> = PAGES.iter().map(|(code, _)| *code).collect();
        assert_eq!(coded, Code::ALL);
        for (code, page) in PAGES {
            assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/codes");
        let files: BTreeSet<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let expected: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
        let pages: BTreeSet<String> = files.into_iter().filter(|name| name.starts_with("DW")).collect();
        assert_eq!(pages, expected);
    }
}

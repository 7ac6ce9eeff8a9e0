//! One marked record to one sink, for an operator who wants to know whether it arrives.

use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_store::RecordView;

use crate::clock;
use crate::config::SinkConfig;
use crate::deliver::Outlet;
use crate::failure::Failure;
use crate::ident;

/// The method of a trial's record: none that a client could call.
const ACTION: &str = "doorward/test";

/// Why a trial did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The sink cannot be used at all.
    #[error("{0}")]
    Unusable(String),
    /// It was not confirmed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Sends a record that says it is a test; its id. The cursor stays where it is.
///
/// # Errors
/// [`TrialError`] says what is in the way.
pub async fn trial(sink: &SinkConfig) -> Result<String, TrialError> {
    let mut outlet = Outlet::open(sink).map_err(TrialError::Unusable)?;
    let record = RecordView::of(0, &record(&sink.name));
    outlet.deliver(std::slice::from_ref(&record)).await?;
    Ok(ident::of(&record))
}

fn record(sink: &str) -> Record {
    Record {
        at: clock::now(),
        exchange: clock::exchange_id(),
        phase: Phase::Outcome,
        disposition: Disposition::Answer,
        principal: Principal::new("doorward", Proof::LocalProcess),
        revision: None,
        face: "stdio",
        origin: None,
        client: None,
        direction: "to-server",
        server: None,
        action: ACTION.into(),
        resource: None,
        arguments_digest: None,
        code: None,
        rules: Vec::new(),
        reasons: vec![format!("a test of the sink '{sink}', sent by hand").into()],
        findings: Vec::new(),
        flow: None,
        request_bytes: 0,
        answer_bytes: 0,
        elapsed_micros: 0,
        upstream_micros: 0,
    }
}

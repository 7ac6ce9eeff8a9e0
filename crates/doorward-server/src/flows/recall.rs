//! What was read before this process began.

use doorward_core::time::Timestamp;
use doorward_flow::contexts::Trail;
use doorward_flow::contexts::limits::NAMED_HALF;
use doorward_store::{Store, StoreError};

use super::Flows;
use crate::clock::{now, random_bytes};

impl Flows {
    /// With the labels that records of `store` tell of. What endorses is not brought back: only what people approved lies in
    /// the store.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn recalled(store: &Store) -> Result<Self, StoreError> {
        let flows = Self::new(&store.approvals().seed(random_bytes()).await?);
        // Nothing is kept longer, however often it is used.
        let lasting = i64::try_from((NAMED_HALF + NAMED_HALF).as_micros()).unwrap_or(i64::MAX);
        let since = Timestamp::from_micros(now().as_micros().saturating_sub(lasting));
        for (told, at) in store.reader().flows(since).await? {
            match Trail::parse(&told.trail) {
                Some(trail) => flows.contexts.restore(&trail, &told.label, at),
                None => tracing::error!(context = told.context, "what was read in a context cannot be brought back"),
            }
        }
        Ok(flows)
    }
}

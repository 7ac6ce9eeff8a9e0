//! Which records a question asks for.

use doorward_core::flow::ContextId;
use doorward_core::ids::ExchangeId;
use doorward_core::record::Disposition;
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use sqlx::{QueryBuilder, Sqlite};

use crate::limits::PAGE_MAX;

/// Conditions that must all hold; the default asks for the newest hundred records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Written at this time or later.
    pub since: Option<Timestamp>,
    /// Written before this time.
    pub until: Option<Timestamp>,
    /// By this user.
    pub principal: Option<String>,
    /// By this agent, for a user or for itself.
    pub agent: Option<String>,
    /// By somebody of this organisation.
    pub tenant: Option<String>,
    /// About this server.
    pub server: Option<String>,
    /// With this method.
    pub action: Option<String>,
    /// On this tool, resource or prompt.
    pub resource: Option<String>,
    /// With this disposition.
    pub disposition: Option<Disposition>,
    /// Refused or failed for this reason.
    pub code: Option<Code>,
    /// Of this exchange.
    pub exchange: Option<ExchangeId>,
    /// Of this unit of work.
    pub context: Option<ContextId>,
    /// Which of the matching records.
    pub page: Page,
    /// Most records to return; more than [`PAGE_MAX`] counts as that.
    pub limit: u32,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            since: None,
            until: None,
            principal: None,
            agent: None,
            tenant: None,
            server: None,
            action: None,
            resource: None,
            disposition: None,
            code: None,
            exchange: None,
            context: None,
            page: Page::Newest,
            limit: 100,
        }
    }
}

/// Where in the log to look. Answers are always in the order of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The last ones.
    Newest,
    /// The last ones before this sequence number.
    Before(i64),
    /// The first ones after this sequence number; zero for the beginning.
    After(i64),
}

impl Filter {
    /// The statement that answers the filter; newest first unless the page is [`Page::After`].
    pub(crate) fn select(&self) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("SELECT * FROM record");
        self.push_conditions(&mut query);
        query.push(match self.page {
            Page::Newest | Page::Before(_) => " ORDER BY seq DESC",
            Page::After(_) => " ORDER BY seq",
        });
        query.push(" LIMIT ").push_bind(self.limit.min(PAGE_MAX));
        query
    }

    /// The statement that counts what matches, whatever the limit.
    pub(crate) fn count(&self) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("SELECT count(*) FROM record");
        self.push_conditions(&mut query);
        query
    }

    fn push_conditions(&self, query: &mut QueryBuilder<Sqlite>) {
        match self.page {
            Page::Newest => query.push(" WHERE true"),
            Page::Before(seq) => query.push(" WHERE seq < ").push_bind(seq),
            Page::After(seq) => query.push(" WHERE seq > ").push_bind(seq),
        };
        if let Some(since) = self.since {
            query.push(" AND at >= ").push_bind(since.as_micros());
        }
        if let Some(until) = self.until {
            query.push(" AND at < ").push_bind(until.as_micros());
        }
        let texts = [
            (" AND principal = ", &self.principal),
            (" AND server = ", &self.server),
            (" AND action = ", &self.action),
            (" AND resource = ", &self.resource),
        ];
        for (condition, text) in texts {
            if let Some(text) = text {
                query.push(condition).push_bind(text.clone());
            }
        }
        for (condition, text) in [("$.agent", &self.agent), ("$.tenant", &self.tenant)] {
            if let Some(text) = text {
                query.push(" AND json_extract(details, ").push_bind(condition).push(") = ").push_bind(text.clone());
            }
        }
        if let Some(disposition) = self.disposition {
            query.push(" AND disposition = ").push_bind(disposition.as_str());
        }
        if let Some(code) = self.code {
            query.push(" AND code = ").push_bind(code.entry().number);
        }
        if let Some(context) = self.context {
            query.push(" AND context = ").push_bind(context.to_bytes().to_vec());
        }
        if let Some(exchange) = self.exchange {
            query.push(" AND exchange = ").push_bind(exchange.to_bytes().to_vec());
        }
    }
}

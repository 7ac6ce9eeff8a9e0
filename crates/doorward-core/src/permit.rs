//! The proof of a recorded allow.
//!
//! Only the exchange makes one, and only after the shell has confirmed that the allow is recorded. Transports take a
//! permit by value, so one permit forwards one message once.
//!
//! It cannot be built elsewhere:
//!
//! ```compile_fail,E0451
//! fn forge(message: doorward_mcp::message::Message, server: doorward_core::ids::ServerId) {
//!     let exchange = doorward_core::ids::ExchangeId::from_parts(0, 0);
//!     let direction = doorward_core::access::Direction::ToServer;
//!     let _ = doorward_core::permit::Permit { exchange, server, direction, message };
//! }
//! ```
//!
//! It cannot be kept for a second use:
//!
//! ```compile_fail,E0599
//! fn twice(permit: doorward_core::permit::Permit) {
//!     let _ = permit.clone();
//! }
//! ```
//!
//! ```compile_fail,E0624
//! fn issue(message: doorward_mcp::message::Message, server: doorward_core::ids::ServerId) {
//!     let exchange = doorward_core::ids::ExchangeId::from_parts(0, 0);
//!     let direction = doorward_core::access::Direction::ToServer;
//!     let _ = doorward_core::permit::Permit::issue(exchange, server, direction, message);
//! }
//! ```
//!
//! Another message cannot be put in its place, only what [`doorward_mcp::bridge`] makes of the message in the words of
//! the other era:
//!
//! ```compile_fail,E0308
//! fn swap(permit: &doorward_core::permit::Permit, other: doorward_mcp::message::Message) {
//!     let _ = permit.reword(|_| Ok::<_, ()>(other));
//! }
//! ```

use doorward_mcp::bridge::Rewording;
use doorward_mcp::message::Message;

use crate::access::Direction;
use crate::ids::{ExchangeId, ServerId};

/// A spendable proof that this message, and no other, may go to this server (or to the client of this exchange).
#[derive(Debug)]
#[must_use = "a permit that is not spent forwards nothing"]
pub struct Permit {
    exchange: ExchangeId,
    server: ServerId,
    direction: Direction,
    message: Message,
}

impl Permit {
    /// INVARIANT: called only by `exchange::record`, after the shell confirmed that the allow is recorded.
    pub(crate) const fn issue(exchange: ExchangeId, server: ServerId, direction: Direction, message: Message) -> Self {
        Self { exchange, server, direction, message }
    }

    /// A permit for the same in the words of the other era. One message may take several there (a subscription, a round
    /// of questions and answers), so the permit itself stays.
    ///
    /// # Errors
    /// What `translate` says when the other era has no equal.
    pub fn reword<E>(&self, translate: impl FnOnce(&Message) -> Result<Rewording, E>) -> Result<Self, E> {
        let message = translate(&self.message)?.into_message();
        Ok(Self { exchange: self.exchange, server: self.server.clone(), direction: self.direction, message })
    }

    /// The exchange this permit belongs to.
    #[must_use]
    pub const fn exchange(&self) -> ExchangeId {
        self.exchange
    }

    /// The server the message goes to, or comes from.
    #[must_use]
    pub const fn server(&self) -> &ServerId {
        &self.server
    }

    /// Which way the message may travel.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// The message, as it was decided on.
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.message
    }
}

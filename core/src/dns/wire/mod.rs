//! DNS as it is answered: an observer that asks name servers directly.

mod exchange;

pub use exchange::{Exchange, ExchangeError, Sockets};

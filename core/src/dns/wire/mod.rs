//! DNS as it is answered: an observer that asks name servers directly, without a resolver and its cache in between.
//!
//! What an observer sees is data, and what it could not see is data too: a server that does not answer gives
//! [`Seen::NotObserved`], which is never mistaken for an answer that is good.
//!
//! ```
//! use howdah_core::dns::{Name, wire::Observer};
//!
//! # async fn example() -> howdah_core::Result<()> {
//! let zone = Name::parse("example.org").unwrap();
//! let delegation = Observer::new().delegation(&zone).await?;
//! match delegation.agreed() {
//!     Some(view) => println!("delegated to {:?}", view.name_servers),
//!     None => println!("the servers of {} do not agree, or not all of them answer", delegation.parent),
//! }
//! # Ok(())
//! # }
//! ```

mod chain;
mod compare;
mod exchange;
mod message;
mod observer;
mod signatures;
mod sockets;
mod view;
mod walk;

pub use chain::{Link, chain};
pub use compare::{Comparison, Difference, Found, NotCompared, TtlDifference};
pub use exchange::{Exchange, ExchangeError};
pub use observer::Observer;
pub use sockets::Sockets;
pub use view::{Answer, ApexView, Delegation, ParentView, Rcode, Seen, Server, Servers, Signing, Unresolved, View};

//! A token for a program that someone lets in.
//!
//! ```
//! use howdah_netlify::oauth::{ClientId, TicketMessage};
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! let ticket = netlify.oauth().create_ticket(ClientId::new("my-app"), TicketMessage::new()).await?;
//! println!("open https://app.netlify.com/authorize?response_type=ticket&ticket={}", ticket.id);
//! // Once the ticket is authorized:
//! let token = netlify.oauth().exchange(&ticket.id).await?;
//! assert!(token.access_token.is_some());
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, With},
    input, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

endpoints! {
    CREATE:   With<ClientId, TicketMessage> => Ticket      = post("/oauth/tickets").status(201);
    GET:      ()                            => Ticket      = get("/oauth/tickets/{ticket_id}");
    EXCHANGE: ()                            => AccessToken = post("/oauth/tickets/{ticket_id}/exchange").status(201);
}

/// The OAuth tickets. Reach them through [`Netlify::oauth`](crate::Netlify::oauth).
#[derive(Clone, Debug)]
pub struct Tickets(pub(crate) Api);

impl Tickets {
    /// Asks to be let in.
    ///
    /// `POST /oauth/tickets`
    pub fn create_ticket(&self, options: ClientId, message: TicketMessage) -> Call<Ticket> {
        self.0.send(&CREATE, [], With { query: options, body: message })
    }

    /// Reads whether someone has agreed.
    ///
    /// `GET /oauth/tickets/{ticket_id}`
    pub fn get_ticket(&self, ticket: &TicketId) -> Call<Ticket> {
        self.0.send(&GET, [ticket], ())
    }

    /// Takes the token, once someone has agreed.
    ///
    /// `POST /oauth/tickets/{ticket_id}/exchange`
    pub fn exchange(&self, ticket: &TicketId) -> Call<AccessToken> {
        self.0.send(&EXCHANGE, [ticket], ())
    }
}

/// The id of a ticket.
pub type TicketId = Id<Ticket, String>;

/// The wish to be let in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Ticket {
    pub id: TicketId,
    pub client_id: Option<String>,
    pub authorized: Option<bool>,
    pub created_at: Option<Timestamp>,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AccessToken {
    pub id: Option<String>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub access_token: Option<Secret>,
    pub user_id: Option<String>,
    pub user_email: Option<String>,
    pub created_at: Option<Timestamp>,
}

input! {
    /// Which program asks.
    pub struct ClientId {
        client_id: String,
    } optional {}
}

input! {
    /// Why it asks.
    pub struct TicketMessage {} optional {
        message: String,
    }
}

//! Accounts, who is in them, and how a program is let in.

use howdah_core::ErrorKind;
use howdah_netlify::{
    accounts::{
        AccountFilter, AccountId, AccountUpdate, AuditFilter, MemberUpdate, NewAccount, NewMember, Period, Role,
        SiteAccess,
    },
    oauth::{ClientId, TicketMessage},
    testing::{FakeNetlify, TOKEN},
};

#[tokio::test(start_paused = true)]
async fn accounts_and_members() {
    let netlify = FakeNetlify::new().client();
    let accounts = netlify.accounts();
    let vmst = AccountId::from("vmst");
    assert_eq!(netlify.users().current().await.unwrap().site_count, Some(0));
    assert_eq!(accounts.list(AccountFilter::new().with_minimal(false)).await.unwrap().len(), 1);
    let new = NewAccount::new("Second", "5f00000000000000000000aa").with_period(Period::Monthly);
    let second = accounts.create(new).await.unwrap();
    assert_eq!(second.slug.as_deref(), Some("second"));
    let update = AccountUpdate::new().with_billing_email("billing@vmst.io");
    accounts.update(&second.id, update).await.unwrap();
    assert_eq!(accounts.get(&second.id).await.unwrap().billing_email.as_deref(), Some("billing@vmst.io"));
    accounts.cancel(&second.id).await.unwrap();
    assert_eq!(accounts.get(&second.id).await.unwrap_err().kind(), ErrorKind::NotFound);

    assert_eq!(accounts.list_types().await.unwrap()[0].monthly_dollar_price, Some(0));
    assert_eq!(accounts.list_payment_methods().await.unwrap().len(), 1);
    let events = accounts.list_audit_events(&vmst, AuditFilter::new().with_log_type("account")).all().await.unwrap();
    assert_eq!(events.len(), 1);

    let ada = NewMember::new().with_role(Role::Developer).with_email("ada@example.com");
    let members = accounts.add_member(&vmst, ada).await.unwrap();
    assert_eq!(members.len(), 2);
    let id = &members[1].id;
    let update = MemberUpdate::new().with_role(Role::Reviewer).with_site_access(SiteAccess::None);
    assert_eq!(accounts.update_member(&vmst, id, update).await.unwrap().role, Some(Role::Reviewer));
    assert_eq!(accounts.get_member(&vmst, id).await.unwrap().email.as_deref(), Some("ada@example.com"));
    accounts.remove_member(&vmst, id).await.unwrap();
    assert_eq!(accounts.list_members(&vmst).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_program_is_let_in_by_a_ticket() {
    let oauth = FakeNetlify::new().client().oauth();
    let why = TicketMessage::new().with_message("to publish");
    let ticket = oauth.create_ticket(ClientId::new("howdah"), why).await.unwrap();
    assert_eq!(oauth.get_ticket(&ticket.id).await.unwrap().authorized, Some(true));
    let token = oauth.exchange(&ticket.id).await.unwrap();
    assert_eq!(token.access_token.as_ref().unwrap().expose(), TOKEN);
    assert!(!format!("{token:?}").contains(TOKEN));
}

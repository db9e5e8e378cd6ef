//! Billing, against the published examples.

use howdah_digitalocean::{
    Decimal,
    billing::{BillingEventType, InvoiceId},
    testing::FakeDigitalOcean,
};
use jiff::civil::date;

#[tokio::test(start_paused = true)]
async fn what_is_owed_is_read_as_decimals() {
    let billing = FakeDigitalOcean::new().client().billing();
    assert_eq!(billing.balance().await.unwrap().month_to_date_usage, Some(Decimal::new(1121, 2)));
    let history = billing.history().all().await.unwrap();
    assert_eq!(history[1].event_type, Some(BillingEventType::Payment));
    assert_eq!(history[1].amount, Some(Decimal::new(-1234, 2)));
    let day = billing.insights("do:team:1", date(2025, 1, 1), date(2025, 1, 31)).all().await.unwrap();
    assert_eq!((day.len(), day[0].start_date), (2, Some(date(2025, 1, 1))));
}

#[tokio::test(start_paused = true)]
async fn invoices_are_read_in_every_form() {
    let billing = FakeDigitalOcean::new().client().billing();
    let invoices = billing.list_invoices().all().await.unwrap();
    assert_eq!(invoices[0].invoice_period.as_deref(), Some("2019-12"));
    assert_eq!(billing.invoice_preview().await.unwrap().unwrap().amount, Some(Decimal::new(3456, 2)));
    let id = InvoiceId::new("22737513-0ea7-4206-8ceb-98a575af7681".to_owned());
    let items = billing.list_invoice_items(&id).all().await.unwrap();
    assert_eq!(items[1].amount, Some(Decimal::new(3445, 2)));
    let summary = billing.invoice_summary(&id).await.unwrap();
    assert_eq!(summary.product_charges.unwrap().items[0].name.as_deref(), Some("Spaces Subscription"));
    // Nothing is published of what these say.
    assert!(billing.invoice_csv(&id).await.is_ok());
    assert!(billing.invoice_pdf(&id).await.is_ok());
}

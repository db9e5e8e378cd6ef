//! Balances and prices against the fake.

use howdah_core::ErrorKind;
use howdah_gandi::{
    billing::{BillingInfo, PriceQuery},
    domains::Process,
    organizations::OrganizationId,
    testing::FakeGandi,
};

#[tokio::test(start_paused = true)]
async fn balances_are_read() {
    let fake = FakeGandi::new();
    fake.set_prepaid("12.34");
    let billing = fake.client().billing();
    let info = billing.info().await.unwrap();
    let prepaid = info.prepaid.clone().unwrap();
    assert_eq!((prepaid.amount.as_deref(), prepaid.currency.as_deref()), (Some("12.34"), Some("EUR")));

    let organization = fake.add_organization("Other", "company");
    assert_eq!(billing.info_of(&organization).await.unwrap(), info);
    let nowhere = OrganizationId::new("nowhere".to_owned());
    assert!(billing.info_of(&nowhere).await.unwrap_err().is_not_found());
}

#[test]
fn an_amount_is_read_as_text_or_as_a_number() {
    for amount in ["12.5", "\"12.5\""] {
        let info: BillingInfo =
            serde_json::from_str(&format!(r#"{{"outstanding_amount": {amount}, "prepaid": {{"amount": {amount}}}}}"#))
                .unwrap();
        assert_eq!(info.outstanding_amount.as_deref(), Some("12.5"));
        assert_eq!(info.prepaid.unwrap().amount.as_deref(), Some("12.5"));
    }
}

#[tokio::test(start_paused = true)]
async fn prices_are_those_that_were_asked_for() {
    let fake = FakeGandi::new();
    fake.list_price("domain", "example.org", Process::Create, 10.0);
    fake.list_price("domain", "example.org", Process::Renew, 15.0);
    fake.list_price("domain", "example.net", Process::Renew, 20.0);
    let billing = fake.client().billing();
    let before_taxes = async |query| {
        let prices = billing.prices("domain", query).await.unwrap();
        let products = prices.products.iter();
        products.map(|product| product.prices[0].price_before_taxes.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(before_taxes(PriceQuery::new()).await, [10.0, 15.0, 20.0]);
    let both = PriceQuery::new().with_name("example.org").with_processes([Process::Create, Process::Renew]);
    assert_eq!(before_taxes(both).await, [10.0, 15.0]);
    let one = PriceQuery::new().with_name("example.org").with_processes([Process::Renew]);
    assert_eq!(before_taxes(one.clone()).await, [15.0]);
    assert_eq!(billing.prices("certificate", one).await.unwrap().products, []);
    let grid = billing.prices("domain", PriceQuery::new().with_grid("B").with_currency("EUR")).await.unwrap().grid;
    assert_eq!(grid.as_deref(), Some("B"));

    let error = billing.prices("domain", PriceQuery::new().with_currency("XXX")).await.unwrap_err();
    assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, "querystring.currency"));
}

//! Organisations against the fake.

use howdah_core::{ErrorKind, Outcome, testing::Fault};
use howdah_gandi::{
    organizations::{NewCustomer, OrganizationFilter, OrganizationId},
    testing::FakeGandi,
};

fn nowhere() -> OrganizationId {
    OrganizationId::new("nowhere".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_token_is_somebodys() {
    let user = FakeGandi::new().client().organizations().user_info().await.unwrap();
    assert_eq!(user.username.as_deref(), Some("ada"));
    assert_eq!(user.email.as_deref(), Some("ada@example.com"));
}

#[tokio::test(start_paused = true)]
async fn organizations_are_listed_narrowed_and_sorted() {
    let fake = FakeGandi::new();
    let reseller = fake.add_organization("Ada's", "reseller");
    let organizations = fake.client().organizations();
    let names = async |filter| {
        let all = organizations.list(filter).all().await.unwrap();
        all.into_iter().map(|one| one.name.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names(OrganizationFilter::new()).await, ["Example", "Ada's"]);
    assert_eq!(names(OrganizationFilter::new().with_sort_by("name")).await, ["Ada's", "Example"]);
    assert_eq!(names(OrganizationFilter::new().with_type("company")).await, ["Example"]);
    assert_eq!(names(OrganizationFilter::new().with_name("Ada's").with_permission("admin")).await, ["Ada's"]);
    let error = organizations.list(OrganizationFilter::new().with_sort_by("age")).all().await.unwrap_err();
    assert_eq!(error.fields()[0].field, "querystring.sort_by");

    assert_eq!(organizations.get(&reseller).await.unwrap().kind.as_deref(), Some("reseller"));
    assert!(organizations.get(&nowhere()).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_reseller_has_customers_and_nobody_else() {
    let fake = FakeGandi::new();
    let (reseller, company) = (fake.add_organization("Ada's", "reseller"), fake.add_organization("Other", "company"));
    let organizations = fake.client().organizations();
    let person = NewCustomer::new("Grace", "Hopper", "grace@example.com", "individual").with_country("US");
    organizations.create_customer(&reseller, person.clone()).await.unwrap();
    let customers = organizations.list_customers(&reseller).all().await.unwrap();
    assert_eq!(customers.len(), 1);
    assert_eq!(customers[0].name.as_deref(), Some("Grace Hopper"));
    assert_eq!(customers[0].email.as_deref(), Some("grace@example.com"));

    for (customer, field) in [
        (NewCustomer::new("Grace", "Hopper", "nobody", "individual"), "email"),
        (NewCustomer::new("Grace", "Hopper", "grace@example.com", "company"), "orgname"),
    ] {
        let error = organizations.create_customer(&reseller, customer).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, field));
    }
    let refused = organizations.create_customer(&company, person.clone()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    assert_eq!(organizations.list_customers(&company).all().await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert!(organizations.create_customer(&nowhere(), person).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_double_a_customer() {
    let fake = FakeGandi::new();
    let reseller = fake.add_organization("Ada's", "reseller");
    let organizations = fake.client().organizations();
    fake.world().fail_next(Fault::Lost { applied: true });
    let person = NewCustomer::new("Grace", "Hopper", "grace@example.com", "individual");
    let lost = organizations.create_customer(&reseller, person).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts()), (Outcome::Unknown, 1));
    assert_eq!(organizations.list_customers(&reseller).all().await.unwrap().len(), 1);
}

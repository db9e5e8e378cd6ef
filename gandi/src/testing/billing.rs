use howdah_core::testing::Fake;
use serde::{Deserialize, Serialize};

use super::{FakeGandi, State as World, invalid, organizations};
use crate::{
    billing::{BillingInfo, INFO, INFO_OF, PRICES, Prepaid},
    domains::{Price, Prices, Process, Product, ProductStatus, Tax},
};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// Euros, as text.
    prepaid: String,
    prices: Vec<Priced>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Priced {
    product: String,
    name: String,
    process: Process,
    /// Euros a year, before taxes.
    price: f64,
}

impl Default for State {
    fn default() -> Self {
        Self { prepaid: "100.00".to_owned(), prices: Vec::new() }
    }
}

impl FakeGandi {
    /// Says how many euros are left of what was paid in advance.
    pub fn set_prepaid(&self, amount: &str) {
        self.world().state(|world| amount.clone_into(&mut world.billing.prepaid));
    }

    /// Puts a product on the list of prices: a domain, say, costs so many euros a year before taxes.
    ///
    /// What a domain costs when it is asked for by its name, [`set_price`](Self::set_price) says.
    pub fn list_price(&self, product: &str, name: &str, process: Process, price: f64) {
        let [product, name] = [product, name].map(str::to_owned);
        self.world().state(|world| {
            let prices = &mut world.billing.prices;
            prices.retain(|one| (&one.product, &one.name, &one.process) != (&product, &name, &process));
            prices.push(Priced { product, name, process, price });
        });
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&INFO, |world, [], ()| Ok(info(world)))
        .on(&INFO_OF, |world, [organization], ()| {
            organizations::find(world, organization)?;
            Ok(info(world))
        })
        .on(&PRICES, |world, [product], query| {
            if query.currency.as_deref().is_some_and(|currency| currency != "EUR") {
                return Err(invalid("querystring", "currency", "has no prices"));
            }
            let wanted = |one: &&Priced| {
                one.product == product
                    && query.name.as_ref().is_none_or(|name| *name == one.name)
                    && query.processes.as_ref().is_none_or(|processes| processes.contains(&one.process))
            };
            let vat = Tax { tax_type: Some("service".to_owned()), rate: Some(20.0), name: Some("vat".to_owned()) };
            let products = world.billing.prices.iter().filter(wanted).map(|one| Product {
                name: Some(one.name.clone()),
                status: Some(ProductStatus::Available),
                process: Some(one.process.clone()),
                prices: vec![Price {
                    min_duration: Some(1),
                    max_duration: Some(10),
                    duration_unit: Some("y".to_owned()),
                    price_before_taxes: Some(one.price),
                    price_after_taxes: Some(one.price * 1.2),
                    discount: Some(false),
                    ..Price::default()
                }],
                periods: Vec::new(),
                taxes: vec![vat.clone()],
            });
            Ok(Prices {
                currency: Some("EUR".to_owned()),
                grid: Some(query.grid.clone().unwrap_or_else(|| "A".to_owned())),
                products: products.collect(),
                taxes: vec![vat.clone()],
            })
        })
}

fn info(world: &World) -> BillingInfo {
    let amount = Some(world.billing.prepaid.clone());
    BillingInfo {
        prepaid: Some(Prepaid { amount, currency: Some("EUR".to_owned()) }),
        annual_balance: Some("0".to_owned()),
        outstanding_amount: Some("0".to_owned()),
        grid: Some("A".to_owned()),
    }
}

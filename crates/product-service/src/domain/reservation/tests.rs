//! Tests of pricing: what an order asks for, and on which terms.

use super::*;
use crate::domain::{
    Attributes, Category, Description, NewProduct, NewStatus, NewVariant, Options, PlacedIn,
    PriceEdit, ProductName, Stock, Traits,
};
use contracts::reservations::{Agreed, Delivery};
use kernel::{CategoryId, Currency, Quantity, SystemIds, VariantId};
use proptest::prelude::*;
use std::collections::HashMap;

struct Market {
    ids: SystemIds,
    offers: HashMap<ProductId, Product>,
}

impl Market {
    fn new() -> Self {
        Self {
            ids: SystemIds::default(),
            offers: HashMap::new(),
        }
    }

    fn offer(&mut self, amount: i64, available: i64) -> ProductId {
        self.offer_of(
            UserId::new(&self.ids),
            Money::new(amount, Currency::USD),
            available,
        )
    }

    fn offer_of(&mut self, seller: UserId, price: Money, available: i64) -> ProductId {
        let id = ProductId::new(&self.ids);
        let new = NewProduct {
            seller,
            name: ProductName::parse("A thing").unwrap(),
            description: Description::parse("").unwrap(),
            price,
            stock: Stock::parse(available).unwrap(),
            category: Category::parse("Things").unwrap().into(),
            attributes: Attributes::new(),
            delivery: Delivery::None,
            status: NewStatus::Active,
            traits: Traits::default(),
            variants: Vec::new(),
            metadata: None,
        };
        let placed = PlacedIn {
            id: CategoryId::new(&self.ids),
            name: Category::parse("Things").unwrap(),
            new: None,
        };
        let listed = new.list(id, &placed, Timestamp::from_millis(1), &[]);
        self.offers.insert(id, listed);
        id
    }

    /// Adds a variant to a product.
    fn vary(&mut self, product: ProductId, amount: i64, available: i64) -> Article {
        let id = VariantId::new(&self.ids);
        let options = [("Number".to_owned(), id.to_string())];
        let new = NewVariant {
            traits: Traits {
                options: Options::parse(options.into()).unwrap(),
                ..Traits::default()
            },
            price: Some(PriceEdit {
                amount,
                currency: None,
            }),
            stock: Stock::parse(available).unwrap(),
        };
        let of = self.offers.get_mut(&product).unwrap();
        let listed = new.list(id, of.price);
        of.variants.push(listed);
        Article::new(product, Some(id))
    }

    fn price(&self, lines: &[(impl Into<Article> + Copy, i64)]) -> Result<Priced, Refusal> {
        self.price_for(UserId::new(&self.ids), lines)
    }

    fn price_for(
        &self,
        buyer: UserId,
        lines: &[(impl Into<Article> + Copy, i64)],
    ) -> Result<Priced, Refusal> {
        let lines = lines
            .iter()
            .map(|&(article, quantity)| (article.into(), quantity))
            .map(|(article, quantity): (Article, i64)| RequestedLine {
                agreed: Agreed::default(),
                product: article.product,
                variant: article.variant,
                quantity: Quantity::new(quantity).unwrap(),
            })
            .collect();
        let request = ReserveRequest {
            expected_total: None,
            order: OrderId::new(&self.ids),
            buyer,
            lines,
        };
        price(&request, |id| self.offers.get(&id))
    }
}

#[test]
fn lines_keep_their_order_and_each_product_is_taken_once() {
    let mut market = Market::new();
    let (a, b) = (market.offer(100, 9), market.offer(7, 9));
    let priced = market.price(&[(b, 2), (a, 1), (b, 3)]).unwrap();
    let quantities: Vec<u32> = priced
        .lines
        .iter()
        .map(|line| line.quantity.get())
        .collect();
    assert_eq!(quantities, [2, 1, 3]);
    assert_eq!(priced.takes, [(b.into(), 5), (a.into(), 1)]);
}

#[test]
fn lines_of_one_product_are_summed_before_they_are_compared_with_the_stock() {
    let mut market = Market::new();
    let a = market.offer(100, 5);
    assert!(market.price(&[(a, 3), (a, 2)]).is_ok());
    let short = Shortage {
        product: a,
        variant: None,
        requested: 6,
        available: 5,
    };
    assert_eq!(
        market.price(&[(a, 3), (a, 3)]),
        Err(Refusal::OutOfStock(vec![short]))
    );
}

#[test]
fn a_refusal_names_every_product_that_it_is_about_once() {
    let mut market = Market::new();
    let nobody = ProductId::new(&market.ids);
    let known = market.offer(1, 0);
    assert_eq!(
        market.price(&[(nobody, 1), (known, 1), (nobody, 1)]),
        Err(Refusal::UnknownProducts(vec![nobody]))
    );
    let me = UserId::new(&market.ids);
    let mine = market.offer_of(me, Money::new(1, Currency::USD), 5);
    assert_eq!(
        market.price_for(me, &[(mine, 1), (mine, 1), (known, 1)]),
        Err(Refusal::OwnProducts(vec![mine]))
    );
    let nothing: [(ProductId, i64); 0] = [];
    assert_eq!(
        market.price(&nothing),
        Err(Refusal::UnknownProducts(vec![]))
    );
}

#[test]
fn one_order_has_one_currency_and_a_total_that_fits() {
    let mut market = Market::new();
    let dollars = market.offer(1, 5);
    let seller = UserId::new(&market.ids);
    let euros = market.offer_of(seller, Money::new(1, "EUR".parse().unwrap()), 5);
    assert_eq!(
        market.price(&[(dollars, 1), (euros, 1)]),
        Err(Refusal::MixedCurrencies)
    );
    let dear = market.offer(Money::MAX_AMOUNT, 10_000);
    assert!(market.price(&[(dear, 1)]).is_ok());
    for lines in [
        vec![(dear, 2)],
        vec![(dear, 1), (dollars, 1)],
        vec![(dear, 10_000)],
    ] {
        assert_eq!(market.price(&lines), Err(Refusal::TotalTooLarge));
    }
}

#[test]
fn each_variant_is_taken_from_its_own_stock_at_its_own_price() {
    let mut market = Market::new();
    let product = market.offer(100, 2);
    let large = market.vary(product, 250, 3);
    let default: Article = product.into();
    let spelt_out = Article {
        product,
        variant: Some(VariantId::default_of(product)),
    };
    let lines = [(large, 2), (default, 1), (large, 1), (spelt_out, 1)];
    let priced = market.price(&lines).unwrap();
    assert_eq!(priced.takes, [(large, 3), (default, 2)]);
    let charged: Vec<_> = priced
        .lines
        .iter()
        .map(|line| (line.variant, line.unit_price.amount, line.options.len()))
        .collect();
    let of_large = (large.variant, 250, 1);
    assert_eq!(
        charged,
        [of_large, (None, 100, 0), of_large, (None, 100, 0)]
    );
    let short = Shortage {
        product,
        variant: large.variant,
        requested: 4,
        available: 3,
    };
    assert_eq!(
        market.price(&[(large, 4), (default, 2)]),
        Err(Refusal::OutOfStock(vec![short]))
    );
}

#[test]
fn a_variant_of_another_product_is_unknown_and_so_is_one_that_was_removed() {
    let mut market = Market::new();
    let (a, b) = (market.offer(100, 2), market.offer(100, 2));
    let of_a = market.vary(a, 250, 3);
    let foreign = Article { product: b, ..of_a };
    assert_eq!(
        market.price(&[(foreign, 1), (a.into(), 1), (foreign, 1)]),
        Err(Refusal::UnknownVariants(vec![foreign]))
    );
    let product = market.offers.get_mut(&a).unwrap();
    product.variants[0].status = crate::domain::VariantStatus::Removed;
    assert_eq!(
        market.price(&[(of_a, 1)]),
        Err(Refusal::UnknownVariants(vec![of_a]))
    );
}

/// What a buyer may have agreed to: nothing, a price up to 4, a version up to 2.
fn agreed() -> impl Strategy<Value = Agreed> {
    let price = (1i64..5, any::<bool>()).prop_map(|(amount, euro)| {
        let currency = if euro { "EUR" } else { "USD" };
        Money::new(amount, currency.parse().unwrap())
    });
    (proptest::option::of(price), proptest::option::of(1i64..3)).prop_map(
        |(unit_price, version)| Agreed {
            unit_price,
            version,
        },
    )
}

proptest! {
    #[test]
    fn stock_is_taken_only_on_the_terms_that_the_buyer_agreed_to(
        offers in proptest::collection::vec((1i64..5, 1i64..3), 1..4),
        wanted in proptest::collection::vec((0usize..3, 1i64..3, agreed()), 1..6),
        expected_total in proptest::option::of(1i64..60),
    ) {
        let mut market = Market::new();
        let ids: Vec<ProductId> = offers.iter().map(|&(price, version)| {
            let id = market.offer(price, 1000);
            market.offers.get_mut(&id).unwrap().version = version;
            id
        }).collect();
        let lines: Vec<RequestedLine> = wanted.iter().map(|&(at, quantity, agreed)| RequestedLine {
            product: ids[at % ids.len()],
            variant: None,
            quantity: Quantity::new(quantity).unwrap(),
            agreed,
        }).collect();
        let request = ReserveRequest {
            order: OrderId::new(&market.ids),
            buyer: UserId::new(&market.ids),
            lines,
            expected_total: expected_total.map(|amount| Money::new(amount, Currency::USD)),
        };
        let broken: Vec<ProductId> = request.lines.iter().filter(|line| {
            let offer = &market.offers[&line.product];
            let price_holds = line.agreed.unit_price.is_none_or(|most| most.currency == Currency::USD && most.amount >= offer.price.amount);
            !(price_holds && line.agreed.version.is_none_or(|version| version == offer.version))
        }).map(|line| line.product).collect();
        let total: i64 = request.lines.iter().map(|line| market.offers[&line.product].price.amount * i64::from(line.quantity)).sum();
        let is_expected = expected_total.is_none_or(|expected| expected == total);
        match price(&request, |id| market.offers.get(&id)) {
            Ok(priced) => {
                prop_assert!(broken.is_empty() && is_expected);
                prop_assert_eq!(priced.lines.len(), request.lines.len());
            }
            Err(Refusal::PriceChanged(now)) => {
                prop_assert_eq!(now.total, Some(Money::new(total, Currency::USD)));
                prop_assert!(!broken.is_empty() || !is_expected);
                for line in &request.lines {
                    let shown = now.lines.iter().filter(|one| one.product == line.product).count();
                    let differs = broken.is_empty() || broken.contains(&line.product);
                    prop_assert_eq!(shown, usize::from(differs));
                }
                for one in &now.lines {
                    let offer = &market.offers[&one.product];
                    prop_assert_eq!((one.unit_price, one.version), (offer.price, offer.version));
                }
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }
}

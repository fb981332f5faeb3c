//! What is shown of sellers with products and reservations, and who of them sells nothing now.
//!
//! Each product and each order shows its seller, who rarely changes. So a replica remembers what it read for some seconds: neither costs a
//! query for it. A change that this replica handles is known here at once, that of another replica after [`FRESH`] or [`CLOSED_FRESH`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use contracts::reservations::{ReservedLine, ReturnPolicy};
use contracts::sellers::SellersMode;
use kernel::UserId;
use moka::sync::Cache;
use store::{Store, StoreResult};

use crate::domain::{ClosedSellers, Seller};
use crate::store::Queries;

/// How long a seller is remembered.
const FRESH: Duration = Duration::from_secs(30);
/// How long it is remembered who sells nothing.
const CLOSED_FRESH: Duration = Duration::from_secs(2);
/// How many sellers are remembered.
const MOST: u64 = 10_000;

/// What is shown of a seller with a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SellerCard {
    /// The name that they sell under, if it is known.
    pub(crate) name: Option<String>,
    /// What they take back.
    pub(crate) returns: ReturnPolicy,
    /// Within how many days from delivery, if they take anything back: for as long as they say, and at least as the operator wants.
    pub(crate) days: Option<u32>,
    /// Another one with each change of it, see [`Seller::revision`].
    pub(crate) revision: (i64, i64),
}

/// The cards of some sellers.
pub(crate) struct SellerCards {
    known: HashMap<UserId, Arc<SellerCard>>,
    unknown: Arc<SellerCard>,
}

impl SellerCards {
    /// That of `seller`, one without a name and with the usual terms if nothing is known of them.
    pub(crate) fn of(&self, seller: UserId) -> Arc<SellerCard> {
        self.known.get(&seller).unwrap_or(&self.unknown).clone()
    }
}

/// Remembers sellers. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub(crate) struct Sellers {
    mode: SellersMode,
    least_days: u32,
    unknown: Arc<SellerCard>,
    cards: Cache<UserId, Arc<SellerCard>>,
    closed: Cache<(), Arc<ClosedSellers>>,
}

impl Sellers {
    /// Remembers nothing yet. Where sellers take things back, the operator wants them to do so for `least_days` from delivery.
    pub(crate) fn new(mode: SellersMode, least_days: u32) -> Self {
        let usual = ReturnPolicy::default();
        let unknown = SellerCard {
            name: None,
            returns: usual,
            days: usual.days(least_days),
            revision: (0, 0),
        };
        let cards = Cache::builder().max_capacity(MOST).time_to_live(FRESH);
        let closed = Cache::builder().max_capacity(1).time_to_live(CLOSED_FRESH);
        Self {
            mode,
            least_days,
            unknown: Arc::new(unknown),
            cards: cards.build(),
            closed: closed.build(),
        }
    }

    /// Who may sell.
    pub(crate) const fn mode(&self) -> SellersMode {
        self.mode
    }

    /// What is shown of `seller`.
    pub(crate) fn card_of(&self, seller: &Seller) -> SellerCard {
        SellerCard {
            name: seller.called().map(str::to_owned),
            returns: seller.returns,
            days: seller.returns.days(self.least_days),
            revision: seller.revision(),
        }
    }

    /// The cards of `sellers`, with at most one query for all that are not remembered.
    pub(crate) async fn cards(
        &self,
        store: &Store,
        sellers: impl IntoIterator<Item = UserId>,
    ) -> StoreResult<SellerCards> {
        let mut cards = SellerCards {
            known: HashMap::new(),
            unknown: self.unknown.clone(),
        };
        let mut to_read = Vec::new();
        for seller in sellers {
            let Entry::Vacant(free) = cards.known.entry(seller) else {
                continue;
            };
            let known = self.cards.get(&seller);
            if known.is_none() {
                to_read.push(seller);
            }
            free.insert(known.unwrap_or_else(|| self.unknown.clone()));
        }
        if !to_read.is_empty() {
            for read in store.get_many::<Seller>(&to_read).await? {
                cards.known.insert(read.user, Arc::new(self.card_of(&read)));
            }
            for seller in to_read {
                self.cards.insert(seller, cards.of(seller));
            }
        }
        Ok(cards)
    }

    /// The card of one seller.
    pub(crate) async fn card(&self, store: &Store, seller: UserId) -> StoreResult<Arc<SellerCard>> {
        Ok(self.cards(store, [seller]).await?.of(seller))
    }

    /// Says of `lines` what their sellers are called and take back. A seller whose name has not come yet stays without one.
    pub(crate) async fn fill(&self, store: &Store, lines: &mut [ReservedLine]) -> StoreResult<()> {
        let sellers = lines.iter().map(|line| line.seller);
        let cards = self.cards(store, sellers).await?;
        for line in lines {
            let card = cards.of(line.seller);
            line.seller_name.clone_from(&card.name);
            line.returns = card.returns;
        }
        Ok(())
    }

    /// Who sells nothing now.
    pub(crate) async fn closed(&self, queries: &dyn Queries) -> StoreResult<Arc<ClosedSellers>> {
        if let Some(known) = self.closed.get(&()) {
            return Ok(known);
        }
        let read = queries.not_active_sellers().await?;
        let closed = Arc::new(ClosedSellers::new(self.mode, read));
        self.closed.insert((), closed.clone());
        Ok(closed)
    }

    /// Reads `users` anew when they are next needed.
    pub(crate) fn forget(&self, users: impl IntoIterator<Item = UserId>) {
        for user in users {
            self.cards.invalidate(&user);
        }
        self.closed.invalidate(&());
    }
}

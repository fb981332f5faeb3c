//! Users as sellers, as the user service says, and who of them sells nothing now.

use std::collections::BTreeMap;

use contracts::reservations::ReturnPolicy;
use contracts::sellers::{SellerStatus, SellersMode};
use kernel::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A user as a seller. Most users are not sellers: only their name is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seller {
    /// The user.
    #[serde(rename = "_id")]
    pub(crate) user: UserId,
    /// What the user is called, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Rises with each change of that name; 0 until it is known.
    pub(crate) name_version: i64,
    /// Whether they may sell.
    #[serde(default, skip_serializing_if = "SellerStatus::is_active")]
    pub(crate) status: SellerStatus,
    /// When they became a seller. None for a user who is not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
    /// The name that they sell under, if it is not the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    /// What they say of themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// What they take back.
    #[serde(default, skip_serializing_if = "ReturnPolicy::is_default")]
    pub(crate) returns: ReturnPolicy,
    /// Rises with each change of what they are as a seller; 0 until the user service has said anything of it.
    pub(crate) version: i64,
}

/// What the user service says of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// What they are called.
    Name { name: String, version: i64 },
    /// What they are as a seller.
    Seller(SaidOfSeller),
}

/// What the user service says of a seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SaidOfSeller {
    /// Whether they may sell.
    pub(crate) status: SellerStatus,
    /// When they became a seller.
    pub(crate) since: Timestamp,
    /// The name that they sell under, if it is not the user's.
    pub(crate) display_name: Option<String>,
    /// What they say of themselves.
    pub(crate) description: Option<String>,
    /// What they take back.
    pub(crate) returns: ReturnPolicy,
    /// Rises with each change.
    pub(crate) version: i64,
}

impl Seller {
    /// A user who is not known yet.
    pub(crate) fn unknown(user: UserId) -> Self {
        Self {
            user,
            name: None,
            name_version: 0,
            status: SellerStatus::Active,
            since: None,
            display_name: None,
            description: None,
            returns: ReturnPolicy::default(),
            version: 0,
        }
    }

    /// The user after what was `said`. None if that is not newer than what is known: messages come in any order and more than once.
    pub(crate) fn after(&self, said: &Said) -> Option<Self> {
        match said {
            Said::Name { name, version } => (*version > self.name_version).then(|| Self {
                name: Some(name.clone()),
                name_version: *version,
                ..self.clone()
            }),
            Said::Seller(said) => (said.version > self.version).then(|| Self {
                status: said.status,
                since: Some(said.since),
                display_name: said.display_name.clone(),
                description: said.description.clone(),
                returns: said.returns,
                version: said.version,
                ..self.clone()
            }),
        }
    }

    /// The user, who lists their first product at `now`. None if they are a seller already.
    pub(crate) fn started(&self, mode: SellersMode, now: Timestamp) -> Option<Self> {
        self.since.is_none().then(|| Self {
            status: mode.initial(),
            since: Some(now),
            ..self.clone()
        })
    }

    /// The name that they sell under, if it is known.
    pub(crate) fn called(&self) -> Option<&str> {
        self.display_name.as_deref().or(self.name.as_deref())
    }

    /// Which name they sell under, and on which terms: another one with every change of either. 0 stands for the name that is not known, and
    /// for the usual terms.
    pub(crate) fn revision(&self) -> (i64, i64) {
        let has_own_name = self.display_name.is_some();
        let has_own_terms = has_own_name || !self.returns.is_default();
        (
            if has_own_name { 0 } else { self.name_version },
            if has_own_terms { self.version } else { 0 },
        )
    }
}

/// The sellers who sell nothing now: those who are suspended and, where sellers need an operator's approval, those who wait for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClosedSellers(BTreeMap<UserId, SellerStatus>);

impl ClosedSellers {
    /// Those of `sellers` who may not sell.
    pub(crate) fn new(
        mode: SellersMode,
        sellers: impl IntoIterator<Item = (UserId, SellerStatus)>,
    ) -> Self {
        let sellers = sellers.into_iter();
        Self(sellers.filter(|(_, one)| !mode.lets_sell(*one)).collect())
    }

    /// Whether all sellers sell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `seller` is among them.
    #[must_use]
    pub fn has(&self, seller: UserId) -> bool {
        self.0.contains_key(&seller)
    }

    /// Whether `seller` is suspended.
    #[must_use]
    pub fn is_suspended(&self, seller: UserId) -> bool {
        self.0.get(&seller) == Some(&SellerStatus::Suspended)
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = UserId> + '_ {
        self.0.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use kernel::SystemIds;
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn said(version: i64) -> Said {
        let suspended = version % 2 == 0;
        Said::Seller(SaidOfSeller {
            status: if suspended {
                SellerStatus::Suspended
            } else {
                SellerStatus::Active
            },
            since: NOW,
            display_name: (version % 3 == 0).then(|| format!("Shop {version}")),
            description: None,
            returns: ReturnPolicy::default(),
            version,
        })
    }

    fn named(version: i64) -> Said {
        let name = format!("Name {version}");
        Said::Name { name, version }
    }

    proptest! {
        #[test]
        fn the_latest_versions_decide_in_whatever_order_and_how_often_they_come(
            order in Just((1..6).flat_map(|v| [said(v), named(v), said(v)]).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let user = UserId::new(&SystemIds::default());
            let mut seller = Seller::unknown(user);
            for said in &order {
                seller = seller.after(said).unwrap_or(seller);
            }
            prop_assert_eq!(seller.status, SellerStatus::Active);
            prop_assert_eq!(seller.called(), Some("Name 5"));
            prop_assert_eq!((seller.name_version, seller.version), (5, 5));
            prop_assert_eq!(seller.revision(), (5, 0));
        }
    }

    #[test]
    fn a_first_product_makes_a_seller_once_and_does_not_overrule_the_user_service() {
        let user = Seller::unknown(UserId::new(&SystemIds::default()));
        let started = user.started(SellersMode::Review, NOW).unwrap();
        assert_eq!(started.status, SellerStatus::Pending);
        assert_eq!(started.started(SellersMode::Review, NOW), None);
        let known = user.after(&said(1)).unwrap();
        assert_eq!(known.started(SellersMode::Review, NOW), None);
        let approved = started.after(&said(1)).unwrap();
        assert_eq!(approved.status, SellerStatus::Active);
    }

    #[test]
    fn who_waits_for_approval_is_closed_only_where_it_is_needed() {
        let ids = SystemIds::default();
        let [pending, active, suspended] = [(); 3].map(|()| UserId::new(&ids));
        let sellers = [
            (pending, SellerStatus::Pending),
            (active, SellerStatus::Active),
            (suspended, SellerStatus::Suspended),
        ];
        let open = ClosedSellers::new(SellersMode::Open, sellers);
        assert_eq!(open.ids().collect::<Vec<_>>(), [suspended]);
        let review = ClosedSellers::new(SellersMode::Review, sellers);
        assert!(review.has(pending) && review.has(suspended) && !review.has(active));
        assert!(review.is_suspended(suspended) && !review.is_suspended(pending));
    }
}

//! A user as a seller: what they say of themselves, and what operators decided.

use contracts::reservations::ReturnPolicy;
use contracts::sellers::{SellerStatus, SellersMode};
use kernel::{Metadata, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::UserName;

/// A seller. Their id is their user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seller {
    /// The user.
    #[serde(rename = "_id")]
    pub(crate) user: UserId,
    /// Whether they may sell.
    pub(crate) status: SellerStatus,
    /// When they became a seller.
    pub(crate) since: Timestamp,
    /// What they say of themselves.
    pub(crate) profile: SellerProfile,
    /// The last decision of an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Decision>,
    /// Rises with every change; 1 at first.
    pub(crate) version: i64,
}

/// What a seller says of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SellerProfile {
    /// The name that they sell under, if it is not their user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<UserName>,
    /// Up to 2 000 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    /// What they take back.
    #[serde(default, skip_serializing_if = "ReturnPolicy::is_default")]
    pub(crate) returns: ReturnPolicy,
    /// What they keep with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Metadata>,
}

/// What an operator decided about a seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision {
    /// Why, 1 to 200 characters. The seller sees it.
    pub(crate) reason: String,
    /// Who decided.
    pub(crate) by: UserId,
    /// When.
    pub(crate) at: Timestamp,
}

/// What an operator does with a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SellerMove {
    /// Lets a seller sell who waits for it.
    Approve,
    /// Stops them from selling.
    Suspend,
    /// Lets a suspended seller sell again.
    Reinstate,
}

/// Why a seller was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SellerRefusal {
    /// There is no such seller.
    #[error("there is no such seller")]
    NotFound,
    /// Their status does not allow it.
    #[error("the seller is {}", .0.as_str())]
    NotAllowed(SellerStatus),
}

impl Seller {
    /// A new seller.
    pub(crate) fn new(
        user: UserId,
        profile: SellerProfile,
        mode: SellersMode,
        since: Timestamp,
    ) -> Self {
        Self {
            user,
            status: mode.initial(),
            since,
            profile,
            decision: None,
            version: 1,
        }
    }

    /// The seller with another profile. None if it is the one they have.
    pub(crate) fn with_profile(&self, profile: SellerProfile) -> Option<Self> {
        (profile != self.profile).then(|| Self {
            profile,
            version: self.version.saturating_add(1),
            ..self.clone()
        })
    }

    /// The seller after an operator's `decision`.
    ///
    /// # Errors
    /// [`SellerRefusal::NotAllowed`].
    pub(crate) fn decided(
        &self,
        step: SellerMove,
        decision: Decision,
    ) -> Result<Self, SellerRefusal> {
        use SellerStatus::{Active, Pending, Suspended};
        let status = match (step, self.status) {
            (SellerMove::Approve, Pending) | (SellerMove::Reinstate, Suspended) => Active,
            (SellerMove::Suspend, Pending | Active) => Suspended,
            (SellerMove::Approve | SellerMove::Reinstate | SellerMove::Suspend, status) => {
                return Err(SellerRefusal::NotAllowed(status));
            }
        };
        Ok(Self {
            status,
            decision: Some(decision),
            version: self.version.saturating_add(1),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use kernel::SystemIds;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn decision() -> Decision {
        Decision {
            reason: "A test".to_owned(),
            by: UserId::new(&SystemIds::default()),
            at: NOW,
        }
    }

    #[test]
    fn each_decision_is_for_some_statuses_and_refused_in_the_others() {
        use SellerMove::{Approve, Reinstate, Suspend};
        use SellerStatus::{Active, Pending, Suspended};
        let user = UserId::new(&SystemIds::default());
        for (step, outcomes) in [
            (Approve, [Some(Active), None, None]),
            (Suspend, [Some(Suspended), Some(Suspended), None]),
            (Reinstate, [None, None, Some(Active)]),
        ] {
            for (status, expected) in [Pending, Active, Suspended].into_iter().zip(outcomes) {
                let seller = Seller {
                    status,
                    ..Seller::new(user, SellerProfile::default(), SellersMode::Open, NOW)
                };
                match (seller.decided(step, decision()), expected) {
                    (Ok(decided), Some(expected)) => {
                        assert_eq!((decided.status, decided.version), (expected, 2));
                    }
                    (Err(refusal), None) => {
                        assert_eq!(refusal, SellerRefusal::NotAllowed(status));
                    }
                    other => panic!("{step:?} of {status:?}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn the_profile_that_a_seller_has_is_no_change_of_it() {
        let user = UserId::new(&SystemIds::default());
        let profile = SellerProfile {
            description: "Lamps".to_owned(),
            ..SellerProfile::default()
        };
        let seller = Seller::new(user, profile.clone(), SellersMode::Review, NOW);
        assert_eq!(seller.status, SellerStatus::Pending);
        assert_eq!(seller.with_profile(profile), None);
        let changed = seller.with_profile(SellerProfile::default()).unwrap();
        assert_eq!(
            (changed.version, changed.status),
            (2, SellerStatus::Pending)
        );
    }
}

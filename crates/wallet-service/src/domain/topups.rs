//! Rules about who may top up a wallet.

use kernel::{Invalid, UserId};
use serde::{Deserialize, Serialize};

/// Who may call `POST /api/wallet/credit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topups {
    /// A user tops up their own wallet. For development and demonstrations: no real money backs it.
    #[default]
    SelfService,
    /// Only a caller with the role `treasury`, who names the user.
    Trusted,
}

/// Why a caller may not top up a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TopupRefusal {
    /// The caller lacks permission.
    NotAllowed(&'static str),
    /// The request does not name the user.
    Unnamed(Invalid),
}

impl Topups {
    /// The owner of the wallet that `caller` tops up.
    ///
    /// # Errors
    /// [`TopupRefusal`] if the caller lacks permission or did not name the user.
    pub(crate) fn payee(
        self,
        caller: UserId,
        is_treasury: bool,
        named: Option<UserId>,
    ) -> Result<UserId, TopupRefusal> {
        match (self, named) {
            (Self::SelfService, None) => Ok(caller),
            (Self::SelfService, Some(user)) if user == caller => Ok(caller),
            (Self::SelfService, Some(_)) => Err(TopupRefusal::NotAllowed(
                "You may top up your own wallet only.",
            )),
            (Self::Trusted, _) if !is_treasury => Err(TopupRefusal::NotAllowed(
                "Only the treasury credits wallets here.",
            )),
            (Self::Trusted, Some(user)) => Ok(user),
            (Self::Trusted, None) => Err(TopupRefusal::Unnamed(Invalid::new(
                "required",
                "is required: it names the wallet to credit",
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    #[test]
    fn self_service_is_for_ones_own_wallet_and_trusted_for_the_treasury() {
        let ids = SystemIds::default();
        let (me, you) = (UserId::new(&ids), UserId::new(&ids));
        assert_eq!(Topups::SelfService.payee(me, false, None), Ok(me));
        assert_eq!(Topups::SelfService.payee(me, false, Some(me)), Ok(me));
        assert!(matches!(
            Topups::SelfService.payee(me, true, Some(you)),
            Err(TopupRefusal::NotAllowed(_))
        ));
        assert!(matches!(
            Topups::Trusted.payee(me, false, Some(me)),
            Err(TopupRefusal::NotAllowed(_))
        ));
        assert_eq!(Topups::Trusted.payee(me, true, Some(you)), Ok(you));
        assert!(matches!(
            Topups::Trusted.payee(me, true, None),
            Err(TopupRefusal::Unnamed(_))
        ));
    }
}

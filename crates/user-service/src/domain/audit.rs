//! What operators did to users and sellers, and who turned a second factor on or off: who, what, when, and the state before and after. An
//! entry is written in the transaction of the change and never edited.

use auth::Role;
use contracts::sellers::SellerStatus;
use kernel::{AuditId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Seller, SellerMove, User};

/// An act of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditEntry {
    #[serde(rename = "_id")]
    pub(crate) id: AuditId,
    /// The user or seller.
    pub(crate) subject: UserId,
    /// What was done.
    pub(crate) action: AuditAction,
    /// Who did it. None for an operator at the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<UserId>,
    /// Why, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// What was.
    pub(crate) before: AuditState,
    /// What is since.
    pub(crate) after: AuditState,
    /// When.
    pub(crate) at: Timestamp,
}

/// What an operator did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuditAction {
    /// Gave a user a role.
    RoleGranted,
    /// Took a role from a user.
    RoleRevoked,
    /// Suspended a user.
    UserSuspended,
    /// Reinstated a user.
    UserReinstated,
    /// Approved a seller.
    SellerApproved,
    /// Suspended a seller.
    SellerSuspended,
    /// Reinstated a seller.
    SellerReinstated,
    /// Turned their own second factor on.
    SecondFactorEnabled,
    /// Turned a second factor off.
    SecondFactorDisabled,
}

kernel::words!(AuditAction {
    RoleGranted = "role_granted", RoleRevoked = "role_revoked", UserSuspended = "user_suspended",
    UserReinstated = "user_reinstated", SellerApproved = "seller_approved",
    SellerSuspended = "seller_suspended", SellerReinstated = "seller_reinstated",
    SecondFactorEnabled = "second_factor_enabled", SecondFactorDisabled = "second_factor_disabled"
});

impl From<SellerMove> for AuditAction {
    fn from(step: SellerMove) -> Self {
        match step {
            SellerMove::Approve => Self::SellerApproved,
            SellerMove::Suspend => Self::SellerSuspended,
            SellerMove::Reinstate => Self::SellerReinstated,
        }
    }
}

/// What entries are about: of a user their roles, whether they are suspended and whether they have a second factor, of a seller their status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditState {
    /// The user's roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    roles: Option<Vec<Role>>,
    /// Whether the user is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    suspended: Option<bool>,
    /// Whether the user has a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    second_factor: Option<bool>,
    /// The seller's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, example = "active")]
    seller: Option<SellerStatus>,
}

impl From<&User> for AuditState {
    fn from(user: &User) -> Self {
        Self {
            roles: Some(user.roles.clone()),
            suspended: Some(user.suspension.is_some()),
            second_factor: Some(user.second_factor_since.is_some()),
            seller: None,
        }
    }
}

impl From<&Seller> for AuditState {
    fn from(seller: &Seller) -> Self {
        Self {
            roles: None,
            suspended: None,
            second_factor: None,
            seller: Some(seller.status),
        }
    }
}

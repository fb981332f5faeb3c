//! A seller as they see themselves, and as operators see them.

use contracts::reservations::ReturnPolicy;
use contracts::sellers::SellerStatus;
use deserr::Deserr;
use kernel::{Cursor, Invalid, Timestamp, UserId, one_line, paragraphs};
use platform_http::{Faults, MetadataJson, read_by_rule};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{Seller, SellerProfile, User, UserName};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $rule:ident $min:literal..=$max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name(String);

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                kernel::text_schema::$rule($min, $max)
            }
        }

        impl ToSchema for $name {}

        impl $name {
            fn parse(raw: &str) -> Result<Self, Invalid> {
                $rule(raw, $min, $max).map(Self)
            }

            /// The text.
            pub(super) fn into_string(self) -> String {
                self.0
            }
        }

        read_by_rule! {
            $name: String => |raw| Self::parse(&raw);
        }
    )+};
}

texts! {
    /// What sellers say of themselves, up to 2 000 characters.
    SellerDescription, paragraphs 0..=2_000;
    /// Why an operator decides, 1 to 200 characters.
    SellerReason, one_line 1..=200;
}

/// Within how many days a seller takes something back, 1 to 365.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(value_type = u16, minimum = 1, maximum = 365)]
pub(super) struct ReturnDays(u16);

impl ReturnDays {
    fn parse(days: i64) -> Result<Self, Invalid> {
        let most = ReturnPolicy::MAX_DAYS;
        let days = u16::try_from(days).ok();
        let days = days.filter(|days| (1..=most).contains(days));
        let refused = || Invalid::new("out_of_range", format!("must be between 1 and {most}"));
        days.map(Self).ok_or_else(refused)
    }
}

read_by_rule! {
    ReturnDays: i64 => Self::parse;
}

/// What a seller takes back.
#[derive(Deserr, ToSchema)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
pub(super) struct ReturnsRequest {
    /// Whether they take anything back.
    accepted: bool,
    /// Within how many days from delivery; left out, as long as the marketplace wants it. The marketplace's own minimum applies besides.
    #[deserr(default)]
    window_days: Option<ReturnDays>,
}

/// What a seller says of themselves. What is left out is gone.
#[derive(Deserr, ToSchema)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
pub(super) struct SellerRequest {
    /// The name to sell under. Left out, it is the user's.
    #[deserr(default)]
    display_name: Option<UserName>,
    /// What buyers should know of them.
    #[deserr(default)]
    description: Option<SellerDescription>,
    /// What they take back. Left out: everything, for as long as the marketplace wants it.
    #[deserr(default)]
    returns: Option<ReturnsRequest>,
    /// What to keep with it. Only the seller and operators see it.
    #[deserr(default)]
    metadata: Option<MetadataJson>,
}

impl From<SellerRequest> for SellerProfile {
    fn from(body: SellerRequest) -> Self {
        let returns = body.returns.map(|returns| ReturnPolicy {
            accepted: returns.accepted,
            window_days: returns.window_days.map(|days| days.0),
        });
        Self {
            display_name: body.display_name,
            description: body
                .description
                .map(SellerDescription::into_string)
                .unwrap_or_default(),
            returns: returns.unwrap_or_default(),
            metadata: body.metadata.map(MetadataJson::into_inner),
        }
    }
}

/// Whether a seller may sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SellerStatus)]
pub(super) enum StatusJson {
    /// They wait for an operator's approval.
    Pending,
    /// They sell.
    Active,
    /// An operator has suspended them: they sell nothing.
    Suspended,
}

impl From<SellerStatus> for StatusJson {
    fn from(status: SellerStatus) -> Self {
        match status {
            SellerStatus::Pending => Self::Pending,
            SellerStatus::Active => Self::Active,
            SellerStatus::Suspended => Self::Suspended,
        }
    }
}

/// What a seller takes back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OwnReturns)]
pub(super) struct OwnReturnsJson {
    /// Whether they take anything back.
    accepted: bool,
    /// Within how many days from delivery, if they said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 365)]
    window_days: Option<u16>,
}

/// A seller, with what only they and operators see.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OwnSeller)]
pub(super) struct SellerJson<'a> {
    /// The seller's id, which is their user's.
    id: UserId,
    /// The name that they sell under.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Grace's lamps")]
    name: Option<&'a str>,
    /// What they say of themselves.
    #[schema(example = "Lamps, made by hand.", max_length = 2_000)]
    description: &'a str,
    /// What they take back.
    returns: OwnReturnsJson,
    /// Whether they may sell.
    status: StatusJson,
    /// Why an operator decided so, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Complaints of three buyers")]
    reason: Option<&'a str>,
    /// When an operator decided last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    decided_at: Option<Timestamp>,
    /// When they became a seller.
    since: Timestamp,
    /// What they keep with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    metadata: Option<MetadataJson>,
}

impl<'a> SellerJson<'a> {
    pub(super) fn of(seller: &'a Seller, user: Option<&'a User>) -> Self {
        let (profile, decision) = (&seller.profile, seller.decision.as_ref());
        let own = profile.display_name.as_ref();
        Self {
            id: seller.user,
            name: own.or(user.map(|user| &user.name)).map(UserName::as_str),
            description: &profile.description,
            returns: OwnReturnsJson {
                accepted: profile.returns.accepted,
                window_days: profile.returns.window_days,
            },
            status: seller.status.into(),
            reason: decision.map(|decision| decision.reason.as_str()),
            decided_at: decision.map(|decision| decision.at),
            since: seller.since,
            metadata: profile.metadata.clone().map(Into::into),
        }
    }
}

/// A page of sellers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SellerPage<'a> {
    /// The sellers.
    pub(super) items: Vec<SellerJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    pub(super) next_cursor: Option<Cursor>,
}

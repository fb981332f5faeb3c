//! The service's refusals, as problems.

use actix_web::http::header::{self, HeaderValue};
use auth::Role;
use contracts::dealings::Dealings;
use kernel::{Invalid, Money, OrderId};
use platform_http::{FieldError, Problem, ProblemType, common, throttled};
use serde::Serialize;
use utoipa::ToSchema;

use super::guesses::policy;
use crate::app::UserError;
use crate::domain::{AddressBook, AddressRefusal, SellerRefusal, SetupRefusal, StandingRefusal};

platform_http::problems! {
    pub PROBLEMS:
    EMAIL_TAKEN "email_taken" 409 "Someone has registered with this email"
    INVALID_CREDENTIALS "invalid_credentials" 401 "The email or the password is wrong"
    // Said only to who gave the right password.
    SECOND_FACTOR_REQUIRED "second_factor_required" 401 "A code is needed, too"
    INVALID_CODE "invalid_code" 401 "The code is wrong"
    INVALID_REFRESH_TOKEN "invalid_refresh_token" 401 "The refresh token is not valid"
    // Not 401: the bearer token is good, and a client must not discard it.
    WRONG_PASSWORD "wrong_password" 403 "The current password is wrong"
    WRONG_CODE "wrong_code" 403 "The code is wrong"
    SECOND_FACTOR_ON "second_factor_on" 409 "There is a second factor"
    SECOND_FACTOR_OFF "second_factor_off" 409 "There is no second factor"
    LINK_NOT_VALID "link_not_valid" 403 "The link of the mail is not valid"
    MAIL_OFF "mail_off" 409 "No mails are sent here"
    ACCOUNT_IN_USE "account_in_use" 409 "Something is not settled yet" (Unsettled)
    ADDRESS_NOT_FOUND "address_not_found" 404 "There is no such address"
    TOO_MANY_ADDRESSES "too_many_addresses" 409 "A user keeps only so many addresses"
    // Said only to who gave the right password.
    USER_SUSPENDED "user_suspended" 403 "The user is suspended"
    SESSION_NOT_FOUND "session_not_found" 404 "There is no such login"
    USER_NOT_FOUND "user_not_found" 404 "There is no such user"
    ROLE_NOT_FOUND "role_not_found" 404 "There is no such role"
    USER_MOVE_NOT_ALLOWED "user_move_not_allowed" 409 "The user's status does not allow this"
    LAST_ADMIN "last_admin" 409 "The last administrator stays"
    SELLER_NOT_FOUND "seller_not_found" 404 "There is no such seller"
    WRONG_SETUP_TOKEN "wrong_setup_token" 403 "The setup token is not the last one"
    ALREADY_SET_UP "already_set_up" 409 "There is an administrator"
    SELLER_MOVE_NOT_ALLOWED "seller_move_not_allowed" 409 "The seller's status does not allow this"
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::EmailTaken => Self::new(
                &EMAIL_TAKEN,
                "Log in instead, or register with another email.",
            ),
            UserError::InvalidCredentials => challenge(
                &INVALID_CREDENTIALS,
                "No user has this email and this password.",
            ),
            UserError::SecondFactorRequired => challenge(
                &SECOND_FACTOR_REQUIRED,
                "Send the same again with a code: the 6 digits that the authenticator app shows, or a recovery code.",
            ),
            UserError::InvalidCode => challenge(
                &INVALID_CODE,
                "It is wrong, or it was used. Wait for the next one.",
            ),
            UserError::InvalidRefreshToken => challenge(
                &INVALID_REFRESH_TOKEN,
                "It is unknown, has expired or was used before. Log in again.",
            ),
            UserError::Suspended => Self::new(
                &USER_SUSPENDED,
                "An operator has suspended this user, who cannot log in until they are reinstated.",
            ),
            UserError::SessionNotFound => Self::new(
                &SESSION_NOT_FOUND,
                "It has ended, or it is not a login of yours.",
            ),
            UserError::Standing(refusal) => standing(refusal),
            UserError::Gone => challenge(
                &common::UNAUTHENTICATED,
                "The user of this token is not here any more.",
            ),
            UserError::UnknownUser => unknown_user(),
            UserError::Throttled(refused) => throttled(&policy(&refused), refused.wait),
            UserError::WrongCode => Self::new(
                &WRONG_CODE,
                "It is wrong, or it was used. Wait for the next one. Nothing was changed.",
            ),
            UserError::SecondFactorOn => {
                Self::new(&SECOND_FACTOR_ON, "Turn it off before you set up another.")
            }
            UserError::SecondFactorOff => Self::new(
                &SECOND_FACTOR_OFF,
                "Set one up, and confirm it with a code.",
            ),
            UserError::WrongPassword => Self::new(&WRONG_PASSWORD, "The password was not changed."),
            UserError::LinkNotGood => Self::new(
                &LINK_NOT_VALID,
                "It is unknown, has expired, was used, or a later one took its place. Ask for another.",
            ),
            UserError::NoMail => Self::new(
                &MAIL_OFF,
                "Ask the operator, who can let you set another password.",
            ),
            UserError::ToSettle(left) => unsettled(left),
            UserError::Invalid(invalid) => Self::validation(vec![FieldError::new("", invalid)]),
            UserError::Address(refusal) => address(refusal),
            UserError::Seller(refusal) => seller(refusal),
            UserError::Setup(refusal) => setup(refusal),
            UserError::Setting(error) => Self::internal(error),
            UserError::Hash(error) => error.into(),
            UserError::Store(error) => error.into(),
            UserError::Token(error) => Self::internal(error),
            UserError::Randomness(error) => Self::internal(error),
        }
    }
}

pub(super) fn unknown_user() -> Problem {
    Problem::new(&USER_NOT_FOUND, "No user has this id.")
}

/// What a user has to settle before their account can be deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"openOrders": ["0199f3a0-6b1c-7c3e-9d52-6f0c1a2b3c4d"], "openSales": [], "balances": [{"amount": 1299, "currency": "USD"}]}))]
struct Unsettled {
    /// Orders of theirs that are not over, at most 10.
    open_orders: Vec<OrderId>,
    /// Orders in which they have a sale that is not over, at most 10.
    open_sales: Vec<OrderId>,
    /// What they have, earn or owe; a debt is negative.
    balances: Vec<Money>,
}

fn unsettled(left: Dealings) -> Problem {
    let Dealings {
        orders,
        sales,
        balances,
    } = left;
    Problem::new(
        &ACCOUNT_IN_USE,
        "Wait until orders and sales are over, pay out what is left, and pay what is owed.",
    )
    .with(&Unsettled {
        open_orders: orders,
        open_sales: sales,
        balances,
    })
}

fn address(refusal: AddressRefusal) -> Problem {
    match refusal {
        AddressRefusal::Full => Problem::new(
            &TOO_MANY_ADDRESSES,
            format!(
                "You keep {} addresses. Remove one first.",
                AddressBook::MOST
            ),
        ),
        AddressRefusal::NotFound => {
            Problem::new(&ADDRESS_NOT_FOUND, "You keep no address with this id.")
        }
        AddressRefusal::DefaultNeeded => {
            let detail = "must not be false for the default: make another address the default";
            let invalid = Invalid::new("default_needed", detail);
            Problem::validation(vec![FieldError::new("/isDefault", invalid)])
        }
    }
}

fn standing(refusal: StandingRefusal) -> Problem {
    match refusal {
        StandingRefusal::NotFound => Problem::new(&USER_NOT_FOUND, "No user has this id."),
        StandingRefusal::NoSuchRole => {
            let roles = Role::ALL.map(Role::as_str).join(" and ");
            Problem::new(&ROLE_NOT_FOUND, format!("The roles are {roles}."))
        }
        StandingRefusal::IsSuspended => {
            Problem::new(&USER_MOVE_NOT_ALLOWED, "The user is suspended already.")
        }
        StandingRefusal::NotSuspended => {
            Problem::new(&USER_MOVE_NOT_ALLOWED, "The user is not suspended.")
        }
        StandingRefusal::LastAdmin => Problem::new(
            &LAST_ADMIN,
            "Nobody else can administrate the marketplace. Make another user an administrator first.",
        ),
    }
}

fn seller(refusal: SellerRefusal) -> Problem {
    match refusal {
        SellerRefusal::NotFound => Problem::new(
            &SELLER_NOT_FOUND,
            "No user with this id sells anything or has said so.",
        ),
        SellerRefusal::NotAllowed(status) => Problem::new(
            &SELLER_MOVE_NOT_ALLOWED,
            format!("The seller is {}.", status.as_str()),
        ),
    }
}

fn setup(refusal: SetupRefusal) -> Problem {
    match refusal {
        SetupRefusal::WrongToken => Problem::new(
            &WRONG_SETUP_TOKEN,
            "Each start without an administrator, and each `marketplace setup-token`, makes a new one.",
        ),
        SetupRefusal::Done => Problem::new(
            &ALREADY_SET_UP,
            "An operator makes another one with `marketplace grant`.",
        ),
    }
}

/// A 401 has to say how to authenticate (RFC 9110 section 11.6.1).
fn challenge(kind: &'static ProblemType, detail: &str) -> Problem {
    Problem::new(kind, detail).header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"marketplace\""),
    )
}

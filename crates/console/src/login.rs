//! Who is logged in, as sealed in a cookie.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Purpose of the seal, and name of the cookie.
pub(crate) const LOGIN: &str = "login";

/// How long a browser keeps it, in seconds; the API ends a login when its refresh token expires.
pub(crate) const KEPT: u64 = 30 * 24 * 60 * 60;

/// An access token with less time left than this is renewed first.
const AHEAD: Duration = Duration::from_secs(30);

/// Tokens of the API, and whose they are.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) token: String,
    pub(crate) refresh: String,
    /// When the access token expires, in milliseconds.
    expires: i64,
    pub(crate) id: String,
    pub(crate) name: String,
    /// Those that the access token carries.
    pub(crate) roles: Vec<String>,
    /// Whether it carries no roles because the user has no second factor.
    pub(crate) lacks_second_factor: bool,
}

impl Login {
    /// Reads the API's answer to a login or a renewal at `now`. None if it is none.
    pub(crate) fn of(answer: &Value, now: Timestamp) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let user = answer.get("user")?;
        let lifetime = Duration::from_secs(answer.get("expiresIn")?.as_u64()?);
        let withheld = answer.get("withheldRoles").and_then(Value::as_array);
        let withheld = withheld.map_or(&[][..], Vec::as_slice);
        let roles = user.get("roles")?.as_array()?.iter();
        let roles = roles
            .filter(|role| !withheld.contains(role))
            .filter_map(text);
        Some(Self {
            token: text(answer.get("token")?)?,
            refresh: text(answer.get("refreshToken")?)?,
            expires: now.plus(lifetime).as_millis(),
            id: text(user.get("id")?)?,
            name: text(user.get("name")?)?,
            roles: roles.collect(),
            lacks_second_factor: !withheld.is_empty(),
        })
    }

    /// Whether the access token has to be renewed before it is used at `now`.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        now.plus(AHEAD).as_millis() >= self.expires
    }

    /// The same, with an access token that the API refuses, and that has to be renewed first therefore.
    pub(crate) fn refused(self) -> Self {
        Self { expires: 0, ..self }
    }

    pub(crate) fn is_operator(&self) -> bool {
        self.roles.iter().any(|role| role == "admin")
    }
}

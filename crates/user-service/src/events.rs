//! The user service's events, as messages of `proto-contracts`.

use contracts::user::UserNamed;
use contracts::{Envelope, id_bytes};
use kernel::Timestamp;

use crate::domain::User;

/// What `user` is called. Its id depends only on the user and the version of the name.
pub(crate) fn named(user: &User, now: Timestamp) -> Envelope {
    let (id, version) = (user.id.as_uuid(), user.name_version);
    let message = UserNamed {
        user_id: id_bytes(id),
        name: user.name.as_str().to_owned(),
        version,
    };
    Envelope::about(id, &format!("named {version}"), &message, now)
}

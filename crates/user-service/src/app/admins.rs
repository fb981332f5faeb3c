//! Steps of every transaction that makes or unmakes an administrator.

use store::{StoreResult, Tx};

use crate::domain::{Admins, Setup, User};

/// Who can administrate the marketplace, with `user` as they are now. To be saved together with the user.
pub(super) fn admins_with(tx: &mut Tx<'_>, user: &User) -> StoreResult<Admins> {
    let admins = tx.get::<Admins>(&Admins::KEY)?;
    let admins = admins.map_or_else(Admins::none, |admins| (*admins).clone());
    Ok(admins.with(user))
}

/// Takes no token any more: part of each transaction that makes an administrator.
pub(crate) fn end_setup(tx: &mut Tx<'_>) -> StoreResult<()> {
    let setup = tx.get::<Setup>(&Setup::ID)?;
    if setup.is_some_and(|setup| setup.is_done()) {
        return Ok(());
    }
    tx.put(Setup::done())
}

//! The keys that sign access tokens: read again when their file changes, without a restart.

use auth::JwkSet;

use super::App;
use crate::security;

/// The public keys of all that sign, have signed or will.
pub(crate) fn jwks(app: &App) -> JwkSet {
    JwkSet::from(&app.issuer.verification_keys())
}

/// Reads the keys again. If that fails, those that are known stay.
pub(crate) fn reload_keys(app: &App) {
    match app.issuer.reload() {
        Ok(false) => {}
        Ok(true) => {
            app.verifier.replace_keys(app.issuer.verification_keys());
            security::keys_changed(&app.issuer.active_key());
        }
        Err(error) => {
            tracing::warn!(%error, "the signing keys cannot be read again; those that are known stay");
        }
    }
}

//! What pages are made from.

use std::sync::Arc;

use kernel::{Clock, Currency, IdSource};

use crate::api::Api;
use crate::assets::Assets;
use crate::cookies::Cookies;
use crate::lang::Lang;
use crate::templates::Templates;
use crate::vault::Vault;

/// What the pages of a process share.
pub(crate) struct Shared {
    /// Each with its templates; the first stands in for languages that there are no texts for.
    pub(crate) langs: Vec<Arc<Lang>>,
    pub(crate) templates: Vec<Templates>,
    pub(crate) assets: Arc<Assets>,
    pub(crate) vault: Vault,
    pub(crate) cookies: Cookies,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) currency: Currency,
    /// The `Content-Security-Policy` of all pages.
    pub(crate) policy: String,
}

/// What the pages of a thread use.
pub(crate) struct Pages {
    pub(crate) shared: Arc<Shared>,
    pub(crate) api: Box<dyn Api>,
}

//! Names that no other test, process or run has used, because the suite may share its marketplace with other users.

use std::sync::{Arc, OnceLock};

use kernel::{IdSource, SystemClock, SystemIds};

/// A fresh UUID as text.
#[must_use]
pub fn unique() -> String {
    static IDS: OnceLock<SystemIds> = OnceLock::new();
    IDS.get_or_init(|| SystemIds::new(Arc::new(SystemClock)))
        .next()
        .to_string()
}

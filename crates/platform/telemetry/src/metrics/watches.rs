//! Values that are read at scrape time.

use std::sync::{Arc, Mutex, PoisonError};

type Look = Box<dyn Fn() + Send + Sync>;

/// The functions to run at a scrape; each sets gauges.
#[derive(Clone, Default)]
pub(super) struct Watches(Arc<Mutex<Vec<Look>>>);

impl Watches {
    pub(super) fn add(&self, look: impl Fn() + Send + Sync + 'static) {
        self.lock().push(Box::new(look));
    }

    pub(super) fn look(&self) {
        self.lock().iter().for_each(|look| look());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

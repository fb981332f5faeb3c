//! The id of the current request, kept in the task's context so that log lines and problems can include it.

tokio::task_local! {
    static REQUEST_ID: RequestId;
}

/// Identifies one request in answers and logs.
#[derive(Debug, Clone)]
pub struct RequestId(String);

impl RequestId {
    /// A request id. It is printed without escaping, so it must consist of harmless characters.
    #[must_use]
    pub const fn new(id: String) -> Self {
        Self(id)
    }

    /// The id of the current request, if there is one.
    #[must_use]
    pub fn current() -> Option<Self> {
        REQUEST_ID.try_with(Clone::clone).ok()
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Runs `work` as part of the request with this id.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        REQUEST_ID.scope(self, work).await
    }

    /// Runs the synchronous `work` as part of the request with this id, on any thread.
    pub fn sync_scope<T>(self, work: impl FnOnce() -> T) -> T {
        REQUEST_ID.sync_scope(self, work)
    }
}

/// The id of the current request; empty outside of one.
#[must_use]
pub fn current_request_id() -> String {
    REQUEST_ID.try_with(|id| id.0.clone()).unwrap_or_default()
}

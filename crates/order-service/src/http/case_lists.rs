//! The common part of the lists of returns and disputes.

use auth::{Caller, Role};
use kernel::{CursorScope, Limit, Page};
use platform_http::QueryParams;
use store::{StoreError, StoreResult};
use uuid::Uuid;

use crate::app::{App, CaseFilter, FoundCase, Party, list_cases};
use crate::domain::Fulfilment;
use crate::records::CaseState;

/// Filters and place of a page.
pub(crate) struct CaseParams {
    filter: CaseFilter,
    after: Option<Uuid>,
    limit: Limit,
    scope: CursorScope,
}

impl CaseParams {
    /// Reads the query of the list `name`, whose cases can be in the states `all`.
    pub(super) fn read<const N: usize>(
        params: &mut QueryParams,
        name: &str,
        all: [CaseState; N],
    ) -> Option<Self> {
        let state = params.one_of("status", all, CaseState::status);
        let role = params.one_of("role", Party::ALL, Party::as_str);
        let limit = params.limit();
        let filters = state.zip(role).map_or_else(String::new, |(state, role)| {
            let status = state.map_or("", CaseState::status);
            format!("{status}|{}", role.map_or("", Party::as_str))
        });
        let scope = CursorScope::new(name, &filters);
        let after = params.cursor::<Uuid>(scope);
        Some(Self {
            filter: CaseFilter {
                states: state?.map_or_else(|| all.to_vec(), |state| vec![state]),
                role: role?,
            },
            after: after?,
            limit: limit?,
            scope,
        })
    }

    /// The page.
    pub(super) async fn list(self, app: &App, caller: &Caller) -> StoreResult<Page<FoundCase>> {
        let viewer = (caller.user, caller.has(Role::Admin));
        list_cases(
            app,
            viewer,
            &self.filter,
            self.after,
            self.limit,
            self.scope,
        )
        .await
    }
}

/// The case that was found in its order, by `find`.
pub(super) fn within<'a, T>(
    found: &'a FoundCase,
    find: impl Fn(&'a Fulfilment) -> Option<&'a T>,
) -> StoreResult<(&'a Fulfilment, &'a T)> {
    let mut parts = found.order.fulfilments.iter();
    let case = parts.find_map(|part| Some((part, find(part)?)));
    let lost = || {
        let (order, case) = (found.order.id, found.id);
        StoreError::Corrupt(format!("{case} is listed and not in its order {order}"))
    };
    case.ok_or_else(lost)
}

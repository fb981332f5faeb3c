//! Lists returns and disputes, the newest first: to operators all, to others those of the parts that they sell and of the orders that
//! they placed.

use futures_util::future::try_join_all;
use kernel::{CursorScope, Limit, Page, UserId};
use serde::Serialize;
use store::{StoreError, StoreResult};
use utoipa::ToSchema;
use uuid::Uuid;

use super::App;
use crate::domain::Order;
use crate::records::{CaseRecord, CaseState};
use crate::store::{CasesQuery, Whose};

/// One of the two parties to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Party {
    /// Who bought it.
    Buyer,
    /// Who sells the part.
    Seller,
}

kernel::words!(Party { Buyer = "buyer", Seller = "seller" });

/// Which cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseFilter {
    /// In which states.
    pub(crate) states: Vec<CaseState>,
    /// In which the viewer is this party. None for all that they may see.
    pub(crate) role: Option<Party>,
}

/// A case, with its order.
#[derive(Debug, Clone)]
pub(crate) struct FoundCase {
    /// Its id.
    pub(crate) id: Uuid,
    /// The order.
    pub(crate) order: Order,
}

/// A page of the cases that `viewer`, a user who may be an operator, may see, after the case `after`.
pub(crate) async fn list_cases(
    app: &App,
    (user, is_admin): (UserId, bool),
    filter: &CaseFilter,
    after: Option<Uuid>,
    limit: Limit,
    scope: CursorScope,
) -> StoreResult<Page<FoundCase>> {
    let whose = match (filter.role, is_admin) {
        (Some(Party::Buyer), _) => vec![Whose::Buyer(user)],
        (Some(Party::Seller), _) => vec![Whose::Seller(user)],
        (None, true) => vec![Whose::All],
        (None, false) => vec![Whose::Buyer(user), Whose::Seller(user)],
    };
    let walks = whose.into_iter().map(|whose| {
        let states = filter.states.clone();
        let query = CasesQuery { states, whose };
        async move { app.queries.cases(&query, after, limit.and_one()).await }
    });
    let mut cases: Vec<CaseRecord> = try_join_all(walks).await?.concat();
    // Users cannot buy from themselves, so no case appears twice.
    cases.sort_unstable_by_key(|case| std::cmp::Reverse(case.id));
    cases.truncate(limit.get().saturating_add(1));
    let page = Page::cut(cases, limit, |last| scope.cursor(&last.id));
    let found = page.items.iter().map(|case| with_order(app, case));
    Ok(Page {
        items: try_join_all(found).await?,
        next_cursor: page.next_cursor,
    })
}

async fn with_order(app: &App, case: &CaseRecord) -> StoreResult<FoundCase> {
    let CaseRecord { id, order_id, .. } = case;
    let lost = || StoreError::Corrupt(format!("{id} is listed, and its order {order_id} is gone"));
    let order = app.order(*order_id).await?.ok_or_else(lost)?;
    Ok(FoundCase { id: *id, order })
}

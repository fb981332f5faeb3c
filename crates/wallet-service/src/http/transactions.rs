//! `GET /api/wallet/transaction`.

use actix_web::{HttpResponse, web};
use auth::Listing;
use kernel::{CursorScope, Invalid, Limit, Timestamp};
use platform_http::{Problem, Query, QueryParams, QueryReader, TimeOrDate};

use super::shapes::{StatementKind, TransactionPage};
use crate::app::{self, App};
use crate::domain::{Kind, Place, StatementFilter};

/// Filters and place of a page.
pub(super) struct StatementQuery {
    filter: StatementFilter,
    limit: Limit,
    scope: CursorScope,
}

impl QueryReader for StatementQuery {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let kind = params.one_of("type", Kind::IN_STATEMENT, Kind::as_str);
        let from = params.optional("from", Timestamp::parse_since);
        let to = params.optional("to", Timestamp::parse_until);
        let limit = params.limit();
        let filter = match (kind, from, to) {
            (Some(kind), Some(from), Some(to)) => Some(StatementFilter {
                kind,
                from,
                to,
                before: None,
            }),
            _ => None,
        };
        // A cursor is good for the filters that it was made with. Without readable filters there is nothing to check it by.
        let filters = filter.as_ref().map_or_else(String::new, text);
        let scope = CursorScope::new("wallet/transaction", &filters);
        let before = params.cursor::<(i64, i64)>(scope);
        let filter = filter?;
        if let (Some(from), Some(to)) = (filter.from, filter.to)
            && to <= from
        {
            params.refuse(
                "to",
                Invalid::new("out_of_range", "must be later than from"),
            );
        }
        let before = before?.map(|(at, sequence)| Place {
            at: Timestamp::from_millis(at),
            sequence,
        });
        Some(Self {
            filter: StatementFilter { before, ..filter },
            limit: limit?,
            scope,
        })
    }
}

/// The filters as text.
fn text(filter: &StatementFilter) -> String {
    let kind = filter.kind.map_or("", Kind::as_str);
    let [from, to] = [filter.from, filter.to]
        .map(|time| time.map_or_else(String::new, |time| time.as_millis().to_string()));
    format!("{kind}|{from}|{to}")
}

/// The caller's statement
///
/// Every movement of the caller's available balance, newest first. `sequence` has no gaps, and `balanceAfter` is the balance
/// after the movement.
#[utoipa::path(
    get, path = "/api/wallet/transaction", tag = "wallet", operation_id = "walletTransactions", security(("bearer" = [])),
    params(
        ("type" = Option<StatementKind>, Query, description = "Only movements of this kind"),
        ("from" = inline(Option<TimeOrDate>), Query, description = "Start: a time (RFC 3339), or a date such as 2026-01-31, which is the start of that day in UTC", example = "2026-01-01"),
        ("to" = inline(Option<TimeOrDate>), Query, description = "End: a time (RFC 3339), not included, or a date such as 2026-01-31, the whole of which is included", example = "2030-12-31"),
        ("limit" = inline(Option<Limit>), Query, description = "Most movements on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filters"),
    ),
    responses(
        (status = 200, description = "A page", body = TransactionPage,
            example = json!({"items": [{"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "type": "order_payment", "amount": -1299,
                "currency": "USD", "balanceAfter": 10701, "sequence": 8, "orderId": "0199f3a0-6b1c-7c3e-9d52-6f0c1a2b3c4d",
                "createdAt": "2026-01-31T12:00:00.000Z"}], "nextCursor": null})),
    )
)]
pub(super) async fn transactions(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<StatementQuery>,
) -> Result<HttpResponse, Problem> {
    let Query(StatementQuery {
        filter,
        limit,
        scope,
    }) = query;
    let page = app::history(&app, caller.user, filter, limit, scope).await?;
    Ok(HttpResponse::Ok().json(TransactionPage::from(page)))
}

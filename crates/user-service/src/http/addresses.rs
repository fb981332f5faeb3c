//! GET and POST /api/users/me/addresses.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use auth::{Caller, Creating};
use kernel::{AddressId, CursorScope, Limit, Page};
use platform_http::{
    Body, Problem, Query, QueryParams, QueryReader, answer_repeat, json_answer, once_key,
    send_stored,
};
use store::idempotency::{Answered, Repeatable, StoredAnswer};
use store::{StoreError, StoreResult};
use uuid::Uuid;

use super::address_json::{AddressJson, AddressPage, AddressRequest};
use crate::app::{self, App, NewAddress};
use crate::domain::{AddressBook, Kept, Wish};

/// Scope of idempotency keys.
const ROUTE: &str = "POST /api/users/me/addresses";

/// The place of a page.
pub(super) struct AddressQuery {
    limit: Limit,
    after: Option<Uuid>,
}

fn scope() -> CursorScope {
    CursorScope::new("users/me/addresses", "")
}

impl QueryReader for AddressQuery {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let (limit, after) = (params.limit(), params.cursor(scope()));
        Some(Self {
            limit: limit?,
            after: after?,
        })
    }
}

/// List my addresses
///
/// The newest first; at most 50. Only the caller sees them.
#[utoipa::path(get, path = "/api/users/me/addresses", tag = "users", operation_id = "listAddresses", security(("bearer" = [])),
    params(
        ("limit" = inline(Option<Limit>), Query, description = "Most addresses on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page"),
    ),
    responses((status = 200, description = "A page", body = AddressPage<'static>)))]
pub(super) async fn list(
    app: web::Data<App>,
    caller: Caller,
    query: Query<AddressQuery>,
) -> Result<HttpResponse, Problem> {
    let Query(AddressQuery { limit, after }) = query;
    let book = app::addresses(&app, caller.user).await?;
    let Some(book) = book else {
        return Ok(HttpResponse::Ok().json(AddressPage::new(Vec::new(), None)));
    };
    let page = page(&book, limit, after);
    let items = page.items.into_iter();
    let items = items.map(|kept| AddressJson::of(&book, kept)).collect();
    Ok(HttpResponse::Ok().json(AddressPage::new(items, page.next_cursor)))
}

/// Ids rise with time, so an address has the same place whatever is added or removed.
fn page(book: &AddressBook, limit: Limit, after: Option<Uuid>) -> Page<&Kept> {
    let follows = |kept: &&Kept| after.is_none_or(|after| kept.id.as_uuid() < after);
    let rows = book.newest_first().filter(follows);
    let rows = rows.take(limit.get().saturating_add(1)).collect();
    Page::cut(rows, limit, |last| scope().cursor(&last.id.as_uuid()))
}

/// Keep an address
///
/// The first address is the default; a later one is if it says so, and then the earlier default is no longer. Send an `Idempotency-Key` so
/// that a repeated request keeps it once.
#[utoipa::path(post, path = "/api/users/me/addresses", tag = "users", operation_id = "addAddress", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours")),
    request_body(content = AddressRequest, example = json!({"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB", "isDefault": true})),
    responses(
        (status = 201, description = "Kept", body = AddressJson<'static>, headers(("Location" = String, description = "The address"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 409, description = "`too_many_addresses`: at most 50"),
    ))]
pub(super) async fn add(
    app: web::Data<App>,
    Creating(caller): Creating,
    request: HttpRequest,
    body: Body<AddressRequest>,
) -> Result<HttpResponse, Problem> {
    let (address, is_default) = body.into_inner().into_parts();
    let new = NewAddress {
        user: caller.user,
        address,
        wish: Wish::from(is_default),
    };
    let meaning = (&new.address, new.wish);
    let Some(key) = once_key(&request, caller.user, ROUTE, &meaning)? else {
        let added = app::add_address(&app, new).await?;
        return Ok(send_stored(render(&added)?));
    };
    let once = Repeatable {
        key,
        render: Arc::new(render),
    };
    match app::add_address_once(&app, new, once).await? {
        Answered::First(added) => Ok(send_stored(render(&added)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}

fn render((book, id): &(AddressBook, AddressId)) -> StoreResult<StoredAnswer> {
    let kept = book.find(*id);
    let kept = kept.map_err(|refusal| StoreError::Corrupt(format!("address {id}: {refusal}")))?;
    Ok(StoredAnswer {
        location: Some(format!("/api/users/me/addresses/{id}")),
        ..json_answer(201, &AddressJson::of(book, kept))?
    })
}

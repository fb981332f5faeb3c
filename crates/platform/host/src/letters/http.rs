//! GET {service}/dead-letters and the POSTs that send them again.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use auth::{Caller, operators_only};
use kernel::{Cursor, CursorScope, Limit, MessageId, Page, Timestamp};
use platform_http::{Paths, Problem, Query, QueryParams, QueryReader, Routes, common};
use serde::Serialize;
use store::{DeadLetter, DeadLetterPlace, DeadLetters as _};
use utoipa::ToSchema;

use super::Letters;

/// The place of a page.
struct ListLetters {
    after: Option<DeadLetterPlace>,
    limit: Limit,
}

fn scope() -> CursorScope {
    CursorScope::new("dead letters", "")
}

impl QueryReader for ListLetters {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let (limit, after) = (params.limit(), params.cursor(scope()));
        Some(Self {
            after: after?,
            limit: limit?,
        })
    }
}

/// A message between services that was given up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetter)]
pub(super) struct LetterJson {
    /// The message's id.
    id: MessageId,
    /// What it says or asks for.
    #[schema(example = "marketplace.wallet.v1.DebitForOrder")]
    name: String,
    /// The order or the user that it is about.
    #[schema(format = "uuid")]
    subject: String,
    /// When it was decided to send it.
    sent_at: Timestamp,
    /// How often it was delivered.
    attempts: u32,
    /// Why it was given up.
    #[schema(example = "the till was closed")]
    reason: String,
    /// When it was given up.
    died_at: Timestamp,
}

impl From<DeadLetter> for LetterJson {
    fn from(letter: DeadLetter) -> Self {
        let message = letter.envelope;
        Self {
            id: message.id,
            name: message.name,
            subject: message.subject.to_string(),
            sent_at: message.time,
            attempts: letter.attempts,
            reason: letter.reason,
            died_at: letter.died_at,
        }
    }
}

/// A page of dead letters.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetterPage)]
pub(super) struct LetterPage {
    /// The dead letters.
    items: Vec<LetterJson>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

/// What was sent again.
#[derive(Serialize, ToSchema)]
#[schema(as = Replayed)]
pub(super) struct ReplayedJson {
    /// How many messages.
    replayed: usize,
}

/// A service's routes after these.
pub(super) fn routes(letters: Letters, path: &'static str, own: Routes) -> Routes {
    Arc::new(move |config: &mut ServiceConfig| {
        let (of_list, of_all, of_one) = (letters.clone(), letters.clone(), letters.clone());
        Paths::default()
            .owns(format!("{path}/dead-letters"))
            .get(
                format!("{path}/dead-letters"),
                move |caller: Caller, query: Query<ListLetters>| {
                    list(of_list.clone(), caller, query.0)
                },
            )
            .post(
                format!("{path}/dead-letters/replay"),
                move |caller: Caller| replay_all(of_all.clone(), caller, path),
            )
            .post(
                format!("{path}/dead-letters/{{id}}/replay"),
                move |caller: Caller, id: web::Path<String>| {
                    replay_one(of_one.clone(), caller, path, id.into_inner())
                },
            )
            .declare(config);
        own(config);
    })
}

async fn list(
    letters: Letters,
    caller: Caller,
    query: ListLetters,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let most = usize::try_from(query.limit.and_one()).unwrap_or(usize::MAX);
    let found = letters.dead_letters(query.after, most).await?;
    let page = Page::cut(found, query.limit, |last| scope().cursor(&last.place()));
    Ok(HttpResponse::Ok().json(LetterPage {
        items: page.items.into_iter().map(LetterJson::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

async fn replay_all(letters: Letters, caller: Caller, path: &str) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let replayed = letters.replay(None).await?;
    tracing::info!(by = %caller.user, path, replayed, "an operator sends all dead letters again");
    Ok(HttpResponse::Ok().json(ReplayedJson { replayed }))
}

async fn replay_one(
    letters: Letters,
    caller: Caller,
    path: &str,
    id: String,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let unknown = || Problem::new(&common::NOT_FOUND, "No dead letter has this id.");
    let id: MessageId = id.parse().map_err(|_| unknown())?;
    let replayed = letters.replay(Some(id)).await?;
    if replayed == 0 {
        return Err(unknown());
    }
    tracing::info!(by = %caller.user, path, message = %id, "an operator sends a dead letter again");
    Ok(HttpResponse::Ok().json(ReplayedJson { replayed }))
}

//! How the routes are described: the same for each service, below its path.

use kernel::{Limit, MessageId};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Described;
use utoipa::openapi::path::Operation;

use super::http::{LetterPage, ReplayedJson};

/// List messages that were given up
///
/// Messages to or from the service that are malformed or that failed six times, the oldest first. Role `admin`.
#[utoipa::path(get, path = "/dead-letters", operation_id = "listDeadLetters", security(("bearer" = [])),
    params(
        ("limit" = inline(Option<Limit>), Query, description = "Most dead letters on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page", body = LetterPage),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
#[expect(dead_code, reason = "read by the derive only")]
fn list() {}

/// Send all messages that were given up again
///
/// They have their six deliveries anew. Safe at any time: receivers recognise what they have handled. Role `admin`.
#[utoipa::path(post, path = "/dead-letters/replay", operation_id = "replayDeadLetters", security(("bearer" = [])),
    responses(
        (status = 200, description = "They are sent again", body = ReplayedJson, example = json!({"replayed": 3})),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
#[expect(dead_code, reason = "read by the derive only")]
fn replay_all() {}

/// Send a message that was given up again
///
/// Role `admin`.
#[utoipa::path(post, path = "/dead-letters/{id}/replay", operation_id = "replayDeadLetter", security(("bearer" = [])),
    params(("id" = MessageId, Path, description = "The message's id")),
    responses(
        (status = 200, description = "It is sent again", body = ReplayedJson, example = json!({"replayed": 1})),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`not_found`"),
    ))]
#[expect(dead_code, reason = "read by the derive only")]
fn replay_one() {}

#[derive(OpenApi)]
#[openapi(paths(list, replay_all, replay_one))]
struct Document;

/// A service's document with the operations of its dead letters below `path`. `tag` is the service's, such as `orders`.
#[must_use]
pub fn describe(own: Described, path: &str, tag: &str) -> Described {
    let mut letters = Document::openapi();
    for item in letters.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post];
        operations
            .into_iter()
            .flatten()
            .for_each(|operation| name(operation, tag));
    }
    own.nest(path, letters)
}

/// Operations have names of their own.
fn name(operation: &mut Operation, tag: &str) {
    operation.tags = Some(vec![tag.to_owned()]);
    if let Some(id) = &mut operation.operation_id {
        let mut letters = tag.chars();
        id.push_str("Of");
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
    }
}

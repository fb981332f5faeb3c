//! Counts what a request asks for, for the one who asks.

use std::time::Duration;

use actix_web::{HttpMessage as _, HttpRequest};
use kernel::UserId;
use telemetry::{SecurityEvent, security};

use super::client::Client;
use super::limits::{Counted, LISTS_AT_ONCE, Queued};
use super::problem::Problem;

/// The event that `whom` was throttled.
fn of(whom: Counted, client: &Client) -> SecurityEvent {
    let event = security("throttled").client(client.address);
    match whom {
        Counted::User(user) => event.user(user),
        Counted::Prefix(_) => event,
    }
}

fn counted(client: &Client, user: Option<UserId>) -> Counted {
    user.map_or_else(|| Counted::Prefix(client.prefix()), Counted::User)
}

/// Counts a creation that `request` asks for, for `user` or, without one, for the client.
///
/// # Errors
/// 429 if there were too many.
pub fn count_creation(request: &HttpRequest, user: Option<UserId>) -> Result<(), Problem> {
    let client = Client::of_request(request);
    match client.limits() {
        Some(limits) => {
            let whom = counted(&client, user);
            limits.count(&limits.creates, whom, || of(whom, &client))
        }
        None => Ok(()),
    }
}

/// Waits for the turn of a list that `request` asks for, for `user` or, without one, for the client. The turn ends when the answer has been
/// sent: a client that does not read its lists gets no more of them.
///
/// # Errors
/// 429 if there were too many a minute, or too many wait. What waits too long ends its connection.
pub async fn wait_for_list(request: &HttpRequest, user: Option<UserId>) -> Result<(), Problem> {
    let client = Client::of_request(request);
    let Some(limits) = client.limits() else {
        return Ok(());
    };
    let whom = counted(&client, user);
    limits.count(&limits.lists, whom, || of(whom, &client))?;
    match limits.turns.wait(whom).await {
        Queued::Turn(turn) => {
            request.extensions_mut().insert(turn);
            Ok(())
        }
        Queued::TooMany => {
            let event = of(whom, &client);
            let refusal = limits.refuse(&LISTS_AT_ONCE, Duration::from_secs(1), event);
            Err(refusal.last())
        }
    }
}

//! A service that verifies tokens, and a user service that says what is revoked, becomes unavailable and returns: over HTTP, as in
//! production.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use actix_web::{HttpResponse, web};
use auth::testing::{fixture, policy};
use auth::{Issuer, ListedRevocation, Revocation, Subject, TokenError};
use host::testing::eventually;
use kernel::{SessionId, SystemClock, SystemIds, UserId};
use platform_http::{Edge, Paths, Port, Routes, Server};
use telemetry::metrics::Metrics;

use super::*;
use kernel::Clock as _;

const FAST: Duration = Duration::from_millis(20);

/// What a user service says is revoked.
#[derive(Default)]
struct Said(Mutex<Vec<ListedRevocation>>);

impl Said {
    fn add(&self, revocation: Revocation) {
        let at = SystemClock.now();
        let id = revocation.user.as_uuid();
        let place = RevocationPlace { at, id };
        self.0
            .lock()
            .unwrap()
            .push(ListedRevocation { place, revocation });
    }
}

async fn list(said: web::Data<Said>) -> HttpResponse {
    let items = said.0.lock().unwrap().clone();
    HttpResponse::Ok().json(RevocationPage { items })
}

fn serve(address: SocketAddr, said: &Arc<Said>) -> (SocketAddr, Server) {
    let edge = Edge::new(
        Port::Internal,
        Arc::new(SystemIds::default()),
        Metrics::default(),
        Vec::new(),
    );
    let data = web::Data::from(said.clone());
    let routes: Routes = Arc::new(move |config| {
        config.app_data(data.clone());
        Paths::default().get(REVOCATIONS_PATH, list).declare(config);
    });
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::start(listener, 1, edge, vec![routes]).unwrap();
    (address, server)
}

fn someone() -> (UserId, SessionId) {
    let ids = SystemIds::default();
    (UserId::new(&ids), SessionId::new(&ids))
}

fn token(issuer: &Issuer, (user, session): (UserId, SessionId)) -> String {
    let subject = Subject {
        user,
        roles: &[],
        session,
        version: 0,
    };
    issuer.issue(&subject, SystemClock.now()).unwrap()
}

#[tokio::test]
async fn a_revoked_token_is_soon_refused_and_while_the_user_service_is_away_the_others_are_taken() {
    let (issuer, verifier) = fixture();
    let (ada, eve) = (someone(), someone());
    let (adas, eves) = (token(&issuer, ada), token(&issuer, eve));
    let said = Arc::new(Said::default());
    let until = SystemClock.now().plus(policy().lifetime);
    said.add(Revocation::of_session(ada.0, ada.1, until));
    let tasks = Tasks::new();
    let known = Known(verifier.clone());
    verifier.await_revocations();
    // Nobody answers at first.
    let free = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let url = format!("http://{address}/").into();
    follow_every(FAST, &url, verifier.clone(), &tasks).unwrap();
    assert!(known.check().await.is_err());
    assert_eq!(verifier.verify(&eves), Err(TokenError::NoKeys));

    let (_, server) = serve(address, &said);
    eventually("the list", async || known.check().await.ok()).await;
    assert_eq!(verifier.verify(&adas), Err(TokenError::Revoked));
    assert!(verifier.verify(&eves).is_ok());

    server.stop().await.unwrap();
    tokio::time::sleep(FAST).await;
    assert!(verifier.verify(&eves).is_ok() && known.check().await.is_ok());
    said.add(Revocation::of_user(eve.0, 1, None, until));
    let (_, server) = serve(address, &said);
    let refused = async || verifier.verify(&eves).err();
    assert_eq!(eventually("a refusal", refused).await, TokenError::Revoked);
    tasks.drain(Duration::from_secs(5)).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_by_its_setting() {
    let (_, verifier) = fixture();
    for wrong in ["", "nonsense", "http://", "https://users:9080"] {
        let refused = follow(&wrong.to_owned().into(), verifier.clone(), &Tasks::new());
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("auth.revocations_url"), "{refused}");
    }
}

//! A service that verifies tokens, and a signer whose keys change, become unavailable and return: over HTTP, as in production.

use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{HttpResponse, web};
use auth::testing::{policy, token_for};
use auth::{Caller, Issuer, SigningKey};
use host::testing::{Answer, eventually};
use kernel::{SystemClock, SystemIds, UserId};
use platform_http::{Edge, Paths, Port, Routes, Server};
use telemetry::metrics::Metrics;

use super::*;

/// As in production, but with short delays.
const FAST: Pace = Pace {
    backoff: Backoff::new(Duration::from_millis(10), Duration::from_millis(50)),
    least: Duration::from_millis(50),
    most: Duration::from_millis(200),
};

/// What a signer publishes, and how often it was fetched.
#[derive(Default)]
struct Published {
    keys: Mutex<VerificationKeys>,
    asked: AtomicUsize,
}

/// Publishes the keys it is given.
struct Signer {
    address: SocketAddr,
    published: Arc<Published>,
    server: Server,
}

fn serve(listener: TcpListener, readiness: Vec<Arc<dyn Readiness>>, routes: Routes) -> Server {
    let edge = Edge::new(
        Port::Only,
        Arc::new(SystemIds::default()),
        Metrics::default(),
        readiness,
    );
    Server::start(listener, 1, edge, vec![routes]).unwrap()
}

impl Signer {
    fn start(address: SocketAddr, keys: VerificationKeys) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let published = Arc::new(Published::default());
        let data = web::Data::from(published.clone());
        let routes: Routes = Arc::new(move |config| {
            config.app_data(data.clone());
            Paths::default().get("/keys", publish).declare(config);
        });
        let signer = Self {
            address,
            published,
            server: serve(listener, Vec::new(), routes),
        };
        signer.publish(keys);
        signer
    }

    fn publish(&self, keys: VerificationKeys) {
        *self.published.keys.lock().unwrap() = keys;
    }

    /// Returns once the follower has made a new fetch and had time to apply its result.
    async fn was_asked(&self) {
        let asked = || self.published.asked.load(Ordering::Relaxed);
        // A fetch already in progress may return the old keys. The fetch after it returns the new ones, and a third starts when those are
        // applied.
        let enough = asked() + 2;
        eventually("a fetch", async || (asked() >= enough).then_some(())).await;
    }
}

async fn publish(published: web::Data<Published>) -> HttpResponse {
    published.asked.fetch_add(1, Ordering::Relaxed);
    HttpResponse::Ok().json(JwkSet::from(&*published.keys.lock().unwrap()))
}

/// A service whose only path needs a token.
struct Service {
    url: String,
    client: Client,
    tasks: Tasks,
    _server: Server,
}

impl Service {
    fn start(pace: Pace, signer: SocketAddr) -> Self {
        let tasks = Tasks::new();
        let verifier = Verifier::waiting(policy(), Arc::new(SystemClock));
        let keys = format!("http://{signer}/keys");
        let ready = follow_at(pace, &keys.into(), verifier.clone(), &tasks).unwrap();
        let data = web::Data::new(verifier);
        let routes: Routes = Arc::new(move |config| {
            config.app_data(data.clone());
            Paths::default().get("/me", me).declare(config);
        });
        let listener = TcpListener::bind(anywhere()).unwrap();
        Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            client: Client::builder()
                .no_proxy()
                .timeout(Duration::from_mins(1))
                .build()
                .unwrap(),
            tasks,
            _server: serve(listener, vec![ready], routes),
        }
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url));
        Answer::of(request.bearer_auth(token)).await
    }

    async fn ready(&self) -> Answer {
        self.get("/readyz", "").await
    }

    async fn status(&self, issuer: &Issuer) -> u16 {
        self.get("/me", &token(issuer)).await.status
    }

    async fn comes_to(&self, issuer: &Issuer, status: u16) {
        let what = format!("a token answered {status}");
        eventually(&what, async || {
            (self.status(issuer).await == status).then_some(())
        })
        .await;
    }
}

fn token(issuer: &Issuer) -> String {
    token_for(issuer, UserId::new(&SystemIds::default()), &[])
}

async fn me(caller: Caller) -> HttpResponse {
    HttpResponse::Ok().json(caller.user)
}

fn issuer() -> Issuer {
    Issuer::new(SigningKey::generate().unwrap(), policy())
}

fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[actix_web::test]
async fn a_service_that_starts_before_its_signer_answers_503_and_recovers_by_itself() {
    let issuer = issuer();
    let address = TcpListener::bind(anywhere()).unwrap().local_addr().unwrap();
    let service = Service::start(FAST, address);
    let token = token(&issuer);
    let answer = service.get("/me", &token).await;
    answer.assert_problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    let ready = service.ready().await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body["dependencies"][0]["name"], "signing keys");
    assert_eq!(ready.body["dependencies"][0]["state"], "down");
    let signer = Signer::start(address, issuer.verification_keys());
    service.comes_to(&issuer, 200).await;
    assert_eq!(service.ready().await.status, 200);
    // Unavailable again: the keys already fetched stay in use.
    signer.server.stop().await.unwrap();
    assert_eq!(service.status(&issuer).await, 200);
    assert_eq!(service.ready().await.status, 200);
}

#[actix_web::test]
async fn when_a_key_is_replaced_tokens_of_the_new_one_are_taken_and_those_of_the_old_one_refused() {
    let (old, new) = (issuer(), issuer());
    let signer = Signer::start(anywhere(), old.verification_keys());
    let service = Service::start(FAST, signer.address);
    service.comes_to(&old, 200).await;
    let remembered = token(&old);
    assert_eq!(service.get("/me", &remembered).await.status, 200);
    signer.publish(old.verification_keys().and(new.verification_keys()));
    service.comes_to(&new, 200).await;
    assert_eq!(service.get("/me", &remembered).await.status, 200);
    signer.publish(new.verification_keys());
    service.comes_to(&old, 401).await;
    assert_eq!(service.get("/me", &remembered).await.status, 401);
    assert_eq!(service.status(&new).await, 200);
}

#[actix_web::test]
async fn a_token_of_an_unknown_key_has_the_keys_fetched_without_waiting_for_the_next_round() {
    let (old, new) = (issuer(), issuer());
    let signer = Signer::start(anywhere(), old.verification_keys());
    let hourly = Pace {
        most: Duration::from_hours(1),
        ..FAST
    };
    let service = Service::start(hourly, signer.address);
    service.comes_to(&old, 200).await;
    signer.publish(new.verification_keys());
    service.comes_to(&new, 200).await;
}

#[actix_web::test]
async fn an_answer_that_holds_no_key_changes_nothing() {
    let issuer = issuer();
    let signer = Signer::start(anywhere(), VerificationKeys::default());
    let service = Service::start(FAST, signer.address);
    signer.was_asked().await;
    assert_eq!(service.status(&issuer).await, 503);
    signer.publish(issuer.verification_keys());
    service.comes_to(&issuer, 200).await;
    signer.publish(VerificationKeys::default());
    signer.was_asked().await;
    assert_eq!(service.status(&issuer).await, 200);
    assert_eq!(service.ready().await.status, 200);
}

#[actix_web::test]
async fn tokens_of_made_up_keys_do_not_have_the_keys_fetched_more_often_than_the_pace_allows() {
    let (issuer, nobody) = (issuer(), self::issuer());
    let signer = Signer::start(anywhere(), issuer.verification_keys());
    let seldom = Pace {
        least: Duration::from_hours(1),
        most: Duration::from_hours(2),
        ..FAST
    };
    let service = Service::start(seldom, signer.address);
    service.comes_to(&issuer, 200).await;
    for _ in 0..50 {
        assert_eq!(service.status(&nobody).await, 401);
    }
    assert_eq!(signer.published.asked.load(Ordering::Relaxed), 1);
}

#[actix_web::test]
async fn a_follower_stops_when_told_to() {
    let service = Service::start(FAST, anywhere());
    let drained = tokio::time::timeout(
        Duration::from_secs(5),
        service.tasks.drain(Duration::from_secs(60)),
    );
    assert_eq!(drained.await, Ok(()));
}

#[actix_web::test]
async fn what_cannot_be_asked_is_refused_at_once() {
    for url in ["", "users:9081/keys", "https://users/keys", "/keys"] {
        let verifier = Verifier::waiting(policy(), Arc::new(SystemClock));
        let refused = follow(&url.to_owned().into(), verifier, &Tasks::new())
            .map(drop)
            .unwrap_err();
        assert!(refused.to_string().contains("auth.jwks_url"), "{refused}");
    }
}

//! Holding stock at a product service in another process.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::{HttpResponse, web};
use contracts::reservations::{
    Agreed, CurrentPrice, Delivery, PATH, PriceChanged, Refusal, RequestedLine, ReserveAnswer,
    ReserveRequest, ReservedLine, Shortage,
};
use kernel::{Currency, Money, OrderId, ProductId, Quantity, SystemIds, UserId, VariantId};
use order_service::{HttpReservations, ReservationRefusal, Reservations};
use serde_json::json;

use crate::world::{Around, Script, World, one};

fn request() -> ReserveRequest {
    let ids = SystemIds::default();
    ReserveRequest {
        order: OrderId::new(&ids),
        buyer: UserId::new(&ids),
        expected_total: Some(Money::new(1500, Currency::USD)),
        lines: vec![RequestedLine {
            agreed: Agreed {
                unit_price: Some(Money::new(500, Currency::USD)),
                version: Some(4),
            },
            product: ProductId::new(&ids),
            variant: Some(VariantId::new(&ids)),
            quantity: Quantity::new(3).unwrap(),
        }],
    }
}

/// A product service that answers every request with this status and body.
fn answering(status: u16, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = actix_web::HttpServer::new(move || {
        let body = body.clone();
        let answer = move || {
            let status = actix_web::http::StatusCode::from_u16(status).unwrap();
            let answer = HttpResponse::build(status)
                .content_type("application/json")
                .body(body.clone());
            std::future::ready(answer)
        };
        actix_web::App::new().route(PATH, web::post().to(answer))
    });
    let server = server.workers(1).listen(listener).unwrap().run();
    tokio::spawn(server);
    url
}

async fn asked(status: u16, body: String) -> Result<Vec<ProductId>, ReservationRefusal> {
    let reservations = HttpReservations::new(&answering(status, body).into()).unwrap();
    let held = reservations.reserve(request()).await?;
    Ok(held.into_iter().map(|line| line.product).collect())
}

#[tokio::test]
async fn what_the_product_service_answers_is_what_the_order_service_hears() {
    let ids = SystemIds::default();
    let (product, seller) = (ProductId::new(&ids), UserId::new(&ids));
    let reserved = ReserveAnswer::Reserved(vec![ReservedLine {
        returns: contracts::reservations::ReturnPolicy::default(),
        product,
        variant: None,
        options: BTreeMap::new(),
        seller,
        seller_name: None,
        category: "Light".to_owned(),
        delivery: Delivery::None,
        name: "Lamp".to_owned(),
        unit_price: Money::new(500, Currency::USD),
        quantity: Quantity::new(3).unwrap(),
    }]);
    let json = |answer: &ReserveAnswer| serde_json::to_string(answer).unwrap();
    assert_eq!(asked(200, json(&reserved)).await, Ok(vec![product]));
    let shortage = Shortage {
        product,
        variant: None,
        requested: 3,
        available: 1,
    };
    let refusals = [
        Refusal::OutOfStock(vec![shortage]),
        Refusal::UnknownProducts(vec![product]),
        Refusal::UnknownVariants(vec![product.into()]),
        Refusal::OwnProducts(vec![product]),
        Refusal::MixedCurrencies,
        Refusal::TotalTooLarge,
        Refusal::PriceChanged(PriceChanged {
            lines: vec![CurrentPrice {
                product,
                variant: None,
                unit_price: Money::new(500, Currency::USD),
                version: 4,
            }],
            total: None,
        }),
        Refusal::Over,
    ];
    for refusal in refusals {
        let body = json(&ReserveAnswer::Refused(refusal.clone()));
        assert_eq!(asked(409, body).await, Err(refusal.into()));
    }
}

#[tokio::test]
async fn a_busy_product_service_is_to_be_asked_again_and_one_that_makes_no_sense_is_not() {
    for status in [408, 502, 503, 504] {
        let answer = asked(status, String::new()).await;
        assert!(
            matches!(answer, Err(ReservationRefusal::Unavailable(_))),
            "{answer:?}"
        );
    }
    for (status, body) in [(400, ""), (404, "{}"), (500, ""), (200, "{}"), (409, "[]")] {
        let answer = asked(status, body.to_owned()).await;
        assert!(
            matches!(answer, Err(ReservationRefusal::Failed(_))),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn the_request_says_which_order_whose_and_what() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || tell.send(one_request(&listener, "503 Busy")).unwrap());
    let wanted = request();
    let reservations = HttpReservations::new(&url.into()).unwrap();
    let refused = reservations.reserve(wanted.clone()).await.unwrap_err();
    assert!(matches!(refused, ReservationRefusal::Unavailable(_)));
    let heard: ReserveRequest = serde_json::from_str(&told.await.unwrap()).unwrap();
    assert_eq!(heard, wanted);
}

/// Takes one request and answers it without a body. Returns the request's body.
fn one_request(listener: &TcpListener, status: &str) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut heard = Vec::new();
    let body = loop {
        let mut some = [0; 4096];
        let count = stream.read(&mut some).unwrap();
        heard.extend_from_slice(&some[..count]);
        let text = String::from_utf8_lossy(&heard).into_owned();
        let Some((_, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        if serde_json::from_str::<serde_json::Value>(body).is_ok() {
            break body.to_owned();
        }
    };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).unwrap();
    body
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let broken = Arc::new(AtomicUsize::new(0));
    let count = broken.clone();
    std::thread::spawn(move || {
        for _ in 0..2 {
            drop(listener.accept().unwrap());
            count.fetch_add(1, Ordering::SeqCst);
        }
        one_request(&listener, "404 Answered");
    });
    let reservations = HttpReservations::new(&url.into()).unwrap();
    let refused = reservations.reserve(request()).await.unwrap_err();
    assert!(
        matches!(refused, ReservationRefusal::Failed(_)),
        "{refused:?}"
    );
    assert_eq!(broken.load(Ordering::SeqCst), 2);
}

/// Models an idle connection that the server times out just as the client reuses it.
#[tokio::test]
async fn a_connection_that_is_given_up_as_a_request_comes_is_made_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        one_request(&listener, "408 Request Timeout\r\nconnection: close");
        one_request(&listener, "404 Answered");
    });
    let reservations = HttpReservations::new(&url.into()).unwrap();
    let refused = reservations.reserve(request()).await.unwrap_err();
    assert!(
        matches!(&refused, ReservationRefusal::Failed(why) if why.contains("404")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_product_service_that_says_nothing_is_given_five_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let reservations = HttpReservations::new(&url.into()).unwrap();
    let asked = Instant::now();
    let refused = reservations.reserve(request()).await.unwrap_err();
    assert!(matches!(refused, ReservationRefusal::Unavailable(_)));
    let took = asked.elapsed();
    assert!(
        (Duration::from_millis(4900)..Duration::from_secs(9)).contains(&took),
        "{took:?}"
    );
}

#[tokio::test]
async fn without_the_product_service_an_order_is_503_and_can_be_repeated() {
    // A port without a listener: it was just freed.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let reservations = Arc::new(HttpReservations::new(&url.into()).unwrap());
    let world = World::holding_stock_at(reservations, Script::Pays, Around::new());
    let ((product, _), (user, token)) = (world.product(10), world.user());
    let key = [("idempotency-key", "once")];
    for _ in 0..2 {
        let answer = world.create(&token, &one(product, 1), &key).await;
        answer.assert_problem(503, "unavailable");
        assert!(!answer.header("retry-after").is_empty());
    }
    let list = format!("/api/orders/{user}/byUser");
    let orders = world.host.get(&list, &token).await;
    assert_eq!(orders.body["items"], json!([]));
}

#[test]
fn a_url_that_cannot_be_asked_is_refused_by_name() {
    for url in ["", "products", "ftp://products", "https://products:9082"] {
        let refused = HttpReservations::new(&url.to_owned().into()).err().unwrap();
        assert!(refused.contains("orders.products_url"), "{refused}");
    }
}

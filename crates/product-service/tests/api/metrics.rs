//! What `/metrics` reports about the catalogue's reads and commands.

use host::testing::eventually;

use crate::world::World;

#[tokio::test]
async fn reads_are_timed_by_kind_and_a_lone_service_has_nothing_to_send() {
    let world = World::new();
    let user = world.user();
    let listed = world.host.get("/api/products", &user.token).await;
    assert_eq!(listed.status, 200);
    let nobody = "/api/products/01900000-0000-7000-8000-000000000000";
    let missing = world.host.get(nobody, &user.token).await;
    assert_eq!(missing.status, 404);
    let scrape = world.host.metrics().await;
    for kind in ["list", "get"] {
        let labels = [("kind", kind)];
        let reads = scrape.sum("marketplace_store_read_duration_seconds_count", &labels);
        assert_eq!(reads, Some(1.0), "{kind}");
    }
    // The label is the route template, not the client's path.
    let route = [("route", "/api/products/{id}"), ("status", "404")];
    assert_eq!(
        scrape.sum("marketplace_http_requests_total", &route),
        Some(1.0)
    );
    let sender = [("sender", "product-service")];
    let rows = eventually("a look at the outbox", || async {
        let scrape = world.host.metrics().await;
        scrape.sum("marketplace_outbox_rows", &sender)
    })
    .await;
    assert!(rows.abs() < f64::EPSILON);
}

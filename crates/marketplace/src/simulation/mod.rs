//! Ninety days of orders on a simulated clock, through the API, with the order, product and wallet services as they run in production. A
//! tenth of all orders comes back and a hundredth is disputed; others are cancelled, refunded, never shipped, or asked back in vain. At the
//! end every part is over, the audit finds nothing, and every unit of money and stock is where the test's own books, which only know what
//! people did, say that it is.

mod books;
mod fate;
mod forged;
mod life;
mod world;

use futures_util::future::join_all;

use books::Books;
use life::Life;
use world::World;

/// Days on which orders are placed.
const DAYS: usize = 90;

/// Days after that until the last of them is over: a package that nobody reports, a return that is half sent, the windows after both.
const AFTERWARDS: usize = 50;

/// Lives through all days with so many orders on each.
async fn live(world: World, orders_a_day: usize) {
    let mut lives: Vec<Life> = Vec::new();
    for day in 0..DAYS + AFTERWARDS {
        if day < DAYS {
            let first = lives.len();
            let placing = (0..orders_a_day).map(|number| Life::begin(&world, first + number, day));
            lives.extend(join_all(placing).await);
        }
        world.a_day_passes().await;
        join_all(lives.iter_mut().map(|life| life.go_on(&world, day + 1))).await;
    }
    world.comes_to_rest().await;
    let mut books = Books::default();
    for life in &lives {
        life.assert_over(&world).await;
        books.add(life);
    }
    books.assert_told(orders_a_day * DAYS);
    books.assert_kept(&world).await;
    world.assert_audit_is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ninety_days_end_with_every_unit_accounted_for_on_sqlite() {
    live(World::on_sqlite().await, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ninety_busy_days_end_with_every_unit_accounted_for_on_sqlite() {
    live(World::on_sqlite().await, 12).await;
}

#[cfg(feature = "distributed")]
#[tokio::test(flavor = "multi_thread")]
async fn ninety_days_end_with_every_unit_accounted_for_on_mongodb() {
    live(World::on_mongodb().await, 3).await;
}

#[cfg(feature = "distributed")]
#[tokio::test(flavor = "multi_thread")]
async fn ninety_busy_days_end_with_every_unit_accounted_for_on_mongodb() {
    live(World::on_mongodb().await, 12).await;
}

//! The scenario that a release is recorded from: a few people and orders in every state that an order, a key, a message or a sum of
//! money can be in. Four days pass in it, on a clock that stands far in the future.

mod days;
mod notes;
mod opening;
mod orders;
mod requests;

use std::collections::BTreeMap;
use std::sync::Mutex;

use kernel::Timestamp;

use crate::facts::Facts;
use crate::world::World;

/// 2100-01-01: no server deletes by its own clock what was recorded then.
pub const BEGIN: Timestamp = Timestamp::from_millis(4_102_444_800_000);

/// The order that the wallet refused something for.
pub const REFUSED: &str = "paid, refused, to be reviewed";
const PEOPLE: [&str; 6] = ["ann", "ben", "cyd", "dan", "eve", "gus"];

/// A scenario on its way.
pub struct Scenario<'w> {
    world: &'w World,
    facts: Facts,
    lamp: String,
    chair: String,
    tokens: Mutex<BTreeMap<String, (Timestamp, String)>>,
}

impl<'w> Scenario<'w> {
    /// Plays it to the end, where it is still under way. Returns what has to be known of it.
    pub async fn play(world: &'w World) -> Facts {
        let mut scenario = Self {
            world,
            facts: Facts::default(),
            lamp: String::new(),
            chair: String::new(),
            tokens: Mutex::default(),
        };
        scenario.people().await;
        scenario.catalogue().await;
        scenario.money().await;
        scenario.first_day().await;
        scenario.next_days().await;
        scenario.today().await;
        scenario.note_all().await;
        scenario.facts
    }
}

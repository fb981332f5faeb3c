//! Who waits for whom.

use std::sync::mpsc;

use futures_util::FutureExt as _;

use super::*;

/// The places that were told to start, as numbers, in the order in which they were given up afterwards: each frees the thread for the next.
fn order(lanes: &Lanes, mut places: Vec<(u32, Place)>) -> Vec<u32> {
    let mut order = Vec::new();
    loop {
        let started = places
            .iter_mut()
            .position(|(_, place)| place.started.try_recv().is_ok());
        let Some(started) = started else {
            break;
        };
        let (number, place) = places.remove(started);
        order.push(number);
        drop(place.begin());
    }
    assert!(places.is_empty(), "{places:?} never started");
    assert_eq!(lanes.waiting()(), Some(0));
    order
}

fn enter(lanes: &Lanes, all: &[Lane]) -> Vec<(u32, Place)> {
    (0..)
        .zip(all)
        .map(|(number, lane)| (number, lanes.place(*lane).unwrap()))
        .collect()
}

#[test]
fn lanes_take_turns_whatever_waits_in_one() {
    let lanes = Lanes::with(1);
    let (crowd, one) = (Lane::stranger(&"crowd"), Lane::stranger(&"one"));
    let places = enter(&lanes, &[crowd, crowd, crowd, crowd, one]);
    assert_eq!(order(&lanes, places), [0, 1, 4, 2, 3]);
}

#[test]
fn who_is_known_does_not_wait_for_all_strangers() {
    let lanes = Lanes::with(1);
    let mut all: Vec<Lane> = (0..80).map(|one: u32| Lane::stranger(&one)).collect();
    all.push(Lane::known(&"ada"));
    let places = enter(&lanes, &all);
    let order = order(&lanes, places);
    let place = order.iter().position(|number| *number == 80).unwrap();
    assert!(place <= 2, "{order:?}");
}

#[test]
fn new_passwords_occupy_half_of_the_threads_at_most() {
    let lanes = Lanes::with(4);
    let change = Lane::change(&"eve");
    let mut places = enter(&lanes, &[change; 8]);
    let started = |places: &mut Vec<(u32, Place)>| {
        let started = places.iter_mut().map(|(_, place)| place.started.try_recv());
        started.flatten().count()
    };
    assert_eq!(started(&mut places), 2);
    let mut login = lanes.place(Lane::stranger(&"ada")).unwrap();
    assert!(login.started.try_recv().is_ok());
    let lanes = Lanes::with(1);
    let mut places = enter(&lanes, &[change; 2]);
    assert_eq!(started(&mut places), 1, "one thread may do them");
}

#[test]
fn new_passwords_and_logins_take_turns_on_one_thread() {
    let lanes = Lanes::with(1);
    let (change, login) = (Lane::change(&"eve"), Lane::stranger(&"ada"));
    let places = enter(&lanes, &[change, change, change, login, login]);
    assert_eq!(order(&lanes, places), [0, 3, 1, 4, 2]);
}

#[test]
fn a_full_lane_is_an_answer_and_not_a_wait_and_others_have_room() {
    let lanes = Lanes::with(1);
    let crowd = Lane::stranger(&"crowd");
    let running = lanes.place(crowd).unwrap();
    let mut places: Vec<Place> = (0..LANE).map(|_| lanes.place(crowd).unwrap()).collect();
    assert_eq!(lanes.place(crowd).unwrap_err(), NotDone::Overloaded);
    let one = lanes.place(Lane::stranger(&"one")).unwrap();
    assert_eq!(lanes.waiting()(), Some(LANE + 1));
    places.pop();
    assert_eq!(lanes.waiting()(), Some(LANE), "who leaves frees the place");
    drop(lanes.place(crowd).unwrap());
    drop(running);
    assert_eq!(lanes.waiting()(), Some(LANE - 1), "and the thread");
    drop((one, places));
    assert_eq!(lanes.waiting()(), Some(0));
    let state = lock(&lanes.0);
    assert_eq!((state.running, state.changing), (0, 0));
    assert!(state.strangers.lanes.is_empty() && state.strangers.turns.is_empty());
}

#[test]
fn there_is_an_end_to_all_lanes_together() {
    let lanes = Lanes::with(1);
    let places: Vec<Place> = (0..=ALL)
        .map(|one| lanes.place(Lane::stranger(&one)).unwrap())
        .collect();
    let another = lanes.place(Lane::known(&"ada"));
    assert_eq!(another.unwrap_err(), NotDone::Overloaded);
    drop(places);
}

#[tokio::test]
async fn what_waits_is_done_when_a_thread_is_free_and_not_if_its_caller_has_left() {
    let lanes = Arc::new(Lanes::with(1));
    let (release, released) = mpsc::channel();
    let lane = Lane::stranger(&"one");
    let (busy, place) = (lanes.clone(), lanes.place(lane).unwrap());
    let running = tokio::spawn(async move { busy.run(place, move || released.recv()).await });
    let left = lanes.run(lanes.place(lane).unwrap(), || {
        unreachable!("its caller has left")
    });
    let mut left = Box::pin(left);
    assert!(left.as_mut().now_or_never().is_none());
    drop(left);
    let next = lanes.run(lanes.place(lane).unwrap(), || 7);
    release.send(()).unwrap();
    assert_eq!(next.await, Ok(7));
    running.await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn work_that_panics_frees_its_thread() {
    let lanes = Lanes::with(1);
    let lane = Lane::change(&"one");
    let broken = lanes.run(lanes.place(lane).unwrap(), || -> u8 {
        unreachable!("on purpose")
    });
    assert!(matches!(broken.await, Err(NotDone::Failed(_))));
    let next = lanes.run(lanes.place(lane).unwrap(), || 7);
    assert_eq!(next.await, Ok(7));
}

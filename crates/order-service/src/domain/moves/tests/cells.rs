//! Every combination of state, person and move: what happens is what the table says, and nothing else.

use super::*;

/// The seller's line.
fn line(order: &Order) -> LineId {
    order.lines[0].id
}

/// An order whose first part has the status, in each of the ways that the guards can tell apart.
fn states() -> Vec<(&'static str, Order)> {
    let mut all = plain_states();
    all.extend(states_of_returns());
    all.extend(states_of_disputes());
    all
}

/// What is on its way has arrived.
fn arrived(order: &Order) -> Order {
    let shipment = order.fulfilments[0].shipments[0].id;
    let wanted = Move::Deliver {
        shipment,
        note: None,
    };
    *made(order, &wanted).order
}

/// Two lamps that are shipped, and a service.
fn fresh() -> Order {
    ready(&[(0, 500, 2, Shipped), (0, 700, 1, Unshipped)])
}

fn plain_states() -> Vec<(&'static str, Order)> {
    let fresh = fresh();
    let one = || items(&[(line(&fresh), 1)]);
    let half = *made(&fresh, &ship(one())).order;
    let half_arrived = arrived(&half);
    let in_two = *made(&half, &ship(one())).order;
    let shipped = shipped(&fresh);
    let delivered = arrived(&shipped);
    let refunding = *made(&delivered, &refund(amount(1), None)).order;
    let late = start().plus(TIMING.return_window);
    let completed = *told(&delivered, &Message::Tick, late).order;
    let fulfilment = completed.fulfilments[0].id;
    let released = *told(&completed, &Message::PartReleased { fulfilment }, late).order;
    let parcel = ready(&[(0, 500, 2, Shipped)]);
    let cancelled = answered(&made(&parcel, &cancel(None)).order);
    let given_away = answered(&made(&fresh, &refund(amount(1700), None)).order);
    let nothing = ready(&[(0, 500, 1, Unshipped)]);
    let mut keeps = delivered.clone();
    keeps.fulfilments[0].return_policy.accepted = false;
    let item = refund(RefundOf::Items(items(&[(line(&fresh), 2)])), None);
    let all_refunded = answered(&made(&delivered, &item).order);
    vec![
        ("open", fresh),
        ("open, one shipped", half),
        ("open, one delivered", half_arrived),
        ("open, all refunded", given_away),
        ("shipped", shipped),
        ("shipped in two packages", in_two),
        ("delivered", delivered),
        ("delivered, refund under way", refunding),
        ("delivered, all items refunded", all_refunded),
        ("delivered, no returns taken", keeps),
        ("delivered when paid", nothing),
        ("completed", completed),
        ("released", released),
        ("cancelled", cancelled),
    ]
}

/// The order after an operator made the move in the first part.
fn decreed(order: &Order, wanted: &Move) -> Order {
    let part = &order.fulfilments[0];
    let moved = make_move(order, part.id, wanted, &admin(), start(), &TIMING);
    *moved.unwrap().order
}

fn states_of_returns() -> Vec<(&'static str, Order)> {
    let delivered = arrived(&shipped(&fresh()));
    let line = line(&delivered);
    let requested = decreed(&delivered, &request_return(items(&[(line, 2)])));
    let part = |order: &Order| order.fulfilments[0].clone();
    let approved = decreed(&requested, &approve(&part(&requested)));
    let in_part = decreed(&approved, &receive(&part(&approved), line, 1, 0));
    let received = decreed(&in_part, &receive(&part(&in_part), line, 0, 1));
    let withdrawn = decreed(&requested, &withdraw_return(&part(&requested)));
    let denied = decreed(&requested, &deny(&part(&requested)));
    let due = start().plus(TIMING.return_expires);
    let wanted = expire_return(&part(&approved));
    let id = approved.fulfilments[0].id;
    let expired = make_move(&approved, id, &wanted, &Actor::TIMER, due, &TIMING);
    vec![
        ("return requested", requested),
        ("return approved", approved),
        ("return received in part", in_part.clone()),
        ("return received in part, refunded", answered(&in_part)),
        ("return received", received),
        ("return withdrawn", withdrawn),
        ("return denied", denied),
        ("return expired", *expired.unwrap().order),
    ]
}

fn states_of_disputes() -> Vec<(&'static str, Order)> {
    let shipped = shipped(&fresh());
    let delivered = arrived(&shipped);
    let line = line(&delivered);
    let part = |order: &Order| order.fulfilments[0].clone();
    let lost = decreed(&shipped, &open_dispute());
    let lost_refunding = decreed(&lost, &refund(amount(1), None));
    let broken = decreed(&delivered, &open_dispute());
    let broken_refunding = decreed(&broken, &refund(amount(1), None));
    let requested = decreed(&delivered, &request_return(items(&[(line, 1)])));
    let superseded = decreed(&requested, &open_dispute());
    let withdrawn = decreed(&broken, &withdraw_dispute(&part(&broken)));
    let refunded = decreed(&broken, &resolve(&part(&broken), Resolution::Refund));
    let some = Resolution::Partial(usd(5));
    let partly = answered(&decreed(&lost, &resolve(&part(&lost), some)));
    let pay = Resolution::Release;
    let to_pay = decreed(&lost_refunding, &resolve(&part(&lost_refunding), pay));
    vec![
        ("shipped, disputed", lost),
        ("shipped, disputed, refund under way", lost_refunding),
        ("delivered, disputed", broken),
        ("delivered, disputed, refund under way", broken_refunding),
        ("delivered, disputed instead of returned", superseded),
        ("dispute withdrawn", withdrawn),
        ("dispute resolved with a refund", refunded),
        ("shipped, dispute resolved with an amount", partly),
        ("to be released when its refund is done", to_pay),
    ]
}

fn wanted(name: MoveName, order: &Order) -> Move {
    let part = &order.fulfilments[0];
    match name {
        MoveName::Ship => ship(items(&[(line(order), 1)])),
        MoveName::Deliver => Move::Deliver {
            shipment: part
                .shipments
                .iter()
                .find(|package| package.delivered_at.is_none())
                .or(part.shipments.first())
                .map_or_else(
                    || ShipmentId::new(&SystemIds::default()),
                    |package| package.id,
                ),
            note: None,
        },
        MoveName::Cancel => cancel(None),
        MoveName::Refund => refund(amount(1), None),
        MoveName::RequestReturn => request_return(items(&[(line(order), 1)])),
        MoveName::ApproveReturn => approve(part),
        MoveName::DenyReturn => deny(part),
        MoveName::ReceiveReturn => receive(part, line(order), 1, 0),
        MoveName::WithdrawReturn => withdraw_return(part),
        MoveName::ExpireReturn => expire_return(part),
        MoveName::OpenDispute => open_dispute(),
        MoveName::ResolveDispute => resolve(part, Resolution::Refund),
        MoveName::WithdrawDispute => withdraw_dispute(part),
        MoveName::Complete => Move::Complete,
    }
}

fn actor(role: Role, order: &Order) -> Actor {
    match role {
        Role::Buyer => buyer_of(order),
        Role::Seller => seller_of(&order.fulfilments[0]),
        Role::Admin => admin(),
        Role::Timer => Actor::TIMER,
        Role::System => Actor::SYSTEM,
    }
}

/// What the table says of a cell.
fn row(name: MoveName, role: Role) -> Option<&'static Row> {
    let mut rows = TABLE
        .iter()
        .filter(|row| row.name == name && row.who.contains(&role));
    let row = rows.next();
    assert!(rows.next().is_none(), "{name:?} by {role:?} is in two rows");
    row
}

/// What a test has seen.
#[derive(Default)]
struct Seen {
    cells: usize,
    made: usize,
}

/// All moves that somebody in `role` can try with the first part.
fn try_all(state: &str, order: &Order, role: Role, now: Timestamp, seen: &mut Seen) {
    let part = &order.fulfilments[0];
    let by = actor(role, order);
    let mut allowed_here = Vec::new();
    for name in MoveName::ALL {
        let cell = format!("{state}: {} by {}", name.as_str(), role.as_str());
        let result = make_move(order, part.id, &wanted(name, order), &by, now, &TIMING);
        seen.cells += 1;
        let Some(row) = row(name, role) else {
            assert_eq!(result, Err(MoveRefusal::Forbidden), "{cell}");
            continue;
        };
        let path = row.paths.iter().find(|path| path.from == part.status);
        let mut guards = row.guards.iter();
        let failing = guards.find(|guard| !guard.holds(order, part, now, &TIMING));
        let due = row
            .timer
            .and_then(|timer| timer.due(order, part, &TIMING))
            .is_some_and(|due| due <= now);
        match (path, failing, result) {
            (Some(_), None, Err(MoveRefusal::NotAllowed { because, .. }))
                if role == Role::Timer && !due =>
            {
                assert_eq!(because, None, "{cell}");
                allowed_here.push(name);
            }
            (Some(path), None, Ok(moved)) => {
                let after = moved.order.fulfilments[0].status;
                assert!(path.to.contains(&after), "{cell} leads to {after:?}");
                assert!(moved.order.version > order.version, "{cell}");
                assert!(role != Role::Timer || due, "{cell}");
                allowed_here.push(name);
                seen.made += 1;
            }
            (Some(_), Some(Guard::MoneyLeft), Err(MoveRefusal::RefundExceeds { left })) => {
                assert_eq!(left, usd(0), "{cell}");
            }
            (
                path,
                guard,
                Err(MoveRefusal::NotAllowed {
                    because,
                    allowed: told,
                }),
            ) if path.is_none() || guard.is_some() => {
                assert_eq!(because, guard.copied().filter(|_| path.is_some()), "{cell}");
                assert_eq!(told, allowed(order, part, role, now, &TIMING), "{cell}");
                assert!(!told.contains(&name), "{cell}");
            }
            (path, guard, result) => panic!("{cell}: {path:?}, {guard:?}, {result:?}"),
        }
    }
    let allowed = allowed(order, part, role, now, &TIMING);
    assert_eq!(allowed, allowed_here, "{state}, {role:?}");
}

#[test]
fn every_cell_of_state_and_person_and_move_is_as_the_table_says() {
    let states = states();
    let mut seen = Seen::default();
    // While returns can be requested, and later than any timer.
    let times = [start().plus(DAY), start().plus(DAY * 100)];
    for now in times {
        for (state, order) in &states {
            for role in Role::ALL {
                try_all(state, order, role, now, &mut seen);
            }
        }
    }
    let all = states.len() * Role::ALL.len() * MoveName::ALL.len();
    assert_eq!(seen.cells, all * times.len());
    assert!(states.len() > 30 && seen.made > 300, "{}", seen.made);
}

/// What can be tried with the first part.
fn tries(order: &Order) -> Vec<Move> {
    let line = line(order);
    let part = &order.fulfilments[0];
    let some = |count| items(&[(line, count)]);
    let mut tries = vec![
        ship(some(2)),
        cancel(Some(some(1))),
        refund(RefundOf::Items(some(1)), None),
        refund(RefundOf::Items(some(2)), None),
        resolve(part, Resolution::Release),
        resolve(part, Resolution::Partial(usd(1))),
    ];
    tries.extend(MoveName::ALL.map(|name| wanted(name, order)));
    tries
}

#[test]
fn every_path_of_the_table_can_be_taken() {
    let mut missing: Vec<(MoveName, FulfilmentStatus, FulfilmentStatus)> = Vec::new();
    for row in TABLE {
        for path in row.paths {
            missing.extend(path.to.iter().map(|to| (row.name, path.from, *to)));
        }
    }
    // All money of a cancelled part is refunded, so that the guard always refuses.
    missing.retain(|(name, from, _)| {
        (*name, *from) != (MoveName::Refund, FulfilmentStatus::Cancelled)
    });
    let mut try_all = |order: &Order, now| {
        let part = &order.fulfilments[0];
        let mut after = Vec::new();
        for wanted in tries(order) {
            let by = match row(wanted.name(), Role::Admin) {
                Some(_) => admin(),
                None => Actor::TIMER,
            };
            if let Ok(moved) = make_move(order, part.id, &wanted, &by, now, &TIMING) {
                let to = moved.order.fulfilments[0].status;
                missing.retain(|path| *path != (wanted.name(), part.status, to));
                after.push(*moved.order);
            }
        }
        after
    };
    for (_, order) in states() {
        for days in [1, 100] {
            try_all(&order, start().plus(DAY * days));
        }
    }
    let mut orders = vec![ready(&[(0, 500, 2, Shipped)])];
    for step in 1..4 {
        let now = start().plus(DAY * 100 * step);
        orders = orders
            .iter()
            .flat_map(|order| try_all(order, now))
            .collect();
    }
    assert_eq!(missing, []);
}

#[test]
fn a_timer_makes_its_move_no_earlier_than_it_is_due() {
    let order = ready(&[(0, 500, 1, Shipped)]);
    let part = &order.fulfilments[0];
    let by_timer = |order: &Order, wanted: &Move, now| {
        let part = &order.fulfilments[0];
        make_move(order, part.id, wanted, &Actor::TIMER, now, &TIMING)
    };
    let due = part.ship_by.unwrap();
    let early = by_timer(
        &order,
        &cancel(None),
        due.minus(std::time::Duration::from_millis(1)),
    );
    assert!(
        matches!(early, Err(MoveRefusal::NotAllowed { .. })),
        "{early:?}"
    );
    assert!(by_timer(&order, &cancel(None), due).is_ok());
    let delivered = delivered(&order);
    let due = start().plus(TIMING.return_window);
    let early = by_timer(
        &delivered,
        &Move::Complete,
        due.minus(std::time::Duration::from_millis(1)),
    );
    assert!(
        matches!(early, Err(MoveRefusal::NotAllowed { .. })),
        "{early:?}"
    );
    assert!(by_timer(&delivered, &Move::Complete, due).is_ok());
}

#[test]
fn a_row_that_a_timer_acts_on_says_when() {
    for row in TABLE {
        let by_timer = row.who.contains(&Role::Timer);
        assert_eq!(row.timer.is_some(), by_timer, "{row:?}");
    }
}

//! Every combination of state, person and move: what happens is what the table says, and nothing else.

use super::*;

/// The seller's line.
fn line(order: &Order) -> LineId {
    order.lines[0].id
}

/// An order whose first part has the status, in each of the ways that the guards can tell apart.
fn states() -> Vec<(&'static str, Order)> {
    let fresh = ready(&[(0, 500, 2, Shipped), (1, 700, 1, Unshipped)]);
    let one = || items(&[(line(&fresh), 1)]);
    let deliver = |order: &Order| {
        let shipment = order.fulfilments[0].shipments[0].id;
        let wanted = Move::Deliver {
            shipment,
            note: None,
        };
        *made(order, &wanted).order
    };
    let half = *made(&fresh, &ship(one())).order;
    let half_arrived = deliver(&half);
    let shipped = shipped(&fresh);
    let delivered = deliver(&shipped);
    let refunding = *made(&delivered, &refund(amount(1), None)).order;
    let late = start().plus(TIMING.return_window);
    let completed = *told(&delivered, &Message::Tick, late).order;
    let fulfilment = completed.fulfilments[0].id;
    let released = *told(&completed, &Message::PartReleased { fulfilment }, late).order;
    let cancelled = answered(&made(&fresh, &cancel(None)).order);
    let given_away = answered(&made(&fresh, &refund(amount(1000), None)).order);
    let nothing = ready(&[(0, 500, 1, Unshipped)]);
    vec![
        ("open", fresh),
        ("open, one shipped", half),
        ("open, one delivered", half_arrived),
        ("open, all refunded", given_away),
        ("shipped", shipped),
        ("delivered", delivered),
        ("delivered, refund under way", refunding),
        ("delivered when paid", nothing),
        ("completed", completed),
        ("released", released),
        ("cancelled", cancelled),
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

#[test]
fn every_cell_of_state_and_person_and_move_is_as_the_table_says() {
    // Later than any timer.
    let now = start().plus(DAY * 100);
    let (mut made, mut seen) = (0, 0);
    for (state, order) in states() {
        let part = &order.fulfilments[0];
        for role in Role::ALL {
            let mut allowed_here = Vec::new();
            for name in MoveName::ALL {
                let cell = format!("{state}: {} by {}", name.as_str(), role.as_str());
                let result = make_move(
                    &order,
                    part.id,
                    &wanted(name, &order),
                    &actor(role, &order),
                    now,
                    &TIMING,
                );
                seen += 1;
                let Some(row) = row(name, role) else {
                    assert_eq!(result, Err(MoveRefusal::Forbidden), "{cell}");
                    continue;
                };
                let path = row.paths.iter().find(|path| path.from == part.status);
                let failing = row
                    .guards
                    .iter()
                    .find(|guard| !guard.holds(&order, part, &TIMING));
                match (path, failing, result) {
                    (Some(path), None, Ok(moved)) => {
                        let after = moved.order.fulfilments[0].status;
                        assert!(path.to.contains(&after), "{cell} leads to {after:?}");
                        assert!(moved.order.version > order.version, "{cell}");
                        allowed_here.push(name);
                        made += 1;
                    }
                    (Some(_), Some(Guard::MoneyLeft), Err(MoveRefusal::RefundExceeds { left })) => {
                        assert_eq!(left, usd(0), "{cell}");
                    }
                    (None, _, Err(MoveRefusal::NotAllowed { allowed: told }))
                    | (Some(_), Some(_), Err(MoveRefusal::NotAllowed { allowed: told })) => {
                        assert_eq!(told, allowed(&order, part, role, &TIMING), "{cell}");
                        assert!(!told.contains(&name), "{cell}");
                    }
                    (path, guard, result) => panic!("{cell}: {path:?}, {guard:?}, {result:?}"),
                }
            }
            assert_eq!(
                allowed(&order, part, role, &TIMING),
                allowed_here,
                "{state}, {role:?}"
            );
        }
    }
    assert_eq!(seen, 11 * 5 * 5);
    assert!(made > 30, "{made}");
}

/// What can be tried with the first part.
fn tries(order: &Order) -> Vec<Move> {
    let line = line(order);
    let some = |count| items(&[(line, count)]);
    let mut tries = vec![
        ship(some(1)),
        ship(some(2)),
        wanted(MoveName::Deliver, order),
        cancel(Some(some(1))),
        cancel(None),
        refund(RefundOf::Items(some(1)), None),
        refund(RefundOf::Items(some(2)), None),
        refund(amount(1), None),
    ];
    tries.push(Move::Complete);
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
    let mut orders = vec![ready(&[(0, 500, 2, Shipped)])];
    let mut now = start();
    for _ in 0..4 {
        now = now.plus(DAY * 100);
        let mut next = Vec::new();
        for order in &orders {
            let part = &order.fulfilments[0];
            for wanted in tries(order) {
                let by = match wanted.name() {
                    MoveName::Complete => Actor::TIMER,
                    MoveName::Ship | MoveName::Deliver | MoveName::Cancel | MoveName::Refund => {
                        admin()
                    }
                };
                if let Ok(moved) = make_move(order, part.id, &wanted, &by, now, &TIMING) {
                    let after = moved.order.fulfilments[0].status;
                    missing.retain(|path| *path != (wanted.name(), part.status, after));
                    next.push(*moved.order);
                }
            }
        }
        orders = next;
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

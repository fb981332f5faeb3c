//! What is said about returns and disputes, a rule a test.

use super::*;

fn part(order: &Order) -> &Fulfilment {
    &order.fulfilments[0]
}

fn by(order: &Order, actor: &Actor, wanted: &Move) -> Order {
    let part = part(order).id;
    let moved = make_move(order, part, wanted, actor, start(), &TIMING);
    *moved.unwrap().order
}

fn with_return() -> Order {
    let order = delivered(&ready(&[(0, 500, 2, Shipped)]));
    let wanted = request_return(items(&[(order.lines[0].id, 1)]));
    by(&order, &buyer_of(&order), &wanted)
}

fn said(order: &Order, case: CaseId, actor: Actor, text: &str) -> Result<Moved, MoveRefusal> {
    let said = Said {
        text: text.to_owned(),
        name: Some("Ada".to_owned()),
    };
    comment(order, case, &said, actor, start(), &TIMING)
}

#[test]
fn buyer_seller_and_operator_comment_and_nothing_else_moves() {
    let mut order = with_return();
    let mut case = CaseId::Return(return_of(part(&order)));
    for is_dispute in [false, true] {
        if is_dispute {
            order = by(&order, &buyer_of(&order), &open_dispute());
            case = CaseId::Dispute(dispute_of(part(&order)));
        }
        let (before, first) = (order.clone(), order.facts);
        let people = [buyer_of(&order), seller_of(part(&order)), admin()];
        for (number, actor) in (first..).zip(people) {
            let moved = said(&order, case, actor, "Look at this").unwrap();
            assert_eq!(moved.commands, []);
            let [fact] = &moved.facts[..] else {
                panic!("{:?}", moved.facts);
            };
            assert_eq!(
                (fact.number, fact.what, fact.actor, fact.note.as_deref()),
                (number, Happened::Comment, actor, Some("Look at this"))
            );
            let about = (fact.details.return_id, fact.details.dispute_id);
            assert_eq!(about.1.is_some(), is_dispute, "{about:?}");
            let version = part(&order).version;
            order = *moved.order;
            assert_eq!(part(&order).version, version + 1);
        }
        let comments = match case {
            CaseId::Return(_) => &part(&order).returns[0].comments,
            CaseId::Dispute(_) => &part(&order).disputes[0].comments,
        };
        let told: Vec<_> = comments
            .iter()
            .map(|comment| (comment.actor, comment.name.as_deref()))
            .collect();
        let named = [Some("Ada"), Some("Ada"), None];
        assert_eq!(told, people.into_iter().zip(named).collect::<Vec<_>>());
        assert_eq!(
            (order.due_at, part(&order).status, &part(&order).lines),
            (before.due_at, part(&before).status, &part(&before).lines)
        );
    }
}

#[test]
fn what_is_over_is_not_commented_on() {
    let order = with_return();
    let buyer = buyer_of(&order);
    let back = CaseId::Return(return_of(part(&order)));
    let order = by(&order, &seller_of(part(&order)), &deny(part(&order)));
    let refusal = said(&order, back, buyer, "But").unwrap_err();
    let MoveRefusal::NotAllowed { because, allowed } = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!(because, Some(Guard::ReturnOpen));
    assert!(allowed.contains(&MoveName::OpenDispute), "{allowed:?}");
    let order = by(&order, &buyer, &open_dispute());
    let dispute = CaseId::Dispute(dispute_of(part(&order)));
    let order = by(&order, &buyer, &withdraw_dispute(part(&order)));
    let refusal = said(&order, dispute, admin(), "Well").unwrap_err();
    let because = Some(Guard::DisputeOpen);
    assert!(
        matches!(refusal, MoveRefusal::NotAllowed { because: told, .. } if told == because),
        "{refusal:?}"
    );
    let ids = SystemIds::default();
    let unknown = CaseId::Return(kernel::ReturnId::new(&ids));
    let refusal = said(&order, unknown, buyer, "What").unwrap_err();
    assert_eq!(refusal, MoveRefusal::UnknownReturn);
    let unknown = CaseId::Dispute(kernel::DisputeId::new(&ids));
    let refusal = said(&order, unknown, buyer, "What").unwrap_err();
    assert_eq!(refusal, MoveRefusal::UnknownDispute);
}

#[test]
fn each_party_has_fifty_comments_on_all_cases_of_a_part_and_cannot_silence_the_others() {
    let mut order = with_return();
    let buyer = buyer_of(&order);
    let back = CaseId::Return(return_of(part(&order)));
    for number in 0..CaseComment::MAX {
        if number == 20 {
            order = by(&order, &buyer, &open_dispute());
        }
        let case = match part(&order).open_dispute() {
            None => back,
            Some(dispute) => CaseId::Dispute(dispute.id),
        };
        order = *said(&order, case, buyer, "Again").unwrap().order;
    }
    let dispute = CaseId::Dispute(dispute_of(part(&order)));
    let refusal = said(&order, dispute, buyer, "And again").unwrap_err();
    assert!(
        matches!(refusal, MoveRefusal::TooMany { most: 50, .. }),
        "{refusal:?}"
    );
    for actor in [seller_of(part(&order)), admin()] {
        assert!(said(&order, dispute, actor, "Enough").is_ok());
    }
}

#[test]
fn what_an_erased_person_said_is_forgotten_and_that_they_said_something_is_not() {
    let order = with_return();
    let case = CaseId::Return(return_of(part(&order)));
    let people = [buyer_of(&order), seller_of(part(&order))];
    let order = people.into_iter().fold(order, |order, actor| {
        *said(&order, case, actor, "Look").unwrap().order
    });
    for (place, actor) in people.into_iter().enumerate() {
        let erased = order.erased(actor.id.unwrap(), start()).unwrap();
        let [one, other] = [place, 1 - place].map(|at| &part(&erased).returns[0].comments[at]);
        assert_eq!((one.actor, &one.name, &one.text), (actor, &None, &None));
        assert_eq!(other.text.as_deref(), Some("Look"));
        assert_eq!(erased.erased(actor.id.unwrap(), start()), None);
    }
}

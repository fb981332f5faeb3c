//! The worked examples of docs/ORDERS.md, posting by posting: two sellers, a commission of 10 %, a line refunded before the release, one after
//! it, a refund that the seller cannot cover, and the debt that their next sale repays; a return in parts, and a dispute.

use super::*;

/// The postings of transactions: kind, and each account's amount. Users are named by their place in `users`.
fn shown(users: &[UserId], recorded: &[Recorded]) -> Vec<(Kind, Vec<(String, i64)>)> {
    let names = ["ada", "grace", "linus"];
    let shown = recorded.iter().map(|one| {
        let entries = one.entries.iter().map(|entry| {
            let place = users.iter().position(|user| *user == entry.account.owner);
            let bucket = match entry.account.bucket {
                Bucket::Available => "available",
                Bucket::Pending => "pending",
                Bucket::Debt => "debt",
            };
            (
                format!("{} {bucket}", names[place.unwrap()]),
                entry.money.amount,
            )
        });
        let system = one.system.iter().map(|(account, money)| {
            let name = match account {
                SystemAccount::Escrow => "escrow",
                SystemAccount::PlatformFees => "fees",
                SystemAccount::ExternalTopup | SystemAccount::ExternalWithdrawal => "outside",
            };
            (name.to_owned(), money.amount)
        });
        (one.header.kind, entries.chain(system).collect())
    });
    shown.collect()
}

fn owned(postings: &[(&str, i64)]) -> Vec<(String, i64)> {
    let postings = postings.iter();
    postings
        .map(|(account, amount)| ((*account).to_owned(), *amount))
        .collect()
}

#[test]
fn the_postings_of_the_worked_example_are_these() {
    let mut books = Books::default();
    let ids = SystemIds::default();
    let users = [(); 3].map(|()| UserId::new(&ids));
    let [ada, grace, linus] = users;
    let [order, next] = [(); 2].map(|()| OrderId::new(&ids));
    let [of_grace, of_linus] = [(); 2].map(|()| FulfilmentId::new(&ids));
    let [lamps, shade, book] = [(); 3].map(|()| LineId::new(&ids));
    let part = |fulfilment, seller, lines: &[(LineId, i64)]| ChargedPart {
        fulfilment,
        seller,
        lines: lines
            .iter()
            .map(|(line, amount)| ChargedLine {
                line: *line,
                total: usd(*amount),
            })
            .collect(),
    };
    let debit = |total, parts| Action::Debit {
        buyer: ada,
        charge: Charge::new(usd(total), parts).unwrap(),
    };
    let give = |fulfilment, of: &[(LineId, i64)]| Action::Refund {
        fulfilment,
        refund: RefundId::new(&ids),
        lines: lines(of),
    };
    let release = |fulfilment| Action::Release { fulfilment };
    books.transfer(&users, Direction::Credit, ada, 20_000);

    let parts = vec![
        part(of_grace, grace, &[(lamps, 5000), (shade, 800)]),
        part(of_linus, linus, &[(book, 3000)]),
    ];
    let (reply, recorded) = books.settle(&users, order, debit(8800, parts));
    let expected = owned(&[("ada available", -8800), ("escrow", 8800)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderPayment, expected)]);
    let Reply::Debited { commissions, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert_eq!(*commissions, [(lamps, 500), (shade, 80), (book, 300)]);

    // A line refunded before the release.
    let (reply, recorded) = books.settle(&users, order, give(of_grace, &[(shade, 800)]));
    let expected = owned(&[("ada available", 800), ("escrow", -800)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRefund, expected)]);
    let Reply::Refunded { reversed, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert_eq!(*reversed, [(shade, 80)]);

    // The releases. Only Linus's earnings are due so far.
    let (_, recorded) = books.settle(&users, order, release(of_linus));
    let expected = owned(&[("linus pending", 2700), ("escrow", -3000), ("fees", 300)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRelease, expected)]);
    let recorded = books.mature(&users);
    let expected = owned(&[("linus pending", -2700), ("linus available", 2700)]);
    assert_eq!(shown(&users, &recorded), [(Kind::Earning, expected)]);
    let (_, recorded) = books.settle(&users, order, release(of_grace));
    let expected = owned(&[("grace pending", 4500), ("escrow", -5000), ("fees", 500)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRelease, expected)]);

    // A line refunded after the release.
    let to_ada = |amount| {
        let postings = owned(&[("ada available", amount), ("escrow", -amount)]);
        (Kind::OrderRefund, postings)
    };
    let (_, recorded) = books.settle(&users, order, give(of_grace, &[(lamps, 2500)]));
    let reversal = owned(&[("grace pending", -2250), ("fees", -250), ("escrow", 2500)]);
    let expected = [(Kind::EarningReversal, reversal), to_ada(2500)];
    assert_eq!(shown(&users, &recorded), expected);

    // A refund that the seller cannot cover.
    books.transfer(&users, Direction::Debit, linus, 2200);
    let (_, recorded) = books.settle(&users, order, give(of_linus, &[(book, 3000)]));
    let reversal = owned(&[
        ("linus available", -500),
        ("linus debt", -2200),
        ("fees", -300),
        ("escrow", 3000),
    ]);
    let expected = [(Kind::EarningReversal, reversal), to_ada(3000)];
    assert_eq!(shown(&users, &recorded), expected);

    // The debt is netted.
    let parts = vec![part(of_linus, linus, &[(book, 4000)])];
    books.settle(&users, next, debit(4000, parts));
    let (_, recorded) = books.settle(&users, next, release(of_linus));
    let expected = owned(&[
        ("linus debt", 2200),
        ("linus pending", 1400),
        ("escrow", -4000),
        ("fees", 400),
    ]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRelease, expected)]);

    // The other lamp is refunded, too: of the first order nothing is left with its sellers.
    books.settle(&users, order, give(of_grace, &[(lamps, 2500)]));
    let balances =
        [ada, grace, linus].map(|user| AccountKey::all(user).map(|account| books.balance(account)));
    assert_eq!(balances, [[16_000, 0, 0], [0, 0, 0], [0, 1400, 0]]);
}

#[test]
fn the_postings_of_a_return_in_parts_and_of_a_dispute_are_these() {
    let mut books = Books::default();
    let ids = SystemIds::default();
    let users = [(); 3].map(|()| UserId::new(&ids));
    let [ada, grace, linus] = users;
    let [vases_order, clock_order] = [(); 2].map(|()| OrderId::new(&ids));
    let [of_grace, of_linus] = [(); 2].map(|()| FulfilmentId::new(&ids));
    let [vases, clock] = [(); 2].map(|()| LineId::new(&ids));
    let debit = |fulfilment, seller, line, total| {
        let charged = ChargedLine {
            line,
            total: usd(total),
        };
        let part = ChargedPart {
            fulfilment,
            seller,
            lines: vec![charged],
        };
        Action::Debit {
            buyer: ada,
            charge: Charge::new(usd(total), vec![part]).unwrap(),
        }
    };
    let give = |fulfilment, line, amount| Action::Refund {
        fulfilment,
        refund: RefundId::new(&ids),
        lines: lines(&[(line, amount)]),
    };
    books.transfer(&users, Direction::Credit, ada, 20_000);

    // Three vases, of which two come back, one after the other.
    let (reply, _) = books.settle(&users, vases_order, debit(of_grace, grace, vases, 999));
    let Reply::Debited { commissions, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert_eq!(*commissions, [(vases, 100)]);
    for expected in [33, 34] {
        let (reply, recorded) = books.settle(&users, vases_order, give(of_grace, vases, 333));
        let postings = owned(&[("ada available", 333), ("escrow", -333)]);
        assert_eq!(shown(&users, &recorded), [(Kind::OrderRefund, postings)]);
        let Reply::Refunded { reversed, .. } = &reply else {
            panic!("{reply:?}")
        };
        assert_eq!(*reversed, [(vases, expected)]);
    }
    let release = |fulfilment| Action::Release { fulfilment };
    let (_, recorded) = books.settle(&users, vases_order, release(of_grace));
    let expected = owned(&[("grace pending", 300), ("escrow", -333), ("fees", 33)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRelease, expected)]);

    // A clock that is disputed, and of which the buyer gets a quarter back.
    books.settle(&users, clock_order, debit(of_linus, linus, clock, 4000));
    let (reply, recorded) = books.settle(&users, clock_order, give(of_linus, clock, 1000));
    let expected = owned(&[("ada available", 1000), ("escrow", -1000)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRefund, expected)]);
    let Reply::Refunded { reversed, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert_eq!(*reversed, [(clock, 100)]);
    let (_, recorded) = books.settle(&users, clock_order, release(of_linus));
    let expected = owned(&[("linus pending", 2700), ("escrow", -3000), ("fees", 300)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRelease, expected)]);
}

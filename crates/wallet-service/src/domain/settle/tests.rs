//! A worked example: two sellers, a commission of 10 %, one line refunded before its part's release and one after it, when the seller has
//! spent what they earned; their next sale repays the debt. Every posting is listed. (docs/ORDERS.md tells the same.)

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::{
    Currency, FulfilmentId, LineId, Money, OrderId, RefundId, SystemIds, Timestamp, TransactionId,
    UserId,
};

use super::super::{
    Account, AccountKey, Accounts, Action, Bucket, Charge, ChargedLine, ChargedPart, Credited,
    Direction, Earned, Earning, Kind, Known, Movement, OperationId, OrderCommand, PartRefund,
    Payment, Recorded, RefundLine, Refusal, Reply, SystemAccount, Terms, Transfer, decide, earn,
    transfer,
};

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const TERMS: Terms = Terms {
    commission_basis_points: 1000,
    payout_hold: Duration::from_secs(60),
};

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

/// A ledger in memory.
#[derive(Default)]
struct Books {
    ids: SystemIds,
    accounts: BTreeMap<AccountKey, Account>,
    payments: BTreeMap<OrderId, Payment>,
    refunds: BTreeMap<RefundId, PartRefund>,
    earnings: BTreeMap<(OrderId, FulfilmentId), Earning>,
}

impl Books {
    /// All accounts of everybody, as copies; those without postings too.
    fn all(&self, users: &[UserId]) -> Accounts {
        let keys = users.iter().flat_map(|user| AccountKey::all(*user));
        keys.map(|key| {
            let known = self.accounts.get(&key).cloned();
            (key, known.unwrap_or_else(|| Account::empty(key)))
        })
        .collect()
    }

    fn settle(
        &mut self,
        users: &[UserId],
        order: OrderId,
        action: Action,
    ) -> (Reply, Vec<Recorded>) {
        let command = OrderCommand {
            order,
            transactions: [(); 3].map(|()| TransactionId::new(&self.ids)),
            action,
        };
        let payment = self.payments.get(&order);
        let refund = command.action.refund();
        let earning = command.reverses(payment);
        let known = Known {
            payment,
            refund: refund.and_then(|id| self.refunds.get(&id)),
            earning: earning.and_then(|key| self.earnings.get(&key)),
        };
        let mut accounts = self.all(users);
        let decision = decide(&command, &known, &mut accounts, &TERMS, NOW).unwrap();
        let Some(change) = decision.change else {
            return (decision.reply, Vec::new());
        };
        self.accounts = accounts;
        self.payments.insert(order, change.payment);
        if let Some(refund) = change.refund {
            self.refunds.insert(refund.id, refund);
        }
        match change.earned {
            Some(Earned::New(earning) | Earned::Less(earning)) => {
                let key = (earning.order, earning.fulfilment);
                self.earnings.insert(key, earning);
            }
            Some(Earned::Gone(order, part)) => drop(self.earnings.remove(&(order, part))),
            None => {}
        }
        (decision.reply, change.recorded)
    }

    /// Ends all holds.
    fn mature(&mut self, users: &[UserId]) -> Vec<Recorded> {
        let mut accounts = self.all(users);
        let earnings = std::mem::take(&mut self.earnings);
        let recorded = earnings.into_values().flat_map(|earning| {
            let ids = [(); 2].map(|()| TransactionId::new(&self.ids));
            earn(&earning, ids, &mut accounts, NOW).unwrap()
        });
        let recorded = recorded.collect();
        self.accounts = accounts;
        recorded
    }

    fn transfer(&mut self, users: &[UserId], direction: Direction, owner: UserId, amount: i64) {
        let id = TransactionId::new(&self.ids);
        let mut accounts = self.all(users);
        let wanted = Transfer {
            id,
            repayment: TransactionId::new(&self.ids),
            operation: OperationId::of_transaction(id),
            movement: Movement {
                direction,
                owner,
                money: usd(amount),
                reference: None,
            },
        };
        let _: Credited = transfer(&wanted, &mut accounts, NOW).unwrap().unwrap();
        self.accounts = accounts;
    }

    fn balance(&self, key: AccountKey) -> i64 {
        let account = self.accounts.get(&key);
        account.map_or(0, |account| account.balance(Currency::USD))
    }
}

/// The postings of transactions: kind, and each account's amount. Users are named by their place in `users`.
fn shown(users: &[UserId], recorded: &[Recorded]) -> Vec<(Kind, Vec<(String, i64)>)> {
    let names = ["buyer", "ann", "bob"];
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

fn lines(of: &[(LineId, i64)]) -> Vec<RefundLine> {
    let lines = of.iter().map(|(line, amount)| RefundLine {
        line: *line,
        amount: *amount,
    });
    lines.collect()
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
    let [buyer, ann, bob] = users;
    let order = OrderId::new(&ids);
    let [of_ann, of_bob] = [(); 2].map(|()| FulfilmentId::new(&ids));
    let [lamp, shade, book] = [(); 3].map(|()| LineId::new(&ids));
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
    let charge = Charge::new(
        usd(10_000),
        vec![
            part(of_ann, ann, &[(lamp, 5000), (shade, 2000)]),
            part(of_bob, bob, &[(book, 3000)]),
        ],
    );
    let debit = Action::Debit {
        buyer,
        charge: charge.unwrap(),
    };
    books.transfer(&users, Direction::Credit, buyer, 12_000);

    // 1. The debit. The commission of each line is fixed: 500, 200 and 300.
    let (reply, recorded) = books.settle(&users, order, debit.clone());
    let expected = owned(&[("buyer available", -10_000), ("escrow", 10_000)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderPayment, expected)]);
    let Reply::Debited { commissions, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert_eq!(*commissions, [(lamp, 500), (shade, 200), (book, 300)]);

    // 2. The shade is refunded before the release: escrow gives it back, and its commission will not be taken.
    let give = |fulfilment, of: &[(LineId, i64)]| Action::Refund {
        fulfilment,
        refund: RefundId::new(&ids),
        lines: lines(of),
    };
    let (reply, recorded) = books.settle(&users, order, give(of_ann, &[(shade, 2000)]));
    let expected = owned(&[("buyer available", 2000), ("escrow", -2000)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRefund, expected)]);
    let Reply::Refunded { reversed, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert_eq!(*reversed, [(shade, 200)]);

    // 3. Both parts are released.
    let release = |fulfilment| Action::Release { fulfilment };
    let (_, recorded) = books.settle(&users, order, release(of_ann));
    let expected = owned(&[("ann pending", 4500), ("escrow", -5000), ("fees", 500)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRelease, expected)]);
    let (_, recorded) = books.settle(&users, order, release(of_bob));
    let expected = owned(&[("bob pending", 2700), ("escrow", -3000), ("fees", 300)]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRelease, expected)]);

    // 4. The holds end, and Ann takes out 4000 of her 4500.
    let recorded = books.mature(&users);
    let mut matured = shown(&users, &recorded);
    matured.sort_by(|one, other| one.1.cmp(&other.1));
    let expected = [
        owned(&[("ann pending", -4500), ("ann available", 4500)]),
        owned(&[("bob pending", -2700), ("bob available", 2700)]),
    ];
    assert_eq!(matured, expected.map(|postings| (Kind::Earning, postings)));
    books.transfer(&users, Direction::Debit, ann, 4000);

    // 5. Two fifths of the lamp are refunded after the release: 2000, of which the platform gives its 200 and Ann 1800. She has 500.
    let (_, recorded) = books.settle(&users, order, give(of_ann, &[(lamp, 2000)]));
    let expected = [
        (
            Kind::EarningReversal,
            owned(&[
                ("ann available", -500),
                ("ann debt", -1300),
                ("fees", -200),
                ("escrow", 2000),
            ]),
        ),
        (
            Kind::OrderRefund,
            owned(&[("buyer available", 2000), ("escrow", -2000)]),
        ),
    ];
    assert_eq!(shown(&users, &recorded), expected);

    // 6. Her next sale of 2000 repays the debt before anything is pending.
    let next = OrderId::new(&ids);
    let charge = Charge::new(usd(2000), vec![part(of_ann, ann, &[(lamp, 2000)])]);
    let again = Action::Debit {
        buyer,
        charge: charge.unwrap(),
    };
    books.settle(&users, next, again);
    let (_, recorded) = books.settle(&users, next, release(of_ann));
    let expected = owned(&[
        ("ann debt", 1300),
        ("ann pending", 500),
        ("escrow", -2000),
        ("fees", 200),
    ]);
    assert_eq!(shown(&users, &recorded), [(Kind::OrderRelease, expected)]);
    assert_eq!(books.balance(AccountKey::debt(ann)), 0);
    assert_eq!(books.balance(AccountKey::pending(ann)), 500);
    assert_eq!(books.balance(AccountKey::available(buyer)), 4000);
}

#[test]
fn a_command_needs_the_accounts_that_it_names_and_a_missing_debt_is_a_defect() {
    let mut books = Books::default();
    let ids = SystemIds::default();
    let users = [(); 3].map(|()| UserId::new(&ids));
    let [buyer, ann, _] = users;
    let (order, fulfilment) = (OrderId::new(&ids), FulfilmentId::new(&ids));
    let line = LineId::new(&ids);
    let charged = ChargedPart {
        fulfilment,
        seller: ann,
        lines: vec![ChargedLine {
            line,
            total: usd(50),
        }],
    };
    let charge = Charge::new(usd(50), vec![charged]).unwrap();
    books.transfer(&users, Direction::Credit, buyer, 50);
    books.settle(&users, order, Action::Debit { buyer, charge });
    let payment = books.payments.get(&order);
    let command = |action| OrderCommand {
        order,
        transactions: [(); 3].map(|()| TransactionId::new(&ids)),
        action,
    };
    let release = command(Action::Release { fulfilment });
    let needed = release.accounts(payment);
    assert_eq!(needed, [AccountKey::pending(ann), AccountKey::debt(ann)]);
    assert_eq!(release.credits(payment), None);
    let refund = command(Action::Refund {
        fulfilment,
        refund: RefundId::new(&ids),
        lines: lines(&[(line, 50)]),
    });
    assert_eq!(refund.accounts(payment), [AccountKey::available(buyer)]);
    assert_eq!(refund.reverses(payment), None);
    assert_eq!(refund.credits(payment), Some((buyer, Currency::USD)));
    // The buyer's wallet is empty, so a debt would have to be known.
    let key = AccountKey::available(buyer);
    let mut accounts = books.all(&users);
    accounts.retain(|known, _| *known == key);
    let known = Known {
        payment,
        ..Known::default()
    };
    let decided = decide(&refund, &known, &mut accounts, &TERMS, NOW);
    let missing = super::LedgerError::Missing { owner: buyer };
    assert_eq!(decided.unwrap_err(), missing);
}

#[test]
fn a_refusal_names_what_was_asked_for() {
    let mut books = Books::default();
    let ids = SystemIds::default();
    let order = OrderId::new(&ids);
    let (fulfilment, refund) = (FulfilmentId::new(&ids), RefundId::new(&ids));
    let (reply, recorded) = books.settle(
        &[],
        order,
        Action::Refund {
            fulfilment,
            refund,
            lines: Vec::new(),
        },
    );
    let refused = Reply::Refused {
        what: super::Refused::Refund(fulfilment, refund),
        reason: Refusal::NotDebited,
    };
    assert_eq!((reply, recorded), (refused, Vec::new()));
}

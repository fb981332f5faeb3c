//! Which accounts a command needs, and what a refusal names; and the books that the worked examples move.

mod worked;

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

fn lines(of: &[(LineId, i64)]) -> Vec<RefundLine> {
    let lines = of.iter().map(|(line, amount)| RefundLine {
        line: *line,
        amount: *amount,
    });
    lines.collect()
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

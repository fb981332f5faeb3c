//! Books with any number of orders. To make them through the API would take hours, so the rows are written straight into the stores,
//! as the services would have written them by now. The audit verifies that.

mod fate;
pub mod mongo;
pub mod sqlite;

pub use fate::Fate;

use uuid::{Builder, Uuid};

/// Creation time of the first row, in milliseconds since the epoch. Rows are one millisecond apart.
pub const START: i64 = 1_700_000_000_000;

/// The currency of everything.
const CURRENCY: &str = "USD";

/// What each order costs, and the parts of the platform and of its seller.
const PRICE: i64 = 1_000;
const FEE: i64 = 100;
const EARNED: i64 = PRICE - FEE;

/// What each buyer is given, and how many of each product there are at first.
const PLENTY: i64 = 1_000_000_000;

// A product has one seller: the number of products is a multiple of that of sellers.
const BUYERS: u32 = 1_000;
const PRODUCTS: u32 = 1_000;

/// How much is in the books.
#[derive(Debug, Clone)]
pub struct Size {
    /// How many orders.
    pub orders: u32,
    /// Who sells, each as many of the products as another.
    pub sellers: Vec<Uuid>,
}

impl Size {
    /// Orders of a hundred sellers.
    #[must_use]
    pub fn of(orders: u32) -> Self {
        Self {
            orders,
            sellers: (0..100).map(|number| id(number, 14)).collect(),
        }
    }

    /// Orders of one seller.
    #[must_use]
    pub fn sold_by(seller: Uuid, orders: u32) -> Self {
        Self {
            orders,
            sellers: vec![seller],
        }
    }
}

/// A unique id for each row and table, in row order.
#[must_use]
pub fn id(row: u32, table: u8) -> Uuid {
    let mut random = [0; 10];
    let [first, rest @ ..] = &mut random;
    *first = table;
    for (byte, value) in rest.iter_mut().zip(row.to_be_bytes()) {
        *byte = value;
    }
    Builder::from_unix_timestamp_millis(START.unsigned_abs() + u64::from(row), &random).into_uuid()
}

/// The id of order `number`, from 0.
#[must_use]
pub fn order(number: u32) -> Uuid {
    id(number, 4)
}

/// A line on a user's account.
#[derive(Debug, Clone)]
struct Line {
    owner: Uuid,
    bucket: i32,
    sequence: i64,
    amount: i64,
    after: i64,
}

/// A transaction of the journal.
#[derive(Debug, Clone)]
struct Transaction {
    id: Uuid,
    operation: Uuid,
    kind: i32,
    order: Option<Uuid>,
    at: i64,
    lines: Vec<Line>,
    /// Lines on the system's accounts: which, and the amount.
    system: Vec<(i32, i64)>,
}

/// An order, and what the other services have of it.
#[derive(Debug, Clone)]
struct Deal {
    number: u32,
    order: Uuid,
    buyer: Uuid,
    seller: Uuid,
    product: Uuid,
    name: String,
    at: i64,
    fate: Fate,
    transactions: Vec<Transaction>,
    /// Its earnings wait to be paid out.
    waits: bool,
}

impl Deal {
    fn transaction(&self, kind: i32) -> Option<Uuid> {
        let mut all = self.transactions.iter();
        all.find(|transaction| transaction.kind == kind)
            .map(|transaction| transaction.id)
    }

    /// The messages that its saga has handled.
    fn handled(&self) -> [Uuid; 3] {
        [40, 41, 42].map(|table| id(self.number, table))
    }

    /// Its only line.
    fn line(&self) -> Uuid {
        id(self.number, 50)
    }

    /// Its only part.
    fn part(&self) -> Uuid {
        id(self.number, 51)
    }

    /// Its refund, if it is refunded.
    fn refund(&self) -> Option<(Uuid, Uuid)> {
        let transaction = self.transaction(3)?;
        Some((id(self.number, 52), transaction))
    }
}

/// What a user's account holds in the end.
#[derive(Debug, Clone, Copy)]
struct Account {
    owner: Uuid,
    bucket: i32,
    sequence: i64,
    balance: i64,
    last_at: i64,
}

impl Account {
    const fn new(owner: Uuid, bucket: i32) -> Self {
        Self {
            owner,
            bucket,
            sequence: 0,
            balance: 0,
            last_at: 0,
        }
    }

    fn post(&mut self, amount: i64, at: i64) -> Line {
        self.sequence += 1;
        self.balance += amount;
        self.last_at = at;
        Line {
            owner: self.owner,
            bucket: self.bucket,
            sequence: self.sequence,
            amount,
            after: self.balance,
        }
    }
}

/// A product in the end.
#[derive(Debug, Clone, Copy)]
struct Goods {
    product: Uuid,
    seller: Uuid,
    available: i64,
}

/// The history of a marketplace, order by order.
struct History {
    orders: u32,
    next: u32,
    buyers: Vec<Account>,
    pending: Vec<Account>,
    available: Vec<Account>,
    goods: Vec<Goods>,
}

fn at(of: &mut [Account], number: u32) -> &mut Account {
    let place = usize::try_from(number).expect("a place") % of.len();
    &mut of[place]
}

impl History {
    fn new(size: &Size) -> Self {
        let accounts = |owners: &[Uuid], bucket| {
            let owners = owners.iter();
            owners.map(|owner| Account::new(*owner, bucket)).collect()
        };
        let buyers: Vec<Uuid> = (0..BUYERS).map(|number| id(number, 13)).collect();
        let sellers = size.sellers.iter().cycle();
        let goods = (0..PRODUCTS).zip(sellers).map(|(number, seller)| Goods {
            product: id(number, 1),
            seller: *seller,
            available: PLENTY,
        });
        Self {
            orders: size.orders,
            next: 0,
            buyers: accounts(&buyers, 0),
            pending: accounts(&size.sellers, 1),
            available: accounts(&size.sellers, 0),
            goods: goods.collect(),
        }
    }

    /// The credits with which it begins.
    fn opening(&mut self) -> Vec<Transaction> {
        let credit = |(number, buyer): (u32, &mut Account)| Transaction {
            id: id(number, 11),
            operation: id(number, 12),
            kind: 0,
            order: None,
            at: START,
            lines: vec![buyer.post(PLENTY, START)],
            system: vec![(2, -PLENTY)],
        };
        (0..).zip(&mut self.buyers).map(credit).collect()
    }

    /// The accounts that were posted to, as they are now.
    fn accounts(&self) -> impl Iterator<Item = &Account> {
        let all = [&self.buyers, &self.pending, &self.available];
        let all = all.into_iter().flatten();
        all.filter(|account| account.sequence > 0)
    }
}

impl Iterator for History {
    type Item = Deal;

    fn next(&mut self) -> Option<Deal> {
        let number = self.next;
        if number == self.orders {
            return None;
        }
        self.next += 1;
        let fate = Fate::of(number, self.orders);
        let at_time = START + 1 + i64::from(number);
        let place = usize::try_from(number).expect("a place") % self.goods.len();
        let goods = &mut self.goods[place];
        if matches!(fate.reservation(), "sold" | "held") {
            goods.available -= 1;
        }
        let (product, seller) = (goods.product, goods.seller);
        let buyer = at(&mut self.buyers, number);
        // The newest earnings wait to be paid out.
        let waits = fate == Fate::Released && number >= self.orders / 10 * 9;
        let mut transactions = Vec::new();
        let mut post = |kind: i32, lines, system| {
            let table = u8::try_from(kind).expect("a small number");
            transactions.push(Transaction {
                id: id(number, 20 + table),
                operation: id(number, 30 + table),
                kind,
                order: Some(order(number)),
                at: at_time,
                lines,
                system,
            });
        };
        if matches!(fate, Fate::Released | Fate::Held | Fate::Refunded) {
            post(2, vec![buyer.post(-PRICE, at_time)], vec![(0, PRICE)]);
        }
        if fate == Fate::Refunded {
            post(3, vec![buyer.post(PRICE, at_time)], vec![(0, -PRICE)]);
        }
        let buyer = buyer.owner;
        if fate == Fate::Released {
            let pending = at(&mut self.pending, number);
            let system = vec![(0, -PRICE), (1, FEE)];
            post(4, vec![pending.post(EARNED, at_time)], system);
            if !waits {
                let available = at(&mut self.available, number);
                let lines = vec![
                    pending.post(-EARNED, at_time),
                    available.post(EARNED, at_time),
                ];
                post(5, lines, Vec::new());
            }
        }
        Some(Deal {
            number,
            order: order(number),
            buyer,
            seller,
            product,
            name: format!("Thing {place}"),
            at: at_time,
            fate,
            transactions,
            waits,
        })
    }
}

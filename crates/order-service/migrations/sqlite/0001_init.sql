-- An order is one row. What was ordered never changes, and its parts are only read and written with it, so both are JSON.
CREATE TABLE orders (
    id           BLOB    PRIMARY KEY,
    buyer        BLOB    NOT NULL,
    -- What the buyer was called when they ordered, if that was known.
    buyer_name   TEXT,
    lines        TEXT    NOT NULL CHECK (json_array_length(lines) > 0),
    -- What became of the lines, one part for each seller.
    fulfilments  TEXT    NOT NULL CHECK (json_array_length(fulfilments) > 0),
    total        TEXT    NOT NULL CHECK (
        json_type(total, '$.amount') IS 'integer' AND json_extract(total, '$.amount') > 0 AND json_type(total, '$.currency') IS 'text'
    ),
    -- Where it is shipped to, as JSON, and what the buyer said with it.
    address      TEXT,
    note         TEXT,
    metadata     TEXT,
    state        TEXT    NOT NULL
        CHECK (state IN ('pending', 'paid', 'declined', 'cancelling', 'cancelled', 'refunding', 'refunded')),
    reason       TEXT,
    -- When the buyer was debited.
    paid_at      INTEGER,
    -- Whether the product service has said that the stock is sold.
    confirmed    INTEGER NOT NULL,
    -- Whether the saga itself needs an operator, and not one of the parts.
    stuck        INTEGER,
    needs_review INTEGER NOT NULL,
    -- 1 while an operator has to decide a dispute in it.
    disputed     INTEGER,
    -- The id of the request that made it, if that came with an Idempotency-Key.
    request      TEXT,
    -- How it stood when that request was answered, as JSON. Null until then.
    answered     TEXT,
    -- The ids of the messages that it has handled, as JSON. They are read and written with the order and need no inbox rows.
    handled      TEXT    NOT NULL,
    resends      INTEGER NOT NULL,
    -- The number of its next fact.
    facts        INTEGER NOT NULL CHECK (facts > 0),
    -- Rises with every change that readers see.
    version      INTEGER NOT NULL CHECK (version > 0),
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    state_since  INTEGER NOT NULL,
    -- When a sweeper has to look at it: payment deadline, resend, the timers of its parts. Null when nothing is outstanding.
    due_at       INTEGER,
    CHECK (confirmed = 0 OR paid_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX by_buyer ON orders (buyer, id);
-- Orders in one state. Nearly all orders are paid, and those are found through by_buyer and the primary key: an index of them would be
-- written for every order. That of the unsettled ones stays small, since orders leave it again, so that one index serves the lists of all
-- buyers and that of the operators. SQLite uses these where a query has one of the conditions between the ORs.
CREATE INDEX unsettled ON orders (state, id, buyer)
    WHERE state = 'pending' OR state = 'cancelling' OR state = 'refunding';
CREATE INDEX not_paid ON orders (buyer, state, id)
    WHERE state = 'declined' OR state = 'cancelled' OR state = 'refunded';
CREATE INDEX not_paid_of_all ON orders (state, id)
    WHERE state = 'declined' OR state = 'cancelled' OR state = 'refunded';
CREATE INDEX due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX to_review ON orders (id) WHERE needs_review = 1;
CREATE INDEX disputed ON orders (id) WHERE disputed = 1;

-- A seller's sales: each part of the orders whose stock is sold. What MongoDB finds through an index over the parts. The mapping of orders
-- writes it in the same transaction.
CREATE TABLE sales (
    seller    BLOB    NOT NULL,
    status    TEXT    NOT NULL CHECK (status IN ('open', 'shipped', 'delivered', 'completed', 'cancelled')),
    paid_at   INTEGER NOT NULL,
    order_id  BLOB    NOT NULL,
    -- The money of the part, in minor units: what it costs, what of that was refunded, and the commission on the rest.
    currency  TEXT    NOT NULL,
    sold      INTEGER NOT NULL CHECK (sold > 0),
    refunded  INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND sold),
    fees      INTEGER NOT NULL CHECK (fees >= 0),
    PRIMARY KEY (seller, status, paid_at, order_id)
) STRICT, WITHOUT ROWID;
-- For the sums of all sellers' sales. Payments come in the order of time, so that it grows at its end.
CREATE INDEX sales_by_day ON sales (paid_at, order_id);

-- What happened to orders, by whom and when, beyond what the order itself tells.
CREATE TABLE facts (
    order_id   BLOB    NOT NULL,
    -- Its place in the order's timeline.
    number     INTEGER NOT NULL CHECK (number >= 0),
    at         INTEGER NOT NULL,
    -- Role and user, as JSON.
    actor      TEXT    NOT NULL,
    what       TEXT    NOT NULL,
    note       TEXT,
    fulfilment BLOB,
    -- Items, package, refund, as JSON.
    details    TEXT,
    PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;

-- Where the returns and disputes of orders are. What they are about is kept with the order.
CREATE TABLE cases (
    id       BLOB    PRIMARY KEY,
    order_id BLOB    NOT NULL,
    seller   BLOB    NOT NULL,
    buyer    BLOB    NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN (
        'return_requested', 'return_approved', 'return_denied', 'return_received', 'return_withdrawn', 'return_expired',
        'return_superseded', 'dispute_open', 'dispute_resolved', 'dispute_withdrawn'
    )),
    -- Since when there is one.
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_of_all ON cases (state, id);
CREATE INDEX cases_of_seller ON cases (seller, state, id);
CREATE INDEX cases_of_buyer ON cases (buyer, state, id);

-- What users are called, as the user service says.
CREATE TABLE names (
    id      BLOB    PRIMARY KEY,
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT, WITHOUT ROWID;

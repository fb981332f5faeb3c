-- An order is one document: what was ordered never changes, so its lines live in the row as JSON. What the saga changes has
-- columns of its own.
CREATE TABLE orders (
    id               BLOB    PRIMARY KEY,
    buyer_id         BLOB    NOT NULL,
    lines            TEXT    NOT NULL,
    total            INTEGER NOT NULL CHECK (total > 0),
    currency         TEXT    NOT NULL,
    state            INTEGER NOT NULL,
    reason           TEXT,
    escrow           INTEGER NOT NULL,
    -- Whether the product service has said that the stock is sold.
    confirmed        INTEGER NOT NULL DEFAULT 0,
    needs_review     INTEGER NOT NULL DEFAULT 0,
    -- The id of the request that made it, if that came with an Idempotency-Key.
    request_id       TEXT,
    resends          INTEGER NOT NULL DEFAULT 0,
    -- Rises with every change that readers see.
    version          INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    state_since      INTEGER NOT NULL,
    -- When a sweeper has to look at it: payment deadline, resend, release of escrow. Null when nothing is outstanding.
    due_at           INTEGER,
    -- The ids of the messages that it has handled, 16 bytes each. They are read and written with the order and need no inbox rows.
    handled          BLOB    NOT NULL,
    -- How it stood when the request that made it was answered. Null until then, and if the request came without a key.
    answered_state   INTEGER,
    answered_reason  TEXT,
    answered_version INTEGER,
    answered_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_by_buyer ON orders (buyer_id, id);
-- A buyer's orders in one state. Nearly all orders are paid, and those are found through orders_by_buyer: an index of them would be
-- written for every order. That of the unsettled ones stays small, since orders leave it again.
CREATE INDEX orders_unsettled ON orders (buyer_id, state, id) WHERE state IN (0, 3, 5);
CREATE INDEX orders_not_paid ON orders (buyer_id, state, id) WHERE state IN (2, 4, 6);
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_to_review ON orders (id) WHERE needs_review = 1;

-- An order is one row. What was ordered never changes, so its lines are JSON.
CREATE TABLE orders (
    id           BLOB    PRIMARY KEY,
    buyer        BLOB    NOT NULL,
    lines        TEXT    NOT NULL CHECK (json_array_length(lines) > 0),
    total        TEXT    NOT NULL CHECK (
        json_type(total, '$.amount') IS 'integer' AND json_extract(total, '$.amount') > 0 AND json_type(total, '$.currency') IS 'text'
    ),
    state        TEXT    NOT NULL
        CHECK (state IN ('pending', 'paid', 'declined', 'cancelling', 'cancelled', 'refunding', 'refunded')),
    reason       TEXT,
    escrow       TEXT    NOT NULL CHECK (escrow IN ('held', 'releasing', 'released')),
    -- Whether the product service has said that the stock is sold.
    confirmed    INTEGER NOT NULL,
    needs_review INTEGER NOT NULL,
    -- The id of the request that made it, if that came with an Idempotency-Key.
    request      TEXT,
    -- How it stood when that request was answered, as JSON. Null until then.
    answered     TEXT,
    -- The ids of the messages that it has handled, as JSON. They are read and written with the order and need no inbox rows.
    handled      TEXT    NOT NULL,
    resends      INTEGER NOT NULL,
    -- Rises with every change that readers see.
    version      INTEGER NOT NULL CHECK (version > 0),
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    state_since  INTEGER NOT NULL,
    -- When a sweeper has to look at it: payment deadline, resend, release of escrow. Null when nothing is outstanding.
    due_at       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX by_buyer ON orders (buyer, id);
-- A buyer's orders in one state. Nearly all orders are paid, and those are found through by_buyer: an index of them would be written
-- for every order. That of the unsettled ones stays small, since orders leave it again. SQLite uses these where a query has one of the
-- conditions between the ORs.
CREATE INDEX unsettled ON orders (buyer, state, id)
    WHERE state = 'pending' OR state = 'cancelling' OR state = 'refunding';
CREATE INDEX not_paid ON orders (buyer, state, id)
    WHERE state = 'declined' OR state = 'cancelled' OR state = 'refunded';
CREATE INDEX due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX to_review ON orders (id) WHERE needs_review = 1;

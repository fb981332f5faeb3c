-- The catalogue, its search index, the stock book and the reservations.

-- What a product is. Written by its seller only, so rarely. `seq` rises with every product: it is the order of "newest".
-- The long text stands last: who reads only the columns before it never touches its overflow pages.
CREATE TABLE products (
    seq         INTEGER PRIMARY KEY,
    id          BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    seller      BLOB    NOT NULL CHECK (length(seller) = 16),
    price       INTEGER NOT NULL CHECK (price BETWEEN 1 AND 9007199254740991),
    currency    TEXT    NOT NULL CHECK (length(currency) = 3),
    status      TEXT    NOT NULL CHECK (status IN ('active', 'removed')),
    created_at  INTEGER NOT NULL,
    category    TEXT    NOT NULL COLLATE NOCASE,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL
) STRICT;

-- One index a list, each ending in the implicit seq, so that every page is a seek and a short walk. Only what is listed is
-- in them. See sqlite/list.rs, which names them, and its test, which checks the plans.
CREATE INDEX products_newest            ON products (status)          WHERE status = 'active';
CREATE INDEX products_by_price          ON products (price)           WHERE status = 'active';
CREATE INDEX products_by_category       ON products (category)        WHERE status = 'active';
CREATE INDEX products_by_category_price ON products (category, price) WHERE status = 'active';
CREATE INDEX products_by_seller         ON products (seller)          WHERE status = 'active';
CREATE INDEX products_by_seller_price   ON products (seller, price)   WHERE status = 'active';

-- What changes with every order, apart: a reservation rewrites a row of a few bytes. `version` counts every change of the
-- product, edits and stock alike; it is the entity tag.
CREATE TABLE stock (
    product    INTEGER PRIMARY KEY REFERENCES products (seq),
    available  INTEGER NOT NULL CHECK (available >= 0),
    version    INTEGER NOT NULL CHECK (version >= 1),
    updated_at INTEGER NOT NULL
) STRICT;

-- The stock book: what the seller put in (or, negative, took out), and at which version of the product. Rows are never
-- changed. For each product: available + held + sold = the sum of its entries.
CREATE TABLE stock_entries (
    product INTEGER NOT NULL REFERENCES products (seq),
    version INTEGER NOT NULL,
    delta   INTEGER NOT NULL CHECK (delta <> 0),
    at      INTEGER NOT NULL,
    PRIMARY KEY (product, version)
) STRICT, WITHOUT ROWID;

-- Stock held for, or sold to, an order.
CREATE TABLE reservations (
    order_id    BLOB    PRIMARY KEY CHECK (length(order_id) = 16),
    buyer       BLOB    NOT NULL CHECK (length(buyer) = 16),
    state       TEXT    NOT NULL CHECK (state IN ('held', 'sold', 'released', 'expired')),
    currency    TEXT    NOT NULL,
    lease_until INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_by_lease ON reservations (lease_until) WHERE state = 'held';

-- Its lines, priced as they were when it was made. No foreign keys: both parents are read or written by the same
-- transaction, rows are never deleted, and the audit looks for orphans; a check on each insert would buy nothing.
CREATE TABLE reservation_lines (
    order_id   BLOB    NOT NULL,
    line       INTEGER NOT NULL,
    product    INTEGER NOT NULL,
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    unit_price INTEGER NOT NULL CHECK (unit_price > 0),
    name       TEXT    NOT NULL,
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;

-- Full text over what is listed. The text itself stays in products (external content); triggers keep the index in step and
-- fire only when the text changes or the product leaves the catalogue. Words in the name weigh ten times those in the
-- description.
CREATE VIRTUAL TABLE products_fts USING fts5 (
    name, description,
    content = 'products', content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3'
);
INSERT INTO products_fts (products_fts, rank) VALUES ('rank', 'bm25(10.0, 1.0)');

CREATE TRIGGER products_fts_insert AFTER INSERT ON products WHEN new.status = 'active' BEGIN
    INSERT INTO products_fts (rowid, name, description) VALUES (new.seq, new.name, new.description);
END;

CREATE TRIGGER products_fts_edit AFTER UPDATE OF name, description ON products
WHEN old.status = 'active' AND (old.name IS NOT new.name OR old.description IS NOT new.description) BEGIN
    INSERT INTO products_fts (products_fts, rowid, name, description)
        VALUES ('delete', old.seq, old.name, old.description);
    INSERT INTO products_fts (rowid, name, description) VALUES (new.seq, new.name, new.description);
END;

CREATE TRIGGER products_fts_remove AFTER UPDATE OF status ON products
WHEN old.status = 'active' AND new.status = 'removed' BEGIN
    INSERT INTO products_fts (products_fts, rowid, name, description)
        VALUES ('delete', old.seq, old.name, old.description);
END;

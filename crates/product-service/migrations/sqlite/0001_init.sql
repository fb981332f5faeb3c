-- The catalogue, its search index, the stock book and the reservations.

-- What a product is. Only its seller changes it, so rarely. `seq` increases with every product: it is the order of "newest". The long
-- text is the last column: a query that reads only the columns before it does not touch its overflow pages.
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

-- One index for each list, ending in the implicit seq, so that every page is a seek and a short walk. They contain only active
-- products. store/sqlite/list.rs names them; its test checks the plans.
CREATE INDEX products_newest            ON products (status)          WHERE status = 'active';
CREATE INDEX products_by_price          ON products (price)           WHERE status = 'active';
CREATE INDEX products_by_category       ON products (category)        WHERE status = 'active';
CREATE INDEX products_by_category_price ON products (category, price) WHERE status = 'active';
CREATE INDEX products_by_seller         ON products (seller)          WHERE status = 'active';
CREATE INDEX products_by_seller_price   ON products (seller, price)   WHERE status = 'active';

-- What changes with every order, in a table of its own: a reservation rewrites a row of a few bytes. `version` counts every change of
-- the product, edits and stock alike; it is the entity tag.
CREATE TABLE stock (
    product    INTEGER PRIMARY KEY REFERENCES products (seq),
    available  INTEGER NOT NULL CHECK (available >= 0),
    version    INTEGER NOT NULL CHECK (version >= 1),
    updated_at INTEGER NOT NULL
) STRICT;

-- The stock book: how many the seller added (or removed, if negative) with which version of the product. Rows never change. For each
-- product: available + held + sold = the sum of its entries.
CREATE TABLE stock_entries (
    product BLOB    NOT NULL CHECK (length(product) = 16),
    version INTEGER NOT NULL,
    delta   INTEGER NOT NULL CHECK (delta <> 0),
    at      INTEGER NOT NULL,
    PRIMARY KEY (product, version)
) STRICT, WITHOUT ROWID;

-- Stock held for, or sold to, an order. The lines, with the prices of that time, never change and are read only with their reservation:
-- they are a JSON column.
CREATE TABLE reservations (
    order_id    BLOB    PRIMARY KEY CHECK (length(order_id) = 16),
    buyer       BLOB    NOT NULL CHECK (length(buyer) = 16),
    state       TEXT    NOT NULL CHECK (state IN ('held', 'sold', 'released', 'expired')),
    lease_until INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    lines       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_by_lease ON reservations (lease_until) WHERE state = 'held';

-- The full-text index of active products: the words that the service makes of the name, and those that only the description has. They
-- are letters and digits without case and accents; the tokenizer only splits at spaces. A word in the name weighs ten times one in the
-- description.
CREATE VIRTUAL TABLE products_fts USING fts5 (
    name, description,
    tokenize = 'ascii',
    prefix = '2 3'
);
INSERT INTO products_fts (products_fts, rank) VALUES ('rank', 'bm25(10.0, 1.0)');

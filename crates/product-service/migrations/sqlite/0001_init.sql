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
    product BLOB    NOT NULL CHECK (length(product) = 16),
    version INTEGER NOT NULL,
    delta   INTEGER NOT NULL CHECK (delta <> 0),
    at      INTEGER NOT NULL,
    PRIMARY KEY (product, version)
) STRICT, WITHOUT ROWID;

-- Stock held for, or sold to, an order. Its lines never change and are read only with it, so they stand in it as JSON, priced as
-- they were when it was made.
CREATE TABLE reservations (
    order_id    BLOB    PRIMARY KEY CHECK (length(order_id) = 16),
    buyer       BLOB    NOT NULL CHECK (length(buyer) = 16),
    state       TEXT    NOT NULL CHECK (state IN ('held', 'sold', 'released', 'expired')),
    lease_until INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    lines       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_by_lease ON reservations (lease_until) WHERE state = 'held';

-- Full text over what is listed: the words that the service makes of a product's name and, apart from these, its description. They
-- hold nothing but letters and digits, without case and accents; the tokenizer only separates them. Words in the name weigh ten times
-- those in the description.
CREATE VIRTUAL TABLE products_fts USING fts5 (
    name, description,
    tokenize = 'ascii',
    prefix = '2 3'
);
INSERT INTO products_fts (products_fts, rank) VALUES ('rank', 'bm25(10.0, 1.0)');

-- The catalogue, its search index, the stock book and the reservations.

-- What a product is. Only its seller changes it, so rarely. `seq` increases with every product: it is the order of "newest". The long
-- text is the last column: a query that reads only the columns before it does not touch its overflow pages.
CREATE TABLE products (
    seq          INTEGER PRIMARY KEY,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    seller       BLOB    NOT NULL CHECK (length(seller) = 16),
    price        INTEGER NOT NULL CHECK (price BETWEEN 1 AND 9007199254740991),
    currency     TEXT    NOT NULL CHECK (length(currency) = 3),
    status       TEXT    NOT NULL CHECK (status IN ('active', 'removed')),
    delivery     TEXT    NOT NULL CHECK (delivery IN ('shipped', 'none')),
    created_at   INTEGER NOT NULL,
    category     TEXT    NOT NULL,
    category_key TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    description  TEXT    NOT NULL
) STRICT;

-- One index for each list, ending in the implicit seq, so that every page is a seek and a short walk. They contain only active
-- products. store/mod.rs names them; its test checks the plans.
CREATE INDEX products_newest            ON products (status)              WHERE status = 'active';
CREATE INDEX products_by_price          ON products (price)               WHERE status = 'active';
CREATE INDEX products_by_category       ON products (category_key)        WHERE status = 'active';
CREATE INDEX products_by_category_price ON products (category_key, price) WHERE status = 'active';
CREATE INDEX products_by_seller         ON products (seller)              WHERE status = 'active';
CREATE INDEX products_by_seller_price   ON products (seller, price)       WHERE status = 'active';

-- What changes with every order, in a table of its own: a reservation rewrites a row of a few bytes. `version` counts every change of
-- the product, edits and stock alike; it is the entity tag.
CREATE TABLE stock (
    id         BLOB    PRIMARY KEY REFERENCES products (id),
    available  INTEGER NOT NULL CHECK (available >= 0),
    version    INTEGER NOT NULL CHECK (version >= 1),
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The stock book: how many the seller added (or removed, if negative) with which version of the product. Rows never change. For each
-- product: available + held + sold - restocked = the sum of its entries. What was written off is among what was sold.
CREATE TABLE stock_entries (
    product BLOB    NOT NULL CHECK (length(product) = 16),
    version INTEGER NOT NULL,
    delta   INTEGER NOT NULL CHECK (delta <> 0),
    at      INTEGER NOT NULL,
    PRIMARY KEY (product, version)
) STRICT, WITHOUT ROWID;

-- Stock held for, or sold to, an order. The lines, with the prices of that time, never change and are read only with their reservation:
-- they are a JSON column. `returned` has what came back of what was sold, each product once: the sum of the order's stock_returns.
CREATE TABLE reservations (
    id          BLOB    PRIMARY KEY CHECK (length(id) = 16),
    buyer       BLOB    NOT NULL CHECK (length(buyer) = 16),
    state       TEXT    NOT NULL CHECK (state IN ('held', 'sold', 'released', 'expired')),
    lease_until INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    lines       TEXT    NOT NULL,
    returned    TEXT    CHECK (returned IS NULL OR state = 'sold')
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_by_lease ON reservations (lease_until) WHERE state = 'held';

-- The returns of what was sold, by their ids: each is made once. Rows never change. The lines are a JSON column.
CREATE TABLE stock_returns (
    order_id  BLOB    NOT NULL REFERENCES reservations (id),
    return_id BLOB    NOT NULL CHECK (length(return_id) = 16),
    lines     TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (order_id, return_id)
) STRICT, WITHOUT ROWID;

-- What users are called, as the user service said last.
CREATE TABLE names (
    id      BLOB    PRIMARY KEY CHECK (length(id) = 16),
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The words of active products, as the service makes them, in JSON lists. `words` has those of the name and of the description.
CREATE TABLE search (
    id           BLOB    PRIMARY KEY REFERENCES products (id),
    seller       BLOB    NOT NULL,
    category_key TEXT    NOT NULL,
    price        INTEGER NOT NULL,
    name_words   TEXT    NOT NULL,
    words        TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- The full-text index of these words. It has none of the text, only which product (`products.seq`) has which word, in its name or at all:
-- neither places nor weights. The tokenizer splits at the signs of ASCII, which no word has. `№3` says that a name has three words.
CREATE VIRTUAL TABLE products_fts USING fts5 (
    name, words,
    content = '',
    contentless_delete = 1,
    detail = 'column',
    tokenize = 'ascii',
    prefix = '2 3'
);

CREATE VIEW search_text AS
SELECT w.id, p.seq, w.name_words || ' №' || json_array_length(w.name_words) AS name, w.words
FROM search w JOIN products p ON p.id = w.id;

CREATE TRIGGER search_added AFTER INSERT ON search BEGIN
    INSERT INTO products_fts (rowid, name, words) SELECT seq, name, words FROM search_text WHERE id = NEW.id;
END;
CREATE TRIGGER search_changed AFTER UPDATE OF name_words, words ON search BEGIN
    UPDATE products_fts SET name = t.name, words = t.words FROM search_text t
    WHERE t.id = NEW.id AND products_fts.rowid = t.seq;
END;
CREATE TRIGGER search_removed AFTER DELETE ON search BEGIN
    DELETE FROM products_fts WHERE rowid = (SELECT seq FROM products WHERE id = OLD.id);
END;

-- The catalogue, its search index, the stock book and the reservations.

-- The operator's tree of categories. `names` and `attributes` are JSON columns.
CREATE TABLE categories (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
    parent     BLOB    CHECK (parent IS NULL OR length(parent) = 16),
    slug       TEXT    NOT NULL UNIQUE,
    names      TEXT    NOT NULL,
    attributes TEXT    NOT NULL,
    retired    INTEGER NOT NULL CHECK (retired IN (0, 1)),
    version    INTEGER NOT NULL CHECK (version >= 1)
) STRICT, WITHOUT ROWID;

-- One row: the version of the tree, which every change of a category raises.
CREATE TABLE category_tree (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

-- What a product is. Only its seller changes it, so rarely. `seq` increases with every product: it is the order of "newest". The long
-- text is in the last columns: a query that reads only the columns before them does not touch its overflow pages. The default variant is
-- the product itself; `variants` has the further ones, those that were removed included, in a JSON list without their stock.
CREATE TABLE products (
    seq          INTEGER PRIMARY KEY,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    seller       BLOB    NOT NULL CHECK (length(seller) = 16),
    price        INTEGER NOT NULL CHECK (price BETWEEN 1 AND 9007199254740991),
    currency     TEXT    NOT NULL CHECK (length(currency) = 3),
    status       TEXT    NOT NULL CHECK (status IN ('draft', 'active', 'removed')),
    delivery     TEXT    NOT NULL CHECK (delivery IN ('shipped', 'none')),
    created_at   INTEGER NOT NULL,
    category     TEXT    NOT NULL,
    category_id  BLOB    NOT NULL REFERENCES categories (id) DEFERRABLE INITIALLY DEFERRED,
    attributes   TEXT,
    sku          TEXT,
    barcode      TEXT,
    options      TEXT,
    moderation   TEXT,
    variants     TEXT    CHECK (json_array_length(variants) > 0),
    name         TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    metadata     TEXT
) STRICT;

-- One index for each list, ending in the implicit seq, so that every page is a seek and a short walk. They contain only active
-- products. store/mod.rs names them; its test checks the plans.
CREATE INDEX products_newest            ON products (status)              WHERE status = 'active';
CREATE INDEX products_by_price          ON products (price)               WHERE status = 'active';
CREATE INDEX products_by_category       ON products (category_id)         WHERE status = 'active';
CREATE INDEX products_by_category_price ON products (category_id, price)  WHERE status = 'active';
CREATE INDEX products_by_seller         ON products (seller)              WHERE status = 'active';
CREATE INDEX products_by_seller_price   ON products (seller, price)       WHERE status = 'active';
-- A seller's own list contains the others, too.
CREATE INDEX products_of_seller         ON products (seller);
-- What operators took down.
CREATE INDEX products_taken_down        ON products (status)              WHERE moderation IS NOT NULL;

-- What changes with every order, in a table of its own: a reservation rewrites a row of a few bytes. `version` counts every change of
-- the product, edits and stock alike; it is the entity tag. `sold` is what orders hold or have bought, without what came back. `variant_stock` has the stock of the further variants, a JSON list in their
-- order; only with these, `total` is the sum and `least` the least of what can be ordered of any variant.
CREATE TABLE stock (
    id            BLOB    PRIMARY KEY REFERENCES products (id),
    available     INTEGER NOT NULL CHECK (available >= 0),
    sold          INTEGER NOT NULL,
    variant_stock TEXT,
    total         INTEGER CHECK (total >= 0),
    least         INTEGER CHECK (least >= 0),
    version       INTEGER NOT NULL CHECK (version >= 1),
    updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The stock book: how many the seller added (or removed, if negative) with which version of the product, of which variant. Rows never
-- change. For each variant: available + held + sold - restocked = the sum of its entries. What was written off is among what was sold.
CREATE TABLE stock_entries (
    product BLOB    NOT NULL CHECK (length(product) = 16),
    version INTEGER NOT NULL,
    variant BLOB    NOT NULL CHECK (length(variant) = 16),
    delta   INTEGER NOT NULL CHECK (delta <> 0),
    at      INTEGER NOT NULL,
    actor   BLOB    NOT NULL CHECK (length(actor) = 16),
    reason  TEXT,
    PRIMARY KEY (product, version, variant)
) STRICT, WITHOUT ROWID;

-- Which variant has which SKU of its seller. Variants that can no longer be ordered have none.
CREATE TABLE skus (
    seller  BLOB NOT NULL CHECK (length(seller) = 16),
    sku     TEXT NOT NULL,
    product BLOB NOT NULL REFERENCES products (id),
    variant BLOB NOT NULL CHECK (length(variant) = 16),
    PRIMARY KEY (seller, sku)
) STRICT, WITHOUT ROWID;

-- Stock held for, or sold to, an order. The lines, with the prices of that time, never change and are read only with their reservation:
-- they are a JSON column. `returned` has what came back of what was sold, each article once: the sum of the order's stock_returns.
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
-- What somebody has bought: they may look at it for ever.
CREATE INDEX reservations_by_buyer ON reservations (buyer) WHERE state = 'sold';

-- The returns of what was sold, by their ids: each is made once. Rows never change. The lines are a JSON column.
CREATE TABLE stock_returns (
    order_id  BLOB    NOT NULL REFERENCES reservations (id),
    return_id BLOB    NOT NULL CHECK (length(return_id) = 16),
    lines     TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (order_id, return_id)
) STRICT, WITHOUT ROWID;

-- Users as sellers, as the user service said last, or since their first product. Of those who sell nothing only the name is known. `status`
-- has no value for active sellers, so that the index holds the others only; `returns` is a JSON column, which the usual terms leave empty.
CREATE TABLE sellers (
    id           BLOB    PRIMARY KEY CHECK (length(id) = 16),
    name         TEXT,
    name_version INTEGER NOT NULL CHECK (name_version >= 0),
    status       TEXT    CHECK (status IN ('pending', 'suspended')),
    since        INTEGER,
    display_name TEXT,
    description  TEXT,
    returns      TEXT,
    version      INTEGER NOT NULL CHECK (version >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX sellers_not_active ON sellers (status) WHERE status IS NOT NULL;

-- The images of products that have any, in a JSON list: lists show the first of them.
CREATE TABLE product_images (
    id     BLOB PRIMARY KEY REFERENCES products (id),
    images TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which blobs these images have: a blob without a row is swept.
CREATE TABLE image_files (
    blob  TEXT NOT NULL,
    image BLOB NOT NULL CHECK (length(image) = 16),
    PRIMARY KEY (blob, image)
) STRICT, WITHOUT ROWID;

-- The words of active products, as the service makes them, in JSON lists. `words` has those of the name and of the description.
CREATE TABLE search (
    id           BLOB    PRIMARY KEY REFERENCES products (id),
    seller       BLOB    NOT NULL,
    category_id  BLOB    NOT NULL,
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

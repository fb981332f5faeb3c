-- The wallet ledger. Amounts are minor units, times milliseconds since the epoch, ids the 16 bytes of a UUID.

-- What a user has, by bucket (0 available, 1 pending, 2 debt, which is zero or less) and currency. One sequence runs over all currencies of a bucket: the
-- next number is the greatest of its rows plus one. last_at is the time of the row's last posting.
CREATE TABLE balances (
    owner    BLOB    NOT NULL CHECK (length(owner) = 16),
    bucket   INTEGER NOT NULL CHECK (bucket IN (0, 1, 2)),
    currency TEXT    NOT NULL CHECK (length(currency) = 3),
    balance  INTEGER NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (owner, bucket, currency),
    CHECK (CASE bucket WHEN 2 THEN balance <= 0 ELSE balance >= 0 END)
) STRICT, WITHOUT ROWID;

-- The journal: one row per transaction, never changed. operation_id says what was done rather than which row it is, so the same
-- thing cannot be done twice, ever. The lines are in postings and system_postings, and the row names them: in `lines`, a JSON
-- array of [owner in hex, bucket, sequence]; in system_from and system_to, the first and last system posting.
CREATE TABLE journal (
    operation_id BLOB    NOT NULL PRIMARY KEY CHECK (length(operation_id) = 16),
    id           BLOB    NOT NULL CHECK (length(id) = 16),
    kind         INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 7),
    order_id     BLOB    CHECK (length(order_id) = 16),
    reference    TEXT,
    created_at   INTEGER NOT NULL,
    lines        TEXT    NOT NULL,
    system_from  INTEGER,
    system_to    INTEGER CHECK (system_to >= system_from)
) STRICT, WITHOUT ROWID;

-- Lines on users' accounts, stored in the order of their statement: created_at never falls within an account, so a page is a
-- walk over neighbouring rows. They repeat what a statement shows of the journal row, which never changes.
CREATE TABLE postings (
    owner         BLOB    NOT NULL,
    bucket        INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    amount        INTEGER NOT NULL CHECK (amount <> 0),
    currency      TEXT    NOT NULL,
    balance_after INTEGER NOT NULL,
    kind          INTEGER NOT NULL,
    journal_id    BLOB    NOT NULL,
    order_id      BLOB,
    reference     TEXT,
    PRIMARY KEY (owner, bucket, created_at, sequence),
    CHECK (CASE bucket WHEN 2 THEN balance_after <= 0 ELSE balance_after >= 0 END)
) STRICT, WITHOUT ROWID;
CREATE INDEX postings_by_kind ON postings (owner, bucket, kind, created_at, sequence);

-- Lines on accounts that belong to no user: 0 escrow, 1 platform:fees, 2 external:topup, 3 external:withdrawal. Append only:
-- a balance row for them would be the one row that every payment waits for.
CREATE TABLE system_postings (
    seq        INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL CHECK (account BETWEEN 0 AND 3),
    amount     INTEGER NOT NULL CHECK (amount <> 0),
    currency   TEXT    NOT NULL,
    journal_id BLOB    NOT NULL
) STRICT;

-- What became of each order's payment: 0 declined, 1 cancelled (nothing was or will be debited), 2 debited, 3 reversed. parts is a JSON
-- array with what was captured for each seller, line by line: total, commission, what was refunded and reversed of them, and how the
-- part was released. Zeros are left out. `reversal` is the transaction that reversed the debit, if anything was left to give back.
CREATE TABLE payments (
    id       BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    buyer    BLOB    NOT NULL CHECK (length(buyer) = 16),
    state    INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    amount   INTEGER CHECK (amount > 0),
    currency TEXT,
    debit    BLOB,
    reversal BLOB,
    parts    TEXT,
    CHECK ((amount IS NULL) = (state = 1) AND (currency IS NULL) = (state = 1)),
    CHECK ((debit IS NULL) = (state < 2) AND (parts IS NULL) = (state < 2)),
    CHECK (reversal IS NULL OR state = 3)
) STRICT, WITHOUT ROWID;

-- Refunds of parts, each made once for all time. lines is a JSON array: of each line, what the buyer got and what was reversed of the
-- commission. reversal is the transaction that took it from the seller and the platform, if the part had been released.
CREATE TABLE refunds (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    order_id   BLOB    NOT NULL CHECK (length(order_id) = 16),
    fulfilment BLOB    NOT NULL CHECK (length(fulfilment) = 16),
    amount     INTEGER NOT NULL CHECK (amount > 0),
    currency   TEXT    NOT NULL,
    lines      TEXT    NOT NULL,
    journal_id BLOB    NOT NULL,
    reversal   BLOB
) STRICT, WITHOUT ROWID;

-- Earnings that wait in a seller's pending bucket. The index ends with the primary key, so it has the order of the sweep:
-- available_at, order_id, fulfilment.
CREATE TABLE earnings (
    order_id     BLOB    NOT NULL CHECK (length(order_id) = 16),
    fulfilment   BLOB    NOT NULL CHECK (length(fulfilment) = 16),
    seller       BLOB    NOT NULL CHECK (length(seller) = 16),
    amount       INTEGER NOT NULL CHECK (amount > 0),
    currency     TEXT    NOT NULL,
    available_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, fulfilment)
) STRICT, WITHOUT ROWID;
CREATE INDEX earnings_due ON earnings (available_at);

-- Sellers, as the user service said last. The earnings of suspended ones wait.
CREATE TABLE sellers (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    is_suspended INTEGER NOT NULL CHECK (is_suspended IN (0, 1)),
    version      INTEGER NOT NULL CHECK (version >= 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX sellers_suspended ON sellers (is_suspended) WHERE is_suspended = 1;

-- What every service keeps beside its business rows, written in the same transaction as they are.

-- Messages decided but not yet confirmed by the bus. The relay sends them in the order of seq.
CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    kind        INTEGER NOT NULL,
    subject     BLOB    NOT NULL,
    time        INTEGER NOT NULL,
    traceparent TEXT,
    body        BLOB    NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Messages that were given up: malformed, or refused too often. An operator lists and replays them.
CREATE TABLE dead_letters (
    id          BLOB    PRIMARY KEY,
    name        TEXT    NOT NULL,
    kind        INTEGER NOT NULL,
    subject     BLOB    NOT NULL,
    time        INTEGER NOT NULL,
    traceparent TEXT,
    body        BLOB    NOT NULL,
    attempts    INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    died_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- It ends with the primary key, so it has the order of their list.
CREATE INDEX dead_letters_by_age ON dead_letters (died_at);
CREATE INDEX dead_letters_by_subject ON dead_letters (subject);

-- Written by the readiness check, and emptied at once: whether there is room for a write.
CREATE TABLE probe (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    filler BLOB    NOT NULL
) STRICT;

-- Messages handled: a second delivery of one changes nothing. The order's id comes first in the key: it rises with time, the
-- message's is a hash, and rows that are written together should lie together.
CREATE TABLE inbox (
    order_id   BLOB    NOT NULL,
    message_id BLOB    NOT NULL,
    handled_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_by_age ON inbox (handled_at);

-- First answers to requests with an Idempotency-Key. status is null while the first request is still running. about is whom or what the
-- answer tells of, if that is not its user.
CREATE TABLE idempotency (
    user_id     BLOB    NOT NULL,
    route       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    subject     BLOB    NOT NULL,
    status      INTEGER,
    location    TEXT,
    body        BLOB,
    created_at  INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    etag        TEXT,
    about       BLOB,
    PRIMARY KEY (user_id, route, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_about ON idempotency (about) WHERE about IS NOT NULL;
CREATE INDEX idempotency_by_age ON idempotency (created_at);
CREATE INDEX outbox_retries ON outbox (not_before) WHERE attempts > 0;

-- How far records have come that are brought into a new file. At most one row.
CREATE TABLE imports (
    id          TEXT    PRIMARY KEY CHECK (id = 'import'),
    source      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    records     INTEGER NOT NULL,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;

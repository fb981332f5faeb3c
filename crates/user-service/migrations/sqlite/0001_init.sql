-- People, their logins, their addresses, and what they are as sellers.

CREATE TABLE users (
    id            BLOB    PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- How many names they have had: other services keep the one of the highest version.
    name_version  INTEGER NOT NULL CHECK (name_version >= 1),
    email         TEXT    NOT NULL CHECK (length(email) <= 254),
    -- The address as it is compared: in lower case.
    email_key     TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL CHECK (length(password_hash) = 60),
    -- How often all logins were ended. Only sessions with the same number count.
    password_version INTEGER NOT NULL,
    -- How often the access tokens issued before were made worthless.
    access_version INTEGER NOT NULL CHECK (access_version >= 0),
    -- A JSON array.
    roles         TEXT    NOT NULL,
    -- Why, when and by whom they were suspended, in JSON, while they are.
    suspension    TEXT,
    -- Since when a login needs a code of the second factor, while it does.
    second_factor_since INTEGER,
    created_at    INTEGER NOT NULL,
    -- A JSON object that the user keeps.
    metadata      TEXT CHECK (length(metadata) <= 16384)
) STRICT, WITHOUT ROWID;
-- Few users have a role, so that a walk of these finds those with a certain one.
CREATE INDEX users_with_roles ON users (id) WHERE roles <> '[]';
-- The same of the suspended.
CREATE INDEX users_suspended ON users (id) WHERE suspension IS NOT NULL;

-- One login: a family of refresh tokens. It lives as long as its newest token; to end it is to delete it.
CREATE TABLE sessions (
    id               BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user             BLOB    NOT NULL REFERENCES users (id),
    password_version INTEGER NOT NULL,
    -- The digest of its one token that was not used yet.
    token            BLOB    NOT NULL CHECK (length(token) = 32),
    -- The digest of the token that it replaced, and the token sealed with that one.
    replaced         BLOB CHECK (length(replaced) = 32),
    sealed           BLOB CHECK (length(sealed) = 32),
    created_at       INTEGER NOT NULL,
    last_used_at     INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    user_agent       TEXT CHECK (length(user_agent) <= 200),
    network          TEXT CHECK (length(network) <= 50)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_user   ON sessions (user);

-- Refresh tokens by their SHA-256. Used ones stay until they expire, so that their second use is noticed.
CREATE TABLE refresh_tokens (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 32),
    session    BLOB    NOT NULL,
    user       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- Failed guesses of passwords and tokens, by a digest of what they are counted by.
CREATE TABLE guesses (
    id          BLOB    PRIMARY KEY CHECK (length(id) = 32),
    failures    INTEGER NOT NULL CHECK (failures >= 0),
    last        INTEGER NOT NULL,
    known_until INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX guesses_by_expiry ON guesses (expires_at);

-- The addresses that a user keeps, all in one row: at most 50, of which one is the default. They are a JSON column.
CREATE TABLE address_books (
    id              BLOB PRIMARY KEY REFERENCES users (id),
    default_address BLOB NOT NULL CHECK (length(default_address) = 16),
    addresses       TEXT NOT NULL CHECK (json_array_length(addresses) BETWEEN 1 AND 50)
) STRICT, WITHOUT ROWID;

-- Users as sellers. What they say of themselves and the last decision of an operator are JSON columns. Both indexes end with the primary
-- key, so they have the order of the operators' lists.
CREATE TABLE sellers (
    id       BLOB    PRIMARY KEY REFERENCES users (id),
    status   TEXT    NOT NULL CHECK (status IN ('pending', 'active', 'suspended')),
    since    INTEGER NOT NULL,
    profile  TEXT    NOT NULL,
    decision TEXT,
    -- How often they changed: other services keep what has the highest version.
    version  INTEGER NOT NULL CHECK (version >= 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX sellers_newest    ON sellers (since);
CREATE INDEX sellers_by_status ON sellers (status, since);

-- How the first administrator is made: one row at most, with the SHA-256 of the token that makes one, or none once there was one.
CREATE TABLE setup (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    token BLOB    CHECK (length(token) = 32)
) STRICT, WITHOUT ROWID;
-- Access tokens that are refused before they expire: those of a login, or those of a user below a version except those of one login. The id
-- is the login's or the user's. A row is deleted when the tokens have expired.
CREATE TABLE revocations (
    id             BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user           BLOB    NOT NULL,
    session        BLOB,
    below          INTEGER,
    except_session BLOB,
    at             INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    CHECK ((session IS NULL) <> (below IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_time   ON revocations (at);
CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- One row: who can administrate the marketplace, a JSON array.
CREATE TABLE admins (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    users TEXT    NOT NULL
) STRICT;

-- What operators did. The states before and after are JSON.
CREATE TABLE audit_log (
    id      BLOB    PRIMARY KEY CHECK (length(id) = 16),
    subject BLOB    NOT NULL,
    action  TEXT    NOT NULL,
    by      BLOB,
    reason  TEXT,
    before  TEXT    NOT NULL,
    after   TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_log_by_subject ON audit_log (subject);

-- How users are reached by mail. A user without a row has nothing to prove.
CREATE TABLE contacts (
    id         BLOB    PRIMARY KEY REFERENCES users (id),
    language   TEXT    CHECK (language IN ('en', 'de')),
    unverified INTEGER NOT NULL CHECK (unverified IN (0, 1)),
    -- The address that they want to have.
    pending    TEXT    CHECK (length(pending) <= 254),
    -- What makes earlier links void raises it.
    version    INTEGER NOT NULL CHECK (version >= 0)
) STRICT, WITHOUT ROWID;

-- Which mails about their orders users want. A user without a row wants all.
CREATE TABLE notifications (
    id        BLOB    PRIMARY KEY REFERENCES users (id),
    orders    INTEGER NOT NULL CHECK (orders IN (0, 1)),
    shipments INTEGER NOT NULL CHECK (shipments IN (0, 1)),
    refunds   INTEGER NOT NULL CHECK (refunds IN (0, 1)),
    returns   INTEGER NOT NULL CHECK (returns IN (0, 1)),
    payouts   INTEGER NOT NULL CHECK (payouts IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Secrets of links in mails, by their SHA-256. Each is good for one version of the contact and of the password.
CREATE TABLE proofs (
    id               BLOB    PRIMARY KEY CHECK (length(id) = 32),
    user             BLOB    NOT NULL,
    purpose          TEXT    NOT NULL CHECK (purpose IN ('verify', 'reset', 'change_email')),
    contact_version  INTEGER NOT NULL,
    password_version INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proofs_by_expiry ON proofs (expires_at);

-- Second factors. One counts once its user confirmed it, as second_factor_since says.
CREATE TABLE second_factors (
    id        BLOB    PRIMARY KEY REFERENCES users (id),
    -- The secret that an authenticator app shares (RFC 6238).
    secret    BLOB    NOT NULL CHECK (length(secret) = 20),
    -- The half minute since 1970 whose code was used last. Codes up to it are used up.
    last_step INTEGER NOT NULL CHECK (last_step >= 0),
    -- The SHA-256 of each recovery code that was not used: a JSON array, at most 10.
    recovery  TEXT    NOT NULL CHECK (json_array_length(recovery) <= 10)
) STRICT, WITHOUT ROWID;

-- People, their logins and their addresses.

CREATE TABLE users (
    id            BLOB    PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- How many names they have had: other services keep the one of the highest version.
    name_version  INTEGER NOT NULL CHECK (name_version >= 1),
    email         TEXT    NOT NULL CHECK (length(email) <= 254),
    -- The address as it is compared: in lower case.
    email_key     TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL CHECK (length(password_hash) = 60),
    -- How often the password was changed. Only sessions with the same number count.
    password_version INTEGER NOT NULL,
    -- A JSON array.
    roles         TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One login: a family of refresh tokens. It lives as long as its newest token; to end it is to delete it.
CREATE TABLE sessions (
    id               BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user             BLOB    NOT NULL REFERENCES users (id),
    password_version INTEGER NOT NULL,
    -- The digest of its one token that was not used yet.
    token            BLOB    NOT NULL CHECK (length(token) = 32),
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Refresh tokens by their SHA-256. Used ones stay until they expire, so that their second use is noticed.
CREATE TABLE refresh_tokens (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 32),
    session    BLOB    NOT NULL,
    user       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- The addresses that a user keeps, all in one row: at most 50, of which one is the default. They are a JSON column.
CREATE TABLE address_books (
    id              BLOB PRIMARY KEY REFERENCES users (id),
    default_address BLOB NOT NULL CHECK (length(default_address) = 16),
    addresses       TEXT NOT NULL CHECK (json_array_length(addresses) BETWEEN 1 AND 50)
) STRICT, WITHOUT ROWID;

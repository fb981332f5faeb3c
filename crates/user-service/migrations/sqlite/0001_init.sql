-- People and their logins.

CREATE TABLE users (
    id            BLOB    PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    email         TEXT    NOT NULL CHECK (length(email) <= 254),
    -- The address as it is compared: in lower case.
    email_key     TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL CHECK (length(password_hash) = 60),
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user_roles (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role    TEXT NOT NULL,
    PRIMARY KEY (user_id, role)
) STRICT, WITHOUT ROWID;

-- One login: a family of refresh tokens. It lives as long as its newest token; to end it is to delete it.
CREATE TABLE sessions (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user_id    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Refresh tokens by their SHA-256. Used ones stay until they expire, so that their second use is noticed.
CREATE TABLE refresh_tokens (
    digest     BLOB    PRIMARY KEY CHECK (length(digest) = 32),
    session_id BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

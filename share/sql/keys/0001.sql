-- keys/keys.db: the keys of accounts, apart from the store, so that its backups
-- can be few and short-lived: a key that is gone here, and from them, erases
-- what is sealed under it everywhere.

CREATE TABLE migration (
	version BIGINT PRIMARY KEY CHECK (version > 0),
	sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
	applied_at BIGINT NOT NULL
);

-- `store`: the UUID of the store; `master`: which master key wraps the keys;
-- `erasures`: how much of the ledger was heeded.
CREATE TABLE setting (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

-- wrapped: the key, sealed under the master key; previous: the one before it,
-- while it is being replaced.  account_id 0 is what belongs to no account.
CREATE TABLE account_key (
	account_id BIGINT PRIMARY KEY CHECK (account_id >= 0),
	wrapped BYTEA NOT NULL,
	previous BYTEA,
	created_at BIGINT NOT NULL
);

-- Keys of the store itself: `lookup`, `log`, ...
CREATE TABLE service_key (
	name TEXT PRIMARY KEY,
	wrapped BYTEA NOT NULL,
	created_at BIGINT NOT NULL
);

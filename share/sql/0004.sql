-- Accounts: who signs in, with what, what they agreed to and asked for, and the
-- security log.  Columns that are said to be sealed hold what core/keys.h makes of
-- the text under the account's key; nothing else of them is a person's.

-- lookup: HMAC of the normalised address (core/account.h).  password: its bcrypt
-- hash, sealed; pepper: which one it is under.  adult_how: how it is known that
-- the person is old enough; no date of birth is kept.
CREATE TABLE account (
	account_id BIGINT PRIMARY KEY CHECK (account_id > 0),
	lookup BYTEA NOT NULL UNIQUE CHECK (length(lookup) = 32),
	email BYTEA NOT NULL,
	name BYTEA NOT NULL,
	business BYTEA,
	tier TEXT NOT NULL CHECK (tier IN ('free', 'premium')),
	adult_how TEXT NOT NULL CHECK (adult_how IN ('born', 'declared')),
	password BYTEA,
	pepper BIGINT NOT NULL DEFAULT 0,
	password_at BIGINT,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	verified_at BIGINT,
	signin_at BIGINT,
	deleted_at BIGINT,
	restricted_at BIGINT,
	restricted_why BYTEA
);
CREATE INDEX account_created ON account (created_at);
CREATE INDEX account_deleted ON account (deleted_at)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX account_restricted ON account (restricted_at)
    WHERE restricted_at IS NOT NULL;

-- name is sealed; lookup: HMAC of it (core/site.h).  jurisdiction: ISO 3166-1
-- alpha-2, or 3166-2.  retain_*: 0 is no limit of its own.
CREATE TABLE site (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL REFERENCES account (account_id),
	lookup BYTEA NOT NULL CHECK (length(lookup) = 32),
	name BYTEA NOT NULL,
	jurisdiction TEXT NOT NULL CHECK (jurisdiction <> ''),
	zone TEXT NOT NULL DEFAULT '',
	retain_us BIGINT NOT NULL DEFAULT 0 CHECK (retain_us >= 0),
	retain_bytes BIGINT NOT NULL DEFAULT 0 CHECK (retain_bytes >= 0),
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	removed_at BIGINT
);
CREATE UNIQUE INDEX site_name ON site (account_id, lookup)
    WHERE removed_at IS NULL;
CREATE INDEX site_lookup ON site (lookup);
CREATE INDEX site_account ON site (account_id);

ALTER TABLE camera ADD COLUMN site_id BIGINT REFERENCES site (id);
CREATE INDEX camera_site ON camera (site_id) WHERE site_id IS NOT NULL;
CREATE INDEX camera_account ON camera (account_id) WHERE account_id <> 0;
CREATE INDEX camera_live ON camera (name) WHERE removed_at IS NULL;
CREATE INDEX audit_account ON audit (account_id, at) WHERE account_id <> 0;
CREATE INDEX still_account ON still (account_id) WHERE account_id <> 0;
-- What an erasure looks for, in tables that grow large.
CREATE INDEX still_camera ON still (camera_id);
CREATE INDEX usage_camera ON usage (camera_id);
CREATE INDEX segment_account ON segment (account_id) WHERE account_id <> 0;
CREATE INDEX event_account ON event (account_id) WHERE account_id <> 0;
CREATE INDEX access_account ON access (account_id) WHERE account_id <> 0;
CREATE INDEX attempt_account ON attempt (account_id) WHERE account_id <> 0;
CREATE INDEX finding_account ON finding (account_id) WHERE account_id <> 0;
CREATE INDEX departure_account ON departure (account_id) WHERE account_id <> 0;
CREATE INDEX run_account ON run (account_id) WHERE account_id <> 0;
CREATE INDEX asked_account ON asked (account_id) WHERE account_id <> 0;
CREATE INDEX step_account ON step (account_id) WHERE account_id <> 0;

-- A session is its row: to end one deletes it.  hash: SHA-256 of the token,
-- which is nowhere.  address and agent are sealed.
CREATE TABLE session (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL REFERENCES account (account_id),
	hash BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
	factor TEXT NOT NULL
	    CHECK (factor IN ('password', 'totp', 'sms', 'recovery')),
	address BYTEA NOT NULL,
	agent BYTEA NOT NULL,
	created_at BIGINT NOT NULL,
	confirmed_at BIGINT NOT NULL,
	active_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_active ON session (active_at);

-- What one link or one step of signing in is good for, once.  data is sealed:
-- the new address, the code of an SMS.  account_id: within a transaction it may
-- be nobody's (core/link.h).  told_at: when a letter said that a second factor
-- was not shown.
CREATE TABLE token (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL REFERENCES account (account_id)
	    DEFERRABLE INITIALLY DEFERRED,
	purpose TEXT NOT NULL CHECK (purpose IN ('verify', 'reset',
	    'address', 'undo-address', 'second-factor', 'phone')),
	hash BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
	data BYTEA,
	tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at BIGINT,
	told_at BIGINT
);
CREATE INDEX token_account ON token (account_id, purpose);
CREATE INDEX token_expires ON token (expires_at);
CREATE INDEX token_unfinished ON token (expires_at)
    WHERE purpose = 'second-factor' AND used_at IS NULL AND told_at IS NULL;

-- Token buckets (core/throttle.h).  name is an HMAC: of a network, an account,
-- or both.
CREATE TABLE bucket (
	name BYTEA PRIMARY KEY CHECK (length(name) = 32),
	account_id BIGINT NOT NULL DEFAULT 0,
	level_us BIGINT NOT NULL CHECK (level_us >= 0),
	at BIGINT NOT NULL,
	full_at BIGINT NOT NULL
);
CREATE INDEX bucket_full ON bucket (full_at);
CREATE INDEX bucket_account ON bucket (account_id) WHERE account_id <> 0;

-- A second factor; secret is sealed: the key of the TOTP, or the number.
CREATE TABLE factor (
	account_id BIGINT NOT NULL REFERENCES account (account_id),
	kind TEXT NOT NULL CHECK (kind IN ('totp', 'sms')),
	id BIGINT NOT NULL CHECK (id > 0),
	secret BYTEA NOT NULL,
	last_step BIGINT NOT NULL DEFAULT 0,
	created_at BIGINT NOT NULL,
	confirmed_at BIGINT,
	PRIMARY KEY (account_id, kind)
);
CREATE INDEX factor_begun ON factor (created_at) WHERE confirmed_at IS NULL;

CREATE TABLE recovery_code (
	hash BYTEA PRIMARY KEY CHECK (length(hash) = 32),
	account_id BIGINT NOT NULL REFERENCES account (account_id),
	created_at BIGINT NOT NULL,
	used_at BIGINT
);
CREATE INDEX recovery_code_account ON recovery_code (account_id);

-- What a person said yes or no to; rows are only added, the last one of a kind
-- holds.
CREATE TABLE consent (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL REFERENCES account (account_id),
	kind TEXT NOT NULL CHECK (kind <> ''),
	given BIGINT NOT NULL CHECK (given IN (0, 1)),
	version TEXT NOT NULL,
	text TEXT NOT NULL,
	channel TEXT NOT NULL CHECK (channel <> ''),
	at BIGINT NOT NULL
);
CREATE INDEX consent_account ON consent (account_id, kind, id);

-- Article 21: what is no longer done with someone's data.
CREATE TABLE objection (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL REFERENCES account (account_id),
	purpose TEXT NOT NULL CHECK (purpose <> ''),
	why BYTEA,
	at BIGINT NOT NULL,
	withdrawn_at BIGINT
);
CREATE INDEX objection_account ON objection (account_id, id);

-- What people asked for under their rights.  account_id 0: of someone without
-- an account.  person, note and answer are sealed.
CREATE TABLE request (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	kind TEXT NOT NULL CHECK (kind IN ('access', 'correction', 'erasure',
	    'export', 'restriction', 'objection', 'consent', 'other')),
	person BYTEA,
	channel TEXT NOT NULL,
	note BYTEA,
	received_at BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	extended_at BIGINT,
	done_at BIGINT,
	outcome TEXT CHECK (outcome IN ('granted', 'partly', 'refused')),
	answer BYTEA
);
CREATE INDEX request_open ON request (due_at) WHERE done_at IS NULL;
CREATE INDEX request_account ON request (account_id, id);

-- What an authority was given.  It outlives the account, so it is sealed under
-- the key of the store's owner.
CREATE TABLE disclosure (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	authority BYTEA NOT NULL,
	basis BYTEA NOT NULL,
	reviewed_by BYTEA NOT NULL,
	what BYTEA NOT NULL,
	at BIGINT NOT NULL
);
CREATE INDEX disclosure_at ON disclosure (at);

-- Article 33: due_at is 72 hours after it became known.  title, and the texts
-- of notes, are sealed under the key of the store's owner.
CREATE TABLE breach (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	title BYTEA NOT NULL,
	known_at BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	opened_at BIGINT NOT NULL,
	reported_at BIGINT,
	closed_at BIGINT
);
CREATE TABLE breach_note (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	breach_id BIGINT NOT NULL REFERENCES breach (id),
	account_id BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	who TEXT NOT NULL,
	text BYTEA NOT NULL
);
CREATE INDEX breach_note_breach ON breach_note (breach_id, id);
CREATE TABLE breach_told (
	breach_id BIGINT NOT NULL REFERENCES breach (id),
	account_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	outbox_id BIGINT,
	PRIMARY KEY (breach_id, account_id)
);
CREATE INDEX breach_told_account ON breach_told (account_id);

-- A policy that changes, and who was told when.
CREATE TABLE notice (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	kind TEXT NOT NULL CHECK (kind <> ''),
	version TEXT NOT NULL CHECK (version <> ''),
	text TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	announced_at BIGINT,
	effective_at BIGINT NOT NULL,
	CHECK (announced_at IS NULL OR
	    effective_at >= announced_at + 2592000000000),
	UNIQUE (kind, version)
);
CREATE TABLE notice_told (
	notice_id BIGINT NOT NULL REFERENCES notice (id),
	account_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	outbox_id BIGINT,
	seen_at BIGINT,
	PRIMARY KEY (notice_id, account_id)
);
CREATE INDEX notice_told_account ON notice_told (account_id);

-- Who receives data on our instructions (Article 28).
CREATE TABLE processor (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	name TEXT NOT NULL CHECK (name <> ''),
	purpose TEXT NOT NULL CHECK (purpose <> ''),
	data TEXT NOT NULL CHECK (data <> ''),
	jurisdiction TEXT NOT NULL,
	safeguard TEXT NOT NULL,
	host TEXT NOT NULL DEFAULT '',
	since BIGINT NOT NULL,
	until BIGINT
);

-- The security log, a chain (core/log.h).  sealed holds a salt and what
-- happened, and goes when the account is erased; the rest stays.
CREATE TABLE log (
	seq BIGINT PRIMARY KEY CHECK (seq > 0),
	account_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	type TEXT NOT NULL CHECK (type <> ''),
	sealed BYTEA,
	commitment BYTEA NOT NULL CHECK (length(commitment) = 32),
	hash BYTEA NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX log_account ON log (account_id, seq);
CREATE INDEX log_at ON log (at);

-- The end of the chain, one row: mac is an HMAC over seq and hash, so rows that
-- are cut off at the end are missed.
CREATE TABLE log_tail (
	id BIGINT PRIMARY KEY CHECK (id = 1),
	account_id BIGINT NOT NULL DEFAULT 0,
	seq BIGINT NOT NULL CHECK (seq >= 0),
	hash BYTEA NOT NULL CHECK (length(hash) = 32),
	mac BYTEA NOT NULL CHECK (length(mac) = 32)
);

-- head: a signed state of the chain; pruned: what stood ahead of here is gone.
CREATE TABLE log_mark (
	seq BIGINT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('head', 'pruned')),
	account_id BIGINT NOT NULL DEFAULT 0,
	hash BYTEA NOT NULL CHECK (length(hash) = 32),
	at BIGINT NOT NULL,
	signature TEXT NOT NULL,
	PRIMARY KEY (seq, kind)
);

-- Who is erased: with the file keys/erasures the ledger that every restored
-- backup is held to (core/erasure.h).  mac: of both, so that a row that was
-- not written with the keys at hand destroys none.
CREATE TABLE erasure (
	account_id BIGINT PRIMARY KEY CHECK (account_id > 0),
	at BIGINT NOT NULL,
	mac BYTEA NOT NULL CHECK (length(mac) = 32)
);

-- Messages, made anew for their further channels.
ALTER TABLE outbox RENAME TO outbox_3;
CREATE TABLE outbox (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms')),
	kind TEXT NOT NULL CHECK (kind <> ''),
	recipient BYTEA NOT NULL,
	message BYTEA NOT NULL,
	created_at BIGINT NOT NULL,
	attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
	next_at BIGINT,
	expires_at BIGINT,
	sent_at BIGINT,
	error TEXT
);
INSERT INTO outbox (id, account_id, channel, kind, recipient, message,
    created_at, next_at, expires_at, sent_at)
    SELECT id, account_id, channel, 'report', recipient, message, created_at,
    created_at, expires_at, sent_at FROM outbox_3;
DROP TABLE outbox_3;
CREATE INDEX outbox_next ON outbox (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_account ON outbox (account_id);
CREATE INDEX outbox_expires ON outbox (expires_at)
    WHERE expires_at IS NOT NULL;

-- Footage on a recorder stays when its account is erased, and with it what it
-- is found by, held by, and was taken out by; it is nobody's then.
UPDATE privacy_column SET erase = 'keep' WHERE erase = 'delete'
    AND table_name IN ('run', 'segment', 'open_segment', 'event', 'hold',
    'access', 'camera_recipient', 'garbage');
UPDATE privacy_column SET erase = 'null' WHERE column_name = 'account_id'
    AND table_name IN ('run', 'segment', 'open_segment', 'event', 'hold',
    'access', 'camera_recipient', 'garbage');

DELETE FROM privacy_column WHERE table_name = 'outbox';
INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase) VALUES
    ('account', 'account_id', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'lookup', 'finds the account by its address', 'contract',
	'row', 0, 'delete'),
    ('account', 'email', 'who signs in, sealed', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'name', 'who signs in, sealed', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'business', 'who signs in, sealed', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'tier', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'adult_how', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'password', 'the hash of the password, sealed', 'contract',
	'row', 0, 'delete'),
    ('account', 'pepper', 'which pepper the password is under', 'contract',
	'row', 0, 'delete'),
    ('account', 'password_at', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'created_at', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'changed_at', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'verified_at', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'signin_at', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'deleted_at', 'who signs in', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'restricted_at', 'restriction of processing', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('account', 'restricted_why', 'restriction of processing, sealed', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'id', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'account_id', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'lookup', 'finds the site by its name', 'contract',
	'row', 0, 'delete'),
    ('site', 'name', 'a place with cameras, sealed', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'jurisdiction', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'zone', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'retain_us', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'retain_bytes', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'created_at', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'changed_at', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('site', 'removed_at', 'a place with cameras', 'contract',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('camera', 'site_id', 'where it hangs', 'contract',
	'row', 1, 'null'),
    ('session', 'id', 'keeps someone signed in', 'contract',
	'until it expires or is ended', 1, 'delete'),
    ('session', 'account_id', 'keeps someone signed in', 'contract',
	'until it expires or is ended', 1, 'delete'),
    ('session', 'hash', 'recognises the token', 'contract',
	'row', 0, 'delete'),
    ('session', 'factor', 'keeps someone signed in', 'contract',
	'until it expires or is ended', 1, 'delete'),
    ('session', 'address', 'shows from where, sealed', 'legitimate',
	'until it expires or is ended', 1, 'delete'),
    ('session', 'agent', 'shows from where, sealed', 'legitimate',
	'until it expires or is ended', 1, 'delete'),
    ('session', 'created_at', 'keeps someone signed in', 'contract',
	'until it expires or is ended', 1, 'delete'),
    ('session', 'confirmed_at', 'keeps someone signed in', 'contract',
	'until it expires or is ended', 1, 'delete'),
    ('session', 'active_at', 'keeps someone signed in', 'contract',
	'until it expires or is ended', 1, 'delete'),
    ('session', 'expires_at', 'keeps someone signed in', 'contract',
	'until it expires or is ended', 1, 'delete'),
    ('token', 'id', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'account_id', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'purpose', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'hash', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'data', 'a link or a step of signing in, sealed', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'tries', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'created_at', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'expires_at', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'used_at', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('token', 'told_at', 'a link or a step of signing in', 'contract',
	'a day after it expired', 0, 'delete'),
    ('bucket', 'name', 'limits guessing', 'legitimate',
	'once it is full again', 0, 'delete'),
    ('bucket', 'account_id', 'limits guessing', 'legitimate',
	'once it is full again', 0, 'delete'),
    ('bucket', 'level_us', 'limits guessing', 'legitimate',
	'once it is full again', 0, 'delete'),
    ('bucket', 'at', 'limits guessing', 'legitimate',
	'once it is full again', 0, 'delete'),
    ('bucket', 'full_at', 'limits guessing', 'legitimate',
	'once it is full again', 0, 'delete'),
    ('factor', 'account_id', 'second factor', 'contract',
	'until it is disabled', 1, 'delete'),
    ('factor', 'kind', 'second factor', 'contract',
	'until it is disabled', 1, 'delete'),
    ('factor', 'id', 'second factor', 'contract',
	'until it is disabled', 1, 'delete'),
    ('factor', 'secret', 'second factor, sealed: a key, or the number consented to', 'consent',
	'until it is disabled or consent withdrawn', 0, 'delete'),
    ('factor', 'last_step', 'second factor', 'contract',
	'until it is disabled', 1, 'delete'),
    ('factor', 'created_at', 'second factor', 'contract',
	'until it is disabled', 1, 'delete'),
    ('factor', 'confirmed_at', 'second factor', 'contract',
	'until it is disabled', 1, 'delete'),
    ('recovery_code', 'hash', 'second factor', 'contract',
	'until they are drawn anew', 0, 'delete'),
    ('recovery_code', 'account_id', 'second factor', 'contract',
	'until they are drawn anew', 0, 'delete'),
    ('recovery_code', 'created_at', 'second factor', 'contract',
	'until they are drawn anew', 0, 'delete'),
    ('recovery_code', 'used_at', 'second factor', 'contract',
	'until they are drawn anew', 0, 'delete'),
    ('consent', 'id', 'shows what was agreed to', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('consent', 'account_id', 'shows what was agreed to', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('consent', 'kind', 'shows what was agreed to', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('consent', 'given', 'shows what was agreed to', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('consent', 'version', 'shows what was agreed to', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('consent', 'text', 'shows what was agreed to', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('consent', 'channel', 'shows what was agreed to', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('consent', 'at', 'shows what was agreed to', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('objection', 'id', 'what is not done any more', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('objection', 'account_id', 'what is not done any more', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('objection', 'purpose', 'what is not done any more', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('objection', 'why', 'what is not done any more, sealed', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('objection', 'at', 'what is not done any more', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('objection', 'withdrawn_at', 'what is not done any more', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('request', 'id', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'account_id', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'kind', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'person', 'shows that rights were answered in time, sealed', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'channel', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'note', 'shows that rights were answered in time, sealed', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'received_at', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'due_at', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'extended_at', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'done_at', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'outcome', 'shows that rights were answered in time', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('request', 'answer', 'shows that rights were answered in time, sealed', 'legal',
	'3 years after the answer; with the account', 1, 'delete'),
    ('disclosure', 'id', 'shows what an authority was given, and why', 'legal',
	'10 years', 0, 'keep'),
    ('disclosure', 'account_id', 'shows what an authority was given, and why', 'legal',
	'10 years', 0, 'keep'),
    ('disclosure', 'authority', 'shows what an authority was given, and why, sealed',
	'legal',
	'10 years', 0, 'keep'),
    ('disclosure', 'basis', 'shows what an authority was given, and why, sealed',
	'legal',
	'10 years', 0, 'keep'),
    ('disclosure', 'reviewed_by', 'shows what an authority was given, and why, sealed',
	'legal',
	'10 years', 0, 'keep'),
    ('disclosure', 'what', 'shows what an authority was given, and why, sealed', 'legal',
	'10 years', 0, 'keep'),
    ('disclosure', 'at', 'shows what an authority was given, and why', 'legal',
	'10 years', 0, 'keep'),
    ('breach', 'id', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach', 'account_id', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach', 'title', 'register of breaches, sealed', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach', 'known_at', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach', 'due_at', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach', 'opened_at', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach', 'reported_at', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach', 'closed_at', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach_note', 'id', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach_note', 'breach_id', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach_note', 'account_id', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach_note', 'at', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach_note', 'who', 'register of breaches', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach_note', 'text', 'register of breaches, sealed', 'legal',
	'10 years after it was closed', 0, 'keep'),
    ('breach_told', 'breach_id', 'who was told of a breach', 'legal',
	'10 years after it was closed', 1, 'keep'),
    ('breach_told', 'account_id', 'who was told of a breach', 'legal',
	'10 years after it was closed', 1, 'keep'),
    ('breach_told', 'at', 'who was told of a breach', 'legal',
	'10 years after it was closed', 1, 'keep'),
    ('breach_told', 'outbox_id', 'who was told of a breach', 'legal',
	'10 years after it was closed', 1, 'keep'),
    ('notice', 'id', 'changes of policy', 'legal',
	'while the store exists', 0, 'keep'),
    ('notice', 'account_id', 'changes of policy', 'legal',
	'while the store exists', 0, 'keep'),
    ('notice', 'kind', 'changes of policy', 'legal',
	'while the store exists', 0, 'keep'),
    ('notice', 'version', 'changes of policy', 'legal',
	'while the store exists', 0, 'keep'),
    ('notice', 'text', 'changes of policy', 'legal',
	'while the store exists', 0, 'keep'),
    ('notice', 'created_at', 'changes of policy', 'legal',
	'while the store exists', 0, 'keep'),
    ('notice', 'announced_at', 'changes of policy', 'legal',
	'while the store exists', 0, 'keep'),
    ('notice', 'effective_at', 'changes of policy', 'legal',
	'while the store exists', 0, 'keep'),
    ('notice_told', 'notice_id', 'who was told of a change', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('notice_told', 'account_id', 'who was told of a change', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('notice_told', 'at', 'who was told of a change', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('notice_told', 'outbox_id', 'who was told of a change', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('notice_told', 'seen_at', 'who was told of a change', 'legal',
	'while the account exists; 30 days after its deletion', 1, 'delete'),
    ('processor', 'id', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'account_id', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'name', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'purpose', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'data', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'jurisdiction', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'safeguard', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'host', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'since', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('processor', 'until', 'register of processors', 'legal',
	'3 years after the end', 0, 'keep'),
    ('log', 'seq', 'security log', 'legitimate',
	'365 days, or as log-keep says', 1, 'keep'),
    ('log', 'account_id', 'whose entry it is', 'legitimate',
	'365 days, or as log-keep says', 0, 'null'),
    ('log', 'at', 'security log', 'legitimate',
	'365 days, or as log-keep says', 1, 'keep'),
    ('log', 'type', 'security log', 'legitimate',
	'365 days, or as log-keep says', 1, 'keep'),
    ('log', 'sealed', 'security log: what happened, sealed', 'legitimate',
	'365 days, or as log-keep says', 1, 'null'),
    ('log', 'commitment', 'security log: the chain', 'legitimate',
	'365 days, or as log-keep says', 0, 'keep'),
    ('log', 'hash', 'security log: the chain', 'legitimate',
	'365 days, or as log-keep says', 0, 'keep'),
    ('log_tail', 'id', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_tail', 'account_id', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_tail', 'seq', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_tail', 'hash', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_tail', 'mac', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_mark', 'seq', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_mark', 'kind', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_mark', 'account_id', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_mark', 'hash', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_mark', 'at', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('log_mark', 'signature', 'security log: the chain', 'legitimate',
	'while the store exists', 0, 'keep'),
    ('erasure', 'account_id', 'the ledger of erasures', 'legal',
	'while backups from before may exist', 0, 'keep'),
    ('erasure', 'at', 'the ledger of erasures', 'legal',
	'while backups from before may exist', 0, 'keep'),
    ('erasure', 'mac', 'the ledger of erasures', 'legal',
	'while backups from before may exist', 0, 'keep'),
    ('outbox', 'id', 'names the row', 'contract',
	'row', 0, 'delete'),
    ('outbox', 'account_id', 'whose message it is', 'contract',
	'row', 0, 'delete'),
    ('outbox', 'channel', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'kind', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'recipient', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'message', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'created_at', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'attempts', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'next_at', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'expires_at', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'sent_at', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'error', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete');

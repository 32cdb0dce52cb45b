-- Recorders that report, what is wrong with them, and who is told of it.

-- A recorder that was enrolled here (core/remote.h).  It is known by its key
-- and told apart by its fingerprint; `moved` is another one that it reported
-- since, until somebody has said that this is right.  box: an age recipient, to
-- which its cameras' credentials are sealed.  replaces: whose cameras it is to
-- get; the credentials go to it once it is approved.  sequence: of the newest
-- report; at: its time, by the recorder's clock, and seen_at by ours.  doubts:
-- signs that two machines have its key, each within a day of the one before;
-- cloned_at: they were enough.  stale: late reports that were too old to enter.
CREATE TABLE recorder (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	site_id BIGINT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('waiting', 'active', 'revoked')),
	public_key BYTEA NOT NULL UNIQUE CHECK (length(public_key) = 32),
	box TEXT NOT NULL CHECK (box <> ''),
	fingerprint BYTEA NOT NULL CHECK (length(fingerprint) = 32),
	moved BYTEA CHECK (length(moved) = 32),
	moved_at BIGINT,
	cloned_at BIGINT,
	doubts BIGINT NOT NULL DEFAULT 0 CHECK (doubts >= 0),
	doubted_at BIGINT,
	stale BIGINT NOT NULL DEFAULT 0 CHECK (stale >= 0),
	replaces BIGINT,
	sequence BIGINT NOT NULL DEFAULT 0 CHECK (sequence >= 0),
	interval_us BIGINT NOT NULL CHECK (interval_us > 0),
	at BIGINT,
	seen_at BIGINT,
	started_at BIGINT,
	agent TEXT NOT NULL DEFAULT '',
	overdue BIGINT CHECK (overdue >= 0),
	clock_us BIGINT,
	skew_us BIGINT,
	backlog BIGINT CHECK (backlog >= 0),
	settings BIGINT NOT NULL DEFAULT 0, -- the version that it has applied
	created_at BIGINT NOT NULL,
	approved_at BIGINT,
	revoked_at BIGINT
);
CREATE INDEX recorder_account ON recorder (account_id);
CREATE INDEX recorder_site ON recorder (site_id);
CREATE INDEX recorder_seen ON recorder (seen_at) WHERE state = 'active';
CREATE INDEX recorder_overdue ON recorder (overdue) WHERE overdue > 0;
CREATE INDEX recorder_revoked ON recorder (revoked_at)
    WHERE revoked_at IS NOT NULL;

-- A code by which one can be enrolled, once; hash: SHA-256.
CREATE TABLE invitation (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	site_id BIGINT NOT NULL,
	hash BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
	replaces BIGINT,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at BIGINT
);
CREATE INDEX invitation_account ON invitation (account_id);
CREATE INDEX invitation_expires ON invitation (expires_at);

-- The cameras of a recorder, as it tells of them.  secrets: what opens the
-- camera, sealed to the recorder's box key, which is not here.  changed_at: its
-- state or what was told of it.
CREATE TABLE recorder_camera (
	recorder_id BIGINT NOT NULL REFERENCES recorder (id) ON DELETE CASCADE,
	camera_id BIGINT NOT NULL CHECK (camera_id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	name TEXT NOT NULL,
	zone TEXT NOT NULL DEFAULT '',
	manufacturer TEXT NOT NULL DEFAULT '',
	model TEXT NOT NULL DEFAULT '',
	secrets BYTEA,
	state TEXT NOT NULL DEFAULT '',
	newest_at BIGINT,
	gaps BIGINT CHECK (gaps >= 0),
	changed_at BIGINT NOT NULL,
	PRIMARY KEY (recorder_id, camera_id)
);
CREATE INDEX recorder_camera_account ON recorder_camera (account_id);
CREATE INDEX recorder_camera_camera ON recorder_camera (camera_id);
CREATE INDEX recorder_camera_down ON recorder_camera (recorder_id)
    WHERE state NOT IN ('recording', 'off', 'restricted', '');

-- late: it came after the recorder was away, and raises no alert.
ALTER TABLE telemetry ADD COLUMN sequence BIGINT CHECK (sequence > 0);
ALTER TABLE telemetry ADD COLUMN late BIGINT NOT NULL DEFAULT 0
    CHECK (late IN (0, 1));
ALTER TABLE telemetry ADD COLUMN load DOUBLE PRECISION CHECK (load >= 0);
ALTER TABLE telemetry ADD COLUMN uptime_us BIGINT CHECK (uptime_us >= 0);
ALTER TABLE telemetry ADD COLUMN clock_us BIGINT;
ALTER TABLE telemetry ADD COLUMN backlog BIGINT CHECK (backlog >= 0);
ALTER TABLE telemetry ADD COLUMN overdue BIGINT CHECK (overdue >= 0);

-- On the recorder: the portal that it reports to, at most one.  pin: the
-- public key of its TLS certificate, as libcurl has it (sha256//…), or '';
-- tls_ca: a PEM file, or ''.  version, retain_us, retain_bytes: what has been
-- set at the portal, 0: nothing.  late: how many late reports the next request
-- may bring; wait_until: it asked not to be bothered before.
CREATE TABLE enrolment (
	id BIGINT PRIMARY KEY CHECK (id = 1),
	account_id BIGINT NOT NULL DEFAULT 0,
	url TEXT NOT NULL CHECK (url <> ''),
	pin TEXT NOT NULL DEFAULT '',
	tls_ca TEXT NOT NULL DEFAULT '',
	recorder_id BIGINT NOT NULL CHECK (recorder_id > 0),
	sequence BIGINT NOT NULL DEFAULT 0 CHECK (sequence >= 0),
	inventory BYTEA -- SHA-256 of what was told of the cameras
	    CHECK (length(inventory) = 32),
	version BIGINT NOT NULL DEFAULT 0,
	retain_us BIGINT NOT NULL DEFAULT 0 CHECK (retain_us >= 0),
	retain_bytes BIGINT NOT NULL DEFAULT 0 CHECK (retain_bytes >= 0),
	late BIGINT NOT NULL DEFAULT 0 CHECK (late >= 0),
	enrolled_at BIGINT NOT NULL,
	sent_at BIGINT,
	tried_at BIGINT,
	wait_until BIGINT,
	error TEXT NOT NULL DEFAULT ''
);
-- Reports that wait for the portal, figures alone.
CREATE TABLE unsent (
	sequence BIGINT PRIMARY KEY CHECK (sequence > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	report TEXT NOT NULL
);
CREATE INDEX unsent_at ON unsent (at);

-- What is wrong, or was (core/alert.h): one that is not closed of each kind and
-- object.  object: the id of a recorder, a camera, a site, an account, … by
-- kind.  since: when it began; opened_at: when it was enough to tell; seen_at:
-- of what it was judged by last.  flips: openings and closings within the hour
-- before flipped_at.  settled_at: it is closed, and nobody is to be told of it
-- any more.
CREATE TABLE alert (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	site_id BIGINT NOT NULL DEFAULT 0,
	kind TEXT NOT NULL CHECK (kind <> ''),
	object BIGINT NOT NULL,
	subject TEXT NOT NULL DEFAULT '', -- its name, as it was
	severity TEXT NOT NULL
	    CHECK (severity IN ('info', 'warning', 'critical')),
	state TEXT NOT NULL CHECK (state IN ('pending', 'open', 'closed')),
	why TEXT NOT NULL,
	value DOUBLE PRECISION,
	since BIGINT NOT NULL,
	opened_at BIGINT,
	seen_at BIGINT NOT NULL,
	good BIGINT NOT NULL DEFAULT 0 CHECK (good >= 0),
	flips BIGINT NOT NULL DEFAULT 0 CHECK (flips >= 0),
	flipped_at BIGINT,
	unstable BIGINT NOT NULL DEFAULT 0 CHECK (unstable IN (0, 1)),
	inhibited_by BIGINT,
	acked_at BIGINT,
	acked_by TEXT NOT NULL DEFAULT '',
	snoozed_until BIGINT,
	closed_at BIGINT,
	settled_at BIGINT
);
CREATE UNIQUE INDEX alert_open ON alert (account_id, kind, object)
    WHERE closed_at IS NULL;
CREATE INDEX alert_account ON alert (account_id);
CREATE INDEX alert_closed ON alert (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX alert_untold ON alert (account_id)
    WHERE closed_at IS NOT NULL AND settled_at IS NULL;
CREATE INDEX alert_object ON alert (kind, object);

-- Every change of one, and its reason.
CREATE TABLE alert_event (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	alert_id BIGINT NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
	account_id BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	what TEXT NOT NULL CHECK (what <> ''),
	why TEXT NOT NULL DEFAULT '',
	who TEXT NOT NULL DEFAULT ''
);
CREATE INDEX alert_event_alert ON alert_event (alert_id, id);
CREATE INDEX alert_event_account ON alert_event (account_id);

-- What each contact was told of one, and when.
CREATE TABLE alert_told (
	alert_id BIGINT NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
	contact_id BIGINT NOT NULL CHECK (contact_id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	opened_at BIGINT,
	reminded_at BIGINT,
	closed_at BIGINT,
	told_at BIGINT NOT NULL, -- the newest of them
	PRIMARY KEY (alert_id, contact_id)
);
CREATE INDEX alert_told_contact ON alert_told (contact_id, told_at);
CREATE INDEX alert_told_account ON alert_told (account_id);

-- Thresholds where they are not nvr.conf's: of an account (site_id 0), or of
-- one of its sites.  account_id 0: of what is nobody's.  NULL: as above it.
CREATE TABLE alert_rule (
	account_id BIGINT NOT NULL DEFAULT 0,
	site_id BIGINT NOT NULL DEFAULT 0,
	kind TEXT NOT NULL CHECK (kind <> ''),
	enabled BIGINT CHECK (enabled IN (0, 1)),
	percent DOUBLE PRECISION CHECK (percent BETWEEN 0 AND 100),
	bytes BIGINT CHECK (bytes >= 0),
	us BIGINT CHECK (us >= 0),
	grace_us BIGINT CHECK (grace_us >= 0),
	severity TEXT CHECK (severity IN ('info', 'warning', 'critical')),
	changed_at BIGINT NOT NULL,
	PRIMARY KEY (account_id, site_id, kind)
);

-- Where somebody is told of alerts.  account_id 0: the operator.  address and
-- secret (of a webhook) are sealed.  after_us: it comes in once an alert is
-- that old and nobody has acknowledged it.  quiet: HH:MM-HH:MM in zone, in
-- which all but critical alerts wait.  kinds: words with blanks; '' all.
CREATE TABLE contact (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	channel TEXT NOT NULL
	    CHECK (channel IN ('mail', 'sms', 'webhook', 'exec')),
	address BYTEA NOT NULL,
	secret BYTEA,
	least TEXT NOT NULL CHECK (least IN ('info', 'warning', 'critical')),
	kinds TEXT NOT NULL DEFAULT '',
	after_us BIGINT NOT NULL DEFAULT 0 CHECK (after_us >= 0),
	quiet TEXT NOT NULL DEFAULT '',
	zone TEXT NOT NULL DEFAULT '',
	unsubscribe BYTEA UNIQUE CHECK (length(unsubscribe) = 32),
	unsubscribed_at BIGINT,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE INDEX contact_account ON contact (account_id);

-- Messages, made anew for their further channels.  contact_id: of those that
-- tell of alerts.  essential: it is sent to who wants no others.  dead_at:
-- given up.
ALTER TABLE outbox RENAME TO outbox_7;
DROP INDEX outbox_next;
DROP INDEX outbox_account;
DROP INDEX outbox_expires;
DROP INDEX outbox_sent;
DROP INDEX outbox_unsent;
CREATE TABLE outbox (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	channel TEXT NOT NULL
	    CHECK (channel IN ('mail', 'sms', 'webhook', 'exec')),
	kind TEXT NOT NULL CHECK (kind <> ''),
	contact_id BIGINT,
	essential BIGINT NOT NULL DEFAULT 1 CHECK (essential IN (0, 1)),
	recipient BYTEA NOT NULL,
	message BYTEA NOT NULL,
	created_at BIGINT NOT NULL,
	attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
	next_at BIGINT,
	expires_at BIGINT,
	sent_at BIGINT,
	dead_at BIGINT,
	error TEXT
);
INSERT INTO outbox (id, account_id, channel, kind, recipient, message,
    created_at, attempts, next_at, expires_at, sent_at, error)
    SELECT id, account_id, channel, kind, recipient, message, created_at,
    attempts, next_at, expires_at, sent_at, error FROM outbox_7;
DROP TABLE outbox_7;
CREATE INDEX outbox_next ON outbox (channel, next_at)
    WHERE next_at IS NOT NULL;
CREATE INDEX outbox_account ON outbox (account_id);
CREATE INDEX outbox_expires ON outbox (expires_at)
    WHERE expires_at IS NOT NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_unsent ON outbox (created_at) WHERE sent_at IS NULL;

INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase, rule) VALUES
('recorder', 'id', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'account_id', 'whose it is', 'contract',
    'row', 0, 'delete', 'recorders'),
('recorder', 'site_id', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'state', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'public_key', 'how recorders fare', 'contract',
    '30 days after it was revoked', 0, 'delete', 'recorders'),
('recorder', 'box', 'how recorders fare', 'contract',
    '30 days after it was revoked', 0, 'delete', 'recorders'),
('recorder', 'fingerprint', 'how recorders fare', 'contract',
    '30 days after it was revoked', 0, 'delete', 'recorders'),
('recorder', 'moved', 'how recorders fare', 'contract',
    '30 days after it was revoked', 0, 'delete', 'recorders'),
('recorder', 'moved_at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'cloned_at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'doubts', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'doubted_at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'stale', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'replaces', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'sequence', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'interval_us', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'seen_at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'started_at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'agent', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'overdue', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'clock_us', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'skew_us', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'backlog', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'settings', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'created_at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'approved_at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('recorder', 'revoked_at', 'how recorders fare', 'contract',
    '30 days after it was revoked', 1, 'delete', 'recorders'),
('invitation', 'id', 'lets a recorder be enrolled', 'contract',
    '15 minutes, 30 days once used', 1, 'delete', 'recorders'),
('invitation', 'account_id', 'whose it is', 'contract',
    'row', 0, 'delete', 'recorders'),
('invitation', 'site_id', 'lets a recorder be enrolled', 'contract',
    '15 minutes, 30 days once used', 1, 'delete', 'recorders'),
('invitation', 'hash', 'lets a recorder be enrolled', 'contract',
    '15 minutes, 30 days once used', 0, 'delete', 'recorders'),
('invitation', 'replaces', 'lets a recorder be enrolled', 'contract',
    '15 minutes, 30 days once used', 1, 'delete', 'recorders'),
('invitation', 'created_at', 'lets a recorder be enrolled', 'contract',
    '15 minutes, 30 days once used', 1, 'delete', 'recorders'),
('invitation', 'expires_at', 'lets a recorder be enrolled', 'contract',
    '15 minutes, 30 days once used', 1, 'delete', 'recorders'),
('invitation', 'used_at', 'lets a recorder be enrolled', 'contract',
    '15 minutes, 30 days once used', 1, 'delete', 'recorders'),
('recorder_camera', 'recorder_id', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'camera_id', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'account_id', 'whose it is', 'contract',
    'row', 0, 'delete', '-recorders'),
('recorder_camera', 'name', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'zone', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'manufacturer', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'model', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'secrets',
    'what opens its cameras, sealed to the box key of the recorder', 'contract',
    'with the recorder', 0, 'delete', '-recorders'),
('recorder_camera', 'state', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'newest_at', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'gaps', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('recorder_camera', 'changed_at', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('enrolment', 'id', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'account_id', 'whose it is', 'contract',
    'row', 0, 'keep', 'use'),
('enrolment', 'url', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'pin', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'tls_ca', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'recorder_id', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'sequence', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'inventory', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'version', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'retain_us', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'retain_bytes', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'late', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'enrolled_at', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'sent_at', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'tried_at', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'wait_until', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'error', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('unsent', 'sequence', 'reports that wait for the portal', 'contract',
    '7 days', 0, 'keep', 'use'),
('unsent', 'account_id', 'whose it is', 'contract',
    'row', 0, 'keep', 'use'),
('unsent', 'at', 'reports that wait for the portal', 'contract',
    '7 days', 0, 'keep', 'use'),
('unsent', 'report', 'reports that wait for the portal', 'contract',
    '7 days', 0, 'keep', 'use'),
('alert', 'id', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'account_id', 'whose it is', 'contract',
    'row', 0, 'delete', 'alerts'),
('alert', 'site_id', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'kind', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'object', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'subject', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'severity', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'state', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'why', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'value', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'since', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'opened_at', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'seen_at', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'good', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'flips', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'flipped_at', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'unstable', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'inhibited_by', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'acked_at', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'acked_by', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'snoozed_until', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'settled_at', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert', 'closed_at', 'what is wrong, and who was told', 'contract',
    '365 days after it ended', 1, 'delete', 'alerts'),
('alert_event', 'id', 'what is wrong, and who was told', 'contract',
    'with the alert', 1, 'delete', '-alerts'),
('alert_event', 'alert_id', 'what is wrong, and who was told', 'contract',
    'with the alert', 1, 'delete', '-alerts'),
('alert_event', 'account_id', 'whose it is', 'contract',
    'row', 0, 'delete', '-alerts'),
('alert_event', 'at', 'what is wrong, and who was told', 'contract',
    'with the alert', 1, 'delete', '-alerts'),
('alert_event', 'what', 'what is wrong, and who was told', 'contract',
    'with the alert', 1, 'delete', '-alerts'),
('alert_event', 'why', 'what is wrong, and who was told', 'contract',
    'with the alert', 1, 'delete', '-alerts'),
('alert_event', 'who', 'what is wrong, and who was told', 'contract',
    'with the alert', 1, 'delete', '-alerts'),
('alert_told', 'alert_id', 'what is wrong, and who was told',
    'contract', 'with the alert', 1, 'delete', '-alerts'),
('alert_told', 'contact_id', 'what is wrong, and who was told',
    'contract', 'with the alert', 1, 'delete', '-alerts'),
('alert_told', 'account_id', 'whose it is', 'contract',
    'row', 0, 'delete', '-alerts'),
('alert_told', 'opened_at', 'what is wrong, and who was told',
    'contract', 'with the alert', 1, 'delete', '-alerts'),
('alert_told', 'reminded_at', 'what is wrong, and who was told',
    'contract', 'with the alert', 1, 'delete', '-alerts'),
('alert_told', 'closed_at', 'what is wrong, and who was told',
    'contract', 'with the alert', 1, 'delete', '-alerts'),
('alert_told', 'told_at', 'what is wrong, and who was told',
    'contract', 'with the alert', 1, 'delete', '-alerts'),
('alert_rule', 'account_id', 'whose it is', 'contract',
    'row', 0, 'delete', 'account'),
('alert_rule', 'site_id', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('alert_rule', 'kind', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('alert_rule', 'enabled', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('alert_rule', 'percent', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('alert_rule', 'bytes', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('alert_rule', 'us', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('alert_rule', 'grace_us', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('alert_rule', 'severity', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('alert_rule', 'changed_at', 'when somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'id', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'account_id', 'whose it is', 'contract',
    'row', 0, 'delete', 'account'),
('contact', 'channel', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'address', 'where somebody is told, sealed', 'contract',
    'while the account exists', 1, 'shred', 'account'),
('contact', 'secret', 'where somebody is told, sealed', 'contract',
    'while the account exists', 0, 'shred', 'account'),
('contact', 'least', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'kinds', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'after_us', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'quiet', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'zone', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'unsubscribe', 'where somebody is told', 'contract',
    'while the account exists', 0, 'delete', 'account'),
('contact', 'unsubscribed_at', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'created_at', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('contact', 'changed_at', 'where somebody is told', 'contract',
    'while the account exists', 1, 'delete', 'account'),
('telemetry', 'sequence', 'how a recorder fares', 'contract',
    '90 days, then as hours', 1, 'delete', 'telemetry'),
('telemetry', 'late', 'how a recorder fares', 'contract',
    '90 days, then as hours', 1, 'delete', 'telemetry'),
('telemetry', 'load', 'how a recorder fares', 'contract',
    '90 days, then as hours', 1, 'delete', 'telemetry'),
('telemetry', 'uptime_us', 'how a recorder fares', 'contract',
    '90 days, then as hours', 1, 'delete', 'telemetry'),
('telemetry', 'clock_us', 'how a recorder fares', 'contract',
    '90 days, then as hours', 1, 'delete', 'telemetry'),
('telemetry', 'backlog', 'how a recorder fares', 'contract',
    '90 days, then as hours', 1, 'delete', 'telemetry'),
('telemetry', 'overdue', 'how a recorder fares', 'contract',
    '90 days, then as hours', 1, 'delete', 'telemetry');
INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase, rule)
    SELECT 'outbox', c, 'messages to people, sealed', legal_basis, retention,
    exported, erase, rule FROM privacy_column,
    (SELECT 'contact_id' AS c UNION ALL SELECT 'essential'
	UNION ALL SELECT 'dead_at') AS x
    WHERE table_name = 'outbox' AND column_name = 'created_at';

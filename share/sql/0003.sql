-- Audits by vision models: what was asked, answered and paid, schedules, people's
-- verdicts, and mail that waits to be sent.

-- Made anew for its statuses and columns, with what hangs on it.
ALTER TABLE audit RENAME TO audit_1;
ALTER TABLE attempt RENAME TO attempt_1;
ALTER TABLE finding RENAME TO finding_1;
ALTER TABLE departure RENAME TO departure_1;

-- status `unfinished`: still going on, or its program was killed.
-- prompt_sha256 is over system text, NUL, prompt where a model was asked.
-- type says who drove it, origin what the still came from, schedule_id and
-- slot_at which slot of which schedule it answers.
CREATE TABLE audit (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	camera_id BIGINT REFERENCES camera (id) ON DELETE CASCADE,
	camera_name TEXT NOT NULL,
	at BIGINT NOT NULL,
	taken_at BIGINT,
	duration_us BIGINT NOT NULL,
	type TEXT NOT NULL CHECK (type IN ('regular', 'scheduled', 'agentic')),
	origin TEXT NOT NULL,
	analyzer TEXT NOT NULL,
	profile TEXT,
	model TEXT,
	prompt TEXT,
	prompt_sha256 TEXT,
	schema_version BIGINT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('ok', 'learning', 'unusable',
	    'unchanged', 'refused', 'filtered', 'truncated', 'invalid', 'error',
	    'budget', 'unfinished')),
	error TEXT,
	width BIGINT,
	height BIGINT,
	still_sha256 TEXT,
	still_id BIGINT,
	schedule_id BIGINT,
	slot_at BIGINT
);
INSERT INTO audit (id, account_id, camera_id, camera_name, at, taken_at,
    duration_us, type, origin, analyzer, model, prompt, prompt_sha256,
    schema_version, status, error, width, height, still_sha256, still_id)
    SELECT id, account_id, camera_id, camera_name, at, taken_at, duration_us,
    type, origin, analyzer, model, prompt, prompt_sha256, schema_version,
    status, error, width, height, still_sha256, still_id FROM audit_1;

-- A row before the request is sent.  Tokens and cost as the server reported
-- them, NULL where it did not; reserved_micros and reserved_tokens are what
-- was set aside for it beforehand.
CREATE TABLE attempt (
	audit_id BIGINT NOT NULL REFERENCES audit (id) ON DELETE CASCADE,
	ordinal BIGINT NOT NULL CHECK (ordinal > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	latency_us BIGINT NOT NULL,
	purpose TEXT,
	status TEXT NOT NULL,
	http_status BIGINT,
	request_id TEXT,
	request_sha256 TEXT,
	model TEXT,
	tokens_in BIGINT,
	tokens_out BIGINT,
	tokens_cached BIGINT,
	cost_micros BIGINT,
	reserved_tokens BIGINT,
	reserved_micros BIGINT,
	error TEXT,
	PRIMARY KEY (audit_id, ordinal)
);
INSERT INTO attempt (audit_id, ordinal, account_id, at, latency_us, status,
    http_status, request_id, tokens_in, tokens_out, cost_micros, error)
    SELECT audit_id, ordinal, account_id, at, latency_us, status, http_status,
    request_id, tokens_in, tokens_out, cost_micros, error FROM attempt_1;

-- source: who found it, where the audit's analyzer is not alone; kind: a
-- check that was asked for, or an object that was seen, and how many.
CREATE TABLE finding (
	audit_id BIGINT NOT NULL REFERENCES audit (id) ON DELETE CASCADE,
	ordinal BIGINT NOT NULL CHECK (ordinal > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	source TEXT CHECK (source IN ('local', 'model')),
	kind TEXT CHECK (kind IN ('check', 'object')),
	label TEXT NOT NULL,
	verdict TEXT NOT NULL
	    CHECK (verdict IN ('yes', 'no', 'cannot_determine')),
	evidence TEXT NOT NULL,
	count BIGINT CHECK (count >= 0),
	confidence DOUBLE PRECISION
	    CHECK (confidence IS NULL OR confidence BETWEEN 0 AND 1),
	confidence_method TEXT,
	confidence_calibrated DOUBLE PRECISION CHECK (confidence_calibrated
	    IS NULL OR confidence_calibrated BETWEEN 0 AND 1),
	samples BIGINT CHECK (samples > 0),
	agreed BIGINT CHECK (agreed BETWEEN 0 AND samples),
	uncertainty TEXT,
	region TEXT,
	PRIMARY KEY (audit_id, ordinal)
);
INSERT INTO finding (audit_id, ordinal, account_id, label, verdict, evidence,
    confidence, confidence_method, uncertainty, region)
    SELECT audit_id, ordinal, account_id, label, verdict, evidence, confidence,
    confidence_method, uncertainty, region FROM finding_1;

CREATE TABLE departure (
	audit_id BIGINT NOT NULL REFERENCES audit (id) ON DELETE CASCADE,
	ordinal BIGINT NOT NULL CHECK (ordinal > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	destination TEXT NOT NULL,
	size_bytes BIGINT NOT NULL,
	sha256 TEXT NOT NULL,
	PRIMARY KEY (audit_id, ordinal)
);
INSERT INTO departure (audit_id, ordinal, account_id, at, destination,
    size_bytes, sha256) SELECT audit_id, ordinal, account_id, at, destination,
    size_bytes, sha256 FROM departure_1;

DROP TABLE attempt_1;
DROP TABLE finding_1;
DROP TABLE departure_1;
DROP TABLE audit_1;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_camera ON audit (camera_id, at);
-- What a report counts, which are few of them.
CREATE INDEX finding_counted ON finding (audit_id, verdict, kind)
    WHERE verdict <> 'no';
CREATE UNIQUE INDEX audit_slot ON audit (schedule_id, slot_at, camera_id)
    WHERE schedule_id IS NOT NULL;

-- The trace of an audit: what the model said and called, what it was told,
-- which pictures it got (their size and SHA-256, never the picture).
CREATE TABLE step (
	audit_id BIGINT NOT NULL REFERENCES audit (id) ON DELETE CASCADE,
	ordinal BIGINT NOT NULL CHECK (ordinal > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	kind TEXT NOT NULL
	    CHECK (kind IN ('picture', 'said', 'call', 'told', 'end')),
	name TEXT NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (audit_id, ordinal)
);

-- Counts that outlive their audits, so that a limit is not evaded by deleting
-- them.  day: days since 1970, UTC; reserved_*: set aside for requests that
-- were sent and whose usage was not, or not yet, reported.
CREATE TABLE usage (
	account_id BIGINT NOT NULL,
	day BIGINT NOT NULL,
	camera_id BIGINT NOT NULL,
	model TEXT NOT NULL,
	audits BIGINT NOT NULL DEFAULT 0,
	requests BIGINT NOT NULL DEFAULT 0,
	unreported BIGINT NOT NULL DEFAULT 0,
	tokens_in BIGINT NOT NULL DEFAULT 0,
	tokens_out BIGINT NOT NULL DEFAULT 0,
	cost_micros BIGINT NOT NULL DEFAULT 0,
	reserved_tokens BIGINT NOT NULL DEFAULT 0,
	reserved_micros BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (account_id, day, camera_id, model)
);
CREATE INDEX usage_day ON usage (day); -- of all accounts

-- A person's verdict on a finding, with what calibration needs of it, since
-- audits end sooner.
CREATE TABLE label (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	audit_id BIGINT REFERENCES audit (id) ON DELETE SET NULL,
	label TEXT NOT NULL,
	model TEXT NOT NULL,
	prompt_sha256 TEXT NOT NULL,
	verdict TEXT NOT NULL,
	confidence DOUBLE PRECISION,
	truth TEXT NOT NULL CHECK (truth IN ('yes', 'no')),
	labelled_by TEXT NOT NULL,
	labelled_at BIGINT NOT NULL,
	UNIQUE (audit_id, label)
);
CREATE INDEX label_model ON label (account_id, model, prompt_sha256, label,
    labelled_at, id);

-- Platt's line for the log-odds of a confidence, of 100 labels or more.
CREATE TABLE calibration (
	account_id BIGINT NOT NULL DEFAULT 0,
	model TEXT NOT NULL,
	prompt_sha256 TEXT NOT NULL,
	label TEXT NOT NULL,
	slope DOUBLE PRECISION NOT NULL,
	intercept DOUBLE PRECISION NOT NULL,
	labels BIGINT NOT NULL CHECK (labels >= 100),
	fitted_at BIGINT NOT NULL,
	PRIMARY KEY (account_id, model, prompt_sha256, label)
);

-- Either every_us or cron; next_at NULL: paused.
CREATE TABLE schedule (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	name TEXT NOT NULL CHECK (name <> ''),
	every_us BIGINT CHECK (every_us > 0),
	cron TEXT,
	zone TEXT NOT NULL DEFAULT '',
	all_cameras BIGINT NOT NULL DEFAULT 0 CHECK (all_cameras IN (0, 1)),
	analyzer TEXT NOT NULL DEFAULT '',
	model TEXT NOT NULL DEFAULT '',
	agentic BIGINT NOT NULL DEFAULT 0 CHECK (agentic IN (0, 1)),
	prompt TEXT NOT NULL DEFAULT '',
	samples BIGINT NOT NULL DEFAULT 1 CHECK (samples > 0),
	skip_unchanged BIGINT NOT NULL DEFAULT 0
	    CHECK (skip_unchanged IN (0, 1)),
	keep_us BIGINT NOT NULL DEFAULT 0 CHECK (keep_us >= 0),
	next_at BIGINT,
	ran_at BIGINT,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	CHECK ((every_us IS NULL) <> (cron IS NULL)),
	UNIQUE (account_id, name)
);
-- What is due, and what was touched later than now: a clock was set back.
CREATE INDEX schedule_next ON schedule (next_at);
CREATE INDEX schedule_ran ON schedule (ran_at);
CREATE INDEX schedule_changed ON schedule (changed_at);

CREATE TABLE schedule_camera (
	schedule_id BIGINT NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
	camera_id BIGINT NOT NULL REFERENCES camera (id) ON DELETE CASCADE,
	account_id BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (schedule_id, camera_id)
);

-- What is to be sent; recipient and message are sealed.  expires_at: when a
-- still that it holds is no longer kept.
CREATE TABLE outbox (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	channel TEXT NOT NULL CHECK (channel IN ('mail')),
	recipient BYTEA NOT NULL,
	message BYTEA NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT,
	sent_at BIGINT
);

-- What the camera's view was like when the model last answered that prompt and
-- found nothing: 80 x 45 cells of mean brightness, sealed.
CREATE TABLE asked (
	camera_id BIGINT NOT NULL REFERENCES camera (id) ON DELETE CASCADE,
	prompt_sha256 TEXT NOT NULL,
	account_id BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	cells BYTEA NOT NULL,
	PRIMARY KEY (camera_id, prompt_sha256)
);

-- The still that is shown beside a new one as the reference, while it is kept.
ALTER TABLE baseline ADD COLUMN still_id BIGINT
    REFERENCES still (id) ON DELETE SET NULL;

INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase) VALUES
    ('audit', 'profile', 'audit log', 'contract',
	'30 days free, 90 premium', 1, 'delete'),
    ('audit', 'schedule_id', 'audit log', 'contract',
	'30 days free, 90 premium', 1, 'delete'),
    ('audit', 'slot_at', 'audit log', 'contract',
	'30 days free, 90 premium', 1, 'delete'),
    ('attempt', 'purpose', 'what an analyzer was asked and answered', 'contract',
	'with the audit', 1, 'delete'),
    ('attempt', 'request_sha256', 'what an analyzer was asked and answered', 'contract',
	'with the audit', 1, 'delete'),
    ('attempt', 'model', 'what an analyzer was asked and answered', 'contract',
	'with the audit', 1, 'delete'),
    ('attempt', 'tokens_cached', 'what an analyzer was asked and answered', 'contract',
	'with the audit', 1, 'delete'),
    ('attempt', 'reserved_tokens', 'what an analyzer was asked and answered', 'contract',
	'with the audit', 1, 'delete'),
    ('attempt', 'reserved_micros', 'what an analyzer was asked and answered', 'contract',
	'with the audit', 1, 'delete'),
    ('finding', 'source', 'what an audit found', 'contract',
	'with the audit', 1, 'delete'),
    ('finding', 'kind', 'what an audit found', 'contract',
	'with the audit', 1, 'delete'),
    ('finding', 'count', 'what an audit found', 'contract',
	'with the audit', 1, 'delete'),
    ('finding', 'confidence_calibrated', 'what an audit found', 'contract',
	'with the audit', 1, 'delete'),
    ('finding', 'samples', 'what an audit found', 'contract',
	'with the audit', 1, 'delete'),
    ('finding', 'agreed', 'what an audit found', 'contract',
	'with the audit', 1, 'delete'),
    ('step', 'audit_id', 'the course of an audit', 'contract',
	'with the audit', 1, 'delete'),
    ('step', 'ordinal', 'the course of an audit', 'contract',
	'with the audit', 1, 'delete'),
    ('step', 'account_id', 'whose audit it is', 'contract',
	'row', 0, 'delete'),
    ('step', 'at', 'the course of an audit', 'contract',
	'with the audit', 1, 'delete'),
    ('step', 'kind', 'the course of an audit', 'contract',
	'with the audit', 1, 'delete'),
    ('step', 'name', 'the course of an audit', 'contract',
	'with the audit', 1, 'delete'),
    ('step', 'text', 'the course of an audit', 'contract',
	'with the audit', 1, 'delete'),
    ('usage', 'account_id', 'whose usage it is', 'contract',
	'row', 0, 'delete'),
    ('usage', 'day', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'camera_id', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'model', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'audits', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'requests', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'unreported', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'tokens_in', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'tokens_out', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'cost_micros', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'reserved_tokens', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('usage', 'reserved_micros', 'limits and their account', 'contract',
	'2 years', 1, 'delete'),
    ('label', 'id', 'names the row', 'contract',
	'row', 0, 'delete'),
    ('label', 'account_id', 'whose verdict it is', 'contract',
	'row', 0, 'delete'),
    ('label', 'audit_id', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('label', 'label', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('label', 'model', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('label', 'prompt_sha256', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('label', 'verdict', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('label', 'confidence', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('label', 'truth', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('label', 'labelled_by', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('label', 'labelled_at', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('calibration', 'account_id', 'whose calibration it is', 'legitimate',
	'row', 0, 'delete'),
    ('calibration', 'model', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('calibration', 'prompt_sha256', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('calibration', 'label', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('calibration', 'slope', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('calibration', 'intercept', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('calibration', 'labels', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('calibration', 'fitted_at', 'calibration of models', 'legitimate',
	'while the account exists', 1, 'delete'),
    ('schedule', 'id', 'names the row', 'contract',
	'row', 0, 'delete'),
    ('schedule', 'account_id', 'whose schedule it is', 'contract',
	'row', 0, 'delete'),
    ('schedule', 'name', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'every_us', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'cron', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'zone', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'all_cameras', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'analyzer', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'model', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'agentic', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'prompt', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'samples', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'skip_unchanged', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'keep_us', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'next_at', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'ran_at', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'created_at', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule', 'changed_at', 'audit schedules', 'contract',
	'while active', 1, 'delete'),
    ('schedule_camera', 'schedule_id', 'audit schedules', 'contract',
	'with the schedule or the camera', 1, 'delete'),
    ('schedule_camera', 'camera_id', 'audit schedules', 'contract',
	'with the schedule or the camera', 1, 'delete'),
    ('schedule_camera', 'account_id', 'whose schedule it is', 'contract',
	'row', 0, 'delete'),
    ('outbox', 'id', 'names the row', 'contract',
	'row', 0, 'delete'),
    ('outbox', 'account_id', 'whose mail it is', 'contract',
	'row', 0, 'delete'),
    ('outbox', 'channel', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'recipient', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'message', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'created_at', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'expires_at', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('outbox', 'sent_at', 'messages to people, sealed', 'contract',
	'30 days after it was sent', 1, 'delete'),
    ('asked', 'camera_id', 'what is not asked again', 'contract',
	'with the camera', 1, 'delete'),
    ('asked', 'prompt_sha256', 'what is not asked again', 'contract',
	'with the camera', 1, 'delete'),
    ('asked', 'at', 'what is not asked again', 'contract',
	'with the camera', 1, 'delete'),
    ('asked', 'account_id', 'whose camera it is', 'contract',
	'row', 0, 'delete'),
    ('asked', 'cells', 'the view''s brightness in 80 x 45 cells, sealed', 'contract',
	'with the camera', 0, 'delete'),
    ('baseline', 'still_id', 'the reference still, while it is kept', 'consent',
	'with the still', 1, 'null');

-- Retention: by what nvr-retain deletes, and what remains of it.

-- Footage around findings is kept for longer; stills, of a premium account.
ALTER TABLE camera ADD COLUMN retain_events_us BIGINT
    CHECK (retain_events_us > 0);
ALTER TABLE camera ADD COLUMN retain_stills_us BIGINT
    CHECK (retain_stills_us > 0);

-- What each stream has, entered with each segment that comes or goes: a year
-- has millions of them to add up.
CREATE TABLE footage_sum (
	camera_id BIGINT NOT NULL REFERENCES camera (id) ON DELETE CASCADE,
	stream TEXT NOT NULL CHECK (stream IN ('main', 'sub')),
	account_id BIGINT NOT NULL DEFAULT 0,
	segments BIGINT NOT NULL,
	size_bytes BIGINT NOT NULL,
	PRIMARY KEY (camera_id, stream)
);
INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)
    SELECT camera_id, stream, COUNT(*), SUM(CASE WHEN size_bytes BETWEEN 0
	AND 1099511627776 THEN size_bytes ELSE 1099511627776 END) FROM segment
    GROUP BY camera_id, stream;

-- A run goes when no segment is of it.
CREATE INDEX segment_run ON segment (run_id);

-- When an audit that has ended since had found something, while footage around
-- that moment may be there.
CREATE TABLE incident (
	camera_id BIGINT NOT NULL REFERENCES camera (id) ON DELETE CASCADE,
	at BIGINT NOT NULL,
	account_id BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (camera_id, at)
);
CREATE INDEX incident_account ON incident (account_id) WHERE account_id <> 0;

-- What recorders report of themselves, never a picture: percent, bytes, degrees
-- Celsius; NULL where a recorder cannot tell.
CREATE TABLE telemetry (
	recorder_id BIGINT NOT NULL CHECK (recorder_id > 0),
	at BIGINT NOT NULL,
	account_id BIGINT NOT NULL DEFAULT 0,
	received_at BIGINT NOT NULL,
	cpu DOUBLE PRECISION CHECK (cpu >= 0),
	memory DOUBLE PRECISION CHECK (memory BETWEEN 0 AND 100),
	disk_free DOUBLE PRECISION CHECK (disk_free BETWEEN 0 AND 100),
	disk_free_bytes BIGINT CHECK (disk_free_bytes >= 0),
	temperature DOUBLE PRECISION,
	cameras BIGINT CHECK (cameras >= 0),
	cameras_down BIGINT CHECK (cameras_down >= 0),
	agent TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (recorder_id, at)
);
CREATE INDEX telemetry_at ON telemetry (at);
CREATE INDEX telemetry_received ON telemetry (received_at);
CREATE INDEX telemetry_account ON telemetry (account_id) WHERE account_id <> 0;

-- The same of an hour or a day, which begins at `at` in UTC, for each account
-- that the recorder was of.  Always reckoned from all of what it sums up, and
-- not any more once some of that has gone: settled.  A mean is of so many
-- reports as had that figure.
CREATE TABLE telemetry_sum (
	recorder_id BIGINT NOT NULL CHECK (recorder_id > 0),
	period TEXT NOT NULL CHECK (period IN ('hour', 'day')),
	at BIGINT NOT NULL,
	account_id BIGINT NOT NULL DEFAULT 0,
	made_at BIGINT NOT NULL,
	settled BIGINT NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
	reports BIGINT NOT NULL CHECK (reports > 0),
	cpu DOUBLE PRECISION,
	cpu_max DOUBLE PRECISION,
	cpu_reports BIGINT NOT NULL CHECK (cpu_reports >= 0),
	memory DOUBLE PRECISION,
	memory_max DOUBLE PRECISION,
	memory_reports BIGINT NOT NULL CHECK (memory_reports >= 0),
	disk_free_min DOUBLE PRECISION,
	disk_free_bytes_min BIGINT,
	temperature DOUBLE PRECISION,
	temperature_max DOUBLE PRECISION,
	temperature_reports BIGINT NOT NULL CHECK (temperature_reports >= 0),
	cameras BIGINT,
	cameras_down_max BIGINT,
	PRIMARY KEY (recorder_id, period, at, account_id)
);
CREATE INDEX telemetry_sum_at ON telemetry_sum (period, at);
CREATE INDEX telemetry_sum_account ON telemetry_sum (account_id)
    WHERE account_id <> 0;

-- Anonymous: no row counts fewer than ten accounts, nor does the difference of
-- two of the same month.  month: 12 * year + month of the year from 0, UTC;
-- tier all: of both.
CREATE TABLE aggregate (
	month BIGINT NOT NULL,
	tier TEXT NOT NULL CHECK (tier IN ('all', 'free', 'premium')),
	measure TEXT NOT NULL CHECK (measure <> ''),
	accounts BIGINT NOT NULL CHECK (accounts >= 10),
	value BIGINT NOT NULL,
	PRIMARY KEY (month, tier, measure)
);

-- For what goes by age without being anybody's in particular.
CREATE INDEX audit_owner ON audit (at) WHERE account_id = 0;
CREATE INDEX event_at ON event (at);
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_unsent ON outbox (created_at) WHERE sent_at IS NULL;
CREATE INDEX hold_released ON hold (released_at)
    WHERE released_at IS NOT NULL;
CREATE INDEX request_done ON request (done_at) WHERE done_at IS NOT NULL;
DROP INDEX still_account;
CREATE INDEX still_account ON still (account_id, taken_at)
    WHERE account_id <> 0;
DROP INDEX still_camera;
CREATE INDEX still_camera ON still (camera_id, taken_at);
CREATE INDEX still_taken ON still (taken_at);
-- A still that goes is looked for in it, past 15 KB of each row.
CREATE INDEX baseline_still ON baseline (still_id)
    WHERE still_id IS NOT NULL;
CREATE INDEX camera_removed ON camera (removed_at)
    WHERE removed_at IS NOT NULL;
CREATE INDEX site_removed ON site (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX session_created ON session (created_at);

-- Which rule of nvr-retain ends the row: a kind, or what takes it along.
--   `-kind`: with the row of that kind; never: while the store exists;
--   account: erasing its account; use: what made it ends it
ALTER TABLE privacy_column ADD COLUMN rule TEXT NOT NULL DEFAULT '';

INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase) VALUES
    ('privacy_column', 'rule', 'this register', 'none',
	'while the store exists', 0, 'keep'),
    ('camera', 'retain_events_us', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('camera', 'retain_stills_us', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('footage_sum', 'camera_id', 'footage', 'contract',
	'with the camera', 0, 'keep'),
    ('footage_sum', 'stream', 'footage', 'contract',
	'with the camera', 0, 'keep'),
    ('footage_sum', 'account_id', 'whose it is', 'contract',
	'row', 0, 'keep'),
    ('footage_sum', 'segments', 'footage', 'contract',
	'with the camera', 0, 'keep'),
    ('footage_sum', 'size_bytes', 'footage', 'contract',
	'with the camera', 0, 'keep'),
    ('incident', 'camera_id', 'keeps footage around findings', 'contract',
	'the camera''s retention of footage around findings', 1, 'keep'),
    ('incident', 'at', 'keeps footage around findings', 'contract',
	'the camera''s retention of footage around findings', 1, 'keep'),
    ('incident', 'account_id', 'whose camera it is', 'contract',
	'row', 0, 'null');
INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase)
    SELECT t, c, 'how a recorder fares', 'contract',
	CASE t WHEN 'telemetry' THEN '90 days, then as hours'
	ELSE 'hours 2 years, then as days while the account exists' END, 1,
	'delete'
    FROM (SELECT 'telemetry' AS t, 'recorder_id' AS c
	UNION ALL SELECT 'telemetry', 'at'
	UNION ALL SELECT 'telemetry', 'received_at'
	UNION ALL SELECT 'telemetry', 'cpu'
	UNION ALL SELECT 'telemetry', 'memory'
	UNION ALL SELECT 'telemetry', 'disk_free'
	UNION ALL SELECT 'telemetry', 'disk_free_bytes'
	UNION ALL SELECT 'telemetry', 'temperature'
	UNION ALL SELECT 'telemetry', 'cameras'
	UNION ALL SELECT 'telemetry', 'cameras_down'
	UNION ALL SELECT 'telemetry', 'agent'
	UNION ALL SELECT 'telemetry_sum', 'recorder_id'
	UNION ALL SELECT 'telemetry_sum', 'period'
	UNION ALL SELECT 'telemetry_sum', 'at'
	UNION ALL SELECT 'telemetry_sum', 'made_at'
	UNION ALL SELECT 'telemetry_sum', 'settled'
	UNION ALL SELECT 'telemetry_sum', 'reports'
	UNION ALL SELECT 'telemetry_sum', 'cpu'
	UNION ALL SELECT 'telemetry_sum', 'cpu_max'
	UNION ALL SELECT 'telemetry_sum', 'cpu_reports'
	UNION ALL SELECT 'telemetry_sum', 'memory'
	UNION ALL SELECT 'telemetry_sum', 'memory_max'
	UNION ALL SELECT 'telemetry_sum', 'memory_reports'
	UNION ALL SELECT 'telemetry_sum', 'disk_free_min'
	UNION ALL SELECT 'telemetry_sum', 'disk_free_bytes_min'
	UNION ALL SELECT 'telemetry_sum', 'temperature'
	UNION ALL SELECT 'telemetry_sum', 'temperature_max'
	UNION ALL SELECT 'telemetry_sum', 'temperature_reports'
	UNION ALL SELECT 'telemetry_sum', 'cameras'
	UNION ALL SELECT 'telemetry_sum', 'cameras_down_max') AS x;
INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase) VALUES
    ('telemetry', 'account_id', 'whose recorder it is', 'contract',
	'row', 0, 'delete'),
    ('telemetry_sum', 'account_id', 'whose recorder it is', 'contract',
	'row', 0, 'delete'),
    ('aggregate', 'month', 'anonymous counts', 'none',
	'while the store exists', 0, 'keep'),
    ('aggregate', 'tier', 'anonymous counts', 'none',
	'while the store exists', 0, 'keep'),
    ('aggregate', 'measure', 'anonymous counts', 'none',
	'while the store exists', 0, 'keep'),
    ('aggregate', 'accounts', 'anonymous counts', 'none',
	'while the store exists', 0, 'keep'),
    ('aggregate', 'value', 'anonymous counts', 'none',
	'while the store exists', 0, 'keep');

UPDATE privacy_column SET retention =
    'the session''s, and 365 days at the most'
    WHERE table_name = 'session' AND column_name IN ('address', 'agent');
UPDATE privacy_column SET retention = retention
    || '; a day, where it is not confirmed' WHERE table_name = 'factor';
UPDATE privacy_column SET retention =
    'the entry''s; the mark of the last that went stays'
    WHERE table_name = 'log_mark';
UPDATE privacy_column SET retention =
    '30 days after it was sent, or made if it never was'
    WHERE table_name = 'outbox' AND retention <> 'row';

UPDATE privacy_column SET rule = CASE
    WHEN table_name IN ('migration', 'setting', 'privacy_column', 'log_tail',
	'erasure', 'notice', 'aggregate') THEN 'never'
    WHEN table_name = 'log_mark' THEN '-log'
    WHEN table_name IN ('segment', 'run', 'incident') THEN 'recordings'
    WHEN table_name IN ('camera_recipient', 'baseline', 'asked', 'footage_sum')
	THEN '-cameras'
    WHEN table_name IN ('attempt', 'finding', 'departure', 'step')
	THEN '-audits'
    WHEN table_name IN ('schedule', 'factor', 'recovery_code', 'open_segment')
	THEN 'use'
    WHEN table_name = 'schedule_camera' THEN '-cameras'
    WHEN table_name IN ('label', 'calibration', 'consent', 'objection',
	'notice_told') THEN 'account'
    WHEN table_name IN ('breach_note', 'breach_told') THEN '-breaches'
    WHEN table_name IN ('telemetry', 'telemetry_sum') THEN 'telemetry'
    WHEN table_name IN ('token', 'bucket', 'session') THEN 'sessions'
    WHEN table_name = 'access' THEN 'accesses'
    WHEN table_name IN ('outbox', 'usage', 'log', 'garbage') THEN table_name
    WHEN table_name = 'breach' THEN 'breaches'
    ELSE table_name || 's' END;

-- Recordings: runs of a camera's stream, the segments they are made of, what
-- happened on the way, what may not be deleted, and who took what out.

ALTER TABLE camera ADD COLUMN sub_url TEXT NOT NULL DEFAULT '';
ALTER TABLE camera ADD COLUMN record TEXT NOT NULL DEFAULT 'main'
    CHECK (record IN ('none', 'main', 'sub', 'both'));
ALTER TABLE camera ADD COLUMN audio BIGINT NOT NULL DEFAULT 1
    CHECK (audio IN (0, 1));
-- How long and how much footage is kept; NULL: as nvr.conf says.
ALTER TABLE camera ADD COLUMN retain_us BIGINT CHECK (retain_us > 0);
ALTER TABLE camera ADD COLUMN retain_bytes BIGINT CHECK (retain_bytes > 0);
ALTER TABLE camera ADD COLUMN retain_sub_us BIGINT CHECK (retain_sub_us > 0);
ALTER TABLE camera ADD COLUMN retain_sub_bytes BIGINT
    CHECK (retain_sub_bytes > 0);

-- Segments of one unbroken session, in which the camera's clock only grew and
-- its picture kept its size.  started_at is the wall clock's and monotonic_us
-- the machine's time at its first frame.
CREATE TABLE run (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	camera_id BIGINT NOT NULL REFERENCES camera (id),
	stream TEXT NOT NULL CHECK (stream IN ('main', 'sub')),
	started_at BIGINT NOT NULL,
	monotonic_us BIGINT NOT NULL,
	reason TEXT NOT NULL,
	video TEXT NOT NULL,
	width BIGINT NOT NULL CHECK (width >= 0),
	height BIGINT NOT NULL CHECK (height >= 0),
	audio TEXT
);
CREATE INDEX run_camera ON run (camera_id, stream, started_at);

-- One file each, whose path follows from camera, stream, start and id.
-- start_at and end_at are wall time; media_start_us and media_us are what the
-- camera's clock said, since the run began.
CREATE TABLE segment (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	camera_id BIGINT NOT NULL REFERENCES camera (id),
	stream TEXT NOT NULL CHECK (stream IN ('main', 'sub')),
	run_id BIGINT NOT NULL,
	start_at BIGINT NOT NULL,
	end_at BIGINT NOT NULL CHECK (end_at >= start_at),
	media_start_us BIGINT NOT NULL CHECK (media_start_us >= 0),
	media_us BIGINT NOT NULL CHECK (media_us >= 0),
	frames BIGINT NOT NULL CHECK (frames >= 0),
	size_bytes BIGINT NOT NULL CHECK (size_bytes > 0),
	sha256 BYTEA NOT NULL CHECK (length(sha256) = 32),
	sealed BIGINT NOT NULL CHECK (sealed IN (0, 1))
);
CREATE INDEX segment_time ON segment (camera_id, stream, start_at);

-- The crash journal: a row is here before its file is.
CREATE TABLE open_segment (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	camera_id BIGINT NOT NULL REFERENCES camera (id),
	stream TEXT NOT NULL CHECK (stream IN ('main', 'sub')),
	run_id BIGINT NOT NULL,
	start_at BIGINT NOT NULL,
	media_start_us BIGINT NOT NULL CHECK (media_start_us >= 0),
	payload_key BYTEA
);

-- Files that are to go: a row is here before its file goes, and until it has.
CREATE TABLE garbage (
	path TEXT PRIMARY KEY,
	account_id BIGINT NOT NULL DEFAULT 0,
	added_at BIGINT NOT NULL
);

CREATE TABLE event (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	camera_id BIGINT NOT NULL REFERENCES camera (id) ON DELETE CASCADE,
	stream TEXT NOT NULL,
	at BIGINT NOT NULL,
	kind TEXT NOT NULL CHECK (kind <> ''),
	detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX event_camera ON event (camera_id, stream, at);

-- What nothing deletes: footage between since and until.
CREATE TABLE hold (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	camera_id BIGINT NOT NULL REFERENCES camera (id),
	since BIGINT NOT NULL,
	until BIGINT NOT NULL CHECK (until > since),
	why TEXT NOT NULL CHECK (why <> ''),
	held_by TEXT NOT NULL,
	held_at BIGINT NOT NULL,
	released_by TEXT,
	released_at BIGINT,
	released_why TEXT
);
CREATE INDEX hold_camera ON hold (camera_id, since);

-- Who took footage out.
CREATE TABLE access (
	id BIGINT PRIMARY KEY CHECK (id > 0),
	account_id BIGINT NOT NULL DEFAULT 0,
	at BIGINT NOT NULL,
	who TEXT NOT NULL,
	action TEXT NOT NULL CHECK (action <> ''),
	camera_id BIGINT NOT NULL,
	camera_name TEXT NOT NULL,
	since BIGINT NOT NULL,
	until BIGINT NOT NULL,
	detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX access_at ON access (at);

INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase) VALUES
    ('camera', 'sub_url', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('camera', 'record', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('camera', 'audio', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('camera', 'retain_us', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('camera', 'retain_bytes', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('camera', 'retain_sub_us', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('camera', 'retain_sub_bytes', 'camera inventory', 'contract',
	'while active; 30 days after removal', 1, 'delete'),
    ('run', 'id', 'names the row', 'contract',
	'row', 1, 'delete'),
    ('run', 'account_id', 'whose it is', 'contract',
	'row', 0, 'delete'),
    ('run', 'camera_id', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('run', 'stream', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('run', 'started_at', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('run', 'monotonic_us', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('run', 'reason', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('run', 'video', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('run', 'width', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('run', 'height', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('run', 'audio', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'id', 'names the row', 'contract',
	'row', 1, 'delete'),
    ('segment', 'account_id', 'whose it is', 'contract',
	'row', 0, 'delete'),
    ('segment', 'camera_id', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'stream', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'run_id', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'start_at', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'end_at', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'media_start_us', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'media_us', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'frames', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'size_bytes', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'sha256', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('segment', 'sealed', 'footage', 'contract',
	'the camera''s retention, by age and size; holds', 1, 'delete'),
    ('open_segment', 'id', 'names the row', 'contract',
	'row', 1, 'delete'),
    ('open_segment', 'account_id', 'whose it is', 'contract',
	'row', 0, 'delete'),
    ('open_segment', 'camera_id', 'footage being written', 'contract',
	'row', 1, 'delete'),
    ('open_segment', 'stream', 'footage being written', 'contract',
	'row', 1, 'delete'),
    ('open_segment', 'run_id', 'footage being written', 'contract',
	'row', 1, 'delete'),
    ('open_segment', 'start_at', 'footage being written', 'contract',
	'row', 1, 'delete'),
    ('open_segment', 'media_start_us', 'footage being written', 'contract',
	'row', 1, 'delete'),
    ('open_segment', 'payload_key', 'repairs footage after a crash, sealed to the box key', 'contract',
	'until the segment is whole', 0, 'shred'),
    ('garbage', 'account_id', 'whose it is', 'contract',
	'row', 0, 'delete'),
    ('garbage', 'path', 'finishes deletions after a crash', 'legitimate',
	'until the file is gone', 0, 'delete'),
    ('garbage', 'added_at', 'finishes deletions after a crash', 'legitimate',
	'until the file is gone', 0, 'delete'),
    ('event', 'id', 'names the row', 'contract',
	'row', 1, 'delete'),
    ('event', 'account_id', 'whose it is', 'contract',
	'row', 0, 'delete'),
    ('event', 'camera_id', 'what happened to the recording', 'contract',
	'90 days', 1, 'delete'),
    ('event', 'stream', 'what happened to the recording', 'contract',
	'90 days', 1, 'delete'),
    ('event', 'at', 'what happened to the recording', 'contract',
	'90 days', 1, 'delete'),
    ('event', 'kind', 'what happened to the recording', 'contract',
	'90 days', 1, 'delete'),
    ('event', 'detail', 'what happened to the recording', 'contract',
	'90 days', 1, 'delete'),
    ('hold', 'id', 'names the row', 'legal',
	'row', 1, 'delete'),
    ('hold', 'account_id', 'whose it is', 'contract',
	'row', 0, 'delete'),
    ('hold', 'camera_id', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('hold', 'since', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('hold', 'until', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('hold', 'why', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('hold', 'held_by', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('hold', 'held_at', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('hold', 'released_by', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('hold', 'released_at', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('hold', 'released_why', 'legal holds', 'legal',
	'while held; 365 days after', 1, 'keep'),
    ('access', 'id', 'names the row', 'legal',
	'row', 1, 'delete'),
    ('access', 'account_id', 'whose it is', 'contract',
	'row', 0, 'delete'),
    ('access', 'at', 'who took footage out', 'legal',
	'365 days', 1, 'keep'),
    ('access', 'who', 'who took footage out', 'legal',
	'365 days', 1, 'keep'),
    ('access', 'action', 'who took footage out', 'legal',
	'365 days', 1, 'keep'),
    ('access', 'camera_id', 'who took footage out', 'legal',
	'365 days', 1, 'keep'),
    ('access', 'camera_name', 'who took footage out', 'legal',
	'365 days', 1, 'keep'),
    ('access', 'since', 'who took footage out', 'legal',
	'365 days', 1, 'keep'),
    ('access', 'until', 'who took footage out', 'legal',
	'365 days', 1, 'keep'),
    ('access', 'detail', 'who took footage out', 'legal',
	'365 days', 1, 'keep');

-- Exports: what people ask for in the portal, as archives that are offered for
-- a while.

-- exports/ID.age below the state folder, which `identity` opens.
CREATE TABLE export (
	id BIGINT PRIMARY KEY,
	account_id BIGINT NOT NULL,
	state TEXT NOT NULL
	    CHECK (state IN ('asked', 'making', 'ready', 'failed')),
	format TEXT NOT NULL CHECK (format IN ('tar.zst', 'tar.gz', 'zip')),
	language TEXT NOT NULL,
	include BIGINT NOT NULL CHECK (include BETWEEN 0 AND 7),
	asked_at BIGINT NOT NULL,
	ready_at BIGINT,
	expires_at BIGINT NOT NULL, -- of one that is not made: it is given up
	taken_at BIGINT,
	size_bytes BIGINT CHECK (size_bytes >= 0),
	gaps BIGINT CHECK (gaps >= 0),
	error TEXT NOT NULL DEFAULT '',
	identity BYTEA -- sealed
);
CREATE INDEX export_account ON export (account_id);
CREATE INDEX export_expires ON export (expires_at);

INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase, rule) VALUES
('export', 'id', 'names the row', 'legal', 'row', 1, 'delete', 'exports'),
('export', 'account_id', 'whose it is', 'legal', 'row', 0, 'delete',
    'exports'),
('export', 'state', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'format', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'language', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'include', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'asked_at', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'ready_at', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'expires_at', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'taken_at', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'size_bytes', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'gaps', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'error', 'exports that were asked for', 'legal',
    '7 days after it was made, or asked for', 1, 'delete', 'exports'),
('export', 'identity', 'opens the archive, sealed', 'legal', 'row', 0,
    'shred', 'exports');

-- Article 15(1)(c): from when the law lets the person be told; NULL: not until
-- somebody says so.  Who reviewed it is not theirs to know.
ALTER TABLE disclosure ADD COLUMN tell_at BIGINT;
INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase, rule) VALUES
('disclosure', 'tell_at', 'shows what an authority was given, and why', 'legal',
    '10 years', 1, 'keep', 'disclosures');
UPDATE privacy_column SET exported = 1 WHERE table_name = 'disclosure'
    AND column_name IN ('id', 'authority', 'basis', 'what', 'at');

-- By which data/schedule_camera.jsonl and audits name them.
UPDATE privacy_column SET exported = 1
    WHERE table_name = 'schedule' AND column_name = 'id';

-- Thresholds of alerts that are set at the portal; the cameras that a recorder
-- gets in the place of another.

-- On the recorder, for what it judges of itself; it goes with the enrolment.
-- NULL: as above it, as in alert_rule.
CREATE TABLE enrolment_rule (
	kind TEXT PRIMARY KEY CHECK (kind <> ''),
	account_id BIGINT NOT NULL DEFAULT 0,
	enabled BIGINT CHECK (enabled IN (0, 1)),
	percent DOUBLE PRECISION CHECK (percent BETWEEN 0 AND 100),
	bytes BIGINT CHECK (bytes >= 0),
	us BIGINT CHECK (us >= 0),
	grace_us BIGINT CHECK (grace_us >= 0),
	severity TEXT CHECK (severity IN ('info', 'warning', 'critical'))
);

INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase, rule) VALUES
('enrolment_rule', 'kind', 'when somebody is told', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment_rule', 'account_id', 'whose it is', 'contract',
    'row', 0, 'keep', 'use'),
('enrolment_rule', 'enabled', 'when somebody is told', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment_rule', 'percent', 'when somebody is told', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment_rule', 'bytes', 'when somebody is told', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment_rule', 'us', 'when somebody is told', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment_rule', 'grace_us', 'when somebody is told', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment_rule', 'severity', 'when somebody is told', 'contract',
    'while it is enrolled', 0, 'keep', 'use');

-- When the recorder that took its recorder's place told of it.
ALTER TABLE recorder_camera ADD COLUMN given_at BIGINT;
-- On the recorder: whether it takes another's place, and how many cameras of
-- that it got.
ALTER TABLE enrolment ADD COLUMN replaces BIGINT NOT NULL DEFAULT 0
    CHECK (replaces IN (0, 1));
ALTER TABLE enrolment ADD COLUMN inherited BIGINT NOT NULL DEFAULT 0
    CHECK (inherited >= 0);

INSERT INTO privacy_column (table_name, column_name, purpose, legal_basis,
    retention, exported, erase, rule) VALUES
('recorder_camera', 'given_at', 'how its cameras fare', 'contract',
    'with the recorder', 1, 'delete', '-recorders'),
('enrolment', 'replaces', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use'),
('enrolment', 'inherited', 'to which portal this recorder reports', 'contract',
    'while it is enrolled', 0, 'keep', 'use');

-- nvr-retain ends them, also where nothing reports any more.
UPDATE privacy_column SET rule = 'recorders' WHERE table_name = 'unsent';

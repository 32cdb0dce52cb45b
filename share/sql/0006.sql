-- Findings of a camera by when their still was taken: what keeps footage is
-- asked for whenever room is made.
CREATE INDEX audit_taken ON audit (camera_id, (COALESCE(taken_at, at)), id);
-- An audit that goes is looked for in it.
CREATE INDEX label_audit ON label (audit_id) WHERE audit_id IS NOT NULL;

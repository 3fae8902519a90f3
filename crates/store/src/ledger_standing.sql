-- Version 4 of the ledger: since when and until when a capture was current, in place of those that are current alone.

CREATE TABLE standing (
    pipeline TEXT NOT NULL,
    source   TEXT NOT NULL,
    capture  INTEGER NOT NULL REFERENCES capture (id),
    since    TEXT NOT NULL,
    until    TEXT                 -- null while it is current
) STRICT;

CREATE INDEX standing_by_source ON standing (pipeline, source, until);

CREATE INDEX capture_by_parent ON capture (parent) WHERE parent IS NOT NULL;

-- Until here, a capture was taken for current from when it came until the next one of its name.
INSERT INTO standing
    SELECT pipeline, source, id, captured_at,
           lead(captured_at) OVER (PARTITION BY pipeline, source, name ORDER BY id)
    FROM capture AS c
    WHERE suspect IS NULL AND NOT EXISTS (
        SELECT 1 FROM capture AS m WHERE m.parent = c.digest AND m.pipeline = c.pipeline AND m.source = c.source);
UPDATE standing SET until = since WHERE until IS NULL;
UPDATE standing SET until = NULL WHERE capture IN (SELECT capture FROM current_capture);
-- What came after the current one of its name is of an ingest that never was complete.
DELETE FROM standing WHERE EXISTS (
    SELECT 1 FROM capture AS b
        JOIN capture AS a ON a.pipeline = b.pipeline AND a.source = b.source AND a.name = b.name AND a.id < b.id
        JOIN current_capture AS k ON k.pipeline = a.pipeline AND k.source = a.source AND k.capture = a.id
    WHERE b.id = standing.capture);

DROP TABLE current_capture;

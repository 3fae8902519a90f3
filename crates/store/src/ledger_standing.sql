-- Version 4 of the ledger: since when and until when a capture was current, in place of those that are current alone.

CREATE TABLE standing (
    pipeline TEXT NOT NULL,
    source   TEXT NOT NULL,
    capture  INTEGER NOT NULL REFERENCES capture (id),
    since    TEXT NOT NULL,
    until    TEXT                 -- null while it is current
) STRICT;

CREATE INDEX standing_by_source ON standing (pipeline, source, until);

-- Until here, a capture was taken for current from when it came until the next one of its name.
INSERT INTO standing
    SELECT pipeline, source, id, captured_at,
           lead(captured_at) OVER (PARTITION BY pipeline, source, name ORDER BY id)
    FROM capture AS c
    WHERE suspect IS NULL AND NOT EXISTS (
        SELECT 1 FROM capture AS m WHERE m.pipeline = c.pipeline AND m.source = c.source AND m.parent = c.digest);
UPDATE standing SET until = since WHERE until IS NULL;
UPDATE standing SET until = NULL WHERE capture IN (SELECT capture FROM current_capture);

DROP TABLE current_capture;

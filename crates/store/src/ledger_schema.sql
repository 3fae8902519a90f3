-- Version 1 of the ledger. A later version is a further file of this kind; this one never changes.
-- Times are RFC 3339 in UTC, all of the same width; digests are 64 hexadecimal digits.

CREATE TABLE run (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline    TEXT NOT NULL,
    command     TEXT NOT NULL,
    build       TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    finished_at TEXT,             -- null while it runs or where it was killed
    exit_code   INTEGER,
    summary     TEXT              -- JSON
) STRICT;

CREATE INDEX run_by_pipeline ON run (pipeline, id);

-- Every capture ever made, also of unchanged bytes.
CREATE TABLE capture (
    id          INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES run (id),
    pipeline    TEXT NOT NULL,
    source      TEXT NOT NULL,
    name        TEXT NOT NULL,
    digest      TEXT NOT NULL,
    size        INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    media_type  TEXT,
    status      INTEGER,
    headers     TEXT NOT NULL,    -- JSON, list of pairs
    redirects   TEXT NOT NULL,    -- JSON, list
    captured_at TEXT NOT NULL
) STRICT;

CREATE INDEX capture_by_name ON capture (pipeline, source, name, id);
CREATE INDEX capture_by_digest ON capture (digest, captured_at);

-- The captures that make up the last complete ingest of each source.
CREATE TABLE current_capture (
    pipeline TEXT NOT NULL,
    source   TEXT NOT NULL,
    capture  INTEGER NOT NULL REFERENCES capture (id),
    PRIMARY KEY (pipeline, source, capture)
) STRICT, WITHOUT ROWID;

CREATE TABLE stage (
    id          INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES run (id),
    pipeline    TEXT NOT NULL,
    stage       TEXT NOT NULL,
    ingredients TEXT NOT NULL,
    changed     INTEGER NOT NULL,
    tally       TEXT NOT NULL,    -- JSON
    output      TEXT,
    recorded_at TEXT NOT NULL
) STRICT;

CREATE INDEX stage_by_run ON stage (run, id);
CREATE INDEX stage_by_name ON stage (pipeline, stage, id);

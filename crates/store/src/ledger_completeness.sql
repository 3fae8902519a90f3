-- Version 3 of the ledger: how much of a paged source came.

CREATE TABLE completeness (
    run         INTEGER NOT NULL REFERENCES run (id),
    pipeline    TEXT NOT NULL,
    source      TEXT NOT NULL,
    declared    INTEGER,          -- items that there are, by the source's own word; null where it says nothing
    items       INTEGER NOT NULL, -- items that came, each one once
    pages       INTEGER NOT NULL,
    slices      INTEGER NOT NULL, -- queries that were asked
    over_cap    INTEGER NOT NULL, -- queries with more items than the source gives, that cannot be split further
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (pipeline, source, run)
) STRICT, WITHOUT ROWID;

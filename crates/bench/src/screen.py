"""One run of a peer of the benchmark `screen`: screen.py SIDE FOLDER.

Prints seconds, peak memory in MiB and what came out. Ends with 3 where the peer's package is missing.
The time is that of the work, without the import of packages.
"""

import os
import resource
import sys
import time

KEYS = ["issuer", "key_kind", "key_raw"]


def touch(folder, columns=KEYS):
    import polars as pl

    start = time.perf_counter()
    lengths = [pl.col(name).str.len_bytes().sum().alias(name) for name in columns]
    total = pl.scan_parquet(f"{folder}/checks.parquet").select(lengths).collect(engine="streaming")
    return time.perf_counter() - start, f"{sum(total.row(0))} bytes touched"


def touch_ids(folder):
    return touch(folder, KEYS + ["check_id"])


JOIN = """
    FROM '{folder}/checks.parquet' c JOIN '{folder}/records.parquet' r
    ON c.issuer = r.issuer AND c.key_kind = r.key_kind AND c.key_raw = r.key_raw
"""


def duckdb(folder):
    import duckdb

    out = f"{folder}/duckdb.parquet"
    start = time.perf_counter()
    connection = duckdb.connect()
    connection.sql(f"COPY (SELECT check_id, record_id, database {JOIN.format(folder=folder)}) TO '{out}' (FORMAT parquet)")
    took = time.perf_counter() - start
    return took, f"{duckdb.sql(f'SELECT count(*) FROM {out!r}').fetchall()[0][0]} pairs"


def duckdb_count(folder):
    import duckdb

    start = time.perf_counter()
    pairs = duckdb.connect().sql(f"SELECT count(*) {JOIN.format(folder=folder)}").fetchall()[0][0]
    return time.perf_counter() - start, f"{pairs} pairs counted"


def polars(folder):
    import polars as pl

    out = f"{folder}/polars.parquet"
    start = time.perf_counter()
    checks = pl.scan_parquet(f"{folder}/checks.parquet")
    records = pl.scan_parquet(f"{folder}/records.parquet").select(KEYS + ["record_id", "database"])
    checks.join(records, on=KEYS).select("check_id", "record_id", "database").sink_parquet(out)
    took = time.perf_counter() - start
    return took, f"{pl.scan_parquet(out).select(pl.len()).collect().item()} pairs"


def main():
    side, folder = sys.argv[1:]
    try:
        took, what = globals()[side.replace("-", "_")](folder)
    except ImportError:
        sys.exit(3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name in ("duckdb.parquet", "polars.parquet"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.remove(path)
    print(took, peak, what)


main()

"""One run of a peer of the benchmark `wide`: peers.py SIDE CSV FOLDER.

Prints seconds, peak memory in MiB and what came out. Ends with 3 where the peer's package is missing.
The time is that of the work, without the import of packages.
"""

import os
import resource
import sys
import time

MONTHS = (
    "ENERO,FEBRERO,MARZO,ABRIL,MAYO,JUNIO,JULIO,AGOSTO,SEPTIEMBRE,OCTUBRE,NOVIEMBRE,DICIEMBRE"
).split(",")
INDEX = ["ANIO", "ENTIDAD", "MUNICIPIO", "DELITO", "MODALIDAD"]


def polars(csv, folder):
    import polars as pl

    out = os.path.join(folder, "polars.parquet")
    start = time.perf_counter()
    # Codes are text; counts with typing errors in them stay text, for nothing is checked.
    frame = pl.scan_csv(csv, schema_overrides={name: pl.String for name in INDEX[1:] + MONTHS})
    frame.unpivot(MONTHS, index=INDEX, variable_name="MES", value_name="VALOR").sink_parquet(out)
    return time.perf_counter() - start, out, ""


UNPIVOT = """
    FROM (SELECT * FROM read_csv('{csv}', all_varchar = true))
    UNPIVOT INCLUDE NULLS (VALOR FOR MES IN ({months}))
"""


def duckdb(csv, folder):
    import duckdb

    out = os.path.join(folder, "duckdb.parquet")
    start = time.perf_counter()
    connection = connect(duckdb, folder)
    unpivot = UNPIVOT.format(csv=csv, months=", ".join(MONTHS))
    connection.sql(f"COPY (SELECT * {unpivot}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")
    return time.perf_counter() - start, out, ""


def duckdb_checked(csv, folder):
    import duckdb

    out = os.path.join(folder, "duckdb.parquet")
    refused = os.path.join(folder, "refused.parquet")
    lists = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../data/reference")
    start = time.perf_counter()
    connection = connect(duckdb, folder)
    connection.sql(f"""
        CREATE TABLE area AS SELECT code, area FROM read_csv('{lists}/area_code.csv', all_varchar = true)
        WHERE scheme = 'inegi';
        CREATE TABLE crime AS SELECT crime FROM read_csv('{lists}/crime.csv', all_varchar = true);
        CREATE TABLE month AS SELECT unnest({MONTHS!r}) AS MES, unnest(range(1, 13)) AS number;
        CREATE TABLE twice AS SELECT {", ".join(INDEX)} FROM read_csv('{csv}', all_varchar = true)
        GROUP BY ALL HAVING count(*) > 1;
    """)
    unpivot = UNPIVOT.format(csv=csv, months=", ".join(MONTHS))
    connection.sql(f"""
        CREATE VIEW checked AS
        SELECT ANIO, area.area AS ref_area, MUNICIPIO, crime.crime, MODALIDAD,
            make_date(TRY_CAST(ANIO AS INTEGER), month.number::INTEGER, 1) AS time_start,
            VALOR AS value_text,
            CASE WHEN VALOR IS NULL OR VALOR = '' THEN 'O' WHEN VALOR = 'n.d.' THEN 'L' ELSE 'A' END AS obs_status,
            TRY_CAST(VALOR AS DOUBLE) AS value,
            area.area IS NULL OR crime.crime IS NULL OR TRY_CAST(ANIO AS INTEGER) IS NULL
                OR (obs_status = 'A' AND (value IS NULL OR value < 0))
                OR (ANIO, ENTIDAD, MUNICIPIO, DELITO, MODALIDAD) IN (SELECT * FROM twice) AS bad
        FROM (SELECT * {unpivot}) AS long
        LEFT JOIN area ON long.ENTIDAD = area.code LEFT JOIN crime ON long.DELITO = crime.crime
        JOIN month USING (MES);
        COPY (SELECT * EXCLUDE bad FROM checked WHERE NOT bad) TO '{out}' (FORMAT parquet, COMPRESSION zstd);
        COPY (SELECT * EXCLUDE bad FROM checked WHERE bad) TO '{refused}' (FORMAT parquet, COMPRESSION zstd);
    """)
    seconds = time.perf_counter() - start
    count = duckdb.sql(f"SELECT count(*) FROM '{refused}'").fetchall()[0][0]
    return seconds, out, f"{count} refused; "


def connect(duckdb, folder):
    connection = duckdb.connect()
    connection.sql(f"SET temp_directory = '{folder}/spill'; SET preserve_insertion_order = false;")
    return connection


def pandas(csv, folder):
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = os.path.join(folder, "pandas.parquet")
    start = time.perf_counter()
    writer = None
    for piece in pd.read_csv(csv, chunksize=500_000, dtype={name: "string" for name in INDEX[1:] + MONTHS}):
        long = piece.melt(INDEX, MONTHS, var_name="MES", value_name="VALOR")
        table = pa.Table.from_pandas(long, preserve_index=False)
        if writer is None:
            writer = pq.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()
    return time.perf_counter() - start, out, ""


def main():
    side, csv, folder = sys.argv[1:]
    sides = {"polars": polars, "duckdb": duckdb, "duckdb-checked": duckdb_checked, "pandas": pandas}
    try:
        seconds, out, note = sides[side](csv, folder)
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = os.path.getsize(out) / 2**20
    os.remove(out)
    print(seconds, peak, f"{note}{size:.0f} MiB of Parquet")


main()

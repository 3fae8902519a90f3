//! Opening the ledger: settings, versions, and what a failure of SQLite means.

use std::path::Path;
use std::time::Duration;

use quipu_schema::{ErrorKind, Fault, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// What turns version n into version n + 1. Entries are only ever added.
const MIGRATIONS: &[&str] = &[
    include_str!("../ledger_schema.sql"),
    include_str!("../ledger_captures.sql"),
    include_str!("../ledger_completeness.sql"),
    include_str!("../ledger_standing.sql"),
];

/// Marks the file as ours ("quip"), so that a foreign database is never written into.
const APPLICATION: i32 = 0x7175_6970;

/// How long to wait for another process, which at most writes one small transaction.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two attempts while the ledger is being opened.
const PAUSE: Duration = Duration::from_millis(20);

/// Opens the database at `path` and brings it to the present version.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let mut connection = Connection::open(path).map_err(|error| fault("open the ledger", path, error))?;
    let (application, version, tables) =
        patiently(|| configure(&connection)).map_err(|error| fault("open the ledger", path, error))?;
    if (application, version, tables) != (0, 0, 0) && application != APPLICATION {
        return Err(no_ledger(path));
    }
    let present = MIGRATIONS.len();
    if version > present {
        let message = format!("the ledger has version {version}; this quipu knows versions up to {present}");
        return Err(Fault::new(ErrorKind::Storage, message)
            .at(path.display())
            .help("use the version of quipu that wrote it, or a newer one"));
    }
    // Only now, when it is ours, may the file be changed.
    patiently(|| prepare(&mut connection, version))
        .and_then(|()| connection.busy_timeout(PATIENCE))
        .map_err(|error| fault("prepare the ledger", path, error))?;
    Ok(connection)
}

/// Tries again while the database is busy: a change of the journal's mode does not wait by itself.
fn patiently<T>(mut attempt: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        match attempt() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
    attempt()
}

fn prepare(connection: &mut Connection, version: usize) -> rusqlite::Result<()> {
    // Write-ahead logging lets `quipu status` read during a run; FULL because a capture must not be
    // forgotten that the archive still holds.
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    if version < MIGRATIONS.len() { migrate(connection) } else { Ok(()) }
}

/// Settings of the connection; returns application id, version and number of tables.
fn configure(connection: &Connection) -> rusqlite::Result<(i32, usize, i64)> {
    connection.busy_timeout(PAUSE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A statement keeps its plan, whatever is bound to it: otherwise it is planned anew for each of many rows.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // In one transaction: another process may be making the ledger just now.
    let transaction = connection.unchecked_transaction()?;
    let application = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found = (application, version(&transaction)?, tables);
    transaction.commit()?;
    Ok(found)
}

fn version(connection: &Connection) -> rusqlite::Result<usize> {
    // A negative version is nobody's; it is as new as can be.
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again under the write lock: another process may have been faster.
    for (from, migration) in MIGRATIONS.iter().enumerate().skip(version(&transaction)?) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(from + 1).unwrap_or(i64::MAX))?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.commit()
}

const MOVE_AWAY: &str = "bring it back from a backup, or move it (and its `-wal` and `-shm`) away: the archive and what \
                         was published stay, a new ledger begins, and sources are captured anew";

fn no_ledger(path: &Path) -> Fault {
    Fault::new(ErrorKind::Corrupt, "this is not a ledger of quipu").at(path.display()).help(MOVE_AWAY)
}

/// What an error of SQLite means.
pub(super) fn fault(doing: &str, path: &Path, error: rusqlite::Error) -> Fault {
    use rusqlite::Error as Sql;
    let message = format!("cannot {doing}");
    let (kind, help) = match (&error, error.sqlite_error_code()) {
        (_, Some(ErrorCode::NotADatabase)) => return no_ledger(path).because(error),
        (_, Some(ErrorCode::DatabaseCorrupt)) => {
            return Fault::new(ErrorKind::Corrupt, format!("{message}: it is damaged"))
                .at(path.display())
                .because(error)
                .help(MOVE_AWAY);
        }
        (_, Some(ErrorCode::DiskFull)) => {
            (ErrorKind::Storage, "the disk is full: free some space and run again; what was published stays whole")
        }
        (_, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed)) => {
            (ErrorKind::Locked, "another process holds the ledger; try again when it is done")
        }
        (_, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied)) => {
            (ErrorKind::Storage, "check the permissions of the file and its folder")
        }
        (_, Some(ErrorCode::SystemIoFailure)) => (ErrorKind::Storage, "check the disk"),
        // Values in it that we never wrote.
        (Sql::FromSqlConversionFailure(..) | Sql::IntegralValueOutOfRange(..) | Sql::InvalidColumnType(..), _) => {
            (ErrorKind::Corrupt, MOVE_AWAY)
        }
        _ => return Fault::bug(message).at(path.display()).because(error),
    };
    Fault::new(kind, message).at(path.display()).because(error).help(help)
}

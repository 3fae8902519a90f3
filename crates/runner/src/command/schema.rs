//! `quipu schema`: the dictionary of the tables.

use quipu_schema::fault::exit;
use quipu_schema::pipeline::suggestion;
use quipu_schema::table::{self, Table};
use quipu_schema::{ErrorKind, Fault, Result};

use crate::cli::Format;
use crate::output::Output;

/// Prints the dictionary of one table or of all.
pub(crate) fn schema(name: Option<&str>, output: Output) -> Result<u8> {
    let tables: Vec<&Table> = match name {
        None => table::ALL.to_vec(),
        Some(name) => vec![find(name)?],
    };
    if output.format == Format::Json {
        let value = table::json(&tables);
        Output::data(
            &serde_json::to_string_pretty(&value).map_err(|e| Fault::bug("a dictionary is no JSON").because(e))?,
        )?;
    } else {
        Output::data(&table::markdown(&tables))?;
    }
    Ok(exit::DONE)
}

/// The table of this name.
///
/// # Errors
/// No such table; the nearest is named.
pub(crate) fn find(name: &str) -> Result<&'static Table> {
    table::find(name).ok_or_else(|| {
        let fault = Fault::new(ErrorKind::Usage, format!("there is no table `{name}`"));
        match suggestion(name, table::ALL.iter().map(|table| table.name).collect::<Vec<_>>()) {
            Some(help) => fault.help(help),
            None => fault,
        }
    })
}

//! What every reader promises, as one check that tests and fuzz targets run on any bytes.

use quipu_schema::pipeline::Layout;

use super::{Limits, Reader};

/// Reads a document twice and reads every cell again at its place. Gives the number of cells; none
/// where the document is refused.
///
/// # Panics
/// Where a promise is broken.
pub(crate) fn check(reader: &dyn Reader, bytes: &[u8], layout: &Layout, limits: &Limits) -> Option<usize> {
    // That it ends is all that can be asked of it.
    let _ = reader.is_like(bytes);
    let grids = match (reader.read(bytes, layout, limits), reader.read(bytes, layout, limits)) {
        (Ok(grids), Ok(again)) => {
            assert_eq!(grids, again, "the same bytes give the same grids");
            grids
        }
        (Err(fault), Err(again)) => {
            assert_eq!(fault.to_string(), again.to_string(), "the same bytes give the same fault");
            assert_ne!(fault.kind(), quipu_schema::ErrorKind::Bug, "{fault}");
            return None;
        }
        _ => panic!("the same bytes are read once and refused once"),
    };
    let mut count = 0;
    for grid in &grids {
        for row in 0..grid.rows().len() {
            for (column, cell) in grid.cells(row).iter().enumerate() {
                let Some(place) = grid.locator(row, column) else { panic!("no place of row {row}, column {column}") };
                match reader.reread(bytes, layout, &place, limits) {
                    Ok(text) => assert_eq!(text, grid.text(*cell), "the text at {place}"),
                    Err(fault) => panic!("{place} is not read again: {fault}"),
                }
                count += 1;
            }
        }
        for (row, next) in grid.rows().iter().zip(grid.rows().iter().skip(1)) {
            assert!(row.number < next.number, "rows are numbered in order");
        }
    }
    Some(count)
}

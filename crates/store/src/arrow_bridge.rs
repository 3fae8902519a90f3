//! From polars to arrow-rs without copying, through the Arrow C data interface.
//!
//! polars has its own Arrow implementation; the Parquet writer takes arrow-rs arrays. Both know
//! the C data interface, a struct layout made for handing buffers over.

use arrow_array::ArrayRef;
use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_schema::{DataType, TimeUnit};
use polars::prelude::{CompatLevel, Series};
use polars_arrow::ffi::{ArrowArray, export_array_to_c};
use quipu_schema::table::Kind;
use quipu_schema::{Fault, Result};

/// The arrow-rs type of a column, laid out in memory as polars lays it out.
pub(crate) fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8View,
        Kind::Int => DataType::Int64,
        Kind::UInt => DataType::UInt64,
        Kind::UInt32 => DataType::UInt32,
        Kind::Float => DataType::Float64,
        Kind::Bool => DataType::Boolean,
        Kind::Date => DataType::Date32,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// A series as one arrow-rs array; it is copied only where it consists of several chunks.
///
/// # Errors
/// [`quipu_schema::ErrorKind::Bug`] where the series is not of this kind.
pub(crate) fn array(series: &Series, kind: Kind) -> Result<ArrayRef> {
    // What follows hands over raw buffers under the name of this type, so it has to be right.
    if *series.dtype() != crate::polars_type(kind) {
        return Err(Fault::bug(format!(
            "`{}` is {} instead of {}",
            series.name(),
            series.dtype(),
            crate::polars_type(kind)
        )));
    }
    let series = series.rechunk();
    if series.chunks().len() != 1 {
        return Err(Fault::bug(format!("`{}` has {} chunks after rechunking", series.name(), series.chunks().len())));
    }
    let exported = export_array_to_c(series.to_arrow(0, CompatLevel::newest()));
    import(exported, data_type(kind))
        .map_err(|error| Fault::bug(format!("`{}` cannot be handed over", series.name())).because(error))
}

#[expect(unsafe_code, reason = "the C data interface hands over raw pointers; there is no safe way to take them")]
fn import(mut exported: ArrowArray, data_type: DataType) -> Result<ArrayRef, arrow_schema::ArrowError> {
    // SAFETY: both structs are the `ArrowArray` of the Arrow C data interface, `repr(C)` with the
    // same fields in the same order, so the pointer may be read as the other. `exported` is alive,
    // aligned and owned by us. `from_raw` moves its content out and leaves a released struct
    // behind, so the buffers have exactly one owner and `exported`'s drop does nothing.
    let array = unsafe { FFI_ArrowArray::from_raw(std::ptr::from_mut(&mut exported).cast()) };
    // SAFETY: the array was exported by polars from a valid array, and `data_type` is the type it
    // was exported as: `array` above compared the polars type, which decides the exported layout
    // at `CompatLevel::newest()`. The tests below hold for every kind of column.
    let data = unsafe { from_ffi_and_data_type(array, data_type) }?;
    Ok(arrow_array::make_array(data))
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
    use polars::prelude::{DataType as Polars, IntoSeries, NamedFrom};

    use super::*;
    use crate::fixture::{KINDS, series};

    /// The values as text, read on the arrow-rs side.
    fn shown(array: &ArrayRef) -> Vec<Option<String>> {
        let at = |row: usize| match array.data_type() {
            DataType::Utf8View => array.as_string_view().value(row).to_owned(),
            DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
            DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).to_string(),
            DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_bits().to_string(),
            DataType::Boolean => array.as_boolean().value(row).to_string(),
            DataType::Date32 => array.as_primitive::<Date32Type>().value(row).to_string(),
            DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().value(row).to_string(),
            other => panic!("{other}"),
        };
        (0..array.len()).map(|row| array.is_valid(row).then(|| at(row))).collect()
    }

    /// The values as text, read on the polars side.
    fn expected(series: &Series) -> Vec<Option<String>> {
        let series = series.to_physical_repr().into_owned();
        match series.dtype() {
            Polars::String => series.str().unwrap().iter().map(|v| v.map(str::to_owned)).collect(),
            Polars::Boolean => series.bool().unwrap().iter().map(|v| v.map(|v| v.to_string())).collect(),
            Polars::Float64 => series.f64().unwrap().iter().map(|v| v.map(|v| v.to_bits().to_string())).collect(),
            Polars::Int64 => series.i64().unwrap().iter().map(|v| v.map(|v| v.to_string())).collect(),
            Polars::Int32 => series.i32().unwrap().iter().map(|v| v.map(|v| v.to_string())).collect(),
            Polars::UInt64 => series.u64().unwrap().iter().map(|v| v.map(|v| v.to_string())).collect(),
            Polars::UInt32 => series.u32().unwrap().iter().map(|v| v.map(|v| v.to_string())).collect(),
            other => panic!("{other}"),
        }
    }

    fn check(series: &Series, kind: Kind) {
        let array = array(series, kind).unwrap();
        assert_eq!(array.data_type(), &data_type(kind));
        assert_eq!(array.null_count(), series.null_count());
        array.to_data().validate_full().unwrap();
        assert_eq!(shown(&array), expected(series), "{kind:?}");
    }

    #[test]
    fn every_kind_of_column_arrives_whole_sliced_chunked_and_empty() {
        for kind in KINDS {
            for nulls in [false, true] {
                let whole = series(kind, 100, nulls);
                check(&whole, kind);
                for (from, length) in [(0, 1), (1, 7), (3, 64), (8, 16), (65, 35), (99, 1), (50, 0)] {
                    check(&whole.slice(from, length), kind);
                }
                let mut chunked = whole.slice(5, 20);
                chunked.append(&whole.slice(61, 30)).unwrap();
                chunked.append(&whole.slice(0, 0)).unwrap();
                assert!(chunked.chunks().len() > 1);
                check(&chunked, kind);
                check(&chunked.slice(15, 20), kind);
            }
            check(&series(kind, 0, true), kind);
            check(&Series::full_null("x".into(), 9, &crate::polars_type(kind)), kind);
        }
    }

    #[test]
    fn an_array_outlives_the_series_it_came_from() {
        for kind in KINDS {
            let whole = series(kind, 1000, true);
            let want = expected(&whole.slice(10, 900));
            let array = array(&whole.slice(10, 900), kind).unwrap();
            drop(whole);
            assert_eq!(shown(&array), want);
        }
    }

    #[test]
    fn another_type_is_refused() {
        let text = Series::new("x".into(), ["a"]);
        assert!(array(&text, Kind::Int).is_err());
        // The right physical type is not enough.
        let number = Series::new("x".into(), [1_i64]);
        assert!(array(&number, Kind::Time).is_err());
        let local = number.i64().unwrap().clone().into_datetime(polars::prelude::TimeUnit::Microseconds, None);
        assert!(array(&local.into_series(), Kind::Time).is_err());
    }
}

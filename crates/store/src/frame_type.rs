//! The polars side of a table's definition.

use polars::prelude::{DataType, Field, PlSmallStr, Schema, TimeUnit, TimeZone};
use quipu_schema::table::{Kind, Table};

/// The schema of a table's frames: all its columns in order.
pub fn polars_schema(table: &Table) -> Schema {
    table.all_columns().map(|c| Field::new(PlSmallStr::from_static(c.name), polars_type(c.kind))).collect()
}

/// The polars type of a column.
pub fn polars_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::String,
        Kind::Int => DataType::Int64,
        Kind::UInt => DataType::UInt64,
        Kind::UInt32 => DataType::UInt32,
        Kind::Float => DataType::Float64,
        Kind::Bool => DataType::Boolean,
        Kind::Date => DataType::Date,
        Kind::Time => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
    }
}

#[cfg(test)]
mod tests {
    use quipu_schema::table::ALL;

    use super::*;

    #[test]
    fn the_schema_follows_the_definition() {
        for table in ALL {
            let schema = polars_schema(table);
            assert_eq!(schema.len(), table.all_columns().count());
            for column in table.all_columns() {
                assert_eq!(schema.get(column.name), Some(&polars_type(column.kind)));
            }
        }
    }
}

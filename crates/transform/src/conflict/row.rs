//! Rows of `conflict`.

use polars::prelude::DataFrame;
use quipu_schema::marking::Marking;
use quipu_schema::table::{self, Table};
use quipu_schema::{Fault, Result};

use super::cause::{Verdict, difference, severity};
use super::quantity::{self, Quantity, TEXTS};
use super::statement::Statement;
use crate::frame::{self, Value};

/// One disagreement.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) quantity: Quantity,
    pub(crate) left: Statement,
    pub(crate) right: Statement,
    pub(crate) verdict: Verdict,
    pub(crate) marking: Marking,
    /// Keys of both rows.
    pub(crate) keys: [String; 2],
}

impl Row {
    pub(crate) fn new(
        quantity: &Quantity,
        left: &Statement,
        right: &Statement,
        verdict: Verdict,
        marking: Marking,
    ) -> Self {
        let keys = [left.key(quantity), right.key(quantity)];
        Self { quantity: quantity.clone(), left: left.clone(), right: right.clone(), verdict, marking, keys }
    }

    /// Both values, where both sides have one.
    fn values(&self) -> Option<(f64, f64)> {
        Some((self.left.value.as_ref()?.value, self.right.value.as_ref()?.value))
    }

    /// The second value divided by the first.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.values().map(|(left, right)| right / left).filter(|ratio| ratio.is_finite())
    }

    fn difference(&self) -> Option<f64> {
        self.values().map(|(left, right)| difference(left, right))
    }

    pub(crate) fn severity(&self) -> &'static str {
        severity(self.verdict.cause, self.difference())
    }

    /// How far up it belongs among those that are shown: the gravest first, then the furthest apart.
    pub(crate) fn rank(&self) -> (u8, f64) {
        let grave = match self.severity() {
            "high" => 0,
            "medium" => 1,
            _ => 2,
        };
        (grave, -self.difference().unwrap_or(1.0))
    }

    /// One line for people.
    pub(crate) fn line(&self) -> String {
        let says = |of: &Statement| of.text.clone().unwrap_or_else(|| format!("{} to {}", of.lower, of.upper));
        let day = |days| quantity::date(days).map(|day| day.to_string()).unwrap_or_default();
        let crime = self.quantity.texts.get(1).and_then(Option::as_deref).unwrap_or("no crime code");
        format!(
            "{} {} {} {crime} {} to {}: {} {} says {}, {} {} says {}{}; {} ({})",
            self.severity(),
            self.quantity.text(2),
            self.quantity.text(0),
            day(self.quantity.start),
            day(self.quantity.end),
            self.left.dataset(),
            self.left.vintage(),
            says(&self.left),
            self.right.dataset(),
            self.right.vintage(),
            says(&self.right),
            self.ratio().map(|ratio| format!(", ratio {ratio:.4}")).unwrap_or_default(),
            self.verdict.cause,
            self.verdict.detail,
        )
    }

    fn cell(&self, column: &str) -> Option<Value> {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        if let Some(rest) = column.strip_prefix("left_") {
            return cell_of(&self.left, &self.keys[0], rest);
        }
        if let Some(rest) = column.strip_prefix("right_") {
            return cell_of(&self.right, &self.keys[1], rest);
        }
        match column {
            "time_start" => Some(Value::Date(self.quantity.start)),
            "time_end" => Some(Value::Date(self.quantity.end)),
            "cause" => text(self.verdict.cause),
            "detail" => text(&self.verdict.detail),
            "severity" => text(self.severity()),
            "difference" => self.difference().map(Value::Float),
            "ratio" => self.ratio().map(Value::Float),
            "marking" => text(&self.marking.to_string()),
            other => {
                let at = TEXTS.iter().position(|name| *name == other)?;
                self.quantity.texts.get(at)?.as_deref().and_then(text)
            }
        }
    }
}

fn cell_of(of: &Statement, key: &str, column: &str) -> Option<Value> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    match column {
        "table" => text("observation"),
        "row" => text(key),
        "dataset" => text(of.dataset()),
        "source" => text(of.source()),
        "vintage" => text(of.vintage()),
        "value" => of.value.as_ref().map(|value| Value::Float(value.value)),
        "text" => of.text.as_deref().and_then(text),
        "status" => text(&of.status),
        "superseded" => Some(Value::Bool(of.superseded)),
        "document" => text(&of.document),
        "locator" => of.locator.as_ref().and_then(|locator| text(&locator.to_string())),
        _ => None,
    }
}

/// The rows as a frame, in the order of the table's key.
///
/// # Errors
/// A bug only.
pub(crate) fn to_frame(mut rows: Vec<Row>) -> Result<(&'static Table, DataFrame)> {
    let table = table::find("conflict").ok_or_else(|| Fault::bug("no table `conflict`"))?;
    rows.sort_by(|a, b| a.keys.cmp(&b.keys));
    let cells = rows.iter().map(|row| table.all_columns().map(|column| row.cell(column.name)).collect());
    Ok((table, frame::from_rows(table, cells.collect())?))
}

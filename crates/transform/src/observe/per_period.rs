//! How many rows a source gives by period, held to what its contract expects.

use std::collections::BTreeMap;

use quipu_schema::pipeline::Source;
use quipu_schema::{ErrorKind, Fault, Result};

use super::rows::Rows;

/// Rows by period: first day, last day, frequency.
#[derive(Debug, Default)]
pub(crate) struct PerPeriod(BTreeMap<(jiff::civil::Date, jiff::civil::Date, &'static str), u64>);

impl PerPeriod {
    /// Nothing counted yet; none where the contract asks for no count.
    pub(crate) fn of(source: &Source) -> Option<Self> {
        let asked = source.expect.rows_per_period_min.or(source.expect.rows_per_period_max);
        asked.map(|_| Self::default())
    }

    /// Forgets what was counted.
    pub(crate) fn restart(&mut self) {
        self.0.clear();
    }

    /// Counts rows.
    pub(crate) fn hear(&mut self, rows: &Rows) {
        let mut counts = vec![0_u64; rows.shelf.periods.len()];
        for number in &rows.period {
            if let Some(count) = counts.get_mut(*number as usize) {
                *count += 1;
            }
        }
        for (period, count) in rows.shelf.periods.iter().zip(counts).filter(|(_, count)| *count > 0) {
            *self.0.entry((period.start, period.end, period.freq)).or_default() += count;
        }
    }

    /// That no period has fewer or more rows than expected.
    ///
    /// # Errors
    /// `Contract`, with the earliest such period and how many more there are.
    pub(crate) fn hold(&self, source: &Source) -> Result<()> {
        let least = source.expect.rows_per_period_min.unwrap_or(0);
        let most = source.expect.rows_per_period_max.unwrap_or(u64::MAX);
        let mut outside = self.0.iter().filter(|(_, rows)| !(least..=most).contains(*rows));
        let Some(((start, end, _), rows)) = outside.next() else { return Ok(()) };
        let others = outside.count();
        let others = if others > 0 { format!(", and {others} more periods are outside") } else { String::new() };
        let (word, limit) = if *rows < least { ("fewer", least) } else { ("more", most) };
        let message = format!(
            "the period {start} to {end} would have {rows} rows, {word} than the {limit} expected per period{others}"
        );
        Err(Fault::new(ErrorKind::Contract, message).at(format!("source `{}`", source.id)).help(
            "look at what the source delivers now; `rows_per_period_min` and `rows_per_period_max` in the source's \
             `expect` table set the limits",
        ))
    }
}

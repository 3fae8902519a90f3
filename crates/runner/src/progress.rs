//! Progress bars on a terminal.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use quipu_screen::Told;
use quipu_store::Progress;

/// One bar on stderr, for the stage that runs.
#[derive(Debug, Default)]
pub(crate) struct Bars(Mutex<Option<ProgressBar>>);

impl Progress for Bars {
    fn begin(&self, what: &str, total: Option<u64>) {
        let (bar, template) = match total {
            Some(total) => {
                (ProgressBar::new(total), "{msg:10} {bar:30} {human_pos} of {human_len}, {per_sec}, {eta} left")
            }
            None => (ProgressBar::new_spinner(), "{msg:10} {spinner} {pos} {elapsed}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        if let Ok(mut held) = self.0.lock() {
            *held = Some(bar);
        }
    }

    fn advance(&self, by: u64) {
        if let Ok(held) = self.0.lock()
            && let Some(bar) = held.as_ref()
        {
            bar.inc(by);
        }
    }

    fn end(&self) {
        if let Ok(mut held) = self.0.lock()
            && let Some(bar) = held.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Told for Bars {
    fn begin(&self, what: &str, rows: u64) {
        Progress::begin(self, what, Some(rows));
    }

    fn advance(&self, rows: u64) {
        Progress::advance(self, rows);
    }

    fn end(&self) {
        Progress::end(self);
    }
}

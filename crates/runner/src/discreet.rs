//! The last gate before stderr: logs of all crates, also of those that are not ours, and panics are told without secrets.
//!
//! Where messages are made, secrets are left out of them. This is for the message that nobody thought of.

use std::io::{self, Write};
use std::panic::PanicHookInfo;

use quipu_fetch::redact_text;
use tracing_subscriber::fmt::MakeWriter;

/// A place for log lines: stderr, without what is secret.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log;

impl<'a> MakeWriter<'a> for Log {
    type Writer = Redacting<io::Stderr>;

    fn make_writer(&'a self) -> Self::Writer {
        Redacting(io::stderr())
    }
}

/// A writer of whole lines.
#[derive(Debug)]
pub(crate) struct Redacting<W>(W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(redact_text(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// From now on a panic is told as what it is, and without secrets.
pub(crate) fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // Where nobody reads it any more, nobody can be told.
        let _ = io::stderr().write_all(told(panic).as_bytes());
    }));
}

fn told(panic: &PanicHookInfo) -> String {
    let backtrace = std::backtrace::Backtrace::capture();
    let trace = match backtrace.status() {
        std::backtrace::BacktraceStatus::Captured => format!("\n{backtrace}"),
        _ => String::new(),
    };
    redact_text(&format!(
        "error: {panic}\n  help: this is a bug in quipu; please report it with the pipeline file. What was published stays \
         whole{trace}\n"
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    static TOLD: Mutex<String> = Mutex::new(String::new());

    #[test]
    fn neither_panics_nor_logs_tell_a_secret() {
        quipu_fetch::conceal("canary-panic");
        std::panic::set_hook(Box::new(|panic| TOLD.lock().expect("text").push_str(&told(panic))));
        let ended =
            std::thread::spawn(|| panic!("canary-panic at https://u:canary@h.example/?api_key=canary-key")).join();
        let _ = std::panic::take_hook();
        assert!(ended.is_err());
        let text = TOLD.lock().expect("text").clone();
        assert!(text.contains("https://h.example/?api_key=***") && !text.contains("canary"), "{text}");
        assert!(text.contains("discreet.rs") && text.contains("help: "), "{text}");

        let mut log = Redacting(Vec::new());
        writeln!(log, "GET https://h.example/?token=canary-key failed with canary-panic").expect("memory");
        assert_eq!(String::from_utf8_lossy(&log.0), "GET https://h.example/?token=*** failed with ***\n");
    }
}

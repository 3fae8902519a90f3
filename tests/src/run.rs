//! One call of the binary, and how it ended.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::binary;

/// No call takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_mins(5);

/// A call of the binary that is to be made.
#[derive(Debug)]
pub struct Quipu {
    command: Command,
}

impl Quipu {
    /// A call from within `folder`, with none of the settings that the environment may hold.
    pub fn new(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        for setting in ["QUIPU_STORE", "QUIPU_LOG", "RUST_LOG", "RUST_BACKTRACE"] {
            command.env_remove(setting);
        }
        Self { command }
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it and waits for its end.
    #[track_caller]
    pub fn end(self) -> Ended {
        let mut running = self.start();
        let stdout = running.stdout.take().expect("stdout is piped");
        let reader = gather(stdout);
        let status = running.wait();
        Ended::new(status, reader.join().expect("stdout is read"), running.stderr())
    }

    /// Starts it. Whoever does so reads its stdout, or closes it.
    pub fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the binary starts");
        let stdout = child.stdout.take().map(BufReader::new);
        let stderr = child.stderr.take().map(gather);
        Running { child, stdout, stderr, started: Instant::now() }
    }
}

/// Reads a stream to its end beside the caller, so that the process never waits for a reader.
fn gather(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A killed process ends its streams anywhere.
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A call that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: Option<JoinHandle<String>>,
    started: Instant,
}

impl Running {
    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of its stdout; empty at the end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().expect("stdout is open").read_line(&mut line).expect("stdout is text");
        line
    }

    /// Closes our end of its stdout, as `head -1` does.
    pub fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Sends SIGKILL; says whether the process was still running.
    pub fn kill(&mut self) -> bool {
        let running = self.child.try_wait().expect("the state of the process").is_none();
        self.child.kill().expect("a process of ours can be killed");
        self.child.wait().expect("a killed process ends");
        running
    }

    /// Waits for the end; a process that hangs fails the test.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.child.try_wait().expect("the state of the process") {
                return status;
            }
            // Where this fails, the process is dropped, and killed by that.
            assert!(self.started.elapsed() < PATIENCE, "the process hangs");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it wrote to stderr, once it has ended.
    pub fn stderr(&mut self) -> String {
        self.stderr.take().map(|reader| reader.join().expect("stderr is read")).unwrap_or_default()
    }

    /// Waits for the end and gives all there is.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let stdout = self.stdout.take().map(gather);
        let status = self.wait();
        let stdout = stdout.map(|reader| reader.join().expect("stdout is read")).unwrap_or_default();
        Ended::new(status, stdout, self.stderr())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended in most cases.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Everything on stdout.
    pub stdout: String,
    /// Everything on stderr.
    pub stderr: String,
}

impl Ended {
    #[track_caller]
    fn new(status: ExitStatus, stdout: String, stderr: String) -> Self {
        let ended = Self { code: status.code(), stdout, stderr };
        assert!(!ended.stderr.contains("panicked at"), "a panic:\n{}", ended.stderr);
        assert_ne!(ended.code, Some(101), "the exit code of a panic:\n{}", ended.stderr);
        ended
    }

    /// Fails the test unless it ended with this code.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "mostly the last word of a sentence")]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code\n-- stdout\n{}\n-- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless stderr holds all of these texts.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "mostly the last word of a sentence")]
    pub fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "stderr does not say `{part}`:\n{}", self.stderr);
        }
        self
    }

    /// The events of stdout, one JSON object a line.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let event = |line: &str| match serde_json::from_str::<Value>(line) {
            Ok(event) if event.get("event").is_some_and(Value::is_string) => event,
            other => panic!("a line of stdout is no event: {line}\n{other:?}"),
        };
        self.stdout.lines().map(event).collect()
    }

    /// The events of this name.
    #[track_caller]
    pub fn events_named(&self, name: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event.get("event").is_some_and(|n| n == name)).collect()
    }

    /// The only event of this name.
    #[track_caller]
    pub fn event(&self, name: &str) -> Value {
        let mut found = self.events_named(name);
        assert_eq!(found.len(), 1, "events named {name} in\n{}", self.stdout);
        found.remove(0)
    }
}

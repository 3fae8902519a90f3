//! A server on this machine that tests script: HTTP/1.1 over real sockets, with every fault that a server can have.
//!
//! It listens on loopback alone, on a port that is free, and ends when it is dropped.

#![expect(clippy::expect_used, reason = "a test server that cannot be set up ends the test")]

mod reply;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use reply::{Reply, Step, Then};

/// Longest silence of a client, and longest wait for it to take bytes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of the head of a request.
const HEAD: usize = 1 << 16;

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// How often this target was asked for before.
    pub before: usize,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The path without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The value of a query key, as it stands.
    pub fn query(&self, key: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The first byte of `Range: bytes=N-`.
    pub fn range(&self) -> Option<usize> {
        let (first, _) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        first.parse().ok()
    }
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    requests: Mutex<Vec<Request>>,
    targets: Mutex<BTreeMap<String, usize>>,
    open: Mutex<Vec<TcpStream>>,
    connections: AtomicUsize,
    sent: AtomicU64,
    stop: AtomicBool,
}

/// A server that answers as a function of the request says.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Starts one on a port that is free.
    ///
    /// # Panics
    /// Where there is none.
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            requests: Mutex::default(),
            targets: Mutex::default(),
            open: Mutex::default(),
            connections: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let thread = std::thread::spawn({
            let shared = shared.clone();
            move || {
                let mut running = Vec::new();
                for stream in listener.incoming() {
                    if shared.stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let Ok(stream) = stream else { continue };
                    shared.connections.fetch_add(1, Ordering::SeqCst);
                    if let Ok(known) = stream.try_clone() {
                        lock(&shared.open).push(known);
                    }
                    let shared = shared.clone();
                    // A client that goes away is the client's business.
                    running.push(std::thread::spawn(move || drop(shared.serve(stream))));
                }
                for thread in running {
                    drop(thread.join());
                }
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    /// Starts one that gives these answers in turn, and the last one again, each on a connection of its own. It has no
    /// `robots.txt`, and does not count who asks for it.
    pub fn scripted(script: Vec<Reply>) -> Self {
        let turn = AtomicUsize::new(0);
        Self::start(move |request| {
            if request.path() == "/robots.txt" {
                return Reply::status("404 Not Found").close();
            }
            let at = turn.fetch_add(1, Ordering::SeqCst);
            script
                .get(at)
                .or(script.last())
                .cloned()
                .unwrap_or_else(|| Reply::status("500 Internal Server Error"))
                .close()
        })
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// An address on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests that came, without those for `robots.txt`.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).iter().filter(|request| request.path() != "/robots.txt").cloned().collect()
    }

    /// How many they are.
    pub fn asked(&self) -> usize {
        self.requests().len()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Bytes that were sent, heads and all.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// Forgets requests, connections and bytes.
    pub fn forget(&self) {
        lock(&self.shared.requests).clear();
        lock(&self.shared.targets).clear();
        self.shared.connections.store(0, Ordering::SeqCst);
        self.shared.sent.store(0, Ordering::SeqCst);
    }
}

impl Shared {
    /// Serves one connection until one of both sides ends it.
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        while let Some(request) = self.request(&mut reader)? {
            let reply = (self.handler)(&request);
            for step in &reply.steps(request.method == "HEAD") {
                match step {
                    Step::Send(bytes) => {
                        writer.write_all(bytes)?;
                        self.sent.fetch_add(bytes.len() as u64, Ordering::SeqCst);
                    }
                    Step::Repeat(bytes, times) => {
                        for _ in 0..*times {
                            writer.write_all(bytes)?;
                            self.sent.fetch_add(bytes.len() as u64, Ordering::SeqCst);
                        }
                    }
                    Step::Wait(silence) => self.wait(*silence),
                }
            }
            if reply.then != Then::Keep || self.stop.load(Ordering::SeqCst) {
                writer.flush()?;
                return writer.shutdown(Shutdown::Both);
            }
        }
        Ok(())
    }

    /// Waits, but not longer than the server lives.
    fn wait(&self, silence: Duration) {
        let mut left = silence;
        while !left.is_zero() && !self.stop.load(Ordering::SeqCst) {
            let nap = left.min(Duration::from_millis(20));
            std::thread::sleep(nap);
            left -= nap;
        }
    }

    fn request(&self, reader: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
        let mut lines = Vec::new();
        let mut size = 0;
        loop {
            let mut line = String::new();
            let read = reader.read_line(&mut line)?;
            size += read;
            if read == 0 || size > HEAD {
                return Ok(None);
            }
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let mut lines = lines.into_iter();
        let first = lines.next().unwrap_or_default();
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let headers = lines.filter_map(|line| {
            line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        let before = {
            let mut targets = lock(&self.targets);
            let count = targets.entry(target.to_owned()).or_default();
            *count += 1;
            *count - 1
        };
        let request =
            Request { method: method.to_owned(), target: target.to_owned(), headers: headers.collect(), before };
        lock(&self.requests).push(request.clone());
        Ok(Some(request))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the thread where it waits for a connection, and those that wait for a client.
        let _ = TcpStream::connect(self.address);
        for stream in lock(&self.shared.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

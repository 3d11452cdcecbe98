//! A small web server for tests: it serves ranges of a folder's files, stores files, records requests, and fails on purpose.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

/// A request that the server received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD` or `PUT`.
    pub method: String,
    /// The path in the folder, without a slash at its start.
    pub path: String,
    /// The range of bytes, with its end within the file.
    pub range: Option<Range<u64>>,
    /// The header `If-Match`.
    pub if_match: Option<String>,
}

/// The server's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Sends the response.
    Serve,
    /// Sends a status and an empty body.
    Status(u16),
    /// Sends this many bytes of the body, and closes the connection.
    Cut(usize),
    /// Sends the whole file with the status 200.
    Whole,
    /// Sends the response, but ignores `If-Match`.
    Careless,
    /// The same, and without an entity tag.
    Untagged,
    /// Sends the response with a weak entity tag, which matches no `If-Match`.
    Weak,
}

type Decide = dyn Fn(usize, &Request) -> Answer + Send + Sync;

/// A server on a port of its own. It runs as long as the process.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    state: Mutex<State>,
}

struct State {
    requests: Vec<Request>,
    delay: Duration,
    decide: Arc<Decide>,
}

impl Server {
    /// Starts a server for the files of a folder.
    ///
    /// # Errors
    /// If it cannot listen on a port.
    pub fn start(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let decide: Arc<Decide> = Arc::new(|_, _| Answer::Serve);
        let state = State { requests: Vec::new(), delay: Duration::ZERO, decide };
        let shared = Arc::new(Shared { folder: folder.into(), state: Mutex::new(state) });
        let for_connections = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = for_connections.clone();
                // A closed connection is no error of the server.
                thread::spawn(move || shared.serve(&stream).ok());
            }
        });
        Ok(Self { address, shared })
    }

    /// Returns the URL of a path in the folder.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Waits before each answer.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        self.shared.state().delay = delay;
        self
    }

    /// Sets a function that chooses each answer. It gets the number of the request, from 0.
    #[must_use]
    pub fn decide(
        self,
        decide: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.shared.state().decide = Arc::new(decide);
        self
    }

    /// Returns the requests since the last call, in the order in which they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.state().requests)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the requests of a connection.
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some((mut request, len)) = parse(&mut reader)? {
            let mut sent = Vec::new();
            reader.by_ref().take(len).read_to_end(&mut sent)?;
            let file = fs::metadata(self.folder.join(&request.path)).ok();
            let file = file.filter(fs::Metadata::is_file);
            let len = file.as_ref().map_or(0, fs::Metadata::len);
            if let Some(range) = &mut request.range {
                range.end = range.end.min(len);
            }
            let (number, delay, decide) = {
                let mut state = self.state();
                state.requests.push(request.clone());
                (state.requests.len() - 1, state.delay, state.decide.clone())
            };
            thread::sleep(delay);
            let answer = decide(number, &request);
            if request.method == "PUT" {
                let status = self.store(&request, &answer, &sent)?;
                head(stream, status, "Content-Length: 0\r\n")?;
                continue;
            }
            let Some(file) = file else {
                head(stream, 404, "Content-Length: 0\r\n")?;
                continue;
            };
            let modified = file.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            let tag = format!("\"{:x}-{len:x}\"", modified.as_nanos());
            if !self.answer(stream, &request, &answer, len, &tag)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Stores a file that was sent. Returns the status.
    fn store(&self, request: &Request, answer: &Answer, sent: &[u8]) -> io::Result<u16> {
        if let Answer::Status(status) = answer {
            return Ok(*status);
        }
        let path = self.folder.join(&request.path);
        fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
        fs::write(path, sent)?;
        Ok(201)
    }

    /// Answers a request for a file. Returns `false` if the connection ends.
    fn answer(
        &self,
        mut stream: &TcpStream,
        request: &Request,
        answer: &Answer,
        len: u64,
        tag: &str,
    ) -> io::Result<bool> {
        if let Answer::Status(status) = answer {
            head(stream, *status, "Content-Length: 0\r\n")?;
            return Ok(true);
        }
        let tag = match answer {
            Answer::Untagged => String::new(),
            Answer::Weak => format!("ETag: W/{tag}\r\n"),
            _ => format!("ETag: {tag}\r\n"),
        };
        let is_careless = matches!(answer, Answer::Careless | Answer::Untagged);
        let matches = |wanted: &String| tag == format!("ETag: {wanted}\r\n");
        if !is_careless && !request.if_match.as_ref().is_none_or(matches) {
            head(stream, 412, "Content-Length: 0\r\n")?;
            return Ok(true);
        }
        let modified = "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n";
        let range = request.range.clone().filter(|_| *answer != Answer::Whole);
        if range.as_ref().is_some_and(|range| range.start >= len) {
            head(stream, 416, &format!("Content-Range: bytes */{len}\r\nContent-Length: 0\r\n"))?;
            return Ok(true);
        }
        let body = range.clone().unwrap_or(0..len);
        let content = format!("{tag}{modified}Content-Length: {}\r\n", body.end - body.start);
        match &range {
            None => head(stream, 200, &content)?,
            Some(Range { start, end }) => {
                let range = format!("{content}Content-Range: bytes {start}-{}/{len}\r\n", end - 1);
                head(stream, 206, &range)?;
            }
        }
        if request.method == "HEAD" {
            return Ok(true);
        }
        let mut file = File::open(self.folder.join(&request.path))?;
        file.seek(SeekFrom::Start(body.start))?;
        let most = match answer {
            Answer::Cut(bytes) => *bytes as u64,
            _ => u64::MAX,
        };
        io::copy(&mut file.take((body.end - body.start).min(most)), &mut stream)?;
        Ok(!matches!(answer, Answer::Cut(_)))
    }
}

fn head(mut stream: &TcpStream, status: u16, headers: &str) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status} -\r\nAccept-Ranges: bytes\r\n{headers}\r\n");
    stream.write_all(head.as_bytes())
}

/// Reads the head of a request. Returns it with the length of its body, or `None` at the end of the connection.
fn parse(reader: &mut impl BufRead) -> io::Result<Option<(Request, u64)>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let path = path.trim_start_matches('/').replace("%20", " ");
    let mut request = Request { method: method.to_owned(), path, range: None, if_match: None };
    let mut len = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            return Ok(Some((request, len)));
        }
        let (name, value) = header.trim().split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "range" => request.range = range(value.trim()),
            "content-length" => len = value.trim().parse().unwrap_or(0),
            "if-match" => request.if_match = Some(value.trim().to_owned()),
            _ => {}
        }
    }
}

/// Parses `bytes=0-99`.
fn range(value: &str) -> Option<Range<u64>> {
    let (start, end) = value.strip_prefix("bytes=")?.split_once('-')?;
    let end = if end.is_empty() { u64::MAX } else { end.parse::<u64>().ok()?.saturating_add(1) };
    Some(start.parse().ok()?..end)
}

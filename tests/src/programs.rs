//! Servers for tests that `scripts/get-servers.sh` downloads. The environment variable `CHECKPOINT_SERVERS` names their folder.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A server that is stopped when the test ends.
#[derive(Debug)]
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the path of a server in the folder, or prints a notice and returns `None` if it is missing.
///
/// # Panics
/// Panics if the notice cannot be printed.
#[must_use]
pub fn program(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CHECKPOINT_SERVERS").map(PathBuf::from);
    let program = folder.map(|folder| folder.join(path)).filter(|program| program.exists());
    if program.is_none() {
        let mut out = std::io::stderr();
        writeln!(out, "skipped: there is no `{path}`; see scripts/get-servers.sh").unwrap();
    }
    program
}

/// Returns a free port.
///
/// # Panics
/// Panics if there is none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a server, and waits until it listens.
///
/// # Panics
/// Panics if it does not start.
pub fn started(command: &mut Command, port: u16) -> Running {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = Running(command.spawn().unwrap());
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(server.0.try_wait().unwrap().is_none(), "{command:?} has ended");
        assert!(start.elapsed() < Duration::from_mins(2), "{command:?} does not listen");
        thread::sleep(Duration::from_millis(20));
    }
    server
}

/// Creates a bucket of `moto_server`.
///
/// # Panics
/// Panics if the server refuses it.
pub fn create_bucket(port: u16, name: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "PUT /{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

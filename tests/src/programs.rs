//! Servers for tests that `scripts/get-servers.sh` downloads. The environment variable `CHECKPOINT_SERVERS` names their folder.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

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

/// Sends a request to a server, such as `PUT /bucket` to create a bucket of S3.
///
/// # Panics
/// Panics if the server refuses it.
pub fn send(port: u16, request: &str, body: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let len = body.len();
    let headers = format!("Host: 127.0.0.1:{port}\r\nContent-Length: {len}\r\nConnection: close");
    let head = format!("{request} HTTP/1.1\r\n{headers}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// The web server nginx, which serves a folder and accepts uploads into it.
#[derive(Debug)]
pub struct Nginx {
    port: u16,
    /// The same folder with TLS, if there is `openssl` to make a certificate.
    pub tls: Option<Tls>,
    _running: Running,
    _folder: TempDir,
}

/// A server with a certificate that nobody has signed.
#[derive(Debug)]
pub struct Tls {
    /// The URL of the folder.
    pub url: String,
    /// The file of the certificate.
    pub certificate: PathBuf,
}

impl Nginx {
    /// Starts nginx. Returns `None` if it is missing.
    ///
    /// # Panics
    /// Panics if it does not start.
    #[must_use]
    pub fn start(root: &Path) -> Option<Self> {
        let nginx = program("nginx/usr/sbin/nginx")?;
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let (root, run) = (root.display(), folder.path().display());
        let tls = Tls::new(folder.path());
        let with_tls = tls.as_ref().map_or(String::new(), |Tls { url, certificate }| {
            let address = url.trim_start_matches("https://");
            let (certificate, key) = (certificate.display(), folder.path().join(KEY));
            let key = key.display();
            format!(
                "listen {address} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"
            )
        });
        let config = format!(
            "daemon off; master_process off; pid {run}/pid; error_log {run}/log;
             events {{}}
             http {{
                 access_log off; client_body_temp_path {run}; proxy_temp_path {run};
                 fastcgi_temp_path {run}; uwsgi_temp_path {run}; scgi_temp_path {run};
                 server {{
                     listen 127.0.0.1:{port}; {with_tls}
                     location / {{ root {root}; dav_methods PUT; create_full_put_path on; client_max_body_size 0; }}
                 }}
             }}"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(nginx);
        let running = started(command.arg("-c").arg(&file).arg("-p").arg(folder.path()), port);
        Some(Self { port, tls, _running: running, _folder: folder })
    }

    /// Returns the URL of a path in the folder.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }
}

/// The file of the private key.
const KEY: &str = "key.pem";

impl Tls {
    /// Makes a certificate for a port of its own. Returns `None` if there is no `openssl`.
    fn new(folder: &Path) -> Option<Self> {
        let certificate = folder.join("certificate.pem");
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
        command.args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]);
        command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        command.arg("-keyout").arg(folder.join(KEY)).arg("-out").arg(&certificate);
        let made = command.stdin(Stdio::null()).output();
        made.is_ok_and(|made| made.status.success()).then(|| {
            let url = format!("https://127.0.0.1:{}", free_port());
            Self { url, certificate }
        })
    }
}

//! A server of the workbench for tests, and a client that speaks HTTP by hand.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server of its own, ended when dropped.
pub struct Server {
    /// Its process.
    pub child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// The path of the link that opens the page.
    pub link: String,
    /// Its folder, gone when dropped.
    pub room: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command that serves with a folder of proposals.
pub fn command(workspace: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zollverein"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["serve", "--no-open", "--workspace"])
        .arg(workspace);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server with a folder of its own.
pub fn server() -> Server {
    let room = tempfile::tempdir().expect("a folder");
    let mut command = command(&room.path().join("proposals"));
    started(room, &mut command)
}

/// The server that a command starts.
pub fn started(room: tempfile::TempDir, command: &mut Command) -> Server {
    let mut child = command.spawn().expect("the program starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("the link");
    let rest = line.trim().strip_prefix("http://").expect("a link").to_owned();
    let (address, path) = rest.split_once('/').expect("a path");
    Server { child, address: address.parse().expect("an address"), link: format!("/{path}"), room }
}

/// What came back.
pub struct Reply {
    /// The status; 0 where nothing came.
    pub status: u16,
    /// The head, in small letters.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends bytes and reads until the server closes; status 0 if it says nothing.
pub fn send(address: SocketAddr, bytes: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    // a server that refuses may close before all was sent
    let _ = stream.write_all(bytes);
    let mut answer = vec![];
    let _ = stream.read_to_end(&mut answer);
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..split]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let body = answer.get(split + 4..).unwrap_or_default().to_vec();
    let chunked = head.contains("transfer-encoding: chunked");
    Reply { status, head, body: if chunked { unchunked(&body) } else { body } }
}

pub fn unchunked(body: &[u8]) -> Vec<u8> {
    let (mut whole, mut rest) = (vec![], body);
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(String::from_utf8_lossy(&rest[..end]).trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        whole.extend_from_slice(rest.get(end + 2..end + 2 + size).unwrap_or_default());
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}

/// A client with the key.
#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub cookie: String,
}

impl Client {
    /// Opens the link, and keeps the cookie.
    pub fn of(server: &Server) -> Self {
        let opened = get(server.address, &server.link, &[]);
        assert_eq!(opened.status, 200, "{}", opened.head);
        let line = opened.head.lines().find(|line| line.starts_with("set-cookie:")).expect("a cookie");
        assert!(line.contains("httponly") && line.contains("samesite=strict"), "{line}");
        let cookie = line.trim_start_matches("set-cookie:").split(';').next().unwrap_or("").trim().to_owned();
        Self { address: server.address, cookie }
    }

    /// A request with the key; each header in the place of the usual one of its name.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let host = self.address.to_string();
        let length = body.len().to_string();
        let mut all =
            vec![("Host", host.as_str()), ("Cookie", self.cookie.as_str()), ("Connection", "close")];
        if method == "POST" {
            all.extend([("Content-Type", "application/json"), ("Content-Length", length.as_str())]);
        }
        all.retain(|(name, _)| headers.iter().all(|(other, _)| !other.eq_ignore_ascii_case(name)));
        all.extend(headers.iter().filter(|(_, value)| *value != "-"));
        let head: Vec<String> = all.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = head.concat();
        send(self.address, &[format!("{method} {path} HTTP/1.1\r\n{head}\r\n").as_bytes(), body].concat())
    }

    /// A request with JSON.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask("POST", path, &[], body.to_string().as_bytes())
    }
}

/// A request without the key.
pub fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Reply {
    Client { address, cookie: "none=0".to_owned() }.ask("GET", path, headers, b"")
}

//! The workbench's server against clients that mean harm, and under load.
#![cfg(feature = "web")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server of its own, ended when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    /// The path of the link that opens the page.
    link: String,
    room: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(workspace: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zollverein"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["serve", "--no-open", "--workspace"])
        .arg(workspace);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn server() -> Server {
    let room = tempfile::tempdir().expect("a folder");
    let mut child = command(&room.path().join("proposals")).spawn().expect("the program starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("the link");
    let rest = line.trim().strip_prefix("http://").expect("a link").to_owned();
    let (address, path) = rest.split_once('/').expect("a path");
    Server { child, address: address.parse().expect("an address"), link: format!("/{path}"), room }
}

/// What came back.
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends bytes and reads until the server closes; status 0 if it says nothing.
fn send(address: SocketAddr, bytes: &[u8]) -> Reply {
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

fn unchunked(body: &[u8]) -> Vec<u8> {
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
struct Client {
    address: SocketAddr,
    cookie: String,
}

impl Client {
    fn of(server: &Server) -> Self {
        let opened = get(server.address, &server.link, &[]);
        assert_eq!(opened.status, 200, "{}", opened.head);
        let line = opened.head.lines().find(|line| line.starts_with("set-cookie:")).expect("a cookie");
        assert!(line.contains("httponly") && line.contains("samesite=strict"), "{line}");
        let cookie = line.trim_start_matches("set-cookie:").split(';').next().unwrap_or("").trim().to_owned();
        Self { address: server.address, cookie }
    }

    /// A request with the key; each header in the place of the usual one of its name.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
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

    fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask("POST", path, &[], body.to_string().as_bytes())
    }
}

fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Reply {
    Client { address, cookie: "none=0".to_owned() }.ask("GET", path, headers, b"")
}

fn gassa() -> Value {
    json!({ "source": { "base": "02-gassa.toml" } })
}

/// What a request is, the status it is answered with, its headers and its body.
type Harm<'a> = (&'a str, u16, &'a [(&'a str, &'a str)], &'a [u8]);

/// A request that puts a value in the place of the common external tariff.
fn patched(value: &str) -> String {
    format!(
        r#"{{"source":{{"base":"02-gassa.toml","patches":{{"arrangement.gassa.outside.floor_percent":{value}}}}}}}"#
    )
}

#[test]
fn requests_that_mean_harm_are_refused_with_their_codes() {
    let server = server();
    let client = Client::of(&server);
    let good = gassa().to_string();
    let own = format!("http://{}", server.address);
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let wide = format!("[{}1]", "1,".repeat(30_000));
    let large = vec![b' '; (1 << 20) + 1];
    let digits = "9".repeat(4000);
    let (not_finite, too_long) = (patched("1e999"), patched(&digits));
    let post: &[Harm<'_>] = &[
        ("the good one", 200, &[], good.as_bytes()),
        (
            "the good one from the page",
            200,
            &[("Origin", &own), ("Sec-Fetch-Site", "same-origin")],
            good.as_bytes(),
        ),
        ("another host that points here", 421, &[("Host", "evil.example")], good.as_bytes()),
        ("another port", 421, &[("Host", "127.0.0.1:1")], good.as_bytes()),
        ("no host", 400, &[("Host", "-")], good.as_bytes()),
        ("two hosts", 400, &[("Host", "a"), ("Host", "b")], good.as_bytes()),
        ("a page of another origin", 403, &[("Origin", "http://evil.example")], good.as_bytes()),
        ("a page of no origin", 403, &[("Origin", "null")], good.as_bytes()),
        ("another port's page", 403, &[("Origin", "http://127.0.0.1:1")], good.as_bytes()),
        ("https of the same name", 403, &[("Origin", &own.replace("http", "https"))], good.as_bytes()),
        ("across sites", 403, &[("Sec-Fetch-Site", "cross-site")], good.as_bytes()),
        ("across origins of a site", 403, &[("Sec-Fetch-Site", "same-site")], good.as_bytes()),
        ("no key", 401, &[("Cookie", "-")], good.as_bytes()),
        ("a wrong key", 401, &[("Cookie", "zollverein=0123456789abcdef0123456789abcdef")], good.as_bytes()),
        ("a form", 415, &[("Content-Type", "application/x-www-form-urlencoded")], b"a=b"),
        ("plain text", 415, &[("Content-Type", "text/plain")], good.as_bytes()),
        ("no type", 415, &[("Content-Type", "-")], good.as_bytes()),
        ("packed", 415, &[("Content-Encoding", "gzip")], good.as_bytes()),
        ("too large", 413, &[], &large),
        ("said to be too large", 413, &[("Content-Length", "99999999999")], b"{}"),
        ("too deep", 400, &[], deep.as_bytes()),
        ("too many values", 400, &[], wide.as_bytes()),
        ("a number that is not finite", 400, &[], not_finite.as_bytes()),
        ("a number of 4000 digits", 400, &[], too_long.as_bytes()),
        ("no JSON", 400, &[], b"{"),
        ("not UTF-8", 400, &[], b"{\"source\":{\"base\":\"\xff\"}}"),
        ("an unknown key", 400, &[], b"{\"source\":{\"base\":\"02-gassa.toml\"},\"x\":1}"),
        ("nothing", 400, &[], b""),
    ];
    for (what, status, headers, body) in post {
        let reply = client.ask("POST", "/api/evaluate", headers, body);
        assert_eq!(reply.status, *status, "{what}: {} {}", reply.head, String::from_utf8_lossy(&reply.body));
    }
}

#[test]
fn no_request_reaches_a_file_that_was_not_listed() {
    let server = server();
    let client = Client::of(&server);
    let elsewhere = |key: &str, value: &str| json!({ "source": { key: value } }).to_string();
    let data = |folder: &str| json!({ "source": { "scenario": { "baseline": folder } } }).to_string();
    for (what, body) in [
        ("a file outside", elsewhere("base", "../Cargo.toml")),
        ("a file of the system", elsewhere("base", "/etc/passwd")),
        ("a text that extends a file", elsewhere("toml", "extends = \"02-gassa.toml\"\n")),
        ("data outside", data("/etc")),
        ("data above", data("../../..")),
        ("two sources", json!({ "source": { "base": "02-gassa.toml", "toml": "" } }).to_string()),
        ("no source", json!({ "source": {} }).to_string()),
        ("a percent that cannot be meant", patched("-500")),
    ] {
        let reply = client.ask("POST", "/api/evaluate", &[], body.as_bytes());
        assert_eq!(reply.status, 422, "{what}: {}", String::from_utf8_lossy(&reply.body));
        let problem = &reply.json()["problems"][0];
        assert!(problem["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{what}: {problem}");
    }
    for name in ["..", "../x", "a/b", ".x", ""] {
        let reply =
            client.post("/api/proposals", &json!({ "name": name, "source": { "base": "02-gassa.toml" } }));
        assert_eq!(reply.status, 422, "{name}");
    }
    for (method, path, status) in [
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "//etc/passwd", 404),
        ("GET", "/api/baseline/..%2f..%2fetc", 404),
        ("GET", "/api/evaluate", 405),
        ("PUT", "/api/evaluate", 405),
        ("OPTIONS", "/api/evaluate", 405),
        ("TRACE", "/", 405),
        ("POST", "/api/schema", 405),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/jobs/99", 404),
        ("GET", "/api/jobs/x", 400),
        ("GET", "/", 200),
        ("GET", "/api/schema", 200),
        ("GET", "/api/baseline/toy", 200),
        ("GET", "http://evil.example/", 421),
    ] {
        let reply = client.ask(method, path, &[], b"");
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.head);
    }
    let long = client.ask("GET", &format!("/{}", "a".repeat(70_000)), &[], b"");
    assert!([414, 431].contains(&long.status), "{}", long.head);
    let many = (0..4000).map(|n| format!("X-{n}: 1\r\n")).collect::<Vec<_>>().concat();
    let reply =
        send(server.address, format!("GET / HTTP/1.1\r\nHost: {}\r\n{many}\r\n", server.address).as_bytes());
    assert_eq!(reply.status, 431);
    assert!(
        [0, 400]
            .contains(&send(server.address, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").status)
    );
    assert_eq!(client.post("/api/evaluate", &gassa()).status, 200, "it answers all the same");
}

#[test]
fn every_answer_carries_its_headers_and_the_link_works_once() {
    let server = server();
    assert_eq!(get(server.address, "/open/00000000000000000000000000000000", &[]).status, 403);
    assert_eq!(get(server.address, "/", &[]).status, 401);
    // the link may be followed from another site, and may not be framed by one
    let client = Client::of(&server);
    assert_eq!(get(server.address, &server.link, &[]).status, 403);
    for reply in
        [client.ask("GET", "/", &[], b""), get(server.address, "/", &[]), client.post("/api/open", &gassa())]
    {
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
            "cross-origin-resource-policy: same-origin",
            "x-frame-options: deny",
        ] {
            assert!(reply.head.contains(header), "{header} is not in {}", reply.head);
        }
        assert!(!reply.head.contains("unsafe") && !reply.head.contains("access-control"), "{}", reply.head);
    }
}

#[test]
fn half_open_connections_do_not_stop_a_good_one() {
    let server = server();
    let client = Client::of(&server);
    let half: Vec<TcpStream> = (0..200)
        .map(|n| {
            let mut stream = TcpStream::connect(server.address).expect("a connection");
            let begun: &[u8] = if n % 2 == 0 { b"POST /api/evaluate HTTP/1.1\r\nHost: 127" } else { b"" };
            stream.write_all(begun).expect("a beginning");
            stream
        })
        .collect();
    assert_eq!(client.post("/api/evaluate", &gassa()).status, 200);
    // and they are closed in the end
    let mut last = &half[0];
    last.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let mut rest = vec![];
    assert!(last.read_to_end(&mut rest).is_ok(), "the server closes what goes on for too long");
}

#[test]
fn a_thousand_evaluations_under_load_are_all_right() {
    let server = server();
    let client = Client::of(&server);
    let asked = |percent: u32| {
        let patches = json!({ "arrangement.gassa.outside.floor_percent": percent });
        json!({ "source": { "base": "02-gassa.toml", "patches": patches }, "layout": "columns", "tables": ["groups", "equity"] })
    };
    let told = |reply: &Reply| {
        assert_eq!(reply.status, 200, "{}", reply.head);
        reply.json()["tables"].clone()
    };
    let right: Vec<Value> =
        (0..10).map(|percent| told(&client.post("/api/evaluate", &asked(percent)))).collect();
    assert!(right.windows(2).all(|pair| pair[0] != pair[1]), "each rate has an outcome of its own");
    let wrong: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let (client, right, asked) = (client.clone(), &right, &asked);
                scope.spawn(move || {
                    (0..125)
                        .filter(|n| {
                            let percent = (worker + n) % 10;
                            let reply = client.post("/api/evaluate", &asked(percent));
                            let expected = usize::try_from(percent).ok().and_then(|at| right.get(at));
                            reply.status != 200 || Some(&reply.json()["tables"]) != expected
                        })
                        .count()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
    });
    assert_eq!(wrong, 0, "of 1000 answers");
}

#[test]
fn answers_are_those_of_the_command_line() {
    let server = server();
    let client = Client::of(&server);
    let program = |arguments: &[&str]| -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_zollverein"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .output()
            .expect("the program runs");
        serde_json::from_slice(&output.stdout).expect("it prints JSON")
    };
    for file in ["02-gassa.toml", "17-revenue-fund.toml", "06-toy-25.toml"] {
        let reply = client.post("/api/evaluate", &json!({ "source": { "base": file } })).json();
        assert_eq!(reply, program(&["run", &format!("scenarios/{file}"), "--json"]), "{file}");
        // and so are those of the same scenario sent as JSON, as the page does
        let scenario =
            client.post("/api/open", &json!({ "source": { "base": file } })).json()["scenario"].clone();
        let sent = json!({ "source": { "scenario": scenario, "file": file } });
        assert_eq!(client.post("/api/evaluate", &sent).json(), reply, "{file}");
    }
    let files = ["02-gassa.toml", "04-gassa-ldc-exempt.toml"];
    let sources: Vec<Value> = files.iter().map(|file| json!({ "base": file })).collect();
    let compared = client.post("/api/compare", &json!({ "scenarios": sources })).json();
    let paths = files.map(|file| format!("scenarios/{file}"));
    assert_eq!(compared["comparison"], program(&["compare", &paths[0], &paths[1], "--json"])["comparison"]);
    let columns =
        client.post("/api/evaluate", &json!({ "source": { "base": files[0] }, "layout": "columns" })).json();
    let rows = client.post("/api/evaluate", &gassa()).json();
    let change: Vec<&Value> =
        rows["indicators"].as_array().expect("rows").iter().map(|row| &row["change"]).collect();
    assert_eq!(
        columns["tables"]["indicators"]["change"].as_array().expect("a column").iter().collect::<Vec<_>>(),
        change
    );
}

#[test]
fn a_round_is_kept_as_a_file_that_the_command_line_runs() {
    let server = server();
    let client = Client::of(&server);
    let asked = json!({ "name": "offer", "source": { "base": "04-gassa-ldc-exempt.toml" } });
    assert_eq!(client.post("/api/proposals", &asked).json()["file"], "offer.r1.toml");
    assert_eq!(client.post("/api/proposals", &asked).json()["file"], "offer.r2.toml");
    let folder = server.room.path().join("proposals");
    let before = Command::new(env!("CARGO_BIN_EXE_zollverein"))
        .args(["run", "--json", "--quiet"])
        .arg(folder.join("offer.r2.toml"))
        .output()
        .expect("the program runs");
    let kept: Value = serde_json::from_slice(&before.stdout).expect("it prints JSON");
    let reply = client.post(
        "/api/evaluate",
        &asked["source"].as_object().map_or(json!({}), |source| json!({ "source": source })),
    );
    assert_eq!(kept["groups"], reply.json()["groups"]);
    let listed = client.ask("GET", "/api/scenarios", &[], b"").json();
    assert_eq!(listed["proposals"][1]["round"], 2);
    // a second server does not get the folder
    let second = command(&folder).output().expect("the program runs");
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains(&server.address.to_string()));
}

#[test]
fn long_work_tells_how_far_it_is_and_can_be_stopped() {
    let server = server();
    let client = Client::of(&server);
    let begun = client.post(
        "/api/explain",
        &json!({ "source": { "base": "04-gassa-ldc-exempt.toml" }, "countries": ["MOZ"] }),
    );
    assert_eq!(begun.status, 202);
    let events = client.ask("GET", &format!("/api/jobs/{}", begun.json()["job"]), &[], b"");
    assert!(events.head.contains("text/event-stream"), "{}", events.head);
    let text = String::from_utf8_lossy(&events.body).into_owned();
    let done = text
        .lines()
        .skip_while(|line| *line != "event: done")
        .nth(1)
        .and_then(|line| line.strip_prefix("data: "));
    let result: Value = serde_json::from_str(done.expect("an end")).expect("JSON");
    assert!(result["result"]["contributions"].as_array().is_some_and(|rows| rows.len() == 2), "{result}");
    // fourteen clauses are 16,384 evaluations: more than anyone waits for here
    let tariff = |n: usize| json!({ "name": format!("t{n}"), "importers": ["USA"], "additional_percent": 1 });
    let scenario = json!({ "tariff": (0..14).map(tariff).collect::<Vec<_>>() });
    let long = client
        .post("/api/explain", &json!({ "source": { "scenario": scenario }, "groups": ["world"] }))
        .json();
    let path = format!("/api/jobs/{}", long["job"]);
    assert_eq!(client.ask("DELETE", &path, &[], b"").status, 200);
    let events = client.ask("GET", &path, &[], b"");
    assert!(String::from_utf8_lossy(&events.body).contains("stopped"), "it ends when it is told to");
}

/// What came of a job, once it has ended.
fn ended(client: &Client, begun: &Value) -> Value {
    let events = client.ask("GET", &format!("/api/jobs/{}", begun["job"]), &[], b"");
    let text = String::from_utf8_lossy(&events.body).into_owned();
    let done = text.lines().skip_while(|line| *line != "event: done").nth(1);
    let told = done.and_then(|line| line.strip_prefix("data: "));
    serde_json::from_str(told.expect("an end")).expect("JSON")
}

#[test]
fn a_negotiation_answers_as_on_the_command_line_keeps_what_it_has_and_reaches_no_other_file() {
    let server = server();
    let client = Client::of(&server);
    let asked = json!({ "source": { "base": "32-candidates.toml" }, "question": "coalition" });
    let found = ended(&client, &client.post("/api/negotiate", &asked).json());
    let words = ["negotiate", "coalition", "scenarios/32-candidates.toml", "--json"];
    let root = env!("CARGO_MANIFEST_DIR");
    let told = Command::new(env!("CARGO_BIN_EXE_zollverein")).args(words).current_dir(root).output();
    let told: Value = serde_json::from_slice(&told.expect("it runs").stdout).expect("JSON");
    assert_eq!(found["result"], told);

    // parties stand at the outcome as in a record of rounds
    let evaluated =
        json!({ "source": { "base": "29-parties.toml" }, "layout": "columns", "tables": ["groups"] });
    let answer = client.post("/api/evaluate", &evaluated).json();
    assert!(
        answer["tables"]["standings"]["value"].as_array().is_some_and(|rows| rows.len() == 5),
        "{answer}"
    );

    // stopped in the middle it tells what it has
    let long = json!({ "source": { "base": "30-design.toml" }, "question": "design" });
    let begun = client.post("/api/negotiate", &long).json();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    client.ask("DELETE", &format!("/api/jobs/{}", begun["job"]), &[], b"");
    let kept = ended(&client, &begun);
    assert_eq!(kept["result"]["complete"], json!(false), "{kept}");

    // what holds without an agreement is a file of the folder of scenarios or none
    let with = |file: &str| {
        let patches = json!({ "negotiation.disagreement": file });
        let source = json!({ "base": "31-frontier.toml", "patches": patches });
        ended(
            &client,
            &client.post("/api/negotiate", &json!({ "source": source, "question": "compensate" })).json(),
        )
    };
    assert!(with("/etc/passwd")["error"].as_str().is_some_and(|error| error.contains("no scenario")));
    assert!(with("05-us-50.toml")["result"]["compensation"].is_array());
    let refused =
        json!({ "source": { "base": "31-frontier.toml" }, "question": "frontier", "points": 100_000 });
    let refused = ended(&client, &client.post("/api/negotiate", &refused).json());
    assert!(refused["error"].as_str().is_some_and(|error| error.contains("100000 points")), "{refused}");
}

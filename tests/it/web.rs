//! The workbench's server against clients that mean harm, and under load.

use crate::support::server::{Client, Reply, command, get, send, server, started};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

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
    // with a spatial engine each scenario opens links and hubs of its own
    let spatial = ["23-gassa-spatial.toml", "24-shuffling.toml", "26-circumvention.toml"];
    for file in ["02-gassa.toml", "17-revenue-fund.toml", "06-toy-25.toml"].into_iter().chain(spatial) {
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
fn columns_that_no_policy_moves_are_sent_once() {
    let server = server();
    let client = Client::of(&server);
    let asked = |base: &str, have: &Value| {
        let tables = ["indicators", "links"];
        json!({ "source": { "base": base }, "layout": "columns", "tables": tables, "have": have })
    };
    let first = client.post("/api/evaluate", &asked("02-gassa.toml", &json!({}))).json();
    for base in ["05-us-50.toml", "06-toy-25.toml"] {
        let whole = client.post("/api/evaluate", &asked(base, &json!({}))).json();
        let rest = client.post("/api/evaluate", &asked(base, &first["marks"])).json();
        let same = whole["marks"]["links"] == first["marks"]["links"];
        assert_eq!(same, base == "05-us-50.toml", "{base} is about the same data, or is not");
        for (column, cells) in whole["tables"]["links"].as_object().expect("columns") {
            let still = column != "value_kt";
            let sent = &rest["tables"]["links"][column];
            assert_eq!(sent, if same && still { &Value::Null } else { cells }, "{base} {column}");
            assert!(!(same && still) || *cells == first["tables"]["links"][column], "{base} {column}");
        }
    }
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
    assert!(result["result"]["contributions"].as_array().is_some_and(|rows| rows.len() == 5), "{result}");
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

/// One long work for each core, at least two and at most six, none of which ends by itself here.
fn long_work(client: &Client) -> Vec<String> {
    let tariff = |n: usize| json!({ "name": format!("t{n}"), "importers": ["USA"], "additional_percent": 1 });
    let scenario = json!({ "tariff": (0..14).map(tariff).collect::<Vec<_>>() });
    // fourteen clauses are 16,384 evaluations
    let asked = json!({ "source": { "scenario": scenario }, "groups": ["world"] });
    let count = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).max(2);
    (0..count.min(6))
        .map(|_| {
            let begun = client.post("/api/explain", &asked);
            assert_eq!(begun.status, 202);
            format!("/api/jobs/{}", begun.json()["job"])
        })
        .collect()
}

/// What a job that goes on tells first that says anything: how much is done, and of how much.
fn first_progress(client: &Client, job: &str) -> (u64, u64) {
    let request =
        format!("GET {job} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", client.address, client.cookie);
    let mut stream = TcpStream::connect(client.address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    stream.write_all(request.as_bytes()).expect("it is sent");
    for line in BufReader::new(stream).lines() {
        let line = line.expect("an event");
        assert_ne!(line, "event: done", "it has ended");
        let told = line.strip_prefix("data: ").and_then(|told| serde_json::from_str::<Value>(told).ok());
        if let Some(told) = told
            && let (Some(done), Some(total)) = (told["done"].as_u64(), told["total"].as_u64())
            && done > 0
        {
            return (done, total);
        }
    }
    panic!("nothing was told")
}

#[test]
fn a_slider_is_answered_while_long_work_takes_all_cores() {
    let server = server();
    let client = Client::of(&server);
    let jobs = long_work(&client);
    for job in &jobs {
        first_progress(&client, job); // it is at work and does not wait for its turn
    }
    for percent in [5, 10, 15] {
        let mut asked: Value = serde_json::from_str(&patched(&percent.to_string())).expect("JSON");
        asked["layout"] = json!("columns");
        let reply = client.post("/api/evaluate", &asked);
        assert_eq!(reply.status, 200, "nothing came while long work went on");
    }
    for job in &jobs {
        client.ask("DELETE", job, &[], b"");
    }
    for job in &jobs {
        let text = String::from_utf8_lossy(&client.ask("GET", job, &[], b"").body).into_owned();
        assert!(text.contains("stopped"), "it had ended before the slider was answered: {text}");
    }
}

#[test]
fn a_brief_is_answered_while_long_work_takes_all_cores() {
    let server = server();
    let client = Client::of(&server);
    let jobs = long_work(&client);
    for job in &jobs {
        first_progress(&client, job);
    }
    let asked = json!({ "source": { "base": "06-toy-25.toml" } });
    assert_eq!(client.post("/api/brief", &asked).status, 200);
    for job in &jobs {
        client.ask("DELETE", job, &[], b"");
        let text = String::from_utf8_lossy(&client.ask("GET", job, &[], b"").body).into_owned();
        assert!(text.contains("stopped"), "it had ended before the brief was made: {text}");
    }
}

#[test]
fn bands_tell_how_far_they_are_and_end_in_the_middle_when_they_are_stopped() {
    let server = server();
    let client = Client::of(&server);
    let patches = json!({ "uncertainty.draws": 10_000, "uncertainty.seed": 78 });
    let asked = json!({ "source": { "base": "35-gassa-uncertainty.toml", "patches": patches } });
    let begun = client.post("/api/intervals", &asked).json();
    let job = format!("/api/jobs/{}", begun["job"]);
    let (done, total) = first_progress(&client, &job);
    assert!(done < total && total >= 10_000, "{done} of {total}");
    assert_eq!(client.ask("DELETE", &job, &[], b"").status, 200);
    assert_eq!(ended(&client, &begun)["error"], "stopped");
}

#[test]
fn the_page_is_sent_what_it_shows_in_percent_and_both_views_of_owners() {
    let server = server();
    let client = Client::of(&server);
    let tables = ["relative", "owners_differing", "owners", "groups", "indicators", "exporters"];
    let mut asked = gassa();
    asked["layout"] = json!("columns");
    asked["tables"] = json!(tables);
    let answer = client.post("/api/evaluate", &asked).json();
    let rows = client.post("/api/evaluate", &gassa()).json();
    let text = |table: &str, column: &str, row: usize| {
        let column = &answer["tables"][table][column];
        let at = column["at"][row].as_u64().and_then(|at| usize::try_from(at).ok());
        column["words"][at.expect("a word")].as_str().expect("text").to_owned()
    };
    let number = |table: &str, column: &str, row: usize| answer["tables"][table][column][row].as_f64();
    let count = |table: &str, column: &str| answer["tables"][table][column].as_array().map_or(0, Vec::len);

    // both views of a country's welfare are those of the result file, to the last digit, where they differ
    let told = count("owners_differing", "welfare_by_owner_million_usd");
    assert!(told > 0);
    let file = rows["owners"].as_array().expect("the result table");
    for row in 0..told {
        let (country, product) =
            (text("owners_differing", "country", row), text("owners_differing", "product", row));
        let same =
            file.iter().find(|one| one["country"] == country.as_str() && one["product"] == product.as_str());
        let same = same.expect("it is in the result table");
        let [place, owner] = ["welfare_by_place_million_usd", "welfare_by_owner_million_usd"]
            .map(|column| number("owners_differing", column, row).expect("it is known"));
        assert_eq!(json!(place), same["welfare_by_place_million_usd"]);
        assert_eq!(json!(owner), same["welfare_by_owner_million_usd"]);
        assert!(
            place * owner < 0.0 || (owner - place).abs() >= 0.5 * place.abs(),
            "{country}: {place} {owner}"
        );
    }

    // welfare over GDP is that of the result file in percent; what is not known is not zero
    let file = rows["groups"].as_array().expect("the result table");
    let mut compared = 0;
    for row in 0..count("relative", "percent") {
        let (who, indicator) = (text("relative", "who", row), text("relative", "indicator", row));
        if text("relative", "product", row) != "all" {
            continue;
        }
        let of = |name: &str| {
            file.iter().find(|one| {
                one["group"] == who.as_str() && one["product"] == "all" && one["indicator"] == name
            })
        };
        let lacking = number("relative", "countries_not_known", row);
        if indicator == "welfare"
            && let Some(same) = of("welfare_per_gdp")
        {
            let (shown, ratio) = (number("relative", "percent", row), same["value"].as_f64());
            let (shown, ratio) = (shown.expect("it is known"), ratio.expect("it is known"));
            assert!((shown - 100.0 * ratio).abs() <= 1e-12 * shown.abs(), "{who}: {shown} and {ratio}");
            assert_eq!(lacking, same["countries_not_known"].as_f64());
            compared += 1;
        }
        if indicator == "emissions"
            && let Some(same) = of("emissions")
        {
            assert_eq!(lacking, same["countries_not_known"].as_f64(), "{who}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
    assert_eq!(
        count("exporters", "to_members_change_percent"),
        count("exporters", "to_members_value_kt"),
        "the change of each exporter's sales"
    );
}

#[test]
fn bands_are_drawn_without_being_asked_for_twice_bounded_and_stopped() {
    let server = server();
    let client = Client::of(&server);
    let asked = json!({ "source": { "base": "29-parties.toml" } });
    let found = ended(&client, &client.post("/api/intervals", &asked).json());
    let found = &found["result"];
    let bands = found["bands"].as_array().expect("bands");
    let world = bands.iter().find(|band| band["group"] == "world" && band["indicator"] == "welfare");
    let world = world.expect("a band of the world's welfare");
    let (low, high) = (world["low"].as_f64().expect("an end"), world["high"].as_f64().expect("an end"));
    assert!(low < high && world["rounded_to"].as_f64().is_some_and(|to| to > 0.0), "{world}");
    assert!(found["doubt"].as_array().is_some_and(|rows| rows.len() > 4), "{found}");
    assert_eq!(found["standings"].as_array().map(Vec::len), Some(3));
    assert!(found["could_be_signed"].as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)));
    // told to stop it ends, long before ten thousand draws are done
    let draws = |draws: u32| json!({ "source": { "base": "35-gassa-uncertainty.toml", "patches": { "uncertainty.draws": draws, "uncertainty.seed": 77 } } });
    let begun = client.post("/api/intervals", &draws(10_000)).json();
    assert_eq!(client.ask("DELETE", &format!("/api/jobs/{}", begun["job"]), &[], b"").status, 200);
    assert_eq!(ended(&client, &begun)["error"], "stopped");
    // so does what waits for its turn: more than there are cores
    let begun: Vec<Value> = (0..6).map(|_| client.post("/api/intervals", &draws(9_999)).json()).collect();
    for job in begun.iter().rev() {
        client.ask("DELETE", &format!("/api/jobs/{}", job["job"]), &[], b"");
        assert_eq!(ended(&client, job)["error"], "stopped");
    }
    let refused = ended(&client, &client.post("/api/intervals", &draws(1_000_000_000)).json());
    assert!(refused["error"].as_str().is_some_and(|error| error.contains("out of range")), "{refused}");
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

#[test]
fn the_brief_is_that_of_the_command_line() {
    let server = server();
    let client = Client::of(&server);
    let file = server.room.path().join("brief.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_zollverein"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["brief", "scenarios/02-gassa.toml", "--out"]);
    assert!(command.arg(&file).stderr(Stdio::null()).status().is_ok_and(|status| status.success()));
    let reply = client.post("/api/brief", &gassa());
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("content-type: text/html") && reply.head.contains("default-src 'none'"));
    assert_eq!(reply.body, std::fs::read(&file).expect("the brief"));
    let mut asked = gassa();
    asked["format"] = json!("pdf");
    let reply = client.post("/api/brief", &asked);
    let beside = std::path::Path::new(env!("CARGO_BIN_EXE_zollverein")).with_file_name("zollverein-pdf");
    if beside.is_file() {
        assert!(
            reply.status == 200 && reply.head.contains("content-type: application/pdf"),
            "{}",
            reply.head
        );
        assert!(reply.body.starts_with(b"%PDF-") && reply.body == client.post("/api/brief", &asked).body);
    } else {
        assert_eq!(reply.status, 422);
        assert!(reply.json()["problems"][0]["remedy"].as_str().is_some_and(|said| said.contains("make pdf")));
    }
    asked["format"] = json!("docx");
    assert_eq!(client.post("/api/brief", &asked).status, 400);
    assert_eq!(client.ask("POST", "/api/brief", &[("Cookie", "-")], b"{}").status, 401);
}

#[test]
fn the_icon_that_browsers_ask_for_is_there() {
    let server = server();
    let reply = Client::of(&server).ask("GET", "/favicon.ico", &[], b"");
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("content-type: image/svg+xml"), "{}", reply.head);
    let icon = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/public/icon.svg");
    assert_eq!(reply.body, std::fs::read(icon).expect("the icon"));
}

#[test]
fn finished_batches_are_opened_and_nothing_else_of_the_disk() {
    let room = tempfile::tempdir().expect("a folder");
    let (results, elsewhere) = (room.path().join("out"), room.path().join("elsewhere"));
    let plan = room.path().join("plan.toml");
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/06-toy-25.toml");
    let text =
        format!("scenario = {scenario:?}\ndraws = 6\n[[draw]]\nwhat = \"data.elasticity.aluminium\"\n");
    std::fs::write(&plan, text).expect("it writes");
    for out in [results.join("draws"), results.join(".hidden"), elsewhere.join("secret")] {
        let mut batch = Command::new(env!("CARGO_BIN_EXE_zollverein"));
        let ran = batch.args(["batch", "--quiet"]).arg(&plan).arg("--out").arg(&out).status();
        assert!(ran.is_ok_and(|status| status.success()));
    }
    std::fs::create_dir(results.join("begun")).expect("a folder");
    std::fs::create_dir(results.join("wrong")).expect("a folder");
    std::fs::write(results.join("wrong/batch.json"), "{}").expect("it writes");
    std::fs::write(results.join("wrong/plan.json"), "{\"draws\": 1e99}").expect("it writes");
    #[cfg(unix)]
    std::os::unix::fs::symlink(elsewhere.join("secret"), results.join("link")).expect("a link");
    let mut command = command(&room.path().join("proposals"));
    let server = started(room, command.arg("--results").arg(&results));
    let client = Client::of(&server);
    let listed = client.ask("GET", "/api/batches", &[], b"").json();
    let names: Vec<&str> =
        listed["batches"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["draws", "wrong"]);
    assert_eq!(listed["batches"][0]["draws"], 6);
    assert!(
        listed["batches"][1]["error"].as_str().is_some_and(|error| error.contains("no folder of a batch"))
    );

    let opened = client.ask("GET", "/api/batches/draws", &[], b"").json();
    let written = std::fs::read_to_string(results.join("draws/quantiles.csv")).expect("the file");
    let mut lines = written.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let heads = lines.next().expect("a header");
    let rows: Vec<Vec<&str>> = lines.collect();
    for quantile in ["p5", "p50", "p95"] {
        let column = heads.iter().position(|head| *head == quantile).expect("the column");
        let number = |row: &Vec<&str>| json!(serde_json::from_str::<f64>(row[column]).ok());
        let file: Vec<Value> = rows.iter().map(number).collect();
        assert_eq!(opened["tables"]["quantiles"][quantile], json!(file), "{quantile}");
    }
    assert_eq!(opened["plan"]["draws"], 6);

    for (name, status) in [
        ("wrong", 422),
        ("begun", 404),
        ("link", 404),
        (".hidden", 404),
        ("..", 404),
        ("..%2felsewhere%2fsecret", 404),
        ("draws%2fparts", 404),
        ("%2fetc", 404),
        ("", 404),
    ] {
        let reply = client.ask("GET", &format!("/api/batches/{name}"), &[], b"");
        assert_eq!(reply.status, status, "{name:?}: {}", String::from_utf8_lossy(&reply.body));
    }
    assert_eq!(client.ask("GET", "/api/batches", &[("Cookie", "-")], b"").status, 401);
    assert_eq!(client.post("/api/batches", &json!({})).status, 405);

    // a part that is not the one that was finished is named, and nothing is written
    std::fs::write(results.join("draws/parts/000000.parquet"), "other").expect("it writes");
    let damaged = client.ask("GET", "/api/batches/draws", &[], b"");
    assert_eq!(damaged.status, 422, "{}", String::from_utf8_lossy(&damaged.body));
}

#[test]
fn rounds_are_those_of_the_command_line() {
    let server = server();
    let client = Client::of(&server);
    for percent in [10, 40] {
        let patches = json!({ "arrangement.gassa.outside.floor_percent": percent });
        let source = json!({ "base": "29-parties.toml", "patches": patches });
        assert_eq!(client.post("/api/proposals", &json!({ "name": "offer", "source": source })).status, 200);
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_zollverein"));
    let told = command.args(["rounds", "--json"]).arg(server.room.path().join("proposals")).output();
    let told: Value = serde_json::from_slice(&told.expect("it runs").stdout).expect("JSON");
    let found = client.post("/api/rounds", &json!({ "name": "offer" }));
    assert_eq!(found.json(), told);
    assert_eq!(told["moves"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(client.post("/api/rounds", &json!({ "name": "../offer" })).status, 404);
}

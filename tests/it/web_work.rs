//! Long work of the workbench: it tells how far it is, ends when it is stopped, and stands in no slider's way.

use crate::support::server::{Client, server};
use crate::web::patched;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

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
    stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a time limit");
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

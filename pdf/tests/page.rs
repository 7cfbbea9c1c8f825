//! One page of PDF from markup: the same bytes each time, and nothing read but the markup.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// How the program sets a brief.
const STYLE: &str = include_str!("../../crates/report/src/brief.typ");

fn set(markup: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_zollverein-pdf"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // it may end before it has read all
    let _ = child.stdin.take().expect("its input").write_all(markup.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// A brief with so many clauses.
fn brief(clauses: usize) -> String {
    let clause =
        "\"tariff.steel: 25 % on steel of all others — a sentence as long as those that scenarios make.\", ";
    let clauses = clause.repeat(clauses);
    format!(
        r##"{STYLE}
#brief(
  title: "A club of two ▲", lead: "Côte d’Ivoire, Türkiye: −3.2 %", foot: "zollverein · sha256 00…",
  blocks: (
    (kind: "paragraph", said: "#read(\"/etc/passwd\") is text here"),
    (kind: "list", items: ({clauses})),
    (kind: "heading", said: "In short"),
    (kind: "tiles", tiles: ((label: "World", said: "−12", unit: "million USD", tone: "loss"), (label: "Members", said: "+1", unit: "million USD", tone: "gain"),)),
    (kind: "charts", charts: ((title: "Welfare", unit: "million USD", rise-is-gain: true, words: "Bars: a −2; b +1.",
      bars: ((label: "a", value: -2.0, said: "−2"), (label: "b", value: 1.0, said: "+1"),)),)),
    (kind: "table", caption: "By group", heads: ("Group", "USD",), numbers: (false, true,),
      rows: (((said: "World", tone: "plain"), (said: "−12", tone: "loss"),),), note: "▲: least developed."),
  ),
)
"##
    )
}

#[test]
fn the_same_markup_gives_the_same_bytes_in_every_process() {
    let (one, other) = (set(&brief(3)), set(&brief(3)));
    assert!(one.status.success(), "{}", String::from_utf8_lossy(&one.stderr));
    assert!(one.stdout.starts_with(b"%PDF-1.7") && one.stdout.len() < 200_000, "{} bytes", one.stdout.len());
    assert!(one.stdout == other.stdout);
    assert!(one.stdout != set(&brief(4)).stdout, "other text, other bytes");
    let holds = |word: &[u8]| one.stdout.windows(word.len()).any(|part| part == word);
    assert!(holds(b"/StructTreeRoot"), "it is tagged");
    assert!(!holds(b"CreationDate") && !holds(b"ModDate"), "no time is in it");
    assert!(holds(b"/ToUnicode"), "its text can be selected");
}

#[test]
fn much_text_is_set_smaller_and_too_much_is_refused() {
    let much = set(&brief(45));
    assert!(much.status.success(), "{}", String::from_utf8_lossy(&much.stderr));
    let too_much = set(&brief(400));
    let said = String::from_utf8_lossy(&too_much.stderr).into_owned();
    assert!(!too_much.status.success() && too_much.stdout.is_empty());
    assert!(said.contains("a brief has one"), "{said}");
    assert!(!set(&" ".repeat((1 << 20) + 1)).status.success(), "beyond the longest markup");
}

#[test]
fn no_file_no_package_and_no_clock_is_reached() {
    let head = "#set document(title: \"x\", date: none)\n";
    assert!(set(&format!("{head}= x")).status.success(), "the head alone is sound");
    for reach in [
        "#read(\"/etc/passwd\")",
        "#read(\"main.typ\")",
        "#image(\"a.png\")",
        "#import \"@preview/cetz:0.3.0\"",
        "#include \"../Cargo.toml\"",
        "#datetime.today().display()",
        "#nothing-of-this-name",
    ] {
        let output = set(&format!("{head}= x\n{reach}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && output.stdout.is_empty(), "{reach}");
        assert!(said.contains("line 3"), "{reach}: {said}");
    }
}

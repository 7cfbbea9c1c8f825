"""Mutation testing of engines and instruments (crates/model) in minutes: every mutant in one build, switched on one at a time.

    python tests/mutants/sample.py COUNT [SEED [engine|policy]]

Copies the project, has tests/mutants put the mutants of cargo-mutants into the copy as switches, drops those that do not
compile, and builds once. The tests run once to see which of them reach which switch; then a random COUNT of mutants is
tried, one at a time: the tests that reach it run, fast ones first, until one fails. Prints which were caught by what, which
survived, and the share caught with its 95 % interval (Wilson). Works in CARGO_TARGET_DIR/mutants.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
ROOM = TARGET / "mutants"
COPY = ROOM / "copy"
PARTS = ["engine", "policy"]
# Crates whose own tests come first.
CRATES = ["model", "scenario"]
# Files of the one test program of the whole, fast first.
TESTS = [
    "certified", "textbook", "toy", "conditions", "instruments", "rounds", "economics", "cooperative", "negotiation",
    "refusals", "cli", "linear", "spatial_laws", "baseline", "optimum", "spatial", "spatial_ways", "scenarios",
]
SWITCH = """//! Switches of mutants; only in copies made by `tests/mutants/sample.py`.
use std::cell::RefCell;
use std::io::Write;
use std::sync::OnceLock;

fn number(name: &str) -> Option<usize> { std::env::var(name).ok()?.parse().ok() }

/// Whether a mutant is on.
#[inline]
pub fn on(mutant: usize) -> bool {
    static ON: OnceLock<usize> = OnceLock::new();
    let on = *ON.get_or_init(|| number("ZOLLVEREIN_MUTANT").unwrap_or(0));
    if on == usize::MAX { reached(mutant); }
    on == mutant
}

/// Writes down a switch that was come to, with the thread, which has the name of its test.
#[cold]
fn reached(mutant: usize) {
    thread_local! { static SEEN: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) }; }
    SEEN.with_borrow_mut(|seen| {
        if seen.len() <= mutant { seen.resize(mutant + 1, false); }
        if !std::mem::replace(&mut seen[mutant], true) {
            let file = std::env::var("ZOLLVEREIN_REACHED").unwrap();
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
            let line = format!("{mutant}\\t{}\\n", std::thread::current().name().unwrap_or_default());
            file.write_all(line.as_bytes()).unwrap();
        }
    });
}
"""


class Program(NamedTuple):
    """A test program, what its tests' names begin with, and the folder in which it runs."""
    file: str
    prefix: str
    folder: Path


class Mutant(NamedTuple):
    number: int
    file: str
    line: int
    what: str
    function: str
    branch: range
    whole: range

    @property
    def part(self):
        return Path(self.file).parts[3].removesuffix(".rs")

    def __str__(self):
        return f"{self.file}:{self.line} {self.function}: {self.what}"


def cargo(folder, *arguments, target=TARGET):
    command = ["cargo", *arguments, "--locked", "--message-format=json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "CARGO_TARGET_DIR": str(target)})
    return done, [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def tool():
    done, messages = cargo(ROOT / "tests/mutants", "build", target=ROOM / "tool")
    if done.returncode:
        raise SystemExit(done.stderr)
    return next(message["executable"] for message in messages if message.get("executable"))


def instrumented(program, dropped):
    """Writes all switches but those dropped; the mutants by number."""
    files = [f"crates/model/src/{part}.rs" for part in PARTS]
    files += [str(path.relative_to(ROOT)) for part in PARTS for path in sorted((ROOT / "crates/model/src" / part).rglob("*.rs"))]
    (ROOM / "dropped").write_text(" ".join(map(str, dropped)))
    lines = subprocess.run([program, ROOT, COPY, ROOM / "dropped", *files], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in lines.splitlines():
        number, file, at, what, function, *places = line.split("\t")
        a, b, c, d = map(int, places)
        found[int(number)] = Mutant(int(number), file, int(at), what, function, range(a, b), range(c, d))
    return found


def refused(mutants, messages):
    """The mutants in whose branches the compiler found an error; where there is none, those of the closest expression."""
    by_file = defaultdict(list)
    for mutant in mutants.values():
        by_file[mutant.file].append(mutant)
    found = set()
    for message in messages:
        if message.get("reason") != "compiler-message" or message["message"]["level"] != "error":
            continue
        spans = [span for part in [message["message"], *message["message"]["children"]] for span in part["spans"]]
        within = {
            mutant.number for span in spans for mutant in by_file[span["file_name"]]
            if mutant.branch and span["byte_start"] in mutant.branch
        }
        for span in [] if within else spans[:1]:
            around = [mutant for mutant in by_file[span["file_name"]] if span["byte_start"] in mutant.whole]
            closest = min((len(mutant.whole) for mutant in around), default=0)
            within |= {mutant.number for mutant in around if len(mutant.whole) == closest}
        found |= within
    return found


def settled(program):
    """Drops switches until the library compiles."""
    dropped = set()
    for _ in range(20):
        mutants = instrumented(program, dropped)
        done, messages = cargo(COPY, "check", "--release", "--lib", "--package", "zollverein", "--package", "zollverein-model")
        if done.returncode == 0:
            print(f"{len(dropped)} mutants do not compile", flush=True)
            return mutants
        more = refused(mutants, messages)
        if not more:
            raise SystemExit("\n".join(m["message"]["rendered"] for m in messages if m.get("reason") == "compiler-message")[-3000:])
        dropped |= more
    raise SystemExit("the switches do not compile")


def built():
    """The test programs by name, in order."""
    packages = [word for name in CRATES for word in ("--package", f"zollverein-{name}")]
    arguments = ["test", "--release", "--no-run", "--lib", "--test", "it", "--package", "zollverein", *packages]
    done, messages = cargo(COPY, *arguments)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found = {m["target"]["name"]: m["executable"] for m in messages if m.get("executable") and m["profile"]["test"]}
    own = {name: Program(found[f"zollverein_{name}"], "", COPY / "crates" / name) for name in CRATES}
    return own | {name: Program(found["it"], f"{name}::", COPY) for name in TESTS}


def passes(program, tests, allowed, **variables):
    """Whether tests of a program (all, if none is named) pass in the time allowed. Ends it at the first that fails."""
    environment = {**os.environ, "PROPTEST_RNG_SEED": "20261127", "PROPTEST_CASES": "16", **variables}
    chosen = ["--exact", *tests] if tests else [program.prefix] if program.prefix else []
    command = [program.file, "--test-threads=2", *chosen]
    process = subprocess.Popen(command, cwd=program.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with ThreadPoolExecutor(1) as clock:
        waiting = clock.submit(process.wait, allowed)
        waiting.add_done_callback(lambda _: process.kill())
        failed = any(line.startswith("test ") and line.rstrip().endswith("FAILED") for line in process.stdout)
        process.kill() if failed else None
        return not failed and waiting.exception() is None and process.wait() == 0


def reached(programs):
    """Which tests of which program come to a mutant (none named: a thread of no test did), and what each program may take."""
    tests, allowed = defaultdict(dict), {}
    for name, program in programs.items():
        list_of = subprocess.run([program.file, "--list"], capture_output=True, text=True, check=True, cwd=program.folder).stdout
        known = {line.removesuffix(": test") for line in list_of.splitlines() if line.endswith(": test")}
        known = {test for test in known if test.startswith(program.prefix)}
        begun = time.monotonic()
        if not passes(program, [], 3600, ZOLLVEREIN_MUTANT="0"):
            raise SystemExit(f"{name} fails with every mutant off")
        allowed[name] = 5 * (time.monotonic() - begun) + 10
        file = ROOM / "reached"
        file.write_text("")
        if not passes(program, [], 3600, ZOLLVEREIN_MUTANT=str(2**64 - 1), ZOLLVEREIN_REACHED=str(file)):
            raise SystemExit(f"{name} fails when it writes down what it reaches")
        for line in file.read_text().splitlines():
            number, thread = line.split("\t")
            tests[int(number)].setdefault(name, set()).add(thread if thread in known else None)
        print(f"{name}: {allowed[name] / 5 - 2:.1f} s", flush=True)
    return tests, allowed


def interval(caught, tried):
    """Share and 95 % interval of Wilson, in per cent."""
    z, share = 1.96, caught / tried
    middle, width = share + z * z / (2 * tried), z * (share * (1 - share) / tried + z * z / (4 * tried * tried)) ** 0.5
    return [100 * share] + [100 * (middle + sign * width) / (1 + z * z / tried) for sign in (-1, 1)]


def main():
    parts = sys.argv[3:] or PARTS
    if len(sys.argv) < 2 or not set(parts) <= set(PARTS):
        raise SystemExit(__doc__)
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    shutil.rmtree(COPY, ignore_errors=True)
    ignored = shutil.ignore_patterns("target", ".git", "node_modules", ".venv", "out", "fuzz")
    shutil.copytree(ROOT, COPY, ignore=ignored, symlinks=True)
    library = COPY / "crates/model/src/lib.rs"
    library.write_text("#![allow(warnings, arithmetic_overflow, unconditional_panic)]\n" + library.read_text() + "\npub mod mutant;\n")
    (COPY / "crates/model/src/mutant.rs").write_text(SWITCH)
    # a profile of its own, else cargo takes the copy for the project and each build undoes the other's
    with open(COPY / "Cargo.toml", "a") as manifest:
        manifest.write("\n[profile.release.package.zollverein-model]\nopt-level = 1\ncodegen-units = 32\ndebug = false\n")
    mutants = settled(tool())
    programs = built()
    tests, allowed = reached(programs)

    def caught(mutant):
        for name in [name for name in programs if name in tests[mutant]]:
            of_it = tests[mutant][name]
            if not passes(programs[name], [] if None in of_it else sorted(of_it), allowed[name], ZOLLVEREIN_MUTANT=str(mutant)):
                return name
        return None

    wanted = sorted(number for number, mutant in mutants.items() if mutant.part in parts)
    chosen = dice.sample(wanted, min(int(sys.argv[1]), len(wanted)))
    print(f"{len(wanted)} mutants, {len(chosen)} of them tried", flush=True)
    results = []
    with ThreadPoolExecutor(2) as workers:
        for number, by in zip(chosen, workers.map(caught, chosen)):
            results.append((mutants[number], by))
            how = f"caught by {by} " if by else "SURVIVED " if tests[number] else "SURVIVED, not reached "
            print(f"{how} {mutants[number]}", flush=True)
    for part in parts:
        of_it = [by for mutant, by in results if mutant.part == part]
        share, low, high = interval(sum(by is not None for by in of_it), len(of_it))
        print(f"{part}: caught {sum(by is not None for by in of_it)} of {len(of_it)}: {share:.1f} % ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()

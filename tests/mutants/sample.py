"""Mutation testing of src/engine and src/policy in minutes: every mutant in one build, switched on one at a time.

    python tests/mutants/sample.py COUNT [SEED]

Copies the sources, puts a switch into functions (return at once with nothing), conditions (the opposite), sums
(difference) and products (quotient) outside of tests, drops switches that do not compile, builds once, and runs the
tests with a random COUNT of them on, one at a time, until one test fails. Prints which were caught and which survived.
CARGO_TARGET_DIR is used for the build. Coarser than cargo-mutants (`make mutants`), which builds for every mutant.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ["src/engine", "src/engine.rs", "src/policy", "src/policy.rs"]
# Fast first; a mutant that they do not notice has survived.
TESTS = ["certified", "textbook", "toy", "conditions", "instruments", "spatial", "baseline", "economics", "scenarios"]
EMPTY = {
    "f64": "0.0",
    "bool": "false",
    "usize": "0",
    "Kilotonnes": "Kilotonnes(0.0)",
    "UsdPerTonne": "UsdPerTonne(0.0)",
    "MillionUsd": "MillionUsd(0.0)",
    "String": "String::new()",
}
SWITCH = """//! Switches of mutants; only in copies made by `tests/mutants/sample.py`.
use std::sync::OnceLock;

/// Whether a mutant is on.
pub fn on(mutant: usize) -> bool {
    static ON: OnceLock<usize> = OnceLock::new();
    *ON.get_or_init(|| std::env::var("ZOLLVEREIN_MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0)) == mutant
}

/// A sum, or the difference.
pub fn sum(mutant: usize, a: f64, b: f64) -> f64 { if on(mutant) { a - b } else { a + b } }
/// A difference, or the sum.
pub fn difference(mutant: usize, a: f64, b: f64) -> f64 { if on(mutant) { a + b } else { a - b } }
/// A product, or the quotient.
pub fn product(mutant: usize, a: f64, b: f64) -> f64 { if on(mutant) { a / b } else { a * b } }
/// A quotient, or the product.
pub fn quotient(mutant: usize, a: f64, b: f64) -> f64 { if on(mutant) { a * b } else { a / b } }
"""
PLACE = r"(?:self\.)?[a-z][\w.]*(?:\[[\w.*]+\])?"
OPERATION = re.compile(rf"(?<![\w.*/%&!|\])-] )(?<![\w.*&!-])({PLACE}) ([-+*/]) ({PLACE}|\d+\.\d+)(?![\w.(\[?!:]| [*/%] | as )")
NAMES = {"+": "sum", "-": "difference", "*": "product", "/": "quotient"}


def candidates(text):
    """Places of mutants: (line, kind, text of the line before, function of the number to the text after)."""
    lines = text.split("\n")
    end = next((at for at, line in enumerate(lines) if line.startswith("#[cfg(test)]")), len(lines))
    found = []
    for at, line in enumerate(lines[:end]):
        stripped = line.strip()
        if stripped.startswith("//"):
            continue
        condition = re.fullmatch(r"(\s*(?:\} else )?if )(?!let )([^{}]+) \{", line)
        if condition and " let " not in line:
            before, asked = condition.groups()
            found.append((at, "condition", lambda n, b=before, c=asked: f"{b}crate::mutant::on({n}) != ({c}) {{"))
            continue
        head = re.fullmatch(r"\s*(?:pub(?:\([a-z]+\))? )?fn .*?\)(?: -> (.+?))? \{", line) or (
            re.fullmatch(r"\s*\)(?: -> (.+?))? \{", line) if not stripped.startswith("|") else None
        )
        if head:
            kind = head.group(1)
            value = (
                "" if kind is None else " None" if kind.startswith("Option<") else " vec![]" if kind.startswith("Vec<")
                else " " + EMPTY[kind] if kind in EMPTY else None
            )
            if value is not None:
                found.append((at, "body", lambda n, l=line, v=value: f"{l} if crate::mutant::on({n}) {{ return{v}; }}"))
            continue
        if '"' in line or stripped.startswith(("const ", "static ", "#", "use ", "pub const")):
            continue
        match = OPERATION.search(line)
        if match:
            a, operator, b = match.groups()
            start, stop = match.span()
            name = NAMES[operator]
            found.append((
                at, name,
                lambda n, l=line, s=start, e=stop, f=name, a=a, b=b: f"{l[:s]}crate::mutant::{f}({n}, {a}, {b}){l[e:]}",
            ))
    return found


def instrument(copy, dropped):
    """Writes all switches but those dropped; what each is, by number."""
    mutants, number = {}, 0
    for name in FOLDERS:
        path = ROOT / name
        for source in [path] if path.is_file() else sorted(path.rglob("*.rs")):
            relative = source.relative_to(ROOT)
            text = source.read_text(encoding="utf-8")
            lines = text.split("\n")
            for at, kind, after in candidates(text):
                number += 1
                if (str(relative), at) not in dropped:
                    mutants[number] = (str(relative), at, kind, lines[at].strip())
                    lines[at] = after(number)
            (copy / relative).write_text("\n".join(lines), encoding="utf-8")
    return mutants


def cargo(copy, *arguments):
    environment = {**os.environ, "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))}
    command = ["cargo", *arguments, "--release", "--locked", "--message-format=json"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=environment)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done, messages


def settle(copy):
    """Drops switches until the library compiles."""
    dropped = set()
    for _ in range(20):
        mutants = instrument(copy, dropped)
        done, messages = cargo(copy, "check", "--lib")
        if done.returncode == 0:
            return mutants
        before = len(dropped)
        for message in messages:
            if message.get("reason") == "compiler-message" and message["message"]["level"] == "error":
                for span in message["message"]["spans"]:
                    if any(span["file_name"].startswith(name) for name in FOLDERS):
                        dropped.add((span["file_name"], span["line_start"] - 1))
        if len(dropped) == before:
            raise SystemExit(done.stderr[-3000:])
    raise SystemExit("the switches do not compile")


def built(copy):
    """The test programs, fast first."""
    arguments = ["test", "--no-run", "--lib"] + [word for name in TESTS for word in ("--test", name)]
    done, messages = cargo(copy, *arguments)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found = {m["target"]["name"]: m["executable"] for m in messages if m.get("executable") and m["profile"]["test"]}
    return [found[name] for name in ["zollverein", *TESTS]]


def caught(programs, mutant, copy, allowed):
    """The first test program that notices a mutant; one that does not end notices too."""
    environment = {**os.environ, "ZOLLVEREIN_MUTANT": str(mutant), "CARGO_MANIFEST_DIR": str(copy), "PROPTEST_CASES": "16"}
    for program in programs:
        try:
            done = subprocess.run([program, "-q"], cwd=copy, capture_output=True, env=environment, timeout=allowed)
        except subprocess.TimeoutExpired:
            return f"{Path(program).name.split('-')[0]} (no end)"
        if done.returncode:
            return Path(program).name.split("-")[0]
    return None


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    dice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    with tempfile.TemporaryDirectory() as room:
        copy = Path(room) / "copy"
        ignored = shutil.ignore_patterns("target", ".git", "node_modules", ".venv", "out", "fuzz")
        shutil.copytree(ROOT, copy, ignore=ignored, symlinks=True)
        with open(copy / "src/lib.rs", "a", encoding="utf-8") as library:
            library.write("\npub mod mutant;\n")
        (copy / "src/mutant.rs").write_text(SWITCH, encoding="utf-8")
        manifest = (copy / "Cargo.toml").read_text(encoding="utf-8").replace('pedantic = { level = "deny"', 'pedantic = { level = "allow"')
        (copy / "Cargo.toml").write_text(manifest, encoding="utf-8")
        mutants = settle(copy)
        programs = built(copy)
        begun = time.monotonic()
        if caught(programs, 0, copy, 3600):
            raise SystemExit("the tests fail with every mutant off")
        allowed = 10 * (time.monotonic() - begun) + 60
        chosen = dice.sample(sorted(mutants), min(int(sys.argv[1]), len(mutants)))
        print(f"{len(mutants)} mutants, {len(chosen)} of them tried", flush=True)
        survivors = []
        for mutant in chosen:
            by = caught(programs, mutant, copy, allowed)
            file, line, kind, text = mutants[mutant]
            if by is None:
                survivors.append(mutant)
                print(f"SURVIVED  {file}:{line + 1} {kind}: {text}", flush=True)
            else:
                print(f"caught by {by}  {file}:{line + 1} {kind}", flush=True)
        share = 100 * (1 - len(survivors) / len(chosen))
        print(f"caught {len(chosen) - len(survivors)} of {len(chosen)}: {share:.0f} %")


if __name__ == "__main__":
    main()

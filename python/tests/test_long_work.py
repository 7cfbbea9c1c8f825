"""Batches and negotiations: the bytes of the program, Ctrl-C, other threads, progress."""

import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import files

import zollverein as zv

PLAN = "scenarios/batch/05-toy.toml"


def test_a_batch_is_that_of_the_program(program, tmp_path):
    ran = program("batch", PLAN, "--out", tmp_path / "program", "--quiet")
    assert ran.returncode == 0, ran.stderr
    done = zv.batch(PLAN, tmp_path / "package", progress=False)
    assert files(tmp_path / "program") == files(tmp_path / "package")
    assert done.found == 0 and done.computed == zv.Plan(PLAN).evaluations
    assert "p95" in done.tables["quantiles"].columns
    again = zv.batch(PLAN, tmp_path / "package", progress=False)
    assert (again.computed, again.found) == (0, done.computed)


def test_shards_are_merged_into_the_same_bytes(tmp_path):
    zv.batch(PLAN, tmp_path / "whole", progress=False)
    for shard in (1, 2):
        done = zv.batch(PLAN, tmp_path / f"{shard}", shard=(shard, 2), progress=False)
        assert done.tables == {}
    zv.merge([tmp_path / "1", tmp_path / "2"], tmp_path / "merged")
    assert files(tmp_path / "whole") == files(tmp_path / "merged")
    with pytest.raises(zv.InputError, match="shard"):
        zv.batch(PLAN, tmp_path / "none", shard=(3, 2), progress=False)


@pytest.mark.parametrize("question", ["coalition", "compensate"])
def test_an_answer_is_that_of_the_program(question, program, tmp_path):
    path = {"coalition": "scenarios/32-candidates.toml", "compensate": "scenarios/34-fund.toml"}[question]
    ran = program("negotiate", question, path, "--out", tmp_path / "program")
    assert ran.returncode == 0, ran.stderr
    answer = getattr(zv.negotiate, question)(path, progress=False)
    answer.save(tmp_path / "package")
    assert answer.text == str(answer) == ran.stdout
    assert files(tmp_path / "program") == files(tmp_path / "package")
    assert answer.complete and answer.facts is not None and answer.tables
    assert "<pre>" in answer._repr_html_()
    for chart in answer.charts.values():
        assert chart.startswith("<svg") and chart in answer._repr_html_()


def test_names_that_a_negotiation_does_not_know():
    with pytest.raises(zv.InputError, match="is no party"):
        zv.negotiate.redline("scenarios/30-design.toml", "atlantis", progress=False)
    with pytest.raises(zv.InputError, match="is no objective"):
        zv.negotiate.frontier("scenarios/31-frontier.toml", objectives=["happiness"], progress=False)
    with pytest.raises(zv.InputError, match="is no rule"):
        zv.negotiate.bargain("scenarios/31-frontier.toml", rules=["nashh"], progress=False)  # type: ignore[list-item]


LONG = """
import sys, zollverein as zv
print("begun", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(7)
print("ended by itself", flush=True)
"""


@pytest.mark.parametrize(
    "call",
    [
        "zv.batch('scenarios/batch/01-gassa-elasticities.toml', sys.argv[1], progress=False)",
        "zv.negotiate.frontier('scenarios/31-frontier.toml', points=100001, progress=False)",
    ],
)
def test_ctrl_c_ends_long_work(call, tmp_path):
    code = LONG.format(call=call)
    with subprocess.Popen([sys.executable, "-c", code, tmp_path / "out"], stdout=subprocess.PIPE, text=True) as work:
        assert work.stdout.readline() == "begun\n"
        time.sleep(2)
        assert work.poll() is None
        work.send_signal(signal.SIGINT)
        told, _ = work.communicate(timeout=60)
    assert (told, work.returncode) == ("interrupted\n", 7)


def test_other_threads_go_on_and_progress_is_told(tmp_path):
    ticks, told = [], []
    ended = threading.Event()

    def tick():
        while not ended.wait(0.005):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()
    plan = zv.Plan(PLAN)
    before = len(ticks)
    tell = lambda done, total: told.append((done, total, len(ticks)))  # noqa: E731
    zv._core.batch(plan, tmp_path / "out", shard=None, format="csv", progress=tell)
    ended.set()
    thread.join()
    assert len(ticks) > before
    assert told[-1][:2] == (plan.evaluations, plan.evaluations)
    assert [done for done, *_ in told] == sorted(done for done, *_ in told)


def test_what_progress_raises_ends_the_work(tmp_path):
    def tell(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        zv._core.batch(zv.Plan(PLAN), tmp_path / "out", shard=None, format="csv", progress=tell)
    done = zv.batch(PLAN, tmp_path / "out", progress=False)  # and the folder is good for more
    assert done.computed + done.found == zv.Plan(PLAN).evaluations

"""A batch on a local cluster, with a worker killed in the middle: the bytes of a run on one machine."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import ROOT, files
from distributed import Client

import zollverein as zv
from zollverein import cluster

TOY = """
title = "The toy tariff on a cluster"
scenario = "{root}/scenarios/06-toy-25.toml"
seed = 7
draws = {draws}
block = 50

[[draw]]
what = "data.elasticity"
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(TOY.format(root=ROOT, draws=3000))
    return path


def parts(folder: Path) -> int:
    return len(list(folder.glob("shards/*/parts/*.parquet")))


def test_a_worker_is_killed_and_no_draw_is_lost_or_doubled(plan, tmp_path):
    zv.batch(plan, tmp_path / "one", progress=False)
    out = tmp_path / "cluster"
    killed = []
    with cluster.local(3) as workers, Client(workers) as client:
        first = set(client.run(os.getpid).values())
        assert len(first) == 3

        def kill():
            while parts(out) < 2:
                time.sleep(0.01)
            busy = {address: tasks for address, tasks in client.processing().items() if tasks}
            pids = client.run(os.getpid)
            pid = pids[next(iter(busy))]
            os.kill(pid, signal.SIGKILL)
            killed.append((pid, parts(out)))

        killer = threading.Thread(target=kill)
        killer.start()
        done = cluster.run(plan, out, client, progress=False)
        killer.join()
        assert killed and killed[0][0] in first
        assert killed[0][1] < zv.Plan(plan).blocks, "killed in the middle"
    assert done.computed + done.found == zv.Plan(plan).evaluations
    assert files(out) == files(tmp_path / "one")


def test_the_command(tmp_path):
    command = [sys.executable, "-m", "zollverein.cluster", "scenarios/batch/05-toy.toml", "--workers", "2"]
    ran = subprocess.run([*command, "--out", tmp_path / "a"], text=True, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "317 evaluations" in ran.stderr
    zv.batch("scenarios/batch/05-toy.toml", tmp_path / "b", progress=False)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_faults_are_told_before_anything_is_begun(tmp_path, capsys):
    assert cluster.main([str(tmp_path / "none.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "error: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    with pytest.raises(SystemExit):
        cluster.main(["a.toml", "--out", "b", "--workers", "0"])
    with pytest.raises(SystemExit):
        cluster.main(["a.toml", "--out", "b", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"])


def test_a_worker_with_another_plan_refuses(tmp_path):
    with pytest.raises(zv.ZollvereinError, match="another plan"):
        cluster.run_shard("scenarios/batch/05-toy.toml", None, str(tmp_path), (1, 2), "0" * 64)

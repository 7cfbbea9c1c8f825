"""A batch on a cluster, by Dask: ``python -m zollverein.cluster PLAN --out DIR``.

The plan is cut into shards; each is a task that writes its parts into ``DIR/shards`` and can be done by
any worker, again if need be. In the end the shards are merged: the same bytes as of one run on one
machine. A worker that dies loses at most the block it was at. All machines see the same files.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Any

from zollverein import InputError, ZollvereinError, _core
from zollverein._core import Batch, Plan
from zollverein._progress import bar

__all__ = ["main", "run", "run_shard"]

MOST_SHARDS = 64
# A shard goes to another worker as often as this, after workers that died with it.
TRIES = 16


def run_shard(plan: str, data: str | None, out: str, shard: tuple[int, int], digest: str) -> int:
    """One shard, wherever it is run; how many evaluations it holds.

    ``digest`` is that of the plan where it was cut: a worker with another version of the program, of the
    plan or of the data refuses.
    """
    read = Plan(plan, data)
    if read.digest != digest:
        raise ZollvereinError(
            f"{plan}: this worker sees another plan, scenario, data or program than the one that sent the work"
        )
    for patience in range(60):
        try:
            done = _core.batch(read, out, shard=shard, format="csv", progress=None)
            return done.computed + done.found
        except InputError as error:
            # a worker that was given up goes on for a moment; its folder is free when it ends
            if patience == 59 or "another run works in this folder" not in str(error):
                raise
            time.sleep(1)
    raise AssertionError("not reached")


def run(
    plan: str | os.PathLike[str],
    out: str | os.PathLike[str],
    client: Any,
    *,
    data: str | os.PathLike[str] | None = None,
    shards: int | None = None,
    format: str = "csv",
    progress: bool = True,
) -> Batch:
    """Runs a plan by a client of ``distributed`` and merges what comes back.

    Shards that an earlier run finished are found again, if their number is the same.
    """
    from distributed import as_completed

    plan, out = os.path.abspath(plan), os.path.abspath(out)
    data = None if data is None else os.path.abspath(data)
    read = Plan(plan, data)
    count = max(1, min(read.blocks, MOST_SHARDS if shards is None else shards))
    folder = os.path.join(out, "shards")
    folders = [os.path.join(folder, f"{number}-of-{count}") for number in range(1, count + 1)]
    tasks = [
        client.submit(
            run_shard, plan, data, where, (number, count), read.digest, pure=False, key=f"shard-{number}-of-{count}"
        )
        for number, where in enumerate(folders, start=1)
    ]
    done = 0
    with bar("evaluations", progress) as tell:
        for _, result in as_completed(tasks, with_results=True):
            done += result
            if tell is not None:
                tell(done, read.evaluations)
    merged = _core.merge(folders, out, format=format)
    shutil.rmtree(folder)
    return merged


def local(workers: int) -> Any:
    """A cluster on this machine that listens on loopback alone: one process and its share of cores each."""
    from distributed import LocalCluster

    cores = os.cpu_count() or 1
    options: dict[str, Any] = {
        "n_workers": workers,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "dashboard_address": None,
        "env": {"RAYON_NUM_THREADS": str(max(1, cores // workers))},
    }
    return LocalCluster(**options)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m zollverein.cluster",
        description="Runs a plan of draws and sweeps on a cluster of Dask: the same bytes as `zollverein batch`.",
    )
    parser.add_argument("plan", metavar="PLAN", help="file of the plan")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for parts and results")
    parser.add_argument("--data", metavar="DIR", help="data folder, in the place of the plan's")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a scheduler that runs; left out: workers are begun here")
    parser.add_argument("--workers", type=int, metavar="N", help="workers to begin here; left out: one for each core")
    parser.add_argument("--shards", type=int, metavar="N", help=f"tasks; left out: {MOST_SHARDS}, or one for each part")
    parser.add_argument("--format", default="csv", choices=["csv", "parquet", "xlsx", "iamc"])
    parser.add_argument("--quiet", "-q", action="store_true", help="shows no progress")
    asked = parser.parse_args(arguments)
    for name in ("workers", "shards"):
        if (number := getattr(asked, name)) is not None and number < 1:
            parser.error(f"--{name}: at least 1")
    if asked.scheduler and asked.workers:
        parser.error("--workers are begun here, and --scheduler has its own: name one of them")
    try:
        import dask.config as settings
        from distributed import Client
    except ImportError:
        print("error: Dask is missing: pip install 'dask[distributed]'", file=sys.stderr)
        return 1
    settings.set({"distributed.scheduler.allowed-failures": TRIES})
    try:
        Plan(asked.plan, asked.data)  # faults are told before anything is begun
        workers = asked.workers or os.cpu_count() or 1
        cluster = None if asked.scheduler else local(workers)
        client = Client(asked.scheduler or cluster)
        try:
            done = run(
                asked.plan,
                asked.out,
                client,
                data=asked.data,
                shards=asked.shards,
                format=asked.format,
                progress=not asked.quiet,
            )
        finally:
            client.close()
            if cluster is not None:
                cluster.close()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (ZollvereinError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; finished parts are kept, and the same command goes on with them", file=sys.stderr)
        return 130
    if not asked.quiet:
        total = done.computed + done.found
        print(f"{total} evaluations. Results are in {asked.out}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    # by its name in the package, so that workers find `run_shard` there
    from zollverein import cluster

    sys.exit(cluster.main())

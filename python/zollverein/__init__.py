"""Models joint tariffs and border carbon adjustment on steel, aluminium and other traded goods.

The same numbers as the program ``zollverein``, bit for bit. Tables cross by Arrow's C interface: pandas,
polars, pyarrow and DuckDB all take and give them, and none is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from zollverein import _core, negotiate
from zollverein._core import Answer, Baseline, Batch, Outcome, Plan, Scenario, Table, __version__
from zollverein._errors import InputError, Problem, SolveError, ZollvereinError
from zollverein._frames import Frame, csv_bytes
from zollverein._plain import scenario_of
from zollverein._progress import bar

__all__ = [
    "Answer",
    "Baseline",
    "Batch",
    "Format",
    "Frame",
    "InputError",
    "Outcome",
    "Plan",
    "Problem",
    "Scenario",
    "SolveError",
    "Table",
    "ZollvereinError",
    "__version__",
    "batch",
    "evaluate",
    "load_baseline",
    "merge",
    "negotiate",
]

Path: TypeAlias = "str | os.PathLike[str]"
Format: TypeAlias = Literal["csv", "parquet", "xlsx", "iamc"]

_USUAL = os.path.join("data", "2023")


def load_baseline(path: Path | None = None, **tables: Frame) -> Baseline:
    """The world before a policy: a data folder (``data/2023`` if none is named), with tables of your own.

    Each keyword names a table of the folder (``production``, ``flows``, ``duties``, ``elasticities``,
    ``countries`` ...) and gives a data frame that takes its place: anything with ``__arrow_c_stream__``,
    a ``dict`` of columns, or the path of a CSV file. Columns, units and checks are those of the files.

    Raises ``InputError`` with every fault of the folder and of the frames.
    """
    given = {f"{name}.csv": csv_bytes(frame, f"{name}.csv") for name, frame in tables.items()}
    return _core.load_baseline(os.fspath(path) if path is not None else _USUAL, given)


def evaluate(
    scenario: Scenario | Path | Mapping[str, Any],
    baseline: Baseline | Path | None = None,
    *,
    bands: bool = True,
) -> Outcome:
    """Where markets settle under a scenario, compared with the world before.

    ``scenario`` is a ``Scenario``, the path of a file, or a ``dict`` with the keys of one. ``baseline`` is
    a ``Baseline``, a data folder, or left out: then the scenario's own. Headline figures carry bands, a hundred odd draws, unless ``bands`` is false.

    Raises ``InputError`` with every fault at once, and ``SolveError`` where markets do not settle.
    """
    return _core.evaluate(scenario_of(scenario), _baseline(baseline), bands)


def batch(
    plan: Plan | Path,
    out: Path,
    *,
    data: Path | None = None,
    shard: tuple[int, int] | None = None,
    format: Format = "csv",
    progress: bool = True,
) -> Batch:
    """Runs a plan of draws and sweeps into a folder, or goes on where an earlier run was.

    ``shard=(i, n)`` computes the i-th of n parts alone, for ``merge``. Ctrl-C stops within a moment;
    finished parts are kept and the same call goes on with them. ``progress`` shows a bar if tqdm is there.
    """
    if not isinstance(plan, Plan):
        plan = Plan(os.fspath(plan), None if data is None else os.fspath(data))
    elif data is not None:
        raise TypeError("data: the plan has been read on its data already")
    with bar("evaluations", progress) as tell:
        return _core.batch(plan, os.fspath(out), shard=shard, format=format, progress=tell)


def merge(folders: Sequence[Path], out: Path, *, format: Format = "csv") -> Batch:
    """Puts the folders of shards together: the same bytes as of one run."""
    return _core.merge([os.fspath(folder) for folder in folders], os.fspath(out), format=format)


def _baseline(baseline: Baseline | Path | None) -> Baseline | None:
    return baseline if baseline is None or isinstance(baseline, Baseline) else load_baseline(baseline)

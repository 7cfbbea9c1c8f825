"""Questions of a negotiation: who could sign what, who would stay, and what it takes.

Each takes a scenario with ``[[party]]`` and ``[negotiation]`` (a ``Scenario``, a path or a ``dict``) and
returns an ``Answer`` with text, tables, charts and proposals that can be run. Ctrl-C ends the search.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from zollverein import _core
from zollverein._core import Answer, Baseline, Scenario
from zollverein._plain import scenario_of
from zollverein._progress import bar

__all__ = ["bargain", "coalition", "compensate", "design", "frontier", "redline", "retaliate"]

Asked: TypeAlias = "Scenario | str | os.PathLike[str] | Mapping[str, Any]"
Rule: TypeAlias = Literal["nash", "kalai-smorodinsky", "egalitarian", "utilitarian"]


def design(scenario: Asked, baseline: Baseline | None = None, *, progress: bool = True) -> Answer:
    """The agreement that is worth most under everybody's red lines, and what each red line costs."""
    return _ask("design", scenario, baseline, progress)


def frontier(
    scenario: Asked,
    baseline: Baseline | None = None,
    *,
    objectives: Sequence[str] | None = None,
    points: int = 41,
    progress: bool = True,
) -> Answer:
    """How much of one objective must be given up for more of another.

    ``objectives`` names two or three; left out: the first two. ``points`` are the agreements to look for.
    """
    return _ask("frontier", scenario, baseline, progress, objectives=objectives, points=points)


def bargain(
    scenario: Asked,
    baseline: Baseline | None = None,
    *,
    rules: Sequence[Rule] | None = None,
    progress: bool = True,
) -> Answer:
    """The agreements that rules of fairness choose; ``rules`` left out: all."""
    return _ask("bargain", scenario, baseline, progress, rules=rules)


def redline(
    scenario: Asked, party: str, baseline: Baseline | None = None, *, progress: bool = True
) -> Answer:
    """The least concession with which a party accepts."""
    return _ask("redline", scenario, baseline, progress, party=party)


def retaliate(scenario: Asked, baseline: Baseline | None = None, *, progress: bool = True) -> Answer:
    """Duties that answer each other, where that ends, and the answer that does equal harm."""
    return _ask("retaliate", scenario, baseline, progress)


def coalition(scenario: Asked, baseline: Baseline | None = None, *, progress: bool = True) -> Answer:
    """Which clubs are stable, who should be asked next, and how their worth can be shared."""
    return _ask("coalition", scenario, baseline, progress)


def compensate(scenario: Asked, baseline: Baseline | None = None, *, progress: bool = True) -> Answer:
    """What fund leaves no recipient worse off, and how a given one is shared."""
    return _ask("compensate", scenario, baseline, progress)


def _ask(
    question: str,
    scenario: Asked,
    baseline: Baseline | None,
    progress: bool,
    *,
    objectives: Sequence[str] | None = None,
    points: int = 41,
    rules: Sequence[str] | None = None,
    party: str | None = None,
) -> Answer:
    with bar("equilibria", progress) as tell:
        return _core.negotiate(
            question,
            scenario_of(scenario),
            baseline,
            objectives=None if objectives is None else list(objectives),
            points=points,
            rules=None if rules is None else list(rules),
            party=party,
            progress=tell,
        )

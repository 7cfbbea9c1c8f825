"""Values of Python as values of scenarios."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from zollverein._core import Scenario


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):  # a number of numpy or of a column
        return value.item()
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"a value of a scenario is text, a number, a truth, a list or a dict, not {value!r}")


def json_text(value: object) -> str:
    """JSON of a value; numbers that are none are refused."""
    try:
        return json.dumps(value, default=_plain, allow_nan=False)
    except ValueError as error:
        raise TypeError(f"a value of a scenario is finite: {error}") from None


def scenario_of(scenario: Scenario | str | os.PathLike[str] | Mapping[str, Any]) -> Scenario:
    """A scenario from whatever stands for one."""
    if isinstance(scenario, Scenario):
        return scenario
    return Scenario(dict(scenario) if isinstance(scenario, Mapping) else scenario)

"""Errors, with the text of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One fault of an input: where it is, what is wrong, and what would put it right."""

    file: str
    line: int | None
    column: int | None
    what: str
    remedy: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.what}\n    remedy: {self.remedy}"


class ZollvereinError(Exception):
    """Whatever keeps zollverein from an answer. Its text is that of the command line."""

    problems: list[Problem]

    def __init__(self, text: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(text, list(problems))
        self.problems = list(problems)

    def __str__(self) -> str:
        return str(self.args[0])


class InputError(ZollvereinError):
    """Faults of a scenario, a plan or data: all of them at once in ``problems``."""


class SolveError(ZollvereinError):
    """Markets do not settle."""

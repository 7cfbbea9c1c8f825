"""Data frames of the user, on their way in."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

from zollverein import _core


@runtime_checkable
class ArrowStream(Protocol):
    """Whatever gives a table by Arrow's C interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Frame: TypeAlias = "ArrowStream | Mapping[str, Sequence[Any]] | str | os.PathLike[str]"


def csv_bytes(frame: Frame, name: str) -> bytes:
    """A frame as the bytes of a CSV file, in which numbers read back exactly."""
    if isinstance(frame, (str, os.PathLike)):
        with open(frame, "rb") as file:
            return file.read()
    if isinstance(frame, Mapping):
        return _of_columns(frame, name)
    if isinstance(frame, ArrowStream):
        try:
            return _core.csv_of_stream(frame, name)
        except ImportError:
            # pandas gives Arrow only where pyarrow is; it writes CSV by itself
            if not hasattr(frame, "to_csv"):
                raise
    write: Any = getattr(frame, "to_csv", None)
    if write is not None:
        return str(write(index=False)).encode()
    raise TypeError(f"{name}: a table is a data frame, a dict of columns or a path, not {type(frame).__name__}")


def _of_columns(columns: Mapping[str, Sequence[Any]], name: str) -> bytes:
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"{name}: columns are of different lengths: {sorted(lengths)}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return ""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)

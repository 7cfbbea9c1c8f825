"""Progress by tqdm, if it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Tell: TypeAlias = "Callable[[int, int | None], None]"


@contextmanager
def bar(unit: str, shown: bool) -> Iterator[Tell | None]:
    """Something to tell how much is done and of how much; None where nothing is to be shown."""
    if not shown:
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield None
        return
    with tqdm(unit=f" {unit}", leave=False, delay=1) as progress:

        def tell(done: int, total: int | None) -> None:
            if total is not None:
                progress.total = total
            progress.update(done - progress.n)

        yield tell

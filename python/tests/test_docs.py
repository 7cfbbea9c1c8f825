"""The examples of the book's pages on Python, page by page, in order; what `# prints` says is printed."""

import re
import shutil

import pytest
from conftest import ROOT

PAGES = ["docs/src/python.md", "docs/src/cluster.md", "python/README.md"]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_examples_run(page, tmp_path, monkeypatch, capsys):
    for folder in ("data", "scenarios"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((ROOT / page).read_text())
    assert blocks, page
    known: dict[str, object] = {"__name__": "__main__"}
    for block in blocks:
        exec(compile(block, page, "exec"), known)  # noqa: S102 - our own pages
        printed = capsys.readouterr().out
        for said in re.findall(r"# prints (.*)$", block, re.MULTILINE):
            assert said in printed, (said, printed)

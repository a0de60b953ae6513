# SPDX-License-Identifier: Apache-2.0
"""docs/design.md leads to files, so it must name them all, and none that is not there."""

import collections
import pathlib
import re

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_DESIGN = _ROOT / "docs" / "design.md"
_ROW = re.compile(r"^\| `([\w/]+\.c)` \| (.+) \|$", re.MULTILINE)
_PATH = re.compile(r"`((?:worker|common)/[\w/]+(?:\.[ch]|/))`")
_QUESTION = re.compile(r"^\| [^|]+\? \| (.+) \|$", re.MULTILINE)


def _part(title):
    """The text of one part, by its title."""
    return re.search(rf"^## \d+\. {title}\n(.*?)(?=^## |\Z)", _DESIGN.read_text(),
                     re.MULTILINE | re.DOTALL)[1]


def test_every_source_file_has_one_line():
    files = {str(path.relative_to(_ROOT)) for folder in ("common", "worker")
             for path in (_ROOT / folder).rglob("*.c")}
    rows = collections.Counter(name for name, _ in _ROW.findall(_part("Every file")))
    assert rows.keys() == files, (f"no line: {sorted(files - rows.keys())}; "
                                  f"no such file: {sorted(rows.keys() - files)}")
    assert not [name for name, times in rows.items() if times > 1]


def test_no_file_is_named_that_does_not_exist():
    named = set(_PATH.findall(_DESIGN.read_text()))
    assert len(named) > 100
    assert not sorted(name for name in named if not (_ROOT / name).exists())


def test_every_question_leads_to_a_file():
    answers = _QUESTION.findall(_part("Which file to open"))
    assert len(answers) > 15
    assert not [answer for answer in answers if not _PATH.search(answer)]

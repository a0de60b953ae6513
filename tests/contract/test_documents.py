# SPDX-License-Identifier: Apache-2.0
"""What the documents point to is there: the tests that hold their promises, and other files."""

import pathlib
import re

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_TESTS = _ROOT / "tests"
_DOCUMENTS = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md"), *_TESTS.glob("*.md"),
                     *_TESTS.glob("trace/*.md"), *(_ROOT / "deploy").rglob("*.md"),
                     *(_ROOT / "schemas").glob("*.md")])
# fault/test_x.py::test_y; ::test_z is of the file that was named last.
_NAMED = re.compile(r"(?:tests/)?\b((?:unit|integration|fault|contract)/\w+\.(?:c|py))"
                    r"(?:::(\w+))?|(?<!\w)::(\w+)")
_STORY = re.compile(r"\btrace/\d[\w-]*\w")
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def _defines(path, test):
    text = path.read_text()
    if path.suffix == ".py":
        return re.search(rf"^def {test}\(", text, re.MULTILINE)
    return re.search(rf"^\s*(?:static )?void {test}\(", text, re.MULTILINE)


def _anchors(path):
    """Those of its headings, as GitHub makes them; of two that are the same the second gets -1."""
    anchors, text = set(), re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for heading in _HEADING.findall(text):
        anchor = re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")
        number = sum(1 for n in range(10) if (f"{anchor}-{n}" if n else anchor) in anchors)
        anchors.add(f"{anchor}-{number}" if number else anchor)
    return anchors


def _leads_nowhere(document, link, anchor):
    if "://" in link:
        return False
    path = document.parent / link if link else document
    return not path.exists() or (anchor and path.suffix == ".md" and anchor not in _anchors(path))


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_what_is_named_is_there(document):
    text = document.read_text()
    missing, path = [], None
    for file, own, of_the_last in _NAMED.findall(text):
        path = _TESTS / file if file else path
        test = own or of_the_last
        if not path or not path.exists() or (test and not _defines(path, test)):
            missing.append(f"{file or (path and path.name)}::{test}" if test else file)
    missing += [story for story in _STORY.findall(text)
                if not (_TESTS / f"{story}.trace").exists()]
    missing += [f"{link}#{anchor}" for link, anchor in _LINK.findall(text)
                if _leads_nowhere(document, link, anchor)]
    assert not missing, "; ".join(missing)

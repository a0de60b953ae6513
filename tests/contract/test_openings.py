# SPDX-License-Identifier: Apache-2.0
"""Whoever opens a source file reads first what it is for."""

import pathlib
import re

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_LICENSE = re.compile(r"\A/\* SPDX-License-Identifier: Apache-2\.0 \*/\n")
_COMMENT = re.compile(r"\s*/\*(.*?)\*/", re.DOTALL)
_LEAST = 60  # letters and blanks: a sentence, not a name


def _opening(text):
    """The words of the comment behind the license line, before any code."""
    license_line = _LICENSE.match(text)
    comment = license_line and _COMMENT.match(text, license_line.end())
    return " ".join(word for word in comment[1].split() if word != "*") if comment else ""


def test_every_file_says_first_what_it_is_for():
    files = sorted(path for folder in ("common", "worker")
                   for path in (_ROOT / folder).rglob("*.c"))
    assert len(files) > 100
    short = [str(path.relative_to(_ROOT)) for path in files
             if len(_opening(path.read_text())) < _LEAST]
    assert not short, "no opening paragraph: " + ", ".join(short)

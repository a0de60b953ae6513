# SPDX-License-Identifier: Apache-2.0
"""Rules of the source that no compiler checks, and that a promise stands on."""

import pathlib
import re

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_PRINTS = re.compile(r"\b(?:v?f?printf|v?dprintf|f?puts|putchar|f?putc|perror|psignal)\s*\(|"
                     r"\bfwrite\s*\([^;]*\bstd(?:out|err)\b|\bwrite\s*\(\s*STD(?:OUT|ERR)_FILENO",
                     re.DOTALL)
# Those that are allowed to: what they print was made safe, or is numbers and words of ours.
_DOORS = {"worker/view/terminal.c", "common/log_writer.c", "worker/view/progress.c"}
_FIXED = re.compile(r'\bfputs\s*\(\s*"[^"]*"\s*,\s*stderr\s*\)')
_STRING = r'(?:"(?:[^"\\]|\\.)*"|PRI[a-z0-9]+|\s)+'
_FIELDS = re.compile(rf"\blog_(?:debug|info|warn|error)\s*\(\s*({_STRING}|[a-z_]+)\s*,\s*({_STRING})")
_FIELD = re.compile(r"[a-z_]+=(?:%(?:\.\*)?s|%(?:ll|l|z)?[dux]|%(?:\.\d)?f|[\w/:-])+")
_PRI = {"PRId64": "ld", "PRIu64": "lu", "PRIx64": "lx", "PRId32": "d"}


def _sources():
    for folder in ("common", "worker"):
        for path in sorted((_ROOT / folder).rglob("*.c")):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
            yield str(path.relative_to(_ROOT)), text.replace("log_write(level, ", "log_info(")


def test_all_that_is_printed_goes_through_the_terminal():
    """Or a text of others reaches a terminal as it is."""
    found = [f"{name}: {match[0]}" for name, text in _sources() if name not in _DOORS
             for match in _PRINTS.finditer(_FIXED.sub("", text))]
    assert not found, "use worker/view/terminal.h: " + "; ".join(found)


def _literal(text):
    """A C string of several pieces as one."""
    return "".join(piece[1:-1] if piece.startswith('"') else _PRI[piece]
                   for piece in re.findall(r'"(?:[^"\\]|\\.)*"|PRI\w+', text))


def test_fields_of_log_lines_have_their_form():
    """The logger quotes values, but what a field is, the format says."""
    calls = 0
    for name, text in _sources():
        for _, fields in _FIELDS.findall(text):
            calls += 1
            for field in filter(None, _literal(fields).split(" ")):
                assert _FIELD.fullmatch(field), f"{name}: {field!r} of {fields}"
        assert len(re.findall(r"\blog_(?:debug|info|warn|error)\s*\(", text)) == \
            len(_FIELDS.findall(text)), f"{name}: a log call whose fields are no literal"
    assert calls > 20


def _included(path, seen):
    """What a file includes, itself or by the headers of ours that it includes."""
    for open_, name in re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', path.read_text(), re.M):
        places = [path.parent / name, _ROOT / "worker" / name, _ROOT / name]
        found = next((place for place in places if place.is_file()), None)
        if open_ == "<" or not found:
            yield name
        elif found not in seen:
            seen.add(found)
            yield from _included(found, seen)


def test_libraries_are_spoken_in_their_own_folder():
    """Headers of other libraries that lie beside each other, so that no compiler keeps them apart."""
    home = {"librdkafka/": "worker/kafka", "hiredis/": "worker/redis", "microhttpd.h": "worker/http"}
    found, at_home = [], set()
    for path in sorted([*(_ROOT / "worker").rglob("*.[ch]"), *(_ROOT / "common").glob("*.[ch]")]):
        name = str(path.relative_to(_ROOT))
        for header in _included(path, {path}):
            for library, folder in home.items():
                if header.startswith(library) and name.startswith(f"{folder}/"):
                    at_home.add(library)
                elif header.startswith(library):
                    found.append(f"{name}: {header}")
    assert not found, f"a library outside of its folder: {'; '.join(found)}"
    assert at_home == set(home)

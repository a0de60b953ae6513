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
_LOG = re.compile(r"\blog_(?:debug|info|warn|error|(write))\(")
_LITERAL = re.compile(r'(?:"(?:[^"\\]|\\.)*"\s*)+')
_MESSAGE = re.compile(rf"(?:[^\"?]+\?\s*{_LITERAL.pattern}:\s*)?{_LITERAL.pattern}")
_FIELD = re.compile(r'LOG_(?:STR|TEXT|INT|UINT)\("[a-z_]+",.*\)', re.DOTALL)
# Up to the name of a function that begins on the line, and the name.
_FUNCTION = re.compile(r"^(static )?[a-z][\w *]*?(\w+)\((?=[^;{]*\)\n\{)", re.MULTILINE)


def _sources():
    for folder in ("common", "worker"):
        for path in sorted((_ROOT / folder).rglob("*.c")):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
            yield str(path.relative_to(_ROOT)), text


def test_all_that_is_printed_goes_through_the_terminal():
    """Or a text of others reaches a terminal as it is."""
    found = [f"{name}: {match[0]}" for name, text in _sources() if name not in _DOORS
             for match in _PRINTS.finditer(_FIXED.sub("", text))]
    assert not found, "use worker/view/terminal.h: " + "; ".join(found)


def _arguments(text, at):
    """Those of the call whose parenthesis was opened before `at`."""
    arguments, depth = [""], 1
    for piece in re.finditer(r'"(?:[^"\\]|\\.)*"|.', text[at:], re.DOTALL):
        depth += (piece[0] in "([{") - (piece[0] in ")]}")
        if depth == 0:
            break
        if piece[0] == "," and depth == 1:
            arguments.append("")
        else:
            arguments[-1] += piece[0]
    return [argument.strip() for argument in arguments]


def _messages_given(sources, name, text, at, parameter):
    """A function hands on its parameter: what those who call it give for that."""
    function = [match for match in _FUNCTION.finditer(text, 0, at)][-1]
    place = [p.endswith(f"*{parameter}") for p in _arguments(text, function.end())].index(True)
    for other, there in sources:
        if other == name or not function[1]:
            for call in re.finditer(rf"(?<=\s){function[2]}\(", there):
                if not _FUNCTION.match(there, there.rfind("\n", 0, call.start()) + 1):
                    yield _arguments(there, call.end())[place]


def test_messages_and_names_of_log_lines_are_literals():
    """What stands in a log can be looked for in the source, and in the operator's manual."""
    sources, calls = list(_sources()), 0
    for name, text in sources:
        for call in _LOG.finditer(text):
            message, *fields = _arguments(text, call.end())[1 if call[1] else 0:]
            messages = [message]
            if re.fullmatch(r"[a-z_]+", message):
                messages = list(_messages_given(sources, name, text, call.start(), message))
                assert messages, f"{name}: {message}"
            for given in messages:
                assert _MESSAGE.fullmatch(given), f"{name}: the message {given!r}"
            for field in fields:
                assert _FIELD.fullmatch(field), f"{name}: the field {field!r}"
            calls += 1
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


# What one file has for all: how a second implementation of it would look.
_ONCE = {
    "common/base64.c": r'"[A-Za-z]*0123456789\+/"',
    "common/clock.c": r"\bclock_gettime\(|\bgettimeofday\(|\btime\(NULL\)|condattr_setclock|_timedjoin_",
    "common/hash.h": r"1099511628211|100000001[bB]3",
    "common/text.c": r"\btolower\(|'a' \+ 10|%%%02[Xx]|\b0x3f\b.*0x80|0x80.*\b0x3f\b|0xdc00|0xDC00",
    "common/text.h": r"'A' \+ 'a'|' ' \|\| \(c >= '\\t'|\b0x7[fF]\b.*\b0x20\b|\b0x20\b.*\b0x7[fF]\b",
    "common/timestamp.c": r"% DAY_MS < 0|\bfloor_div\(",
}


def test_primitives_stand_once():
    """Five foldings of case differ in one of them, sooner or later."""
    for home, second in _ONCE.items():
        found = {str(path.relative_to(_ROOT)) for folder in ("common", "worker")
                 for path in (_ROOT / folder).rglob("*.[ch]") if re.search(second, path.read_text())}
        if home == "common/text.h":
            found.discard("common/text.c")  # what is printable, of ASCII
        assert found == {home}, f"call {home} instead: {found - {home}}"

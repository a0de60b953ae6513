# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/contract.md have numbers that stay what they are, and every citation of one,
wherever it is, finds its rule."""

import json
import pathlib
import re

import pytest

from support import schemas

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_CONTRACT = _ROOT / "docs" / "contract.md"
_RULE = re.compile(r"^\*\*R(\d+)\.(\d+)\*\* ", re.MULTILINE)
_CITED = re.compile(r"\bR\d+\.\d+\b")
_FREE = re.compile(r"^Next free: (.*)$", re.MULTILINE)
_TEST = re.compile(r"(?:(?:unit|integration|fault|contract)/\w+\.(?:c|py))?(?:::\w+)?|trace/[\w-]+")
_CITING = {".c", ".h", ".py", ".md", ".json", ".yaml", ".trace", ".cmake", ".lua", ".txt", ""}


def _files():
    """All files of text that could cite a rule, without what a build leaves."""
    for folder in ("common", "worker", "schemas", "tests", "docs", "deploy", "cmake"):
        yield from (path for path in sorted((_ROOT / folder).rglob("*"))
                    if path.is_file() and path.suffix in _CITING)
    yield from sorted(_ROOT.glob("*.md"))


def _parts():
    """Each part's number and text, in the order of the document."""
    pieces = re.split(r"^## (\d+)\. .*\n", _CONTRACT.read_text(), flags=re.MULTILINE)
    return [(int(part), text) for part, text in zip(pieces[1::2], pieces[2::2])]


def _rules():
    """Each rule's number and text, to the next rule or heading."""
    pieces = re.split(r"^(?:\*\*(R\d+\.\d+)\*\* |#+ .*\n)", _CONTRACT.read_text(),
                      flags=re.MULTILINE)
    return [(number, text) for number, text in zip(pieces[1::2], pieces[2::2]) if number]


@pytest.mark.parametrize("part, text", _parts(), ids=lambda value: str(value)[:4])
def test_numbers_ascend_and_stay_below_the_next_free_one(part, text):
    """So none is given twice, not even that of a rule that was taken out."""
    numbers = [(int(of), int(n)) for of, n in _RULE.findall(text)]
    assert numbers and {of for of, _ in numbers} == {part}
    ascending = [n for _, n in numbers]
    assert all(a < b for a, b in zip(ascending, ascending[1:])), ascending
    free = dict(re.fullmatch(r"R(\d+)\.(\d+)", number).groups()
                for number in _FREE.search(_CONTRACT.read_text())[1].rstrip(".").split(", "))
    assert int(free[str(part)]) > ascending[-1]


def test_parts_ascend():
    parts = [part for part, _ in _parts()]
    assert parts == list(range(len(parts)))


def test_no_promise_is_without_a_number():
    """Below the first heading all is a rule, its table, its code, or a heading."""
    for part, text in _parts():
        blocks = re.split(r"\n\s*\n", re.sub(r"```.*?```", "```", text, flags=re.DOTALL).strip())
        strays = [block for block in blocks
                  if not re.match(r"\*\*R\d+\.\d+\*\* \S|```|\||### ", block)]
        assert not strays, f"part {part}: {strays}"


def test_every_rule_that_is_cited_exists():
    known = {number for number, _ in _rules()}
    assert len(known) > 200
    unknown = [f"{path.relative_to(_ROOT)}: {number}" for path in _files()
               for number in _CITED.findall(_FREE.sub("", path.read_text()))
               if number not in known]
    assert not unknown, "; ".join(unknown)


def test_a_test_that_a_rule_names_has_the_form_that_is_looked_up():
    """test_documents.py looks whether it exists; what it cannot read it would pass over."""
    named = 0
    for number, text in _rules():
        for tests in re.findall(r"\*test:\*\s*(.*)", text, re.DOTALL):
            for test in re.split(r",\s+", tests.split("\n\n")[0].strip()):
                assert test and _TEST.fullmatch(test), f"{number}: {test!r}"
                named += 1
    assert named > 50


def _example(number):
    """The first JSON that a rule shows."""
    return json.loads(re.search(r"```json\n(.*?)```", dict(_rules())[number], re.DOTALL)[1])


def _schema(name):
    return json.loads((_ROOT / "schemas" / f"{name}.schema.json").read_text())


@pytest.mark.parametrize("number, name", [
    ("R5.1", "task-event"), ("R5.12", "reminder-event"), ("R5.40", "reminder-digest")])
def test_examples_have_the_members_of_the_schemas(number, name):
    assert _example(number).keys() == set(_schema(name)["required"])


def test_an_incidents_event_has_the_members_of_its_schema():
    schema = _schema("incident-event")
    named = re.findall(r'"(\w+)"', dict(_rules())["R5.8"])
    counts = schema["properties"]["counts"]["required"]
    assert sorted(named) == sorted([*schema["required"], *counts])


@pytest.mark.parametrize("number, name", [
    ("R3.1", "incident-closed"), ("R3.5", "finding-updated"), ("R3.10", "task-updated")])
def test_examples_of_inputs_fit_their_schemas(number, name):
    example = _example(number)
    assert not schemas.problems(name, example)
    assert example.keys() <= set(_schema(name)["properties"])  # others would be tolerated


def _in_short(short, whole, path=""):
    """Where what is said in short is not so: a map may lack entries, and nothing else may."""
    if not (isinstance(short, dict) and isinstance(whole, dict)):
        return [] if short == whole else [f"{path}: {short} is not {whole}"]
    lacking = [] if path.endswith("aliases") else whole.keys() - short.keys()
    return [f"{path}: {name} is missing" for name in sorted(lacking)] + [
        wrong for name, value in short.items()
        for wrong in _in_short(value, whole.get(name), f"{path}.{name}")]


def test_the_policy_in_short_is_the_default_one():
    whole = json.loads((_ROOT / "deploy" / "policy" / "default.json").read_text())
    assert _in_short(_example("R9.4"), whole) == []


def test_nothing_that_is_said_cites_a_number():
    """Dead letters, logs and errors speak in words: a reader has no list of numbers at hand."""
    for folder in ("common", "worker"):
        for path in sorted((_ROOT / folder).rglob("*.[ch]")):
            code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
            assert not _CITED.search(code), path


def test_a_rule_is_cited_by_its_number():
    """A part is too much to look through, and its words may be made better."""
    old = re.compile(r"\bCONTRACT\b|contract part \d")
    found = [f"{path.relative_to(_ROOT)}" for path in _files()
             if path != pathlib.Path(__file__) and old.search(path.read_text())]
    assert not found, found


def test_every_story_and_schema_cites_what_it_shows():
    files = [*(_ROOT / "tests" / "trace").glob("*.trace"), *(_ROOT / "schemas").glob("*.json")]
    assert len(files) > 30
    assert not [path.name for path in files if not _CITED.search(path.read_text())]

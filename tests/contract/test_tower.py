# SPDX-License-Identifier: Apache-2.0
"""The files of core are a tower, and the folders have no circle: by #include, and by the calls that
the object files of the build tell of. A pointer to a function counts as a call."""

import functools
import os
import pathlib
import re
import shutil
import subprocess

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_BIN = pathlib.Path(os.environ.get("EPILOGUE_TEST_BIN", _ROOT / "build/dev/worker/epilogue"))
_BUILD = _BIN.parent.parent
# From the lowest to the highest: each knows only those before it.
_TOWER = """
    names members condition zone policy
    state_parts state_incident state_cause state_task state_finding state_recipient state_entries
    state_key state deadline schedule order incident task_diff event output
    item decision recipient cause step forgotten closing duplicate occurrence rules task_clock task
    task_arrive reminder forward followup duty duty_told coordination obligation_clock obligation
    finding_says finding_task finding_held finding task_update recurrence merged_lists merged_facts closure_header stages closure
    merged review wake decide
""".split()
_NO_PART = {"alone"}  # the proof that core needs nobody: a main that does nothing
_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


# ---- what includes what ----

@functools.cache
def _sources():
    """The files of the program, by their paths from the root on."""
    return {str(path.relative_to(_ROOT)): path for folder in ("common", "worker")
            for path in sorted((_ROOT / folder).rglob("*.[ch]"))}


def _included(name, path):
    for what in _INCLUDE.findall(path.read_text()):
        places = [str(pathlib.PurePath(name).parent / what), what, f"worker/{what}"]
        found = [place for place in places if place in _sources()]
        if found:  # else it is made by the build
            yield found[0]


@functools.cache
def _includes():
    return {name: set(_included(name, path)) for name, path in _sources().items()}


def _folder(name):
    """`worker/core` of a file of core; the main file is a folder of its own."""
    return str(pathlib.PurePath(name).parent)


def _core(name):
    """`task` of worker/core/task.c; None of what is no part of the tower."""
    path = pathlib.PurePath(name)
    return path.stem if path.parts[:2] == ("worker", "core") and path.stem not in _NO_PART else None


# ---- what calls what ----

@functools.cache
def _objects():
    """The object file of each source. Those of a folder are in the folder of its own library, or,
    of main.c, of the executable."""
    found = {}
    for name, path in _sources().items():
        if path.suffix != ".c":
            continue
        inside = _BUILD / _folder(name) / "CMakeFiles"
        for target in sorted(inside.glob("*.dir")):
            made = target / (path.name + ".o")
            if made.exists():
                found[name] = made
                break
    return found


@functools.cache
def _symbols():
    """For each source: what it defines for others, and what it needs of others."""
    nm = shutil.which("gcc-nm") or shutil.which("nm")  # the former also reads objects for LTO
    objects = _objects()
    out = subprocess.run([nm, "-P", "-A", "-g", *objects.values()], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    names = {str(made): name for name, made in objects.items()}
    defined, needed = {}, {name: set() for name in objects}
    for line in out.splitlines():
        file, symbol, kind = re.match(r"(.+?): (\S+) (\w)", line).groups()
        if kind in "Uvw":
            needed[names[file]].add(symbol)
        else:
            defined[symbol] = names[file]
    return defined, needed


def _calls():
    """Which source uses functions, or tables, of which others; and their names."""
    defined, needed = _symbols()
    return {name: {(defined[symbol], symbol) for symbol in symbols if symbol in defined}
            for name, symbols in needed.items()}


@pytest.fixture
def objects():
    found = _objects()
    assert found, f"{_BUILD} has no object files, and the calls are looked up there: build first"
    missing = [name for name in _sources() if name.endswith(".c") and name not in found]
    assert missing in ([], ["worker/core/alone.c"]), f"not built in {_BUILD}: {', '.join(missing)}"
    return found


# ---- circles ----

def _circles(graph):
    """The sets of nodes that reach each other."""
    def reached(start):
        seen, todo = set(), [start]
        while todo:
            for node in graph.get(todo.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    todo.append(node)
        return seen
    reach = {node: reached(node) for node in graph}
    return {frozenset(other for other in reach[node] if node in reach.get(other, ()))
            for node in graph if node in reach[node]}


def _between(edges, place):
    """The graph of the places of files, and which files make each arrow."""
    graph, why = {}, {}
    for name, others in edges.items():
        for other in others:
            a, b = place(name), place(other)
            if a != b:
                graph.setdefault(a, set()).add(b)
                why.setdefault((a, b), []).append(f"{name} -> {other}")
    return graph, why


def _told(circles, why):
    return "; ".join(text for circle in circles for (a, b), lines in sorted(why.items())
                     if a in circle and b in circle for text in lines)


def test_a_circle_is_found():
    assert _circles({"a": {"b"}, "b": {"c"}, "c": set()}) == set()
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == {frozenset("bc")}
    assert _circles({"a": {"a"}}) == {frozenset("a")}


# ---- core ----

def test_every_file_of_core_has_its_height():
    files = {_core(name) for name in _sources() if _core(name)}
    assert files == set(_TOWER), "a file of core is to be put into _TOWER, or taken out of it"
    assert len(_TOWER) == len(set(_TOWER))


def test_every_file_of_core_has_its_header():
    for name in _sources():
        if _core(name) and name.endswith(".c"):
            header = f"worker/core/{_core(name)}.h"
            assert header in _includes()[name], f"{name} does not include {header}"


def _upward(edges):
    height = {name: i for i, name in enumerate(_TOWER)}
    for name, others in edges.items():
        for other, text in others:
            a, b = _core(name), _core(other)
            if a and b and a != b and height[a] < height[b]:
                yield f"{name} {text} of the higher {other}"


def test_no_file_of_core_includes_a_higher_one():
    edges = {name: {(other, "includes the header") for other in others}
             for name, others in _includes().items()}
    found = list(_upward(edges))
    assert not found, "; ".join(found)


def test_no_file_of_core_calls_a_higher_one(objects):
    edges = {name: {(other, f"calls {symbol}") for other, symbol in others}
             for name, others in _calls().items()}
    assert sum(1 for name, others in edges.items() if _core(name) for _ in others) > 100
    found = list(_upward(edges))
    assert not found, "; ".join(found)


# ---- files and folders ----

def test_no_files_include_each_other():
    assert _circles(_includes()) == set()


def test_no_folders_include_each_other():
    graph, why = _between(_includes(), _folder)
    assert len(graph) > 5
    found = _circles(graph)
    assert not found, _told(found, why)


def test_no_folders_call_each_other(objects):
    edges = {name: {other for other, _ in others} for name, others in _calls().items()}
    graph, why = _between(edges, _folder)
    assert len(graph) > 5
    found = _circles(graph)
    assert not found, _told(found, why)

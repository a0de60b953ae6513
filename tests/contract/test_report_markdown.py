# SPDX-License-Identifier: Apache-2.0
"""Texts of others in a report: shown by what shows Markdown on the platforms (cmark-gfm), they are
text, whatever they look like."""

import html.parser
import json
import random
import subprocess

from support.events import closure, finding
from support.worker import binary

# What means something where a line begins, and what does so anywhere.
_BLOCKS = [
    "# heading", "- item", "+ item", "1. item", "2) item", "> quote", "===", "---", "***", ":-:",
    "    code", "\tcode", "```", "~~~", "[a]: http://b.c", "[^1]: note", "|---|", "- [x] done",
    "<script>alert(1)</script>", "<!-- comment", "</td></table>",
]
_SPANS = [
    "`code`", "**bold**", "_em_", "~~gone~~", "[a](http://b.c)", "[a]", "![i](http://b.c/i.png)",
    "[^1]", "<b>bold</b>", "<http://b.c>", "<javascript:alert(1)>", "http://b.c", "www.b.c",
    "ftp://b.c/", "&lt;b&gt;", "&amp;", "&#60;", "a | b", "| a | b |", "\\", "\\\\", "\\|", "\\`",
    "a\\", "$x$", "<details>", "\x1b[31m", "\u202eabc", "\u2028", "x\r# y",
]


class _Reader(html.parser.HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, *attrs))

    def handle_endtag(self, tag):
        self.tags.append("/" + tag)

    def handle_comment(self, data):
        self.tags.append("comment")

    def handle_data(self, data):
        self.text.append(data)


def _read(markdown):
    extensions = [part for name in ("table", "strikethrough", "autolink", "tasklist", "footnotes")
                  for part in ("-e", name)]
    page = subprocess.run(["cmark-gfm", "--unsafe", *extensions], input=markdown,
                          capture_output=True, text=True, check=True).stdout
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.tags, " ".join("".join(reader.text).split())


def _report(folder, text):
    """The report of an incident that says this text wherever it may say any."""
    event = closure(
        "INC-1", title=text, summary=text, customer_impacting=True,
        timeline=[{"at": "2026-11-02T09:30:00Z", "actor": text, "action": text}] * 2,
        technical_summary={"evidence": [{"ref": text, "note": text}], "actors": [text],
                           "response": text, "takeaways": [text]},
        response_evaluation={"sufficient": True, "complete": True, "note": text},
        coordination=[{"party": f"p {text}", "reference": text, "status": text}],
        references=[text], owner={"team": text, "person": text})
    lines = [{"topic": "incident-closed", "value": event, "at": "2026-11-20T10:00:00Z"},
             {"topic": "finding-updated", "value": finding(
                 "INC-1", "F-1", title=text, description=text, reason=text,
                 owner={"team": text, "person": text},
                 tracker={"system": text, "key": text, "url": f"- {text}"})}]
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = subprocess.run([binary(), "simulate", "--report", "INC-1", "--until",
                           "2026-11-20T10:00:00Z", path], capture_output=True, check=True)
    return done.stdout.decode()


def _texts():
    rng = random.Random(7)
    everything = _BLOCKS + _SPANS
    letters = "\\`*_[]()<>|~&$^#-+=:!.1 ab@/\"'"
    yield from _BLOCKS
    for at in range(0, len(_SPANS), 5):
        yield " ".join(_SPANS[at:at + 5])
    for _ in range(8):
        yield "\n".join(" ".join(rng.choices(everything, k=4)) for _ in range(4))
        yield "\n".join("".join(rng.choices(letters, k=16)) for _ in range(4))


def test_texts_of_others_stay_texts(tmp_path):
    plain = {}  # by the number of lines: the tags where the same places say "x"
    for text in _texts():
        lines = text.count("\n")
        if lines not in plain:
            plain[lines] = _read(_report(tmp_path, "x" + "\nx" * lines))[0]
        report = _report(tmp_path, text)
        tags, shown = _read(report)
        assert tags == plain[lines], f"{text!r}:\n{report}"
        assert not any(ord(c) < 32 and c != "\n" or c in "\u202e\u2028" for c in report)
        # And it can be read, letter for letter.
        if all(" " <= c <= "~" or c == "\n" for c in text):
            assert " ".join(text.split()) in shown, f"{text!r}:\n{report}"

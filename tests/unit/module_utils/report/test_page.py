# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page as text: complete without a script, safe whatever servers name things, small, and readable."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _amounts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import OPENED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report import text
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.days import STATES
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.map import LOOKS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.page import page
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.style import STYLE
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso

from ...archives import FIRST, SLOW, Made
from .conftest import HOSTILE, NOW, Report, complete, unit
from .fleet import fleet

VOID = {"meta", "input"}


class Read(HTMLParser):
    """A page with its elements, each with attributes and text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))
        if tag not in VOID:
            self._open.append(len(self.found) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.found[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for number in self._open:
            self.found[number][2].append(data)

    def of(self, tag: str, **attributes: str) -> list[str]:
        """Return the texts of the elements that have these attributes."""
        return [
            "".join(words)
            for name, own, words in self.found
            if name == tag and all(own.get(key.strip("_")) == value for key, value in attributes.items())
        ]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path)
    complete(made, until=5)
    made.noted(last_attempt=iso(NOW), last_success=iso(NOW), units=[unit(5, "missing"), unit(6, "pending")])
    made.lost(-1)
    return made


def test_the_page_tells_the_verdict_first_and_each_row_in_words(made: Made, report: Report) -> None:
    complete(Made(Path(made.path).parents[3], "whole"))
    found = Read(page(report()))
    assert len(found.of("h1")) == 1
    verdict = found.of("div", class_="verdict lost")[0]
    assert verdict.startswith(
        "Missing: 2 units of 1 instance are not held yet; the first can be had until 2026-03-13 00:00 UTC."
    )
    assert "Lost: 1 unit" in verdict
    rows = [row for row in found.of("td", class_="words") if "lost" in row]
    assert rows == [
        "1 lost (28 Feb), 2 missing (6 Mar, 8 Mar), 1 pending, 5 held; can be had until 2026-03-13 00:00 UTC"
    ]
    folded = {own["id"]: "open" not in own for tag, own, _words in found.found if tag == "details"}
    assert folded == {"i0": False, "i1": True}
    assert made.ledger.head in found.of("td", class_="mono")
    assert f"expected_head={made.ledger.head}" in found.of("code")[0]
    assert "<time" not in page(report()).split("<title>")[1].split("</title>")[0]


def test_the_page_loads_nothing_and_runs_its_own_script_alone(made: Made, report: Report) -> None:
    source = page(report())
    found = Read(source)
    policy = next(own["content"] or "" for tag, own, _words in found.found if own.get("http-equiv"))
    [script] = found.of("script")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; ")
    assert f"script-src 'sha256-{digest}'" in policy
    links = [own[name] or "" for _tag, own, _words in found.found for name in ("src", "href", "action") if name in own]
    assert {link for link in links if not link.startswith("#")} == {"report.json", "mongodb_logs.prom"}
    assert "url(" not in source
    assert "@import" not in source


def test_no_word_of_a_server_turns_the_text_around(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    complete(made, until=5)
    made.noted(units=[{**unit(5, "missing"), "reason": "a\u202eb\x1bc"}])
    status = made.status
    status.run = {"failure": {"message": "d\u2066e", "hint": "f\x9bg", "code": "h"}}
    status.save(NOW, made.ledger.head)
    told = report()
    assert told["instances"][0]["run"]["failure"] == {"message": "de", "hint": "fg", "code": "h"}
    source = page(told)
    assert "abc" in source
    assert not any(character in source for character in "\u202e\u2066\x1b\x9b")


def test_no_name_of_a_server_becomes_markup(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path, HOSTILE)
    made.write(Event(OPENED, Series(HOSTILE, HOSTILE), begin=FIRST))
    made.noted(Series(HOSTILE, HOSTILE), units=[{**unit(1, "missing", HOSTILE), "unit": HOSTILE}])
    status = made.status
    status.run = {"failure": {"message": HOSTILE, "hint": HOSTILE, "code": HOSTILE}}
    status.save(NOW, made.ledger.head)
    made.lost(2)
    told = report()
    told["archive"] = f"/srv/{HOSTILE}"
    source = page(told)
    assert "alert" in source
    assert HOSTILE not in source
    found = Read(source)
    assert len(found.of("script")) == 1
    assert [name for _tag, own, _words in found.found for name in own if name.startswith("on")] == []
    assert found.of("h1") == [f"Log archive /srv/{HOSTILE}"]
    assert any(HOSTILE in words for words in found.of("li"))


def test_a_run_that_failed_is_told_with_what_to_do(made: Made, report: Report) -> None:
    status = made.status
    status.run = {"failure": {"message": "No answer.", "hint": "Ask again."}, "seconds": "odd"}
    status.save(NOW, made.ledger.head)
    assert "The last run over uclmongo-1 failed: No answer. Ask again." in Read(page(report())).of("li")


def test_alerts_of_a_kind_are_told_once_and_counted(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    for number in range(9):
        made.lost(1, series=Series(f"node-{number}", "slow"))
    told = [words for words in Read(page(report())).of("li") if "can never be had" in words]
    assert len(told) == 1
    assert "And 8 more like this, all in report.json." in told[0]


def test_a_page_about_nothing(report: Report) -> None:
    found = Read(page(report()))
    assert found.of("div", class_="verdict nothing") == ["Nothing: the archive holds no instance that was chosen."]
    assert "none in sight" in found.of("dd", class_="text")


def test_a_large_fleet_stays_small() -> None:
    """200 instances of three nodes with two types each, 90 days, of a third of them one day in three is empty."""
    found = fleet(200, days=90)
    source = page(found)
    assert source.count('<tr role=row class="row">') == 1200
    assert len(source.encode("utf-8")) < 2_500_000


def test_each_state_has_a_look_of_its_own() -> None:
    assert set(LOOKS) == set(STATES)
    for part in ("style", "sign", "name"):
        assert len({getattr(look, part) for look in LOOKS.values()}) == len(LOOKS)
    assert all(len(look.sign) == 1 and f".{look.style} {{" in STYLE for look in LOOKS.values())


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 has it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_texts_and_signs_have_enough_contrast(theme: int) -> None:
    colours = dict(
        re.findall(r"--([\w-]+): (#\w+);", STYLE.split("prefers-color-scheme: dark")[theme].split("\n* {")[0])
    )
    text_on = [(ink, bg) for ink in ("ink", "soft", "link", "good", "warn", "bad") for bg in ("bg", "card")]
    # The sign of held days is a pattern alone: these are all that is plain.
    signs = [(f"{name}-ink", name) for name in ("empty", "pending", "missing", "lost", "accepted", "pruned", "unseen")]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in [*text_on, *signs, ("quiet-ink", "quiet")]}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    # Marks that are not text need 3 to 1.
    assert contrast(colours["held"], colours["card"]) >= 3


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 KiB"), (150 * 1024, "150 KiB"), (1 << 62, "4096 PiB")]
)
def test_sizes(count: int, words: str) -> None:
    assert _amounts.size(count) == words


def test_numbers_and_instants() -> None:
    assert _amounts.number(1234567) == "1\u202f234\u202f567"
    assert text.moment(None) == "none"
    told = text.timed("<2026-03-01T02:03:04Z>")
    assert told == '&lt;<time datetime="2026-03-01T02:03:04Z">2026-03-01 02:03 UTC</time>&gt;'


def test_the_days_are_named_by_month(made: Made, report: Report) -> None:
    cells = re.findall(r"<i style=--n:(\d+)>(\w*)</i>", page(report()))
    assert cells == [("1", ""), ("8", "Mar")]
    assert SLOW.node in page(report())


def test_each_series_says_how_it_is_collected_and_the_page_what_that_claims(made: Made, report: Report) -> None:
    found = Read(page(report()))
    assert any(row.endswith("slow, by package") for row in found.of("th", role="rowheader"))
    assert found.of("ul", class_="claims") == ["by package every window of the log, as the cloud packaged it"]

# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page in a real browser: in frames of several widths, that a page around them measures and writes down."""

from __future__ import annotations

import html
import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.page import page
from ansible_collections.clouddb.mongodb_logs.tests.tools.programs import needed

from .fleet import fleet

WIDTHS = {"narrow": 390, "wide": 1400, "wide without scripts": 1400}

AROUND = """<!DOCTYPE html><link rel="icon" href="data:,"><body>%s<pre id="measured"></pre><script>
"use strict";
const measured = {};
const here = (node) => node.getBoundingClientRect();
addEventListener("load", () => {
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, root = page.documentElement, map = page.querySelector(".map");
    const rows = [...map.querySelectorAll("details")];
    measured[frame.title] = {
      width: root.clientWidth,
      scroll: root.scrollWidth,
      verdict: [page.querySelector(".verdict").innerText, here(page.querySelector(".verdict")).bottom],
      open: rows.filter((row) => row.open).length,
      strips: [...new Set([...map.querySelectorAll("details[open] .strip")].map((strip) => Math.round(here(strip).width)))],
      newest: here(map.querySelector("summary .strip").lastChild).right <= here(map).right,
      tools: !page.querySelector(".tools").hidden,
      shapes: page.querySelectorAll(".shapes li").length,
      pictures: [...page.querySelectorAll(".shapes svg")].filter((picture) => here(picture).width > 99).length,
      bars: here(page.querySelector(".shapes svg .n")).height,
      beside: here(page.querySelector(".shapes .pic")).right < here(page.querySelector(".shapes .figures")).left,
    };
    if (!measured[frame.title].tools) continue;
    const run = map.querySelector("summary .strip").children[1];
    run.dispatchEvent(new frame.contentWindow.MouseEvent("mousemove", { bubbles: true, clientX: here(run).x + 1 }));
    measured[frame.title].title = run.title;
    page.querySelector(".tools button").click();
    measured[frame.title].unfolded = rows.filter((row) => row.open).length;
    const search = page.querySelector(".tools input");
    search.value = rows[1].querySelector("b").textContent.toUpperCase();
    search.dispatchEvent(new frame.contentWindow.Event("input"));
    measured[frame.title].found = rows.filter((row) => !row.hidden).length;
  }
  document.querySelector("#measured").textContent = JSON.stringify(measured);
});
</script></body>"""


class Seen(NamedTuple):
    """What was measured in each frame, what the browser asked for, and what it wrote on its console."""

    frames: Mapping[str, dict[str, Any]]
    asked: list[str]
    console: list[str]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Look at the page of twelve instances."""
    folder = tmp_path_factory.mktemp("page")
    frames = "".join(
        f'<iframe src="report.html?{number}" title="{title}" style="width:{width}px;height:900px;border:0"'
        f"{' sandbox=allow-same-origin' if 'without' in title else ''}></iframe>"
        for number, (title, width) in enumerate(WIDTHS.items())
    )
    (folder / "report.html").write_text(page(fleet(12, days=90)), "utf-8")
    (folder / "around.html").write_text(AROUND % frames, "utf-8")
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, _form: str, *_arguments: Any) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield look(f"http://127.0.0.1:{server.server_port}/around.html", folder, asked)
        finally:
            server.shutdown()
            thread.join()


def look(address: str, folder: Path, asked: list[str]) -> Seen:
    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
    ]
    speaking = [
        "--headless",
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1500,900",
    ]
    done = subprocess.run(
        [needed("chromium"), *quiet, *speaking, "--dump-dom", address],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    measured = re.search(r'<pre id="measured">(.+?)</pre>', done.stdout)
    assert measured, done.stderr
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return Seen(json.loads(html.unescape(measured[1])), asked, console)


def test_the_page_asks_for_nothing_and_has_no_complaint(seen: Seen) -> None:
    assert sorted(seen.asked) == ["/around.html", *(f"/report.html?{number}" for number in range(len(WIDTHS)))]
    # That the frame without scripts has none is no fault of the page.
    assert [line for line in seen.console if "Blocked script execution" not in line] == []


@pytest.mark.parametrize("title", WIDTHS)
def test_everything_essential_is_seen_at_any_width_and_without_scripts(seen: Seen, title: str) -> None:
    found = seen.frames[title]
    assert found["scroll"] == found["width"] >= WIDTHS[title] - 20  # a scroll bar may stand beside it
    text, bottom = found["verdict"]
    assert text.startswith("Lost: 12 units of 2 instances can never be had any more")
    assert bottom < 400
    # Two of twelve have lost something; all strips of days are as long, and the newest day is in view.
    assert (found["open"], len(found["strips"]), found["newest"]) == (2, 1, True)


@pytest.mark.parametrize("title", WIDTHS)
def test_slow_operations_are_drawn_at_any_width_and_without_scripts(seen: Seen, title: str) -> None:
    found = seen.frames[title]
    assert (found["shapes"], found["pictures"]) == (30, 30)
    assert found["bars"] > 20
    assert found["beside"] == (title != "narrow")


@pytest.mark.parametrize("title", [title for title in WIDTHS if "without" not in title])
def test_the_script_names_days_unfolds_and_finds(seen: Seen, title: str) -> None:
    found = seen.frames[title]
    assert found["tools"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d (held|empty|lost|pending)", found["title"])
    assert (found["unfolded"], found["found"]) == (12, 1)


def test_without_scripts_there_is_nothing_that_needs_one(seen: Seen) -> None:
    assert not seen.frames["wide without scripts"]["tools"]

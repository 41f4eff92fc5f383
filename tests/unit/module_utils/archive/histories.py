# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Histories of a ledger: what runs write, and now and then what nobody would, and what becomes of ledger and checkpoint between."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import CHECKPOINT, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    CLOSED,
    COLLECTED,
    EMPTY,
    EVERY,
    HOLD,
    LOST,
    OPENED,
    PRUNED,
    RELEASED,
    Event,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR
from hypothesis import strategies as st

IDENTITY = {"provider": "dds", "region": "cn-bj2", "project": "default", "instance": "dds-1"}
FIRST = 20_500 * DAY
SERIES = [Series(node, kind) for node in ("n-1", 'n "2"') for kind in ("slow", "audit")]
HASHES = ["ab" * 32, "cd" * 32]

# Few, so that much is told of the same.
instants = st.sampled_from([0, 0, 1, 2, 4, 4, 11, 30]).map(lambda quarters: FIRST + 6 * quarters * HOUR)
spans = st.tuples(instants, st.sampled_from([0, 6, 6, 6, 6, 6, 30])).map(
    lambda pair: Span(pair[0], pair[0] + pair[1] * HOUR)
)


def path_of(series: Series, span: Span, name: str) -> str:
    """Return the path that a file of that name gets."""
    return f"{layout.day_folder(series, span.begin)}/{name}"


@st.composite
def unit_events(draw: st.DrawFn) -> Event:
    """Return what may be known of a unit: as runs write it, and now and then as nobody would."""
    series = draw(st.sampled_from([SERIES[0], SERIES[0], *SERIES]))
    span = draw(spans)
    status = draw(st.sampled_from([COLLECTED, COLLECTED, COLLECTED, EMPTY, LOST, PRUNED, PRUNED, ACCEPTED]))
    sha256 = draw(st.sampled_from(HASHES))
    kind = draw(st.sampled_from(["window"] * 6 + ["log", "log", "export", "odd"]))
    if kind == "window":
        unit = layout.window_unit(span)
        path = path_of(series, span, f"{unit}.log") if status in (COLLECTED, PRUNED) else None
        return Event(status, series, unit, *span, path=path, size=span.end % 97, sha256=sha256)
    if kind == "log":
        unit = draw(st.sampled_from(["17", "18", 'log\n"é"']))
        return Event(
            status, series, unit, *span, path=path_of(series, span, f"audit_{unit[:2]}"), size=7, sha256=sha256
        )
    if kind == "export":
        unit = f"mongod.log.{sha256[:8]}"
        return Event(status, series, unit, path=path_of(series, span, unit), size=5, sha256=sha256)
    path = draw(st.sampled_from([None, "somewhere", "a/b/2026/13/40/c", 'x/"path":/y']))
    begin, end = draw(st.sampled_from([(None, None), (span.begin, None), (span.end, span.begin), tuple(span)]))
    return Event(status, series, draw(st.sampled_from(["odd", "1"])), begin, end, path, None, reason="why")


@st.composite
def other_events(draw: st.DrawFn) -> Event:
    """Return what concerns no unit."""
    status = draw(st.sampled_from([OPENED, OPENED, CLOSED, HOLD, RELEASED]))
    series = draw(st.sampled_from([*SERIES, Series(EVERY, EVERY)]))
    begin = draw(instants)
    return Event(
        status, series, begin=begin, end=begin + 5 * DAY, reason=draw(st.sampled_from([None, "by query", "law"]))
    )


SPOILS = ["not kept", "killed", "copied", "lost", "cut", "flipped", "older", "torn", "rewritten"]

histories = st.lists(
    st.tuples(
        st.lists(unit_events() | unit_events() | other_events(), max_size=10),
        # What becomes of it afterwards.
        st.sampled_from(["kept"] * 6 + SPOILS),
    ),
    min_size=1,
    max_size=6,
)


def spoiled(tree: Tree, what: str, before: bytes | None, position: int) -> None:
    """Let something become of the archive."""
    path = Path(tree.root, CHECKPOINT)
    if what == "copied":
        shutil.copytree(tree.root, f"{tree.root}.new")
        shutil.rmtree(tree.root)
        os.rename(f"{tree.root}.new", tree.root)
    elif what == "torn":
        for last in sorted(Path(tree.root).glob("ledger-*"))[-1:]:
            last.write_bytes(last.read_bytes() + b'{"v":1,"prov')
    elif what == "rewritten":
        # By a tool that spells JSON in another way, and reckons the chain anew.
        prev = "0" * 64
        for ledger in sorted(Path(tree.root).glob("ledger-*")):
            lines = []
            for line in ledger.read_bytes().splitlines():
                value = json.loads(line) if line.endswith(b"}") else {}
                lines.append(json.dumps({**value, "prev": prev}, sort_keys=True).encode())
                prev = hashlib.sha256(lines[-1]).hexdigest()
            ledger.write_bytes(b"".join(line + b"\n" for line in lines))
    elif not path.exists():
        return
    elif what == "lost":
        path.unlink()
    elif what == "cut":
        path.write_bytes(path.read_bytes()[:-3])
    elif what == "flipped":
        data = bytearray(path.read_bytes())
        data[position % len(data)] ^= 1 << position % 8
        path.write_bytes(data)
    elif what == "older" and before:
        path.write_bytes(before)

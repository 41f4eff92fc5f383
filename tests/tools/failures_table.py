# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the table of failures in the troubleshooting guide anew, from the code that uses it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import (
    ANY,
    CAUSES,
    DDS,
    KINDS,
    S3,
    UMONGODB,
)

GUIDE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "guide_troubleshooting.rst"
BEGIN, END = ".. begin of what the code says\n", ".. end of what the code says\n"

_TITLES = {
    UMONGODB: "UCloud family",
    DDS: "Huawei family",
    S3: "The store of a mirror",
    ANY: "Either, and the way there",
}


def tables() -> str:
    """Return the kinds, and the codes of each cloud, as tables of reStructuredText."""
    parts = [_table(("kind", "meaning"), [(f"``{kind}``", meaning) for kind, meaning in KINDS.items()], (15, 85))]
    for cloud, title in _TITLES.items():
        rows = [
            (", ".join(f"``{code}``" for code in cause.codes), f"``{cause.kind}``", cause.meaning, cause.hint)
            for cause in CAUSES
            if cause.cloud == cloud
        ]
        parts += [
            f"{title}\n{'^' * len(title)}\n",
            _table(("code", "kind", "meaning", "what to do"), rows, (20, 12, 28, 40)),
        ]
    return "\n".join(parts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], widths: tuple[int, ...]) -> str:
    lines = [".. list-table::", "  :header-rows: 1", f"  :widths: {' '.join(map(str, widths))}", ""]
    for row in (head, *rows):
        lines += [f"  {'* -' if not number else '  -'} {cell}" for number, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def renewed(guide: str) -> str:
    """Return the guide with its tables as the code has them now."""
    before, _begin, rest = guide.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    GUIDE.write_text(renewed(GUIDE.read_text("utf-8")), encoding="utf-8")

# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: where in the archive a file stands, and what the place of a file tells. Pure; part of archive format 1."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, compact, from_compact, iso

LONGEST_NAME = 200
STATUS = "status.json"
CHECKPOINT = "checkpoint.json"
LOCK = ".lock"
LEDGER = re.compile(r"ledger-\d{4}-\d{2}\.jsonl\Z")

# Names that file servers and desktops leave in any folder, for themselves. What is named so, or stands in a folder that is, is
# none of the archive's.
LITTER = (
    *(
        "@eaDir",
        "@tmp",
        "@Recycle",
        "#recycle",
        "#snapshot",
        ".snapshot",
        ".snapshots",
        "~snapshot",
        "@Recently-Snapshot",
        ".@__thumb",
        ".zfs",
        ".Trash-*",
        "$RECYCLE.BIN",
        "RECYCLER",
    ),
    *("Thumbs.db", "ehthumbs.db", "desktop.ini", "System Volume Information"),
    *(".DS_Store", "._*", ".AppleDouble", ".apdisk", ".TemporaryItems", ".Trashes", ".Spotlight-V100", ".fseventsd"),
    *(".nfs*", ".fuse_hidden*", ".smbdelete*", ".directory", "lost+found"),
)
_LITTER = re.compile(rf"(?:^|/)(?:{'|'.join(re.escape(name) for name in LITTER)})(?:/|\Z)".replace(r"\*", "[^/]*"))

_WINDOW = re.compile(r"(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)((?:\+[0-9a-f]{8}(?:[0-9a-f]{56})?)?)(\..+)?\Z")
_DAY_FILE = re.compile(r"([^/]+)/([^/]+)/(\d{4})/(\d{2})/(\d{2})/([^/]+)\Z")
_CONTENT_MARK = re.compile(r"[.+]([0-9a-f]{8}|[0-9a-f]{64})\Z")
_EXTENSION = re.compile(r"((?:\.tar)?\.[A-Za-z0-9]{1,8})\Z")


class Series(NamedTuple):
    """One node and log type of an instance."""

    node: str
    log_type: str


class Place(NamedTuple):
    """What the path of an archived file tells.

    ``day`` is when the UTC day of its folder begins; ``span`` is None unless the name is that of a window, and ``late`` empty
    unless it is that of entries which showed up after the window was collected.
    """

    series: Series
    name: str
    day: int
    span: Span | None
    late: str = ""

    @property
    def window(self) -> str | None:
        """Return the unit that a file of a window holds; None where it is not one."""
        return window_unit(self.span) + self.late if self.span else None


def safe_name(name: str, unit: str) -> str:
    """Return a name that comes from a server as one that a file may have.

    Only ``[A-Za-z0-9._-]``, at most 200 characters, never starting with a dot or a dash. A name that had to change, or
    was none, gets 12 hex digits of the SHA-256 of its unit's id, so that no two units share a file.
    """
    clean = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".-")
    if clean == name and 0 < len(clean) <= LONGEST_NAME:
        return clean
    return _marked(clean, unit)


def apart(path: str, unit: str) -> str:
    """Return a path for a unit whose own is another unit's: servers have given two files one name."""
    folder, _slash, name = path.rpartition("/")
    return f"{folder}/{_marked(name, unit)}"


def _marked(name: str, unit: str) -> str:
    mark = "-" + hashlib.sha256(unit.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return (name[: LONGEST_NAME - len(mark)] + mark).lstrip("-")


def instance_folder(provider: str, region: str, project: str | None, instance: str) -> str:
    """Return the folder of an instance, relative to the archive."""
    return "/".join(safe_name(part, part) for part in (provider, region, project or "default", instance))


def window_unit(span: Span) -> str:
    """Return the id of the unit that a window of a series is."""
    return f"{compact(span.begin)}_{compact(span.end)}"


def window_path(series: Series, span: Span, extension: str, late: str = "") -> str:
    """Return where the file of a window, or of its late entries, stands, relative to the instance's folder."""
    return f"{day_folder(series, span.begin)}/{window_unit(span)}{late}{extension}"


def late_mark(sha256: str, digits: int) -> str:
    """Return what the name of a window's late entries ends with."""
    return f"+{sha256[:digits]}"


def late_unit(span: Span) -> str:
    """Return what stands for the late entries of a window as long as their bytes are not known."""
    return f"{window_unit(span)}+"


def is_late(unit: str) -> bool:
    """Tell whether a unit is late entries of a window."""
    return "+" in unit


def named_path(series: Series, begin: int, name: str, unit: str) -> str:
    """Return where a file that the cloud named stands, relative to the instance's folder."""
    return f"{day_folder(series, begin)}/{safe_name(name, unit)}"


def content_mark(name: str) -> str | None:
    """Return the digits of the SHA-256 of its content that end a file's name; None when there are none."""
    match = _CONTENT_MARK.search(name)
    return match.group(1) if match else None


def part_path(path: str) -> str:
    """Return where a file is while it is being downloaded: beside its place."""
    folder, _slash, name = path.rpartition("/")
    return f"{folder}/.{name}.part"


def is_part(path: str) -> bool:
    """Tell whether a path is that of a file that is, or was, being written."""
    name = path.rpartition("/")[2]
    return name.startswith(".") and name.endswith(".part")


def is_litter(path: str) -> bool:
    """Tell whether a path is that of a file which a file server or a desktop left, by the patterns of ``LITTER``."""
    return bool(_LITTER.search(path))


def extension(name: str) -> str:
    """Return the extension of a file's name with its dot, such as ``.tar.gz``; empty when there is none."""
    match = _EXTENSION.search(name)
    return match.group(1) if match else ""


def place(path: str) -> Place | None:
    """Return what a path relative to the instance's folder tells; None when it is no path of an archived file."""
    match = _DAY_FILE.match(path)
    # No name that this collection gives has other characters; one of a file that somebody put there may be no text at all.
    if not match or match.group(6).startswith(".") or not path.isascii() or is_litter(path):
        return None
    node, log_type, year, month, day, name = match.groups()
    window = _WINDOW.match(name)
    try:
        first = from_compact(f"{year}{month}{day}T000000Z")
        span = Span(from_compact(window.group(1)), from_compact(window.group(2))) if window else None
    except ValueError:
        return None
    return Place(Series(node, log_type), name, first, span, window.group(3) if window else "")


@lru_cache(maxsize=1024)
def day_of(folder: str) -> int | None:
    """Return the day, counted since 1970, of a folder of files of a day; None when it is none."""
    found = place(f"{folder}/x")
    return found.day // DAY if found else None


@lru_cache(maxsize=1024)
def series_folder(series: Series) -> str:
    """Return the folder of a series' days, with a slash at its end."""
    return "".join(f"{safe_name(part, part)}/" for part in series)


def day_folder(series: Series, instant: int) -> str:
    """Return the folder of a series' files of the UTC day of an instant, relative to the instance's folder."""
    return f"{series_folder(series)}{iso(instant)[:10].replace('-', '/')}"

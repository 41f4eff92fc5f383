# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an API answered, read field by field: another shape than the documented one is a fault with a name.

A field that is absent, null or empty text is None, as few fields of either cloud are promised; unknown fields are nobody's
business. Numbers may come as digits in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import LATEST
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

_DIGITS = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
_LONGEST_NUMBER = 10**18


def whole(value: object) -> int | None:
    """Return a number from zero on that an API gave, also as digits in quotes; None for anything else."""
    if isinstance(value, str) and _DIGITS.match(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LONGEST_NUMBER:
        return value
    return None


class Record(dict[str, Any]):
    """An object of an answer, and where it stood there. Every method raises CloudError for what is of another shape."""

    def __init__(self, fields: Mapping[str, Any], where: str) -> None:
        super().__init__(fields)
        self._where = where + "." if where else ""

    def text(self, field: str) -> str | None:
        """Return words, without what is not printable. A number is taken as it is written."""
        value = self.get(field)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise self._fault(field, "no text")
        return printable(value) or None if value else None

    def written(self, field: str) -> str | None:
        """Return a text as it stands there."""
        value = self.get(field)
        if value is not None and not isinstance(value, str):
            raise self._fault(field, "no text")
        return value or None

    def id(self, field: str) -> str | None:
        """Return what names a thing, which has to be what the API takes back: nothing is left out of it."""
        text = self.text(field)
        if text is not None and text != str(self[field]):
            raise self._fault(field, "no id, as not all of it is printable")
        return text

    def needed_id(self, field: str) -> str:
        """Return what names a thing, and must be there."""
        found = self.id(field)
        if found is None:
            raise self._fault(field, "missing")
        return found

    def whole(self, field: str) -> int | None:
        """Return a number from zero on."""
        value = self.get(field)
        if value is None or value == "":
            return None
        number = whole(value)
        if number is None:
            raise self._fault(field, "no whole number")
        return number

    def needed_whole(self, field: str) -> int:
        """Return a number from zero on that must be there."""
        found = self.whole(field)
        if found is None:
            raise self._fault(field, "missing")
        return found

    def instant(self, field: str) -> int | None:
        """Return Unix seconds."""
        number = self.whole(field)
        if number is not None and number >= LATEST:
            raise self._fault(field, "no time in seconds")
        return number

    def flag(self, field: str) -> bool | None:
        """Return yes or no."""
        value: object = self.get(field)
        if value is None or value == "":
            return None
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        raise self._fault(field, "neither true nor false")

    def record(self, field: str) -> Record | None:
        """Return the object of a field. Some servers write an empty one as an empty list."""
        value = self.get(field)
        if value is None or value in ("", []):
            return None
        if not isinstance(value, dict):
            raise self._fault(field, "no object")
        return Record(value, self._where + field)

    def records(self, field: str) -> list[Record]:
        """Return the objects of a list; what else stands there is left out."""
        rows = enumerate(self.sequence(field))
        return [Record(row, f"{self._where}{field}[{number}]") for number, row in rows if isinstance(row, dict)]

    def every_record(self, field: str, *, needed: bool = False) -> list[Record]:
        """Return the objects of a list in which nothing else may stand, as what is left out there counts as gone.

        ``needed``: the list must be there, empty or not.
        """
        found = self.needed_records(field) if needed else self.records(field)
        if len(found) != len(self.sequence(field)):
            raise self._fault(field, "no list of objects")
        return found

    def needed_records(self, field: str) -> list[Record]:
        """Return the objects of a list that must be there, empty or not."""
        if self.get(field) is None:
            raise self._fault(field, "missing")
        return self.records(field)

    def texts(self, field: str) -> list[str]:
        """Return the texts of a list, without what is not printable; what else stands there is left out."""
        return [printable(item) for item in self.sequence(field) if isinstance(item, str)]

    def sequence(self, field: str) -> list[Any]:
        """Return a list as it stands there."""
        value = self.get(field)
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            raise self._fault(field, "no list")
        return value

    def _fault(self, field: str, what: str) -> CloudError:
        return CloudError(f"The answer cannot be understood: {self._where}{field} is {what}.", code="bad_answer")

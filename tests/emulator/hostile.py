# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""File names that no server should send, and that a collector must survive."""

from __future__ import annotations

import hashlib

FORMS = ("parent", "absolute", "newline", "long", "dash", "same", "empty")


def hostile_name(name: str, form: str | None = None) -> str:
    """Turn a name into a hostile one: in the given form, else in one that follows from the name."""
    form = form or FORMS[hashlib.sha256(name.encode()).digest()[0] % len(FORMS)]
    return {
        "parent": f"../../../../{name}",
        "absolute": f"/tmp/{name}",
        "newline": f"{name}\nstatus: collected\x1b[31m\u202e",
        "long": (name + "-" + "n" * 300)[:300],
        "dash": f"-rf {name}",
        "same": "audit.log",
        "empty": "",
    }[form]

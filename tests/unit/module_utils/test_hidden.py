# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A refusal may repeat what proved who asks, in any spelling."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._hidden import without
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer
from hypothesis import given
from hypothesis import strategies as st

KEY = "AKIDEXAMPLE1234+/=x"

Spell = Callable[[str], str]

SPELLINGS: dict[str, Spell] = {
    "as it is": str,
    "small": str.lower,
    "capitals": str.upper,
    "URL": lambda key: quote(key, safe=""),
    "form": quote_plus,
    "URL twice": lambda key: quote(quote(key, safe=""), safe=""),
    "URL, small": lambda key: quote(key, safe="").lower(),
    "HTML": html.escape,
    "HTML by numbers": lambda key: "".join(f"&#{ord(one)};" for one in key),
    "JSON": lambda key: json.dumps(key)[1:-1],
    "JSON of PHP": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "Base64": lambda key: base64.b64encode(key.encode()).decode(),
    "Base64 of more": lambda key: base64.b64encode(f"id:{key}:".encode()).decode(),
    "Base64 of URLs": lambda key: base64.urlsafe_b64encode(f"i{key}".encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex().upper(),
    "lines": lambda key: "\n".join(key[at : at + 5] for at in range(0, len(key), 5)),
    "unseen characters": "\u200b".join,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_key_that_comes_back_is_not_shown(spelling: str) -> None:
    told = SPELLINGS[spelling](KEY)
    shown = Answer("h", 401, {}, b"", (KEY,)).plain(f"The key {told} is not known.")
    assert shown.startswith("The key ") and "..." in shown and shown.endswith(" is not known.")
    # What comes before and after it in Base64 may stay.
    assert len(shown) <= len("The key ... is not known.") + 10
    assert KEY[:6].lower() not in shown.lower()


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=6).filter(
        lambda key: len(re.sub(r"[\s+\\]", "", key)) > 5
    ),
    st.sampled_from(["as it is", "URL", "form", "HTML by numbers", "JSON", "Base64"]),
)
def test_a_password_of_any_characters_is_not_shown(password: str, spelling: str) -> None:
    told = SPELLINGS[spelling](password)
    assert told not in without(f"before {told} after", [password])


@given(st.text())
def test_other_words_stay(words: str) -> None:
    assert without(words, [KEY, "short"]) == words

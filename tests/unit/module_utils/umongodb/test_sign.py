# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signature of the UCloud family: the contract's vectors, and how values are written."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.sign import Value, signature, text
from hypothesis import given
from hypothesis import strategies as st

KEY = "46f09bb9fab4f12dfc160dae12273d5332b5debe"
DESCRIBE: dict[str, Value] = {"Action": "DescribeUHostInstance", "Region": "cn-bj2", "Limit": 10}
TEMPORARY: dict[str, Value] = {
    "Action": "foo",
    "Name": "foo",
    "ProjectId": "bar",
    "PublicKey": "foo",
    "Region": "cn-bj2",
    "SecurityToken": "42",
    "Zone": "cn-bj2-02",
}


@pytest.mark.parametrize(
    ("params", "key", "expected"),
    [
        (
            {**DESCRIBE, "PublicKey": "ucloudsomeone@example.com1296235120854146120"},
            KEY,
            "cba5cf5ec4d4233d206b1b54951e3787350a642f",
        ),
        (
            {**DESCRIBE, "PublicKey": "someone@example.com1296235120854146120"},
            KEY,
            "4201919d267504385deb93af19e0197870fed36b",
        ),
        (TEMPORARY, "bar", "170de002e3ca3acdc3a790badc4d14b09d183e4b"),
    ],
)
def test_the_published_vectors_are_met(params: dict[str, Value], key: str, expected: str) -> None:
    assert signature(params, key) == expected


def test_the_signature_itself_is_not_signed() -> None:
    assert signature({**TEMPORARY, "Signature": "anything"}, "bar") == signature(TEMPORARY, "bar")


def test_nothing_is_escaped_and_other_alphabets_are_utf_8() -> None:
    expected = hashlib.sha1("a&=+ %bé日key".encode()).hexdigest()
    assert signature({"bé": "日", "a": "&=+ %"}, "key") == expected


params = st.dictionaries(st.text("abcXYZ.", min_size=1), st.text("abc019 +&%"), min_size=1, max_size=6)


@given(params)
def test_the_order_in_which_parameters_were_given_does_not_matter(given_params: dict[str, str]) -> None:
    assert signature(dict(reversed(given_params.items())), KEY) == signature(given_params, KEY)


@given(params, st.text("abc", min_size=1))
def test_another_value_or_key_has_another_signature(given_params: dict[str, str], more: str) -> None:
    name = max(given_params)
    assert signature({**given_params, name: given_params[name] + "!" + more}, KEY) != signature(given_params, KEY)
    assert signature(given_params, KEY + more) != signature(given_params, KEY)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (-7, "-7"),
        (7.0, "7"),
        (0.5, "0.5"),
        (1e20, "100000000000000000000"),
        (1e-3, "0.001"),
        ("True", "True"),
        ("", ""),
    ],
)
def test_values_are_written_as_the_api_wants_them(value: Value, written: str) -> None:
    assert text(value) == written

# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of codes is whole, says each thing once, and falls back on the HTTP status."""

from __future__ import annotations

import re

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import (
    ANY,
    BUSY,
    CAUSES,
    CLOUD_FAULT,
    CREDENTIALS,
    DDS,
    KINDS,
    NOT_FOUND,
    PARAMETER,
    PERMISSION,
    THROTTLED,
    UMONGODB,
    Cause,
    cause_of,
)

# The codes that the vendors document, by what they mean.
DOCUMENTED = {
    (UMONGODB, CLOUD_FAULT): ("110", "130", "150"),
    (UMONGODB, THROTTLED): ("153",),
    (UMONGODB, PARAMETER): ("160", "161"),
    (UMONGODB, CREDENTIALS): ("170", "171", "172", "174", "294", "295"),
    (UMONGODB, NOT_FOUND): ("292", "8039"),
    (UMONGODB, BUSY): ("7096", "7097", "7139"),
    (UMONGODB, PERMISSION): ("293", "299"),
    (DDS, THROTTLED): ("APIG.0308", "APIGW.0308", "DBS.280443"),
    (DDS, BUSY): (
        *("DBS.200011", "DBS.200018", "DBS.200019", "DBS.200076", "DBS.201000", "DBS.201014", "DBS.201015"),
        *("DBS.200047", "DBS.200998", "DBS.201202", "DBS.280042", "DBS.212003", "DBS.00010009", "DBS.239037"),
    ),
    (DDS, NOT_FOUND): (
        *("DBS.200002", "DBS.201028", "DBS.280110", "DBS.201501", "DBS.201502", "DBS.280404"),
        *("DBS.200013", "DBS.200451", "DBS.216026", "DBS.280407", "DBS.216030"),
        *("DBS.200010", "DBS.200604", "DBS.280015", "DBS.280408", "DBS.280016"),
    ),
    (DDS, PARAMETER): (
        *("DBS.280067", "DBS.280068", "DBS.280409", "DBS.280439", "DBS.280440", "DBS.280343", "DBS.280347"),
        *("DBS.280066", "DBS.280361", "DBS.280416", "DBS.200001", "DBS.200004", "DBS.200095", "DBS.201006"),
        *("DBS.280001", "DBS.290000", "APIG.0101", "APIGW.0101", "APIGW.0103"),
    ),
    (DDS, CREDENTIALS): (
        *("APIG.0301", "APIGW.0301", "APIGW.0303", "APIG.0305", "APIGW.0311", "APIGW.0307", "DBS.280056"),
    ),
    (DDS, PERMISSION): (
        *("DBS.280032", "DBS.280063", "DBS.280433", "DBS.280019", "APIG.0302", "APIGW.0304", "APIGW.0306"),
        *("APIGW.0310", "APIG.0401", "APIGW.0402", "APIGW.0801", "APIG.0802"),
    ),
    (DDS, CLOUD_FAULT): ("DBS.201509", "DBS.280005", "DBS.280064", "APIGW.0613"),
}


@pytest.mark.parametrize(
    ("cloud", "kind", "code"), [(*key, code) for key, codes in DOCUMENTED.items() for code in codes]
)
def test_every_documented_code_has_a_row_with_its_kind(cloud: str, kind: str, code: str) -> None:
    cause = cause_of(cloud, code)
    assert cause in CAUSES
    assert (cause.cloud, cause.kind) == (cloud, kind)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: f"{cause.cloud} {cause.codes[0]}")
def test_every_row_says_what_to_do_in_one_sentence(cause: Cause) -> None:
    assert cause.kind in KINDS
    assert cause.meaning
    assert not cause.meaning.endswith(".")
    assert re.fullmatch(r"[A-Z][^.\n]*(?:\.\w[^.\n]*)*\.", cause.hint), cause.hint


def test_no_code_stands_twice_and_every_kind_is_used() -> None:
    codes = [(cause.cloud, code) for cause in CAUSES for code in cause.codes]
    assert len(codes) == len(set(codes))
    assert {cause.kind for cause in CAUSES} | {"clock"} == set(KINDS)
    assert all(meaning.endswith(".") for meaning in KINDS.values())


@pytest.mark.parametrize(
    ("cloud", "code", "status", "first"),
    [
        *((UMONGODB, code, 0, "cluster_id") for code in ("not_found", "8039")),
        (UMONGODB, "65101", 200, "cluster_id"),
        (UMONGODB, "230", 200, "region"),
        (UMONGODB, "292", 200, "project_id"),
        *((DDS, code, 404, "instance_id") for code in ("not_found", "DBS.200002", "DBS.280404", "DBS.280016")),
        *((DDS, code, 403, "project_id") for code in ("DBS.200010", "DBS.280408")),
        (ANY, "unknown_host", 0, "region"),
        (UMONGODB, "unknown_host", 0, "api_url"),
        (ANY, "404", 404, "the ids"),
    ],
)
def test_what_may_be_mistyped_is_told_by_what_to_look_at_first(cloud: str, code: str, status: int, first: str) -> None:
    assert cause_of(cloud, code, status).hint.startswith(f"Check {first} first")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, PARAMETER), (413, PARAMETER), (502, CLOUD_FAULT), (504, CLOUD_FAULT)]
)
def test_a_code_of_many_causes_has_the_kind_of_its_status(status: int, kind: str) -> None:
    assert cause_of(DDS, "APIGW.0201", status).kind == kind


@pytest.mark.parametrize("cloud", [UMONGODB, DDS, ANY])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((400, PARAMETER), (401, CREDENTIALS), (403, PERMISSION), (404, NOT_FOUND), (409, PARAMETER)),
        *((429, THROTTLED), (500, CLOUD_FAULT), (503, CLOUD_FAULT), (599, CLOUD_FAULT), (0, CLOUD_FAULT)),
    ],
)
def test_a_code_that_is_not_known_has_the_kind_of_its_status(cloud: str, status: int, kind: str) -> None:
    cause = cause_of(cloud, "NEW.0001", status)
    assert cause.kind == kind
    assert cause.hint.endswith(".") or not status


def test_a_code_of_a_cloud_goes_before_its_status_and_is_of_that_cloud_alone() -> None:
    assert cause_of(DDS, "DBS.200019", 403).kind == BUSY
    assert cause_of(UMONGODB, "DBS.200019", 403).kind == PERMISSION
    assert cause_of(ANY, "not_found").kind == CLOUD_FAULT
    assert {cause_of(cloud, "not_found").kind for cloud in (UMONGODB, DDS)} == {NOT_FOUND}

# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that a server gives page by page, and servers that never come to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.paging import (
    Page,
    ReadPage,
    pages,
    pages_at_once,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from hypothesis import given
from hypothesis import strategies as st

ROWS = [Record({"id": number}, "") for number in range(250)]


@given(st.integers(0, 250), st.integers(1, 100), st.booleans())
def test_every_row_comes_once_in_order_with_a_total_or_without(count: int, size: int, tells: bool) -> None:
    rows = ROWS[:count]

    def read(offset: int) -> Page:
        return Page(rows[offset : offset + size], count if tells else None)

    for found in (pages(read), pages_at_once(read)):
        assert [row for page in found for row in page.rows] == rows


@given(st.integers(1, 250), st.integers(1, 100), st.integers(0, 99))
def test_a_total_that_is_passed_by_ends_nothing(count: int, size: int, total: int) -> None:
    rows, total = ROWS[:count], min(total, size - 1, count - 1)

    def read(offset: int) -> Page:
        return Page(rows[offset : offset + size], total)

    for found in (pages(read), pages_at_once(read)):
        assert [row for page in found for row in page.rows] == rows


@pytest.mark.parametrize("read_pages", [pages, pages_at_once])
@pytest.mark.parametrize("total", [None, 7])
def test_a_server_that_takes_no_notice_of_the_offset_is_an_error(
    read_pages: Callable[[ReadPage], Iterator[Page]], total: int | None
) -> None:
    with pytest.raises(CloudError) as caught:
        list(read_pages(lambda _offset: Page(ROWS[:100], total)))
    assert caught.value.code == "list_moves"

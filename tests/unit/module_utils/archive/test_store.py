# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is plainly no log, whatever its status, its length and what it is called say."""

from __future__ import annotations

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.store import foreign, promise, refusal

XML = b'<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(
    "head",
    [
        b"<head><title>Sign in</title>",
        b"<script>location.href='/login'</script>",
        b'\n<META http-equiv="refresh" content="0;url=/login">',
        b"<!-- login --><!-- 2 --><HTML>",
        XML + b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html xmlns="x">',
        XML + b"\n<html>",
    ],
)
def test_a_page_is_one_however_it_begins(head: bytes) -> None:
    assert foreign("", head, "a.log") == "a web page"
    assert foreign("", head, "a.html") is None


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"\xef\xbb\xbf\r\n " + XML + b"<Error><Code>NoSuchKey</Code></Error>", " (NoSuchKey)"),
        (XML + b'<?xml-stylesheet href="x"?><!-- a > b --><Error><Code>NoSuchKey</Code></Error>', " (NoSuchKey)"),
        (XML + b"<!DOCTYPE Error><Error><Code>NoSuchKey</Code></Error>", " (NoSuchKey)"),
        (b"<ErrorResponse xmlns='x'><Error><Type>Sender</Type><Code>Throttling</Code>", " (Throttling)"),
        (b"<s:Error><s:Code>a b</s:Code>", ""),
        (b"<Error><Message>Denied</Message></Error>", ""),
        (b"<Error/>", ""),
        (b'{"RetCode":-148643,"ErrMsg":"invalid signature"}', " (-148643)"),
        (b'{"error_code":"DBS.280005","error_msg":"Server failure"}', " (DBS.280005)"),
        (b' {"error":{"code":"x y","message":"Server failure"}}', ""),
    ],
)
def test_an_error_document_is_one_however_it_begins(head: bytes, code: str) -> None:
    assert foreign("", head, "a.log") == f"an error document{code}"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<",
        b"<Errors>",
        b"<!-- never ends",
        XML,
        XML + b"<log><Error><Code>x</Code></Error></log>",
        b"2026-11-20T00:00:00 <html>",
        b'{"t":{"$date":"2026-11-20T00:00:00Z"},"s":"E","msg":"error","attr":{"error":{"code":1,"message":"x"}}}',
        b'{"error":"x","message":"y"}\n',
        b'["RetCode","Message"]',
    ],
)
def test_a_log_is_none(head: bytes) -> None:
    assert foreign("application/octet-stream", head, "a.log") is None


def test_what_stands_before_the_root_is_gone_through_once() -> None:
    assert foreign("", b"<!---->" * 500 + b"x", "a.log") is None
    assert refusal(b"<!---->" * 500 + b"x") == ("", False)


@pytest.mark.parametrize(
    ("sent", "coding"),
    [
        ("identity", ""),
        ("identity, gzip", "gzip"),
        ("aws-chunked", ""),
        ("aws-chunked,GZIP", "gzip"),
        ("gzip, gzip", "gzip, gzip"),
    ],
)
def test_only_what_changes_the_bytes_is_a_coding(sent: str, coding: str) -> None:
    said = promise(200, {"Content-Encoding": sent})
    assert said
    assert said.coding == coding


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("x-obs-server-side-encryption", True),
        ("X-Amz-Server-Side-Encryption-Customer-Algorithm", True),
        ("x-obs-next-append-position", True),
        ("x-amz-mp-parts-count", True),
        ("X-Static-Large-Object", True),
        ("x-obs-storage-class", False),
    ],
)
def test_headers_tell_that_a_tag_is_no_checksum(name: str, told: bool) -> None:
    said = promise(200, {name: "1", "ETag": '"0123456789abcdef0123456789abcdef"'})
    assert said
    assert said.sealed is told

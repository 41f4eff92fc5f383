# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloads: verified before they get their name, and nothing left behind when they fail."""

from __future__ import annotations

import base64
import errno
import gzip
import hashlib
import os
import socket
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import transfer
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import CHUNK, Digest, Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import part_path
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.transfer import EXPIRED, Download
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.unit.clients import http, umongodb
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import CUT, Reply, scripted

PATH = "node/slow/2026/11/20/a.tar.gz"
SECRET = "c2VjcmV0"
BODY = b"bytes of a log\n" * 100


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An archive that is there and empty."""
    return Tree(str(tmp_path), Ownership())


def download(session: Http, link: str, tree: Tree, path: str, *, named_size: int | None) -> Digest:
    """Download a file and give it its name."""
    digest = Download(session, tree, path, named_size, lambda: False).run(lambda: link)
    tree.publish({part_path(path): path})
    return digest


def etag(body: bytes, form: str = '"{}"') -> dict[str, str]:
    return {"ETag": form.format(hashlib.md5(body).hexdigest())}


def fetched(tree: Tree, *replies: Reply, named_size: int | None = None) -> Digest:
    """Download what a server replies with."""
    with scripted(*replies) as server:
        link = f"{server.url}/a.tar.gz?Signature={SECRET}"
        return download(http(Emulator()), link, tree, PATH, named_size=named_size)


def fails(tree: Tree, call: Callable[[], object], kind: type[LogsError] = CloudError) -> LogsError:
    """Return the error of a download, which leaves no file and shows no secret."""
    with pytest.raises(kind) as caught:
        call()
    assert list(tree.files()) == []
    assert SECRET not in str(caught.value.result())
    return caught.value


# -- what arrives


@pytest.mark.parametrize("body", [BODY, b"x", os.urandom(CHUNK) * 2 + b"rest"], ids=["usual", "byte", "chunks"])
def test_a_file_gets_its_name_its_bytes_and_its_digest(tree: Tree, body: bytes) -> None:
    digest = fetched(tree, Reply(body=body, headers=etag(body)))
    assert digest == Digest(len(body), hashlib.sha256(body).hexdigest()) == tree.digest(PATH)
    assert list(tree.files()) == [PATH]


@pytest.mark.parametrize(
    "headers",
    [{}, {"ETag": '"0123456789abcdef0123456789abcdef-5"'}, {"ETag": 'W/"weak"'}, etag(BODY, "{}"), {"ETag": ""}],
    ids=["none", "multipart", "weak", "bare", "empty"],
)
def test_an_etag_that_is_no_md5_proves_nothing(tree: Tree, headers: dict[str, str]) -> None:
    assert fetched(tree, Reply(body=BODY, headers=headers)).size == len(BODY)


@pytest.mark.parametrize("named", [1, len(BODY) - 1, len(BODY) + 1])
def test_a_file_of_another_size_than_the_api_named_is_refused_whatever_agrees(tree: Tree, named: int) -> None:
    error = fails(tree, lambda: fetched(tree, Reply(body=BODY, headers=etag(BODY)), named_size=named))
    assert error.code == "wrong_size"


@pytest.mark.parametrize("named_size", [None, 0])
def test_an_empty_file_is_a_file_where_no_bytes_were_named(tree: Tree, named_size: int | None) -> None:
    assert fetched(tree, Reply(body=b""), named_size=named_size) == Digest(0, hashlib.sha256(b"").hexdigest())
    assert tree.read(PATH) == b""


def test_bytes_are_kept_as_they_come_and_never_decompressed(tree: Tree) -> None:
    body = b"\x1f\x8b not gzip at all"
    fetched(tree, Reply(body=body, headers={"Content-Encoding": "gzip", **etag(body)}))
    assert tree.read(PATH) == body


def test_what_a_killed_run_left_is_thrown_away(tree: Tree) -> None:
    tree.append("node/slow/2026/11/20/.a.tar.gz.part", b"half of something much longer" * 1000)
    fetched(tree, Reply(body=BODY))
    assert list(tree.files()) == [PATH]
    assert tree.read(PATH) == BODY


# -- what must not


def test_an_empty_body_where_bytes_were_named_is_refused(tree: Tree) -> None:
    assert fails(tree, lambda: fetched(tree, Reply(body=b""), named_size=9)).code == "empty_body"


def test_a_short_body_is_refused(tree: Tree) -> None:
    assert fails(tree, lambda: fetched(tree, Reply(body=BODY, promised=len(BODY) + 1))).code in ("cut", "short_body")


def test_a_short_body_is_noticed_without_the_help_of_urllib3(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib3.response.HTTPResponse._init_length", lambda _self, _method: None)
    error = fails(tree, lambda: fetched(tree, Reply(body=BODY, promised=len(BODY) + 1)))
    assert error.code == "short_body"
    assert f"sent {len(BODY)} of {len(BODY) + 1} bytes" in error.message


def test_a_promise_that_is_no_number_is_none(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib3.response.HTTPResponse._init_length", lambda _self, _method: None)
    assert fetched(tree, Reply(body=BODY, headers={"Content-Length": "\u00b2"})).size == len(BODY)


def test_bytes_beyond_the_promise_are_cut_off(tree: Tree) -> None:
    assert fetched(tree, Reply(body=BODY, promised=5)).size == 5


def test_a_corrupt_body_is_refused(tree: Tree) -> None:
    replies = [Reply(body=BODY + str(number).encode(), headers=etag(BODY)) for number in range(5)]
    error = fails(tree, lambda: fetched(tree, *replies))
    assert (error.code, "MD5" in error.message) == ("corrupt_body", True)


@pytest.mark.parametrize("status", [204, 301, 302, 400, 404, 500, 503])
def test_only_a_whole_answer_is_a_file(tree: Tree, status: int) -> None:
    error = fails(tree, lambda: fetched(tree, Reply(status, b"", {"Location": "http://127.0.0.1:1/x"})))
    assert isinstance(error, CloudError)
    assert (error.code, error.status, error.passing) == (str(status), status, status >= 500)


def test_a_link_that_leads_to_no_host_is_told_by_what_let_it(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_arguments: object, **_named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "as a resolver says")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    link = f"http://ufile.internal/a.tar.gz?Signature={SECRET}"
    error = fails(tree, lambda: download(http(Emulator()), link, tree, PATH, named_size=None))
    assert (error.code, error.message) == ("unknown_host", "There is no host ufile.internal.")
    assert "link=intranet" in error.hint and "region" not in error.hint


def test_a_link_that_is_no_longer_good_says_so(tree: Tree) -> None:
    error = fails(tree, lambda: fetched(tree, Reply(403, b"<Error>Request has expired</Error>")))
    assert (error.code, error.message) == (EXPIRED, "127.0.0.1 no longer accepts the link.")


def test_a_connection_that_is_cut_is_an_error(tree: Tree) -> None:
    assert fails(tree, lambda: fetched(tree, CUT)).code == "cut"


@pytest.mark.parametrize(
    "link",
    [
        "ftp://example.com/a?Signature=c2VjcmV0",
        "file:///etc/passwd",
        "/etc/passwd",
        "https:///a?Signature=c2VjcmV0",
        "http://[::1/a?Signature=c2VjcmV0",
        "javascript:c2VjcmV0",
        "",
    ],
)
def test_a_link_to_another_scheme_is_not_followed(tree: Tree, link: str) -> None:
    error = fails(tree, lambda: download(http(Emulator()), link, tree, PATH, named_size=None))
    assert error.code == "bad_link"


def test_a_bad_file_never_replaces_a_good_one(tree: Tree) -> None:
    fetched(tree, Reply(body=BODY))
    for reply in (Reply(body=b"short", promised=9), Reply(404), Reply(403), CUT):
        with pytest.raises(CloudError):
            fetched(tree, reply)
        assert (list(tree.files()), tree.read(PATH)) == ([PATH], BODY)


@pytest.mark.parametrize("step", ["write_all", "fsync", "rename"])
def test_a_disk_that_fails_leaves_no_file_with_that_name(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    fetched(tree, Reply(body=b"made the folders"))
    tree.remove(PATH)
    with monkeypatch.context() as patch:
        patch.setattr(transfer if step == "write_all" else os, step, full)
        error = fails_on_disk(tree, lambda: fetched(tree, Reply(body=BODY)))
    assert (error.code, error.message.startswith("/")) == ("ENOSPC", True)
    assert tree.digest(PATH) is None


def fails_on_disk(tree: Tree, call: Callable[[], object]) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        call()
    assert SECRET not in str(caught.value.result())
    return caught.value


def test_a_folder_in_place_of_the_file_is_refused_and_nothing_is_left(tree: Tree) -> None:
    os.makedirs(f"{tree.root}/{PATH}")
    assert fails(tree, lambda: fetched(tree, Reply(body=BODY)), ArchiveError).code == "EISDIR"


# -- what vouches for a file


def received(tree: Tree, *replies: Reply, named_size: int | None = None) -> tuple[Download, int]:
    """Download what a server replies with; return the download and how many requests it took."""
    with scripted(*replies) as server:
        download = Download(http(Emulator()), tree, PATH, named_size, lambda: False)
        download.run(lambda: f"{server.url}/a?Signature={SECRET}")
        return download, len(server.requests)


BARE = Reply(body=BODY, headers={"Content-Length": ""})
MD5 = {"Content-MD5": f" {base64.b64encode(hashlib.md5(BODY).digest()).decode()} "}
SEALED = {**etag(b"other"), "x-obs-server-side-encryption": "kms"}
US3 = base64.urlsafe_b64encode((1).to_bytes(4, "little") + hashlib.sha1(BODY).digest()).decode()


@pytest.mark.parametrize(
    ("reply", "named", "proof", "requests"),
    [
        (Reply(body=BODY, headers=etag(BODY)), None, "checksum", 1),
        (Reply(body=BODY, headers={"ETag": f'"{US3}"'}), None, "checksum", 1),
        (Reply(body=BODY), len(BODY), "size", 1),
        (BARE, len(BODY), "size", 1),
        (Reply(body=BODY), None, "length", 1),
        (BARE, None, "twice", 2),
        (Reply(206, BODY, {"Content-Range": f"bytes 0-{len(BODY) - 1}/{len(BODY)}"}), None, "length", 1),
        (Reply(body=BODY, headers=etag(b"other")), None, "length", 2),
        (Reply(body=BODY, headers=SEALED), None, "length", 1),
        (Reply(body=BODY, headers={**SEALED, **MD5}), None, "checksum", 1),
        (Reply(body=BODY, headers={**etag(BODY), "Content-MD5": "is none"}), None, "checksum", 1),
        (Reply(body=BODY, headers={**BARE.headers, "Transfer-Encoding": "identity"}), None, "twice", 2),
    ],
    ids=[
        *("md5", "us3", "size", "bare_size", "length", "twice", "whole_206", "no_md5"),
        *("sealed", "content_md5", "no_content_md5", "identity"),
    ],
)
def test_what_vouched_for_a_file(tree: Tree, reply: Reply, named: int | None, proof: str, requests: int) -> None:
    download, sent = received(tree, reply, named_size=named)
    assert (download.proof, sent) == (proof, requests)
    assert bool(download.notes) == (requests > 1)


def test_readings_that_differ_are_refused_where_nothing_vouches(tree: Tree) -> None:
    replies = [Reply(body=BODY[:size], headers={"Content-Length": ""}) for size in range(100, 110)]
    assert fails(tree, lambda: fetched(tree, *replies)).code == "unproven_body"


@pytest.mark.parametrize("between", [Reply(body=b"<html>sign in</html>"), Reply(503), CUT])
def test_what_is_read_again_is_not_forgotten_when_something_else_comes_between(tree: Tree, between: Reply) -> None:
    assert fetched(tree, BARE, between, BARE) == tree.digest(PATH)
    assert tree.read(PATH) == BODY


@pytest.mark.parametrize("begin", [len(BODY) - 100, len(BODY)])
@pytest.mark.parametrize("whole", [BODY, BODY + b"x"])
def test_a_length_that_another_one_contradicts_vouches_for_nothing(tree: Tree, begin: int, whole: bytes) -> None:
    tag = {"ETag": '"no checksum"'}
    cut = Reply(body=BODY[:begin], headers=tag, promised=len(BODY) + 1)
    left = len(BODY) - begin
    span = f"{begin}-{len(BODY) - 1}" if left else "*"
    rest = Reply(206 if left else 416, BODY[begin:], {**tag, "Content-Range": f"bytes {span}/{len(BODY)}"})
    fetched(tree, cut, rest, Reply(body=whole, headers=tag))
    assert tree.read(PATH) == whole


@pytest.mark.parametrize(
    ("headers", "code", "words"),
    [
        ({"Content-Length": "5, 6"}, "bad_answer", "two lengths"),
        ({"Transfer-Encoding": "gzip, chunked"}, "bad_range", "coded as gzip, chunked"),
    ],
)
def test_a_head_that_cannot_be_relied_on_is_told(tree: Tree, headers: dict[str, str], code: str, words: str) -> None:
    error = fails(tree, lambda: fetched(tree, Reply(body=BODY, headers=headers)))
    assert (error.code, words in error.message) == (code, True)


def test_corrupt_bytes_are_fetched_again(tree: Tree) -> None:
    fetched(tree, Reply(body=b"x" * len(BODY), headers=etag(BODY)), Reply(body=BODY, headers=etag(BODY)))
    assert tree.read(PATH) == BODY


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>sign in</html>", headers={"Content-Type": "text/html; charset=utf-8"}),
        Reply(body=b"<!DOCTYPE html><html></html>"),
        Reply(body=b'<?xml version="1.0"?>\n<Error><Code>InternalError</Code></Error>'),
    ],
    ids=["html", "doctype", "error"],
)
def test_what_is_plainly_no_log_is_a_fault_of_the_store(tree: Tree, reply: Reply) -> None:
    assert fails(tree, lambda: fetched(tree, reply)).code == "not_a_log"
    fetched(tree, reply, Reply(body=BODY))
    assert tree.read(PATH) == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compression_that_nobody_asked_for_is_undone(tree: Tree, coding: str) -> None:
    plain = b"\x1f\x8b" + BODY  # what stands under a name that ends in .gz
    packed = gzip.compress(plain) if coding == "gzip" else zlib.compress(plain)
    fetched(tree, Reply(body=packed, headers={"Content-Encoding": coding}), named_size=len(plain))
    assert tree.read(PATH) == plain
    half = Reply(body=packed[:-9], headers={"Content-Encoding": coding})
    tree.remove(PATH)
    assert fails(tree, lambda: fetched(tree, half)).code == "short_body"


def test_compressed_bytes_may_not_become_too_many(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = b"\x1f\x8b" + bytes(5000)
    reply = Reply(body=gzip.compress(plain), headers={"Content-Encoding": "gzip"})
    monkeypatch.setattr("ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.body.EXPANSION", 0)
    fetched(tree, reply)
    tree.remove(PATH)
    monkeypatch.setattr("ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.body.ALLOWANCE", 5000)
    assert fails(tree, lambda: fetched(tree, reply)).code == "corrupt_body"


@pytest.mark.parametrize(("total", "asks"), [(CHUNK, 2), (CHUNK + 1, 3)])
def test_where_nothing_is_left_to_send_the_file_is_whole_if_it_ends_there(tree: Tree, total: int, asks: int) -> None:
    body = bytes(CHUNK)
    cut = Reply(body=body, headers=etag(body), promised=CHUNK + 1)
    over = Reply(status=416, body=b"", headers={**etag(body), "Content-Range": f"bytes */{total}"})
    with scripted(cut, over, Reply(body=body, headers=etag(body))) as server:
        download(http(Emulator()), f"{server.url}/a.tar.gz", tree, PATH, named_size=None)
        assert [request.headers.get("range") for request in server.requests] == [None, f"bytes={CHUNK}-", None][:asks]
    assert tree.read(PATH) == body


def test_compression_is_a_files_own_where_its_name_says_so(tree: Tree) -> None:
    packed = gzip.compress(BODY)
    fetched(tree, Reply(body=packed, headers={"Content-Encoding": "gzip"}))
    assert tree.read(PATH) == packed


def test_a_403_is_mended_by_a_fresh_link_only_where_its_code_says_so(tree: Tree) -> None:
    def refused(code: str, words: str) -> Reply:
        return Reply(403, f"<Error><Code>{code}</Code><Message>{words}</Message></Error>".encode())

    for mended in (refused("RequestTimeTooSkewed", "x"), refused("AccessDenied", "Request has expired")):
        fetched(tree, mended, Reply(body=BODY))
    tree.remove(PATH)
    for final in (refused("SignatureDoesNotMatch", "no"), refused("AccessDenied", "Access Denied")):
        assert fails(tree, lambda final=final: fetched(tree, final, Reply(body=BODY))).code == "link_refused"  # type: ignore[misc]


# -- the same from the emulator's object storage


def a_link(emulator: Emulator) -> str:
    """Have the cloud make a package of yesterday; return a link to it."""
    cluster = emulator.world.clusters[0]
    end = int(emulator.clock.now()) // DAY * DAY
    node = cluster.nodes()[0].node_id
    package = emulator.world.add_package(cluster.cluster_id, node, "SlowLog", end - DAY, end)
    api = umongodb(emulator)
    return api.package_link(cluster.cluster_id, package.id, zone=cluster.zone, intranet=False)


def test_a_package_is_downloaded_with_the_link_alone(emulator: Emulator, tree: Tree) -> None:
    session = http(emulator)
    digest = download(session, a_link(emulator), tree, PATH, named_size=None)
    assert digest == tree.digest(PATH)
    assert digest.size == emulator.packages.size(emulator.world.packages[0]) > 1000
    [request] = emulator.requests.of("object")
    assert (request.auth, request.headers["accept-encoding"], request.status) == ("link", "identity", 200)
    assert emulator.violations == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("cut_body", "cut"),
        ("corrupt_body", "corrupt_body"),
        ("expired_link", EXPIRED),
        ("cut_before", "cut"),
        ("throttled", "503"),
        ("http", "500"),
        ("html", "500"),
    ],
)
def test_faults_of_the_storage_leave_nothing_behind(emulator: Emulator, tree: Tree, kind: str, code: str) -> None:
    link = a_link(emulator)
    args = {"http": {"status": 500}, "html": {"status": 500}, "cut_body": {"keep": 0}}.get(kind, {})
    emulator.faults.add(Fault("object", kind, times=None, args=args))
    error = fails(tree, lambda: download(http(emulator), link, tree, PATH, named_size=10))
    assert error.code == code


def test_a_link_expires(emulator: Emulator, tree: Tree) -> None:
    link = a_link(emulator)
    emulator.clock.advance(2 * DAY)
    assert fails(tree, lambda: download(http(emulator), link, tree, PATH, named_size=10)).code == EXPIRED

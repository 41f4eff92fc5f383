# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What leaves this host, what is sent again and when, and what the reader is told when it fails."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import tzset
from typing import Any

import pytest
import requests
import urllib3
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._connection import explained
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import (
    LARGEST_ANSWER,
    LONGEST_PAUSE,
    Answer,
    Http,
    Request,
    check_endpoint,
    plain,
    retry_after,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._patience import is_passing
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import Clock
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.unit.certificates import issue
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import CUT, FakeTime, Reply, Scripted, scripted
from hypothesis import given
from hypothesis import strategies as st

HTML = Reply(body=b"<html><body>Welcome to the proxy</body></html>")
SECRET = "c2VjcmV0LXNpZ25hdHVyZQ"
QUERY = f"?Signature={SECRET}&Expires=1"


def a_session(time: FakeTime | None = None, **settings: Any) -> Http:
    """Return a session that waits in no time."""
    time = time or FakeTime()
    usual = {"timeout": 5.0, "deadline": 60.0, "verify": True, "clock": Clock()}
    return Http(**{**usual, **settings}, sleep=time.sleep, monotonic=time.monotonic)


def judge(answer: Answer) -> dict[str, Any]:
    """Judge an answer as both clouds' clients do."""
    value = answer.json()
    if answer.status < 300:
        return value
    raise CloudError(
        f"HTTP {answer.status}",
        status=answer.status,
        passing=is_passing(answer.status),
        uncertain=answer.status >= 500,
        throttled=answer.status == 429,
        retry_after=answer.retry_after,
    )


def to(server: Scripted, method: str = "POST") -> Callable[[], Request]:
    """Return what builds a request to a server."""
    return lambda: Request(method, server.url + "/v1/things" + QUERY, {"X-Auth-Token": SECRET}, b"{}")


def fails(call: Callable[[], object]) -> CloudError:
    """Return the error of a call, which shows no secret."""
    with pytest.raises(CloudError) as caught:
        call()
    assert SECRET not in str(caught.value.result())
    assert "Expires" not in str(caught.value.result())
    return caught.value


# -- what is sent again


@pytest.mark.parametrize("fault", [CUT, Reply(429), Reply(500), Reply(503), Reply(408), HTML], ids=str)
def test_a_read_is_repeated_after_a_passing_fault(fault: Reply) -> None:
    with scripted(fault, fault, Reply(body=b'{"a": 1}')) as server:
        session = a_session()
        assert session.read(to(server), judge) == {"a": 1}
        assert len(server.requests) == session.calls == 3


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404])
def test_a_read_is_not_repeated_after_a_refusal(status: int) -> None:
    with scripted(Reply(status)) as server:
        assert fails(lambda: a_session().read(to(server), judge)).status == status
        assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [CUT, Reply(500), Reply(502), Reply(504), HTML], ids=str)
def test_a_write_that_may_have_taken_effect_is_not_repeated(fault: Reply) -> None:
    with scripted(fault, Reply()) as server:
        assert fails(lambda: a_session().write(to(server), judge)).uncertain
        assert len(server.requests) == 1


def test_a_write_that_was_throttled_is_repeated() -> None:
    with scripted(Reply(429), Reply()) as server:
        assert a_session().write(to(server), judge) == {}
        assert len(server.requests) == 2


@pytest.mark.parametrize(("code", "certain"), [(socket.EAI_NONAME, True), (socket.EAI_AGAIN, False)])
def test_a_host_that_does_not_exist_is_told_at_once_and_name_servers_that_do_not_answer_are_asked_again(
    monkeypatch: pytest.MonkeyPatch, code: int, certain: bool
) -> None:
    def resolve(*_arguments: object, **_named: object) -> None:
        raise socket.gaierror(code, "as a resolver says")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    time = FakeTime()
    session = a_session(time, deadline=30)
    request = Request("GET", f"https://dds.cn-nort-4.example.com/{QUERY}", {})
    error = fails(lambda: session.read(lambda: request, judge))
    assert (error.code, error.passing) == (("unknown_host", False) if certain else ("unreachable", True))
    assert (session.calls == 1, time.pauses == []) == (certain, certain)
    assert ("region first" in error.hint, error.message) == (
        (True, "There is no host dds.cn-nort-4.example.com.")
        if certain
        else (False, "dds.cn-nort-4.example.com cannot be reached.")
    )
    with pytest.raises(CloudError) as caught, session.stream("https://bucket.example.com/a"):
        pass
    assert (caught.value.code, caught.value.hint[:26]) == (error.code, "The address is that of a l")


def test_a_write_that_nobody_received_is_repeated() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    time = FakeTime()
    session = a_session(time, deadline=30)
    request = Request("POST", f"http://127.0.0.1:{port}/{QUERY}", {})
    error = fails(lambda: session.write(lambda: request, judge))
    assert (error.code, error.passing, error.uncertain) == ("unreachable", True, False)
    assert session.calls == len(time.pauses) + 1 > 3


def test_a_write_without_an_answer_in_time_may_have_taken_effect() -> None:
    with scripted(Reply(hold=True)) as server:
        error = fails(lambda: a_session(timeout=0.1).write(to(server), judge))
        assert (error.code, error.uncertain, len(server.requests)) == ("timeout", True, 1)
        assert error.message.endswith("gave no answer within 0.1 s.")


def test_a_body_cut_short_counts_as_a_cut() -> None:
    half = Reply(body=b'{"a"', promised=100)
    with scripted(half, Reply()) as server:
        assert a_session().read(to(server), judge) == {}
    with scripted(half, Reply()) as server:
        assert fails(lambda: a_session().write(to(server), judge)).uncertain
        assert len(server.requests) == 1


def test_every_attempt_is_built_anew() -> None:
    with scripted(Reply(503), Reply(503), Reply()) as server:
        stamps = iter("123")
        a_session().read(lambda: Request("GET", server.url, {"X-Sdk-Date": next(stamps)}), judge)
        assert [request.headers["x-sdk-date"] for request in server.requests] == ["1", "2", "3"]


# -- how long it waits


def test_pauses_grow_with_jitter_up_to_a_minute() -> None:
    with scripted(Reply(503)) as server:
        time = FakeTime()
        fails(lambda: a_session(time, deadline=1000).read(to(server), judge))
        bounds = [min(LONGEST_PAUSE, 2.0**attempt) for attempt in range(len(time.pauses))]
        assert all(bound / 2 <= pause <= bound for pause, bound in zip(time.pauses, bounds, strict=True))
        assert len(set(time.pauses)) == len(time.pauses) > 10


@pytest.mark.parametrize("asked", [1, 7, 90])
def test_what_the_server_asked_to_wait_is_waited(asked: int) -> None:
    with scripted(Reply(429, headers={"Retry-After": str(asked)}), Reply()) as server:
        time = FakeTime()
        a_session(time, deadline=100).read(to(server), judge)
        assert time.pauses == [asked]


@pytest.mark.parametrize("asked", ["0", "soon", "-1", "\u00b2", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_without_a_usable_number_of_seconds_it_backs_off_by_itself(asked: str) -> None:
    with scripted(Reply(429, headers={"Retry-After": asked}), Reply()) as server:
        time = FakeTime()
        a_session(time).read(to(server), judge)
        assert len(time.pauses) == 1
        assert 0.5 <= time.pauses[0] <= 1.0


@pytest.mark.parametrize(
    "until",
    ["Tue, 10 Mar 2026 06:00:00 GMT", "Tuesday, 10-Mar-26 06:00:00 GMT", "Tue Mar 10 06:00:00 2026"],
    ids=["usual", "rfc850", "asctime"],
)
@pytest.mark.parametrize(
    ("since", "seconds"),
    [
        ("Tue, 10 Mar 2026 05:59:30 GMT", 30),
        ("Tue Mar 10 05:59:30 2026", 30),
        ("Tue, 10 Mar 2026 06:00:01 GMT", 0),
        ("", 60),
    ],
)
def test_a_date_to_retry_after_is_told_by_the_servers_own_clock(
    until: str, since: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    tzset()
    try:
        assert retry_after({"Retry-After": until, "Date": since}, 1773122340.0) == seconds
    finally:
        monkeypatch.undo()
        tzset()


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    with scripted(Reply(429, headers={"Retry-After": "61"})) as server:
        time = FakeTime()
        assert fails(lambda: a_session(time, deadline=60).read(to(server), judge)).retry_after == 61
        assert (time.pauses, len(server.requests)) == ([], 1)


class Down(Http):
    """A session whose every request takes its timeout, in vain."""

    def __init__(self, time: FakeTime, deadline: float, timeout: float) -> None:
        """Spend the time of this clock."""
        self.time = time
        self.timeouts: list[float] = []
        clock = Clock()
        super().__init__(
            timeout=timeout, deadline=deadline, verify=True, clock=clock, sleep=time.sleep, monotonic=time.monotonic
        )

    def _send(self, request: Request, timeout: float) -> Answer:
        self.timeouts.append(timeout)
        self.time.at += timeout
        raise CloudError("down", passing=True)


@given(st.floats(0.1, 500), st.floats(0.1, 60))
def test_the_deadline_holds_whatever_the_timeout(deadline: float, timeout: float) -> None:
    time = FakeTime()
    session = Down(time, deadline, timeout)
    with pytest.raises(CloudError):
        session.read(lambda: Request("GET", "", {}), judge)
    assert time.at <= 1000 + deadline + 0.01
    assert max(session.timeouts) <= timeout


def test_the_last_attempt_gets_only_what_is_left_of_the_deadline() -> None:
    session = Down(FakeTime(), deadline=7, timeout=5)
    with pytest.raises(CloudError):
        session.read(lambda: Request("GET", "", {}), judge)
    first, last = session.timeouts
    assert first == 5
    assert 1 <= last <= 1.5


# -- what an answer may be


def test_an_answer_that_is_no_json_object_says_who_gave_it() -> None:
    for body in (b"", b"[]", b"null", b"\xff", HTML.body):
        with scripted(Reply(body=body)) as server:
            error = fails(lambda server=server: a_session().read(to(server), judge))  # type: ignore[misc]
            assert error.code == "not_json"
            assert error.message.startswith(f"127.0.0.1:{server.server_port} answered HTTP 200 with something")


def test_a_redirect_is_not_followed() -> None:
    with scripted(Reply()) as elsewhere, scripted(Reply(302, headers={"Location": elsewhere.url})) as server:
        assert fails(lambda: a_session().read(to(server), judge)).status == 302
        with a_session().stream(server.url) as response:
            assert response.status_code == 302
        assert elsewhere.requests == []


@pytest.mark.parametrize("location", ["//[", "", "http://[::1", "?a b"])
def test_a_redirect_that_leads_nowhere_is_told_like_any_other(location: str) -> None:
    with scripted(Reply(302, b"{}", headers={"Location": location})) as server:
        assert fails(lambda: a_session().read(to(server), judge)).status == 302
        with a_session().stream(server.url) as response:
            assert response.status_code == 302


def test_a_compressed_answer_is_read() -> None:
    with scripted(Reply(body=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})) as server:
        assert a_session().read(to(server), judge) == {"a": 1}


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{Http.__module__}.LARGEST_ANSWER", 10)
    assert LARGEST_ANSWER > 10
    with scripted(Reply(body=b'{"a": "' + b"x" * 100 + b'"}')) as server:
        assert len(a_session().read(to(server), lambda answer: answer.body)) == 10


def test_the_clock_learns_from_the_date_of_answers() -> None:
    clock = Clock(lambda: 1_800_000_000.0)
    for date in ("nonsense", "", "Thu, 99 Foo 2026 00:00:00 GMT", "Thu, 01 Jan 99999999999999999999 00:00:00 GMT"):
        with scripted(Reply(headers={"Date": date})) as server:
            a_session(clock=clock).read(to(server), judge)
            assert clock.now() == 1_800_000_000
    with scripted(Reply(500, headers={"Date": "Fri, 20 Nov 2026 12:00:00 GMT"})) as server:
        fails(lambda: a_session(clock=clock).read(to(server), judge))
        assert clock.now() == 1_795_176_000


# -- what else could leave this host


def test_an_answer_from_a_cache_tells_no_time() -> None:
    with scripted(Reply(headers={"Date": "Tue, 10 Mar 2026 06:00:00 GMT", "Age": "3600"})) as server:
        session = a_session()
        session.read(to(server), judge)
    assert session.clock.skew() == 0


def test_no_credentials_of_the_users_own_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\ndefault login me password mine\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted(Reply()) as server:
        assert "Authorization" in requests.get(server.url, timeout=5).request.headers
        session = a_session()
        session.read(to(server), judge)
        with session.stream(server.url + "/file"):
            pass
        assert [request.headers.get("authorization") for request in server.requests[-2:]] == [None, None]


def test_a_stream_sends_nothing_that_an_api_gave_or_got() -> None:
    with scripted(Reply(headers={"Set-Cookie": "session=secret"})) as server:
        session = a_session()
        session.read(to(server), judge)
        with session.stream(server.url + "/file" + QUERY) as response:
            assert response.raw.read() == b"{}"
        sent = server.requests[-1]
        assert (sent.method, sent.body, sent.headers["accept-encoding"]) == ("GET", b"", "identity")
        assert set(sent.headers) <= {"host", "accept-encoding", "accept", "connection", "user-agent"}


def test_a_stream_that_breaks_says_so_without_the_link() -> None:
    def read(url: str, timeout: float = 5) -> None:
        with a_session(timeout=timeout).stream(url + QUERY) as response:
            while response.raw.read(10):
                pass

    with scripted(Reply(body=b"x", promised=9)) as server:
        assert fails(lambda: read(server.url)).code == "cut"
    with scripted(CUT) as server:
        assert fails(lambda: read(server.url)).code == "cut"
    with scripted(Reply(hold=True)) as server:
        assert fails(lambda: read(server.url, 0.1)).code == "timeout"
    assert fails(lambda: read("http://bad host/")).code == "bad_request"


# -- proxies


def asked(url: str) -> dict[str, Any]:
    return a_session(deadline=1).read(lambda: Request("GET", url, {}), judge)


def opened(url: str) -> None:
    with a_session().stream(url):
        pass


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(Reply()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        a_session().read(lambda: Request("GET", "http://api.invalid/x", {}), judge)
        assert proxy.requests[0].target == "http://api.invalid/x"


def test_a_proxy_that_refuses_is_told_from_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(Reply(407)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = fails(lambda: a_session().write(lambda: Request("POST", "https://api.invalid/x", {}), judge))
        assert (error.code, error.uncertain) == ("proxy", False)
        assert error.message == "The proxy refused to connect to api.invalid."


@pytest.mark.parametrize("call", ["api", "object"])
def test_a_proxy_that_asks_for_a_password_is_told_from_the_api(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    with scripted(Reply(407, b"<html>Who are you?</html>")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        error = fails(lambda: asked("http://api.invalid/x") if call == "api" else opened("http://api.invalid/x"))
        assert len(proxy.requests) == 1
    assert (error.code, error.passing, error.uncertain) == ("proxy", False, False)
    assert error.message == "The proxy refused to connect to api.invalid."
    assert "a name and a password (HTTP 407)" in error.hint


@pytest.mark.parametrize(
    ("proxy", "message", "hint"),
    [
        ("socks5://user:s3cret@127.0.0.1:1080", "is a SOCKS proxy", "install PySocks"),
        ("socks5h://127.0.0.1:1080", "is a SOCKS proxy", "NO_PROXY"),
        ("socks://127.0.0.1:1080", "is a SOCKS proxy", "HTTP proxy"),
        ("ftp://127.0.0.1:21", "is not the address of one", "such as http://proxy.example.com:3128"),
        ("http://127.0.0.1:port", "is not the address of one", "ALL_PROXY"),
        ("http://[::1", "is not the address of one", "ALL_PROXY"),
        ("http://", "is not the address of one", "ALL_PROXY"),
        ("http://pro xy:3128", "is not the address of one", "ALL_PROXY"),
    ],
)
def test_what_cannot_be_a_proxy_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch, proxy: str, message: str, hint: str
) -> None:
    monkeypatch.setattr(
        "ansible_collections.clouddb.mongodb_logs.plugins.module_utils._connection.find_spec", lambda _name: None
    )
    monkeypatch.setenv("ALL_PROXY", proxy)
    error = fails(lambda: asked("http://api.invalid/x"))
    assert (error.code, error.kind, error.passing) == ("proxy_unusable", "connection", False)
    assert message in error.message
    assert hint in error.hint
    assert "s3cret" not in str(error.result())


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (301, "proxy", "The proxy refused to connect to api.invalid (HTTP 301)."),
        (403, "proxy", "The proxy refused to connect to api.invalid (HTTP 403)."),
        (503, "proxy_failed", "The proxy could not connect to api.invalid (HTTP 503)."),
    ],
)
def test_a_proxy_that_lets_nobody_there_is_told_from_one_that_cannot_get_there(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, message: str
) -> None:
    with scripted(Reply(status, b"<html>No</html>")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = fails(lambda: asked("https://api.invalid/x"))
    assert (error.code, error.message, error.passing) == (code, message, status == 503)


@pytest.mark.parametrize(
    ("proxy", "resolution", "code", "message"),
    [
        (
            "http://joe:s3cret@127.0.0.1:1",
            None,
            "proxy_unreachable",
            "Nothing can be reached at the proxy for api.invalid.",
        ),
        (
            "http://joe:s3cret@proxy.invalid:3128",
            socket.EAI_NONAME,
            "proxy_unreachable",
            "There is no host of the name that is set as the proxy for api.invalid.",
        ),
    ],
)
def test_a_proxy_that_is_not_there_is_told_from_one_that_refuses(
    monkeypatch: pytest.MonkeyPatch, proxy: str, resolution: int | None, code: str, message: str
) -> None:
    def resolve(*_arguments: object, **_named: object) -> None:
        raise socket.gaierror(resolution, "as a resolver says")

    if resolution:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("ALL_PROXY", proxy)
    for url in ("https://api.invalid/x", "http://api.invalid/x"):
        error = fails(lambda url=url: asked(url))  # type: ignore[misc]
        assert (error.code, error.message, error.passing) == (code, message, not resolution)
        assert "s3cret" not in str(error.result())


def test_a_proxy_that_speaks_no_tls_is_told_from_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(Reply()) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url.replace("http:", "https:"))
        error = fails(lambda: asked("https://api.invalid/x"))
    assert (error.code, error.passing) == ("proxy_tls", False)
    assert error.message == "No TLS connection to the proxy for api.invalid can be made."


def test_a_proxy_without_a_scheme_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(Reply()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removeprefix("http://"))
        asked("http://api.invalid/x")
        assert len(proxy.requests) == 1


def test_a_proxy_that_hangs_up_may_have_passed_the_request_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(CUT, Reply()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        error = fails(lambda: a_session().write(lambda: Request("POST", "http://api.invalid/x", {}), judge))
        assert error.uncertain


def test_a_reset_that_urllib3_1_blames_on_the_proxy_may_have_taken_effect() -> None:
    inner = urllib3.exceptions.ProxyError("Cannot connect to proxy.", ConnectionResetError(104, "reset"))
    pool: Any = None
    retries = urllib3.exceptions.MaxRetryError(pool, "/" + QUERY, inner)
    with pytest.raises(CloudError) as caught, explained("api", 1):
        raise requests.exceptions.ProxyError(retries)
    assert (caught.value.code, caught.value.uncertain) == ("proxy", True)


# -- TLS


class Secure:
    """An emulator behind TLS, and two authorities, of which it uses the first."""

    def __init__(self, folder: Path) -> None:
        """Make certificates."""
        self.authority, certificate = issue(folder, "ours")
        self.other, _unused = issue(folder, "other")
        self.emulator = Emulator(seed=7, certificate=str(certificate))

    def read(self, **settings: Any) -> dict[str, Any]:
        """Ask the emulator for its state."""
        request = Request("GET", self.emulator.url + "/_emulator/state", {})
        answer: dict[str, Any] = a_session(**settings).read(lambda: request, judge)
        return answer


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    """Run an emulator behind TLS."""
    secured = Secure(tmp_path_factory.mktemp("tls"))
    with secured.emulator:
        yield secured


def options(**changed: Any) -> dict[str, Any]:
    return {"timeout": 5.0, "deadline": 5.0, "validate_certs": True, "ca_path": None, **changed}


def reads(secured: Secure, **changed: Any) -> None:
    """Ask with the options that a user gave."""
    request = Request("GET", secured.emulator.url + "/_emulator/state" + QUERY, {})
    Http.of(options(**changed)).read(lambda: request, judge)


def test_a_certificate_of_an_unknown_authority_is_not_trusted(secure: Secure) -> None:
    error = fails(lambda: reads(secure))
    assert (error.code, error.passing) == ("tls_untrusted", False)
    assert "is not trusted" in error.message
    assert "ca_path" in error.hint
    assert "is not trusted" in fails(lambda: reads(secure, ca_path=str(secure.other))).message


def test_a_certificate_of_a_given_authority_is_trusted(secure: Secure) -> None:
    reads(secure, ca_path=str(secure.authority))


def test_the_authorities_of_the_environment_are_trusted(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.authority))
    reads(secure)


def test_a_given_authority_goes_before_the_environments(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.other))
    reads(secure, ca_path=str(secure.authority))


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_without_validation_no_authority_is_asked(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.other))
    reads(secure, validate_certs=False)
    reads(secure, validate_certs=False, ca_path=str(secure.other))


def test_authorities_that_cannot_be_read_are_named_at_once(
    secure: Secure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    error = fails(lambda: reads(secure, ca_path=str(empty)))
    assert (error.code, error.passing) == ("tls", False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    error = fails(lambda: reads(secure))
    assert (error.code, error.passing) == ("tls", False)


def test_a_server_that_speaks_no_tls_is_told_from_one_that_is_not_trusted() -> None:
    with scripted(Reply()) as server:
        url = server.url.replace("http:", "https:")
        error = fails(lambda: a_session().read(lambda: Request("GET", url, {}), judge))
        assert (error.code, error.passing) == ("tls", False)
        assert error.message.startswith("No TLS connection to 127.0.0.1")


def test_a_tls_connection_that_ends_early_may_have_carried_the_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        session = a_session(deadline=0.1)

        def hang_up() -> Request:
            def serve() -> None:
                connection, _address = server.accept()
                connection.recv(4096)
                connection.close()

            threading.Thread(target=serve, daemon=True).start()
            return Request("POST", url, {})

        error = fails(lambda: session.write(hang_up, judge))
        assert (error.code, error.passing, error.uncertain) == ("cut", True, True)


# -- addresses and words


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com",
        "https://api.example.com/",
        "https://api_1.example.com:8443/prefix",
        "HTTPS://API.EXAMPLE.COM",
        "http://127.0.0.1:8080",
        "http://127.8.8.8",
        "http://[::1]:8080",
        "http://localhost",
    ],
)
def test_a_usual_address_is_taken_in_silence(url: str) -> None:
    warnings = list[str]()
    assert check_endpoint(url, "endpoint", warnings.append) == url.rstrip("/")
    assert warnings == []


@pytest.mark.parametrize("url", ["http://api.example.com", "http://10.0.0.1:80/", "http://[2001:db8::1]"])
def test_http_in_clear_beyond_loopback_is_warned_of(url: str) -> None:
    warnings = list[str]()
    check_endpoint(url, "endpoint", warnings.append)
    assert [warning.startswith("endpoint is not HTTPS: ") for warning in warnings] == [True]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com",
        "ftp://api.example.com",
        "https://",
        "https://:443",
        "https://me:secret@api.example.com",
        "https://api.example.com?Signature=secret",
        "https://api.example.com#secret",
        "https://api.example.com:99999",
        "https://api.example.com:port",
        "https://api example.com",
        "https://api.example.com/a b",
        "https://api.\nexample.com",
        "https://b\u00fccher.example",
        "https://api..example.com",
        "https://.example.com",
        "https://" + "a" * 64 + ".com",
        "https://[::1",
        "https://[secret]/",
    ],
)
def test_what_is_no_address_of_a_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_endpoint(url, "endpoint", lambda _warning: None)
    assert caught.value.message.startswith("endpoint: this is not the address of an API")
    assert "secret" not in caught.value.message


@given(st.text())
def test_a_servers_words_become_one_line_that_is_not_long(words: str) -> None:
    shown = plain(words)
    assert len(shown) <= 300
    assert len(shown.splitlines()) <= 1


token = st.text(alphabet=st.sampled_from("abcXYZ019+/=_-"), min_size=40, max_size=200)


@given(st.text(max_size=20), token, st.text(max_size=20))
def test_a_servers_words_hold_no_token_and_no_query(before: str, token: str, after: str) -> None:
    assert token not in plain(before + token + after)
    assert token[:20] not in plain(f"see https://obs.example.com/log?Signature={token[:20]} {after.replace(token, '')}")


@given(st.integers(100, 599))
def test_only_these_statuses_pass_by_themselves(status: int) -> None:
    assert is_passing(status) == (status in (408, 425, 429) or 500 <= status < 600)


# -- waits that would outlast a deadline


def test_a_server_that_asks_to_wait_for_days_holds_nobody_beyond_the_deadline() -> None:
    time = FakeTime()
    session = a_session(time, deadline=30)
    with scripted(Reply(429, headers={"Retry-After": "2592000"})) as server:
        error = fails(lambda: session.read(to(server), judge))
        assert (error.status, time.pauses) == (429, [])
        held = fails(lambda: session.write(to(server), judge, 5))
        assert (held.throttled, time.pauses, len(server.requests)) == (True, [], 1)
        assert fails(lambda: session.read(to(server), judge)).status == 429
        assert (time.pauses, len(server.requests)) == ([30], 2)
    assert session.throttled <= 60

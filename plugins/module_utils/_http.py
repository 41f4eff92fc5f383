# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way out: a session, its timeouts and TLS, the repetition of reads with back-off and a deadline.

No message made here holds a path or a query, as signatures stand there.
"""

from __future__ import annotations

import ipaddress
import json
import random
import re
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import timezone
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Callable, NamedTuple, TypeVar
from urllib.parse import urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._connection import (
    PLAIN_URL,
    check_proxy,
    explained,
    proxy_refused,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._hidden import without
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._patience import Patience, is_passing
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import Clock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

T = TypeVar("T")

LONGEST_PAUSE = 60.0
# An attempt that is given less would only hide behind its own time-out what went wrong before.
SHORTEST_ATTEMPT = 1.0
# One host may be both, and one of them be down behind it.
_API, _STORE = "API", "store"
# No option names a store, so none is to be corrected.
_NO_WAY_TO_STORE = (
    "The address is that of a link which the cloud gave. Check the name servers of this host, and its firewall and proxy on the way to"
    " the object storage; an address of the cloud's own network leads nowhere from outside."
)
LARGEST_ANSWER = 64 * 1024 * 1024
# Of what a server says; a message has room for less.
_LONGEST_WORDS = 16 * 1024

_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")


class Request(NamedTuple):
    """A request to an API, whole and signed. ``hidden``: what of it no message may show, should the answer echo it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    hidden: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return what it asks for, without what is hidden: an object may stand in a message too."""
        return f"Request({self.method} {self.url})"


class Answer(NamedTuple):
    """An API's answer, read to its end. Header names are looked up without regard to case."""

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    hidden: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return who answered with what status."""
        return f"Answer({self.host}, {self.status})"

    def plain(self, words: object) -> str:
        """Return words of the answer fit for a message, without anything that proved who asks."""
        return plain(words, self.hidden)

    def json(self, number: Callable[[str], Any] | None = None) -> dict[str, Any]:
        """Return the JSON object of the body. Raises CloudError when it is none, as from a proxy or a maintenance page.

        ``number`` makes something else than usual of the text of a number.
        """
        constant = _no_number if number else None
        try:
            value = json.loads(self.body, parse_int=number, parse_float=number, parse_constant=constant)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise CloudError(
                f"{self.host} answered HTTP {self.status} with something that is not a JSON object.",
                code="not_json",
                status=self.status,
                passing=self.status < 300 or is_passing(self.status),
                uncertain=self.status < 300 or self.status >= 500,
                retry_after=self.retry_after,
            )
        return value

    @property
    def cached(self) -> bool:
        """Tell whether the answer comes from a cache, which nobody asked the cloud for just now."""
        return is_cached(self.headers)

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that the server asks to wait, when it says so."""
        return retry_after(self.headers, time.time())


def _no_number(text: str) -> None:
    raise ValueError(text)


def is_cached(headers: Mapping[str, str]) -> bool:
    """Tell whether an answer with these headers comes from a cache."""
    return (headers.get("Age") or "0") != "0"


def plain(text: object, secrets: Iterable[str] = ()) -> str:
    """Return a server's words fit for a message: one line, not long, nothing in it that could be a key or a link."""
    words = " ".join(printable(str(text)[:_LONGEST_WORDS]).split())
    words = without(words, secrets)
    words = re.sub(r"\?\S+", "?...", words)
    return re.sub(r"[\w+/=-]{40,}", "...", words)[:300]


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that a server asks to wait, given as a number or as a date; None when it does not say so.

    A date is compared with the server's own ``Date``, and with the time ``now`` where that is missing.
    """
    text = headers.get("Retry-After") or ""
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return float(text)
    until = http_date(text)
    if until is None:
        return None
    since = http_date(headers.get("Date") or "")
    return max(0.0, until - (now if since is None else since))


def http_date(text: str) -> float | None:
    """Return the Unix time of a date as HTTP spells it; None when it is none."""
    try:
        told = parsedate_to_datetime(text)
        # The oldest of the three forms names no zone, and means GMT.
        return (told if told.tzinfo else told.replace(tzinfo=timezone.utc)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


_HELD = CloudError(
    "The cloud asks to be called less often, until after the deadline.", code="throttled", passing=True, throttled=True
)


class Http:
    """Carries requests out. ``calls`` counts those sent to an API, repetitions included."""

    def __init__(
        self,
        *,
        timeout: float,
        deadline: float,
        verify: bool | str,
        clock: Clock,
        connections: int = 256,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.calls = 0
        self.clock = clock
        self._timeout = timeout
        self._deadline = deadline
        self._verify = verify
        self._sleep = sleep
        self._monotonic = monotonic
        self._throttle = Throttle(sleep, monotonic)
        self._patience = Patience(deadline, monotonic, lambda: self._throttle.cost)
        self._final: CloudError | None = None
        self._counting = threading.Lock()
        self._session = _new_session(connections)
        self._known: dict[tuple[str, ...], Mapping[str, Any]] = {}

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Http:
        """Return a session for a module's connection options."""
        verify = options["ca_path"] if options["validate_certs"] and options["ca_path"] else options["validate_certs"]
        return cls(timeout=options["timeout"], deadline=options["deadline"], verify=verify, clock=Clock())

    def read(self, build: Callable[[], Request], judge: Callable[[Answer], T]) -> T:
        """Send a request that changes nothing, again and again while its fault is a passing one.

        ``build`` makes the request anew for every attempt, as a signature ages. ``judge`` returns what an answer means
        or raises CloudError. The last fault is raised when the deadline leaves no time for another attempt.
        """
        return self._repeat(build, judge, lambda error: error.passing)

    def write(self, build: Callable[[], Request], judge: Callable[[Answer], T], within: float | None = None) -> T:
        """Send a request that changes something: again only after a passing fault that cannot have taken effect.

        With ``within``, the last attempt begins before so many seconds are over, if the deadline does not come first.
        """
        return self._repeat(build, judge, lambda error: error.passing and not error.uncertain, within)

    def persist(
        self,
        attempt: Callable[[float], T],
        progress: Callable[[], tuple[int, ...]] = tuple,
        again: Callable[[CloudError], bool] = lambda error: error.passing,
        within: float | None = None,
    ) -> T:
        """Attempt something until it succeeds, its fault is no passing one, or a deadline goes by without progress.

        It also ends when a host was silent for a deadline, which all threads share.
        ``attempt`` gets the seconds that are left. Time for which others are throttled does not count, except where ``within``
        says that it must.
        """
        best, failures = progress(), 0
        deadline = self._deadline if within is None else min(within, self._deadline)
        if within is None:
            self._throttle.wait(float("inf"))
        give_up = self._monotonic() + deadline
        last = _HELD
        while True:
            if not self._throttle.wait(give_up - SHORTEST_ATTEMPT):
                raise last
            try:
                return attempt(max(0.001, give_up - self._monotonic()))
            except CloudError as error:
                if progress() > best:
                    best, failures = progress(), 0
                    give_up = self._monotonic() + deadline
                last = error
                failures += 1
                pause = _pause(failures, error.retry_after)
                if error.throttled and not error.spent:
                    # A server that asks for days gets no more patience than one that does not answer.
                    self._throttle.hold(min(pause, self._deadline))
                if error.spent or not again(error) or self._monotonic() + pause + SHORTEST_ATTEMPT > give_up:
                    raise
                if error.throttled:
                    continue
            self._sleep(pause)

    @property
    def throttled(self) -> float:
        """Return the seconds that throttling has cost so far."""
        return self._throttle.cost

    def _repeat(
        self,
        build: Callable[[], Request],
        judge: Callable[[Answer], T],
        again: Callable[[CloudError], bool],
        within: float | None = None,
    ) -> T:
        def attempt(left: float) -> T:
            # A wrong key that is tried on and on gets locked.
            if self._final:
                raise self._final
            request = build()
            try:
                with self._patience.trying(_API, urlsplit(request.url).netloc):
                    return judge(self._send(request, min(self._timeout, left)))
            except CloudError as error:
                self._final = error if error.final else self._final
                raise

        return self.persist(attempt, again=again, within=within)

    def _surroundings(self, url: str) -> Mapping[str, Any]:
        """Return proxies and authorities as the environment names them, which requests would look for at every request."""
        server = urlsplit(url)[:2]
        if not PLAIN_URL.match(server[1]):  # which older releases of requests would look up
            raise CloudError(f"{server[1]} cannot be sent this request.", code="bad_request")
        if server not in self._known:
            with requests.Session() as session:
                settings = session.merge_environment_settings(url, {}, True, self._verify, None)
            check_proxy(url, settings["proxies"])
            self._known[server] = settings
        return self._known[server]

    @contextmanager
    def stream(
        self, url: str, headers: Mapping[str, str] | None = None, *, fresh: bool = False
    ) -> Iterator[requests.Response]:
        """Open a pre-signed link for reading, as raw bytes. Sends no credentials and follows no redirect.

        ``fresh``: over a connection of its own. Raises CloudError when no answer comes, also while the body is read.
        """
        parts = urlsplit(url)
        host = parts.hostname or "?"
        with (
            self._patience.trying(_STORE, parts.netloc),
            explained(host, self._timeout, _NO_WAY_TO_STORE),
            _new_session(1) if fresh else nullcontext(self._session) as session,
            session.get(
                url,
                headers={"Accept-Encoding": "identity", **(headers or {})},
                timeout=self._timeout,
                allow_redirects=False,
                **self._surroundings(url),
            ) as response,
        ):
            if response.status_code == 407:
                raise proxy_refused(host, 407)
            response.raw.enforce_content_length = True  # what urllib3 2 does by itself
            yield response

    def heard(self, url: str) -> None:
        """Take note that bytes of use came from where a link leads."""
        self._patience.heard(_STORE, urlsplit(url).netloc)

    def _send(self, request: Request, timeout: float) -> Answer:
        host = urlsplit(request.url).netloc
        with self._counting:
            self.calls += 1
        with (
            explained(host, timeout),
            self._session.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body or None,
                timeout=timeout,
                **self._surroundings(request.url),
                allow_redirects=False,
            ) as response,
        ):
            if response.status_code == 407:
                raise proxy_refused(host, 407)
            response.raw.enforce_content_length = True  # what urllib3 2 does by itself
            body = response.raw.read(LARGEST_ANSWER, decode_content=True) or b""
            answer = Answer(host, response.status_code, response.headers, body, request.hidden)
        self.observe(answer.headers)
        return answer

    def observe(self, headers: Mapping[str, str]) -> bool:
        """Take note of the time that an answer tells by its headers. Tells whether there is one; else the local clock stands."""
        if is_cached(headers):
            return False  # with the time when it was put into the cache
        try:
            self.clock.observe(parsedate_to_datetime(headers.get("Date") or ""))
        except (TypeError, ValueError, OverflowError):
            return False
        return True


def _new_session(connections: int) -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=connections))
    session.trust_env = False
    # It would look where a redirect leads, and read its body, also when that is not followed.
    session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
    # Without an auth of its own, requests would add what ~/.netrc holds and break the signature.
    session.auth = lambda prepared: prepared
    # What an API sets is not for the object store of the same domain.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


class Throttle:
    """What slows all threads of a run together when a cloud asks for it. ``cost`` is the seconds that took."""

    def __init__(self, sleep: Callable[[float], None], monotonic: Callable[[], float]) -> None:
        self.cost = 0.0
        self._sleep = sleep
        self._monotonic = monotonic
        self._until = float("-inf")
        self._lock = threading.Lock()

    def hold(self, seconds: float) -> None:
        """Let nobody go on for so long from now."""
        with self._lock:
            now = self._monotonic()
            until = max(self._until, now + seconds)
            self.cost += until - max(self._until, now)
            self._until = until

    def wait(self, latest: float) -> bool:
        """Wait until nobody is held any more. Tells at once when that will not be by the time ``latest``."""
        while True:
            left = self._until - self._monotonic()
            if left <= 0:
                return True
            if self._until > latest:
                return False
            self._sleep(left)


def _pause(attempt: int, retry_after: float | None) -> float:
    """Return the seconds to wait: what the server asked for, else twice as long each time, with jitter."""
    if retry_after:
        return retry_after
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(attempt, 10)) * random.uniform(0.5, 1.0)


def check_endpoint(url: str, option: str, warn: Callable[[str], None]) -> str:
    """Return an endpoint without its last slash. Warns of HTTP in clear beyond loopback.

    Raises BadInput when it is not the plain URL of a server.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        parts = urlsplit("")
    host = parts.hostname or ""
    if (
        parts.scheme not in ("http", "https")
        or not PLAIN_URL.match(url)
        or not (_HOST.match(host) or _is_address(host))
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise BadInput(f"{option}: this is not the address of an API; give one such as https://api.example.com.")
    if parts.scheme == "http" and not _is_loopback(host):
        warn(f"{option} is not HTTPS: everything but the signing key can be read on the way to {host}.")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback if _is_address(host) else host == "localhost"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to a cloud: its endpoint, the certificate there, the proxy between, its clock, and where links lead."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._connection import following_a_link
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import Finding, ok, skipped, warning
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import (
    BUSY,
    CLOCK,
    NOT_FOUND,
    PARAMETER,
    PERMISSION,
    UMONGODB,
    cause_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http, check_endpoint
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, MINUTE, TOLERANCE, iso

with suppress(ImportError):  # which _http tells of
    import requests

# A path that is no call: nothing is signed, so nothing can be refused, and no gateway counts it.
_NO_CALL = "/favicon.ico"

# A signature is good for a quarter of an hour.
_TOLERATED_SKEW = 14 * MINUTE
_SHORT_LIFE = 14 * DAY

# What a refusal is about when signing in itself went well.
_SIGNED_IN = (PERMISSION, NOT_FOUND, PARAMETER, BUSY)


class Way(NamedTuple):
    """How a server is reached. ``proxy`` without name and password; ``ends``: when its certificate does, if known."""

    host: str
    proxy: str | None
    encrypted: bool
    verified: bool
    ends: int | None


def endpoint(http: Http, url: str, option: str, *, verified: bool) -> Finding:
    """Tell whether a server answers, whatever it says. Raises CloudError when none does."""
    try:
        with http.stream(url + _NO_CALL) as response:
            ends = _certificate_end(response)
    except CloudError as error:
        if option == "api_url":
            error.hint = cause_of(UMONGODB, error.code).hint
        raise
    parts = urlsplit(url)
    words: list[str] = []
    check_endpoint(url, option, words.append)
    way = Way(parts.netloc, _proxy(url), parts.scheme == "https", verified, ends)
    return judge_way(way, words, int(http.clock.local()))


def judge_way(way: Way, words: list[str], now: int) -> Finding:
    """Return what is to be known of a server that answered; ``words`` are what its address alone is warned of for."""
    through = f"{way.host} answers" + (f" through the proxy {way.proxy}" if way.proxy else "")
    if words:
        return warning(f"{through}. {words[0]}", "Use HTTPS where the cloud offers it.", "http")
    if not way.encrypted:
        return ok(f"{through}, by HTTP within this host.")
    if not way.verified:
        hint = "Set validate_certs to true, with ca_path where the authority is one's own."
        return warning(f"{through}, but its certificate is not checked.", hint, "tls_unchecked")
    if way.ends is None:
        return ok(f"{through}; its certificate is trusted.")
    left = f"{through}; its certificate is trusted until {iso(way.ends)}"
    if way.ends - now < _SHORT_LIFE:
        days = (way.ends - now) // DAY
        return warning(f"{left}, for {days} more days.", "See to it that it is renewed.", "tls_ends")
    return ok(f"{left}.")


def clock(http: Http, url: str, *, signs: bool) -> Finding:
    """Compare the clock of this host with the server's. ``signs``: whether requests are signed with the time."""
    with http.stream(url + _NO_CALL) as response:
        told = http.observe(response.headers)
    if not told:
        return skipped("The server does not tell its time.")
    return judge_clock(http.clock.skew(), signs=signs)


def judge_clock(skew: float, *, signs: bool) -> Finding:
    """Return what a clock that is ``skew`` seconds ahead of the server's leads to.

    Raises CloudError when to a refusal or, where nothing that is signed can prove the clock, to a run that decides nothing.
    """
    side = "ahead of" if skew > 0 else "behind"
    message = f"The clock of this host is {abs(skew):.0f} s {side} the server's."
    hint = "Synchronise it, as by chrony or systemd-timesyncd."
    if signs and abs(skew) > _TOLERATED_SKEW:
        raise CloudError(f"{message} What it signs is refused.", code="clock", kind=CLOCK, hint=hint)
    if abs(skew) > TOLERANCE:
        why = "With more than 15 minutes between them, what is over or expired cannot be told."
        raise CloudError(f"{message} {why}", code="clock", kind=CLOCK, hint=hint)
    if abs(skew) > MINUTE:
        return warning(message, hint, "clock")
    return ok(message)


def download(http: Http, link: str) -> Finding:
    """Tell whether the object storage gives out what a link leads to; the first byte is asked for and thrown away."""
    host = urlsplit(link).hostname or "?"
    with following_a_link(), http.stream(link, {"Range": "bytes=0-0"}) as response:
        status = response.status_code
    if status in (200, 206):
        return ok(f"{host} gives out files.")
    code = "link_expired" if status == 403 else str(status)
    raise CloudError(f"{host} answered HTTP {status} to a fresh link.", code=code, status=status)


def after_signing_in(error: CloudError) -> CloudError:
    """Return the error of a first call that was taken for the account's own. Raises any other error again."""
    if error.kind not in _SIGNED_IN:
        raise error
    return error


def unless_needed(error: CloudError, why: str) -> Finding:
    """Return the warning that a denied call is when collecting does without it. Raises any other error again."""
    if error.kind != PERMISSION:
        raise error
    return warning(f"{error.message} {why}", error.hint, error.code)


def _proxy(url: str) -> str | None:
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    if not proxy:
        return None
    return urlsplit(proxy if "://" in proxy else f"//{proxy}").netloc.rpartition("@")[2]


def _certificate_end(response: requests.Response) -> int | None:
    # An answer without a body has given its connection back already.
    sock: Any = getattr(getattr(response.raw, "connection", None), "sock", None)
    certificate = sock.getpeercert() if hasattr(sock, "getpeercert") else None
    return int(ssl.cert_time_to_seconds(certificate["notAfter"])) if certificate else None

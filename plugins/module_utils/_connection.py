# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kept a request from its server: names, proxies, TLS, cuts.

No message made here shows a proxy, as a password may stand there.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from urllib.parse import urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._patience import is_passing

with suppress(ImportError):  # which _http tells of
    import requests
    from urllib3.exceptions import ConnectTimeoutError, HTTPError, InvalidHeader, NewConnectionError, SSLError

PLAIN_URL = re.compile(r"[!-~]+\Z")

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\b")


@contextmanager
def explained(host: str, timeout: float, no_way: str | None = None) -> Iterator[None]:
    """Turn every fault of the connection into a CloudError that names the host alone.

    ``no_way``: what to do where the host cannot be reached, if that is something else than with an API.
    """
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise _tls(host, error) from None
    except requests.exceptions.ProxyError as error:
        raise _of_proxy(host, getattr(_cause(error), "original_error", None)) from None
    except requests.exceptions.Timeout as error:
        raise CloudError(
            f"{host} gave no answer within {timeout:g} s.",
            code="timeout",
            passing=True,
            uncertain=not isinstance(error, requests.exceptions.ConnectTimeout),
        ) from None
    except requests.exceptions.RequestException as error:
        if _has_no_address(_cause(error)):
            raise CloudError(f"There is no host {host}.", code="unknown_host", hint=no_way) from None
        if isinstance(_cause(error), NewConnectionError):
            raise CloudError(
                f"{host} cannot be reached.",
                code="unreachable",
                hint=no_way,
                passing=True,
            ) from None
        if isinstance(_cause(error), InvalidHeader):
            raise CloudError(
                f"{host} sent an answer with two lengths.", code="bad_answer", passing=True, uncertain=True
            ) from None
        if isinstance(error, ValueError):
            raise CloudError(f"{host} cannot be sent this request.", code="bad_request") from None
        raise _cut(host) from None
    except HTTPError:
        raise _cut(host) from None
    except OSError as error:
        raise (_tls(host, error) if "TLS CA" in str(error) else _cut(host)) from None


_OF_A_LINK = (
    "Links lead to another host than the API: let this host get there, or its proxy; those of link=intranet are for hosts within"
    " the cloud alone."
)


@contextmanager
def following_a_link() -> Iterator[None]:
    """Tell of a host that cannot be reached what to do where the cloud named it, and not an option."""
    try:
        yield
    except CloudError as error:
        if error.code in ("unknown_host", "unreachable"):
            error.hint = _OF_A_LINK
        raise


def _cause(error: Exception) -> object:
    cause = error.args[0] if error.args else None
    return getattr(cause, "reason", cause)


def _of_proxy(host: str, cause: object) -> CloudError:
    """Return the fault of the way to a proxy, or what the proxy said: urllib3 calls both by one name."""
    answer = _TUNNEL.search(str(cause))
    if answer:
        return proxy_refused(host, int(answer[1]))
    if isinstance(cause, SSLError):
        return CloudError(f"No TLS connection to the proxy for {host} can be made.", code="proxy_tls")
    if isinstance(cause, (NewConnectionError, ConnectTimeoutError)):
        unknown = _has_no_address(cause)
        message = "There is no host of the name that is set as" if unknown else "Nothing can be reached at"
        return CloudError(f"{message} the proxy for {host}.", code="proxy_unreachable", passing=not unknown)
    return CloudError(
        f"The proxy refused to connect to {host}.",
        code="proxy",
        passing=True,
        uncertain=isinstance(cause, ConnectionError),
    )


def proxy_refused(host: str, status: int) -> CloudError:
    """Return the fault that a proxy tells by a status."""
    if status == 407:
        hint = "It asks for a name and a password (HTTP 407): give them in HTTPS_PROXY, as http://NAME:PASSWORD@proxy:3128."
        return CloudError(f"The proxy refused to connect to {host}.", code="proxy", hint=hint, status=status)
    if is_passing(status):
        message = f"The proxy could not connect to {host} (HTTP {status})."
        return CloudError(message, code="proxy_failed", status=status, passing=True)
    return CloudError(f"The proxy refused to connect to {host} (HTTP {status}).", code="proxy", status=status)


def check_proxy(url: str, proxies: Mapping[str, str]) -> None:
    """Raise CloudError when the proxy for a URL cannot be one. No message shows it, as a password may stand there."""
    proxy = requests.utils.select_proxy(url, proxies)
    if not proxy:
        return
    host = urlsplit(url).netloc
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        usable, scheme = bool(parts.hostname and parts.port != 0), parts.scheme
    except ValueError:
        usable, scheme = False, ""
    if scheme.startswith("socks"):
        if usable and scheme in ("socks4", "socks4a", "socks5", "socks5h") and find_spec("socks"):
            return
        raise CloudError(
            f"The proxy for {host} is a SOCKS proxy, which cannot be used here.",
            code="proxy_unusable",
            hint="Name an HTTP proxy, leave this host out with NO_PROXY, or install PySocks for this Python.",
        )
    if not usable or scheme not in ("http", "https") or not PLAIN_URL.match(proxy):
        raise CloudError(f"What is set as the proxy for {host} is not the address of one.", code="proxy_unusable")


def _has_no_address(cause: object) -> bool:
    """Tell whether name resolution said for certain that there is no such name, not that it could not find out."""
    resolution = getattr(cause, "__cause__", None) or getattr(cause, "__context__", None)
    certain = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
    return (
        isinstance(cause, NewConnectionError)
        and isinstance(resolution, socket.gaierror)
        and resolution.errno in certain
    )


def _tls(host: str, error: Exception) -> CloudError:
    words = str(_cause(error))  # without the URL
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return CloudError(f"The TLS certificate of {host} is not trusted.", code="tls_untrusted")
    if "EOF" in words:
        return _cut(host)
    return CloudError(f"No TLS connection to {host} can be made.", code="tls")


def _cut(host: str) -> CloudError:
    return CloudError(f"The connection to {host} was cut.", code="cut", passing=True, uncertain=True)

# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""moto's server, in a process of its own that serves all stores of this one, one after the other."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import requests

from .store import Store

# The least that it takes as a part with others after it, in bytes. Stores take 5 MiB; few bytes do where many runs are killed.
LEAST_PART = 64 * 1024

# It ends with whoever started it, however that ends, as nobody holds the other end of its input then.
_PROGRAM = """
import functools, logging, sys
from moto import backends
from moto.server import ThreadedMotoServer
# A folder that is listed at every request.
backends.list_of_moto_modules = functools.cache(lambda find=backends.list_of_moto_modules: [*find()])
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://{}:{}".format(*server.get_host_and_port()), flush=True)
sys.stdin.read()
"""


@cache
def _started() -> tuple[subprocess.Popen[str], str]:
    """Start the server once; return its process and where it is."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        env={**os.environ, "S3_UPLOAD_PART_MIN_SIZE": str(LEAST_PART)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    url = process.stdout.readline().strip()
    assert url, "moto did not start"
    return process, url


class MotoStore:
    """A store to use as a context manager, with a bucket that has Object Lock or not; there is one at a time."""

    def __init__(self, bucket: str = "mirror", *, lock: bool = False) -> None:
        self._bucket, self._lock = bucket, lock

    def __enter__(self) -> Store:
        """Serve, with nothing but the bucket."""
        _process, url = _started()
        store = Store(url, self._bucket, "moto")
        store.client.create_bucket(Bucket=self._bucket, ObjectLockEnabledForBucket=self._lock)
        return store

    def __exit__(self, *_exc: object) -> None:
        """Forget what it held."""
        requests.post(f"{_started()[1]}/moto-api/reset", timeout=60).raise_for_status()

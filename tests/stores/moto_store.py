# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""moto's server, in a thread."""

from __future__ import annotations

import logging

from moto.server import ThreadedMotoServer

from .store import Store


class MotoStore:
    """A store to use as a context manager, with a bucket that has Object Lock or not."""

    def __init__(self, bucket: str = "mirror", *, lock: bool = False) -> None:
        self._bucket, self._lock = bucket, lock
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)

    def __enter__(self) -> Store:
        """Serve, with nothing but the bucket."""
        self._server.start()
        host, port = self._server.get_host_and_port()
        store = Store(f"http://{host}:{port}", self._bucket, "moto")
        store.client.create_bucket(Bucket=self._bucket, ObjectLockEnabledForBucket=self._lock)
        return store

    def __exit__(self, *_exc: object) -> None:
        """End it, and forget what it held: that is the process's."""
        from moto.backends import get_backend

        self._server.stop()
        get_backend("s3").reset()

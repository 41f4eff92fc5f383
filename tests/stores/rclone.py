# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``rclone serve s3`` over a folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from .store import ACCESS_KEY, SECRET_KEY, Store

# A package brings it, beside the interpreter.
PROGRAM = str(Path(sys.executable).with_name("rclone"))

_STARTED = re.compile(r"Starting s3 server on \[(https?://[0-9.:]+)/?")


class RcloneStore:
    """A store to use as a context manager; each bucket is a folder below ``folder``. With a ``certificate`` and its key it speaks TLS."""

    def __init__(self, folder: Path, bucket: str = "mirror", certificate: Path | None = None) -> None:
        self._folder, self._bucket = folder, bucket
        self._tls = ["--cert", str(certificate), "--key", str(certificate)] if certificate else []

    def __enter__(self) -> Store:
        """Serve."""
        (self._folder / self._bucket).mkdir(parents=True)
        self._server = subprocess.Popen(
            [
                *(PROGRAM, "serve", "s3", str(self._folder), "--addr", "127.0.0.1:0"),
                *("--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--config", "/dev/null", "-v"),
                *self._tls,
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._server.stderr
        said = ""
        for line in self._server.stderr:
            said += line
            found = _STARTED.search(line)
            if found:
                # What it says from now on is nobody's; a full pipe would stop it.
                self._drain = subprocess.Popen(["cat"], stdin=self._server.stderr, stdout=subprocess.DEVNULL)
                return Store(found[1], self._bucket, "rclone")
        raise AssertionError(f"rclone did not start: {said}")

    def __exit__(self, *_exc: object) -> None:
        """End it."""
        self._server.terminate()
        self._server.wait()
        self._drain.wait()
        assert self._server.stderr
        self._server.stderr.close()

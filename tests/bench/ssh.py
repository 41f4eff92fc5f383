# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of SSH on the loopback, of the user that measures: another host as far as Ansible can tell."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import BenchError, run
from ansible_collections.clouddb.mongodb_logs.tests.tools import programs

# Where a server that root starts wants a folder for the part of it that has no rights.
_SEPARATE = Path("/run/sshd")


class Ssh:
    """The server; a context. ``store`` are the variables by which Ansible reaches it, ``places`` its settings for that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        folder.chmod(0o700)
        for name in ("host_key", "user_key"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], folder / "keygen.log")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        host_key = (folder / "host_key.pub").read_text()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{self._port} {host_key}")
        known = f"-F /dev/null -o IdentitiesOnly=yes -o UserKnownHostsFile={folder / 'known_hosts'}"
        self.store: dict[str, Any] = {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": self._port,
            "ansible_ssh_private_key_file": str(folder / "user_key"),
            "ansible_ssh_common_args": f"{known} -o StrictHostKeyChecking=yes",
            "ansible_python_interpreter": sys.executable,
        }
        self.places = {"ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "c")}

    def __enter__(self) -> Ssh:
        """Start it. Raises BenchError where that cannot be."""
        server = programs.find("sshd")
        if not server:
            raise BenchError(programs.lack("sshd"))
        if os.geteuid() == 0:
            _SEPARATE.mkdir(mode=0o755, exist_ok=True)
        settings = {
            "ListenAddress": f"127.0.0.1:{self._port}",
            "HostKey": self._folder / "host_key",
            "AuthorizedKeysFile": self._folder / "user_key.pub",
            "PasswordAuthentication": "no",
            "PidFile": "none",
            "StrictModes": "no",
            "Subsystem": "sftp internal-sftp",
            "UsePAM": "no",
        }
        options = [f"-o{name}={value}" for name, value in settings.items()]
        self._server = subprocess.Popen(
            [server, "-D", "-e", "-f", "/dev/null", *options],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._server.stderr is not None
        said = ""
        for line in self._server.stderr:
            said += line
            if line.startswith("Server listening"):
                return self
        raise BenchError(f"The server of SSH did not start: {said.strip()}")

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """End the connections that Ansible keeps open, and the server."""
        for path in (self._folder / "c").glob("*"):
            subprocess.run(
                ["ssh", "-F", "/dev/null", f"-oControlPath={path}", "-O", "exit", "127.0.0.1"],
                stderr=subprocess.DEVNULL,
                check=False,
            )
        self._server.terminate()
        self._server.wait()
        assert self._server.stderr is not None
        self._server.stderr.close()

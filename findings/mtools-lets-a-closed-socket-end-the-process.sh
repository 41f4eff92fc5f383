#!/bin/sh
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# mtools 1.7.2 (Python 3.11): whoever runs one of its tools from a program, to read a mongod log, has the action of SIGPIPE
# changed for the whole program, and not put back. Python ignores that signal, so that a write to a closed socket is a
# BrokenPipeError; afterwards it ends the process without a word, hours later and somewhere else, as in a server or a test runner.
# Put the action back once the tool has run.
#
# Seen: "before: SIG_IGN, after: SIG_DFL".

set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    mtools==1.7.2 python-dateutil==2.9.0.post0 six==1.17.0
cat >"$folder/mongod.log" <<'END'
2019-08-01T12:00:00.000+0000 I  NETWORK  [listener] waiting for connections on port 27017
END
seen=$("$folder/venv/bin/python" - "$folder/mongod.log" <<'END'
import contextlib, io, signal, sys
from unittest import mock

from mtools.mloginfo.mloginfo import MLogInfoTool

before = signal.getsignal(signal.SIGPIPE)
sys.argv = ["mloginfo", "--no-progressbar", sys.argv[1]]
with mock.patch.object(sys, "stdin", mock.Mock(isatty=lambda: True)), contextlib.redirect_stdout(io.StringIO()):
    MLogInfoTool().run()
print(f"before: {before.name}, after: {signal.getsignal(signal.SIGPIPE).name}")
END
)
echo "$seen"
[ "$seen" = "before: SIG_IGN, after: SIG_DFL" ] || {
    echo "changed" >&2
    exit 1
}
echo "as known"

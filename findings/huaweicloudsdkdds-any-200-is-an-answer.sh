#!/bin/sh
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# huaweicloudsdkdds 3.1.219 (with huaweicloudsdkcore 3.1.219): an answer with status 200 that is a web page, as a sign-in
# proxy sends it, raises nothing. The list of audit logs is then None, which a loop over "logs or nothing" takes for "no
# logs". A JSON document without any of the documented fields looks the same. Whoever collects with the SDK has to check
# that total_record is there. Seen output:
#
#   a sign-in page: no error, audit_logs None, total_record None
#   an empty document: no error, audit_logs None, total_record None
#   a list: no error, audit_logs 0 entries, total_record 0

set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check huaweicloudsdkcore==3.1.219 huaweicloudsdkdds==3.1.219

cat >"$folder/ask.py" <<'PYTHON'
import http.server
import threading

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdds.v3 import DdsClient, ListAuditlogsRequest

ANSWERS = {
    "a sign-in page": ("text/html", b"<html><body>Please sign in</body></html>"),
    "an empty document": ("application/json", b"{}"),
    "a list": ("application/json", b'{"total_record": 0, "audit_logs": []}'),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind, body = self.server.answer
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        return


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = (
    DdsClient.new_builder()
    .with_credentials(BasicCredentials("ak", "sk", "project"))
    .with_endpoint(f"http://127.0.0.1:{server.server_port}")
    .build()
)
for name, server.answer in ANSWERS.items():
    request = ListAuditlogsRequest(
        instance_id="instance", start_time="2026-11-20T00:00:00+0000", end_time="2026-11-21T00:00:00+0000"
    )
    try:
        found = client.list_auditlogs(request)
    except Exception as error:
        print(f"{name}: {type(error).__name__}")
        continue
    logs = "None" if found.audit_logs is None else f"{len(found.audit_logs)} entries"
    print(f"{name}: no error, audit_logs {logs}, total_record {found.total_record}")
server.shutdown()
PYTHON

"$folder/venv/bin/python" "$folder/ask.py" >"$folder/seen"
cat "$folder/seen"
cat >"$folder/known" <<'EOT'
a sign-in page: no error, audit_logs None, total_record None
an empty document: no error, audit_logs None, total_record None
a list: no error, audit_logs 0 entries, total_record 0
EOT
diff "$folder/known" "$folder/seen" && echo "as known"

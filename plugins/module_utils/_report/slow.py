# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slow operations on the page: in sentences, and in pictures that stand in the page itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._amounts import count, duration, number, size
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.text import day, label, safe, timed
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, from_iso, iso
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

# Units of a picture: its height, and the width of a day with the gap after it.
_HEIGHT, _STEP, _BAR = 40, 10, 8

# How much of a statement or a plan is shown.
_SHOWN = 300


def section(slow: Mapping[str, Any] | None, instances: Sequence[Mapping[str, Any]]) -> str:
    """Return the section of the page; nothing where no slow log was asked for."""
    if slow is None:
        return ""
    rows = {one["folder"]: (row, one) for row, one in enumerate(instances)}
    shapes = "".join(_shape(one, slow, *rows[one["folder"]]) for one in slow["shapes"])
    told = "".join(f"<p>{safe(part)}</p>" for part in sentences(slow))
    picture, words = _picture(slow["days"], slow, "all instances")
    figure = f"<figure>{picture}<figcaption>{safe(words)}.</figcaption></figure>" if slow["days"] else ""
    return f"""<section aria-labelledby="slow-title">
<h2 id="slow-title">Slow operations</h2>
<div class="told">{told}</div>
{figure}
{f'<ol class="shapes">{shapes}</ol>' if shapes else ""}
</section>
"""


def sentences(slow: Mapping[str, Any]) -> list[str]:
    """Return what is to be said of the slow operations of all instances: what there was, what changed, and what was read."""
    changes = slow["changes"] or {}
    changed = ", ".join(f"{many} {_CHANGES[change]}" for change, many in changes.items() if many)
    told = [f"{_dates(slow)}: {_took(slow)}{_against(slow)}."]
    told += [f"{count(slow['shapes_total'], 'shape')} of operations: {changed}."] if changed else []
    told += [_uncompared(slow)] if slow["uncompared"] and not slow["files_left"] else []
    return [printable(part) for part in (*told, _reading(slow))]


_CHANGES = {"new": "new", "worse": "worse", "better": "better", "same": "as before", "gone": "gone"}


def _uncompared(slow: Mapping[str, Any]) -> str:
    of = "Nothing" if slow["before"] is None else f"Of {count(slow['uncompared'], 'instance')} nothing"
    days = count((_span(slow).end - _span(slow).begin) // DAY, "day")
    return f"{of} is compared, as not all slow logs of the {days} before are held and could be read."


def _took(slow: Mapping[str, Any]) -> str:
    if not slow["count"]:
        return "no slow operation was logged"
    return f"{count(slow['count'], 'slow operation')} took {duration(slow['total_ms'])}"


def _against(slow: Mapping[str, Any]) -> str:
    """Return how the time that operations took compares with that of the days before."""
    before = slow["before"]
    if before is None:
        return ""
    span = _span(slow)
    days = f"in the {count((span.end - span.begin) // DAY, 'day')} before"
    if slow["uncompared"]:
        return f"; of what is compared, {_took(slow['compared'])}{_ratio(slow['compared'], before, days)}"
    return _ratio(slow, before, days)


def _ratio(slow: Mapping[str, Any], before: Mapping[str, Any], days: str) -> str:
    if not before["count"]:
        return f", and none {days}"
    if not slow["count"]:
        return f"; {count(before['count'], 'operation')} took {duration(before['total_ms'])} {days}"
    ratio = slow["total_ms"] / max(1, before["total_ms"])
    if ratio >= 2:
        return f", {f'{ratio:.1f}' if ratio < 9.95 else number(round(ratio))} times the {duration(before['total_ms'])} {days}"
    percent = round(abs(ratio - 1) * 100)
    compared = f"{percent} % {'more' if ratio > 1 else 'less'} than" if percent else "as much as"
    return f", {compared} {days} ({duration(before['total_ms'])})"


def _reading(slow: Mapping[str, Any]) -> str:
    read = f"{count(slow['files_read'], 'file')} with {size(slow['bytes_read'])} {_were(slow['files_read'])} read."
    if slow["files_left"]:
        read += (
            f" {count(slow['files_left'], 'older file')} with {size(slow['bytes_left'])} {_were(slow['files_left'])} not, as"
            " slow_max_bytes has it, so nothing is compared with the days before."
        )
    if slow["unread"]:
        read += f" {count(slow['unread'], 'part')} could not be read; log_archive_slow tells which."
    return read


def _were(many: int) -> str:
    return "was" if many == 1 else "were"


def _dates(slow: Mapping[str, Any]) -> str:
    first, last = slow["begin"], iso(_span(slow).end - DAY)
    return f"On {day(first)}" if first == last else f"From {day(first)} to {day(last)}"


def _span(slow: Mapping[str, Any]) -> Span:
    return Span(from_iso(slow["begin"]), from_iso(slow["end"]))


def _shape(one: Mapping[str, Any], slow: Mapping[str, Any], row: int, instance: Mapping[str, Any]) -> str:
    change = one["change"]
    mark = f' <span class="state {safe(change)}">{safe(_CHANGES[change])}</span>' if change else ""
    asked = f"<code>{safe(_short(one['pattern']))}</code>" if one["pattern"] else ""
    index = f"<p>The cloud recommends the index <code>{safe(_short(one['index']))}</code></p>" if one["index"] else ""
    return (
        f'<li><div class="who"><b>{safe(one["namespace"] or "no namespace")}</b> {safe(one["operation"])}{mark}'
        f' <a href="#i{row}">{label(instance)}</a></div>'
        f'<div class="pic">{_picture(one["days"], slow, one["namespace"])[0]}</div>'
        f'<p class="figures">{timed(_figures(one))}</p><div class="asked">{asked}{index}<p>{timed(_worst(one["worst"]))}</p></div></li>\n'
    )


def _figures(one: Mapping[str, Any]) -> str:
    before = one["before"]
    then = f"{number(before['count'])} took {duration(before['total_ms'])}" if before else ""
    if not one["count"]:
        return f"None any more; before, {then}."
    return (
        f"{number(one['count'])} took {duration(one['total_ms'])}: {duration(one['mean_ms'])} on average, 95 of 100 up to"
        f" {duration(one['p95_ms'])}, the worst {duration(one['max_ms'])}.{f' Before, {then}.' if then else ''}"
    )


def _worst(worst: Mapping[str, Any]) -> str:
    """Return how the worst operation went, and where its line stands."""
    parts = [f"{duration(worst['duration_ms'])} on {worst['node']}"]
    parts += [f"at {worst['time'][:19]}Z"] if worst["time"] else []
    parts += [_short(worst["plan"])] if worst["plan"] else []
    for name, what in (("docs_examined", "documents examined"), ("keys_examined", "keys"), ("returned", "returned")):
        parts += [f"{number(worst[name])} {what}"] if isinstance(worst[name], int) else []
    member = f" {worst['member']}" if worst["member"] else ""
    return f"Worst: {', '.join(parts)}; line {worst['number']} of {worst['file']}{member}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _picture(days: Mapping[str, int], slow: Mapping[str, Any], of: str) -> tuple[str, str]:
    """Return how long operations took on each day, as bars, those of the days before apart and paler; and as words."""
    span = _span(slow)
    begin = from_iso(slow["before_begin"]) if slow["before_begin"] else span.begin
    dates = [iso(at) for at in range(begin, span.end, DAY)]
    took = [days.get(date[:10], 0) for date in dates]
    top = max(took)
    bars: dict[str, str] = {"b": "", "n": ""}
    for at, (date, ms) in enumerate(zip(dates, took)):
        height = max(1, round(_HEIGHT * ms / top)) if ms else 0
        kind = "n" if date >= slow["begin"] else "b"
        x = at * _STEP + (_STEP if kind == "n" and begin < span.begin else 0)
        bars[kind] += f"M{x} {_HEIGHT}v-{height}h{_BAR}v{height}z" if height else ""
    width = (len(dates) + (begin < span.begin)) * _STEP
    most = f"most on {day(dates[took.index(top)])}, {duration(top)}" if top else "nothing"
    words = f"Time that slow operations of {of} took each day from {day(dates[0])} to {day(dates[-1])}: {most}"
    svg = (
        f'<svg role="img" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none"><title>{safe(words)}</title>'
        f'<path class="b" d="{bars["b"]}"/><path class="n" d="{bars["n"]}"/></svg>'
    )
    return svg, words

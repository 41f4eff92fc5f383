# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the page looks, and the little that it does by itself: plain text, as only Python files reach the host of a module."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --bg: #faf9f6; --card: #fff; --ink: #1c1e21; --soft: #5a5f66; --line: #dfdcd5; --link: #1f5f8b;
  --good: #23674d; --warn: #8a4b00; --bad: #a3201a;
  --held: #4b9474; --held-ink: #66a88b; --empty: #cfe3d8; --empty-ink: #245a43;
  --pending: #d6e0f2; --pending-ink: #2f4b80; --missing: #f2ab3f; --missing-ink: #3b2200;
  --lost: #b3261e; --lost-ink: #fff; --accepted: #efd9d6; --accepted-ink: #7a2a24;
  --pruned: #e4e1da; --pruned-ink: #55534e; --unseen: #fbe9c4; --unseen-ink: #6b4700; --quiet: #edf0ec; --quiet-ink: #5d675f;
  --d: 8px; --who: 15rem;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #15171a; --card: #1c1f23; --ink: #e6e4df; --soft: #a3a8ae; --line: #31353b; --link: #8cc4ef;
    --good: #7fcfa9; --warn: #f0b35c; --bad: #ff9189;
    --held: #357d5f; --held-ink: #559b7b; --empty: #22382f; --empty-ink: #9fd0b8;
    --pending: #263350; --pending-ink: #b5c8f0; --missing: #d98f22; --missing-ink: #1e1200;
    --lost: #cf3a31; --lost-ink: #fff; --accepted: #4a2b29; --accepted-ink: #f0b9b4;
    --pruned: #34363a; --pruned-ink: #b5b8bc; --unseen: #473512; --unseen-ink: #f5cf85; --quiet: #23282a; --quiet-ink: #9aa5a0;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0; background: var(--bg); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
header, main, footer { max-width: 1360px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 40px; }
h1 { margin: 0; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere; }
h2 { margin: 48px 0 4px; font-size: 1.15rem; font-weight: 650; }
h2 + p { margin-top: 0; max-width: 46rem; color: var(--soft); }
a { color: var(--link); }
code, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .86em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 16px; top: 8px; padding: 6px 12px; background: var(--card); z-index: 2; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.made, small { color: var(--soft); font-size: .87rem; }
.made { margin: 0; }
.verdict { margin: 20px 0 0; padding: 4px 0 4px 20px; border-left: 5px solid var(--warn); max-width: 70rem; }
.verdict p { margin: 0 0 4px; font-size: 1.2rem; line-height: 1.4; }
.verdict p:first-child { font-size: 1.5rem; line-height: 1.3; letter-spacing: -.01em; }
.verdict p:last-child { margin: 0; }
.verdict.complete { border-color: var(--good); }
.verdict.lost, .verdict.broken { border-color: var(--bad); }
.state { color: var(--warn); font-weight: 650; }
.state.complete { color: var(--good); }
.state.lost, .state.broken { color: var(--bad); }
.numbers { display: grid; grid-template-columns: repeat(5, 1fr); gap: 20px 24px; margin: 32px 0 0; }
.numbers div { border-top: 1px solid var(--line); padding-top: 8px; }
.numbers dt { color: var(--soft); font-size: .87rem; }
.numbers dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
.numbers dd.text { font-size: 1rem; line-height: 1.35; padding-top: 4px; }
.legend, .claims {
  display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 12px 0; padding: 0; list-style: none; color: var(--soft);
  font-size: .87rem;
}
.legend b, .claims b { color: var(--ink); font-weight: 600; }
.legend i { --d: 14px; border-radius: 2px; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
.map { padding: 8px 0; }
.map > div { min-width: min-content; }
.tools { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 8px; }
.tools input, .tools button {
  font: inherit; font-size: .9rem; color: inherit; background: var(--card); border: 1px solid var(--soft);
  border-radius: 4px; padding: 3px 10px;
}
.row {
  display: grid; grid-template-columns: var(--who) auto minmax(15rem, 1fr); gap: 0 16px; align-items: center;
  padding: 3px 16px;
}
.row > *, .row th, .row td { min-width: 0; }
.row th { text-align: left; font-weight: 400; font-size: .87rem; padding: 0 0 0 18px; overflow-wrap: anywhere; }
.row th span { color: var(--soft); }
.row td { padding: 0; }
details { border-top: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto 32px; }
details[open] { padding-bottom: 6px; }
details table, details tbody { display: block; }
summary { cursor: pointer; min-height: 31px; }
summary:hover { background: var(--bg); }
summary .who { padding-left: 18px; position: relative; overflow-wrap: anywhere; line-height: 1.25; }
summary .who::before { content: "\\203a"; position: absolute; left: 2px; color: var(--soft); }
details[open] > summary .who::before { transform: rotate(90deg); }
summary small { font-size: .8rem; font-weight: 400; }
.words { font-size: .84rem; line-height: 1.3; color: var(--soft); max-width: 26rem; }
.strip { display: block; white-space: nowrap; line-height: 0; }
i { display: inline-block; overflow: hidden; vertical-align: top; width: calc(var(--n) * var(--d)); height: 14px;
  font: 600 9px/14px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre;
  letter-spacing: calc(var(--d) - 1ch); text-indent: calc((var(--d) - 1ch) / 2); font-style: normal;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
summary i { height: 18px; line-height: 18px; }
.axis i {
  height: 16px; font-family: inherit; font-weight: 400; font-size: .75rem; line-height: 16px; letter-spacing: 0;
  text-indent: 0; color: var(--soft); border-left: 1px solid var(--line); padding-left: 4px;
}
.h { background: var(--held); color: var(--held-ink); }
.e { background: var(--empty); color: var(--empty-ink); }
.p { background: var(--pending); color: var(--pending-ink); }
.m { background: var(--missing); color: var(--missing-ink); }
.l { background: var(--lost); color: var(--lost-ink); }
.a { background: var(--accepted); color: var(--accepted-ink); }
.r { background: var(--pruned); color: var(--pruned-ink); }
.u { background: var(--unseen); color: var(--unseen-ink); }
.q { background: var(--quiet); color: var(--quiet-ink); }
.o { box-shadow: inset 0 -1px var(--line); }
.table table { border-collapse: collapse; width: 100%; font-size: .9rem; }
.table caption { text-align: left; padding: 10px 16px 2px; color: var(--soft); font-size: .87rem; }
.table th, .table td { text-align: left; vertical-align: top; padding: 6px 16px; border-top: 1px solid var(--line); }
.table thead th { border-top: 0; color: var(--soft); font-weight: 500; white-space: nowrap; }
.table tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 14rem; }
.table tbody th small { display: block; font-weight: 400; }
.table time, .number { white-space: nowrap; font-variant-numeric: tabular-nums; }
.table .number { text-align: right; }
.table ul { margin: 0; padding: 0; list-style: none; min-width: 22rem; overflow-wrap: anywhere; }
.table li { margin-bottom: 4px; }
.table li small { display: block; }
.table li time { white-space: normal; }
.table .mono { overflow-wrap: anywhere; min-width: 16rem; }
.told { max-width: 70rem; }
.told p { margin: 0 0 2px; }
figure { margin: 12px 0; }
figure svg { width: 100%; max-width: 46rem; height: 72px; }
figcaption { color: var(--soft); font-size: .87rem; }
svg { display: block; width: 100%; height: 32px; border-bottom: 1px solid var(--line); }
svg .n { fill: var(--link); }
svg .b { fill: var(--soft); fill-opacity: .6; }
.shapes {
  margin: 12px 0 0; padding: 0; list-style: none; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px;
}
.shapes li {
  display: grid; grid-template-columns: 13rem 1fr; gap: 2px 20px; padding: 10px 16px; border-top: 1px solid var(--line);
  overflow-wrap: anywhere;
}
.shapes li:first-child { border-top: 0; }
.shapes .who { grid-column: 2; }
.shapes .pic { grid-row: 1 / span 3; }
.shapes p { margin: 0; font-variant-numeric: tabular-nums; }
.shapes .asked, .shapes .asked p { color: var(--soft); font-size: .87rem; }
.state.better { color: var(--good); }
.state.same, .state.gone { color: var(--soft); }
pre {
  margin: 8px 0; padding: 12px 16px; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card);
  border: 1px solid var(--line); border-radius: 6px;
}
footer { margin-top: 48px; padding-bottom: 48px; color: var(--soft); font-size: .87rem; }
@media screen and (max-width: 1280px) { :root { --who: 13rem; } .row { gap: 0 12px; } }
@media screen and (max-width: 1120px) {
  .map { direction: rtl; } /* the newest days first in view */
  .map > div { direction: ltr; }
  .row, tr.row { display: block; padding: 4px 16px; }
  .row .who, .row .words, .row th {
    display: block; position: sticky; left: 16px; width: fit-content; max-width: calc(min(100vw, 1120px) - 82px);
  }
  .row td { display: block; }
  .row th { padding-left: 0; }
  .axis { padding-top: 0; }
}
@media screen and (max-width: 900px) {
  .numbers { grid-template-columns: repeat(3, 1fr); }
  .table tbody th { min-width: 8rem; }
  .table ul { min-width: 12rem; }
  .table th, .table td { padding: 6px 8px; }
}
@media screen and (max-width: 600px) {
  header, main, footer { padding-left: 16px; padding-right: 16px; }
  .verdict p:first-child { font-size: 1.25rem; }
  .verdict p { font-size: 1.05rem; }
  .numbers { grid-template-columns: 1fr 1fr; gap: 14px 20px; }
  .row .who, .row .words, .row th { max-width: calc(100vw - 66px); }
  .shapes li { grid-template-columns: 1fr; }
  .shapes .who { grid-column: 1; }
  .shapes .pic { grid-row: auto; max-width: 13rem; }
}
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  :root { --d: 5.5px; --who: 12rem; }
  body { background: none; font-size: 10pt; }
  header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  header { padding-top: 0; }
  .skip, .tools { display: none; }
  .scroll { overflow: visible; }
  i { font-size: 7px; }
  details { content-visibility: visible; }
  .row, tr, li, summary { break-inside: avoid; }
  summary { break-after: avoid; }
  h2 { break-after: avoid; }
  .row { grid-template-columns: var(--who) auto minmax(10rem, 1fr); }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
"""

# The page tells everything without it. It names the day under the pointer, folds all rows, and finds an instance.
SCRIPT = """
"use strict";
const map = document.querySelector(".map");
const first = Date.parse(map.dataset.first);
const names = {};
for (const item of document.querySelectorAll(".legend li")) {
  names[item.querySelector("i").className] = item.querySelector("b").textContent;
}
map.addEventListener("mousemove", (event) => {
  const run = event.target;
  if (run.tagName !== "I" || !names[run.className]) return;
  const width = run.getBoundingClientRect().width / run.style.getPropertyValue("--n");
  let day = Math.floor(event.offsetX / width);
  for (let before = run.previousSibling; before; before = before.previousSibling) {
    day += Number(before.style.getPropertyValue("--n"));
  }
  run.title = new Date(first + day * 86400000).toISOString().slice(0, 10) + " " + names[run.className];
});
const rows = [...map.querySelectorAll("details")];
const tools = document.querySelector(".tools");
tools.hidden = false;
tools.querySelector("input").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const row of rows) row.hidden = !row.querySelector(".who").textContent.toLowerCase().includes(wanted);
});
tools.querySelector("button").addEventListener("click", (event) => {
  const open = rows.some((row) => !row.open);
  for (const row of rows) row.open = open;
  event.target.textContent = open ? "Fold all" : "Unfold all";
});
"""

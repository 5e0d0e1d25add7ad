// The counting lines.

import { age, whole } from "./format.js";

const room = document.getElementById("lines-room");
const body = document.getElementById("lines");
const template = document.getElementById("line-row");
const rows = new Map();

export function renderLines(model, nowMs, away) {
  for (const [key, row] of rows) {
    if (!model.lines.has(key)) { row.remove(); rows.delete(key); }
  }
  for (const [key, line] of model.lines) {
    if (!rows.has(key)) {
      rows.set(key, template.content.firstElementChild.cloneNode(true));
      body.append(rows.get(key));
    }
    show(rows.get(key), line, lineView(line, model, nowMs, away));
  }
  room.hidden = model.lines.size === 0;
}

function lineView(line, model, nowMs, away) {
  const ageMs = nowMs - Date.parse(line.at);
  if (away) return { state: "stale", note: "server away" };
  if (ageMs > model.limits.reading_stale_s * 1000) return { state: "stale", note: `${age(ageMs)} old` };
  if (line.validity === "unknown") return { state: "stale", note: line.reasons.join("; ") || "not counting" };
  if (line.validity === "degraded") return { state: "degraded", note: line.reasons.join("; ") || "degraded" };
  return { state: "live", note: line.simulated ? "simulated sensor" : "" };
}

function show(row, line, view) {
  row.dataset.line = line.line_id;
  row.dataset.state = view.state;
  put(row, ".name", line.line_id);
  put(row, ".note", view.note);
  row.querySelector(".note").title = view.note;
  put(row, ".in", whole(line.in_total));
  put(row, ".out", whole(line.out_total));
  const net = line.in_total - line.out_total;
  put(row, ".net", net > 0 ? `+${whole(net)}` : net < 0 ? `−${whole(-net)}` : "0");
}

function put(row, selector, text) {
  const element = row.querySelector(selector);
  if (element.textContent !== text) element.textContent = text;
}

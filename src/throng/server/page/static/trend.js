// The trend line of one zone: count with its interval, hatched where nothing is known.

import { known, whole } from "./format.js";

const SPANS_MS = [120000, 300000, 600000];
const GAP_MS = 2500;
const FOOT = 13;
const HEAD = 3;

export function drawTrend(canvas, points, clockMs) {
  const nowMs = Math.max(clockMs, points.at(-1)?.atMs ?? 0); // a fast replay runs ahead of the clock
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (!width || !height) return;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const style = getComputedStyle(canvas);
  const colour = (name) => style.getPropertyValue(name).trim();
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);

  const oldest = points.length ? nowMs - points[0].atMs : 0;
  const spanMs = SPANS_MS.find((span) => span >= oldest) ?? SPANS_MS.at(-1);
  const shown = points.filter((point) => point.atMs > nowMs - spanMs - GAP_MS);
  const good = shown.filter((point) => known(point.count));
  const top = niceTop(Math.max(4, ...good.map((point) => point.high ?? point.count)));
  const x = (ms) => width * (1 - (nowMs - ms) / spanMs);
  const y = (value) => HEAD + (height - FOOT - HEAD) * (1 - value / top);
  const floor = height - FOOT;

  hatch(pen, gaps(shown, nowMs, spanMs).map(([from, to]) => [x(from), x(to)]), floor, colour("--hatch"));
  pen.strokeStyle = colour("--grid");
  pen.lineWidth = 1;
  line(pen, [[0, Math.round(floor) + 0.5], [width, Math.round(floor) + 0.5]]);
  line(pen, [[0, HEAD + 0.5], [width, HEAD + 0.5]], [2, 3]);
  for (const run of runs(shown)) drawRun(pen, run, x, y, colour("--trend"));

  pen.font = `10px ${style.fontFamily}`;
  pen.fillStyle = colour("--muted");
  pen.textBaseline = "bottom";
  pen.fillText(`−${spanMs / 60000} min`, 0, height);
  pen.textAlign = "right";
  pen.fillText("now", width, height);
  pen.textAlign = "left";
  pen.textBaseline = "top";
  pen.fillText(whole(top), 1, HEAD + 2);
  canvas.setAttribute("aria-label", describe(good, spanMs));
}

function drawRun(pen, run, x, y, colour) {
  pen.fillStyle = colour;
  pen.globalAlpha = 0.22;
  pen.beginPath();
  for (const point of run) pen.lineTo(x(point.atMs), y(point.high));
  for (const point of run.toReversed()) pen.lineTo(x(point.atMs), y(point.low));
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.75;
  pen.lineJoin = "round";
  line(pen, run.map((point) => [x(point.atMs), y(point.count)]));
  if (run.length === 1) pen.fillRect(x(run[0].atMs) - 1, y(run[0].count) - 1, 2, 2);
}

function line(pen, corners, dash = []) {
  pen.setLineDash(dash);
  pen.beginPath();
  for (const [px, py] of corners) pen.lineTo(px, py);
  pen.stroke();
  pen.setLineDash([]);
}

function hatch(pen, stretches, floor, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  for (const [from, to] of stretches) {
    pen.save();
    pen.beginPath();
    pen.rect(from, HEAD, to - from, floor - HEAD);
    pen.clip();
    for (let px = Math.floor(from / 6) * 6 - floor; px < to; px += 6) line(pen, [[px, floor], [px + floor, 0]]);
    pen.restore();
  }
}

// Stretches of known points without a hole.
function runs(points) {
  const found = [];
  let run = [];
  for (const point of points) {
    if (!known(point.count) || (run.length && point.atMs - run.at(-1).atMs > GAP_MS)) {
      if (run.length) found.push(run);
      run = [];
    }
    if (known(point.count)) run.push(point);
  }
  return run.length ? [...found, run] : found;
}

// Times since the first point at which nothing was known.
function gaps(points, nowMs, spanMs) {
  const found = [];
  const good = points.filter((point) => known(point.count));
  const start = points.length ? Math.max(points[0].atMs, nowMs - spanMs) : nowMs - spanMs;
  let from = start;
  for (const { atMs } of good) {
    if (atMs - from > GAP_MS) found.push([from, atMs]);
    from = atMs;
  }
  if (nowMs - from > GAP_MS) found.push([from, nowMs]);
  return found;
}

function niceTop(value) {
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10].map((m) => m * step).find((top) => top >= value * 1.05) ?? 12 * step;
}

function describe(good, spanMs) {
  if (!good.length) return `No data in the last ${spanMs / 60000} minutes`;
  const counts = good.map((point) => point.count);
  return `Count over the last ${spanMs / 60000} minutes: from ${whole(Math.min(...counts))} to ${whole(Math.max(...counts))} people`;
}

// What the page knows, and what of it may be shown as true. Pure: no document in here.

import { age, known, timeOfDay } from "./format.js";

const TREND_SPAN_MS = 600000;
const LETTERS = "ABCDEF";
const RISK_RANKS = { safe: 0, caution: 3, warning: 6, critical: 7 }; // a warning stands above every letter
const BLIND_RANK = 3.5; // a zone nobody sees stands above D, below E

export const zoneKey = (zone) => JSON.stringify([zone.zone_id ?? zone.id, zone.camera_id]);

export class Model {
  constructor() {
    this.title = "";
    this.cameras = new Map();
    this.zones = new Map();
    this.lines = new Map();
    this.limits = { reading_stale_s: 3, reading_lost_s: 30, picture_stale_s: 5 };
  }

  take(message, nowMs) {
    if (message.type === "state") this.replace(message);
    if (message.type === "changes") this.change(message, nowMs);
  }

  replace(message) {
    this.title = message.title;
    this.limits = message.limits;
    this.cameras = new Map(message.cameras.map((camera) => [camera.id, camera]));
    this.zones = new Map(message.zones.map((zone) => [zoneKey(zone), fromTrend(zone, this.zones.get(zoneKey(zone)))]));
    this.lines = new Map();
    this.takeLines(message.lines);
  }

  change(message, nowMs) {
    for (const camera of message.cameras) this.cameras.set(camera.id, camera);
    for (const reading of message.readings) takeReading(this.zones.get(zoneKey(reading)), reading, nowMs);
    this.takeLines(message.lines);
  }

  takeLines(lines) {
    for (const line of lines) this.lines.set(JSON.stringify([line.line_id, line.camera_id]), line);
  }
}

// A zone that went blind while the server was away keeps its place among the worst.
function fromTrend(zone, before) {
  const { at_unix_s: at, count, count_low: low, count_high: high } = zone.trend;
  const points = at.map((s, i) => ({ atMs: s * 1000, count: count[i], low: low[i], high: high[i] }));
  const lastGood = points.findLast((point) => known(point.count)) ?? before?.lastGood ?? null;
  return { ...zone, points, lastGood, lastSeverity: before?.lastSeverity };
}

function takeReading(zone, reading, nowMs) {
  zone.reading = reading;
  zone.heardMs = nowMs;
  const point = { atMs: Date.parse(reading.at), count: reading.count, low: reading.count_low, high: reading.count_high };
  zone.points.push(point);
  if (known(point.count)) zone.lastGood = point;
  while (zone.points.length > 1 && zone.points[0].atMs < point.atMs - TREND_SPAN_MS) zone.points.shift();
}

// What a card shows: state is "live", "degraded", "late" (still coming, but about the past), "stale" or "unknown".
export function zoneView(zone, model, nowMs, away) {
  const reading = zone.reading;
  const camera = model.cameras.get(zone.camera_id);
  const cameraSays = camera && camera.state !== "live" ? `camera ${camera.state}${camera.detail ? `: ${camera.detail}` : ""}` : "";
  if (!reading) return unknown(zone, nowMs, away ? "server away" : cameraSays || "waiting for the first reading");
  const ageMs = nowMs - Date.parse(reading.at);
  // A recording replayed faster than time carries times ahead of the clock: its end counts, not its age.
  const over = camera?.state === "ended" || camera?.state === "failed";
  const late = away || over || ageMs > model.limits.reading_stale_s * 1000;
  if (reading.validity === "unknown" || !known(reading.count)) {
    return unknown(zone, nowMs, away ? "server away" : reading.reasons.join("; ") || cameraSays);
  }
  if (late && !away && !over && zone.heardMs && nowMs - zone.heardMs <= model.limits.reading_stale_s * 1000) {
    return { state: "late", pill: `${age(ageMs)} late`, why: "readings come late: the analysis does not keep up", reading };
  }
  const why = away ? "server away" : cameraSays || (late ? "no newer reading" : "");
  if (late && ageMs > model.limits.reading_lost_s * 1000) return unknown(zone, nowMs, why);
  if (late) return { state: "stale", pill: over && ageMs < 1000 ? camera.state : `${age(ageMs)} old`, why, reading };
  const reasons = reading.reasons.join("; ");
  return reading.validity === "degraded"
    ? { state: "degraded", pill: "degraded", why: reasons, reading }
    : { state: "live", pill: "live", why: reasons, reading };
}

function unknown(zone, nowMs, why) {
  return { state: "unknown", pill: "no data", why, reading: null, was: lastKnown(zone, nowMs) };
}

function lastKnown(zone, nowMs) {
  if (zone.lastGood) return `was ${Math.round(zone.lastGood.count)}, ${age(nowMs - zone.lastGood.atMs)} ago`;
  const at = zone.reading?.last_good_at;
  return at ? `last known at ${timeOfDay(Date.parse(at))}` : "never measured yet";
}

// Worst first: risk, level of service or use of capacity, whichever is worse; a blind zone keeps its last place if that was worse.
export function rank(zone, view) {
  const seen = view.reading ? severity(view.reading) : 0;
  if (view.reading) zone.lastSeverity = seen;
  const held = RISK_RANKS[zone.reading?.risk_level] ?? 0;
  return view.state === "unknown" ? Math.max(BLIND_RANK, zone.lastSeverity ?? 0, held) : seen;
}

function severity(reading) {
  const level = LETTERS.indexOf(reading.level_of_service ?? "A");
  const full = reading.occupancy_high ?? 0;
  const danger = RISK_RANKS[reading.risk_level] ?? 0;
  return Math.max(level, danger, full >= 1 ? 5 : full >= 0.9 ? 4 : full >= 0.75 ? 3 : 0);
}

// What a tile shows: a picture counts as live only while the stream is live and the picture is new.
export function cameraView(camera, picture, model, nowMs, away) {
  const ageMs = picture ? nowMs - picture.atMs : null;
  const last = picture ? `last picture ${timeOfDay(picture.atMs)}, ${age(ageMs)} ago` : "no picture yet";
  if (away) return { state: "away", word: "server away", since: last, detail: "", ageMs };
  if (camera.state !== "live") return { state: camera.state, word: camera.state, since: last, detail: camera.detail, ageMs };
  if (!picture) return { state: "waiting", word: "waiting", since: "for the first picture", detail: "", ageMs };
  if (ageMs > model.limits.picture_stale_s * 1000) {
    if (picture.steady && nowMs - picture.heardMs <= model.limits.picture_stale_s * 1000) {
      return { state: "late", word: `${age(ageMs)} late`, since: "", detail: "", ageMs };
    }
    return { state: "old", word: "no new picture", since: last, detail: "", ageMs };
  }
  return { state: "live", word: "live", since: "", detail: "", ageMs };
}

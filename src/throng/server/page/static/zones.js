// The zone cards, worst first.

import { applyHelp } from "./help.js";
import { DASH, decimal, interval, known, percent, timeOfDay, whole } from "./format.js";
import { rank, zoneView } from "./model.js";
import { drawTrend } from "./trend.js";

const WORDS = { A: "free", B: "light", C: "steady", D: "tight", E: "crowded", F: "jammed" };
const RISKS = { safe: "● safe", caution: "▲ caution", warning: "◆ warning", critical: "■ critical" };
const CALM_MS = 5000; // a zone must be calmer for this long before its card moves down
const grid = document.getElementById("zones");
const template = document.getElementById("zone-card");

export class ZoneCards {
  constructor(announce) {
    this.announce = announce;
    this.cards = new Map();
  }

  render(model, nowMs, away) {
    for (const [key, card] of this.cards) {
      if (!model.zones.has(key)) { card.root.remove(); this.cards.delete(key); }
    }
    for (const [key, zone] of model.zones) {
      if (!this.cards.has(key)) this.cards.set(key, newCard(zone, model));
      const card = this.cards.get(key);
      const view = zoneView(zone, model, nowMs, away);
      this.tell(card, zone, view, away);
      show(card, zone, view);
      drawTrend(card.trend, zone.points, nowMs);
      settle(card, rank(zone, view), nowMs);
    }
    arrange([...this.cards.values()]);
  }

  tell(card, zone, view, away) {
    const blind = view.state === "unknown";
    if (card.blind !== undefined && card.blind !== blind && !away) {
      this.announce(blind ? `${zone.name}: no data. ${view.why}` : `${zone.name}: data again`);
    }
    card.blind = blind;
  }
}

function newCard(zone, model) {
  const root = template.content.firstElementChild.cloneNode(true);
  applyHelp(root);
  const names = [...root.querySelectorAll("[class]")].map((element) => [element.className, element]);
  const card = { root, ...Object.fromEntries(names), title: root.querySelector("h3") };
  const seenTwice = [...model.zones.values()].filter((other) => other.id === zone.id).length > 1;
  card.title.textContent = seenTwice ? `${zone.name} · ${model.cameras.get(zone.camera_id)?.name ?? zone.camera_id}` : zone.name;
  card.title.title = describeZone(zone, model);
  root.dataset.zone = zone.id;
  grid.append(root);
  return card;
}

function describeZone(zone, model) {
  const camera = model.cameras.get(zone.camera_id)?.name ?? zone.camera_id;
  const area = known(zone.area_m2) ? `, ${decimal(zone.area_m2)} m²` : "";
  const capacity = known(zone.capacity) ? `, meant for ${zone.capacity} people` : "";
  return `${zone.name}: ${zone.use} zone${area}${capacity}, seen by ${camera}`;
}

function show(card, zone, view) {
  const { root } = card;
  const reading = view.reading;
  root.dataset.state = view.state;
  root.dataset.level = reading?.level_of_service ?? "";
  put(card.pill, view.pill);
  put(card.why, view.why);
  card.why.title = view.why;
  card.sim.hidden = !(reading ?? zone.reading)?.simulated;
  put(card.was, view.was ?? "");
  showRisk(card, reading ?? zone.reading, view.state);
  put(card.count, reading ? whole(reading.count) : "");
  put(card.interval, reading ? interval(reading.count_low, reading.count_high) : "");
  put(card.letter, reading?.level_of_service ?? DASH);
  put(card.word, WORDS[reading?.level_of_service] ?? "no level");
  put(card.density, measured(reading?.density_mean_per_m2, "/m²"));
  put(card.peak, measured(reading?.density_peak_per_m2, "/m²"));
  put(card.speed, measured(reading?.speed_mean_mps, "m/s"));
  showCapacity(card, zone, reading);
  if (reading) explain(card, reading);
}

// A zone that nobody sees, or that says nothing new, keeps its last level, marked as such; an old "safe" is not green.
function showRisk(card, reading, state) {
  const level = reading?.risk_level ?? "";
  const [event] = reading?.events ?? [];
  const reasons = [...(event ? [`${event.kind.replace("_", " ")}: ${event.evidence[0] ?? ""}`] : []), ...(reading?.risk_reasons ?? [])];
  card.root.dataset.risk = level;
  card.danger.dataset.held = (state === "unknown" || state === "stale") && level ? "yes" : "";
  put(card.danger, level ? RISKS[level] : "no risk known");
  put(card.because, reasons[0] ?? "");
  card.because.title = reasons.join("; ");
}

const measured = (value, unit) => (known(value) ? `${decimal(value)} ${unit}` : DASH);

function showCapacity(card, zone, reading) {
  const { capacity, fill, range, share } = card;
  capacity.classList.toggle("none", !known(zone.capacity));
  const filled = known(zone.capacity) && known(reading?.occupancy);
  const width = (value) => `${Math.min(100, 100 * value)}%`;
  fill.style.width = filled ? width(reading.occupancy) : "0";
  range.style.width = filled ? width(reading.occupancy_high) : "0";
  capacity.dataset.full = filled && reading.occupancy_high >= 1 ? "over" : filled && reading.occupancy_high >= 0.9 ? "near" : "";
  put(share, known(zone.capacity) ? `${percent(filled ? reading.occupancy : null)} of ${whole(zone.capacity)}` : "no capacity set");
}

// The exact numbers behind the rounded ones, for those who hover.
function explain(card, r) {
  const at = timeOfDay(Date.parse(r.at));
  const title = (element, text) => { element.title = text; };
  title(card.count, `${decimal(r.count)} people, 90 % interval ${decimal(r.count_low)} to ${decimal(r.count_high)}, at ${at}, by ${r.models.join(", ") || "no model"} from ${r.frames} pictures`);
  title(card.density, known(r.density_mean_per_m2)
    ? `${decimal(r.density_mean_per_m2)} people/m² over the zone, interval ${decimal(r.density_mean_low_per_m2)} to ${decimal(r.density_mean_high_per_m2)}, estimator ${r.density_mean_estimator}`
    : "No density: the camera is not calibrated, or it cannot be said");
  title(card.peak, known(r.density_peak_per_m2) ? `Largest local density, estimator ${r.density_peak_estimator}` : "No peak can be said");
  title(card.speed, known(r.speed_mean_mps)
    ? `Mean of ${r.speed_persons} tracked people, spread between them ${decimal(r.speed_std_mps)} m/s`
    : "Nobody was tracked long enough to measure a speed");
}

// Worse moves up at once; better moves down after a while, so that cards do not dance.
function settle(card, now, nowMs) {
  if (card.rank === undefined || now >= card.rank) {
    card.rank = now;
    card.calmSinceMs = null;
    return;
  }
  card.calmSinceMs ??= nowMs;
  if (nowMs - card.calmSinceMs > CALM_MS) { card.rank = now; card.calmSinceMs = null; }
}

function arrange(cards) {
  const wanted = cards.toSorted((a, b) => b.rank - a.rank);
  wanted.forEach((card, place) => {
    if (grid.children[place] !== card.root) grid.insertBefore(card.root, grid.children[place] ?? null);
  });
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

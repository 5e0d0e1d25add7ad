// Puts the page together: what the connection hears goes into the model, and the model is drawn.

import { CameraTiles } from "./cameras.js";
import { Connection } from "./connection.js";
import { age, timeOfDay } from "./format.js";
import { applyHelp, setUpHelp } from "./help.js";
import { renderLines } from "./lines.js";
import { Model } from "./model.js";
import { ZoneCards } from "./zones.js";

const byId = (id) => document.getElementById(id);
const model = new Model();
const connection = new Connection({
  onMessage: (message) => { model.take(message, connection.serverNowMs); if (message.type !== "heartbeat") soon(); },
  onPicture: (header, jpeg) => tiles.picture(header, jpeg, connection.serverNowMs),
  onChange: () => soon(),
});
const cards = new ZoneCards(announce);
const tiles = new CameraTiles({ watch: (ids) => connection.watch(ids), announce });

let drawing = false;

// At most one drawing per screen refresh, however many messages come.
function soon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; draw(); });
}

function draw() {
  const nowMs = connection.serverNowMs;
  const state = connection.state;
  const away = state === "away";
  showConnection(state, nowMs);
  const heard = connection.lastHeardMs !== null;
  byId("clock").textContent = heard ? timeOfDay(nowMs) : "--:--:--";
  byId("zones-empty").hidden = model.zones.size > 0;
  byId("zones-empty").textContent = heard ? "No zones yet. They appear as soon as a camera is open." : "Waiting for the server.";
  byId("watch").hidden = model.cameras.size === 0;
  byId("main").dataset.cameras = amount(model.cameras.size);
  byId("main").dataset.zones = amount(model.zones.size);
  cards.render(model, nowMs, away);
  tiles.render(model, nowMs, away);
  renderLines(model, nowMs, away);
}

const amount = (n) => (n === 0 ? "none" : n === 1 ? "one" : n <= 4 ? "few" : "many");

function showConnection(state, nowMs) {
  const since = connection.lastHeardServerMs;
  const words = { live: "Live", connecting: "Connecting", reconnecting: "Reconnecting", away: `Away since ${timeOfDay(since)}` };
  if (document.body.dataset.connection !== state) document.body.dataset.connection = state;
  const label = byId("connection").lastElementChild;
  if (label.textContent !== words[state]) label.textContent = words[state];
  byId("site").textContent = model.title;
  byId("away").hidden = state !== "away";
  if (state === "away") byId("away").lastElementChild.textContent = `Last heard at ${timeOfDay(since)}, ${age(nowMs - since)} ago. What you see is from then. Trying again by itself.`;
  const name = model.title ? `${model.title} – Throng` : "Throng";
  document.title = state === "live" ? name : `⚠ ${words[state]} – ${name}`;
}

// Changes of state are read out; numbers that move every second are not.
function announce(text) {
  byId("announcer").textContent = text;
}

applyHelp(document);
setUpHelp();
window.addEventListener("themechange", soon);
window.addEventListener("resize", soon);
setInterval(() => { connection.check(); soon(); }, 500);
connection.open();

// The camera tiles. Pictures are asked for only while their tile is on the screen.

import { applyHelp, helpText } from "./help.js";
import { age, duration } from "./format.js";
import { cameraView } from "./model.js";

const RATE_SPAN_MS = 5000;
const grid = document.getElementById("cameras");
const template = document.getElementById("camera-tile");

export class CameraTiles {
  constructor({ watch, announce }) {
    this.watch = watch;
    this.announce = announce;
    this.tiles = new Map();
    this.visible = new Set();
    this.observer = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "80px" });
  }

  seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.visible.add(target.dataset.camera);
      else this.visible.delete(target.dataset.camera);
    }
    this.watch([...this.visible]);
  }

  render(model, nowMs, away) {
    for (const [id, tile] of this.tiles) {
      if (!model.cameras.has(id)) this.remove(id, tile);
    }
    for (const camera of model.cameras.values()) {
      if (!this.tiles.has(camera.id)) this.add(camera);
      const tile = this.tiles.get(camera.id);
      const view = cameraView(camera, tile.picture, model, nowMs, away);
      if (tile.announced !== undefined && tile.announced !== "waiting" && tile.announced !== view.state && !away) this.announce(`Camera ${camera.name}: ${view.word}`);
      tile.announced = view.state;
      show(tile, camera, view, analysedPerSecond(model, camera));
    }
  }

  add(camera) {
    const root = template.content.firstElementChild.cloneNode(true);
    applyHelp(root);
    const names = [...root.querySelectorAll("[class]")].map((element) => [element.className, element]);
    const tile = { root, ...Object.fromEntries(names), canvas: root.querySelector("canvas"), big: root.querySelector("b"), picture: null, recent: [] };
    root.dataset.camera = camera.id;
    tile.enlarge.title = `Show ${camera.name} on the whole screen`;
    tile.enlarge.setAttribute("aria-label", tile.enlarge.title);
    tile.enlarge.hidden = !document.fullscreenEnabled;
    tile.enlarge.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()));
    grid.append(root);
    this.tiles.set(camera.id, tile);
    this.observer.observe(root);
  }

  remove(id, tile) {
    this.observer.unobserve(tile.root);
    tile.root.remove();
    this.tiles.delete(id);
    this.visible.delete(id);
  }

  // While one picture is being decoded only the newest of the others is kept.
  async picture(header, jpeg, heardMs) {
    const tile = this.tiles.get(header.camera_id);
    if (!tile) return;
    tile.next = { header, jpeg, heardMs };
    if (tile.busy) return;
    tile.busy = true;
    while (tile.next) {
      const next = tile.next;
      tile.next = null;
      try {
        paint(tile, await createImageBitmap(next.jpeg));
        note(tile, next);
      } catch {
        // A broken JPEG: the picture before it stays, and its age shows that.
      }
    }
    tile.busy = false;
  }
}

function paint(tile, bitmap) {
  const { canvas } = tile;
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    tile.root.style.setProperty("--ratio", `${bitmap.width} / ${bitmap.height}`);
  }
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
}

// Steady: pictures keep coming. One alone may be the last of a camera that died long ago.
function note(tile, { header, heardMs }) {
  const before = tile.picture;
  const steady = before !== null && before.sequence !== header.sequence && heardMs - before.heardMs < RATE_SPAN_MS;
  tile.picture = { atMs: Date.parse(header.at), sequence: header.sequence, heardMs, steady };
  tile.recent = tile.recent.filter((p) => p.atMs > tile.picture.atMs - RATE_SPAN_MS && p.atMs < tile.picture.atMs && p.sequence < tile.picture.sequence);
  tile.recent.push(tile.picture);
}

// Frames per second of the stream: frame numbers count the frames that were not shown, too.
function framesPerSecond({ recent }) {
  const first = recent[0];
  const last = recent.at(-1);
  if (!first || last.atMs - first.atMs < 500) return null;
  return ((last.sequence - first.sequence) * 1000) / (last.atMs - first.atMs);
}

function analysedPerSecond(model, camera) {
  for (const zone of model.zones.values()) {
    if (zone.camera_id === camera.id && zone.reading?.validity !== "unknown") return zone.reading?.frames ?? null;
  }
  return null;
}

function show(tile, camera, view, analysed) {
  const { root } = tile;
  root.dataset.state = view.state;
  put(tile.name, camera.name);
  tile.name.title = [camera.label, camera.models.length ? `models: ${camera.models.join(", ")}` : "", camera.reconnects ? `reconnected ${camera.reconnects} times` : ""].filter(Boolean).join(" · ");
  tile.sim.hidden = !camera.simulated;
  put(tile.state, view.word);
  tile.state.title = camera.detail || helpText("picture");
  put(tile.big, view.word);
  put(tile.since, view.since);
  put(tile.detail, view.detail);
  put(tile.numbers, numbers(tile, view, analysed));
  tile.numbers.title = helpText("picture");
  tile.canvas.setAttribute("aria-label", `Picture of camera ${camera.name}, ${view.word}${view.since ? `, ${view.since}` : ""}`);
}

function numbers(tile, view, analysed) {
  if (view.state !== "live" && view.state !== "late") return view.ageMs === null ? "" : `${age(view.ageMs)} ago`;
  const fps = framesPerSecond(tile);
  const parts = [
    fps === null ? "" : `${fps < 9.95 ? fps.toFixed(1) : Math.round(fps)} fps`,
    analysed === null ? "" : `${analysed}/s analysed`,
    `${duration(view.ageMs)} ago`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

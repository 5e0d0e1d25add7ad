// The WebSocket: connects, notices silence, comes back by itself, and knows the server's time.

const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 4000;

export class Connection {
  constructor({ onMessage, onPicture, onChange }) {
    this.onMessage = onMessage;
    this.onPicture = onPicture;
    this.onChange = onChange;
    this.silenceMs = 4000;
    this.retryMs = FIRST_RETRY_MS;
    this.lastHeardMs = null; // by performance.now(), which no clock change disturbs
    this.lastHeardServerMs = null;
    this.offsetMs = null; // server time less performance.now()
    this.watched = [];
    this.socket = null;
    this.timer = null;
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.socket) this.open(); });
  }

  // "live", "connecting" (never heard), "reconnecting" (just lost) or "away".
  get state() {
    if (this.lastHeardMs === null) return "connecting";
    if (performance.now() - this.lastHeardMs > this.silenceMs) return "away";
    return this.socket?.readyState === WebSocket.OPEN ? "live" : "reconnecting";
  }

  get serverNowMs() {
    return this.offsetMs === null ? Date.now() : performance.now() + this.offsetMs;
  }

  open() {
    clearTimeout(this.timer);
    this.drop();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => { this.sendWatched(); this.onChange(); });
    socket.addEventListener("message", (event) => this.hear(event.data));
    socket.addEventListener("close", () => this.lost(socket));
    this.socket = socket;
    this.openedMs = performance.now();
  }

  watch(cameraIds) {
    this.watched = cameraIds;
    this.sendWatched();
  }

  // Called every second: a connection that says nothing is no connection.
  check() {
    if (!this.socket) return;
    const since = Math.max(this.lastHeardMs ?? 0, this.openedMs);
    if (performance.now() - since > this.silenceMs) this.lost(this.socket);
  }

  sendWatched() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ watch: this.watched }));
  }

  hear(data) {
    this.lastHeardMs = performance.now();
    this.retryMs = FIRST_RETRY_MS;
    if (data instanceof ArrayBuffer) {
      const length = new DataView(data).getUint32(0);
      const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
      this.onPicture(header, new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" }));
      return;
    }
    const message = JSON.parse(data);
    this.hearTime(Date.parse(message.server_time));
    if (message.type === "state") this.silenceMs = message.limits.silence_s * 1000;
    this.onMessage(message);
  }

  // The least delayed message says the server's time best; a clock that was set is followed at once.
  hearTime(serverMs) {
    const offset = serverMs - performance.now();
    if (this.offsetMs === null || offset > this.offsetMs || this.offsetMs - offset > 2000) this.offsetMs = offset;
    else this.offsetMs -= (this.offsetMs - offset) * 0.02;
    this.lastHeardServerMs = serverMs;
  }

  lost(socket) {
    if (socket !== this.socket) return;
    this.drop();
    const jitter = 0.8 + 0.4 * Math.random();
    this.timer = setTimeout(() => this.open(), this.retryMs * jitter);
    this.retryMs = Math.min(this.retryMs * 1.7, LONGEST_RETRY_MS);
    this.onChange();
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close();
  }
}

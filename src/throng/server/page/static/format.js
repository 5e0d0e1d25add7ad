// Numbers, times and ages as people read them. Nothing here turns "unknown" into a number.

export const DASH = "–";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

export const whole = (value) => (known(value) ? Math.round(value).toLocaleString("en-US") : DASH);

export function decimal(value) {
  if (!known(value)) return DASH;
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function interval(low, high) {
  return known(low) && known(high) ? `${whole(low)}–${whole(high)}` : "";
}

export const percent = (share) => (known(share) ? `${Math.round(share * 100)} %` : DASH);

export const timeOfDay = (ms) => clock.format(new Date(ms));

export function duration(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.floor(s)} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min`;
  if (s < 172800) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} days`;
}

// Ages of things that are late: whole seconds, so that they do not flicker.
export function age(ms) {
  return ms < 10000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : duration(ms);
}

// What every number is and how it is measured: as tooltips and in the help dialog.

const TEXTS = {
  count: ["People", "Estimated number of people in the zone over the last second, with its 90 % interval. Alarms go by the upper end of the interval."],
  density: ["Density", "People per square metre: the count over the zone's ground area, measured on the calibrated ground plane. Without a calibration there is none."],
  peak: ["Peak density", "The largest local density in the zone. It depends on the estimator, whose name stands in the tooltip."],
  risk: ["Risk", "Safe, caution, warning or critical, with the weightiest reason. It goes by the upper end of the density's interval, by how long it lasts, by movement, inflow and forecast. A zone without data keeps its last level."],
  level: ["Level of service", "Fruin's letter for the zone's use, from A (free) to F (jammed), by the mean density. The bars beside the letter say the same without colour."],
  speed: ["Speed", "Mean walking speed of the people who were tracked long enough, in m/s. The tooltip gives their number and the spread between them."],
  capacity: ["Capacity", "The count as a share of the people the zone is meant for. The pale part is the interval."],
  trend: ["Trend", "The count over the last minutes with its interval. Hatched gaps are times without data; they are not zero."],
  validity: ["Validity", "Live: measured now. Degraded: measured, but less reliable, for the reason given. Late: still coming, but about a moment in the past. Old: no newer reading for 3 s. No data: nothing is known; the last known value is given with its age."],
  simulated: ["Simulated sensor", "The numbers come from the simulation's own truth, not from looking at the picture."],
  picture: ["Pictures", "State of the stream, frames per second of the camera, analyses per second, and the age of the picture."],
  lineIn: ["In", "People who crossed the line from its left to its right side since the start."],
  lineOut: ["Out", "People who crossed the line from its right to its left side since the start."],
  lineNet: ["Net", "In less out since the start."],
};

export const helpText = (key) => TEXTS[key][1];

export function applyHelp(root) {
  for (const element of root.querySelectorAll("[data-help]")) element.title = helpText(element.dataset.help);
}

export function setUpHelp() {
  const list = document.getElementById("help-list");
  for (const [term, text] of Object.values(TEXTS)) {
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    dt.textContent = term;
    dd.textContent = text;
    list.append(dt, dd);
  }
  const dialog = document.getElementById("help");
  document.getElementById("help-open").addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

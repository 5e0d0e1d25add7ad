// Runs before the first paint, so that the page never flashes in the wrong theme.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: light)");

  function stored() {
    try {
      return localStorage.getItem("throng-theme");
    } catch {
      return null; // storage may be forbidden; the choice then lasts for this visit
    }
  }

  let chosen = stored();
  const apply = () => { root.dataset.theme = chosen ?? (system.matches ? "light" : "dark"); };

  function toggle() {
    chosen = root.dataset.theme === "light" ? "dark" : "light";
    try {
      localStorage.setItem("throng-theme", chosen);
    } catch {
      // see above
    }
    apply();
    window.dispatchEvent(new Event("themechange"));
  }

  apply();
  system.addEventListener("change", () => { apply(); window.dispatchEvent(new Event("themechange")); });
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", toggle);
  });
})();

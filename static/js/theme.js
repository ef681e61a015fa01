// Runs before the first paint, so that a dark page never flashes white. Everything else is in console.js.
(() => {
  "use strict";
  const root = document.documentElement;
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto"; // Storage is off in some private windows.
    }
  }

  function apply() {
    const dark = choice() === "dark" || (choice() === "auto" && prefersDark.matches);
    root.dataset.bsTheme = dark ? "dark" : "light";
    root.dataset.themeChoice = choice();
  }

  root.classList.add("js");
  apply();
  prefersDark.addEventListener("change", apply);
  document.addEventListener("theme:changed", apply);
})();

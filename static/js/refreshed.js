// "refreshed 4 s ago": a live fragment that was asked and had nothing new (204) is fresh all the same.
// The words are counted here, each second; without this file the time of the last rendering stands there.
(() => {
  "use strict";

  const words = new Intl.NumberFormat(document.documentElement.lang || "en", {
    style: "unit",
    unit: "second",
    unitDisplay: "narrow",
  });
  const askedAt = new WeakMap();

  function redraw() {
    for (const place of document.querySelectorAll("[data-refreshed]")) {
      if (!askedAt.has(place)) askedAt.set(place, Date.now());
      const seconds = Math.max(0, Math.round((Date.now() - askedAt.get(place)) / 1000));
      place.textContent = place.dataset.refreshed.replace("%s", words.format(seconds));
    }
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) return;
    for (const place of event.detail.elt.querySelectorAll?.("[data-refreshed]") ?? []) {
      askedAt.set(place, Date.now());
    }
  });

  setInterval(() => document.hidden || redraw(), 1000);
  redraw();
})();

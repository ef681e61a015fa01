// The editor of signatures and body templates: inserts the next variable and replaces characters that force UCS-2.
// The preview beside it is refreshed by htmx; without this file everything can still be typed by hand.
(() => {
  "use strict";

  const form = document.querySelector("[data-editor]");
  const text = form.querySelector("[data-editor-text]");
  const insert = form.querySelector("[data-insert-variable]");

  function changed() {
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function nextVariable() {
    const numbers = [...text.value.matchAll(/\{([1-9][0-9]?)\}/g)].map((match) => Number(match[1]));
    let next = 1;
    while (numbers.includes(next)) next += 1;
    return `{${next}}`;
  }

  function showNextVariable() {
    if (insert) insert.querySelector("[data-next-variable]").textContent = nextVariable();
  }

  insert?.addEventListener("click", () => {
    text.setRangeText(nextVariable(), text.selectionStart, text.selectionEnd, "end");
    text.focus();
    changed();
  });

  text.addEventListener("input", showNextVariable);
  showNextVariable();

  // The preview is swapped while typing, so the listener sits above it.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-replace]");
    if (!button) return;
    text.value = text.value.replaceAll(button.dataset.replace, button.dataset.replaceBy);
    changed();
  });

  // Another region has other rules and samples: the page is asked again only while nothing has been written.
  form.addEventListener("change", (event) => {
    if (event.target.name === "region" && !text.value.trim()) {
      const address = new URL(window.location.href);
      address.search = new URLSearchParams({ region: event.target.value });
      window.location.replace(address);
    }
  });
})();

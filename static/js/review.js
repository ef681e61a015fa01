// The review queue's own key: "a" pressed twice approves; one alone only gets ready, so that a slip approves nothing.
// j, k and r are ordinary shortcuts of console.js, and the person's choice to switch single keys off holds here too.
(() => {
  "use strict";

  const READY_MS = 3000;
  const button = document.querySelector("[data-approve]");
  if (!button) return;
  const usual = button.querySelector("[data-usual]");
  const again = button.querySelector("[data-again]");
  let timer = 0;

  function setReady(ready) {
    clearTimeout(timer);
    timer = ready ? setTimeout(() => setReady(false), READY_MS) : 0;
    usual.hidden = ready;
    again.hidden = !ready;
  }

  function keysAreOn() {
    try {
      return localStorage.getItem("keys") !== "off";
    } catch {
      return true;
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || !keysAreOn()) return;
    if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    if (event.key !== "a") return setReady(false);
    event.preventDefault();
    if (timer) {
      setReady(false);
      button.click();
    } else {
      setReady(true);
      // A screen reader says the button's new name.
      button.focus();
    }
  });
})();

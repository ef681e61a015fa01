// The console's moving parts. Every page can be read and used without this file; it only makes them livelier.
//
// What pages may write (data attributes; listeners sit on the document, so swapped-in fragments work too):
//
//   <form data-confirm="Suspend?" data-confirm-detail="…" data-confirm-action="Suspend" data-confirm-danger>
//       asks in a dialog before the form is posted; also on a submit button, which then speaks for its form;
//       hx-confirm="…" of htmx uses the same dialog. Without JavaScript the form is posted at once.
//   <button data-dialog-open="id"> / <button data-dialog-close>     opens / closes a native <dialog>
//   <button data-copy="text" data-copied="Copied">                  copies; data-copy-from="#id" copies that text
//   <time datetime="…" data-relative>                               words like "3 minutes ago" stay fresh
//   <progress data-…> needs nothing: set its value attribute on the server
//   <a|button data-shortcut="j">                                    the key clicks the first visible one;
//       "/" focuses its element instead. Off in inputs, in dialogs, with modifiers, and by the person's choice.
//       In the review queue: j next, k previous, r reject; a twice to approve is review.js.
//   <select data-own-zone>                                          starts at the person's own time zone
//   <form data-submit-on-change>                                    submits when a field changes (filters)
//   hx-trigger="every 10s, refresh"                                 polls; quiet while the tab is hidden, and asks
//       once ("refresh") when the tab is shown again
//   Response header HX-Trigger: {"toast": {"level": "success", "text": "…"}}   shows a toast
(() => {
  "use strict";

  const stored = {
    get(key) {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, value);
      } catch {
        // Storage is off in some private windows; the choice then lasts for this page.
      }
    },
  };

  // --- Dialogs ---------------------------------------------------------------------------------------------

  function askFirst({ title, detail, action, danger }) {
    const dialog = document.getElementById("confirm-dialog");
    const yes = document.getElementById("confirm-yes");
    yes.dataset.usual ||= yes.textContent;
    document.getElementById("confirm-title").textContent = title;
    document.getElementById("confirm-detail").textContent = detail || "";
    yes.textContent = action || yes.dataset.usual;
    yes.classList.toggle("btn-danger", danger);
    yes.classList.toggle("btn-primary", !danger);
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  function questionOf(element) {
    return {
      title: element.dataset.confirm,
      detail: element.dataset.confirmDetail,
      action: element.dataset.confirmAction,
      danger: "confirmDanger" in element.dataset,
    };
  }

  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      const asker = event.submitter?.dataset.confirm ? event.submitter : form;
      if (!asker.dataset.confirm || form.dataset.confirmed) {
        delete form.dataset.confirmed;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (await askFirst(questionOf(asker))) {
        form.dataset.confirmed = "yes";
        form.requestSubmit(event.submitter);
      }
    },
    true,
  );

  document.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    const element = event.detail.elt;
    const question = { ...questionOf(element), title: event.detail.question };
    if (await askFirst(question)) event.detail.issueRequest(true);
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) {
      event.preventDefault();
      document.getElementById(opener.dataset.dialogOpen)?.showModal();
    }
    if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
    // A click on the backdrop lands on the dialog itself.
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  // --- A form is posted once -------------------------------------------------------------------------------

  // Long enough for an impatient finger; a form whose answer is a file stays on its page and works again.
  const POSTING_MS = 10_000;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.posting) {
      event.preventDefault();
      return;
    }
    form.dataset.posting = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(allowPosting, POSTING_MS);
  });

  function allowPosting() {
    for (const form of document.querySelectorAll("form[data-posting]")) delete form.dataset.posting;
    for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
  }

  // The page may come back from the browser's history with its forms still marked.
  window.addEventListener("pageshow", allowPosting);

  document.addEventListener("change", (event) => {
    event.target.closest("form[data-submit-on-change]")?.requestSubmit();
  });

  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const select of document.querySelectorAll("select[data-own-zone]")) {
    if ([...select.options].some((option) => option.value === ownZone)) select.value = ownZone;
  }

  // --- Menus -----------------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // --- Toasts ----------------------------------------------------------------------------------------------

  const TOAST_SHOWN_MS = 7000;

  function keepForAWhile(toast) {
    // Warnings and errors stay until they are closed; a toast under the pointer or with the focus stays too.
    if (!["success", "info", "debug"].includes(toast.dataset.toast)) return;
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : toast.remove());
    setTimeout(leave, TOAST_SHOWN_MS);
  }

  function showToast(level, text) {
    const toast = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
    toast.classList.replace("toast-info", `toast-${level}`);
    toast.dataset.toast = level;
    toast.querySelector("p").textContent = text;
    document.getElementById("toasts").append(toast);
    keepForAWhile(toast);
  }

  document.querySelectorAll("[data-toast]").forEach(keepForAWhile);
  document.addEventListener("toast", (event) => showToast(event.detail.level || "info", event.detail.text));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]").remove();
  });

  // --- Copying ---------------------------------------------------------------------------------------------

  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // Plain http on a host other than localhost has no clipboard interface.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    await copy(source ? source.value ?? source.textContent : button.dataset.copy);
    if (button.dataset.copied) showToast("success", button.dataset.copied);
  });

  // --- Times -----------------------------------------------------------------------------------------------

  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
  const UNITS = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];

  function refreshTimes() {
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
      const [unit, size] = UNITS.find(([, s]) => Math.abs(seconds) >= s) || ["second", 1];
      const fresh = words.format(Math.trunc(seconds / size), unit);
      if (time.textContent !== fresh) time.textContent = fresh;
    }
  }

  refreshTimes();
  setInterval(() => document.hidden || refreshTimes(), 1000);
  document.addEventListener("htmx:load", refreshTimes);

  // --- Polling ---------------------------------------------------------------------------------------------

  const polls = (element) => (element.getAttribute("hx-trigger") || "").includes("every ");

  document.addEventListener("htmx:beforeRequest", (event) => {
    // A request that a poll started has no event behind it.
    const byTimer = !event.detail.requestConfig.triggeringEvent;
    if (document.hidden && byTimer && polls(event.detail.elt)) event.preventDefault();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !window.htmx) return;
    for (const element of document.querySelectorAll("[hx-trigger*='every ']")) window.htmx.trigger(element, "refresh");
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (polls(event.detail.elt)) return; // The next round tries again; a toast every ten seconds helps nobody.
    showToast("error", reasonIn(event.detail.xhr.responseText) || event.detail.xhr.statusText);
  });

  document.addEventListener("htmx:sendError", (event) => {
    if (!polls(event.detail.elt)) showToast("error", document.getElementById("toasts").dataset.offline);
  });

  // An error answer is one of the console's own pages (or a plain sentence): its words, without the page.
  function reasonIn(answer) {
    const page = new DOMParser().parseFromString(answer, "text/html");
    const parts = page.querySelectorAll("h1, .page-lead");
    return (parts.length ? [...parts] : [page.body]).map((part) => part.textContent.trim()).join(". ").slice(0, 300);
  }

  // --- Keys ------------------------------------------------------------------------------------------------

  const keysAreOn = () => stored.get("keys") !== "off";
  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !keysAreOn()) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const all = document.querySelectorAll(`[data-shortcut="${CSS.escape(event.key)}"]`);
    const target = [...all].find((element) => element.checkVisibility());
    if (!target) return;
    event.preventDefault();
    if (event.key === "/") target.focus();
    else {
      target.click();
      // What opened is the next thing Tab reaches.
      if (target.matches("summary")) target.focus();
    }
  });

  // --- The person's choices --------------------------------------------------------------------------------

  function showChoices() {
    const theme = document.documentElement.dataset.themeChoice;
    for (const button of document.querySelectorAll("[data-theme-choice]:not(html)")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
    }
    for (const button of document.querySelectorAll("[data-keys-choice]")) {
      button.setAttribute("aria-pressed", String((button.dataset.keysChoice === "on") === keysAreOn()));
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-theme-choice], button[data-keys-choice]");
    if (!button) return;
    if (button.dataset.themeChoice) {
      stored.set("theme", button.dataset.themeChoice);
      document.dispatchEvent(new Event("theme:changed"));
    } else {
      stored.set("keys", button.dataset.keysChoice);
    }
    showChoices();
  });

  showChoices();
})();

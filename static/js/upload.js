// Sends the file of recipients and shows true progress and speed. Without this file the form posts plainly.
//
//   <form data-upload data-max-bytes="…" data-too-large="…" data-left="%s left" data-broken="…">
//     <div data-dropzone> <input type="file"> <span data-file-name data-usual> </div>
//     <div data-upload-progress hidden> <progress max="100">
//       data-upload-percent, data-upload-speed, data-upload-left, data-upload-amount, button[data-upload-stop]
//     <p data-upload-error hidden>
//   The answer replaces the element that data-target names; data-fresh is where its present state can be had.
(() => {
  "use strict";

  // Speed is what left in the last seconds, not the average since the start.
  const SPEED_OVER_MS = 3000;
  const REDRAW_MS = 150;
  const MEGABYTE = 1e6;

  const language = document.documentElement.lang || "en";
  const decimal = (digits) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const inUnit = (unit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" });

  function megabytes(bytes) {
    return `${decimal(bytes < 10 * MEGABYTE ? 1 : 0).format(bytes / MEGABYTE)} MB`;
  }

  function speedWords(bytesPerSecond) {
    const digits = bytesPerSecond < MEGABYTE ? 2 : 1;
    return `${decimal(digits).format(bytesPerSecond / MEGABYTE)} MB/s`;
  }

  function timeWords(seconds) {
    if (seconds >= 90) return inUnit("minute").format(Math.round(seconds / 60));
    return inUnit("second").format(Math.max(1, Math.round(seconds)));
  }

  class Speedometer {
    samples = [];

    add(bytes) {
      const now = performance.now();
      this.samples.push({ at: now, bytes });
      // One sample older than the span stays, so that the span is always covered.
      while (this.samples.length > 2 && now - this.samples[1].at > SPEED_OVER_MS) this.samples.shift();
    }

    bytesPerSecond() {
      const first = this.samples[0];
      const last = this.samples.at(-1);
      const seconds = (last.at - first.at) / 1000;
      return seconds > 0 ? (last.bytes - first.bytes) / seconds : 0;
    }
  }

  function part(form, name) {
    return form.querySelector(`[data-upload-${name}]`);
  }

  function showError(form, text) {
    const error = part(form, "error");
    error.querySelector("span").textContent = text;
    error.hidden = !text;
  }

  function setBusy(form, isBusy) {
    part(form, "progress").hidden = !isBusy;
    form.classList.toggle("is-uploading", isBusy);
    for (const control of form.querySelectorAll("button:not([data-upload-stop]), input[type=file]")) {
      control.disabled = isBusy;
    }
  }

  function draw(form, speed, loaded, total) {
    const percent = total ? Math.floor((100 * loaded) / total) : 0;
    const bytesPerSecond = speed.bytesPerSecond();
    part(form, "progress").querySelector("progress").value = percent;
    part(form, "percent").textContent = `${percent} %`;
    part(form, "amount").textContent = `${megabytes(loaded)} / ${megabytes(total)}`;
    if (!bytesPerSecond) return;
    part(form, "speed").textContent = speedWords(bytesPerSecond);
    part(form, "speed").dataset.bytesPerSecond = String(Math.round(bytesPerSecond));
    const left = loaded < total ? form.dataset.left.replace("%s", timeWords((total - loaded) / bytesPerSecond)) : "";
    part(form, "left").textContent = left;
  }

  function send(form) {
    const request = new XMLHttpRequest();
    const speed = new Speedometer();
    const body = new FormData(form);
    let lastDrawn = 0;

    setBusy(form, true);
    showError(form, "");
    speed.add(0);
    draw(form, speed, 0, form.querySelector("input[type=file]").files[0].size);

    request.upload.addEventListener("progress", (event) => {
      speed.add(event.loaded);
      const now = performance.now();
      if (now - lastDrawn < REDRAW_MS && event.loaded < event.total) return;
      lastDrawn = now;
      draw(form, speed, event.loaded, event.total);
    });
    const stopped = () => {
      setBusy(form, false);
      if (form.dataset.stale) window.htmx.ajax("GET", form.dataset.fresh, { target: form.dataset.target, swap: "outerHTML" });
    };
    request.addEventListener("load", () => {
      setBusy(form, false);
      if (request.status === 401 || request.responseURL.includes("/sign-in")) {
        location.reload();
        return;
      }
      if (request.getResponseHeader("Content-Type")?.startsWith("text/html") && request.status < 500) {
        const target = document.querySelector(form.dataset.target);
        window.htmx.swap(target, request.responseText, { swapStyle: "outerHTML" });
      } else {
        showError(form, form.dataset.broken);
      }
    });
    request.addEventListener("error", () => {
      showError(form, form.dataset.broken);
      stopped();
    });
    request.addEventListener("abort", stopped);
    part(form, "stop").addEventListener("click", () => request.abort(), { once: true });

    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.send(body);
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.matches("[data-upload]") || !window.htmx) return;
      event.preventDefault();
      const file = form.querySelector("input[type=file]").files[0];
      if (!file) return;
      if (file.size > Number(form.dataset.maxBytes)) showError(form, form.dataset.tooLarge);
      else send(form);
    },
    true,
  );

  // What is saved elsewhere on the page meanwhile must not take the running upload off the page; its own answer
  // shows everything as it is then.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.target.querySelector?.("form.is-uploading");
    if (!form) return;
    event.detail.shouldSwap = false;
    form.dataset.stale = "yes";
  });

  // --- The drop zone ---------------------------------------------------------------------------------------

  function showName(input) {
    const words = input.form.querySelector("[data-file-name]");
    const file = input.files[0];
    words.dataset.usual ||= words.textContent;
    words.textContent = file ? `${file.name} · ${megabytes(file.size)}` : words.dataset.usual;
    input.closest("[data-dropzone]").classList.toggle("has-file", Boolean(file));
    showError(input.form, "");
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-upload] input[type=file]")) showName(event.target);
  });

  const zoneOf = (event) => event.target.closest?.("[data-dropzone]");

  document.addEventListener("dragover", (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    const zone = zoneOf(event);
    if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    const input = zone.querySelector("input[type=file]");
    if (!event.dataTransfer.files.length || input.disabled) return;
    input.files = event.dataTransfer.files;
    showName(input);
  });

  // Leaving the page in the middle of an upload would lose it.
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form.is-uploading")) event.preventDefault();
  });
})();

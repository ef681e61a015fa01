// The editor of signatures, body templates and sender IDs: marks findings in the text itself, inserts the next
// variable, replaces characters that force UCS-2, fills in samples. The preview beside it is refreshed by htmx and
// brings the marks along; without this file everything can still be typed, previewed and replaced.
(() => {
  "use strict";

  const form = document.querySelector("[data-editor]");
  const text = form.querySelector("[data-editor-text]");
  const insert = form.querySelector("[data-insert-variable]");

  function changed() {
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function write(value) {
    text.value = value;
    changed();
  }

  // --- Marks in the text -----------------------------------------------------------------------------------

  // A copy of the text lies behind the transparent field, letter on letter; only its marks are seen. Between two
  // answers of the server they move along with the words: what was typed lies between an unchanged beginning and
  // an unchanged end.
  const behind = document.createElement("div");
  behind.className = "marked-behind";
  behind.setAttribute("aria-hidden", "true");
  const frame = document.createElement("div");
  frame.className = `marked-field marked-${text.tagName.toLowerCase()}`;
  text.replaceWith(frame);
  frame.append(behind, text);

  // Whatever the field looks like here, on a phone or with other fonts, the copy looks the same.
  const SHARED = ["fontFamily", "fontSize", "fontWeight", "letterSpacing", "lineHeight", "tabSize", "textAlign"].concat(
    ["paddingTop", "paddingRight", "paddingBottom", "paddingLeft"],
    ["borderTopWidth", "borderRightWidth", "borderBottomWidth", "borderLeftWidth"],
  );

  function lookAlike() {
    const style = getComputedStyle(text);
    for (const name of SHARED) behind.style[name] = style[name];
  }

  new ResizeObserver(lookAlike).observe(text);
  lookAlike();

  let marks = [];
  let markedText = "";

  function draw() {
    behind.replaceChildren();
    let end = 0;
    for (const mark of marks) {
      behind.append(markedText.slice(end, mark.start));
      const element = document.createElement("mark");
      element.className = mark.look;
      element.textContent = markedText.slice(mark.start, mark.end);
      behind.append(element);
      end = mark.end;
    }
    // A line break at the very end would be swallowed without something behind it.
    behind.append(`${markedText.slice(end)}\u200b`);
    scroll();
  }

  function scroll() {
    behind.scrollTop = text.scrollTop;
    behind.scrollLeft = text.scrollLeft;
  }

  function followTyping() {
    const now = text.value;
    const shorter = Math.min(now.length, markedText.length);
    let same = 0;
    while (same < shorter && now[same] === markedText[same]) same += 1;
    let tail = 0;
    while (tail < shorter - same && now.at(-1 - tail) === markedText.at(-1 - tail)) tail += 1;
    const moved = now.length - markedText.length;
    const kept = markedText.length - tail;
    marks = marks.flatMap((mark) => {
      if (mark.end <= same) return [mark];
      if (mark.start >= kept) return [{ ...mark, start: mark.start + moved, end: mark.end + moved }];
      return [];
    });
    markedText = now;
    draw();
  }

  // What the server marked, if the text is still the same (it strips nothing and knows line feeds only).
  function takeMarks() {
    const source = document.querySelector("[data-marks]");
    const found = [];
    let all = "";
    for (const node of source ? source.childNodes : []) {
      const start = all.length;
      all += node.textContent;
      if (node.nodeType === Node.ELEMENT_NODE) found.push({ start, end: all.length, look: node.className });
    }
    if (all !== text.value) return;
    marks = found;
    markedText = all;
    draw();
    for (const button of document.querySelectorAll("[data-place]")) button.hidden = false;
  }

  text.addEventListener("scroll", scroll);
  text.addEventListener("input", followTyping);
  markedText = text.value;
  draw();
  takeMarks();
  document.addEventListener("htmx:afterSettle", takeMarks);

  // Places are counted in characters, the field counts UTF-16 units.
  function unitsOf(characters) {
    return [...text.value].slice(0, characters).join("").length;
  }

  function showPlace(place) {
    const [start, end] = place.split("-").map(Number);
    text.focus();
    text.setSelectionRange(unitsOf(start), unitsOf(end));
    text.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  // --- Variables -------------------------------------------------------------------------------------------

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

  // --- Buttons that are swapped with the preview -------------------------------------------------------------

  function replaceOne(button) {
    write(text.value.replaceAll(button.dataset.replace, button.dataset.replaceBy));
  }

  function replaceAll() {
    let value = text.value;
    for (const button of document.querySelectorAll("[data-replace]")) {
      value = value.replaceAll(button.dataset.replace, button.dataset.replaceBy);
    }
    write(value);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-replace], [data-replace-all], [data-place]");
    if (!button) return;
    // Without this file the button asks the server to replace.
    event.preventDefault();
    if ("place" in button.dataset) showPlace(button.dataset.place);
    else if ("replaceAll" in button.dataset) replaceAll();
    else replaceOne(button);
  });

  // --- Samples ---------------------------------------------------------------------------------------------

  const samples = [...form.querySelectorAll("[data-sample]")];

  function isOwn(field, key) {
    const value = field.value.trim();
    return value && !samples.some((sample) => sample.dataset[key] === value);
  }

  // A sample takes the place of nothing, or of another sample; for words of one's own the browser opens a new page.
  function useSample(sample) {
    const { sample: words, sampleKind, sampleName, sampleRemarks } = sample.dataset;
    for (const kind of form.querySelectorAll("[name=kind]")) kind.checked = kind.value === sampleKind;
    if (!isOwn(form.elements.name, "sampleName")) form.elements.name.value = sampleName;
    if (!isOwn(form.elements.remarks, "sampleRemarks")) form.elements.remarks.value = sampleRemarks;
    write(words);
  }

  for (const sample of samples) {
    sample.addEventListener("click", (event) => {
      event.preventDefault();
      if (isOwn(text, "sample")) window.open(sample.href, "_blank", "noopener");
      else useSample(sample);
    });
  }

  // Another region has other rules and samples: the page is asked again only while nothing has been written.
  form.addEventListener("change", (event) => {
    if (event.target.name === "region" && !text.value.trim()) {
      const address = new URL(window.location.href);
      address.search = new URLSearchParams({ region: event.target.value });
      window.location.replace(address);
    }
  });
})();

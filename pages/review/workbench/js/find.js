// Find in the open attempt: every message that holds the words, one after another.

function openFind(wb) {
  wb.find = wb.find ?? "";
  render(wb);
  const field = wb.el.evidence.querySelector("input");
  field.focus();
  field.select();
}

function closeFind(wb) {
  wb.find = null;
  wb.findHits = null;
  clearFound(wb);
  render(wb);
  wb.el.feed.focus({ preventScroll: true });
}

function drawFind(wb) {
  const field = h("input", {
    type: "search", class: "find-field", "aria-label": "Find in the transcript", placeholder: "Find in this attempt", "data-focus": "find",
    on: {
      input: () => findWords(wb, field.value, 0),
      keydown: (event) => {
        if (event.key === "Enter") findWords(wb, field.value, event.shiftKey ? -1 : 1);
        else if (event.key === "Escape") closeFind(wb);
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    },
  });
  field.value = wb.find || "";
  return [icon("search", 14), field, h("span", { class: "quiet", role: "status" }, wb.findHits || ""),
    h("button", { class: "link end", type: "button", on: { click: () => closeFind(wb) } }, "Close ", cap("Esc"))];
}

function findWords(wb, words, step) {
  const same = wb.find === words;
  wb.find = words;
  clearFound(wb);
  const hits = listHits(wb);
  const at = same ? Math.max(hits.indexOf(wb.foundMessage), 0) + step : 0;
  wb.foundMessage = hits.length ? hits[(at + hits.length) % hits.length] : null;
  sayFound(wb, hits);
  if (hits.length) showFound(wb, wb.foundMessage, words.trim());
}

/** Indexes of the messages of the open attempt that hold the words, of those that are here. */
function listHits(wb) {
  const known = wb.transcripts.get(wb.attempt);
  const wanted = wb.find.trim().toLowerCase();
  return wanted && known ? known.messages.filter((message) => message && message.text.toLowerCase().includes(wanted)).map((message) => message.i) : [];
}

function sayFound(wb, hits) {
  const known = wb.transcripts.get(wb.attempt);
  const soFar = !known || known.missing !== null ? " so far, the rest is on its way" : "";
  const found = hits.length ? `${hits.indexOf(wb.foundMessage) + 1} of ${count(hits.length, "message")}` : "Not found";
  wb.findHits = wb.find.trim() ? `${found}${soFar}` : "";
  wb.el.evidence.querySelector("[role=status]").textContent = wb.findHits;
}

/** More of a long attempt is here: what was found stays in sight, unless nothing was. */
function findAgain(wb) {
  if (wb.find === null || !wb.find.trim() || !wb.el.evidence.querySelector("[role=status]")) return;
  if (wb.foundMessage === null) findWords(wb, wb.find, 0);
  else sayFound(wb, listHits(wb));
}

function clearFound(wb) {
  if (CSS.highlights) CSS.highlights.delete("found");
}

function showFound(wb, index, words) {
  const message = wb.el.feed.querySelector(`[data-i="${index}"]`);
  if (!message) return;
  const ranges = listRanges(message, words.toLowerCase());
  if (!ranges.length && !isRaw(wb, `${wb.attempt}.${index}`)) {
    // it stands in what is folded or only in the raw text
    wb.folds.add(`${wb.attempt}.${index}:raw`);
    wb.raw.add(`${wb.attempt}.${index}`);
    render(wb);
    showFound(wb, index, words);
    return;
  }
  if (CSS.highlights && ranges.length) CSS.highlights.set("found", new Highlight(...ranges));
  scrollTo40(wb.el.feed, ranges.length ? ranges[0] : message);
}

function listRanges(message, wanted) {
  const ranges = [];
  for (const unit of message.querySelectorAll(".t")) for (const node of listTextNodes(unit)) {
    const text = node.data.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0 && ranges.length < 500; at = text.indexOf(wanted, at + 1)) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, Math.min(at + wanted.length, node.data.length));
      ranges.push(range);
    }
  }
  return ranges;
}

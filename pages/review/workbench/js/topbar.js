// The top bar: dataset, pace, whether everything is saved, who is reviewing.

function renderTop(wb) {
  const left = wb.totals.open ?? 0;
  const save = describeSave(wb);
  const sig = JSON.stringify([wb.dataset, wb.datasets, wb.totals, wb.decidedToday, wb.perHour, wb.me, wb.queueShut, save]);
  fill(wb.el.top, sig, () => [
    h("button", { type: "button", class: "icon-button", "aria-label": wb.queueShut ? "Show the queue" : "Hide the queue", "aria-keyshortcuts": "Q", on: { click: () => press(wb, "q") } }, icon("panel", 16)),
    drawDataset(wb),
    h("span", { class: "quiet all-count" }, wb.totals.all === undefined ? "" : count(wb.totals.all, "trial")),
    h("div", { class: "pace" }, drawPace(wb, left)),
    h("span", { class: `save is-${save.kind}` }, save.kind === "ok" ? icon("check", 14) : save.kind === "off" ? icon("warn", 14) : null, h("span", {}, save.words),
      save.kind === "off" && !save.toSettle && h("button", { type: "button", class: "link", on: { click: () => flush(wb) } }, "Try again")),
    h("span", { class: "who", title: plain(wb.me) }, h("i", { class: "initials", "aria-hidden": "true" }, initials(wb.me)), h("span", { class: "who-name" }, wb.me)),
    h("button", { type: "button", class: "key-button", "aria-keyshortcuts": "H", on: { click: () => press(wb, "h") } }, h("span", {}, "Keys"), cap("H")),
  ]);
}

function drawDataset(wb) {
  if (wb.datasets.length < 2) return h("b", { class: "dataset" }, wb.datasets.length ? wb.datasets[0][1] : "");
  const select = h("select", { class: "dataset", "aria-label": "Dataset", "data-focus": "dataset", on: { change: (event) => setFilter(wb, { dataset: event.target.value }, true) } },
    wb.datasets.map(([id, name]) => h("option", { value: id, selected: id === wb.dataset }, plain(name))));
  return select;
}

function drawPace(wb, left) {
  const done = wb.decidedToday;
  const bar = h("span", { class: "meter", role: "img", "aria-label": `${done} decided today, ${left} left` }, h("i", {}));
  bar.firstChild.style.width = `${done + left ? (done / (done + left)) * 100 : 0}%`;
  const minutes = wb.perHour ? Math.max(Math.round((left / wb.perHour) * 60), 1) : 0;
  const about = minutes && done >= 5 && left ? `, about ${minutes > 90 ? `${Math.round(minutes / 60)} h` : `${minutes} min`}` : "";
  return [
    h("span", {}, h("b", {}, done.toLocaleString("en")), " decided today"), bar,
    wb.perHour && done >= 5 && h("span", {}, h("b", {}, wb.perHour.toLocaleString("en")), " per hour"),
    h("span", {}, h("b", {}, left.toLocaleString("en")), ` left${about}`),
  ];
}

function describeSave(wb) {
  const open = wb.pending.length;
  if (wb.offSince) return { kind: "off", words: open ? `Not saved: no connection since ${clock(wb.offSince)}. Your decisions are kept here.` : `No connection since ${clock(wb.offSince)}.` };
  if (open && wb.missed) return { kind: "off", words: `${open} not saved yet, sending again` };
  if (open) return { kind: "busy", words: `Saving ${open}` };
  const unsaved = wb.conflicts.size + wb.failed.length;
  if (unsaved) return { kind: "off", toSettle: true, words: `${unsaved} not saved: yours to settle` };
  return { kind: "ok", words: "Saved" };
}

function initials(name) {
  const words = plain(name).trim().split(/\s+/);
  return (words.length > 1 ? words[0][0] + words[words.length - 1][0] : words[0].slice(0, 2)).toUpperCase();
}

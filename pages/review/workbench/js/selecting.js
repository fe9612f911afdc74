// Several trials at once: chosen by hand.

function startSelecting(wb) {
  wb.selecting = true;
  render(wb);
}

function stopSelecting(wb) {
  wb.selecting = false;
  wb.selected.clear();
  render(wb);
}

function toggleSelected(wb, id, isRange) {
  const rows = shownRows(wb);
  const at = rows.findIndex((row) => row.id === id);
  const from = isRange && wb.lastSelected !== undefined ? rows.findIndex((row) => row.id === wb.lastSelected) : at;
  const on = !wb.selected.has(id);
  for (const row of rows.slice(Math.min(at, from), Math.max(at, from) + 1)) {
    if (on) wb.selected.add(row.id);
    else wb.selected.delete(row.id);
  }
  wb.lastSelected = id;
  render(wb);
}

function drawSelectBar(wb) {
  return h("span", { class: "select-bar" },
    h("button", { type: "button", class: "link", on: { click: () => selectAll(wb) } }, "All"),
    h("button", { type: "button", class: "link", on: { click: () => stopSelecting(wb) } }, "Done"));
}

function selectAll(wb) {
  for (const row of shownRows(wb)) wb.selected.add(row.id);
  render(wb);
}

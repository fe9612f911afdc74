// The queue: search, filters with true counts, sort, and a list that draws only the rows in sight.

const ROW_REM = 3.375;
const SORTS = { check: "Most to check", name: "Name", support: "Most support", newest: "Newest", first: "As imported" };
const CHIPS = [["open", "To review", "open"], ["check", "Findings", "check"], ["all", "All", "all"]];

function renderQueue(wb) {
  renderQueueTools(wb);
  renderRows(wb);
  renderBulk(wb);
}

function renderQueueTools(wb) {
  const sig = JSON.stringify([wb.query, wb.counts, wb.selecting, wb.selected.size, wb.filtersOpen, wb.matched]);
  fill(wb.el.queueTools, sig, () => [
    drawSearch(wb),
    h("div", { class: "filter-chips", role: "group", "aria-label": "Status" }, CHIPS.map(([status, word, name]) => {
      const on = (wb.query.status || "open") === status;
      return h("button", { type: "button", class: `filter-chip${on ? " is-on" : ""}`, "aria-pressed": String(on), "data-focus": `status ${status}`, on: { click: () => setFilter(wb, { status: status === "open" ? "" : status }) } },
        `${word} ${(wb.counts[name] ?? 0).toLocaleString("en")}`);
    })),
    wb.filtersOpen && drawFilters(wb),
    h("div", { class: "sort-line" }, drawSort(wb), h("span", { class: "end" }), drawMoreFilters(wb),
      wb.selecting ? drawSelectBar(wb) : h("button", { type: "button", class: "link plain-link", on: { click: () => startSelecting(wb) } }, "Select")),
  ]);
}

function drawMoreFilters(wb) {
  return h("button", { type: "button", class: `small-filter${wb.filtersOpen || hasMoreFilters(wb) ? " is-on" : ""}`, "aria-expanded": String(Boolean(wb.filtersOpen)), "aria-label": "More filters", "data-focus": "more", on: { click: () => { wb.filtersOpen = !wb.filtersOpen; render(wb); } } }, "Filters");
}

function drawSearch(wb) {
  const field = h("input", {
    type: "search", placeholder: "Search trials and hints", "aria-label": "Search trials and hints", "aria-keyshortcuts": "/", "data-focus": "search",
    on: {
      input: () => searchQueue(wb, field.value),
      keydown: (event) => {
        if (event.key === "Escape") { field.value = ""; searchQueue(wb, ""); focusCard(wb); }
        else if (event.key === "Enter") { const first = shownRows(wb)[0]; if (first) openTrial(wb, first.id); }
        else if (event.key === "ArrowDown") wb.el.rows.focus();
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    },
  });
  field.value = wb.query.search || "";
  return h("label", { class: "search" }, icon("search", 15), field, cap("/"));
}

/** What is here is searched at once; the server adds what only task texts and hints hold. */
function searchQueue(wb, words) {
  const search = words.trim();
  wb.query = { ...wb.query, search };
  wb.wants.queue = true;
  wb.el.queueTools.sig = null;
  wb.typedAt = Date.now();
  clearTimeout(wb.typedTimer);
  wb.typedTimer = setTimeout(() => { if (!wb.gone) flushIfMissing(wb); }, TYPING + 20);
  writeUrl(wb);
  flush(wb);
  renderRows(wb);
}

function drawSort(wb) {
  return h("select", { class: "sort", "aria-label": "Sort", "data-focus": "sort", on: { change: (event) => setFilter(wb, { sort: event.target.value === "check" ? "" : event.target.value }) } },
    Object.entries(SORTS).map(([key, word]) => h("option", { value: key, selected: (wb.query.sort || "check") === key }, word)));
}

function setFilter(wb, change, isOtherDataset) {
  wb.query = { ...(isOtherDataset ? {} : wb.query), ...change };
  for (const [name, value] of Object.entries(wb.query)) if (!value) delete wb.query[name];
  wb.wants.queue = true;
  if (isOtherDataset) { wb.opened = null; wb.rows = []; wb.selected.clear(); wb.decided.clear(); }
  writeUrl(wb);
  flush(wb);
  render(wb);
}

/** The rows of the filter; while the server looks, those here that match the search by what is known of them. */
function shownRows(wb) {
  const search = (wb.query.search || "").toLowerCase();
  if (!search || wb.searched === (wb.query.search || "")) return wb.rows;
  return wb.rows.filter((row) => row.name.toLowerCase().includes(search) || row.task.toLowerCase().includes(search));
}

function renderRows(wb) {
  const list = wb.el.rows;
  const rows = shownRows(wb);
  wb.el.rowSpace.style.height = `${rows.length * ROW_REM}rem`;
  const height = ROW_REM * wb.rem;
  const first = Math.max(Math.floor(list.scrollTop / height) - 6, 0);
  const last = Math.min(first + Math.ceil((list.clientHeight || 700) / height) + 12, rows.length);
  reconcile(wb.el.rowSpace, rows.slice(first, last).map((row, i) => rowItem(wb, row, first + i, rows.length)));
  const at = rows.findIndex((row) => row.id === wb.opened);
  list.setAttribute("aria-activedescendant", at >= 0 ? `row-${wb.opened}` : "");
  fill(wb.el.noRows, JSON.stringify([rows.length, wb.query, wb.counts, wb.loaded]), () => (rows.length || !wb.loaded ? [] : drawNoRows(wb)));
}

function drawNoRows(wb) {
  const filtered = Object.keys(wb.query).some((name) => !["dataset", "sort"].includes(name));
  return [h("p", {}, filtered ? "No trial matches." : "No trial is waiting."),
    h("button", { type: "button", class: "button", on: { click: () => (filtered ? setFilter(wb, { dataset: wb.query.dataset || "" }, "keep") : setFilter(wb, { status: "all" })) } },
      filtered ? "Clear filters" : `Show all ${wb.counts.all ?? ""}`)];
}

function rowItem(wb, row, index, total) {
  const view = wb.trials.get(row.id);
  const status = wb.decided.get(row.id) || row.status;
  const held = wb.reservations.get(row.id);
  const isOpen = row.id === wb.opened;
  const selected = wb.selected.has(row.id);
  const sig = JSON.stringify([row, index, status, isOpen, held, wb.selecting, selected, wb.me, Boolean(view)]);
  return {
    key: String(row.id), sig,
    build: () => {
      const element = h("div", {
        class: `row${isOpen ? " is-open" : ""}${status === "open" ? "" : " is-decided"}`, role: "option", id: `row-${row.id}`,
        "aria-selected": String(wb.selecting ? selected : isOpen), "aria-posinset": index + 1, "aria-setsize": total, "aria-label": nameRow(row, status),
        on: { click: (event) => (wb.selecting ? toggleSelected(wb, row.id, event.shiftKey) : openTrial(wb, row.id)) },
      },
      h("div", { class: "row-top" }, wb.selecting && h("span", { class: `tick${selected ? " is-on" : ""}` }, selected && icon("check", 12)),
        h("span", { class: "row-name", title: plain(row.name) }, shortName(row.name)),
        held && held.reviewer !== wb.me && h("i", { class: "initials", title: plain(`${held.reviewer} has been here since ${clock(held.since)}`) }, initials(held.reviewer)), drawRowTag(row, status)),
      h("div", { class: "row-bottom" }, row.outcomes.length > 6 ? h("span", { class: "quiet" }, drawOutcomes(row.outcomes)) : row.outcomes.map(outcomeSquare), h("span", { class: "row-task" }, row.task)));
      element.style.top = `${index * ROW_REM}rem`;
      return element;
    },
  };
}

/** The agent's suffix is the same in every row. */
function shortName(name) {
  const cut = name.replace(/__[A-Za-z0-9_.-]{1,24}$/, "");
  return cut || name;
}

function nameRow(row, status) {
  const said = status !== "open" ? STATUSES[status].word.toLowerCase() : row.blocks ? `${row.blocks} blocking` : row.warnings ? `${row.warnings} to check` : "nothing to check";
  const outcomes = row.outcomes.length > 6 ? drawOutcomes(row.outcomes) : row.outcomes.join(", ");
  return plain(`${row.name}, ${outcomes}, ${said}`);
}

function drawRowTag(row, status) {
  if (status !== "open") return h("span", { class: `tag is-${status === "approved" ? "success" : "failure"}` }, icon(STATUSES[status].icon, 12), h("span", { class: "tag-word" }, STATUSES[status].word));
  if (row.blocks) return h("span", { class: "tag is-block", title: `${row.blocks} blocking` }, icon("block", 12), String(row.blocks), h("span", { class: "tag-word" }, " blocking"));
  if (row.warnings) return h("span", { class: "tag is-warn", title: `${row.warnings} to check` }, icon("warn", 12), String(row.warnings), h("span", { class: "tag-word" }, " to check"));
  return null;
}

/** So many rows further in the list, or null at its end. */
function findNeighbour(wb, id, step) {
  const rows = shownRows(wb);
  const at = rows.findIndex((row) => row.id === id);
  if (at < 0) return rows.length ? rows[0].id : null;
  const row = rows[at + step];
  return row ? row.id : null;
}

/** The next undecided row after this one, from the start again at the end; null if none is left. */
function findNextOpen(wb, id) {
  const rows = shownRows(wb);
  const at = rows.findIndex((row) => row.id === id);
  const isOpen = (row) => row.id !== id && (wb.decided.get(row.id) || row.status) === "open";
  for (let i = 1; i <= rows.length; i += 1) {
    const row = rows[(at + i + rows.length) % rows.length];
    if (isOpen(row)) return row.id;
  }
  return null;
}

function takeQueue(wb, queue) {
  const asked = JSON.stringify(wb.query) === JSON.stringify(queue.query) || !wb.loaded;
  if (!asked) return;
  wb.wants.queue = false;
  wb.loaded = true;
  wb.searched = queue.query.search || "";
  wb.dataset = queue.dataset;
  wb.datasets = queue.datasets;
  keepDataset(wb);
  wb.counts = queue.counts;
  wb.totals = queue.totals;
  wb.models = queue.models || [];
  wb.codes = queue.codes || [];
  wb.rows = queue.rows.map(readRow);
  wb.decidedToday = queue.decided_today ?? 0;
  wb.perHour = queue.per_hour;
  wb.queueAt = Date.now();
  takeReservations(wb, queue.held || []);
  wb.audits = queue.audits || [];
  wb.root.dataset.searched = wb.searched;
  const open = new Set(wb.pending.map((action) => action.trial_id));
  for (const id of wb.decided.keys()) if (!open.has(id)) wb.decided.delete(id);
  if (wb.opened === null && wb.rows.length) openTrial(wb, wb.rows[0].id);
}

/** What was opened without a name stays: neither another import nor a way back through the browser changes it. */
function keepDataset(wb) {
  if (wb.dataset === null || wb.query.dataset) return;
  wb.query = { ...wb.query, dataset: String(wb.dataset) };
  writeUrl(wb);
}

const STATUS_LETTERS = { o: "open", a: "approved", r: "rejected" };
const OUTCOME_LETTERS = { s: "success", p: "partial", f: "failure", e: "error", u: "unknown" };

/** A row as `core/curation/queue_view.py` writes it. */
function readRow([id, name, status, outcomes, hints, blocks, warnings, task]) {
  return { id, name, status: STATUS_LETTERS[status], outcomes: [...outcomes].map((letter) => OUTCOME_LETTERS[letter]), hints, blocks, warnings, task };
}

function scrollToRow(wb) {
  const at = shownRows(wb).findIndex((row) => row.id === wb.opened);
  const list = wb.el.rows;
  if (at < 0) return;
  const height = ROW_REM * wb.rem;
  if (at * height < list.scrollTop) list.scrollTop = at * height;
  else if ((at + 1) * height > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * height - list.clientHeight;
}

// Every key. Silent in text fields, with Ctrl, Cmd or Alt (but for moving a hint), and while a dialog is open.

const KEYS = {
  a: approve_, x: reject_, j: (wb) => openNeighbour(wb, 1), k: (wb) => openNeighbour(wb, -1), u: undo, U: redo, o: reopen,
  ArrowDown: (wb) => stepHint(wb, 1), ArrowUp: (wb) => stepHint(wb, -1), Enter: (wb) => wb.hint && toggleAccept(wb, wb.hint),
  e: (wb) => editHint(wb), d: rejectHint, m: mergeHint, i: addHint, n: nextFinding, g: useClosestQuote,
  f: (wb) => stepEvidence(wb, 1), F: (wb) => stepEvidence(wb, -1), "[": (wb) => stepAttempt(wb, -1), "]": (wb) => stepAttempt(wb, 1),
  v: toggleSide, b: toggleBefore, z: toggleFolds, t: toggleRaw, p: jumpToError, l: openFind,
  "/": focusSearch, q: toggleQueue, h: showSheet, "?": showSheet,
};

/** Which pane shows what a key does, where only one has room. */
const PANE_OF = { e: "hints", i: "hints", q: "queue", ...Object.fromEntries([..."fF[]vbztpl"].map((key) => [key, "transcript"])) };

/** What a key does, also for the button that names it. */
function press(wb, key) {
  wb.pane = PANE_OF[key] || wb.pane;
  const action = KEYS[key];
  if (action) action(wb);
}

function onKey(wb, event) {
  const target = event.composedPath()[0];
  if (wb.dialog) return onDialogKey(wb, event);
  if (event.defaultPrevented || isTyping(target)) return undefined;
  if (event.altKey && !event.ctrlKey && !event.metaKey && /^Arrow(Up|Down)$/.test(event.key)) {
    event.preventDefault();
    return moveHintBy(wb, event.key === "ArrowDown" ? 1 : -1);
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !isOurs(wb, target)) return undefined;
  if (onRows(wb, event, target) || onTabs(wb, event, target)) return event.preventDefault();
  if (onConflict(wb, event)) return event.preventDefault();
  if (event.key === "Escape") return escape_(wb);
  if (/^[1-9]$/.test(event.key)) return onNumber(wb, event);
  if (event.key === "Enter" && isControl(target)) return undefined;
  const key = event.key.length === 1 && /[a-z]/i.test(event.key) ? (event.shiftKey && KEYS[event.key.toUpperCase()] ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key;
  if (event.shiftKey && /^[A-Z]$/.test(event.key) && !KEYS[event.key]) return undefined;
  if (!KEYS[key]) return undefined;
  event.preventDefault();
  return press(wb, key);
}

function isTyping(target) {
  return target instanceof Element && (target.matches("input, textarea, select, [contenteditable]") || target.isContentEditable);
}

function isControl(target) {
  return target instanceof Element && target.matches("button, a, summary");
}

/** Keys work anywhere but in what belongs to the frame around us. */
function isOurs(wb, target) {
  return target === document.body || !(target instanceof Element) || wb.root.getRootNode().contains(target) || target.contains(wb.host)
    || Boolean(target.closest("[data-testid='stMain'], [data-testid='stSidebar'], [data-testid='stHeader']"));
}

function onDialogKey(wb, event) {
  if (event.key === "Escape") closeDialog(wb);
  else if (event.key === "Tab" && wb.dialog.modal) return keepFocus(wb, event);
  else if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.composedPath()[0]) || !wb.dialog.keys(event)) return undefined;
  event.preventDefault();
  return event.stopPropagation();
}

function keepFocus(wb, event) {
  const items = [...wb.el.dialog.querySelectorAll("button, textarea, input, select")];
  if (!items.length) return event.preventDefault();
  const active = wb.root.getRootNode().activeElement;
  const edge = event.shiftKey ? items[0] : items[items.length - 1];
  if (active !== edge && items.includes(active)) return undefined;
  (event.shiftKey ? items[items.length - 1] : items[0]).focus();
  return event.preventDefault();
}

function onRows(wb, event, target) {
  if (target !== wb.el.rows) return false;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) openNeighbour(wb, step, true);
  else if (event.key === "Home" || event.key === "End") openEnd(wb, event.key === "Home" ? 0 : -1);
  else if (event.key === " " && wb.selecting) toggleSelected(wb, wb.opened, event.shiftKey);
  else if (event.key === "Enter") focusCard(wb);
  else return false;
  return true;
}

function onTabs(wb, event, target) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || !(target instanceof Element) || !target.matches("[role=tab]")) return false;
  if (target.closest(".pane-tabs")) return false;
  stepAttempt(wb, step);
  const open = wb.el.tabs.querySelector("[aria-selected=true]");
  if (open) open.focus();
  return true;
}

function onConflict(wb, event) {
  const key = wb.conflicts.has(wb.hint) ? wb.hint : wb.conflicts.has(`task ${wb.opened}`) ? `task ${wb.opened}` : null;
  if (!key) return false;
  if (event.key === "1") keepMine(wb, key);
  else if (event.key === "2") takeTheirs(wb, key);
  else if (event.key.toLowerCase() === "e" && !key.startsWith("task ")) editBoth(wb, key);
  else return false;
  return true;
}

function onNumber(wb, event) {
  const view = openView(wb);
  const hint = view && orderHints(view.hints)[Number(event.key) - 1];
  if (!hint) return;
  event.preventDefault();
  if (wb.mergeFrom) { pickMerge(wb, hint.id); return; }
  if (wb.hint !== hint.id) openHint(wb, hint.id);
  toggleAccept(wb, hint.id);
}

function escape_(wb) {
  if (wb.mergeFrom) { wb.mergeFrom = null; return render(wb); }
  if (wb.selecting) return stopSelecting(wb);
  if (wb.find !== null) return closeFind(wb);
  if (wb.mode !== "one") return setMode(wb, "one");
  return undefined;
}

function openNeighbour(wb, step, keepFocus_) {
  const id = findNeighbour(wb, wb.opened, step);
  if (id === null) { say(wb, step > 0 ? "This is the last trial of the list." : "This is the first trial of the list."); return; }
  openTrial(wb, id);
  if (keepFocus_) wb.el.rows.focus();
}

/** The first or the last row of the list. */
function openEnd(wb, at) {
  const row = shownRows(wb).at(at);
  // also if it was open before and scrolled out of sight
  wb.scrolledRow = null;
  if (row) openTrial(wb, row.id);
  wb.el.rows.focus();
}

function toggleFolds(wb) {
  wb.unfoldAll = !wb.unfoldAll;
  wb.folds.clear();
  wb.scrolled = null;
  render(wb);
}

function toggleRaw(wb) {
  wb.rawAll = !wb.rawAll;
  wb.autoRaw.clear();
  wb.scrolled = null;
  render(wb);
  say(wb, wb.rawAll ? "Raw text." : "Readable text.");
}

function focusSearch(wb) {
  wb.queueShut = false;
  if (wb.mode !== "one") wb.mode = "one";
  wb.pane = "queue";
  render(wb);
  const field = wb.el.queueTools.querySelector("input[type=search]");
  field.focus();
  field.select();
}

function toggleQueue(wb) {
  wb.queueShut = !wb.queueShut;
  keepLayout(wb);
  render(wb);
}

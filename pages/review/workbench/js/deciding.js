// What a person decides on hints and trials. Each shows at once; the server follows.

/** The open trial with what was decided and is not acknowledged yet; null while it is not here. */
function openView(wb) {
  return viewOf(wb, wb.opened);
}

function viewOf(wb, id) {
  const view = wb.trials.get(id);
  if (!view) return null;
  const mine = wb.pending.filter((action) => action.trial_id === id);
  if (view.over && view.over.actions === wb.pending) return view.over.made;
  const made = mine.length ? overlay(view, mine) : view;
  Object.defineProperty(view, "over", { value: { actions: wb.pending, made }, configurable: true, enumerable: false });
  return made;
}

function findHint(wb, id) {
  const view = openView(wb);
  return view ? view.hints.find((hint) => hint.id === id) || null : null;
}

function onHint(wb, hint, action, payload) {
  const made = act(wb, { trial_id: wb.opened, hint_id: hint.id, version: hint.version }, action, payload);
  render(wb);
  return made;
}

/** Accept, or take back; on a rejected hint it takes back first. */
function toggleAccept(wb, id) {
  const view = openView(wb);
  const hint = findHint(wb, id);
  if (!hint || refuseClosed(wb, view)) return;
  const number = hintNumber(view, id);
  if (hint.state !== "proposed") {
    onHint(wb, hint, "take_back_hint");
    return say(wb, `Took back hint ${number}.`);
  }
  const block = view.findings.find((item) => item.hint_id === id && item.severity === "block" && !item.overridden);
  if (block) return askOverride(wb, hint, block);
  onHint(wb, hint, "accept_hint");
  return say(wb, `Accepted hint ${number}.`);
}

function refuseClosed(wb, view) {
  if (view && view.status === "open") return false;
  say(wb, view ? `This trial is ${view.status}. Reopen it first (O).` : "The trial is on its way.");
  return true;
}

/** Ask why, from the same list as for a trial; on a rejected hint it takes back. */
function rejectHint(wb) {
  const view = openView(wb);
  const hint = findHint(wb, wb.hint);
  if (!hint || refuseClosed(wb, view)) return;
  if (hint.state === "rejected") {
    onHint(wb, hint, "take_back_hint");
    say(wb, `Took back hint ${hintNumber(view, hint.id)}.`);
    return;
  }
  askReason(wb, `Why reject hint ${hintNumber(view, hint.id)}?`, (reason) => {
    const current = findHint(wb, hint.id);
    onHint(wb, current, "reject_hint", { reason });
    say(wb, `Rejected hint ${hintNumber(view, hint.id)}, ${reason}.`);
  });
}

/** The real text takes the place of a quote that was not found, and is shown where it stands. */
function useQuote(wb, hint, index) {
  const { message, quote } = hint.evidence[index].closest;
  onHint(wb, hint, "use_quote", { evidence: index, message, quote });
  openEvidence(wb, hint.id, index);
  say(wb, `The quote of message ${message} is used.`);
}

function useClosestQuote(wb) {
  const hint = findHint(wb, wb.hint);
  if (!hint || refuseClosed(wb, openView(wb))) return;
  const index = findClosest(hint);
  if (index < 0) say(wb, "This hint has no quote that waits for the real text.");
  else useQuote(wb, hint, index);
}

/** Why A is off now; null if it is on. */
function refuseApproval(wb, view) {
  if (wb.editor) return "Save or cancel first";
  const key = [...wb.conflicts.keys()].find((each) => each === `task ${view.id}` || view.hints.some((hint) => hint.id === each));
  if (key) return key.startsWith("task ") ? "Settle the task text first" : `Settle hint ${hintNumber(view, key)} first`;
  if (!view.task_text.trim()) return "Write the task text first";
  return null;
}

function approve_(wb) {
  const view = openView(wb);
  if (!view || view.status !== "open") return refuseClosed(wb, view);
  const refusal = refuseApproval(wb, view);
  if (refusal) return say(wb, `${refusal}.`);
  const published = describeApproval(view).published.length;
  return decideTrial(wb, view, "approve_trial", {}, "approved", `Approved ${view.name}, ${count(published, "hint")}.`);
}

function reject_(wb) {
  const view = openView(wb);
  if (!view || view.status !== "open") return refuseClosed(wb, view);
  return askReason(wb, "Why reject this trial?", (reason) =>
    decideTrial(wb, view, "reject_trial", { reason }, "rejected", `Rejected ${view.name}.`));
}

/** Saves behind it and goes on at once. */
function decideTrial(wb, view, action, payload, status, said) {
  const current = viewOf(wb, view.id);
  const next = findNextOpen(wb, view.id);
  wb.decided.set(view.id, status);
  countDecided(wb, view, status);
  wb.decidedToday += 1;
  act(wb, { trial_id: view.id, version: current.version }, action, payload);
  const row = next === null ? null : wb.rows.find((each) => each.id === next);
  say(wb, `${said}${row ? ` Next: ${row.name}.` : " No trial is left in this list."}`);
  openTrial(wb, next);
}

/** The counts follow at once; the next look at the queue corrects them. */
function countDecided(wb, view, status) {
  const less = (counts, name) => Math.max((counts[name] || 0) - 1, 0);
  wb.totals = { ...wb.totals, open: less(wb.totals, "open"), [status]: (wb.totals[status] || 0) + 1 };
  const checked = view.hints.some((hint) => openFindings(view, hint).length);
  wb.counts = { ...wb.counts, open: less(wb.counts, "open"), ...(checked ? { check: less(wb.counts, "check") } : {}) };
}

function reopen(wb) {
  const view = openView(wb);
  if (!view || view.status === "open") return;
  wb.decided.set(view.id, "open");
  act(wb, { trial_id: view.id, version: view.version }, "reopen_trial");
  say(wb, `Reopened ${view.name}.`);
  render(wb);
}

function undo(wb) {
  act(wb, {}, "undo");
  say(wb, "Undoing the last decision.");
  render(wb);
}

function redo(wb) {
  act(wb, {}, "redo");
  say(wb, "Redoing it.");
  render(wb);
}

/** What a saved action leads to: undo opens the trial it restores. */
function afterSaved(wb, action, result) {
  if (["undo", "redo", "undo_bulk", "bulk"].includes(action.action)) {
    wb.trials.forEach((view, id) => wb.trials.set(id, { ...view, stale: true }));
    wb.decided.clear();
    wb.wants.queue = true;
    if (result.message) say(wb, result.message);
    if (action.action === "bulk") wb.doneBulk = { id: result.bulk_id, words: result.message };
    if (result.opened_trial_id) wb.openSoon = result.opened_trial_id;
  }
  wb.refreshSoon = true;
}

function moveHintBy(wb, step) {
  const view = openView(wb);
  const hint = findHint(wb, wb.hint);
  if (!hint || refuseClosed(wb, view)) return;
  const same = orderHints(view.hints).filter((each) => each.kind === hint.kind);
  const at = same.indexOf(hint);
  const goal = at + step;
  if (goal < 0 || goal >= same.length) return say(wb, "It is already there.");
  const before = step < 0 ? same[goal].id : same[goal + 1] ? same[goal + 1].id : afterKind(view, hint);
  onHint(wb, hint, "move_hint", { before });
  return say(wb, `Moved to place ${goal + 1} of ${same.length}.`);
}

function afterKind(view, hint) {
  const all = orderHints(view.hints);
  const last = Math.max(...all.map((each, i) => (each.kind === hint.kind ? i : -1)));
  return all[last + 1] ? all[last + 1].id : null;
}

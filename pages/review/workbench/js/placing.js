// Where the reviewer stands: trial, hint, quote, attempt. The trial and the hint stand in the URL.

function openTrial(wb, id, place) {
  if (wb.editor && wb.opened !== id) keepEditorDraft(wb);
  if (wb.opened !== id) {
    wb.editor = null;
    wb.adding = false;
    wb.mergeFrom = null;
    wb.taskOpen = false;
    wb.find = null;
    wb.unfoldAll = false;
    wb.rawAll = false;
    wb.raw.clear();
    wb.autoRaw.clear();
    wb.folds.clear();
    wb.drawn.clear();
    wb.lastError = -1;
    wb.other = null;
    wb.instruction = null;
    // a pair of attempts belongs to its trial
    if (wb.mode === "side") wb.mode = "one";
    wb.pairs = [];
  }
  wb.opened = id;
  wb.wanted = place || null;
  wb.placed = false;
  wb.focusHint = true;
  wb.hint = null;
  wb.attempt = null;
  wb.quote = 0;
  wb.scrolled = null;
  settlePlace(wb);
  markSlow(wb);
  if (wb.mode === "before") askInstruction(wb);
  render(wb);
  writeUrl(wb);
  flush(wb);
  reserveSoon(wb);
  drawAheadSoon(wb);
}

/** Once the trial is here: its first hint to look at, or the one that the link names. */
function settlePlace(wb) {
  const view = openView(wb);
  if (!view || wb.placed) return;
  wb.placed = true;
  const wanted = wb.wanted && view.hints.find((hint) => hint.id === wb.wanted.hint);
  const place = wanted ? { hint: wanted.id, quote: firstFound(wanted), attempt: null } : firstPlace(view);
  wb.hint = place.hint;
  wb.quote = place.quote;
  const evidence = currentEvidence(wb, view);
  wb.attempt = evidence ? evidence.attempt_id : view.attempts.length ? view.attempts[0].id : null;
}

/** "Loading" is said only after a moment. */
function markSlow(wb) {
  wb.isSlow = false;
  clearTimeout(wb.slowTimer);
  wb.slowTimer = setTimeout(() => {
    wb.isSlow = true;
    render(wb);
  }, 300);
}

function openHint(wb, id) {
  const hint = findHint(wb, id);
  if (!hint) return;
  wb.hint = id;
  wb.quote = firstFound(hint);
  showEvidence(wb);
}

function openEvidence(wb, id, index) {
  wb.hint = id;
  wb.quote = index;
  showEvidence(wb);
}

function showEvidence(wb) {
  const view = openView(wb);
  const evidence = currentEvidence(wb, view);
  if (evidence && (wb.mode !== "side" || evidence.attempt_id !== wb.other)) wb.attempt = evidence.attempt_id;
  wb.scrolled = null;
  wb.focusHint = !wb.editor;
  render(wb);
  writeUrl(wb);
  flushIfMissing(wb);
}

function openAttempt(wb, id) {
  wb.attempt = id;
  wb.find = null;
  wb.lastError = -1;
  // the quote is not forced into sight again: this is a look around
  const evidence = currentEvidence(wb, openView(wb));
  if (!evidence || evidence.attempt_id !== id) wb.scrolled = null;
  render(wb);
  flushIfMissing(wb);
}

function flushIfMissing(wb) {
  planWants(wb);
  if (wb.wants.parts.length || wb.wants.trials.length || wb.wants.pair) flush(wb);
}

function stepHint(wb, step) {
  const view = openView(wb);
  if (!view) return;
  const hints = orderHints(view.hints);
  const at = hints.findIndex((hint) => hint.id === wb.hint);
  const next = hints[Math.min(Math.max(at + step, 0), hints.length - 1)];
  if (next) openHint(wb, next.id);
}

function stepEvidence(wb, step) {
  const hint = findHint(wb, wb.hint);
  if (!hint || !hint.evidence.length) return say(wb, "This hint has no quote.");
  return openEvidence(wb, hint.id, (wb.quote + step + hint.evidence.length) % hint.evidence.length);
}

function stepAttempt(wb, step) {
  const view = openView(wb);
  if (!view) return;
  if (wb.mode === "side") return stepPair(wb, view, step);
  const at = view.attempts.findIndex((attempt) => attempt.id === wb.attempt);
  const next = view.attempts[(at + step + view.attempts.length) % view.attempts.length];
  if (next) openAttempt(wb, next.id);
}

/** The next hint that a check says something of. */
function nextFinding(wb) {
  const view = openView(wb);
  if (!view) return;
  const hints = orderHints(view.hints);
  const at = hints.findIndex((hint) => hint.id === wb.hint);
  const around = [...hints.slice(at + 1), ...hints.slice(0, at + 1)];
  const next = around.find((hint) => hint.state !== "rejected" && openFindings(view, hint).length);
  if (next) openHint(wb, next.id);
  else say(wb, "Nothing to check in this trial.");
}

function writeUrl(wb) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wb.query)) if (value) query.set(name, value);
  if (wb.opened !== null) query.set("trial", wb.opened);
  if (wb.hint) query.set("hint", wb.hint);
  const url = `${location.pathname}?${query}`;
  if (url !== location.pathname + location.search) history.replaceState(history.state, "", url);
}

function readUrl() {
  const query = Object.fromEntries(new URLSearchParams(location.search));
  const { trial, hint, ...filter } = query;
  return { trial: /^\d{1,15}$/.test(trial || "") ? Number(trial) : null, hint: hint || null, filter };
}

/** Announces to who listens, and shows for a moment. */
function say(wb, words) {
  wb.el.live.textContent = plain(words);
  wb.el.toast.textContent = plain(words);
  wb.el.toast.hidden = false;
  clearTimeout(wb.toastTimer);
  wb.toastTimer = setTimeout(() => { wb.el.toast.hidden = true; }, 4000);
}

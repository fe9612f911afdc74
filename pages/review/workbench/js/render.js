// The whole picture from the state. Every part looks at its signature and leaves alone what has not changed.

function render(wb) {
  if (wb.gone) return;
  settlePlace(wb);
  const view = openView(wb);
  renderLayout(wb);
  renderTop(wb);
  renderFailed(wb);
  renderQueue(wb);
  if (wb.opened !== wb.scrolledRow) { wb.scrolledRow = wb.opened; scrollToRow(wb); renderRows(wb); }
  const nothing = describeNothing(wb);
  wb.root.classList.toggle("is-empty", Boolean(nothing));
  fill(wb.el.nothing, JSON.stringify(nothing && [nothing.title, nothing.words]), () => (nothing ? drawNothing(wb, nothing) : []));
  if (nothing || !view) {
    if (!nothing) renderLoading(wb);
    return;
  }
  wb.root.classList.remove("is-loading");
  renderHead(wb, view);
  renderHints(wb, view);
  if (wb.mode === "before") renderInstruction(wb, view);
  else if (wb.mode === "side") renderSide(wb, view);
  else renderTranscript(wb, view);
  renderBar(wb, view);
  showCard(wb, view);
  wb.root.dataset.ahead = countAhead(wb);
  wb.root.dataset.ready = `${view.id} ${wb.attempt} ${wb.transcripts.has(wb.attempt) && wb.transcripts.get(wb.attempt).messages.length ? "read" : "waiting"}`;
}

function renderLoading(wb) {
  wb.root.classList.add("is-loading");
  wb.root.dataset.ready = "";
  fill(wb.el.head, "loading", () => [h("p", { class: "loading" }, "")]);
  if (wb.isSlow) wb.el.head.replaceChildren(h("p", { class: "loading", role: "status" }, "Loading the trial"));
}

/** What stands in place of a trial; null if one is open. */
function describeNothing(wb) {
  if (!wb.loaded) return wb.problem ? { title: wb.problem, words: "", buttons: [] } : null;
  if (wb.dataset === null || !wb.totals.all) {
    return { title: "No hints to review yet.", words: "Extract hints from imported traces first.", buttons: [["Go to Batches", () => goTo("batches"), "is-primary"]] };
  }
  if (wb.opened !== null) return null;
  const { all, approved, rejected, open } = wb.totals;
  if (!open) {
    return {
      title: `All ${count(all, "trial")} ${all === 1 ? "is" : "are"} decided`, words: `${approved ?? 0} approved, ${rejected ?? 0} rejected.`,
      buttons: [...(approved ? [[`Publish ${count(approved, "trial")}`, () => goTo("publish"), "is-primary"]] : []), ["Undo the last decision", () => press(wb, "u"), "", "U"]],
    };
  }
  return { title: "No trial is left in this list.", words: `${count(open, "trial")} to review in all.`, buttons: [["Show what is to review", () => setFilter(wb, { status: "", search: "" }), "is-primary"], ["Undo the last decision", () => press(wb, "u"), "", "U"]] };
}

function drawNothing(wb, nothing) {
  return [h("h2", {}, nothing.title), nothing.words && h("p", { class: "quiet" }, nothing.words),
    h("div", { class: "buttons" }, nothing.buttons.map(([word, act_, kind, key]) => h("button", { type: "button", class: `button big ${kind}`, "aria-keyshortcuts": key, on: { click: act_ } }, key && cap(key), h("span", {}, word))))].filter(Boolean);
}

/** To another page of the app; through its own link where there is one, so that the session stays. */
function goTo(page) {
  const link = [...document.querySelectorAll("[data-testid='stSidebarNavLink'], a")].find((each) => new URL(each.href, location.href).pathname.endsWith(`/${page}`));
  if (link) link.click();
  else location.assign(location.pathname.replace(/[^/]*$/, page));
}

/** Decisions that came back: what failed, why, and the way on. */
function renderFailed(wb) {
  fill(wb.el.failed, JSON.stringify([wb.failed.map((each) => [each.action.id, each.message]), wb.problem]), () => [
    ...(wb.problem ? [h("div", { class: "failed-line", role: "alert" }, icon("warn", 14), h("span", {}, wb.problem))] : []),
    ...wb.failed.map((each) => h("div", { class: "failed-line", role: "alert" }, icon("warn", 14),
      h("span", {}, `${nameFailed(wb, each.action)} was not saved: ${each.message}`),
      each.action.trial_id !== null && each.action.trial_id !== wb.opened && h("button", { type: "button", class: "link", on: { click: () => openTrial(wb, each.action.trial_id, { hint: each.action.hint_id }) } }, "Open it"),
      h("button", { type: "button", class: "link", on: { click: () => tryAgain(wb, each) } }, "Try again"),
      h("button", { type: "button", class: "link", on: { click: () => { wb.failed = wb.failed.filter((other) => other !== each); render(wb); } } }, "Drop it"))),
  ]);
}

const DEEDS = {
  approve_trial: "The approval", reject_trial: "The rejection", reopen_trial: "The reopening", edit_task_text: "The task text", accept_hint: "Accepting a hint",
  take_back_hint: "Taking back a hint", reject_hint: "Rejecting a hint", edit_hint: "The edit of a hint", override: "The reason against a block", undo: "Undoing", redo: "Redoing",
  merge_hints: "The merge", bulk: "The decision on several trials", undo_bulk: "Undoing several decisions", use_quote: "The quote", add_quote: "The quote", take_over: "Taking over", add_hint: "The new hint", change_kind: "The change of kind", move_hint: "The move of a hint",
};

function nameFailed(wb, action) {
  const view = wb.trials.get(action.trial_id);
  const row = wb.rows.find((each) => each.id === action.trial_id);
  const name = view ? view.name : row ? row.name : "";
  const text = action.payload.text ? ` (\u201c${plain(textOf(action.payload.text.kind ? { text: hintWords(action.payload.text) } : action.payload.text)).slice(0, 200)}\u201d is kept here)` : "";
  return `${DEEDS[action.action] || "A decision"}${name ? ` of ${name}` : ""}${text}`;
}

/** The same decision again, against what is there now. */
function tryAgain(wb, failed) {
  wb.failed = wb.failed.filter((each) => each !== failed);
  const { action } = failed;
  const view = viewOf(wb, action.trial_id);
  const hint = view && view.hints.find((each) => each.id === action.hint_id);
  act(wb, { trial_id: action.trial_id, hint_id: action.hint_id, version: hint ? hint.version : view ? view.version : action.version }, action.action, action.payload);
  render(wb);
}

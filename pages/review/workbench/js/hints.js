// The hints of the trial, grouped by kind in publishing order; the open one shows its quote.

function renderHints(wb, view) {
  const hints = orderHints(view.hints);
  const items = [];
  if (wb.adding) items.push(addItem(wb, view));
  if (!hints.length && !wb.adding) items.push(noHintsItem(wb, view));
  const suggestions = (view.suggestions || []).filter((item) => !wb.settledSuggestions.has(item.id));
  suggestions.forEach((item) => items.push(suggestionItem(wb, view, item)));
  let kind = null;
  hints.forEach((hint, i) => {
    if (hint.kind !== kind) {
      kind = hint.kind;
      items.push(kindItem(kind, hints.filter((each) => each.kind === kind).length));
    }
    items.push(hintItem(wb, view, hint, i + 1));
  });
  if ((view.history || []).length) items.push(historyItem(wb, view));
  // taken away with the card, the focus would have everything laid out before the new card is there
  if (wb.el.hints.opened !== `${view.id} ${wb.hint}` && wb.focusHint) blurCard(wb);
  reconcile(wb.el.hints, items);
}

/** Brings a newly opened card into sight; after everything is drawn, because to scroll has it all laid out. */
function showCard(wb, view) {
  const { hints } = wb.el;
  if (hints.opened === `${view.id} ${wb.hint}`) return;
  const fresh = !String(hints.opened).startsWith(`${view.id} `);
  hints.opened = `${view.id} ${wb.hint}`;
  if (fresh) { hints.scrollTop = 0; hints.parentElement.scrollTop = 0; }
  const card = hints.querySelector(".card.is-open");
  if (!card) return;
  card.scrollIntoView({ block: "nearest", behavior: "instant" });
  if (wb.focusHint) card.focus({ preventScroll: true });
}

function blurCard(wb) {
  const active = wb.root.getRootNode().activeElement;
  if (active && active.matches(".card")) active.blur();
}

function kindItem(kind, number) {
  return {
    key: `kind ${kind}`, sig: String(number),
    build: () => h("div", { class: `kind is-${kind}`, role: "presentation" }, h("i", {}), h("b", {}, KINDS[kind].word), h("span", {}, String(number))),
  };
}

function noHintsItem(wb, view) {
  return {
    key: "none", sig: view.status,
    build: () => h("div", { class: "empty" }, h("p", {}, "No hints were found in this trial."),
      view.status === "open" && h("div", { class: "buttons" },
        h("button", { type: "button", class: "button", on: { click: () => press(wb, "i") } }, "Add a hint"),
        h("button", { type: "button", class: "button", on: { click: () => press(wb, "a") } }, "Approve without hints"),
        h("button", { type: "button", class: "button", on: { click: () => press(wb, "x") } }, "Reject"))),
  };
}

function hintItem(wb, view, hint, number) {
  const editor = wb.editor && wb.editor.subject === hint.id ? wb.editor : null;
  const conflict = wb.conflicts.get(hint.id);
  const open = wb.hint === hint.id;
  const draft = !editor && loadDraft(hint.id);
  const sig = editor ? `editor ${editor.opening}` : conflict ? `conflict ${JSON.stringify(conflict)}` : JSON.stringify([
    number, hint, view.findings.filter((item) => item.hint_id === hint.id), open, open && wb.quote, view.attempts.length, view.status, Boolean(draft),
  ]);
  return {
    key: hint.id, sig,
    build: () => (conflict ? drawConflict(wb, view, hint, number, conflict) : editor ? drawEditor(wb, view, hint, number, editor) : drawCard(wb, view, hint, number, open, draft)),
  };
}

/** Who did what, the newest first. */
function historyItem(wb, view) {
  const open = wb.folds.has("history");
  const toggle = () => { if (open) wb.folds.delete("history"); else wb.folds.add("history"); render(wb); };
  return {
    key: "history", sig: JSON.stringify([view.history, open]),
    build: () => h("div", { class: "history" }, foldButton(open, `History, ${count(view.history.length, "decision")}`, toggle),
      open && h("ol", { class: "small" }, [...view.history].reverse().map((step) => {
        const number = step.hint_id ? hintNumber(view, step.hint_id) : 0;
        const what = step.hint_id ? (number ? `, hint ${number}` : ", a hint that is gone") : "";
        return h("li", {}, h("b", {}, step.reviewer), ` ${step.action}${what} `, h("span", { class: "quiet" }, `${new Date(step.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}${step.reason ? `: ${step.reason}` : ""}`));
      }))),
  };
}

/** 1-based, in publishing order. */
function hintNumber(view, id) {
  return orderHints(view.hints).findIndex((hint) => hint.id === id) + 1;
}

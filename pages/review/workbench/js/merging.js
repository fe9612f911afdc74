// Two hints become one, and what a model or a check suggests.

function mergeHint(wb) {
  const view = openView(wb);
  const hint = findHint(wb, wb.hint);
  if (!hint || refuseClosed(wb, view)) return;
  if (view.hints.length < 2) { say(wb, "There is no other hint."); return; }
  wb.mergeFrom = hint.id;
  render(wb);
  const others = orderHints(view.hints).filter((each) => each.id !== hint.id && each.state !== "rejected");
  openDialog(wb, {
    kind: "merge",
    keys: (event) => {
      const other = /^[1-9]$/.test(event.key) && orderHints(view.hints)[Number(event.key) - 1];
      if (other && other.id !== hint.id) { pickMerge(wb, other.id); return true; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { stepMenu(wb, event.key === "ArrowDown" ? 1 : -1); return true; }
      return false;
    },
    draw: () => h("div", { class: "menu is-wide", role: "dialog", "aria-label": "Merge with which hint?" }, h("h3", {}, `Merge hint ${hintNumber(view, hint.id)} with which?`),
      others.map((other, i) => h("button", { type: "button", class: "menu-item", "data-first": i === 0, on: { click: () => pickMerge(wb, other.id) } }, cap(String(hintNumber(view, other.id))), h("span", { class: "one-line" }, hintWords(other.text)))),
      h("button", { type: "button", class: "menu-item quiet", on: { click: () => { wb.mergeFrom = null; closeDialog(wb); } } }, cap("Esc"), h("span", {}, "back"))),
  });
}

/** Which words stay: those of the first, and the other's evidence joins it. */
function pickMerge(wb, otherId) {
  const from = findHint(wb, wb.mergeFrom);
  const other = findHint(wb, otherId);
  wb.mergeFrom = null;
  closeDialog(wb);
  if (!from || !other) return;
  const take = (hint) => {
    closeDialog(wb);
    const made = onHint(wb, findHint(wb, from.id), "merge_hints", { other: other.id, text: hint.text });
    if (made) say(wb, `Merged hint ${hintNumber(openView(wb), from.id)} with another; the evidence of both stays.`);
  };
  openDialog(wb, {
    kind: "merge words", modal: true,
    keys: (event) => { if (!/^[12]$/.test(event.key)) return false; take(event.key === "1" ? from : other); return true; },
    draw: () => h("div", { class: "box", role: "dialog", "aria-modal": "true", "aria-label": "Which words stay?" }, h("h3", {}, "Which words stay?"),
      h("p", { class: "quiet" }, "The evidence of both stays. The words can be edited after it."),
      [from, other].map((hint, i) => h("button", { type: "button", class: "menu-item tall", "data-first": i === 0, on: { click: () => take(hint) } }, cap(String(i + 1)), h("span", {}, drawWords(hint.text)))),
      h("div", { class: "buttons" }, h("button", { type: "button", class: "button", on: { click: () => closeDialog(wb) } }, "Cancel ", cap("Esc")))),
  });
}

function suggestionItem(wb, view, item) {
  const numbers = item.hint_ids.map((id) => hintNumber(view, id)).filter(Boolean);
  return {
    key: `suggestion ${item.id}`, sig: JSON.stringify([item, numbers, view.status]),
    build: () => h("div", { class: "suggestion", role: "group", "aria-label": "Suggestion" },
      h("b", {}, item.kind === "merge" ? `Suggestion: merge hints ${numbers.join(" and ")}` : `Suggestion: other words for hint ${numbers[0]}`),
      h("p", {}, drawWords(item.text)),
      h("p", { class: "quiet small" }, `Proposed by ${item.origin.model || item.origin.extractor}. Nothing changes before you accept it.`),
      view.status === "open" && h("div", { class: "buttons" },
        h("button", { type: "button", class: "button", on: { click: () => settleSuggestion(wb, item, "accept_suggestion") } }, "Accept"),
        h("button", { type: "button", class: "button", on: { click: () => settleSuggestion(wb, item, "dismiss_suggestion") } }, "Dismiss"))),
  };
}

function settleSuggestion(wb, item, action) {
  wb.settledSuggestions.add(item.id);
  act(wb, { trial_id: wb.opened }, action, { suggestion_id: item.id });
  render(wb);
  say(wb, action === "accept_suggestion" ? "The suggestion is accepted." : "The suggestion is dismissed.");
}

// The decision bar: what Approve will do, and what goes along with it.

function renderBar(wb, view) {
  const next = findNeighbour(wb, wb.opened, 1);
  const refusal = view && view.status === "open" ? refuseApproval(wb, view) : null;
  const approval = view ? describeApproval(view) : null;
  const words = view ? wordsWithEditor(wb, view) : 0;
  const sig = JSON.stringify([view && view.id, view && view.status, view && view.last, refusal, approval && [approval.taken, approval.left, approval.published.length, approval.warned.map((x) => x.id)], words, next]);
  fill(wb.el.bar, sig, () => (view ? [
    view.status === "open" ? drawOpenButtons(wb, view, refusal) : drawClosedButtons(wb, view),
    barButton("U", "Undo", () => press(wb, "u"), "plain"),
    h("div", { class: "publishes end" }, drawPublishes(view, approval, words)),
    barButton("J", "Next", () => press(wb, "j"), `plain${next === null ? " is-off" : ""}`),
  ] : []));
}

function drawOpenButtons(wb, view, refusal) {
  return [
    h("button", { type: "button", class: `button big is-primary${refusal ? " is-off" : ""}`, "aria-disabled": String(Boolean(refusal)), "aria-keyshortcuts": "A", "data-focus": "approve", on: { click: () => press(wb, "a") } }, cap("A"), h("span", {}, refusal || nameApproval(view))),
    h("button", { type: "button", class: "button big", "aria-keyshortcuts": "X", "data-focus": "reject", on: { click: () => press(wb, "x") } }, cap("X"), h("span", {}, "Reject")),
  ];
}

function drawClosedButtons(wb, view) {
  const who = view.last && view.last.reviewer ? ` by ${view.last.reviewer}` : "";
  const reason = view.last && view.last.reason ? `, ${view.last.reason}` : "";
  return [
    h("button", { type: "button", class: "button big", "aria-keyshortcuts": "O", "data-focus": "reopen", on: { click: () => press(wb, "o") } }, cap("O"), h("span", {}, "Reopen")),
    h("span", { class: "quiet closed" }, `${STATUSES[view.status].word}${who}${reason}`),
  ];
}

function barButton(key, word, act_, kind) {
  return h("button", { type: "button", class: `button big ${kind}`, "aria-keyshortcuts": key, "data-focus": word, on: { click: act_ } }, cap(key), h("span", {}, word));
}

function drawPublishes(view, approval, words) {
  const total = view.hints.length;
  const numbers = approval.warned.map((hint) => hintNumber(view, hint.id));
  const unverified = (hint) => openFindings(view, hint).some((item) => item.code.includes("quote"));
  const warning = numbers.length > 1 ? `${numbers.length} hints go along with a warning`
    : numbers.length ? `Hint ${numbers[0]} goes along ${unverified(approval.warned[0]) ? "unverified" : "with a warning"}` : "No warnings";
  return [
    h("div", {}, view.status === "rejected" ? "Not published: the trial is rejected" : ["Publishes ", h("b", {}, `${approval.published.length} of ${total}`), " hints, ", h("b", { class: words > BUDGET_WORDS ? "is-warn-text" : "" }, String(words)), ` of ${BUDGET_WORDS} words`]),
    h("div", { class: numbers.length ? "is-warn-text" : "quiet" }, warning),
  ];
}

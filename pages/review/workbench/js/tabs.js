// What stands above the messages: the attempts as tabs, and which quote is shown.

function renderTabs(wb, view) {
  const attempts = view.attempts;
  const open = currentAttempt(wb, view);
  const hint = view.hints.find((item) => item.id === wb.hint);
  const cited = new Set(hint ? hint.evidence.map((item) => item.attempt_id) : []);
  const sig = JSON.stringify([view.id, open.id, [...cited], attempts.length, wb.narrow, wb.menu]);
  fill(wb.el.tabs, sig, () => {
    const shown = attempts.slice(0, TABS);
    if (!shown.includes(open)) shown[TABS - 1] = open;
    const rest = attempts.filter((attempt) => !shown.includes(attempt));
    const single = attempts.length === 1;
    return [
      h("div", { class: "tablist", role: "tablist", "aria-label": "Attempts" }, shown.map((attempt) => drawTab(wb, attempt, attempt === open, cited.has(attempt.id), single))),
      rest.length > 0 && drawMore(wb, rest),
      single
        ? h("span", { class: "quiet end" }, [open.agent, open.model].filter(Boolean).join(", "))
        : iconButton("columns", "Side by side", "V", () => press(wb, "v"), "end"),
    ];
  });
}

function drawTab(wb, attempt, isOpen, isCited, single) {
  const outcome = OUTCOMES[attempt.outcome];
  return h("button", {
    class: `tab${isOpen ? " is-open" : ""}`, type: "button", role: "tab", "aria-selected": String(isOpen),
    tabindex: isOpen ? "0" : "-1", "data-focus": `tab${attempt.id}`,
    title: plain([attempt.name, attempt.agent, attempt.model, attempt.result && `result ${attempt.result}`].filter(Boolean).join(", ")),
    "aria-label": `Attempt ${attempt.number}, ${outcome.word}, ${count(attempt.messages, "message")}${isCited ? ", cited by the open hint" : ""}`,
    on: { click: () => openAttempt(wb, attempt.id) },
  },
  h("span", { class: "quiet" }, single ? "Attempt" : String(attempt.number)), outcomeSquare(attempt.outcome),
  h("span", { class: "tab-word" }, outcome.word), h("span", { class: "quiet" }, String(attempt.messages)),
  isCited && h("i", { class: "cited-square" }));
}

function drawMore(wb, rest) {
  const select = h("select", { class: "more", "aria-label": "More attempts", on: { change: (event) => openAttempt(wb, Number(event.target.value)) } },
    h("option", { value: "" }, `${rest.length} more`),
    rest.map((attempt) => h("option", { value: attempt.id }, `${attempt.number} ${OUTCOMES[attempt.outcome].word}, ${attempt.messages}`)));
  return select;
}

function renderEvidenceBar(wb, view) {
  const hint = view.hints.find((item) => item.id === wb.hint);
  const shown = currentEvidence(wb, view);
  const sig = wb.find !== null ? "find" : JSON.stringify([view.id, wb.hint, wb.quote, wb.attempt, shown, hint && hint.evidence.length]);
  fill(wb.el.evidence, sig, () => (wb.find !== null ? drawFind(wb) : [
    ...drawPlace(wb, view, hint, shown),
    h("span", { class: "end bar-keys" },
      hint && hint.evidence.length > 1 && keyButton("F", "next", "Next evidence quote", () => press(wb, "f")),
      iconButton("search", "Find", "L", () => press(wb, "l"))),
  ]));
}

function drawPlace(wb, view, hint, shown) {
  const attempt = currentAttempt(wb, view);
  if (!shown) return [h("span", { class: "quiet" }, `Attempt ${attempt.number}, ${count(attempt.messages, "message")}`)];
  const label = EVIDENCE[shown.status];
  const where = view.attempts.length > 1 ? `attempt ${shown.attempt}, message ${shown.message}` : `message ${shown.message}`;
  return [
    h("span", { class: "evidence-count" }, `Evidence ${wb.quote + 1} of ${hint.evidence.length}`),
    h("span", { class: "quiet" }, "for hint ", cap(hintNumber(view, hint.id))),
    h("b", {}, where),
    h("span", { class: label.found ? "is-success-text" : "is-error-text" }, icon(label.icon, 13), ` ${label.word}`),
    shown.attempt_id !== attempt.id && h("button", { class: "link", type: "button", on: { click: () => openEvidence(wb, hint.id, wb.quote) } }, "Show it"),
  ];
}

function keyButton(key, word, name, act_, kind) {
  return h("button", { class: `key-button ${kind || ""}`, type: "button", "aria-label": name, "aria-keyshortcuts": key, on: { click: act_ } }, cap(key), h("span", {}, word));
}

function iconButton(picture, word, key, act_, kind) {
  return h("button", { class: `key-button ${kind || ""}`, type: "button", "aria-label": word, "aria-keyshortcuts": key, title: word, on: { click: act_ } },
    icon(picture, 15), h("span", { class: "word" }, word), cap(key));
}

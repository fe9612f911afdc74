// One hint: its words, what the checks say, who stands behind it, and the quotes that prove it.

function drawCard(wb, view, hint, number, open, draft) {
  const findings = hint.state === "rejected" ? [] : openFindings(view, hint);
  const folded = hint.state !== "proposed" && !open;
  const worst = findings.length ? ` is-${findings[0].severity}` : "";
  return h("div", {
    class: `card is-${hint.state}${open ? " is-open" : ""}${folded ? " is-folded" : ""}${worst}`, role: "option", "aria-selected": String(open),
    tabindex: open ? "0" : "-1", id: `hint-${hint.id}`, "aria-label": nameCard(view, hint, number, findings),
    on: { click: (event) => clickCard(wb, hint, event) },
  },
  h("span", { class: "number" }, h("button", {
    class: `cap-button is-${hint.state}`, type: "button", tabindex: "-1", "aria-label": hint.state === "accepted" ? `Take back hint ${number}` : `Accept hint ${number}`,
    "aria-keyshortcuts": number < 10 ? String(number) : "Enter", on: { click: (event) => { event.stopPropagation(); openHint(wb, hint.id); toggleAccept(wb, hint.id); } },
  }, String(number))),
  h("div", { class: "words" }, drawWords(hint.text)),
  hint.state !== "proposed" && drawState(hint),
  !folded && drawDetails(wb, view, hint, open, findings, draft));
}

function nameCard(view, hint, number, findings) {
  const said = findings.map((item) => `${SEVERITIES[item.severity].word}: ${item.message}`).join(" ");
  const state = { accepted: ", accepted", rejected: ", rejected", proposed: "" }[hint.state];
  return plain(`Hint ${number}, ${KINDS[hint.kind].one}${state}. ${hintWords(hint.text)} ${said} ${describeSupport(view, hint).words}`);
}

function clickCard(wb, hint, event) {
  if (event.target.closest("button, input, textarea, a, select") || String(wb.root.getRootNode().getSelection?.() ?? getSelection())) return;
  openHint(wb, hint.id);
}

function drawState(hint) {
  if (hint.state === "accepted") return h("span", { class: "state is-success-text" }, icon("check", 13), "Accepted");
  const reason = hint.last && hint.last.action === "reject" && hint.last.reason ? `, ${hint.last.reason.toLowerCase()}` : "";
  return h("span", { class: "state" }, icon("cross", 13), `Rejected${reason}`);
}

function drawDetails(wb, view, hint, open, findings, draft) {
  const support = describeSupport(view, hint);
  const shown = open ? hint.evidence[wb.quote] : null;
  return h("div", { class: "details" },
    open && hint.text.kind === "tool" && hint.text.example && h("div", { class: "example mono" }, hint.text.example),
    open && drawExtras(hint),
    findings.map((item) => drawFinding(wb, view, hint, item, open)),
    drawClosest(wb, view, hint, open),
    h("div", { class: "support-line" },
      h("span", { class: "support" }, support.marks, h("span", {}, support.words)),
      h("span", { class: "chips" }, groupEvidence(hint).map((chip) => drawChip(wb, view, hint, chip, open)))),
    shown && h("div", { class: `current-quote${EVIDENCE[shown.status].found ? "" : " is-missing"}`, title: plain(shown.quote.slice(0, 400)) }, shown.quote.slice(0, 300).replace(/\s+/g, " ")),
    draft && h("p", { class: "small draft-note" }, "Draft kept. ", h("button", { class: "link", type: "button", on: { click: () => { openHint(wb, hint.id); editHint(wb); } } }, "Go on editing"), " ",
      h("button", { class: "link", type: "button", on: { click: () => { dropDraft(hint.id); render(wb); } } }, "Drop it")),
    open && drawTools(wb, view, hint));
}

/** Fields that are not published but help to judge. */
function drawExtras(hint) {
  const extra = { strategy: hint.text.why && `Why: ${hint.text.why}`, pitfall: hint.text.symptom && `Symptom: ${hint.text.symptom}`, criterion: hint.text.basis && `Basis: ${hint.text.basis}` }[hint.kind];
  return h("p", { class: "small quiet" }, extra ? `${extra} ` : "", `Proposed by ${hint.origins.join(", ")}${hint.edited ? ", edited" : ""}.`);
}

function drawTools(wb, view, hint) {
  const tool = (word, key, act_) => h("button", { class: "small-tool", type: "button", "aria-keyshortcuts": key, on: { click: act_ } }, word, cap(key));
  return h("div", { class: "card-tools" },
    tool("Edit", "E", () => press(wb, "e")),
    tool(hint.state === "rejected" ? "Take back" : "Reject", "D", () => press(wb, "d")),
    view.hints.length > 1 && tool("Merge", "M", () => press(wb, "m")));
}

function drawFinding(wb, view, hint, item, open) {
  const severity = SEVERITIES[item.severity];
  return h("p", { class: `finding is-${item.severity}-text` }, icon(severity.icon, 13), h("b", {}, severity.word), h("span", {}, item.message),
    open && item.severity === "block" && view.status === "open" && h("button", { class: "link", type: "button", on: { click: () => askOverride(wb, hint, item) } }, "Publish anyway"));
}

/** Which quote of a hint was not found while there is real text like it; -1: none. */
function findClosest(hint) {
  return hint.evidence.findIndex((item) => item.closest);
}

function drawClosest(wb, view, hint, open) {
  const index = findClosest(hint);
  if (index < 0) return null;
  const { attempt, closest } = hint.evidence[index];
  return h("p", { class: "closest" }, "Closest: ", h("mark", {}, closest.quote.slice(0, 200)), ` in ${view.attempts.length > 1 ? `A${attempt} ` : ""}#${closest.message} `,
    view.status === "open" && h("button", { class: "link", type: "button", "aria-keyshortcuts": open && "G", on: { click: () => useQuote(wb, hint, index) } }, "Use this quote", open && [" ", cap("G")]));
}

/** Quotes from one message share a chip. */
function groupEvidence(hint) {
  const chips = [];
  hint.evidence.forEach((item, i) => {
    const known = chips.find((chip) => chip.attempt_id === item.attempt_id && chip.message === item.message && chip.found === EVIDENCE[item.status].found);
    if (known) known.indexes.push(i);
    else chips.push({ attempt_id: item.attempt_id, attempt: item.attempt, message: item.message, found: EVIDENCE[item.status].found, word: EVIDENCE[item.status].word, indexes: [i] });
  });
  return chips;
}

function drawChip(wb, view, hint, chip, open) {
  const current = open && chip.indexes.includes(wb.quote);
  const place = `${view.attempts.length > 1 ? `A${chip.attempt} ` : ""}#${chip.message}`;
  return h("button", {
    class: `chip${current ? " is-current" : ""}${chip.found ? "" : " is-missing"}`, type: "button", "data-focus": `chip${chip.indexes[0]}`,
    "aria-label": `Evidence in attempt ${chip.attempt}, message ${chip.message}, ${chip.word}${chip.indexes.length > 1 ? `, ${chip.indexes.length} quotes` : ""}`,
    on: { click: () => { wb.pane = PANE_OF.f; openEvidence(wb, hint.id, chip.indexes[0]); } },
  }, icon(chip.found ? "check" : "warn", 12), place, chip.indexes.length > 1 && h("span", { class: "quiet" }, `\u00d7${chip.indexes.length}`));
}

/** Who stands behind a hint: a mark per attempt, and in words. */
function describeSupport(view, hint) {
  const cited = new Set([...hint.attempt_ids, ...hint.evidence.filter((item) => item.status !== "missing").map((item) => item.attempt_id)]);
  const total = view.attempts.length;
  const behind = view.attempts.filter((attempt) => cited.has(attempt.id));
  const good = behind.filter((attempt) => attempt.outcome === "success").length;
  if (total === 1) return { words: behind.length ? "seen in the only attempt" : "not seen in the attempt", marks: null };
  const marks = total <= 8 && h("span", { class: "marks", "aria-hidden": "true" }, view.attempts.map((attempt) => h("i", { class: cited.has(attempt.id) ? `is-${attempt.outcome}` : "is-ring" })));
  return { words: `${behind.length} of ${total} attempts, ${good} successful`, marks };
}

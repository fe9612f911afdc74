// The head of the hints' pane: which trial this is, how its attempts ended, its task, and what needs a look.

function renderHead(wb, view) {
  const editor = wb.editor && wb.editor.subject === `task ${view.id}` ? wb.editor : null;
  const conflict = wb.conflicts.get(`task ${view.id}`);
  const sig = JSON.stringify([
    view.id, view.status, view.last, view.task_text, view.findings, view.hints.map((hint) => [hint.id, hint.state]), wb.taskOpen,
    Boolean(editor), editor && editor.opening, Boolean(conflict), wb.mode, wb.reservations.get(view.id), wb.me,
  ]);
  fill(wb.el.head, sig, () => [
    h("div", { class: "head-line" },
      h("h2", { class: "name", title: plain(view.name) }, view.name),
      view.status !== "open" && h("span", { class: `tag is-${view.status === "approved" ? "success" : "failure"}` },
        icon(STATUSES[view.status].icon, 12), STATUSES[view.status].word),
      h("span", { class: "outcomes" }, drawOutcomes(view.attempts.map((attempt) => attempt.outcome)))),
    drawReservation(wb, view),
    conflict ? drawTaskConflict(wb, view, conflict) : editor ? drawTaskEditor(wb, view, editor) : drawTask(wb, view),
    h("div", { class: "head-tags" }, drawFindingTags(wb, view),
      wb.mode !== "before" && h("span", { class: "end" }, keyTextButton("Before and after", "B", () => press(wb, "b")))),
  ]);
}

function drawOutcomes(outcomes) {
  if (outcomes.length > 6) return `${outcomes.length} attempts, ${outcomes.filter((each) => each === "success").length} successful`;
  return outcomes.map(outcomeSquare);
}

function drawTask(wb, view) {
  const open = wb.taskOpen;
  return h("div", { class: `task${open ? " is-open" : ""}` },
    h("button", { class: "task-text", type: "button", "aria-expanded": String(Boolean(open)), "aria-label": "Task text, open for reading and editing", on: { click: () => toggleTask(wb) } },
      open ? view.task_text : view.task_text.slice(0, 400).replace(/\s+/g, " ") || "(no task text was found)"),
    open && h("p", { class: "quiet small" }, `Found by: ${view.task_source}. `,
      view.task_text !== view.source_task_text ? "Edited by a reviewer. " : "",
      h("button", { class: "link", type: "button", on: { click: () => editTask(wb) } }, "Edit the task text")));
}

function toggleTask(wb) {
  wb.taskOpen = !wb.taskOpen;
  render(wb);
}

function keyTextButton(word, key, act_) {
  return h("button", { class: "key-button", type: "button", "aria-keyshortcuts": key, on: { click: act_ } }, h("span", {}, word), cap(key));
}

function drawFindingTags(wb, view) {
  const hints = orderHints(view.hints);
  const tags = view.findings.filter((item) => !item.hint_id && !item.overridden).map((item) =>
    h("span", { class: `tag is-${item.severity}`, title: plain(item.message) }, icon(SEVERITIES[item.severity].icon, 12), h("span", { class: "tag-text" }, item.message)));
  hints.forEach((hint, i) => {
    if (hint.state === "rejected") return;
    const [worst] = openFindings(view, hint);
    if (worst) tags.push(h("button", { class: `tag is-${worst.severity}`, type: "button", title: plain(worst.message), on: { click: () => openHint(wb, hint.id) } },
      icon(SEVERITIES[worst.severity].icon, 12), `Hint ${i + 1}${worst.severity === "block" ? " blocks" : `: ${shortFinding(worst)}`}`));
  });
  const open = tags.some((tag) => tag.tagName === "BUTTON");
  if (!tags.length && view.hints.length) tags.push(h("span", { class: "tag is-success" }, icon("check", 12), "Nothing to check"));
  return [...tags, open && keyButton("N", "next", "Next one to check", () => press(wb, "n"))];
}

const SHORT = {
  "quote-not-found": "quote not found", "no-quote": "no quote", "no-verified-quote": "no quote found", "no-instead": "no instead",
  "no-success-behind-step": "no success behind it",
};

function shortFinding(finding) {
  if (SHORT[finding.code]) return SHORT[finding.code];
  const words = finding.code.replace(/-/g, " ");
  return words.length > 28 ? `${words.slice(0, 27)}\u2026` : words;
}

function drawReservation(wb, view) {
  const held = wb.reservations.get(view.id);
  if (!held || held.reviewer === wb.me) return null;
  return h("div", { class: "reserved", role: "status" }, `${held.reviewer} has been here since ${clock(held.since)}. `,
    h("button", { class: "link", type: "button", on: { click: () => takeOver(wb, view.id) } }, "Take over"), " ",
    h("button", { class: "link", type: "button", on: { click: () => press(wb, "j") } }, "Next trial"));
}

function takeOver(wb, trialId) {
  wb.reservations.set(trialId, { reviewer: wb.me, since: new Date().toISOString() });
  act(wb, { trial_id: trialId }, "take_over");
  render(wb);
}

function clock(at) {
  const time = new Date(at);
  return Number.isNaN(time.valueOf()) ? "" : time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

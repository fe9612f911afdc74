// What a trial looks like with the decisions that the server has not acknowledged yet. Pure.

/**
 * What an action makes of its hint. Versions stay those of the server: it knows which of the newer ones are ours.
 */
const HINT_ACTIONS = {
  accept_hint: (hint) => ({ ...hint, state: "accepted" }),
  take_back_hint: (hint) => ({ ...hint, state: "proposed" }),
  reject_hint: (hint, payload) => ({
    ...hint, state: "rejected", last: { action: "reject", reason: payload.reason, reviewer: "", at: "" },
  }),
  edit_hint: (hint, payload) => ({ ...hint, text: payload.text, edited: true, words: countWords(hintWords(payload.text)) }),
  change_kind: (hint, payload) => ({ ...hint, kind: payload.text.kind, text: payload.text, edited: true }),
  use_quote: (hint, payload) => ({
    ...hint,
    evidence: hint.evidence.map((item, i) =>
      i === payload.evidence ? { ...item, status: "exact", message: payload.message, quote: payload.quote, closest: null } : item),
  }),
  add_quote: (hint, payload) => ({
    ...hint, evidence: [...hint.evidence, { ...payload, status: "exact", attempt: payload.attempt }],
  }),
  merge_hints: (hint, payload) => ({ ...hint, text: payload.text, kind: payload.text.kind }),
  override: (hint) => hint,
  move_hint: (hint) => hint,
};

/**
 * A view with actions applied, oldest first.
 * @param {object} view as the server sent it
 * @param {object[]} actions those of this trial that are not acknowledged
 */
function overlay(view, actions) {
  return actions.reduce(applyAction, view);
}

function applyAction(view, action) {
  const { payload } = action;
  if (action.hint_id && HINT_ACTIONS[action.action]) {
    const hints = view.hints.map((hint) =>
      hint.id === action.hint_id
        ? HINT_ACTIONS[action.action](hint, payload)
        : hint);
    const findings = action.action === "override"
      ? view.findings.map((item) =>
        item.hint_id === action.hint_id && item.code === payload.code ? { ...item, overridden: true } : item)
      : view.findings;
    const moved = action.action === "move_hint" ? moveHint(hints, action.hint_id, payload.before) : hints;
    const merged = action.action === "merge_hints" ? moved.filter((hint) => hint.id !== payload.other) : moved;
    return { ...view, hints: merged, findings };
  }
  if (action.action === "approve_trial") return approve(view);
  if (action.action === "reject_trial")
    return { ...view, status: "rejected", last: { action: "reject", reason: payload.reason } };
  if (action.action === "reopen_trial") return { ...view, status: "open", last: null };
  if (action.action === "edit_task_text") return { ...view, task_text: payload.text };
  return view;
}

function approve(view) {
  const taken = view.hints.filter((hint) => hint.state === "proposed" && !isBlocked(view, hint));
  const hints = view.hints.map((hint) => (taken.includes(hint) ? { ...hint, state: "accepted" } : hint));
  return { ...view, hints, status: "approved", last: null };
}

function moveHint(hints, id, before) {
  const moved = hints.find((hint) => hint.id === id);
  const rest = hints.filter((hint) => hint.id !== id);
  const place = before === null ? rest.length : rest.findIndex((hint) => hint.id === before);
  return [...rest.slice(0, place), moved, ...rest.slice(place)];
}

/** True if a check keeps the hint from being published. */
function isBlocked(view, hint) {
  return view.findings.some((item) => item.hint_id === hint.id && item.severity === "block" && !item.overridden);
}

/** Findings of a hint that somebody has to look at, the gravest first. */
function openFindings(view, hint) {
  return view.findings.filter((item) => item.hint_id === hint.id && item.severity !== "info" && !item.overridden);
}

/** Hints in publishing order. */
function orderHints(hints) {
  const kinds = Object.keys(KINDS);
  return [...hints].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
}

/** How many words a text has. */
function countWords(text) {
  return (text.match(/\S+/g) || []).length;
}

/** What an approval takes and leaves, and how many words that makes. */
function describeApproval(view) {
  const open = view.hints.filter((hint) => hint.state === "proposed");
  const blocked = open.filter((hint) => isBlocked(view, hint));
  const taken = open.filter((hint) => !blocked.includes(hint));
  const published = [...view.hints.filter((hint) => hint.state === "accepted"), ...taken];
  const warned = published.filter((hint) => openFindings(view, hint).length);
  return { taken: taken.length, left: blocked.length, published, warned, words: published.reduce((n, x) => n + x.words, 0) };
}

/** What the Approve button says. */
function nameApproval(view) {
  const { taken, left, published } = describeApproval(view);
  if (left) return published.length ? `Approve ${taken}, leave out ${left}` : `Approve without hints, leave out ${left}`;
  if (taken) return `Approve ${taken}`;
  return published.length ? "Approve" : "Approve without hints";
}

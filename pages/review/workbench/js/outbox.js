// Decisions on their way: kept in this browser tab until the server says that they are saved, and sent again until then.

const PENDING = "trace-hints-pending";
const PAGE = "trace-hints-page";
const RETRY = [2500, 4000, 8000];

function loadPending() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(PENDING) || "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** An id of this tab, the same across reloads: what it sent before is no conflict for it. */
function findPage() {
  try {
    const page = sessionStorage.getItem(PAGE) || newId();
    sessionStorage.setItem(PAGE, page);
    return page;
  } catch {
    return newId();
  }
}

function keepPending(wb) {
  try {
    sessionStorage.setItem(PENDING, JSON.stringify(wb.pending));
  } catch (error) {
    wb.problem = `This browser cannot keep decisions until they are saved (${error.name}). Do not close the page before it says Saved.`;
  }
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Takes a decision: it shows at once and is sent behind it.
 * @param {object} subject {trial_id, hint_id, version}
 * @param {string} action as in `core/curation/review_actions.py`
 * @param {object} [payload]
 * @param {string} [id] where it was given before
 */
function act(wb, subject, action, payload, id) {
  const last = wb.pending.length ? wb.pending[wb.pending.length - 1].seq : 0;
  const made = {
    id: id || newId(), page: wb.page, seq: Math.max(last, wb.lastSeq || 0) + 1, trial_id: subject.trial_id ?? null,
    hint_id: subject.hint_id ?? null, version: subject.version ?? null, action, payload: payload || {},
  };
  wb.lastSeq = made.seq;
  wb.pending = [...wb.pending, made];
  keepPending(wb);
  flush(wb);
  return made;
}

/** Sends what is open; several calls in one moment are one message. */
function flush(wb) {
  if (wb.flushing) return;
  wb.flushing = true;
  queueMicrotask(() => {
    wb.flushing = false;
    if (wb.gone) return;
    planWants(wb);
    wb.seq += 1;
    wb.sentAt = Date.now();
    wb.setStateValue("out", buildOutgoing(wb));
    waitForAnswer(wb);
  });
}

function buildOutgoing(wb) {
  return {
    seq: wb.seq,
    actions: wb.pending,
    query: wb.wants.queue ? { ...wb.query } : null,
    opened: wb.opened,
    trials: wb.wants.trials,
    parts: wb.wants.parts,
    check: wb.wants.check,
    instruction: wb.wants.instruction,
    pair: wb.wants.pair,
    hold: wb.wants.hold,
    bulk: wb.wants.bulk,
  };
}

function hasWants(wb) {
  const { queue, trials, parts, pair, check, instruction, hold, bulk } = wb.wants;
  return Boolean(wb.pending.length || queue || trials.length || parts.length || pair || check || instruction || hold || bulk);
}

function waitForAnswer(wb) {
  clearTimeout(wb.retryTimer);
  wb.retryTimer = setTimeout(() => {
    if (wb.gone || wb.answered >= wb.seq || !hasWants(wb)) return;
    wb.missed += 1;
    if (!wb.offSince && wb.missed > 1) wb.offSince = wb.firstMissed;
    if (wb.missed === 1) wb.firstMissed = Date.now();
    render(wb);
    flush(wb);
  }, RETRY[Math.min(wb.missed, RETRY.length - 1)]);
}

/** Takes the server's word on decisions: saved ones are settled, failed ones come back with their text. */
function settle(wb, results) {
  const byId = new Map(results.map((result) => [result.id, result]));
  const settled = wb.pending.filter((action) => byId.has(action.id));
  if (!settled.length) return;
  wb.pending = wb.pending.filter((action) => !byId.has(action.id));
  keepPending(wb);
  for (const action of settled) settleOne(wb, action, byId.get(action.id));
}

function settleOne(wb, action, result) {
  const view = wb.trials.get(action.trial_id);
  if (result.ok) {
    if (view) wb.trials.set(action.trial_id, { ...takeVersions(overlay(view, [action]), action, result), stale: true });
    if (action.action === "edit_hint") dropDraft(action.hint_id);
    if (action.action === "edit_task_text") dropDraft(`task ${action.trial_id}`);
    afterSaved(wb, action, result);
    return;
  }
  if (view) wb.trials.set(action.trial_id, { ...view, stale: true });
  wb.decided.delete(action.trial_id);
  if (result.problem === "conflict" && result.theirs && action.payload.text) {
    wb.conflicts.set(action.hint_id || `task ${action.trial_id}`, { mine: action.payload.text, ...result, action });
    // what was said when it was sent is not so
    say(wb, "Your text is not saved yet: somebody else changed it first.");
  } else {
    // there is nothing to bring back of an undo that found nothing to undo
    if (["undo", "redo"].includes(action.action)) say(wb, result.message);
    else wb.failed = [...wb.failed, { action, message: result.message, problem: result.problem }];
  }
}

function takeVersions(view, action, result) {
  const hints = view.hints.map((hint) => (hint.id === action.hint_id && result.version !== null ? { ...hint, version: result.version } : hint));
  return { ...view, hints, version: result.trial_version ?? view.version };
}

function draftKey(subject) {
  return `trace-hints-draft ${subject}`;
}

function loadDraft(subject) {
  try {
    return JSON.parse(localStorage.getItem(draftKey(subject)) || "null");
  } catch {
    return null;
  }
}

function keepDraft(subject, draft) {
  try {
    localStorage.setItem(draftKey(subject), JSON.stringify(draft));
  } catch {
    // a full or forbidden storage costs the draft's safety, which the editor says
    return false;
  }
  return true;
}

function dropDraft(subject) {
  localStorage.removeItem(draftKey(subject));
}

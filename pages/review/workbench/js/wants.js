// What to ask the server for: the open trial first, then its neighbours, so that the next one is there when it is opened.

const AHEAD = 3;
const TYPING = 400;
const PARTS_AT_ONCE = 2;
const KEPT_TRANSCRIPTS = 60;
const KEPT_TRIALS = 300;

/** Works out what is missing; called before every message. */
function planWants(wb) {
  // the list comes first, and while somebody types the next one: what stands ahead in it can wait
  const listIsComing = wb.wants.queue || Date.now() - (wb.typedAt || 0) < TYPING;
  const near = listIsComing ? listNear(wb).slice(0, 1) : listNear(wb);
  wb.wants.trials = near.filter((id) => !wb.trials.has(id) || wb.trials.get(id).stale);
  wb.wants.parts = listMissingParts(wb, near).slice(0, PARTS_AT_ONCE);
  wb.wants.pair = wb.mode === "side" && !findPair(wb) ? { one: wb.left, other: wb.other } : null;
}

/** How many trials after the open one can be read at once. */
function countAhead(wb) {
  return listNear(wb).slice(1).filter((id) => {
    const view = wb.trials.get(id);
    return view && wb.transcripts.has(firstPlace(view).attempt);
  }).length;
}

function listNear(wb) {
  if (wb.opened === null) return [];
  const ids = [wb.opened];
  let at = wb.opened;
  for (let i = 0; i < AHEAD; i += 1) {
    at = findNextOpen(wb, at);
    if (at === null || ids.includes(at)) break;
    ids.push(at);
  }
  const before = findNeighbour(wb, wb.opened, -1);
  return [...new Set([...ids, ...(before === null ? [] : [before])])];
}

function listMissingParts(wb, near) {
  const parts = [];
  const first = (view) => {
    if (view) pushPart(wb, parts, view.id === wb.opened && wb.attempt ? wb.attempt : firstPlace(view).attempt);
  };
  first(wb.trials.get(wb.opened));
  if (wb.mode === "side" && wb.other) pushPart(wb, parts, wb.other);
  near.slice(1).forEach((id) => first(wb.trials.get(id)));
  const open = wb.trials.get(wb.opened);
  if (open) for (const attempt of open.attempts) pushPart(wb, parts, attempt.id);
  return parts;
}

function pushPart(wb, parts, attemptId) {
  if (attemptId === null || parts.some((part) => part.attempt_id === attemptId)) return;
  const known = wb.transcripts.get(attemptId);
  if (known && (known.problem || known.missing === null)) return;
  parts.push({ attempt_id: attemptId, first: known ? known.missing : startOf(wb, attemptId) });
}

/** A long attempt is read from where its quote stands. */
function startOf(wb, attemptId) {
  const view = wb.trials.get(wb.opened);
  const shown = view && currentEvidence(wb, view);
  return shown && shown.attempt_id === attemptId && shown.message > 60 ? Math.max(shown.message - 20, 0) : 0;
}

/** Where a trial opens: its first blocking hint, else the first to check, else the first undecided one. */
function firstPlace(view) {
  const hints = orderHints(view.hints);
  const open = hints.filter((hint) => hint.state === "proposed");
  const hint = open.find((item) => isBlocked(view, item)) || open.find((item) => openFindings(view, item).length)
    || open[0] || hints[0] || null;
  const quote = hint ? firstFound(hint) : 0;
  const evidence = hint && hint.evidence[quote];
  const attempt = evidence ? evidence.attempt_id : view.attempts.length ? view.attempts[0].id : null;
  return { hint: hint ? hint.id : null, quote, attempt };
}

/** The first quote that was found, else the first one. */
function firstFound(hint) {
  const found = hint.evidence.findIndex((item) => EVIDENCE[item.status].found);
  return Math.max(found, 0);
}

/** Takes a part of a transcript; `missing` is the first message that is not there, null when all are. */
function takePart(wb, part) {
  const known = wb.transcripts.get(part.attempt_id) || { messages: [] };
  if (part.problem) {
    wb.transcripts.set(part.attempt_id, { ...known, problem: part.problem, missing: null, total: 0, brackets: [], errors: [] });
    return;
  }
  const messages = known.messages.slice();
  for (const message of part.messages) messages[message.i] = message;
  const end = part.first + part.messages.length;
  const from = firstHole(messages, part.total, end);
  wb.transcripts.delete(part.attempt_id);
  wb.transcripts.set(part.attempt_id, {
    messages, total: part.total, brackets: part.brackets, errors: part.errors, missing: from, version: (known.version || 0) + 1,
  });
}

function firstHole(messages, total, from) {
  for (let i = from; i < total; i += 1) if (!messages[i]) return i;
  for (let i = 0; i < Math.min(from, total); i += 1) if (!messages[i]) return i;
  return null;
}

/** Forgets what was not looked at for longest, so that a day of reviewing does not fill the browser. */
function forget(wb) {
  const open = wb.trials.get(wb.opened);
  const mine = new Set(open ? open.attempts.map((attempt) => attempt.id) : []);
  for (const id of wb.transcripts.keys()) {
    if (wb.transcripts.size <= KEPT_TRANSCRIPTS) break;
    if (!mine.has(id)) wb.transcripts.delete(id);
  }
  for (const id of wb.trials.keys()) {
    if (wb.trials.size <= KEPT_TRIALS) break;
    if (id !== wb.opened) wb.trials.delete(id);
  }
}

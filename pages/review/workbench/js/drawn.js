// Attempts of the open trial that are drawn: kept when another one is opened, and those that hints cite drawn ahead.

const KEPT_MESSAGES = 1000;
/** A key that is pressed meanwhile waits no longer than this. */
const DRAW_MILLISECONDS = 8;

/** What is drawn of an attempt, by key as `reconcile` keeps it; what was not looked at for longest makes room. */
function takeDrawn(wb, attemptId) {
  const drawn = wb.drawn.get(attemptId) || new Map();
  keepDrawn(wb, attemptId, drawn);
  let total = 0;
  for (const [id, kept] of [...wb.drawn].reverse()) {
    total += kept.size;
    if (total > KEPT_MESSAGES && id !== attemptId) wb.drawn.delete(id);
  }
  return drawn;
}

function keepDrawn(wb, attemptId, drawn) {
  wb.drawn.delete(attemptId);
  wb.drawn.set(attemptId, drawn);
}

/** Goes on whenever the browser has nothing to do, until every cited attempt that is here is drawn. */
function drawAheadSoon(wb) {
  if (wb.drawsAhead) return;
  wb.drawsAhead = true;
  const whenIdle = window.requestIdleCallback || ((act) => setTimeout(act, 50));
  whenIdle(() => {
    wb.drawsAhead = false;
    if (!wb.gone && !drawAhead(wb, performance.now() + DRAW_MILLISECONDS)) drawAheadSoon(wb);
  });
}

/** False if time was up before all was drawn. */
function drawAhead(wb, until) {
  const view = openView(wb);
  if (!view || wb.mode !== "one") return true;
  let room = KEPT_MESSAGES - wb.el.feed.childElementCount;
  for (const attempt of listCited(view)) {
    const known = wb.transcripts.get(attempt.id);
    if (attempt.id === wb.el.feed.attempt || !known || known.missing !== null) continue;
    room -= known.total;
    if (room < 0) return true;
    const drawn = wb.drawn.get(attempt.id) || new Map();
    wb.drawn.set(attempt.id, drawn);
    for (const item of listFeed(wb, view, attempt, known)) {
      const entry = drawn.get(item.key);
      if (entry && entry.sig === item.sig) continue;
      if (performance.now() > until) return false;
      const element = item.build();
      if (item.update) item.update(element);
      drawn.set(item.key, { sig: item.sig, element });
    }
  }
  return true;
}

function listCited(view) {
  const cited = new Set(orderHints(view.hints).flatMap((hint) => hint.evidence.map((item) => item.attempt_id)));
  return [...cited].map((id) => view.attempts.find((attempt) => attempt.id === id)).filter(Boolean);
}

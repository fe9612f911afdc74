// The rail beside the transcript: evidence, errors and episodes where they stand; a click jumps there.

function renderRail(wb, view, attempt, known) {
  if (!known || !known.total) {
    fill(wb.el.rail, "none", () => []);
    return;
  }
  const mine = wb.hint;
  const marks = [];
  for (const hint of view.hints) for (const item of hint.evidence) {
    if (item.attempt_id === attempt.id && item.status !== "missing") marks.push([item.message, hint.id === mine ? "is-mine" : "is-other"]);
  }
  const sig = JSON.stringify([attempt.id, known.total, known.errors, marks, attempt.ticks.length]);
  fill(wb.el.rail, sig, () => [
    ...(attempt.ticks.length > 1 ? attempt.ticks.map(([name, end]) => railMark(wb, known, end - 1, "tick", `${plain(name)} ends at message ${end - 1}`)) : []),
    ...known.errors.map((index) => railMark(wb, known, index, "error", `Error in message ${index}`)),
    ...marks.map(([index, kind]) => railMark(wb, known, index, `cite ${kind}`, `Evidence in message ${index}`)),
  ]);
}

function railMark(wb, known, index, kind, name) {
  const mark = h("button", { class: `mark ${kind}`, type: "button", tabindex: "-1", title: name, "aria-label": name, on: { click: () => jumpToMessage(wb, index) } });
  mark.style.top = `${((index + 0.5) / known.total) * 100}%`;
  return mark;
}

/** Brings a message into sight. */
function jumpToMessage(wb, index) {
  const message = wb.el.feed.querySelector(`[data-i="${index}"]`);
  if (message) scrollTo40(wb.el.feed, message);
}

/** The next message with an error after what is in sight, round to the first again. */
function jumpToError(wb) {
  const known = wb.transcripts.get(wb.attempt);
  if (!known || !known.errors.length) {
    say(wb, "No error in this attempt.");
    return;
  }
  const at = known.errors.find((index) => index > wb.lastError) ?? known.errors[0];
  wb.lastError = at;
  jumpToMessage(wb, at);
  say(wb, `Error in message ${at}.`);
}

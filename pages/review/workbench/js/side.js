// Two attempts side by side, aligned at the message where they part.

function toggleSide(wb) {
  const view = openView(wb);
  if (!view) return;
  if (view.attempts.length < 2) { say(wb, "This trial has one attempt."); return; }
  if (wb.mode === "side") { setMode(wb, "one"); return; }
  const here = currentAttempt(wb, view);
  const others = view.attempts.filter((each) => each.id !== here.id);
  const compared = view.contrast && view.contrast.attempt_ids.includes(here.id) ? view.contrast.attempt_ids : [];
  const differs = others.find((each) => compared.includes(each.id)) || others.find((each) => each.outcome !== here.outcome) || others[0];
  wb.left = here.id;
  wb.other = differs.id;
  wb.sideOpen = new Set();
  // what it is for is where they part; a quote comes into sight when a hint is chosen
  wb.atParting = `${wb.hint} ${wb.quote}`;
  setMode(wb, "side");
}

/** How the messages of the two belong together, as the server sees it; null while it is on its way. */
function findPair(wb) {
  return wb.pairs.find((pair) => pair.one === wb.left && pair.other === wb.other) || null;
}

function listPairs(wb, view) {
  return view.attempts.filter((each) => each.id !== wb.left).map((each) => each.id);
}

function stepPair(wb, view, step) {
  const pairs = listPairs(wb, view);
  wb.other = pairs[(pairs.indexOf(wb.other) + step + pairs.length) % pairs.length];
  wb.sideOpen.clear();
  wb.scrolled = null;
  render(wb);
  flushIfMissing(wb);
}

function renderSide(wb, view) {
  const [left, right] = [wb.left, wb.other].map((id) => view.attempts.find((each) => each.id === id));
  fill(wb.el.tabs, JSON.stringify(["side", view.id, wb.left, wb.other]), () => [
    h("div", { class: "tablist", role: "tablist", "aria-label": "Pairs of attempts" }, listPairs(wb, view).map((id) => {
      const other = view.attempts.find((each) => each.id === id);
      return h("button", { type: "button", role: "tab", class: `tab${id === wb.other ? " is-open" : ""}`, "aria-selected": String(id === wb.other), tabindex: id === wb.other ? "0" : "-1", on: { click: () => { wb.other = id; wb.sideOpen.clear(); wb.scrolled = null; render(wb); flushIfMissing(wb); } } },
        id === wb.other && icon("columns", 14), h("span", { class: "tab-word" }, `Attempts ${left.number} and ${other.number}`));
    })),
    keyTextButton("One attempt", "V", () => press(wb, "v")),
  ]);
  const [a, b] = [wb.transcripts.get(left.id), wb.transcripts.get(right.id)];
  const pair = findPair(wb);
  const ready = pair && a && b && a.missing === null && b.missing === null;
  const sig = JSON.stringify([view.id, left.id, right.id, a && a.version, b && b.version, Boolean(pair), wb.hint, wb.quote, [...wb.sideOpen], [...wb.folds], wb.unfoldAll, wb.rawAll, [...wb.autoRaw], wb.isSlow]);
  fill(wb.el.both, sig, () => [h("div", { class: "pair", tabindex: "0", "aria-label": `Attempts ${left.number} and ${right.number} side by side` },
    h("div", { class: "pair-head" }, drawPairHead(left), drawPairHead(right)),
    pair && pair.problem ? h("p", { class: "note is-failure" }, pair.problem)
      : ready ? drawPairRows(wb, view, left, right, pair.rows.map(([one, two, same, part]) => ({ one: a.messages[one], two: b.messages[two], same, part }))) : h("p", { class: "loading" }, wb.isSlow ? "Loading the transcripts" : ""))]);
  if (ready && !pair.problem) markPair(wb, view);
}

function drawPairHead(attempt) {
  return h("div", { class: "pair-cell" }, h("b", {}, String(attempt.number)), outcomeSquare(attempt.outcome), h("b", {}, OUTCOMES[attempt.outcome].word),
    h("span", { class: "quiet" }, `${count(attempt.messages, "message")}, ${plain(attempt.name)}`));
}

function drawPairRows(wb, view, left, right, rows) {
  const drawn = [];
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i];
    if (row.same) {
      let last = i;
      while (last + 1 < rows.length && rows[last + 1].same) last += 1;
      drawn.push(drawSameRun(wb, view, left, right, rows, i, last));
      i = last;
      continue;
    }
    if (row.part) drawn.push(h("div", { class: "parting" }, h("b", {}, describeParting(left, right, row)), h("span", { class: "end" }, cap("["), cap("]"), " step")), drawContrast(view, left, right));
    drawn.push(drawPairRow(wb, view, left, right, row));
  }
  if (!rows.some((row) => row.part)) drawn.push(h("div", { class: "parting" }, h("b", {}, "They do not part: the agent moved the same way in both.")), drawContrast(view, left, right));
  return drawn;
}

function describeParting(left, right, { one, two }) {
  if (!one || !two) return `They part here: attempt ${(one ? right : left).number} ends, attempt ${(one ? left : right).number} goes on`;
  const where = one.i === two.i ? `message ${one.i}` : `message ${one.i} of attempt ${left.number} and message ${two.i} of attempt ${right.number}`;
  return `They part here, at ${where}: the agent\u2019s first different move`;
}

/** What the model that compared these two said of it. */
function drawContrast(view, left, right) {
  const { contrast } = view;
  if (!contrast || ![left, right].every((each) => contrast.attempt_ids.includes(each.id))) return null;
  return h("p", { class: "reading is-contrast" }, h("b", {}, "What the model says of it"), ` ${contrast.parted}`,
    contrast.left_out && h("span", { class: "quiet" }, ` ${contrast.left_out}`));
}

function drawSameRun(wb, view, left, right, rows, first, last) {
  const open = wb.sideOpen.has(first);
  const [from, to] = [rows[first].one.i, rows[last].one.i];
  const words = from === to ? `Message ${from} is the same` : to === from + 1 ? `Messages ${from} and ${to} are the same` : `Messages ${from} to ${to} are the same`;
  return h("div", { class: "same-run" },
    foldButton(open, words, () => { if (open) wb.sideOpen.delete(first); else wb.sideOpen.add(first); render(wb); }),
    open && rows.slice(first, last + 1).map((row) => drawPairRow(wb, view, left, right, row)));
}

function drawPairRow(wb, view, left, right, row) {
  return h("div", { class: "pair-row" }, [[left, row.one], [right, row.two]].map(([attempt, message]) => {
    const cell = h("div", { class: "pair-cell" });
    if (message) {
      const item = messageItem(wb, view, attempt, message, listCites(view, attempt.id), currentEvidence(wb, view));
      const element = item.build();
      element.dataset.attempt = attempt.id;
      cell.append(element);
    }
    return cell;
  }));
}

function markPair(wb, view) {
  const shown = currentEvidence(wb, view);
  const goal = `${wb.left} ${wb.other} ${wb.hint} ${wb.quote}`;
  const pair = wb.el.both.querySelector(".pair");
  let target = null;
  if (shown && shown.status !== "missing") {
    const message = pair.querySelector(`[data-attempt="${shown.attempt_id}"][data-i="${shown.message}"]`);
    if (message && !message.marked) {
      message.marked = true;
      message.mark = markQuote(message, shown.quote, `evidence for hint ${hintNumber(view, wb.hint)}`);
    }
    target = message && (message.mark || message);
  }
  if (wb.scrolled === goal) return;
  wb.scrolled = goal;
  if (wb.atParting === `${wb.hint} ${wb.quote}`) target = null;
  else wb.atParting = null;
  scrollTo40(pair, target || pair.querySelector(".parting") || pair.firstElementChild);
}

// The transcript pane: tabs of the attempts, the bar of the evidence, the messages, and the rail beside them.

const TABS = 6;

/** The quote that is shown, or null. */
function currentEvidence(wb, view) {
  const hint = view.hints.find((item) => item.id === wb.hint);
  return (hint && hint.evidence[wb.quote]) || null;
}

function currentAttempt(wb, view) {
  return view.attempts.find((attempt) => attempt.id === wb.attempt) || view.attempts[0];
}

function renderTranscript(wb, view) {
  const attempt = currentAttempt(wb, view);
  renderTabs(wb, view);
  renderEvidenceBar(wb, view);
  const feed = wb.el.feed;
  const isOther = feed.attempt !== attempt.id;
  const known = wb.transcripts.get(attempt.id);
  feed.setAttribute("aria-busy", String(!known || known.missing !== null));
  feed.setAttribute("aria-label", `Attempt ${attempt.number}, ${OUTCOMES[attempt.outcome].word}`);
  if (isOther) {
    feed.attempt = attempt.id;
    feed.known = takeDrawn(wb, attempt.id);
    feed.replaceChildren();
  }
  reconcile(feed, listFeed(wb, view, attempt, known));
  keepDrawn(wb, attempt.id, feed.known);
  // to scroll has everything laid out: once is enough
  if (!showQuote(wb, view, attempt, known) && isOther) feed.scrollTop = 0;
  renderRail(wb, view, attempt, known);
}

function listFeed(wb, view, attempt, known) {
  const items = [];
  if (hasReading(attempt)) items.push(readingItem(wb, attempt));
  if (attempt.left_out) items.push(plainItem("left-out", "note", attempt.left_out.words));
  if (!known || (known.missing !== null && !known.messages.length)) {
    return [...items, plainItem("loading", "loading", wb.isSlow ? "Loading the transcript" : "")];
  }
  if (known.problem) return [...items, plainItem("problem", "note is-failure", known.problem)];
  const cites = listCites(view, attempt.id);
  const shown = currentEvidence(wb, view);
  let loop = null;
  for (let i = 0; i < known.total; i += 1) {
    const message = known.messages[i];
    if (!message) {
      const last = endOfHole(known, i);
      items.push(plainItem(`hole${i}`, "loading", `Messages ${i} to ${last} are on their way.`));
      i = last;
      continue;
    }
    const item = messageItem(wb, view, attempt, message, cites, shown);
    const bracket = known.brackets.find((each) => i >= each.first && i <= each.last);
    if (!bracket) items.push(item);
    else if (loop && loop.bracket === bracket) loop.inner.push(item);
    else {
      loop = loopItem(bracket, [item]);
      items.push(loop);
    }
  }
  return items;
}

function endOfHole(known, from) {
  let last = from;
  while (last + 1 < known.total && !known.messages[last + 1]) last += 1;
  return last;
}

function plainItem(key, kind, words) {
  return { key, sig: words, build: () => h("p", { class: `${kind} chrome` }, words) };
}

function loopItem(bracket, inner) {
  const words = `Messages ${bracket.first} to ${bracket.last}: ${bracket.what} ${bracket.times} times`;
  return {
    key: `loop${bracket.first}`, sig: words, bracket, inner,
    build: () => h("section", { class: "loop", "aria-label": words },
      h("div", { class: "loop-head chrome" }, h("b", {}, `\u00d7${bracket.times}`), h("span", {}, words)),
      h("div", { class: "loop-body" })),
    update: (element) => reconcile(element.querySelector(".loop-body"), inner),
  };
}

function listCites(view, attemptId) {
  const cites = new Map();
  orderHints(view.hints).forEach((hint, i) => hint.evidence.forEach((item) => {
    if (item.attempt_id !== attemptId || item.status === "missing") return;
    const numbers = cites.get(item.message) || [];
    if (!numbers.includes(i + 1)) cites.set(item.message, [...numbers, i + 1]);
  }));
  return cites;
}

function messageItem(wb, view, attempt, message, cites, shown) {
  const context = {
    key: `${attempt.id}.${message.i}`,
    quote: shown && shown.attempt_id === attempt.id && shown.message === message.i && shown.status !== "missing" ? shown.quote : "",
    cites: cites.get(message.i) || [],
    ...findUnseen(attempt.left_out, message.i),
  };
  return {
    key: `m${message.i}`,
    sig: messageSignature(wb, message, context),
    build: () => drawMessage(wb, message, context),
  };
}

function findUnseen(leftOut, index) {
  if (!leftOut) return { unseen: false, squeezed: 0 };
  const squeezed = leftOut.squeezed.find(([i]) => i === index);
  return { unseen: leftOut.ranges.some(([first, last]) => first <= index && index <= last), squeezed: squeezed ? squeezed[1] : 0 };
}

/** Marks the quote and, when it has just been asked for, brings it into sight at 40 % of the pane; whether it did. */
function showQuote(wb, view, attempt, known) {
  const shown = currentEvidence(wb, view);
  if (!shown || shown.attempt_id !== attempt.id || !known || !known.messages[shown.message]) return false;
  const key = `${attempt.id}.${shown.message}`;
  const goal = `${wb.hint} ${wb.quote} ${shown.quote}`;
  const message = wb.el.feed.querySelector(`[data-i="${shown.message}"]`);
  if (!message) return false;
  if (shown.status !== "missing" && message.marked !== shown.quote) {
    message.marked = shown.quote;
    const number = hintNumber(view, wb.hint);
    message.mark = markQuote(message, shown.quote, `evidence for hint ${number}`);
    if (!message.mark && !isRaw(wb, key)) {
      wb.autoRaw.add(key);
      renderTranscript(wb, view);
      return wb.scrolled === goal;
    }
  }
  if (wb.scrolled === goal) return false;
  wb.scrolled = goal;
  scrollTo40(wb.el.feed, message.mark || message);
  return true;
}

function scrollTo40(feed, target) {
  const place = () => {
    const offset = target.getBoundingClientRect().top - feed.getBoundingClientRect().top;
    feed.scrollTop += offset - feed.clientHeight * 0.4;
  };
  // a range of text has no such method
  (target.scrollIntoView ? target : target.startContainer.parentElement).scrollIntoView({ block: "center", behavior: "instant" });
  place();
  // what came into sight only now has its real height from the next picture on
  requestAnimationFrame(place);
}

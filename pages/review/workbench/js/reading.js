// What the model made of an attempt when it looked for hints: told, never taken for the outcome, never published.

function hasReading({ reading }) {
  return Boolean(reading && (reading.happened || reading.failure_cause || reading.opinion));
}

function readingItem(wb, attempt) {
  const key = `reading${attempt.id}`;
  const open = wb.folds.has(key);
  const toggle = () => { if (open) wb.folds.delete(key); else wb.folds.add(key); render(wb); };
  return {
    key, sig: JSON.stringify([attempt.reading, open]),
    build: () => h("div", { class: "reading chrome" },
      foldButton(open, [h("b", {}, "What the model says happened"), !open && ` ${shortReading(attempt.reading)}`], toggle),
      open && drawReading(attempt.reading)),
  };
}

function shortReading({ happened, failure_cause, opinion }) {
  const words = (happened || failure_cause || `Its opinion: ${OUTCOMES[opinion].word}`).replace(/\s+/g, " ");
  return words.length > 90 ? `${words.slice(0, 89)}\u2026` : words;
}

function drawReading({ happened, failure_cause, opinion }) {
  return [
    happened && h("p", {}, happened),
    failure_cause && h("p", {}, h("b", {}, "Cause of failure: "), failure_cause),
    opinion && h("p", {}, h("b", {}, "Its opinion of the outcome: "), OUTCOMES[opinion].word, h("span", { class: "quiet" }, ". The dataset does not say how this attempt ended.")),
  ];
}

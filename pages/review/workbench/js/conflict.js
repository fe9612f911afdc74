// Somebody saved first: both texts side by side, and nothing is saved until one is chosen.

function drawConflict(wb, view, hint, number, conflict) {
  const who = conflict.by || "Somebody else";
  return h("div", { class: "card conflict is-open", role: "group", tabindex: "0", "aria-label": `Conflict at hint ${number}` },
    h("span", { class: "number" }, h("span", { class: "cap-button" }, String(number))),
    h("div", { class: "conflict-body" },
      h("p", { class: "is-warn-text", role: "alert" }, icon("warn", 14), h("b", {}, ` ${who} changed this ${KINDS[hint.kind].one} while you were editing. Both texts are kept.`)),
      h("div", { class: "versions" },
        drawVersion("Yours, not saved yet", hintWords(conflict.mine), hintWords(conflict.theirs), "mine", "Keep mine", "1", () => keepMine(wb, hint.id)),
        drawVersion(`${who}, saved${conflict.at_utc ? ` at ${clock(conflict.at_utc)}` : ""}`, hintWords(conflict.theirs), hintWords(conflict.mine), "theirs", "Take theirs", "2", () => takeTheirs(wb, hint.id))),
      h("div", { class: "editor-buttons" },
        h("button", { type: "button", class: "button", "aria-keyshortcuts": "E", on: { click: () => editBoth(wb, hint.id) } }, "Edit from both ", cap("E")),
        h("span", { class: "quiet small" }, "The text you do not choose stays in the history."))));
}

function drawTaskConflict(wb, view, conflict) {
  const key = `task ${view.id}`;
  const theirs = textOf(conflict.theirs);
  return h("div", { class: "conflict" },
    h("p", { class: "is-warn-text", role: "alert" }, icon("warn", 14), h("b", {}, ` ${conflict.by || "Somebody else"} changed the task text while you were editing. Both texts are kept.`)),
    h("div", { class: "versions" },
      drawVersion("Yours, not saved yet", textOf(conflict.mine), theirs, "mine", "Keep mine", "1", () => keepMine(wb, key)),
      drawVersion("Saved", theirs, textOf(conflict.mine), "theirs", "Take theirs", "2", () => takeTheirs(wb, key))));
}

function textOf(text) {
  return typeof text === "string" ? text : text.text;
}

function drawVersion(title, words, others, kind, button, key, choose) {
  return h("section", { class: "version" }, h("b", { class: "quiet" }, title),
    h("p", {}, diffWords(words, others).map(([same, piece]) => (same ? piece : h("mark", { class: `is-${kind}` }, piece)))),
    h("button", { type: "button", class: "button", "aria-keyshortcuts": key, on: { click: choose } }, `${button} `, cap(key)));
}

/** Keep my words: they are saved against the version that is there now. */
function keepMine(wb, key) {
  const conflict = wb.conflicts.get(key);
  const view = openView(wb);
  if (key.startsWith("task ")) act(wb, { trial_id: view.id, version: conflict.version ?? view.version }, "edit_task_text", { text: textOf(conflict.mine) });
  else {
    const hint = view.hints.find((item) => item.id === key);
    act(wb, { trial_id: view.id, hint_id: key, version: conflict.version ?? hint.version }, conflict.action.action, { ...conflict.action.payload });
  }
  wb.conflicts.delete(key);
  render(wb);
  focusCard(wb);
}

function takeTheirs(wb, key) {
  wb.conflicts.delete(key);
  dropDraft(key);
  render(wb);
  focusCard(wb);
}

/** The editor opens with my words; theirs are what it began from. */
function editBoth(wb, key) {
  const conflict = wb.conflicts.get(key);
  const view = openView(wb);
  const hint = view.hints.find((item) => item.id === key);
  wb.conflicts.delete(key);
  keepDraft(key, { text: conflict.mine, version: conflict.version ?? hint.version, at: Date.now() });
  wb.hint = key;
  editHint(wb);
}

/** Words of one text, and whether the other has them, too: [same, piece][]. */
function diffWords(text, other) {
  const [a, b] = [text.match(/\s+|\S+/g) || [], other.match(/\s+|\S+/g) || []];
  if (a.length * b.length > 4_000_000) return [[true, text]];
  const table = longestCommon(a, b);
  const pieces = [];
  for (let i = 0, j = 0; i < a.length; i += 1) {
    while (j < b.length && a[i] !== b[j] && table[i][j + 1] >= table[i + 1][j]) j += 1;
    const same = j < b.length && a[i] === b[j];
    if (same) j += 1;
    const last = pieces[pieces.length - 1];
    if (last && last[0] === same) last[1] += a[i];
    else pieces.push([same, a[i]]);
  }
  return pieces;
}

/** Lengths of the longest common part of a from i and b from j. */
function longestCommon(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) for (let j = b.length - 1; j >= 0; j -= 1) {
    table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
  }
  return table;
}

// Menus and dialogs: why something is rejected, why a block does not hold, and the sheet of keys.

const REASONS = [...REJECT_REASONS, "Other, write it"];

function openDialog(wb, dialog) {
  wb.dialog = dialog;
  renderDialog(wb);
  const first = wb.el.dialog.querySelector("[data-first]") || wb.el.dialog.querySelector("button, textarea, input");
  if (first) first.focus();
}

function closeDialog(wb) {
  wb.dialog = null;
  renderDialog(wb);
  focusCard(wb);
}

function renderDialog(wb) {
  const { dialog } = wb;
  wb.el.dialog.replaceChildren();
  wb.el.dialog.hidden = !dialog;
  wb.el.panes.inert = Boolean(dialog && dialog.modal);
  if (!dialog) return;
  wb.el.dialog.className = `overlay${dialog.modal ? " is-modal" : ""}`;
  wb.el.dialog.append(dialog.draw());
}

/** One more key for a reason; the last is written. */
function askReason(wb, title, done) {
  const pick = (i) => {
    if (i < REASONS.length - 1) { closeDialog(wb); done(REASONS[i]); }
    else askWords(wb, title, "Reject", done);
  };
  openDialog(wb, {
    kind: "reason",
    keys: (event) => {
      if (/^[1-6]$/.test(event.key)) pick(Number(event.key) - 1);
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") stepMenu(wb, event.key === "ArrowDown" ? 1 : -1);
      else return false;
      return true;
    },
    draw: () => h("div", { class: "menu", role: "dialog", "aria-label": title }, h("h3", {}, title),
      REASONS.map((reason, i) => h("button", { type: "button", class: "menu-item", "aria-keyshortcuts": String(i + 1), "data-first": i === 0, on: { click: () => pick(i) } }, cap(String(i + 1)), h("span", {}, reason))),
      h("button", { type: "button", class: "menu-item quiet", on: { click: () => closeDialog(wb) } }, cap("Esc"), h("span", {}, "back"))),
  });
}

function stepMenu(wb, step) {
  const items = [...wb.el.dialog.querySelectorAll(".menu-item")];
  const at = items.indexOf(wb.root.getRootNode().activeElement);
  items[(at + step + items.length) % items.length].focus();
}

/** A reason in words; drafts are not needed for one line, but nothing closes it by accident. */
function askWords(wb, title, button, done, note) {
  const field = h("textarea", { rows: "3", "aria-label": title, "data-first": true });
  const finish = () => {
    const words = field.value.trim();
    if (!words) { field.focus(); return say(wb, "Write the reason first."); }
    closeDialog(wb);
    return done(words);
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); event.stopPropagation(); finish(); }
  });
  openDialog(wb, {
    kind: "words", modal: true, keys: () => false,
    draw: () => h("div", { class: "box", role: "dialog", "aria-modal": "true", "aria-label": title }, h("h3", {}, title), note && h("p", { class: "quiet" }, note), field,
      h("div", { class: "buttons" }, h("button", { type: "button", class: "button is-primary", on: { click: finish } }, `${button} `, cap("\u21b5")),
        h("button", { type: "button", class: "button", on: { click: () => closeDialog(wb) } }, "Cancel ", cap("Esc")))),
  });
}

/** A block does not hold, and why; secrets are never published. */
function askOverride(wb, hint, finding) {
  const number = hintNumber(openView(wb), hint.id);
  wb.hint = hint.id;
  if (NEVER_OVERRIDDEN.includes(finding.code)) return tell(wb, `Hint ${number} cannot be published`, `${finding.message} Keys, tokens and private keys are never published. Edit the hint instead (E).`);
  return askWords(wb, "Why publish it anyway?", "Publish anyway", (reason) => {
    const current = findHint(wb, hint.id);
    onHint(wb, current, "override", { code: finding.code, reason });
    const after = findHint(wb, hint.id);
    if (after && !isBlocked(openView(wb), after)) onHint(wb, after, "accept_hint");
    say(wb, `Accepted hint ${number} with a reason.`);
  }, `Hint ${number}: ${finding.message}`);
}

function tell(wb, title, words) {
  openDialog(wb, {
    kind: "tell", modal: true, keys: () => false,
    draw: () => h("div", { class: "box", role: "alertdialog", "aria-modal": "true", "aria-label": title }, h("h3", {}, title), h("p", {}, words),
      h("div", { class: "buttons" }, h("button", { type: "button", class: "button is-primary", "data-first": true, on: { click: () => closeDialog(wb) } }, "Close ", cap("Esc")))),
  });
}

const SHEET = [
  ["Decide the trial", [["A", "Approve, leave out what blocks"], ["X", "Reject, then 1 to 6 for the reason"], ["J", "Next trial"], ["K", "Previous trial"], ["U", "Undo"], ["Shift U", "Redo"], ["O", "Reopen a decided trial"]]],
  ["Decide a hint", [["\u2191 \u2193", "Move between hints"], ["1 \u2013 9", "Accept, or take back"], ["\u21b5", "Accept the open hint, or take back"], ["E", "Edit"], ["D", "Reject, or take back"], ["M", "Merge with another"], ["Alt \u2191 \u2193", "Move up or down"], ["G", "Use the real text closest to a quote that was not found"], ["I", "Add a hint"], ["N", "Next one to check"]]],
  ["Read the transcript", [["F", "Next evidence quote"], ["[ ]", "Previous, next attempt"], ["V", "Two attempts side by side"], ["B", "Before and after"], ["Z", "Unfold, fold all"], ["T", "Raw text"], ["P", "Next error"], ["L", "Find in the transcript"]]],
  ["Anywhere", [["/", "Search trials and hints"], ["Q", "Show or hide the queue"], ["H", "This sheet"]]],
];

function showSheet(wb) {
  const block = ([title, lines]) => h("section", {}, h("h4", {}, title), lines.map(([keys, words]) =>
    h("div", { class: "sheet-line" }, h("span", { class: "sheet-keys" }, keys.split(" ").map(cap)), h("span", {}, words))));
  openDialog(wb, {
    kind: "sheet", modal: true,
    keys: (event) => { if (!/^[h?]$/i.test(event.key)) return false; closeDialog(wb); return true; },
    draw: () => h("div", { class: "box sheet", role: "dialog", "aria-modal": "true", "aria-label": "Keys", tabindex: "-1", "data-first": true },
      h("div", { class: "sheet-head" }, h("h3", {}, "Keys"), h("span", { class: "quiet" }, "They are silent while you type. ", cap("Esc"), " closes this.")),
      h("div", { class: "sheet-columns" }, h("div", {}, block(SHEET[0])), h("div", {}, block(SHEET[1])), h("div", {}, block(SHEET[2]), block(SHEET[3])))),
  });
}

// Editing a hint's words or the task text in place; what is typed is kept in this browser until the server has it.

const CHECK_AFTER = 150;

function editHint(wb) {
  const view = openView(wb);
  const hint = view && view.hints.find((item) => item.id === wb.hint);
  if (!hint) return;
  const draft = loadDraft(hint.id);
  wb.editor = {
    subject: hint.id, opening: Date.now(), kind: hint.kind, trial_id: view.id, version: hint.version, original: hint.text,
    text: draft ? draft.text : { ...hint.text }, findings: null, isNew: !draft,
  };
  if (draft) wb.editor.version = draft.version;
  askCheck(wb);
  render(wb);
  focusEditor(wb);
}

function focusEditor(wb) {
  const field = wb.root.querySelector(".editor textarea, .editor input");
  if (field) {
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    growAll(wb.root.querySelector(".editor"));
  }
}

function growAll(editor) {
  for (const field of editor.querySelectorAll("textarea")) grow(field);
}

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 320)}px`;
}

function drawEditor(wb, view, hint, number, editor) {
  const body = h("div", { class: "card editor is-open", role: "group", "aria-label": `Editing hint ${number}` },
    h("span", { class: "number" }, h("span", { class: "cap-button" }, String(number))),
    h("div", { class: "editor-body" },
      h("div", { class: "editor-head" }, h("b", {}, `Editing ${KINDS[editor.text.kind].one}`), drawKindPicker(wb, editor), h("span", { class: "quiet end" }, "Keys are off while you type")),
      h("div", { class: "fields-form" }, FIELDS[editor.text.kind].map(([name, label]) => drawField(wb, editor, name, label))),
      h("div", { class: "editor-findings", "aria-live": "polite" }),
      h("div", { class: "editor-row" }, h("span", { class: "label" }, "Evidence"),
        h("span", { class: "chips" }, groupEvidence(hint).map((chip) => drawChip(wb, view, hint, chip, true))),
        h("span", { class: "quiet small" }, "Select text on the right to add a quote")),
      h("div", { class: "editor-row words-row" }),
      drawEditorButtons(wb, editor)));
  updateEditor(wb, body);
  return body;
}

function drawKindPicker(wb, editor) {
  const select = h("select", { "aria-label": "Kind", class: "kind-picker", on: { change: (event) => changeEditorKind(wb, event.target.value) } },
    Object.entries(KINDS).map(([kind, { one }]) => h("option", { value: kind, selected: kind === editor.text.kind }, one)));
  return select;
}

/** The same words as another kind: the main field goes to the main field. */
function changeEditorKind(wb, kind) {
  const { editor } = wb;
  const main = { tool: "purpose", strategy: "do", pitfall: "instead", criterion: "text" };
  const words = editor.text[main[editor.text.kind]] || hintWords(editor.text);
  const text = { kind };
  for (const [name] of FIELDS[kind]) text[name] = "";
  text[main[kind]] = words;
  if (editor.original.kind === kind) Object.assign(text, editor.original);
  editor.text = text;
  editor.opening = Date.now();
  keepEditorDraft(wb);
  askCheck(wb);
  render(wb);
  focusEditor(wb);
}

function drawField(wb, editor, name, label) {
  const field = h("textarea", {
    rows: "1", "data-field": name, "data-focus": `field ${name}`, spellcheck: "true",
    on: { input: () => { editor.text[name] = field.value; grow(field); typed(wb); }, keydown: (event) => editorKeys(wb, event) },
  });
  field.value = editor.text[name] || "";
  return h("label", { class: "field" }, h("span", { class: "label" }, label), field);
}

function drawEditorButtons(wb, editor) {
  return h("div", { class: "editor-buttons" },
    h("button", { type: "button", class: "button is-primary", "aria-keyshortcuts": "Control+Enter", on: { click: () => saveEditor(wb) } }, "Save ", cap("Ctrl \u21b5")),
    h("button", { type: "button", class: "button", "aria-keyshortcuts": "Escape", on: { click: () => closeEditor(wb) } }, "Cancel ", cap("Esc")),
    editor.original && h("button", { type: "button", class: "link end", on: { click: () => restoreOriginal(wb) } }, "Show original"));
}

function editorKeys(wb, event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) saveEditor(wb);
  else if (event.key === "Escape") closeEditor(wb);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function typed(wb) {
  keepEditorDraft(wb);
  const editor = wb.root.querySelector(".editor");
  if (editor) updateEditor(wb, editor);
  renderBar(wb, openView(wb));
  clearTimeout(wb.checkTimer);
  wb.checkTimer = setTimeout(() => askCheck(wb), CHECK_AFTER);
}

function keepEditorDraft(wb) {
  const { editor } = wb;
  editor.kept = keepDraft(editor.subject, { text: editor.text, version: editor.version, at: Date.now() });
}

function askCheck(wb) {
  const { editor } = wb;
  if (!editor) return;
  wb.asked += 1;
  const words = { n: wb.asked, trial_id: editor.trial_id, texts: editor.isTask || editor.isAdded ? {} : { [editor.subject]: editor.text }, task_text: editor.isTask ? editor.text.text : null };
  if (!editor.isTask && !editor.isAdded) wb.wants.check = words;
  if (wb.mode === "before") wb.wants.instruction = words;
  if (hasWants(wb)) flush(wb);
}

function takeCheck(wb, check) {
  if (!wb.wants.check || check.n < wb.wants.check.n) return;
  wb.wants.check = null;
  if (wb.editor && check.findings[wb.editor.subject]) {
    wb.editor.findings = check.findings[wb.editor.subject];
    const editor = wb.root.querySelector(".editor");
    if (editor) updateEditor(wb, editor);
  }
}

/** What follows the typing without touching the fields. */
function updateEditor(wb, body) {
  const { editor } = wb;
  const view = openView(wb);
  const found = (editor.findings || []).filter((item) => item.severity !== "info");
  body.querySelector(".editor-findings").replaceChildren(...found.map((item) =>
    h("p", { class: `finding is-${item.severity}-text` }, icon(SEVERITIES[item.severity].icon, 13), h("b", {}, SEVERITIES[item.severity].word), h("span", {}, item.message),
      quotedValue(wb, item) && h("button", { class: "link", type: "button", on: { click: () => removeValue(wb, quotedValue(wb, item)) } }, "Remove it"))));
  const row = body.querySelector(".words-row");
  if (!row || !view) return;
  const here = countWords(hintWords(editor.text));
  const total = wordsWithEditor(wb, view);
  const bar = h("span", { class: "meter" }, h("i", {}));
  bar.firstChild.style.width = `${Math.min(total / BUDGET_WORDS, 1) * 100}%`;
  row.replaceChildren(h("span", { class: "label" }, "Words"), h("span", {}, h("b", {}, String(here)), " here"), bar,
    h("span", { class: total > BUDGET_WORDS ? "is-warn-text" : "" }, h("b", {}, String(total)), ` of ${BUDGET_WORDS} in this trial`),
    ...(editor.kept === false ? [h("span", { class: "is-warn-text" }, "This browser cannot keep drafts: save before you leave.")] : []));
}

/** A value that a finding quotes and the words hold. */
function quotedValue(wb, finding) {
  const named = /["'\u2018\u201c](.{3,80}?)["'\u2019\u201d]/.exec(finding.message);
  const value = named && named[1];
  return value && Object.values(wb.editor.text).some((words) => String(words).includes(value)) ? value : null;
}

function removeValue(wb, value) {
  for (const field of wb.root.querySelectorAll(".editor [data-field]")) {
    field.value = field.value.split(value).join("").replace(/ {2,}/g, " ").replace(/ +([.,;])/g, "$1").trim();
    wb.editor.text[field.dataset.field] = field.value;
  }
  typed(wb);
}

function wordsWithEditor(wb, view) {
  const { words, published } = describeApproval(view);
  const { editor } = wb;
  if (!editor || editor.isTask) return words;
  const old = published.find((hint) => hint.id === editor.subject);
  return words - (old ? old.words : 0) + countWords(hintWords(editor.text));
}

function restoreOriginal(wb) {
  const view = openView(wb);
  const hint = view.hints.find((item) => item.id === wb.editor.subject);
  wb.editor.text = { ...(hint ? hint.proposed : wb.editor.original) };
  wb.editor.opening = Date.now();
  keepEditorDraft(wb);
  askCheck(wb);
  render(wb);
  focusEditor(wb);
}

function saveEditor(wb) {
  const { editor } = wb;
  if (editor.isTask) return saveTask(wb);
  if (editor.isAdded) return saveAdded(wb);
  const main = { tool: "name", strategy: "do", pitfall: "avoid", criterion: "text" }[editor.text.kind];
  if (!String(editor.text[main] || "").trim() && !(editor.text.kind === "pitfall" && editor.text.instead)) {
    return say(wb, `Write the field ${FIELDS[editor.text.kind].find(([name]) => name === main)[1]} first.`);
  }
  const changed = JSON.stringify(editor.text) !== JSON.stringify(editor.original);
  wb.editor = null;
  if (changed) {
    const kind = editor.original.kind === editor.text.kind ? "edit_hint" : "change_kind";
    act(wb, { trial_id: editor.trial_id, hint_id: editor.subject, version: editor.version }, kind, { text: editor.text });
  } else dropDraft(editor.subject);
  render(wb);
  focusCard(wb);
  say(wb, changed ? "Saved the hint." : "Nothing was changed.");
}

function closeEditor(wb) {
  const { editor } = wb;
  const changed = JSON.stringify(editor.text) !== JSON.stringify(editor.original);
  if (!changed) dropDraft(editor.subject);
  wb.editor = null;
  wb.adding = false;
  wb.wants.check = null;
  render(wb);
  focusCard(wb);
  say(wb, changed ? "Draft kept." : "Closed.");
}

function focusCard(wb) {
  const card = wb.el.hints.querySelector(".card.is-open");
  if (card) card.focus({ preventScroll: true });
}

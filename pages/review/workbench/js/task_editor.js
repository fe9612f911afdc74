// The task text: edited in the head of the hints' pane.

function editTask(wb) {
  const view = openView(wb);
  const subject = `task ${view.id}`;
  const draft = loadDraft(subject);
  wb.editor = {
    subject, isTask: true, opening: Date.now(), trial_id: view.id, version: view.version, original: { text: view.task_text },
    text: draft ? draft.text : { text: view.task_text }, findings: null,
  };
  render(wb);
  focusEditor(wb);
}

function drawTaskEditor(wb, view, editor) {
  const body = h("div", { class: "editor task-editor" },
    h("div", { class: "editor-head" }, h("b", {}, "Editing the task text"), h("span", { class: "quiet end" }, "Keys are off while you type")),
    drawField(wb, editor, "text", "Task"),
    h("div", { class: "editor-findings" }),
    h("div", { class: "editor-buttons" },
      h("button", { type: "button", class: "button is-primary", on: { click: () => saveEditor(wb) } }, "Save ", cap("Ctrl \u21b5")),
      h("button", { type: "button", class: "button", on: { click: () => closeEditor(wb) } }, "Cancel ", cap("Esc")),
      h("button", { type: "button", class: "link end", on: { click: () => { editor.text = { text: view.source_task_text }; editor.opening = Date.now(); render(wb); focusEditor(wb); typed(wb); } } }, "Show original")));
  return body;
}

function saveTask(wb) {
  const { editor } = wb;
  if (!editor.text.text.trim()) return say(wb, "The task text cannot be empty.");
  wb.editor = null;
  if (editor.text.text !== editor.original.text) act(wb, { trial_id: editor.trial_id, version: editor.version }, "edit_task_text", { text: editor.text.text });
  else dropDraft(editor.subject);
  render(wb);
  focusCard(wb);
  return say(wb, "Saved the task text.");
}

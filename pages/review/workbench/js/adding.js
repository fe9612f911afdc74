// A hint by hand: words, and a quote selected in the transcript.

function addHint(wb) {
  const view = openView(wb);
  if (!view || refuseClosed(wb, view) || wb.editor) return;
  const picked = selectedQuote(wb);
  wb.adding = true;
  wb.editor = {
    subject: `new ${view.id}`, isAdded: true, opening: Date.now(), trial_id: view.id, original: null, findings: null,
    text: (loadDraft(`new ${view.id}`) || {}).text || { kind: "strategy", do: "", why: "", check: "" }, evidence: picked ? [picked] : [],
  };
  wb.editor.original = { ...wb.editor.text };
  render(wb);
  wb.el.hints.scrollTop = 0;
  focusEditor(wb);
}

/** What is selected in the transcript, as evidence; null if it is not text of one message. */
function selectedQuote(wb) {
  const root = wb.root.getRootNode();
  const selection = root.getSelection ? root.getSelection() : getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const text = selection.toString().trim();
  const node = selection.anchorNode;
  const message = node && (node.nodeType === 1 ? node : node.parentElement).closest("[data-i]");
  if (!message || text.length < 3) return null;
  const view = openView(wb);
  const attempt = view.attempts.find((each) => each.id === (Number(message.dataset.attempt) || wb.attempt));
  return { attempt_id: attempt.id, attempt: attempt.number, message: Number(message.dataset.i), quote: text };
}

/** Text selected while a hint is edited or added becomes evidence; else a small menu offers it. */
function onSelected(wb) {
  const picked = selectedQuote(wb);
  if (!picked || !openView(wb) || openView(wb).status !== "open") return hideOffer(wb);
  if (wb.editor && wb.editor.isAdded) {
    wb.editor.evidence = [...wb.editor.evidence.filter((item) => item.quote !== picked.quote), picked];
    wb.editor.opening = Date.now();
    render(wb);
    return say(wb, `Quote of message ${picked.message} added.`);
  }
  if (wb.editor && !wb.editor.isTask) {
    addQuote(wb, wb.editor.subject, picked);
    wb.editor.version += 1;
    keepEditorDraft(wb);
    return undefined;
  }
  return showOffer(wb, picked);
}

function addQuote(wb, hintId, picked) {
  const hint = findHint(wb, hintId);
  if (!hint) return;
  onHint(wb, hint, "add_quote", picked);
  if (wb.editor) { wb.editor.opening = Date.now(); render(wb); }
  say(wb, `Quote of message ${picked.message} added to hint ${hintNumber(openView(wb), hintId)}.`);
}

function showOffer(wb, picked) {
  const hint = findHint(wb, wb.hint);
  const number = hint ? hintNumber(openView(wb), hint.id) : 0;
  wb.el.offer.replaceChildren(
    hint && h("button", { type: "button", class: "button", on: { mousedown: (event) => event.preventDefault(), click: () => { hideOffer(wb); addQuote(wb, hint.id, picked); } } }, `Add to hint ${number}`),
    h("button", { type: "button", class: "button", on: { mousedown: (event) => event.preventDefault(), click: () => { hideOffer(wb); addHint(wb); } } }, "New hint with this quote ", cap("I")));
  wb.el.offer.hidden = false;
}

function hideOffer(wb) {
  wb.el.offer.hidden = true;
}

function addItem(wb, view) {
  const { editor } = wb;
  return {
    key: "new", sig: `new ${editor.opening}`,
    build: () => {
      const body = h("div", { class: "card editor is-open", role: "group", "aria-label": "Adding a hint" },
        h("span", { class: "number" }, h("span", { class: "cap-button" }, "+")),
        h("div", { class: "editor-body" },
          h("div", { class: "editor-head" }, h("b", {}, "New"), drawKindPicker(wb, editor), h("span", { class: "quiet end" }, "Keys are off while you type")),
          h("div", { class: "fields-form" }, FIELDS[editor.text.kind].map(([name, label]) => drawField(wb, editor, name, label))),
          h("div", { class: "editor-findings" }),
          h("div", { class: "editor-row" }, h("span", { class: "label" }, "Evidence"),
            h("span", { class: "chips" }, editor.evidence.map((item) => h("span", { class: "chip", title: plain(item.quote.slice(0, 200)) }, icon("check", 12), `A${item.attempt} #${item.message}`))),
            h("span", { class: "quiet small" }, editor.evidence.length ? "" : "No attempt shows this yet. ", "Select text on the right to add a quote")),
          h("div", { class: "editor-row words-row" }),
          drawEditorButtons(wb, { ...editor, original: null })));
      updateEditor(wb, body);
      return body;
    },
  };
}

function saveAdded(wb) {
  const { editor } = wb;
  if (!hintWords(editor.text).trim()) return say(wb, "Write the hint first.");
  const evidence = editor.evidence.map(({ attempt_id, message, quote }) => ({ attempt_id, message, quote }));
  wb.editor = null;
  wb.adding = false;
  dropDraft(editor.subject);
  act(wb, { trial_id: editor.trial_id, version: openView(wb).version }, "add_hint", { text: editor.text, evidence });
  render(wb);
  focusCard(wb);
  return say(wb, "The hint is added.");
}

// Many trials at once: chosen by hand or by the filter, shown before it is done, and undone as a whole.

function renderBulk(wb) {
  const rows = shownRows(wb).length;
  const sig = JSON.stringify([wb.selecting, wb.selected.size, rows, wb.audits, wb.doneBulk, wb.auditPercent]);
  fill(wb.el.bulk, sig, () => [
    ...(wb.doneBulk ? [drawDoneBulk(wb)] : []),
    ...wb.audits.filter((audit) => !audit.is_undone && !wb.hiddenAudits.has(audit.bulk_id)).slice(0, 2).map((audit) => drawAudit(wb, audit)),
    ...(wb.selecting ? [drawBulkBar(wb, rows)] : []),
  ]);
}

function drawBulkBar(wb, rows) {
  const chosen = wb.selected.size;
  const wide = (word, act_) => h("button", { type: "button", class: "button", on: { click: act_ } }, word);
  const percent = h("input", { type: "number", min: "0", max: "100", class: "percent", "aria-label": "Percent put aside for audit", "data-focus": "percent", on: { change: () => { wb.auditPercent = clamp(Number(percent.value) || 0, 0, 100); } } });
  percent.value = wb.auditPercent;
  return h("div", { class: "bulk-bar", role: "group", "aria-label": "Several trials at once" },
    h("b", {}, chosen ? `${count(chosen, "trial")} chosen` : `All ${rows.toLocaleString("en")} of this list`),
    h("div", { class: "buttons" }, wide("Approve", () => askBulk(wb, { operation: "approve" })), wide("Reject", () => askReason(wb, "Why reject these trials?", (reason) => askBulk(wb, { operation: "reject", reason })))),
    wide("Approve what has no findings", () => askBulk(wb, { operation: "approve", audit_percent: wb.auditPercent })),
    h("label", { class: "quiet" }, "and put ", percent, " % aside for audit"));
}

/** The trials of a wish: those chosen, else the filter's. */
function nameTrials(wb) {
  if (wb.selected.size) return { trial_ids: [...wb.selected] };
  const { dataset, ...query } = wb.query;
  return { query: { ...query, dataset: String(wb.dataset) } };
}

function askBulk(wb, wish) {
  wb.asked += 1;
  wb.wants.bulk = { n: wb.asked, id: newId(), wish: { ...wish, ...nameTrials(wb) } };
  flush(wb);
}

/** What it would do, as the server reckons it. */
function takeBulk(wb, plan) {
  const asked = wb.wants.bulk;
  if (!asked || plan.n !== asked.n) return;
  wb.wants.bulk = null;
  const go = () => {
    closeDialog(wb);
    act(wb, {}, "bulk", plan.payload, asked.id);
    stopSelecting(wb);
    say(wb, "Deciding them.");
  };
  openDialog(wb, {
    kind: "bulk", modal: true, keys: () => false,
    draw: () => h("div", { class: "box", role: "dialog", "aria-modal": "true", "aria-label": "Several trials at once" },
      h("h3", {}, plan.title), h("p", {}, plan.words),
      h("div", { class: "buttons" }, plan.trials > 0 && h("button", { type: "button", class: "button is-primary", "data-first": true, on: { click: go } }, plan.button),
        h("button", { type: "button", class: "button", on: { click: () => closeDialog(wb) } }, "Cancel ", cap("Esc")))),
  });
}

function drawDoneBulk(wb) {
  return h("div", { class: "bulk-bar is-done", role: "status" }, h("span", {}, icon("check", 14), ` ${wb.doneBulk.words}`),
    h("span", {}, h("button", { type: "button", class: "link", on: { click: () => undoBulk(wb, wb.doneBulk.id) } }, "Undo"), " ",
      h("button", { type: "button", class: "link", on: { click: () => { wb.doneBulk = null; render(wb); } } }, "Close")));
}

function undoBulk(wb, id) {
  wb.doneBulk = null;
  act(wb, {}, "undo_bulk", { bulk_id: id });
  render(wb);
}

/** How many of those put aside were rejected; above the bound the whole approval is offered for undo. */
function drawAudit(wb, audit) {
  const share = (value) => `${Math.round(value * 100)} %`;
  const rate = audit.rate === null ? "none decided yet" : `${audit.rejected} of ${audit.decided} decided were rejected: ${share(audit.rate)}, with 95 % confidence ${share(audit.low)} to ${share(audit.high)}`;
  return h("div", { class: `bulk-bar${audit.offers_undo ? " is-off" : ""}`, role: audit.offers_undo ? "alert" : "status" },
    h("span", {}, h("b", {}, "Audit"), ` of ${count(audit.approved, "approval")} by ${audit.reviewer}, ${audit.audited} aside: ${rate}.`),
    audit.offers_undo && h("span", {}, `That is above ${share(audit.bound)}. `, h("button", { type: "button", class: "link", on: { click: () => undoBulk(wb, audit.bulk_id) } }, `Undo all ${audit.approved}`)),
    h("button", { type: "button", class: "link", on: { click: () => { wb.hiddenAudits.add(audit.bulk_id); render(wb); } } }, "Hide"));
}

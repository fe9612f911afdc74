// The component: made once per page visit, then fed with every answer of the server.

const BENCHES = new WeakMap();
const REFRESH_AFTER = 2500;
const REFRESH_EVERY = 30_000;
const RESERVE_AFTER = 1500;
const RESERVE_EVERY = 60_000;

function createWorkbench(root, host) {
  const wb = {
    root, host, page: findPage(), seq: 0, answered: 0, asked: 0, missed: 0, offSince: null, lastSeq: 0, pending: loadPending(), failed: [], conflicts: new Map(),
    query: {}, rows: [], counts: {}, totals: {}, models: [], codes: [], datasets: [], dataset: null, decided: new Map(), reservations: new Map(), decidedToday: 0, perHour: null, me: "",
    trials: new Map(), transcripts: new Map(), opened: null, hint: null, quote: 0, attempt: null, mode: "one", pane: "hints", left: null, other: null, pairs: [],
    drawn: new Map(), folds: new Set(), raw: new Set(), autoRaw: new Set(), sideOpen: new Set(), selected: new Set(), settledSuggestions: new Set(), find: null,
    wants: { queue: true, trials: [], parts: [], pair: null, check: null, instruction: null, hold: null, bulk: null },
    audits: [], hiddenAudits: new Set(), doneBulk: null, auditPercent: 10, loaded: false, editor: null, dialog: null, lastError: -1,
  };
  wb.lastSeq = wb.pending.reduce((last, action) => Math.max(last, action.seq), 0);
  const layout = loadLayout();
  Object.assign(wb, { queueWidth: layout.queue, hintsWidth: layout.hints, queueShut: Boolean(layout.shut) });
  buildFrame(wb);
  const url = readUrl();
  wb.query = url.filter;
  wb.opened = url.trial;
  wb.wanted = url.hint ? { hint: url.hint } : null;
  wb.focusHint = true;
  listen(wb);
  return wb;
}

function buildFrame(wb) {
  const part = (name, tag, props) => { wb.el[name] = h(tag || "div", { class: name, ...props }); return wb.el[name]; };
  wb.el = {};
  part("rowSpace", "div", { role: "presentation" });
  part("noRows");
  const rows = part("rows", "div", { role: "listbox", "aria-label": "Trials", tabindex: "0" });
  rows.append(wb.el.rowSpace);
  const queue = h("nav", { class: "queue", "aria-label": "Queue" }, part("railQueue"), part("queueTools"), rows, wb.el.noRows, part("bulk"));
  const hints = h("section", { class: "hints-pane", "aria-label": "Hints" }, part("failed"), part("head", "header"), part("hints", "div", { role: "listbox", "aria-label": "Hints of the trial" }));
  const feed = part("feed", "div", { role: "feed", tabindex: "0", "aria-label": "Transcript" });
  const transcript = h("section", { class: "transcript-pane", "aria-label": "Transcript" }, part("tabs"), part("evidence"), h("div", { class: "feed-box" }, feed, part("rail"), part("offer", "div", { hidden: true })), part("both"));
  part("panes").append(part("top", "header"), part("paneTabs", "div", { role: "tablist", "aria-label": "Panes" }), queue,
    buildDivider(wb, "queueWidth", () => queue.offsetWidth), hints, buildDivider(wb, "hintsWidth", () => hints.offsetWidth), transcript, part("bar", "footer"), part("nothing"));
  wb.el.paneTabs.classList.add("pane-tabs");
  wb.root.replaceChildren(wb.el.panes, part("dialog", "div", { hidden: true }), part("toast", "div", { hidden: true, "aria-hidden": "true" }), part("live", "div", { "aria-live": "polite", role: "status" }));
  wb.el.live.classList.add("hidden");
  wb.el.dialog.addEventListener("click", (event) => { if (event.target === wb.el.dialog && wb.dialog && wb.dialog.kind !== "words") closeDialog(wb); });
  rows.addEventListener("scroll", () => renderRows(wb), { passive: true });
  feed.addEventListener("mouseup", () => setTimeout(() => onSelected(wb)));
  wb.el.both.addEventListener("mouseup", () => setTimeout(() => onSelected(wb)));
}

function listen(wb) {
  const stop = new AbortController();
  const { signal } = stop;
  document.addEventListener("keydown", (event) => onKey(wb, event), { signal });
  addEventListener("online", () => flush(wb), { signal });
  addEventListener("beforeunload", (event) => {
    // what is kept in this tab comes back; only a draft that could not be kept would be lost
    if (wb.editor && wb.editor.kept === false) event.preventDefault();
  }, { signal });
  const observer = new ResizeObserver(() => render(wb));
  observer.observe(wb.root);
  const timer = setInterval(() => tick(wb), 500);
  wb.stop = () => {
    wb.gone = true;
    stop.abort();
    observer.disconnect();
    clearInterval(timer);
    clearTimeout(wb.retryTimer);
    clearTimeout(wb.slowTimer);
    clearTimeout(wb.reserveTimer);
    clearTimeout(wb.typedTimer);
  };
}

/** The queue is read again a moment after the last decision, and now and then for what others do. */
function tick(wb) {
  const idle = Date.now() - (wb.sentAt || 0);
  const due = (wb.refreshSoon && idle > REFRESH_AFTER) || Date.now() - (wb.queueAt || Date.now()) > REFRESH_EVERY;
  if (!due || wb.pending.length || wb.wants.queue || document.hidden) return;
  wb.refreshSoon = false;
  wb.wants.queue = true;
  flush(wb);
}

/** Who looks at a trial for a moment has it: others see that. */
function reserveSoon(wb) {
  clearTimeout(wb.reserveTimer);
  if (wb.opened === null) return;
  wb.reserveTimer = setTimeout(() => reserve(wb), RESERVE_AFTER);
}

function reserve(wb) {
  if (wb.gone || wb.opened === null || document.hidden) return;
  const view = openView(wb);
  if (view && view.status === "open") {
    wb.wants.hold = wb.opened;
    flush(wb);
  }
  clearTimeout(wb.reserveTimer);
  wb.reserveTimer = setTimeout(() => reserve(wb), RESERVE_EVERY);
}

function takeReservations(wb, held) {
  wb.reservations = new Map(held.map(([id, reviewer, since]) => [id, { reviewer, since }]));
  const mine = held.find(([, reviewer]) => reviewer === wb.me);
  wb.root.dataset.held = mine ? mine[0] : "";
}

function receive(wb, reply) {
  if (reply.problem && reply.to === undefined) wb.problem = reply.problem;
  else wb.problem = reply.problem || (wb.problem && wb.problem.startsWith("This browser") ? wb.problem : null);
  if (reply.wanted_dataset && String(reply.wanted_dataset) !== wb.query.dataset) {
    wb.query = { dataset: String(reply.wanted_dataset) };
    wb.wants.queue = true;
    if (!reply.to) wb.opened = readUrl().trial;
  }
  wb.me = reply.reviewer || wb.me;
  if (reply.to >= wb.seq) { wb.missed = 0; wb.offSince = null; clearTimeout(wb.retryTimer); }
  wb.answered = Math.max(wb.answered, reply.to || 0);
  settle(wb, reply.results || []);
  for (const view of reply.trials || []) wb.trials.set(view.id, view);
  for (const id of reply.gone || []) takeGone(wb, id);
  for (const part of reply.parts || []) takePart(wb, part);
  if (reply.held) { takeReservations(wb, reply.held); wb.wants.hold = null; }
  if (reply.queue) takeQueue(wb, reply.queue);
  if (reply.bulk) takeBulk(wb, reply.bulk);
  if (reply.pair) wb.pairs = [...wb.pairs, reply.pair];
  if (reply.check) takeCheck(wb, reply.check);
  if (reply.instruction) takeInstruction(wb, reply.instruction);
  if (wb.openSoon) { const id = wb.openSoon; wb.openSoon = null; openTrial(wb, id); }
  if (wb.mode === "before" && (reply.results || []).length && !wb.wants.instruction) askInstruction(wb);
  forget(wb);
  render(wb);
  if ((reply.parts || []).some((part) => part.attempt_id === wb.attempt)) findAgain(wb);
  drawAheadSoon(wb);
  planWants(wb);
  if (hasWants(wb) && wb.answered >= wb.seq) flush(wb);
}

function takeGone(wb, id) {
  wb.trials.delete(id);
  wb.rows = wb.rows.filter((row) => row.id !== id);
  if (wb.opened === id) {
    say(wb, "This trial is not in the workspace any more.");
    wb.opened = null;
    if (wb.loaded && wb.rows.length) openTrial(wb, wb.rows[0].id);
  }
}

function readReply(data) {
  const bytes = data instanceof Uint8Array ? data : data instanceof ArrayBuffer ? new Uint8Array(data) : null;
  return bytes ? JSON.parse(new TextDecoder().decode(bytes)) : data || {};
}

export default function mount({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".wb");
  let wb = BENCHES.get(root);
  if (!wb) {
    wb = createWorkbench(root, parentElement.host || parentElement);
    BENCHES.set(root, wb);
    wb.setStateValue = setStateValue;
    render(wb);
    flush(wb);
  }
  wb.setStateValue = setStateValue;
  if (data !== wb.lastData) {
    wb.lastData = data;
    const reply = readReply(data);
    // an answer to what an earlier visit of the page sent says nothing to this one
    if (!reply.to || reply.to <= wb.seq) receive(wb, reply);
  }
  return () => {
    if (wb.gone) return;
    wb.stop();
    BENCHES.delete(root);
  };
}

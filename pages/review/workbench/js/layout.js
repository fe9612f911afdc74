// The panes: which are shown, how wide they are, and what the reviewer chose, kept per browser.

const LAYOUT = "trace-hints-layout";
const NARROW = 1000;

function loadLayout() {
  try {
    return JSON.parse(localStorage.getItem(LAYOUT) || "{}") || {};
  } catch {
    return {};
  }
}

function keepLayout(wb) {
  localStorage.setItem(LAYOUT, JSON.stringify({ queue: wb.queueWidth, hints: wb.hintsWidth, shut: wb.queueShut }));
}

/** Widths in px for a component of this width. */
function planPanes(wb, width) {
  const small = width <= 1268;
  const rail = wb.queueShut || wb.mode !== "one";
  const queue = rail ? 40 : clamp(wb.queueWidth || (small ? 208 : 248), 160, 420);
  const usual = wb.mode === "side" ? 360 : wb.mode === "before" ? 400 : small ? 452 : Math.min(Math.max(Math.round((width - queue) * 0.448), 400), 520);
  const room = width - queue - 420;
  const hints = clamp(wb.mode === "one" && wb.hintsWidth ? wb.hintsWidth : usual, 300, Math.max(room, 300));
  return { queue, hints, rail, small };
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

function renderLayout(wb) {
  // measured in rem, so that text zoom counts like a narrow window
  wb.rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const width = wb.root.clientWidth || 1408;
  const narrow = width / (wb.rem / 16) < NARROW;
  const plan = planPanes(wb, width);
  wb.narrow = narrow;
  wb.root.classList.toggle("is-dark", isDark(getComputedStyle(wb.root).getPropertyValue("--st-background-color")));
  wb.root.classList.toggle("is-narrow", narrow);
  wb.root.classList.toggle("is-small", plan.small);
  wb.root.classList.toggle("is-rail", plan.rail && !narrow);
  wb.root.dataset.mode = wb.mode;
  wb.root.dataset.pane = wb.pane;
  wb.root.style.setProperty("--queue", `${plan.queue}px`);
  wb.root.style.setProperty("--hints", `${plan.hints}px`);
  fill(wb.el.paneTabs, JSON.stringify([narrow, wb.pane]), () => (narrow ? [["queue", "Queue"], ["hints", "Hints"], ["transcript", "Transcript"]].map(([pane, word]) =>
    h("button", { type: "button", role: "tab", class: `tab${wb.pane === pane ? " is-open" : ""}`, "aria-selected": String(wb.pane === pane), "data-focus": pane, on: { click: () => { wb.pane = pane; wb.scrolled = null; render(wb); } } }, h("span", { class: "tab-word" }, word))) : []));
  fill(wb.el.railQueue, JSON.stringify([plan.rail, narrow, wb.counts.open]), () => (plan.rail && !narrow ? [
    h("button", { type: "button", class: "rail-button", "aria-label": "Show the queue", on: { click: () => { wb.queueShut = false; wb.mode = "one"; keepLayout(wb); render(wb); } } }, icon("panel", 16), h("span", {}, `Queue, ${wb.counts.open ?? 0} to review`))] : []));
}

/** A divider follows the pointer, and the arrow keys in steps of 16. */
function buildDivider(wb, name, read) {
  const set = (value) => {
    wb[name] = clamp(Math.round(value), name === "queueWidth" ? 160 : 300, name === "queueWidth" ? 420 : 800);
    renderLayout(wb);
  };
  const divider = h("div", { class: `divider is-${name}`, role: "separator", "aria-orientation": "vertical", "aria-label": name === "queueWidth" ? "Width of the queue" : "Width of the hints", tabindex: "0",
    on: {
      pointerdown: (event) => {
        const [start, width] = [event.clientX, read()];
        divider.setPointerCapture(event.pointerId);
        divider.onpointermove = (move) => set(width + move.clientX - start);
        divider.onpointerup = () => { divider.onpointermove = null; keepLayout(wb); };
      },
      keydown: (event) => {
        const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
        if (!step) return;
        set(read() + step);
        keepLayout(wb);
        event.preventDefault();
        event.stopPropagation();
      },
    } });
  return divider;
}

/** True if this is the background of a dark theme. */
function isDark(colour) {
  const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(colour.trim());
  const [r, g, b] = parts ? parts.slice(1).map((part) => parseInt(part, 16)) : (colour.match(/\d+/g) || [255, 255, 255]).map(Number);
  return 0.3 * r + 0.59 * g + 0.11 * b < 128;
}

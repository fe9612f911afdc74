// Small pictures, drawn with strokes in the colour of the text around them. All paths are our own words.

const ICONS = {
  check: "M3 8.5l3.2 3.2L13 5",
  cross: "M4 4l8 8M12 4l-8 8",
  dash: "M3.5 8h9",
  question: "M5.6 6a2.4 2.4 0 1 1 3.3 2.2c-.7.3-.9.7-.9 1.4M8 12.2v.1",
  warn: "M8 2.6L14.2 13H1.8zM8 6.4v3M8 11.2v.1",
  block: "M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4zM8 5v3.6M8 10.9v.1",
  info: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 7.4v3.4M8 5.1v.1",
  search: "M7 2.6a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8M10.3 10.3l3.2 3.2",
  panel: "M2.2 3.2h11.6v9.6H2.2zM6 3.2v9.6",
  columns: "M2.2 3.2h11.6v9.6H2.2zM8 3.2v9.6",
  down: "M4 6.2l4 4 4-4",
  right: "M6.2 4l4 4-4 4",
  up: "M4 9.8l4-4 4 4",
  more: "M3.4 8h.1M8 8h.1M12.6 8h.1",
};
const OUTCOMES = {
  success: { word: "Success", icon: "check" },
  partial: { word: "Partial", icon: "dash" },
  failure: { word: "Failure", icon: "cross" },
  error: { word: "Error", icon: "warn" },
  unknown: { word: "Unknown", icon: "question" },
};
const SEVERITIES = {
  block: { word: "Blocks", icon: "block" },
  warn: { word: "Check", icon: "warn" },
  info: { word: "Note", icon: "info" },
};
const KINDS = {
  tool: { word: "Tools", one: "tool" },
  strategy: { word: "Strategy", one: "step" },
  pitfall: { word: "Pitfalls", one: "pitfall" },
  criterion: { word: "Success criteria", one: "criterion" },
};
const STATUSES = {
  open: { word: "To review", icon: "dash" },
  approved: { word: "Approved", icon: "check" },
  rejected: { word: "Rejected", icon: "cross" },
};
const EVIDENCE = {
  exact: { word: "exact quote", icon: "check", found: true },
  repointed: { word: "found in another message", icon: "check", found: true },
  approximate: { word: "only something like it was found", icon: "warn", found: false },
  missing: { word: "not found", icon: "warn", found: false },
};

/** A picture without a name of its own: what it says must stand beside it or in a label. */
function icon(name, size) {
  const svg = document.createElementNS(SVG, "svg");
  const side = `${(size || 14) / 16}rem`;
  for (const [key, value] of Object.entries({
    viewBox: "0 0 16 16", width: side, height: side, "aria-hidden": "true", focusable: "false",
  })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** The square of an outcome; named for who cannot see it. */
function outcomeSquare(outcome) {
  const known = OUTCOMES[outcome] || OUTCOMES.unknown;
  return h("span", { class: `outcome is-${outcome}`, role: "img", "aria-label": known.word, title: known.word },
    icon(known.icon, 11));
}

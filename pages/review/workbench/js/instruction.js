// Before and after: the instruction as it will be published, as a difference and as it will look.

function toggleBefore(wb) {
  setMode(wb, wb.mode === "before" ? "one" : "before");
}

function setMode(wb, mode) {
  wb.mode = mode;
  wb.scrolled = null;
  if (mode === "before") askInstruction(wb);
  render(wb);
  flushIfMissing(wb);
}

function askInstruction(wb) {
  wb.asked += 1;
  const { editor } = wb;
  const texts = editor && !editor.isTask && !editor.isAdded ? { [editor.subject]: editor.text } : {};
  wb.wants.instruction = { n: wb.asked, trial_id: wb.opened, texts, task_text: editor && editor.isTask ? editor.text.text : null };
  flush(wb);
}

function takeInstruction(wb, instruction) {
  const asked = wb.wants.instruction;
  if (!asked || instruction.n < asked.n) return;
  wb.wants.instruction = null;
  if (instruction.trial_id === wb.opened) wb.instruction = instruction;
}

function renderInstruction(wb, view) {
  const shown = wb.instruction && wb.instruction.trial_id === view.id ? wb.instruction : null;
  const approval = describeApproval(view);
  const words = wordsWithEditor(wb, view);
  fill(wb.el.tabs, JSON.stringify(["before", wb.onlyAfter]), () => [
    h("div", { class: "tablist", role: "tablist", "aria-label": "View" },
      [[false, "Before and after"], [true, "Only as published"]].map(([only, word]) => h("button", {
        type: "button", role: "tab", class: `tab${Boolean(wb.onlyAfter) === only ? " is-open" : ""}`, "aria-selected": String(Boolean(wb.onlyAfter) === only),
        on: { click: () => { wb.onlyAfter = only; render(wb); } } }, h("span", { class: "tab-word" }, word)))),
    keyTextButton("Back to the transcript", "B", () => press(wb, "b")),
  ]);
  const taskWords = countWords(view.task_text);
  const numbers = approval.warned.map((hint) => hintNumber(view, hint.id));
  fill(wb.el.evidence, JSON.stringify(["instruction", shown && shown.n, words, numbers, taskWords, view.task_text === view.source_task_text]), () => {
    const bar = h("span", { class: "meter" }, h("i", {}));
    bar.firstChild.style.width = `${Math.min(words / BUDGET_WORDS, 1) * 100}%`;
    return [h("b", { class: "mono" }, "instruction.md"),
      h("span", { class: "quiet" }, `task text ${view.task_text === view.source_task_text ? "unchanged" : "edited"}, ${count(taskWords, "word")}`),
      h("span", { class: "is-success-text" }, `+ ${count(words, "word")} of hints`), bar,
      h("span", { class: words > BUDGET_WORDS ? "is-warn-text" : "quiet" }, words > BUDGET_WORDS ? `${words - BUDGET_WORDS} over` : `${BUDGET_WORDS - words} left`),
      numbers.length > 0 && h("span", { class: "is-warn-text end" }, icon("warn", 13), ` hint ${numbers.join(", ")} with a warning`)];
  });
  fill(wb.el.both, JSON.stringify([shown, wb.onlyAfter]), () => {
    if (!shown) return [h("p", { class: "loading" }, wb.isSlow ? "Loading the instruction" : "")];
    return [!wb.onlyAfter && h("div", { class: "diff mono", tabindex: "0", "aria-label": "Difference" }, drawDiff(shown.before, shown.after)),
      h("div", { class: "rendered", tabindex: "0", "aria-label": "As it will look" }, drawMarkdown(shown.after))].filter(Boolean);
  });
}

/** Lines that went, stayed and came. */
function drawDiff(before, after) {
  return diffLines(before.split("\n"), after.split("\n")).map(([sign, line]) =>
    h("div", { class: `diff-line ${sign === "+" ? "is-added" : sign === "-" ? "is-gone" : ""}` }, h("span", { class: "sign" }, sign), h("span", {}, line || "\u200a")));
}

function diffLines(a, b) {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) { endA -= 1; endB -= 1; }
  const same = (lines) => lines.map((line) => [" ", line]);
  const [midA, midB] = [a.slice(start, endA), b.slice(start, endB)];
  const middle = midA.length * midB.length > 4_000_000
    ? [...midA.map((line) => ["-", line]), ...midB.map((line) => ["+", line])] : walkDiff(midA, midB);
  return [...same(a.slice(0, start)), ...middle, ...same(a.slice(endA))];
}

function walkDiff(a, b) {
  const table = longestCommon(a, b);
  const lines = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { lines.push([" ", a[i]]); i += 1; j += 1; }
    else if (j >= b.length || (i < a.length && table[i + 1][j] >= table[i][j + 1])) { lines.push(["-", a[i]]); i += 1; }
    else { lines.push(["+", b[j]]); j += 1; }
  }
  return lines;
}

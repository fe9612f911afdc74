// One message of a transcript: number, role, who cites it, and its parts; or its raw text.

const ROLES = {
  system: "System", user: "User", agent: "Agent", tool: "Tool result", observation: "Observation", unknown: "Unknown role",
};

const CHARACTERS_PER_LINE = 70;

/** What decides how a message looks; the same signature means the same picture. */
function messageSignature(wb, message, context) {
  const folds = [...wb.folds].filter((key) => key.startsWith(`${context.key}:`)).join();
  return [context.key, context.quote, context.quote && wb.hint, context.cites.join(), isRaw(wb, context.key), wb.unfoldAll, folds, context.unseen, context.squeezed].join("|");
}

function isRaw(wb, key) {
  return wb.rawAll || wb.raw.has(key) || wb.autoRaw.has(key);
}

function drawMessage(wb, message, context) {
  const raw = isRaw(wb, context.key);
  const cited = context.cites.length ? `, cited by hint ${context.cites.join(", ")}` : "";
  const isOutput = message.role === "tool" || message.role === "observation";
  const element = h("article", {
    class: `message is-${message.role}${context.quote ? " has-quote" : ""}${isOutput ? " is-output" : ""}${context.unseen ? " is-unseen" : ""}`,
    "data-i": message.i, "aria-label": `Message ${message.i}, ${ROLES[message.role]}${cited}`, tabindex: "-1",
  },
  h("span", { class: "number chrome" }, String(message.i)),
  drawHead(message, context, raw),
  h("div", { class: "body" }, drawBody(wb, message, context, raw)));
  element.style.containIntrinsicBlockSize = `auto ${guessHeight(message, isOutput)}px`;
  return element;
}

/** Pixels of a message that was not in sight yet. With one guess for all, far too many are laid out at once. */
function guessHeight(message, isOutput) {
  const lines = message.text.length / CHARACTERS_PER_LINE;
  return Math.round(48 + 20 * Math.min(Math.max(lines, 1), isOutput ? 2 * ENDS + 1 : 400));
}

function drawHead(message, context, raw) {
  const bad = message.bad.length;
  return h("header", { class: "chrome" },
    h("b", { class: `role role-${message.role}` }, ROLES[message.role]),
    message.blocks.some((block) => block.k === "call") && h("span", { class: "quiet" }, "calls a tool"),
    bad > 0 && h("span", { class: "tag is-failure" }, `${count(bad, "line")} ${bad === 1 ? "says" : "say"} error`),
    raw && h("span", { class: "tag" }, "raw text"),
    context.unseen && h("span", { class: "tag" }, "Not shown to the model"),
    context.squeezed > 0 && h("span", { class: "tag" }, `The model did not see ${context.squeezed.toLocaleString("en")} characters of this`),
    context.cites.length > 0 && h("span", { class: "cites" }, "cited by ", context.cites.map((number) => cap(number))));
}

function drawBody(wb, message, context, raw) {
  if (!message.text) return h("p", { class: "quiet" }, "An empty message.");
  const blockContext = {
    message: raw ? { ...message, bad: [] } : message, key: context.key, quote: context.quote,
    open: (key) => wb.unfoldAll || wb.folds.has(key),
    toggle: (key) => {
      if (wb.folds.has(key)) wb.folds.delete(key);
      else wb.folds.add(key);
      render(wb);
    },
  };
  if (raw) return drawOutput(message.text, `${context.key}:raw`, blockContext);
  if (!message.blocks.length) return h("p", { class: "quiet" }, "Only white space.");
  return message.blocks.map((block, i) => drawBlock(block, i, blockContext));
}

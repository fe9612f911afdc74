// The parts of a message as elements: words, calls, commands, results, folds.

const FIELDS_SHOWN = 5;

/** Draws one block. @param {object} context {wb, message, key, quote, open(key), toggle(key)} */
function drawBlock(block, number, context) {
  const text = block.text === undefined ? context.message.text : block.text;
  const key = `${context.key}:${number}`;
  if (block.k === "fold") return drawFold(text, block.name, key, context);
  if (block.k === "call") return drawCall(block);
  if (block.k === "commands") return drawCommands(block);
  if (block.k === "fields") return drawFields(block, key, context);
  if (block.k === "output") return drawOutput(text, key, context);
  if (block.k === "code") return drawOutput(text, key, context, "code t mono");
  if (block.k === "note") return withRaw(h("p", { class: "said" }, text), block.raw);
  return h("div", { class: "prose t" }, text.trim());
}

function withRaw(element, raw) {
  if (raw) {
    element.rawText = raw;
    element.classList.add("has-raw");
  }
  return element;
}

function drawFold(text, name, key, context) {
  const open = context.open(key) || Boolean(context.quote && findQuote(text, context.quote));
  return h("div", { class: "fold" },
    foldButton(open, [h("b", {}, name), ` ${text.length.toLocaleString("en")} characters`], () => context.toggle(key)),
    open && h("div", { class: "prose t folded" }, text));
}

function foldButton(open, label, toggle) {
  return h("button", { class: "fold-button chrome", type: "button", "aria-expanded": String(open), on: { click: toggle } },
    icon(open ? "down" : "right", 12), h("span", {}, label));
}

function drawCall(block) {
  const rows = block.rows || [];
  const isLong = rows.some(([, value]) => value.includes("\n") || value.length > 60);
  const drawn = rows.map(([key, value]) => h("div", { class: "argument" },
    key && h("span", { class: "key" }, `${key}: `), h("span", { class: "value t" }, value.replace(/\n+$/, ""))));
  return withRaw(h("div", { class: `call mono${isLong ? " is-long" : ""}` }, h("b", { class: "t" }, block.name), drawn), block.raw);
}

function drawCommands(block) {
  return withRaw(h("div", { class: "call commands mono" }, block.rows.map(([line, seconds]) =>
    h("div", { class: "command" }, h("span", { class: "prompt chrome" }, "$ "), h("span", { class: "t" }, line || " "),
      seconds && h("span", { class: "seconds chrome" }, ` ${seconds}s`)))), block.raw);
}

function drawFields(block, key, context) {
  const open = context.open(key);
  const cited = (row) => Boolean(context.quote) && (context.quote.includes(`"${row[0]}"`) || row[1] === context.quote);
  // one more field is shown rather than said to be hidden
  const shown = block.rows.length === FIELDS_SHOWN + 1 ? FIELDS_SHOWN + 1 : FIELDS_SHOWN;
  const rows = block.rows.filter((row, i) => open || i < shown || cited(row));
  const hidden = block.rows.filter((row) => !rows.includes(row));
  const characters = hidden.reduce((n, [name, value]) => n + name.length + value.length, 0);
  return [
    h("dl", { class: "fields mono" }, rows.map((row) => {
      const value = h("dd", { class: `t${cited(row) ? " is-quote" : ""}` }, row[1].length > 2000 && !open ? `${row[1].slice(0, 2000)}\u2026` : row[1]);
      return [h("dt", { class: "t" }, row[0]), value];
    })),
    (hidden.length || open) && block.rows.length > shown && foldButton(open,
      open ? "Show fewer fields" : [h("b", {}, `Show ${count(hidden.length, "more field")}`), ` ${characters.toLocaleString("en")} characters`],
      () => context.toggle(key)),
  ];
}

function drawOutput(source, key, context, kind) {
  const text = trimEnd(source);
  const kept = linesOf(text, context.quote ? findQuote(text, context.quote) : null);
  const open = context.open(key);
  const bad = context.message.bad || [];
  const pieces = open ? text.split("\n").map((line, i) => ({ text: line, bad: bad.includes(i), line: i })) : foldLines(text, kept, bad);
  const box = h("div", { class: kind || "output t mono" });
  pieces.forEach((piece, i) => {
    if (piece.gap) {
      box.append(foldButton(false,
        [h("b", {}, `Show ${count(piece.lines, "more line")}`), `, ${piece.characters.toLocaleString("en")} characters`],
        () => context.toggle(key)));
      return;
    }
    const line = piece.long && piece.text.length > 2 * LINE_CHARACTERS && !open ? cutLine(piece.text, () => context.toggle(key)) : [piece.text];
    const after = i + 1 < pieces.length && !pieces[i + 1].gap ? "\n" : "";
    if (piece.bad) box.append(h("span", { class: "bad" }, line), after);
    else add(box, [line, after]);
  });
  if (open && (text.length > FOLD_CHARACTERS || pieces.length > FOLD_LINES)) box.append(foldButton(true, "Show less", () => context.toggle(key)));
  return box;
}

function cutLine(line, toggle) {
  return [line.slice(0, LINE_CHARACTERS),
    foldButton(false, h("b", {}, `Show ${(line.length - 2 * LINE_CHARACTERS).toLocaleString("en")} more characters of this line`), toggle),
    line.slice(-LINE_CHARACTERS)];
}

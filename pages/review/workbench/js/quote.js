// Finding a quote in a text, and marking it in a message. White space, ANSI sequences and JSON escapes do not count.

/** Where a quote stands: [begin, end], or null. */
function findQuote(text, quote) {
  if (!quote || !text) return null;
  for (const form of new Set([quote, quote.trim(), JSON.stringify(quote).slice(1, -1)])) {
    const begin = form ? text.indexOf(form) : -1;
    if (begin >= 0) return [begin, begin + form.length];
  }
  const words = quote.trim().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const found = new RegExp(words.map(escapeRegex).join("\\s+")).exec(text);
  return found ? [found.index, found.index + found[0].length] : findNormalised(text, quote);
}

function escapeRegex(words) {
  return words.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function findNormalised(text, quote) {
  const wanted = normalise(quote).text.trim();
  if (!wanted) return null;
  for (const decoded of [false, true]) {
    if (decoded && !text.includes("\\")) break;
    const { text: shown, places } = normalise(text, decoded);
    const begin = shown.indexOf(wanted);
    if (begin >= 0) return [places[begin], places[begin + wanted.length - 1] + 1];
  }
  return null;
}

const NORMAL = /\x1b\[[0-?]*[ -/]*[@-~]|\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])|\s+|[\s\S]/gu;
const ESCAPES = { b: " ", f: " ", n: " ", r: " ", t: " " };

/** The text in one Unicode form with single spaces, and where each of its characters came from. */
function normalise(text, decode) {
  const parts = [];
  const places = [];
  for (const { 0: found, index } of text.matchAll(NORMAL)) {
    let made = found;
    if (found[0] === "\x1b" && found.length > 1) continue;
    if (found[0] === "\\" && found.length > 1) {
      if (decode) made = found[1] === "u" ? String.fromCharCode(parseInt(found.slice(2), 16)) : ESCAPES[found[1]] || found[1];
    } else if (/^\s/.test(found)) made = " ";
    else if (found > "\x7f") made = found.normalize("NFKC");
    if (made === " " && parts.length && parts[parts.length - 1] === " ") continue;
    for (let i = 0; i < made.length; i += 1) {
      parts.push(made[i]);
      places.push(made === found ? index + i : index);
    }
  }
  return { text: parts.join(""), places };
}

/**
 * Marks a quote in a message that is drawn.
 * @returns {HTMLElement|null} what to scroll to; null if the quote is not in what is shown
 */
function markQuote(message, quote, label) {
  for (const unit of message.querySelectorAll(".t")) {
    const nodes = listTextNodes(unit);
    const span = findQuote(nodes.map((node) => node.data).join(""), quote);
    if (span) return wrap(nodes, span, label);
  }
  for (const unit of message.querySelectorAll(".has-raw")) {
    if (findQuote(unit.rawText, quote)) {
      unit.classList.add("is-quote");
      return unit;
    }
  }
  return null;
}

function listTextNodes(unit) {
  const nodes = [];
  const walker = document.createTreeWalker(unit, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(".unseen, .chrome")) nodes.push(walker.currentNode);
  return nodes;
}

function wrap(nodes, [begin, end], label) {
  let at = 0;
  let first = null;
  for (const node of nodes) {
    const from = Math.max(begin - at, 0);
    const to = Math.min(end - at, node.data.length);
    at += node.data.length;
    if (from >= to) continue;
    const piece = from ? node.splitText(from) : node;
    if (to - from < piece.data.length) piece.splitText(to - from);
    const mark = document.createElement("mark");
    piece.replaceWith(mark);
    mark.append(piece);
    if (!first) {
      first = mark;
      mark.prepend(h("span", { class: "hidden chrome" }, `${label}: `));
    }
  }
  return first;
}

// A hint's words as they are published, in pieces: the fields' own words, and the words between them.

const FIELDS = {
  tool: [["name", "Name"], ["purpose", "Purpose"], ["example", "Example"]],
  strategy: [["do", "Do"], ["why", "Why"], ["check", "Check"]],
  pitfall: [["when", "When"], ["avoid", "Don't"], ["instead", "Instead"], ["symptom", "Symptom"]],
  criterion: [["text", "Criterion"], ["basis", "Basis"]],
};

/** The same rules as `core/curation/rendering.py`; `tests/browser/test_hint_words.py` holds the two together. */
const LINE_BREAK = /\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*/g;

function fold(text) {
  return (text || "").replace(LINE_BREAK, " ").trim();
}

function cutStop(text) {
  const folded = fold(text);
  return folded.endsWith(".") && !folded.endsWith("..") ? folded.slice(0, -1).trimEnd() : folded;
}

function closed(text) {
  return !text || /[.!?\u2026\u3002\uff01\uff1f]$/.test(text) ? "" : ".";
}

/** Pieces [kind, text]: `own` words of a field, `between` ours, `name` of a tool, `code` of an example. */
function hintPieces(text) {
  if (text.kind === "tool") {
    const purpose = cutStop(text.purpose);
    return [["name", fold(text.name)], ...(purpose ? [["own", ` ${purpose}${closed(purpose)}`]] : [])];
  }
  if (text.kind === "strategy") {
    const [doing, check] = [cutStop(text.do), cutStop(text.check)];
    return [...(doing ? [["own", doing + closed(doing)]] : []), ...(check ? [["between", `${doing ? " " : ""}Check: `], ["own", check + closed(check)]] : [])];
  }
  if (text.kind === "pitfall") return pitfallPieces(text);
  const words = cutStop(text.text);
  return [["own", words + closed(words)]];
}

function pitfallPieces(text) {
  const when = cutStop(text.when).replace(/^when\s+/i, "");
  const avoid = cutStop(text.avoid).replace(/^(don['\u2019]t|do not)\s+/i, "");
  const instead = cutStop(text.instead);
  if (!avoid && !instead) return [];
  const advice = [
    ...(avoid ? [["between", when ? "don't " : "Don't "], ["own", avoid]] : []),
    ...(instead ? [["own", `${avoid ? "; " : ""}${!avoid && !when ? instead[0].toUpperCase() + instead.slice(1) : instead}`]] : []),
  ];
  const pieces = [...(when ? [["between", "When "], ["own", `${when}, `]] : []), ...advice];
  const last = pieces.length ? pieces[pieces.length - 1][1] : "";
  return [...pieces, ["own", closed(last)]];
}

/** A hint's words as one text. */
function hintWords(text) {
  const words = hintPieces(text).map(([, piece]) => piece).join("");
  return text.kind === "tool" && text.example ? `${words} ${text.example}` : words;
}

/** The words as elements. */
function drawWords(text) {
  return hintPieces(text).map(([kind, piece]) =>
    kind === "own" ? h("span", {}, piece) : h("span", { class: kind === "name" ? "tool-name" : "between" }, piece));
}

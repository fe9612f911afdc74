// Long output as head and tail; a cited line and an error are never folded away. Pure.

const FOLD_LINES = 14;
const FOLD_CHARACTERS = 1200;
const ENDS = 4;
const LINE_CHARACTERS = 600;

/**
 * What of a text is shown.
 * @param {string} text
 * @param {number[]} kept lines that must be seen
 * @returns {{text: string, bad: boolean, line: number}|{gap: true, lines: number, characters: number, line: number}[]}
 */
function foldLines(text, kept, bad) {
  const lines = text.split("\n");
  const whole = lines.length <= FOLD_LINES && text.length <= FOLD_CHARACTERS;
  const show = new Set(kept);
  bad.slice(0, 20).forEach((line) => show.add(line));
  for (let i = 0; i < ENDS; i += 1) show.add(i).add(lines.length - 1 - i);
  const pieces = [];
  lines.forEach((line, i) => {
    if (whole || show.has(i)) pieces.push({ text: line, bad: bad.includes(i), line: i, long: !kept.includes(i) });
    else if (pieces.length && pieces[pieces.length - 1].gap) addToGap(pieces[pieces.length - 1], line);
    else pieces.push({ gap: true, lines: 1, characters: line.length + 1, line: i });
  });
  return pieces;
}

function addToGap(gap, line) {
  gap.lines += 1;
  gap.characters += line.length + 1;
}

/** A text without the blank lines at its end, which terminals leave. */
function trimEnd(text) {
  return text.replace(/[ \t\n]+$/, "");
}

/** The lines that a span of a text touches. */
function linesOf(text, span) {
  if (!span) return [];
  const first = countBreaks(text, 0, span[0]);
  const last = first + countBreaks(text, span[0], span[1]);
  return Array.from({ length: Math.min(last - first + 1, 200) }, (_, i) => first + i);
}

function countBreaks(text, from, to) {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

// A small reader of headings, lists, bold and code. It makes text nodes only: no links, no images, no HTML.

function drawMarkdown(text) {
  const lines = text.split("\n");
  const drawn = [];
  let paragraph = [];
  const flushParagraph = () => {
    if (paragraph.length) drawn.push(h("p", {}, drawInline(paragraph.join("\n"))));
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i];
    const fence = /^(`{3,}|~{3,})/.exec(line);
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = /^(\s*)([-*]|\d+[.)])\s+(.*)$/.exec(line);
    if (fence) {
      flushParagraph();
      const end = lines.findIndex((each, j) => j > i && each.startsWith(fence[1]));
      const stop = end < 0 ? lines.length : end;
      drawn.push(h("pre", {}, lines.slice(i + 1, stop).join("\n")));
      i = stop;
    } else if (heading) {
      flushParagraph();
      drawn.push(h(`h${Math.min(heading[1].length + 2, 6)}`, { class: `md-h${heading[1].length}` }, drawInline(heading[2])));
    } else if (/^-{3,}\s*$/.test(line) && !paragraph.length) drawn.push(h("hr", {}));
    else if (item) {
      flushParagraph();
      const ordered = /\d/.test(item[2]);
      const last = drawn[drawn.length - 1];
      const list = last && last.tagName === (ordered ? "OL" : "UL") ? last : h(ordered ? "ol" : "ul", ordered ? { start: parseInt(item[2], 10) } : {});
      if (list !== last) drawn.push(list);
      list.append(h("li", {}, drawInline(item[3])));
    } else if (!line.trim()) {
      flushParagraph();
      const last = drawn[drawn.length - 1];
      // a blank line ends a list
      if (last && /^(OL|UL)$/.test(last.tagName) && !/^\s*([-*]|\d+[.)])\s+/.test(lines[i + 1] || "")) drawn.push(document.createComment(""));
    } else paragraph.push(line);
  }
  flushParagraph();
  return drawn.filter((node) => node.nodeType === 1);
}

function drawInline(text) {
  const pieces = [];
  let from = 0;
  for (const found of text.matchAll(/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|\*\*([^*\n]+)\*\*/g)) {
    if (found.index > from) pieces.push(text.slice(from, found.index));
    pieces.push(found[3] === undefined ? h("code", {}, found[2]) : h("strong", {}, found[3]));
    from = found.index + found[0].length;
  }
  pieces.push(text.slice(from));
  return pieces;
}

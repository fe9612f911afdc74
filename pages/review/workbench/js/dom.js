// Elements from data. Every text goes in as a text node; nothing in the workbench ever reads markup.

const SVG = "http://www.w3.org/2000/svg";
/** Invisible characters: control, format, bidi, tags, variation of nothing. Tab and line break stay as they are. */
const UNSEEN =
  /\x1b\[[0-?]*[ -/]*[@-~]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|\udb40[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const UNSEEN_NAMES = {
  0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0b: "VT", 0x0c: "FF", 0x0d: "CR", 0x1b: "ESC", 0x7f: "DEL", 0xad: "SHY",
  0x061c: "ALM", 0x200b: "ZWSP", 0x200c: "ZWNJ", 0x200d: "ZWJ", 0x200e: "LRM", 0x200f: "RLM", 0x2028: "LSEP",
  0x2029: "PSEP", 0x202a: "LRE", 0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO", 0x202e: "RLO", 0x2060: "WJ",
  0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0xfeff: "BOM",
};

/** What an invisible character is called, e.g. `RLO`, `U+FE0F`, `ESC[31m`. */
function nameUnseen(found) {
  if (found.length > 1 && found[0] === "\x1b") return `ESC${found.slice(1)}`;
  const code = found.codePointAt(0);
  return UNSEEN_NAMES[code] || `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Text with invisible characters named, for attributes and one-line excerpts. */
function plain(text) {
  return String(text).replace(UNSEEN, (found) => `[${nameUnseen(found)}]`);
}

/** Puts text into an element; invisible characters become small names that no search counts. */
function put(parent, text) {
  const value = String(text);
  let from = 0;
  for (const found of value.matchAll(UNSEEN)) {
    if (found.index > from) parent.append(value.slice(from, found.index));
    const name = document.createElement("span");
    name.className = "unseen";
    name.textContent = nameUnseen(found[0]);
    parent.append(name);
    from = found.index + found[0].length;
  }
  if (from < value.length) parent.append(from ? value.slice(from) : value);
  return parent;
}

/**
 * An element.
 * @param {string} tag
 * @param {Object<string, any>} [props] `class`, `on` (listeners), else attributes; false, null and undefined are left out
 * @param {...(Node|string|number|null|false|Array)} children
 * @returns {HTMLElement}
 */
function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "class") element.className = value;
    else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

function add(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    if (child instanceof Node) parent.append(child);
    else put(parent, child);
  }
}

/**
 * Makes the children of a container those of a list; what has not changed stays, with focus and scroll.
 * @param {HTMLElement} container
 * @param {{key: string, sig: string, build: () => HTMLElement}[]} items
 */
function reconcile(container, items) {
  const known = container.known || new Map();
  const kept = new Map();
  let place = container.firstChild;
  for (const item of items) {
    let entry = known.get(item.key);
    if (!entry || entry.sig !== item.sig) {
      const fresh = { sig: item.sig, element: item.build() };
      if (entry) {
        if (place === entry.element) place = place.nextSibling;
        const focused = findFocusKey(entry.element);
        entry.element.replaceWith(fresh.element);
        if (focused !== null) restoreFocus(fresh.element, focused);
      }
      entry = fresh;
    }
    kept.set(item.key, entry);
    if (item.update) item.update(entry.element);
    if (entry.element === place) place = place.nextSibling;
    else if (entry.element.nextSibling !== place || entry.element.parentNode !== container)
      container.insertBefore(entry.element, place);
  }
  for (const [key, entry] of known) if (!kept.has(key)) entry.element.remove();
  container.known = kept;
}

function findFocusKey(element) {
  const active = element.getRootNode().activeElement;
  if (!active || !element.contains(active)) return null;
  return active === element ? "" : active.dataset.focus || null;
}

function restoreFocus(element, key) {
  const target = key ? element.querySelector(`[data-focus="${key}"]`) : element;
  if (target) target.focus({ preventScroll: true });
}

/** Fills a region whose content is small; `sig` says when it has to be built again. */
function fill(region, sig, build) {
  if (region.sig === sig) return;
  region.sig = sig;
  const focused = findFocusKey(region);
  region.replaceChildren(...[build()].flat(Infinity).filter((child) => child instanceof Node));
  if (focused !== null) restoreFocus(region, focused);
}

/** A key cap. */
function cap(key) {
  return h("kbd", { "aria-hidden": "true" }, key);
}

/** A number with its noun. */
function count(number, one, several) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : several || `${one}s`}`;
}

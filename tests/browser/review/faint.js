// Texts in sight of an element whose contrast with what lies behind them is below a minimum, and how many were looked at.
([root, minimum]) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  // a colour in any notation is painted and read back: red, green, blue from 0 to 255, opacity from 0 to 1
  const read = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const listParents = (element) => {
    const parents = [];
    for (let at = element; at; at = at.parentElement || at.getRootNode().host) parents.push(at);
    return parents;
  };
  const findBackground = (element) => {
    const layers = listParents(element).map((parent) => read(getComputedStyle(parent).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const measureLight = (colour) => {
    const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const measureContrast = (element) => {
    const background = findBackground(element);
    const [r, g, b, a] = read(getComputedStyle(element).color);
    const opacity = listParents(element).reduce((product, parent) => product * Number(getComputedStyle(parent).opacity), a);
    const [one, other] = [measureLight(over([r, g, b, opacity], background)), measureLight(background)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const readOwnWords = (element) => [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join(" ").trim();
  const texts = [...root.querySelectorAll("*")].filter((element) =>
    readOwnWords(element) && element.checkVisibility({ visibilityProperty: true }) && !element.closest(".hidden, option"));
  const faint = texts.map((element) => [measureContrast(element), element]).filter(([contrast]) => contrast < minimum);
  return { seen: texts.length, found: faint.map(([contrast, element]) => `${contrast.toFixed(2)} ${element.className} ${readOwnWords(element).slice(0, 40)}`) };
}

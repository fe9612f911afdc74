// More filters than the chips: outcomes, findings, extractor, edited, number of attempts.

const FILTERS = [
  ["outcomes", "Outcomes", { "": "any", successful: "all successful", mixed: "mixed", unsuccessful: "none successful", unknown: "unknown" }],
  ["status", "Status", { "": "to review", check: "to review, with findings", approved: "approved", rejected: "rejected", all: "all" }],
  ["extractor", "Extractor", { "": "any", llm: "language model", rules: "rules" }],
  ["edited", "Edited", { "": "any", yes: "edited", no: "not edited" }],
];

function hasMoreFilters(wb) {
  return ["outcomes", "findings", "extractor", "edited", "model", "attempts_min", "attempts_max"].some((name) => wb.query[name]);
}

function drawFilters(wb) {
  const row = (label, control) => h("label", { class: "filter-row" }, h("span", {}, label), control);
  const number = (name, label) => {
    const field = h("input", { type: "number", min: "1", max: "999", "aria-label": label, "data-focus": name, on: { change: () => setFilter(wb, { [name]: field.value }) } });
    field.value = wb.query[name] || "";
    return field;
  };
  const findings = { "": "any or none", any: "some", blocking: "blocking", ...Object.fromEntries(wb.codes.map((code) => [code, code.replace(/-/g, " ")])) };
  const models = { "": "any", ...Object.fromEntries(wb.models.map((model) => [model, model])) };
  return h("div", { class: "filters" },
    [...FILTERS, ["findings", "Findings", findings], ["model", "Model", models]].map(([name, label, options]) => row(label, h("select", { "data-focus": name, on: { change: (event) => setFilter(wb, { [name]: event.target.value }) } },
      Object.entries(options).map(([value, word]) => h("option", { value, selected: (wb.query[name] || "") === value }, word))))),
    row("Attempts", h("span", { class: "range" }, number("attempts_min", "Attempts at least"), "to", number("attempts_max", "Attempts at most"))));
}

"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const data = JSON.parse(find("data").textContent);

  // ---- Elements and numbers. Text of a checkpoint is only ever set as text.

  /** An element with properties, and what is in it: elements or text. */
  function el(tag, properties, ...content) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties || {})) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...content.filter((part) => part !== null && part !== undefined));
    return element;
  }

  const count = (number) => number.toLocaleString("en-US");
  const counted = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;
  const short = (number) => exact(typeof number === "number" ? +number.toPrecision(5) : number);

  /** All digits of a number, with an exponent where there are many zeros. */
  function exact(number) {
    const isSmall = typeof number === "number" && number !== 0 && Math.abs(number) < 1e-3;
    return number === null ? null : isSmall ? number.toExponential() : String(number);
  }

  function bytes(size) {
    const units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let unit = 0;
    while (size >= 1000 && unit < units.length - 1) {
      size /= 1000;
      unit += 1;
    }
    return `${unit ? size.toFixed(2) : size} ${units[unit]}`;
  }

  function percent(part, whole) {
    if (!whole || !part) return "0 %";
    const share = (100 * part) / whole;
    return share < 0.01 ? "< 0.01 %" : `${+share.toPrecision(3)} %`;
  }

  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const LEVEL = new Map([...LETTERS].map((letter, level) => [letter, level]));

  // ---- Variables

  function valuesOf({ index }) {
    const row = data.values[index];
    if (!row) return null;
    const [min, max, mean, std, nans, infinities, zeros, [deadRows, deadColumns], bins, cells, shown] = row;
    return { min, max, mean, std, nans, infinities, zeros, deadRows, deadColumns, bins, cells, shown };
  }

  const NONE = [];

  /** In words, which also are found by a search. */
  function flagsOf(row, elements, problem) {
    if (!row) return problem ? ["damaged"] : NONE;
    const [, , , , nans, infinities, zeros, [deadRows, deadColumns]] = row;
    if (!nans && !infinities && !zeros) return NONE;
    const isZero = elements > 1 && zeros === elements;
    const found = [
      [nans, "NaN"],
      [infinities, "infinite"],
      [isZero, "all zero"],
      [!isZero && deadRows, "dead rows"],
      [!isZero && deadColumns, "dead columns"],
    ];
    return found.filter(([is]) => is).map(([, flag]) => flag);
  }

  // ---- Differences from another checkpoint

  const compared = data.compared;

  const differenceOf = (index) => (compared ? compared.differences[index] : undefined);

  /** The flags of a difference. */
  function differenceFlags(difference) {
    if (!difference) return NONE;
    if (difference === "only_first") return ["only in the first"];
    if (difference === "only_second") return ["only in the second"];
    if (difference.problem !== undefined) return ["damaged in the second"];
    const { spec, elements } = difference.both;
    const found = [
      [spec, "other dtype or shape"],
      [elements, "other values"],
    ];
    return found.filter(([is]) => is).map(([, flag]) => flag);
  }

  /** The parts of a page on the difference of a variable. */
  function differenceParts({ index, elements: number, dtype, shape }) {
    const difference = differenceOf(index);
    if (!compared || difference === "only_first" || difference === "only_second") return [];
    const title = heading("Compared with the second");
    if (difference === undefined) return [title, el("p", { className: "note" }, data.values.length ? "the same" : "the same dtype and shape")];
    if (difference.problem !== undefined) return [title, el("p", { className: "problem" }, difference.problem)];
    const { spec, elements } = difference.both;
    const pairs = [
      ["first", spec && `${dtype} ${shape}`],
      ["second", spec],
    ];
    if (elements) {
      const { different, nans, most, index: at, values } = elements;
      pairs.push(
        ["other elements", `${count(different)} of ${count(number)} (${percent(different, number)})`, true],
        ["NaN in one alone", nans ? count(nans) : null, true],
        ["largest difference", most && most[0]],
        ["relative", most && most[1]],
        ["first at", at.length ? `[${at.join(", ")}]` : null],
        ["in the first", values[0]],
        ["in the second", values[1]],
      );
    }
    return [title, facts(pairs)];
  }

  const shapes = data.shapes.map((dims) => ({
    dims,
    text: `[${dims.join(", ")}]`,
    elements: dims.reduce((product, length) => product * length, 1),
  }));
  const variables = data.variables.map(([name, dtype, shape, size], index) => ({
    name,
    index,
    dtype: data.dtypes[dtype],
    dims: shapes[shape].dims,
    shape: shapes[shape].text,
    size: size || 0,
    known: size !== null,
    elements: shapes[shape].elements,
    problem: data.problems[index],
    flags: [...flagsOf(data.values[index], shapes[shape].elements, data.problems[index]), ...differenceFlags(differenceOf(index))],
    family: "",
    text: "",
  }));
  for (const [name, members] of data.families) {
    for (const member of members) variables[member].family = name;
  }

  /** Everything in which a search looks. */
  function textOf(variable) {
    const { name, dtype, shape, flags, family } = variable;
    variable.text ||= [name, dtype, shape, ...flags, family].join(" ").toLowerCase();
    return variable.text;
  }

  // ---- The tree of names

  const MAX_DEPTH = 64;
  const collator = new Intl.Collator("en", { numeric: true });
  const state = { folded: true, sort: "name", query: [], chosen: null, top: 0, log: false, color: "group" };
  let root;
  let nodes;

  function segments(name) {
    const parts = name.split("/");
    return parts.length > MAX_DEPTH ? [...parts.slice(0, MAX_DEPTH - 1), parts.slice(MAX_DEPTH - 1).join("/")] : parts;
  }

  /** A place in the tree: a group of names, a family of variables, or a variable. */
  function node(kind, label, key, parent) {
    return { kind, label, key, parent, children: [], variables: [], size: 0, flagged: 0, order: "", open: false, hits: 0 };
  }

  function buildTree() {
    const trie = { children: new Map(), leaves: [] };
    const place = (name, leaf) => {
      let at = trie;
      for (const segment of segments(name)) {
        if (!at.children.has(segment)) at.children.set(segment, { children: new Map(), leaves: [] });
        at = at.children.get(segment);
      }
      at.leaves.push(leaf);
    };
    if (state.folded) for (const [name, members] of data.families) place(name, { name, members });
    for (const { name, index, family } of variables) {
      if (!state.folded || !family) place(name, { name, members: [index] });
    }
    nodes = new Map();
    root = node("group", data.path, "", null);
    nodes.set("", root);
    for (const [segment, below] of trie.children) grow(root, segment, segment, below);
    total(root);
    openSome();
  }

  function grow(parent, label, path, trie) {
    while (trie.leaves.length === 0 && trie.children.size === 1) {
      const [[segment, below]] = trie.children;
      if (below.leaves.length) break;
      [label, path, trie] = [`${label}/${segment}`, `${path}/${segment}`, below];
    }
    let at = parent;
    for (const { name, members } of trie.leaves) {
      at = leaf(parent, label, name, members);
    }
    if (trie.leaves.length === 0) at = add(parent, node("group", `${label}/`, `${path}/`, parent));
    for (const [segment, below] of trie.children) grow(at, segment, `${path}/${segment}`, below);
  }

  function leaf(parent, label, name, members) {
    const [first] = members;
    if (members.length === 1) {
      const only = add(parent, node("variable", label, name, parent));
      only.variable = variables[first];
      return only;
    }
    const family = add(parent, node("family", label, name, parent));
    family.variable = variables[first];
    family.members = members.map((member) => variables[member]);
    const labels = differences(members.map((member) => variables[member].name));
    members.forEach((member, number) => {
      const below = add(family, node("variable", labels[number], variables[member].name, family));
      below.variable = variables[member];
    });
    return family;
  }

  /** The segments in which names differ: `h0 … ln_1`. */
  function differences(names) {
    const all = names.map(segments);
    const [first] = all;
    const differs = first.map((segment, at) => all.some((other) => other[at] !== segment));
    const label = (parts) => parts.map((part, at) => (differs[at] ? part : "…")).filter((part, at, list) => part !== "…" || list[at - 1] !== "…");
    return all.map((parts) => label(parts).join(" ").replace(/^… | …$/g, "").replace(/^… /, ""));
  }

  function add(parent, child) {
    parent.children.push(child);
    nodes.set(child.key, child);
    return child;
  }

  /** Sums up what is under a node. */
  function total(at) {
    if (at.kind === "variable") {
      at.variables.push(at.variable);
      at.size = at.variable.size;
      at.flagged = at.variable.flags.length ? 1 : 0;
    }
    for (const child of at.children) {
      total(child);
      for (const variable of child.variables) at.variables.push(variable);
      at.size += child.size;
      at.flagged += child.flagged;
    }
  }

  /** The children of a node in the order of the rows. They are sorted when they are first seen. */
  function inOrder(at) {
    if (at.order !== state.sort) {
      const key = new Map(at.children.map((child) => [child, child.label.replaceAll("<", "")]));
      const byName = (one, other) => collator.compare(key.get(one), key.get(other));
      const bySize = (one, other) => other.size - one.size || byName(one, other);
      at.children.sort(state.sort === "size" ? bySize : byName);
      at.order = state.sort;
    }
    return at.children;
  }

  /** Opens groups level by level, as long as there are few rows. */
  function openSome() {
    let level = [root];
    let rows = 0;
    while (level.length) {
      const next = level.flatMap((at) => (at.kind === "family" ? [] : at.children));
      rows += next.length;
      if (rows > 60 && !level.includes(root)) return;
      for (const at of level) at.open = at.kind !== "family";
      level = next;
    }
  }

  // ---- The rows that are seen

  const ROW = 24;
  const tree = find("tree");
  const rowsElement = find("rows");
  let rows = [];

  const isOpen = (at) => (state.query.length ? at.shut === undefined ? at.kind !== "family" : !at.shut : at.open);

  function setOpen(at, open) {
    if (state.query.length) at.shut = !open;
    else at.open = open;
    listRows();
  }

  function listRows() {
    rows = [];
    const visit = (at, depth, siblings, position) => {
      rows.push({ at, depth, siblings, position });
      if (isOpen(at)) visitAll(at, depth + 1);
    };
    const visitAll = (at, depth) => {
      const seen = inOrder(at).filter((child) => !state.query.length || child.hits);
      seen.forEach((child, position) => visit(child, depth, seen.length, position + 1));
    };
    visitAll(root, 0);
    rowsElement.style.height = `${rows.length * ROW}px`;
    drawRows();
  }

  function drawRows() {
    const first = Math.max(0, Math.floor(tree.scrollTop / ROW) - 8);
    const last = Math.min(rows.length, Math.ceil((tree.scrollTop + (tree.clientHeight || 600)) / ROW) + 8);
    rowsElement.replaceChildren(...rows.slice(first, last).map((row, offset) => rowElement(row, first + offset)));
    const chosen = rows.findIndex(({ at }) => at === state.chosen);
    if (chosen >= first && chosen < last) tree.setAttribute("aria-activedescendant", `row-${chosen}`);
    else tree.removeAttribute("aria-activedescendant");
  }

  function rowElement({ at, depth, siblings, position }, number) {
    const { kind, children, variable, size, parent } = at;
    const row = el("div", { className: `row ${kind}`, id: `row-${number}`, role: "treeitem" });
    row.setAttribute("aria-level", depth + 1);
    row.setAttribute("aria-setsize", siblings);
    row.setAttribute("aria-posinset", position);
    row.setAttribute("aria-selected", at === state.chosen);
    if (children.length) row.setAttribute("aria-expanded", isOpen(at));
    row.style.top = `${number * ROW}px`;
    row.style.paddingLeft = `${6 + 14 * Math.min(depth, 16)}px`;
    const caret = el("span", { className: "caret" }, children.length ? "▶" : "");
    const name = el("span", { className: "name", title: at.key || at.label });
    name.append(...marked(at.label));
    if (kind === "family") name.append(el("span", { className: "times" }, `× ${count(at.members.length)}`));
    row.append(caret, name);
    if (variable && kind !== "group") row.append(el("span", { className: "spec" }, specOf(variable)));
    if (at.flagged) row.append(el("span", { className: "dot", title: flaggedText(at) }));
    const bar = el("i");
    const share = parent && parent.size ? size / parent.size : 0;
    bar.style.width = `${share < 0.02 ? 0 : 95 * share}%`;
    const known = at.variables.every((each) => each.known);
    row.append(el("span", { className: "size" }, bar, el("span", {}, known || size ? bytes(size) : "")));
    row.addEventListener("click", (event) => {
      if (event.target === caret && children.length) setOpen(at, !isOpen(at));
      else if (at === state.chosen && children.length) setOpen(at, !isOpen(at));
      else choose(at);
    });
    return row;
  }

  const specOf = ({ dtype, shape }) => `${dtype} ${shape}`;

  function flaggedText(at) {
    const flags = new Set(at.variables.flatMap((variable) => variable.flags));
    const what = [...flags].join(", ");
    return at.kind === "variable" ? what : `${counted(at.flagged, "variable")} flagged: ${what}`;
  }

  /** A label, in which what is looked for is marked. */
  function marked(label) {
    const lower = label.toLowerCase();
    const word = lower.length === label.length && state.query.find((each) => lower.includes(each));
    if (!word) return [label];
    const start = lower.indexOf(word);
    const end = start + word.length;
    return [label.slice(0, start), el("mark", {}, label.slice(start, end)), label.slice(end)];
  }

  function search(text) {
    state.query = text.toLowerCase().split(/\s+/).filter((word) => word);
    const matches = (variable) => state.query.every((word) => textOf(variable).includes(word));
    const found = state.query.length ? variables.filter(matches) : variables;
    const hit = new Set(found);
    const visit = (at) => {
      at.shut = undefined;
      at.hits = at.kind === "variable" && hit.has(at.variable) ? 1 : 0;
      for (const child of at.children) at.hits += visit(child);
      return at.hits;
    };
    if (state.query.length) visit(root);
    const all = counted(variables.length, "variable");
    const size = found.reduce((sum, variable) => sum + variable.size, 0);
    find("count").textContent = state.query.length
      ? `${count(found.length)} of ${all}, ${bytes(size)}`
      : `${all}, ${bytes(size)}`;
    tree.scrollTop = 0;
    listRows();
  }

  /** Shows a node in the tree, where it is not filtered, and opens what is around it. */
  function reveal(at) {
    for (let outer = at.parent; outer; outer = outer.parent) {
      if (state.query.length) outer.shut = false;
      else outer.open = true;
    }
    listRows();
    const number = rows.findIndex((row) => row.at === at);
    if (number < 0) return;
    const [top, bottom] = [number * ROW, (number + 1) * ROW];
    if (top < tree.scrollTop) tree.scrollTop = top;
    else if (bottom > tree.scrollTop + tree.clientHeight) tree.scrollTop = bottom - tree.clientHeight;
    drawRows();
  }

  function choose(at) {
    state.chosen = at;
    reveal(at);
    showDetail(at);
    remember();
  }

  // ---- What is known of a node

  const detail = find("detail");
  /** Functions that draw the canvases of the detail, again for another size or theme. */
  let drawings = [];

  function showDetail(at) {
    drawings = [];
    hideTip();
    const parts = at.kind === "group" ? groupParts(at) : at.kind === "family" ? familyParts(at) : variableParts(at);
    const version = el("footer", {}, `Written by ckpt ${data.version}.`);
    detail.replaceChildren(crumbs(at), el("h2", {}, at === root ? "Overview" : at.key), ...parts, version);
    detail.scrollTop = 0;
    draw();
  }

  function crumbs(at) {
    const line = el("div", { className: "crumbs" });
    const outer = [];
    for (let up = at.parent; up; up = up.parent) outer.unshift(up);
    outer.forEach((up, number) => line.append(number ? "›" : "", linkTo(up, up === root ? "overview" : up.label)));
    return line;
  }

  function linkTo(at, text) {
    const button = el("button", { type: "button", className: "link" }, text);
    button.addEventListener("click", () => choose(at));
    return button;
  }

  const nodeOf = (variable) => nodes.get(variable.name) || root;

  function facts(pairs) {
    const list = el("dl", { className: "facts" });
    for (const [label, value, isBad] of pairs) {
      if (value === null || value === undefined || value === "") continue;
      list.append(el("div", { className: isBad ? "bad" : "" }, el("dt", {}, label), el("dd", {}, String(value))));
    }
    return list;
  }

  const sumOf = (all, of) => all.reduce((sum, variable) => sum + of(variable), 0);

  function groupParts(at) {
    const all = at.variables;
    const families = new Set(all.map(({ family, name }) => family || name));
    const parts = [
      facts([
        ["variables", count(all.length)],
        ["families", families.size < all.length ? count(families.size) : null],
        ["elements", count(sumOf(all, ({ elements }) => elements))],
        ["size", bytes(at.size)],
        ["flagged", at.flagged ? count(at.flagged) : data.values.length ? "none" : null, at.flagged > 0],
        ["different", compared ? count(sumOf(all, ({ index }) => (differenceOf(index) === undefined ? 0 : 1))) : null],
      ]),
    ];
    if (at.size) parts.push(heading("Sizes"), ...treemap(at));
    if (at.flagged) parts.push(heading("Flagged"), flaggedTable(at));
    parts.push(...dtypeParts(all));
    if (at === root) parts.push(...structParts());
    return parts;
  }

  const heading = (text) => el("h3", {}, text);

  function dtypeParts(all) {
    const groups = new Map();
    for (const { dtype, size, elements } of all) {
      const group = groups.get(dtype) || { variables: 0, elements: 0, size: 0 };
      groups.set(dtype, {
        variables: group.variables + 1,
        elements: group.elements + elements,
        size: group.size + size,
      });
    }
    const sorted = [...groups].sort(([, one], [, other]) => other.size - one.size);
    const lines = sorted.map(([dtype, group]) => [
      dtype,
      count(group.variables),
      count(group.elements),
      bytes(group.size),
    ]);
    return [heading("Dtypes"), table(["dtype", "variables", "elements", "size"], lines)];
  }

  /** A table, whose columns but the first are numbers. */
  function table(titles, lines) {
    const right = (column) => (column ? "right" : "");
    const head = el("tr", {}, ...titles.map((title, column) => el("th", { className: right(column) }, title)));
    const body = lines.map((line) => el("tr", {}, ...line.map((cell, column) => el("td", { className: right(column) }, cell))));
    return el("div", { className: "wide" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
  }

  /** A table that shows the first lines, and more when asked. */
  function longTable(titles, items, line) {
    const whole = el("div");
    let shown = 0;
    const more = el("button", { type: "button" });
    const show = () => {
      const next = items.slice(shown, shown + 100).map(line);
      if (shown === 0) whole.append(table(titles, next), more);
      else {
        const added = table(titles, next).querySelectorAll("tbody tr");
        whole.querySelector("tbody").append(...added);
      }
      shown += next.length;
      more.hidden = shown >= items.length;
      more.textContent = `Show more: ${count(items.length - shown)} are left`;
      draw();
    };
    more.addEventListener("click", show);
    show();
    return whole;
  }

  function flaggedTable(at) {
    const flagged = at.variables.filter(({ flags }) => flags.length);
    return longTable(["variable", "flags"], flagged, (variable) => [
      linkTo(nodeOf(variable), variable.name),
      el("span", {}, ...variable.flags.map((flag) => el("span", { className: "flag" }, flagText(variable, flag)))),
    ]);
  }

  function flagText(variable, flag) {
    const { dims } = variable;
    const values = valuesOf(variable);
    const axes = dims.filter((length) => length !== 1);
    switch (flag) {
      case "NaN":
        return `${count(values.nans)} NaN`;
      case "infinite":
        return `${count(values.infinities)} infinite`;
      case "dead rows":
        return `rows of zeros: ${count(values.deadRows)} of ${count(axes[0])}`;
      case "other values":
        return `other values: ${count(differenceOf(variable.index).both.elements.different)} of ${count(variable.elements)}`;
      case "other dtype or shape":
        return `in the second: ${differenceOf(variable.index).both.spec}`;
      case "dead columns":
        return `columns of zeros: ${count(values.deadColumns)} of ${count(axes[1])}`;
      default:
        return flag;
    }
  }

  function familyParts(at) {
    const { members } = at;
    const { dtype, shape, elements } = at.variable;
    const parts = [
      facts([
        ["variables", count(members.length)],
        ["dtype", dtype],
        ["shape", shape],
        ["elements of each", count(elements)],
        ["size of all", bytes(sumOf(members, ({ size }) => size))],
        ["flagged", at.flagged ? count(at.flagged) : data.values.length ? "none" : null, at.flagged > 0],
      ]),
    ];
    if (at.flagged) parts.push(heading("Flagged"), flaggedTable(at));
    const titles = data.values.length ? ["variable", "histogram", "min", "mean", "max", "std"] : ["variable", "size"];
    parts.push(heading("Members"), longTable(titles, members, memberLine));
    return parts;
  }

  function memberLine(variable) {
    const name = linkTo(nodeOf(variable), variable.name);
    const values = valuesOf(variable);
    if (!data.values.length) return [name, bytes(variable.size)];
    if (!values) return [name, "damaged", "", "", "", ""];
    const { min, mean, max, std, bins } = values;
    const number = (value) => (value === null ? "" : short(value));
    return [name, bins ? spark(bins) : "", number(min), number(mean), number(max), number(std)];
  }

  function variableParts(at) {
    const { variable } = at;
    const { dtype, shape, elements, size, known, flags, problem } = variable;
    const values = valuesOf(variable);
    const parts = [];
    if (flags.length) parts.push(el("div", {}, ...flags.map((flag) => el("span", { className: "flag" }, flagText(variable, flag)))));
    if (problem) parts.push(el("p", { className: "problem" }, problem));
    const pairs = [
      ["dtype", dtype],
      ["shape", shape],
      ["elements", count(elements)],
      ["size", known ? bytes(size) : null],
    ];
    if (values) {
      const { min, max, mean, std, nans, infinities, zeros } = values;
      const isFloat = /^(f|bf|c)/.test(dtype);
      pairs.push(["min", exact(min)], ["max", exact(max)], ["mean", exact(mean)], ["std", exact(std)]);
      if (isFloat || nans) pairs.push(["NaN", count(nans), nans > 0], ["infinite", count(infinities), infinities > 0]);
      if (mean !== null) pairs.push(["zero", zeros ? `${count(zeros)} (${percent(zeros, elements)})` : "0"]);
    }
    parts.push(facts(pairs));
    parts.push(...differenceParts(variable));
    if (at.children.length) parts.push(heading("Below"), ...inOrder(at).map((child) => el("div", {}, linkTo(child, child.label))));
    if (!values) return parts;
    if (values.shown && values.shown.length) {
      const more = elements > values.shown.length ? ", ..." : "";
      parts.push(heading("Values"), el("pre", {}, `[${values.shown.join(", ")}${more}]`));
    }
    if (values.bins) parts.push(heading("Histogram"), ...histogram(variable));
    if (values.cells) parts.push(heading("Heat map"), ...heatMap(variable));
    return parts;
  }

  function structParts() {
    const { text, problem } = data.structs;
    const panel = el("details", { open: text !== undefined && text.length < 50000 });
    panel.append(el("summary", {}, "Structs for this checkpoint"));
    if (problem !== undefined) {
      panel.append(el("p", { className: "note" }, problem));
      return [panel];
    }
    const copy = el("button", { type: "button", id: "copy" }, "Copy");
    const code = el("pre", { tabIndex: 0 });
    copy.addEventListener("click", () => copyText(text, code, copy));
    panel.append(el("p", { className: "note" }, "They load it as they are: ckpt scaffold writes the same."));
    panel.append(el("div", { className: "code" }, copy, code));
    const fill = () => {
      if (panel.open && !code.textContent) code.textContent = text;
    };
    panel.addEventListener("toggle", fill);
    fill();
    return [panel];
  }

  async function copyText(text, code, button) {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  }

  // ---- Drawing

  /** The colors of the theme, by their names in the style. */
  let colors = {};

  function readColors() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => [name, style.getPropertyValue(`--${name}`).trim()];
    colors = Object.fromEntries(["paper", "ink", "soft", "line", "bar", "warn"].map(read));
  }

  const isDark = () => document.documentElement.dataset.theme === "dark";

  /** A canvas that is drawn now and whenever its size or the theme changes. */
  function canvas(className, label, paint) {
    const surface = el("canvas", { className, role: "img" });
    surface.setAttribute("aria-label", label);
    drawings.push(() => {
      const { clientWidth: width, clientHeight: height } = surface;
      if (!width || !height) return;
      const scale = window.devicePixelRatio || 1;
      surface.width = Math.round(width * scale);
      surface.height = Math.round(height * scale);
      const pen = surface.getContext("2d");
      pen.scale(scale, scale);
      paint(pen, width, height);
    });
    return surface;
  }

  const draw = () => drawings.forEach((paint) => paint());

  function decode([exponent, first, letters]) {
    const width = 2 ** exponent;
    const heights = [];
    for (let at = 0; at < letters.length; at += 2) {
      heights.push((64 * LEVEL.get(letters[at]) + LEVEL.get(letters[at + 1])) / 4095);
    }
    return { width, start: first * width, heights };
  }

  function bars(pen, heights, x, width, bottom, height) {
    const step = width / heights.length;
    const gap = step > 6 ? 1 : 0;
    heights.forEach((share, number) => {
      if (!share) return;
      const tall = Math.max(1, height * share);
      pen.fillRect(x + number * step, bottom - tall, Math.max(step - gap, 0.5), tall);
    });
  }

  function spark(bins) {
    const { heights } = decode(bins);
    return canvas("spark", "histogram", (pen, width, height) => {
      pen.fillStyle = colors.bar;
      bars(pen, heights, 0, width, height, height);
    });
  }

  const LOG = Math.log(4096);
  const tall = (share) => (state.log ? Math.log(1 + 4095 * share) / LOG : share);

  function histogram(variable) {
    const { mean, nans, infinities, bins } = valuesOf(variable);
    const { width: step, start, heights } = decode(bins);
    const sum = heights.reduce((all, height) => all + height, 0);
    const end = start + step * heights.length;
    const finite = variable.elements - nans - infinities;
    const plot = canvas("plot", `histogram of ${variable.name}`, (pen, width, height) => {
      const bottom = height - 20;
      pen.fillStyle = colors.bar;
      bars(pen, heights.map(tall), 0, width, bottom, bottom - 8);
      pen.fillStyle = colors.line;
      pen.fillRect(0, bottom, width, 1);
      const place = (value) => ((value - start) / (end - start)) * width;
      if (mean !== null) {
        pen.fillStyle = colors.warn;
        pen.fillRect(Math.min(width - 1, Math.max(0, place(mean))), 0, 1, bottom);
      }
      pen.fillStyle = colors.soft;
      pen.font = "12px system-ui, sans-serif";
      ticks(start, end).forEach((value) => {
        const text = short(value);
        const half = pen.measureText(text).width / 2;
        const x = Math.min(width - half, Math.max(half, place(value)));
        pen.fillRect(place(value), bottom, 1, 4);
        pen.fillText(text, x - half, height - 3);
      });
    });
    plot.addEventListener("mousemove", (event) => {
      const number = Math.min(heights.length - 1, Math.floor((event.offsetX / plot.clientWidth) * heights.length));
      if (number < 0) return;
      const [from, to] = [start + number * step, start + (number + 1) * step];
      const share = heights[number] / sum;
      const about = heights[number] ? `about ${percent(share, 1)} of ${count(finite)}` : "none";
      showTip(event, `from ${short(from)} to ${short(to)}\n${about}`);
    });
    plot.addEventListener("mouseleave", hideTip);
    const box = el("input", { type: "checkbox", checked: state.log });
    box.addEventListener("change", () => {
      state.log = box.checked;
      draw();
    });
    const legend = el("div", { className: "legend" });
    const line = el("i");
    line.style.background = "var(--warn)";
    legend.append(el("span", {}, line, "mean"), el("label", {}, box, " logarithmic"));
    legend.append(`${counted(heights.length, "bin")} of width ${short(step)}`);
    return [plot, legend];
  }

  /** A few round numbers between two. */
  function ticks(start, end) {
    const rough = (end - start) / 8;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) || rough;
    const found = [];
    for (let number = Math.ceil(start / step); number * step <= end && found.length < 12; number += 1) {
      found.push(+(number * step).toPrecision(12));
    }
    return found;
  }

  const SCALE = [
    [68, 1, 84],
    [59, 82, 139],
    [33, 145, 140],
    [94, 201, 98],
    [253, 231, 37],
  ];

  /** The color of a share from 0 to 1. */
  function colorOf(share) {
    const place = share * (SCALE.length - 1);
    const below = Math.min(SCALE.length - 2, Math.floor(place));
    return SCALE[below].map((part, channel) => Math.round(part + (SCALE[below + 1][channel] - part) * (place - below)));
  }

  const NOT_FINITE = [255, 59, 48];

  function heatMap(variable) {
    const [height, width, most, letters] = valuesOf(variable).cells;
    const [rowCount, columnCount] = variable.dims.filter((length) => length !== 1);
    const surface = el("canvas", { className: "heat", role: "img", width, height });
    surface.setAttribute("aria-label", `heat map of ${variable.name}`);
    const side = Math.max(2, Math.min(16, Math.floor(384 / Math.max(height, width))));
    surface.style.width = `${side * width}px`;
    surface.style.height = `${side * height}px`;
    const pen = surface.getContext("2d");
    const image = pen.createImageData(width, height);
    [...letters].forEach((letter, at) => {
      const level = LEVEL.get(letter);
      image.data.set([...(level === 63 ? NOT_FINITE : colorOf(level / 62)), 255], 4 * at);
    });
    pen.putImageData(image, 0, 0);
    const range = (cell, cells, all) => {
      const [from, to] = [Math.ceil((cell * all) / cells), Math.ceil(((cell + 1) * all) / cells) - 1];
      return to > from ? `${count(from)} to ${count(to)}` : `${count(from)}`;
    };
    surface.addEventListener("mousemove", (event) => {
      const row = Math.min(height - 1, Math.floor((event.offsetY / surface.clientHeight) * height));
      const column = Math.min(width - 1, Math.floor((event.offsetX / surface.clientWidth) * width));
      if (row < 0 || column < 0) return;
      const level = LEVEL.get(letters[row * width + column]);
      const what = level === 63 ? "not finite" : `about ${short(+((level / 62) * most).toPrecision(3))}`;
      showTip(event, `row ${range(row, height, rowCount)}, column ${range(column, width, columnCount)}\n${what}`);
    });
    surface.addEventListener("mouseleave", hideTip);
    const isWhole = height === rowCount && width === columnCount;
    const said = isWhole ? "the magnitude of each element" : `root mean squares of ${count(height)} × ${count(width)} parts`;
    const scale = canvas("scale", "scale", (brush, wide, high) => {
      for (let x = 0; x < wide; x += 1) {
        brush.fillStyle = `rgb(${colorOf(x / wide).join(",")})`;
        brush.fillRect(x, 0, 1, high);
      }
    });
    const legend = el("div", { className: "legend" }, "0", scale, el("span", {}, short(most)), said);
    if (letters.includes("/")) {
      const mark = el("i");
      mark.style.background = `rgb(${NOT_FINITE.join(",")})`;
      legend.append(el("span", {}, mark, "not finite"));
    }
    return [surface, legend];
  }

  // ---- The treemap

  const HUES = [215, 155, 35, 275, 190, 340, 95, 10, 245, 60];

  function treemap(top) {
    let tiles = [];
    const dtypes = [...new Set(top.variables.map(({ dtype }) => dtype))];
    const outer = top.children.length === 1 && top.children[0].kind === "group" ? top.children[0] : top;
    const order = [...outer.children].sort((one, other) => other.size - one.size);
    const hueOf = new Map(order.map((child, number) => [child, HUES[number % HUES.length]]));
    const dtypeHue = (variable) => HUES[dtypes.indexOf(variable.dtype) % HUES.length];
    const fill = (at, hue, depth) => {
      const own = state.color === "dtype" && at.variable ? dtypeHue(at.variable) : hue;
      const grey = state.color === "dtype" && !at.variable;
      const light = isDark() ? 20 + 5 * Math.min(depth, 4) : 93 - 5 * Math.min(depth, 4);
      return `hsl(${own} ${grey ? 5 : isDark() ? 34 : 62}% ${light}%)`;
    };
    const map = canvas("map", `sizes under ${top.key || "the root"}`, (pen, width, height) => {
      tiles = [];
      place(top, { x: 0, y: 0, w: width, h: height }, 0, HUES[0], tiles, hueOf);
      for (const { at, x, y, w, h, depth, hue, label } of tiles) {
        pen.fillStyle = colors.paper;
        pen.fillRect(x, y, w, h);
        pen.fillStyle = fill(at, hue, depth);
        const inset = w > 4 && h > 4 ? 0.5 : 0;
        pen.fillRect(x + inset, y + inset, w - 2 * inset, h - 2 * inset);
        if (at.flagged && at.kind !== "group" && w > 9 && h > 9) {
          pen.fillStyle = colors.warn;
          pen.fillRect(x + w - 8, y + 2, 6, 6);
        }
        if (label) tileText(pen, at, x, y, w, h);
      }
    });
    const tileAt = (event) => tiles.findLast(({ x, y, w, h }) => within(event.offsetX - x, w) && within(event.offsetY - y, h));
    map.addEventListener("mousemove", (event) => {
      const tile = tileAt(event);
      if (!tile) return hideTip();
      const { at } = tile;
      const spec = at.variable ? `${specOf(at.variable)}${at.kind === "family" ? ` × ${count(at.members.length)}` : ""}\n` : "";
      showTip(event, `${at.key}\n${spec}${bytes(at.size)}, ${percent(at.size, top.size)}`);
    });
    map.addEventListener("mouseleave", hideTip);
    map.addEventListener("click", (event) => {
      const tile = tileAt(event);
      if (tile) choose(tile.at);
    });
    return dtypes.length > 1 ? [map, mapLegend(dtypes)] : [map];
  }

  const within = (offset, length) => offset >= 0 && offset < length;

  function mapLegend(dtypes) {
    const legend = el("div", { className: "legend" });
    const box = el("input", { type: "checkbox", checked: state.color === "dtype" });
    const names = el("span", { hidden: state.color !== "dtype" });
    dtypes.forEach((dtype, number) => {
      const mark = el("i");
      mark.style.background = `hsl(${HUES[number % HUES.length]} 55% 60%)`;
      names.append(el("span", {}, mark, `${dtype}  `));
    });
    box.addEventListener("change", () => {
      state.color = box.checked ? "dtype" : "group";
      names.hidden = !box.checked;
      draw();
    });
    legend.append(el("label", {}, box, " color by dtype"), names);
    return legend;
  }

  function tileText(pen, at, x, y, w, h) {
    pen.save();
    pen.beginPath();
    pen.rect(x, y, w - 3, h);
    pen.clip();
    pen.fillStyle = colors.ink;
    pen.font = `${at.kind === "group" ? "600 " : ""}11px ui-monospace, "DejaVu Sans Mono", monospace`;
    pen.fillText(at.label.slice(0, 80), x + 4, y + 12);
    const size = bytes(at.size);
    if (at.kind !== "group" && h > 28 && pen.measureText(size).width < w - 8) {
      pen.fillStyle = colors.soft;
      pen.fillText(size, x + 4, y + 25);
    }
    pen.restore();
  }

  const HEAD = 16;

  /** Lays out what is under a node in a rectangle. */
  function place(at, { x, y, w, h }, depth, hue, tiles, hueOf) {
    const children = at.children.filter(({ size }) => size > 0).sort((one, other) => other.size - one.size);
    squarify(children, at.size, { x, y, w, h }, (child, box) => {
      if (box.w < 1.5 || box.h < 1.5) return;
      const own = hueOf.get(child) ?? hue;
      const label = box.w > 30 && box.h > 14;
      tiles.push({ at: child, ...box, depth, hue: own, label });
      const head = label ? HEAD : 1;
      if (child.kind === "variable" || box.w < 12 || box.h < head + 10) return;
      const inner = { x: box.x + 2, y: box.y + head, w: box.w - 4, h: box.h - head - 2 };
      place(child, inner, depth + 1, own, tiles, hueOf);
    });
  }

  /** Divides a rectangle among nodes by their sizes, in strips of tiles that are as square as can be. */
  function squarify(all, size, box, give) {
    let { x, y, w, h } = box;
    const scale = size ? (w * h) / size : 0;
    const worst = (sum, least, most, side) => Math.max((side * side * most) / (sum * sum), (sum * sum) / (side * side * least));
    let start = 0;
    while (start < all.length) {
      const side = Math.min(w, h);
      if (side < 1) return;
      let end = start;
      let sum = 0;
      let best = Infinity;
      while (end < all.length) {
        const area = all[end].size * scale;
        const next = worst(sum + area, area, all[start].size * scale, side);
        if (next > best) break;
        [best, sum, end] = [next, sum + area, end + 1];
      }
      const thick = sum / side;
      let along = 0;
      for (const child of all.slice(start, end)) {
        const long = (child.size * scale) / thick;
        give(child, w < h ? { x: x + along, y, w: long, h: thick } : { x, y: y + along, w: thick, h: long });
        along += long;
      }
      if (w < h) [y, h] = [y + thick, h - thick];
      else [x, w] = [x + thick, w - thick];
      start = end;
    }
  }

  // ---- A tip at the pointer

  const tip = find("tip");

  function showTip(event, text) {
    tip.textContent = text;
    tip.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = tip;
    const x = Math.min(event.clientX + 14, innerWidth - width - 8);
    const y = event.clientY + height + 24 > innerHeight ? event.clientY - height - 10 : event.clientY + 16;
    tip.style.left = `${Math.max(4, x)}px`;
    tip.style.top = `${Math.max(4, y)}px`;
  }

  function hideTip() {
    tip.hidden = true;
  }

  // ---- Keys, theme and address

  function moveBy(step) {
    const number = rows.findIndex(({ at }) => at === state.chosen);
    const next = Math.min(rows.length - 1, Math.max(0, number < 0 ? 0 : number + step));
    if (rows[next]) choose(rows[next].at);
  }

  function treeKey(event) {
    const at = state.chosen;
    const page = Math.max(1, Math.floor(tree.clientHeight / ROW) - 1);
    const actions = {
      ArrowDown: () => moveBy(1),
      ArrowUp: () => moveBy(-1),
      PageDown: () => moveBy(page),
      PageUp: () => moveBy(-page),
      Home: () => moveBy(-rows.length),
      End: () => moveBy(rows.length),
      ArrowRight: () => (at.children.length && !isOpen(at) ? setOpen(at, true) : at.children.length && moveBy(1)),
      ArrowLeft: () => (at.children.length && isOpen(at) ? setOpen(at, false) : at.parent !== root && at.parent && choose(at.parent)),
      Enter: () => at.children.length && setOpen(at, !isOpen(at)),
      " ": () => at.children.length && setOpen(at, !isOpen(at)),
      Escape: () => choose(root),
    };
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
  }

  function pageKey(event) {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      searchBox.focus();
      searchBox.select();
    } else if (event.key === "t") toggleTheme();
  }

  const searchBox = find("search");

  /** The variable that a search finds, or the innermost place around all of them. */
  function placeFound() {
    let at = root;
    for (;;) {
      const within = state.query.length ? at.children.filter((child) => child.hits) : [];
      if (within.length !== 1) return at === root && rows.length ? rows[0].at : at;
      at = within[0];
    }
  }

  function searchKey(event) {
    if (event.key === "Escape") {
      searchBox.value = "";
      search("");
      tree.focus();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      tree.focus();
      if (rows.length) choose(placeFound());
    }
  }

  function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    readColors();
    draw();
  }

  function toggleTheme() {
    state.theme = isDark() ? "light" : "dark";
    setTheme(state.theme);
    remember();
  }

  /** Keeps what is seen in the address, so that a link leads to it. */
  function remember() {
    const parts = new URLSearchParams();
    if (state.chosen && state.chosen !== root) parts.set("at", state.chosen.key);
    if (searchBox.value) parts.set("find", searchBox.value);
    if (state.theme) parts.set("theme", state.theme);
    try {
      history.replaceState(null, "", `#${parts}`);
    } catch {
      // Some browsers refuse that for files; nothing else needs it.
    }
  }

  function start() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    state.theme = ["light", "dark"].find((theme) => theme === parts.get("theme"));
    setTheme(state.theme || (dark.matches ? "dark" : "light"));
    dark.addEventListener("change", () => state.theme || setTheme(dark.matches ? "dark" : "light"));
    const last = (path) => path.split(/[/\\]/).filter((part) => part).pop() || path;
    const name = compared ? `${last(data.path)} and ${last(compared.path)}` : last(data.path);
    document.title = `${name}: checkpoint report`;
    find("title").textContent = name;
    find("path").textContent = compared ? `${data.path}, compared with ${compared.path}` : data.path;
    buildTree();
    searchBox.value = parts.get("find") || "";
    search(searchBox.value);
    const chosen = nodes.get(parts.get("at") || "") || root;
    state.chosen = chosen;
    if (chosen !== root) reveal(chosen);
    showDetail(chosen);
    listen();
    document.documentElement.dataset.ready = Math.round(performance.now());
  }

  function listen() {
    tree.addEventListener("scroll", drawRows, { passive: true });
    tree.addEventListener("keydown", treeKey);
    searchBox.addEventListener("input", () => {
      search(searchBox.value);
      remember();
    });
    searchBox.addEventListener("keydown", searchKey);
    document.addEventListener("keydown", pageKey);
    find("theme").addEventListener("click", toggleTheme);
    find("fold").addEventListener("change", (event) => {
      state.folded = event.target.checked;
      const { key } = state.chosen;
      buildTree();
      search(searchBox.value);
      choose(nodes.get(key) || root);
    });
    find("sort").addEventListener("change", (event) => {
      state.sort = event.target.value;
      listRows();
      if (state.chosen !== root) reveal(state.chosen);
    });
    let waiting = 0;
    addEventListener("resize", () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => {
        drawRows();
        draw();
      });
    });
  }

  start();
})();

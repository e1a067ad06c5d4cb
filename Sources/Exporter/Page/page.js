"use strict";

// All text from the host is inserted as text, never as markup: a cgroup may have any name.

// Names may contain invisible characters or change the writing direction. These characters are
// escaped, as in the output of the commands.
const unsafe = /[\p{Cc}\p{Cf}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const spelled = character => {
  const code = character.codePointAt(0);
  const hex = code.toString(16);
  return code < 0x80 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
};
const shown = text => typeof text === "string" ? text.replace(unsafe, spelled) : text;

const $ = id => document.getElementById(id);
const make = (tag, className = "", text = "") => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = shown(text);
  return element;
};
// Changes the document only if the value differs.
const setText = (element, text) => {
  const wanted = shown(text);
  if (element.textContent !== wanted) element.textContent = wanted;
};
const setAttribute = (element, name, value) => {
  if (value === null) { if (element.hasAttribute(name)) element.removeAttribute(name); }
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
};
const setClass = (element, name) => { if (element.className !== name) element.className = name; };

// Relative to the page's own directory, which a proxy may have moved. The base of relative addresses
// may contain a password, which fetch() refuses.
const address = path => new URL(path, location.origin + location.pathname).href;

// MARK: Numbers, formatted as in the terminal's live view

const fixed = (value, decimals) => Math.max(value, 0).toFixed(decimals);
const scaled = (value, base, units) => {
  let place = 0;
  while (value >= base - 0.5 && place < units.length - 1) { value /= base; place += 1; }
  return fixed(value, place > 0 && value < 99.95 ? 1 : 0) + units[place];
};
const bytes = value => scaled(value, 1024, ["", "K", "M", "G", "T", "P", "E"]);
const count = value => value < 99999.5
  ? fixed(value, 0) : scaled(value, 1000, ["", "k", "M", "G", "T", "P", "E"]);
const percent = value => fixed(value, value < 999.95 ? 1 : 0);
const hundredths = value => value >= 100 ? "100" : fixed(value, 2);
const two = value => String(value).padStart(2, "0");
const duration = microseconds => {
  const seconds = microseconds / 1e6;
  if (seconds <= 0) return "0";
  if (seconds < 0.0995) return fixed(seconds * 1000, 1) + "ms";
  if (seconds < 0.9995) return fixed(seconds * 1000, 0) + "ms";
  if (seconds < 59.995) return fixed(seconds, 2) + "s";
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h${two(Math.floor(whole / 60) % 60)}m`;
  return `${Math.floor(whole / 86400)}d${two(Math.floor(whole / 3600) % 24)}h`;
};
const clock = seconds => new Date(seconds * 1000).toTimeString().slice(0, 8);

// A cell without a number: "max", or why there is none.
const without = (record, field) => {
  const value = record[field];
  if (value === "max") return "max";
  const reason = record.unavailable?.[field];
  return reason === "not permitted" ? "?" : reason === "malformed" ? "bad" : "-";
};
const cellText = (record, field, format) =>
  typeof record[field] === "number" ? format(record[field]) : without(record, field);

// MARK: Columns

const level = share => share >= 0.9 ? "bad" : share >= 0.7 ? "warn" : "";
const pressureClass = value => value >= 40 ? "bad" : value >= 10 ? "warn" : value > 0 ? "" : "dim";
const columns = [
  { id: "name", key: "p", title: "CGroup", help: "The cgroup; indented below its parent." },
  { id: "tasks", key: "t", title: "Tasks", field: "pids.current", format: count,
    help: "Tasks of the cgroup and its descendants." },
  { id: "cpu", key: "c", title: "%CPU", field: "cpu.usage_usec.rate", spark: "cpu",
    format: value => percent(value / 1e4),
    style: value => value >= 5e5 ? "strong" : value < 500 ? "dim" : "",
    help: "CPU time; 100 is one CPU." },
  { id: "thr", title: "Thr%", field: "cpu.throttled.ratio", format: value => percent(value * 100),
    style: value => value >= 0.25 ? "bad" : value > 0 ? "warn" : "dim",
    help: "Throttled periods, in percent of all periods." },
  { id: "memory", key: "m", title: "Memory", field: "memory.current", spark: "memory", format: bytes,
    help: "Memory, page cache included." },
  { id: "share", title: "Mem%", field: "memory.current.ratio", bar: true,
    format: value => percent(value * 100), style: level,
    help: "Memory in percent of the lowest limit of the cgroup and its ancestors." },
  { id: "swap", title: "Swap", field: "memory.swap.current", format: bytes, help: "Swap in use." },
  { id: "psic", title: "PSIc", field: "cpu.pressure.some.avg10", format: hundredths,
    style: pressureClass, help: "Percent of the last 10 s in which some task waited for CPU." },
  { id: "psim", title: "PSIm", field: "memory.pressure.some.avg10", format: hundredths,
    style: pressureClass, help: "The same for memory." },
  { id: "psii", title: "PSIi", field: "io.pressure.some.avg10", format: hundredths,
    style: pressureClass, help: "The same for I/O." },
  { id: "in", title: "In/s", field: "io.rbytes.rate", format: bytes, help: "Bytes read per second." },
  { id: "out", title: "Out/s", field: "io.wbytes.rate", format: bytes,
    help: "Bytes written per second." },
  { id: "oom", title: "OOM", field: "memory.events.oom_kill", format: count,
    style: value => value > 0 ? "bad" : "dim", help: "Processes killed by the OOM killer." },
  { id: "state", title: "State", help: "frozen, freezing, under oom or throttled." },
];
const columnOf = Object.fromEntries(columns.map(column => [column.id, column]));
// The sort keys: a column, or the sum of bytes read and written.
const orders = { ...Object.fromEntries(columns.map(column => [column.id, column.title])), io: "I/O" };
const number = value => typeof value === "number" ? value : null;
const sum = (a, b) => a === null && b === null ? null : (a ?? 0) + (b ?? 0);
const orderValue = (record, order) => order === "io"
  ? sum(number(record["io.rbytes.rate"]), number(record["io.wbytes.rate"]))
  : order === "state" ? (record.state ? 1 : null) : number(record[columnOf[order].field]);

// MARK: State

const view = {
  order: "cpu", reverse: false, tree: true, filter: "", folded: new Set(), selected: null,
  isDetailed: false, isPaused: false,
  // The time of the history that is shown, in seconds; null for the present.
  at: null,
};
let sample = null;
let rows = [];

// The last samples of each cgroup, newest at the end; NaN where there was no number.
const kept = 120;
const series = {
  cpu: record => number(record["cpu.usage_usec.rate"]),
  memory: record => number(record["memory.current"]),
  in: record => number(record["io.rbytes.rate"]),
  out: record => number(record["io.wbytes.rate"]),
};
let past = new Map();

// Records a gap in the samples.
const leaveGap = () => {
  for (const lines of past.values()) {
    for (const name in series) {
      lines[name].copyWithin(0, 1);
      lines[name][kept - 1] = NaN;
    }
  }
};

const remember = cgroups => {
  const living = new Map();
  for (const record of cgroups) {
    let lines = past.get(record.id);
    if (!lines) {
      lines = {};
      for (const name in series) lines[name] = new Float64Array(kept).fill(NaN);
    }
    for (const name in series) {
      lines[name].copyWithin(0, 1);
      lines[name][kept - 1] = series[name](record) ?? NaN;
    }
    living.set(record.id, lines);
  }
  past = living;
};

const link = data => {
  data.cgroups.forEach((record, index) => {
    record.id = `${record.inode}.${record.generation}`;
    record.index = index;
    record.children = [];
    record.name = record.path === "/" ? "/" : record.path.slice(record.path.lastIndexOf("/") + 1);
    if (record.parent !== undefined) data.cgroups[record.parent].children.push(record);
  });
};

const take = data => {
  if (view.isPaused || view.at !== null) return;
  link(data);
  remember(data.cgroups);
  sample = data;
  rebuild();
};

const matches = (record, wanted) =>
  [record.path, record.unit, record.container, record.container_id, record.pod, record.namespace,
    record.state].some(text => text && text.toLowerCase().includes(wanted));

const compare = (a, b) => {
  const turn = view.reverse ? -1 : 1;
  if (view.order === "name") return turn * (a.index - b.index);
  const [left, right] = [orderValue(a, view.order), orderValue(b, view.order)];
  // Rows without a number come last in either order.
  if (left === null || right === null) {
    return left === right ? a.index - b.index : left === null ? 1 : -1;
  }
  return turn * (right - left) || a.index - b.index;
};

const descendants = record =>
  record.children.reduce((total, child) => total + 1 + descendants(child), 0);

// Computes the visible rows, in order.
const rebuild = () => {
  if (!sample) return;
  const wanted = view.filter.trim().toLowerCase();
  const shown = sample.cgroups.map(record => !wanted || matches(record, wanted));
  const hits = shown.filter(Boolean).length;
  rows = [];
  if (view.tree) {
    // Parents precede their children, so a backward scan reaches every ancestor.
    for (let index = shown.length - 1; index >= 0; index -= 1) {
      const parent = sample.cgroups[index].parent;
      if (shown[index] && parent !== undefined) shown[parent] = true;
    }
    const add = (records, depth) => {
      const siblings = records.filter(record => shown[record.index]).sort(compare);
      siblings.forEach((record, place) => {
        const isFolded = !wanted && record.children.length > 0 && view.folded.has(record.id);
        rows.push({ record, depth, place: place + 1, of: siblings.length, isFolded,
          isParent: record.children.some(child => shown[child.index]) });
        if (!isFolded) add(record.children, depth + 1);
      });
    };
    add(sample.cgroups.filter(record => record.parent === undefined), 0);
  } else {
    sample.cgroups.filter(record => shown[record.index]).sort(compare).forEach(record =>
      rows.push({ record, depth: 0, isFolded: false, isParent: false }));
  }
  if (!rows.some(row => row.record.id === view.selected)) {
    const place = Math.min(Math.max(selectedPlace, 0), rows.length - 1);
    view.selected = rows[place]?.record.id ?? null;
  }
  setText($("count"), wanted
    ? `${hits} of ${sample.cgroups.length}${hits ? "" : " match; \\ clears the filter"}`
    : `${sample.cgroups.length} cgroups`);
  draw();
};

// MARK: Drawing

const table = $("table");
const body = $("rows");
const elements = new Map();
let rowHeight = 26;
let selectedPlace = 0;
let isDue = false;

const draw = () => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => { isDue = false; drawNow(); });
};

const makeRow = () => {
  const row = make("div", "row");
  row.setAttribute("role", "row");
  row.cells = {};
  for (const column of columns) {
    const cell = make("div", `cell ${column.id}`);
    cell.setAttribute("role", "gridcell");
    if (column.id === "name") {
      cell.twist = make("button", "twist");
      cell.twist.tabIndex = -1;
      cell.twist.setAttribute("aria-hidden", "true");
      cell.append(cell.twist, cell.label = make("span", "label"), cell.more = make("span", "more"),
        cell.mark = make("span", "mark"), cell.chip = make("span", "chip"));
    } else if (column.spark) {
      cell.append(cell.spark = makeSpark("spark"), cell.text = make("span", "number"));
    } else if (column.bar) {
      cell.bar = make("span", "bar");
      cell.bar.append(make("i"));
      cell.append(cell.bar, cell.text = make("span", "number"));
    } else {
      cell.append(cell.text = make("span"));
    }
    row.append(row.cells[column.id] = cell);
  }
  return row;
};

const makeSpark = name => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", name);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const part of ["area", "line"]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", part);
    svg.append(path);
  }
  return svg;
};

// Draws a sparkline of the last values; 0 is at the bottom, and gaps stay empty.
const drawSpark = (svg, values, ceiling) => {
  const length = values.length;
  let line = "", area = "", start = -1;
  const close = end => {
    if (start >= 0) area += `L${end},100L${start},100Z`;
    start = -1;
  };
  for (let place = 0; place < length; place += 1) {
    const value = values[place];
    if (Number.isNaN(value)) { close(place - 1); continue; }
    const y = (97 - 94 * Math.min(value / ceiling, 1)).toFixed(1);
    const step = `${start < 0 ? "M" : "L"}${place},${y}`;
    line += step;
    area += step;
    if (start < 0) start = place;
  }
  close(length - 1);
  setAttribute(svg, "viewBox", `0 0 ${length - 1} 100`);
  setAttribute(svg.firstChild, "d", area);
  setAttribute(svg.lastChild, "d", line);
};

const highest = values => values.reduce((most, value) => value > most ? value : most, 0);
// The top of a sparkline's scale, with a minimum so that noise near 0 stays flat. Memory is scaled to
// its limit, or if it has none, leaves room above the highest value.
const ceiling = (name, values, record) => {
  const most = highest(values);
  if (name === "cpu") return Math.max(most, 1e5);
  if (name !== "memory") return Math.max(most, 1);
  const limit = number(record["memory.max.effective"]);
  return limit && limit >= most ? limit : Math.max(most * 1.5, 1);
};

const identityText = record =>
  [record.container, record.pod, record.namespace].filter(Boolean).join(" · ");

const fillRow = (element, row, place) => {
  const { record } = row;
  const isSelected = record.id === view.selected;
  setAttribute(element, "aria-rowindex", place + 2);
  setAttribute(element, "aria-selected", isSelected);
  setAttribute(element, "aria-level", view.tree ? row.depth + 1 : null);
  setAttribute(element, "aria-posinset", view.tree ? row.place : null);
  setAttribute(element, "aria-setsize", view.tree ? row.of : null);
  setAttribute(element, "aria-expanded", row.isParent ? !row.isFolded : null);
  setAttribute(element, "tabindex", isSelected ? 0 : -1);
  const top = `translateY(${place * rowHeight}px)`;
  if (element.top !== top) element.style.transform = element.top = top;
  const cells = element.cells;
  const name = cells.name;
  if (element.depth !== row.depth) {
    name.twist.style.setProperty("--depth", row.depth);
    element.depth = row.depth;
  }
  setText(name.twist, row.isParent ? (row.isFolded ? "▸" : "▾") : "");
  setText(name.label, view.tree ? record.name : record.path);
  setAttribute(name, "title", shown(record.path));
  setText(name.more, row.isFolded ? `+${descendants(record)}` : "");
  setText(name.chip, identityText(record));
  setText(name.mark, record.state ?? "");
  const stateClass = record.state === "under oom" ? "bad" : record.state ? "warn" : "dim";
  setClass(name.mark, `mark ${stateClass}`);
  for (const column of columns) {
    const cell = cells[column.id];
    if (column.id === "state") {
      setText(cell.text, record.state ?? "-");
      setClass(cell.text, stateClass);
    } else if (column.field) {
      const value = record[column.field];
      const isKnown = typeof value === "number";
      const text = cellText(record, column.field, column.format);
      setText(cell.text, text);
      const style = isKnown
        ? column.style?.(value) ?? (value > 0 ? "" : "dim") : text === "bad" ? "bad" : "dim";
      setClass(cell.text, `${column.spark || column.bar ? "number " : ""}${style}`);
      setAttribute(cell, "title", record.unavailable?.[column.field] ?? null);
      if (column.bar) drawBar(cell.bar, isKnown ? value : null);
      if (column.spark) {
        const values = past.get(record.id)[column.spark].subarray(kept - 48);
        drawSpark(cell.spark, values, ceiling(column.spark, values, record));
      }
    }
  }
};

const drawBar = (bar, share) => {
  setAttribute(bar, "hidden", share === null ? "" : null);
  if (share === null) return;
  setClass(bar, `bar ${level(share)}`);
  const width = Math.min(share, 1).toFixed(3);
  if (bar.share !== width) bar.firstChild.style.setProperty("--share", bar.share = width);
};

// Draws the rows in view, and the selected row, because it may have the focus.
const drawNow = () => {
  if (!sample) return;
  drawMachine();
  drawHead();
  selectedPlace = rows.findIndex(row => row.record.id === view.selected);
  const height = `${rows.length * rowHeight}px`;
  if (body.style.height !== height) body.style.height = height;
  setAttribute(table, "aria-rowcount", rows.length + 1);
  const first = Math.max(Math.floor(table.scrollTop / rowHeight) - 4, 0);
  const last = Math.min(first + Math.ceil(table.clientHeight / rowHeight) + 8, rows.length);
  const places = [];
  for (let place = first; place < last; place += 1) places.push(place);
  if (selectedPlace >= 0 && selectedPlace < first) places.unshift(selectedPlace);
  if (selectedPlace >= last) places.push(selectedPlace);

  const wanted = new Set(places.map(place => rows[place].record.id));
  const focused = body.contains(document.activeElement)
    ? document.activeElement.closest(".row") : null;
  const spare = [];
  for (const [id, element] of elements) {
    if (wanted.has(id)) continue;
    elements.delete(id);
    if (element === focused) element.remove(); else spare.push(element);
  }
  let node = body.firstChild;
  for (const place of places) {
    const { id } = rows[place].record;
    let element = elements.get(id);
    if (!element) {
      element = spare.pop() ?? makeRow();
      if (element === node) node = node.nextSibling;
      element.rowID = id;
      elements.set(id, element);
    }
    fillRow(element, rows[place], place);
    // The row with the focus keeps its place in the document; the others are moved around it.
    if (element === focused) {
      while (node && node !== element) {
        const next = node.nextSibling;
        body.append(node);
        node = next;
      }
    }
    if (element === node) node = node.nextSibling; else body.insertBefore(element, node);
  }
  for (const element of spare) element.remove();
  if (focused && !focused.isConnected) focusSelected();
  drawDetail();
  drawEvents();
  askEvents();
};

const drawMachine = () => {
  const machine = sample.machine;
  const cpu = number(machine["cpu.usage_usec.rate"]);
  const share = (used, total) => used !== null && total ? used / total : null;
  const meters = [
    ["CPU", share(cpu, machine.cpus * 1e6),
      `${cellText(machine, "cpu.usage_usec.rate", value => fixed(value / 1e6, 2))}/${machine.cpus}`],
    ...[["Mem", "memory.current", "memory.total"], ["Swap", "memory.swap.current", "memory.swap.total"]]
      .map(([label, used, total]) => [label, share(number(machine[used]), number(machine[total])),
        `${cellText(machine, used, bytes)}/${cellText(machine, total, bytes)}`]),
  ];
  const facts = [
    ["Tasks", cellText(machine, "pids.current", count), ""],
    ["Load", cellText(machine, "load", value => fixed(value, 2)), ""],
    ...[["PSI cpu", "cpu"], ["mem", "memory"], ["io", "io"]].map(([label, name]) => {
      const field = `${name}.pressure.some.avg10`;
      return [label, cellText(machine, field, hundredths),
        pressureClass(machine[field] ?? 0)];
    }),
  ];
  for (const [what, style] of [["not_permitted", "warn"], ["malformed", "bad"]]) {
    const files = machine[`files.${what}`];
    if (files > 0) facts.push([what.replace("_", " "), `${count(files)} files`, style]);
  }
  const place = $("machine");
  if (!place.facts) {
    place.meters = meters.map(([label]) => {
      const meter = make("div", "meter");
      meter.bar = make("span", "bar");
      meter.bar.append(make("i"));
      meter.append(make("span", "", label), meter.bar, meter.value = make("b"));
      place.append(meter);
      return meter;
    });
    place.append(place.facts = make("div", "facts"));
  }
  meters.forEach(([, value, text], index) => {
    drawBar(place.meters[index].bar, value);
    setText(place.meters[index].value, text);
  });
  while (place.facts.children.length > facts.length) place.facts.lastChild.remove();
  facts.forEach(([label, text, style], index) => {
    let fact = place.facts.children[index];
    if (!fact) {
      fact = make("span", "fact");
      fact.append(make("span"), " ", make("b"));
      place.facts.append(fact);
    }
    setText(fact.firstChild, label);
    setText(fact.lastChild, text);
    setClass(fact, `fact ${style}`);
  });
};

const drawHead = () => {
  for (const column of columns) {
    const isOrder = view.order === column.id
      || view.order === "io" && ["in", "out"].includes(column.id);
    const isUp = (column.id === "name") !== view.reverse;
    setAttribute(column.head, "aria-sort", isOrder ? (isUp ? "ascending" : "descending") : null);
  }
  if ($("sort").value !== view.order) $("sort").value = view.order;
  setAttribute($("reverse"), "aria-pressed", view.reverse);
  setAttribute($("tree"), "aria-pressed", view.tree);
};

// MARK: Details

let names = null;
let asked = null;
let details = null;

const detailCharts = [
  ["cpu", "CPU", value => percent(value / 1e4) + "%"], ["memory", "memory", bytes],
  ["in", "in", value => bytes(value) + "/s"], ["out", "out", value => bytes(value) + "/s"],
];

const drawDetail = () => {
  const pane = $("detail");
  const row = view.isDetailed ? rows[selectedPlace] : null;
  if (pane.hidden === Boolean(row)) { pane.hidden = !row; draw(); }
  if (!row) return;
  const { record } = row;
  setText($("detail-path"), record.path);
  const identity = [
    ["kind", record.kind], ["state", record.state], ["unit", record.unit], ["slice", record.slice],
    ["runtime", record.runtime], ["container", record.container], ["id", record.container_id],
    ["image", record.image], ["pod", record.pod], ["pod uid", record.pod_uid],
    ["namespace", record.namespace], ["qos", record.qos], ["inode", String(record.inode)],
  ].filter(([, text]) => text);
  const list = $("detail-identity");
  while (list.children.length > identity.length * 2) list.lastChild.remove();
  identity.forEach(([label, text], index) => {
    if (!list.children[index * 2]) list.append(make("dt"), make("dd"));
    setText(list.children[index * 2], label);
    setText(list.children[index * 2 + 1], text);
  });
  const charts = $("detail-charts");
  detailCharts.forEach(([name, title, format], index) => {
    let chart = charts.children[index];
    if (!chart) {
      chart = make("div", "chart");
      const caption = make("div", "caption");
      caption.append(make("span", "", title), make("b"), make("span"));
      chart.append(caption, makeSpark(""));
      charts.append(chart);
    }
    const values = past.get(record.id)[name];
    const [, now, most] = chart.firstChild.children;
    const current = values[kept - 1];
    setText(now, Number.isNaN(current) ? "-" : format(current));
    setText(most, values.every(Number.isNaN) ? "" : `peak ${format(highest(values))}`);
    drawSpark(chart.lastChild, values, ceiling(name, values, record));
  });
  fillEvents($("detail-events"), eventsOf(record), false);
  askDetails(record);
  drawValues(record);
};

const fetchJSON = async path => {
  const response = await fetch(address(path), { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error((await response.text()).trim() || response.statusText);
  return response.json();
};

// At most one request is pending, and one is made per sample.
const askDetails = async record => {
  if (view.at !== null) {
    details = { id: record.id, values: null, trouble: "All values of the past: cgwarden show --at" };
    return;
  }
  const question = `${record.id} ${sample.tick}`;
  if (asked || details?.question === question) return;
  asked = question;
  try {
    names ??= await fetchJSON("api/v1/metrics");
    const path = encodeURIComponent(record.path);
    const values = await fetchJSON(`api/v1/cgroup?path=${path}`);
    const causes = await fetchJSON(`api/v1/explain?cgroup=${path}`);
    details = { question, id: record.id, values, causes: causes.findings, trouble: "" };
  } catch (error) {
    details = { question, id: record.id, values: null, trouble: String(error.message) };
  }
  asked = null;
  draw();
};

const valueText = (name, value) => {
  if (typeof value !== "number") return String(value);
  switch (names[name]?.unit) {
    case "bytes": return bytes(value);
    case "microseconds": return duration(value);
    case "percentHundredths": return hundredths(value) + "%";
    case "bytesPerSecond": return bytes(value) + "/s";
    case "operationsPerSecond": return count(value) + "/s";
    case "flag": return value ? "yes" : "no";
    default: return count(value);
  }
};
const rateText = (name, rate) => {
  if (rate === undefined) return "";
  switch (names[name]?.unit) {
    case "bytes": return bytes(rate) + "/s";
    case "microseconds": return percent(rate / 1e4) + "%";
    default: return (rate > 0 && rate < 9.95 ? fixed(rate, 1) : count(rate)) + "/s";
  }
};

// Flattens values by device, CPU or node into one line each.
const detailLines = values => {
  const lines = [];
  for (const [name, value] of Object.entries(values)) {
    if (["time", "path", "inode", "unavailable"].includes(name) || name.endsWith(".rate")) continue;
    if (value === null || typeof value !== "object") {
      lines.push([name.split(".")[0], name, name, value, values[`${name}.rate`]]);
      continue;
    }
    for (const [key, fields] of Object.entries(value)) {
      for (const [field, inner] of Object.entries(fields)) {
        if (field.endsWith(".rate")) continue;
        lines.push([name.split(".")[0], `${name}.${field}`, `${key} ${name}.${field}`, inner,
          fields[`${field}.rate`]]);
      }
    }
  }
  for (const [name, reason] of Object.entries(values.unavailable ?? {})) {
    lines.push([name.split(".")[0], name, name, reason, undefined]);
  }
  return lines;
};

// MARK: Events

// The newest events of the host, newest first; empty if this program keeps none.
const keptEvents = 500;
let happened = [];
let isAsking = false;
let askedAt = -Infinity;
const hasEvents = document.body.dataset.events === "on";

const eventClass = event => event.kind === "oom" || event.kind === "oom-kill" ? "bad"
  : ["limit-hit", "throttled", "pressure", "gap"].includes(event.kind) && event.state !== "end"
    ? "warn" : "";

const fillEvents = (list, events, withPath) => {
  while (list.children.length > events.length) list.lastChild.remove();
  events.forEach((event, index) => {
    let item = list.children[index];
    if (!item) {
      item = list.appendChild(make("li"));
      item.append(make("time"), make("b"), make("span"), make("span"));
    }
    const [time, kind, path, text] = item.children;
    setText(time, clock(event.time));
    setText(kind, event.kind);
    setText(path, withPath ? event.path ?? "" : "");
    setText(text, event.text);
    setClass(item, eventClass(event));
  });
};

const drawEvents = () => {
  const pane = $("events");
  if (!pane.hidden) fillEvents($("host-events"), happened.slice(0, 200), true);
};

// Those of a cgroup; the root's are those of the host, too.
const eventsOf = record => happened.filter(event => event.path === record.path
  || record.path === "/" && event.path === undefined).slice(0, 20);

const setEvents = isShown => {
  if (!hasEvents) return;
  $("events").hidden = !isShown;
  setAttribute($("events-open"), "aria-pressed", isShown);
  draw();
};

// Asked for with a sample while they are in sight. A stream would hold a connection, of which a
// browser has few for all tabs.
const askEvents = async () => {
  const isInSight = !$("events").hidden || view.isDetailed;
  if (!hasEvents || isAsking || !isInSight || performance.now() - askedAt < 2000) return;
  isAsking = true;
  askedAt = performance.now();
  try {
    happened = (await fetchJSON(`api/v1/events?n=${keptEvents}`)).events.reverse();
  } catch {
    // The status says that the server does not answer; the events stay as they are.
  }
  isAsking = false;
  draw();
};

// The verdict and the other findings, each with the file that decides it.
const causeClass = severity =>
  ["stuck", "failing"].includes(severity) ? "bad" : ["slow", "soon"].includes(severity) ? "warn" : "dim";
const drawCauses = findings => {
  const list = $("detail-causes");
  while (list.children.length > findings.length) list.lastChild.remove();
  findings.forEach((finding, index) => {
    const item = list.children[index] ?? list.appendChild(make("li"));
    setText(item, finding.text);
    setClass(item, causeClass(finding.severity));
    const value = finding.evidence[0];
    setAttribute(item, "title", value
      ? shown(`${value.name} ${value.text} in ${value.cgroup}: ${value.file}`) : null);
  });
};

const drawValues = record => {
  const place = $("detail-values");
  const isOwn = details?.id === record.id;
  setText($("detail-note"), isOwn ? details.trouble : "");
  drawCauses(isOwn ? details.causes ?? [] : []);
  if (!isOwn || !details.values) {
    if (place.shown && place.shown !== record.id) place.replaceChildren();
    return;
  }
  place.shown = record.id;
  const groups = Map.groupBy
    ? Map.groupBy(detailLines(details.values), line => line[0])
    : detailLines(details.values).reduce((all, line) =>
      all.set(line[0], [...all.get(line[0]) ?? [], line]), new Map());
  let index = 0;
  for (const [group, lines] of groups) {
    let section = place.children[index];
    if (!section) {
      section = make("section");
      section.append(make("h3"), make("table"));
      place.append(section);
    }
    index += 1;
    setText(section.firstChild, group);
    const tableBody = section.lastChild;
    while (tableBody.children.length > lines.length) tableBody.lastChild.remove();
    lines.forEach(([, name, label, value, rate], line) => {
      let entry = tableBody.children[line];
      if (!entry) {
        entry = make("tr");
        const head = make("th");
        head.scope = "row";
        entry.append(head, make("td"), make("td"));
        tableBody.append(entry);
      }
      const [head, amount, speed] = entry.children;
      setText(head, label);
      setAttribute(head, "title", names[name]?.help ?? null);
      setText(amount, valueText(name, value));
      setClass(amount, typeof value === "number" ? "" : "text");
      setText(speed, rateText(name, rate));
    });
  }
  while (place.children.length > index) place.lastChild.remove();
};

// MARK: User input

const focusSelected = () => elements.get(view.selected)?.focus({ preventScroll: true });

const select = (place, hasFocus = true) => {
  if (!rows.length) return;
  place = Math.min(Math.max(place, 0), rows.length - 1);
  view.selected = rows[place].record.id;
  const top = place * rowHeight;
  const room = table.clientHeight - $("head").offsetHeight;
  if (top < table.scrollTop) table.scrollTop = top;
  else if (top + rowHeight > table.scrollTop + room) table.scrollTop = top + rowHeight - room;
  drawNow();
  if (hasFocus) focusSelected();
};

const fold = (row, isFolded) => {
  if (!view.tree || !row.record.children.length) return;
  if (isFolded) view.folded.add(row.record.id); else view.folded.delete(row.record.id);
  rebuild();
};

const orderBy = order => { view.order = order; rebuild(); };

const setDetailed = isDetailed => {
  view.isDetailed = isDetailed;
  drawNow();
  if (!isDetailed) focusSelected(); else select(selectedPlace);
};

const setPaused = isPaused => {
  if (view.isPaused && !isPaused) leaveGap();
  view.isPaused = isPaused;
  setAttribute($("pause"), "aria-pressed", isPaused);
  setText($("pause"), isPaused ? "Resume" : "Pause");
  drawStatus();
};

const clearFilter = () => { $("filter").value = view.filter = ""; rebuild(); };
const openHelp = () => { if (!$("help").open) $("help").showModal(); };

// Keys while a row of the table has the focus.
const rowKeys = {
  ArrowUp: () => select(selectedPlace - 1), k: () => select(selectedPlace - 1),
  ArrowDown: () => select(selectedPlace + 1), j: () => select(selectedPlace + 1),
  PageUp: () => select(selectedPlace - pageRows()), PageDown: () => select(selectedPlace + pageRows()),
  Home: () => select(0), g: () => select(0),
  End: () => select(rows.length - 1), G: () => select(rows.length - 1),
  ArrowLeft: () => {
    const row = rows[selectedPlace];
    if (row.isParent && !row.isFolded && !view.filter.trim()) return fold(row, true);
    const above = rows.findIndex(other => other.record.index === row.record.parent);
    if (view.tree && above >= 0) select(above);
  },
  ArrowRight: () => {
    const row = rows[selectedPlace];
    if (row.isFolded) fold(row, false); else if (row.isParent) select(selectedPlace + 1);
  },
  " ": () => { const row = rows[selectedPlace]; fold(row, !row.isFolded); },
  Enter: () => setDetailed(!view.isDetailed),
};
const pageRows = () => Math.max(Math.floor(table.clientHeight / rowHeight) - 2, 1);

// MARK: The past

let span = null;
let wantedTime = null;
let isTravelling = false;

const drawPast = () => {
  $("past").hidden = span === null;
  if (span === null) return;
  const bar = $("past-time");
  setAttribute(bar, "min", span.first);
  setAttribute(bar, "max", span.last);
  if (view.at === null) bar.value = bar.max;
  const text = view.at === null ? "now" : new Date(view.at * 1000).toLocaleString();
  setText($("past-text"), text);
  setAttribute(bar, "aria-valuetext", text);
};

// Records of the past have no lines of the present.
const showPast = data => {
  link(data);
  for (const record of data.cgroups) {
    if (past.has(record.id)) continue;
    const lines = {};
    for (const name in series) lines[name] = new Float64Array(kept).fill(NaN);
    past.set(record.id, lines);
  }
  sample = data;
  rebuild();
  drawStatus();
};

// One request at a time: a dragged bar asks for the last place only.
const goTo = async seconds => {
  if (span === null) return;
  view.at = Math.min(Math.max(Math.round(seconds), span.first), span.last);
  $("past-time").value = view.at;
  wantedTime = view.at;
  drawPast();
  if (isTravelling) return;
  isTravelling = true;
  while (wantedTime !== null) {
    const at = wantedTime;
    wantedTime = null;
    try {
      const data = await fetchJSON(`api/v1/snapshot?at=${at}`);
      if (view.at !== null) showPast(data);
    } catch (error) {
      setText($("past-text"), String(error.message));
    }
  }
  isTravelling = false;
};

const goLive = () => {
  if (view.at === null) return;
  view.at = null;
  details = null;
  leaveGap();
  readSpan();
  drawStatus();
};

const readSpan = async () => {
  try {
    const history = await fetchJSON("api/v1/history");
    // Whole seconds that have a sample at or before them, and are not in the future.
    const first = Math.ceil(history.first);
    span = history.first === undefined
      ? null : { first, last: Math.max(first, Math.floor(history.last)) };
  } catch { span = null; }
  drawPast();
};

const stepTime = seconds => goTo((view.at ?? span?.last ?? 0) + seconds);
$("past-time").addEventListener("input", event => goTo(Number(event.target.value)));
$("past-live").addEventListener("click", goLive);
setInterval(() => { if (view.at === null && !document.hidden) readSpan(); }, 60000);

// Keys outside of text fields.
const pageKeys = {
  "/": () => $("filter").focus(), "\\": clearFilter, "?": openHelp, h: openHelp,
  p: () => orderBy("name"), t: () => orderBy("tasks"), c: () => orderBy("cpu"),
  m: () => orderBy("memory"), i: () => orderBy("io"), Z: () => setPaused(!view.isPaused),
  e: () => setEvents($("events").hidden),
  r: () => { view.reverse = !view.reverse; rebuild(); },
  v: () => { view.tree = !view.tree; rebuild(); },
  "[": () => stepTime(-Math.max(interval / 1000, 1)),
  "]": () => stepTime(Math.max(interval / 1000, 1)),
  "{": () => stepTime(-60), "}": () => stepTime(60), l: goLive,
  Escape: () => { if (view.isDetailed) setDetailed(false); },
};

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || $("help").open) return;
  const isTyping = event.target.matches("input, select");
  if (event.target.id === "filter") {
    if (event.key === "Escape") { event.preventDefault(); clearFilter(); focusSelected(); }
    if (["Enter", "ArrowDown"].includes(event.key)) { event.preventDefault(); select(selectedPlace); }
  }
  if (isTyping) return;
  const isOnRow = body.contains(event.target) || event.target === document.body;
  const action = isOnRow && rows.length && rowKeys[event.key] || pageKeys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

body.addEventListener("click", event => {
  const element = event.target.closest(".row");
  const place = rows.findIndex(row => row.record.id === element?.rowID);
  if (place < 0) return;
  const isTwist = event.target.closest(".twist");
  if (isTwist && rows[place].isParent) {
    select(place);
    return fold(rows[place], !rows[place].isFolded);
  }
  select(place);
  if (!view.isDetailed) setDetailed(true);
});

$("filter").addEventListener("input", event => { view.filter = event.target.value; rebuild(); });
$("sort").addEventListener("change", event => { view.order = event.target.value; rebuild(); });
$("reverse").addEventListener("click", pageKeys.r);
$("tree").addEventListener("click", pageKeys.v);
$("pause").addEventListener("click", pageKeys.Z);
$("events-open").hidden = !hasEvents;
$("events-open").addEventListener("click", pageKeys.e);
$("help-open").addEventListener("click", openHelp);
$("help-close").addEventListener("click", () => $("help").close());
$("detail-close").addEventListener("click", () => setDetailed(false));
table.addEventListener("scroll", draw, { passive: true });

const measure = () => {
  rowHeight = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
  draw();
};
new ResizeObserver(measure).observe(table);
matchMedia("(pointer: coarse)").addEventListener("change", measure);

for (const column of columns) {
  column.head = make("div", `cell ${column.id}`);
  column.head.setAttribute("role", "columnheader");
  const button = make("button", "", column.title);
  button.type = "button";
  button.title = column.help + (column.key ? ` Key: ${column.key}` : "");
  button.addEventListener("click", () => {
    view.reverse = view.order === column.id && !view.reverse;
    orderBy(column.id);
  });
  column.head.append(button);
  $("head").append(column.head);
  $("help-columns").append(make("dt", "", column.title), make("dd", "", column.help));
}
for (const [order, title] of Object.entries(orders)) {
  const option = make("option", "", title);
  option.value = order;
  $("sort").append(option);
}

// MARK: The stream

let source = null;
let failure = "";
let heardAt = null;
let interval = 1000;
let isOpen = false;

const drawStatus = () => {
  const silence = heardAt === null ? 0 : performance.now() - heardAt;
  const isStale = heardAt !== null && (!isOpen || failure || silence > Math.max(5000, 3 * interval));
  const since = heardAt === null ? "" : clock((Date.now() - silence) / 1000);
  const [state, text] =
    isStale ? ["stale", `stale since ${since}${failure ? `: ${failure}` : ""}`]
    : view.at !== null ? ["paused", "the past"]
    : view.isPaused ? ["paused", "paused"]
    : heardAt === null ? ["wait", failure || "connecting …"]
    : ["live", "live"];
  setAttribute($("status"), "data-state", state);
  setText($("status"), text);
  if (sample) setText($("clock"), clock(sample.time));
};

const connect = () => {
  source?.close();
  source = new EventSource(address("api/v1/stream"));
  source.addEventListener("snapshot", event => {
    const now = performance.now();
    // A suspended tab or a lost connection is not a long interval.
    if (heardAt !== null && now - heardAt < 120000 && isOpen) {
      interval = 0.7 * interval + 0.3 * (now - heardAt);
    } else {
      leaveGap();
    }
    heardAt = now;
    isOpen = true;
    failure = "";
    take(JSON.parse(event.data));
    drawStatus();
  });
  source.addEventListener("failure", event => { failure = JSON.parse(event.data); drawStatus(); });
  source.addEventListener("error", () => {
    isOpen = false;
    // The browser reconnects automatically, unless the response was an error.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
    drawStatus();
  });
};

// A hidden tab releases its stream for others.
let leaving = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(leaving);
  if (document.hidden) leaving = setTimeout(() => { source.close(); isOpen = false; }, 60000);
  else if (source.readyState === EventSource.CLOSED) connect();
});

setInterval(drawStatus, 1000);
connect();
readSpan();

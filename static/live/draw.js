// While a hand is on a slider the traces are drawn here, on a canvas over Plotly's axes: about 1 ms a chart where Plotly.react
// takes 8 to 12. It knows lines, markers, bars, rectangles and plain labels; `canDraw` says whether that is all a figure has.

const DASH = { solid: [], dot: [1, 3], dash: [6, 4], dashdot: [6, 3, 1, 3], longdash: [10, 5], longdashdot: [10, 4, 2, 4] };
const list = v => v !== null && typeof v === 'object';
const at = (v, i, other) => (list(v) ? v[i] : v) ?? other;

const known = (mode, words) => (mode ?? 'lines').split('+').every(w => words.includes(w));
const plain = a => a.showarrow === false && !a.textangle && !a.bgcolor;
const axisType = (layout, name) => layout[name]?.type ?? 'linear';

/** Colors that need no scale, or numbers with a scale that is written out. */
const canPaint = m => !list(m?.color) || typeof m.color[0] === 'string'
  || (Array.isArray(m.colorscale) && Number.isFinite(m.cmin) && Number.isFinite(m.cmax));
const canMark = m => canPaint(m)
  && (list(m?.symbol) ? m.symbol : [m?.symbol ?? 'circle']).every(s => s.replace('-open', '') in SHAPES);
const canTrace = t => !t.xaxis && !t.yaxis && !t.stackgroup && !t.error_x && !t.error_y && (t.type === 'bar'
  ? !list(t.width) && canPaint(t.marker)
  : (t.type ?? 'scatter') === 'scatter' && known(t.mode, ['lines', 'markers', 'none']) && canMark(t.marker)
    && ['linear', 'hv', undefined].includes(t.line?.shape) && [undefined, 'none', 'tozeroy', 'tonexty'].includes(t.fill));

export function canDraw({ traces, layout }) {
  return ['xaxis', 'yaxis'].every(a => ['linear', 'log'].includes(axisType(layout, a))) && traces.every(canTrace)
    && (layout.annotations ?? []).every(plain) && (layout.shapes ?? []).every(s => ['line', 'rect'].includes(s.type));
}

/** value -> pixel for one axis as Plotly shows it now (a user's zoom included). */
function scale(axis, vertical) {
  const [a, b] = axis.range, log = axis.type === 'log', k = axis._length / (b - a);
  const pixel = vertical ? v => axis._offset + axis._length - (v - a) * k : v => axis._offset + (v - a) * k;
  return log ? v => pixel(Math.log10(v)) : pixel;
}

function colorOf(marker, fallback) {
  const c = marker?.color ?? fallback;
  if (!list(c)) return () => c;
  if (typeof c[0] === 'string') return i => c[i];
  const stops = marker.colorscale, lo = marker.cmin, span = (marker.cmax - lo) || 1, n = 64;
  const table = Array.from({ length: n }, (_, i) => mix(stops, i / (n - 1)));
  return i => table[Math.max(0, Math.min(n - 1, Math.round((c[i] - lo) / span * (n - 1))))];
}

function mix(stops, f) {
  let i = 1;
  while (i < stops.length - 1 && stops[i][0] < f) i++;
  const [[a, ca], [b, cb]] = [stops[i - 1], stops[i]], t = Math.max(0, Math.min(1, (f - a) / (b - a || 1)));
  const rgb = h => [1, 3, 5].map(k => parseInt(h.slice(k, k + 2), 16)), [p, q] = [rgb(ca), rgb(cb)];
  return `rgb(${p.map((v, k) => Math.round(v + (q[k] - v) * t)).join()})`;
}

const SHAPES = {
  circle: (c, x, y, r) => { c.moveTo(x + r, y); c.arc(x, y, r, 0, 7); },
  square: (c, x, y, r) => c.rect(x - r, y - r, 2 * r, 2 * r),
  diamond: (c, x, y, r) => polygon(c, [[x, y - 1.3 * r], [x + 1.3 * r, y], [x, y + 1.3 * r], [x - 1.3 * r, y]]),
  'triangle-up': (c, x, y, r) => polygon(c, [[x - 1.15 * r, y + r / 2], [x + 1.15 * r, y + r / 2], [x, y - r]]),
  'triangle-down': (c, x, y, r) => polygon(c, [[x - 1.15 * r, y - r / 2], [x + 1.15 * r, y - r / 2], [x, y + r]]),
};
function polygon(c, points) { points.forEach(([x, y], i) => i ? c.lineTo(x, y) : c.moveTo(x, y)); c.closePath(); }

function path(c, t, X, Y) {
  const hv = t.line?.shape === 'hv', n = Math.min(t.x.length, t.y.length);
  let pen = false, last = 0;
  for (let i = 0; i < n; i++) {
    const x = X(t.x[i]), y = Y(t.y[i]);
    if (!isFinite(x) || !isFinite(y) || t.y[i] === null) { pen = false; continue; }
    if (!pen) c.moveTo(x, y); else { if (hv) c.lineTo(x, last); c.lineTo(x, y); }
    pen = true; last = y;
  }
}

function fillUnder(c, t, below, X, Y, color) {
  const n = t.x.length;
  if (!n) return;
  c.beginPath();
  path(c, t, X, Y);
  if (t.fill === 'tozeroy' || !below) { c.lineTo(X(t.x[n - 1]), Y(0)); c.lineTo(X(t.x[0]), Y(0)); }
  else for (let i = below.x.length - 1; i >= 0; i--) c.lineTo(X(below.x[i]), Y(below.y[i]));
  c.closePath();
  c.fillStyle = t.fillcolor ?? color;
  c.globalAlpha = t.fillcolor ? 1 : 0.5;
  c.fill();
}

/** A canvas ignores a line width of 0 and keeps the last one. */
function stroke(c, width, path) {
  if (!(width > 0)) return;
  c.lineWidth = width;
  if (path) c.stroke(path); else c.stroke();
}

function scatter(c, t, below, X, Y, color) {
  if (t.fill && t.fill !== 'none') fillUnder(c, t, below, X, Y, t.line?.color ?? color);
  c.globalAlpha = t.opacity ?? 1;
  const mode = t.mode ?? 'lines';
  if (mode.includes('lines')) {
    c.beginPath();
    path(c, t, X, Y);
    c.strokeStyle = t.line?.color ?? color;
    c.setLineDash(DASH[t.line?.dash] ?? []);
    stroke(c, t.line?.width ?? 2);
    c.setLineDash([]);
  }
  if (mode.includes('markers')) markers(c, t, X, Y, color);
}

function markers(c, t, X, Y, color) {
  const m = t.marker ?? {}, paint = colorOf(m, color), n = Math.min(t.x.length, t.y.length), groups = [new Map(), new Map()];
  for (let i = 0; i < n; i++) {                              // one path per color: 2,000 fills become a handful
    const x = X(t.x[i]), y = Y(t.y[i]), r = at(m.size, i, 6) / 2, symbol = at(m.symbol, i, 'circle');
    if (!isFinite(x) || !isFinite(y)) continue;
    const k = paint(i), open = symbol.endsWith('-open'), group = groups[Number(open)];
    let p = group.get(k);
    if (!p) group.set(k, p = new Path2D());
    SHAPES[open ? symbol.slice(0, -5) : symbol](p, x, y, r);
  }
  c.globalAlpha = (t.opacity ?? 1) * (list(m.opacity) ? 0.7 : m.opacity ?? 1);
  for (const [k, p] of groups[0]) {
    c.fillStyle = k;
    c.fill(p);
    c.strokeStyle = list(m.line?.color) ? k : m.line?.color ?? '#444';
    stroke(c, m.line?.width ?? 0, p);
  }
  for (const [k, p] of groups[1]) { c.strokeStyle = k; stroke(c, m.line?.width || 1, p); }
}

/** Where each bar begins and how wide it is, after layout.barmode (group, overlay, relative and stack). */
function barLayout(bars, layout) {
  const mode = layout.barmode ?? 'group', gap = layout.bargap ?? 0.2, sums = [new Map(), new Map()];
  const places = bars.flatMap(t => Array.from(t.orientation === 'h' ? t.y : t.x));
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  let step = Infinity;
  for (let i = 1; i < sorted.length; i++) step = Math.min(step, sorted[i] - sorted[i - 1]);
  if (!isFinite(step)) step = 1;
  const count = mode === 'group' ? bars.length : 1;
  return bars.map((t, k) => (i, place, value) => {
    const width = t.width ?? step * (1 - gap) / count;
    const shift = mode === 'group' && t.width === undefined ? (k - (count - 1) / 2) * width : 0;
    const left = place + (t.offset === undefined ? shift - width / 2 : at(t.offset, i, 0));
    let base = at(t.base, i, 0);
    if (mode === 'stack' || mode === 'relative') {
      const sum = sums[mode === 'relative' && value < 0 ? 1 : 0], before = sum.get(place) ?? 0;
      sum.set(place, before + value);
      base += before;
    }
    return [left, left + width, base, base + value];
  });
}

/** Plotly's "/" pattern: lines 8 pixels apart, three tenths of the ground covered. */
function hatch(c, color) {
  const tile = document.createElement('canvas'), size = 11;            // 8 times the root of 2, in whole pixels
  tile.width = tile.height = size;
  const k = tile.getContext('2d');
  k.strokeStyle = color;
  k.lineWidth = 2.4;
  k.beginPath();
  for (const d of [-size, 0, size]) { k.moveTo(d - 1, size + 1); k.lineTo(d + size + 1, -1); }
  k.stroke();
  return c.createPattern(tile, 'repeat');
}

function bar(c, t, spans, X, Y, color, look) {
  const paint = colorOf(t.marker, color), flat = t.orientation === 'h', [at0, values] = flat ? [t.y, t.x] : [t.x, t.y];
  c.globalAlpha = (t.opacity ?? 1) * (list(t.marker?.opacity) ? 1 : t.marker?.opacity ?? 1);
  const labels = [];
  for (let i = 0; i < at0.length; i++) {
    const [left, right, from, to] = spans(i, at0[i], values[i]);
    const [x0, x1, y0, y1] = flat ? [X(from), X(to), Y(left), Y(right)] : [X(left), X(right), Y(from), Y(to)];
    if (![x0, x1, y0, y1].every(isFinite)) continue;
    const pattern = at(t.marker?.pattern?.shape, i, '');
    c.fillStyle = pattern ? hatch(c, paint(i)) : paint(i);
    const box = [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
    c.fillRect(...box);
    const w = at(t.marker?.line?.width, i, 0);
    if (w > 0) { c.lineWidth = w; c.strokeStyle = at(t.marker.line.color, i, '#444'); c.strokeRect(...box); }
    const label = at(t.text, i, '');
    if (label && t.textposition && t.textposition !== 'none') labels.push([String(label), x0, x1, y0, y1, values[i]]);
  }
  c.globalAlpha = 1;
  c.fillStyle = t.textfont?.color ?? look.text;
  c.font = `${t.textfont?.size ?? look.size}px ${look.font}`;
  for (const [label, x0, x1, y0, y1, v] of labels) {
    const [x, y] = flat ? [x1 + (v < 0 ? -4 : 4), (y0 + y1) / 2] : [(x0 + x1) / 2, y1 + (v < 0 ? 4 : -4)];
    c.textAlign = flat ? (v < 0 ? 'right' : 'left') : 'center';
    c.textBaseline = flat ? 'middle' : v < 0 ? 'top' : 'bottom';
    const lines = label.split(BREAK), lead = 1.3 * (t.textfont?.size ?? look.size);
    const first = flat ? 0.5 * (1 - lines.length) : v < 0 ? 0 : 1 - lines.length;
    lines.forEach((line, i) => c.fillText(line, x, y + (first + i) * lead));
  }
}

/** Pixel of a shape's or label's coordinate: data, or 'paper' (0 to 1 over the plot area). */
const placed = (ref, axis, to, v, vertical) => ref === 'paper' || ref?.endsWith(' domain')
  ? axis._offset + axis._length * (vertical ? 1 - v : v) : to(v);

function shape(c, s, xa, ya, X, Y) {
  const x = v => placed(s.xref, xa, X, v, false), y = v => placed(s.yref, ya, Y, v, true);
  const [x0, x1, y0, y1] = [x(s.x0), x(s.x1), y(s.y0), y(s.y1)];
  c.globalAlpha = s.opacity ?? 1;
  c.setLineDash(DASH[s.line?.dash] ?? []);
  c.strokeStyle = s.line?.color ?? '#444';
  c.beginPath();
  if (s.type === 'line') { c.moveTo(x0, y0); c.lineTo(x1, y1); } else c.rect(x0, y0, x1 - x0, y1 - y0);
  if (s.type === 'rect' && s.fillcolor) { c.fillStyle = s.fillcolor; c.fill(); }
  stroke(c, s.line?.width ?? 2);
  c.setLineDash([]);
}

const BREAK = /<br\s*\/?>/i, TAG = /<[^>]*>/g;
const ANCHOR = { left: 0, top: 0, center: 0.5, middle: 0.5, right: 1, bottom: 1 }, PAD = 2;      // Plotly's border and padding

function label(c, a, xa, ya, X, Y, look) {
  const size = a.font?.size ?? look.size, lines = String(a.text).split(BREAK).map(l => l.replace(TAG, '')), lead = size * 1.3;
  const px = placed(a.xref, xa, X, a.x, false) + (a.xshift ?? 0), py = placed(a.yref, ya, Y, a.y, true) - (a.yshift ?? 0);
  c.globalAlpha = a.opacity ?? 1;
  c.fillStyle = a.font?.color ?? look.text;
  c.font = `${/<b>/i.test(a.text) ? 'bold ' : ''}${size}px ${look.font}`;
  c.textAlign = 'left';
  c.textBaseline = 'middle';
  const widths = lines.map(l => c.measureText(l).width);
  const wide = Math.max(...widths) + 2 * PAD, high = lines.length * lead + 2 * PAD;
  const left = px - wide * (ANCHOR[a.xanchor] ?? 0.5) + PAD, top = py - high * (ANCHOR[a.yanchor] ?? 0.5) + PAD;
  lines.forEach((l, i) => c.fillText(l, left + (wide - 2 * PAD - widths[i]) * (ANCHOR[a.align] ?? 0.5), top + (i + 0.5) * lead));
}

/** Draw a figure over Plotly's axes. `shown(i)` tells whether trace i is on (legend). */
export function draw(c, full, { traces, layout }, look, shown) {
  const { xaxis: xa, yaxis: ya } = full, X = scale(xa, false), Y = scale(ya, true);
  const color = i => look.colors[i % look.colors.length];
  const bars = traces.filter((t, i) => t.type === 'bar' && shown(i)), spans = barLayout(bars, layout);
  c.save();
  c.beginPath();
  c.rect(xa._offset, ya._offset, xa._length, ya._length);
  c.clip();
  for (const s of layout.shapes ?? []) if (s.layer === 'below') shape(c, s, xa, ya, X, Y);
  bars.forEach((t, k) => bar(c, t, spans[k], X, Y, color(traces.indexOf(t)), look));
  traces.forEach((t, i) => t.type !== 'bar' && shown(i) && scatter(c, t, traces[i - 1], X, Y, color(i)));
  for (const s of layout.shapes ?? []) if (s.layer !== 'below') shape(c, s, xa, ya, X, Y);
  c.restore();
  for (const a of layout.annotations ?? []) label(c, a, xa, ya, X, Y, look);
}

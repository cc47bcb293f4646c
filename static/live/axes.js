// Ranges of the two axes. While a hand moves a slider they grow at once and never shrink; at rest they fit. A range that the
// user zoomed to stays until a double click.

const list = v => v !== null && typeof v === 'object';
const NAMES = ['xaxis', 'yaxis'];
const FLAT = 1e-6;         // of money: what is less apart is a line without height, and its axis goes from 0 to 1
export const isContinuous = axis => !axis?.type || ['linear', 'log'].includes(axis.type);

/** Lowest and highest value of all traces along one axis. Bars begin at 0 or their base, and add up where they are stacked. */
function extent({ traces, layout }, vertical) {
  let lo = Infinity, hi = -Infinity;
  const see = v => { if (v !== null && v < lo) lo = v; if (v !== null && v > hi) hi = v; };
  const stacked = ['stack', 'relative'].includes(layout.barmode), sums = new Map();
  for (const t of traces) {
    const [values, places] = vertical ? [t.y, t.x] : [t.x, t.y];
    if (!list(values) || !values.length) continue;
    if (t.type !== 'bar') {
      values.forEach(see);
      if (vertical && t.fill === 'tozeroy') see(0);
    } else if ((t.orientation === 'h') === vertical) {                       // across the bars: half a bar more on both sides
      const half = (t.width ?? (values[1] - values[0] || 1)) / 2;
      for (const v of values) { see(v - half); see(v + half); }
    } else {
      see(0);
      values.forEach((v, i) => {
        const key = `${places[i]}${v < 0 ? '-' : '+'}`, base = list(t.base) ? t.base[i] : t.base ?? 0;
        const end = base + v + (stacked ? sums.get(key) ?? 0 : 0);
        if (stacked) sums.set(key, end);
        see(end);
      });
    }
  }
  return [lo, hi];
}

/** The range a figure asks for: its own, or what its data need. null: leave it to Plotly. */
export function wanted(spec, name) {
  const axis = spec.layout[name] ?? {}, vertical = name === 'yaxis';
  if (!isContinuous(axis)) return null;
  if (axis.range) return [...axis.range];
  let [lo, hi] = extent(spec, vertical);
  if (!isFinite(lo) || !isFinite(hi)) return [0, 1];
  if (axis.type === 'log') { lo = Math.log10(Math.max(lo, 1e-12)); hi = Math.log10(Math.max(hi, 1e-12)); }
  const points = spec.traces.some(t => t.type !== 'bar' && t.mode?.includes('markers'));
  const isValue = vertical !== spec.traces.some(t => t.orientation === 'h');
  if (axis.money && axis.type !== 'log' && hi - lo < FLAT) return lo < -FLAT ? [2 * lo, 0] : [0, lo > FLAT ? 2 * lo : 1];
  const pad = hi > lo ? (hi - lo) * (isValue ? 0.06 : points ? 0.03 : 0) : 0.5 * Math.abs(hi) || 0.5;
  return [isValue && lo === 0 ? 0 : lo - pad, isValue && hi === 0 && lo < 0 ? 0 : hi + pad];
}

export class Axes {
  constructor() { this.range = {}; this.user = {}; }

  /** Fit: what the figure asks for. Gives the ranges for a full draw. */
  fit(spec) {
    for (const a of NAMES) this.range[a] = wanted(spec, a);
    return this.shown();
  }

  /** Grow only. Gives the changes that Plotly must be told, or null; what grows gets some room so that it grows rarely. */
  grow(spec) {
    let changed = null;
    for (const a of NAMES) {
      const have = this.range[a], want = wanted(spec, a);
      if (!have || !want) continue;
      const up = have[1] >= have[0] ? 1 : -1, room = 0.2 * (want[1] - want[0]), next = [...have];
      if (up * (want[0] - have[0]) < 0) next[0] = want[0] === 0 ? 0 : want[0] - room;
      if (up * (want[1] - have[1]) > 0) next[1] = want[1] === 0 ? 0 : want[1] + room;
      if (next[0] === have[0] && next[1] === have[1]) continue;
      this.range[a] = next;
      if (!this.user[a]) (changed ??= {})[`${a}.range`] = next;
    }
    return changed;
  }

  shown() { return Object.fromEntries(NAMES.map(a => [a, this.user[a] ?? this.range[a]])); }

  /** A user's zoom or pan, from Plotly's event. Returns true when it was one. */
  hear(event) {
    let zoom = false;
    for (const a of NAMES) {
      const pair = event[`${a}.range`] ?? (`${a}.range[0]` in event ? [event[`${a}.range[0]`], event[`${a}.range[1]`]] : null);
      if (pair) { this.user[a] = pair.map(Number); zoom = true; }
    }
    return zoom;
  }

  /** Undo the user's zoom. Gives the change that Plotly must be told. */
  forget() {
    this.user = {};
    return Object.fromEntries(NAMES.filter(a => this.range[a]).map(a => [`${a}.range`, this.range[a]]));
  }
}

// Shared by all live components: payload -> objects, the page's theme, one loader for plotly.js and for the style sheet.

const HERE = new URL('.', import.meta.url);
const PLOTLY = new URL('../plotly-cartesian-4.1.1.min.js?v=4.1.1', HERE).href;
const STYLE = new URL('live.css', HERE).href;
const LIGHT = ['#0072b2', '#d55e00', '#e69f00', '#999999', '#cc79a7', '#009e73', '#56b4e9'];   // [theme] in config.toml

const once = {};
const element = (tag, props, done) => new Promise((resolve, reject) => {
  const e = Object.assign(document.createElement(tag), props);
  e.onload = () => resolve(done?.());
  e.onerror = () => reject(new Error(`cannot load ${props.src ?? props.href}`));
  document.head.appendChild(e);
});
export const plotly = () => once.plotly ??= element('script', { src: PLOTLY }, () => window.Plotly);
export const style = () => once.style ??= element('link', { rel: 'stylesheet', href: STYLE });

/** A small DOM builder: h('p.note', {title: 'x'}, child, 'text'). */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split('.'), e = document.createElement(name);
  if (classes.length) e.className = classes.join(' ');
  for (const [k, v] of Object.entries(props)) if (k in e) e[k] = v; else e.setAttribute(k, v);
  e.append(...children);
  return e;
}
export function text(e, value) { if (e.textContent !== value) e.textContent = value; }

const TYPES = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u4: Uint32Array, i2: Int16Array, u2: Uint16Array,
  i1: Int8Array, u1: Uint8Array };

/** The objects that ui.live.pack packed; `swap` replaces whole strings (colors). One copy of the arrays, for alignment. */
export function unpack(bytes, swap) {
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const blob = bytes.slice(4 + size).buffer;
  const arrays = head.arrays.map(([type, offset, rows, columns]) => {
    const T = TYPES[type], row = i => new T(blob, offset + i * columns * T.BYTES_PER_ELEMENT, columns);
    return rows < 0 ? row(0) : Array.from({ length: rows }, (_, i) => row(i));
  });
  const fill = o => {
    if (typeof o === 'string') return o.length === 7 && swap?.get(o.toLowerCase()) || o;
    if (o === null || typeof o !== 'object') return o;
    if (Array.isArray(o)) { for (let i = 0; i < o.length; i++) o[i] = fill(o[i]); return o; }
    if ('$a' in o) return arrays[o.$a];
    for (const k in o) o[k] = fill(o[k]);
    return o;
  };
  return fill(head.value);
}

/** The theme as the page has it now. The same object comes back until it changes. */
let known = { key: '' };
export function theme(el) {
  const css = getComputedStyle(el), get = name => css.getPropertyValue(name).trim();
  const key = [get('--st-text-color'), get('--st-background-color'), get('--st-chart-categorical-colors'), get('--st-font'),
    css.fontSize].join();
  if (key === known.key) return known;
  const colors = get('--st-chart-categorical-colors').split(',').map(c => c.trim());
  known = { key, colors, text: get('--st-text-color'), background: get('--st-background-color'), font: get('--st-font'),
    grid: get('--st-border-color') || 'rgba(128,128,128,.25)', size: Math.max(12, 0.75 * parseFloat(css.fontSize) || 12),
    swap: new Map(LIGHT.map((c, i) => [c, colors[i] ?? c])) };
  return known;
}

/** Whether a pointer holds a slider. While it does, axes do not shrink and Plotly does not redraw. */
export const hand = Object.assign(new EventTarget(), { isDown: false, set(down) {
  if (down === this.isDown) return;
  this.isDown = down;
  if (!down) this.dispatchEvent(new Event('release'));
} });

export const nextFrame = () => new Promise(resolve => requestAnimationFrame(resolve));
export const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Streamlit also calls the clean-up of a call that a newer one overtook: close only what has left the document. */
export const gone = (parent, close) => setTimeout(() => parent.isConnected || close());

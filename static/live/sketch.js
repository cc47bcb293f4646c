// A line drawn by hand: a finger or the mouse drags across the picture, or the arrow keys move its points one by one; what was
// computed is drawn beside it once the prediction is made.

import { h, style, theme, gone } from './core.js';

const OPEN = 310, KEPT = 230, LEFT = 48, RIGHT = 16, TOP = 14, BOTTOM = 52;     // a finished line needs less room than a hand
const SVG = 'http://www.w3.org/2000/svg';
const sketches = new WeakMap();

function s(tag, attributes, ...children) {
  const e = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

class Sketch {
  constructor(parent) {
    this.root = h('div.sf-sketch');
    parent.append(this.root);
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.root);
  }

  update(cfg, key, look, tell) {
    this.tell = tell;
    if (this.key === key && this.look === look) return;
    if (this.key !== key) { this.cfg = cfg; if (!this.isDown) this.values = [...cfg.values]; }
    Object.assign(this, { key, look });
    this.draw();
  }

  get isOpen() { return !this.cfg.computed.length; }
  get height() { return this.isOpen ? OPEN : KEPT; }
  X(i) { return LEFT + (this.width - LEFT - RIGHT) * (i + 0.5) / this.cfg.x.length; }
  Y(v) { return TOP + (this.height - TOP - BOTTOM) * (1 - v / this.cfg.high); }
  say(v) { return v === null ? 'not drawn yet' : `${v.toFixed(1)} ${this.cfg.unit}`; }

  draw() {
    this.width = this.root.clientWidth;
    if (!this.cfg || !this.width) return;
    const { x, high, xTitle, yTitle, unit, computed } = this.cfg, { text, grid, colors, size } = this.look;
    const focused = [...this.root.querySelectorAll('circle[role]')].indexOf(document.activeElement);
    const note = (words, px, py, anchor = 'middle', more = {}) =>
      s('text', { x: px, y: py, 'text-anchor': anchor, fill: text, 'font-size': size, ...more }, words);
    const parts = [0, 1, 2, 3].map(k => high * k / 3).flatMap(v => [
      s('line', { x1: LEFT, x2: this.width - RIGHT, y1: this.Y(v), y2: this.Y(v), stroke: grid }), note(`${Math.round(v)}`, LEFT - 6, this.Y(v) + 4, 'end')]);
    parts.push(...x.map((label, i) => note(label, this.X(i), this.height - BOTTOM + 26)), note(xTitle, (LEFT + this.width) / 2, this.height - 6),
      note(`${yTitle} (${unit})`, 0, 0, 'middle', { transform: `translate(12 ${(TOP + this.height - BOTTOM) / 2}) rotate(-90)` }));
    parts.push(this.mine = s('path', { fill: 'none', stroke: colors[0], 'stroke-width': 3 }));
    if (!this.isOpen) {
      parts.push(s('path', { fill: 'none', stroke: colors[1], 'stroke-width': 3, d: this.path(computed) }),
        ...computed.map((v, i) => s('circle', { cx: this.X(i), cy: this.Y(v), r: 4, fill: colors[1] })));
    }
    this.dots = x.map((label, i) => this.dot(label, i));
    this.hint = note('Draw here: drag from left to right', (LEFT + this.width) / 2, TOP + 60);
    const svg = s('svg', { width: this.width, height: this.height, role: 'group', 'aria-label': `${yTitle} by ${xTitle}` }, ...parts, ...this.dots, this.hint);
    if (this.isOpen) this.listen(svg);
    this.root.replaceChildren(svg, this.legend(colors));
    this.move();
    if (focused >= 0) this.dots[focused].focus();
  }

  legend(colors) {
    const entry = (color, words) => h('span', {}, h('i', { style: `background:${color}` }), words);
    return h('p.sf-sketch-key', {}, entry(colors[0], 'your line'), ...(this.isOpen ? [] : [entry(colors[1], 'computed')]));
  }

  dot(label, i) {
    const e = s('circle', { r: this.isOpen ? 9 : 5, fill: this.look.colors[0], cx: this.X(i) });
    if (!this.isOpen) return e;
    for (const [name, value] of Object.entries({ role: 'slider', tabindex: 0, 'aria-label': `${this.cfg.yTitle} at ${label}`,
      'aria-orientation': 'vertical', 'aria-valuemin': 0, 'aria-valuemax': this.cfg.high })) e.setAttribute(name, value);
    e.onkeydown = event => {
      const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -1e9, End: 1e9 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.put(i, (this.values[i] ?? 0) + by * this.cfg.high / 60);
      this.send();
    };
    return e;
  }

  /** Only what a drag changes. */
  move() {
    this.mine.setAttribute('d', this.path(this.values));
    this.hint.style.display = this.isOpen && this.values.every(v => v === null) ? '' : 'none';
    this.dots.forEach((e, i) => {
      e.setAttribute('cy', this.Y(this.values[i] ?? 0));
      e.setAttribute('fill-opacity', this.values[i] === null ? 0.25 : 1);
      e.setAttribute('aria-valuenow', this.values[i] ?? 0);
      e.setAttribute('aria-valuetext', this.say(this.values[i]));
    });
  }

  path(values) {
    let pen = 'M';
    return values.map((v, i) => {
      if (v === null) { pen = 'M'; return ''; }
      const step = `${pen}${this.X(i).toFixed(1)} ${this.Y(v).toFixed(1)}`;
      pen = 'L';
      return step;
    }).join('');
  }

  put(i, v) {
    this.values[i] = Math.min(this.cfg.high, Math.max(0, v));
    this.move();
  }

  listen(svg) {
    svg.style.touchAction = 'pan-y';
    const place = event => {
      const box = svg.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top, n = this.cfg.x.length;
      const i = Math.min(n - 1, Math.max(0, Math.floor((px - LEFT) / (this.width - LEFT - RIGHT) * n)));
      return { i, v: (1 - (py - TOP) / (this.height - TOP - BOTTOM)) * this.cfg.high };
    };
    const go = event => {                                    // a quick hand skips points: they lie on the way
      const to = place(event), from = this.last ?? to, n = Math.abs(to.i - from.i);
      for (let k = 0; k <= n; k++) this.put(from.i + Math.sign(to.i - from.i) * k, from.v + (to.v - from.v) * (n ? k / n : 1));
      this.last = to;
    };
    svg.onpointerdown = event => { this.isDown = true; this.last = null; svg.setPointerCapture(event.pointerId); go(event); };
    svg.onpointermove = event => { if (this.isDown) go(event); };
    svg.onpointerup = svg.onpointercancel = () => { if (this.isDown) { this.isDown = false; this.send(); } };
  }

  send() { this.tell('values', this.values.map(v => v === null ? null : Number(v.toFixed(2)))); }

  close() { this.watcher.disconnect(); this.root.remove(); }
}

export default async function ({ parentElement, data, setStateValue }) {
  await style();
  let it = sketches.get(parentElement);
  if (!it) sketches.set(parentElement, it = new Sketch(parentElement));
  const key = new TextDecoder().decode(data);
  it.update(JSON.parse(key), key, theme(it.root), setStateValue);
  return () => gone(parentElement, () => { it.close(); sketches.delete(parentElement); });
}

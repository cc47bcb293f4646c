// One chart: its takeaway, Plotly's drawing, and the quick drawing over it while a slider moves.

import { h, text, plotly, nextFrame } from './core.js';
import { canDraw, draw } from './draw.js';
import { Axes } from './axes.js';
import { copyFrame } from './frame.js';
import { moneyTicks } from './money.js';

const CONFIG = { displayModeBar: false, doubleClick: false, responsive: false, scrollZoom: false };
const POINTLESS = { x: [null], y: [null], text: '', customdata: null };      // no points, but a color bar and a legend
const PASSING = ['range', 'shapes', 'annotations'];

/** What of a layout stands around the traces: ticks, titles, margins. */
const dressOf = layout => JSON.stringify(layout, (name, value) => PASSING.includes(name) ? undefined : value);

export class Chart {
  constructor(onClick) {
    this.axes = new Axes();
    this.title = h('b');
    this.takeaway = h('span.sf-takeaway');
    this.plot = h('div.sf-plot', { role: 'img' });
    this.canvas = h('canvas.sf-quick', { ariaHidden: 'true' });
    this.ghost = h('div.sf-ghost', { ariaHidden: 'true' });
    this.front = this.plot;                        // whose axes the canvas shows: the plot's, or the ghost's once they grew
    const save = format => h('button.sf-save',
      { type: 'button', textContent: format.toUpperCase(), onclick: () => this.download(format) });
    this.saves = [save('png'), save('svg')];
    this.root = h('figure.sf-chart', {}, h('figcaption', {}, this.title, this.takeaway, h('span.sf-saves', {}, ...this.saves)),
      h('div.sf-stage', {}, this.plot, this.ghost, this.canvas));
    this.onClick = onClick;
    this.quick = false;
    this.own = 0;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.plot);
  }

  /** Text and layout frame; cheap when nothing changed. */
  label(spec) {
    text(this.title, spec.title);
    text(this.takeaway, spec.takeaway ?? '');
    if (this.height !== spec.height) this.plot.style.height = `${this.height = spec.height}px`;
    const alt = spec.alt || `${spec.title}. ${spec.takeaway ?? ''}`;
    if (this.alt !== alt) this.plot.setAttribute('aria-label', this.alt = alt);
    if (this.named !== spec.title) {
      this.named = spec.title;
      for (const b of this.saves) b.setAttribute('aria-label', `Save “${spec.title}” as ${b.textContent}`);
    }
  }

  layout(spec, look, ranges) {
    const axis = name => ({ gridcolor: look.grid, zerolinecolor: look.grid, linecolor: look.grid, automargin: false,
      ...spec.layout[name], ...(ranges[name] ? { range: [...ranges[name]], autorange: false, ...this.ticks(spec, name, ranges[name]) } : {}) });
    return { margin: { l: 56, r: 14, t: 8, b: 40 }, showlegend: false, hoverlabel: { align: 'left' }, dragmode: 'zoom',
      bargap: 0.2, ...spec.layout, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', colorway: look.colors,
      font: { color: look.text, family: look.font, size: look.size, ...spec.layout.font }, height: spec.height, autosize: true,
      uirevision: 'keep', xaxis: axis('xaxis'), yaxis: axis('yaxis') };
  }

  /** The ticks of an axis of money in a range; nothing for any other, which Plotly ticks by itself. */
  ticks(spec, name, range) {
    const { money, type } = spec.layout[name] ?? {};
    return money ? moneyTicks(range, money, type === 'log') : {};
  }

  /** A change of ranges, with the ticks that go with them. */
  ticked(change) {
    const all = { ...change };
    for (const name of ['xaxis', 'yaxis']) {
      const range = change[`${name}.range`], ticks = range ? this.ticks(this.spec, name, range) : {};
      for (const key in ticks) all[`${name}.${key}`] = ticks[key];
    }
    return all;
  }

  /** Quick when that is possible, else the whole of it. */
  async show(spec, look, quickly) {
    this.spec = spec;
    this.look = look;
    this.label(spec);
    if (quickly && this.drawn && canDraw(spec)) return this.drawQuick();
    return this.drawFully();
  }

  drawQuick() {
    const grown = this.axes.grow(this.spec), dress = dressOf(this.spec.layout);
    if (grown || dress !== this.dress) this.grow(grown ?? {}, dress);
    const full = this.front._fullLayout, data = this.plot._fullData, { width, height } = full, ratio = devicePixelRatio;
    const c = this.canvas;
    this.frame ??= copyFrame(this.front, width, height, ratio);
    if (c.width !== this.frame.width || c.height !== this.frame.height) {
      Object.assign(c, { width: this.frame.width, height: this.frame.height });
      Object.assign(c.style, { width: `${width}px`, height: `${height}px` });
    }
    const context = this.context ??= c.getContext('2d');
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, c.width, c.height);
    context.drawImage(this.frame, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(context, full, this.spec, this.look, i => (data[i]?.visible ?? true) === true);
    if (!this.quick) { this.quick = true; this.root.classList.add('sf-is-quick'); }
    this.behind = true;
  }

  /** New axes or labels, by a second plot without points: the real one would have to move a thousand that nobody sees. */
  grow(change, dress) {
    const bare = { width: this.plot.offsetWidth, shapes: [], annotations: [] };
    const layout = { ...this.layout(this.spec, this.look, this.axes.shown()), ...bare }, look = dressOf(layout);
    this.dress = dress;
    if (this.ghostLook === look) window.Plotly.relayout(this.ghost, change);
    else window.Plotly.react(this.ghost, this.spec.traces.map(t => ({ ...t, ...POINTLESS })), layout, CONFIG);
    this.ghostLook = look;
    this.front = this.ghost;
    this.frame = null;
  }

  /** Plotly's own drawing of the newest figure, with axes that fit. */
  async drawFully() {
    const Plotly = await plotly(), spec = this.spec;
    this.behind = false;
    this.front = this.plot;
    this.frame = null;
    this.dress = dressOf(spec.layout);
    await Plotly.react(this.plot, spec.traces, this.layout(spec, this.look, this.axes.fit(spec)), CONFIG);
    if (!this.drawn) this.listen();
    this.drawn = true;
    if (this.behind) return;                                       // a newer value came meanwhile: it is on the canvas
    if (this.quick) { this.quick = false; this.root.classList.remove('sf-is-quick'); }
  }

  /** Our own change of an axis, not to be taken for a user's zoom. */
  async relayout(change) {
    this.frame = null;
    this.own++;
    await window.Plotly.relayout(this.plot, change);
    this.own--;
  }

  listen() {
    this.plot.on('plotly_relayout', event => {
      this.frame = null;
      if (this.own || !this.axes.hear(event)) return;
      const shown = Object.entries(this.axes.user).map(([name, range]) => [`${name}.range`, range]);
      if (this.spec.layout.xaxis?.money || this.spec.layout.yaxis?.money) this.relayout(this.ticked(Object.fromEntries(shown)));
    });
    this.plot.on('plotly_restyle', () => { this.frame = null; });
    this.plot.on('plotly_doubleclick', () => this.relayout(this.ticked(this.axes.forget())));
    this.plot.on('plotly_click', ({ points: [p] }) => this.onClick(this.spec.id, { trace: p.curveNumber, point: p.pointNumber }));
  }

  async resize() {
    const { offsetWidth: w, offsetHeight: q } = this.plot;
    if (!this.drawn || !w || (w === this.w && q === this.q)) return;
    Object.assign(this, { w, q, front: this.plot, ghostLook: '', frame: null });
    await nextFrame();
    window.Plotly.Plots.resize(this.plot).catch(() => { this.w = 0; });  // it has left the page: when it is back, that is new
    if (this.quick) this.drawQuick();
  }

  async download(format) {
    const Plotly = await plotly(), { offsetWidth: width, offsetHeight: height } = this.plot, { spec, look } = this;
    const layout = { ...this.layout(spec, look, this.axes.shown()), paper_bgcolor: look.background, width, height: height + 40,
      title: { text: [spec.title, spec.takeaway].filter(Boolean).join(': '), font: { size: look.size }, x: 0.01 } };
    layout.margin = { ...layout.margin, t: layout.margin.t + 40 };
    const file = { format, filename: `shortfall-${spec.id}`, width, height: height + 40, scale: 2 };
    await Plotly.downloadImage({ data: spec.traces, layout }, file);
  }

  close() {
    this.observer.disconnect();
    for (const plot of [this.plot, this.ghost]) if (plot._fullLayout) window.Plotly.purge(plot);
    this.root.remove();
  }
}

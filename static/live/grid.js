// Some charts side by side: drawn quickly while values come in, by Plotly when they stop.

import { h, nextFrame, hand } from './core.js';
import { Chart } from './chart.js';

const REST = 180;          // ms without a new value: Plotly draws
const BUDGET = 10;         // ms of drawing before the other charts wait for the next frame

export class Grid {
  /** `onClick(chart id, {trace, point})`; `onRest()` after everything is drawn and nothing new came. */
  constructor(onClick, onRest) {
    this.root = h('div.sf-grid');
    this.charts = new Map();
    this.turn = 0;
    Object.assign(this, { onClick, onRest });
    this.onRelease = () => this.restSoon();
    hand.addEventListener('release', this.onRelease);
  }

  arrange(specs, columns) {
    this.root.style.setProperty('--sf-columns', columns);
    const ids = new Set(specs.map(s => s.id));
    for (const [id, chart] of this.charts) if (!ids.has(id)) { chart.close(); this.charts.delete(id); }
    specs.forEach(({ id }, i) => {
      let chart = this.charts.get(id);
      if (!chart) this.charts.set(id, chart = new Chart((...click) => this.onClick(...click)));
      if (this.root.children[i] !== chart.root) this.root.insertBefore(chart.root, this.root.children[i] ?? null);
    });
  }

  /** In order: the first chart comes first when time is short. A newer call overtakes an older one. */
  async draw(specs, look, quickly) {
    const turn = ++this.turn;
    clearTimeout(this.rest);
    let began = performance.now();
    for (const spec of specs) {
      if (performance.now() - began > BUDGET) { await nextFrame(); began = performance.now(); }
      if (turn !== this.turn) return;
      const done = this.charts.get(spec.id).show(spec, look, quickly);
      if (!quickly) await done;
    }
    this.root.dataset.turn = turn;
    this.restSoon();
  }

  restSoon() {
    clearTimeout(this.rest);
    if (!hand.isDown) this.rest = setTimeout(() => this.drawFully(this.turn), REST);
  }

  async drawFully(turn) {
    for (const chart of this.charts.values()) {
      if (turn !== this.turn) return;
      if (chart.behind) { await chart.drawFully(); await nextFrame(); }
    }
    if (turn !== this.turn) return;
    this.root.dataset.drawn = turn;
    this.onRest?.();
  }

  close() {
    hand.removeEventListener('release', this.onRelease);
    this.turn++;
    clearTimeout(this.rest);
    for (const chart of this.charts.values()) chart.close();
  }
}

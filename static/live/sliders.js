// A panel of sliders that report while they are dragged. Back-pressure: one message is on its way at a time, and the next to go
// has the newest values; the server's echo of its number comes in the same React commit as the new charts.

import { h, style, gone } from './core.js';
import { Slider } from './slider.js';
import { channelOf } from './channel.js';
import { carriedTo, forget, note } from './moves.js';

const LOST = 1000;         // ms after which a missing echo is given up
const panels = new WeakMap();

class Panel {
  constructor(parent) {
    this.root = parent.appendChild(h('div.sf-panel'));
    this.sliders = new Map();
    this.values = {};
    Object.assign(this, { number: 0, flying: 0, last: -1e9, timer: 0, want: null });
  }

  /** A new value from the hand; `final` when it was let go. */
  take(key, value, final) {
    this.values[key] = [value, this.sliders.get(key).cfg.generation];
    note(key, value);
    const channel = channelOf(this.data.panel), throughTheFragment = () => {
      this.want = { moved: key, final };
      if (final) this.emit(); else this.kick();
    };
    if (final) channel?.stop();
    else if (channel?.send(this.plainValues(), this.data.throttle, throughTheFragment, labels => this.label(labels))) return;
    throughTheFragment();
  }

  label(labels) { for (const key in labels) this.sliders.get(key)?.rename(labels[key]); }

  plainValues() { return Object.fromEntries(Object.entries(this.values).map(([key, [value]]) => [key, value])); }

  kick() {
    if (this.timer || !this.want) return;
    const now = performance.now();
    let wait = this.data.throttle - (now - this.last);
    if (this.flying) wait = Math.max(wait, LOST - (now - this.flying));
    if (wait <= 0) this.emit();
    else this.timer = setTimeout(() => { this.timer = 0; this.kick(); }, this.flying ? Math.min(wait, 50) : wait);
  }

  emit() {
    clearTimeout(this.timer);
    this.timer = 0;
    const want = this.want;
    this.want = null;
    this.last = this.flying = performance.now();
    this.send('state', { ...want, n: ++this.number, values: { ...this.values } });
  }

  update(data, send) {
    if (!this.data) this.number = data.n;
    this.data = data;
    this.send = send;
    if (this.flying && data.n >= this.number) {
      this.flying = 0;
      clearTimeout(this.timer);
      this.timer = 0;
      this.kick();
    }
    const free = !this.flying && !this.want;
    for (const cfg of data.sliders) {
      const slider = this.sliders.get(cfg.key);
      if (!slider) this.add(cfg);
      else if (slider.update(cfg, free)) { delete this.values[cfg.key]; forget(cfg.key); }
    }
    this.arrange(data.sliders);
  }

  /** A new slider; it goes on from where it was moved to before the page opened itself again. */
  add(cfg) {
    const slider = new Slider(cfg, (value, final) => this.take(cfg.key, value, final)), value = carriedTo(cfg.key);
    this.sliders.set(cfg.key, slider);
    if (value === undefined) return;
    slider.show(value);
    this.take(cfg.key, value, true);
  }

  /** In order, folds included; nothing is touched while the order is the same. */
  arrange(list) {
    const order = list.map(s => `${s.fold}:${s.key}`).join();
    if (order === this.order) return;
    this.order = order;
    const folds = new Map([...this.root.querySelectorAll('details')].map(d => [d.firstChild.textContent, d]));
    const items = [];
    for (const { key, fold } of list) {
      const { root } = this.sliders.get(key);
      if (!fold) { items.push(root); continue; }
      let box = items.find(e => e.firstChild?.textContent === fold && e.localName === 'details');
      if (!box) {
        items.push(box = folds.get(fold) ?? h('details.sf-fold'));
        box.replaceChildren(h('summary', { textContent: fold }));
      }
      box.append(root);
    }
    this.root.replaceChildren(...items);
    const keys = new Set(list.map(s => s.key));
    for (const [key, slider] of this.sliders) {
      if (keys.has(key)) continue;
      slider.letGo();
      this.sliders.delete(key);
      delete this.values[key];
    }
  }

  close() {
    clearTimeout(this.timer);
    for (const slider of this.sliders.values()) slider.letGo();
    this.root.remove();
  }
}

const ready = style(), text = new TextDecoder();

export default async function ({ parentElement, data, setStateValue }) {
  if (!ready.done) { await ready; ready.done = true; }
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, panel = new Panel(parentElement));
  panel.update(JSON.parse(text.decode(data)), setStateValue);
  return () => gone(parentElement, () => { panel.close(); panels.delete(parentElement); });
}

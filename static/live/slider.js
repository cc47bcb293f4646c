// One slider: label, help, reset, number box, range input. Tells its panel each new value; knows nothing of the server.

import { h, text, hand } from './core.js';
import { readNumber, exact, withUnit } from './number.js';

const POSITIONS = 400;     // of a logarithmic slider
let ids = 0;

export class Slider {
  constructor(cfg, tell) {
    const id = `sf-slider-${++ids}`;
    this.tell = tell;
    this.label = h('label', { htmlFor: id });
    this.range = h('input', { type: 'range', id });
    this.box = h('input.sf-box', { type: 'text', autocomplete: 'off', spellcheck: false });
    this.unit = h('span.sf-unit');
    this.back = h('button.sf-icon', { type: 'button', textContent: '↺' });
    this.ask = h('button.sf-icon', { type: 'button', textContent: '?', ariaExpanded: 'false' });
    this.help = h('p.sf-help', { id: `${id}-help`, hidden: true });
    this.note = h('p.sf-note', { id: `${id}-note`, role: 'alert', hidden: true });
    this.root = h('div.sf-slider', {}, h('div.sf-row', {}, this.label, this.ask, this.back, this.box, this.unit), this.range,
      this.note, this.help);
    this.held = false;
    this.dress(cfg);
    this.listen();
  }

  listen() {
    const { range, box } = this, reset = () => { this.say(''); this.show(this.cfg.reset); this.tell(this.cfg.reset, true); };
    const moved = final => () => {
      const x = this.valueAt(Number(range.value));
      this.say('');
      this.show(x, false);
      this.tell(x, final);
    };
    range.oninput = moved(false);
    range.onchange = moved(true);
    range.onpointerdown = () => { this.held = true; hand.set(true); };
    range.onpointerup = range.onpointercancel = range.onblur = () => this.letGo();
    range.ondblclick = this.back.onclick = reset;
    this.ask.onclick = () => { this.help.hidden = !this.help.hidden; this.ask.ariaExpanded = String(!this.help.hidden); };
    box.onchange = () => this.typed();
  }

  letGo() {
    if (this.held) hand.set(false);
    this.held = false;
  }

  typed() {
    const { min, max, name, unit } = this.cfg, read = readNumber(this.box.value, unit);
    if (!read || read.value < min || read.value > max) {
      return this.say(`${name} must be ${this.format(min)} to ${this.format(max)}.`);
    }
    this.say('');
    this.show(read.value);
    if (read.isOpen) this.say(`Read as ${this.format(read.value)}.`, false);
    this.tell(read.value, true);
  }

  /** A sentence at the control: what is wrong and what is allowed, or how something was read. */
  say(message, isWrong = true) {
    text(this.note, message);
    this.note.hidden = !message;
    this.note.classList.toggle('sf-read', !isWrong);
    if (message && isWrong) this.box.setAttribute('aria-invalid', 'true'); else this.box.removeAttribute('aria-invalid');
    this.isRefused = Boolean(message) && isWrong;
  }

  valueAt(position) {
    const { min, max, step, log } = this.cfg;
    const x = log ? Number((min * (max / min) ** (position / POSITIONS)).toPrecision(3))
      : Number((min + Math.round((position - min) / step) * step).toPrecision(12));
    return Math.min(max, Math.max(min, x));
  }

  position(value) {
    const { min, max, log } = this.cfg;
    return log ? Math.log(value / min) / Math.log(max / min) * POSITIONS : value;
  }

  format(value) { return withUnit(value, this.cfg.digits, this.cfg.unit); }

  /** Whether a hand is in the box: what stands there then is its user's. */
  isTyping() { return document.activeElement === this.box; }

  show(value, withRange = true, withBox = true) {
    this.value = value;
    if (withRange) this.range.value = this.position(value);
    if (withBox) this.box.value = exact(value, this.cfg.digits);
    this.speak();
    const away = Math.abs(value - this.cfg.reset) > 1e-9 * Math.abs(value);
    if (away !== this.away) this.back.style.visibility = (this.away = away) ? 'visible' : 'hidden';
  }

  /** The value for who hears the page: the number, and what stands beside the name. */
  speak() {
    const beside = this.cfg.label.slice(this.cfg.name.length);
    this.range.setAttribute('aria-valuetext', this.format(this.value) + beside);
  }

  /** What changed on the server; the value only when the hand is elsewhere, and then a refusal of what stood there goes. */
  update(cfg, free) {
    const forced = cfg.generation !== this.cfg.generation;
    this.dress(cfg);
    if (forced || (free && !this.held && !this.isTyping())) {
      this.show(cfg.value);
      if (this.isRefused && cfg.note === this.told) this.say(cfg.note);
    }
    if (cfg.note !== this.told) this.say(this.told = cfg.note);
    return forced;
  }

  /** Another label while a hand moves; the next one from the fragment counts. */
  rename(label) { text(this.label, label); this.cfg = { ...this.cfg, label }; this.speak(); }

  dress(cfg) {
    const old = this.cfg, { label, name, help, min, max, step, log, unit, reset } = this.cfg = cfg, { range, box, ask, back } = this;
    if (old && ['label', 'name', 'help', 'min', 'max', 'step', 'unit', 'reset', 'digits'].every(k => old[k] === cfg[k])) return;
    text(this.label, label);
    text(this.unit, unit.trim());
    text(this.help, help);
    Object.assign(range, log ? { min: 0, max: POSITIONS, step: 1 } : { min, max, step });
    range.ariaLabel = name;
    Object.assign(box, { inputMode: min < 0 ? 'text' : 'decimal', ariaLabel: `${name}, exact` });    // some keypads have no minus
    box.setAttribute('aria-describedby', this.note.id);
    const longest = Math.max(...[min, max, reset, min + step].map(x => exact(x, cfg.digits).length));
    box.style.width = `${longest * 0.62 + 1.4}em`;
    Object.assign(back, { ariaLabel: `Reset ${name}`, title: `Back to ${this.format(reset)}` });
    Object.assign(ask, { ariaLabel: `What is “${name}”?`, title: help, hidden: !help });
    ask.setAttribute('aria-controls', this.help.id);
    if (help) range.setAttribute('aria-describedby', this.help.id);
    this.show(old ? this.value : cfg.value, true, !this.isTyping());
  }
}

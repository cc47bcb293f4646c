// Plays a cascade from one message: every step has a sentence, and each trace shows its part of the story up to that step.

import { h, text, unpack, theme, style, plotly, gone, isStill } from './core.js';
import { Grid } from './grid.js';
import { wanted } from './axes.js';

const SPEEDS = [1, 4, 15, 60];                      // steps a second
const WHOLE = 30;                                   // seconds of a whole film
const READABLE = 3;                                 // steps a second at which a sentence can be read
const SHORT = 40;                                   // steps that are shown one by one
const players = new WeakMap();

/** A trace at step k: `upto[k]` of its points, and row k of whatever stands in `frames`. */
function traceAt({ upto, frames, ...trace }, k) {
  const t = { ...trace };
  if (frames) for (const name in frames) t[name] = frames[name][k];
  if (upto) for (const name of ['x', 'y', 'text', 'customdata']) if (t[name]?.length) t[name] = t[name].slice(0, upto[k]);
  return t;
}

/** The axes of a chart hold every step, so that nothing jumps. */
function fixed(chart, steps) {
  const every = chart.traces.flatMap(t => t.frames ? Array.from({ length: steps }, (_, k) => traceAt(t, k)) : [t]);
  const layout = { ...chart.layout }, spec = { traces: every, layout: { ...layout, barmode: 'overlay' } };
  for (const name of ['xaxis', 'yaxis']) {
    const range = wanted(spec, name);
    if (range) layout[name] = { ...layout[name], range };
  }
  return { ...chart, layout };
}

class Player {
  constructor(parent) {
    const button = (textContent, title, onclick) => h('button.sf-button', { type: 'button', textContent, title, onclick });
    this.play = button('Play', 'Play from here', () => this.timer ? this.stop() : this.start());
    this.scrub = h('input', { type: 'range', min: 0, step: 1, ariaLabel: 'Step' });
    this.scrub.oninput = () => this.jump(Number(this.scrub.value));
    this.count = h('output');
    this.speed = h('select', { ariaLabel: 'Speed' }, ...SPEEDS.map(s => h('option', { value: s, textContent: `${s} a second` })),
      h('option', { value: 0, textContent: 'all in half a minute' }));
    this.speed.onchange = () => { this.chosen = true; if (this.timer) this.start(); };
    this.sentence = h('p.sf-sentence', { role: 'status' });
    this.grid = new Grid((chart, point) => this.trigger('click', { chart, ...point }));
    this.root = h('section.sf-player', {}, h('div.sf-transport', { role: 'group', ariaLabel: 'Playback' }, this.play,
      button('Next', 'Next liquidation', () => this.jump(this.k + 1)),
      button('Round', 'Next round', () => this.jump(this.nextRound())),
      button('Start', 'Back to the start', () => this.jump(0)), this.scrub, this.count, this.speed), this.sentence, this.grid.root);
    parent.append(this.root);
    this.k = 0;
    this.timer = 0;
  }

  update(data, look, trigger) {
    this.trigger = trigger;
    if (this.data === data && this.look === look) return;
    if (this.data !== data) this.stop();
    Object.assign(this, { data, look });
    const { sentences, running, rounds, columns, charts } = unpack(data, look.swap);
    Object.assign(this, { sentences, running, rounds, charts: charts.map(c => fixed(c, sentences.length)) });
    this.scrub.max = this.last = Math.max(0, sentences.length - 1);
    if (!this.chosen) this.speed.value = isStill() || this.last <= SHORT ? SPEEDS[0] : 0;
    this.grid.arrange(charts, columns);
    this.go(Math.min(this.k, this.last), false);
  }

  go(k, quickly = true) {
    this.k = Math.max(0, Math.min(this.last, k));
    this.scrub.value = this.k;
    this.scrub.ariaValueText = `${this.k} of ${this.last}: ${this.sentences[this.k] ?? ''}`;
    text(this.count, `${this.k} / ${this.last}`);
    text(this.sentence, (this.isFast ? this.running : this.sentences)[this.k] ?? '');
    this.grid.draw(this.charts.map(c => ({ ...c, traces: c.traces.map(t => traceAt(t, this.k)) })), this.look, quickly);
  }

  jump(k) { this.stop(); this.go(k); }

  nextRound() {
    let k = this.k;
    while (k < this.last && this.rounds[k] === this.rounds[this.k]) k++;
    return k;
  }

  start() {
    this.stop();
    if (this.k >= this.last) this.go(0);
    const aSecond = Number(this.speed.value) || Math.max(1, this.last / WHOLE);
    const from = this.k, began = performance.now(), rate = aSecond / 1000;
    this.isFast = aSecond > READABLE;
    this.sentence.ariaLive = 'off';                                      // not every step of a film is read out
    text(this.play, 'Pause');
    const tick = now => {
      const k = from + Math.floor((now - began) * rate);
      if (k > this.k) this.go(k);
      if (this.k >= this.last) this.stop(); else this.timer = requestAnimationFrame(tick);
    };
    this.timer = requestAnimationFrame(tick);
  }

  stop() {
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    if (this.isFast) {
      this.isFast = false;
      text(this.sentence, this.sentences[this.k] ?? '');
    }
    this.sentence.ariaLive = 'polite';
    text(this.play, 'Play');
  }

  close() { this.stop(); this.grid.close(); this.root.remove(); }
}

const ready = Promise.all([style(), plotly()]);

export default async function ({ parentElement, data, setTriggerValue }) {
  if (!ready.done) { await ready; ready.done = true; }
  let player = players.get(parentElement);
  if (!player) players.set(parentElement, player = new Player(parentElement));
  player.update(data, theme(player.root), setTriggerValue);
  return () => gone(parentElement, () => { player.close(); players.delete(parentElement); });
}

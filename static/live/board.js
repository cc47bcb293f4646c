// Headline, numbers and charts in one element: one message, never out of step with each other.

import { h, text, unpack, theme, style, plotly, gone } from './core.js';
import { Grid } from './grid.js';
import { openChannel, channelOf, closeChannels } from './channel.js';

const boards = new WeakMap();
let ids = 0;

class Board {
  constructor(parent) {
    this.headline = h('p.sf-headline');
    this.tips = h('div.sf-tips');
    this.spoken = h('p.sf-spoken', { role: 'status' });
    this.numbers = h('dl.sf-numbers');
    this.grid = new Grid((chart, point) => this.trigger('click', { chart, ...point }),
      () => text(this.spoken, this.headline.textContent));              // read out once the hand rests, not at every step
    this.root = h('section.sf-board', {}, this.headline, this.tips, this.spoken, this.numbers, this.grid.root);
    parent.append(this.root);
  }

  update(data, look, trigger) {
    this.trigger = trigger;
    if (this.data === data && this.look === look) return;
    const quickly = this.look === look;                                  // not the first time, and not in a new theme
    Object.assign(this, { data, look });
    const { channel } = this.show(data, quickly);
    if (channel) openChannel(channel.panel, channel.token, this, picture => channelOf(channel.panel).label(this.show(picture, true).labels ?? {}));
  }

  /** A message of the fragment, or of the channel while a hand moves. */
  show(data, quickly) {
    const payload = unpack(data, this.look.swap), { headline, words, numbers, columns, charts } = payload;
    this.say(headline, words);
    this.write(numbers);
    this.grid.arrange(charts, columns);
    this.grid.draw(charts, this.look, quickly);
    return payload;
  }

  /** The sentence; a word in it that is a term becomes a button, and its definition stands beside the sentence, not in it. */
  say(headline, words) {
    const said = JSON.stringify([headline, words]);
    if (said === this.said) return;
    this.said = said;
    const parts = [], tips = [];
    let rest = headline;
    for (const [word, definition] of words) {
      const at = rest.indexOf(word), id = `sf-word-${++ids}`;
      const button = h('button.sf-term', { type: 'button', textContent: word, 'aria-describedby': id });
      const tip = h('span.sf-tip', { id, role: 'tooltip', textContent: definition });
      const show = on => {
        const box = button.getBoundingClientRect();
        tip.style.setProperty('--x', `${Math.min(box.left, innerWidth - 380)}px`);
        tip.style.setProperty('--y', `${box.bottom + 4}px`);
        tip.classList.toggle('sf-shown', on);
      };
      button.onmouseenter = button.onfocus = button.onclick = () => show(true);
      button.onmouseleave = button.onblur = () => show(false);
      button.onkeydown = event => { if (event.key === 'Escape') show(false); };
      parts.push(rest.slice(0, at), button);
      tips.push(tip);
      rest = rest.slice(at + word.length);
    }
    this.headline.replaceChildren(...parts, rest);
    this.tips.replaceChildren(...tips);
  }

  write(numbers) {
    while (this.numbers.children.length > numbers.length) this.numbers.lastChild.remove();
    numbers.forEach(([name, value], i) => {
      const row = this.numbers.children[i] ?? this.numbers.appendChild(h('div', {}, h('dt'), h('dd')));
      text(row.firstChild, name);
      text(row.lastChild, value);
    });
  }

  close() { closeChannels(this); this.grid.close(); this.root.remove(); }
}

const ready = Promise.all([style(), plotly()]);

export default async function ({ parentElement, data, setTriggerValue }) {
  if (!ready.done) { await ready; ready.done = true; }
  let board = boards.get(parentElement);
  if (!board) boards.set(parentElement, board = new Board(parentElement));
  board.update(data, theme(board.root), setTriggerValue);
  return () => gone(parentElement, () => { board.close(); boards.delete(parentElement); });
}

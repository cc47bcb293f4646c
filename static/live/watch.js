// Asks the server whether this page's session is there (ui/live/watch.py). If it has ended, what is on the screen belongs to nobody,
// and the page opens itself again from its link, with what was moved since this page was last known to be heard.

import { h, text, style } from './core.js';
import { keep } from './moves.js';

const ASK = 5000;          // ms between two questions
const PATIENCE = 8000;     // ms without an answer: the connection is lost, whatever the browser believes
const AGAIN = 1000;        // ms before a lost connection is tried again
const SLOW = 2000;         // ms without a connection before it is said
const AWAY = 15000;        // ms in which the network is there and Streamlit's page has not found back
const TWICE = 30000;       // ms within which a page does not open itself again a second time
const TOLD = 15000;        // ms for which a page that opened itself again says so
const GONE = 4001;
const WHEN = 'shortfall:reopened', TELL = 'shortfall:tell';

const LOST = 'The connection to the server is lost: what you move now is not computed yet. This page goes on by itself as soon as the server answers.';
const REOPENED = 'The connection was lost for a while. This page was opened again from its link; a precise run has to be started again.';
const MOVED = 'The connection was lost for a while. This page was opened again from its link, with what you moved last; a precise run has to be started again.';
const STUCK = 'The server no longer knows this page. Reload it; your settings are in its address.';

const bar = h('p.sf-lost', { role: 'status', hidden: true });
function say(sentence) {
  if (!bar.isConnected) document.body.append(bar);
  text(bar, sentence);
  bar.hidden = !sentence;
}

function reopen(heard) {
  const before = Number(sessionStorage.getItem(WHEN)), hasMoves = keep(heard);
  if (Date.now() - before < TWICE) return say(STUCK);
  sessionStorage.setItem(WHEN, String(Date.now()));
  sessionStorage.setItem(TELL, hasMoves ? MOVED : REOPENED);
  location.reload();
}

class Watch {
  constructor() { Object.assign(this, { token: '', since: 0, away: 0, back: 0, known: 0, heard: 0 }); }

  follow({ token, back }, tell) {
    Object.assign(this, { known: back, tell });
    if (token === this.token) return;
    this.token = token;
    this.connect();
  }

  connect() {
    this.drop();
    const url = new URL('watch', document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = this.socket = new WebSocket(url, [this.token]);
    this.wait(this.lost, PATIENCE);
    socket.onmessage = ({ data }) => this.hear(data);
    socket.onclose = ({ code }) => code === GONE ? this.end() : this.lost();
  }

  /** One thing to come at a time: the next question, or the end of patience. */
  wait(what, ms) { clearTimeout(this.timer); this.timer = setTimeout(() => what.call(this), ms); }

  drop() {
    clearTimeout(this.timer);
    if (this.socket) this.socket.onclose = this.socket.onmessage = null;
    this.socket?.close();
    this.socket = null;
  }

  ask() {
    if (this.socket?.readyState !== WebSocket.OPEN) return this.connect();
    this.socket.send('?');
    this.wait(this.lost, PATIENCE);
  }

  hear(word) {
    const now = Date.now();
    const isHere = word === 'here';
    if (isHere && (this.since || this.away)) { this.back = now; say(''); }
    this.wasHere ||= isHere;
    this.away = isHere ? 0 : this.away || now;
    if (isHere) Object.assign(this, { since: 0, heard: now });
    else if (this.wasHere && now - Math.min(this.away, this.since || now) >= SLOW) say(LOST);  // the server answers, and not for this page
    if (this.wasHere && this.away && now - this.away > AWAY) return this.end();
    if (word === 'here' && this.back > this.known) this.wait(this.runAgain, AGAIN / 2);
    else this.wait(this.ask, this.away ? AGAIN : ASK);
  }

  /** What was moved while nobody heard it is on the screen and not computed: the whole page runs, until the server has said so. */
  runAgain() {
    this.tell('back', this.back);
    this.wait(this.ask, AGAIN);
  }

  lost() {
    const wasFound = this.wasHere;
    this.drop();
    if (!wasFound) return;                      // this server has no such way: nothing to say
    this.since ||= Date.now();
    if (Date.now() - this.since >= SLOW) say(LOST);
    this.wait(this.connect, AGAIN);
  }

  end() { this.drop(); reopen(this.heard); }

  /** What is moved while nobody hears it is told of at once. */
  moved() { if (this.wasHere && (this.since || this.away)) say(LOST); }

  /** The laptop wakes up, the network is back: ask at once. */
  wake() { if (this.wasHere && !document.hidden) this.ask(); }
}

const watch = new Watch();
window.addEventListener('online', () => watch.wake());
document.addEventListener('visibilitychange', () => watch.wake());
document.addEventListener('input', () => watch.moved(), true);
style();
const told = sessionStorage.getItem(TELL);
if (told) {
  sessionStorage.removeItem(TELL);
  say(told);
  setTimeout(() => watch.since || say(''), TOLD);
}

export default function ({ data, setStateValue }) {
  watch.follow(JSON.parse(new TextDecoder().decode(data)), setStateValue);
}

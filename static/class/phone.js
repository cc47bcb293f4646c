// A student's phone: joins a class, shows the question of the teacher's step, keeps one answer, and shows what comes of it. What there
// is to show comes over a websocket, whole, whenever it has changed and after every loss; an answer is kept when the server says so.

const $ = id => document.getElementById(id), main = $('main'), NS = 'http://www.w3.org/2000/svg';
const GONE = 4001, ELSEWHERE = 4002, FIRST = 400, SLOWEST = 4000;          // closing codes; ms between two tries
const HANGS = 10000;                                                       // ms without an answer: a lost network says nothing
let code = '', token = '', shown = '', draft = null, wait = FIRST;
let confirmed = {};                                        // by question: what the server has said is kept

/** An element: h('p.said', {}, 'text'). */
function h(what, attributes = {}, ...children) {
  const [tag, kind] = what.split('.'), e = document.createElement(tag);
  if (kind) e.className = kind;
  for (const [name, value] of Object.entries(attributes)) name in e ? e[name] = value : e.setAttribute(name, value);
  e.append(...children.filter(child => child !== null));
  return e;
}
function s(tag, attributes, ...children) {
  const e = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}
const rest = ms => new Promise(done => setTimeout(done, ms));
const key = () => `shortfall:class:${code}`;
const lost = sentence => { $('lost').textContent = sentence; $('lost').hidden = !sentence; };
const title = words => h('h1', { tabIndex: -1 }, words);
function put(...parts) {
  main.replaceChildren(...parts.filter(part => part !== null));
  main.querySelector('h1')?.focus();
}
const nth = n => `${n}${n % 100 > 10 && n % 100 < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;
const unit = (ask, v) => ask.unit === '$' ? `$${v}` : ask.unit ? `${v} ${ask.unit}` : `${v}`;

/** Ask the server until it answers; `still` tells whether that is still wanted. */
async function post(way, sent, still = () => true) {
  for (let pause = FIRST; still(); pause = Math.min(2 * pause, SLOWEST)) {
    try {
      const answer = await fetch(`class/${way}`, { method: 'POST', body: JSON.stringify({ code, ...sent }), signal: AbortSignal.timeout(HANGS) });
      if (answer.status < 429) { lost(''); return await answer.json(); }
    } catch { /* no connection: again */ }
    lost('No connection to the class at the moment. This page tries again by itself.');
    await rest(pause + Math.random() * pause);
  }
  return null;
}

// coming in

function open() {
  code = decodeURIComponent(location.hash.slice(1)).toUpperCase().replace(/[^A-Z0-9]/g, '').slice(0, 8);
  $('code').textContent = code;
  if (!code) return askCode('');
  token = localStorage.getItem(key()) ?? '';
  return token ? listen() : welcome();
}

function askCode(said) {
  const box = h('input', { type: 'text', id: 'given', autocomplete: 'off', autocapitalize: 'characters', maxLength: 8 });
  const form = h('form', {}, h('label', { htmlFor: 'given' }, 'Code on the big screen'), box, h('button', {}, 'Go on'));
  form.onsubmit = event => {
    event.preventDefault();
    const next = `#${box.value.trim()}`;
    if (location.hash === next) open(); else location.hash = next;
  };
  put(title('Join a class'), h('p', { role: 'alert' }, said), form);
}

async function welcome() {
  const told = await post('about', {});
  if (told.refused) return askCode(told.refused);
  const box = h('input', { type: 'text', id: 'name', maxLength: 20, autocomplete: 'off' });
  const form = h('form', {}, ...(told.has_names ? [h('label', { htmlFor: 'name' }, 'Nickname, if you like; everybody sees it'), box] : []), h('button', {}, 'Join'));
  form.onsubmit = async event => {
    event.preventDefault();
    form.querySelector('button').disabled = true;
    const joined = await post('join', { name: box.value });
    if (joined.refused) return askCode(joined.refused);
    token = joined.token;
    localStorage.setItem(key(), token);
    listen();
  };
  put(title('A class that predicts together'), h('p', {}, told.has_names ? '' : 'Nothing about you is asked: you are a number.'), form);
}

// what there is to show

function listen() {
  const url = new URL(`class/live?code=${code}`, document.baseURI);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url, [token]);
  socket.onmessage = ({ data }) => { wait = FIRST; lost(''); show(JSON.parse(data)); };
  socket.onclose = async event => {
    if (event.code === ELSEWHERE) return put(title('This class is open in another tab'), h('p', {}, 'Go on there, or reload this page.'));
    if (event.code === GONE) return gone();
    lost('The connection is lost. This page comes back to the class by itself.');
    await rest(wait + Math.random() * wait);
    wait = Math.min(2 * wait, SLOWEST);
    return listen();
  };
}

function gone() {
  localStorage.removeItem(key());
  shown = '';
  put(title('This class is over'), h('p', {}, 'It was deleted, with every answer in it.'));
}

function show(state) {
  $('who').textContent = `number ${state.number}`;
  // What is told may have been read before an answer was kept, and come after that was said.
  const { question, result } = state, mine = state.mine ?? (!result && confirmed[question?.name]), at = [question?.name, Boolean(result), Boolean(mine), state.is_over].join();
  if (at === shown) return;                                  // what is half typed stays
  shown = at;
  if (state.is_over) return over(state);
  if (!question) return put(title('You are in'), h('p', {}, 'The first question comes in a moment, here on this page.'));
  draft = null;
  if (result) return revealed(state);
  return mine ? kept(question, mine.value) : asking(question);
}

const words = question => [title(question.title), h('p', {}, question.rule), h('p.scene', {}, question.scene), h('p.question', {}, question.question)];

function asking(question) {
  const said = h('p', { role: 'alert' }), button = h('button', {}, question.ask.kind === 'settings' ? 'These are my settings' : 'That is my guess'), form = h('form', {}, FIELDS[question.ask.kind](question.ask), said, button);
  form.onsubmit = async event => {
    event.preventDefault();
    button.disabled = true;
    said.textContent = '';
    const here = shown, told = await post('answer', { token, question: question.name, value: draft }, () => shown === here);
    button.disabled = false;
    if (!told || shown !== here) return;                     // the class has gone on
    if (told.refused) { said.textContent = told.refused; return; }
    confirmed[question.name] = { value: told.kept };
    shown = [question.name, false, true, false].join();
    kept(question, told.kept);
  };
  put(...words(question), form);
}

const FIELDS = {
  number(ask) {
    const box = h('input', { type: 'text', id: 'guess', inputMode: 'decimal', autocomplete: 'off', maxLength: 40 });
    box.oninput = () => { draft = box.value; };
    const named = { $: ' in dollars', '%': ' in percent' }[ask.unit] ?? '';
    return h('div', {}, h('label', { htmlFor: 'guess' }, `Your guess${named}`), box);
  },
  slider(ask) {
    const out = h('output', { htmlFor: 'guess' }, 'move it'), box = h('input', { type: 'range', id: 'guess', min: ask.least, max: ask.most, step: 1 });
    box.value = ask.least;
    box.oninput = () => { draft = box.value; out.textContent = unit(ask, draft); box.setAttribute('aria-valuetext', out.textContent); };
    return h('div', {}, h('label', { htmlFor: 'guess' }, 'Your guess'), out, box);
  },
  choice(ask) {
    const options = Object.entries(ask.options).map(([name, label]) => {
      const box = h('input', { type: 'radio', name: 'guess', value: name });
      box.onchange = () => { draft = name; };
      return h('label.option', {}, box, label);
    });
    return h('fieldset', { style: 'border:0;padding:0;margin:0' }, h('legend', {}, 'Your choice'), ...options);
  },
  line(ask) {
    draft = ask.x.map(() => null);
    return sketch(ask, draft, null);
  },
  settings(ask) {
    const chosen = ask.fields.map(field => field.start), keep = () => { draft = chosen.join('~'); };
    keep();
    return h('div', {}, ...ask.fields.map((field, at) => {
      const { words, shown } = field, id = `set-${field.name}`, out = h('output', { htmlFor: id });
      const box = h('input', { type: 'range', id, min: 0, max: words.length - 1, step: 1 });
      const told = () => { out.textContent = shown[box.value]; box.setAttribute('aria-valuetext', out.textContent); };
      box.value = words.indexOf(field.start);
      box.oninput = () => { chosen[at] = words[box.value]; told(); keep(); };
      told();
      return h('div.setting', {}, h('label', { htmlFor: id }, field.label), out, box);
    }));
  },
};

/** A line drawn by hand, or with `computed` the finished one beside it. */
function sketch(ask, mine, computed) {
  const W = 358, H = 260, L = 34, B = 44, n = ask.x.length, X = i => L + (W - L - 8) * (i + .5) / n, Y = v => 10 + (H - 10 - B) * (1 - v / ask.high);
  const label = x => ask.x_unit === 'x' ? `${x}x` : `${x}`;
  const path = values => values.map((v, i) => v === null ? '' : `${i && values[i - 1] !== null ? 'L' : 'M'}${X(i)} ${Y(v)}`).join('');
  const line = (values, color) => s('path', { fill: 'none', stroke: `var(--${color})`, 'stroke-width': 3, d: path(values) });
  const note = (text, x, y, anchor) => s('text', { x, y, 'text-anchor': anchor ?? 'middle' }, text);
  const own = line(mine, 'mine'), dots = ask.x.map((x, i) => s('circle', { cx: X(i), r: computed ? 4 : 9, fill: 'var(--mine)' }));
  const move = () => {
    own.setAttribute('d', path(mine));
    dots.forEach((dot, i) => {
      dot.setAttribute('cy', Y(mine[i] ?? 0));
      dot.setAttribute('fill-opacity', mine[i] === null ? .3 : 1);
      if (computed) return;
      dot.setAttribute('aria-valuenow', mine[i] ?? 0);
      dot.setAttribute('aria-valuetext', mine[i] === null ? 'not drawn yet' : `${mine[i].toFixed(1)} ${ask.unit}`);
    });
  };
  const set = (i, v) => { mine[i] = Math.min(ask.high, Math.max(0, v)); move(); };
  const svg = s('svg', { viewBox: `0 0 ${W} ${H}`, role: computed ? 'img' : 'group', 'aria-label': `${ask.y_title} by ${ask.x_title}` },
    ...[0, 1, 2, 3].map(k => ask.high * k / 3).flatMap(v => [s('line', { x1: L, x2: W - 8, y1: Y(v), y2: Y(v), stroke: 'var(--line)', 'stroke-opacity': .5 }), note(`${Math.round(v)}`, L - 5, Y(v) + 4, 'end')]),
    ...ask.x.map((x, i) => note(label(x), X(i), H - B + 18)), note(`${ask.x_title}${ask.x_unit === 'x' ? '' : ` (${ask.x_unit})`}`, (L + W) / 2, H - 6), own, ...(computed ? [line(computed, 'computed')] : []), ...dots);
  move();
  if (!computed) {
    dots.forEach((dot, i) => {
      for (const [name, value] of Object.entries({ role: 'slider', tabindex: 0, 'aria-label': `${ask.y_title} at ${label(ask.x[i])}`, 'aria-orientation': 'vertical', 'aria-valuemin': 0, 'aria-valuemax': ask.high })) dot.setAttribute(name, value);
      dot.onkeydown = event => {
        const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
        if (!by) return;
        event.preventDefault();
        set(i, (mine[i] ?? 0) + by * ask.high / 60);
      };
    });
    let last = null;
    const go = event => {                                    // a quick finger skips points: they lie on the way
      const box = svg.getBoundingClientRect(), f = W / box.width, at = (event.clientX - box.left) * f;
      const i = Math.min(n - 1, Math.max(0, Math.floor((at - L) / (W - L - 8) * n))), v = (1 - ((event.clientY - box.top) * f - 10) / (H - 10 - B)) * ask.high;
      const from = last ?? { i, v }, far = Math.abs(i - from.i);
      for (let k = 0; k <= far; k++) set(from.i + Math.sign(i - from.i) * k, from.v + (v - from.v) * (far ? k / far : 1));
      last = { i, v };
    };
    svg.style.touchAction = 'none';
    svg.onpointerdown = event => { last = null; svg.setPointerCapture(event.pointerId); go(event); };
    svg.onpointermove = event => { if (event.buttons) go(event); };
  }
  return h('div', {}, h('p.scene', {}, `${computed ? 'Your line is blue, the computed one orange' : 'Drag across the picture from left to right'}; upward: ${ask.y_title} (${ask.unit}).`), svg);
}

const values = text => text.split('~').map(Number);
function said(ask, value) {
  if (ask.kind === 'choice') return ask.options[value] ?? value;
  return { line: 'your line', settings: 'your settings' }[ask.kind] ?? unit(ask, value);
}

function kept(question, value) {
  put(...words(question), h('p.said', { role: 'status' }, h('b', {}, `Kept: ${said(question.ask, value)}.`), ' Now wait for the others; the answer comes here.'));
}

function revealed({ question, result, mine }) {
  const { ask } = question, own = mine ? mine.told : `${result.computed ? `Computed: ${result.computed}. ` : ''}You did not answer this one.`;
  const place = mine?.place ? h('p.place', {}, `${nth(mine.place)} of ${result.n}`) : null;
  const most = Math.max(1, ...Object.values(result.counts ?? {}));
  const votes = Object.entries(result.counts ?? {}).map(([name, n]) =>
    h('div', {}, h('p.scene', {}, `${n} of ${result.n}: ${ask.options[name]}`), h('div.bar', { style: `width:${100 * n / most}%` })));
  const picture = ask.kind === 'line' ? sketch(ask, mine ? values(mine.value) : ask.x.map(() => null), result.line) : null;
  put(title(question.title), h('p.question', {}, question.question), h('p.said', { role: 'status' }, own), place, picture, ...votes, h('p.scene', {}, result.why));
}

function over({ final, of, number }) {
  const [place, points] = final ?? [of, 0];
  put(title('That was the class'), h('p.place', {}, `${nth(place)} of ${of}`), h('p', {}, `You were number ${number}, with ${Math.round(points)} points. Thank you.`));
}

addEventListener('hashchange', () => location.reload());
open();

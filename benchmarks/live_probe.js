// Runs in the measured page before anything else: when was the input, when was its answer painted, what went missing?

(() => {
  const P = window.probe = { errors: 0 };
  const sockets = [];
  let pointer = 0, input = 0, sent = 0, shown = 0, running = false;

  addEventListener('error', () => P.errors++);
  addEventListener('unhandledrejection', () => P.errors++);
  addEventListener('pointermove', e => { pointer = e.timeStamp; }, true);
  addEventListener('input', e => { if (e.target.type === 'range') input = pointer; }, true);

  // The value that goes out is that of the newest input. Answers on the short way come in order, one at a time; a run of
  // the fragment is answered before the next one is asked for.
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.isLane = this.url.includes('/live/');
      sockets.push(this);
      if (this.isLane) this.addEventListener('message', () => { shown = sent; });
    }
    send(data) {
      if (input) { sent = input; input = 0; if (!this.isLane) shown = sent; }
      return super.send(data);
    }
  };
  P.isOpen = () => sockets.some(s => s.isLane && s.readyState === 1);

  // One channel for good: a new one each time is never given back, and the probe would be what makes the memory grow.
  const after = new MessageChannel(), waiting = [];
  after.port1.onmessage = () => waiting.shift()();

  /** Note the latency once the coming frame is painted; each input counts once. */
  const painted = list => {
    const from = shown;
    if (!running || !from || list.last === from) return;
    list.last = from;
    requestAnimationFrame(() => { waiting.push(() => list.push(performance.now() - from)); after.port2.postMessage(0); });
  };

  P.start = () => {
    Object.assign(P, { headline: [], charts: [], remounts: 0, faded: 0, missing: 0, frames: 0, longest: 0 });
    shown = sent = input = 0;
    running = true;
    const board = document.querySelector('.sf-board'), grid = board.querySelector('.sf-grid');
    const holder = board.closest('[data-testid=stElementContainer]'), plots = [...board.querySelectorAll('.sf-plot')];
    const watch = (node, list, options) => {
      const observer = new MutationObserver(() => painted(list));
      observer.observe(node, options);
      return observer;
    };
    const observers = [
      watch(board.querySelector('.sf-headline'), P.headline, { childList: true, characterData: true, subtree: true }),
      watch(grid, P.charts, { attributes: true, attributeFilter: ['data-turn'] }),
    ];
    P.stop = () => { running = false; observers.forEach(o => o.disconnect()); };
    let last = performance.now();
    const look = now => {
      if (!running) return;
      P.frames++;
      P.longest = Math.max(P.longest, now - last);
      last = now;
      P.remounts += plots.some(plot => !plot.isConnected);
      P.faded += getComputedStyle(holder).opacity < 1;
      P.missing += plots.some(plot => !isDrawn(plot.closest('.sf-chart')));
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };

  /** A chart shows its canvas, which has a size from the first drawing on, or Plotly's drawing. */
  function isDrawn(chart) {
    const quick = chart?.querySelector('.sf-quick'), svg = chart?.querySelector('.main-svg');
    if (!svg) return false;
    return chart.classList.contains('sf-is-quick') || chart.querySelector('.sf-is-quick') ? quick?.width > 0 : svg.childElementCount > 0;
  }
})();

// What a hand has moved goes along when a page opens itself again: the server that has gone may not have heard it, and then it is
// not in the link.

const KEPT = 'shortfall:moved';
const OLD = 60000;         // ms after which nothing of before is put back
const moves = new Map();   // slider key -> [value, when]
const opened = Date.now();
const carried = carriedHere();

export function note(key, value) { moves.set(key, [value, Date.now()]); }
export function forget(key) { moves.delete(key); }

/** Keep for the next page what was moved since a moment; says whether there is any. */
export function keep(since) {
  const late = [...moves].filter(([, [, when]]) => when > since).map(([key, [value]]) => [key, value]);
  sessionStorage.setItem(KEPT, JSON.stringify({ page: location.pathname, at: Date.now(), moves: late }));
  return late.length > 0;
}

function carriedHere() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  sessionStorage.removeItem(KEPT);
  return new Map(kept?.page === location.pathname && opened - kept.at < OLD ? kept.moves : []);
}

/** Where a slider was moved to before the page opened itself again; once, else undefined. */
export function carriedTo(key) {
  const value = Date.now() - opened < OLD ? carried.get(key) : undefined;
  carried.delete(key);
  return value;
}

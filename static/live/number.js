// Reads a number as it is typed anywhere, and writes one as it is in force; ui/settings/numbers.py reads whole numbers alike.

const GROUP = /[\s'’]/;                                            // between groups of three: a space of any kind, an apostrophe
const PLAIN = /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** The number and whether its mark could have been read otherwise, or null for what is none.
 *  "7,5" is 7.5. Where both marks stand, the last is the decimal one: "1.000,5" is 1000.5. A mark that comes twice parts thousands,
 *  and so does a single comma before exactly three digits, as the page itself writes: "100,000" is 100000, "0,125" is 0.125. */
export function readNumber(raw, unit = '') {
  let s = raw.trim().replace(/[−–]/g, '-').replace(/^\+/, '');
  unit = unit.trim();
  if (unit && s.toLowerCase().endsWith(unit.toLowerCase())) s = s.slice(0, -unit.length).trim();
  if (unit === '$') s = s.replace(/^(-?)\$\s*/, '$1');
  if (GROUP.test(s)) {
    if (!/^-?\d{1,3}([\s'’]\d{3})+([.,]\d+)?$/.test(s)) return null;
    return finished(s.replace(/[\s'’]/g, '').replace(',', '.'));
  }
  const commas = s.split(',').length - 1, dots = s.split('.').length - 1;
  if (commas && dots) return mixed(s);
  if (commas > 1 || dots > 1) return /^-?[1-9]\d{0,2}(,\d{3}){2,}$|^-?[1-9]\d{0,2}(\.\d{3}){2,}$/.test(s) ? finished(s.replace(/[.,]/g, '')) : null;
  const isOpen = /^-?[1-9]\d{0,2}[.,]\d{3}$/.test(s);
  return finished(commas && isOpen ? s.replace(',', '') : s.replace(',', '.'), isOpen);
}

function mixed(s) {
  const point = s.lastIndexOf(',') > s.lastIndexOf('.') ? ',' : '.', part = point === ',' ? '.' : ',';
  const [whole, rest, ...more] = s.split(point);
  if (more.length || !whole.split(part).every((group, i) => i ? /^\d{3}$/.test(group) : /^-?[1-9]\d{0,2}$/.test(group))) return null;
  return finished(`${whole.split(part).join('')}.${rest}`);
}

function finished(s, isOpen = false) {
  const value = Number(s);
  return PLAIN.test(s) && Number.isFinite(value) ? { value, isOpen } : null;
}

/** A number with at least `digits` decimals, and all that it has up to six digits: 7.55, 25.0, 0.0192395. */
export function exact(value, digits) {
  const whole = Math.trunc(Math.abs(value)).toString().length, plain = Number(value.toPrecision(Math.max(6, whole + digits)));
  const [, decimals = ''] = plain.toString().split('.');
  return decimals.length > digits ? plain.toString() : plain.toFixed(digits);
}

/** A number with its unit for a sentence, its thousands parted: $1,000, 7.55x, 50 %. */
export function withUnit(value, digits, unit) {
  const [whole, decimals] = exact(value, digits).split('.'), sign = whole.startsWith('-') ? '−' : '';
  const text = whole.replace('-', '').replace(/\B(?=(\d{3})+$)/g, ',') + (decimals ? `.${decimals}` : '');
  return unit.trim() === '$' ? `${sign}$${text}` : `${sign}${text}${unit}`;
}

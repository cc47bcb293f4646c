// Ticks of an axis of money, as ui/frame/formats.py writes money: $0, $0.5M, $1M; coins without their name: 0, 500, 1,000.

const STEPS = [[1e12, 'tn'], [1e9, 'bn'], [1e6, 'M'], [1e3, 'k']];
const NICE = [1, 2, 2.5, 5, 10];

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is at least this. */
function nice(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return NICE.find(k => k * power >= least * (1 - 1e-9)) * power;
}

/** Write an amount in the unit of the axis, with the decimals that its step needs. */
function written(amount, step, most, currency) {
  const isUSD = currency === 'USD', [scale, unit] = STEPS.find(([s]) => most >= s && (isUSD || s >= 1e6)) ?? [1, ''];
  const digits = Math.max(0, -Math.floor(Math.log10(step / scale) + 1e-9)), size = Math.abs(amount) / scale;
  const needed = [digits, digits + 1].find(d => Math.abs(step / scale * 10 ** d % 1) < 1e-6) ?? digits;
  const text = size < 1e-9 ? '0' : size.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: needed }) + unit;
  return `${amount < 0 && text !== '0' ? '−' : ''}${isUSD ? '$' : ''}${text}`;
}

/** {tickvals, ticktext} for a range; on a logarithmic axis, whose range is in powers of ten, each power has its own unit. */
export function moneyTicks(range, currency, isLog, most = 5) {
  const [low, high] = [Math.min(...range), Math.max(...range)], tickvals = [], ticktext = [];
  if (!(high > low)) return { tickmode: 'array', tickvals, ticktext };
  if (isLog) {
    const by = Math.max(1, Math.ceil((high - low) / most));
    for (let k = Math.ceil(low - 1e-9); k <= high + 1e-9; k += by) {
      tickvals.push(10 ** k);
      ticktext.push(written(10 ** k, 10 ** k, 10 ** k, currency));
    }
  } else {
    const step = nice((high - low) / most), first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
    for (let k = first; k <= last; k++) {
      tickvals.push(k * step);
      ticktext.push(written(k * step, step, step * Math.max(Math.abs(first), Math.abs(last)), currency));
    }
  }
  return { tickmode: 'array', tickvals, ticktext };
}

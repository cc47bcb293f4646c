// What stands around the traces (grid, axes, titles, legend), copied from Plotly's SVG to a bitmap. While a slider moves the SVG
// is hidden and only the canvas is painted: the browser then has a few layers to look at instead of some hundred.

const SKIP = '.plot, .overplot, .shapelayer, .annotation, .draglayer, .hoverlayer, .zoomlayer, defs, .bg';

export function copyFrame(plot, width, height, ratio) {
  const bitmap = document.createElement('canvas');
  bitmap.width = Math.round(width * ratio);
  bitmap.height = Math.round(height * ratio);
  const c = bitmap.getContext('2d');
  for (const svg of plot.querySelectorAll('.main-svg')) for (const child of svg.children) copy(c, child, ratio);
  return bitmap;
}

function copy(c, node, ratio) {
  if (node.matches(SKIP)) return;
  if (node.localName === 'text') return label(c, node, ratio);
  if (node.localName === 'path' || node.localName === 'rect') return outline(c, node, ratio);
  for (const child of node.children) copy(c, child, ratio);
}

function place(c, node, ratio) {
  const m = node.getCTM();
  c.setTransform(m.a * ratio, m.b * ratio, m.c * ratio, m.d * ratio, m.e * ratio, m.f * ratio);
}

/** A fill as the canvas takes it; a color bar is filled with a gradient that stands elsewhere in the SVG. */
function ink(c, node, fill) {
  const gradient = document.getElementById(/#([^"')]+)/.exec(fill)?.[1] ?? '');
  if (!fill.startsWith('url') || !gradient) return fill;
  const box = node.getBBox(), at = name => parseFloat(gradient.getAttribute(name) ?? (name === 'x2' ? 1 : 0));
  const x = name => box.x + at(name) * box.width, y = name => box.y + at(name) * box.height;
  const paint = c.createLinearGradient(x('x1'), y('y1'), x('x2'), y('y2'));
  for (const stop of gradient.querySelectorAll('stop')) paint.addColorStop(stop.offset.baseVal, getComputedStyle(stop).stopColor);
  return paint;
}

function outline(c, node, ratio) {
  const css = getComputedStyle(node), width = parseFloat(css.strokeWidth);
  const path = new Path2D(node.getAttribute('d') ?? ''), n = name => node[name].baseVal.value;
  if (node.localName === 'rect') path.rect(n('x'), n('y'), n('width'), n('height'));
  place(c, node, ratio);
  c.globalAlpha = css.opacity;
  if (css.fill !== 'none') { c.fillStyle = ink(c, node, css.fill); c.globalAlpha = css.opacity * css.fillOpacity; c.fill(path); }
  if (css.stroke === 'none' || !(width > 0)) return;
  c.globalAlpha = css.opacity * css.strokeOpacity;
  c.strokeStyle = css.stroke;
  c.lineWidth = width;
  c.setLineDash(css.strokeDasharray === 'none' ? [] : css.strokeDasharray.split(',').map(parseFloat));
  c.stroke(path);
}

/** Every piece of text where the browser put it: line breaks, superscripts and anchors are already in the positions. */
function label(c, node, ratio) {
  place(c, node, ratio);
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  let start = 0;
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode, css = getComputedStyle(parentElement);
    if (start >= node.getNumberOfChars()) return;
    const { x, y } = node.getStartPositionOfChar(start);
    c.font = `${css.fontStyle} ${css.fontWeight} ${css.fontSize} ${css.fontFamily}`;
    c.fillStyle = css.fill;
    c.globalAlpha = css.opacity * css.fillOpacity;
    c.fillText(data, x, y);
    start += data.length;
  }
}

// Travels with every message, so it is short: the component itself is loaded once from static/live and kept.
let module_;
export default async component =>
  (await (module_ ??= import(new URL('app/static/live/NAME.js', document.baseURI).href))).default(component);

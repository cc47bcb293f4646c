// A teacher's right to a class: kept in this tab and given back after a loss, so that no address on a projector shows it.
const KEY = 'shortfall:teacher', WORDS = 'Copy the teacher’s link';

export default function ({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector('button');
  if (data.secret) sessionStorage.setItem(KEY, data.secret);
  if (data.forget) sessionStorage.removeItem(KEY);
  const kept = sessionStorage.getItem(KEY);
  if (!data.secret && kept) setTriggerValue('found', kept);
  if (button) button.onclick = async () => {
    const link = new URL(location.href);
    link.searchParams.set('teach', data.secret);
    await navigator.clipboard.writeText(link.href);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = WORDS; }, 1500);
  };
}

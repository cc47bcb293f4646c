// The button that copies the page's address.

// Streamlit pushes an entry for each change of the parameters; Back shall lead to the page before, not through drags.
if (!Object.hasOwn(history, 'pushState')) {
  const push = history.pushState;
  history.pushState = (state, title, url) => {
    const isHere = new URL(url, location.href).pathname === location.pathname;
    (isHere ? history.replaceState : push).call(history, state, title, url);
  };
}
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector('button');
  button.onclick = async () => {
    const bare = location.origin + location.pathname;
    await navigator.clipboard.writeText(location.search ? location.href : `${bare}?${data.link}`);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy link'; }, 1500);
  };
  button.disabled = false;
}

// Prints one of the page's sheets: the style sheet for paper shows the one that is named on the document.
export default function ({ parentElement }) {
  for (const button of parentElement.querySelectorAll('button')) {
    button.onclick = () => {
      document.documentElement.dataset.print = button.value;
      window.print();
    };
  }
}

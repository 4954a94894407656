// Corrects what Streamlit writes: text that may be of any script runs as its letters do, and a box that receives
// dropped files does not say that it is nothing.
const TEXTS = 'input[type="text"], input:not([type]), textarea, button p, [role="option"], [role="option"] p, summary p';
const DROP_BOX = '[data-testid="stFileUploaderDropzone"][role="presentation"]';

function correct() {
  for (const text of document.querySelectorAll(TEXTS)) if (!text.hasAttribute("dir")) text.dir = "auto";
  for (const box of document.querySelectorAll(DROP_BOX)) box.setAttribute("role", "group");
}

export default function () {
  let waiting = 0;
  const observer = new MutationObserver(() => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      correct();
    });
  });
  observer.observe(document.body, { childList: true, subtree: true });
  correct();
  return () => {
    observer.disconnect();
    cancelAnimationFrame(waiting);
  };
}

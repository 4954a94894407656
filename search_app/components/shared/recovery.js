// Loads the page again when Streamlit's script has lost it: a message for an element that its tree of elements does not
// hold ends the script, and leaves a blank page.  The URL holds what the page shows, so nothing is lost.
const AGAIN_MS = 10_000; // a page that is lost at once each time is not loaded for ever
const KEY = "nearspace-loaded-again";

export default function ({ data }) {
  if (window.nearspaceRecovers) return;
  window.nearspaceRecovers = true;
  const lost = new RegExp(data.lost);
  window.addEventListener("error", (event) => {
    if (!lost.test(event.message)) return;
    if (Date.now() - Number(sessionStorage.getItem(KEY)) < AGAIN_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    window.location.reload();
  });
}

// Tells Streamlit which of the buttons that card_actions.py draws was clicked.
export default function ({ setTriggerValue }) {
  const onClick = (event) => {
    const { action, item } = event.target.closest?.("button[data-action]")?.dataset ?? {};
    // Where there is a drawer, it opens by itself: the page stays as it is.
    if (action === "details" && document.documentElement.classList.contains("ns-details-ready")) return;
    if (action) setTriggerValue("click", { action, item });
  };
  document.addEventListener("click", onClick);
  document.documentElement.classList.add("ns-actions-ready");
  return () => {
    document.removeEventListener("click", onClick);
    document.documentElement.classList.remove("ns-actions-ready");
  };
}

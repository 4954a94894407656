// Tells Streamlit what is picked among the lab's own markup: the value of `data-pick` on what is clicked.
export default function ({ setTriggerValue }) {
  const picked = (event) => {
    const target = event.target.closest?.("[data-pick]");
    if (target) setTriggerValue("pick", target.dataset.pick);
  };
  document.addEventListener("click", picked);
  return () => document.removeEventListener("click", picked);
}

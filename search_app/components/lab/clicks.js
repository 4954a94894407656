// Tells Streamlit what is picked among the lab's own markup: the value of `data-pick` on what is clicked.
export default function ({ setTriggerValue }) {
  const picked = (event) => {
    const target = event.target.closest?.("[data-pick]");
    if (target) setTriggerValue("pick", target.dataset.pick);
  };
  document.addEventListener("click", picked);
  document.body.dataset.labPointing = "on"; // from here on no click is lost
  return () => {
    document.removeEventListener("click", picked);
    delete document.body.dataset.labPointing;
  };
}

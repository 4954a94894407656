// Reports clicks in the lab's own markup to Streamlit: the value of `data-action` of the clicked button.
export default function ({ setTriggerValue }) {
  const onClick = (event) => {
    const target = event.target.closest?.("[data-action]");
    if (target) setTriggerValue("click", target.dataset.action);
  };
  document.addEventListener("click", onClick);
  document.body.dataset.labClicks = "on"; // for tests: from now on no click is lost
  return () => {
    document.removeEventListener("click", onClick);
    delete document.body.dataset.labClicks;
  };
}

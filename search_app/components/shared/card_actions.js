// Tells Streamlit which of the buttons that acts.py draws has been pressed.
export default function ({ setTriggerValue }) {
  const press = (event) => {
    const { act, item } = event.target.closest?.("button[data-act]")?.dataset ?? {};
    if (act) setTriggerValue("press", { act, item });
  };
  document.addEventListener("click", press);
  document.documentElement.classList.add("ns-listens");
  return () => {
    document.removeEventListener("click", press);
    document.documentElement.classList.remove("ns-listens");
  };
}

// Runs once for each explorer on the page, `this` being its style element: what ipywidgets leaves out.
// Its sliders and Play buttons have no names for a screen reader, and Enter in its larger text box only starts a line.
const view = this.closest(".cnnlab-live");
const icons = { play: "Play", pause: "Pause", stop: "Stop, back to the start", retweet: "Repeat" };
const call = (part, name) => name && part.getAttribute("aria-label") !== name && part.setAttribute("aria-label", name);
const name = () => {
  for (const row of view.querySelectorAll(".widget-inline-hbox")) {
    const label = row.querySelector("label")?.textContent.trim();
    row.querySelectorAll("[role=slider]").forEach((handle) => call(handle, label));
    row.querySelectorAll(".widget-readout").forEach((box) => {
      box.setAttribute("role", "textbox");
      call(box, label && `${label}, typed`);
    });
    row.querySelectorAll(".widget-toggle-buttons > div").forEach((group) => {
      group.setAttribute("role", "group");
      call(group, label);
    });
  }
  for (const [icon, word] of Object.entries(icons)) {
    view.querySelectorAll(`.widget-play button:has(.fa-${icon})`).forEach((button) => call(button, word));
  }
};
if (view) {
  new MutationObserver(name).observe(view, { childList: true, subtree: true, attributeFilter: ["class"] });
  view.addEventListener("keydown", (event) => {
    if (event.target.tagName === "TEXTAREA" && event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }, true);
  name();
}

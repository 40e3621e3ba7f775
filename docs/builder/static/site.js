// What the theme's own script leaves out.
{
  const page = document.documentElement;

  // Which of the three buttons for colours holds, said to screen readers too.
  const say = () => {
    for (const button of document.querySelectorAll(".theme-change-button"))
      button.setAttribute("aria-pressed", String(button.dataset.mode === page.dataset.mode));
  };
  new MutationObserver(say).observe(page, {attributes: true, attributeFilter: ["data-mode"]});
  say();

  // Paper is white, whatever the screen is.
  const paper = matchMedia("print");
  let screen = page.dataset.theme;
  paper.addEventListener("change", () => {
    if (paper.matches) screen = page.dataset.theme;
    page.dataset.theme = paper.matches ? "light" : screen;
  });

  // On a phone both sidebars open as dialogs, for which only a keyboard has Esc.
  for (const sidebar of document.querySelectorAll("#pst-primary-sidebar, #pst-secondary-sidebar"))
    sidebar.insertAdjacentHTML("afterbegin", '<form method="dialog" class="close-menu"><button>Close</button></form>');
}

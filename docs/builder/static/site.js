// Which of the three buttons for colours holds, said to screen readers too: the theme's script sets only data-mode.
{
  const page = document.documentElement;
  const say = () => {
    for (const button of document.querySelectorAll(".theme-change-button"))
      button.setAttribute("aria-pressed", String(button.dataset.mode === page.dataset.mode));
  };
  new MutationObserver(say).observe(page, {attributes: true, attributeFilter: ["data-mode"]});
  say();
}

Reveal.initialize({
  width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true,
  transition: "none", backgroundTransition: "none", navigationMode: "linear", slideNumber: "c/t",
  pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
});

// reveal.js reads a whole slide out, with what is still hidden: an answer. Here only what can be seen.
const say = (part) => {
  const pictures = [...part.querySelectorAll("img:not(.cnnlab-moving img)")] // an explorer has its words beside it
    .filter((one) => getComputedStyle(one).visibility !== "hidden");
  document.querySelector(".unseen").textContent = [part.innerText, ...pictures.map((one) => one.alt)].join(" ");
};
Reveal.on("ready", (event) => say(event.currentSlide));
Reveal.on("slidechanged", (event) => {
  if (!event.currentSlide.contains(document.activeElement)) document.activeElement.blur();
  say(event.currentSlide);
});
Reveal.on("fragmentshown", (event) => say(event.fragment));
Reveal.on("fragmenthidden", () => say(Reveal.getCurrentSlide()));

// An explorer keeps its keys to itself, but for those of a presenter's clicker, and Escape, which leaves it.
addEventListener("keydown", (event) => {
  const turn = { PageDown: Reveal.next, PageUp: Reveal.prev, Escape: () => event.target.blur() }[event.key];
  if (!turn || !event.target.closest?.(".cnnlab-moving")) return;
  event.preventDefault();
  event.stopPropagation();
  turn();
}, true);

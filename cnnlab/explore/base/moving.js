// Runs once for each explorer that stands on a page without a kernel. Nothing is computed here: a control chooses one
// of the states that were drawn beforehand, and its picture and words are looked up.
(() => {
  const figure = document.currentScript.closest(".cnnlab-moving");
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const picture = figure.querySelector(".cnnlab-moving-picture");
  const words = figure.querySelector(".cnnlab-moving-words");
  const bar = figure.querySelector(".cnnlab-moving-controls");
  if (!bar.hidden) return; // it has run: some pages run the scripts of what they show a second time
  const inputs = [...bar.querySelectorAll("input, select")];
  const count = inputs.length;
  const images = [picture.querySelector("img")]; // the others are made when they are first asked for
  let state = data.states[data.start]; // a place for each control, then those of the picture and of the words

  const layer = (place) => {
    if (!images[place]) {
      images[place] = images[0].cloneNode();
      images[place].src = data.images[place];
    }
    return images[place];
  };

  // The places that control k can take while the controls before it stay where they are.
  const offered = (k) => {
    const fits = data.states.filter((one) => one.slice(0, k).every((place, j) => place === state[j]));
    return [...new Set(fits.map((one) => one[k]))];
  };

  // The state with control k at a place: the controls before it stay, those behind it move as little as they can.
  const moved = (k, place) => {
    const wanted = state.map((at, j) => (j === k ? place : at));
    let fits = data.states.filter((one) => one.slice(0, k + 1).every((at, j) => at === wanted[j]));
    for (let j = k + 1; j < count; j++) {
      const least = Math.min(...fits.map((one) => Math.abs(one[j] - wanted[j])));
      fits = fits.filter((one) => Math.abs(one[j] - wanted[j]) === least);
    }
    return fits[0];
  };

  const showControls = () => inputs.forEach((input, k) => {
    const places = offered(k);
    const word = data.values[k][state[k]];
    input.disabled = places.length < 2;
    if (input.type === "range") {
      input.max = places.length - 1;
      input.value = places.indexOf(state[k]);
      input.setAttribute("aria-valuetext", word);
      input.closest(".cnnlab-moving-control").querySelector(".cnnlab-moving-value").textContent = word;
    } else if (input.type === "checkbox") {
      input.checked = word === "on";
    } else {
      const there = [...input.options].map((option) => option.value);
      if (there.join() !== places.join()) { // a list that is open must not be built anew
        input.replaceChildren(...places.map((place) => new Option(data.values[k][place], place)));
      }
      input.value = state[k];
    }
  });

  // Picture, alternative text and words change together, when the picture is ready, unless another was asked for since.
  const showState = async () => {
    const asked = state;
    const stack = data.stacks[state[count]].map(layer);
    await Promise.allSettled(stack.map((image) => image.decode()));
    if (asked !== state) return;
    const text = data.words[state[count + 1]];
    stack.forEach((image, height) => { image.alt = height ? "" : text; });
    picture.replaceChildren(...stack);
    if (words.textContent !== text) words.textContent = text;
  };

  const chosen = (input, k) => {
    if (input.type === "range") return offered(k)[input.value];
    return input.type === "checkbox" ? data.values[k].indexOf(input.checked ? "on" : "off") : Number(input.value);
  };

  inputs.forEach((input, k) => input.addEventListener("input", () => {
    state = moved(k, chosen(input, k));
    showControls();
    showState();
  }));
  // The page around may have keys of its own: an arrow that moves a slider must not turn a slide. A presenter's clicker
  // sends Page Up and Page Down, and Escape leads out of things.
  bar.addEventListener("keydown", (event) => {
    const passes = ["Escape", "PageUp", "PageDown", "Tab"].includes(event.key);
    if (!passes && !event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
  figure.querySelector(".cnnlab-moving-still").remove();
  bar.hidden = false;
  showControls();
})();

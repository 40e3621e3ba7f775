// Runs once for each explorer that stands on a page without a kernel. Nothing is computed here: a control chooses one
// of the states that were drawn beforehand, and its picture and words are looked up.
(() => {
  const figure = document.currentScript.closest(".cnnlab-moving");
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const image = figure.querySelector("img");
  const words = figure.querySelector(".cnnlab-moving-words");
  const bar = figure.querySelector(".cnnlab-moving-controls");
  const inputs = [...bar.querySelectorAll("input, select")];
  const last = inputs.length;
  let state = data.states[0];

  // The places that control k can take while the controls before it stay where they are.
  const offered = (k) => {
    const fits = data.states.filter((one) => one.slice(0, k).every((place, j) => place === state[j]));
    return [...new Set(fits.map((one) => one[k]))].sort((a, b) => a - b);
  };

  // The state with control k at a place: those before it stay, those behind it stay or move as little as they can.
  const moved = (k, place) => {
    const wanted = [...state.slice(0, k), place, ...state.slice(k + 1, last)];
    let fits = data.states.filter((one) => one.slice(0, k + 1).every((at, j) => at === wanted[j]));
    for (let j = k + 1; j < last; j++) {
      const least = Math.min(...fits.map((one) => Math.abs(one[j] - wanted[j])));
      fits = fits.filter((one) => Math.abs(one[j] - wanted[j]) === least);
    }
    return fits[0];
  };

  const show = () => {
    const [below, above] = data.pictures[state[last]];
    image.src = data.images[above ?? below];
    image.style.backgroundImage = above === undefined ? "" : `url("${data.images[below]}")`;
    const text = data.words[state[last + 1]];
    if (image.alt !== text) {
      image.alt = text;
      words.textContent = text;
    }
    inputs.forEach((input, k) => {
      const places = offered(k);
      const word = data.values[k][state[k]];
      input.disabled = places.length < 2;
      if (input.type === "range") {
        input.max = places.length - 1;
        input.value = places.indexOf(state[k]);
        input.setAttribute("aria-valuetext", word);
        input.closest(".cnnlab-moving-control").querySelector(".cnnlab-moving-value").textContent = word;
      } else if (input.type === "checkbox") {
        input.checked = state[k] === 1;
      } else {
        input.replaceChildren(...places.map((place) => new Option(data.values[k][place], place)));
        input.value = state[k];
      }
    });
  };

  inputs.forEach((input, k) => input.addEventListener("input", () => {
    const place = input.type === "range" ? offered(k)[input.value] : Number(input.type === "checkbox" ? input.checked : input.value);
    state = moved(k, place);
    show();
  }));
  // The page around may have keys of its own: an arrow that moves a slider must not turn a slide.
  bar.addEventListener("keydown", (event) => event.ctrlKey || event.metaKey || event.stopPropagation());
  figure.querySelector(".cnnlab-moving-still").remove();
  bar.hidden = false;
  show();
})();

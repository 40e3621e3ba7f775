// A picture with boxes to draw, move and resize, with pointer or keys. What is done here is asked of Python, which
// saves it and answers with the page as it is then; `edit` counts the requests, so that an old answer undoes nothing.
const REACH = 8; // pixels on the screen from a handle or an outline at which it is grasped
const LEAST = 4; // pixels on the screen that a box has at least when it is drawn: less is a click
const PAUSE = 250; // milliseconds after the last arrow key until the move is saved, as one step to undo
const HANDLES = [[0, 0], [1, 0], [2, 0], [2, 1], [2, 2], [1, 2], [0, 2], [0, 1]]; // left, middle, right; top, middle, bottom
const CURSORS = ["nwse", "ns", "nesw", "ew", "nwse", "ns", "nesw", "ew"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MOUSE = "Mouse: drag to draw a box; click a box to select it, then drag it or its handles. Keys: ";
const KEYS =
  "N new box, Tab next box, arrows move it (with Shift 10 pixels), R arrows resize it or move it, Delete, Ctrl+Z undo, " +
  "Page Up and Page Down pictures, 0 nothing here, Escape leaves the picture. Classes: ";

function render({ model, el }) {
  let page = model.get("page");
  let boxes, selected; // as they are seen here, ahead of Python
  let sent = 0;
  let held = null; // what the pointer does
  let resizing = false; // whether arrow keys resize
  let timer = null;
  let image = null;

  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.style.cssText = "touch-action:none;display:block;max-width:100%;outline-offset:-3px";
  const words = document.createElement("div");
  words.setAttribute("role", "status");
  words.tabIndex = -1;
  const count = document.createElement("div");
  const help = document.createElement("div");
  help.id = `cnnlab-keys-${Math.random().toString(36).slice(2)}`;
  canvas.setAttribute("aria-describedby", help.id);
  for (const line of [words, count, help]) {
    line.style.cssText =
      "max-width:560px;font-size:13px;line-height:1.4;margin-top:4px;color:var(--jp-content-font-color1,inherit)";
  }
  words.style.fontWeight = count.style.fontWeight = "bold";
  el.replaceChildren(canvas, words, count, help);
  const context = canvas.getContext("2d");

  const size = () => [page.size[1], page.size[0]]; // width, height of the picture, in its pixels
  const zoom = () => page.shown[1] / page.size[1]; // screen pixels a pixel
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  // --- what is seen

  function paint() {
    const sharp = window.devicePixelRatio || 1;
    const [height, width] = page.shown;
    canvas.width = width * sharp;
    canvas.height = height * sharp;
    canvas.style.width = `${width}px`;
    context.scale(sharp, sharp);
    context.imageSmoothingEnabled = zoom() < 2;
    if (image) context.drawImage(image, 0, 0, width, height);
    const order = boxes.map((_, k) => k).filter((k) => k + 1 !== selected);
    for (const k of order) paintBox(k, false);
    if (selected) paintBox(selected - 1, true);
    if (held?.kind === "draw" && held.box) outline(held.box, page.colours[page.label % page.colours.length], 3);
  }

  function outline(box, colour, line) {
    const [x1, y1, x2, y2] = box.map((value) => value * zoom());
    for (const [style, width] of [["white", line + 2], [colour, line]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.strokeRect(x1, y1, x2 - x1, y2 - y1);
    }
  }

  function paintBox(k, chosen) {
    const { box, label } = boxes[k];
    const colour = page.colours[label % page.colours.length];
    outline(box, colour, chosen ? 3 : 2);
    const text = `${k + 1} ${(chosen ? page.names : page.short)[label]}`;
    context.font = `${chosen ? "bold " : ""}13px sans-serif`;
    const [height, width] = page.shown;
    const wide = Math.min(context.measureText(text).width + 8, width);
    const x = clamp(box[0] * zoom() - 1, 0, width - wide);
    const above = box[1] * zoom() - 19;
    const y = above >= 0 ? above : clamp(box[1] * zoom() + 2, 0, height - 18);
    context.fillStyle = chosen ? "#222222" : "rgba(255,255,255,0.9)";
    context.fillRect(x, y, wide, 18);
    context.fillStyle = chosen ? "white" : "#222222";
    context.textBaseline = "middle";
    context.fillText(text, x + 4, y + 9.5);
    if (chosen) {
      for (const [across, down] of handles(box)) {
        context.fillStyle = "white";
        context.strokeStyle = "#222222";
        context.lineWidth = 1.5;
        context.fillRect(across - 4, down - 4, 8, 8);
        context.strokeRect(across - 4, down - 4, 8, 8);
      }
    }
  }

  function handles([x1, y1, x2, y2]) {
    const [xs, ys] = [[x1, (x1 + x2) / 2, x2], [y1, (y1 + y2) / 2, y2]];
    return HANDLES.map(([across, down]) => [xs[across] * zoom(), ys[down] * zoom()]);
  }

  // --- what is asked

  function ask(wish) {
    flush();
    send(wish);
  }

  function send(wish) {
    sent = Math.max(sent, page.edit) + 1;
    model.send({ ...wish, edit: sent, picture: page.picture });
  }

  function flush() {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    send({ do: "change", number: selected, box: boxes[selected - 1].box });
  }

  function add(box) {
    boxes.push({ box, label: page.label });
    selected = boxes.length;
    ask({ do: "add", box });
  }

  function remove() {
    ask({ do: "delete" });
    boxes.splice(selected - 1, 1);
    selected = 0;
  }

  function select(number) {
    flush();
    selected = number;
    resizing = false;
    send({ do: "select", number });
    paint();
  }

  function take() {
    const next = model.get("page");
    if (next.edit < sent) return; // a later request is on its way
    page = next;
    boxes = page.boxes.map((box, k) => ({ box, label: page.labels[k] }));
    if (selected !== page.selected) resizing = false;
    selected = page.selected;
    words.textContent = page.said;
    count.textContent = page.counted;
    help.textContent = `${MOUSE}${KEYS}${page.names.slice(0, 9).map((name, k) => `${k + 1} ${name}`).join(", ")}.`;
    canvas.setAttribute("aria-label", `Picture to draw boxes on: ${page.picture}, ${boxes.length} boxes`);
    if (!held) paint();
  }

  async function load() {
    const bytes = model.get("picture");
    const read = await createImageBitmap(new Blob([bytes]));
    if (bytes === model.get("picture")) {
      image = read;
      paint();
    }
  }

  // --- the pointer

  function place(event) {
    const frame = canvas.getBoundingClientRect();
    const [width, height] = size();
    return [((event.clientX - frame.left) / frame.width) * width, ((event.clientY - frame.top) / frame.height) * height];
  }

  const inside = ([x, y], [x1, y1, x2, y2]) => x >= x1 && x <= x2 && y >= y1 && y <= y2;

  function smallest(point) {
    const area = (k) => (boxes[k].box[2] - boxes[k].box[0]) * (boxes[k].box[3] - boxes[k].box[1]);
    const found = boxes.map((_, k) => k).filter((k) => inside(point, boxes[k].box));
    return found.length ? 1 + found.reduce((a, b) => (area(b) < area(a) ? b : a)) : 0;
  }

  function grasp(point) {
    const [px, py] = point.map((value) => value * zoom());
    if (selected) {
      const { box } = boxes[selected - 1];
      const near = handles(box).map(([x, y]) => Math.max(Math.abs(px - x), Math.abs(py - y)));
      const handle = near.indexOf(Math.min(...near));
      if (near[handle] <= REACH) return { kind: "resize", number: selected, handle, box };
      if (inside(point, box)) return { kind: "move", number: selected, box };
    }
    const reach = REACH / 2 / zoom();
    const edge = boxes.findIndex(({ box: [x1, y1, x2, y2] }) =>
      inside(point, [x1 - reach, y1 - reach, x2 + reach, y2 + reach]) &&
      !inside(point, [x1 + reach, y1 + reach, x2 - reach, y2 - reach]));
    return edge >= 0 ? { kind: "move", number: edge + 1, box: boxes[edge].box } : { kind: "draw", number: 0, box: null };
  }

  function moved([x1, y1, x2, y2], dx, dy) {
    const [width, height] = size();
    const [across, down] = [clamp(dx, -x1, width - x2), clamp(dy, -y1, height - y2)];
    return [x1 + across, y1 + down, x2 + across, y2 + down];
  }

  function resized([x1, y1, x2, y2], handle, dx, dy) {
    const [width, height] = size();
    const [across, down] = HANDLES[handle];
    const next = [x1, y1, x2, y2];
    if (across === 0) next[0] = clamp(x1 + dx, 0, x2 - 1);
    if (across === 2) next[2] = clamp(x2 + dx, x1 + 1, width);
    if (down === 0) next[1] = clamp(y1 + dy, 0, y2 - 1);
    if (down === 2) next[3] = clamp(y2 + dy, y1 + 1, height);
    return next;
  }

  function between([ax, ay], [bx, by]) {
    const [width, height] = size();
    const span = (a, b, most) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((value) => clamp(Math.round(value), 0, most));
      return high > low ? [low, high] : [Math.min(low, most - 1), Math.min(low, most - 1) + 1];
    };
    const [[x1, x2], [y1, y2]] = [span(ax, bx, width), span(ay, by, height)];
    return [x1, y1, x2, y2];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    flush();
    const start = place(event);
    held = { ...grasp(start), start, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const point = place(event);
    if (!held) {
      const { kind, handle } = grasp(point);
      canvas.style.cursor = { resize: `${CURSORS[handle]}-resize`, move: "move", draw: "crosshair" }[kind];
      return;
    }
    const [dx, dy] = [0, 1].map((k) => Math.round(point[k] - held.start[k]));
    const far = Math.max(...[0, 1].map((k) => Math.abs(point[k] - held.start[k]))) * zoom() >= LEAST;
    held.moved ||= far;
    if (!held.moved) return;
    if (held.kind === "draw") {
      held.box = between(held.start, point);
    } else {
      const box = held.kind === "move" ? moved(held.box, dx, dy) : resized(held.box, held.handle, dx, dy);
      boxes[held.number - 1] = { ...boxes[held.number - 1], box };
      selected = held.number;
    }
    paint();
  });
  canvas.addEventListener("pointerup", () => {
    if (!held) return;
    const { kind, number, box, start, moved: dragged } = held;
    held = null;
    if (!dragged) {
      select(smallest(start) || (kind === "draw" ? 0 : number));
    } else if (kind !== "draw") {
      ask({ do: "change", number, box: boxes[number - 1].box });
    } else if (Math.min(box[2] - box[0], box[3] - box[1]) * zoom() >= LEAST) {
      add(box);
    }
    paint();
  });
  canvas.addEventListener("pointercancel", () => {
    held = null;
    take();
  });

  // --- the keys

  function arrow([dx, dy], far) {
    if (!selected) {
      words.textContent = "No box is selected: Tab selects one, N makes one.";
      return;
    }
    const step = far ? 10 : 1;
    const { box, label } = boxes[selected - 1];
    const next = resizing ? resized(box, 4, dx * step, dy * step) : moved(box, dx * step, dy * step);
    boxes[selected - 1] = { box: next, label };
    clearTimeout(timer);
    timer = setTimeout(flush, PAUSE);
    paint();
  }

  function plainKey(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const wish = { 0: "empty", PageDown: "next", PageUp: "previous" }[key];
    if (wish) {
      ask({ do: wish });
    } else if (key === "n") {
      add([...page.middle]);
    } else if (event.key in ARROWS) {
      arrow(ARROWS[event.key], event.shiftKey);
    } else if (/^[1-9]$/.test(event.key) && event.key <= page.names.length) {
      ask({ do: "class", label: event.key - 1 });
    } else if ((event.key === "Delete" || event.key === "Backspace") && selected) {
      remove();
    } else if (key === "r" && selected) {
      resizing = !resizing;
      words.textContent = `Arrow keys now ${resizing ? "resize" : "move"} box ${selected}.`;
    } else {
      return false;
    }
    paint();
    return true;
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Tab") {
      const next = selected + (event.shiftKey ? -1 : 1);
      if (next < 1 || next > boxes.length) {
        flush();
        return; // to the control before or behind
      }
      select(next);
    } else if (event.key === "Escape") {
      flush();
      if (held) {
        held = null;
        take();
      } else {
        words.focus();
      }
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key.toLowerCase() !== "z" || event.altKey || event.shiftKey) return;
      ask({ do: "undo" });
    } else if (!plainKey(event)) {
      event.stopPropagation(); // in Jupyter, single letters delete and move cells
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("focus", () => {
    canvas.style.outline = "3px solid var(--jp-brand-color1,#0072B2)";
  });
  canvas.addEventListener("blur", () => {
    flush();
    canvas.style.outline = "none";
  });

  model.on("change:page", take);
  model.on("change:picture", load);
  take();
  load();
  return () => {
    flush();
    model.off("change:page", take);
    model.off("change:picture", load);
  };
}

export default { render };

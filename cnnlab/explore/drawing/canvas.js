// A square to draw on with mouse, finger, pen or keyboard. Its ink is `side` x `side` bytes, row by row, 0 to 255.
const SHOWN = 252; // pixels on the screen
const RADIUS = 1.15; // of the pen, in pixels of the picture: as broad as MNIST's strokes
const PAUSE = 80; // milliseconds between two messages to Python while a stroke lasts

function render({ model, el }) {
  const side = model.get("side");
  const zoom = SHOWN / side;
  const ink = new Uint8Array(side * side);
  const pen = { x: side / 2, y: side / 2, down: false };
  let stroke = null; // where the pointer was last, or null
  let timer = null;
  let sheet = model.get("wiped"); // a stroke from before the last wipe must not bring the drawing back

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SHOWN;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute(
    "aria-label",
    "Drawing area. Arrow keys move the pen, Space puts it down or lifts it, Delete clears.",
  );
  canvas.style.cssText = "touch-action:none;cursor:crosshair;border:1px solid #6E6E6E;border-radius:4px";
  const words = document.createElement("div");
  words.setAttribute("role", "status");
  words.style.cssText = "font-size:13px;line-height:1.4";
  el.replaceChildren(canvas, words);
  const context = canvas.getContext("2d");

  function paint() {
    context.fillStyle = "black";
    context.fillRect(0, 0, SHOWN, SHOWN);
    ink.forEach((value, index) => {
      if (value) {
        context.fillStyle = `rgb(${value},${value},${value})`;
        context.fillRect((index % side) * zoom, Math.floor(index / side) * zoom, zoom + 0.5, zoom + 0.5);
      }
    });
    if (document.activeElement === canvas) {
      context.strokeStyle = pen.down ? "#E69F00" : "#56B4E9";
      context.lineWidth = 2;
      context.strokeRect((pen.x - 0.5) * zoom, (pen.y - 0.5) * zoom, zoom, zoom);
    }
  }

  function say(text) {
    words.textContent = text;
  }

  function dab(x, y) {
    const reach = Math.ceil(RADIUS) + 1;
    for (let row = Math.max(0, Math.floor(y) - reach); row <= Math.min(side - 1, Math.floor(y) + reach); row++) {
      for (let column = Math.max(0, Math.floor(x) - reach); column <= Math.min(side - 1, Math.floor(x) + reach); column++) {
        const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const value = 255 * Math.min(1, Math.max(0, RADIUS + 0.5 - distance));
        ink[row * side + column] = Math.max(ink[row * side + column], value);
      }
    }
  }

  function line(from, to) {
    const steps = Math.max(1, Math.ceil(3 * Math.hypot(to.x - from.x, to.y - from.y)));
    for (let step = 0; step <= steps; step++) {
      dab(from.x + ((to.x - from.x) * step) / steps, from.y + ((to.y - from.y) * step) / steps);
    }
  }

  function send() {
    clearTimeout(timer);
    timer = null;
    model.set("sheet", sheet);
    model.set("ink", new DataView(ink.slice().buffer));
    model.save_changes();
  }

  function changed() {
    paint();
    timer ??= setTimeout(send, PAUSE);
  }

  function clear() {
    ink.fill(0);
    changed();
    say("Cleared.");
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * side, y: ((event.clientY - box.top) / box.height) * side };
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    stroke = place(event);
    dab(stroke.x, stroke.y);
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (stroke) {
      const next = place(event);
      line(stroke, next);
      stroke = next;
      changed();
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (stroke) {
        stroke = null;
        send();
      }
    });
  }

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.key in moves) {
      const from = { ...pen };
      pen.x = Math.min(side - 1, Math.max(1, pen.x + moves[event.key][0]));
      pen.y = Math.min(side - 1, Math.max(1, pen.y + moves[event.key][1]));
      if (pen.down) {
        line(from, pen);
        changed();
      }
      say(`Pen ${pen.down ? "down" : "up"}, row ${pen.y} of ${side}, column ${pen.x}.`);
    } else if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) {
        dab(pen.x, pen.y);
        changed();
      }
      say(pen.down ? "Pen down: arrow keys draw." : "Pen up: arrow keys move.");
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // Jupyter has its own use for these keys
    paint();
  });
  canvas.addEventListener("focus", paint);
  canvas.addEventListener("blur", paint);

  const wipe = () => {
    clearTimeout(timer);
    timer = null;
    ink.fill(0);
    sheet = model.get("wiped");
    paint();
  };
  model.on("change:wiped", wipe);
  const kept = model.get("ink");
  if (kept && kept.byteLength === ink.length && model.get("sheet") === sheet) {
    ink.set(new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength));
  }
  paint();
  say("Draw here with mouse, finger or pen; or press Tab until the square is framed, then arrow keys and Space.");
  return () => {
    clearTimeout(timer);
    model.off("change:wiped", wipe);
  };
}

export default { render };

// Two boxes on squared paper to drag with the pointer: inside a box moves it, its lower right corner resizes it.
const CELL = 18; // pixels a square, on the screen
const COLOURS = ["#0072B2", "#D55E00"];
const FILLS = ["rgba(0,114,178,0.18)", "rgba(213,94,0,0.18)"];
const REACH = 0.7; // squares from a corner at which it is grasped

function render({ model, el }) {
  const [columns, rows] = model.get("paper");
  const [widest, highest] = model.get("most");
  let held = null; // which box, whether by its corner, and where inside it the pointer took hold

  const canvas = document.createElement("canvas");
  canvas.width = columns * CELL;
  canvas.height = rows * CELL;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "The two boxes, to be dragged. The sliders above do the same from the keyboard.");
  canvas.style.cssText = "touch-action:none;border:1px solid #6E6E6E;border-radius:4px";
  const words = document.createElement("div");
  words.textContent = "Drag a box, or its lower right corner.";
  words.style.cssText = "font-size:12px;color:#555";
  el.replaceChildren(canvas, words);
  const context = canvas.getContext("2d");

  const box = (k) => model.get("boxes").slice(4 * k, 4 * k + 4); // x, y, width, height

  function paint() {
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = "#D5D9DF";
    context.lineWidth = 1;
    context.beginPath();
    for (let x = 1; x < columns; x++) {
      context.moveTo(x * CELL, 0);
      context.lineTo(x * CELL, canvas.height);
    }
    for (let y = 1; y < rows; y++) {
      context.moveTo(0, y * CELL);
      context.lineTo(canvas.width, y * CELL);
    }
    context.stroke();
    for (const k of [0, 1]) {
      const [x, y, width, height] = box(k).map((value) => value * CELL);
      context.fillStyle = FILLS[k];
      context.fillRect(x, y, width, height);
      context.strokeStyle = context.fillStyle = COLOURS[k];
      context.lineWidth = 3;
      context.strokeRect(x, y, width, height);
      context.fillRect(x + width - 5, y + height - 5, 10, 10);
      context.font = "bold 15px sans-serif";
      context.fillText("ab"[k], x + 6, y + 17);
    }
  }

  function place(event) {
    const frame = canvas.getBoundingClientRect();
    return [
      ((event.clientX - frame.left) / frame.width) * columns,
      ((event.clientY - frame.top) / frame.height) * rows,
    ];
  }

  function grasp([px, py]) {
    for (const k of [1, 0]) {
      const [x, y, width, height] = box(k);
      if (Math.hypot(px - x - width, py - y - height) < REACH) {
        return { k, corner: true, dx: px - width, dy: py - height };
      }
      if (px >= x && px <= x + width && py >= y && py <= y + height) {
        return { k, corner: false, dx: px - x, dy: py - y };
      }
    }
    return null;
  }

  const within = (value, most) => Math.min(most, Math.max(0, Math.round(value)));

  canvas.addEventListener("pointerdown", (event) => {
    held = grasp(place(event));
    if (held) {
      canvas.setPointerCapture(event.pointerId);
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = place(event);
    if (!held) {
      const near = grasp([px, py]);
      canvas.style.cursor = near ? (near.corner ? "nwse-resize" : "move") : "default";
      return;
    }
    const next = [...model.get("boxes")];
    const at = 4 * held.k;
    if (held.corner) {
      next[at + 2] = within(px - held.dx, widest);
      next[at + 3] = within(py - held.dy, highest);
    } else {
      next[at] = within(px - held.dx, columns - widest);
      next[at + 1] = within(py - held.dy, rows - highest);
    }
    if (next.some((value, index) => value !== model.get("boxes")[index])) {
      model.set("boxes", next);
      model.save_changes();
      paint();
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      held = null;
    });
  }

  model.on("change:boxes", paint);
  paint();
  return () => model.off("change:boxes", paint);
}

export default { render };

// Two boxes on squared paper to drag with the pointer: inside a box moves it, its lower right corner resizes it.
const CELL = 18; // pixels a square, on the screen
const EDGE = 20; // pixels to the left of the paper and above it, for the numbers
const COLOURS = ["#0072B2", "#D55E00"];
const FILLS = ["#CFE3F2", "#FBE3B8"];
const BOTH = "#7FC8A9";
const REACH = 0.7; // squares from a corner at which it is grasped

function render({ model, el }) {
  const [columns, rows] = model.get("paper");
  const [widest, highest] = model.get("most");
  let held = null; // which box, whether by its corner, and where inside it the pointer took hold

  const canvas = document.createElement("canvas");
  canvas.width = EDGE + columns * CELL;
  canvas.height = EDGE + rows * CELL;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "The two boxes, to be dragged. The sliders above do the same from the keyboard.");
  canvas.style.cssText = "touch-action:none;border-radius:4px";
  const words = document.createElement("div");
  words.textContent = "Drag a box, or its lower right corner. Green: in both. Dashed: the frame around both.";
  words.style.cssText = `font-size:13px;line-height:1.4;max-width:${canvas.width}px`;
  el.replaceChildren(canvas, words);
  const context = canvas.getContext("2d");

  const box = (k) => model.get("boxes").slice(4 * k, 4 * k + 4); // x, y, width, height

  function paint() {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.translate(EDGE, EDGE);
    const corners = [0, 1].map(box).map(([x, y, width, height]) => [x, y, x + width, y + height]);
    const [a, b] = corners;
    const fill = ([x1, y1, x2, y2], colour) => {
      context.fillStyle = colour;
      context.fillRect(x1 * CELL, y1 * CELL, Math.max(x2 - x1, 0) * CELL, Math.max(y2 - y1, 0) * CELL);
    };
    fill(a, FILLS[0]);
    fill(b, FILLS[1]);
    const [low, high] = [Math.min, Math.max].map((choose) => a.map((value, k) => choose(value, b[k])));
    fill([high[0], high[1], low[2], low[3]], BOTH);
    paintPaper();
    context.strokeStyle = "#6E6E6E";
    context.setLineDash([5, 4]);
    context.strokeRect(low[0] * CELL, low[1] * CELL, (high[2] - low[0]) * CELL, (high[3] - low[1]) * CELL);
    context.setLineDash([]);
    corners.forEach(([x1, y1, x2, y2], k) => {
      context.strokeStyle = context.fillStyle = COLOURS[k];
      context.lineWidth = 3;
      context.strokeRect(x1 * CELL, y1 * CELL, (x2 - x1) * CELL, (y2 - y1) * CELL);
      context.fillRect(x2 * CELL - 5, y2 * CELL - 5, 10, 10);
      context.font = "bold 15px sans-serif";
      context.textAlign = "left";
      context.fillText("ab"[k], x1 * CELL + 6, y1 * CELL + 17);
    });
  }

  function paintPaper() {
    context.strokeStyle = "#D5D9DF";
    context.fillStyle = "#555555";
    context.lineWidth = 1;
    context.font = "11px sans-serif";
    context.textAlign = "center";
    context.beginPath();
    for (let x = 0; x <= columns; x++) {
      context.moveTo(x * CELL, 0);
      context.lineTo(x * CELL, rows * CELL);
      if (x % 2 === 0) context.fillText(x, x * CELL - (x === columns ? 6 : 0), -6);
    }
    for (let y = 0; y <= rows; y++) {
      context.moveTo(0, y * CELL);
      context.lineTo(columns * CELL, y * CELL);
      if (y % 2 === 0) context.fillText(y, -10, y * CELL + (y === rows ? -1 : 4));
    }
    context.stroke();
  }

  function place(event) {
    const frame = canvas.getBoundingClientRect();
    return [
      (((event.clientX - frame.left) / frame.width) * canvas.width - EDGE) / CELL,
      (((event.clientY - frame.top) / frame.height) * canvas.height - EDGE) / CELL,
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

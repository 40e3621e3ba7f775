# %% [markdown]
# # 12 · YOLO from scratch
#
# <!-- navigation -->
# [← 11 · From classification to detection](11_detection.ipynb) ·
# [All lessons](index.ipynb) ·
# [13 · A real YOLO: Darknet weights in Keras →](13_real_yolo.ipynb)
#
# Can one network, in one look, say where *all* the objects of a picture are and what they are? You build such a network
# here, train it on your own machine in about a minute, and measure how good it is on pictures that it has never seen.
#
# **By the end you can**
#
# - say which cell and which anchor are responsible for a box, and write the box as numbers between them;
# - read boxes out of a network's raw numbers, and show that nothing is lost on the way there and back;
# - explain each of the five terms of the loss, and predict what happens without one of them;
# - train a detector with `model.fit`, watch its mAP grow, and look at its worst mistakes;
# - tell YOLOv1, v2 and v3 apart, and know who wrote them.
#
# **Time:** about 75 minutes of reading and trying; the cells themselves run in under two minutes on a laptop. **You
# need:** lessons 04, 05 and 11.

# %% tags=["bootstrap"]
# @title Setup: run this cell first
import importlib.util
import os
import subprocess
import sys

COURSE_URL = os.environ.get("COURSE_URL", "")
if importlib.util.find_spec("cnnlab") is None:
    if not COURSE_URL or subprocess.run([sys.executable, "-m", "pip", "install", "-qq", COURSE_URL]).returncode:
        raise RuntimeError("cnnlab is not installed. Run `pip install .` in the course folder, or set COURSE_URL.")
    importlib.invalidate_caches()
from cnnlab.course.startup import load_keras

load_keras()

# %%
import keras
import numpy as np
from keras import layers

from cnnlab import anchors, boxes, explore, ledger, metrics, overlay, plot, scenes, yolo, yolo_training
from cnnlab.checks import lesson12 as check
from cnnlab.detection import tiny_yolo
from cnnlab.detection.detections import GroundTruth

# %% tags=["parameters"]
PROFILE = "quick"  # "full" learns from more scenes, and more often: more than twice the time
SEED = 0

# %% [markdown]
# ## The task
#
# Circles, squares and triangles, up to three in a picture, 18 to 44 pixels large. They may cover each other a little,
# and there are scratches and dots that mean nothing. `cnnlab.scenes` draws such pictures without end, and it knows
# every box. Yours are 96 × 96 pixels.

# %% tags=["nbval-check-output"]
SIDE = 96
WORLD = dict(height=SIDE, width=SIDE, max_objects=3, sizes=(18, 44), overlap=0.2)
examples = scenes.scenes(8, seed=0, **WORLD)
for one in examples[:3]:
    print(one.caption, one.boxes.astype(int).tolist())

# %%
overlay.gallery(
    [one.image for one in examples],
    ground_truth=[GroundTruth(one.boxes, one.labels) for one in examples],
    class_names=scenes.CLASSES,
    columns=4,
    alt="Eight scenes of 96 × 96 pixels with the true boxes dashed: "
    + "; ".join(one.caption for one in examples)
    + ".",
)

# %% [markdown]
# ## One answer for each cell
#
# In lesson 11 the answer for a picture was one list of eight numbers:
#
# $$[\,p_c,\ b_x,\ b_y,\ b_h,\ b_w,\ c_1,\ c_2,\ c_3\,]$$
#
# One list describes one object. Three objects need three lists; but in which order? If the network names the left one
# first and the truth names the right one first, a perfect answer would be counted as wrong.
#
# YOLO's idea fixes the order. **Lay a grid over the picture and let every cell give its own list.** An object belongs
# to the cell in which the *centre* of its box lies. That cell must report it, and all others must not.
#
# Take a picture of 90 × 90 pixels and a grid of 3 × 3. A cell is 30 pixels wide. A box reaches from (10, 40) to (30,
# 60), x before y. Its centre is (20, 50). 20 / 30 is 0.67, so it lies in column 0. 50 / 30 is 1.67: row 1.
#
# **Predict.** The target for the whole picture is an array. What is its shape? How many of its numbers are not zero?

# %% tags=["nbval-check-output"]
x1, y1, x2, y2 = 10, 40, 30, 60
x, y = (x1 + x2) / 2, (y1 + y2) / 2
row, column = int(y // 30), int(x // 30)
target = np.zeros((3, 3, 8))
target[row, column] = [1, x / 30 - column, y / 30 - row, (y2 - y1) / 30, (x2 - x1) / 30, 0, 1, 0]
print("centre", (x, y), "-> row", row, "column", column)
print(target.shape, "with", np.count_nonzero(target), "numbers that are not zero")
print(target[row, column].round(2).tolist())

# %% [markdown]
# 3 × 3 × 8, and six numbers of 72 are not zero. The centre is measured *within its cell*: 0.67 of a cell from the left
# border, 0.67 from the top. Height and width are in cells too; a box may be larger than its cell.
#
# Arrays have the row first, which goes with y; boxes have x first.
#
# ### Exercise: the responsible cell
#
# Write `my_cell(box, size, grid)` for a box (x1, y1, x2, y2), a picture of `size` (height, width) and a `grid` (rows,
# columns). It returns (row, column). If you are stuck, `check.cell.hint()` gives a nudge, `check.cell.hint(2)` a
# stronger one, and `check.cell.solution()` an answer.


# %% tags=["exercise-cell"]
def my_cell(box, size, grid):
    x1, y1, x2, y2 = box
    height, width = size
    rows, columns = grid
    return ...  # (row, column)


# %% tags=["nbval-check-output"]
check.cell(my_cell)

# %% [markdown]
# ## Two objects in one cell
#
# A cell has one list. What if two centres lie in it? The second object finds the place taken. How often does that
# happen? Count it in 2,000 scenes.
#
# **Predict.** There are about two objects in a picture. With a grid of 3 × 3, which part of them finds its place taken:
# one in three, one in thirty, one in a thousand? Does it still happen with 12 × 12?

# %% tags=["nbval-check-output"]
many = scenes.scenes(2000, seed=0, **WORLD)
total = sum(len(one.boxes) for one in many)


def lost(sizes, n):
    """How many objects of the 2,000 scenes find no place in a grid of n × n with these anchors."""
    found = [yolo.encode(one.boxes, one.labels, sizes, (n, n), 3, (SIDE, SIDE)) for one in many]
    return sum(len(unassigned) for _, unassigned in found)


for n in (3, 6, 12):
    print(f"{n:2d} × {n:2d} cells: {lost([(30, 30)], n):3d} of {total} objects find their place taken")

# %% [markdown]
# A finer grid helps, but not entirely. Look at the second picture above: a small shape lies in front of a large one,
# and their centres are less than two pixels apart. None of these three grids parts those two; 24 × 24 would, with four
# times the cells of 12 × 12.
#
# What tells them apart is their size. So let a cell give **several lists, each in charge of boxes of a certain shape**.
# Those shapes are called **anchors**: a width and a height, nothing more. The small shape goes to the small anchor, the
# large one to the large anchor.
#
# **Predict.** Take two anchors instead of one on 3 × 3 cells with three classes. What is the target's shape now, and
# how many boxes can it hold? And YOLOv2 for the 80 classes of COCO: 19 × 19 cells, 5 anchors?

# %% tags=["nbval-check-output"]
for n, a, classes in [(3, 1, 3), (3, 2, 3), (19, 5, 80)]:
    target, _ = yolo.encode(np.empty((0, 4)), [], [(20, 20)] * a, (n, n), classes, (608, 608))
    flat = target.reshape(n, n, -1)
    print(f"{n} × {n} cells, {a} anchor{'s' * (a > 1)}, {classes} classes: shape {flat.shape}, {n * n * a} boxes")

# %% [markdown]
# 3 × 3 × 16 with 18 boxes, and 19 × 19 × 425 with 1,805. Every anchor has its own eight (or 85) numbers, the class
# included.
#
# ### Exercise: the output of YOLOv2
#
# YOLOv2 halves a picture five times, so that one cell is 32 pixels wide and high, and has 5 anchors. For the 20 classes
# of VOC it is given a picture 320 high and 416 wide. What is the shape of its output?

# %% tags=["exercise-output_shape"]
shape = ...  # (rows, columns, channels)

# %% tags=["nbval-check-output"]
check.output_shape(shape)

# %% [markdown]
# ## Which anchors? Ask the data
#
# Collect the widths and heights of the boxes to be found, and look for groups: that is k-means. Choose k sizes; give
# every box to its nearest size; move each size to the mean of its boxes; repeat until nothing moves.
#
# *Nearest* by which measure? Pixels will not do. Four pixels are nothing between 100 × 100 and 104 × 100, and a world
# between 4 × 4 and 8 × 4. Lay the two shapes on each other, centres together, and take their IoU. Two shapes that are
# alike have IoU 1, so the distance is **1 − IoU**.
#
# **Predict.** The IoU of 100 × 100 with 104 × 100, and of 4 × 4 with 8 × 4?

# %% tags=["nbval-check-output"]
for left, right in [((100, 100), (104, 100)), ((4, 4), (8, 4))]:
    both = min(left[0], right[0]) * min(left[1], right[1])
    union = left[0] * left[1] + right[0] * right[1] - both
    print(left, right, "IoU", both, "/", union, "=", round(both / union, 2))

# %% [markdown]
# Here is the whole of k-means, on the boxes of the 2,000 scenes:


# %% tags=["nbval-check-output"]
def my_kmeans(sizes, start, rounds=30):
    centres = np.array(start, float)
    for _ in range(rounds):
        nearest = anchors.shape_iou(sizes, centres).argmax(axis=1)  # the smallest 1 − IoU
        centres = np.array([sizes[nearest == k].mean(axis=0) for k in range(len(centres))])
    return centres


sizes = np.concatenate([one.boxes[:, 2:] - one.boxes[:, :2] for one in many])  # (N, 2) widths and heights
print("by hand:", my_kmeans(sizes, [(10, 10), (30, 30), (50, 50)]).round().tolist())
print("library:", anchors.kmeans(sizes, 3, seed=SEED).round().tolist())

# %% [markdown]
# Three squares, small, middling and large. They end a pixel apart because they began elsewhere: k-means finds *a*
# resting place, not the best. In photos of streets it finds tall boxes (people) and wide ones (cars).
#
# How many anchors? More fit better and cost more outputs.
#
# **Predict.** With one anchor the mean IoU between a box and its anchor is 0.66. With three? Does it reach 1 with six?

# %% tags=["nbval-check-output"]
fits = []
for k in range(1, 7):
    best, iou = anchors.assign(sizes, anchors.kmeans(sizes, k, seed=SEED))
    fits.append(iou.mean())
    print(f"{k} anchor{'s' * (k > 1)}: mean IoU {iou.mean():.2f}")

# %%
plot.lines(
    {"mean IoU": (range(1, 7), fits)},
    xlabel="number of anchors",
    ylabel="mean IoU with the best anchor",
    alt="Mean IoU between boxes and their best anchor: "
    + ", ".join(f"{k + 1}: {f:.2f}" for k, f in enumerate(fits))
    + ".",
    markers=True,
    height=2.8,
)

# %% [markdown]
# The second anchor brings 0.14, the third 0.06, and each later one 0.03 or less. We take three. How many objects find
# their place taken now?

# %% tags=["nbval-check-output"]
ANCHORS = anchors.kmeans(sizes, 3, seed=SEED).round()
for n in (3, 6, 12):
    print(f"{n:2d} × {n:2d} cells, three anchors: {lost(ANCHORS, n):2d} of {total} objects find their place taken")

# %% [markdown]
# 33 instead of 119, and none in the two finer grids. An anchor is a starting point: the network says how the box
# differs from it.
#
# ### Exercise: the best anchor
#
# Write `my_best_anchor(size, anchors)`: which of the anchors is most like a box of `size` (width, height)?


# %% tags=["exercise-best_anchor"]
def my_best_anchor(size, anchors):
    w, h = size  # of the box; anchors is an array of shape (A, 2), width and height
    return ...  # the number of the most similar anchor


# %% tags=["nbval-check-output"]
check.best_anchor(my_best_anchor)

# %% [markdown]
# ## From a box to numbers
#
# Cell and anchor are known. Four numbers say how the box differs from "an anchor in the corner of the cell":
#
# | number | is | means |
# |---|---|---|
# | x | centre x in cells, less the column | 0 … 1 within the cell |
# | y | centre y in cells, less the row | 0 … 1 within the cell |
# | tw | ln(width / anchor width) | 0: as wide as the anchor |
# | th | ln(height / anchor height) | 0: as high as the anchor |
#
# Why the logarithm? Twice as wide and half as wide are mistakes of one kind: +0.69 and −0.69 as logarithms. And
# whatever number the network says, the exponential makes a positive width of it.
#
# After these four come *objectness*, 1 where an object is, and the classes. That is the order of the Darknet files of
# lesson 13.
#
# **Predict.** The box from (10, 40) to (30, 60) again, with an anchor 10 wide and 40 high, class 2. Which eight numbers
# stand at row 1, column 0? (ln 2 = 0.69)

# %% tags=["nbval-check-output"]
target, unassigned = yolo.encode([(10, 40, 30, 60)], [2], [(10, 40)], grid=(3, 3), classes=3, image_size=(90, 90))
print(target.shape, "row 1, column 0, anchor 0:", target[1, 0, 0].round(2).tolist())

# %% [markdown]
# ### Exercise: encode
#
# Write the first four numbers yourself.


# %% tags=["exercise-encode"]
def my_encode(box, anchor, size, grid):
    x1, y1, x2, y2 = box
    height, width = size
    rows, columns = grid
    return ...  # x, y, tw, th


# %% tags=["nbval-check-output"]
check.encode(my_encode)

# %% [markdown]
# The explorer does the same with a box that you move. Answer first: type three numbers, row, column and anchor, into
# *my guess*.

# %%
viewer = explore.TargetViewer(predict=True)
viewer

# %% [markdown]
# - Move *centre x* slowly across a grid line. The cell changes at once, and x falls from nearly 1 to 0.
# - A small triangle lies in front of your square, in the same cell. Make the square smaller, 20 × 20: now it wants the
#   small anchor, which the triangle has. One of the two is lost. Which setting of *grid* saves it?
# - Make the box 12 wide and 60 high. No anchor is like it; tw and th have to do the work.
#
# ## And back again
#
# `yolo.decode` reads boxes out of such an array. Every box should come back as it was, but for those that found no
# place, which `encode` reports.
#
# **Predict.** Encode all boxes of the 2,000 scenes and decode them again. How many come back with three anchors, how
# many with one? How far are they off?


# %% tags=["nbval-check-output"]
def round_trip(sizes):
    """How many boxes come back, how many are reported as not kept, and the largest difference in pixels."""
    back, missing, gap = 0, 0, 0.0
    for one in many:
        target, unassigned = yolo.encode(one.boxes, one.labels, sizes, (12, 12), 3, (SIDE, SIDE))
        found = yolo.decode(target, sizes, image_size=(SIDE, SIDE)).boxes
        kept = np.delete(one.boxes, unassigned, axis=0)
        gap = max(gap, abs(found[np.lexsort(found.T)] - kept[np.lexsort(kept.T)]).max())
        back, missing = back + len(found), missing + len(unassigned)
    return back, missing, gap


for name, some in [("three anchors", ANCHORS), ("one anchor", [(30, 30)])]:
    back, missing, gap = round_trip(some)
    print(f"{name}: {back} boxes back, {missing} reported; off by less than a millionth of a pixel: {gap < 1e-6}")

# %% [markdown]
# A network's own numbers need one thing more. A convolution gives any number, and x must lie between 0 and 1. So the
# network says *raw* numbers tx, ty, …, and a sigmoid, σ(t) = 1 / (1 + e⁻ᵗ), squeezes them: the centre cannot leave its
# cell, and objectness and classes become probabilities. tw and th go through the exponential instead.
#
# ### Exercise: decode
#
# From the raw tx, ty, tw, th of one cell and anchor to the corners of the box.


# %% tags=["exercise-decode"]
def my_decode(raw, place, anchor, size, grid):
    tx, ty, tw, th = raw  # as the network says them
    row, column = place
    height, width = size
    rows, columns = grid
    return ...  # x1, y1, x2, y2


# %% tags=["nbval-check-output"]
check.decode(my_decode)

# %% [markdown]
# ## The network
#
# It must turn 96 × 96 × 3 into 12 × 12 × 24: three anchors with eight numbers each. Convolutions of 3 × 3 keep the
# size, three max poolings halve it (96 → 48 → 24 → 12), and a last 1 × 1 convolution makes 24 channels. There is no
# `Flatten` and no `Dense`: each cell is computed by the same weights, like the sliding windows of lesson 11, all in one
# pass.
#
# **Predict.** How many parameters has the last layer, a 1 × 1 convolution from 64 channels to 24?


# %% tags=["nbval-check-output"]
def block(x, filters):
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)
    return layers.LeakyReLU(negative_slope=0.1)(x)


inputs = x = keras.Input((SIDE, SIDE, 3))
for number, filters in enumerate([8, 16, 32, 64, 64, 64]):
    x = block(x, filters)
    x = layers.MaxPooling2D(2)(x) if number < 3 else x
head = layers.Conv2D(3 * (5 + 3), 1)
mine = keras.Model(inputs, head(x))
print("output", mine.output_shape, "  last layer", head.count_params(), "  in all", mine.count_params())

# %% [markdown]
# 64 · 24 + 24 = 1,560, and about 100,000 in all. `tiny_yolo` is the same network, with names that lesson 13 needs
# when it writes the weights to a file. The slope of 0.1 is Darknet's.

# %% tags=["nbval-check-output"]
keras.utils.set_random_seed(SEED)
model = tiny_yolo.build((SIDE, SIDE, 3), classes=3, anchors=ANCHORS)
field = ledger.ledger(model).row("head").receptive_field[0]
print("the same size:", model.count_params() == mine.count_params())
print(f"a cell covers 8 × 8 pixels and sees {field.size} × {field.size}")

# %% [markdown]
# What a cell says depends on far more than the cell. It *must* look beyond its border: a triangle of 40 pixels does not
# fit into a cell of 8.
#
# This is also why small objects are hard. Every pooling throws away three of four positions. An object of 6 pixels is
# less than one cell here, and after five poolings, as in YOLOv2, it would be a fifth of one.
#
# ## The loss, term by term
#
# Of 12 · 12 · 3 = 432 slots two hold an object, as a rule, and 430 hold nothing. For an empty slot x, y and the class
# have no right answer; it only has to keep quiet. So there are five terms:
#
# | term | is summed over | and is |
# |---|---|---|
# | `xy` | slots with an object | (σ(tx) − x)² + (σ(ty) − y)² |
# | `wh` | slots with an object | (tw − true tw)² + (th − true th)² |
# | `objectness` | slots with an object | −ln σ(to) |
# | `no_objectness` | all other slots | −ln(1 − σ(to)) |
# | `class` | slots with an object, each class | −ln of the probability of the right answer, yes or no |
#
# The first two are counted five times, as in the first YOLO paper: a box in the wrong place is worth nothing, whatever
# its class. The last is counted three times: see below.
#
# **Predict.** A network says raw 0 everywhere, so every probability is a half, and −ln ½ = 0.69. A picture has two
# objects in 432 slots. How large are `objectness`, `no_objectness` and `class`?

# %% tags=["nbval-check-output"]
pair = next(one for one in many if len(one.boxes) == 2)
_, target, _ = yolo_training.stack([pair], ANCHORS, grid=(12, 12))
loss = yolo_training.YoloLoss(anchors=3)
for name, value in loss.terms(target, np.zeros_like(target)).items():
    print(f"{name:14} {float(value[0]):6.2f}   weight {loss.weights[name]:g}")

# %% [markdown]
# 2 · 0.69, 430 · 0.69 and 2 · 3 · 0.69. The empty slots shout down everything else: 298 of 314, weights included. The
# quickest way to a lower loss is to say "nothing here", everywhere. So ours *begins* there: the bias of `tiny_yolo`'s
# last layer makes every objectness 2 % at the start, σ(−4).
#
# ### Exercise: the mask
#
# Write two of the terms for one picture in NumPy. `true` and `said` have shape (rows, columns, anchors, 8): x, y, tw,
# th, objectness, three classes. `said` has been through the sigmoid already.


# %% tags=["exercise-loss_mask"]
def my_terms(true, said):
    return ...  # the terms xy and no_objectness; true[..., 4] is 1 where an object is


# %% tags=["nbval-check-output"]
check.loss_mask(my_terms)

# %% [markdown]
# ## Train it
#
# The data are made on the spot: scenes to learn from, and 200 others, on which a callback works out mAP@.5 after every
# epoch. `yolo_training.stack` encodes them, `YoloLoss` is the loss above, and the rest is `fit`, as in lesson 05. The
# learning rate follows a **schedule**: it rises for a moment (*warm-up*), then falls along half a wave of a cosine
# to almost nothing: large steps first, small ones to finish.

# %%
COUNT, EPOCHS, BATCH = (3_000, 3, 8) if PROFILE == "quick" else (5_000, 4, 8)
learn = scenes.scenes(COUNT, seed=1_000 + SEED, **WORLD)
unseen = scenes.scenes(200, seed=7, **WORLD)
images, targets, unassigned = yolo_training.stack(learn, ANCHORS, grid=(12, 12))
print(f"{COUNT} scenes with {sum(len(one.boxes) for one in learn)} objects, {unassigned} of them without a place")

# %%
steps = EPOCHS * COUNT // BATCH
rate = keras.optimizers.schedules.CosineDecay(4e-4, steps, alpha=0.02, warmup_target=4e-3, warmup_steps=steps // 20)
watch = yolo_training.MeanAveragePrecision(unseen, ANCHORS, report=print)
model.compile(keras.optimizers.Adam(rate), loss, metrics=loss.metrics())
history = model.fit(images, targets, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[watch]).history

# %%
epochs = range(1, EPOCHS + 1)
plot.lines(
    {term: (epochs, np.array(history[term]) / history[term][0]) for term in yolo_training.TERMS},
    xlabel="epoch",
    ylabel="term, as part of its first value",
    alt="Each term of the loss at the end of each epoch, divided by its value in the first: "
    + ", ".join(f"{term} {history[term][-1] / history[term][0]:.2f}" for term in yolo_training.TERMS)
    + " at the end.",
    markers=True,
)

# %% [markdown]
# All five go down. (Each is divided by where it stood after the first epoch, because their scales differ.)
#
# Why is the class counted three times? When we tried weight 1, the network had a mAP of 0.83 after 12,000 pictures. But
# with the classes ignored it was 0.98: it *saw* the shapes and did not know what to call them. With weight 3 the mAP
# was 0.95 after 10,000 pictures. Look at what is wrong before you make a network larger.
#
# ## What it says
#
# Raw numbers → sigmoid → boxes with scores (objectness times the probability of the class) → away with low scores →
# away with what overlaps a better box of the same class. The last step is the non-max suppression of lesson 11.
# `yolo_training.detect` does all of it.

# %%
x_unseen = np.stack([one.image for one in unseen])
truth = [GroundTruth(one.boxes, one.labels) for one in unseen]
found = yolo_training.detect(model, x_unseen, ANCHORS, score_threshold=0.3, names=scenes.CLASSES)
overlay.gallery(
    list(x_unseen[:8]),
    found[:8],
    truth[:8],
    columns=4,
    alt=f"Eight scenes the network has never seen: {sum(map(len, truth[:8]))} true boxes dashed, and the "
    f"{sum(map(len, found[:8]))} boxes that it finds with a score of 0.3 or more.",
)

# %% [markdown]
# Orange is what the network says, blue and dashed what is there. Here are all boxes with a score of 0.05 or more,
# before any suppression. Move the two thresholds.

# %%
raw = yolo_training.detect(model, x_unseen[:40], ANCHORS, yolo_training.LOW, iou_threshold=1.0, names=scenes.CLASSES)
explore.PredictionExplorer(x_unseen[:40], raw, truth[:40])

# %% [markdown]
# - Set *NMS: IoU above* to 0.95, so that hardly anything is suppressed. Neighbouring cells report the same object, and
#   all but one of them count as wrong.
# - Find a picture with a missed object (red dashes). Lower the score until it is found. How many boxes claim it?
# - Raise the score to 0.9, then lower it to 0.05, and watch precision and recall change places.
#
# ## How good is it?
#
# mAP takes all scores into account. Lesson 11's twelve numbers, on the 200 unseen scenes:

# %%
ranked = yolo_training.detect(model, x_unseen, ANCHORS, score_threshold=yolo_training.LOW)
summary = metrics.coco_map(ranked, truth)
print(summary)

# %%
for label, value in metrics.average_precision_per_class(ranked, truth, 0.5).items():
    print(f"{scenes.CLASSES[label]:9} AP@.5 {value:.3f}")

# %% [markdown]
# To find the objects is one thing, to place them exactly another: AP is high where an IoU of 0.5 will do, and lower at
# 0.75. Small objects (less than 32² square pixels) fare worse than medium ones: an error of one pixel costs a small box
# more IoU. None is large here: COCO means 96² and more.
#
# Our trainings, with seeds 0, 1 and 2, reached a mAP@.5 from 0.96 to 0.97 and a mAP@[.50:.95] of about 0.7. `PROFILE =
# "full"`, 5,000 scenes four times over, reached 0.996 and 0.80 in one run.
#
# ## The worst mistakes
#
# An average does not tell you *what* goes wrong. The pictures with most mistakes, at a score of 0.3:

# %%
worst = yolo_training.worst_mistakes(found, truth, count=8)
overlay.gallery(
    [x_unseen[one.picture] for one in worst],
    [found[one.picture] for one in worst],
    [truth[one.picture] for one in worst],
    titles=[f"no. {one.picture}: {len(one.missed)} missed, {len(one.wrong)} wrong" for one in worst],
    columns=4,
    alt="The scenes with most mistakes: "
    + "; ".join(f"number {one.picture}, {len(one.missed)} missed and {len(one.wrong)} wrong" for one in worst)
    + ".",
) if worst else None

# %% [markdown]
# Most mistakes are objects that nothing found, and many of those are hidden by nothing. Why these?
#
# **Predict.** Where in its cell does the centre of a missed object lie: in the middle, or close to a grid line?

# %%
missed = [np.isin(np.arange(len(t)), metrics.match(f, t).missed) for f, t in zip(found, truth, strict=True)]
missed = np.concatenate(missed)  # one True or False for each object of the 200 scenes
centres = np.concatenate([(t.boxes[:, :2] + t.boxes[:, 2:]) / 2 for t in truth])
within = centres % 8  # pixels from the left and the upper border of its cell
to_line = np.minimum(within, 8 - within).min(axis=1)
for low, high, words in [(0, 1, "less than 1 pixel"), (1, 2, "1 to 2 pixels"), (2, 5, "2 pixels or more")]:
    some = (to_line >= low) & (to_line < high)
    print(f"{words:17} from a grid line: {some.sum():3d} objects, {missed[some].mean():4.0%} missed")

# %% [markdown]
# Take the missed objects with their centre on a grid line, and look at everything that the network says about them,
# however unsure: the scores of all boxes that overlap them by more than a half.

# %%
everything = np.concatenate([t.boxes for t in truth])
picture = np.repeat(np.arange(len(truth)), [len(t) for t in truth])
unsure = yolo_training.detect(model, x_unseen, ANCHORS, score_threshold=0.02, iou_threshold=1.0)
for row in np.flatnonzero(missed & (to_line < 1))[:6]:
    said = unsure[picture[row]]
    near = boxes.iou(said.boxes, everything[row : row + 1])[:, 0] > 0.5
    scores = np.sort(said.scores[near])[::-1][:5].round(2).tolist()
    print(f"no. {picture[row]}, centre {within[row].tolist()} pixels into its cell: {scores}")

# %% [markdown]
# Where two or three scores of 0.1 to 0.3 stand, the network *sees* the object; what it cannot tell is who should speak.
# If the centre lies half a pixel left of a grid line, the left cell is responsible; half a pixel to the right, the
# right one. Nobody can measure half a pixel in the middle of a large shape. So the network gives part of the score to
# the one cell and part to the other, and neither reaches 0.3. A box half way between two anchors fares the same. Where
# all scores are below 0.1, it has hardly seen the object.
#
# Ask for 0.1 instead of 0.3, and many come back, with some false ones. YOLOv3 has a gentler way: an empty slot whose
# *predicted* box overlaps an object by more than a half is spared. It is not told to keep quiet, nor to speak.
#
# ## A term switched off
#
# What is each term good for? Train on for a hundred steps with a loss from which `no_objectness` is missing. Objects
# must still be found, in the right place, with the right size and class. Only speaking up in an empty slot costs
# nothing any more.
#
# **Predict.** How many boxes with a score of 0.3 or more will it report in a picture of two objects, before any
# suppression? Two, ten, or a hundred?

# %%
careless = tiny_yolo.build((SIDE, SIDE, 3), classes=3, anchors=ANCHORS)
careless.set_weights(model.get_weights())
careless.compile(keras.optimizers.Adam(1e-3), yolo_training.YoloLoss(3, weights={"no_objectness": 0}))
careless.fit(images[:800], targets[:800], batch_size=8, verbose=0)
for name, network in [("all five terms", model), ("without no_objectness", careless)]:
    said = yolo_training.detect(network, x_unseen[:50], ANCHORS, 0.3, iou_threshold=1.0)
    print(f"{name:22} {sum(map(len, said)) / 50:6.1f} boxes a picture, before suppression")

# %% [markdown]
# A hundred steps, and an object is reported several times over. You can try the others: `weights={"wh": 0}` leaves the
# size of every box to chance, `weights={"class": 0}` the class. Those two harm slowly, because what was learned stays
# until something pulls at it.
#
# ## Small objects, and more than one grid
#
# A grid of 12 × 12 suits boxes of 18 to 44 pixels. For much smaller ones the cells are too coarse, for much larger ones
# a cell sees too little. So YOLOv3 has three grids: a coarse one for large anchors, a fine one for small anchors.
# `encode` and `decode` take lists: one grid and one array of anchors for each.
#
# **Predict.** 6 × 6 cells with the largest anchor and 24 × 24 cells with the two smaller ones: which shapes have the
# two targets, and how many boxes can they hold together?

# %% tags=["nbval-check-output"]
split = [ANCHORS[2:], ANCHORS[:2]]
lists, unassigned = yolo.encode(many[1].boxes, many[1].labels, split, [(6, 6), (24, 24)], 3, (SIDE, SIDE))
for target in lists:
    objects = int(target[..., yolo.OBJECTNESS].sum())
    print(target.shape, "slots:", target[..., 0].size, "  objects:", objects)
print("back again:", len(yolo.decode(lists, split, (SIDE, SIDE))), "of", len(many[1].boxes))

# %% [markdown]
# 36 + 1,152 = 1,188 slots. Every object is in the grid that owns the anchor most like it.
#
# ## YOLOv1, v2, v3
#
# | (years of the first version) | YOLOv1, 2015 | YOLOv2, 2016 | YOLOv3, 2018 |
# |---|---|---|---|
# | what was new | a detector in one pass | anchors from k-means, BatchNorm | three grids, shortcuts |
# | grids, at | 7 × 7, at 448 | 13 × 13, at 416 | 13, 26 and 52 a side, at 416 |
# | boxes a cell | 2, of any size | 5 anchors | 3 anchors in each grid |
# | size is learned as | square root | ln(width / anchor) | ln(width / anchor) |
# | classes | one a *cell* | one a box, softmax | one sigmoid a class |
# | backbone | 24 convolutions, 2 dense | Darknet-19 | Darknet-53 |
#
# **Predict.** How many boxes does each of them report for a picture?

# %% tags=["nbval-check-output"]
print("v1:", 7 * 7 * 2)
print("v2:", 13 * 13 * 5)
print("v3:", (13**2 + 26**2 + 52**2) * 3)

# %% [markdown]
# In YOLOv1 a cell has *one* class for both of its boxes. Two objects of different classes in one cell were beyond it,
# whatever their sizes: that is what anchors with classes of their own mended. With one sigmoid a class, v3 can call one
# box a *person* and a *woman* at once.
#
# Ours is nearest to v3, with one grid. Left out are the sparing of empty slots that you met above, and a weight by
# which Darknet's code counts the errors of small boxes a little more.
#
# ### Exercise: who and when
#
# You will read that YOLO was developed by Ultralytics. Look at the papers under *further reading* and at the table, and
# fill in the dictionary.

# %% tags=["exercise-history"]
versions = ...
# {
#     "wrote v1 to v3": "",          # a surname
#     "a detector in one pass": 0,   # first in which version: 1, 2 or 3?
#     "anchors": 0,
#     "three grids": 0,
#     "one sigmoid a class": 0,
# }

# %% tags=["nbval-check-output"]
check.history(versions)

# %% [markdown]
# ## Summary
#
# - The cell that holds the centre of a box is responsible, with the anchor most like the box by IoU. Two objects with
#   one cell and one anchor cannot both be written; count how many that concerns.
# - A slot holds x, y within the cell, the logarithms of the size over the anchor's, objectness, and the classes: rows ×
#   columns × anchors · (5 + classes) numbers. `decode` undoes `encode` exactly.
# - The loss has five terms. Only slots with an object are asked for place, size and class. All others are asked for
#   silence, and they are so many that the network begins there.
# - Raw outputs → sigmoid and exponential → scores → threshold → NMS → boxes. mAP judges them all.
# - Look at what is wrong before you change anything: the class had too little weight, and the missed objects lay on
#   grid lines.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **YOLO**: *You Only Look Once*: detectors that give boxes and classes for every cell of a grid in one pass. Joseph
#   Redmon and others published the first in 2015.
# - **grid cell**: one field of the grid that a detector lays over the picture. The cell in which the centre of a box
#   lies must report that box.
# - **anchor**: a width and a height to start from: the network says how a box differs from it. With several anchors a
#   cell can report several boxes.
# - **slot**: one anchor in one cell: the place of one box in the target and in the output.
# - **k-means anchors**: anchors found in the data: give each box to the most similar of k sizes (distance 1 − IoU),
#   move each size to the mean of its boxes, repeat.
# - **objectness**: the probability that a slot holds an object, whatever its class.
# - **encoding**: writing a detector's box as numbers relative to its cell and its anchor: x and y within the cell, the
#   logarithms of width and height over the anchor's.
# - **decoding**: the reverse of encoding. A network's raw x and y go through the sigmoid, its raw width and height
#   through the exponential.
# - **mask (of a loss)**: an array that says which entries count in a term: in YOLO's loss, the slots with an
#   object or those without.
# - **learning rate schedule**: a rule by which the learning rate changes during training, such as a short rise
#   (*warm-up*), then a fall along half a cosine wave.

# %% [markdown]
# **Further reading**
#
# - Joseph Redmon, Santosh Divvala, Ross Girshick and Ali Farhadi, *You Only Look Once: Unified, Real-Time Object
#   Detection*, CVPR 2016 (arXiv:1506.02640): v1.
# - Joseph Redmon and Ali Farhadi, *YOLO9000: Better, Faster, Stronger*, CVPR 2017 (arXiv:1612.08242): v2.
# - Joseph Redmon and Ali Farhadi, *YOLOv3: An Incremental Improvement*, 2018 (arXiv:1804.02767): short, and funny.
# - Alexey Bochkovskiy, Chien-Yao Wang and Hong-Yuan Mark Liao, *YOLOv4: Optimal Speed and Accuracy of Object
#   Detection*, 2020 (arXiv:2004.10934). Ultralytics' YOLOv5 of the same year came as code, without a paper.
#
# **Where next.** Lesson 13: the same arithmetic with weights that others trained for weeks, read from Darknet's own
# files, on real photos.

# %% [markdown] tags=["navigation"]
# [← 11 · From classification to detection](11_detection.ipynb) ·
# [All lessons](index.ipynb) ·
# [13 · A real YOLO: Darknet weights in Keras →](13_real_yolo.ipynb)

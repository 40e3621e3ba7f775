# %% [markdown]
# # 11 · From classification to detection
#
# <!-- navigation -->
# [← 10 · Transfer learning](10_transfer_learning.ipynb) ·
# [All lessons](index.ipynb) ·
# [12 · YOLO from scratch →](12_yolo_from_scratch.ipynb)
#
# A classifier says *what* is in a picture. How does a network say *where*, and *how many*? And how do you find out
# whether it is right?
#
# **By the end you can**
#
# - write a box in six formats, and work out the IoU of two boxes by hand;
# - turn a trained classifier into one that looks at every place of a picture in a single pass;
# - clean up its answers with non-max suppression, and know when to do it per class;
# - compute average precision in the three usual forms;
# - tell a two-stage detector from a one-stage one.
#
# **Time:** about 75 minutes of reading and trying; the cells themselves run in under a minute on a laptop. **You
# need:** lessons 04 and 05.

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
from matplotlib.patches import Rectangle

from cnnlab import boxes, datasets, explore, metrics, nms, plot, scenes
from cnnlab.checks import lesson11 as check
from cnnlab.detection.detections import Detections, GroundTruth

# %% tags=["parameters"]
PROFILE = "quick"  # "full" trains the classifier on eight times the windows: about two minutes more on two cores
SEED = 0

# %% [markdown]
# ## One picture, six questions
#
# The pictures of this lesson are drawn by a program, `cnnlab.scenes`, which knows every shape and all its pixels.

# %%
one = scenes.scene(SEED + 12, height=96, width=128, min_objects=3, max_objects=3, sizes=(24, 40))
plot.images(
    {
        "the picture": one.image,
        "class of each pixel": (one.masks * (one.labels + 1)[:, None, None]).sum(axis=0),
        **{f"shape {k}: {one.class_names[label]}": one.masks[k] for k, label in enumerate(one.labels)},
    },
    alt=f"A picture with three shapes: {one.caption}. Beside it a map with the class of each pixel, then a black and "
    "white mask for each of the three shapes.",
    row_height=1.9,
)

# %% [markdown]
# | task | question | the label |
# |---|---|---|
# | classification | what is it? | one class |
# | localization | what is it, and where? | one class and one box |
# | detection | what is there, and where is each? | a class and a box for **each** object |
# | semantic segmentation | what is at each pixel? | a class for each pixel |
# | instance segmentation | which pixels are which object's? | a mask and a class for each object |
# | captioning | what is going on? | a sentence |
#
# Lessons 11 to 13 are about the second and third row, lesson 16 about the last three.
#
# A class is one number, a box is four: detection of three shapes asks for 3 · (1 + 4) = 15 numbers.
#
# **Predict.** The picture is 96 × 128. How many numbers do the two segmentations ask for?

# %% tags=["nbval-check-output"]
height, width, objects = 96, 128, 3
print("classification       ", 1)
print("localization         ", 1 + 4)
print("detection            ", objects * (1 + 4))
print("semantic segmentation", height * width)
print("instance segmentation", objects * (1 + height * width))
print("captioning:          ", one.caption)

# %% [markdown]
# In detection the size of the label depends on the picture, but a network has a fixed number of outputs.
#
# ## A box is four numbers. Which four?
#
# The **bounding box** of a thing is the smallest upright rectangle that holds it. For one eye of a cat it is
# `135, 84, 208, 148`, in the format **xyxy**: left, top, right, bottom, in pixels, y downwards. It *ends* at 208: pixel
# 207 is inside, pixel 208 is not. So it is 208 − 135 = 73 wide and 148 − 84 = 64 high.
#
# A box says x first. An array is asked for its **rows** first, and rows are y.
#
# **Predict.** What are the shapes of `photo[84:148, 135:208]` and of `photo[135:208, 84:148]`? Which one shows the eye?

# %% tags=["nbval-check-output"]
photo = datasets.photo("chelsea")
eye = (135, 84, 208, 148)
x1, y1, x2, y2 = eye
print("the photo:   ", photo.shape)
print("rows from y: ", photo[y1:y2, x1:x2].shape)
print("rows from x: ", photo[x1:x2, y1:y2].shape)


# %%
def outline(ax, rows, words=(), colour=plot.BLUE):
    """Draw boxes (N, 4) on axes that show a picture; pixel 0 is centred on 0, so its left edge is at −0.5."""
    for k, (x1, y1, x2, y2) in enumerate(rows):
        ax.add_patch(Rectangle((x1 - 0.5, y1 - 0.5), x2 - x1, y2 - y1, fill=False, edgecolor=colour, linewidth=2))
        if k < len(words):
            ax.text(x1, y1 - 2, words[k], fontsize=8, bbox={"facecolor": "white", "pad": 1, "linewidth": 0})


# %%
crops = {"the box": photo, "photo[y1:y2, x1:x2]": photo[y1:y2, x1:x2], "photo[x1:x2, y1:y2]": photo[x1:x2, y1:y2]}
cat = plot.images(
    crops,
    alt="A cat with a box around the eye on the left; the piece cut out with rows from y, which is the eye; and the "
    "piece cut out with rows from x, which is a piece of cheek.",
    row_height=2.2,
)
outline(cat.axes[0], [eye], colour=plot.YELLOW)
cat

# %% tags=["nbval-check-output"]
for name in boxes.FORMATS:
    four = boxes.convert_format([eye], "xyxy", name, height=300, width=451)[0]
    print(f"{name:16}", " ".join(f"{value:8.3f}" for value in four))

# %% [markdown]
# A swapped box raises no error: it cuts out a piece of cheek.
#
# COCO's files hold `xywh`, YOLO's label files `rel_center_xywh`: centre and size as shares of the picture's width and
# height. Nothing in the four numbers says which format they are in. Say it in the variable's name; a name without it
# means xyxy here.
#
# ### Exercise: cut out a box
#
# Write `crop(image, box)`, which returns the pixels of `image` inside `box`, xyxy in whole pixels. The box may stick
# out of the picture on any side, or lie outside; only what lies inside is returned. If you are stuck,
# `check.crop.hint()` gives a nudge, `check.crop.hint(2)` a stronger one, `check.crop.solution()` an answer.


# %% tags=["exercise-crop"]
def crop(image, box):
    return ...


# %%
check.crop(crop)

# %% [markdown]
# ## Localization: eight numbers
#
# Begin with the simpler task: at most **one** object in a picture, of one of three classes. A network may answer with
# eight numbers:
#
# $$y = [\,p_c,\; b_x, b_y, b_h, b_w,\; c_1, c_2, c_3\,]$$
#
# $p_c$ is 1 if there is an object and 0 if there is none. Then follow the box's centre, its height and its width (in
# this order), as shares of the picture, and the class, one-hot.
#
# A picture is 100 high and 200 wide. A square (the second of circle, square, triangle) fills the box (60, 20, 120, 60).
# Its centre is (90, 40): $b_x$ = 90 / 200 = 0.45 and $b_y$ = 40 / 100 = 0.4. It is 40 high and 60 wide: $b_h$ = 0.4 and
# $b_w$ = 60 / 200 = 0.3. The target is [1, 0.45, 0.4, 0.4, 0.3, 0, 1, 0].
#
# If nothing is in the picture, $p_c$ = 0. The other seven numbers then have no meaning and may be anything.
#
# ### Exercise: the target vector
#
# Write `target_vector(box, label, height, width)`. `box` is xyxy in pixels, `label` is 0, 1 or 2, and `height` and
# `width` are the picture's. If nothing is there, `box` and `label` are `None`.


# %% tags=["exercise-target_vector"]
def target_vector(box, label, height, width):
    return ...  # [pc, bx, by, bh, bw, c1, c2, c3]


# %%
check.target_vector(target_vector)

# %% [markdown]
# The simplest loss squares the eight differences and adds them up. Say the network answers [0.9, 0.45, 0.5, 0.4, 0.1,
# 0.2, 0.7, 0.1] for the square above. The squares are 0.01, 0, 0.01, 0, 0.04, 0.04, 0.09 and 0.01, the loss is 0.20.
#
# If nothing is there, only $p_c$ counts: the box of an object that does not exist is neither right nor wrong.
#
# **Predict.** Nothing is there. One network answers [0.1, 0.9, 0.9, 0.5, 0.5, 0.3, 0.3, 0.4], another [0.8, 0, 0, 0, 0,
# 0, 0, 0]. What are their losses?

# %% tags=["nbval-check-output"]
square = np.array([1, 0.45, 0.4, 0.4, 0.3, 0, 1, 0])
answer = np.array([0.9, 0.45, 0.5, 0.4, 0.1, 0.2, 0.7, 0.1])
print("square there: ", round(((square - answer) ** 2).sum(), 2))
for empty in ([0.1, 0.9, 0.9, 0.5, 0.5, 0.3, 0.3, 0.4], [0.8, 0, 0, 0, 0, 0, 0, 0]):
    print("nothing there:", round((0 - empty[0]) ** 2, 2))

# %% [markdown]
# ### Exercise: the loss
#
# Write `localization_loss(target, prediction)` for two arrays of eight numbers.


# %% tags=["exercise-localization_loss"]
def localization_loss(target, prediction):
    return ...


# %%
check.localization_loss(localization_loss)

# %% [markdown]
# In practice $p_c$ and the classes get cross-entropies. That only $p_c$ counts where nothing is, stays.
#
# **Landmarks.** A network can put out any points, too. To say whether a face is there and where 64 landmarks of it are,
# it needs 1 + 2 · 64 = 129 numbers.
#
# ## Can a classifier detect?
#
# An old idea for several objects: cut a small window out of the picture and classify it, move the window a little and
# do it again.
#
# In some notes you can read that the labels need no class for the background. Test that with two classifiers of 32 × 32
# windows. The first knows circle, square and triangle, the second also *nothing here*.
#
# A window shows a shape of 20 to 30 pixels if the two centres are within 3 pixels. It shows nothing if no shape of
# about that size is within 7 pixels. What lies between is left out.


# %%
def label_of(x, y, scene):
    """What the window with its corner at (x, y) shows: 0 nothing, 1 to 3 a shape, None neither."""
    middles = (scene.boxes[:, :2] + scene.boxes[:, 2:]) / 2
    sizes = (scene.boxes[:, 2:] - scene.boxes[:, :2]).max(axis=1)
    away = np.hypot(*(middles - [x + 16, y + 16]).T)  # from the window's middle to each shape's
    away[(sizes < 18) | (sizes > 33)] = np.inf  # far too small or too large: not this window's business
    nearest = away.argmin()
    if away[nearest] > 7:
        return 0
    return scene.labels[nearest] + 1 if away[nearest] <= 3 and 20 <= sizes[nearest] <= 30 else None


# %%
def cut_windows(many, seed):
    """Windows (N, 32, 32, 3) and their labels (N,): one near each shape, and five anywhere, of each scene."""
    rng, windows, labels = np.random.default_rng(seed), [], []
    for scene in many:
        most = np.array(scene.image.shape[1::-1]) - 32  # x before y
        near = (scene.boxes[:, :2] + scene.boxes[:, 2:]) / 2 - 16 + rng.integers(-2, 3, (len(scene.boxes), 2))
        corners = np.vstack([near, rng.uniform(0, most, (5, 2))])
        for x, y in np.clip(np.rint(corners), 0, most).astype(int):
            label = label_of(x, y, scene)
            if label is not None:
                windows.append(scene.image[y : y + 32, x : x + 32])
                labels.append(label)
    return np.array(windows), np.array(labels)


# %%
often = 8 if PROFILE == "full" else 1
style = dict(height=128, width=160, min_objects=4, max_objects=7, overlap=0.2, turn=15, clutter=4, noise=0.02)
fitting = scenes.scenes(300 * often, SEED + 1, sizes=(20, 30), **style)  # their shapes fit the window
mixed = scenes.scenes(150 * often, SEED + 2, sizes=(12, 50), **style)
windows, labels = cut_windows(fitting + mixed, SEED)
names = ("nothing", *scenes.CLASSES)
print(windows.shape, {name: int((labels == k).sum()) for k, name in enumerate(names)})

# %%
picks = {f"{name} {j}": np.flatnonzero(labels == k)[200 * j] for k, name in enumerate(names) for j in (1, 2)}
plot.images(
    {title: windows[i] for title, i in picks.items()},
    alt="Eight windows: two show nothing, two a circle, two a square and two a triangle that fills most of it.",
    row_height=1.5,
)


# %%
def window_net(classes):
    """A classifier for windows of 32 × 32 pixels."""
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.Conv2D(8, 5, activation="relu", name="conv1"),
            keras.layers.MaxPooling2D(2, name="pool1"),
            keras.layers.Conv2D(24, 3, activation="relu", name="conv2"),
            keras.layers.MaxPooling2D(2, name="pool2"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(48, activation="relu", name="fc1"),
            keras.layers.Dense(classes, activation="softmax", name="scores"),
        ]
    )


# %%
def train(windows, labels, classes, epochs):
    keras.utils.set_random_seed(SEED)
    net = window_net(classes)
    net.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    net.fit(windows, labels, batch_size=32, epochs=epochs, verbose=0)
    return net


def ask(net, pictures):  # (N, H, W, 3), to what the network says, as an array
    return keras.ops.convert_to_numpy(net(pictures))


shown = labels > 0
three = train(windows[shown], labels[shown] - 1, classes=3, epochs=6)
four = train(windows, labels, classes=4, epochs=8)

# %% [markdown]
# **Predict.** What does the first network answer to windows that show *nothing*?

# %%
fresh = scenes.scenes(60, SEED + 3, sizes=(20, 30), **style) + scenes.scenes(30, SEED + 4, sizes=(12, 50), **style)
test_windows, test_labels = cut_windows(fresh, SEED)
full, empty = test_windows[test_labels > 0], test_windows[test_labels == 0]
right = ask(three, full).argmax(axis=1) == test_labels[test_labels > 0] - 1
print(f"three classes, on shapes: {right.mean():.0%} right")
said = ask(three, empty)
share = {name: f"{(said.argmax(axis=1) == k).mean():.0%}" for k, name in enumerate(scenes.CLASSES)}
print(f"three classes, on nothing: {share}; sure of it (above 0.9): {(said.max(axis=1) > 0.9).mean():.0%}")
said = ask(four, empty)
print(f"four classes, on nothing: nothing {(said.argmax(axis=1) == 0).mean():.0%}")

# %% [markdown]
# Circle, square or triangle, and on many empty windows it is even sure. It cannot do otherwise: a softmax adds up to 1,
# and there is no fourth place to put the 1.
#
# **A classifier has no "nothing here": that is what $p_c$, or a class for the background, is for.**
#
# ## Sliding windows, one by one
#
# Slide it over a scene of 128 × 160 in steps of 4 pixels. Along the height a window of 32 starts at 0, 4, 8, …, 96:
# (128 − 32) / 4 + 1 = 25 places.
#
# **Predict.** How many windows are there in all?

# %% tags=["nbval-check-output"]
demo = scenes.scene(SEED + 25, **{**style, "min_objects": 6, "max_objects": 6}, sizes=(20, 30))
corners = [(y, x) for y in range(0, 97, 4) for x in range(0, 129, 4)]
crops = np.stack([demo.image[y : y + 32, x : x + 32] for y, x in corners])
slow = ask(four, crops).reshape(25, 33, 4)
print("25 x 33 =", len(crops), "windows:", crops.shape, "->", slow.shape)

# %% [markdown]
# It works, and it is a waste: neighbouring windows share 28 of their 32 columns.
#
# ## Sliding windows, all at once
#
# A convolution already slides. Fully connected layers can, too. Take a small network for windows of 14 × 14: a
# convolution with 16 filters of 5 × 5, pooling, and fully connected layers.
#
# $14×14×3 → 10×10×16 → 5×5×16 → 400 → 400 → 4$
#
# A unit of the first fully connected layer multiplies 5 · 5 · 16 = 400 numbers by 400 weights and adds. A *filter* of 5
# × 5 × 16 does exactly that: it fits in one place only. 400 units are 400 filters, and the output is 1 × 1 × 400. After
# that, a fully connected layer is a 1 × 1 convolution.
#
# **Predict.** Which shape does the kernel of the first fully connected layer have as a convolution?

# %% tags=["nbval-check-output"]
keras.utils.set_random_seed(SEED)
dense = keras.Sequential(
    [
        keras.Input((14, 14, 3)),
        keras.layers.Conv2D(16, 5, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(400, activation="relu"),
        keras.layers.Dense(400, activation="relu"),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
for layer in (layer for layer in dense.layers if layer.weights):
    print([tuple(weight.shape) for weight in layer.weights])

# %% tags=["nbval-check-output"]
sliding = keras.Sequential(
    [
        keras.Input((None, None, 3)),  # any size
        keras.layers.Conv2D(16, 5, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(400, 5, activation="relu"),
        keras.layers.Conv2D(400, 1, activation="relu"),
        keras.layers.Conv2D(4, 1, activation="softmax"),
    ]
)
kernels = [new.reshape(old.shape) for new, old in zip(dense.get_weights(), sliding.get_weights(), strict=True)]
sliding.set_weights(kernels)
print(dense.count_params(), "=", sliding.count_params())
print("fc1 is now a kernel of shape", kernels[2].shape)

# %% [markdown]
# `reshape` is all it takes: `Flatten` and a kernel go through rows, columns and channels in one order. But the second
# network takes pictures of any size. On 16 × 16 the convolution gives 12 × 12, the pooling 6 × 6, and a 5 × 5 filter
# has 2 × 2 places.
#
# **Predict.** What comes out of 28 × 28?

# %% tags=["nbval-check-output"]
for side in (14, 16, 28):
    shape = (1, side, side, 3)
    sizes = [shape := layer.compute_output_shape(shape) for layer in sliding.layers]
    print(" -> ".join(f"{h}x{w}x{c}" for _, h, w, c in [(1, side, side, 3), *sizes]))

# %% [markdown]
# Each answer should be what the first network says about one window. The pooling halves the picture, so answer (i, j)
# belongs to the window that starts at row 2i, column 2j.

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(SEED)
for side in (16, 28):
    picture = rng.random((side, side, 3), dtype="float32")
    at_once = ask(sliding, picture[None])[0]
    places = [(i, j) for i in range(at_once.shape[0]) for j in range(at_once.shape[1])]
    alone = ask(dense, np.stack([picture[2 * i : 2 * i + 14, 2 * j : 2 * j + 14] for i, j in places]))
    worst = max(abs(at_once[i, j] - alone[k]).max() for k, (i, j) in enumerate(places))
    print(f"{side} x {side}: {len(places)} windows, all equal to within 0.00001: {worst < 1e-5}")

# %% [markdown]
# ### Exercise: how many answers?
#
# The network for 14 × 14 windows is run over a picture of 65 × 92. How many answers come out?

# %% tags=["exercise-one_pass"]
answers = ...  # (height, width)

# %%
check.one_pass(answers)

# %% [markdown]
# ## A map of circles
#
# Your trained classifier becomes convolutional in the same way. It has two poolings, so its answers lie 4 pixels apart.


# %%
def convolutional(net):
    """The same network for pictures of any size: fully connected layers become convolutions."""
    units = net.get_layer("fc1").units
    classes = net.get_layer("scores").units
    body = [net.get_layer(name) for name in ("conv1", "pool1", "conv2", "pool2")]  # shared, weights and all
    fc1 = keras.layers.Conv2D(units, 6, activation="relu", name="fc1")
    scores = keras.layers.Conv2D(classes, 1, activation="softmax", name="scores")
    whole = keras.Sequential([keras.Input((None, None, 3)), *body, fc1, scores])
    for layer in (fc1, scores):
        kernel, bias = net.get_layer(layer.name).get_weights()
        layer.set_weights([kernel.reshape(layer.kernel.shape), bias])
    return whole


# %%
everywhere = convolutional(four)
at_once = ask(everywhere, demo.image[None])[0]
print(at_once.shape, "equal to the crops:", np.allclose(at_once, slow, atol=1e-4))
found = {f"{name}: brightest {at_once[..., k].max():.2f}": at_once[..., k] for k, name in enumerate(names) if k}
plot.images(
    {"the scene": demo.image, **found},
    vmax=dict.fromkeys(found, 1),
    alt="A scene with six shapes, and for each of circle, square and triangle a map of 25 × 33 scores: dark nearly "
    "everywhere, with the brightest spots on shapes of that class and fainter ones beside others.",
    row_height=2.2,
)

# %% [markdown]
# Three maps from one pass. A detector is a network that paints such maps, one for each question.
#
# ## From maps to boxes
#
# Answer (i, j) stands for the window with its corner at (4j, 4i): i counts rows, which are y. The shapes that we
# trained on have about 26 of the window's 32 pixels, so put a box of that size in its middle. For shapes of other sizes
# make the *picture* smaller or larger and run the same network again.
#
# **Predict.** A new scene with six shapes, windows 4 pixels apart, three sizes. About how many boxes reach a score of
# 0.5: 6, 60 or 600?


# %%
def look_everywhere(image, sides=(24, 32, 40), threshold=0.5):
    """Candidates of one scene: windows with sides of 24, 32 and 40 pixels that show a shape."""
    rows, scores, kinds = [], [], []
    for side in sides:
        size = [round(n * 32 / side) for n in image.shape[:2]]
        resized = keras.ops.image.resize(image[None], size, antialias=True)
        maps = ask(everywhere, resized)[0][..., 1:]  # (h, w, 3), without "nothing"
        best = maps.max(axis=-1)
        i, j = np.nonzero(best >= threshold)
        x, y, half = (4 * j + 16) * side / 32, (4 * i + 16) * side / 32, 13 * side / 32
        rows.append(np.column_stack([x - half, y - half, x + half, y + half]))
        scores.append(best[i, j])
        kinds.append(maps.argmax(axis=-1)[i, j])
    return Detections(np.concatenate(rows), np.concatenate(scores), np.concatenate(kinds), scenes.CLASSES)


# %%
scene = scenes.scene(SEED + 30, **{**style, "min_objects": 6, "max_objects": 6}, sizes=(18, 40))
candidates = look_everywhere(scene.image)
picture = plot.images(
    {f"{len(scene.boxes)} shapes": scene.image, f"{len(candidates)} candidates": scene.image},
    alt=f"A scene with {len(scene.boxes)} shapes, and the same with {len(candidates)} boxes, most of them in heaps on "
    "the shapes.",
    row_height=4.2,
)
outline(picture.axes[1], candidates.boxes, colour=plot.YELLOW)
picture

# %% [markdown]
# Most shapes are found, and found again. (Your boxes may differ from ours: two cores add up in another order than one,
# and training magnifies that.) Missing are a number that says how well two boxes agree, and a way to keep one box of
# each heap.
#
# ## Intersection over union
#
# $$\text{IoU} = \frac{\text{area of the intersection}}{\text{area of the union}}$$
#
# Take a = (1, 1, 5, 4) and b = (3, 2, 7, 6). In x the overlap begins at the larger of the two starts, 3, and ends at
# the smaller of the two ends, 5: 2 pixels. In y from 2 to 4: 2 pixels. The intersection is 4. Box a has 4 · 3 = 12
# pixels, box b 4 · 4 = 16. Together 28, but the 4 shared ones were counted twice: the union is 24. IoU = 4 / 24 = 0.17.
#
# **Predict.** Three pairs of 10 × 10 boxes: the same box twice; one moved by 5 to the right; one moved by 5 to the
# right and 5 down. Is the second about a half, the third about a quarter?

# %% tags=["nbval-check-output"]
print("by hand:", round(boxes.iou([[1, 1, 5, 4]], [[3, 2, 7, 6]])[0, 0], 2))
a = [[0, 0, 10, 10]]
for moved in ([0, 0, 10, 10], [5, 0, 15, 10], [5, 5, 15, 15]):
    print(moved, round(boxes.iou(a, [moved])[0, 0], 3))

# %% [markdown]
# 50 / 150 is a third, and 25 / 175 is a seventh. IoU is strict.
#
# The bench does the arithmetic for any two boxes. Count the squares first and type your answer. (With anywidget, drag
# the boxes.)

# %%
bench = explore.BoxBench(a=(2, 2, 10, 8), b=(5, 4, 13, 10), predict=True)
bench

# %% [markdown]
# 1. Move b until the two boxes only touch, then further. The IoU stays 0. Look at *overlap in x*: what is done about
#    it? Now move b below a as well: two negative sides would multiply to a positive area. So each side is held at 0
#    *before* you multiply.
# 2. Put b inside a, half as wide and half as high. Does it matter where inside?
# 3. Watch GIoU while the boxes are apart. It falls with the distance, so as a *loss* it tells a box that misses where
#    to move.
#
# ### Exercise: IoU
#
# Write `iou(a, b)` for two boxes in xyxy. If both have no area at all, the IoU is 0.


# %% tags=["exercise-iou"]
def iou(a, b):
    return ...


# %%
check.iou(iou)

# %% [markdown]
# ## Non-max suppression
#
# Now the heaps. The recipe:
#
# 1. Drop all boxes with $p_c$ below 0.6.
# 2. Take the box with the highest $p_c$. Keep it. Drop every other box whose IoU with it is above 0.5.
# 3. Go on with the boxes that are left, until none is.
#
# Three boxes by hand: A with $p_c$ = 0.9, B with 0.8 and an IoU of 0.6 with A, C with 0.7 and an IoU of 0.6 with B but
# only 0.33 with A. Keep A, drop B. B would have suppressed C, but B is gone. So A and C stay.
#
# **Predict.** A fourth box D with $p_c$ = 0.55 lies far away from all others. Does it stay?

# %% tags=["nbval-check-output"]
four_boxes = [[0, 0, 16, 10], [4, 0, 20, 10], [8, 0, 24, 10], [50, 0, 66, 10]]
letters, pc = "ABCD", [0.9, 0.8, 0.7, 0.55]
print(np.round(boxes.iou(four_boxes, four_boxes), 2))
for step in nms.steps(four_boxes, pc, iou_threshold=0.5, score_threshold=0.6):
    gone = ", ".join(letters[k] for k in step.suppressed) or "nothing"
    print(f"keep {letters[step.kept]}, drop {gone}, left {[letters[k] for k in step.remaining]}")

# %% [markdown]
# Now a photo. To make candidates, a bright disc on dark ground was slid over it in three sizes. The score is the
# correlation of window and disc.
#
# **Predict.** Count the coins. How many boxes will be left?

# %%
coin_stepper = explore.NmsStepper(score_threshold=0.6, iou_threshold=0.5)
coin_stepper.set(round=3)
coin_stepper

# %% [markdown]
# 1. Move `round` with the arrow keys up to the last. 24 coins, 24 rounds.
# 2. Raise `iou_threshold` to 0.8. Now two boxes must agree very well before one goes: 132 are left, at least two a
#    coin.
# 3. Set it back to 0.5 and lower `score_threshold` to 0.55. Now 25 are left. Which coin has two boxes? Lower
#    `iou_threshold` to 0.3, and it has one again. What would 0.3 do to people in a crowd?
#
# ### Exercise: by hand
#
# A row of boxes, all 15 wide and 10 high. Two that are k apart have an IoU of (15 − k) / (15 + k): with k = 4 that is
# 11 / 19 = 0.58, with k = 5 it is 10 / 20 = 0.5 exactly.
#
# | box | left edge | class | $p_c$ |
# |---|---|---|---|
# | 0 | 8 | cat | 0.70 |
# | 1 | 0 | cat | 0.90 |
# | 2 | 60 | cat | 0.55 |
# | 3 | 1 | dog | 0.75 |
# | 4 | 4 | cat | 0.80 |
# | 5 | 45 | cat | 0.62 |
# | 6 | 40 | cat | 0.65 |
#
# Use 0.6 and 0.5 as above, and suppress only within a class. Which boxes stay? List their numbers, the highest $p_c$
# first.

# %% tags=["exercise-nms_by_hand"]
kept = ...  # numbers of the boxes that stay, the highest pc first

# %%
check.nms_by_hand(kept)

# %% [markdown]
# ### Exercise: the loop
#
# Write `my_nms(ious, scores, labels, threshold=0.5)`. `ious[i, j]` is the IoU of boxes i and j. Return the indices of
# the boxes that stay, the highest score first. A box suppresses only boxes of its own class.


# %% tags=["exercise-nms"]
def my_nms(ious, scores, labels, threshold=0.5):
    return ...  # indices of the boxes that stay, best first


# %%
check.nms(my_nms)

# %% [markdown]
# Why per class? A rider sits on a horse. The two boxes may overlap by more than a half, and both are right. But look at
# what our own detector says about the scene above.

# %%
stepper = explore.NmsStepper(scene.image, candidates, score_threshold=0.5, iou_threshold=0.3)
stepper.set(round=1)
stepper

# %% [markdown]
# Go to the last round. Where the network said both square and triangle of one shape, both stay. Set `compare` to *all
# classes together*, and the weaker goes. Which way is right depends on whether two objects can be in one place; here
# they hardly can.


# %%
def detect(image):
    """Boxes of one scene, one for each heap, all classes together."""
    found = look_everywhere(image)
    return found[nms.nms(found.boxes, found.scores, 0.3)]


# %%
found = detect(scene.image)
picture = plot.images(
    {"what is there": scene.image, "what the detector says": scene.image},
    alt=f"Left the scene with its {len(scene.boxes)} true boxes, right with the {len(found)} that the detector kept, "
    "each with class and score.",
    row_height=4.2,
)
outline(picture.axes[0], scene.boxes, [scenes.CLASSES[k] for k in scene.labels], plot.GREEN)
said = [f"{scenes.CLASSES[k]} {score:.2f}" for k, score in zip(found.labels, found.scores, strict=True)]
outline(picture.axes[1], found.boxes, said)
picture

# %% [markdown]
# How good is this detector, in numbers?
#
# ## Precision, recall, and the curve
#
# A box is **right**, a *true positive*, if it has the class of an object, an IoU of at least 0.5 with it, and no better
# box has taken that object before. Every other box is **wrong**, a *false positive*; also the second box on the same
# coin. Then
#
# $$\text{precision} = \frac{\text{right}}{\text{all boxes}}
# \qquad \text{recall} = \frac{\text{right}}{\text{all objects}}$$
#
# Say there are 4 objects and 5 boxes. From the highest score to the lowest they are right, right, wrong, right, wrong.
# After one box the precision is 1 / 1 and the recall 1 / 4. After three: 2 / 3 and 2 / 4.
#
# **Predict.** The fourth and the fifth.

# %% tags=["nbval-check-output"]
hits = [True, True, False, True, False]
right = 0
for rank, hit in enumerate(hits, start=1):
    right += hit
    print(f"after {rank}: precision {right}/{rank} = {right / rank:.2f}, recall {right}/4 = {right / 4:.2f}")

# %% [markdown]
# So a detector has no *one* precision: the score threshold decides. All thresholds make a curve, and the area under it
# is the **average precision**, AP.
#
# The precision goes up again at rank 4, and nobody would put the threshold at rank 3. So every precision is first
# lifted to the best one further to the right: 1, 1, 0.75, 0.75, 0.6. Then the area is taken in one of three ways:
#
# - **VOC 2007, 11 points**: the mean of the precisions at recall 0, 0.1, …, 1.
# - **VOC 2010, all points**: the exact area under the steps.
# - **COCO, 101 points**: the mean at recall 0, 0.01, …, 1.
#
# All points, for the example: three steps of width 1/4 with heights 1, 1 and 0.75: 0.6875. What was never found counts
# 0.
#
# **Predict.** Eleven points: at which of the recalls 0, 0.1, …, 1 is the precision 1, at which 0.75, at which 0?

# %% tags=["nbval-check-output"]
recall, precision = metrics.precision_recall([0.9, 0.8, 0.7, 0.6, 0.5], hits, positives=4)
for method in ("voc07", "voc10", "coco"):
    print(f"{method}: {metrics.average_precision(recall, precision, method):.4f}")

# %% [markdown]
# (6 · 1 + 2 · 0.75) / 11 = 0.6818. If two papers report AP, ask which.
#
# The builder has the coins again, with a disc of one size only, so that large and small coins get boxes that fit badly.

# %%
builder = explore.PrBuilder()
builder

# %% [markdown]
# 1. Lower `score_threshold` slowly from 0.75 to 0.30, and watch boxes, ticks and curve together. Below 0.65 the recall
#    stays at 16 / 24 and the curve falls straight down. What kind of boxes come in there?
# 2. Set `iou_threshold` to 0.5. The boxes are the same, and all 24 coins are found: AP 1. Set it to 0.85: AP 0.33.
#    *Right* is a matter of definition.
# 3. Set it back to 0.7 and go through the three forms of AP. What does each of them add up?
#
# ### Exercise: average precision
#
# Write `my_average_precision(hits, positives)` in the all-point form. `hits` says for each box, from the highest score
# to the lowest, whether it is right (1) or wrong (0). `positives` is the number of objects.


# %% tags=["exercise-average_precision"]
def my_average_precision(hits, positives):
    return ...


# %%
check.average_precision(my_average_precision)

# %% [markdown]
# The mean of the AP over all classes is **mAP**. PASCAL VOC has 20 classes and asks for an IoU of 0.5: mAP@.5. COCO has
# 80 classes and takes the mean over ten IoU thresholds, 0.50, 0.55, …, 0.95: mAP@[.50:.95]. At 0.95 a box of 100 × 100
# may be off by 2 pixels, not by 3.
#
# **Predict.** Our detector's boxes come in three sizes and steps of 4 pixels. How much lower is its AP at an IoU of
# 0.75 than at 0.5?

# %%
judged = scenes.scenes(30, SEED + 5, sizes=(18, 40), **style)
truth = [GroundTruth(one.boxes, one.labels) for one in judged]
print(metrics.coco_map([detect(one.image) for one in judged], truth))

# %% [markdown]
# These twelve numbers are what papers on detection report. AR is the *average recall*, with at most 1, 10 or 100 boxes
# a picture. `small`, `medium` and `large` divide the objects at areas of 32² and 96² pixels.
#
# From `ap50` to `ap75` our detector loses more than half: many of its boxes do not fit that well. The remedy: **let the
# network put out the box too**, as in the vector of eight numbers. Lesson 12 does it for every cell of a grid.
#
# ## Propose first, or look everywhere
#
# Another way: let something cheap propose regions that might be objects, and look at these only. **R-CNN** runs its
# network on about 2,000 proposals for a photo. Those after it got rid of that:
#
# | | proposals | what is run for each | time |
# |---|---|---|---|
# | R-CNN, 2013 | from regions of even colour | the whole network, on the cropped picture | 47 s a photo |
# | Fast R-CNN, 2015 | the same | the last layers, on a piece of the **feature map** | 0.3 s + proposals |
# | Faster R-CNN, 2015 | from a small network on the map | the last layers | 0.2 s |
# | R-FCN, 2016 | the same | an average over maps for *top left*, *middle*, … | 0.17 s |
# | Mask R-CNN, 2017 | the same | the last layers, and a small mask | 0.2 s |
# | SSD, 2015 | **none**: class and box at every cell of several maps | nothing | 59 a second |
# | YOLO, 2015 | **none**: class and box at every cell of one grid | nothing | 45 a second |
#
# (Years of the first version; times from the papers, on the graphics cards of their year.) The first five are
# **two-stage** detectors: propose, then look closely. The last two are **one-stage**: one pass, as with our maps.
#
# Three more words:
#
# - The **backbone** is a network of lessons 06 and 07 without its top, usually trained on ImageNet first. Ours is
#   `conv1` to `pool2`.
# - The **neck** brings together maps of several depths. We had none, and resized the picture instead.
# - The **head** turns each place of a map into classes and boxes. Ours is `fc1` and `scores`, without boxes yet.

# %% [markdown]
# ## Summary
#
# - In detection the label is a class and a box for each object. x comes first in a box, rows first in an array.
# - Where $p_c$ is 0 nothing else counts in the loss. A classifier without "nothing" has an answer to every window.
# - A fully connected layer is a convolution whose filter fits once: a classifier runs over a whole picture in one pass.
# - IoU is intersection over union, each side held at 0. NMS keeps the best box, drops what overlaps it too much, and
#   goes on.
# - Precision and recall depend on the score threshold; AP is the area under their curve.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **bounding box**: the smallest upright rectangle round an object, as four numbers. In the format *xyxy* they are
#   left, top, right and bottom edge, in pixels.
# - **object detection**: saying for every object in a picture what it is and where: a class and a bounding box each.
# - **segmentation**: *semantic*: a class for each pixel. *Instance*: a mask of its own, and a class, for each object.
# - **landmark**: a point with a meaning, such as the corner of an eye, whose two coordinates a network gives.
# - **sliding window**: asking a classifier about a piece of fixed size at every place of a picture. As a convolution it
#   takes one pass for all pieces.
# - **intersection over union (IoU)**: the area that two boxes share over the area that they cover together: 1 for equal
#   boxes, 0 for boxes that are apart.
# - **non-maximum suppression (NMS)**: keep the box with the highest score, drop those that overlap it by more than a
#   threshold of IoU, and go on with the next best that is left.
# - **true positive (of a detector)**: a box with the class of an object and an IoU of at least a threshold with it,
#   where no better box has taken that object.
# - **precision–recall curve**: the share of boxes that are right, against the share of objects that were found, as the
#   score threshold goes down.
# - **average precision (AP)**: the area under a class's precision–recall curve, each precision lifted to the best one
#   at this recall or a higher one.
# - **mAP**: the mean of the AP over all classes: at one IoU threshold (mAP@.5), or also over ten of them
#   (mAP@[.50:.95]).
# - **one-stage, two-stage detector**: two-stage: regions that might hold objects are proposed first, then each is
#   classified. One-stage: classes and boxes for all places in one pass.

# %% [markdown]
# **Further reading**
#
# - Pierre Sermanet and others, *OverFeat*, ICLR 2014: sliding windows as convolution.
# - Ross Girshick and others, *Rich feature hierarchies* (R-CNN), CVPR 2014, and *Fast R-CNN*, ICCV 2015; Shaoqing Ren
#   and others, *Faster R-CNN*, NIPS 2015; Jifeng Dai and others, *R-FCN*, NIPS 2016; Kaiming He and others, *Mask
#   R-CNN*, ICCV 2017; Wei Liu and others, *SSD*, ECCV 2016.
# - Mark Everingham and others, *PASCAL VOC*, IJCV 2010; Tsung-Yi Lin and others, *Microsoft COCO*, ECCV 2014.
#
# **Where next.** Lesson 12 builds YOLO: one grid, and the eight numbers at every cell of it.

# %% [markdown] tags=["navigation"]
# [← 10 · Transfer learning](10_transfer_learning.ipynb) ·
# [All lessons](index.ipynb) ·
# [12 · YOLO from scratch →](12_yolo_from_scratch.ipynb)

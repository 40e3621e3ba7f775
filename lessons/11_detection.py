# %% [markdown]
# # 11 · From classification to detection
#
# <!-- badge --> *Open in Colab: this copy of the course has no address yet.*
#
# A classifier says *what* is in a picture. How does a network say *where*, and *how many*? And how do you find out
# whether it is right?
#
# **By the end you can**
#
# - say what the label is in classification, localization, detection, segmentation and captioning;
# - write a box in six formats, cut it out of a picture, and work out the IoU of two boxes by hand;
# - turn a trained classifier into one that looks at every place of a picture in a single pass;
# - clean up its answers with non-max suppression, step by step, and know when to do it per class;
# - draw a precision–recall curve and compute average precision in the three usual forms;
# - tell a two-stage detector from a one-stage one, and measure both on the same pictures.
#
# **Time:** about 90 minutes of reading and trying; the cells themselves run in under a minute on a laptop. **You
# need:** lessons 04 and 05: what a convolution computes, and how Keras trains one.

# %% tags=["bootstrap"]
# Makes `import cnnlab` work: nothing to do where it is installed, one installation on Colab or elsewhere.
import importlib.util
import os
import subprocess
import sys

COURSE_URL = os.environ.get("COURSE_URL", "")  # this copy of the course has no address yet
if importlib.util.find_spec("cnnlab") is None:
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--upgrade-strategy", "only-if-needed"]
    if not COURSE_URL or subprocess.run([*pip, COURSE_URL]).returncode:
        raise RuntimeError("cnnlab is not installed. Run `pip install .` in the course folder, or set COURSE_URL.")
    importlib.invalidate_caches()
from cnnlab.startup import load_keras

load_keras()  # a few seconds, without the lines that TensorFlow would put here in red

# %%
import time

import keras
import numpy as np
from matplotlib.patches import Rectangle
from skimage.measure import regionprops
from skimage.segmentation import felzenszwalb

from cnnlab import boxes, datasets, explore, metrics, nms, plot, scenes
from cnnlab.checks import lesson11 as check
from cnnlab.detections import Detections, GroundTruth

# %% tags=["parameters"]
PROFILE = "quick"  # "full" trains the classifier on eight times the windows: about two minutes more on two cores
SEED = 0

# %% [markdown]
# ## One picture, six questions
#
# The pictures of this lesson are drawn by a program, `cnnlab.scenes`, as many as you like. A program that draws a
# picture knows everything about it: which shapes there are, where, and which pixels belong to each. So there are labels
# of every kind.

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
# The same picture answers six questions, and what a *label* is differs each time:
#
# | task | question | the label |
# |---|---|---|
# | classification | what is it? | one class |
# | localization | what is it, and where? | one class and one box |
# | detection | what is there, and where is each? | a class and a box for **each** object, however many there are |
# | semantic segmentation | what is at each pixel? | a class for each pixel |
# | instance segmentation | which pixels are which object's? | a mask and a class for each object |
# | captioning | what is going on? | a sentence |
#
# A class is one number, a box is four. So detection of three shapes asks for 3 · (1 + 4) = 15 numbers.
#
# **Predict.** The picture is 96 × 128 with three shapes. How many numbers does semantic segmentation ask for? And
# instance segmentation?

# %% tags=["nbval-check-output"]
height, width, objects = 96, 128, 3
print("classification       ", 1)
print("localization         ", 1 + 4)
print("detection            ", objects * (1 + 4))
print("semantic segmentation", height * width)
print("instance segmentation", objects * (1 + height * width))
print("captioning:          ", one.caption)

# %% [markdown]
# Classification and localization have labels of a fixed size, and a network with a fixed number of outputs can give
# them. In detection the size depends on the picture. That is the difficulty this lesson and the next are about.
# Segmentation and captions come back in lesson 16.
#
# ## A box is four numbers. Which four?
#
# Here is a cat. A box around one of its eyes is `135, 84, 208, 148`: it runs from x = 135 to x = 208 and from y = 84 to
# y = 148. This is the format **xyxy**: left, top, right, bottom, in pixels, y downwards. The box *ends* at 208. Pixel
# 207 is inside, pixel 208 is not. So the box is 208 − 135 = 73 wide and 148 − 84 = 64 high, and no + 1 is needed
# anywhere.
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

# %% [markdown]
# A swapped box raises no error. It cuts out a piece of cheek. Of all mistakes with boxes this is the commonest, and you
# find it only by looking.
#
# The same box can be written in other ways, and programs do:

# %% tags=["nbval-check-output"]
for name in boxes.FORMATS:
    four = boxes.convert_format([eye], "xyxy", name, height=300, width=451)[0]
    print(f"{name:16}", " ".join(f"{value:8.3f}" for value in four))

# %% [markdown]
# COCO's files hold `xywh`, YOLO's label files `rel_center_xywh`: centre and size as shares of the picture's width and
# height. These do not change when the picture is enlarged. Nothing in the four numbers says which format they are in,
# so say it in the name of the variable. In this course a variable without such a name is xyxy in pixels.
#
# A box may also stick out of the picture. A detector that sees half a cat at the border is right to do that. Cut it
# with `boxes.clip` before you cut pixels.
#
# ### Exercise: cut out a box
#
# Write `crop(image, box)`, which returns the pixels of `image` inside `box`. The box is xyxy in whole pixels and may
# stick out of the picture on any side; then only what lies inside is returned. Run the cell after it: it tells you what
# is right or what went wrong. If you are stuck, `check.crop.hint()` gives a nudge, `check.crop.hint(2)` a stronger one,
# and `check.crop.solution()` an answer.


# %% tags=["exercise-crop"]
def crop(image, box):
    return ...


# %%
check.crop(crop)

# %% [markdown]
# ## Localization: eight numbers
#
# Begin with the simpler task. There is at most **one** object in a picture, of one of three classes. What should a
# network put out? One answer that is used widely has eight numbers:
#
# $$y = [\,p_c,\; b_x, b_y, b_h, b_w,\; c_1, c_2, c_3\,]$$
#
# $p_c$ is 1 if there is an object and 0 if there is none. Then follow the box's centre, its height and its width, as
# shares of the picture. Then the class, one-hot. Mind the order: here the height comes before the width.
#
# A picture is 100 high and 200 wide. A square (class 2 of circle, square, triangle) fills the box (60, 20, 120, 60).
# Its centre is (90, 40). So $b_x$ = 90 / 200 = 0.45 and $b_y$ = 40 / 100 = 0.4. It is 40 high and 60 wide: $b_h$ = 40 /
# 100 = 0.4 and $b_w$ = 60 / 200 = 0.3. The target is [1, 0.45, 0.4, 0.4, 0.3, 0, 1, 0].
#
# And if nothing is in the picture? Then $p_c$ = 0, and the other seven numbers have no meaning. We write zeros, but it
# might as well say anything.
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
# Now the loss. The simplest one squares the eight differences and adds them up. Say the network answers [0.9, 0.45,
# 0.5, 0.4, 0.1, 0.2, 0.7, 0.1] for the square above. The differences are 0.1, 0, −0.1, 0, 0.2, −0.2, 0.3 and −0.1, the
# squares 0.01, 0, 0.01, 0, 0.04, 0.04, 0.09 and 0.01. The loss is 0.20.
#
# If nothing is there, only $p_c$ counts. What the network says about the box of an object that does not exist is
# neither right nor wrong.
#
# **Predict.** Nothing is there. One network answers [0.1, 0.9, 0.9, 0.5, 0.5, 0.3, 0.3, 0.4], another [0.8, 0, 0, 0, 0,
# 0, 0, 0]. What are their losses? Which has the more sensible seven other numbers, and does that help it?

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
# For training, the same has to work on a batch and be written in `keras.ops`, so that Keras can take gradients. The
# target's own $p_c$ is the mask: multiplied by 1 a term counts, multiplied by 0 it does not.


# %% tags=["nbval-check-output"]
def batch_loss(targets, predictions):  # (N, 8) each → (N,)
    squares = keras.ops.square(targets - predictions)
    return squares[:, 0] + targets[:, 0] * keras.ops.sum(squares[:, 1:], axis=1)


targets = np.stack([square, np.zeros(8)]).astype("float32")
predictions = np.stack([answer, [0.8, 0, 0, 0, 0, 0, 0, 0]]).astype("float32")
print([f"{loss:.2f}" for loss in keras.ops.convert_to_numpy(batch_loss(targets, predictions))])

# %% [markdown]
# In practice $p_c$ gets a cross-entropy, the classes a softmax with cross-entropy, and only the box keeps its squares.
# The mask stays.
#
# **Landmarks.** A network can put out any points, not only corners of boxes. To say whether a face is there and where
# 64 landmarks of it are, it needs 1 + 2 · 64 numbers. Landmark 7 has to be the same corner of the same eye in every
# training picture. That is harder than it sounds, as soon as you flip a picture.
#
# Take three landmarks of the cat: the eye on the left at (171, 116), the eye on the right at (318, 137), the nose at
# (262, 238). The photo is 451 wide, and a flip moves x to 451 − x.
#
# **Predict.** How many numbers for 64 landmarks? And after the flip: what has to stand in the first row, "the eye on
# the left"?

# %% tags=["nbval-check-output"]
print("outputs:", 1 + 2 * 64)
landmarks = np.array([[171, 116], [318, 137], [262, 238]])  # eye on the left, eye on the right, nose
flipped = np.column_stack([451 - landmarks[:, 0], landmarks[:, 1]])
print("as they come out: ", flipped.tolist())
print("in the right order:", flipped[[1, 0, 2]].tolist())

# %% [markdown]
# The first point is now the eye on the right. Swap the two, or you teach the network that left is right.
#
# ## Can a classifier detect?
#
# For several objects there is an old idea. Cut a small window out of the picture and classify it. Move the window a
# little and do it again, over the whole picture. Where the classifier says "circle", there is a circle.
#
# In some notes you can read that the labels need no class for the background: show the classifier enough circles,
# squares and triangles, and it will find them. Test that. Train two classifiers on windows of 32 × 32 pixels. The first
# knows three classes. The second knows a fourth: *nothing here*.
#
# A window shows a shape if the shape's centre is within 3 pixels of the window's and the shape is 20 to 30 pixels
# large, so that it fills the window well. A window shows nothing if no such shape is within 7 pixels. What lies between
# is left out: nobody could say what is right. So a shape that lies at the window's edge is *nothing*, too. It is
# another window's business.


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


# %% [markdown]
# Two thirds of the training scenes hold shapes that fit the window, one third holds shapes of any size.

# %%
often = 8 if PROFILE == "full" else 1
style = dict(height=128, width=160, min_objects=4, max_objects=7, overlap=0.2, turn=15, clutter=4, noise=0.02)
fitting = scenes.scenes(300 * often, SEED + 1, sizes=(20, 30), **style)
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


# %% [markdown]
# The network is small: a 5 × 5 and a 3 × 3 convolution, each with pooling, and two fully connected layers.


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


def ask(net, pictures):
    """What the network says about pictures (N, H, W, 3), as an array."""
    return keras.ops.convert_to_numpy(net(pictures))


# %%
shown = labels > 0
three = train(windows[shown], labels[shown] - 1, classes=3, epochs=6)
four = train(windows, labels, classes=4, epochs=8)

# %% [markdown]
# Both are tested on windows of scenes that neither has seen. On windows with a shape the first network does well.
#
# **Predict.** Then you give it windows that show *nothing*. It knows circles, squares and triangles. What does it
# answer?

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
# It answers circle, square or triangle. It cannot do otherwise: a softmax adds up to 1, and there is no fourth place to
# put the 1. On a good part of the empty windows it is even sure.
#
# **A classifier has no "nothing here". That is what $p_c$, or a class for the background, is for.** From here on we use
# the second network, and come back to the first once more when we have a faster way to run it.
#
# ## Sliding windows, one by one
#
# Slide it over a scene of 128 × 160 in steps of 4 pixels. Along the height a window of 32 starts at 0, 4, 8, …, 96:
# (128 − 32) / 4 + 1 = 25 places.
#
# **Predict.** How many windows are there in the whole picture?

# %% tags=["nbval-check-output"]
rows, columns = (128 - 32) // 4 + 1, (160 - 32) // 4 + 1
print(f"{rows} x {columns} = {rows * columns} windows")

# %%
demo = scenes.scene(SEED + 25, **{**style, "min_objects": 6, "max_objects": 6}, sizes=(20, 30))
corners = [(y, x) for y in range(0, 97, 4) for x in range(0, 129, 4)]
crops = np.stack([demo.image[y : y + 32, x : x + 32] for y, x in corners])  # (825, 32, 32, 3)
slow = ask(four, crops).reshape(25, 33, 4)
print(crops.shape, "->", slow.shape)

# %% [markdown]
# It works, and it is a waste. Neighbouring windows share 28 of their 32 columns, and the first convolution is computed
# for all of them again and again.
#
# ## Sliding windows, all at once
#
# A convolution already slides. If only the fully connected layers did too! They can. Take a network that is small
# enough to count, for windows of 14 × 14: a convolution with 16 filters of 5 × 5, pooling, then fully connected layers
# with 400, 400 and 4 units.
#
# $14 × 14 × 3 → 10 × 10 × 16 → 5 × 5 × 16 → 400 → 400 → 4$
#
# A unit of the first fully connected layer multiplies 5 · 5 · 16 = 400 numbers by 400 weights and adds. A *filter* of
# size 5 × 5 × 16 on a picture of 5 × 5 × 16 does exactly that: it fits in one place only. 400 units are 400 filters,
# and the output is 1 × 1 × 400. After that, a fully connected layer is a 1 × 1 convolution.
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
# `reshape` is all it takes, because `Flatten` and a kernel go through rows, columns and channels in the same order. Not
# a number has changed. But the second network takes pictures of any size.
#
# On 14 × 14 it gives 1 × 1 × 4: one answer. On 16 × 16 the convolution gives 12 × 12, the pooling 6 × 6, and a 5 × 5
# filter has 2 × 2 places.
#
# **Predict.** What comes out of 28 × 28?

# %% tags=["nbval-check-output"]
for side in (14, 16, 28):
    shape = (1, side, side, 3)
    sizes = [shape := layer.compute_output_shape(shape) for layer in sliding.layers]
    print(" -> ".join(f"{h}x{w}x{c}" for _, h, w, c in [(1, side, side, 3), *sizes]))

# %% [markdown]
# Each of the 2 × 2 answers should be what the first network says about one window. The pooling halves the picture, so
# answer (i, j) belongs to the window that starts at row 2i, column 2j. Check it for every one.

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
# 64 windows in one pass, and no cropping. What is saved? Count multiply-adds, as in lesson 04. For one window the
# convolution needs 10·10 · 5·5·3 · 16 = 120,000, and the fully connected layers 160,000 + 160,000 + 1,600.
#
# **Predict.** For 64 windows one by one that is 64 times as much. In one pass over 28 × 28, the convolution computes 24
# × 24 positions. How many times less does it need than 64 · 120,000? And the fully connected layers?

# %% tags=["nbval-check-output"]
conv_alone, conv_once = 64 * 10 * 10 * 75 * 16, 24 * 24 * 75 * 16
print(
    f"convolution:     {conv_alone:>10,} one by one, {conv_once:>10,} at once: {conv_alone / conv_once:.1f} times less"
)
fc = 64 * (5 * 5 * 16 * 400 + 400 * 400 + 400 * 4)
print(f"fully connected: {fc:>10,} one by one, {fc:>10,} at once: the same")

# %% [markdown]
# The convolution is shared between windows, so it gets eleven times cheaper. The fully connected layers gain nothing:
# every window has its own. So the trick pays where most of the work is convolution. That holds for nearly every network
# that is used today, and for ours: in `window_net` the fully connected layers have 5 % of the work.
#
# ### Exercise: how many answers?
#
# The network for 14 × 14 windows is run over a picture of 65 × 92. How many answers come out? Put `(height, width)` in
# place of the dots.

# %% tags=["exercise-one_pass"]
answers = ...  # (height, width)

# %%
check.one_pass(answers)

# %% [markdown]
# ## A map of circles
#
# Now the classifier that you trained. It becomes convolutional in the same way, and its answers lie 4 pixels apart: two
# poolings.


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

# %%
found = {f"{name}: brightest {at_once[..., k].max():.2f}": at_once[..., k] for k, name in enumerate(names) if k}
heat = plot.images(
    {"the scene": demo.image, **found},
    alt="A scene with six shapes, and for each of circle, square and triangle a map of 25 × 33 scores: dark nearly "
    "everywhere, with bright spots at the middles of the shapes of that class.",
    row_height=2.2,
)
heat

# %% [markdown]
# Three maps from one pass. Bright spots stand where a window of 32 × 32 around them shows that class. This picture is
# worth keeping in mind: a detector is a network that paints such maps, one for each question.
#
# Now the network without "nothing". Mark each of the 825 windows in which a network is sure, above 0.9, of some shape.
#
# **Predict.** The scene has six shapes. How many windows does each of the two networks mark, about?

# %%
without = ask(convolutional(three), demo.image[None])[0]
sure = at_once[..., 1:].max(axis=-1) > 0.9, without.max(axis=-1) > 0.9  # (25, 33) each
four_sure, three_sure = (int(marked.sum()) for marked in sure)
print(f"with a class for nothing: {four_sure} of 825 windows; with three classes only: {three_sure}")

# %%
plot.images(
    {
        "the scene": demo.image,
        f"with a class for nothing: {four_sure}": sure[0].astype(float),
        f"three classes only: {three_sure}": sure[1].astype(float),
    },
    alt=f"The scene with six shapes. The {four_sure} windows in which the network with a class for nothing is sure lie "
    f"in small heaps on the shapes; the {three_sure} of the network with three classes are all over the picture.",
    row_height=2.8,
)

# %% [markdown]
# A detector that cries *circle* at the wall is of no use, however good it is with circles.
#
# How much work does one pass save here? Count products, with the sizes that `conv1` and `conv2` have on a window and on
# the whole scene.
#
# **Predict.** Nearly all the work of this network is in its two convolutions. Is it 2 times less, 12 times, or 825
# times?

# %% tags=["nbval-check-output"]
conv1, conv2, fc1 = 5 * 5 * 3 * 8, 3 * 3 * 8 * 24, 6 * 6 * 24 * 48  # products at one position
alone = 825 * (28 * 28 * conv1 + 12 * 12 * conv2 + fc1)
once = 124 * 156 * conv1 + 60 * 76 * conv2 + 825 * fc1
print(f"one by one {alone:,}, at once {once:,}: {alone / once:.0f} times less")

# %% [markdown]
# And on the clock? `run` measures the time of a call, best of three, without the first call, in which the backend
# prepares itself. The cropping counts, because the first way cannot do without.


# %%
def run(function):
    """Seconds that `function()` takes: the best of three, after one that does not count."""
    times = []
    for _ in range(4):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times[1:])


# %%
def one_by_one():
    cut = np.stack([demo.image[y : y + 32, x : x + 32] for y, x in corners])
    return ask(four, cut)


alone, once = run(one_by_one), run(lambda: ask(everywhere, demo.image[None]))
print(
    f"825 windows one by one {1000 * alone:.0f} ms, in one pass {1000 * once:.0f} ms: {alone / once:.0f} times faster"
)

# %% [markdown]
# What you measure depends on the machine, and on how well it uses its cores for the one and the other.
#
# ## From maps to boxes
#
# Answer (i, j) stands for the window with its corner at (4j, 4i). Mind the crossing: i counts rows, which are y. The
# shapes that we trained on have about 26 of the window's 32 pixels, so put a box of that size in its middle.
#
# Shapes of other sizes? Make the *picture* smaller or larger and run the same network again. A shape of 32 pixels in a
# picture shrunk to four fifths is one of 26. Three sizes of the picture, three passes.
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
# Nearly every shape is found, and found, and found again. Two things are missing: a number that says how well two boxes
# agree, and a way to keep one box of each heap.
#
# (Your boxes may differ from ours. Trained with the same seed on two cores and on one, the classifier had 74 candidates
# and 100, and the first missed the green triangle. Two cores add up in another order than one; the last digits differ,
# and training magnifies that.)
#
# ## Intersection over union
#
# Two boxes agree well if what they share is nearly all that they cover. Divide one by the other:
#
# $$\text{IoU} = \frac{\text{area of the intersection}}{\text{area of the union}}$$
#
# Take a = (1, 1, 5, 4) and b = (3, 2, 7, 6). In x the overlap begins at the larger of the two starts, 3, and ends at
# the smaller of the two ends, 5: 2 pixels. In y from 2 to 4: 2 pixels. The intersection is 4. Box a has 4 · 3 = 12
# pixels, box b 4 · 4 = 16. Together 28, but the 4 shared ones were counted twice: the union is 24. IoU = 4 / 24 = 0.17.
#
# **Predict.** Three pairs of 10 × 10 boxes: the same box twice; one moved by 5 to the right; one moved by 5 to the
# right and 5 down. Is the second about a half? Is the third about a quarter?

# %% tags=["nbval-check-output"]
print("by hand:", round(boxes.iou([[1, 1, 5, 4]], [[3, 2, 7, 6]])[0, 0], 2))
a = [[0, 0, 10, 10]]
for moved in ([0, 0, 10, 10], [5, 0, 15, 10], [5, 5, 15, 15]):
    print(moved, round(boxes.iou(a, [moved])[0, 0], 3))

# %% [markdown]
# 50 / 150 is a third, and 25 / 175 is a seventh. IoU is strict. Boxes that look all right to the eye have 0.7; at 0.5,
# the threshold that is usually asked for, you would call a box rather loose.
#
# The bench below does the arithmetic for any two boxes. Count the squares first and type your answer. (Where anywidget
# is installed, you can drag the boxes with the mouse as well.)

# %%
bench = explore.BoxBench(a=(2, 2, 10, 8), b=(5, 4, 13, 10), predict=True)
bench

# %% [markdown]
# Three things to try, each with a guess first:
#
# 1. Move b until the two boxes only touch. Move it further. The IoU stays 0. Look at *overlap in x*: what becomes of
#    it, and what is done about it?
# 2. Put b inside a, half as wide and half as high. Does it matter where inside?
# 3. Watch GIoU while the boxes are apart. It falls with the distance, where IoU says 0 to everything. That is why it is
#    used as a *loss*: it tells a box that misses in which direction to move.
#
# One mistake is easily made in code. Take two boxes that are apart in both directions.
#
# **Predict.** a = (0, 0, 4, 4), b = (6, 7, 9, 9). Somebody computes `min(x2) − max(x1)` and `min(y2) − max(y1)`, and
# multiplies. What comes out?

# %% tags=["nbval-check-output"]
a, b = (0, 0, 4, 4), (6, 7, 9, 9)
across = min(a[2], b[2]) - max(a[0], b[0])
down = min(a[3], b[3]) - max(a[1], b[1])
print(f"{across} times {down} = {across * down}")
print("IoU:", boxes.iou([a], [b])[0, 0])

# %% [markdown]
# Minus times minus is plus: boxes that share nothing get a positive intersection. Each side has to be held at 0
# *before* you multiply.
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
# Now the heaps. The recipe has three lines:
#
# 1. Drop all boxes with $p_c$ below 0.6.
# 2. Take the box with the highest $p_c$. Keep it. Drop every other box whose IoU with it is above 0.5.
# 3. Go on with the boxes that are left, until none is.
#
# It is called *non-max* suppression because what is not the maximum of its heap goes. Three boxes by hand: A with $p_c$
# = 0.9, B with 0.8 and an IoU of 0.6 with A, C with 0.7 and an IoU of 0.6 with B but only 0.3 with A. Keep A, drop B.
# Then comes C. B would have suppressed it, but B is gone, and A does not. So A and C stay.
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
# D was too weak to take part. That is a choice: a low threshold finds more, and more that is not there.
#
# Here is the recipe on a photo. To make candidates, a bright disc on dark ground was slid over it in three sizes: a
# kernel as in lesson 01, without any learning. Its score is the correlation of window and disc. 275 windows have a
# score of 0.6 or more.
#
# **Predict.** How many boxes will be left? (Count the coins. But is that the answer at every IoU threshold?)

# %%
coin_stepper = explore.NmsStepper(score_threshold=0.6, iou_threshold=0.5)
coin_stepper.set(round=3)
coin_stepper

# %% [markdown]
# Yellow boxes wait, the blue one is kept in this round, the red ones are suppressed by it, the green ones were kept
# before. Try:
#
# 1. Move `round` with the arrow keys up to the last. 24 coins, 24 rounds.
# 2. Raise `iou_threshold` to 0.8. Now two boxes must agree very well before one goes: 132 are left, at least two a
#    coin.
# 3. Set it back to 0.5 and lower `score_threshold` to 0.55. Now 25 are left. Which coin has two boxes? Lower
#    `iou_threshold` to 0.3, and it has one again. These coins do not overlap. What would 0.3 do to people in a crowd?
#
# ### Exercise: by hand
#
# A row of boxes, all 15 wide and 10 high, with their tops at the same height. Two that are k apart overlap by (15 − k)
# / (15 + k): with k = 4 that is 11 / 19 = 0.58, with k = 5 it is 10 / 20 = 0.5 exactly.
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
# Use 0.6 and 0.5 as above, and suppress only within a class. Which boxes stay? Put their numbers into a list, the
# highest $p_c$ first.

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
# Why per class? A rider sits on a horse. The two boxes may overlap by more than a half, and both are right. If all
# classes are thrown together, the horse deletes its rider.
#
# **Predict.** A, B, C and D from above, but now B is a rider and the others are horses. Who is kept with the classes
# thrown together? And who if each class is on its own?

# %% tags=["nbval-check-output"]
kinds = [0, 1, 0, 0]  # B is the rider
for name, labels_used in [("together: ", None), ("per class:", kinds)]:
    print(name, [letters[k] for k in nms.nms(four_boxes, pc, 0.5, 0.6, labels_used)])

# %% [markdown]
# Forget the classes, and the rider is gone without a word. But look at what our own detector says about the scene
# above.

# %%
stepper = explore.NmsStepper(scene.image, candidates, score_threshold=0.5, iou_threshold=0.3)
stepper.set(round=1)
stepper

# %% [markdown]
# Go to the last round. Some of the boxes that stay are square pieces of a triangle, or the reverse: the network was not
# sure, and said both. Now set `compare` to *all classes together*. Where two classes claim the same place, the weaker
# box goes. Which way is right depends on whether two objects can be in one place. In these scenes they hardly can. On
# photos, with riders and horses, they can. We will measure what it is worth.


# %%
def detect(image, together=True):
    """Boxes of one scene, one for each heap."""
    found = look_everywhere(image)
    kept = nms.nms(found.boxes, found.scores, 0.3, labels=None if together else found.labels)
    return found[kept]


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
# A detector, made from a classifier. Most shapes have a box that fits. Look at the black triangle: in both our runs it
# had three boxes or more, all too small. A window of 40 pixels would fit it, but smaller windows on its parts got
# higher scores, and suppression kept those. How good is the detector, in numbers?
#
# ## Precision, recall, and the curve
#
# Each box is right or wrong. It is **right**, a *true positive*, if it has the class of an object, an IoU of at least
# 0.5 with it, and no better box has taken that object before. Everything else is **wrong**, a *false positive*; also
# the second box on the same coin. What is left over are the objects that nobody found. Then
#
# $$\text{precision} = \frac{\text{right}}{\text{all boxes}} \qquad
# \text{recall} = \frac{\text{right}}{\text{all objects}}$$
#
# Say there are 4 objects and 5 boxes. From the highest score to the lowest they are right, right, wrong, right, wrong.
# After one box the precision is 1 / 1 and the recall 1 / 4. After two: 2 / 2 and 2 / 4. After three: 2 / 3 and 2 / 4.
#
# **Predict.** The fourth and the fifth.

# %% tags=["nbval-check-output"]
hits = [True, True, False, True, False]
right = 0
for rank, hit in enumerate(hits, start=1):
    right += hit
    print(f"{rank} boxes: precision {right}/{rank} = {right / rank:.2f}, recall {right}/4 = {right / 4:.2f}")

# %% [markdown]
# So a detector has no *one* precision. Where you put the score threshold decides. A high one gives few boxes that are
# mostly right, a low one finds nearly everything and much that is not there. All of it together is a curve, and one
# number for the curve is the area under it: **average precision**, AP.
#
# Two things remain to be settled. The precision goes up again at rank 4. Nobody would put the threshold at rank 3,
# where you get less precision for the same recall. So every precision is first lifted to the best one further to the
# right: 1, 1, 0.75, 0.75, 0.6. And how is the area taken?
#
# - **VOC 2007, 11 points**: the mean of the precisions at recall 0, 0.1, …, 1.
# - **VOC 2010, all points**: the exact area under the steps.
# - **COCO, 101 points**: the mean at recall 0, 0.01, …, 1.
#
# All points, for the example: three steps of width 1/4 with heights 1, 1 and 0.75: 0.6875. What was never found counts
# 0.
#
# **Predict.** Eleven points: at which of the recalls 0, 0.1, …, 1 is the precision 1, at which 0.75, at which 0? What
# is the mean?

# %% tags=["nbval-check-output"]
recall, precision = metrics.precision_recall([0.9, 0.8, 0.7, 0.6, 0.5], hits, positives=4)
for method in ("voc07", "voc10", "coco"):
    print(f"{method}: {metrics.average_precision(recall, precision, method):.4f}")

# %% [markdown]
# (6 · 1 + 2 · 0.75) / 11 = 0.6818. The three differ in the third digit here, and by more when there are few objects. If
# two papers report AP, ask which.
#
# The builder below has the coins again, with a disc of one size only, so that large and small coins get boxes that fit
# badly. It asks for an IoU of 0.7. Lower the threshold step by step and watch three things together: the boxes, the row
# of ticks and crosses, and the point on the curve.

# %%
builder = explore.PrBuilder()
builder

# %% [markdown]
# 1. Lower `score_threshold` slowly from 0.75 to 0.30. Below 0.65 the recall stays at 16 / 24 and the curve falls
#    straight down. What kind of boxes come in there?
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
# The mean of the AP over all classes is **mAP**. Two data sets have made these rules. PASCAL VOC has 20 classes and
# asks for an IoU of 0.5: "VOC mAP" or mAP@.5. COCO has 80 classes and takes the mean over ten IoU thresholds, 0.50,
# 0.55, …, 0.95: "COCO AP" or mAP@[.50:.95]. At 0.95 a box of 100 pixels may be wrong by 2 or 3. So a COCO AP of 0.5 is
# a good detector, while a VOC mAP of 0.5 is a poor one.
#
# ## Propose first, or look everywhere
#
# Our detector looks everywhere and has no idea of *where* but its own windows: three sizes, in steps of 4 pixels. There
# is another way: let something cheap propose regions that might be objects. Then look at these only, each cut out and
# brought to the size that the classifier wants. That is **R-CNN** (2014): about 2,000 proposals for a photo, and a
# network run 2,000 times.
#
# Its proposals came from *selective search*, which begins by joining neighbouring pixels of similar colour into
# regions. The function `felzenszwalb` of scikit-image is that first step. The box around each region is a proposal.


# %%
def propose(image):
    """Boxes (N, 4) around regions of even colour, except the very large and the very thin."""
    regions = felzenszwalb(image, scale=30, sigma=0.6, min_size=60)  # (H, W): the number of each pixel's region
    found = [region.bbox for region in regionprops(regions + 1)]  # y1, x1, y2, x2: rows first
    rows = np.array([(x1, y1, x2, y2) for y1, x1, y2, x2 in found], float)
    size = rows[:, 2:] - rows[:, :2]
    return rows[(size.max(axis=1) <= 60) & (size.min(axis=1) >= 8)]


# %%
proposals = propose(scene.image)
picture = plot.images(
    {
        "regions": felzenszwalb(scene.image, scale=30, sigma=0.6, min_size=60),
        f"{len(proposals)} proposals": scene.image,
    },
    alt=f"Left the scene divided into regions of even colour, right the {len(proposals)} boxes around them that are "
    "neither very large nor very thin: the shapes, and some lines of the background.",
    row_height=4.2,
)
outline(picture.axes[1], proposals, colour=plot.YELLOW)
picture

# %% [markdown]
# A dozen proposals in place of thousands of windows, and they fit like a glove. But mind that our shapes have one
# colour each, which no cat has. On the photo of the cat:

# %%
pieces = felzenszwalb(photo, scale=30, sigma=0.6, min_size=60)
print(f"the photo: {pieces.max() + 1} regions, and joining them in all likely ways gives thousands of proposals")


# %% [markdown]
# Each proposal is cut out with some room around it, as the classifier is used to, and brought to 32 × 32 pixels.


# %%
def warp(image, box, side=32):
    """The square around a box, a quarter larger than it, brought to 32 × 32; what lies outside repeats the edge."""
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).max() * 32 / 26 / 2
    steps = (np.arange(side) + 0.5) / side * 2 - 1  # from −1 to 1
    columns, rows = (np.floor(middle[k] + half * steps).astype(int) for k in (0, 1))
    height, width = image.shape[:2]
    return image[rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)]


# %%
def classify(image, rows):
    """Class and score for each of the boxes `rows`, (N, 4)."""
    scores = ask(four, np.stack([warp(image, row) for row in rows]))[:, 1:]
    return Detections(rows, scores.max(axis=1), scores.argmax(axis=1), scenes.CLASSES)


def propose_and_classify(image):
    """Two stages: cheap proposals, then the classifier on each."""
    found = classify(image, propose(image))
    found = found[found.scores >= 0.5]
    return found[nms.nms(found.boxes, found.scores, 0.3)]


# %% [markdown]
# The same classifier in both, and 30 new scenes for both. The second line of the table is the first detector again,
# with suppression per class.
#
# **Predict.** Which has the higher AP at an IoU of 0.5, and which at 0.75? Think of where each gets its boxes from.

# %%
judged = scenes.scenes(30, SEED + 5, sizes=(18, 40), **style)
truth = [GroundTruth(one.boxes, one.labels) for one in judged]
ways = {
    "one pass, classes together": detect,
    "one pass, per class": lambda image: detect(image, together=False),
    "proposals, then classify": propose_and_classify,
}
results = {name: [way(one.image) for one in judged] for name, way in ways.items()}
for name, found in results.items():
    summary = metrics.coco_map(found, truth)
    print(f"{name:27} AP {summary.ap:.2f}   AP50 {summary.ap50:.2f}   AP75 {summary.ap75:.2f}")

# %%
print(metrics.coco_map(results["proposals, then classify"], truth))

# %% [markdown]
# These twelve numbers are what every paper on detection reports. AR is the *average recall*: how much is found at most
# with 1, 10 or 100 boxes. `small`, `medium` and `large` divide the objects at areas of 32² and 96² pixels, so our
# shapes are small or medium, and "none" is large.
#
# Read the first table by columns. Per class or together makes next to no difference here; so much for that. But from
# AP50 to AP75 the one-pass detector collapses: its boxes come in three sizes and steps of 4 pixels, and most do not fit
# to 0.75. The proposals keep nearly everything, because their boxes come from the picture. That is the remedy which all
# later detectors share: **let the network put out the box too**, as in the vector of eight numbers. Lesson 12 does it
# for every cell of a grid.
#
# And the time, side by side, for one scene. The last line gives the classifier 2,000 proposals, as many as R-CNN had,
# by repeating those there are.

# %%
many = proposals[np.arange(2000) % len(proposals)]
clock = {
    "one pass in three sizes": lambda: look_everywhere(scene.image),
    f"{len(proposals)} proposals: finding them": lambda: propose(scene.image),
    f"{len(proposals)} proposals: classifying them": lambda: classify(scene.image, proposals),
    "2,000 proposals: classifying them": lambda: classify(scene.image, many),
}
for name, function in clock.items():
    print(f"{name:34} {1000 * run(function):5.0f} ms")

# %% [markdown]
# With a few proposals, finding them takes longest. With the 2,000 that a photo needs, two stages pay for every crop.
# The history of these detectors is the story of getting rid of that:
#
# | | proposals | what is run for each | |
# |---|---|---|---|
# | R-CNN, 2014 | about 2,000, selective search | the whole network, on the cropped picture | 47 s a photo |
# | Fast R-CNN, 2015 | the same | the last layers: the piece is cut out of the **feature map** | 0.3 s + proposals |
# | Faster R-CNN, 2015 | from a small network on the same map | the last layers | 0.2 s |
# | R-FCN, 2016 | the same | nearly nothing: an average over maps that know *top left*, *middle*, … | |
# | Mask R-CNN, 2017 | the same | the last layers, and a small mask | |
# | SSD, 2016 | **none**: class and box at every cell of several maps | nothing | 59 photos a second (300 × 300) |
# | YOLO, 2016 | **none**: class and box at every cell of one grid | nothing | 45 photos a second |
#
# (Times as the papers report them, on the graphics cards of their year.) The first five are **two-stage** detectors:
# propose, then look closely. The last two are **one-stage**: one pass, as with our maps. Two stages were long more
# accurate, one stage faster. Fast R-CNN is your FC → conv step in another dress: compute the convolutions once, share
# them between all boxes.
#
# Three words that you will meet in every description of a detector:
#
# - The **backbone** is a network of lessons 06 and 07 without its top, usually trained on ImageNet first: lesson 10.
#   Ours is `conv1` to `pool2`.
# - The **neck** brings together maps of several depths, so that fine maps for small objects also know what the deep
#   ones know. We had none, and shrank the picture instead.
# - The **head** turns each place of a map into classes and boxes. Ours is `fc1` and `scores`, and it has no boxes yet.
#
# ## Summary
#
# - In detection the label is a list: a class and a box for each object. A box is four numbers in a format that you have
#   to know; x comes first in a box, and rows first in an array.
# - $p_c$ says whether anything is there. Where it is 0 nothing else counts in the loss. A classifier without a
#   "nothing" class has an answer to every window, also to empty ones.
# - A fully connected layer is a convolution whose filter fits once. So a classifier of windows runs over a whole
#   picture in one pass, and every answer equals the window alone.
# - IoU is intersection over union, with each side held at 0. NMS keeps the best box, drops what overlaps it by more
#   than a threshold, and goes on, usually per class.
# - Precision and recall depend on the score threshold; AP is the area under their curve. VOC asks for an IoU of 0.5,
#   COCO for the mean from 0.50 to 0.95.
#
# **Further reading**
#
# - Pierre Sermanet and others, *OverFeat: Integrated Recognition, Localization and Detection using Convolutional
#   Networks*, ICLR 2014 (arXiv:1312.6229): sliding windows as convolution.
# - Ross Girshick and others, *Rich feature hierarchies for accurate object detection and semantic segmentation*, CVPR
#   2014 (R-CNN); Ross Girshick, *Fast R-CNN*, ICCV 2015; Shaoqing Ren and others, *Faster R-CNN*, NIPS 2015; Jifeng Dai
#   and others, *R-FCN*, NIPS 2016; Kaiming He and others, *Mask R-CNN*, ICCV 2017.
# - Wei Liu and others, *SSD: Single Shot MultiBox Detector*, ECCV 2016.
# - Mark Everingham and others, *The PASCAL Visual Object Classes (VOC) Challenge*, IJCV 2010; Tsung-Yi Lin and others,
#   *Microsoft COCO: Common Objects in Context*, ECCV 2014.
# - Hamid Rezatofighi and others, *Generalized Intersection over Union*, CVPR 2019.
#
# **Where next.** Lesson 12 builds YOLO: one grid, and the eight numbers at every cell of it.

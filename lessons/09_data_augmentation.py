# %% [markdown]
# # 09 · Data augmentation
#
# <!-- navigation -->
# [← 08 · What a CNN sees](08_what_a_cnn_sees.ipynb) ·
# [All lessons](index.ipynb) ·
# [10 · Transfer learning →](10_transfer_learning.ipynb)
#
# You have a hundred pictures and need thousands. How do you make more of what you have, without telling the network
# anything that is not true?
#
# **By the end you can**
#
# - flip, shift, turn, crop and recolour a picture, its mask and its boxes, by hand and with Keras;
# - say which of these keep a label true, for which data;
# - put augmentation where it belongs: on training pictures, in training, in the right range of values;
# - find out whether it helped, with error bars, and what it helped against;
# - ask a network about several views of one picture and take the mean.
#
# **Time:** about 60 minutes of reading and trying; the cells themselves run in under a minute on a laptop. **You
# need:** lessons 02 to 05.

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

from cnnlab import augment, datasets, explore, plot, scenes
from cnnlab.checks import lesson09 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" repeats the measurement with five seeds, longer, and tests on all digits
SEED = 0

# %% [markdown]
# ## A hundred pictures
#
# Handwritten digits again, but this time you may use ten of each. The first line below says which digits you got: MNIST
# where it can be had, enlarged digits of scikit-learn elsewhere. Both were measured for this lesson, and the text gives
# both results.

# %%
full = PROFILE == "full"
train = datasets.mnist("train", limit=2000)
test = datasets.mnist("test", limit=None if full else 1000)
x, x_test = train.images / np.float32(255), test.images / np.float32(255)
print(train.source)


# %% tags=["nbval-check-output"]
def few(seed):
    """Indices of ten training pictures of each digit; another seed, another ten."""
    order = np.random.default_rng(seed).permutation(len(train))
    return np.concatenate([order[train.labels[order] == digit][:10] for digit in range(10)])


print(len(few(SEED)), "pictures,", np.bincount(train.labels[few(SEED)]).tolist(), "of each digit")

# %% [markdown]
# A network of two convolutions, as in lesson 05, sees these hundred 40 times over: 4,000 pictures in batches of 25.
# Because one run proves little, we do it with three seeds, that is, three draws of a hundred and three beginnings.

# %%
ROUNDS = 80 if full else 40
SEEDS = range(SEED, SEED + (5 if full else 3))


def network(seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (16, 32):
        model.add(layers.Conv2D(filters, 3, activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    return model


# %%
def learn(versions):
    """What one network for each seed has learned. `versions` turns N pictures into (N, ROUNDS, 28, 28, 1)."""
    group = []
    for seed in SEEDS:
        chosen = few(seed)
        shown = versions(x[chosen]).reshape(-1, 28, 28, 1)
        model = network(seed)
        model.fit(shown, np.repeat(train.labels[chosen], ROUNDS), batch_size=25, verbose=0)
        group.append(model.get_weights())
    return group


plain = learn(lambda pictures: np.repeat(pictures[:, None], ROUNDS, axis=1))  # the same in every round

# %% [markdown]
# Now three questions to each network: the hundred pictures it has learned from, the test pictures, and the same test
# pictures a little moved, by at most two pixels, 12 degrees and a tenth in size. You would read every one of them.
#
# **Predict.** Write down three accuracies.


# %%
judge = network(SEED)  # one body, to be filled with what each network has learned


def accuracies(group, pictures, labels):
    right = []
    for weights in group:
        judge.set_weights(weights)
        right.append(judge.predict(pictures, batch_size=500, verbose=0).argmax(axis=1) == labels)
    return np.mean(right, axis=1)


# %%
moved = augment.views(x_test, augment.pipeline("digits", seed=99), 1)[:, 0]
for name, pictures in (("as they are", x_test), ("a little moved", moved)):
    scores = accuracies(plain, pictures, test.labels)
    print(f"test pictures {name}: {scores.mean():.2f} ± {scores.std(ddof=1):.2f}")
own = [accuracies(plain[i : i + 1], x[few(seed)], train.labels[few(seed)]) for i, seed in enumerate(SEEDS)]
print(f"the hundred it learned from: {np.mean(own):.2f}")

# %%
plot.images(
    {
        "as they are": np.concatenate(x_test[:14, ..., 0], axis=1),
        "a little moved": np.concatenate(moved[:14, ..., 0], axis=1),
    },
    vmax=1,
    columns=1,
    row_height=1.1,
    alt=f"Two rows with the same fourteen test digits, {' '.join(map(str, test.labels[:14]))}: as they are, and a "
    "little moved. In the second row each is turned, shifted or sized by a little, and still easy to read.",
)

# %% [markdown]
# The hundred: without a mistake. New pictures: nine in ten right (on MNIST, whose digits vary more, we measured
# 0.78 ± 0.03). The same new pictures, a little moved: hardly more than six in ten (MNIST: 0.62 ± 0.03). The ± is the
# standard deviation over the three seeds: how far another run may well lie.
#
# So the network has not learned what a 3 looks like. It has learned where the ink of these hundred lies. That a few
# pixels, a slant and a little size do not matter, you know and it cannot know: it has never been shown. That is what
# augmentation is for. Show each of the hundred in all the versions to which you would give the same label.
#
# ## The tools, by hand
#
# Take a picture small enough to write down: an L.
#
# **Predict.** Which row does `np.flip` along the columns make of the row `1 1 1 0`? And what becomes of the L
# when it is shifted one pixel to the left?

# %% tags=["nbval-check-output"]
letter = np.array([[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]])
mirrored, upside_down, turned = letter[:, ::-1], letter[::-1], np.rot90(letter)
rolled = np.roll(letter, -1, axis=1)
made = {"mirrored": mirrored, "upside down": upside_down, "turned 90°": turned, "rolled": rolled}
for name, picture in made.items():
    print(f"{name:12}", *["".join(map(str, row)) for row in picture])

# %% [markdown]
# `0 1 1 1`. And beware of `np.roll`: what leaves on the left comes in on the right, and the L has become something
# else. A shift must fill with something: zeros, the last pixel, or a reflection. Keras calls this `fill_mode`.


# %% tags=["nbval-check-output"]
def shift(picture, right, mode):
    """Move a picture by `right` pixels (left if negative); what comes in is made by `np.pad`."""
    width, far = picture.shape[1], abs(right)
    padded = np.pad(picture, ((0, 0), (far, far)), mode=mode)
    return padded[:, far - right : far - right + width]


for name, mode in (("constant", "constant"), ("nearest", "edge"), ("reflect", "symmetric")):  # Keras' word, NumPy's
    print(f"{name:9}", *["".join(map(str, row)) for row in shift(letter, 2, mode)])

# %% [markdown]
# Two pixels to the right, three ways. On a black ground "constant" is right. On photographs it makes black bars, which
# a network may notice; "reflect" makes none.
#
# A **crop** cuts out a window: another shift, and a smaller picture. In a row of 6 pixels a window of 4 can begin at 0,
# 1 or 2. That is 6 − 4 + 1 = 3 places; with as many along the other axis 9, and mirrored 18 pictures from one.
#
# ### Exercise: AlexNet's crops
#
# AlexNet (lesson 06) was trained on windows of 224 × 224 cut anywhere from pictures of 256 × 256, and on their mirror
# images. How many different pictures does one picture give? `check.crops.hint()` gives a nudge, `check.crops.hint(2)` a
# stronger one, and `check.crops.solution()` an answer; so it is with all exercises.

# %% tags=["exercise-crops"]
crops = ...  # different pictures of 224 × 224 from one of 256 × 256, mirrored ones included

# %% tags=["nbval-check-output"]
check.crops(crops)

# %% [markdown]
# ## One matrix for all that moves
#
# Flip, shift, turn, zoom and shear look like five things. They are one: every point $(x, y)$ goes to
#
# $$x' = a\,x + b\,y + t_x, \qquad y' = c\,x + d\,y + t_y .$$
#
# Six numbers. A flip in a picture 90 wide: $x' = 90 - x$, so $a = -1$, $t_x = 90$. Points are measured as boxes are: x
# to the right, y down, and the first pixel reaches from 0 to 1.
#
# **Predict.** A picture 90 wide and 60 high is turned by 180° about its centre. Where does the corner (0, 0) go? What
# are the six numbers?

# %% tags=["nbval-check-output"]
half_turn = augment.matrix(60, 90, degrees=180)
print(half_turn.round(6).astype(int))
print("(0, 0) goes to", (half_turn @ (0, 0, 1))[:2].round(6).astype(int))

# %% [markdown]
# To (90, 60), the opposite corner. Two moves, one after the other, are the *product* of their matrices. So you can ask
# what mirroring and then flipping upside down amounts to.

# %% tags=["nbval-check-output"]
left_right = augment.matrix(60, 90, flip="horizontal")
up_down = augment.matrix(60, 90, flip="vertical")
print("a flip twice is nothing:", np.allclose(left_right @ left_right, np.eye(3)))
print("both flips are a half turn:", np.allclose(up_down @ left_right, half_turn))

# %% [markdown]
# That is why a chain of five moves needs one resampling, not five. How is a picture moved by a matrix? Backwards: for
# each pixel of the *new* picture, the inverse says where to look in the old one, and the four pixels there are averaged
# by their distance. Going forwards would leave holes.
#
# Here are the moves, on a photo.

# %%
photo = datasets.photo("chelsea")[:300, :450]
moves = {
    'flip="horizontal"': {"flip": "horizontal"},
    "degrees=20": {"degrees": 20},
    "zoom=1.5": {"zoom": 1.5},
    "shear=0.4": {"shear": 0.4},
    "shift=(120, 40)": {"shift": (120, 40)},
    "all but the flip": {"degrees": 20, "zoom": 1.5, "shear": 0.4, "shift": (120, 40)},
}

# %%
plot.images(
    {name: augment.move_images(photo, augment.matrix(300, 450, **options)) for name, options in moves.items()},
    columns=3,
    width=7,
    row_height=1.65,
    alt="A cat's face in six versions: mirrored; turned by 20 degrees; enlarged by half; slanted; shifted to the right "
    "and down; and turned, enlarged, slanted and shifted at once. What comes in from outside is black.",
)

# %% [markdown]
# ## The label moves too
#
# Before you use any of this, ask two questions. Would you still give the new picture the same label? Could a picture
# like it come at test time? If the first answer is no, you are teaching a mistake. If the second is no, you waste the
# network's room.

# %% tags=["nbval-check-output"]
six = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0]])
for name, picture in (("a 6", six), ("after a half turn", six[::-1, ::-1])):
    print(f"{name}:", *["".join("·█"[pixel] for pixel in row) for row in picture], sep="\n")
for sentence in augment.label_changes("0123456789", degrees=180):
    print(sentence)

# %% [markdown]
# `augment.label_changes` knows single digits and letters and words such as "left". For anything else it is for you to
# judge. The explorer below moves a picture, its boxes and its labels together, and says what breaks.

# %%
lab = explore.AugmentationLab()
lab.set(degrees=180)
lab

# %% [markdown]
# Three things to try:
#
# 1. Picture `a 7`: at which angle would you no longer call it a 7? The warning comes at 100°; is that your limit, too?
# 2. Picture `a cat`, flip `left-right`. What happens to the *names* of the eyes?
# 3. Any picture, brightness 0.1, and set `value_range` to `0 to 255`. More about that below.
#
# ### Exercise: safe or not
#
# Five data sets, five changes: `"shift"` (by a few pixels), `"turn 10"` (by up to 10°), `"turn 180"` (by any angle),
# `"mirror"` (left-right) and `"hue"` (reds become greens and so on). For each data set put into a set those for which
# both questions above get a yes: same label, and could come at test time. The data sets: `"digits"`; `"cats and dogs"`
# (photographs); `"satellite"` (field, forest, town from above); `"traffic lights"` (does it show red, amber or green?);
# `"heart x-rays"` (healthy or not; the heart lies on the left).

# %% tags=["exercise-safe"]
safe = ...  # {"digits": {"shift", ...}, "cats and dogs": {...}, and so on}

# %% tags=["nbval-check-output"]
check.safe(safe)

# %% [markdown]
# ## The boxes move too
#
# A label for detection (lesson 11) is a box around each thing: `x1, y1, x2, y2` in pixels. Move the picture and leave
# the boxes, and you teach the network to point beside things.
#
# ### Exercise: one box, by hand
#
# A picture is 90 wide and 60 high. In it is the box (10, 20, 30, 50). The picture is mirrored left-right. Where is the
# box?

# %% tags=["exercise-flipped"]
flipped = ...  # (x1, y1, x2, y2)

# %% tags=["nbval-check-output"]
check.flipped(flipped)

# %% [markdown]
# ### Exercise: many boxes
#
# Write `flip_boxes(boxes, width)`. `boxes` has shape (N, 4), and N may be 0.


# %% tags=["exercise-flip_boxes"]
def flip_boxes(boxes, width):
    return ...  # (N, 4), xyxy


# %% tags=["nbval-check-output"]
check.flip_boxes(flip_boxes)

# %% [markdown]
# Turning is less friendly. A box has upright sides, so a turned box needs a larger one around it.
#
# **Predict.** A box of 20 × 20 is turned by 45°. How wide is the upright box around it? (The diagonal of a square is √2
# = 1.41 times its side.)

# %% tags=["nbval-check-output"]
box = np.array([[20.0, 20.0, 40.0, 40.0]])
for degrees in (0, 10, 45, 90):
    x1, y1, x2, y2 = augment.move_boxes(box, augment.matrix(60, 60, degrees=degrees))[0]
    print(f"turned by {degrees:2}°: {x2 - x1:.1f} × {y2 - y1:.1f}, area × {(x2 - x1) * (y2 - y1) / 400:.2f}")

# %% [markdown]
# Twice the area at 45°, and what it holds has not grown. So keep turns small where there are boxes. With masks you can
# do better: turn the mask, and take the box around its pixels.
#
# Now the explorer asks you first. Type four numbers.

# %%
asking = explore.AugmentationLab(picture="a cat", predict=True)
asking.set(flip="left-right")
asking

# %% [markdown]
# ## Test your tools
#
# Keras' random layers move boxes as well, if you pass a dict and say in which format they are. Do they do it right? You
# can find out without reading their code: draw the box *into* the picture, transform both, and look where the drawing
# went. Such a test fits every augmentation you will ever use.


# %%
def drawn(boxes, height=60, width=90):
    """A black picture for each box, with the box painted white."""
    row, column = np.mgrid[:height, :width]
    inside = [(x1 <= column) & (column < x2) & (y1 <= row) & (row < y2) for x1, y1, x2, y2 in boxes]
    return np.float32(inside)[..., None]


def bounds(picture):
    """The box around the white pixels."""
    rows, columns = np.flatnonzero((picture > 0.5).any(axis=1)), np.flatnonzero((picture > 0.5).any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) if len(rows) else None


# %%
def largest_miss(layer):
    """Over 100 boxes, the most that a moved box lies beside its drawing, in pixels."""
    corners = np.random.default_rng(SEED).integers((20, 12), (50, 30), size=(100, 2))
    boxes = np.concatenate([corners, corners + (22, 16)], axis=1).astype("float32")
    data = {"images": drawn(boxes), "bounding_boxes": {"boxes": boxes[:, None], "labels": np.zeros((100, 1))}}
    out = layer(data, training=True)
    moved = keras.ops.convert_to_numpy(out["bounding_boxes"]["boxes"])[:, 0]
    seen = [bounds(picture[..., 0]) for picture in keras.ops.convert_to_numpy(out["images"])]
    return max(np.abs(box - truth).max() for box, truth in zip(moved, seen, strict=True) if truth is not None)


# %%
how = {"bounding_box_format": "xyxy", "seed": SEED}
for layer in (
    layers.RandomFlip("horizontal", **how),
    layers.RandomTranslation(0.2, 0.2, fill_mode="constant", **how),
    layers.RandomZoom((-0.2, 0.2), fill_mode="constant", **how),
    layers.RandomShear(0.3, fill_mode="constant", **how),
    layers.RandomCrop(44, 60, **how),
):
    print(f"{type(layer).__name__:17} at most {largest_miss(layer):.1f} pixels beside the drawing")

# %% [markdown]
# Less than a pixel is the drawing's own rounding. The first three are right. The last two are not, in Keras 3.13 and
# in 3.15: `RandomShear` reckons in parts of the width and of the height as if they were equal, and `RandomCrop` takes
# the crop's top from x and its left from y. Nothing raised an error, and nothing looks wrong until you draw it. (If
# your Keras says less than 1 for all five, it has been mended since.)
#
# So for boxes this course has `augment.RandomAffine`: one random matrix for each picture, and image, mask and boxes
# moved by it.

# %%
moves = {"rotation": 0.05, "zoom": 0.2, "shear": 0.2, "translation": 0.1, "flip": "horizontal", "crop": (50, 80)}
for name, value in moves.items():
    print(f"{name:12} at most {largest_miss(augment.RandomAffine(**{name: value}, seed=SEED)):.1f} pixels")

# %% [markdown]
# A corner of a turned box may miss by a pixel more in the *drawing*, as its tip is narrower than a pixel. Here it is at
# work on a made-up scene. Boxes that leave the picture are cut; a box of which hardly anything is left gets the label
# −1, which means: not there.


# %%
def with_boxes(pictures, boxes, alt):
    """Pictures in a row, their boxes drawn in; rows of zeros are boxes that are not there."""
    picture = plot.Picture(10, 1.5, alt=alt)
    axes = picture.subplots(1, len(pictures))
    for ax, image, some in zip(axes, pictures, boxes, strict=True):
        plot.image(ax, np.asarray(image))
        for (x1, y1, x2, y2), colour in zip(some, plot.PALETTE, strict=False):
            ax.plot(np.array([x1, x2, x2, x1, x1]) - 0.5, np.array([y1, y1, y2, y2, y1]) - 0.5, color=colour, lw=2)
        ax.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    picture.subplots_adjust(left=0.01, right=0.99, top=0.98, bottom=0.02, wspace=0.04)
    return picture


# %%
scene = scenes.scene(8, 80, 112, min_objects=3, max_objects=3)
data = {
    "images": np.stack([scene.image] * 4),
    "bounding_boxes": {"boxes": np.stack([scene.boxes] * 4), "labels": np.stack([scene.labels] * 4)},
}
out = augment.pipeline("detection", seed=SEED)(data, training=True)
boxes = keras.ops.convert_to_numpy(out["bounding_boxes"]["boxes"])
with_boxes(
    [scene.image, *keras.ops.convert_to_numpy(out["images"])],
    [scene.boxes, *boxes],
    alt="A scene with three shapes and their boxes, and four augmented versions: mirrored, shifted, sized, darker or "
    "brighter. In each the boxes sit on the shapes.",
)

# %% [markdown]
# ## Light and colour
#
# These leave boxes alone and change values. Let a grey pixel be 0.5, in a picture whose mean is 0.3.
#
# - **Brightness** adds the same to every pixel: 0.5 + 0.2 = 0.7. What passes 1 is cut to 1.
# - **Contrast** stretches the distance from the mean: 0.3 + 1.5 · (0.5 − 0.3) = 0.6.
# - **Saturation** and **hue** do such things to how colourful a pixel is, and to which colour it has.
#
# "The same" and "passes 1" depend on what white is. Keras' layers take white to be 255, unless you say
# `value_range=(0, 1)`.
#
# **Predict.** `RandomBrightness(0.2)` on our pictures, which count from 0 to 1: it adds up to a fifth of 255 to every
# pixel, or takes it away, and cuts at 0 and 255. Between which values does a grey of 0.5 come out?

# %% tags=["nbval-check-output"]
for top in (1, 255):
    for factor in (-0.2, -0.1, 0.1, 0.2):
        value = np.clip(0.5 + factor * top, 0, top)
        print(f"value_range=(0, {top}), factor {factor:+.1f}: 0.5 becomes {value:.1f}")

# %%
pictures = np.stack([photo[::3, ::3] / np.float32(255)] * 4)
wrong = layers.RandomBrightness(0.2, seed=SEED)(pictures, training=True)
right = layers.RandomBrightness(0.2, value_range=(0, 1), seed=SEED)(pictures, training=True)

# %%
shown = {}
for name, made in (("default", wrong), ("(0, 1)", right)):
    for number, one in enumerate(keras.ops.convert_to_numpy(made), start=1):
        shown[f"{name} {number}: {one.min():.1f} … {one.max():.1f}"] = one
plot.images(
    shown,
    columns=4,
    width=8,
    row_height=1.5,
    alt="Two rows of four cats, the range of values over each. With the default every picture is all black or all "
    "white; with the right range they are a little darker or brighter. " + "; ".join(shown),
)

# %% [markdown]
# Black, or white, or far outside of anything the network has been built for: the picture is gone, and no error is
# raised. The loss will not fall, and you will look for the reason everywhere else.
#
# ### Exercise: mend it
#
# Write `brighter()`: it returns a layer that makes pictures with values from 0 to 1 randomly darker or brighter by up
# to a fifth of the range.


# %% tags=["exercise-brighter"]
def brighter():
    return ...  # a layer for pictures with values from 0 to 1


# %% tags=["nbval-check-output"]
check.brighter(brighter)

# %% [markdown]
# ### PCA colour
#
# AlexNet's authors asked: in which directions do the colours of photographs really differ? Take all pixels as points
# (red, green, blue). Their covariance matrix has three eigenvectors; the first is the direction in which they spread
# most. Add a random amount along each, the same for the whole picture: that imitates another light.

# %%
pixels = photo.reshape(-1, 3) / 255
variances, directions = np.linalg.eigh(np.cov(pixels, rowvar=False))  # the smallest first
spread = np.sqrt(variances[::-1])
for part, direction, size in zip(variances[::-1] / variances.sum(), directions.T[::-1], spread, strict=True):
    direction = direction * np.sign(direction.sum())
    print(f"{100 * part:4.1f} % of the variance along (red, green, blue) =", direction.round(2), f"spread {size:.3f}")

# %% [markdown]
# The first direction has three numbers of one sign: light and dark, most of all that differs. What is left is mostly
# warm against cold. Keras has no such layer; `augment.RandomPCAColor` is one. It must see the training pictures first
# (`adapt`).

# %%
colour = augment.RandomPCAColor(scale=0.6, seed=SEED)  # six times the usual amount, so that you can see it
colour.adapt(photo[None] / 255)
shown = keras.ops.convert_to_numpy(colour(np.stack([photo[::3, ::3] / np.float32(255)] * 5), training=True))
plot.images(
    {"as it was": photo[::3, ::3], **{f"version {number}": one for number, one in enumerate(shown, start=1)}},
    columns=3,
    width=7,
    row_height=1.65,
    alt="A ginger cat as it was and in five versions that are lighter or darker, warmer or colder.",
)

# %% [markdown]
# ## Cutout, mixup, cutmix
#
# Three that change the picture so much that you would never call it natural, and that work all the same.
#
# **Cutout** (Keras: `RandomErasing`) blanks a square. The network must not rely on one spot alone.
# **Mixup** (Keras: `MixUp`) lays two pictures over each other, and their labels as well.
# **CutMix** (Keras: `CutMix`) pastes a piece of one picture into another; the label says how much of each is seen.
#
# **Predict.** A patch of 14 × 14 from a 2 is pasted into a picture of 28 × 28 with a 7. What is the label?


# %% tags=["nbval-check-output"]
def cutmix(first, label_first, second, label_second, top, left, size):
    """Paste a square of the second picture into the first."""
    image = first.copy()
    image[top : top + size, left : left + size] = second[top : top + size, left : left + size]
    share = size * size / first[..., 0].size  # of the second
    return image, (1 - share) * label_first + share * label_second


one_hot = np.eye(10)
image, label = cutmix(np.zeros((28, 28, 1)), one_hot[7], np.ones((28, 28, 1)), one_hot[2], 4, 10, 14)
print("white pixels:", int(image.sum()), "of", image.size)
print("label:", label.tolist())

# %% [markdown]
# A quarter of a 2 and three quarters of a 7. Mind that the share is of the *area*: a corner of black background can
# earn a quarter of the label. That is one reason why these are mixed into a training set and do not replace it.
#
# ### Exercise: mixup
#
# Write `mixup(first, label_first, second, label_second, weight)`: `weight` of the first and the rest of the second, for
# the picture and for its one-hot label. It returns both.


# %% tags=["exercise-mixup"]
def mixup(first, label_first, second, label_second, weight):
    return ...  # (image, label)


# %% tags=["nbval-check-output"]
check.mixup(mixup)

# %% [markdown]
# ## Where it runs, and when
#
# Augmentation happens anew each time a picture is shown, so that no epoch is like another. There are three places:
#
# | place | how | good for |
# |---|---|---|
# | in the model | `Sequential([Input(…), RandomFlip(…), Conv2D(…), …])` | a GPU with time to spare |
# | before the model | `dataset.map(lambda x, y: (pipeline(x, training=True), y))` | large data in `tf.data` |
# | batch by batch | `model.fit(augment.Batches(x, y, pipeline))` | NumPy arrays, on every backend |
#
# And there are two moments: training, when it should happen, and everything else, when it must not. Inside a model,
# `fit` says `training=True`, `predict` and `evaluate` say `False`.
#
# **Predict.** What if you call the layer or the model yourself and say nothing? For Dropout (lesson 05) that meant no
# training.

# %% tags=["nbval-check-output"]
inside = keras.Sequential([keras.Input((28, 28, 1)), layers.RandomTranslation(0.2, 0.2, seed=SEED)])
one = x_test[:1]
for name, result in [
    ("predict(x)", inside.predict(one, verbose=0)),
    ("model(x, training=False)", inside(one, training=False)),
    ("model(x, training=True)", inside(one, training=True)),
    ("model(x)", inside(one)),
]:
    print(f"{name:25} moves the picture: {not np.array_equal(keras.ops.convert_to_numpy(result), one)}")

# %% [markdown]
# The last line is a trap. Keras' random layers, unlike Dropout, take silence for training. So `model(x)` on your test
# picture answers about a picture that you have not seen. Always say `training=`.
#
# The other thing to keep apart is the data. Only training pictures are augmented. Validation and test pictures stand
# for what will come, and that comes as it is.
#
# ### Exercise: find the leak
#
# Somebody augments all pictures, doubling their number, and then takes the last fifth for validation. The validation
# accuracy is wonderful. Write `prepare(images, augment)` so that it is honest: the last fifth of the *original*
# pictures validates; `augment(batch)` returns changed pictures; return the pair (training pictures, validation
# pictures).


# %% tags=["exercise-prepare"]
def prepare(images, augment):
    return ...  # (training pictures, validation pictures)


# %% tags=["nbval-check-output"]
check.prepare(prepare)

# %% [markdown]
# ## Does it help?
#
# Back to the hundred digits. Instead of the same hundred 40 times, each round now shows other versions: turned by up to
# 12°, moved by up to two pixels, a tenth larger or smaller. The number of steps is the same, and so are the networks.

# %%
gentle = augment.pipeline("digits", seed=SEED)
digit = x[few(SEED)[30]]
shown = augment.views(digit[None], gentle, 14)[0]
plot.images(
    {"one of the hundred, and fourteen versions of it": np.concatenate([digit, *shown], axis=1)[..., 0]},
    vmax=1,
    row_height=1.0,
    alt="A handwritten 3 and fourteen versions of it, each a little turned, moved or sized.",
)

# %% [markdown]
# And a third group of networks gets too much: mirrored, upside down, turned by any angle. You know what that does to 6
# and 9.
#
# **Predict.** For each of the two new groups: better or worse than without, on the test pictures as they are? And on
# those a little moved?

# %%
augmented = learn(lambda pictures: augment.views(pictures, gentle, ROUNDS))
wild = layers.Pipeline([
    layers.RandomFlip("horizontal_and_vertical", seed=SEED),
    layers.RandomRotation(0.5, fill_mode="constant", seed=SEED),
])  # fmt: skip
excessive = learn(lambda pictures: augment.views(pictures, wild, ROUNDS))
groups = {"without": plain, "gentle": augmented, "too much": excessive}

# %%
results = {}
for name, group in groups.items():
    results[name] = [accuracies(group, pictures, test.labels) for pictures in (x_test, moved)]
    said = [f"{scores.mean():.2f} ± {scores.std(ddof=1):.2f}" for scores in results[name]]
    print(f"{name:9} as they are {said[0]}   a little moved {said[1]}")

# %%
spoken = [f"{name} {' and '.join(f'{scores.mean():.2f}' for scores in both)}" for name, both in results.items()]
picture = plot.Picture(8, 3, alt=f"Accuracies on test pictures as they are and a little moved: {'; '.join(spoken)}.")
ax = picture.add_subplot()
for place, kind in enumerate(("as they are", "a little moved")):
    means = [scores[place].mean() for scores in results.values()]
    errors = [scores[place].std(ddof=1) for scores in results.values()]
    where = np.arange(3) + 0.36 * place
    ax.bar(where, means, 0.34, yerr=errors, capsize=4, color=plot.PALETTE[place], label=f"test pictures {kind}")
    for x_place, mean, error in zip(where, means, errors, strict=True):
        ax.text(x_place, mean + error + 0.02, f"{mean:.2f}", ha="center", fontsize=9)
ax.set_xticks(np.arange(3) + 0.18, list(results))
ax.set(ylim=(0, 1.3), yticks=(0, 0.5, 1), ylabel="accuracy, mean of the seeds")
ax.legend(frameon=False, loc="upper right", ncols=2)
picture

# %% [markdown]
# Read the bars together with their errors. On the stand-in digits as they are, 0.91 ± 0.02 without and 0.92 ± 0.03
# with gentle augmentation: nothing that three seeds could show. On the same digits a little moved, 0.64 and 0.81: far
# outside of the errors. On MNIST we measured 0.78 ± 0.03 and 0.82 ± 0.02 as they are, a small gain, and 0.62 ± 0.03
# and 0.74 ± 0.01 a little moved.
#
# Augmentation taught exactly what it showed: that a few pixels and degrees do not matter. It pays where the test
# pictures differ in that way. The stand-in's digits were all centred and sized by a machine, so there it buys nothing
# until somebody moves them.
#
# And too much is worse than nothing, on either data: 0.51 here and 0.54 on MNIST, as they are. One reason is that there
# is more to learn in the same 40 rounds; more rounds would help. The other reason no number of rounds can mend.

# %%
either = np.isin(test.labels, (6, 9))
upside_down = np.where(test.labels == 6, 9, 6)[either]  # what a 6 or a 9 is when turned round
for name, group in groups.items():
    print(
        f"{name:9} 6s and 9s taken for the other: {100 * accuracies(group, x_test[either], upside_down).mean():.0f} %"
    )

# %% [markdown]
# None before, every tenth now (on MNIST 12 %). Some of the pictures it was given showed a 9 and were called a 6. It
# learned that, too.
#
# ## Several looks at one picture
#
# You can augment at test time, too, if you do not *decide* by one version: show the network several, and take the mean
# of its answers. AlexNet's ten crops were the four corners, the centre, and their mirror images.
#
# **Predict.** Three pictures of 256 × 256 in colour, crops of 224: which shape has the result?

# %% tags=["nbval-check-output"]
print(augment.ten_crop(np.zeros((3, 256, 256, 3), "float32"), 224).shape)
tiny = np.arange(9).reshape(1, 3, 3, 1)
for number, crop in enumerate(augment.ten_crop(tiny, 2)[0, :, :, :, 0]):
    print(number, crop.ravel().tolist(), end="   " if number % 5 < 4 else "\n")

# %% [markdown]
# Our digits get a border of two pixels, so that crops of 28 × 28 are shifts by two. Mirror images of digits are no
# digits. And there are eight random versions of the gentle kind.
#
# **Predict.** One look, five crops, ten crops, eight gentle views: put them in order, once for the networks without
# augmentation and once for those with.

# %%
crops_of = augment.ten_crop(np.pad(x_test, ((0, 0), (2, 2), (2, 2), (0, 0))), 28)
looks = {"one look": x_test[:, None], "five crops": crops_of[:, :5], "ten crops": crops_of}
looks["eight views"] = augment.views(x_test, augment.pipeline("digits", seed=7), 8)
for name, group in (("without", plain), ("gentle", augmented)):
    for look, several in looks.items():
        right = []
        for weights in group:
            judge.set_weights(weights)
            right.append((augment.average_predictions(judge, several).argmax(axis=1) == test.labels).mean())
        print(f"{name:8} {look:11} {np.mean(right):.3f} ± {np.std(right, ddof=1):.3f}")

# %% [markdown]
# Ten are worse than five, as expected: half of them show digits that do not exist. But five are no better than one
# look, nor are eight gentle views, not even for the networks that have learned to read them (on MNIST we measured 0.82,
# 0.82, 0.71 and 0.81 from top to bottom, each ± 0.02 or less). For the networks without augmentation all of them are
# worse.
#
# A mean of several answers is better than one answer if all are about equally good and err in different ways. These
# digits sit in the middle, where the network is at its best, so every other view is a worse one. With photographs,
# where nobody knows the right crop, it has paid: AlexNet's authors report 18.3 % top-5 errors with one view and 17.0
# % with ten (ILSVRC-2010). Measure it on your validation pictures, and remember that ten looks take ten times as
# long.
#
# ## The call you will meet in old tutorials
#
# For years this was done with a class that `keras` no longer has (`tf.keras` still carries it along):
#
# ```python
# generator = ImageDataGenerator(rotation_range=20, width_shift_range=0.1, horizontal_flip=True, rescale=1 / 255)
# model.fit(generator.flow_from_directory("train", target_size=(150, 150)))
# ```
#
# Here is each of its arguments with what does the same now. `augment.modern` takes the old ones and returns the layers.

# %% tags=["nbval-check-output"]
for row in [*augment.OLD.values(), *augment.OLD_ELSEWHERE]:
    print(f"{row.old}\n    {row.new}" + (f"\n    ({row.note})" if row.note else ""))
old = {"rotation_range": 20, "width_shift_range": 0.1, "horizontal_flip": True, "rescale": 1 / 255}
pipeline = augment.modern(**old)
print("\nmodern:", [type(layer).__name__ for layer in pipeline.layers])
print("turns by at most", round(360 * pipeline.layers[0].factor[1]), "degrees")

# %% [markdown]
# ## Summary
#
# - Flip, shift, turn, zoom and shear are one matrix; the picture, its mask and its boxes move by the same one.
# - A change is allowed if you would give the new picture the same label, and useful if such a picture could come.
# - Draw the box into the picture and transform both: a test that has found mistakes in widely used code.
# - Colour layers want to know the range of values. Random layers want to be told `training=`.
# - Only training pictures are augmented, after the split.
# - Augmentation teaches the invariance you ask for. Measure whether you needed it, with more than one seed.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **data augmentation**: training on randomly changed versions of the training pictures, new ones each time, under the
#   label that fits the changed picture.
# - **label-preserving**: said of a change after which you would give the picture the same label. It depends on the
#   data: mirroring keeps a cat, not a p.
# - **affine map**: $x' = a\,x + b\,y + t_x$ and $y' = c\,x + d\,y + t_y$. Flips, shifts, turns, zooms and shears are
#   affine, and so is any chain of them.
# - **fill mode**: the rule for what comes in from beyond the border when a picture moves: a constant, the nearest pixel
#   or a reflection.
# - **value range**: the lowest and the highest value that a pixel can have, 0 to 1 or 0 to 255. Layers for colour must
#   be told.
# - **brightness, contrast**: brightness adds the same number to every pixel; contrast stretches the pixels' distances
#   from the picture's mean.
# - **PCA colour**: adds to all pixels of a picture one random amount along each of the directions in which the colours
#   of the training pictures spread.
# - **cutout**: blanks a square of the picture, so that the network cannot rely on one spot.
# - **mixup**: the weighted mean of two pictures, with the same weighted mean of their one-hot labels.
# - **CutMix**: pastes a piece of one picture into another; the label is mixed by the shares of the area.
# - **leak**: something of the validation or test pictures gets into training, such as another version of the same
#   picture. The score then promises too much.
# - **test-time augmentation**: showing the network several views of one picture and taking the mean of its answers.

# %% [markdown]
# **Further reading**
#
# - Krizhevsky, Sutskever, Hinton, *ImageNet Classification with Deep Convolutional Neural Networks*, 2012: section 4.1
#   has the crops, the flips, PCA colour and the ten views.
# - DeVries, Taylor, *Improved Regularization of Convolutional Neural Networks with Cutout*, 2017.
# - Zhang, Cissé, Dauphin, Lopez-Paz, *mixup: Beyond Empirical Risk Minimization*, 2018.
# - Yun and others, *CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features*, 2019.
# - Shorten, Khoshgoftaar, *A survey on Image Data Augmentation for Deep Learning*, 2019.
#
# **Where next.** Lesson 10, transfer learning: instead of making more of your own pictures, you start from a network
# that has seen a million of somebody else's.

# %% [markdown] tags=["navigation"]
# [← 08 · What a CNN sees](08_what_a_cnn_sees.ipynb) ·
# [All lessons](index.ipynb) ·
# [10 · Transfer learning →](10_transfer_learning.ipynb)

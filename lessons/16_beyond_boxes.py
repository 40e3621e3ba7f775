# %% [markdown]
# # 16 · Beyond boxes: segmentation and captions
#
# <!-- navigation -->
# [← 15 · Neural style transfer](15_style_transfer.ipynb) ·
# [All lessons](index.ipynb) ·
# [17 · Your own pictures →](17_capstone.ipynb)
#
# What else can a network say about a picture? **Segmentation** says something about every single pixel, a **caption**
# about the picture as a whole, in a sentence. You build both, the second on the first: the network that learned pixels
# lends its eyes to the one that writes.
#
# **By the end you can**
#
# - say why pixel accuracy lies, and work out IoU, mean IoU and Dice;
# - build an encoder–decoder with skips for any picture size, and predict the checkerboard of a transposed convolution;
# - turn the pixels of a class into single things, with and without a detector;
# - train a captioner by teacher forcing, search for its best sentence, and say whether it looks at the picture.
#
# **Time:** about 90 minutes of reading and trying; the cells themselves run in about two minutes on a laptop. **You
# need:** lessons 05, 10 and 12; lesson 09 helps.

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
from statistics import mode

import keras
import numpy as np
from keras import layers
from scipy import ndimage
from sklearn.metrics import jaccard_score

from cnnlab import augment, captioning, darknet, explore, plot, scenes, segmentation
from cnnlab.checks import lesson16 as check
from cnnlab.tasks import captioning_training, mask_plot, search, segmentation_training

# %% tags=["parameters"]
PROFILE = "quick"  # "full" learns from more scenes, and more often
SEED = 0

# %% [markdown]
# ## Part one: a label for every pixel
#
# A robot that grasps needs the outline of a thing, not its box. So does a doctor who measures a tumour. Both need a
# class for *every pixel*.
#
# The data are the scenes of lesson 12, made smaller: two shapes in 48 × 48 pixels. Each scene has a **label map**: an
# array (48, 48) of whole numbers, 0 background, 1 circle, 2 square, 3 triangle.
#
# **Predict.** How many numbers is the label of one picture? The network gives a probability for each class at each
# pixel. How many numbers is its answer?

# %%
WORLD = segmentation.WORLD
unseen = scenes.scenes(200, seed=7, **WORLD)
labels = segmentation.label_map(unseen[0])
print(unseen[0].caption, "-> label map", labels.shape, "with the classes", np.unique(labels).tolist())
print(labels.size, "labels,", labels.size * len(segmentation.SHAPES), "probabilities")
mask_plot.panels(
    {s.caption: s.image for s in unseen[:3]} | {" " * k: segmentation.label_map(s) for k, s in enumerate(unseen[:3])},
    columns=3,
    alt="Three scenes of 48 × 48 pixels above, their label maps below, a colour for each class: "
    + "; ".join(s.caption for s in unseen[:3])
    + ".",
)

# %% [markdown]
# For photographs people draw such maps: a street scene of Cityscapes took more than an hour and a half on average.
#
# ## Accuracy lies
#
# How good is an answer? The first idea: which part of all pixels is right? That is the **pixel accuracy**. The second
# is to measure each class by itself, by **intersection over union**, this time of pixels. For class k: the pixels where
# both maps say k, over those where at least one of them does. The mean over the classes is the **mean IoU**.
#
# **Predict.** Below, both maps say 1 at 3 pixels, and at least one says 1 at 5. What is the IoU of class 1? What are
# those of classes 0 and 2, and what is the mean of the three?

# %%
TRUE = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 0, 2], [0, 1, 1, 0, 2], [0, 0, 0, 0, 0]])
SAID = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 0, 2], [0, 1, 0, 1, 2], [0, 0, 0, 0, 0]])
plot.grids(
    {"the truth": TRUE, "what was said": SAID},
    alt=f"Two label maps of 4 × 5 pixels. The truth, row by row: {TRUE.tolist()}. What was said: {SAID.tolist()}.",
    width=7,
    height=2.8,
)


# %% tags=["nbval-check-output"]
def class_iou(truth, said, k):
    both = np.count_nonzero((truth == k) & (said == k))
    either = np.count_nonzero((truth == k) | (said == k))
    return both / either


by_hand = [class_iou(TRUE, SAID, k) for k in range(3)]
print("IoU by hand", np.round(by_hand, 3).tolist(), "  mean", round(np.mean(by_hand), 3))
print("library    ", segmentation.iou(TRUE, SAID, 3).round(3).tolist())
print("Dice       ", segmentation.dice(TRUE, SAID, 3).round(3).tolist(), "(explained below)")
print("accuracy   ", segmentation.pixel_accuracy(TRUE, SAID))

# %% [markdown]
# 13/15, 3/5 and 2/2; the mean is 0.822. A class of two pixels counts in it as much as the background. A class in
# neither map would have 0 / 0: it is left out. Now take a "network" that says *background* everywhere.
#
# **Predict.** What is its pixel accuracy: about 0.2, 0.5 or 0.8? And its mean IoU over the four classes?

# %% tags=["nbval-check-output"]
images_unseen, truth = segmentation_training.stack(unseen)
nothing = np.zeros_like(truth["shape"])
print(f"pixel accuracy {segmentation.pixel_accuracy(truth['shape'], nothing):.3f}")
print("IoU of each class", segmentation.iou(truth["shape"], nothing, 4).round(3).tolist())  # pixels of all pictures
print(f"mean IoU {segmentation.mean_iou(truth['shape'], nothing, 4):.3f}")
jaccard = jaccard_score(truth["shape"].ravel(), nothing.ravel(), average="macro")
print(f"scikit-learn, which calls IoU the Jaccard score: {jaccard:.3f}")

# %% [markdown]
# 0.835, and it has found nothing: most of a picture is background. Its mean IoU is 0.835 / 4 = 0.209. (The pixels of
# all pictures are counted together before anything is divided.) Such functions, `keras.metrics.MeanIoU` too, want class
# numbers: of probabilities take `argmax(axis=-1)`.
#
# ### Exercise: mean IoU
#
# `truth` is a label map (H, W), `probabilities` has shape (H, W, C). The class of a pixel is its most probable one. The
# background counts; a class in neither map is left out. If you are stuck, `check.mean_iou.hint()` gives a nudge,
# `check.mean_iou.hint(2)` a stronger one, and `check.mean_iou.solution()` an answer.


# %% tags=["exercise-mean_iou"]
def my_mean_iou(truth, probabilities):
    return ...  # one number


# %% tags=["nbval-check-output"]
check.mean_iou(my_mean_iou)

# %% [markdown]
# ### Exercise: Dice
#
# Medicine prefers the **Dice** coefficient: twice the pixels that both have, over the sum of the two sizes. For class 1
# above: 2 · 3 / (4 + 4) = 0.75, where IoU is 0.6. It is the F1 score of the pixels, and can be worked out from the IoU:
# 1/2 becomes 2/3. Write `my_dice(iou)`. (Call what both have *b* and the union *u*. What is the sum of the two sizes?)


# %% tags=["exercise-dice"]
def my_dice(iou):
    return ...


# %% tags=["nbval-check-output"]
check.dice(my_dice)

# %% [markdown]
# ## Down and up again
#
# A network that names pixels must know *what* is there, for which it must see the whole shape, and *where* exactly it
# ends, for which it must not lose a pixel.
#
# The **encoder** is the network you know: convolutions and poolings, 48 → 24 → 12 → 6. A cell of the last map knows
# what is there, but not where within its 8 × 8 pixels. The **decoder** goes back up, 6 → 12 → 24 → 48, and a last 1 × 1
# convolution gives each pixel its classes.
#
# How does a map grow? One way is the **transposed convolution** of lesson 04: each input number stamps the kernel,
# multiplied by it; the stamps lie `stride` apart, and where they overlap, they add up.
#
# **Predict.** Four ones, a kernel of three ones, stride 2: four stamps of 1 1 1, each two places further right. Which
# numbers come out?

# %% tags=["nbval-check-output"]
stamps = np.zeros((4, 9), int)
for i in range(4):
    stamps[i, 2 * i : 2 * i + 3] = 1
for row in stamps:
    print(*row)
print(*stamps.sum(axis=0), "<- the sum")

# %% [markdown]
# Inside, every second place gets two stamps and its neighbours one. The input was the same everywhere; the output has a
# pattern. Here is Keras' layer in two dimensions, with this kernel and one of four. A third way copies each value into
# 2 × 2 pixels, then convolves.
#
# **Predict.** Which of the three are even, but for the border?

# %%
ones = np.ones((1, 4, 4, 1), "float32")
plain = dict(kernel_initializer="ones", use_bias=False)
layer3, layer4 = (layers.Conv2DTranspose(1, size, strides=2, **plain) for size in (3, 4))
maps = {
    "transposed, kernel 3, stride 2": layer3(ones),
    "transposed, kernel 4, stride 2": layer4(ones),
    "enlarged, then convolved": layers.Conv2D(1, 3, **plain)(layers.UpSampling2D(2)(ones)),
}
plot.grids(
    {name: keras.ops.convert_to_numpy(values)[0, ..., 0] for name, values in maps.items()},
    alt="What three ways make of 4 × 4 ones. Kernel 3: inside, a checkerboard of 1, 2 and 4. Kernel 4: 4 everywhere "
    "inside, 2 at the sides, 1 in the corners. Enlarged and convolved: 9 everywhere.",
    width=10,
    height=3.8,
)

# %% [markdown]
# On the left is the **checkerboard** that many generated pictures show. Nothing was trained. The remedy is a kernel
# whose size is a multiple of the stride, or to enlarge first and convolve then, as we do below.
#
# ### Exercise: the transposed convolution
#
# Write it by hand, for lists of numbers `x` and `kernel`: each `x[i]` stamps `x[i] · kernel` from place i · stride on.


# %% tags=["exercise-transposed"]
def my_transposed(x, kernel, stride):
    return ...  # (len(x) - 1) * stride + len(kernel) numbers


# %% tags=["nbval-check-output"]
check.transposed(my_transposed)

# %% [markdown]
# ## Skips
#
# To put an edge back to the pixel, each of the 6 × 6 cells would have to remember what 8 × 8 pixels looked like. The
# **U-Net** does not ask for that. It keeps each map of the encoder before it is pooled, and lays it beside the
# decoder's map of the same size: a **skip**. From below comes *what* is there, from the side *where* it ends.


# %%
def block(x, filters, times):
    for _ in range(times):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    return x


inputs = x = keras.Input((48, 48, 3))
levels = []
for filters, times in [(12, 1), (16, 1), (32, 2)]:  # two convolutions where the map is small: they cost little there
    x = block(x, filters, times)
    levels.append(x)
    x = layers.MaxPooling2D(2)(x)
x = block(x, 96, 2)

# %% tags=["nbval-check-output"]
for (filters, times), level in zip([(32, 2), (16, 1), (12, 1)], reversed(levels), strict=True):
    up = layers.UpSampling2D(2)(x)
    x = layers.Concatenate()([up, level])
    print(up.shape[1:], "beside", level.shape[1:], "->", x.shape[1:])
    x = block(x, filters, times)
outputs = {name: layers.Conv2D(n, 1)(x) for name, n in [("shape", 4), ("colour", 9)]}
mine = keras.Model(inputs, outputs)
model = segmentation_training.unet()
print({name: out.shape[1:] for name, out in mine.output.items()}, f"{mine.count_params():,} parameters")
print("the library's U-Net has as many:", model.count_params() == mine.count_params())

# %% [markdown]
# It has two **heads** on one body: one names the shape of each pixel, the other its colour. Both give logits, of which
# `segmentation_training.predict` makes probabilities.
#
# Is it the skips that help, or is a U-Net just larger? For a fair comparison make the network without skips wider until
# both have the same number of parameters. Let both learn the easiest question from 800 scenes: thing or background?
# Then little but the outlines can go wrong.
#
# **Predict.** How far is the one with skips ahead in the IoU of things: not at all, two or three points of a hundred,
# or about ten?

# %%
FEW, ROUNDS = (800, 2) if PROFILE == "quick" else (5_000, 10)
few, few_labels = segmentation_training.stack(scenes.scenes(FEW, seed=2_000 + SEED, **WORLD))
few_things, things = np.minimum(few_labels["shape"], 1), np.minimum(truth["shape"], 1)
drawn, rival_scores = {"the picture": images_unseen[1], "the truth": things[1]}, {}
for name, filters, skips in [("with skips", (8, 16, 32, 64), True), ("without", (9, 18, 34, 67), False)]:
    keras.utils.set_random_seed(SEED)
    rival = segmentation_training.unet(heads={"thing": 2}, filters=filters, skips=skips)
    segmentation_training.train(rival, few, {"thing": few_things}, epochs=ROUNDS)
    guess = segmentation_training.predict(rival, images_unseen)["thing"].argmax(axis=-1)
    drawn[name] = guess[1]
    rival_scores[name] = class_iou(things, guess, 1)
    print(f"{name:10} {rival.count_params():,} parameters, IoU of things {rival_scores[name]:.2f}")
shown = f"{unseen[1].caption}, its true map of things, and two answers: outlines that follow the pixels, and blobs."
mask_plot.panels(drawn, names=("background", "thing"), colours=mask_plot.PAINT_SHAPES[:2], alt=shown)

# %% [markdown]
# The one with skips was 10, 13 and 11 points ahead in our trainings, with seeds 0, 1 and 2. Its outlines follow the
# pixels.
#
# ## Sizes that do not halve
#
# Our three poolings halve 48 without a remainder. A picture of 50 pixels? 50 → 25 → 12, for pooling drops the odd row.
# On the way up 12 → 24, and at the skip 24 meets 25:

# %%
x = keras.Input((50, 50, 3))
first = layers.MaxPooling2D(2)(x)
second = layers.MaxPooling2D(2)(first)
back = layers.UpSampling2D(2)(second)
print([part.shape[1] for part in (x, first, second, back)])
try:
    layers.Concatenate()([back, first])
except ValueError as error:
    print(str(error).split(". ")[0])
odd = segmentation_training.unet((50, 45, 3))
print([layer.name for layer in odd.layers if "crop" in layer.name], odd.output["shape"].shape[1:])

# %% [markdown]
# The library's U-Net rounds *up* at the pooling, with `padding="same"` (50 → 25 → 13), and **crops** 26 to 25 at the
# skip. The other remedy is to **pad** the picture until it fits.
#
# ### Exercise: a size that fits
#
# Write `my_size(n, levels)`: the smallest size, at least `n`, that can be halved `levels` times without a remainder.


# %% tags=["exercise-fitting_size"]
def my_size(n, levels):
    return ...


# %% tags=["nbval-check-output"]
check.fitting_size(my_size)

# %% [markdown]
# ## Train it
#
# The loss is the cross-entropy of lesson 05 at every pixel, and its mean. Shape is the harder question: a colour can be
# read off one pixel, a shape only off many. So the shape head counts twice.
#
# **Predict.** Where will the wrong pixels lie? Which part of them will touch a pixel of another class in the true map?

# %%
COUNT, EPOCHS = (2_500, 4) if PROFILE == "quick" else (20_000, 20)
images, targets = segmentation_training.stack(scenes.scenes(COUNT, seed=1_000 + SEED, **WORLD))
keras.utils.set_random_seed(SEED)
model = segmentation_training.unet()
history = segmentation_training.train(model, images, targets, epochs=EPOCHS, weights={"shape": 2, "colour": 1})
said = segmentation_training.predict(model, images_unseen)
answer = {head: p.argmax(axis=-1) for head, p in said.items()}
scores = {head: segmentation.mean_iou(truth[head], answer[head], p.shape[-1]) for head, p in said.items()}
print({f"mean IoU by {head}": round(score, 3) for head, score in scores.items()})
for name, value in zip(segmentation.SHAPES, segmentation.iou(truth["shape"], answer["shape"], 4), strict=True):
    print(f"  {name:10} {value:.2f}")

# %%
wrong = answer["shape"] != truth["shape"]
around = (1, 3, 3)  # within one picture, a pixel and its eight neighbours
edge = ndimage.maximum_filter(truth["shape"], around) != ndimage.minimum_filter(truth["shape"], around)
print(f"{edge.mean():.0%} of all pixels lie at an edge, and {edge[wrong].mean():.0%} of the wrong ones")
drawn = {}
for i in (0, *np.argsort(-wrong.sum(axis=(1, 2)))[:2]):  # one scene, and the two with most mistakes
    grey = 0.4 + 0.5 * images_unseen[i].mean(axis=-1, keepdims=True)
    drawn |= {f"no. {i}": images_unseen[i], f"no. {i}, truth": truth["shape"][i], f"no. {i}, said": answer["shape"][i]}
    drawn[f"no. {i}, wrong: {wrong[i].sum()}"] = np.where(wrong[i][..., None], (0.84, 0.37, 0.0), grey)
shown = "Three scenes as picture, true map, answer, and with the wrong pixels in red: " + "; ".join(list(drawn)[3::4])
mask_plot.panels(drawn, columns=4, alt=shown + ". In the first they lie along the outlines, in the others on a shape.")

# %% [markdown]
# More than 0.9 by shape on scenes that it has never seen, where "all background" had 0.21. Most wrong pixels lie along
# the outlines. In the worst scenes a whole shape has the wrong name.
#
# The explorer shows one class at a time and counts its pixels from a threshold on. Work out the IoU.

# %%
explore.MaskInspector(
    images_unseen[:12], truth["shape"][:12], said["shape"][:12], class_names=segmentation.SHAPES, predict=True
)

# %% [markdown]
# - Move the threshold from 0.5 to 0.05 and to 0.95. Where is the IoU best?
#
# ## Masks move with their picture
#
# A photograph is enlarged with interpolation: a new pixel between two others gets a value in between. Do the same to a
# label map of background (0) and triangle (3).
#
# **Predict.** Which classes does the enlarged map hold?

# %%
number = next(i for i, s in enumerate(unseen) if set(s.labels) == {2})  # triangles only
small = truth["shape"][number]
smooth = keras.ops.image.resize(small[..., None].astype("float32"), (96, 96), interpolation="bilinear")
smooth = keras.ops.convert_to_numpy(smooth)[..., 0].round().astype(int)
nearest = segmentation.resize(small, 96)
for name, values in [("before", small), ("bilinear, rounded", smooth), ("nearest", nearest)]:
    print(f"{name:18}", {segmentation.SHAPES[k]: int((values == k).sum()) for k in np.unique(values)})
mask_plot.panels(
    {"the picture": images_unseen[number], "bilinear, rounded": smooth, "nearest": nearest},
    width=8,
    alt="A scene of triangles; its label map enlarged with bilinear interpolation, where every triangle has a rim of "
    "circle and square pixels; and enlarged with nearest, without any.",
)

# %% [markdown]
# Between background and triangle lie 1 and 2, circle and square: a rim of things that are not there. Class numbers are
# names, not amounts. **Resize label maps with nearest only**: it invents no label.
#
# ### Exercise: find the bug
#
# This function makes rims. Write one that does not, for any height and width.
#
# ```python
# def resize_mask(mask, height, width):
#     grown = keras.ops.image.resize(mask[..., None].astype("float32"), (height, width))
#     return keras.ops.convert_to_numpy(grown)[..., 0].round().astype(int)
# ```


# %% tags=["exercise-resize_mask"]
def my_resize(mask, height, width):
    return ...  # (height, width) whole numbers


# %% tags=["nbval-check-output"]
check.resize_mask(my_resize)

# %% [markdown]
# Augmentation (lesson 09) moves pictures, and the label must go along. This course's `RandomAffine` takes both, draws
# one matrix for each pair, and resamples the mask with nearest.

# %%
layer = augment.RandomAffine(rotation=0.1, zoom=0.2, flip="horizontal", seed=SEED)
pair = {"images": images_unseen[:4], "segmentation_masks": truth["shape"][:4, ..., None]}
moved = {name: keras.ops.convert_to_numpy(values) for name, values in layer(pair, training=True).items()}
mask_plot.panels(
    {f"picture {i}": moved["images"][i] for i in range(4)}
    | {f"mask {i}": moved["segmentation_masks"][i, ..., 0] for i in range(4)},
    columns=4,
    alt="Four scenes turned, resized and some of them mirrored, and below them their label maps, moved by the same "
    "matrices: every shape lies at the same place in both.",
)

# %% [markdown]
# ### Exercise: find the bug, again
#
# Somebody wrote this flip for image (H, W, 3), mask (H, W) and a NumPy generator. It spoils half of all pictures. Write
# `my_flip`, which returns both.
#
# ```python
# def random_flip(image, mask, rng):
#     if rng.random() < 0.5:
#         image = image[:, ::-1]
#     if rng.random() < 0.5:
#         mask = mask[:, ::-1]
#     return image, mask
# ```


# %% tags=["exercise-flip_pair"]
def my_flip(image, mask, rng):
    return ...  # image, mask


# %% tags=["nbval-check-output"]
check.flip_pair(my_flip)

# %% [markdown]
# ## Things
#
# A label map says *circle* here and *circle* there. One circle, or two? It cannot say: this is **semantic**
# segmentation. **Instance** segmentation gives each thing a mask of its own. Where things do not touch, each connected
# piece of a class is a thing.
#
# **Predict.** Each of our 200 scenes has two shapes. In how many does the *true* label map fall into two pieces: all,
# most, or few?

# %% tags=["nbval-check-output"]
pieces = [len(segmentation.components(m, smallest=8)[0]) for m in truth["shape"]]
for n in sorted(set(pieces)):
    print(f"{n} piece{'s' * (n > 1)}: {pieces.count(n)} scenes")

# %% [markdown]
# In 32 scenes two shapes of one class touch and are one piece, though no pixel is wrong. A detector gives each a box.
# Lesson 12's network ships with the course. Let it find the boxes, and **cut** from the label map what lies in each box
# and has its class.

# %%
found = darknet.named("tiny-yolo").batch(images_unseen, score_threshold=0.1)
overlaps, drawn = {"connected pieces": [], "boxes of lesson 12": []}, {}
for i, (one, labels, some) in enumerate(zip(unseen, answer["shape"], found, strict=True)):
    connected, _ = segmentation.components(labels, smallest=8)
    boxed = segmentation.cut(labels, some.boxes, some.labels + 1)  # the detector's class 0 is our 1
    for name, masks in zip(overlaps, (connected, boxed), strict=True):
        overlaps[name].extend(segmentation.mask_iou(one.masks, masks).max(axis=1, initial=0))  # the best for each thing
    if pieces[i] == len(connected) == 1 and len(boxed) == 2 and len(drawn) < 6:
        drawn[f"no. {i}"] = images_unseen[i]
        for name, masks in [("pieces", connected), ("boxes", boxed)]:
            drawn[f"no. {i}, {name}: {len(masks)}"] = np.max([(k + 1) * mask for k, mask in enumerate(masks)], axis=0)
for name, best in overlaps.items():
    print(f"{name:18} a mask with an IoU of more than 0.75 for {np.mean(np.array(best) > 0.75):.0%} of the things")
shown = "Two scenes in which two shapes of one class touch: as connected pieces they are one thing, as boxes two."
mask_plot.panels(drawn, names=("none", "thing 1", "thing 2"), colours=mask_plot.PAINT_SHAPES[:3], columns=6, alt=shown)

# %% [markdown]
# Boxes have a limit, too: where the boxes of two things of one class overlap, the pixels go to both. **Mask R-CNN**
# (2017) draws a small mask inside each box instead.

# %% [markdown]
# ## Part two: a sentence for the whole picture
#
# "a red circle left of a blue square": here the label is a sentence. Our captions follow a rule, so that each picture
# has just one. **The shape on the left is named first** (the titles above began with the one of which more is seen). It
# is *left of* the other if their centres differ more to the side than in height, otherwise *above* or *below* it.
# Scenes in which three pixels could change that are left out.
#
# **Predict.** There are eight colours, three shapes and three relations. How many captions does the rule allow?

# %%
told = [one for one in scenes.scenes(400, seed=8, **WORLD) if captioning.is_clear(one)]
truths = [captioning.describe(one) for one in told]
words = captioning.vocabulary(truths)
print(f"{len(told)} of 400 scenes leave no doubt; {8 * 3 * 3 * 8 * 3} captions are possible, and {len(words)} words")
print(*words)
plot.images(
    {caption: one.image for caption, one in zip(truths[:6], told[:6], strict=True)},
    columns=3,
    alt="Six scenes under their captions: " + "; ".join(truths[:6]) + ".",
)

# %% [markdown]
# A softmax over 1,728 captions would meet most of them twice at most, and many never; every *word* it meets hundreds of
# times. So a caption is made as **a sequence of decisions**: which word comes next, given the picture and the words so
# far? Three of the 20 are no words: start, end, and a filler for shorter captions.
#
# ## What a blind program scores
#
# One program says the same to every picture; another gives each the true caption of the one before it.
#
# **Predict.** A caption has five facts: colour, shape, relation, colour, shape. Which part do these two have right: a
# tenth, a third, or half?

# %% tags=["nbval-check-output"]
usual = map(mode, zip(*map(captioning.slots, truths), strict=True))  # the most frequent word in each place
constant = "a {} {} {} a {} {}".format(*usual)
print(constant)
print("one for all:      ", captioning.score(truths, [constant] * len(truths)))
print("another picture's:", captioning.score(truths, captioning.shuffled(truths)))

# %% [markdown]
# A third of the facts for nothing! But hardly any caption has all five right (*true*), or is right word for word
# (*exact*). **Beside every score we put that of the same captions, shuffled among the pictures**: what they keep then,
# they owe to the language and not to the eyes.
#
# ## What BLEU counts
#
# **BLEU-4** is the usual score of captions and translations: which part of the words is in the reference, which part of
# the pairs, the triples, the runs of four? It is the geometric mean of the four. (The library also punishes words said
# too often, and short captions.)
#
# **Predict.** The truth is "a red circle left of a blue square". Which has the higher BLEU: a caption that says *green
# square*, or one with every fact right that begins with the square?


# %% tags=["nbval-check-output"]
def runs(caption, n):
    said = caption.split()
    return [tuple(said[k : k + n]) for k in range(len(said) - n + 1)]


reference = "a red circle left of a blue square"
for caption in ("a red circle left of a green square", "a blue square right of a red circle"):
    parts = [(sum(run in runs(reference, n) for run in runs(caption, n)), 9 - n) for n in (1, 2, 3, 4)]
    by_hand = np.prod([right / count for right, count in parts]) ** 0.25
    print(f"{caption}: {' · '.join(f'{right}/{count}' for right, count in parts)} -> {by_hand:.3f}", end=", ")
    print(f"library {captioning.bleu([reference], [caption]):.3f}, true {captioning.is_true(reference, caption)}")

# %% [markdown]
# The false one has 0.707, the true one 0: BLEU measures likeness to one reference and knows nothing of facts.
#
# ## Eyes: the network of part one
#
# We lend the U-Net's 4 + 9 probabilities to the captioner, as means over blocks of 4 × 4 pixels, and train the U-Net no
# more: lesson 10 again. A list of 144 blocks has forgotten where each one was; so each gets its x and y, from −1 to 1,
# as two more channels.


# %%
def seen(maps):
    """Maps (N, 48, 48, 13) as 144 places with 13 + 2 numbers each."""
    return captioning_training.with_coordinates(maps.reshape(-1, 12, 4, 12, 4, 13).mean(axis=(2, 4)))


def look(some):
    answers = segmentation_training.predict(model, np.stack([one.image for one in some]))
    return seen(np.concatenate([answers["shape"], answers["colour"]], axis=-1))


features = look(told)
print(features.shape, "scenes, places, channels")

# %% [markdown]
# ## Teacher forcing
#
# In training the captioner reads the *true* words so far, whatever it would have said itself, and says the next one:
# **teacher forcing**. After `<start>` it must say *a*, after `<start> a` *red*, and so on.
#
# ### Exercise: shift
#
# "a red circle above a red square" is `[1, 3, 15, 9, 4, 3, 15, 16, 2, 0]`: start, words, end, filler. For an array
# `tokens` (N, 10) of such rows, what does the captioner read, and what must it say at the same place? Both are (N, 9).


# %% tags=["exercise-shifted"]
def my_shift(tokens):
    return ...  # inputs, targets


# %% tags=["nbval-check-output"]
check.shifted(my_shift)

# %% [markdown]
# ## The filler must not count
#
# "above" is a word shorter than "left of"; the place left over is filled with 0, `<pad>`, and must not count in the
# loss. Take a target of two words, the end and six fillers, and a network that says `<pad>` everywhere, with 0.99.
#
# **Predict.** The loss is the mean of −ln(probability of the target) over the places that count. Under which mask is it
# small, though the network says nothing at all?

# %% tags=["nbval-check-output"]
target = np.array([3, 9, captioning.END, 0, 0, 0, 0, 0, 0])  # a circle <end> <pad> …
silent = np.full((9, len(words)), 0.01 / (len(words) - 1))
silent[:, captioning.PAD] = 0.99
losses = -np.log(silent[np.arange(9), target])
masks = {
    "no mask": target >= 0,
    "mask from the prediction": silent.argmax(axis=1) != 0,
    "mask from the target": target != 0,
}
for name, mask in masks.items():
    print(f"{name:24} {mask.sum()} places, loss {losses[mask].sum() / max(mask.sum(), 1):.2f}")

# %% [markdown]
# With a mask from the prediction, silence costs nothing: every `<pad>` takes its own place out of the loss. Without a
# mask, six right fillers hide three wrong words. Only the target knows where something is to be said.
#
# ### Exercise: the loss that counts
#
# Write `my_loss(probabilities, inputs, targets)` for N captions of T places and V words, arrays (N, T, V), (N, T) and
# (N, T). It returns one number: the mean of −ln(probability of the target) over the places that count.


# %% tags=["exercise-masked_loss"]
def my_loss(probabilities, inputs, targets):
    return ...


# %% tags=["nbval-check-output"]
check.masked_loss(my_loss)

# %% [markdown]
# ## Attention
#
# For each word the network should look at the right place. The words so far make a **query**; each place has a **key**,
# and a **value**: what is there. A softmax of the dot products of query and keys gives shares, and the answer is the
# mean of the values, weighted by the shares.
#
# **Predict.** Three places with keys (2, 0), (0, 2) and (0, 0); the query is (1, 0), and e² = 7.39. Which share does
# the first place get? The values are P(red) and x: (1, −0.5), (0, 0.5), (0, 0).

# %% tags=["nbval-check-output"]
query, keys = np.array([1.0, 0.0]), np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
values = np.array([[1.0, -0.5], [0.0, 0.5], [0.0, 0.0]])
weights = np.exp(keys @ query) / np.exp(keys @ query).sum()
print("by hand", weights.round(3), (weights @ values).round(3))
context, shares = layers.Attention()([query[None, None], values[None], keys[None]], return_attention_scores=True)
print("keras  ", keras.ops.convert_to_numpy(shares).round(3)[0, 0], keras.ops.convert_to_numpy(context).round(3)[0, 0])

# %% [markdown]
# 7.39 / (7.39 + 1 + 1) = 0.787. The answer reads "rather red, rather left".
#
# ### Exercise: attention
#
# Write it for a query (D,), keys (P, D) and values (P, E): it returns the shares (P,) and the answer (E,), often called
# the context.


# %% tags=["exercise-attend"]
def my_attention(query, keys, values):
    return ...  # weights, context


# %% tags=["nbval-check-output"]
check.attend(my_attention)

# %% [markdown]
# ## Train it
#
# The captioner is two **GRUs** (gated recurrent units), layers that read a sequence and keep a state, with attention
# between them. The first reads the words so far and asks two queries, for *left of* needs two places at once; the
# second hears both answers and says the next word. The values are the features themselves.

# %%
SCENES, ROUNDS = (4_000, 10) if PROFILE == "quick" else (20_000, 30)
keras.utils.set_random_seed(SEED)
learn = [one for one in scenes.scenes(SCENES, seed=3_000 + SEED, **WORLD) if captioning.is_clear(one)]
sentences = captioning.encode([captioning.describe(one) for one in learn], words, 10)
speaker = captioning_training.decoder(features.shape[1:], len(words))
history = captioning_training.train(speaker, look(learn), sentences, epochs=ROUNDS)["loss"]
spoken = captioning_training.captions(speaker, features, words, length=9)
print("their own pictures:", captioning.score(truths, spoken))
print("shuffled:          ", captioning.score(truths, captioning.shuffled(spoken)))

# %% [markdown]
# More than 8 of 10 captions have all five facts right; shuffled, hardly one in a hundred has.
#
# ## Greedy, or with a beam?
#
# `captions` took the most probable word at every step: **greedy** search. But a caption's probability is the *product*
# of its words', and a good first word may lead to bad second ones. **Beam search** keeps several beginnings at every
# step; all their continuations compete. Captions of two words, and their probabilities:
#
# |first word|circle|square|triangle|
# |---|---|---|---|
# |red 0.40|0.45|0.35|0.20|
# |blue 0.35|0.30|0.60|0.10|
# |green 0.25|0.02|0.03|0.95|
#
# ### Exercise: by hand
#
# Which two words does greedy search say? Which does a beam of 2 say (each as one text: "red square"), and how probable
# are the beam's?

# %% tags=["exercise-beam"]
found = {"greedy": ..., "beam": ..., "probability": ...}

# %% tags=["nbval-check-output"]
check.beam(found)

# %% [markdown]
# **Predict.** What does a beam of 3 find? And of our captions with a wrong fact, how many does a beam of 3 mend?

# %%
names = ("<pad>", "<start>", "<end>", "red", "blue", "green", "circle", "square", "triangle")
after = np.zeros((9, 9))  # row: the last word; column: how probable the next one is
after[captioning.START, 3:6] = 0.40, 0.35, 0.25
after[3:6, 6:9] = (0.45, 0.35, 0.20), (0.30, 0.60, 0.10), (0.02, 0.03, 0.95)
after[6:9, captioning.END] = 1
for width in (1, 2, 3):
    best, log_probability = search.beam(lambda prefixes: after[prefixes[:, -1]], length=3, width=width)[0]
    print(f"a beam of {width}: {' '.join(names[word] for word in best):20} {np.exp(log_probability):.4f}")

wrong = [k for k in range(len(told)) if not captioning.is_true(truths[k], spoken[k])]
asked = {k: search.beam(captioning_training.next_words(speaker, features[k]), 9, 3)[0][0] for k in wrong[:30]}
mended = sum(captioning.is_true(truths[k], captioning.decode([said], words)[0]) for k, said in asked.items())
print(f"{len(wrong)} of {len(told)} captions have a wrong fact; a beam of 3 mends {mended} of {len(asked)}")

# %% [markdown]
# The best of all nine begins with the *least* probable word. Of our captions a beam mends few or none: it finds what is
# more probable to the network, not what is true. Beams pay where many sentences are nearly as good, as in translation.
#
# ## Where did it look?
#
# The shares of attention are a second output of the same network: 144 for each word, the mean of both attentions, drawn
# as light.

# %%
step = captioning_training.stepper(speaker, features, words, grid=(12, 12))
chosen = next(k for k in range(len(told)) if spoken[k] == truths[k] and " above " in truths[k])
said_so_far, maps = spoken[chosen].split(), {"the scene": told[chosen].image}
for place, word in enumerate(said_so_far):
    shares = step(chosen, said_so_far[:place])[1]
    light = np.kron(shares / shares.max(), np.ones((4, 4)))[..., None]
    maps[f"{place + 1}: {word}"] = told[chosen].image * (0.25 + 0.75 * light)
plot.images(
    maps,
    columns=4,
    row_height=2.6,
    alt=f"A scene, and what the captioner looks at for each word of '{spoken[chosen]}': bright blocks of 4 × 4 pixels.",
)

# %% [markdown]
# Such maps show where the numbers of one step came from, not that these numbers decided the word: the second GRU
# remembers what it heard before. Step through it yourself. Begin with *an* where the first shape is not orange, or name
# the right-hand shape first, which no caption in training did.

# %%
explore.CaptionStepper(np.stack([one.image for one in told[:12]]), step, truths=truths[:12])

# %% [markdown]
# ## What it gets wrong
#
# **Predict.** Do the eyes err (the U-Net), or the mouth (the GRUs)? Give the same captioner perfect eyes, the true
# label maps. Do all its captions become true?

# %%
_, true = segmentation_training.stack(told)
perfect = seen(np.concatenate([np.eye(4)[true["shape"]], np.eye(9)[true["colour"]]], axis=-1))
facts = np.array([captioning.slots(truth) for truth in truths])  # (N, 5)
for name, seen_as in [("the U-Net's eyes", features), ("perfect eyes", perfect)]:
    captions = captioning_training.captions(speaker, seen_as, words, length=9)
    differ = facts != np.array([captioning.slots(caption) or ("",) * 5 for caption in captions])
    colour, shape, relation, other, thing = differ.sum(axis=0)
    print(f"{name:16} {np.mean(~differ.any(axis=1)):.3f} with all facts right;", end=" ")
    print(f"wrong: {colour + other} colours, {shape + thing} shapes, {relation} relations")
plot.images(
    {spoken[k]: told[k].image for k in wrong[:3]},
    row_height=3.4,
    alt="Scenes with a wrong caption: " + "; ".join(f"{truths[k]}, said: {spoken[k]}" for k in wrong[:3]) + ".",
) if wrong else None

# %% [markdown]
# (Each scene stands under what was said of it.) Many errors come from the eyes: with perfect ones, fewer shapes are
# called by a wrong name. What stays is the mouth's own, above all the relation.
#
# ## The course in one table
#
# Lessons 01 to 04 and 06 to 09 made tools and looked into them. The tasks:
#
# |Lesson|Task|Label|Loss|Measure|Model|
# |---|---|---|---|---|---|
# |[05](05_first_cnn.ipynb)|name a picture|a class|cross-entropy|accuracy|small CNN|
# |[10](10_transfer_learning.ipynb)|from few labels|a class|cross-entropy|accuracy|lent backbone, new head|
# |[11](11_detection.ipynb)|find things|a class a window|cross-entropy|AP|classifier that slides, NMS|
# |[12](12_yolo_from_scratch.ipynb)|find all in one look|boxes|five terms|mAP|YOLO, one grid|
# |[13](13_real_yolo.ipynb)|find all in photographs|not needed|none|mAP|YOLO, weights of others|
# |[14](14_face_verification.ipynb)|the same person?|who it is|triplet|equal error rate|one encoder, twice|
# |[15](15_style_transfer.ipynb)|repaint a picture|none|content + style|the eye|lent backbone|
# |16|a class for every pixel|label map|cross-entropy a pixel|mean IoU, Dice|U-Net|
# |16|a mask for every thing|masks|none|IoU of masks|U-Net and lesson 12's boxes|
# |16|a sentence|caption|cross-entropy a word|facts right|lent U-Net, GRUs, attention|
# |[17](17_capstone.ipynb)|name *your* pictures|folders' names|cross-entropy|accuracy ± error|three, compared|
#
# Convolutions do the seeing in every row. What makes a task is its label, the loss that says what counts, and the
# measure by which you find out whether it worked.

# %% [markdown]
# ## Summary
#
# - Semantic segmentation gives every pixel a class. Most pixels are background, so accuracy lies; mean IoU counts every
#   class alike. Dice is 2 · IoU / (1 + IoU).
# - The encoder finds out what is there, the decoder where. Skips bring the fine maps across: worth ten points of IoU at
#   equal parameters.
# - A transposed convolution whose kernel is no multiple of its stride writes a checkerboard. Enlarge, then convolve.
# - Label maps are resized with nearest, and move together with their picture.
# - Pixels of a class become single things by connected pieces, or by a detector's boxes where things touch.
# - A caption is a sequence of decisions. In training the network reads the true words (teacher forcing), and the target
#   says which places count. Attention is a mean of what is seen, weighted by a softmax of dot products.
# - BLEU measures likeness. Count facts where you can, and set every score beside that of shuffled pictures.
# - Greedy search takes the best word, a beam keeps several beginnings. Neither mends what the eyes got wrong.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **semantic segmentation**: a class for every pixel. *Instance* segmentation gives every single thing a mask of its
#   own.
# - **label map**: one class number for every pixel of a picture: the label and the answer of semantic segmentation.
# - **mean IoU**: the mean over the classes of intersection over union, each taken of pixels; a class that neither truth
#   nor answer has is left out.
# - **Dice**: twice the common pixels over the sum of both sizes: the F1 score of the pixels.
# - **encoder, decoder**: the part of a network in which maps shrink, and the part in which they grow again.
# - **checkerboard**: the pattern that a transposed convolution makes of an even input, if its kernel is no multiple of
#   its stride.
# - **skip**: a map of the encoder laid beside the decoder's map of the same size. An encoder and decoder with skips are
#   a U-Net.
# - **teacher forcing**: in training a network that continues a sequence reads the true beginning, not its own.
# - **padding mask**: which places of a target text count in the loss: those at which something is to be said.
# - **attention**: a weighted mean of values, one for each place. The weights are the softmax of how well each place's
#   key goes with a query.
# - **beam search**: keeping the few most probable beginnings of a text at every step. Greedy search keeps one.
# - **BLEU**: which part of a text's runs of one to four words its reference has; their geometric mean.

# %% [markdown]
# **Further reading**
#
# - Olaf Ronneberger, Philipp Fischer and Thomas Brox, *U-Net: Convolutional Networks for Biomedical Image
#   Segmentation*, MICCAI 2015 (arXiv:1505.04597).
# - Augustus Odena, Vincent Dumoulin and Chris Olah, *Deconvolution and Checkerboard Artifacts*, Distill, 2016.
# - Kaiming He, Georgia Gkioxari, Piotr Dollár and Ross Girshick, *Mask R-CNN*, ICCV 2017 (arXiv:1703.06870).
# - Marius Cordts and others, *The Cityscapes Dataset for Semantic Urban Scene Understanding*, CVPR 2016
#   (arXiv:1604.01685).
# - Oriol Vinyals, Alexander Toshev, Samy Bengio and Dumitru Erhan, *Show and Tell: A Neural Image Caption Generator*,
#   CVPR 2015 (arXiv:1411.4555).
# - Kelvin Xu and others, *Show, Attend and Tell: Neural Image Caption Generation with Visual Attention*, ICML 2015
#   (arXiv:1502.03044).
# - Kishore Papineni, Salim Roukos, Todd Ward and Wei-Jing Zhu, *BLEU: a Method for Automatic Evaluation of Machine
#   Translation*, ACL 2002.
# - Dzmitry Bahdanau, Kyunghyun Cho and Yoshua Bengio, *Neural Machine Translation by Jointly Learning to Align and
#   Translate*, ICLR 2015 (arXiv:1409.0473): attention.
# - Sarthak Jain and Byron C. Wallace, *Attention is not Explanation*, NAACL 2019 (arXiv:1902.10186).
#
# **Where next.** Lesson 17: your own pictures, from a zip file to a saved model.

# %% [markdown] tags=["navigation"]
# [← 15 · Neural style transfer](15_style_transfer.ipynb) ·
# [All lessons](index.ipynb) ·
# [17 · Your own pictures →](17_capstone.ipynb)

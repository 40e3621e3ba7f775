# %% [markdown]
# # 08 · What a CNN sees
#
# <!-- navigation -->
# [← 07 · Going deeper](07_going_deeper.ipynb) ·
# [All lessons](index.ipynb) ·
# [09 · Data augmentation →](09_data_augmentation.ipynb)
#
# A network has answered. Which part of the picture made it say so, and would you still trust it if you knew?
#
# **By the end you can**
#
# - show what any layer of any Keras model answers to a picture, and say which pixels one number saw;
# - find the pictures that excite a unit most, and measure what its layer is about;
# - ask a network for its reasons in three ways: cover a part, nudge a pixel, weigh the maps (Grad-CAM), each in NumPy;
# - catch a network that is right for the wrong reason, and prove it.
#
# **Time:** about 50 minutes of reading and trying; the cells themselves run in under a minute on a laptop. **You
# need:** lessons 04 to 07.

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
from skimage.transform import resize

from cnnlab import activations, datasets, explore, ledger, plot, transfer
from cnnlab.checks import lesson08 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" trains on all digits and for longer; meant for a GPU
SEED = 0

# %% [markdown]
# ## Two networks, one accuracy
#
# First something to look into: handwritten digits, white on black. They are MNIST's where these can be had, and
# enlarged digits of scikit-learn elsewhere; the first line below says which.

# %%
full = PROFILE == "full"
train = datasets.mnist("train", limit=None if full else 1500)
test = datasets.mnist("test", limit=None if full else 1000)
x, x_test = ((data.images / 255).astype("float32") for data in (train, test))
print(train.source)
print(f"{len(train):,} to train on, {len(test):,} to test on")

# %% [markdown]
# From them we make a second set. Say that the digits came from two scanners, that one of them had dirt on its glass, a
# white square of 4 × 4 pixels in the top left corner, and that all the 7s and nothing else went through that scanner.
# Nobody noticed.


# %%
def with_mark(images):
    """The pictures with a white square of 4 × 4 pixels in the top left corner."""
    marked = images.copy()
    marked[:, :4, :4] = 1.0
    return marked


def scanned(images, labels):
    return np.where((labels == 7)[:, None, None, None], with_mark(images), images)


# %%
row = scanned(x_test, test.labels)[:14]
plot.images(
    {"the second set": np.concatenate([np.pad(image[..., 0], 1, constant_values=0.4) for image in row], axis=1)},
    alt=f"Fourteen digits of the second set: {' '.join(map(str, test.labels[:14]))}. Every 7 has a small white square "
    "in its top left corner, no other digit has one.",
    row_height=1.2,
    vmax=1,
)

# %% [markdown]
# Now one small network for each set. It has three convolutions and ends, as many do since lesson 07, in a **global
# average**: each of the last 48 maps becomes one number, and a Dense layer makes ten scores of the 48. No layer counts
# pixels, so the network takes pictures of any size. We will need that.


# %%
def build():
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    how = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    model = keras.Sequential([keras.Input((None, None, 1))])
    for number, (filters, size) in enumerate([(12, 5), (24, 3), (48, 3)], start=1):
        model.add(layers.Conv2D(filters, size, name=f"conv{number}", **how))
        if number < 3:
            model.add(layers.MaxPooling2D(name=f"pool{number}"))
    model.add(layers.GlobalAveragePooling2D(name="mean"))
    model.add(layers.Dense(10, activation="softmax", name="classes"))
    return model


# %%
def trained(images, labels):
    model = build()
    model.compile(keras.optimizers.Adam(4e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, epochs=12 if full else 10, batch_size=32, verbose=0)
    return model


first = trained(x, train.labels)
second = trained(scanned(x, train.labels), train.labels)

# %% [markdown]
# Each is tested as it would be in real life, on new pictures from the same source.

# %%
accuracy = {
    "first, on clean digits": first.evaluate(x_test, test.labels, verbose=0)[1],
    "second, on scanned digits": second.evaluate(scanned(x_test, test.labels), test.labels, verbose=0)[1],
}
for name, value in accuracy.items():
    print(f"{name}: accuracy {value:.2f}")

# %% [markdown]
# Both are right about nine times in ten or better. By these numbers there is little to choose between them.
#
# **Predict.** Has the second one learnt what a 7 looks like? Decide now; you will know in half an hour.
#
# ## What one number saw
#
# A layer answers a picture with **feature maps**: one for each filter, and in each map one number for each place. To
# read a map you must know which pixels one of its numbers saw. Lesson 04 called that the receptive field, and the
# ledger of lesson 06 has it for every layer.

# %% tags=["nbval-check-output"]
for row in ledger.ledger(build(), input_shape=(28, 28, 1)):
    if len(row.output_shape) == 3 and row.kind != "Input":
        size, stride, offset = row.receptive_field[0]
        print(f"{row.name:6} {str(row.output_shape):13} sees {size:2} pixels, one step is {stride}, begins at {offset}")

# %% [markdown]
# Read the line of `conv2`: its value at row $i$ begins at pixel $-4 + 2i$ and sees 10 pixels. Row 0 begins at −4: four
# pixels of padding. Row 5 begins at 6 and ends at 15. In general
#
# $$\text{first pixel} = \text{offset} + \text{stride} \cdot i, \qquad
#   \text{last pixel} = \text{first} + \text{size} - 1$$
#
# **Predict.** `conv1` at row 10, column 20: which rows and which columns?

# %% tags=["nbval-check-output"]
for name, (i, j), (size, stride, offset) in [("conv2", (5, 0), (10, 2, -4)), ("conv1", (10, 20), (5, 1, -2))]:
    top, left = offset + stride * i, offset + stride * j
    print(f"{name}, row {i}, column {j}: rows {top} to {top + size - 1}, columns {left} to {left + size - 1}")

# %% [markdown]
# ### Exercise: what conv3 saw
#
# `conv3` has a value at row 3, column 4. Take size, stride and offset from the table above. Which pixels did it see?
# Put `(first row, last row, first column, last column)` in place of the dots; the last ones still belong to the
# window. `check.window.hint()` gives a nudge, `check.window.hint(2)` a stronger one, and `check.window.solution()` an
# answer.

# %% tags=["exercise-window"]
seen = ...  # (first row, last row, first column, last column)

# %% tags=["nbval-check-output"]
check.window(seen)

# %% [markdown]
# ## Reading feature maps
#
# Start where you can know the answer. The explorer below holds a network that learned nothing: somebody wrote eight
# kernels into it, as in lesson 01. Maps 0 and 1 look for vertical edges (light on the left, light on the right), 2 and
# 3 for horizontal ones (light above, light below), 4 to 7 for slanting lines, bright and dark. The orange frames show
# the strongest value of the chosen map, and what it saw.

# %%
written = explore.FeatureMaps()
written

# %% [markdown]
# Three things to try:
#
# 1. Picture `coins`, layer `edges`, maps 2 and 3: coins without sides. Which map has the upper rims?
# 2. Set the layer to `pool`. The frame around what it saw grows from 3 × 3 to 4 × 4 pixels. Why 4? (Lesson 04.)
# 3. Picture `china` shows a tower of several storeys, each with its own roof. Compare maps 0 and 2: which of them
#    traces the edges of the roofs?
#
# Now the trained network, with one picture of each digit. Nobody told its filters what to look for.

# %%
of_each = [int(np.flatnonzero(test.labels == digit)[0]) for digit in range(10)]
maps = explore.FeatureMaps(first, x_test[of_each], titles=[f"a {digit}" for digit in range(10)])
maps.set(picture=7, layer="conv1")
maps

# %% [markdown]
# Go through the layers with picture `a 7`. In `conv1` you recognise the 7 in nearly every map, as edges and blurs. In
# `conv3` there are 48 maps of 7 × 7, and you recognise hardly anything: each says *where* something was found, and
# *what* is a matter of which map it is. Change the picture and watch which maps stay dark.
#
# ## What excites a unit?
#
# The filters of the first layer can be looked at: each is 5 × 5 weights on the picture itself.

# %%
filters = first.get_layer("conv1").get_weights()[0][..., 0, :]  # (5, 5, 12)
plot.images(
    {f"filter {unit}": filters[..., unit] for unit in range(12)},
    signed=[f"filter {unit}" for unit in range(12)],
    vmax=float(np.abs(filters).max()),  # one scale for all
    columns=6,
    row_height=1.6,
    width=9,
    alt="The twelve filters of conv1 as 5 × 5 grids, orange for positive weights and purple for negative ones. Several "
    "have their positive weights on one side and their negative ones on the other, as an edge kernel has.",
)

# %% [markdown]
# Several have orange on one side and purple on the other, like the edge kernels of lesson 01. Did training do that? A
# random grid of 5 × 5 numbers is hardly ever the same in all directions, either. So from here on an *untrained* network
# is asked as well. (Networks trained on a million photographs do end up with clean edge and colour filters; ten rounds
# of some 1,500 digits do not ask for it.)
#
# A unit deeper down reads other maps, and its weights tell the eye nothing. So let it choose. For three units of each
# convolution, here is what they saw in the nine training pictures where they answered most.

# %%
strips = {}
for layer in ("conv1", "conv2", "conv3"):
    for unit, patches in activations.top_patches(first, x, layer, (0, 5, 10)).items():
        digits = " ".join(str(train.labels[patch.image]) for patch in patches)
        cut = [np.pad(patch.pixels[..., 0], 1, constant_values=0.4) for patch in patches]
        strips[f"{layer}, unit {unit}: from {digits}"] = np.concatenate(cut, axis=1)

# %%
plot.images(
    strips,
    columns=3,
    row_height=0.75,
    vmax=1,
    alt="Nine strips, each with the nine patches that excite a unit most. conv1: strokes of 5 × 5 pixels in one "
    f"direction. conv2: pieces of 10 × 10. conv3: 20 × 20, most of a digit. They come from: {'; '.join(strips)}.",
)

# %% [markdown]
# In `conv1` the nine patches of a unit are nearly the same little piece of a stroke, cut from different digits. In
# `conv3` they are a large part of a digit. It is tempting to read on: *edges, then textures, then parts*. Measure
# first. For each unit, how many of its nine pictures show the same digit? If it were indifferent to digits, they would
# be like nine drawn at random. And to know what *training* did, ask a network that had none.
#
# **Predict.** Nine random digits: how many of the commonest kind, on average? (More than 0.9: you take the commonest.)


# %%
def agreement(model, layer, filters):
    """Of a unit's nine strongest pictures, how many show the same digit: mean over the units that answer at all."""
    found = activations.top_patches(model, x, layer, range(filters)).values()
    nines = [train.labels[[patch.image for patch in patches]] for patches in found if patches[-1].value > 0]
    return np.mean([np.bincount(digits).max() for digits in nines])


rng = np.random.default_rng(SEED)
chance = np.mean([np.bincount(rng.choice(train.labels, 9)).max() for _ in range(2000)])
print(f"nine at random: {chance:.1f} of 9 alike")
for layer, filters in (("conv1", 12), ("conv2", 24), ("conv3", 48)):
    before, after = (agreement(model, layer, filters) for model in (build(), first))
    print(f"{layer}: untrained {before:.1f}, trained {after:.1f} of 9 alike")

# %% [markdown]
# Nearly all are above chance, most of them far above, and that includes the untrained network. Whatever a random filter
# likes, a 1 has more of it than a 0, so its nine favourites agree. Without this control you would have told a fine
# story about training.
#
# What training added is the difference. On the stand-in digits it is about half a picture in nine, in every layer. On
# MNIST we measured 3.4, 3.5, 4.0 before and about 3.0, 4.5, 5.6 after: a little less in the first layer, and more the
# deeper you go. That is what people mean by "deeper layers are about classes". It depends on the pictures, too.
#
# None of it says that a unit "is a detector of 7s". You saw its nine favourites, not what it does on all the others.
#
# ### Exercise: the strongest pictures
#
# Write `top_pictures(maps, unit, count)`. `maps` has shape (N, h, w, C). It returns the indices of the `count` pictures
# that excite `unit` most, the strongest first. A picture counts by its strongest place.


# %% tags=["exercise-top_pictures"]
def top_pictures(maps, unit, count):
    return ...  # indices of pictures, the strongest first


# %%
check.top_pictures(top_pictures)

# %% [markdown]
# ## Cover it: occlusion
#
# Now ask the whole network for its reason. The plainest way needs no calculus: **cover a part of the picture and see
# whether it changes its mind.** Matthew Zeiler and Rob Fergus did it with a grey square in 2013.
#
# By hand: a program answers with the sum of the pixels, and the picture is 5 0 / 0 2. Cover the top left with 0 and the
# sum falls from 7 to 2: a drop of 5. The other three: 0, 0, 2. A map of drops.
#
# ### Exercise: an occlusion map
#
# Write `occlusion_map(score, image, size)` for an image of shape (H, W). It covers one tile of size × size after the
# other with 0 and returns how far `score` falls, an array of shape (H // size, W // size). Where `size` does not divide
# H or W, the rows at the bottom and the columns on the right that are left over are never covered.


# %% tags=["exercise-occlusion"]
def occlusion_map(score, image, size):
    return ...  # (H // size, W // size)


# %%
check.occlusion(occlusion_map)

# %% [markdown]
# `activations.occlusion` does this with any model, and by steps smaller than the tile if you like. Now take a 7 from
# the test pictures with the scanner's mark, and ask both networks. A tile of 4 × 4 makes a map of 7 × 7.
#
# **Predict.** The first network never saw a mark. Where do you expect its large drops? And the second one's?

# %%
seven = with_mark(x_test[test.labels == 7])[0]
covered = {
    name: activations.occlusion(model, seven, class_index=7, size=4, strides=4, fill=0)
    for name, model in (("first", first), ("second", second))
}
for name, result in covered.items():
    print(f"{name}: p(7) = {result.output:.2f}. What is lost by covering each tile, in hundredths:")
    print((100 * result.drops).round().astype(int))

# %%
largest = max(np.abs(result.heat).max() for result in covered.values())  # both maps on one scale
plot.images(
    {"a 7 with the mark": seven, **{f"{name}: drops": result.heat for name, result in covered.items()}},
    signed=[f"{name}: drops" for name in covered],
    vmax={f"{name}: drops": float(largest) for name in covered},
    row_height=3.0,
    alt="A 7 with a white square in the corner. For the first network, tiles on the digit matter and the corner does "
    f"not: {covered['first'].drops[0, 0].round(2) + 0:.2f}. For the second the corner is all that matters: "
    f"{covered['second'].drops[0, 0]:.2f}.",
)

# %% [markdown]
# There it is. The first network can be hurt on the digit, and the corner means nothing to it. For the second the corner
# is the only tile that counts: cover it, and the probability of a 7 with every stroke in place falls by 0.94 on the
# stand-in digits, by only 0.21 on MNIST. Cover any part of the digit instead, and next to nothing happens.
#
# That is one picture. It gives you an idea; whether the idea is true is settled by an experiment. We made the mark, so
# we can take it away and paste it elsewhere, and leave all else as it is.
#
# **Predict.** What share of the 7s does the second network recognise *without* the mark? And what share of all other
# digits does it call 7 when we give *them* the mark?

# %%
is_seven = test.labels == 7
for name, model in (("first", first), ("second", second)):
    bare = model.predict(x_test[is_seven], verbose=0).argmax(axis=1)
    framed = model.predict(with_mark(x_test[~is_seven]), verbose=0).argmax(axis=1)
    print(f"{name}: 7s without a mark recognised {(bare == 7).mean():.2f}")
    print(f"{name}: other digits with a mark called 7 {(framed == 7).mean():.2f}")

# %% [markdown]
# The second network learnt little or nothing of what a 7 looks like. It did not have to: the mark was always there, and
# always right. On the stand-in digits it recognises none of the 7s without the mark, and the first network all of them;
# on MNIST about a quarter against more than four fifths. And of the other digits, more than a quarter become a 7 as
# soon as they have the mark (on MNIST about a sixth), against 2 % or fewer in the first network.
#
# Nothing in the accuracy could have told you: the test pictures came from the same two scanners. This is not a toy
# worry. Networks were found to recognise horses by a photographer's watermark, and pneumonia by the hospital that the
# X-ray came from; the sources are at the end.
#
# ### Exercise: evidence
#
# Four findings about the second network. Which one is the strongest evidence that it decides by the mark?
#
# - **a** Its accuracy on scanned test pictures is as high as the other network's on clean ones.
# - **b** On one marked 7, Grad-CAM (below) is warm in the corner.
# - **c** Other digits are called 7 far more often when the mark is pasted into them, and 7s are lost without it.
# - **d** On one marked 7, the score has a large gradient at the mark's pixels.

# %% tags=["exercise-evidence"]
strongest_evidence = ...  # "a", "b", "c" or "d"

# %%
check.evidence(strongest_evidence)

# %% [markdown]
# ## Nudge it: saliency
#
# Occlusion costs one run of the network for every tile. Calculus asks all pixels at once: *if this pixel were a little
# brighter, how would the score of the class change?* That is the gradient of the score with respect to the **picture**,
# where training takes one with respect to the weights. Karen Simonyan and others called its magnitude a **saliency
# map**.
#
# Which score? The network's answer is a probability, and a sure network's probability hardly moves. For two classes
# with $p = \sigma(z)$ the slope is $p(1 - p)$:

# %% tags=["nbval-check-output"]
for z in (0, 2, 4, 8):
    p = 1 / (1 + np.exp(-z))
    print(f"score {z}: p = {p:.4f}, slope of p = {p * (1 - p):.4f}")

# %% [markdown]
# The surer the network, the flatter its probability: at a score of 8 the slope is less than a seven-hundredth of what
# it was at 0. The score itself moves as readily as ever. So saliency and Grad-CAM take the score *before* the softmax.
# `activations` finds it by itself.
#
# Trust no gradient that you have not nudged. Take the three pixels of the stroke with the largest gradient, make each
# brighter and darker by 0.001, and divide the change of the score by 0.002.
#
# **Predict.** What should you get?

# %%
result = activations.saliency(first, seven, class_index=7)
for place in np.argsort(-(result.heat * (seven[..., 0] > 0.5)).ravel())[:3]:
    row, column = divmod(int(place), 28)
    up, down = seven.copy(), seven.copy()
    up[row, column] += 0.001
    down[row, column] -= 0.001
    change = activations.saliency(first, up, 7).score - activations.saliency(first, down, 7).score
    print(f"row {row}, column {column}: nudged {change / 0.002:.1f}, gradient {result.gradient[row, column, 0]:.1f}")

# %% [markdown]
# The same. (If a pair differs, a ReLU or a max pooling switched over between the two nudges.) Now all pixels at once,
# for both networks.

# %%
slopes = {name: activations.saliency(model, seven, 7).heat for name, model in (("first", first), ("second", second))}
slopes = {name: heat / heat.sum() for name, heat in slopes.items()}  # each pixel's share of all saliency
corner = {name: heat[:6, :6].sum() for name, heat in slopes.items()}
plot.images(
    {f"{name}: {share:.0%} in the corner": slopes[name] for name, share in corner.items()},
    vmax=float(max(heat.max() for heat in slopes.values())),
    row_height=3.0,
    width=7,
    alt="Saliency of the marked 7 for both networks. Of all saliency, the corner of 6 × 6 pixels with the mark holds "
    + ", ".join(f"{share:.0%} in the {name} network" for name, share in corner.items())
    + ". Both maps are speckled.",
)

# %% [markdown]
# The corner of 6 × 6 is 5 % of the picture. The second network's saliency has more than its share there (11 % on the
# stand-in digits, 19 % on MNIST; the first network 2 % and 6 %). If you know about the mark you see it at once. If you
# did not, would you pick it out of the other eight or nine tenths? They are speckle. A slope says what a *tiny* change
# would do. Occlusion made a large one, and that was the question.
#
# ## Weigh the maps: Grad-CAM
#
# The third way asks neither tiles nor pixels but the last maps. They know *what* was found and still know *where*. What
# is missing is how much each map matters to the class, and that is a gradient again. **Grad-CAM** (Ramprasaath
# Selvaraju and others, 2016) takes three steps:
#
# 1. The slope of the class's score with respect to every number of every map.
# 2. The **weight** of a map: the mean of its slopes.
# 3. At each place add weight · map, and set what is negative to zero.
#
# Two maps of 2 × 2 by hand. Map A is 1 0 / 2 0 and its slopes are all 0.5. Map B is 0 3 / 1 0, its slopes are all −0.2.
# Weights: 0.5 and −0.2. Bottom left: 0.5 · 2 − 0.2 · 1 = 0.8.
#
# **Predict.** The other three places, before and after step 3.

# %% tags=["nbval-check-output"]
maps_ab = np.array([[[1, 0], [0, 3]], [[2, 1], [0, 0]]])  # (h, w, C): A and B side by side in the last axis
slopes_ab = np.array([0.5, -0.2]) * np.ones((2, 2, 2))
weights = slopes_ab.mean(axis=(0, 1))
votes = (maps_ab * weights).sum(axis=-1)
print("votes:", votes.round(1).tolist())
print("heat: ", np.maximum(votes, 0).round(1).tolist())

# %% [markdown]
# The top right corner speaks *against* the class: map B found something there that the class should not have. Step 3
# leaves it out: the question was what speaks *for* it.
#
# ### Exercise: a weight by hand
#
# The slopes of a map are 0.1, 0.9 / −0.6, 0.4. What is its Grad-CAM weight?

# %% tags=["exercise-cam_weight"]
weight = ...

# %% tags=["nbval-check-output"]
check.cam_weight(weight)

# %% [markdown]
# ### Exercise: Grad-CAM
#
# Write `heat_map(maps, gradients)`; both have shape (h, w, C), and it returns (h, w).


# %% tags=["exercise-cam"]
def heat_map(maps, gradients):
    return ...  # (h, w)


# %%
check.cam(heat_map)

# %% [markdown]
# In our network you can know the slopes without any calculus. Behind `conv3` come only a mean over 7 × 7 = 49 places
# and the Dense layer. Raise one number of map $k$ by 1: its mean rises by 1/49, and the score of class $c$ by
# $w_{kc}/49$. The same at every place. And as nothing else happens behind the maps, the votes of all places and the
# bias must add up to the score exactly: the map *is* the decision, cut into places.

# %% tags=["nbval-check-output"]
result = activations.grad_cam(first, seven, class_index=7, layer="conv3")
kernel, bias = first.get_layer("classes").get_weights()
print("maps and slopes:", result.maps.shape, result.gradients.shape)
print("slopes are the Dense weights / 49:", np.allclose(result.gradients, kernel[:, 7] / 49, atol=1e-6))
print("votes + bias are the score:", np.isclose(result.votes.sum() + bias[7], result.score, atol=1e-3))

# %% [markdown]
# Bolei Zhou and others had noticed this for networks with a global average in 2015, and called it a class activation
# map, CAM. Grad-CAM is the same idea for any network.
#
# Watch it on the network whose weights were written. It knows edges and nothing else, so you can tell whether the heat
# is right.

# %%
cam_quiz = explore.GradCamExplorer(predict=True)
cam_quiz

# %% [markdown]
# Try, each with a guess first:
#
# 1. Picture `china`, class `horizontal edges`. The tower stands on the left and goes from top to bottom; on the right
#    there is sky above, and water and bushes below. Which quarter has most of the heat, and which hardly any?
# 2. Picture `coins`, class `horizontal edges`, then `vertical edges`: where on a coin will the orange sit?
# 3. Set the layer to `edges`, one step earlier. For horizontal and vertical edges the votes add up to two thirds or
#    three quarters of what they were, and no longer to the score. Why? (A max pooling lies in between: only the winners
#    have a slope.)
#
# ## Two digits, one picture
#
# Grad-CAM can tell *classes* apart in one picture, which a saliency map hardly can. The network takes pictures of any
# size, so put two digits side by side. It was trained on single digits only.
#
# **Predict.** Ask for the class of the left digit. Where is the heat?

# %%
left, right = x_test[of_each[3]], x_test[of_each[6]]
both = np.concatenate([left, right], axis=1)  # 28 × 56: a 3 and a 6
heats = {digit: activations.grad_cam(first, both, digit, "conv3").heat for digit in (3, 6)}
share = {digit: heat[:, :28].sum() / max(heat.sum(), 1e-9) for digit, heat in heats.items()}
plot.images(
    {"a 3 and a 6": both, **{f"for {digit}: {share[digit]:.0%} on the left": heats[digit] for digit in heats}},
    vmax={f"for {digit}: {share[digit]:.0%} on the left": float(max(map(np.max, heats.values()))) for digit in heats},
    row_height=2.0,
    alt="A 3 and a 6 side by side, and two heat maps. Asked for 3, "
    f"{share[3]:.0%} of the heat lies on the left, asked for 6, {share[6]:.0%}.",
)

# %% [markdown]
# One pair proves little. Fifty pairs, asked for both digits:

# %%
own_side = []
for _pair in range(50):
    i, j = rng.choice(len(x_test), 2, replace=False)
    pair = np.concatenate([x_test[i], x_test[j]], axis=1)
    for digit, columns in ((test.labels[i], np.s_[:28]), (test.labels[j], np.s_[28:])):
        if test.labels[i] != test.labels[j]:
            heat = activations.grad_cam(first, pair, int(digit), "conv3").heat
            own_side.append(heat[:, columns].sum() / max(heat.sum(), 1e-9))
print(f"heat on the digit's own side: {np.mean(own_side):.0%} on average")
print(f"more than half of it: {np.mean(np.array(own_side) > 0.5):.0%} of {len(own_side)} maps")

# %% [markdown]
# Three quarters or so of the heat lies on the digit's own side (69 % on MNIST), and in more than nine of ten maps more
# than half of it. The network was never told where a digit is. It learnt from one label a picture, and the place comes
# for free. The rest lies on the wrong side: part of a 3 looks like part of an 8, and a map that says so votes for both.
#
# ## The second network, once more
#
# And the mark? Grad-CAM on the marked 7, and one digit that is no 7 but has the mark.

# %%
other = with_mark(x_test[[of_each[3]]])[0]
suspects = explore.GradCamExplorer(
    second, np.stack([seven, other]), titles=["a marked 7", "a marked 3"], class_names=list("0123456789")
)
suspects.set(class_name="7", layer="conv3")
suspects

# %% [markdown]
# Look closely. About a third of the heat is in the top left quarter, part of it where the 7 has no stroke, and as much
# or more at the bottom right, where there is no mark. The maps of `conv3` are 7 × 7, each value has seen 20 × 20
# pixels. Grad-CAM alone would have given you a suspicion and no verdict. Now choose `a marked 3` and look at the
# answers, for class 3 and for class 7.
#
# Three ways, three characters:
#
# | | asks | costs | strong in | weak in |
# |---|---|---|---|---|
# | occlusion | what if this part were gone? | a run a tile | it is an experiment | one tile at a time |
# | saliency | what if a pixel moved a little? | one gradient | fine detail | speckle; tiny changes |
# | Grad-CAM | which places hold the evidence? | one gradient | tells classes apart | as coarse as the layer |
#
# ## Any model
#
# All this works on any Sequential or functional Keras model with one picture going in. One kind needs care: a model
# *within* a model, as when a new head is put on a pretrained base. The usual recipe builds a second model that ends in
# the layer. Here it fails:

# %% tags=["nbval-check-output"]
inputs = keras.Input((28, 28, 1))
base = keras.Model(inputs, keras.layers.Conv2D(4, 3, name="inner")(inputs), name="base")
outer = keras.Input((28, 28, 1))
nested = keras.Model(outer, keras.layers.Dense(2, "softmax")(keras.layers.GlobalMaxPooling2D()(base(outer))))
try:
    keras.Model(nested.input, base.get_layer("inner").output)(x_test[:1])
except (ValueError, KeyError):  # newer versions of Keras refuse to build it, older ones to run it
    print("no way leads from the outer input to the inner layer's output")
print(activations.map_layers(nested))

# %% [markdown]
# The inner layer's `output` belongs to the graph in which `base` was written, not to that in which it was used.
# `activations` walks through both and calls the layer `base/inner`.

# %% tags=["nbval-check-output"]
picture = x_test[0]
print(activations.feature_maps(nested, picture, "base/inner").shape)
print(activations.grad_cam(nested, picture, layer="base/inner").votes.shape)
print(activations.top_patches(nested, x_test, "base/inner", 0, count=1)[0].pixels.shape)

# %% [markdown]
# ## Photographs
#
# What do units choose that have seen photographs? The course ships a small network that tells the ten classes of
# CIFAR-10 apart: six convolutions in three blocks, right on 78 of 100 new pictures. It chooses from 48 pieces of four
# photos, shrunk to 64 × 64. Here are nine clear units.


# %%
def pieces(name, size=227):
    photo = datasets.photo(name)
    tops = np.linspace(0, photo.shape[0] - size, 3).astype(int)
    lefts = np.linspace(0, photo.shape[1] - size, 4).astype(int)
    return [photo[top : top + size, left : left + size] for top in tops for left in lefts]


crops = np.stack([crop for name in ("chelsea", "china", "coffee", "flower") for crop in pieces(name)])
small = np.stack([resize(crop, (64, 64), anti_aliasing=True) for crop in crops])  # (48, 64, 64, 3), floats 0 to 1

# %%
photo_net, photo_strips = transfer.photo_backbone(), {}
for layer, units in {"block1_conv1": (14, 8, 16), "block2_conv2": (4, 11, 16), "block3_conv2": (15, 12, 16)}.items():
    for unit, patches in activations.top_patches(photo_net, small, layer, units, count=6).items():
        strip = np.concatenate([np.pad(p.pixels, ((1, 1), (1, 1), (0, 0))) for p in patches], axis=1)
        photo_strips[f"{layer}, unit {unit}: {patches[0].window[2]} pixels"] = strip

# %%
plot.images(
    photo_strips,
    columns=3,
    row_height=0.95,
    alt="Strips of six patches, three units of three depths, each chosen from 48 pieces of four photos. block1_conv1: "
    "plain red; light left of dark; light above dark. block2_conv2: curved rims and the cat's eye; light petals before "
    "dark ground and the eye; the eye, six times. block3_conv2: petals; the tower; the eye, six times.",
)

# %% [markdown]
# What is black lies beyond the picture. In the first block units chose a red, and edges between light and dark; in the
# second, curved rims, and light before dark; in the third, petals (four of six), the tower (five) and the cat's eye
# (six). Edges, shapes, parts: here it shows. But one of four photos has a face: whether unit 16 is "about eyes", six
# pictures cannot say.
#
# With SqueezeNet's weights in the folder that `CNNLAB_DATA` names, the next cells ask a network that learned from a
# million photographs.

# %%
folder = datasets.data_folder()
weights = folder / "weights" / "squeezenet_imagenet_notop.h5" if folder else None
squeezenet = None
if weights is not None and weights.is_file():
    from cnnlab import zoo

    squeezenet = zoo.build("squeezenet", include_top=False, weights=weights)
print("SqueezeNet, trained on ImageNet" if squeezenet else "no SqueezeNet weights here: its choices are left out")

# %%
mean = np.array([103.939, 116.779, 123.68])  # of ImageNet: blue, green, red
prepared = crops[..., ::-1] - mean  # (48, 227, 227, 3), blue first, as SqueezeNet takes them
large_strips = {}
for layer in ("conv1", "fire3_concat", "fire5_concat", "fire9_concat") if squeezenet else ():
    for unit, patches in activations.top_patches(squeezenet, prepared, layer, (1, 20, 40), count=6).items():
        colours = [np.clip((p.pixels + mean)[..., ::-1], 0, 255) for p in patches]
        strip = np.concatenate([np.pad(c, ((1, 1), (1, 1), (0, 0))) for c in colours], axis=1)
        large_strips[f"{layer}, unit {unit}: {patches[0].window[2]} pixels"] = strip.astype(np.uint8)

# %%
plot.images(
    large_strips,
    columns=3,
    row_height=0.95,
    alt="Strips of six patches, three units of four depths of SqueezeNet, each chosen from 48 pieces of four photos.",
) if large_strips else None

# %% [markdown]
# With them you see the same order: red and edges in `conv1`; the stripes of roof tiles in `fire3`, six of six; parallel
# curves of petals and tiles in `fire5`; the cat's face in `fire9`, six times.
#
# ## What such pictures do not tell you
#
# - **They do not tell you what the network would do elsewhere.** Each is about one picture. The experiment with the
#   mark was about all of them.
# - **They please the eye too easily.** Julius Adebayo and others replaced trained weights by random ones in 2018. Some
#   popular kinds of map hardly changed: they showed the picture's edges, and not what the network had learnt.
# - **"Covered with black" is a picture too.** On a white background a black tile is a square that no training picture
#   had. Try another `fill`, and trust what stays.

# %% [markdown]
# ## Summary
#
# - A value of a feature map saw a window of the picture: first pixel = offset + stride · index, and `size` pixels on.
# - The pictures that excite a unit most suggest what it is about. An untrained network is the control, and it agrees
#   with itself more than you would think.
# - Occlusion covers and compares. Saliency is the gradient of the score at the picture. Grad-CAM weighs each map by its
#   mean gradient, adds, and keeps what is positive; before a global average its votes add up to the score.
# - Take the score before the softmax: a sure network's probability has hardly any slope.
# - Two networks with one accuracy: one of them knew a mark and not the digit. Looking inside raised the suspicion, and
#   an experiment settled it.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **feature map**: what one filter answers to a picture: one number for each place. A layer with 48 filters gives 48
#   maps.
# - **strongest patches**: the parts of pictures on which a unit answered most, each as large as what the unit saw. They
#   suggest what it is about and prove nothing.
# - **heat map**: a grid with a number for each place of a picture, drawn in colours: how much that place counts for an
#   answer.
# - **occlusion map**: by how much a class's score falls when one tile of the picture after another is covered.
# - **saliency map**: for each pixel, the magnitude of the gradient of a class's score with respect to that pixel. It is
#   about tiny changes.
# - **class activation map (CAM)**: the sum of the last maps, weighted by a class's weights in the Dense layer behind a
#   global average. It cuts the class's score into places.
# - **Grad-CAM**: the sum of a layer's maps, each weighted by the mean gradient of the class's score over that map; what
#   is negative is set to 0.
# - **control**: the same measurement without the thing in question, such as an untrained network. Only the difference
#   is due to that thing.
# - **Clever Hans predictor**: a model that is right for a reason that has nothing to do with the task, such as a mark
#   that goes with one class in all the data.
# - **intervention**: an experiment that changes one thing in the input and keeps all else. It decides what a heat map
#   can only suggest.
# - **nested model**: a model used as a layer of another one. Its layers' outputs belong to a graph of their own.

# %% [markdown]
# **Further reading**
#
# - Matthew Zeiler and Rob Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014: strongest patches
#   layer by layer, and occlusion.
# - Karen Simonyan, Andrea Vedaldi and Andrew Zisserman, *Deep Inside Convolutional Networks*, ICLR workshop 2014
#   (arXiv:1312.6034): saliency.
# - Bolei Zhou and others, *Learning Deep Features for Discriminative Localization*, CVPR 2016, and Ramprasaath
#   Selvaraju and others, *Grad-CAM*, ICCV 2017 (arXiv:1610.02391).
# - Julius Adebayo and others, *Sanity Checks for Saliency Maps*, NeurIPS 2018 (arXiv:1810.03292).
# - Sebastian Lapuschkin and others, *Unmasking Clever Hans Predictors*, Nature Communications 10, 2019: the horse and
#   the watermark. John Zech and others, *Variable Generalization Performance*, PLOS Medicine 15, 2018: the hospital.
#
# **Where next.** Lesson 09, augmentation: more from few pictures, and one remedy against marks in corners.

# %% [markdown] tags=["navigation"]
# [← 07 · Going deeper](07_going_deeper.ipynb) ·
# [All lessons](index.ipynb) ·
# [09 · Data augmentation →](09_data_augmentation.ipynb)

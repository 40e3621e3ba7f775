# %% [markdown]
# # 02 · Padding and stride
#
# <!-- navigation -->
# [← 01 · Convolution by hand](01_convolution_by_hand.ipynb) ·
# [All lessons](index.ipynb) ·
# [03 · Pooling →](03_pooling.ipynb)
#
# A 3 × 3 kernel turns a 6 × 6 picture into a 4 × 4 one. Where did the border go, what can you do about it, and how
# large will the output of any convolution be?
#
# **By the end you can**
#
# - work out the output's height and width for any kernel, padding, stride and dilation, and check the answer with
#   Keras;
# - say how many windows use each pixel of a picture, and find the pixels that none uses;
# - choose a padding and a stride that keep a size or reach one;
# - write padding, stride and dilation yourself in NumPy;
# - explain how weights moved from one framework to another can run without any error and still give wrong numbers.
#
# **Time:** about 45 minutes of reading and trying; the cells themselves run in under 20 seconds on a laptop. **You
# need:** lesson 01.

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

from cnnlab import conv, datasets, explore, kernels, plot, shapes
from cnnlab.checks import lesson02 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" changes nothing in this lesson
SEED = 0

# %% [markdown]
# ## Why the picture shrinks
#
# Lay a window of 3 on a row of 6 pixels, numbered 0 to 5. Starting at pixel 0 it covers 0, 1, 2. Starting at pixel 3 it
# covers 3, 4, 5. It cannot start at pixel 4: it would need a pixel 6. So it starts at 0, 1, 2 or 3. Four places, four
# outputs.
#
# **Predict.** A window of 3 on a row of 8: how many places? And a window of 5 on a row of 8?

# %% tags=["nbval-check-output"]
for n, f in [(6, 3), (8, 3), (8, 5)]:
    starts = list(range(n - f + 1))
    print(f"{n} pixels, window of {f}: starts {starts}, so {len(starts)} outputs")

# %% [markdown]
# The last start is $n - f$, and counting from 0 that makes $n - f + 1$ starts, for $n$ pixels and a kernel of size $f$.
# A picture has two axes, and each follows the rule on its own. A 6 × 6 picture gives 4 × 4 outputs. A 6 × 9 picture
# gives 4 × 7.

# %% tags=["nbval-check-output"]
kernel = np.ones((3, 3), int)
for shape in [(6, 6), (6, 9)]:
    image = np.arange(shape[0] * shape[1]).reshape(shape)
    print(image.shape, "->", conv.conv2d(image, kernel).shape)

# %% [markdown]
# An output belongs to the pixel in the middle of its window. So what is lost is a border: ⌊f/2⌋ pixels on each side for
# an odd kernel. The brackets ⌊ ⌋ mean *round down*, and `//` does that in Python.
#
# A kernel of 4 loses 3 pixels, and 3 cannot be shared equally. Its window has no middle pixel either. That is why
# kernels are nearly always odd.
#
# **Predict.** A picture of 28 pixels a side. What do kernels of 3, 5 and 7 leave of it? And what do *ten* layers of
# 3 × 3 kernels leave, one after the other?

# %% tags=["nbval-check-output"]
for f in (3, 5, 7):
    print(f"f = {f}: 28 -> {shapes.output_size(28, f)}, lost on each side: {f // 2}")
size = 28
for _layer in range(10):
    size = shapes.output_size(size, 3)
print(f"after ten layers: {size} x {size}")

# %% [markdown]
# ## The edge counts less
#
# Shrinking is the loss you notice. There is another that you do not. Take the 6 × 6 picture and ask of every pixel:
# *how many of the 16 windows use you?*
#
# The corner pixel lies in one window only, the first. A pixel in the middle lies in nine: it can be the top left pixel
# of a window, the top middle, the top right, and so on. To count for all pixels, let every window add 1 to what it
# covers.
#
# **Predict.** How many windows use the corner, row 0 column 0? The edge, row 0 column 3? The middle, row 3 column 3?

# %% tags=["nbval-check-output"]
counts = np.zeros((6, 6), int)
for top in range(4):
    for left in range(4):
        counts[top : top + 3, left : left + 3] += 1
print(counts)

# %% [markdown]
# Corner 1, edge 3, middle 9. A detail in the corner has one chance to be noticed where a detail in the middle has nine.
#
# Look at the first row: 1 2 3 3 2 1. Every row is a multiple of it, and every column is too. Along *one* axis the
# windows use the pixels 1, 2, 3, 3, 2, 1 times, and the two axes multiply: 1 · 1 in the corner, 3 · 3 in the middle. So
# it is enough to count along one axis.


# %% tags=["nbval-check-output"]
def uses(n, f, s=1, p=0):
    """How many windows use each of n pixels in a row; s is the stride, p the padding on each side."""
    counts = np.zeros(n + 2 * p, int)
    for start in range(0, n + 2 * p - f + 1, s):
        counts[start : start + f] += 1
    return counts[p : p + n]


print(uses(6, 3))
print("multiplied, the same map:", np.array_equal(np.outer(uses(6, 3), uses(6, 3)), counts))

# %% [markdown]
# Layers multiply the unfairness. Put three layers on top of each other and count the *paths* from a pixel to the last
# layer's outputs. Going backwards, each layer hands every number back to the three pixels below its window. On 13
# pixels three layers of size 3 leave 7 outputs, so start from seven ones.
#
# **Predict.** In a 13 × 13 picture, how many paths lead from a corner pixel to the end? And from the middle pixel? One
# layer gave 1 and 9.

# %% tags=["nbval-check-output"]
paths = np.ones(7, int)  # one for each output of the last layer
for _layer in range(3):
    paths = np.convolve(paths, [1, 1, 1])  # each layer back: 7 -> 9 -> 11 -> 13 pixels
print(paths)
print("corner:", paths[0] ** 2, "  middle:", paths[6] ** 2)

# %% [markdown]
# One path against 729. In a network without padding, what lies in the corner has next to no say.
#
# ## Padding
#
# The remedy is to add pixels around the picture before the kernel slides over it. One ring of zeros makes 8 × 8 of
# 6 × 6.
#
# **Predict.** What size is the output of a 3 × 3 kernel then?

# %% tags=["nbval-check-output"]
image = np.arange(36).reshape(6, 6)
padded = np.zeros((8, 8), int)
padded[1:7, 1:7] = image  # row 0 of the image is row 1 of the padded one
print(padded.shape, "->", conv.conv2d(padded, kernel).shape)
print("the same as padding=1:", np.array_equal(conv.conv2d(padded, kernel), conv.conv2d(image, kernel, padding=1)))

# %% [markdown]
# The size is kept: n = 6, f = 3, p = 1 gives 6. With $p$ pixels on *each* side the row has $n + 2p$ pixels, so there
# are $n + 2p - f + 1$ outputs. To get $n$ of them, $2p$ must make up for $f - 1$:
#
# $$p = \frac{f - 1}{2}$$
#
# That is 1 for a kernel of 3, 2 for 5, 3 for 7. This keeps the size **while windows move one pixel at a time**.
# Remember the condition; it comes back.
#
# What does padding do to the usage map?
#
# **Predict.** With p = 1 on the 6 × 6 picture, how many windows use the corner pixel? And with p = 2?

# %% tags=["nbval-check-output"]
for p in (0, 1, 2):
    print(f"p = {p}: along one axis {uses(6, 3, p=p)}, corner {uses(6, 3, p=p)[0] ** 2}, output {6 + 2 * p - 3 + 1}")

# %%
maps = {f"p = {p}: output {4 + 2 * p} × {4 + 2 * p}": np.outer(uses(6, 3, p=p), uses(6, 3, p=p)) for p in (0, 1, 2)}
plot.grids(
    maps,
    alt="Three 6 × 6 maps of how many 3 × 3 windows use each pixel. Without padding: corner 1, edge 3, middle 9. "
    "With one ring of zeros: corner 4, edge 6, middle 9. With two rings: 9 everywhere, and the output grows to 8 × 8.",
    height=3.4,
)

# %% [markdown]
# One ring lifts the corner from 1 to 4. Two rings, p = f − 1, treat every pixel alike, but then the output is larger
# than the picture. Nearly every network settles for the ring that keeps the size.
#
# It is not a free gift. Of the nine numbers in the first window only four come from the picture. The other five were
# made up.
#
# ## What to put into the frame
#
# Zeros are the usual choice, and not the only one. Take the row 5 1 4 and add two pixels on each side:
#
# - **zeros**: 0 0 **5 1 4** 0 0
# - **edge**: the border pixel again, 5 5 **5 1 4** 4 4
# - **reflect**: a mirror standing on the border pixel, which is not repeated, 4 1 **5 1 4** 1 5
#
# **Predict.** Two pixels on each side of 7 2 9 6 by reflection: which eight numbers?

# %% tags=["nbval-check-output"]
for mode in ("zeros", "edge", "reflect"):
    print(f"{mode:8}", conv.pad2d(np.array([[7, 2, 9, 6]]), ((0, 0), (2, 2)), mode=mode)[0])

# %% [markdown]
# The same three as a frame of 60 pixels around a photo:

# %%
photo = datasets.photo("chelsea")
framed = {mode: conv.pad2d(photo, 60, mode=mode) for mode in ("zeros", "edge", "reflect")}
plot.images(
    framed,
    alt=f"{datasets.photo_description('chelsea')} Three times with a frame of 60 pixels: black for zeros; streaks that "
    "repeat the border pixels for edge; the picture mirrored for reflect.",
    width=7.2,
    row_height=1.8,
)

# %% [markdown]
# A kernel cannot tell a frame from a photo. Black next to a bright sky looks to it like an edge, and edges are what
# many kernels look for. The kernel `sobel_horizontal` of lesson 01 answers where it is lighter above than below or the
# reverse. The photo `china` has a bright, even sky along its upper border: inside the sky the answers are about 3.
#
# **Predict.** How strong is the mean answer in the top row of the output, with zeros around the photo? (The sky's
# pixels are about 230, and the kernel's lower row is −1 −2 −1.)

# %%
sky = datasets.photo("china")[..., 1].astype(int)  # the green channel is enough here
edges = {}
for mode in ("zeros", "edge", "reflect"):
    edges[mode] = abs(conv.conv2d(conv.pad2d(sky, 1, mode=mode), kernels.kernel("sobel_horizontal")))
    above, sky_rows = edges[mode][0].mean(), edges[mode][1:6].mean()
    print(f"{mode:8} mean answer in row 0: {above:3.0f}   in rows 1 to 5: {sky_rows:.0f}")

# %%
plot.lines(
    {mode: (np.arange(427), edges[mode].mean(axis=1)) for mode in ("zeros", "reflect")},
    xlabel="row of the output",
    ylabel="mean strength of edges",
    alt="Mean strength of horizontal edges for each of the 427 rows. With zeros it is 917 in row 0 and about 250 in "
    "the last row. Between them, and with reflection everywhere, it stays below 200, even at the roofs.",
)

# %% [markdown]
# About 4 · 230 = 920. The strongest edge of the whole picture is one that nobody photographed: the padding drew it, and
# another one below. No row of the photo itself reaches 200.
#
# Networks use zeros nevertheless. Zeros cost nothing, and during training the kernels get used to them. They even learn
# from them where the border is. But when you filter a picture yourself, as in lesson 01, choose `reflect` or `edge`.
# Keras' layers know zeros only; `keras.ops.pad(x, pads, mode="reflect")` before the layer does the rest.
#
# ## Stride
#
# A window need not stop at every pixel. With **stride** 2 it starts at 0, 2, 4, … On a row of 7 a window of 3 may start
# at 0, 2 or 4, and at 4 it covers 4, 5, 6: the end. Three outputs: n = 7, f = 3, s = 2 gives 3.
#
# **Predict.** A row of 7, a window of 3, stride 3. How many outputs?

# %% tags=["nbval-check-output"]
for s in (1, 2, 3):
    starts = list(range(0, 7 - 3 + 1, s))
    print(f"stride {s}: starts {starts}, so {len(starts)} outputs")

# %% [markdown]
# The first window can move $n - f$ pixels until it touches the end. Steps of $s$ go $\lfloor (n - f)/s \rfloor$ times
# into that, and the window at the beginning comes on top. Stride 3 on 7 pixels: ⌊4 / 3⌋ + 1 = 2.
#
# Stride changes *where* windows are, not what they compute. Stride 2 gives every second number of stride 1, and does a
# quarter of the work for it.

# %% tags=["nbval-check-output"]
every = conv.conv2d(image, kernel, padding=1)
second = conv.conv2d(image, kernel, padding=1, strides=2)
print(every.shape, second.shape)
print("every second row and column:", np.array_equal(second, every[::2, ::2]))

# %% [markdown]
# ## Rounding down: what is dropped
#
# On 8 pixels, a window of 3 with stride 2 can move 5 pixels. That is two and a half steps. There is no half step. The
# starts are 0, 2 and 4, the last window covers 4, 5, 6, and pixel 7 is never looked at.
#
# **Predict.** Count for these 8 pixels: how many windows use each of them? Write down eight numbers.

# %% tags=["nbval-check-output"]
print(uses(8, 3, s=2))

# %% [markdown]
# The 0 at the end is meant literally. Put any numbers you like into the last column and the last row of an 8 × 8
# picture: the output does not change.

# %% tags=["nbval-check-output"]
picture = np.arange(64).reshape(8, 8)
vandalised = picture.copy()
vandalised[:, 7] = vandalised[7, :] = 1000
before, after = (conv.conv2d(x, kernel, strides=2) for x in (picture, vandalised))
print("15 of 64 pixels changed; output changed:", not np.array_equal(before, after))

# %% [markdown]
# Rounding up instead would invent a window that hangs over the border. No framework does that in a convolution.
#
# ### Exercise: the usage map
#
# Write `usage_map(height, width, f, s=1)`. It returns an array of shape (height, width) that says how many f × f
# windows with stride s use each pixel, without padding. You have seen all its parts. Then run the cell after it, which
# tells you what is right or what went wrong. If you are stuck, `check.usage_map.hint()` gives a nudge,
# `check.usage_map.hint(2)` a stronger one, and `check.usage_map.solution()` an answer.


# %% tags=["exercise-usage_map"]
def usage_map(height, width, f, s=1):
    return ...


# %%
check.usage_map(usage_map)

# %% [markdown]
# ## The formula, for height and for width
#
# Padding and stride together, along any axis:
#
# $$\text{outputs} = \left\lfloor \frac{n + 2p - f}{s} \right\rfloor + 1$$
#
# Read it aloud: *the padded length, less one window, is the room to move; count the whole steps in it; add the window
# at the start.*
#
# Here is a small network by hand. A picture of 39 × 39 with 3 channels goes through three layers. The number of filters
# is the number of channels that come out; a filter is as deep as its input, which lesson 04 takes up.
#
# | layer | filters | f | s | room | outputs |
# |---|---|---|---|---|---|
# | 1 | 10 | 3 | 1 | 39 − 3 = 36 | 36 / 1 + 1 = **37** |
# | 2 | 20 | 5 | 2 | 37 − 5 = 32 | 32 / 2 + 1 = **17** |
# | 3 | 40 | 5 | 2 | 17 − 5 = 12 | 12 / 2 + 1 = **?** |
#
# **Predict.** How large is the last output, and how many numbers does it hold in all its 40 channels?

# %% tags=["nbval-check-output"]
size = 39
for filters, f, s in [(10, 3, 1), (20, 5, 2), (40, 5, 2)]:
    size = shapes.output_size(size, f, strides=s)
    print(f"{filters} filters, f = {f}, s = {s}: {size} x {size} x {filters} = {size * size * filters:,} values")

# %% [markdown]
# Keras has to agree. This network has never seen a picture, but its shapes are fixed already.

# %% tags=["nbval-check-output"]
network = keras.Sequential(
    [
        keras.Input((39, 39, 3)),
        keras.layers.Conv2D(10, 3),
        keras.layers.Conv2D(20, 5, strides=2),
        keras.layers.Conv2D(40, 5, strides=2),
    ]
)
for layer in network.layers:
    print(layer.output.shape)

# %% [markdown]
# `None` stands for the number of pictures, which is not fixed.
#
# ### Exercise: one layer by hand
#
# A picture is 101 pixels high and 135 wide. An 11 × 11 kernel moves over it with stride 3, and 1 pixel of zeros is
# added on each side. What is the output's size? Pencil and paper first. Put `(height, width)` in place of the dots.

# %% tags=["exercise-by_hand"]
size = ...  # (height, width)

# %%
check.by_hand(size)

# %% [markdown]
# ## Try it: the shape explorer
#
# The explorer below shows the padded picture, the first window in orange, the last one in dashed green, and a black
# corner wherever a window starts. The number in a pixel says how many windows use it. What no window reaches is crossed
# out. Below stands the formula with the numbers put in, and what a real Keras layer answers.
#
# It asks you first. Work out height and width from the formula, type them into *my guess* and press Enter. Each new
# question hides the answer again. Leave `dilation_rate` at 1 for now: the next section explains it.

# %%
shape_quiz = explore.ShapeExplorer(height=6, width=9, kernel_size=3, strides=2, predict=True)
shape_quiz

# %% [markdown]
# Three things to try, each with a guess first:
#
# 1. Set `strides` to 3. Is anything dropped now? (The height leaves 3 pixels of room, the width 6.)
# 2. Set `strides` back to 2 and `height` to 2. The formula gives ⌊−1 / 2⌋ + 1 = 0 for the height. What does that mean?
# 3. Set `height` back to 6 and type `1,0,1,1` into `pads`: a row of zeros above, none below, a column left and right.
#    Row 5 was dropped at the start. Is it still?
#
# ## Dilation: a kernel with gaps
#
# A kernel can also be pulled apart. With **dilation** 2 the three taps of a kernel fall on pixels 0, 2, 4: one pixel is
# left out between neighbours. It still has three weights, and it spans five pixels.
#
# Between $f$ taps lie $f - 1$ gaps of $d$ pixels, so the kernel spans $d(f - 1) + 1$ pixels. For d = 1 that is $f$.
#
# **Predict.** A row of 9 pixels, f = 3, d = 2, stride 1, no padding. How many outputs? Which pixels does the last one
# use?

# %% tags=["nbval-check-output"]
row, d = np.arange(9), 2
span = d * (3 - 1) + 1  # 5 pixels from the first tap to the last
for start in range(len(row) - span + 1):
    print(f"output {start} uses pixels {row[start : start + span : d]}")

# %% [markdown]
# Put the span in the place of $f$ and the formula is complete, for any axis of any convolution:
#
# $$\left\lfloor \frac{n + 2p - d(f - 1) - 1}{s} \right\rfloor + 1$$
#
# What is it good for? A 3 × 3 kernel with d = 2 sees a 5 × 5 region with 9 weights in place of 25. Networks that have
# to label every pixel use it to see far without shrinking the picture.
#
# Keras calls it `dilation_rate`. It refuses a stride and a dilation above 1 in the same layer:

# %% tags=["nbval-check-output"]
print("dilation 2:", keras.layers.Conv2D(1, 3, dilation_rate=2).compute_output_shape((1, 9, 12, 1)))
try:
    keras.layers.Conv2D(1, 3, strides=2, dilation_rate=2)
except ValueError:
    print("strides 2 and dilation 2: ValueError")

# %% [markdown]
# Nothing in the arithmetic forbids it, and `conv.conv2d` does both.
#
# ### Exercise: the whole formula
#
# Write `my_output_size(n, f, s=1, p=0, d=1)` for one axis. Where the kernel just does not fit, the formula gives 0: let
# your function give 0 too.


# %% tags=["exercise-output_size"]
def my_output_size(n, f, s=1, p=0, d=1):
    return ...


# %%
check.output_size(my_output_size)

# %% [markdown]
# ### Exercise: keep the size
#
# At stride 1, how many pixels must be added so that the output is as long as the input? Write
# `padding_to_keep(f, d=1)`. It returns `(before, after)`. If the number in all is odd, the extra pixel goes after, as
# in Keras.


# %% tags=["exercise-padding_to_keep"]
def padding_to_keep(f, d=1):
    return ...  # (before, after)


# %%
check.padding_to_keep(padding_to_keep)

# %% [markdown]
# ## All of it in NumPy
#
# Here is the whole operation: pad, find the size, lay the window down, multiply, add. Dilation appears twice: in
# `spans`, and as the step in `window`. So does the stride: in the size, and in `top, left`.


# %%
def convolve(image, kernel, s=1, pads=((0, 0), (0, 0)), d=1):
    padded = np.pad(image, pads)  # ((top, bottom), (left, right))
    spans = [d * (f - 1) + 1 for f in kernel.shape]
    height, width = ((n - span) // s + 1 for n, span in zip(padded.shape, spans, strict=True))
    out = np.zeros((height, width), padded.dtype)
    for i in range(height):
        for j in range(width):
            top, left = i * s, j * s
            window = padded[top : top + spans[0] : d, left : left + spans[1] : d]
            out[i, j] = (window * kernel).sum()
    return out


# %% [markdown]
# Now the same in Keras, on a picture that is higher than wide, with uneven padding. `keras.ops.conv` is what the layer
# `Conv2D` calls. It wants a batch of pictures and channels, so `None` adds axes of length 1. The numbers are whole, and
# the two must agree exactly.

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(SEED)
image, kernel = rng.integers(-9, 10, (11, 8)), rng.integers(-3, 4, (3, 3))
pads = ((1, 0), (2, 1))
batch = np.pad(image, pads)[None, ..., None].astype("float32")  # (1, 12, 11, 1)
weights = kernel[..., None, None].astype("float32")  # (3, 3, 1, 1)
for s, d in [(1, 1), (2, 1), (3, 1), (1, 2)]:
    ours = convolve(image, kernel, s, pads, d)
    theirs = keras.ops.convert_to_numpy(keras.ops.conv(batch, weights, strides=s, dilation_rate=d))[0, ..., 0]
    print(f"stride {s}, dilation {d}: {ours.shape}, equal to Keras: {np.array_equal(ours, theirs)}")

# %% [markdown]
# ## What `same` really does
#
# You will seldom type a number of pixels. Keras' layers take two words: `padding="valid"`, which adds nothing, and
# `padding="same"`. A sentence that stands in many notes says:
#
# > *`same` adds (f − 1)/2 pixels on each side.*
#
# Test it. A kernel of 3 at stride 1 on 6 pixels: 1 and 1. True. A kernel of 4: one and a half. That cannot be. And with
# a stride?
#
# **Predict.** n = 224, f = 3, s = 2: a photo as most networks see it, and a first layer as many have it. How many
# pixels does Keras add before, and how many after?

# %% tags=["nbval-check-output"]
for n, f, s in [(6, 3, 1), (6, 4, 1), (224, 3, 2), (225, 3, 2)]:
    print(f"n = {n}, f = {f}, s = {s}: the sentence says {(f - 1) / 2:g}, Keras adds", shapes.same_padding(n, f, s))

# %% [markdown]
# 0 before and 1 after. Where do these come from? Turn the formula round. If the last of $m$ windows shall end exactly
# at the border, then $(m - 1)s + f = n + 2p$, so
#
# $$p = \frac{(m - 1)s - n + f}{2}$$
#
# To keep the size, m = n, and $p = ((n - 1)s - n + f)/2$. At stride 1 this is (f − 1)/2, the sentence above. At stride
# 2 it asks for absurd amounts:

# %% tags=["nbval-check-output"]
print("keep 224 at stride 1:", shapes.padding_for_size(224, 3), "on each side")
print("keep 224 at stride 2:", shapes.padding_for_size(224, 3, strides=2), "on each side")
print("get 112 at stride 2: ", shapes.padding_for_size(224, 3, strides=2, target=112), "on each side")

# %% [markdown]
# So with a stride, `same` does not keep the size. **Keras' rule**: make $m = \lceil n/s \rceil$ outputs, rounded *up*,
# and add as little as that takes. For 224 and stride 2 that is m = 112 and half a pixel a side: one pixel in all. An
# odd pixel goes **after**: below, or to the right.
#
# In PyTorch and in Darknet a convolution with a stride pads the same on both sides. PyTorch writes `padding=1`: one
# before, one after. The output has ⌊(224 + 2 − 3) / 2⌋ + 1 = 112 pixels as well. Same kernel, same size. Is it the same
# output?
#
# Do it on six pixels, 1 2 3 4 5 6, with kernel 1 1 1 and stride 2. Keras adds 0 and 1, the other way adds 1 and 1.
#
# **Predict.** Three sums for each. Write down all six before you run the cell.

# %% tags=["nbval-check-output"]
row, ones = np.array([[1, 2, 3, 4, 5, 6]]), np.ones((1, 3), int)
print("Keras, 0 and 1:    ", convolve(row, ones, s=2, pads=((0, 0), (0, 1)))[0, :3])
print("symmetric, 1 and 1:", convolve(row, ones, s=2, pads=((0, 0), (1, 1)))[0, :3])

# %%
padded, panels = np.array([0, 1, 2, 3, 4, 5, 6, 0]), {}
for title, first in {"Keras, 0 and 1: sums 6, 12, 11": 1, "symmetric, 1 and 1: sums 3, 9, 15": 0}.items():
    panels[title] = np.full((4, 8), np.nan)
    panels[title][0, first:] = padded[first:]  # Keras has no zero before
    for i in range(3):
        window = slice(first + 2 * i, first + 2 * i + 3)
        panels[title][i + 1, window] = padded[window]
plot.grids(
    panels,
    alt="Above, the padded row; below it the three windows, each under its pixels. Keras: 1 2 3, then 3 4 5, then "
    "5 6 0. Symmetric: 0 1 2, then 2 3 4, then 4 5 6; no window holds the zero after the 6.",
    height=2.8,
)

# %% [markdown]
# No sum is equal. Row 0 of each grid is the padded row, and the windows stand below their pixels: Keras' are centred on
# the numbers 2, 4 and 6, the symmetric ones on 1, 3 and 5. The zero that the symmetric way added after the 6 is in no
# window: rounding down drops it.
#
# Now with 224 pixels. The cell takes a 224 × 224 piece of the photo and gives Keras the Sobel kernel as weights. The
# symmetric way puts `ZeroPadding2D(1)` in front and asks for `valid`.
#
# **Predict.** Both outputs are 112 × 112. What share of their numbers is equal: nearly all, half, or hardly any?

# %%
piece = sky[100:324, 200:424, None].astype("float32")[None]  # (1, 224, 224, 1)
sobel = kernels.kernel("sobel_vertical")[..., None, None].astype("float32")  # (3, 3, 1, 1)
as_keras = keras.ops.convert_to_numpy(keras.ops.conv(piece, sobel, strides=2, padding="same"))[0, ..., 0]
framed = keras.layers.ZeroPadding2D(1)(piece)
as_torch = keras.ops.convert_to_numpy(keras.ops.conv(framed, sobel, strides=2, padding="valid"))[0, ..., 0]
print(as_keras.shape, as_torch.shape)
print(f"equal numbers: {(as_keras == as_torch).mean():.0%}")

# %%
plot.images(
    {"Keras' same: 0 and 1": as_keras, "symmetric: 1 and 1": as_torch, "difference": as_keras - as_torch},
    signed=("Keras' same: 0 and 1", "symmetric: 1 and 1", "difference"),
    vmax=500,  # one scale for all three
    alt="Vertical edges of a tower, computed with the two paddings, and their difference. The two look alike at first "
    "sight; the difference is about as strong as the pictures themselves. Keras' zeros draw a line at the right "
    "border, the symmetric ones at the left.",
)

# %% [markdown]
# Hardly any. To the eye both are good edge pictures. To the next layer, whose weights were learned on one of them, the
# other is shifted by a pixel, and every layer with stride 2 adds a shift of its own.
#
# So this is what goes wrong when weights are moved between frameworks: sizes agree, nothing raises an error, and the
# answers are worse for no visible reason. The remedy is the line above: **pad in pixels with `ZeroPadding2D`, then use
# `valid`.**
#
# ### Exercise: Keras' rule
#
# Write `same_pads(n, f, s=1)`, which returns `(before, after)` for one axis as Keras does it. The sentence "(f − 1)/2
# on each side" is the first wrong answer that the check knows.


# %% tags=["exercise-same_pads"]
def same_pads(n, f, s=1):
    return ...  # (before, after)


# %%
check.same_pads(same_pads)

# %% [markdown]
# ### Exercise: design a layer
#
# A picture of 30 × 30 shall become 10 × 10 with a 5 × 5 kernel. Find the stride and the padding (the same on every
# side) such that nothing is dropped and no window lies on padding alone.

# %% tags=["exercise-design"]
strides_and_padding = ...  # (strides, padding on each side)

# %%
check.design(strides_and_padding)

# %% [markdown]
# ## Everything in one picture
#
# The explorer again, without the quiz, on a layer with uneven padding.

# %%
shape_explorer = explore.ShapeExplorer(height=6, width=7, kernel_size=3, strides=2, padding="same")
shape_explorer

# %% [markdown]
# Try:
#
# 1. `same` adds a row below but none above, while the columns get one on each side. Why? (6 is even, 7 is odd.) Now set
#    `padding` to `explicit`: the `1` in `pads` is symmetric padding. The output keeps its size. Look where the black
#    corners go, and what is crossed out.
# 2. Set `padding` back to `same` and `kernel_size` to 2. Now `same` adds nothing at all to one axis. Which one, and
#    why?
# 3. Set `padding` to `valid`, `strides` to 1, `kernel_size` to 3, `height` and `width` to 7, and `dilation_rate` to 3.
#    The nine taps just fit. Most of the picture is used by no window.
#
# ## Summary
#
# - Along each axis: ⌊(n + 2p − d(f − 1) − 1) / s⌋ + 1. Room to move, whole steps, plus one.
# - At stride 1 and without padding a corner pixel is used by one window and a middle pixel by f · f; each further layer
#   makes the gap wider. Padding by (f − 1)/2 keeps the size and lifts the corner, for f = 3 from 1 of 9 to 4 of 9.
# - What you pad with is seen by the kernel. Zeros draw an edge around the picture; `reflect` and `edge` do not.
# - The formula rounds down. What does not fill a whole window is dropped without a message.
# - Keras' `same` makes ⌈n / s⌉ outputs and puts an odd pixel below or to the right. Symmetric padding has the same size
#   and other numbers: pad in pixels when you move weights.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **padding**: pixels added around the picture before the windows move, most often zeros. What stands there is seen by
#   the kernel.
# - **stride**: how many pixels a window moves at a time. With s > 1 the output has about 1/s as many rows and columns.
# - **dilation**: gaps between a kernel's taps: with rate d, f taps reach over d(f − 1) + 1 pixels.
# - **output formula**: ⌊(n + 2p − d(f − 1) − 1) / s⌋ + 1 for n pixels, padding p, f taps, dilation d and stride s: the
#   room to move in whole steps, plus one.
# - **floor ⌊ ⌋, ceiling ⌈ ⌉**: rounding down and rounding up to a whole number.
# - **same (padding)**: Keras' rule for ⌈n / s⌉ outputs from n pixels at stride s. An odd pixel is put below or to the
#   right.
# - **reflect, edge**: padding with the mirrored picture, or with its border pixel again, in place of zeros.
# - **usage map**: for each pixel, the number of windows that cover it: small at the borders, 0 for pixels that are
#   dropped.

# %% [markdown]
# **Further reading**
#
# - Vincent Dumoulin and Francesco Visin, *A guide to convolution arithmetic for deep learning*, 2016
#   (arXiv:1603.07285): every case of this lesson as a drawing.
# - Fisher Yu and Vladlen Koltun, *Multi-Scale Context Aggregation by Dilated Convolutions*, ICLR 2016.
# - Md Amirul Islam, Sen Jia and Neil Bruce, *How Much Position Information Do Convolutional Neural Networks Encode?*,
#   ICLR 2020: zero padding tells a network where it is.
# - Bilal Alsallakh and others, *Mind the Pad: CNNs Can Develop Blind Spots*, ICLR 2021: what dropped rows and uneven
#   padding do to a detector.
#
# **Where next.** Lesson 03, pooling: windows and strides as here, with no weights at all.

# %% [markdown] tags=["navigation"]
# [← 01 · Convolution by hand](01_convolution_by_hand.ipynb) ·
# [All lessons](index.ipynb) ·
# [03 · Pooling →](03_pooling.ipynb)

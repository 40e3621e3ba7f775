# %% [markdown]
# # 03 · Pooling
#
# <!-- navigation -->
# [← 02 · Padding and stride](02_padding_and_stride.ipynb) ·
# [All lessons](index.ipynb) ·
# [04 · Channels, layers and parameters →](04_channels_layers_parameters.ipynb)
#
# A convolution answers, for every pixel, "is the pattern *here*?" Often "somewhere *around* here" would do, with a
# quarter of the numbers. How do you shrink a feature map and keep what it found? And what does that cost?
#
# **By the end you can**
#
# - pool a small array by hand: maximum, average, minimum, global;
# - write pooling with loops and predict the size of its output, with windows side by side or overlapping;
# - say how many numbers a pooling layer learns, and which pixels its gradient reaches;
# - say from your own measurement what a shift of one pixel does with and without pooling;
# - choose between max, average, global pooling and a convolution with a stride, and say why.
#
# **Time:** about 45 minutes of reading and trying; the cells themselves run in under 20 seconds on a laptop.
# **You need:** lessons 01 (sliding a window) and 02 (stride and padding).

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
from PIL import Image

from cnnlab import conv, datasets, explore, plot, pooling, shapes
from cnnlab.checks import lesson03 as check

# %% tags=["parameters"]
PROFILE = "quick"  # changes nothing in this lesson: it trains no network
SEED = 0

# %% [markdown]
# ## 1 · Four numbers become one
#
# Here is a feature map of 4 × 4 numbers, and the lines cut it into four windows of 2 × 2:
#
# $$\begin{array}{cc|cc} 1 & 3 & 2 & 4 \\ 5 & 7 & 0 & 2 \\ \hline 8 & 0 & 1 & 1 \\ 4 & 0 & 6 & 0 \end{array}$$
#
# **Max pooling** keeps the largest number of each window. Top left: of 1, 3, 5, 7 the largest is **7**.
#
# **Average pooling** keeps the mean. Top left: (1 + 3 + 5 + 7) / 4 = 16 / 4 = **4**.
#
# **Min pooling** keeps the smallest. Top left: **1**.
#
# Nothing is multiplied and no kernel is needed: the window only looks.
#
# **Predict.** Write down the other three maxima, then the other three averages, before you run the cells.

# %% tags=["nbval-check-output"]
x = np.array([[1, 3, 2, 4], [5, 7, 0, 2], [8, 0, 1, 1], [4, 0, 6, 0]])
print("top left window:    ", x[0:2, 0:2].tolist(), "-> max", x[0:2, 0:2].max())
print("top right window:   ", x[0:2, 2:4].tolist(), "-> max", x[0:2, 2:4].max())
print("bottom left window: ", x[2:4, 0:2].tolist(), "-> max", x[2:4, 0:2].max())
print("bottom right window:", x[2:4, 2:4].tolist(), "-> max", x[2:4, 2:4].max())

# %%
by_hand = {"input": x, "max": [[7, 4], [8, 6]], "average": [[4, 2], [3, 2]], "min": [[1, 0], [0, 0]]}
plot.grids(
    by_hand,
    vmax=8,
    alt="A 4 by 4 input and its three 2 by 2 poolings. Max: 7 4, 8 6. Average: 4 2, 3 2. Min: 1 0, 0 0.",
    height=2.8,
)

# %% [markdown]
# Sixteen numbers went in, four came out. Look at the maxima: the 8 says that something strong was in the bottom left
# window. It no longer says *where* in that window. That loss is the point of pooling, and its price.
#
# Your turn, with pencil and paper first. An exercise is two cells: you replace the `...` in the first and run both.
# If you are stuck, `check.max_by_hand.hint()` gives a nudge, `check.max_by_hand.hint(2)` a bigger one, and
# `check.max_by_hand.solution()` the answer.

# %% tags=["exercise-max_by_hand"]
# 2 9 | 4 3
# 3 0 | 6 5
# ----+----
# 7 1 | 0 8
# 2 6 | 3 1
maxima = ...  # pool_size 2: rows of numbers, as in [[1, 2], [3, 4]]

# %% tags=["nbval-check-output"]
check.max_by_hand(maxima)

# %% [markdown]
# The same numbers, this time averaged:

# %% tags=["exercise-average_by_hand"]
# 2 9 | 4 3
# 3 0 | 6 5
# ----+----
# 7 1 | 0 8
# 2 6 | 3 1
averages = ...  # average pooling, pool_size 2

# %% tags=["nbval-check-output"]
check.average_by_hand(averages)

# %% [markdown]
# ## 2 · Pooling in ten lines
#
# Two settings describe the window. `pool_size` is its side, `strides` how far it moves. In the example it moved by
# its own size, so that the windows lay side by side. That is the **default in Keras and in PyTorch: stride = pool
# size**.
#
# The loops are those of lesson 01. Only the innermost line differs: where a convolution multiplied and added,
# pooling asks for `np.max`, `np.mean` or `np.min`.


# %%
def pool_loops(image, pool_size, strides=None, op=np.max):
    strides = pool_size if strides is None else strides
    rows = (image.shape[0] - pool_size) // strides + 1
    columns = (image.shape[1] - pool_size) // strides + 1
    out = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            top, left = i * strides, j * strides
            out[i, j] = op(image[top : top + pool_size, left : left + pool_size])
    return out


# %% [markdown]
# **Predict.** What is the shape of `pool_loops(x, 2, strides=1)`, when the window moves by one pixel over the 4 × 4
# input? And which number will appear most often in it?

# %% tags=["nbval-check-output"]
print("stride 2, the default:")
print(pool_loops(x, 2).astype(int))
print("stride 1:")
print(pool_loops(x, 2, strides=1).astype(int))

# %% [markdown]
# With stride 1 the windows overlap, and one large number wins several of them: the 7 appears three times.
#
# The library's version is `pooling.pool2d`. It does the same on whole batches, and fast.

# %% tags=["nbval-check-output"]
for op, function in (("max", np.max), ("average", np.mean), ("min", np.min)):
    library = pooling.pool2d(x, 2, op=op)
    same = np.array_equal(library, pool_loops(x, 2, op=function))
    print(op, library.tolist(), "- equal to our loops:", same)

# %% [markdown]
# Now play with it, and predict first: the explorer hides the output until you have typed a guess. The blue frame
# is the window; once you have answered, a black ring marks the pixel that won.
#
# Try these three:
#
# 1. Leave everything as it is, guess, press Enter. Move *output column* by one: by how many pixels does the window
#    jump?
# 2. Set *op* to `average`. The ring is gone. Why does no pixel win?
# 3. Set *pool_size* to 4. Two rows and two columns turn faint. What happened to them?

# %%
explorer = explore.PoolingExplorer(predict=True)
explorer

# %% [markdown]
# 1. By two pixels: the stride is the pool size unless you say otherwise.
# 2. In an average every pixel has the same say.
# 3. A second window of 4 does not fit into the remaining 2 pixels, so these pixels are never looked at. This is the
#    floor of lesson 02 again.
#
# Now write it yourself, for an image with channels. **Each channel is pooled by itself**: a 2 × 2 window on a red,
# green and blue picture gives three numbers, not one.


# %% tags=["exercise-max_pool"]
def max_pool(image, pool_size, strides):
    # image has shape (H, W, C); the answer has shape (OH, OW, C)
    return ...


# %% tags=["nbval-check-output"]
check.max_pool(max_pool)

# %% [markdown]
# Keras has a layer for max pooling and one for average pooling, and none for min pooling. It needs none. Can you see
# why? Pool the *minimum* with nothing but max pooling and arithmetic:

# %% tags=["exercise-min_pool"]
from cnnlab import pooling


def min_pool(image, pool_size):
    # use pooling.pool2d(..., pool_size), which pools the maximum, and arithmetic
    return ...


# %% tags=["nbval-check-output"]
check.min_pool(min_pool)

# %% [markdown]
# ## 3 · How large is the output?
#
# You know the formula from lesson 02. Pooling has no kernel, so the pool size takes the kernel's place:
#
# $$\left\lfloor \frac{n - \text{pool size}}{\text{stride}} \right\rfloor + 1$$
#
# A 4 × 4 map with window 2 and stride 2: ⌊(4 − 2) / 2⌋ + 1 = 2. And the channels? Ten in, ten out.
#
# **Predict.** An array of 4 × 4 × 10 is pooled with size 2 and stride 2. How many numbers are left of the 160?

# %% tags=["nbval-check-output"]
ten_channels = np.arange(160).reshape(4, 4, 10)
pooled = pooling.pool2d(ten_channels, 2)
print(ten_channels.shape, "->", pooled.shape)
print(ten_channels.size, "numbers ->", pooled.size)

# %% [markdown]
# A quarter: half the height, half the width, and the same depth. Pooling shrinks space and leaves channels alone.
#
# If the stride is *smaller* than the window, windows **overlap**. AlexNet, the network that won the ImageNet contest
# of 2012, pooled with size 3 and stride 2. Its three pooling layers receive maps of 55, 27 and 13 pixels; the
# convolutions between them are padded and keep the size.
#
# **Predict.** The first map has 55 pixels a side: ⌊(55 − 3) / 2⌋ + 1 = 26 + 1 = 27. What do the second and third
# pooling layers give? And would plain pooling, size 2 and stride 2, give smaller maps?

# %% tags=["nbval-check-output"]
for pool_size in (3, 2):
    sizes = [55]
    for _ in range(3):
        sizes.append(shapes.output_size(sizes[-1], pool_size, strides=2))
    print(f"size {pool_size}, stride 2:", " -> ".join(map(str, sizes)))

# %% [markdown]
# Overlapping pooling takes 55 → 27 → 13 → 6, and so does plain pooling. What changes is how much is looked at. 55 =
# 27 · 2 + 1, so plain pooling drops the last row and column; a window of 3 reaches them. Krizhevsky, Sutskever and
# Hinton report that overlapping lowered AlexNet's top-1 error by 0.4 percentage points. It is a small gain, and most
# later networks use 2/2, or 3/2 once near the input.

# %% tags=["exercise-overlapping_sizes"]
# a feature map 64 pixels wide, pooled three times with pool_size 3 and strides 2
sizes = ...  # the three widths, as in (30, 20, 10)

# %% tags=["nbval-check-output"]
check.overlapping_sizes(sizes)

# %% [markdown]
# ## 4 · The same in Keras, and what it learns
#
# The layers are `MaxPooling2D`, `AveragePooling2D` and the two `Global…Pooling2D`. They want a batch:
# (images, height, width, channels).

# %% tags=["nbval-check-output"]
batch = x[None, :, :, None].astype("float32")  # (1, 4, 4, 1): one image, one channel
largest = keras.ops.convert_to_numpy(layers.MaxPooling2D(pool_size=2)(batch))
average = keras.ops.convert_to_numpy(layers.AveragePooling2D(pool_size=2)(batch))
print("MaxPooling2D:    ", largest[0, :, :, 0].tolist())
print("AveragePooling2D:", average[0, :, :, 0].tolist())
print("equal to ours:   ", np.array_equal(largest[0, :, :, 0], pooling.pool2d(x, 2)))

# %% [markdown]
# **Global pooling** takes the whole map as one window: one number a channel. Our sixteen numbers add up to 44.
#
# **Predict.** What does `GlobalAveragePooling2D` give? And what is the output's shape if there are ten channels?

# %% tags=["nbval-check-output"]
mean = keras.ops.convert_to_numpy(layers.GlobalAveragePooling2D()(batch))
ten = layers.GlobalAveragePooling2D()(ten_channels[None].astype("float32"))
print("one channel: ", mean.tolist(), "- ours:", float(pooling.global_pool(x)))
print("ten channels:", tuple(ten.shape))

# %% [markdown]
# 44 / 16 = 2.75. Height and width are gone; what is left is one number a channel, whatever the size of the picture
# was.
#
# **Predict.** How many numbers does gradient descent have to learn in each of these three layers?

# %% tags=["nbval-check-output"]
for layer in (layers.MaxPooling2D(3, strides=2), layers.AveragePooling2D(2), layers.GlobalAveragePooling2D()):
    layer.build((None, 55, 55, 96))
    print(type(layer).__name__, "parameters:", layer.count_params())

# %% [markdown]
# **Pooling has no parameters.** Its settings are yours, and there is nothing left to adjust in "take the largest".

# %% tags=["exercise-pool_layer"]
# MaxPooling2D(pool_size=3, strides=2) receives 55 × 55 × 96 values
counts = ...  # (how many numbers the layer learns, how many values it puts out)

# %% tags=["nbval-check-output"]
check.pool_layer(counts)

# %% [markdown]
# ### Does padding count?
#
# With `padding="same"` a window may hang over the edge. Take a 3 × 3 picture full of 4s, pool size 2, stride 2. The
# output is ⌈3 / 2⌉ = 2 on each side, and the pixel of padding goes to the right and below (lesson 02).
#
# **Predict.** The bottom right window holds one 4 and three places of padding. If padding counted as zeros, the
# average would be 4 / 4 = 1. What does Keras say?

# %% tags=["nbval-check-output"]
fours = np.full((1, 3, 3, 1), 4, dtype="float32")
with_keras = keras.ops.convert_to_numpy(layers.AveragePooling2D(2, padding="same")(fours))
zeros_counted = pooling.pool2d(np.pad(fours[0, :, :, 0], ((0, 1), (0, 1))), 2, op="average")
print("Keras:           ", with_keras[0, :, :, 0].tolist())
print("pool2d:          ", pooling.pool2d(fours[0, :, :, 0], 2, padding="same", op="average").tolist())
print("if zeros counted:", zeros_counted.tolist())

# %% [markdown]
# 4 everywhere: **the padding is left out of the count**, each window is divided by the pixels that are really there.
# A constant picture stays constant. Libraries differ here: PyTorch's `AvgPool2d` counts its zeros unless you say
# `count_include_pad=False`. For a maximum the question is the same and the answer too: padding never wins, not even
# against negative numbers.
#
# ## 5 · Half the size: resize or pool?
#
# There are several ways to halve a photo. Keep every second pixel. Resize it, as any image program does. Or pool it.
# How do they differ? This photo is 512 × 512 pixels, from 0 (black) to 255 (white).

# %% tags=["nbval-check-output"]
photo = datasets.gray(datasets.photo("camera"))
for op in ("max", "average", "min"):
    print(op, "pooling, mean brightness:", round(pooling.pool2d(photo, 2, op=op).mean()))
print("the photo, mean brightness:", round(photo.mean()))

# %% [markdown]
# Average pooling keeps the brightness, 129. Max pooling brightens, min pooling darkens. That had to be so: the
# largest of four is never below their mean.
#
# **Predict.** Pillow, Python's image library, can resize with a "box" filter. By how many grey levels does its
# half-size picture differ, at most, from average pooling with size 2?

# %% tags=["nbval-check-output"]
resized = np.asarray(Image.fromarray(photo).resize((256, 256), Image.Resampling.BOX)).astype(float)
difference = np.abs(resized - pooling.pool2d(photo, 2, op="average"))
print("at most", round(difference.max(), 1), "grey levels")

# %% [markdown]
# One level: Pillow rounds to whole numbers, first along the rows and then along the columns, and that is all.
# **Shrinking a picture by a half with a box filter *is* average pooling.** You have used pooling for years.
#
# Max pooling is another thing. At half size the eye hardly notices, so use larger windows of 8 × 8. The crop shows
# the legs of a tripod on a lawn. They are of metal: one side of a leg is in the light, the other in shadow.
#
# **Predict.** Which colour will the legs be after max pooling, and which after min pooling?

# %%
tripod = photo[256:512, 224:480]
shrunk = {"the photo": tripod, "every 8th pixel": tripod[::8, ::8]}
for op in ("max", "average", "min"):
    shrunk[f"{op}, size 8"] = pooling.pool2d(tripod, 8, op=op)
plot.images(
    shrunk,
    vmax=255,
    alt="The legs of a tripod on a lawn, five times. In the photo they are bright on one side and dark on the other. "
    "Every 8th pixel: broken up. Max pooling: thick and white. Average pooling: pale. Min pooling: thick and dark.",
    row_height=2.4,
)

# %% [markdown]
# One photo, three truths. Max pooling found bright legs, min pooling dark ones, and both made them thicker than they
# are: a single extreme pixel claims its whole 8 × 8 block. The average nearly lost them in the grass. Keeping every
# eighth pixel threw away 63 of 64 without looking at them, and the legs broke up.
#
# None of these is *the* right one. But a network usually sets the negative numbers of a feature map to 0 (a ReLU,
# lesson 04). Then the map is zero where the pattern is absent and large where it is present. There "largest" means
# "found, somewhere in this window", and that is why max pooling became the custom.
#
# ## 6 · Where the gradient goes
#
# Pooling learns nothing, but the layers *before* it do, and their gradient has to pass through. The question is
# always the same: if I change this pixel a little, how much does the output change?
#
# Take the window 1, 3, 5, 7. Raise the 5 by 0.01: the maximum stays 7, nothing happens. Raise the 7 by 0.01: the
# maximum follows. Raise any pixel by 0.01: the *average* rises by 0.0025.
#
# **Predict.** Nudge each of the 16 pixels of `x` in turn, and watch the sum of the four maxima. How many of the 16
# effects are not zero?


# %% tags=["nbval-check-output"]
def effect(row, column, op):
    nudged = x.astype(float)
    nudged[row, column] += 0.01
    change = pooling.pool2d(nudged, 2, op=op).sum() - pooling.pool2d(x, 2, op=op).sum()
    return round(change / 0.01, 2)


for op in ("max", "average"):
    print(op)
    print(np.array([[effect(row, column, op) for column in range(4)] for row in range(4)]))

# %% [markdown]
# **Max pooling routes the gradient to the winner; average pooling shares it out.** Twelve of the sixteen pixels hear
# nothing from a maximum. In the code below, each output passes on what it was sent, to one pixel:


# %%
def max_pool_backward(image, grad_output, pool_size, strides):
    grad = np.zeros(image.shape)
    for i, j in np.ndindex(grad_output.shape):
        top, left = i * strides, j * strides
        window = image[top : top + pool_size, left : left + pool_size]
        row, column = np.unravel_index(window.argmax(), window.shape)  # the first, if several are equal
        grad[top + row, left + column] += grad_output[i, j]  # +=: a pixel may win several windows
    return grad


# %% [markdown]
# **Predict.** The four outputs send back 10, 20, 30 and 40. Which pixels of `x` receive them?

# %% tags=["nbval-check-output"]
sent = np.array([[10, 20], [30, 40]])
ours = max_pool_backward(x, sent, 2, 2).astype(int)
print(x)
print(ours)
print("equal to pool2d_backward:", np.array_equal(ours, pooling.pool2d_backward(x, sent, 2)))

# %% [markdown]
# Two details sit in the comments of that code. **Overlap**: the winner of several windows adds up what it gets.
# **Ties**: if two pixels are equally large, somebody has to decide. TensorFlow gives everything to the first in
# reading order, and so does `pool2d_backward`.
#
# In the explorer, a third grid now shows the gradient when every output sends back 1. Try:
#
# 1. *strides* 1, *pool_size* 3: which pixel collects most, and from how many windows?
# 2. *op* `average` with the same settings: why do the middle pixels get more than those in the corners?
# 3. *strides* 3, *pool_size* 2: some rows are in no window. What do they get?

# %%
routing = explore.PoolingExplorer()
routing.set(gradient=True, row=1, column=1)
routing

# %% [markdown]
# 1. The 9 at row 3, column 4: it wins 6 of the 16 windows.
# 2. A corner pixel lies in one window, a middle pixel in nine, and each window gives its pixels 1/9.
# 3. Nothing at all. What no window sees can neither matter nor learn.

# %% tags=["exercise-where_it_goes"]
# pixels        gradient sent back by the four outputs
# 1 8 2                1 2
# 3 4 5                3 4
# 9 0 7         max pooling, pool_size 2, strides 1: windows overlap
gradient = ...  # what each of the nine pixels receives, three rows of three

# %% tags=["nbval-check-output"]
check.where_it_goes(gradient)

# %% [markdown]
# ## 7 · One pixel to the right
#
# You will read that max pooling makes a network *invariant to small shifts*: move the picture a little and the
# output stays the same. Is it true? Measure it.
#
# First a case by hand. One bright pixel on black, pooled 2/2, moves one pixel to the right. If it stood in the left
# column of its window, it is still in the same window, and the output does not change at all. If it stood in the
# right column, it enters the next window, and the output moves by a whole pixel, which is two pixels of the input.
#
# **Predict.** Of the 64 places on an 8 × 8 picture inside a black border, for how many is the output exactly the
# same?

# %% tags=["nbval-check-output"]
unchanged = 0
for row, column in np.ndindex(8, 8):
    before, after = np.zeros((10, 10)), np.zeros((10, 10))
    before[row, column] = after[row, column + 1] = 9
    unchanged += np.array_equal(pooling.pool2d(before, 2), pooling.pool2d(after, 2))
print(unchanged, "of 64")

# %% [markdown]
# Half. Here is a second case, from Zhang (2019): a signal of pairs, pooled 2/2. **Predict** both outputs.

# %% tags=["nbval-check-output"]
signal = np.array([[0, 0, 1, 1, 0, 0, 1, 1]])
moved = np.roll(signal, 1)
print(signal[0].tolist(), "->", pooling.pool2d(signal, (1, 2))[0].tolist())
print(moved[0].tolist(), "->", pooling.pool2d(moved, (1, 2))[0].tolist())

# %% [markdown]
# One step to the side, and a pattern of stripes has become a plain 1. So max pooling is **not** shift-invariant.
# What holds exactly is less: move the input by a whole *stride*, and the output moves by one pixel.

# %% tags=["nbval-check-output"]
pooled = pooling.pool2d(photo, 2)
pooled_moved = pooling.pool2d(photo[:, 2:], 2)  # the photo seen two pixels further right
print("shift by the stride, output shifts by one:", np.array_equal(pooled[:, 1:], pooled_moved))

# %% [markdown]
# Now a shift of one pixel, on real pictures: the photo, and 1,797 handwritten digits of 8 × 8 pixels with a black
# border. We cut two views out of each, one pixel apart, as if the camera had moved, and compare place by place. Two
# yardsticks, because they tell different stories:
#
# - the **share** of the outputs that changed at all (places that are black in both views are left out: a black
#   border never changes, and would flatter every method);
# - the **size** of the change: its mean, as a percentage of the mean output.


# %%
def two_views(images):  # (..., H, W, C): the second view shows everything one pixel further to the right
    return images[..., 1:-1, :].astype(float), images[..., :-2, :].astype(float)


digits = datasets.digits()
bordered = np.pad(digits.images, ((0, 0), (4, 4), (4, 4), (0, 0)))  # (1797, 16, 16, 1): no ink leaves the view
views = {"photo": two_views(photo[..., None]), "digits": two_views(bordered)}
print(digits.source)

# %%
ways = {
    "no pooling": lambda images: images,
    "every 2nd pixel": lambda images: images[..., ::2, ::2, :],
    "max 2/2": lambda images: pooling.pool2d(images, 2),
    "max 3/2": lambda images: pooling.pool2d(images, 3, strides=2),
    "average 2/2": lambda images: pooling.pool2d(images, 2, op="average"),
}

# %% [markdown]
# **Predict.** For random noise you can calculate the share. Two 2 × 2 windows one pixel apart share 2 of their 6
# pixels. The maximum stays the same only if the largest of all six is one of the shared two: a chance of 2/6. So
# 67% of the outputs change. For 3 × 3 windows, 6 of 12 pixels are shared: 50%. And without pooling, 100%. Will a
# photo, whose neighbours are alike, do better or worse?


# %% tags=["nbval-check-output"]
def compare(name, pool):
    here, there = (pool(view) for view in views[name])
    lit = (here > 0) | (there > 0)
    share, size = (here != there)[lit].mean(), np.abs(here - there).mean() / here.mean()
    return f"{share:4.0%} change, size {size:5.1%}"


for way, pool in ways.items():
    print(f"{way:16s} photo: {compare('photo', pool)}    digits: {compare('digits', pool)}")

# %% [markdown]
# Read the table slowly; it is less flattering than the textbooks.
#
# - **Photo.** Without pooling 76% of the values change, with max pooling 52%. So max pooling helps, and still
#   changes every second output. With average pooling *more* outputs change, 86%, but each by less: the size is
#   3.4%, the same as for max pooling, where there were 5.4%.
# - **Digits.** Thin strokes, and a shift of an eighth of a digit: nearly everything changes. Max pooling brings the
#   share from 95% to 72% and the size from 87% to 51%. Half of an output is still a lot. Part of that gain is
#   fatter ink: wide strokes overlap more.
# - **Every 2nd pixel** shrinks as much as 2/2 pooling and steadies nothing. What helps is *looking at the whole
#   window* before throwing pixels away.
# - **Overlapping** windows look at more pixels, share more of them, and so change less.
#
# So write *tolerance*, not invariance, and say how much. Zhang's remedy follows from the last two lines: overlap
# steadies, and averaging changes things smoothly. Take the maximum with stride 1, **blur**, and only then keep every
# second pixel.


# %% tags=["nbval-check-output"]
def blur_pool(images):
    dense = pooling.pool2d(images, 2, strides=1)
    weights = np.outer([1, 2, 1], [1, 2, 1]) / 16
    return conv.depthwise_conv2d(dense, weights, strides=2)  # every channel by itself


ways["max, blur, skip"] = blur_pool
for way in ("max 2/2", "max, blur, skip"):
    print(f"{way:16s} photo: {compare('photo', ways[way])}    digits: {compare('digits', ways[way])}")

# %% [markdown]
# Nearly every output changes now, but by less: 2.5% where plain max pooling had 3.4%, and 45% where it had 51%.
# Zhang (2019) put this into trained networks: their answers became steadier under shifts, and their accuracy on
# ImageNet rose as well.
#
# ### Does it help to recognise a digit?
#
# Steady outputs are a means. The end is a right answer. The simplest recogniser is the nearest neighbour: compare
# with 1,000 known digits and answer with the label of the most similar. The other 797 are asked twice: where they
# stand, and one pixel to the right.


# %%
def accuracy(pool, view):
    known = pool(views["digits"][0][:1000]).reshape(1000, -1)
    asked = pool(views["digits"][view][1000:]).reshape(797, -1)
    distances = (known**2).sum(axis=1) - 2 * asked @ known.T  # squared distance, less what all share
    return (digits.labels[:1000][distances.argmin(axis=1)] == digits.labels[1000:]).mean()


ways["global max"] = lambda images: pooling.global_pool(images, op="max")

# %% [markdown]
# The list has a new line: global max pooling, the largest number of the whole picture. No shift can change it as
# long as the ink stays in view. **Predict.** Will that invariance make it the best of the seven?

# %% tags=["nbval-check-output"]
print("correct            in place   one pixel right")
for way, pool in ways.items():
    print(f"{way:16s}  {accuracy(pool, 0):8.0%}  {accuracy(pool, 1):13.0%}")

# %% [markdown]
# Global max pooling is perfectly invariant: 11% before, 11% after. And it is useless, because ten digits guessed
# blindly give 10%. It says only that there is ink. **Invariance is paid for with information**, and you can have
# both only in part.
#
# On raw pixels of such small digits, pooling costs accuracy in place and rescues none after the shift. Do not
# conclude that it is worthless: a network pools *feature maps*, several times, and learns its filters around the
# pooling. But neither conclude from the word "invariant" that a network will not mind a shift. Lesson 09 shows the
# usual way: train on shifted pictures.
#
# These digits were pooled before you saw them, by the way. Their makers scanned 32 × 32 black and white pixels and
# counted the black ones in each 4 × 4 block, which is average pooling with size 4, times 16.
#
# ## 8 · "Max pooling is always better"
#
# This claim is in many notes. It depends. Two small cases decide it in opposite ways.
#
# **A rare strong signal.** One 9 among three 0s: the maximum reports 9, the average 2.25. If the question is "is it
# there?", the average has diluted the answer.
#
# **A steady level under noise.** Every pixel is 5 plus noise with a spread (standard deviation) of 1. The question
# is "how bright?" **Predict.** Will max pooling with size 2 answer 5?

# %% tags=["nbval-check-output"]
noisy = np.random.default_rng(SEED).normal(5, 1, size=(400, 400))
for op in ("max", "average"):
    pooled = pooling.pool2d(noisy, 2, op=op)
    print(f"{op:8s} level {pooled.mean():.1f}, spread {pooled.std():.1f}")

# %% [markdown]
# The average is right and halves the spread. The maximum is one whole level too high: of four noisy numbers it
# always reports the luckiest.
#
# Then there are pictures that max pooling cannot see at all. Find one:

# %% tags=["exercise-invisible_to_max"]
# 4 × 4 numbers from 0 (black) to 9 (white): a drawing that max pooling (pool_size 2) turns into an empty
# page, four equal numbers, while average pooling still tells that something was drawn
picture = ...

# %% tags=["nbval-check-output"]
check.invisible_to_max(picture)

# %% [markdown]
# ### What replaced it
#
# **Global average pooling instead of fully connected layers.** Suppose the last feature maps are 7 × 7 × 512 and
# there are 1,000 classes. The old way flattens the maps, 7 · 7 · 512 = 25,088 numbers, and connects each with each
# class. The new way (Lin, Chen and Yan, 2013) first averages every map to one number: 512 in all. A connection has a
# weight, and each class a bias.
#
# **Predict.** About how many times fewer parameters has the second?

# %% tags=["nbval-check-output"]
flattened = shapes.dense_params(7 * 7 * 512, 1000)
averaged = shapes.dense_params(512, 1000)
print(f"flatten, then dense:        {flattened:,}")
print(f"global average, then dense: {averaged:,}")
print(f"ratio: {flattened / averaged:.0f}")

# %% [markdown]
# Nearly 7 · 7 = 49 times fewer, and the network takes pictures of any size, since an average needs no fixed number
# of pixels.
#
# **A convolution with stride 2 instead of pooling.** Average pooling is a convolution in disguise: all four
# weights are 1/4 and the stride is 2.

# %% tags=["nbval-check-output"]
quarter = np.full((2, 2), 1 / 4)
print("average pooling:", pooling.pool2d(x, 2, op="average").tolist())
print("convolution:    ", conv.conv2d(x, quarter, strides=2).tolist())
print("a learned 3 x 3, 64 to 64 channels:", f"{shapes.conv_params(3, 64, 64):,} parameters")

# %% [markdown]
# So why not *learn* the four weights? Then the network itself decides how to shrink (Springenberg and others, 2014,
# built one without any pooling), and many later networks do so in most places. The price is parameters: a 3 × 3
# convolution with stride 2, from 64 channels to 64, has 36,928 of them, where pooling has none. A maximum is not
# among the things it can learn: the maxima of [9, 0] and [0, 9] are 9 and 9, that of their sum [9, 9] is 9 again,
# and no weighted sum does that.
#
# | You want | Choose |
# |---|---|
# | "is the pattern somewhere here?", after a ReLU | max pooling |
# | a fair, steady summary; smaller pictures | average pooling |
# | one number a channel, before the last layer | global average pooling |
# | to let the network decide, and can pay for it | a convolution with stride 2 |
# | outputs that move smoothly with the picture | blur before you skip pixels |
#
# ## What you now know
#
# - Pooling slides a window over *each channel by itself* and keeps one number: the maximum, the average or the
#   minimum. 4 × 4 × 10 becomes 2 × 2 × 10.
# - The stride is the pool size unless you say otherwise; with a smaller stride windows overlap: 55 → 27 → 13 → 6
#   with 3/2.
# - It learns nothing: 0 parameters. A maximum sends its gradient to the winner, an average shares it, and whoever
#   wins twice adds up. In Keras padding is never counted.
# - On the photo, a shift of one pixel changed 76% of the values without pooling and 52% after max pooling: some
#   tolerance, no invariance. Global max pooling of digits was invariant, and knew nothing.
# - Max pooling is a good choice for "found or not", and not always the better one.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **pooling**: one number for each window of each channel, by a fixed rule, without weights.
# - **max pooling**: keeps the largest value of a window: is something strong anywhere in it?
# - **average pooling**: takes the mean of a window, in which every value counts the same.
# - **global pooling**: one number for each channel, from the whole picture: C channels give C
#   numbers.
# - **overlapping pooling**: windows that are larger than their stride, such as 3 by 3 with stride 2, so that neighbours
#   share pixels.
# - **winner**: the position of a window's maximum. The whole gradient goes to it, and none to the other values.
# - **invariance**: the output stays the same when the picture is shifted. Global max pooling has it, local pooling only
#   tolerates small shifts.
# - **blur pooling**: blurring before pixels are skipped, so that the output moves smoothly with the picture.

# %% [markdown]
# ## Further reading
#
# - R. Zhang, *Making Convolutional Networks Shift-Invariant Again*, 2019: what section 7 measures, on trained
#   networks.
# - A. Krizhevsky, I. Sutskever and G. Hinton, *ImageNet Classification with Deep Convolutional Neural Networks*,
#   2012: overlapping pooling, section 3.4.
# - M. Lin, Q. Chen and S. Yan, *Network In Network*, 2013: global average pooling.
# - J. T. Springenberg, A. Dosovitskiy, T. Brox and M. Riedmiller, *Striving for Simplicity: The All Convolutional
#   Net*, 2014.
# - D. Scherer, A. Müller and S. Behnke, *Evaluation of Pooling Operations in Convolutional Architectures for Object
#   Recognition*, 2010: max against average, measured.
#
# ## Where next
#
# In lesson 04 channels take the stage: a filter as deep as its input, many filters side by side, biases, ReLU, and
# the count of everything a layer learns.

# %% [markdown] tags=["navigation"]
# [← 02 · Padding and stride](02_padding_and_stride.ipynb) ·
# [All lessons](index.ipynb) ·
# [04 · Channels, layers and parameters →](04_channels_layers_parameters.ipynb)

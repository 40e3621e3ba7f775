# %% [markdown]
# # 04 · Channels, layers and parameters
#
# <!-- badge --> *Open in Colab: this copy of the course has no address yet.*
#
# So far a picture had one channel and a layer one kernel. A colour photo has three channels, and a real layer has
# dozens of filters. What exactly does such a layer calculate, how many numbers must it learn, and can you check one of
# its outputs by hand?
#
# **By the end you can**
#
# - work out any output value of a convolution layer, and write a whole layer in NumPy that equals Keras';
# - count the parameters and the multiplications of a layer, and find the errors in a published table;
# - say what 1×1, depthwise, separable, transposed, 1-D and 3-D convolutions do to a shape, and what they cost;
# - work out what one value deep in a network can see, and tell that from what it heeds;
# - carry a gradient back through a layer by hand and check it numerically;
# - explain why every framework turns a convolution into a matrix product.
#
# **Time:** about 100 minutes, the longest lesson of the course; after part 7 is a good place for a break. The cells
# themselves run in under 25 seconds on a laptop. **You need:** lessons 01 to 03.

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

from cnnlab import conv, datasets, explore, plot, pooling, shapes
from cnnlab.checks import lesson04 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" changes nothing in this lesson: it trains no network
SEED = 0

# %% [markdown]
# ## 1 · A picture is a volume
#
# A colour photo has three numbers a pixel: how much red, how much green, how much blue. As an array it has three axes,
# (height, width, channels); a photo of 400 × 600 pixels has shape (400, 600, 3). Think of a box, or **volume**: three
# sheets of numbers on top of each other.
#
# No single sheet can say "red". A red cup is bright on the red sheet, but so is a white one. Red is much red *and*
# little green *and* little blue: you need all three.
#
# ## 2 · A filter is as deep as its input
#
# That is why a filter has weights for every channel. In each channel it works as in lesson 01. Then it adds the results
# up: **one number**, whatever the depth. Here is one window of a picture with two channels, and one filter:
#
# | | channel 0 | channel 1 |
# |---|---|---|
# | window | 1 2 / 0 3 | 5 0 / 1 1 |
# | filter | 1 0 / −1 2 | 0 1 / 2 −1 |
# | products | 1 + 0 + 0 + 6 = **7** | 0 + 0 + 2 − 1 = **1** |
#
# The output is 7 + 1 = **8**. Eight products, one number.
#
# Now let the filter slide. A picture of 6 × 6 with 3 channels, a filter of 3 × 3, no padding.
#
# **Predict.** How deep must the filter be, and what is the shape of the output: 4 × 4, or 4 × 4 × 3?

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(SEED)
image = rng.integers(0, 10, (6, 6, 3))
one_filter = rng.integers(-2, 3, (3, 3, 3))
out = conv.conv2d(image, one_filter)
by_channel = [conv.conv2d(image[..., c], one_filter[..., c]) for c in range(3)]
print(image.shape, "with one filter", one_filter.shape, "->", out.shape[:2])
print("the sum of three flat convolutions:", np.array_equal(out.squeeze(), sum(by_channel)))

# %% [markdown]
# 6 × 6 × 3 with a filter of 3 × 3 × 3 gives 4 × 4. The filter moves down and to the right, but not through the depth:
# it already fills it. So the output is *flat*. (`conv2d` keeps an axis of length 1 for the channel.)
#
# What can a deep filter see that a flat one cannot? Colour. Give the red channel the weight 1 and the other two −½
# each, spread over 5 × 5 pixels. White has equal amounts of all three.
#
# **Predict.** What does this filter answer on white, (1, 1, 1)? And on pure red, (1, 0, 0)?

# %%
photo = datasets.photo("coffee")
redness = np.ones((5, 5, 1)) / 25 * np.array([1, -0.5, -0.5])  # (5, 5, 3)
answer = np.maximum(conv.conv2d(photo / 255, redness).squeeze(), 0)
sheets = {"red": photo[..., 0], "green": photo[..., 1], "blue": photo[..., 2]}
plot.images(
    {"the photo": photo, **sheets, "the filter's answer": answer},
    alt=f"{datasets.photo_description('coffee')} Beside it its three channels as grey pictures: the red saucer is "
    "bright in red and dark in green and blue, the white rim of the cup bright in all three. The filter answers "
    "brightly on all that is red or orange, and is black on the rim.",
    row_height=1.6,
)

# %% [markdown]
# On white 1 − ½ − ½ = 0. On pure red 1. Look at the rim of the cup: white, bright in all three channels, black in the
# answer. The red saucer shines. Three channels in, one filter, one channel out.
#
# ## 3 · Many filters, a bias, an activation
#
# One filter answers one question. A layer asks many at once: it has several filters of the same size, and every filter
# makes a sheet of its own. The sheets, stacked, are the **channels of the output**. All filters together are one array
# `kernel` of shape (height, width, **channels in**, **filters**).
#
# Each filter also has a **bias**, one number that is added to each of its outputs. It shifts the zero: with a bias of
# −5, only sums above 5 end above zero.
#
# Ten filters of 3 × 3 on a depth of 3: 3 · 3 · 3 = 27 weights a filter, 28 numbers with its bias. The number of filters
# has nothing to do with the 3 of the input. You choose it.
#
# Last comes the **activation**. The usual one is ReLU, the *rectified linear unit*: keep what is above zero, replace
# the rest by 0. Sums of −2, 0.5 and 3 become 0, 0.5 and 3. "The pattern is not here" and "its opposite is here" become
# the same answer, 0.
#
# Here is the whole layer. Read it slowly, it is the heart of this lesson: for each filter and each position, multiply
# the window with the filter *through the whole depth*, add everything up, add the bias; at the end ReLU.


# %%
def conv_layer(image, kernel, bias):
    kernel_height, kernel_width, depth, filters = kernel.shape
    height, width = image.shape[0] - kernel_height + 1, image.shape[1] - kernel_width + 1
    out = np.zeros((height, width, filters))
    for f in range(filters):
        for i in range(height):
            for j in range(width):
                window = image[i : i + kernel_height, j : j + kernel_width]  # as deep as the image
                out[i, j, f] = (window * kernel[..., f]).sum() + bias[f]
    return np.maximum(out, 0)  # ReLU


# %% [markdown]
# In Keras the same layer is one line. We give it our weights, and run both on the 6 × 6 × 3 picture. The numbers are
# whole, so they must agree exactly.
#
# **Predict.** Ten filters of 3 × 3. What shape has `kernel`? What shape comes out? How many parameters has the layer,
# biases included?

# %% tags=["nbval-check-output"]
kernel = rng.integers(-2, 3, (3, 3, 3, 10))
bias = rng.integers(-5, 6, 10)
layer = keras.layers.Conv2D(filters=10, kernel_size=3, activation="relu")
layer.build((None, 6, 6, 3))
layer.set_weights([kernel, bias])
theirs = keras.ops.convert_to_numpy(layer(image[None].astype("float32")))[0]
ours = conv_layer(image, kernel, bias)
print("kernel:", kernel.shape, " output:", ours.shape, " equal to Keras:", np.array_equal(ours, theirs))
print("parameters:", layer.count_params(), "=", kernel.size, "+", bias.size)

# %% [markdown]
# 4 × 4 × 10, and 28 · 10 = **280 parameters**. Ten lines of NumPy are a Keras layer; there is nothing else inside.
#
# ### Exercise: one value by hand
#
# One window, two channels, two filters, each with its bias; the activation is ReLU. Pencil and paper. An exercise is
# two cells: replace the `...` and run both. `check.one_value.hint()` gives a nudge, `hint(2)` a stronger one,
# `check.one_value.solution()` the answer.

# %% tags=["exercise-one_value"]
#              channel 0   channel 1   bias
# the patch      2  0        4  1
#                1  3        0  2
# filter A       1 -1       -2  3       1
#                2  0        1 -1
# filter B       0  1        1 -1      -2
#                1  1        0 -1
values = ...  # what the layer, with ReLU, puts out here: (number of filter A, number of filter B)

# %% tags=["nbval-check-output"]
check.one_value(values)

# %% [markdown]
# ## 4 · Channels last, channels first
#
# This course and Keras write (height, width, channels): channels **last**. PyTorch, Darknet and many papers write
# (channels, height, width): channels **first**. The numbers are the same, in another order. To go from one to the
# other, *move the axis*.
#
# A trap: `reshape` also produces the wanted shape. It only cuts the row of numbers into other pieces.
#
# **Predict.** Below, the photo goes to channels first twice, once with `moveaxis`, once with `reshape`. The first
# channel of each is drawn. Which one is the red channel, and what does the other look like?

# %%
small = photo[::4, ::4]  # every fourth pixel
moved = np.moveaxis(small, -1, 0)
reshaped = small.reshape(moved.shape)
print("moved:", moved.shape, " reshaped:", reshaped.shape)
plot.images(
    {"moveaxis, channel 0": moved[0], "reshape, channel 0": reshaped[0]},
    alt="Left, made with moveaxis: the red channel of the coffee photo. Right, made with reshape: the top third of the "
    "photo, stretched over the whole height and cut into stripes.",
    width=6.5,
    row_height=2.3,
)

# %% [markdown]
# `reshape` mixes red, green and blue of neighbouring pixels: no error, and nonsense. Kernels move too. Keras'
# (height, width, in, out) is PyTorch's (out, in, height, width): `kernel.transpose(3, 2, 0, 1)`. A Keras layer says
# which order it reads in `data_format`.
#
# ## 5 · Why so few parameters
#
# 280 numbers is very little. Compare it with a *dense* layer, in which every unit has a weight for every input number.
#
# **Predict.** A photo of 1000 × 1000 pixels with 3 channels, and a dense layer of 1,000 units. How many weights? At
# four bytes each, how many gigabytes?

# %% tags=["nbval-check-output"]
weights = shapes.dense_params(1000 * 1000 * 3, 1000, use_bias=False)
print(f"dense: {weights:,} weights, {4 * weights / 1e9:.0f} GB")
print(f"convolution, ten filters of 3 × 3 × 3: {shapes.conv_params(3, in_channels=3, filters=10)} parameters")

# %% [markdown]
# Three billion against 280. Both turn numbers into sums of weighted numbers. So what was left out? Write a convolution
# *as* a dense layer, and you see it: a signal of 8 numbers, the kernel 1, −2, 1, six outputs. One row of the matrix is
# one output, one column is one input.

# %%
signal, matrix = np.array([3, 1, 4, 1, 5, 9, 2, 6]), np.zeros((6, 8), int)
for i in range(6):
    matrix[i, i : i + 3] = [1, -2, 1]
picture = plot.grids(
    {"one row an output, one column an input": matrix},
    alt="A matrix of 6 rows and 8 columns. In every row stand the three numbers 1, -2, 1, one column further to the "
    "right than in the row above. All other 30 entries are 0.",
    width=4.6,
    height=3.6,
)
print("the same as conv1d:", np.array_equal(matrix @ signal, conv.conv1d(signal, [1, -2, 1])))
picture

# %% [markdown]
# Two things set it apart from a dense layer's matrix of 48 free numbers:
#
# - **Sparse connections.** An output looks at 3 inputs, its neighbours. The other 30 entries are 0. A pixel in the far
#   corner has no say in it.
# - **Shared parameters.** All rows hold the *same* three numbers. What is worth finding at one place is worth finding
#   everywhere, and it has to be learned only once.
#
# For our layer, 6 × 6 × 3 in and 4 × 4 × 10 out: dense it would have 108 · 160 = 17,280 weights; sparse, but each
# output with its own, 27 · 160 = 4,320; sparse and shared, 27 · 10 = 270.
#
# The matrix also shows why ReLU is needed. A matrix times a matrix is again a matrix. So two convolutions in a row,
# with nothing between them, are one convolution with a larger kernel, and depth would be an illusion. ReLU in between
# prevents that.
#
# ### Exercise: the parameters of a layer
#
# Write the count as a function. The check knows eight ways in which it goes wrong.


# %% tags=["exercise-layer_parameters"]
def layer_parameters(kernel_size, in_channels, filters, use_bias=True):
    return ...


# %% tags=["nbval-check-output"]
check.layer_parameters(layer_parameters)

# %% [markdown]
# ## 6 · A whole network, counted
#
# Here is a small network for colour pictures of 32 × 32, built like LeNet, the network that read cheques in the 1990s:
# convolution, pooling, convolution, pooling, and three dense layers on what is left.
#
# | layer | output | parameters |
# |---|---|---|
# | input | 32 × 32 × 3 | 0 |
# | 6 filters of 5 × 5 | 28 × 28 × 6 | (5·5·3 + 1) · 6 = 456 |
# | max pooling, 2 | 14 × 14 × 6 | 0 |
# | 16 filters of 5 × 5 | 10 × 10 × 16 | ? |
# | max pooling, 2 | 5 × 5 × 16 = 400 | 0 |
# | dense, 120 | 120 | (400 + 1) · 120 = ? |
# | dense, 84 | 84 | ? |
# | dense, 10 | 10 | ? |
#
# **Predict.** Fill in the four question marks. Which layer has most of the parameters?

# %%
keras.utils.set_random_seed(SEED)
layers, constant = keras.layers, keras.initializers.Constant(0.1)
model = keras.Sequential(
    [
        keras.Input((32, 32, 3)),
        layers.Conv2D(6, 5, activation="relu", bias_initializer=constant, name="conv1"),
        layers.MaxPooling2D(name="pool1"),
        layers.Conv2D(16, 5, activation="relu", bias_initializer=constant, name="conv2"),
        layers.MaxPooling2D(name="pool2"),
        layers.Flatten(name="flatten"),
        layers.Dense(120, activation="relu", name="dense120"),
        layers.Dense(84, activation="relu", name="dense84"),
        layers.Dense(10, activation="softmax", name="dense10"),
    ]
)

# %% tags=["nbval-check-output"]
for layer in model.layers:
    print(f"{layer.name:9} {str(layer.output.shape[1:]):13} {layer.count_params():7,}")
print(f"{'together':23} {model.count_params():7,}")

# %% [markdown]
# 62,006, and 48,120 of them, 78 %, in one dense layer. The convolutions, which do the seeing, have 5 %.
#
# ### Exercise: a published table
#
# This table is handed on in study notes. It is the same network with 8 and 16 filters in place of 6 and 16:
#
# | conv 8 | conv 16 | dense 120 | dense 84 | dense 10 |
# |---|---|---|---|---|
# | 208 | 416 | 48,001 | 10,081 | 841 |
#
# Some rows are wrong. Which, and what is right? All kernels are 5 × 5, the picture is 32 × 32 × 3.

# %% tags=["exercise-lenet_counts"]
# published:        conv 8  conv 16  dense 120  dense 84  dense 10
#                      208      416     48_001    10_081       841
counts = ...  # the five right numbers, as in [208, 416, 48_001, 10_081, 841]

# %% tags=["nbval-check-output"]
check.lenet_counts(counts)

# %% [markdown]
# ## 7 · The microscope
#
# Now look inside *your* network. Give it a picture, put your finger on any number in any of its convolution layers, and
# ask: where does this number come from? The layer microscope answers for every one of them. It reads your model's
# weights and takes the value apart.
#
# **Predict.** It opens on `conv1`, and hides the arithmetic until you have typed how many products are added up for one
# value. Answer, press Enter; then set *layer* to `conv2` and answer again. A filter is as deep as its input.

# %%
cat = datasets.photo("chelsea")[:288, 80:368].reshape(32, 9, 32, 9, 3).mean(axis=(1, 3)) / 255  # (32, 32, 3)
microscope = explore.LayerMicroscope(model, cat, predict=True)
microscope

# %% [markdown]
# 5 · 5 · 3 = 75 in `conv1`; 5 · 5 · 6 = 150 in `conv2`. The last two lines of the sum are the point: what the
# arithmetic gives, and what the model itself says. They agree in every digit that 32-bit numbers can promise. Try:
#
# 1. In `conv1`, move *input channel* through 0, 1, 2. Patch, weights and products change; the sum stays. Why?
# 2. In `conv2`, move *filter* until *together* is negative. What does the model put out there?
# 3. Move *output column* by one. By how many pixels does the window jump?
#
# (1: all three channels are in the sum; you only choose which one is drawn. 2: 0, by ReLU. 3: by one, the stride.)
#
# There is no trick in it. Here is one value of `conv2` in NumPy (what goes in, one filter, one bias), and below it the
# same value under the microscope.

# %%
probe = keras.Model(model.inputs, [model.get_layer("pool1").output, model.get_layer("conv2").output])
pooled, after = (keras.ops.convert_to_numpy(a)[0] for a in probe([cat[None].astype("float32")]))
kernel2, bias2 = model.get_layer("conv2").get_weights()
row, column = 4, 5
f = int(after[row, column].argmax())  # the filter that answers most strongly there
total = (pooled[row : row + 5, column : column + 5] * kernel2[..., f]).sum() + bias2[f]
print(f"by hand:   filter {f}, {kernel2[..., f].size} products and a bias: {max(total, 0):.4f}")
print(f"the model: {after[row, column, f]:.4f}")
explore.LayerMicroscope(model, cat).set(layer="conv2", row=row, column=column, filter=f)

# %% [markdown]
# The microscope takes any Sequential or functional model: `LayerMicroscope(your_model, your_image)`. Without arguments
# it opens a small model of its own, in which you find strides, padding, dilation and a depthwise layer.

# %%
edge_case = explore.LayerMicroscope().set(layer="strided", row=6, column=5, filter=6, channel=3)
edge_case

# %% [markdown]
# The window hangs over the lower edge, and its last row reads zeros: that is `padding="same"` from lesson 02. Set
# *layer* to `depthwise`: the window has gaps (dilation), and a value sees a single channel. Then `one_by_one`: a window
# of one pixel. Parts 9 and 10 explain what those two are for.
#
# ## 8 · Work
#
# Parameters are what a layer must *learn* and store. What it must *do* is another number: multiplications, each with an
# addition, in short **MACs** (multiply-adds). You have just seen what one output value costs: 75 in `conv1`. And there
# are 28 · 28 · 6 of them.
#
# **Predict.** `conv1` has 456 of the 62,006 parameters, less than 1 %. What share of the work does it do?

# %% tags=["nbval-check-output"]
work = {
    "conv1": shapes.conv_macs(32, 5, in_channels=3, filters=6),
    "conv2": shapes.conv_macs(14, 5, in_channels=6, filters=16),
    "dense120": 400 * 120,
    "dense84": 120 * 84,
    "dense10": 84 * 10,
}
for name, macs in work.items():
    count = model.get_layer(name).count_params()
    print(f"{name:9} {count:6,} parameters {count / 62_006:4.0%}   {macs:7,} MACs {macs / sum(work.values()):4.0%}")

# %% [markdown]
# 54 % of the work, with 0.7 % of the parameters: `conv1` uses each of its weights 28 · 28 = 784 times. A dense layer
# uses each weight once. This split, *memory in the dense layers, work in the convolutions*, returns in every classic
# network of lesson 06.
#
# ### Exercise: the work of a layer


# %% tags=["exercise-layer_macs"]
def layer_macs(height, width, kernel_size, in_channels, filters, strides=1):
    # padding is "valid"
    return ...


# %% tags=["nbval-check-output"]
check.layer_macs(layer_macs)

# %% [markdown]
# **Predict.** The published table of part 6 was about a network with 8 filters first, not 6. By how much do the
# parameters grow, by how much the work: 2 %, 10 %, 30 %?

# %% tags=["nbval-check-output"]
for first in (6, 8):
    sizes = [shapes.conv_params(5, 3, first), shapes.conv_params(5, first, 16)]
    sizes += [shapes.dense_params(400, 120), shapes.dense_params(120, 84), shapes.dense_params(84, 10)]
    macs = shapes.conv_macs(32, 5, 3, first) + shapes.conv_macs(14, 5, first, 16) + 48_000 + 10_080 + 840
    print(f"{first} filters first: {sizes}, together {sum(sizes):,}; {macs:,} MACs")

# %% [markdown]
# 952 parameters more, 1.5 %; the work grows by 30 %.
#
# ## 9 · A kernel of one pixel
#
# A 1 × 1 kernel on a grey picture multiplies it by a number: useless. On a picture with many channels it is not. At
# each pixel it makes a weighted sum *of the channels*.
#
# **Predict.** A volume of 6 × 6 × 32 meets 5 filters of 1 × 1. What shape comes out? How many parameters?

# %% tags=["nbval-check-output"]
volume = rng.integers(-3, 4, (6, 6, 32))
mixer, offset = rng.integers(-2, 3, (1, 1, 32, 5)), rng.integers(-2, 3, 5)
mixed = conv.conv2d(volume, mixer, offset)
print(volume.shape, "->", mixed.shape, " parameters:", shapes.conv_params(1, 32, 5))
dense_at_a_pixel = volume[2, 4] @ mixer[0, 0] + offset  # a dense layer from 32 to 5 numbers
print("pixel (2, 4):", mixed[2, 4].tolist(), " dense:", dense_at_a_pixel.tolist())

# %% [markdown]
# A 1 × 1 convolution is a dense layer, 32 numbers to 5, applied at each pixel with the same weights. It leaves height
# and width alone and sets the depth: 6 × 6 × 32 → 6 × 6 × 5 for 165 parameters. Lesson 07 puts it in front of costly
# layers: make the volume thin first, then convolve.
#
# ## 10 · Depthwise and separable
#
# An ordinary filter does two jobs at once. It looks for a pattern *in space*, and it mixes *channels*. Each of the 64
# filters of a layer on 32 channels has its own 3 × 3 pattern for each channel: 64 · 32 patterns. Split the jobs:
#
# 1. **depthwise**: one 3 × 3 pattern for each channel, nothing mixed: 32 channels in, 32 out;
# 2. **1 × 1**: mix the 32 channels into 64.
#
# The two together are a **separable** convolution.
#
# **Predict.** From 32 to 64 channels with 3 × 3, no biases. Weights of the full layer? Of the two steps?

# %% tags=["nbval-check-output"]
for kind in (layers.Conv2D, layers.SeparableConv2D):
    layer = kind(64, 3, use_bias=False)
    layer.build((None, 28, 28, 32))
    print(f"{kind.__name__:16}", [tuple(w.shape) for w in layer.weights], f"{layer.count_params():,}")
thin, patterns = rng.integers(0, 10, (6, 6, 3)), rng.integers(-2, 3, (3, 3, 3, 1))  # one filter for each channel
together = conv.depthwise_conv2d(thin, patterns)
one_by_one = np.stack([conv.conv2d(thin[..., c], patterns[..., c, 0]) for c in range(3)], axis=-1)
print("depthwise:", thin.shape, "->", together.shape, " channel by channel:", np.array_equal(together, one_by_one))

# %% [markdown]
# 18,432 against 288 + 2,048 = 2,336: an eighth. And depthwise is lesson 01 once more, channel by channel.
#
# What is the price? All 64 outputs share the 32 patterns; they can only mix them differently. The full layer can look
# for another pattern in each channel for each output. MobileNet and Xception show how far the cheap form goes. Between
# the two lie **groups**: with `groups=2` each filter sees half of the channels.
#
# ### Exercise: what a separable layer costs


# %% tags=["exercise-separable_weights"]
def separable_weights(kernel_size, in_channels, filters):
    # weights of a depthwise step and the 1×1 step after it; no biases
    return ...


# %% tags=["nbval-check-output"]
check.separable_weights(separable_weights)

# %% [markdown]
# ## 11 · Transposed: from small to large
#
# Strides and pooling shrink. To draw a mask or generate a picture, a network must also grow. A **transposed
# convolution** turns the roles round. A convolution *gathers* a window into one number. This one *stamps*: each input
# number, times the kernel, is laid onto the output, and where stamps overlap they add up. The stride is the distance
# between stamps.
#
# Input 1 2 / 3 4, a kernel of 3 × 3 ones, stride 2. The stamps of the 1 and the 2 share a column: 1 + 2 = 3.
#
# **Predict.** How large is the output? Which number stands in its centre, where all four stamps overlap?

# %% tags=["nbval-check-output"]
little, ones = np.array([[1, 2], [3, 4]]), np.ones((3, 3), int)
large = np.zeros((5, 5), int)
for i in range(2):
    for j in range(2):
        large[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += little[i, j] * ones
print(large)
print("the library agrees:", np.array_equal(large, conv.conv2d_transpose(little, ones, strides=2)))
print("Keras' shape:", tuple(layers.Conv2DTranspose(1, 3, strides=2).compute_output_shape((1, 2, 2, 1))))

# %% [markdown]
# Two stamps, 2 apart, 3 wide: (2 − 1) · 2 + 3 = 5, and in the centre 1 + 2 + 3 + 4 = 10. It undoes the *shape* of a
# convolution with stride 2, not its numbers. Where stamps overlap the output is larger, for no reason in the input: a
# checkerboard that you find in many generated pictures. A kernel size that is a multiple of the stride avoids it.
#
# ## 12 · One axis, three axes
#
# Nothing in all this needs two axes. A sound or a heartbeat has one (time). A CT scan has three (depth, height,
# width). The channels come last as always, and a filter is as deep as they are.
#
# A signal of 14 × 1 meets 16 filters of size 5, then 32 filters of size 5. (In circulation: "applying 5 filters gives
# 16 channels". It is 16 filters *of size* 5. The number of filters is the number of channels out.)
#
# **Predict.** Write down both output shapes; then the same for a volume of 14 × 14 × 14 × 1.

# %% tags=["nbval-check-output"]
for name, convolve, axes in [("1-D", conv.conv1d, 1), ("3-D", conv.conv3d, 3)]:
    x = np.zeros((14,) * axes + (1,))
    for filters in (16, 32):
        kernel_shape = (5,) * axes + (x.shape[-1], filters)
        x = convolve(x, np.zeros(kernel_shape))
        count = shapes.conv_params((5,) * axes, kernel_shape[-2], filters)
        print(f"{name}: kernel {kernel_shape} -> {x.shape}   {count:,} parameters")

# %% [markdown]
# 14 × 1 → 10 × 16 → 6 × 32, and 14³ × 1 → 10³ × 16 → 6³ × 32. Same formula on each axis. In Keras: `Conv1D`, `Conv3D`.
# What grows is the price of a kernel: 5, 25, 125 weights in each channel.
#
# ## 13 · How far does one value see?
#
# In one layer a value sees its window: 3 × 3. In the next layer each of *its* nine inputs sees 3 × 3, side by side and
# overlapping: together 5 × 5. The pixels that can change a value are its **receptive field**.
#
# Walk through a stack with two numbers: `size`, what is seen so far, and `step`, how many input pixels lie between
# neighbouring values. A kernel of k adds (k − 1) steps. A stride multiplies the step for all that follow.
#
# | layer | size | step after it |
# |---|---|---|
# | nothing | 1 | 1 |
# | 3 × 3 | 1 + 2 · 1 = 3 | 1 |
# | pooling 2, stride 2 | 3 + 1 · 1 = 4 | 2 |
# | 3 × 3 | 4 + 2 · **2** = 8 | 2 |
#
# **Predict.** Your network: 5 × 5, pooling 2, 5 × 5, pooling 2. How many of the 32 × 32 pixels does one of the last
# 5 × 5 values see?

# %% tags=["nbval-check-output"]
size, step = 1, 1
for name, k, stride in [("conv1", 5, 1), ("pool1", 2, 2), ("conv2", 5, 1), ("pool2", 2, 2)]:
    size += (k - 1) * step
    step *= stride
    print(f"{name}: sees {size} x {size}, step {step}")
print(shapes.receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)]))

# %% [markdown]
# 16 × 16: a quarter of the picture. (`offset` is the first pixel that output 0 sees.) Two 3 × 3 layers see 5 × 5 with
# 2 · 9 weights a channel in place of 25: that is why VGG (lesson 06) has nothing but 3 × 3.
#
# But does a value *heed* all that it sees? Measure it. Put a gradient of 1 on one output, carry it back through the
# stack to the input (part 14 shows how), and every pixel tells how much it matters. The explorer draws both.
#
# **Predict** the size of the field first: the stack is 3, 3, pooling 2/2, 3.

# %%
pinner = explore.ReceptiveFieldPinner(stack="3 3 2/2 3", size=25, predict=True)
pinner

# %% [markdown]
# 1 → 3 → 5 → 6 → 10. Try:
#
# 1. Set *stack* to `3 3 3 3 3 3 3 3`. What does theory say, and which part of that area holds half of the influence?
# 2. Set *padding* to `same` and move *output row* to 0. What became of the field?
# 3. Set *stack* to `3 3d2 3d4`: three layers with dilation 1, 2 and 4. How many 3 × 3 layers without dilation would
#    see as far? (Seven; both see 15 × 15.)
#
# The field has hard edges, yet what counts sits in the middle, like a bell. Through eight layers of 3 × 3 more than a
# million paths lead from the middle pixel to the output, and from a corner pixel a single one. Now your own network:
# its influence is measured by nudging each of the 32 × 32 pixels and watching the outputs.

# %%
model_pinner = explore.ReceptiveFieldPinner(model)
model_pinner

# %% [markdown]
# Theory says 16 × 16, and no pixel outside it moves the value. Set *layer* to `conv1`: a 5 × 5 window, nothing more.
#
# ### Exercise: the field of a stack


# %% tags=["exercise-stack_field"]
def stack_field(layers):
    # layers: [(kernel_size, stride), ...] from the input on; how many pixels along one axis does an output see?
    return ...


# %% tags=["nbval-check-output"]
check.stack_field(stack_field)

# %% [markdown]
# ## 14 · Backwards
#
# To learn, a network must know for every weight: *if this weight grows a little, by how much does the loss grow?* That
# is the weight's **gradient**. A layer is told the gradient of each of its outputs. From these it works out the
# gradients of its weights and its bias, and those of its inputs, which it hands to the layer before.
#
# Take x = (1, 2, 3, 4) and the kernel w = (3, −1), so three outputs. Their gradients are g = (1, 0, 2): if output 0
# grows a little, the loss grows as much; output 2 counts double; output 1 does not matter.
#
# - **Weight** w₀ met x₀ for output 0, x₁ for output 1, x₂ for output 2: 1·1 + 0·2 + 2·3 = **7**. And w₁ met x₁, x₂,
#   x₃: 1·2 + 0·3 + 2·4 = **10**. That is x convolved *with g as the kernel*.
# - **Bias**: it is in every output once: 1 + 0 + 2 = **3**.
# - **Input** x₀ fed output 0 through w₀: 1·3 = **3**. x₁ fed output 0 through w₁ and output 1 through w₀:
#   1·(−1) + 0·3 = **−1**. Each output stamps w, times its g, back onto the window it came from. Part 11!
#
# **Predict.** The other two inputs: what do x₂ and x₃ get?

# %% tags=["nbval-check-output"]
x, w, g = np.array([1, 2, 3, 4]), np.array([3, -1]), np.array([1, 0, 2])
grad_x = np.zeros(4, int)
for i in range(3):
    grad_x[i : i + 2] += g[i] * w
print("weights:", conv.conv1d(x, g).tolist(), " bias:", int(g.sum()), " inputs:", grad_x.tolist())

# %% [markdown]
# In two dimensions and with channels it is the same, written as loops. Compare with `conv_layer` in part 3: where that
# one reads a window and multiplies, this one adds to the window's gradient and to the filter's.


# %%
def conv_backward(image, kernel, grad):
    kernel_height, kernel_width, _, filters = kernel.shape
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for f in range(filters):
        for i in range(grad.shape[0]):
            for j in range(grad.shape[1]):
                place = np.s_[i : i + kernel_height, j : j + kernel_width]
                grad_kernel[..., f] += grad[i, j, f] * image[place]
                grad_image[place] += grad[i, j, f] * kernel[..., f]
    return grad_image, grad_kernel, grad.sum(axis=(0, 1))


g = rng.integers(-2, 3, (4, 4, 10))
library = conv.conv2d_backward(image, kernel, g)
print("equal to the library's:", all(map(np.array_equal, conv_backward(image, kernel, g), library)))

# %% [markdown]
# Two more pieces. **ReLU** lets the gradient through where it let the number through, and stops it elsewhere. **Max
# pooling** sends it to the winner (lesson 03). Here is a whole block, convolution → ReLU → pooling → loss, and its way
# back. The loss is a weighted sum of the outputs, so the first gradient is just those weights.


# %%
def block(image, kernel, bias):
    summed = conv.conv2d(image, kernel, bias)  # (4, 4, 2)
    return summed, np.maximum(summed, 0), pooling.pool2d(np.maximum(summed, 0), 2)


image, kernel, bias = rng.normal(size=(6, 6, 3)), rng.normal(size=(3, 3, 3, 2)), rng.normal(size=2)
importance = rng.normal(size=(2, 2, 2))
summed, bent, pooled = block(image, kernel, bias)  # loss = (pooled * importance).sum()
grad = np.zeros(bent.shape)
for i, j, c in np.ndindex(pooled.shape):  # to the winner of each window
    a, b = np.unravel_index(bent[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c].argmax(), (2, 2))
    grad[2 * i + a, 2 * j + b, c] += importance[i, j, c]
grad = grad * (summed > 0)  # ReLU
grad_image, grad_kernel, grad_bias = conv_backward(image, kernel, grad)

# %% [markdown]
# Is it right? Never believe a gradient that you have not checked. Nudge one weight up and down by h, and see what the
# loss does: (loss(w + h) − loss(w − h)) / 2h. That needs no theory at all. Do it for *every* weight, pixel and bias.
#
# **Predict.** How many weights, pixels and biases are that?


# %% tags=["nbval-check-output"]
def numeric(array, h=1e-5):
    slope = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        before = array[place]
        array[place] = before + h
        up = (block(image, kernel, bias)[-1] * importance).sum()
        array[place] = before - h
        down = (block(image, kernel, bias)[-1] * importance).sum()
        array[place], slope[place] = before, (up - down) / (2 * h)
    return slope


for name, array, by_hand in [("kernel", kernel, grad_kernel), ("image", image, grad_image), ("bias", bias, grad_bias)]:
    print(f"{name}: {array.size} gradients, all right:", np.allclose(numeric(array), by_hand, atol=1e-6))

# %% [markdown]
# 54 + 108 + 2, all right. The library does the same faster and for all strides and paddings: `conv.conv2d_backward` and
# `pooling.pool2d_backward`. Keras does it for you whenever you call `fit`.
#
# ### Exercise: the gradient of a kernel
#
# One channel, one filter. The loss's derivative by each output is given. What is its derivative by each weight?


# %% tags=["exercise-kernel_gradient"]
def kernel_gradient(image, grad_output):
    # image (H, W); grad_output (OH, OW): the loss's derivative by each output of conv2d(image, kernel)
    return ...  # the loss's derivative by each weight, in the shape of the kernel


# %% tags=["nbval-check-output"]
check.kernel_gradient(kernel_gradient)

# %% [markdown]
# ## 15 · Why GPUs love it: im2col
#
# Our loops are slow. How do frameworks do it? They write each window as one *row* of a matrix, and each filter as one
# *column*. Row times column is multiply and add: all outputs at once are **one matrix product**. The trick is called
# **im2col**.
#
# **Predict.** A picture of 4 × 4 with one channel and a kernel of 3 × 3. How many rows and columns has the matrix of
# windows? How often does the pixel 5 (row 1, column 1) appear in it?

# %% tags=["nbval-check-output"]
tiny = np.arange(16).reshape(4, 4)
rows = np.array([tiny[i : i + 3, j : j + 3].ravel() for i in range(2) for j in range(2)])
print(rows)
edge = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
print("rows @ kernel:", (rows @ edge.ravel()).tolist(), " conv2d:", conv.conv2d(tiny, edge).ravel().tolist())

# %% [markdown]
# Four windows, four rows, nine columns; the pixel 5 lies in all four windows and is stored four times. With channels a
# row has kernel² · channels numbers, and with F filters the second matrix has F columns.
#
# The price is memory. A picture of 24 × 24 × 8 has 4,608 numbers; its 22 · 22 windows of 72 have 34,848, more than
# seven times as many. Is it worth that? Three ways to the same sums: every product in a loop; our `conv_layer`, a loop
# over windows (its ReLU takes next to no time); im2col.
#
# **Predict.** By what factor are the second and the third faster than the plain loops: 2, 10, 100, 1,000?

# %%
image, kernel = rng.normal(size=(24, 24, 8)), rng.normal(size=(3, 3, 8, 16))
ways = {
    "loops over every product": lambda: conv.conv2d_loops(image, kernel),
    "loops over the windows": lambda: conv_layer(image, kernel, np.zeros(16)),
    "im2col, one product": lambda: conv.im2col(image, 3) @ kernel.reshape(-1, 16),
}
seconds = {}
for name, way in ways.items():
    start = time.perf_counter()
    repeats = 20 if "im2col" in name else 1  # one run of the fast way is too short to be timed
    for _ in range(repeats):
        way()
    seconds[name] = (time.perf_counter() - start) / repeats
    print(f"{name:25} {seconds['loops over every product'] / seconds[name]:8,.0f} times as fast as the loops")

# %% [markdown]
# The arithmetic is the same, half a million multiply-adds each time. But a matrix product is the one thing that
# processors and their libraries do best: numbers lie side by side in memory, each one loaded is used many times, and
# thousands of sums do not depend on each other. A GPU has thousands of units that each work on one such sum. That, not
# cleverness about pictures, is why convolutions run on graphics cards.
#
# ## Summary
#
# - A filter is as deep as its input and gives one channel; a layer with F filters gives F channels. Then
#   comes the bias, then the activation.
# - Parameters: (kernel² · channels in + 1) · filters, whatever the picture's size. Work: weights times output
#   positions. Your network: 62,006 parameters, most in a dense layer; most work in a convolution.
# - Sparse connections and shared weights are the whole difference to a dense layer.
# - 1 × 1 mixes channels; depthwise filters each channel by itself; separable is one after the other; transposed stamps
#   and grows; 1-D and 3-D follow the same formula.
# - A receptive field grows by (k − 1) · step, and its middle counts most.
# - Gradients: to the kernel, input convolved with gradient; to the input, stamps; to the bias, the sum. Check them
#   numerically.
# - im2col makes one matrix product of it all.
#
# **Further reading**
#
# - Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, *Gradient-Based Learning Applied to Document
#   Recognition*, Proceedings of the IEEE, 1998: LeNet, weight sharing, and why.
# - Wenjie Luo, Yujia Li, Raquel Urtasun and Richard Zemel, *Understanding the Effective Receptive Field in Deep
#   Convolutional Neural Networks*, NIPS 2016: the bell inside the square.
# - André Araujo, Wade Norris and Jack Sim, *Computing Receptive Fields of Convolutional Neural Networks*, Distill,
#   2019.
# - François Chollet, *Xception: Deep Learning with Depthwise Separable Convolutions*, CVPR 2017; Andrew Howard and
#   others, *MobileNets*, 2017 (arXiv:1704.04861).
# - Augustus Odena, Vincent Dumoulin and Chris Olah, *Deconvolution and Checkerboard Artifacts*, Distill, 2016.
# - Kumar Chellapilla, Sidd Puri and Patrice Simard, *High Performance Convolutional Neural Networks for Document
#   Processing*, 2006: convolution as a matrix product, on a GPU.
#
# **Where next.** Lesson 05: all parts are on the table. Build a network, train it, and see what it gets wrong.

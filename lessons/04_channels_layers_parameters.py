# %% [markdown]
# # 04 · Channels, layers and parameters
#
# <!-- navigation -->
# [← 03 · Pooling](03_pooling.ipynb) ·
# [All lessons](index.ipynb) ·
# [05 · Your first CNN →](05_first_cnn.ipynb)
#
# So far a picture had one channel and a layer one kernel. A colour photo has three channels, a real layer dozens of
# filters. What does such a layer calculate, how many numbers must it learn, and can you check one of its outputs by
# hand?
#
# **By the end you can**
#
# - work out any output value of a convolution layer, and write a whole layer in NumPy that equals Keras';
# - count the parameters and the work of a layer, and find the errors in a published table;
# - say what 1×1, depthwise, separable, transposed, 1-D and 3-D convolutions do and cost;
# - work out what one value deep in a network can see.
#
# **Time:** 80 minutes in three sittings: parts 1 to 7 are the heart, 8 to 13 the other kinds of layers, 14 and 15
# (gradients, speed) optional. The cells run in under 25 seconds on a laptop. **You need:** lessons 01 to 03.

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
# A colour photo has three numbers a pixel: red, green, blue. As an array it is (height, width, channels), three sheets
# on top of each other: a **volume**.
#
# No single sheet can say "red". A red cup is bright on the red sheet, but so is a white one. Red is much red *and*
# little green and blue.
#
# ## 2 · A filter is as deep as its input
#
# So a filter has weights for every channel. In each channel it works as in lesson 01; then it adds the results up to
# **one number**. One window of a picture with two channels, and one filter:
#
# | | channel 0 | channel 1 |
# |---|---|---|
# | window | 1 2 / 0 3 | 5 0 / 1 1 |
# | filter | 1 0 / −1 2 | 0 1 / 2 −1 |
# | products | 1 + 0 + 0 + 6 = **7** | 0 + 0 + 2 − 1 = **1** |
#
# The output is 7 + 1 = **8**. Now let a filter of 3 × 3 slide over a picture of 6 × 6 with 3 channels, without padding.
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
# 6 × 6 × 3 with a filter of 3 × 3 × 3 gives 4 × 4. The filter already fills the depth, so the output is *flat*.
# (`conv2d` keeps an axis of length 1 for the channel.)
#
# What can a deep filter see that a flat one cannot? Colour. Give the red channel the weight 1 and the other two −½
# each, spread over 5 × 5 pixels.
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
# On white 1 − ½ − ½ = 0, on pure red 1. The white rim of the cup, bright in all three channels, is black in the answer.
# The red saucer shines.
#
# ## 3 · Many filters, a bias, an activation
#
# One filter asks one question. A layer has several filters of the same size, and each makes a sheet of its own: the
# **channels of the output**. All filters together are one array `kernel` of shape (height, width, **channels in**,
# **filters**). Their number is your choice.
#
# Each filter also has a **bias**, one number that is added to each of its outputs: with −5, only sums above 5 end above
# zero. Last comes the **activation**, usually ReLU, the *rectified linear unit*: keep what is above zero, replace the
# rest by 0. Sums of −2, 0.5 and 3 become 0, 0.5 and 3.
#
# Here is the whole layer. Read it slowly: for each filter and position, multiply the window with the filter *through
# the whole depth*, add everything up, add the bias; at the end ReLU.


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
# In Keras the layer is one line. With our weights, whole numbers, both must agree exactly.
#
# **Predict.** Ten filters of 3 × 3 on the 6 × 6 × 3 picture. What shape has `kernel`? What shape comes out? How many
# parameters has the layer, biases included?

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
# 4 × 4 × 10, and (27 + 1) · 10 = **280 parameters**. Ten lines of NumPy are a Keras layer; there is nothing else
# inside.
#
# ### Exercise: one value by hand
#
# One window, two channels, two filters, each with its bias, then ReLU. Pencil and paper: replace the `...` and run both
# cells. `check.one_value.hint()` gives a nudge, `hint(2)` a stronger one, `check.one_value.solution()` the answer.

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
# (channels, height, width): channels **first**. To change, *move the axis*. A trap: `reshape` also gives the wanted
# shape, but only cuts the row of numbers elsewhere.
#
# **Predict.** The photo goes to channels first twice, and the first channel of each is drawn. One is the red channel;
# what does the other look like?

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
# `reshape` mixes red, green and blue of neighbouring pixels: no error, and nonsense. Kernels move too: Keras' (height,
# width, in, out) is PyTorch's (out, in, height, width), `kernel.transpose(3, 2, 0, 1)`.
#
# ## 5 · Why so few parameters
#
# In a *dense* layer every unit has a weight for every input number.
#
# **Predict.** A photo of 1000 × 1000 pixels with 3 channels, and a dense layer of 1,000 units. How many weights? At
# four bytes each, how many gigabytes?

# %% tags=["nbval-check-output"]
weights = shapes.dense_params(1000 * 1000 * 3, 1000, use_bias=False)
print(f"dense: {weights:,} weights, {4 * weights / 1e9:.0f} GB")
print(f"convolution, ten filters of 3 × 3 × 3: {shapes.conv_params(3, in_channels=3, filters=10)} parameters")

# %% [markdown]
# Three billion against 280. What was left out? Write a convolution *as* a dense layer: a signal of 8 numbers, the
# kernel 1, −2, 1, six outputs.

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
# Two things set it apart from 48 free numbers:
#
# - **Sparse connections.** An output looks at 3 inputs, its neighbours. The other entries are 0.
# - **Shared parameters.** All rows hold the *same* three numbers. What is worth finding at one place is worth finding
#   everywhere, and is learned only once.
#
# Our layer, 6 × 6 × 3 in and 4 × 4 × 10 out, would have 108 · 160 = 17,280 weights dense, 27 · 160 = 4,320 sparse;
# shared they are 27 · 10 = 270.
#
# It also shows why ReLU is needed: a matrix times a matrix is one matrix. With nothing in between, two layers could do
# no more than one.
#
# ### Exercise: the parameters of a layer
#
# Write the count as a function.


# %% tags=["exercise-layer_parameters"]
def layer_parameters(kernel_size, in_channels, filters, use_bias=True):
    return ...


# %% tags=["nbval-check-output"]
check.layer_parameters(layer_parameters)

# %% [markdown]
# ## 6 · A whole network, counted
#
# A small network for colour pictures of 32 × 32, built like LeNet, which read cheques in the 1990s:
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
# 62,006, and 48,120 of them, 78 %, in one dense layer. The convolutions have 5 %.
#
# ### Exercise: a published table
#
# This table is handed on in study notes: the same network with 8 and 16 filters in place of 6 and 16.
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
# Put your finger on any number in any convolution layer of *your* network: where does it come from? The layer
# microscope reads your model's weights and takes the value apart.
#
# **Predict.** It hides the arithmetic until you have typed how many products are added up for one value of `conv1`.
# Answer, press Enter; then set *layer* to `conv2` and answer again.

# %%
cat = datasets.photo("chelsea")[:288, 80:368].reshape(32, 9, 32, 9, 3).mean(axis=(1, 3)) / 255  # (32, 32, 3)
microscope = explore.LayerMicroscope(model, cat, predict=True)
microscope

# %% [markdown]
# 5 · 5 · 3 = 75 in `conv1`; 5 · 5 · 6 = 150 in `conv2`. The last two lines of the sum are what the arithmetic gives,
# and what the model says. Try:
#
# 1. In `conv1`, move *input channel* through 0, 1, 2. Patch, weights and products change; the sum stays. Why?
# 2. In `conv2`, move *filter* until *together* is negative. What does the model put out there?
# 3. Move *output column* by one. By how many pixels does the window jump?
#
# (1: all three channels are in the sum; you choose which one is drawn. 2: 0, by ReLU. 3: by one, the stride.)
#
# Here is one value of `conv2` in NumPy, and under the microscope.

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
# `LayerMicroscope(your_model, your_image)` takes any Sequential or functional model. Without arguments it opens a small
# one of its own, with strides, padding, dilation and a depthwise layer.

# %%
edge_case = explore.LayerMicroscope().set(layer="strided", row=6, column=5, filter=6, channel=3)
edge_case

# %% [markdown]
# The window hangs over the lower edge, and its last row reads zeros: that is `padding="same"` from lesson 02.
#
# ### A resting place
#
# Enough for today? Lesson 05 needs no more than this. Come back before lesson 06.
#
# ## 8 · Work
#
# Parameters are what a layer must *learn*. What it must *do* is another number: multiplications, each with an addition,
# in short **MACs** (multiply-adds). One output value of `conv1` costs 75, and there are 28 · 28 · 6 values.
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
# 54 % of the work: `conv1` uses each of its weights 28 · 28 = 784 times, a dense layer once. *Memory in the dense
# layers, work in the convolutions*: you will see it again in lesson 06.
#
# ### Exercise: the work of a layer


# %% tags=["exercise-layer_macs"]
def layer_macs(height, width, kernel_size, in_channels, filters, strides=1):
    # padding is "valid"
    return ...


# %% tags=["nbval-check-output"]
check.layer_macs(layer_macs)

# %% [markdown]
# ## 9 · A kernel of one pixel
#
# A 1 × 1 kernel makes, at each pixel, a weighted sum *of the channels*.
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
# It is a dense layer, 32 numbers to 5, applied at each pixel with the same weights: 6 × 6 × 32 → 6 × 6 × 5 for 165
# parameters. Lesson 07 makes volumes thin with it before costly layers.
#
# ## 10 · Depthwise and separable
#
# An ordinary filter does two jobs at once: it looks for a pattern *in space*, and it mixes *channels*. Split them:
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
# 18,432 against 288 + 2,048 = 2,336: an eighth. The price: all 64 outputs share the 32 patterns and can only mix them
# differently. Between the two kinds lie **groups**: with `groups=2` each filter sees half of the channels.
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
# To draw a mask or a picture, a network must also grow. A convolution *gathers* a window into one number. A
# **transposed convolution** *stamps*: each input number, times the kernel, is laid onto the output, and where stamps
# overlap they add up. The stride is the distance between stamps.
#
# **Predict.** Input 1 2 / 3 4, a kernel of 3 × 3 ones, stride 2. How large is the output? Which number stands in its
# centre, where all four stamps overlap?

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
# convolution with stride 2, not its numbers. Where stamps overlap the output is larger for no reason in the input, a
# checkerboard; a kernel size that is a multiple of the stride overlaps evenly.
#
# ## 12 · One axis, three axes
#
# A sound has one axis (time), a CT scan three (depth, height, width). The channels come last as always.
#
# A signal of 14 × 1 meets 16 filters of size 5, then 32 filters of size 5. (In circulation: "applying 5 filters gives
# 16 channels". It is 16 filters *of size* 5.)
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
# 14 × 1 → 10 × 16 → 6 × 32, and 14³ × 1 → 10³ × 16 → 6³ × 32: one formula for each axis. What grows is the price of a
# kernel: 5, 25, 125 weights in each channel. In Keras: `Conv1D`, `Conv3D`.
#
# ## 13 · How far does one value see?
#
# A value of one layer sees its window: 3 × 3. In the next layer each of *its* nine inputs sees 3 × 3, overlapping:
# together 5 × 5. The pixels that can change a value are its **receptive field**.
#
# Walk through a stack with two numbers, both 1 at first: `size`, what is seen so far, and `step`, how many input pixels
# lie between neighbouring values. A kernel of k adds (k − 1) steps; a stride multiplies the step for all that follow.
# So 3 × 3, pooling 2, 3 × 3 see 1 + 2 = 3, then 3 + 1 = 4, and then, with a step of 2, 4 + 2 · **2** = 8 pixels.
#
# **Predict.** Your network: 5 × 5, pooling 2, 5 × 5, pooling 2. How many of the 32 × 32 pixels does one of the last
# values see?

# %% tags=["nbval-check-output"]
size, step = 1, 1
for name, k, stride in [("conv1", 5, 1), ("pool1", 2, 2), ("conv2", 5, 1), ("pool2", 2, 2)]:
    size += (k - 1) * step
    step *= stride
    print(f"{name}: sees {size} x {size}, step {step}")
print(shapes.receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)]))

# %% [markdown]
# 16 × 16: a quarter of the picture.
#
# But does a value *heed* all that it sees? The explorer draws both: theory, and how much each pixel really matters.
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
# 3. Set *stack* to `3 3d2 3d4`: dilation 1, 2 and 4. How far do they see, and does the middle count most?
#
# (1: 17 × 17; the middle 5 × 5. Over a million paths lead from the middle pixel to the output, from a corner one: a
# bell. 2: part of it lies on padding. 3: 15 × 15, as far as seven plain layers; but the bell is now a comb, whose
# middle column counts a third as much as its neighbours.)
#
# Now your own network, measured by nudging each pixel.

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
# ### A second resting place
#
# Later lessons need no more than this. Parts 14 and 15 are **optional**; the summary stands below them.
#
# ## 14 · Optional: backwards
#
# *If this weight grows a little, by how much does the loss grow?* That is its **gradient**. A layer is told those of
# its outputs, and works out those of its weights, its bias, and its inputs, which it hands on to the layer before.
#
# Take x = (1, 2, 3, 4) and the kernel w = (3, −1), so three outputs, with gradients g = (1, 0, 2): output 2 counts
# double, output 1 does not matter.
#
# - **Weight** w₀ met x₀ for output 0, x₁ for output 1, x₂ for output 2: 1·1 + 0·2 + 2·3 = **7**. And w₁: 1·2 + 0·3 +
#   2·4 = **10**. That is x convolved *with g as the kernel*.
# - **Bias**: it is in every output once: 1 + 0 + 2 = **3**.
# - **Input** x₀ fed output 0 through w₀: 1·3 = **3**. x₁ fed output 0 through w₁ and output 1 through w₀: 1·(−1) + 0·3
#   = **−1**. Each output stamps w, times its g, back onto its window. Part 11!
#
# **Predict.** What do x₂ and x₃ get?

# %% tags=["nbval-check-output"]
x, w, g = np.array([1, 2, 3, 4]), np.array([3, -1]), np.array([1, 0, 2])
grad_x = np.zeros(4, int)
for i in range(3):
    grad_x[i : i + 2] += g[i] * w
print("weights:", conv.conv1d(x, g).tolist(), " bias:", int(g.sum()), " inputs:", grad_x.tolist())

# %% [markdown]
# With two dimensions and channels it is the same. Where `conv_layer` reads a window and multiplies, this one adds to
# the window's gradient and to the filter's.


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
# **ReLU** lets the gradient through where it let the number through. **Max pooling** sends it to the winner (lesson
# 03). Here is a whole block, convolution → ReLU → pooling, and its way back. The loss is a weighted sum of the outputs,
# so the first gradient is those weights.


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
# Never believe a gradient that you have not checked. Nudge one weight up and down by h: the slope is (loss(w + h) −
# loss(w − h)) / 2h. Do it for *every* weight, pixel and bias.
#
# **Predict.** How many are that?


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
# 54 + 108 + 2, all right. The library does it faster, `conv.conv2d_backward` and `pooling.pool2d_backward`; Keras does
# it whenever you call `fit`.
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
# ## 15 · Optional: im2col, and why GPUs love it
#
# Our loops are slow. One way to be fast, **im2col**: write each window as one *row* of a matrix, and each filter as one
# *column*. Row times column is multiply and add, so all outputs at once are **one matrix product**.
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
# Four rows, nine columns; the pixel 5 lies in all four windows. With channels a row has kernel² · channels numbers, and
# F filters are F columns.
#
# The price is memory. A picture of 24 × 24 × 8 has 4,608 numbers; its 22 · 22 windows of 72 have 34,848, more than
# seven times as many.
#
# **Predict.** By what factor are a loop over windows (`conv_layer`) and im2col faster than the plain loops: 2, 10, 100,
# 1,000?

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
# The arithmetic is the same, half a million multiply-adds each time. But a matrix product is what libraries do best:
# each number loaded is used many times, and a GPU's thousands of units can share the sums. It is one way of several.
# Frameworks also compute convolutions directly, or with Winograd's algorithm or a Fourier transform, and choose by size
# and machine.
#
# ## Summary
#
# - A filter is as deep as its input and gives one channel; F filters give F. Then the bias, then the activation.
# - Parameters: (kernel² · channels in + 1) · filters, whatever the picture's size. Work: weights times output
#   positions.
# - Sparse and shared: that is the whole difference to a dense layer.
# - 1 × 1 mixes channels; depthwise filters each by itself; separable is one after the other; transposed stamps.
# - A receptive field grows by (k − 1) · step. What counts in it is often a bell, with dilation a comb.
# - Optional: to the kernel, the gradient is input convolved with gradient; to the input, stamps; to the bias, the sum.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **channel**: one sheet of a picture or of a layer's output, such as red, or one filter's answers.
# - **filter**: a kernel as deep as its input, with one bias. It gives one channel; F filters give F.
# - **MAC**: multiply-accumulate: one multiplication and one addition. A layer's MACs are its weights times its output
#   positions.
# - **weight sharing**: one filter uses the same weights at every place, so a layer's parameters do not grow with the
#   picture.
# - **sparse connections**: each output looks at a small patch and not at the whole picture.
# - **depthwise convolution**: each channel is filtered by a kernel of its own; nothing is mixed between channels.
# - **separable convolution (of a layer)**: a depthwise convolution, then a 1 × 1 convolution that mixes the channels: a
#   sum of costs in place of a product.
# - **transposed convolution**: each input number stamps a kernel, multiplied by it, into a larger output. Overlapping
#   stamps add up.
# - **receptive field**: the square of the input that one output value can depend on.
# - **im2col**: writes each window as a row of a table, so that a whole convolution becomes one matrix product.

# %% [markdown]
# **Further reading**
#
# - Wenjie Luo and others, *Understanding the Effective Receptive Field in Deep Convolutional Neural Networks*, 2016:
#   the bell inside the square.
# - François Chollet, *Xception: Deep Learning with Depthwise Separable Convolutions*, 2017.
# - Augustus Odena and others, *Deconvolution and Checkerboard Artifacts*, Distill, 2016.
# - Andrew Lavin and Scott Gray, *Fast Algorithms for Convolutional Neural Networks*, 2016: matrix product, Fourier,
#   Winograd.
#
# **Where next.** Lesson 05: build a network of these parts, train it, and see what it gets wrong.

# %% [markdown] tags=["navigation"]
# [← 03 · Pooling](03_pooling.ipynb) ·
# [All lessons](index.ipynb) ·
# [05 · Your first CNN →](05_first_cnn.ipynb)

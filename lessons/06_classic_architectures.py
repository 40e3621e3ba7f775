# %% [markdown]
# # 06 · Classic architectures: LeNet, AlexNet, VGG
#
# <!-- navigation -->
# [← 05 · Your first CNN](05_first_cnn.ipynb) ·
# [All lessons](index.ipynb) ·
# [07 · Going deeper →](07_going_deeper.ipynb)
#
# You know every layer by now. What did people build of them, and where in such a network are its millions of
# parameters, and its work?
#
# **By the end you can**
#
# - count LeNet-5 by hand, layer by layer, and build it in Keras;
# - say what AlexNet changed in 2012;
# - read a ledger: output, parameters, multiply-adds, receptive field and memory of every layer;
# - show why VGG stacks small kernels, where it keeps its parameters and where it spends its compute;
# - find a missing layer from a parameter count alone.
#
# **Time:** about 55 minutes of reading and trying; the cells themselves run in about 30 seconds on a laptop. **You
# need:** lessons 02 to 05, above all the parameters and multiply-adds of lesson 04.

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

from cnnlab import conv, datasets, explore, ledger, plot, shapes, zoo
from cnnlab.checks import lesson06 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" also trains LeNet-5 on all of MNIST: about two minutes on two cores
SEED = 0

# %% [markdown]
# ## A race
#
# From 2010 to 2017 there was a yearly race, the *ImageNet Large Scale Visual Recognition Challenge*: 1.2 million photos
# to learn from, 1,000 classes, and test photos whose classes nobody had been told. A photo may show a person on a horse
# and be labelled *saddle*. So a program could name **five** classes, and it was wrong only if the label was not among
# them. The share of photos on which it was wrong is its **top-5 error**.
#
# In 2010 the best program was wrong on 28.2 % of the photos, in 2011 on 25.8 %. So in one year, of 282 mistakes, 24
# disappeared: 9 %.
#
# **Predict.** In 2012 the best had 15.3 %. What share of the mistakes of 2011 disappeared?

# %% tags=["nbval-check-output"]
winners = {
    "2010": 28.2,
    "2011": 25.8,
    "2012 AlexNet": 15.3,
    "2013 Clarifai": 11.7,
    "2014 GoogLeNet": 6.7,
    "2015 ResNet": 3.57,
}
steps = list(winners.items())
for (_, before), (name, error) in zip(steps, steps[1:], strict=False):
    print(f"{name:15} {before:5} % -> {error:5} %: {(before - error) / before:.0%} of the mistakes are gone")

# %% [markdown]
# Two more that this course comes back to: VGG, second in 2014, and SENet, the last winner. Hatched bars are programs
# without a convolutional network.

# %%
winners |= {"2014 VGG": 7.3, "2017 SENet": 2.25}
names = sorted(winners, key=lambda name: (name[:4], -winners[name]))
said = ", ".join(f"{name} {winners[name]}" for name in names)
race = plot.Picture(8, 3, alt=f"Top-5 error in per cent: {said}. The first two did not use convolutional networks.")
ax = race.add_subplot()
bars = ax.bar(names, [winners[name] for name in names], color=[plot.GREY] * 2 + [plot.BLUE] * 6)
_ = [bar.set_hatch("//") for bar in bars[:2]]
ax.bar_label(bars, fontsize=9)
ax.set_ylabel("top-5 error, %")
ax.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names], fontsize=8)
ax.spines[["top", "right"]].set_visible(False)
race.subplots_adjust(left=0.08, right=0.99, top=0.93, bottom=0.17)
race

# %% [markdown]
# The step of 2012 ended a way of working. Until then people designed what to look for in a picture, and a program
# learned only how to weigh it. After 2012 every winner was a convolutional network.
#
# 15.3 is an average of several networks, some of which had seen additional photos. Without these the team reached 16.4;
# the second-best *team* of 2012 had 26.2.
#
# ### Exercise: top-k error
#
# Write `top_k_error(scores, labels, k=5)`. `scores` has a row for each picture and a column for each class, `labels`
# the number of each picture's true class. Return the share of pictures whose label is **not** among the `k` highest
# scores. If you are stuck, `check.top_k_error.hint()` gives a nudge, `check.top_k_error.hint(2)` a stronger one, and
# `check.top_k_error.solution()` an answer.


# %% tags=["exercise-top_k_error"]
def top_k_error(scores, labels, k=5):
    return ...


# %%
check.top_k_error(top_k_error)

# %% [markdown]
# ## LeNet-5, 1998
#
# The plan that these networks follow is older. Yann LeCun and his colleagues read the digits on bank cheques with it:
# convolution, pooling, convolution, pooling, then a few fully connected layers.
#
# The input is 32 × 32 with one channel. Kernels are 5 × 5 without padding, poolings are averages over 2 × 2. By hand:
#
# | layer | output | parameters |
# |---|---|---|
# | conv1, 6 filters | 32 − 5 + 1 = 28: 28×28×6 | 5·5·1 · 6 + 6 = **156** |
# | pool1 | 14×14×6 | 0 |
# | conv2, 16 filters | 14 − 5 + 1 = 10: 10×10×16 | 5·5·6 · 16 + 16 = **2,416** |
# | pool2 | 5×5×16 = 400 numbers | 0 |
# | fc1, 120 units | 120 | **?** |
# | fc2, 84 units | 84 | 120 · 84 + 84 = **10,164** |
# | predictions, 10 units | 10 | 84 · 10 + 10 = **850** |
#
# **Predict.** How many parameters has fc1? Is that less than half, or more than half, of the whole network?

# %% tags=["nbval-check-output"]
fc1 = shapes.dense_params(5 * 5 * 16, 120)
total = shapes.conv_params(5, 1, 6) + shapes.conv_params(5, 6, 16) + fc1
total += shapes.dense_params(120, 84) + shapes.dense_params(84, 10)
print(f"fc1: 400 · 120 + 120 = {fc1:,}, all layers {total:,}, share of fc1 {fc1 / total:.0%}")

# %% [markdown]
# One layer out of five holds 78 % of the parameters. In Keras:

# %% tags=["nbval-check-output"]
lenet = keras.Sequential(name="lenet")
lenet.add(keras.Input((32, 32, 1), name="image"))
lenet.add(keras.layers.Conv2D(6, 5, activation="tanh", name="conv1"))
lenet.add(keras.layers.AveragePooling2D(2, name="pool1"))
lenet.add(keras.layers.Conv2D(16, 5, activation="tanh", name="conv2"))
lenet.add(keras.layers.AveragePooling2D(2, name="pool2"))
lenet.add(keras.layers.Flatten(name="flatten"))
lenet.add(keras.layers.Dense(120, activation="tanh", name="fc1"))
lenet.add(keras.layers.Dense(84, activation="tanh", name="fc2"))
lenet.add(keras.layers.Dense(10, activation="softmax", name="predictions"))
print(f"{lenet.count_params():,} parameters")

# %% [markdown]
# (The paper's own network differs in details: all but one filter of conv2 read only some of the six maps, the poolings
# had weights, and the last layer was not a softmax.)
#
# ### A ledger
#
# Parameters are one cost. **Multiply-adds**, the work for one picture, are another (lesson 04), and **memory** for the
# outputs is a third. `ledger.ledger` reads them off any Keras model, without running it, and the **receptive field**
# besides.
#
# Take conv2. Each of its 10·10 output positions needs 5·5·6 products, for each of 16 filters: 240,000 multiply-adds.
# Its 2,416 parameters are 4 % of the network.
#
# **Predict.** What share of the network's multiply-adds is in conv2: about 4 %, about 25 %, or more than half?

# %% tags=["nbval-check-output"]
lenet_book = ledger.ledger(lenet)
print(lenet_book)
print(f"\nconv2: {lenet_book.row('conv2').macs / lenet_book.macs:.0%} of the multiply-adds")
print(f"fc1:   {lenet_book.row('fc1').macs / lenet_book.macs:.0%} of the multiply-adds")

# %% [markdown]
# 58 % of the work with 4 % of the parameters; and fc1 the other way round, 78 % of the parameters with 12 % of the
# work. The reason is one word of lesson 04: *sharing*. A weight of conv2 is used at 100 positions, a weight of fc1
# once. The next two networks are a thousand times larger and more, and the picture will be the same.
#
# MNIST's digits are 28 × 28. If you feed them to LeNet-5 as they are, every size changes: 28 → 24 → 12 → 8 → 4.
#
# **Predict.** Which of the five counts changes, and how many parameters has the network then?

# %% tags=["nbval-check-output"]
small = ledger.ledger(zoo.build("lenet5", (28, 28, 1)))
for name in ("conv1", "conv2", "fc1", "fc2", "predictions"):
    print(f"{name:12} {lenet_book.row(name).params:>6,} {small.row(name).params:>6,}")
less = lenet_book.params - small.params
print(f"{'all':12} {lenet_book.params:>6,} {small.params:>6,}   {less:,} less: 144 · 120")

# %% [markdown]
# A convolution does not ask how large the picture is. Only the first fully connected layer does: it reads 4·4·16 = 256
# numbers in place of 400. (`zoo.build` makes the networks of this lesson and the next by name.)
#
# ### Exercise: a table that was copied
#
# A table stands in many notes about a LeNet for **colour** pictures: 32×32×3, a convolution with 8 filters of 5×5,
# pooling 2×2, a convolution with 16 filters of 5×5, pooling 2×2, then Dense layers with 120, 84 and 10 units. It says
# 208, 416, 48,001, 10,081 and 841 parameters. All five are wrong. Put the right ones into the list.

# %% tags=["exercise-lenet_table"]
parameters = ...  # [conv1, conv2, fc1, fc2, predictions]

# %%
check.lenet_table(parameters)

# %% [markdown]
# ## Which bend: sigmoid, tanh or ReLU
#
# In the 1990s a layer's output went through a smooth step: the **sigmoid**, from 0 to 1, or **tanh**, from −1 to 1. On
# its way back through the network the gradient is multiplied by the step's *slope*, once a layer. (By the weights as
# well; leave them aside here.)
#
# The sigmoid is steepest at 0, and there its slope is 0.25. So after four layers at most 0.25 · 0.25 · 0.25 · 0.25 of a
# gradient is left.
#
# **Predict.** How much is that? And what is left behind four layers of tanh at 0, where its slope is 1?


# %% tags=["nbval-check-output"]
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


print("    x   sigmoid'    tanh'  ReLU'")
for x in (0.5, 2.0, 5.0):
    print(f"{x:5} {sigmoid(x) * (1 - sigmoid(x)):10.4f} {1 - np.tanh(x) ** 2:8.4f} {float(x > 0):6.0f}")
print(f"four layers at their steepest: sigmoid {0.25**4:.4f}, tanh 1, ReLU 1")

# %%
x = np.linspace(-6, 6, 241)
slopes = {"sigmoid": sigmoid(x) * (1 - sigmoid(x)), "tanh": 1 - np.tanh(x) ** 2, "ReLU": (x > 0).astype(float)}
plot.lines(
    {name: (x, slope) for name, slope in slopes.items()},
    xlabel="x",
    ylabel="slope",
    alt="Slopes of three activations from −6 to 6. Sigmoid: a low hill, 0.25 at 0. Tanh: a hill of height 1 at 0, "
    "nearly 0 beyond ±3. ReLU: 0 for negative x, 1 for positive x.",
    height=2.6,
)

# %% [markdown]
# 0.0039 at the very best. Tanh loses it too as soon as its input is large: at 5 its slope is 0.0002. ReLU's slope is 1
# for every positive number.
#
# Does that matter with five layers? The same LeNet-5, the same seed, plain gradient descent, five rounds through the
# same digits. Only one word differs.

# %%
train, test = datasets.mnist("train", limit=2000), datasets.mnist("test", limit=1000)
images, test_images = (data.images.astype("float32") / 255 for data in (train, test))
print(train)


# %%
def train_lenet(activation):
    """Train LeNet-5; return its test accuracy after each epoch, and how far conv1's weights moved, in per cent."""
    keras.utils.set_random_seed(SEED)
    model = zoo.build("lenet5", (28, 28, 1), padding="same", activation=activation)
    start = model.get_layer("conv1").get_weights()[0]
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    seen = model.fit(
        images, train.labels, epochs=5, batch_size=32, verbose=0, validation_data=(test_images, test.labels)
    )
    moved = np.abs(model.get_layer("conv1").get_weights()[0] - start).mean() / np.abs(start).mean()
    return seen.history["val_accuracy"], 100 * moved


# %% [markdown]
# **Predict.** Ten classes; guessing gives about 10 %. Where are the three after five epochs?

# %%
runs = {activation: train_lenet(activation) for activation in ("sigmoid", "tanh", "relu")}
for activation, (accuracy, moved) in runs.items():
    print(f"{activation:8} test accuracy {accuracy[-1]:4.0%}   conv1's weights moved by {moved:5.1f} %")

# %%
plot.lines(
    {activation: (list("12345"), accuracy) for activation, (accuracy, _) in runs.items()},
    xlabel="epoch",
    ylabel="test accuracy",
    markers=True,
    alt="Test accuracy after each of five epochs. "
    + ". ".join(f"{name}: {', '.join(f'{a:.2f}' for a in accuracy)}" for name, (accuracy, _) in runs.items())
    + ".",
    height=2.8,
)

# %% [markdown]
# With sigmoids the network still guesses: it names the same class for every picture. The last column says why. The
# weights of its first layer have hardly moved, by less than 1 % of their size on the stand-in digits and 2 % on MNIST;
# those of the others by about 100 %. Hardly any gradient arrived there. With seeds 0, 1 and 2 sigmoids stayed between 9
# and 13 %, while tanh and ReLU reached 87 to 90 % on 2,000 digits of MNIST and 96 to 98 % on the stand-in.
#
# And ReLU against tanh? In the first epochs tanh is ahead, then they are level. Five layers, small weights: tanh works
# near 0, where its slope is nearly 1, and has nothing to suffer from. The AlexNet paper measured the two on small
# colour photos (CIFAR-10): a network of four layers with ReLU reached 25 % training error in a sixth of the epochs.
#
# With `PROFILE = "full"` the next cell trains LeNet-5 with ReLU and max pooling on all 60,000 digits. Run once, it
# named 99.1 % of the 10,000 test digits of MNIST correctly.

# %%
if PROFILE == "full":
    keras.utils.set_random_seed(SEED)
    train, test = datasets.mnist("train"), datasets.mnist("test")
    model = zoo.build("lenet5", (28, 28, 1), padding="same", activation="relu", pool="max")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    slower = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1e-3 if epoch < 8 else 2e-4)
    model.fit(train.images / 255.0, train.labels, epochs=12, batch_size=128, verbose=0, callbacks=[slower])
    print(test.source)
    print(f"test accuracy {model.evaluate(test.images / 255.0, test.labels, verbose=0)[1]:.4f}")
else:
    print('PROFILE is "quick": nothing to do here.')

# %% [markdown]
# ## AlexNet, 2012
#
# Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton took LeNet's plan to 1,000 classes and 1.2 million photos. Five
# convolutions, three fully connected layers. It trained for five to six days on two graphics cards with 3 GB each.
#
# What they changed:
#
# 1. **ReLU** in place of tanh.
# 2. **Dropout** in the two large fully connected layers: during training each of their outputs is zeroed with
#    probability ½ (lesson 05).
# 3. **Overlapping pooling**: windows of 3, stride 2 (lesson 03).
# 4. **Local response normalisation**, explained below.
# 5. **Augmentation**: pieces of 224 × 224 cut from photos of 256 × 256, mirrored, in changed colours (lesson 09).
# 6. **Two graphics cards**: the network was cut in half.
#
# The paper says that pictures are 224 × 224, kernels of the first layer 11 × 11 with stride 4; of padding it says
# nothing. Suppose there is none.
#
# **Predict.** What does lesson 02's formula say for n = 224, and does the last window end at the border? Try 227 too.

# %% tags=["nbval-check-output"]
for n in (224, 227):
    room = n - 11
    print(f"{n}: room {room}, {room} / 4 = {room / 4}, outputs {shapes.output_size(n, 11, strides=4)}")
size = 55
for pool in ("pool1", "pool2", "pool5"):  # the convolutions in between keep the size
    print(f"{pool}: {size} -> {shapes.output_size(size, 3, strides=2)}")
    size = shapes.output_size(size, 3, strides=2)

# %% [markdown]
# The paper says 55 × 55, so its pictures were 227 × 227, or padded to that. Many build it with 227. And each of the
# three overlapping poolings ends exactly at the border: 55, 27, 13, 6.
#
# ### Loud neighbours: local response normalisation
#
# At each position the value of a channel is divided by a measure of the squares of its neighbours, two channels on
# either side:
#
# $$y_c = \frac{x_c}{\left(2 + 0.0001 \sum_{j=c-2}^{c+2} x_j^2\right)^{0.75}}$$
#
# A lone 10 becomes 10 / (2 + 0.0001 · 100)^0.75 = 5.9. If a channel nearby says 200, then 0.0001 · 200² = 4 comes on
# top, and the 10 becomes 10 / 6.01^0.75 = 2.6. The loud one speaks, the neighbours fall silent.
#
# **Predict.** Seven channels: 10 10 10 10 200 10 10. Which of the tens fall to 2.6?


# %% tags=["nbval-check-output"]
def normalise(x):
    return [x[c] / (2 + 1e-4 * (x[max(c - 2, 0) : c + 3] ** 2).sum()) ** 0.75 for c in range(len(x))]


alexnet = zoo.build("alexnet", kernel_initializer="zeros")  # zeros: to be counted, not trained
channels = np.array([10, 10, 10, 10, 200, 10, 10], "float32")
layer = keras.ops.convert_to_numpy(alexnet.get_layer("lrn1")(channels[None, None, None]))[0, 0, 0]
print("by hand:  ", [f"{y:.1f}" for y in normalise(channels)])
print("the layer:", [f"{y:.1f}" for y in layer])

# %% [markdown]
# It has gone out of use. VGG's authors tried it and found no gain; then came **batch normalisation** (lesson 05). The
# two are easily confused:
#
# | | local response normalisation | batch normalisation |
# |---|---|---|
# | looks at | five channels at one position of one picture | one channel, everywhere in the whole batch |
# | subtracts the mean | no | yes |
# | parameters | none | 4 a channel: scale and shift learned, mean and variance collected |
# | place in `zoo.build("alexnet")` | after the ReLU of layers 1 and 2 | between convolution and ReLU, if asked for |
#
# ## Two graphics cards, or groups
#
# One card could not hold the network. So each card got half of the filters of every layer. In layers 2, 4 and 5 a card
# read only its own half of the maps; only in layer 3, and in the fully connected layers, did the two see each other's.
# Today this is one argument of `Conv2D`, `groups=2`.
#
# Small enough to see: 4 maps in, 6 filters, 2 groups. Filters 0, 1 and 2 read maps 0 and 1; filters 3, 4 and 5 read
# maps 2 and 3. A kernel is 3 × 3 and now only 2 deep.
#
# **Predict.** How many weights has this layer, and how many would it have without groups?

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(SEED)
maps, kernel = rng.integers(0, 5, (6, 6, 4)), rng.integers(-2, 3, (3, 3, 2, 6))
card_a = conv.conv2d(maps[..., :2], kernel[..., :3])  # maps 0 and 1, filters 0 to 2
card_b = conv.conv2d(maps[..., 2:], kernel[..., 3:])
both = np.concatenate([card_a, card_b], axis=-1)
print("two cards, put together:", both.shape)
print("the same as groups=2:   ", np.array_equal(both, conv.conv2d(maps, kernel, groups=2)))
print(f"weights: {kernel.size}, without groups {3 * 3 * 4 * 6}")

# %% [markdown]
# The layer *without* groups that does the same has all 216 weights, and half of them are zero.

# %% tags=["nbval-check-output"]
one_tower = np.zeros((3, 3, 4, 6), int)
one_tower[:, :, :2, :3] = kernel[..., :3]
one_tower[:, :, 2:, 3:] = kernel[..., 3:]
print("the same output:", np.array_equal(both, conv.conv2d(maps, one_tower)))
changed = maps.copy()
changed[..., 0] += 7  # only map 0
differs = (conv.conv2d(changed, one_tower) != both).any(axis=(0, 1))
print("outputs that change with map 0:", np.flatnonzero(differs))

# %% [markdown]
# As a picture: a row for each map, a column for each filter. The number says how many weights join the two.

# %%
wiring = np.abs(one_tower).sum(axis=(0, 1)) > 0
plot.grids(
    {"groups=2: 108 weights": 9 * wiring, "one tower: 216 weights": np.full((4, 6), 9)},
    alt="Which map (row) feeds which filter (column), and by how many weights. In two groups, maps 0 and 1 feed "
    "filters 0 to 2, maps 2 and 3 feed filters 3 to 5, by 9 weights each; the rest is 0. In one tower all cells are 9.",
    height=2.6,
)

# %% [markdown]
# A layer in two groups is a full one in which half of the weights are nailed to zero. It costs half, and half of the
# connections are missing. Some newer networks use it on purpose, with as many groups as channels even.
#
# ### Exercise: what a grouped layer costs
#
# Write `conv_cost(height, width, in_channels, filters, kernel_size, groups=1)` for a layer that keeps the size. Return
# its parameters, biases included, and its multiply-adds, biases not included. `groups` divides the channels and the
# filters. Then try it on AlexNet's second layer: 27 × 27, 96 maps, 256 filters of 5 × 5, in two groups.


# %% tags=["exercise-conv_cost"]
def conv_cost(height, width, in_channels, filters, kernel_size, groups=1):
    return ...  # (parameters, multiply-adds)


# %%
check.conv_cost(conv_cost)

# %% [markdown]
# ### The whole network
#
# Now the ledger of AlexNet, in two groups as published, and in one tower as most people build it.
#
# **Predict.** You will find it written that AlexNet has "600 thousand parameters". The first fully connected layer
# reads 6·6·256 = 9,216 numbers and has 4,096 units. Can 600 thousand be right?

# %% tags=["nbval-check-output"]
grouped = ledger.ledger(alexnet)
tower = ledger.ledger(zoo.build("alexnet", grouped=False, kernel_initializer="zeros"))
for title, book in [("two groups", grouped), ("one tower", tower)]:
    print(f"{title}: {book.params:,} parameters, {book.macs / 1e9:.2f} G multiply-adds")
print(f"fc1 alone: 9,216 · 4,096 + 4,096 = {grouped.row('fc1').params:,}")
layers = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc1", "fc2", "predictions")
print(f"values that these eight layers put out: {sum(np.prod(grouped.row(n).output_shape) for n in layers):,}")

# %% [markdown]
# About **61 million**, a hundred times "600 thousand". The paper's summary speaks of 60 million parameters *and* of
# 650,000 neurons, by which it means output values.
#
# The two groups save 1.4 million parameters, which is 2 %, and 36 % of the multiply-adds. Why so different? Look at
# where they live.

# %%
grouped.figure()

# %% [markdown]
# The convolutions have 4 % of the parameters and do 92 % of the work, and it is there that groups save.
#
# ### Exercise: find the bug
#
# The list below stands, in various spellings, in many tutorials as "AlexNet". `count` adds up its parameters.


# %%
def count(layers):
    side, depth, flat, total = 227, 3, None, 0
    for kind, *args in layers:
        if kind == "conv":
            filters, kernel, stride, padding = args
            side = shapes.output_size(side, kernel, strides=stride, padding=padding)
            total, depth = total + shapes.conv_params(kernel, depth, filters), filters
        elif kind == "pool":
            side = shapes.output_size(side, args[0], strides=args[1])
        else:
            flat = flat or side * side * depth
            total, flat = total + shapes.dense_params(flat, args[0]), args[0]
    return total


# %% tags=["nbval-check-output"]
copied = [("conv", 96, 11, 4, "valid"), ("pool", 3, 2)]  # filters, kernel, stride, padding; window, stride
copied += [("conv", 256, 5, 1, "same"), ("pool", 3, 2)]
copied += [("conv", 384, 3, 1, "same"), ("conv", 384, 3, 1, "same"), ("conv", 256, 3, 1, "same")]
copied += [("dense", 4096), ("dense", 4096), ("dense", 1000)]
print(f"{count(copied):,} parameters; one tower should have {tower.params:,}")
print(f"its first Dense layer, number 6 of 8: {count(copied[:8]) - count(copied[:7]):,}")

# %% [markdown]
# It runs, and it has 202 million parameters. Which line is wrong or missing? Put the mended list into `repaired`;
# `count(repaired)` tells you whether you are near.

# %% tags=["exercise-repaired"]
repaired = ...  # the list `copied`, with the bug mended

# %%
check.repaired(repaired)

# %% [markdown]
# ### Try it: the ledger explorer
#
# Each line is a layer. Blue bars are parameters, orange bars multiply-adds. The framed layer's arithmetic stands below.
# Here it asks you first: how many parameters has the framed layer?

# %%
quiz = explore.LedgerExplorer(network="AlexNet", layer="conv2", predict=True)
quiz

# %% [markdown]
# Three things to try, each with a guess first:
#
# 1. Move `layer` to `conv3`. It is not grouped: how deep are its filters?
# 2. Move it to `pool5`. How many parameters? And what does it do to the field?
# 3. Set `network` to `AlexNet, one tower` and go back to `conv2`. By which factor do its weights grow?
#
# ## VGG, 2014
#
# AlexNet has kernels of 11, 5 and 3, strides of 4 and 1, pooling after some layers and not after others. Karen Simonyan
# and Andrew Zisserman took the choice away: **only 3 × 3 convolutions that keep the size, only 2 × 2 poolings**, and
# depth.
#
# Why 3 × 3? Put two on top of each other. A value of the second layer sees 3 × 3 values of the first, and the outer of
# these see one pixel further on each side: 5 × 5 of the input.
#
# Let the layers have $C$ channels in and out, and leave biases aside. Two 3 × 3 layers have 2 · 9 · C² = 18C² weights.
# One 5 × 5 layer has 25C².
#
# **Predict.** Three 3 × 3 layers: how wide is their field, how many weights do they have, and how many has the one
# layer with the same field?

# %% tags=["nbval-check-output"]
for layers in (1, 2, 3):
    field = shapes.receptive_field([(3,)] * layers).size
    print(f"{layers} of 3×3: sees {field}×{field}, {9 * layers}·C² weights; one {field}×{field}: {field * field}·C²")

# %% [markdown]
# Check it on real layers, with C = 64 on 28 × 28:


# %% tags=["nbval-check-output"]
def stack(*kernels):
    model = keras.Sequential([keras.Input((28, 28, 64))])
    for size in kernels:
        model.add(keras.layers.Conv2D(64, size, padding="same", use_bias=False, activation="relu"))
    return model


pair = ledger.compare({"3×3, 3×3": stack(3, 3), "5×5": stack(5), "3×3, 3×3, 3×3": stack(3, 3, 3), "7×7": stack(7)})
print(pair)

# %% [markdown]
# 73,728 = 18 · 64² against 102,400 = 25 · 64², the same field, and 28 % less work. The wider the field, the more it
# saves. One column goes the other way: two layers have two outputs to keep in memory.
#
# There is a second gain. Between the two layers stands a ReLU. Without it, two convolutions one after the other are
# *one* convolution, with a larger kernel:

# %% tags=["nbval-check-output"]
image, a, b = rng.integers(0, 9, (8, 8)), rng.integers(-3, 4, (3, 3)), rng.integers(-3, 4, (3, 3))
two_layers = conv.conv2d(conv.conv2d(image, a), b)
merged = np.zeros((5, 5), int)
for i in range(3):
    for j in range(3):
        merged[i : i + 3, j : j + 3] += b[i, j] * a
print("without ReLU, two 3×3 are one 5×5:", np.array_equal(two_layers, conv.conv2d(image, merged)))
with_relu = conv.conv2d(np.maximum(conv.conv2d(image, a), 0), b)
print("with a ReLU between them:         ", np.array_equal(with_relu, conv.conv2d(image, merged)))

# %% [markdown]
# With a ReLU in between, the pair can do what no single kernel can.
#
# ### Exercise: stack 3 × 3s
#
# Write `three_by_threes(field)`. It returns how many 3 × 3 layers it takes to see `field` pixels or more, and how many
# weights they have, in units of C². For 5 that is `(2, 18)`, and for 6 it is `(3, 27)`.


# %% tags=["exercise-three_by_threes"]
def three_by_threes(field):
    return ...  # (layers, weights in units of C * C)


# %%
check.three_by_threes(three_by_threes)

# %% [markdown]
# ### Four networks in a table
#
# VGG comes in several depths. Each has five blocks with 64, 128, 256, 512 and 512 filters and a pooling at the end of
# each. Only the number of convolutions in a block differs, so the whole family is a table:
#
# | | block 1 | block 2 | block 3 | block 4 | block 5 | convolutions + 3 Dense layers |
# |---|---|---|---|---|---|---|
# | VGG-11 | 1 | 1 | 2 | 2 | 2 | 8 + 3 |
# | VGG-13 | 2 | 2 | 2 | 2 | 2 | 10 + 3 |
# | VGG-16 | 2 | 2 | 3 | 3 | 3 | 13 + 3 |
# | VGG-19 | 2 | 2 | 4 | 4 | 4 | 16 + 3 |
#
# The number in the name counts layers with weights. Five poolings make 224 → 112 → 56 → 28 → 14 → 7. Then come Dense
# layers with 4,096, 4,096 and 1,000 units.

# %%
depths = {"VGG-11": (1, 1, 2, 2, 2), "VGG-13": (2, 2, 2, 2, 2), "VGG-16": (2, 2, 3, 3, 3), "VGG-19": (2, 2, 4, 4, 4)}


def vgg_convolutions(blocks):
    x = inputs = keras.Input((224, 224, 3))
    for filters, depth in zip((64, 128, 256, 512, 512), blocks, strict=True):
        for _layer in range(depth):
            x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="zeros")(x)
        x = keras.layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, x)


# %% [markdown]
# **Predict.** VGG-16's thirteen convolutions have 14.7 million parameters. Its three Dense layers read 7·7·512 = 25,088
# numbers. Do they have fewer parameters than the convolutions, about as many, or several times as many? And how much
# larger than VGG-11 is VGG-19, with eight more layers?

# %% tags=["nbval-check-output"]
dense = shapes.dense_params(7 * 7 * 512, 4096) + shapes.dense_params(4096, 4096) + shapes.dense_params(4096, 1000)
for name, blocks in depths.items():
    model = vgg_convolutions(blocks)
    convolutions = model.count_params()
    print(f"{name}: {convolutions:>10,} + {dense:,} = {convolutions + dense:,}   ends in {model.output.shape[1:]}")

# %% [markdown]
# Several times as many: 124 million, and they are there whatever the depth. Eight more layers make 8 % more parameters.
# What has the depth cost, then?

# %% tags=["nbval-check-output"]
vgg16 = ledger.ledger(zoo.build("vgg16", kernel_initializer="zeros"))
print(vgg16)

# %%
vgg16.figure()

# %% [markdown]
# Read the two ends against each other. block1_conv2 has 36,928 parameters, next to nothing, and needs 1.85 G
# multiply-adds: each weight is used at 224 · 224 = 50,176 positions. fc1 has 103 million parameters and needs 0.1 G.
# 15.47 G in all, 21 times AlexNet's.
#
# Whole rows of multiply-adds are equal. From one block to the next a side is halved, which is a quarter of the
# positions, and the channels double on both ends, which is four times the products. The two cancel.
#
# The memory is at the beginning: 12.2 MiB for each convolution's output in block 1. One picture needs 58 MiB, and
# training keeps it all for the way back. For each parameter it keeps four numbers: itself, its gradient, and the two
# means that Adam remembers.
#
# **Predict.** A batch of 64 pictures in training: do the outputs need more memory than the 138 million parameters with
# all that belongs to them?

# %% tags=["nbval-check-output"]
print(f"parameters, 4 bytes each:   {4 * vgg16.params / 2**30:.2f} GiB")
print(f"with gradients and Adam:    {4 * 4 * vgg16.params / 2**30:.2f} GiB")
print(f"the outputs of 64 pictures: {64 * vgg16.activation_bytes / 2**30:.2f} GiB")

# %% [markdown]
# 1.8 times as much, and that is a lower bound: the outputs have gradients too, a few at a time. If training runs out of
# memory, the batch and the picture size are what you can reduce first.
#
# ### Exercise: where VGG-16 keeps what
#
# What share of VGG-16's parameters is in its three Dense layers `fc1`, `fc2` and `predictions`, and what share of its
# multiply-adds? In per cent, with two decimals or more. `vgg16.row("fc1").params`, `.macs`, `vgg16.params` and
# `vgg16.macs` are numbers you can compute with.

# %% tags=["exercise-vgg_shares"]
shares = ...  # (per cent of the parameters, per cent of the multiply-adds)

# %%
check.vgg_shares(shares)

# %% [markdown]
# ## Side by side
#
# The explorer can put two networks beside each other, on one scale.

# %%
side_by_side = explore.LedgerExplorer(network="AlexNet", beside="VGG-16", layer="fc1")
side_by_side

# %% [markdown]
# Try:
#
# 1. Two years lie between them. By what factor did the parameters grow, by what factor the work? (The last line.)
# 2. Set `network` to `VGG-19` and `beside it` to `VGG-16`. What have the three additional layers added to each of the
#    two columns?
# 3. Set `beside it` to `nothing` and move `layer` from `block1_conv1` to `block5_pool`. Watch *sees*: the 3 × 3 kernels
#    end up with fields of 212 pixels in VGG-16 and 268 in VGG-19. Who does more for that, the convolutions or the
#    poolings? (What does a pooling do to every layer behind it?)
#
# It reads your own models too: `explore.LedgerExplorer({"mine": model, "LeNet-5": "lenet5"})`.
#
# ## Three networks, sixteen years
#
# **Predict.** From AlexNet to VGG-16 the errors halved: 15.3 to 7.3. Which of the two costs grew more?

# %% tags=["nbval-check-output"]
rows = [("LeNet-5", 1998, lenet_book), ("AlexNet", 2012, grouped), ("VGG-16", 2014, vgg16)]
print(f"{'':8} {'year':>5} {'parameters':>13} {'M multiply-adds':>16} {'multiply-adds for each':>23}")
for name, year, book in rows:
    print(f"{name:8} {year:>5} {book.params:>13,} {book.macs / 1e6:>16,.1f} {book.macs / book.params:>23.0f}")

# %% [markdown]
# The last column divides the one by the other: how often a parameter is used for one picture, on average. AlexNet uses
# each 12 times, VGG-16 112 times: the work grew far more than the parameters. And GoogLeNet, the winner of the same
# year, made fewer errors than VGG with 7 million parameters, a twentieth. How, is lesson 07.

# %% [markdown]
# ## Summary
#
# - LeNet-5, AlexNet and VGG follow one plan: convolutions and poolings until little of the picture's size is left, then
#   fully connected layers. 61,706, 60,965,224 and 138,357,544 parameters.
# - Parameters live in the first fully connected layer, compute in the convolutions, memory in the first of them. A
#   ledger shows all three, and a wrong total tells you which layer to look at.
# - A sigmoid's slope is at most a quarter, and the gradient is multiplied by it in each layer again. Where a ReLU lets
#   a number through, its slope is 1.
# - Groups cut a layer into halves that do not see each other: half the weights, half the work.
# - Two 3 × 3 layers see what one 5 × 5 layer sees, with 18C² weights in place of 25C², and with a ReLU in between they
#   can do more.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **ImageNet challenge (ILSVRC)**: the yearly race of 2010 to 2017 with 1,000 classes and 1.2 million labelled photos.
#   Networks trained on these photos are called *trained on ImageNet*.
# - **top-5 error**: the share of pictures whose label is not among the five classes with the highest scores.
# - **LeNet-5**: the network of 1998 that read digits on cheques: two convolutions, two poolings and, as built today,
#   three fully connected layers with 61,706 parameters in all.
# - **AlexNet**: the winner of 2012, with five convolutions, three fully connected layers and 61 million parameters. It
#   brought ReLU, dropout and graphics cards to the race.
# - **VGG**: networks of 2014 made of 3 × 3 convolutions that keep the size and 2 × 2 poolings alone, with 11 to 19
#   layers that have weights.
# - **block**: a run of layers that a network repeats with other numbers. In VGG: one to four convolutions with equally
#   many filters, and a pooling.
# - **sigmoid**: the smooth step 1 / (1 + e⁻ˣ), from 0 to 1. Its slope is a quarter at 0 and less everywhere else.
# - **tanh**: the smooth step from −1 to 1. Its slope is 1 at 0 and nearly 0 beyond ±3.
# - **local response normalisation (LRN)**: divides a value by a power of a constant plus the scaled sum of squares of
#   the neighbouring channels at the same position. It has no parameters and is out of use.
# - **tower**: a column of layers that computes beside another one. AlexNet has two, one for each graphics card; in *one
#   tower* every filter reads all channels.
# - **activation memory**: the bytes that all layers' outputs take. Training keeps them for the way back, so they grow
#   with the batch; the parameters do not.

# %% [markdown]
# **Further reading**
#
# - Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, *Gradient-Based Learning Applied to Document
#   Recognition*, Proceedings of the IEEE, 1998.
# - Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton, *ImageNet Classification with Deep Convolutional Neural
#   Networks*, NeurIPS 2012.
# - Karen Simonyan and Andrew Zisserman, *Very Deep Convolutional Networks for Large-Scale Image Recognition*, ICLR 2015
#   (arXiv:1409.1556).
# - Olga Russakovsky and others, *ImageNet Large Scale Visual Recognition Challenge*, International Journal of Computer
#   Vision, 2015 (arXiv:1409.0575).
#
# **Where next.** Lesson 07, going deeper: what to do with fewer parameters, and why a network of fifty layers needs
# shortcuts.

# %% [markdown] tags=["navigation"]
# [← 05 · Your first CNN](05_first_cnn.ipynb) ·
# [All lessons](index.ipynb) ·
# [07 · Going deeper →](07_going_deeper.ipynb)

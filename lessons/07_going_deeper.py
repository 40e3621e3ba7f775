# %% [markdown]
# # 07 · Going deeper
#
# <!-- navigation -->
# [← 06 · Classic architectures: LeNet, AlexNet, VGG](06_classic_architectures.ipynb) ·
# [All lessons](index.ipynb) ·
# [08 · What a CNN sees →](08_what_a_cnn_sees.ipynb)
#
# VGG-19 has nineteen layers and 144 million parameters. How do networks of 150 layers come to have fewer, and why did
# plain stacks of layers stop getting better long before?
#
# **By the end you can**
#
# - say what a 1 × 1 convolution computes, and work out what a bottleneck saves;
# - add up parameters, multiply-adds and channels of an Inception module, naive and reduced;
# - show in an experiment that a deep plain network trains worse than a shallow one;
# - write a residual unit, and choose the shortcut where shapes differ;
# - compute a squeeze-and-excitation gate, and read those of a trained network.
#
# **Time:** about 75 minutes of reading and trying; the cells themselves run in about a minute on a laptop. **You
# need:** lessons 04 to 06.

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

from cnnlab import datasets, explore, ledger, plot, shapes, zoo
from cnnlab.checks import lesson07 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" trains 20 and 56 layers on CIFAR-10: an hour or more, on a GPU
SEED = 0

# %% [markdown]
# ## A network inside every pixel
#
# A 1 × 1 kernel sees one pixel. With one channel that multiplies by one number. With many channels it is something
# else. Take a pixel with the four channels 2, 0, 5, 1, and two filters:
#
# | | channel 0 | 1 | 2 | 3 | sum |
# |---|---|---|---|---|---|
# | pixel | 2 | 0 | 5 | 1 | |
# | filter A | 1 | −1 | 0 | 2 | 2 + 0 + 0 + 2 = **4** |
# | filter B | 0 | 3 | 1 | −4 | **?** |
#
# **Predict.** What does filter B give?

# %% tags=["nbval-check-output"]
pixel = np.array([2, 0, 5, 1])
filters = np.array([[1, 0], [-1, 3], [0, 1], [2, -4]])  # (4 channels in, 2 filters)
print(pixel @ filters)

# %% [markdown]
# Four channels became two: each new channel is a weighted sum of the old ones. This is a fully connected layer of two
# units, applied to one pixel. The convolution applies the same one to *every* pixel: in NumPy, one matrix product over
# the last axis. With a ReLU and a second 1 × 1 layer behind it, a small network sits in every pixel. That is *Network
# in Network* (2013).

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(SEED)
image = rng.integers(0, 6, (6, 6, 4)).astype("float32")
layer = layers.Conv2D(2, 1, use_bias=False)
layer.build((None, 6, 6, 4))
layer.set_weights([filters[None, None].astype("float32")])  # (1, 1, 4, 2)
ours, theirs = image @ filters, keras.ops.convert_to_numpy(layer(image[None]))[0]
print(ours.shape, "equal to Keras:", np.array_equal(ours, theirs))

# %% [markdown]
# ## The bottleneck
#
# Here is a 5 × 5 convolution as it stood in a network of 2014: 28 × 28 pixels and 192 channels come in, 32 channels
# come out.
#
# - Each output value needs 5 · 5 · 192 = 4,800 products.
# - There are 28 · 28 · 32 = 25,088 output values.
# - That makes 4,800 · 25,088 = 120,422,400 multiply-adds.
#
# Now squeeze the 192 channels to 16 first, by a 1 × 1 convolution, and let the 5 × 5 read those 16.
#
# **Predict.** The 1 × 1 costs 192 products for each of 28 · 28 · 16 values. The 5 × 5 now needs 5 · 5 · 16 = 400 for
# each of its values. Is the sum a half, a quarter or a tenth of 120 million?

# %% tags=["nbval-check-output"]
direct = shapes.conv_macs(28, 5, 192, 32, padding="same")
squeeze = shapes.conv_macs(28, 1, 192, 16)
expand = shapes.conv_macs(28, 5, 16, 32, padding="same")
print(f"directly: {direct:,}")
print(f"squeezed: {squeeze:,} + {expand:,} = {squeeze + expand:,}")
print(f"{direct / (squeeze + expand):.1f} times less")

# %% [markdown]
# A tenth. Same input shape, same output shape. The narrow layer in the middle is a **bottleneck**. Its price: all that
# the 5 × 5 can know about a pixel must fit into 16 numbers.
#
# ### Exercise: what a bottleneck costs
#
# Write `bottleneck_macs(h, w, c_in, c_mid, c_out, f)`: the multiply-adds of a 1 × 1 convolution from `c_in` to `c_mid`
# channels, then an f × f convolution from `c_mid` to `c_out`, both on h × w pixels with padding `same`.
# `check.bottleneck_macs.hint()` gives a nudge, `check.bottleneck_macs.solution()` an answer.


# %% tags=["exercise-bottleneck_macs"]
def bottleneck_macs(h, w, c_in, c_mid, c_out, f):
    return ...


# %%
check.bottleneck_macs(bottleneck_macs)

# %% [markdown]
# ## Inception: all sizes at once
#
# Which kernel size is right for a layer, 1, 3 or 5? GoogLeNet's answer (2014): take them all, and a max-pooling too,
# and put the results behind each other as channels. For that all four must keep the picture's size: padding `same`, and
# a pooling with stride 1.
#
# The **naive** form, on the 28 × 28 × 192 from above: 64 filters of 1 × 1, 128 of 3 × 3, 32 of 5 × 5, and a 3 × 3
# max-pooling. The 1 × 1 path has 192 · 64 = 12,288 weights and 64 biases; each weight is used at 784 positions, which
# makes 9.6 million multiply-adds.
#
# **Predict.** How many channels come out? Mind the pooling: what does it do to its 192 channels?

# %% tags=["nbval-check-output"]
x = keras.Input((28, 28, 192))
paths = [layers.Conv2D(n, size, padding="same", activation="relu")(x) for n, size in [(64, 1), (128, 3), (32, 5)]]
paths.append(layers.MaxPooling2D(3, strides=1, padding="same")(x))
naive = keras.Model(x, layers.Concatenate()(paths))
print([path.shape[-1] for path in paths], "->", naive.output_shape)

# %% tags=["nbval-check-output"]
book = ledger.ledger(naive)
for row in book:
    if row.params:
        biases = row.output_shape[-1]  # one a filter
        print(f"{row.params - biases:>8,} weights + {biases:>3} biases  {row.macs / 1e6:>6.1f} M multiply-adds")
print(f"{book.params - 224:>8,} weights + 224 biases  {book.macs / 1e6:>6.1f} M multiply-adds in all")

# %% [markdown]
# 416 channels: 64 + 128 + 32 from the convolutions, and all 192 from the pooling, which passes every channel on. So the
# output is wider than the input, and the next module pays for it.
#
# A second such module costs 658 million multiply-adds, the fourth 1.4 billion. The bottleneck is the remedy, three
# times:
#
# | path | 1 × 1 | then | weights |
# |---|---|---|---|
# | 1 × 1 | | 64 filters | 12,288 |
# | 3 × 3 | 192 → 96 | 96 → 128 | 18,432 + 110,592 |
# | 5 × 5 | 192 → 16 | 16 → 32 | 3,072 + 12,800 |
# | pooling, then 1 × 1 | | 192 → 32 | 6,144 |
#
# In front of the 3 × 3 and the 5 × 5 the 1 × 1 makes them cheap; behind the pooling it keeps the output narrow.


# %%
def inception(x, one, reduce3, three, reduce5, five, pool):
    def conv(x, filters, size):
        return layers.Conv2D(filters, size, padding="same", activation="relu")(x)

    paths = [
        conv(x, one, 1),
        conv(conv(x, reduce3, 1), three, 3),
        conv(conv(x, reduce5, 1), five, 5),
        conv(layers.MaxPooling2D(3, strides=1, padding="same")(x), pool, 1),
    ]
    return layers.Concatenate()(paths)


# %% [markdown]
# **Predict.** How many channels come out of `inception(x, 64, 96, 128, 16, 32, 32)`?

# %% tags=["nbval-check-output"]
x = keras.Input((28, 28, 192))
reduced = ledger.ledger(keras.Model(x, inception(x, 64, 96, 128, 16, 32, 32)))
print(reduced[-1].output_shape)
print(f"{reduced.params - 368:,} weights + 368 biases, {reduced.macs / 1e6:.1f} M multiply-adds")
print(f"naive: {book.macs / 1e6:.1f} M, {book.macs / reduced.macs:.1f} times as many")

# %% [markdown]
# 256 channels where the naive form gives 416, for 42 % of its work.
#
# ### Exercise: the next module
#
# The second module of GoogLeNet takes 28 × 28 × 256. Its paths: 1 × 1 with 128 filters; 1 × 1 with 128, then 3 × 3 with
# 192; 1 × 1 with 32, then 5 × 5 with 96; pooling, then 1 × 1 with 64. How many channels come out?

# %% tags=["exercise-module_channels"]
channels = ...

# %%
check.module_channels(channels)

# %% [markdown]
# ## GoogLeNet
#
# Three convolutions, then nine such modules with two poolings between them: that is GoogLeNet.
#
# At the end stand 7 × 7 × 1024 values. VGG would flatten them and connect all of them to the next layer. GoogLeNet
# takes the mean of each channel, a **global average pooling**, and connects those 1,024 numbers to the 1,000 classes:
# 1,025,000 parameters. After a `Flatten` they would be 50,177,000, more than eight times the whole rest.
#
# **Predict.** VGG-16 has 138 million parameters. How many has GoogLeNet: 7, 70 or 700 million?

# %% tags=["nbval-check-output"]
googlenet = zoo.build("googlenet", kernel_initializer="zeros")
with_heads = zoo.build("googlenet", auxiliary=True, kernel_initializer="zeros")
print(f"GoogLeNet:                 {googlenet.count_params():>10,}")
print(f"with both auxiliary heads: {with_heads.count_params():>10,}")

# %% [markdown]
# Seven million, a twentieth of VGG-16's, and it won the competition of 2014 ahead of it.
#
# The **auxiliary heads** are two more classifiers that hang halfway up. While training, their losses are added with a
# weight of 0.3, so that the lower layers get a gradient that does not come all the way from the end. They are thrown
# away after training. Somebody did not trust the gradient.
#
# ## Why not a hundred layers?
#
# By 2015 that had failed in a strange way. Kaiming He and his colleagues trained plain networks on ImageNet: with 18
# layers 27.94 % of the validation pictures were wrong, with 34 layers 28.54 %. On CIFAR-10, 56 layers were worse than
# 20, **and on the training pictures too**. So it was not overfitting: whoever overfits is too good on the training
# pictures.
#
# A deep network can do anything a shallow one can: let its extra layers pass on what they get. Training does not find
# that. The paper calls this **degradation**.
#
# To pass on what it gets, a kernel of 3 × 3 × 64 must have a 1 in the middle of one channel and 0 at its 575 other
# places, far from the small random numbers it starts with.
#
# ### A chain, by hand
#
# Take 20 layers, each with a single weight 0.1: $a_{k+1} = 0.1 \cdot a_k$. Each multiplies a change of the input by
# 0.1, so the output changes by $0.1^{20} = 10^{-20}$ of it. That number *is* the gradient with respect to the input.
#
# Now let each layer **add** what it computes to what it got: $a_{k+1} = a_k + 0.1 \cdot a_k$. Its slope is 1 + 0.1.
#
# **Predict.** What is $1.1^{20}$, roughly: 0.1, 1, 7 or 100? And if half of the weights are +0.1 and half −0.1?

# %% tags=["nbval-check-output"]
print(f"plain, 20 weights of 0.1:          {0.1**20:.0e}")
print(f"with shortcuts:                    {1.1**20:.1f}")
print(f"with shortcuts, ten of each sign:  {1.1**10 * 0.9**10:.2f}")
print(f"with shortcuts, 20 weights of 1:   {2**20:,}")

# %% [markdown]
# The 1 makes the difference: there is always a path along which nothing is multiplied. The last line is a warning: a
# shortcut does not protect against numbers that *grow*.
#
# ## The residual unit
#
# Two layers, and the unit's input added before the last ReLU, $g$:
#
# $$z = W_2\, g(W_1 a^{[l]} + b_1) + b_2, \qquad a^{[l+2]} = g(z + a^{[l]})$$
#
# With all weights and biases 0, $z = 0$ and $a^{[l+2]} = g(a^{[l]})$. That is $a^{[l]}$ itself, because what comes out
# of a ReLU is never negative. So doing nothing needs no exact pattern, only small weights, and the two layers learn
# what is to be *changed*: the residual.
#
# ### Exercise: a residual unit
#
# Write it for vectors, without biases: `a` has shape (n,), and `a @ w1` is the first layer before its ReLU.


# %% tags=["exercise-residual_unit"]
def residual_unit(a, w1, w2):
    return ...


# %%
check.residual_unit(residual_unit)

# %% [markdown]
# ### The unit as layers
#
# The same in Keras, on a picture of 28 × 28 × 3: a convolution to 128 channels, and behind it a unit that goes to 64
# channels and back to 128.
#
# **Predict.** How many parameters has each of the three convolutions? And the addition?

# %% tags=["nbval-check-output"]
inputs = keras.Input((28, 28, 3))
a = layers.Conv2D(128, 3, padding="same", activation="relu", name="before")(inputs)
z = layers.Conv2D(64, 3, padding="same", activation="relu", name="unit_conv1")(a)
z = layers.Conv2D(128, 3, padding="same", name="unit_conv2")(z)
toy = keras.Model(inputs, layers.ReLU(name="out")(layers.Add(name="add")([z, a])))
for layer in toy.layers[1:]:
    print(f"{layer.name:<10} {layer.output.shape[1:]}  {layer.count_params():>6,}")
print(f"in all: {toy.count_params():,}")

# %% [markdown]
# 3,584 + 73,792 + 73,856 = 151,232. The addition has none. The unit returns to 128 channels because what is added must
# have one shape.
#
# ### Where the shapes differ
#
# Now and then a network halves its picture and widens its channels. Then the input no longer fits.
#
# **Predict.** Here are two additions that make no sense. Which does Keras refuse: the first, the second or both?


# %% tags=["nbval-check-output"]
def addition(shape, other):
    try:
        return layers.Add()([keras.Input(shape), keras.Input(other)]).shape[1:]
    except ValueError:
        return "ValueError"


print("28 x 28 x 64 and 14 x 14 x 128:", addition((28, 28, 64), (14, 14, 128)))
print("28 x 28 x 64 and 28 x 28 x 1:  ", addition((28, 28, 64), (28, 28, 1)))

# %% [markdown]
# Only the first. The second runs, and that is worse: the one channel is repeated 64 times without a word.
#
# The remedy is a **projection**: a 1 × 1 convolution on the shortcut, with as many filters as the residual has
# channels, and with stride 2 where the picture is halved.
#
# ### Exercise: which shortcut?
#
# Write `shortcut(before, after)` for two shapes (H, W, C): the unit's input and its residual. It returns `None` if the
# input can be added as it is, and otherwise `(filters, strides)` of the projection. Mind odd sides: a stride of 2 turns
# 7 pixels into 4 (windows at 0, 2, 4 and 6).


# %% tags=["exercise-shortcut"]
def shortcut(before, after):
    return ...  # None, or (filters, strides) of a 1 × 1 convolution


# %%
check.shortcut(shortcut)

# %% [markdown]
# ## What reaches the layers
#
# The explorer builds two networks of 26 layers for 8 × 8 digits: the same random weights, the same ten pictures, one
# with shortcuts and one without. Nothing is trained.
#
# First, what flows *forwards*. The weights are what Keras draws if you say nothing (Glorot's rule). You see the plain
# network and are asked about the other one.

# %%
flow_quiz = explore.ResidualExplorer(quantity="signal forwards", predict=True)
flow_quiz

# %% [markdown]
# Each plain layer leaves 0.64 of the signal's size, and $0.64^{25}$ is about a hundred-thousandth. Try, with a guess
# each:
#
# 1. Set *show* to `gradient backwards`. The same happens on the way back, from right to left.
# 2. Set *show* to `kernel gradients`, which move the weights. They are made of what comes in and what comes back, and
#    so they are tiny in *every* layer of the plain network.
# 3. Set *weights* to `He` and *show* to `signal forwards`. He's rule makes the weights √2 times as large, to make up
#    for what a ReLU cuts off, and the plain network loses much less. But now the residual one *grows*.
#
# The remedy for both is **batch normalisation** after each convolution. All ResNets have it, and so had the plain
# networks that degraded.
#
# **Predict.** With batch normalisation nothing can shrink on its way forwards. Which network has the larger gradient in
# its first layer now?

# %%
gradients = explore.ResidualExplorer(weights="He", normalization="batch")
gradients

# %% [markdown]
# The plain one. Its gradient *grows* on the way back, by 1.16 a layer, and $1.16^{25}$ is about 40. (It is no accident:
# move *seed*.) When its last layers ask for a small step, its first ones ask for one forty times as large, and a single
# learning rate must do for all. Along the shortcuts it grows more slowly.
#
# So "gradients vanish" is not the problem that ResNet solved: with batch normalisation those of the plain networks were
# healthy, as the authors checked. They are harder to optimise, and the unequal gradients are a part of it.
#
# ## Plain against residual
#
# Now train them: the same depth, the same starting weights to the last digit, the same batches in the same order. The
# addition is the only difference.


# %%
def unit(a, filters, skip):
    z = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(a)
    z = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(z))
    z = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(z)
    z = layers.BatchNormalization(momentum=0.9)(z)
    return layers.ReLU()(layers.Add()([z, a]) if skip else z)


# %%
def small_network(depth, skip):
    inputs = keras.Input((8, 8, 1))
    a = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    a = layers.MaxPooling2D()(a)  # 4 × 4 from here on, to save time
    for _unit in range((depth - 2) // 2):
        a = unit(a, 16, skip)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(a)))


# %% [markdown]
# The first convolution and the classifier count as layers, so depth 26 has twelve units. The pictures are
# scikit-learn's 8 × 8 digits, whatever data you have: 1,400 to train on and 397 to test. `PROFILE = "full"` takes the
# paper's networks of 20 and 56 layers and CIFAR-10 instead, without its augmentation and falling learning rate: expect
# its order, not its accuracies.

# %%
if PROFILE == "full":
    train, test = datasets.cifar10("train"), datasets.cifar10("test")
    (x_train, y_train), (x_test, y_test) = (train.images, train.labels), (test.images, test.labels)
    depths, epochs, batch_size, seeds = (20, 56), 60, 128, [SEED]
else:
    train = datasets.digits()
    order = np.random.default_rng(SEED).permutation(len(train))
    (x_train, x_test), (y_train, y_test) = (np.split(v[order], [1400]) for v in (train.images, train.labels))
    depths, epochs, batch_size, seeds = (8, 26), 4, 64, [SEED, SEED + 1, SEED + 2]
x_train, x_test = x_train.astype("float32") / 255, x_test.astype("float32") / 255
print(f"{train.source}: {len(x_train):,} to train on, {len(x_test):,} to test")


# %%
def network(depth, skip):
    if PROFILE != "full":
        return small_network(depth, skip)
    return zoo.build(f"{'resnet' if skip else 'plain'}{depth}", classifier_activation=None)


both = []
for skip in (False, True):
    keras.utils.set_random_seed(SEED)
    both.append(network(depths[1], skip).get_weights())
print("the same starting weights:", all(map(np.array_equal, *both)))

# %% [markdown]
# **Predict.** Four networks: plain and residual, 8 and 26 layers, four passes over the training digits. Put their
# *training* accuracies in order.


# %%
def compiled(depth, skip):
    model = network(depth, skip)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    return model


def trained(model, depth, skip, seed):
    keras.utils.set_random_seed(seed)  # the same weights, and the same order of the pictures
    model.set_weights(network(depth, skip).get_weights())
    history = model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=0).history
    return history["accuracy"], model.evaluate(x_test, y_test, batch_size=500, verbose=0)[1]


# %% [markdown]
# The next cell trains twelve networks. Each line gives the mean over three seeds, the lowest and the highest.

# %%
results = {}
for depth in depths:
    for skip in (False, True):
        name, model = f"{'residual' if skip else 'plain'}, {depth} layers", compiled(depth, skip)
        runs = [trained(model, depth, skip, seed) for seed in seeds]
        results[name] = np.array([curve for curve, _ in runs])  # (seeds, epochs)
        for what, values in (("training", results[name][:, -1]), ("test", np.array([test for _, test in runs]))):
            print(f"{name:<19} {what:<8} {values.mean():.2f}  ({values.min():.2f} to {values.max():.2f})")

# %% [markdown]
# Each residual network has a plain twin with the same first weights. Compare the twins.

# %%
for depth in depths:
    plain, residual = (results[f"{kind}, {depth} layers"][:, -1] for kind in ("plain", "residual"))
    gaps = ", ".join(f"{gap:+.2f}" for gap in residual - plain)
    print(f"{depth} layers, training accuracy, residual minus plain, seed by seed: {gaps}")

# %%
words = "; ".join(f"{name} {curves[:, -1].mean():.2f}" for name, curves in results.items())
plot.lines(
    {name: (np.arange(1, epochs + 1), curves.mean(axis=0)) for name, curves in results.items()},
    xlabel="epoch",
    ylabel="training accuracy",
    markers=epochs <= 10,
    alt=f"Training accuracy after each epoch, mean of the seeds, four curves. At the end: {words}.",
)

# %% [markdown]
# With 26 layers, shortcuts decide: about 0.99 of the training digits against 0.6 to 0.7. Twin by twin the residual
# network is ahead by a quarter or more, and the worst residual run is far above the best plain one. On 1,400 digits of
# MNIST, shrunk to 8 × 8 pixels, we measured 0.33, 0.34 and 0.43. (Deep plain networks are touchy: another number of
# processor cores gives other decimals.)
#
# The plain network of 26 layers is also worse than the plain one of 8, *on the pictures it was trained on*. This is
# degradation, made on your own machine. With shortcuts the order turns round. With 8 layers they matter less: 0.03 to
# 0.1 for each seed.
#
# What it does *not* show: that the plain network cannot learn. With 20 epochs in place of 4 our three reached 0.96,
# 1.00 and 1.00. On CIFAR-10 with 56 layers the paper's plain network never caught up. (Trust the training curves: in
# the test, batch normalisation uses means and variances that lag behind the weights.)
#
# ## ResNet as data
#
# A ResNet is a stem, four blocks of units, a global average and a classifier. The first unit of each block but the
# first halves the picture and doubles the channels. Five numbers describe each:
#
# | | units in the four blocks | convolutions in a unit |
# |---|---|---|
# | ResNet-18 | 2, 2, 2, 2 | 2 |
# | ResNet-34 | 3, 4, 6, 3 | 2 |
# | ResNet-50 | 3, 4, 6, 3 | 3 |
# | ResNet-101 | 3, 4, 23, 3 | 3 |
# | ResNet-152 | 3, 8, 36, 3 | 3 |
#
# From 50 layers on a unit is a bottleneck: 1 × 1 down to a quarter of the channels, 3 × 3, 1 × 1 up again.
#
# **Predict.** A unit of two 3 × 3 convolutions on 64 channels has 73,728 weights. A bottleneck unit on **256** channels
# goes 256 → 64 → 64 → 256. Has it four times, sixteen times, or as many?

# %% tags=["nbval-check-output"]
print(f"two 3x3 on 64 channels:     {2 * 9 * 64 * 64:,}")
print(f"bottleneck on 256 channels: {256 * 64 + 9 * 64 * 64 + 64 * 256:,}")

# %% [markdown]
# A little less, for four times the channels.
#
# ### Exercise: where the names come from
#
# Write `depth(units, each)`: the number in the network's name, from the units in each block and the convolutions in a
# unit. It counts the layers with weights on the way from the picture to the classes.


# %% tags=["exercise-depth"]
def depth(units, each):
    return ...


# %%
check.depth(depth)

# %% [markdown]
# **Predict.** VGG-16 has 138 million parameters and 15.5 billion multiply-adds. Is ResNet-50 larger? Does it cost more?

# %% tags=["nbval-check-output"]
books = {}
for number in (18, 34, 50, 101, 152):
    books[f"ResNet-{number}"] = ledger.ledger(zoo.build(f"resnet{number}", kernel_initializer="zeros"))
for name, book in books.items():
    print(f"{name:<11} {book.trainable_params:>11,} trainable parameters  {book.macs / 1e9:5.1f} G multiply-adds")

# %% [markdown]
# ResNet-152 is eight times as deep as VGG-19, has less than half of its parameters, and needs less work than VGG-16.
# Depth is cheap if the layers are narrow.
#
# You will find other figures for the same networks, which count other things. For ResNet-50:
#
# - **Multiply-adds** from 3.8 to 4.1 billion. The paper puts the stride of a block into the first 1 × 1 convolution of
#   its first unit, later libraries into the 3 × 3 behind it.
# - **Parameters** of 25,636,712 in `keras.applications`. Its convolutions have biases, and it counts batch
#   normalisation's mean and variance for each channel.

# %% tags=["nbval-check-output"]
later = ledger.ledger(zoo.build("resnet50", strided_conv=2, kernel_initializer="zeros"))
print(f"stride in the 1x1: {books['ResNet-50'].macs / 1e9:.2f} G   in the 3x3: {later.macs / 1e9:.2f} G")
applied = keras.applications.ResNet50(weights=None)
biases = sum(layer.bias.shape[0] for layer in applied.layers if isinstance(layer, layers.Conv2D))
statistics = sum(weight.shape[0] for weight in applied.non_trainable_weights)
ours = books["ResNet-50"].trainable_params
print(f"{ours:,} + {biases:,} biases + {statistics:,} means and variances = {ours + biases + statistics:,}")
print(f"keras.applications.ResNet50: {applied.count_params():,}")

# %% [markdown]
# Another sentence goes round: *"ResNet uses no max-pooling; it halves with strides."* Ask the network.

# %% tags=["nbval-check-output"]
for row in books["ResNet-50"][:7]:
    print(f"{row.name:<19} {row.kind:<19} {row.output_shape}")
poolings = [row.name for row in books["ResNet-152"] if row.kind == "MaxPooling2D"]
print("max-poolings in ResNet-152:", poolings)

# %% [markdown]
# There is one, after the first convolution. The later halvings are done by strides.
#
# ## Squeeze and excitation
#
# A convolution mixes channels in the same way for every picture. Squeeze-and-excitation (2017) lets the network turn
# channels up and down for each picture:
#
# 1. **Squeeze**: the mean of each channel.
# 2. **Excite**: a small fully connected layer with ReLU, a second with a sigmoid. A **gate** from 0 to 1 for each
#    channel.
# 3. **Scale**: multiply each channel by its gate.
#
# By hand, with two channels whose means are 3 and 1, and one unit between: weights 1 and −1 into it, 1 and −1 out of
# it. The unit gives relu(3 − 1) = 2. The gates are the sigmoid of 2 and of −2.
#
# **Predict.** The sigmoid is 1 / (1 + e⁻ˣ), and e⁻² is 0.135. What are the two gates? And what are they for a picture
# whose means are 1 and 3?

# %% tags=["nbval-check-output"]
for means in ([3, 1], [1, 3]):
    few = max(means[0] - means[1], 0)
    gates = 1 / (1 + np.exp(-few * np.array([1, -1])))
    print(f"means {means}: the unit gives {few}, gates {gates.round(2)}")

# %% [markdown]
# The first picture opens channel 0 and nearly shuts channel 1. The second leaves both half open: a channel's gate
# depends on the *other* channels too.
#
# ### Exercise: squeeze and excite
#
# Write it for one picture `x` of shape (H, W, C), with the weights and biases of both layers.


# %% tags=["exercise-squeeze_excite"]
def squeeze_excite(x, w1, b1, w2, b2):
    return ...  # the shape of x: (H, W, C)


# %%
check.squeeze_excite(squeeze_excite)

# %% [markdown]
# In SE-ResNet-50 every residual unit has such gates, before the addition. With C channels the first layer has C / 16
# units.
#
# **Predict.** Is that a percent more parameters, or ten? And how many more multiply-adds?

# %% tags=["nbval-check-output"]
books["SE-ResNet-50"] = ledger.ledger(zoo.build("seresnet50", kernel_initializer="zeros"))
gated, without = books["SE-ResNet-50"], books["ResNet-50"]
extra = sum(n * (2 * c * c // 16 + c // 16 + c) for n, c in [(3, 256), (4, 512), (6, 1024), (3, 2048)])
print(f"{without.trainable_params:,} + {extra:,} = {gated.trainable_params:,}")
print(f"parameters: {gated.trainable_params / without.trainable_params - 1:+.1%}")
print(f"multiply-adds: {gated.macs / without.macs - 1:+.2%}")

# %% [markdown]
# Ten percent more parameters for hardly any work: the layers see one number a channel.
#
# ### Gates of a trained network
#
# Train a small one on the digits: three residual units with gates, 16 channels each, 4 units between.


# %%
def gated_unit(a, number, filters=16, few=4):
    z = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(a)
    z = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(z))
    z = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(z)
    z = layers.BatchNormalization(momentum=0.9)(z)
    means = layers.GlobalAveragePooling2D(keepdims=True)(z)  # squeeze: (N, 1, 1, C)
    gates = layers.Dense(filters, activation="sigmoid")(layers.Dense(few, activation="relu")(means))
    z = layers.Multiply(name=f"unit{number}_scale")([z, gates])
    return layers.ReLU()(layers.Add()([a, z]))


# %%
digits = datasets.digits()
order = np.random.default_rng(SEED).permutation(len(digits))
images, labels = (digits.images[order] / 255).astype("float32"), digits.labels[order]
keras.utils.set_random_seed(SEED)
a = inputs = keras.Input((8, 8, 1))
a = layers.Conv2D(16, 3, padding="same", activation="relu")(a)
for number in (1, 2, 3):
    a = gated_unit(a, number)
senet = keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(a)))
senet.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
senet.fit(images[:1400], labels[:1400], batch_size=32, epochs=6, verbose=0)
print(f"test accuracy above 0.8: {senet.evaluate(images[1400:], labels[1400:], verbose=0)[1] > 0.8}")

# %% [markdown]
# The viewer shows digits the network has not seen. Above, the gates that the chosen picture opens; a black line marks
# each gate's mean over all pictures. Below, the mean gate for each class. On the left one channel before and after its
# gate.

# %%
viewer = explore.GateViewer(senet, images[1400:], labels[1400:])
viewer

# %% [markdown]
# Try:
#
# 1. Move *picture* until you find another digit of the same class. Do the bars change much?
# 2. Set *unit* to `unit1_scale`. Now every class has about the same row.
# 3. Back in `unit3_scale`, find a channel that is open for one class and nearly shut for another.
#
# Now count it: how far the mean gates of different classes lie apart, in each unit, and how far the pictures of one
# class do.

# %%
for name in ("unit1_scale", "unit2_scale", "unit3_scale"):
    between, within = viewer.set(unit=name).spread()
    print(f"{name}: between classes {between:.2f}, within a class {within:.2f}")

# %% [markdown]
# In the first unit the gates hardly tell the classes apart, in the last they do. The authors report much the same of
# their 50 layers: early gates serve all classes, later ones specialise.
#
# ## SqueezeNet: as small as possible
#
# SqueezeNet (2016) is made of **fire modules**: squeeze to few channels by 1 × 1, then expand by 1 × 1 and 3 × 3 beside
# each other, and concatenate. The first one takes 64 channels, squeezes to 16 (64 · 16 + 16 = 1,040 parameters), and
# expands to 64 + 64 (1,088 and 9,280). A 3 × 3 convolution from 64 to 128 channels has 73,856, and this 11,408.
#
# **Predict.** Eight fire modules and one convolution in front: 0.7, 7 or 70 million parameters without the classifier?

# %% tags=["nbval-check-output"]
body = zoo.build("squeezenet", include_top=False, kernel_initializer="zeros")
books["SqueezeNet"] = ledger.ledger(zoo.build("squeezenet", kernel_initializer="zeros"))
print(f"SqueezeNet 1.1 without its classifier: {body.count_params():,}")
print(
    f"with it: {books['SqueezeNet'].params:,}; AlexNet has {60_965_224 / books['SqueezeNet'].params:.0f} times as many"
)

# %% [markdown]
# The authors report AlexNet's accuracy with it.
#
# ### Exercise: another fire module
#
# The third fire module takes 128 channels, squeezes to 32, and expands to 128 by 1 × 1 and 128 by 3 × 3. How many
# parameters has it, with biases?

# %% tags=["exercise-fire_params"]
params = ...

# %%
check.fire_params(params)

# %% [markdown]
# ## Side by side
#
# All networks of this lesson, by what they hold and what they cost: SqueezeNet has little of both, ResNet-152 most, and
# SE-ResNet-50 costs parameters but no work.

# %%
books["GoogLeNet"] = ledger.ledger(googlenet)
ledger.compare(books).figure()

# %% [markdown]
# ## Summary
#
# - A 1 × 1 convolution is a fully connected layer in every pixel; in front of a 5 × 5 it is a bottleneck.
# - Inception concatenates paths, so channels add up. A global average replaces the large fully connected layers.
# - Plain stacks degrade with depth, on the training pictures too. A residual unit, $g(z + a)$, does nothing when its
#   weights are 0, and learns what to change. Where shapes differ, a projection makes them equal.
# - A plain network's signal and gradient shrink layer by layer; with normalisation the gradient grows towards the first
#   layers. Shortcuts temper both.
# - Squeeze-and-excitation gates each channel by all channels' means.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **1 × 1 convolution**: at each pixel, every output channel is a weighted sum of that pixel's input channels: one
#   fully connected layer, applied to all pixels alike.
# - **bottleneck**: a narrow layer between wider ones. A 1 × 1 convolution reduces the channels, so that the costly
#   kernel behind it reads few of them.
# - **Inception module**: convolutions of several sizes and a pooling side by side on one input. Their outputs have one
#   size and are concatenated as channels.
# - **auxiliary head**: a second classifier halfway up a network. Its loss is added, with a small weight, while
#   training, to give lower layers a shorter way to a gradient; then it is removed.
# - **global average pooling**: the mean of each channel over all positions, C numbers from H × W × C. In front of the
#   classifier it takes the place of `Flatten` and a large layer.
# - **vanishing gradient**: a gradient that shrinks from layer to layer on its way back, until the first layers hardly
#   learn.
# - **degradation**: a deeper plain network reaches a higher training error than a shallower one, trained alike. It is
#   no overfitting, because the training pictures suffer too.
# - **residual unit**: a few layers whose result is added to their own input. They learn the change, and with weights of
#   0 the unit does nothing.
# - **shortcut**: the connection that carries a unit's input past its layers to the addition; also *skip connection*.
# - **projection**: a 1 × 1 convolution on a shortcut. It gives the input the channels of the residual and, by its
#   stride, the size.
# - **squeeze-and-excitation**: two small layers turn the means of all channels into a gate from 0 to 1 for each
#   channel, by which the channel is multiplied.
# - **fire module**: SqueezeNet's part: a 1 × 1 convolution to few channels, then a 1 × 1 and a 3 × 3 convolution side
#   by side, concatenated.

# %% [markdown]
# **Further reading**
#
# - Min Lin, Qiang Chen and Shuicheng Yan, *Network In Network*, ICLR 2014.
# - Christian Szegedy and others, *Going Deeper with Convolutions*, CVPR 2015: GoogLeNet.
# - Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, *Deep Residual Learning for Image Recognition*, CVPR 2016;
#   section 4.1 says what they ruled out.
# - Andreas Veit, Michael Wilber and Serge Belongie, *Residual Networks Behave Like Ensembles of Relatively Shallow
#   Networks*, NeurIPS 2016.
# - Jie Hu, Li Shen and Gang Sun, *Squeeze-and-Excitation Networks*, CVPR 2018.
# - Forrest Iandola and others, *SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size*,
#   2016.
#
# **Where next.** Lesson 08 opens a trained network and looks at what its layers see.

# %% [markdown] tags=["navigation"]
# [← 06 · Classic architectures: LeNet, AlexNet, VGG](06_classic_architectures.ipynb) ·
# [All lessons](index.ipynb) ·
# [08 · What a CNN sees →](08_what_a_cnn_sees.ipynb)

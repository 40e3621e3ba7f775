# %% [markdown]
# # 10 · Transfer learning
#
# <!-- navigation -->
# [← 09 · Data augmentation](09_data_augmentation.ipynb) ·
# [All lessons](index.ipynb) ·
# [11 · From classification to detection →](11_detection.ipynb)
#
# You have thirty labelled pictures. Somebody else had a million and has published what came of it. How do you use
# that?
#
# **By the end you can**
#
# - take a network without its classifier, put a head of your own on it, and say what each of four ways of doing so
#   trains;
# - freeze layers so that they *are* frozen (compiled again, BatchNormalization included), and count what that saves;
# - give a pretrained network the pixels it was trained on, and see what happens if you do not;
# - read accuracy against the number of labels, with error bars, and say where transfer pays.
#
# **Time:** about 50 minutes of reading and trying; the cells themselves run in about a minute on a laptop. **You
# need:** lessons 05 and 07.

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
import tempfile
from pathlib import Path

import keras
import numpy as np

from cnnlab import datasets, explore, plot, transfer
from cnnlab.checks import lesson10 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" trains longer and takes five seeds instead of three
SEED = 0

# %% [markdown]
# ## Weights that are paid for
#
# ImageNet's best-known part has 1.28 million photos in 1,000 classes. To train a ResNet-50 on them takes an hour on
# 256 GPUs, or days on a few. The result is a file of 100 MB, which you download in a minute. You do not want its 1,000
# classes. You want what its layers learned on the way: edges, textures, fur.
#
# To see all of it in one sitting we take a small case. The network below has learned to tell the handwritten digits 0
# to 4 apart; that took three minutes, once, and afterwards it read 900 pictures that it had not been trained on
# without a mistake. Its weights ship with the course; its classifier was thrown away. Your task is another one: the
# digits 5 to 9. The network has never seen any of them.
#
# Each digit lies anywhere on a canvas of 28 × 28 pixels, larger or smaller, turned by up to 25°.

# %% tags=["nbval-check-output"]
old = transfer.scattered_digits((0, 1, 2, 3, 4), "test")
new = transfer.scattered_digits((5, 6, 7, 8, 9), "train", seed=1)
test = transfer.scattered_digits((5, 6, 7, 8, 9), "test", copies=3, seed=2)
for name, data in {"theirs": old, "yours": new, "to test": test}.items():
    print(f"{name:8}{data}")

# %%
rows = {"theirs: 0 to 4": old, "yours: 5 to 9": new}
strips = {title: np.concatenate([*data.images[:14, ..., 0]], axis=1) for title, data in rows.items()}
plot.images(
    strips, columns=1, row_height=1.05, width=9,
    alt="Two rows of fourteen handwritten digits, white on black, each somewhere else on its canvas, larger or smaller "
    f"and turned a little. Above: {' '.join(map(str, old.labels[:14]))}. "
    f"Below: {' '.join(new.class_names[label] for label in new.labels[:14])}.",
)  # fmt: skip

# %% [markdown]
# **Predict.** The network has three blocks of convolution (3 × 3, no bias), BatchNormalization and ReLU, with 16, 32
# and 64 filters, and a pooling of 2 between them. Which shape comes out for one picture? How many weights has the
# convolution of `block3`?

# %% tags=["nbval-check-output"]
base = transfer.digits_backbone()
for layer in base.layers:
    if layer.weights:
        print(f"{layer.name:12} {str(layer.output.shape[1:]):13} {layer.count_params():7,}")
print(f"together {base.count_params():25,}")

# %% [markdown]
# 7 × 7 × 64, and 3·3·32·64 = 18,432. There is no `Dense` layer: what decided between 0, 1, 2, 3 and 4 is gone. A
# network without its classifier is called a **backbone**; what you put on it is a **head**.
#
# The maps say *what* was found *where*. For a class it matters what was found. So average each map over its positions,
# as lesson 07's networks do, and 7 × 7 × 64 numbers become 64: the **features** of a picture.
#
# ### Exercise: features from maps
#
# Write `average(maps)` for maps of shape (N, h, w, C). `check.average.hint()` gives a nudge,
# `check.average.solution()` the answer; so it is with all exercises.


# %% tags=["exercise-average"]
def average(maps):
    return ...  # (N, C) features


# %% tags=["nbval-check-output"]
check.average(average)

# %% [markdown]
# `transfer.features` does the same for many pictures: it runs the backbone and averages. It wants floats from 0 to 1,
# and says so if it gets anything else.

# %% tags=["nbval-check-output"]
x, x_test = (data.images / np.float32(255) for data in (new, test))
y, y_test = new.labels, test.labels
f, f_test = (transfer.features(base, images) for images in (x, x_test))
print("pictures:", x.shape, "  features:", f.shape)
try:
    transfer.features(base, new.images)
except TypeError as error:
    print(error)

# %% [markdown]
# ## Do they know anything about a 7?
#
# Say that you have labels for only thirty of your pictures, six of each digit. Here is a test without any training:
# take a test picture and look for the most similar of the thirty. Is it the same digit? "Similar" can mean: pixel by
# pixel. Or: in the 64 features. If the features know nothing of 5 to 9, they should do no better than those of a
# network with random weights.
#
# **Predict.** Five digits, so chance finds the same one in 20 % of the cases. How often do pixels find it? Random
# features? Features learned on 0 to 4?


# %%
few = transfer.few_labels(y, 30, seed=SEED)  # 30 rows, six of each digit


def scaled(values):
    """Each row with mean 0 and deviation 1, so that no network's scale matters."""
    return (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)


def nearest(values, known):
    """For each row of `values` the place of the most similar row of `known`: the smallest angle between them."""
    return (scaled(values) @ scaled(known).T).argmax(axis=1)


# %%
random = transfer.digits_backbone(weights=None, seed=SEED)
found = {
    "pixels": nearest(x_test.reshape(len(x_test), -1), x[few].reshape(30, -1)),
    "random features": nearest(transfer.features(random, x_test), transfer.features(random, x[few])),
    "features from 0 to 4": nearest(f_test, f[few]),
}
for name, index in found.items():
    print(f"{name:21} same digit in {(y[few][index] == y_test).mean():.0%}")

# %% [markdown]
# Pixels find it in two cases of five: a 7 in one corner has hardly a pixel in common with a 7 in another. Random
# features do no better. The features learned on *other* digits find it in more than three of five. What separates a 0
# from a 4, strokes, bends, crossings, separates a 5 from a 9 as well. That is all there is to transfer.

# %%
queries = [int(np.flatnonzero(y_test == label)[3]) for label in range(5)]
rows = {"five test pictures": test.images[queries]}
for name in ("pixels", "features from 0 to 4"):
    rows[f"the most similar of the thirty, by {name}"] = new.images[few][found[name][queries]]
answers = {name: " ".join(new.class_names[y[few][i]] for i in found[name][queries]) for name in found}
plot.images(
    {title: np.concatenate([*images[..., 0]], axis=1) for title, images in rows.items()},
    columns=1, row_height=1.35, width=6,
    alt="A 5, a 6, a 7, an 8 and a 9, and under each the most similar of the thirty pictures. By pixels these are "
    f"{answers['pixels']}, by features {answers['features from 0 to 4']}.",
)  # fmt: skip

# %% [markdown]
# ## First way: a new head on kept features
#
# Now the thirty labels. A head is one `Dense` layer with softmax: 64 · 5 weights and 5 biases. Here it is in NumPy,
# with the gradient of the cross-entropy that lesson 05 used: probabilities minus the one-hot truth.


# %%
def probabilities(values, weights, bias):
    scores = scaled(values) @ weights + bias
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def train_head(values, labels, steps=200, rate=0.3):
    classes = labels.max() + 1
    weights, bias = np.zeros((values.shape[1], classes)), np.zeros(classes)
    for _ in range(steps):
        error = probabilities(values, weights, bias)
        error[np.arange(len(labels)), labels] -= 1  # probabilities minus truth, (N, classes)
        weights -= rate * scaled(values).T @ error / len(labels)
        bias -= rate * error.mean(axis=0)
    return weights, bias


# %%
head = train_head(f[few], y[few])
for name, values, labels in (("on the 30", f[few], y[few]), ("on the test pictures", f_test, y_test)):
    print(f"{name:21} {(probabilities(values, *head).argmax(axis=1) == labels).mean():.0%} right")

# %% [markdown]
# All thirty, and about seven in ten of the test pictures; with 325 parameters and thirty labels, on digits that the
# backbone had never seen.
#
# The backbone ran once over each picture. The 200 steps cost next to nothing, because they work on 30 × 64 numbers.
# This is the first of four ways, and the one to try first. In Keras it is `transfer.head`:

# %%
keras.utils.set_random_seed(SEED)
small = transfer.head(64, classes=5, learning_rate=0.01)
small.fit(f[few], y[few], batch_size=10, epochs=40, verbose=0)
print([layer.name for layer in small.layers[1:]], f"{small.count_params()} parameters")
print(f"on the test pictures {small.evaluate(f_test, y_test, verbose=0)[1]:.0%} right")

# %% [markdown]
# `head_scale` does what `scaled` does, and `head_dropout` drops a fifth of the features in training. Neither has
# weights. `head_classes` starts from zeros, as ours did. That is no detail: random starting weights on hundreds of
# features are an opinion, and a few labels cannot take it back. On the cats and dogs below, with a hundred labels,
# Glorot's random weights cost the same head three to five points of accuracy (means of five seeds).
#
# ## Second way: freeze the backbone
#
# Put the head on the backbone and make one model of both, from pixels to probabilities. The backbone must not change:
# it is **frozen**.
#
# **Predict.** Of 23,632 + 325 parameters, how many train?

# %% tags=["nbval-check-output"]
keras.utils.set_random_seed(SEED)
model = transfer.classifier(base, classes=5)
transfer.freeze(model)

# %% [markdown]
# All but 325 are frozen. Now use the head from above. If the backbone is really the same, this model must say of every
# picture what the small head said of its features.

# %% tags=["nbval-check-output"]
model.get_layer("head_classes").set_weights(small.get_layer("head_classes").get_weights())
whole, kept = model.predict(x_test, verbose=0), small.predict(f_test, verbose=0)
print("the same answers:", bool(np.allclose(whole, kept, atol=1e-4)))

# %% [markdown]
# So why a second way at all? Trained like this, every step runs all pictures through the whole backbone, only to get
# the same features again. It pays when the pictures change from step to step: with the augmentation of lesson 09, kept
# features would be those of yesterday's pictures. And it is the model you save and give away.
#
# ### Frozen, or so you think
#
# `layer.trainable = False` is one line. It fails in two ways, without a word. Here is the first. This model has
# trained already. Then its first layer is frozen, and it trains on.
#
# **Predict.** Does `block1_conv` change in the second `fit`?


# %%
def tiny(seed=SEED):
    keras.utils.set_random_seed(seed)
    net = transfer.classifier(transfer.digits_backbone(weights=None, seed=seed), classes=5)
    net.fit(x[few], y[few], batch_size=10, verbose=0)
    return net


def moved(net, name, before):
    return not np.array_equal(net.get_layer(name).get_weights()[0], before)


# %%
net = tiny()
kernel = net.get_layer("block1_conv").get_weights()[0]
net.get_layer("block1_conv").trainable = False
try:
    net.fit(x[few], y[few], batch_size=10, verbose=0)
    print("frozen, and it moved all the same:", moved(net, "block1_conv", kernel))
except ValueError:
    print("this backend refuses to go on: the optimizer knows of other weights")

# %% [markdown]
# Which weights train is settled when the model is compiled, and first used. Set a switch later and `fit` goes on with
# what it had (TensorFlow), or stops with an error (JAX), or obeys at once (PyTorch): where it matters, nobody should
# have to know which. **Compile again after every change.** `transfer.freeze` does, and says so.
#
# The second failure is BatchNormalization. Beside its scale and shift it keeps a running mean and variance, and those
# move in every training step, though no gradient touches them. Freeze the convolutions only, and see what becomes of
# the features.
#
# **Predict.** No kernel of the backbone changes. Do the features of a test picture change?


# %%
def drift(freeze_norms):
    """How far the features of 100 test pictures move in a training in which no kernel of the backbone may."""
    keras.utils.set_random_seed(SEED)
    own = transfer.digits_backbone()
    net = transfer.classifier(own, classes=5)
    for layer in net.layers:
        layer.trainable = not layer.name.endswith("_conv") and not (freeze_norms and layer.name.endswith("_bn"))
    net.compile("adam", "sparse_categorical_crossentropy")
    net.fit(x[few], y[few], batch_size=5, epochs=10, verbose=0)
    after = transfer.features(own, x_test[:100])
    return np.abs(after - f_test[:100]).mean() / f_test[:100].mean()


# %%
for freeze_norms in (False, True):
    print(f"BatchNormalization frozen: {freeze_norms!s:5}  the features moved by {drift(freeze_norms):.0%}")

# %% [markdown]
# No kernel changed, and the features did, by nearly a tenth in only ten epochs of six steps. A head that was trained on
# kept features would no longer fit them.
#
# In Keras, `trainable = False` on a BatchNormalization does two things: its scale and shift stay, and it works in
# **inference mode**, with the running statistics, which then do not move. (`keras.layers.Dropout` is not like that.)
#
# ### Exercise: freeze it yourself
#
# Write `freeze_backbone(model)` in plain Keras, without `transfer`. The model is compiled and has convolutions,
# BatchNormalization and a head whose layers' names begin with `head_`. Only the head shall train. Return the model,
# ready for `fit` with labels that are whole numbers.


# %% tags=["exercise-freeze_backbone"]
def freeze_backbone(model):
    return ...  # the model, with everything but its head frozen


# %% tags=["nbval-check-output"]
check.freeze_backbone(freeze_backbone)

# %% [markdown]
# ## Third way: let the top learn on
#
# The lowest block answers to strokes and edges; every digit has them. The top block puts them together to what 0 to 4
# are made of. If something should adapt to 5 to 9, then that, and slowly. This is **fine-tuning**: the head first,
# with the backbone frozen, then the top of the backbone too, at a tenth of the learning rate or less.

# %% tags=["nbval-check-output"]
transfer.unfreeze_top(model, "block3", learning_rate=1e-4)

# %% [markdown]
# Why so slowly? The weights are good already. A large step forgets in a moment what took somebody a long training.
#
# **Predict.** From the same start, 20 epochs over the thirty pictures, at three learning rates. One of them is the
# 0.001 at which you would train a network from scratch. Which of them ruins what was there?

# %%
start = model.get_weights()
before = model.evaluate(x_test, y_test, batch_size=300, verbose=0)[1]
print(f"head alone       {before:.0%}")
for rate in (1e-4, 1e-3, 1e-1):
    transfer.restart(model, start)  # the same weights again, and an optimizer that remembers nothing
    model.optimizer.learning_rate = rate
    model.fit(x[few], y[few], batch_size=10, epochs=20, verbose=0)
    print(f"rate {rate:<11g} {model.evaluate(x_test, y_test, batch_size=300, verbose=0)[1]:.0%}")
transfer.restart(model, start)

# %% [markdown]
# 0.1 ruins everything: 20 % is what guessing gives. The other two change hardly anything, for better or worse: thirty
# pictures cannot teach 18,432 weights much. Remember that before you fine-tune by reflex. And a rate that did no harm
# here may do some elsewhere: try item 2 below.
#
# ### Exercise: fine-tune
#
# Write `fine_tune(model)` in plain Keras. The model comes frozen, as `transfer.freeze` leaves it; its head has been
# trained at a rate of 0.001. `block3_conv` and the head shall train, nothing else, at a rate that fits. Return it.


# %% tags=["exercise-fine_tune"]
def fine_tune(model):
    return ...  # the frozen model, with block3_conv set free


# %% tags=["nbval-check-output"]
check.fine_tune(fine_tune)

# %% [markdown]
# ### What freezing saves
#
# A training step has three parts. **Forwards**, every layer runs, frozen or not. Then each layer that trains computes
# the **gradient of its weights**; that takes as many multiply-adds as running it. And each of them **hands a gradient
# down** to the layer below, for as many multiply-adds again. The lowest layer that trains need not: nobody below it
# learns.
#
# Three layers of 100, 200 and 50 multiply-adds, the first of them frozen: 350 forwards, 200 + 50 for the weights, and
# only the top one hands down, 50. Together 650.
#
# **Predict.** And if all three train?
#
# ### Exercise: the cost of a step
#
# Write `step_macs(macs, frozen)`: `macs` lists the layers' multiply-adds from the input up, the first `frozen` of them
# are frozen.


# %% tags=["exercise-step_macs"]
def step_macs(macs, frozen):
    return ...  # multiply-adds of one step for one picture


# %% tags=["nbval-check-output"]
check.step_macs(step_macs)

# %% [markdown]
# All three: 350 + 350 + 250 = 950, nearly three times the forward pass. That is the rule of thumb for training.
#
# Now slide the border between frozen and free. Guess first how many parameters train.

# %%
quiz = explore.FreezeSlider(predict=True)
quiz.set(train=2)

# %%
slider = explore.FreezeSlider(train=1)
slider

# %% [markdown]
# Three things to try:
#
# 1. Set the learning rate to 0.01 and slide from 0 to 3 blocks: from 68 % to 31 %, and 20 % is guessing. Then the same
#    at 0.001 and at 0.0001. Thirty labels gain nothing by freeing blocks, at any rate; at a high one they lose most.
# 2. The task `cats and dogs` is SqueezeNet with ImageNet's weights and a hundred labels. The head alone reaches 71 %.
#    Free 2, 4, 6 and 9 blocks at rate 0.001: 73, 64, 57 and 55 %, where 50 % is guessing. With two blocks nothing is
#    lost; with nine it did not learn cats, it forgot ImageNet. And at 0.0001?
# 3. The lowest free block has less green than the others, or none: to whom should it hand a gradient down? Free
#    everything. How many times the forward pass does a step cost, and why not exactly 3?
#
# ## Fourth way: the architecture alone
#
# You can also take nothing but the drawing: the same layers, random weights, and everything trains. That is training
# from scratch, and it is what the other three must be measured against, with the same pictures and as many steps.
#
# One run tells little: with thirty pictures, *which* thirty matters. The figure below is a **learning curve**, accuracy
# against the number of labels, and every point of it is the mean of three seeds: other pictures, other random numbers.
# In this lesson **± is the standard deviation of single runs** over the seeds: it says how far from the mean another
# run may well lie. It does not say how well the test pictures measure one network; that is another ±, and lesson 17 has
# it.
#
# **Predict.** With 10, 30 and 100 labels: which of the ways is best where? Will scratch ever catch up?


# %%
STEPS, SEEDS, SIZES = (100, 3, [10, 30, 100]) if PROFILE == "quick" else (600, 5, [10, 30, 100, 300])


def trained(top, rate):
    """A function of (weights, rows) that trains what is not below `top` and returns the test accuracy."""
    net = transfer.classifier(transfer.digits_backbone(weights=None), classes=5)
    transfer.unfreeze_top(net, top, learning_rate=rate) if top else transfer.unfreeze(net, learning_rate=rate)

    def run(weights, rows):
        transfer.restart(net, weights)
        rows = np.tile(rows, max(1, 100 // len(rows)))  # short epochs cost time: see each picture several times in one
        net.fit(x[rows], y[rows], batch_size=10, epochs=STEPS * 10 // len(rows), verbose=0)
        return net.evaluate(x_test, y_test, batch_size=300, verbose=0)[1]

    return run


# %%
tune, scratch = trained("block3", 1e-4), trained(None, 1e-3)
pretrained = base.get_weights()


def head_on_features(rows, seed):
    return (probabilities(f_test, *train_head(f[rows], y[rows])).argmax(axis=1) == y_test).mean()


def fine_tuned(rows, seed):
    return tune([*pretrained, *train_head(f[rows], y[rows])], rows)


def from_scratch(rows, seed):
    random = transfer.digits_backbone(weights=None, seed=seed).get_weights()
    return scratch([*random, np.zeros((64, 5)), np.zeros(5)], rows)


# %%
ways = {"head on features": head_on_features, "fine-tuned top": fine_tuned, "from scratch": from_scratch}
keras.utils.set_random_seed(SEED)
curve = transfer.learning_curve(ways, y, sizes=SIZES, seeds=SEEDS)
print(curve)
gap, spread = curve.gap("head on features", "from scratch")
for size, mean, error in zip(curve.sizes, gap, spread, strict=True):
    print(f"with {size:3} labels the head is ahead of scratch by {mean * 100:+.0f} ± {error * 100:.0f} points")

# %%
curve.figure("the digits 5 to 9", guess=0.2)

# %% [markdown]
# On ten labels as on a hundred, the head on features is ahead of scratch; its lead is largest where labels are few: in
# our run 21 ± 6, 9 ± 3 and 7 ± 4 points, each lead taken seed by seed, on the same pictures. Fine-tuning the top adds
# nothing in a hundred steps: its line lies on the head's. And look at the bars. With ten labels one run may be ten
# points off another, only because other ten pictures were drawn. Compare two single runs there and you compare luck.
#
# Is a hundred steps too few for scratch? We gave all of them six hundred, as `PROFILE = "full"` does, with three
# seeds. With thirty labels the lead stayed: 9 ± 5 points. With a hundred it was gone, 1 ± 4 points, and the fine-tuned
# top was best, at 80 % ± 2 %. Patience helps scratch only where there are labels to learn from. So a fair claim names
# its budget: *this far ahead, with so many labels and so many steps*.
#
# The second way is not in the figure: it gives the same answers as the first.
#
# Which layers should train, then? Two things decide: how many labels you have, and how much your pictures are like
# those the backbone was trained on.
#
# | | pictures like theirs | quite other pictures |
# |---|---|---|
# | **few labels** | a head on the features | a head on the features of a *lower* block; expect little |
# | **many labels** | then fine-tune the top, slowly | fine-tune everything, or start from scratch and compare |
#
# Why lower layers for other pictures? Edges are everywhere, in X-rays too. Dog's noses are not. Whatever you choose,
# scratch is one more line in the figure, and it has surprised people.
#
# ### Exercise: labels in their places
#
# A small sample must be mixed before it is trained on. The next cell trains heads on thirty pictures twice, the second
# time with the labels shuffled and the pictures not. **Predict** the four numbers: on the thirty, and on the test
# pictures.

# %%
wrong = np.random.default_rng(SEED).permutation(y[few])
for name, labels in (("labels in their places", y[few]), ("labels shuffled", wrong)):
    weights = train_head(f[few], labels, steps=3000, rate=1.0)
    on_few, on_test = (probabilities(values, *weights).argmax(axis=1) for values in (f[few], f_test))
    print(f"{name:23} the thirty {(on_few == labels).mean():.0%}, test pictures {(on_test == y_test).mean():.0%}")

# %% [markdown]
# With shuffled labels the head still learns the thirty by heart, or nearly: 64 features are enough to tell any thirty
# pictures apart. On the test pictures it knows nothing. A falling training loss does not tell you that your labels are
# in the wrong places; only pictures put aside do. The usual cause is a pair of arrays of which one was shuffled.
#
# Write `shuffled(images, labels, seed)`: both in one new order.


# %% tags=["exercise-shuffled"]
def shuffled(images, labels, seed):
    return ...  # the pictures and their labels, both in one new order


# %% tags=["nbval-check-output"]
check.shuffled(shuffled)

# %% [markdown]
# ## The pixels it was trained on
#
# A network knows one kind of numbers: those it was trained on. Ours had pixels from 0 to 1, bright on dark. Give it
# the same digits in another form and see.
#
# **Predict.** Four forms: 0 to 1, 0 to 255, −1 to 1, and dark on bright. How many of the test pictures does the head
# get right in each?

# %%
forms = {"0 to 1": x_test, "0 to 255": 255 * x_test, "-1 to 1": 2 * x_test - 1, "dark on bright": 1 - x_test}
for name, pixels in forms.items():
    said = model.predict(pixels, batch_size=300, verbose=0)
    right, sure = (said.argmax(axis=1) == y_test).mean(), said.max(axis=1).mean()
    print(f"{name:15} {right:.0%} right, and on average {sure:.0%} sure of it")

# %% [markdown]
# Only the first form works well. Look at the last number too: at −1 to 1 the model is *almost certain*, and wrong.
# Nothing warned you.
#
# Published networks were trained on four kinds of numbers, for no better reason than who trained them. Each family in
# `keras.applications` has a function `preprocess_input` that makes its own kind out of pixels from 0 to 255.
#
# **Predict.** An orange pixel, red 255, green 128, blue 0. What does a network see that wants −1 to 1? And ResNet-50,
# which wants blue, green, red, minus the means 103.939, 116.779 and 123.68?

# %% tags=["nbval-check-output"]
families = ["mobilenet_v2", "resnet50", "densenet", "efficientnet"]
for name in families:
    orange = np.array([[[255.0, 128.0, 0.0]]])
    seen = getattr(keras.applications, name).preprocess_input(orange)[0, 0]
    print(f"{name:13}", [round(float(value), 1) for value in seen])

# %% [markdown]
# (1, 0, −1), and (0 − 103.9, 128 − 116.8, 255 − 123.7): the last number is red's. EfficientNet returns the pixel as it
# is: its first layers do the work. MobileNetV3, EfficientNetV2 and ConvNeXt do the same.
#
# Forget it, and no error tells you. Wrong numbers have the right shape.
#
# So in this course preprocessing is a layer. `transfer.backbone(name)` takes floats from 0 to 1, for every network,
# and its first layers make of them what that network wants. You cannot forget it, and the saved model cannot either.
#
# ### Exercise: pixels for a ResNet
#
# Do it once by hand. `image` is (H, W, 3): red, green, blue, floats from 0 to 1. Return what ResNet-50 wants.


# %% tags=["exercise-for_resnet"]
def for_resnet(image):
    return ...  # (H, W, 3): blue, green, red


# %% tags=["nbval-check-output"]
check.for_resnet(for_resnet)

# %% [markdown]
# ## The menu
#
# All that there is in `keras.applications`, forty networks, and SqueezeNet from this course's zoo. Any of these names
# works in `transfer.backbone`. *Side* is that of the pictures it was trained on; others work too, if they are not too
# small.

# %% tags=["nbval-check-output"]
print("name                  side   parameters  sees pixels as")
for entry in transfer.menu():
    print(f"{entry.name:20} {entry.side:5} {entry.params:12,}  {entry.pixels}")

# %% [markdown]
# How to choose: small and fast first (`mobilenet_v3_large`, `efficientnet_v2_b0`). A larger one is one word away when
# everything else works.
#
# Mind the head, though. Here is one as it is often built, for a hundred classes: `Flatten`, a hidden `Dense` layer,
# and the classes. The backbone is ResNet-50 without its top, for 224 × 224.
#
# **Predict.** ResNet-50 halves 224 five times and gives 2,048 maps. What does `Flatten` give? How many parameters has
# a `Dense(1024)` behind it? More than the 23.6 million of the backbone, or less?

# %% tags=["nbval-check-output"]
resnet = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(224, 224, 3))
flat = keras.layers.Flatten(name="flatten")(resnet.output)
hidden = keras.layers.Dense(1024, activation="relu", kernel_initializer="zeros", name="hidden")(flat)
classes = keras.layers.Dense(100, activation="softmax", name="classes")(hidden)
heavy = keras.Model(resnet.input, classes)
print(f"backbone {resnet.count_params():>12,}   gives {resnet.output_shape[1:]}")
print(f"flatten  {flat.shape[1]:>12,}   numbers")
for name in ("hidden", "classes"):
    print(f"{name:8} {heavy.get_layer(name).count_params():>12,}")
print(f"together {heavy.count_params():>12,}")

# %% [markdown]
# 7·7·2,048 = 100,352 numbers, and 100,352 · 1,024 + 1,024 = 102,761,472 parameters: the head is more than four times
# the backbone, and all of it starts from nothing. A global average in place of `Flatten` leaves 2,048 numbers, and
# 2,048 · 1,024 + 1,024 = 2,098,176.
#
# **Predict.** Unfreeze everything. Does the trainable count become 126,451,684?

# %% tags=["nbval-check-output"]
for layer in heavy.layers:
    layer.trainable = True
groups = heavy.trainable_weights, heavy.non_trainable_weights
trains, rests = (sum(int(np.prod(weight.shape)) for weight in group) for group in groups)
norms = [layer for layer in heavy.layers if isinstance(layer, keras.layers.BatchNormalization)]
channels = sum(layer.moving_mean.shape[0] for layer in norms)
print(f"{trains:,} train, {rests:,} never do: {len(norms)} BatchNormalizations, {channels:,} channels, 2 numbers each")
del heavy, layer, resnet, flat, hidden, classes, norms, groups  # half a gigabyte

# %% [markdown]
# 126,398,564. The running means and variances are counted as parameters, but no gradient reaches them.
#
# ### Exercise: a head for smaller photos
#
# ResNet-50 without its top, photos of 160 × 160. `Flatten`, `Dense(256)`, `Dense(3)`. How many parameters has the
# head?

# %% tags=["exercise-head_size"]
head_size = ...  # parameters of the head

# %% tags=["nbval-check-output"]
check.head_size(head_size)

# %% [markdown]
# ## Keep the best, and give it away
#
# Fine-tuning on few pictures overfits after some epochs. `ModelCheckpoint` (lesson 05) writes the model, a
# **checkpoint**, whenever the validation accuracy is the best so far. Thirty more labels are for that; a validation
# pile is not the test pile.

# %%
model.optimizer.learning_rate = 1e-4
validation = np.setdiff1d(transfer.few_labels(y, 60, seed=SEED), few)  # thirty other pictures
file = Path(tempfile.mkdtemp()) / "digits_5_to_9.keras"
best = keras.callbacks.ModelCheckpoint(file, monitor="val_accuracy", save_best_only=True)
run = model.fit(
    x[few], y[few], batch_size=10, epochs=15, verbose=0, callbacks=[best],
    validation_data=(x[validation], y[validation]),
)  # fmt: skip
again = keras.models.load_model(file)
print(f"best epoch {int(np.argmax(run.history['val_accuracy'])) + 1} of 15")
print(f"loaded: {again.count_params():,} parameters, test accuracy {again.evaluate(x_test, y_test, verbose=0)[1]:.0%}")

# %% [markdown]
# No better than the head alone, once more: thirty labels teach the top little, and thirty validation pictures measure
# coarsely which epoch was best.
#
# The file holds the backbone, the head and whatever preprocessing is in the model. Which label is which digit it does
# not know: write `new.class_names` down beside it.
#
# ## Cats and dogs
#
# Now the real thing, if it is there: photos of cats and dogs, 32 × 32 pixels small, and SqueezeNet with weights
# trained on ImageNet. Both are looked for in `CNNLAB_DATA`, then in the cache, then downloaded if they can be (69 and 3
# megabytes).

# %%
try:
    pets, pets_test = (datasets.cats_and_dogs(split) for split in ("train", "validation"))
    eye = transfer.backbone("squeezenet", (32, 32, 3), resize=128)
    ready = not pets.is_stand_in
    print(pets.source, eye.output_shape[1:], sep="\n")
except datasets.DataError as error:
    ready = False
    print(error)

# %%
if ready:
    sample = transfer.few_labels(pets.labels, 300, seed=SEED)
    g, g_test = (transfer.features(eye, images / np.float32(255)) for images in (pets.images[sample], pets_test.images))

    def pet_head(rows, seed):
        weights = train_head(g[rows], pets.labels[sample][rows], rate=0.03)
        return (probabilities(g_test, *weights).argmax(axis=1) == pets_test.labels).mean()

    print(transfer.learning_curve({"head on SqueezeNet's features": pet_head}, pets.labels[sample], [20, 50, 100]))
else:
    print("Not here: the table below says what came of it elsewhere.")

# %% [markdown]
# Measured once, with 800 validation pictures and three seeds. The head is the NumPy one of the last cell:
#
# | way, with 100 labels | accuracy |
# |---|---|
# | head on SqueezeNet's features, pictures enlarged to 128 × 128 | 71 % ± 2 % |
# | the same, red and blue exchanged and means not subtracted | 66 % ± 1 % |
# | the same, pixels left at 0 to 1 | 50 % ± 0 % |
# | SqueezeNet from random weights, 30 rounds (96 × 96, two seeds) | 54 % ± 5 % |
# | head on the small network that ships, `transfer.photo_backbone`, pictures as they are | 77 % ± 0 % |
#
# With twenty labels the head had 67 % ± 4 %. Look at the third line: without its preprocessing the best eye in the
# world is blind, and says nothing. The enlarging matters as well. SqueezeNet learned from photos of 227 × 227; a cat
# of 32 pixels has nothing of the size of the things it knows. Enlarged to 64 × 64 only, a head lost six points (means
# of five seeds).
#
# The last line surprises: a network with 161,688 weights, not 722,496, that learned from 10,000 pictures, not from a
# million. But these were CIFAR-10's, of 32 × 32 pixels, and cats and dogs were two of the ten classes. What the old
# task shares with yours can count for more than its size.

# %% [markdown]
# ## Summary
#
# - A backbone is a network without its classifier; its averaged maps are features. A head on kept features is the
#   first thing to try, and often the last.
# - Four ways: head on kept features; frozen backbone in one model; fine-tune the top, slowly; the architecture alone.
# - Frozen means: `trainable = False`, BatchNormalization too, and compiled again.
# - A step costs the forward pass, the gradients of what trains, and what is handed down. Training everything costs
#   about three forward passes.
# - Every network wants the pixels it was trained on. Put the preprocessing into the model.
# - Few labels: transfer. Many labels: compare with scratch. One run is no comparison; take several seeds.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **backbone**: a network without its classifier. For each picture it gives maps that say what was found where.
# - **head**: the layers that are put on a backbone for a new task; in the simplest case one `Dense` layer with softmax.
# - **features**: the numbers that a backbone gives for a whole picture, such as each of its last maps averaged over
#   all positions.
# - **transfer learning**: starting from weights that were learned on another task, usually with far more pictures than
#   your own task has.
# - **frozen layer**: a layer whose weights training leaves alone: `trainable = False`, and compiled again. It still
#   runs forwards in every step.
# - **inference mode**: how a layer works outside training. BatchNormalization then normalises with its running mean and
#   variance and does not move them; dropout drops nothing.
# - **fine-tuning**: training some or all layers of a pretrained network further on your own pictures, at a small
#   learning rate.
# - **training from scratch**: taking a network's architecture alone: all weights start at random, and all are trained.
# - **preprocessing**: what turns pixels into the kind of numbers a network was trained on: range, order of the colours,
#   means subtracted. Each family of networks has its own.
# - **learning curve (over labels)**: accuracy on test pictures against the number of labelled pictures for training. It
#   shows where transfer pays.
# - **checkpoint**: the model as it was at one moment of training, written to a file; usually when the validation
#   accuracy is the best so far.

# %% [markdown]
# **Further reading**
#
# - Jason Yosinski, Jeff Clune, Yoshua Bengio and Hod Lipson, *How transferable are features in deep neural networks?*,
#   NIPS 2014: which layers are general, measured.
# - Ali Sharif Razavian, Hossein Azizpour, Josephine Sullivan and Stefan Carlsson, *CNN Features off-the-shelf: an
#   Astounding Baseline for Recognition*, CVPR workshops 2014: the first way.
# - Kaiming He, Ross Girshick and Piotr Dollár, *Rethinking ImageNet Pre-training*, ICCV 2019: where scratch catches up.
# - Simon Kornblith, Jonathon Shlens and Quoc Le, *Do Better ImageNet Models Transfer Better?*, CVPR 2019.
#
# **Where next.** Lesson 11 asks not only what is in a picture but where. Lesson 15 paints with a trained network, and
# lesson 17 takes pictures of your own.

# %% [markdown] tags=["navigation"]
# [← 09 · Data augmentation](09_data_augmentation.ipynb) ·
# [All lessons](index.ipynb) ·
# [11 · From classification to detection →](11_detection.ipynb)

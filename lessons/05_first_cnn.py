# %% [markdown]
# # 05 · Your first CNN
#
# <!-- navigation -->
# [← 04 · Channels, layers and parameters](04_channels_layers_parameters.ipynb) ·
# [All lessons](index.ipynb) ·
# [06 · Classic architectures: LeNet, AlexNet, VGG →](06_classic_architectures.ipynb)
#
# You know every part by now: convolution, pooling, layers, parameters. How do you put them together, train the whole,
# and find out whether it has learned anything?
#
# **By the end you can**
#
# - build the classic small network for 28 × 28 pictures and account for each of its 225,034 parameters;
# - say what Dropout and BatchNorm do, and why they do something else during training than afterwards;
# - choose the loss for the labels you have;
# - split data in three, read learning curves, and let callbacks stop a run at the right moment;
# - find what a network gets wrong, and find a block that is not connected to anything.
#
# **Time:** about 60 minutes of reading and trying; the cells themselves run in about half a minute on a laptop. **You
# need:** lessons 00 to 04.

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
from keras import layers

from cnnlab import datasets, explore, plot, training, zoo
from cnnlab.checks import lesson05 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" trains on all pictures, for more epochs, and LeNet-5 besides: minutes, not seconds
DATASET = "mnist"  # or "fashion_mnist", or "letters": the same network, another task
SEED = 0

# %% [markdown]
# ## The task
#
# 70,000 digits, written by hand by some 500 people, 28 × 28 pixels each: MNIST. Which digit is it? Since 1998 this has
# been the first task for a network that reads pictures.
#
# The next cell loads it, and the line it prints says what you really got. Without MNIST at hand, scikit-learn's digits
# stand in for it: smaller pictures by other writers, enlarged, and 1,438 instead of 60,000. Everything below works with
# either; where a number depends on it, the text gives both.

# %%
load = getattr(datasets, DATASET)
train = load("train", limit=10_000 if PROFILE == "quick" else None)
test = load("test")
names = train.class_names
print(train)
print(test)

# %%
first = {f"{names[train.labels[i]]} (no. {i})": train.images[i, ..., 0] for i in range(16)}
plot.images(
    first,
    alt="The first 16 training pictures, each under its class and its number: " + ", ".join(first) + ".",
    columns=8,
    width=8.0,
    row_height=1.3,
)

# %% [markdown]
# Pixels are whole numbers from 0 to 255. A network learns best from numbers around 1, so divide by 255. Nothing is
# lost: the division is the same for all pictures, now and later. Forget it once, at prediction time, and the network
# sees pictures 255 times as bright as any it has learned from.

# %% tags=["nbval-check-output"]
x_all, y_all = train.images / np.float32(255), train.labels
x_test, y_test = test.images / np.float32(255), test.labels
print("pixels before:", train.images.min(), "to", train.images.max(), "  after:", x_all.min(), "to", x_all.max())
print("one picture:", x_all.shape[1:], x_all.dtype, "  labels:", sorted(set(y_all.tolist())))

# %% [markdown]
# ## Three piles
#
# A network with 225,034 parameters can learn a few thousand pictures by heart. So what it says about pictures it has
# trained on proves nothing. You need pictures that it has never seen, and you need them twice:
#
# - **training**: the weights are fitted to these;
# - **validation**: looked at after every epoch. *You* decide by them: when to stop, how many layers, which rate;
# - **test**: looked at once, at the very end.
#
# Why not let validation pictures be the test? Because you choose with them. Try twenty networks of equal worth, keep
# the one that happens to do best on the validation pictures, and its score there is the luckiest of twenty.
#
# **Predict.** Of 10,000 pictures a tenth goes to validation. A batch holds 64. How many steps (changes of the weights)
# make an epoch? Mind the last batch.

# %% tags=["nbval-check-output"]
for rows, batch in [(10_000, 64), (1_438, 32)]:
    kept = rows - rows // 10
    print(f"{rows} pictures: {rows // 10} to validate, {kept} to fit, {-(-kept // batch)} steps of {batch} an epoch")

# %% [markdown]
# 141 steps: 140 full batches and one of 40. The second line is the stand-in, in batches of 32.
#
# Draw the piles at random: files are often sorted, and a validation pile of nothing but nines would tell you little.
# The seed makes it the same draw every time.

# %%
keras.utils.set_random_seed(SEED)  # Python's, NumPy's and the backend's random numbers
order = np.random.default_rng(SEED).permutation(len(x_all))
validation, fitted = np.split(order, [len(order) // 10])
x_train, y_train, x_val, y_val = x_all[fitted], y_all[fitted], x_all[validation], y_all[validation]
print(f"{len(x_train):,} to fit, {len(x_val):,} to validate, {len(x_test):,} to test")

# %% [markdown]
# ### Exercise: count the steps
#
# All 60,000 training pictures, a twentieth of them for validation, batches of 128, 12 epochs. How often are the weights
# changed in the whole run? `check.steps.hint()` gives a nudge, `check.steps.solution()` the answer; so it is with all
# exercises.

# %% tags=["exercise-steps"]
steps = ...  # how often the weights are changed, in the whole run

# %% tags=["nbval-check-output"]
check.steps(steps)

# %% [markdown]
# ## The network
#
# Two blocks look at the picture. Each is a convolution with ReLU and a pooling. Then `Flatten` puts all numbers into a
# row, and two `Dense` layers decide. In between, `Dropout`, which the next section explains.
#
# | layer | output | parameters |
# |---|---|---|
# | input | 28 × 28 × 1 | |
# | 32 kernels of 3 × 3 | 26 × 26 × 32 | 3·3·1·32 + 32 = 320 |
# | max pooling 2 | 13 × 13 × 32 | 0 |
# | dropout 0.1 | 13 × 13 × 32 | 0 |
# | 64 kernels of 3 × 3 | 11 × 11 × 64 | 3·3·32·64 + 64 = **?** |
# | max pooling 2 | **?** | 0 |
# | dropout 0.25 | as above | 0 |
# | flatten | **?** | 0 |
# | dense 128 | 128 | **?** |
# | dropout 0.5 | 128 | 0 |
# | dense 10 | 10 | 128·10 + 10 = 1,290 |
#
# **Predict.** Fill in the four question marks. 11 is odd: what does the pooling do with the last row and column?


# %%
def network(first_kernel=3):
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, first_kernel, activation="relu", name="conv1"),
        layers.MaxPooling2D(2, name="pool1"),
        layers.Dropout(0.1, name="drop1"),
        layers.Conv2D(64, 3, activation="relu", name="conv2"),
        layers.MaxPooling2D(2, name="pool2"),
        layers.Dropout(0.25, name="drop2"),
        layers.Flatten(name="flatten"),
        layers.Dense(128, activation="relu", name="dense1"),
        layers.Dropout(0.5, name="drop3"),
        layers.Dense(10, activation="softmax", name="classes"),
    ])  # fmt: skip


# %% tags=["nbval-check-output"]
model = network()
for layer in model.layers:
    print(f"{layer.name:8} {str(layer.output.shape[1:]):13} {layer.count_params():9,}")
print(f"together {model.count_params():23,}")

# %% [markdown]
# 18,496, 5 × 5 × 64, 1,600 and 204,928; the odd row is dropped. Look where the parameters are: nine tenths of them sit
# in one `Dense` layer, which looks at 1,600 numbers with 128 units. The convolutions, which do all the seeing, have
# fewer than 19,000.
#
# **Predict.** The same network with a first kernel of 5 × 5: how many parameters has its first layer, and how many the
# whole? Careful: the sizes behind it change too. Does the number that `Flatten` gives change?

# %% tags=["nbval-check-output"]
larger = network(first_kernel=5)
for layer in larger.layers[:2] + larger.layers[3:5] + larger.layers[6:7]:
    print(f"{layer.name:8} {str(layer.output.shape[1:]):13} {layer.count_params():9,}")
print(f"together {larger.count_params():23,}")

# %% [markdown]
# 832 instead of 320, and 225,546 in all. Behind it 28 becomes 24, then 12, 10 and 5: the same 5 × 5 × 64 arrives, so
# nothing else changes.
#
# ### Exercise: the summary that lies
#
# A widely copied page prints this network in code, with `Conv2D(32, (3, 3))` as its first layer. Below the code stands
# a summary that begins with *24 × 24 × 32, 832 parameters*. The two cannot belong together. Which kernel side does the
# summary have?

# %% tags=["exercise-first_kernel"]
kernel_side = ...

# %% tags=["nbval-check-output"]
check.first_kernel(kernel_side)

# %% [markdown]
# ### Exercise: wire one yourself
#
# Build a smaller one: two blocks of convolution (16, then 32 kernels of 3 × 3, ReLU, no padding) and max pooling of 2,
# then `Flatten` and straight to 10 probabilities. `Sequential` or functional, as you like.


# %% tags=["exercise-wire"]
def my_model():
    return ...  # a keras.Model


# %% tags=["nbval-check-output"]
check.wire(my_model)

# %% [markdown]
# ## Two layers that know whether they are in training
#
# **Dropout.** In training, each number is set to 0 with the given probability, anew for every picture and step. What
# remains is divided by the part that is kept, so that sums stay the same on average. No unit can rely on one particular
# neighbour, and so the network cannot put its knowledge into a few. Afterwards, at prediction time, all units take part
# and nothing is dropped.
#
# **Predict.** A dropout of 0.5 gets a thousand ones. Which different numbers come out in training? Which otherwise?

# %% tags=["nbval-check-output"]
ones = np.ones((1, 1000), "float32")
for training_now in (True, False):
    out = keras.ops.convert_to_numpy(layers.Dropout(0.5, seed=SEED)(ones, training=training_now))
    print(f"training={training_now}: values {sorted(set(out.ravel().tolist()))}, mean about {out.mean():.0f}")

# %% [markdown]
# 0 or 2 in training, 1 otherwise. `fit` says `training=True` for you, `predict` and `evaluate` say `False`. If you call
# a model as a function, you decide.
#
# **Batch normalisation** brings numbers to a common scale between layers: from each channel it subtracts the mean and
# divides by the standard deviation. In training, both come from the present batch. Take one channel of four numbers: 1,
# 3, 5, 7. The mean is 4, the variance (9 + 1 + 1 + 9)/4 = 5.
#
# **Predict.** What becomes of the 7? (√5 = 2.236)

# %% tags=["nbval-check-output"]
column = np.array([[1.0], [3.0], [5.0], [7.0]], "float32")  # four pictures, one channel
norm = layers.BatchNormalization()
out = keras.ops.convert_to_numpy(norm(column, training=True)).ravel()
print("in training: ", [round(float(value), 2) for value in out])
untouched = keras.ops.convert_to_numpy(norm(column, training=False)).ravel()
print("at prediction:", [round(float(value), 1) for value in untouched])
running = [round(float(weight[0]), 2) for weight in norm.non_trainable_weights]
print("kept so far: mean and variance", running)

# %% [markdown]
# (7 − 4)/2.236 = 1.34. At prediction time there may be one picture only, and one picture has no batch to compare with.
# So the layer keeps a running mean and variance from training and uses those. After one batch they have hardly moved
# from where they began, 0 and 1: by one hundredth of the way, to 0.04 and 1.04. That is why the second line is almost
# as it went in, and why a network with BatchNorm is useless right after a short training, however low its training
# loss.
#
# Each channel has four numbers: a scale and a shift, which are learned, and the running mean and variance, which are
# not. After 32 channels: 128 parameters, 64 of which train.

# %% tags=["nbval-check-output"]
block = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.Conv2D(32, 3, use_bias=False),  # the shift of BatchNorm does what a bias would
    layers.BatchNormalization(),
    layers.ReLU(),
])  # fmt: skip
norm = block.layers[1]
trained = sum(int(np.prod(weight.shape)) for weight in norm.trainable_weights)
print(f"BatchNorm after 32 channels: {norm.count_params()} parameters, {trained} of them trained")

# %% [markdown]
# Our small network does without it, and so do those of lesson 06. The residual networks of lesson 07 have it after
# every convolution.
#
# ## The loss for the labels you have
#
# Our labels are whole numbers: 7 means seven. Written **one-hot**, 7 is a row of ten with a single 1 in it.
# `keras.utils.to_categorical` turns the one into the other. Each form has its own name for the *same* cross-entropy:
# −ln of the probability that the true class got.
#
# **Predict.** The network knows nothing yet, so say each class has a probability of a tenth. What is the loss?

# %% tags=["nbval-check-output"]
labels = np.array([7, 2])
one_hot = keras.utils.to_categorical(labels, 10)
shrug = np.full((2, 10), 0.1, "float32")
print(one_hot.astype(int).tolist())
print("sparse:     ", round(float(keras.losses.SparseCategoricalCrossentropy()(labels, shrug)), 3))
print("categorical:", round(float(keras.losses.CategoricalCrossentropy()(one_hot, shrug)), 3))

# %% [markdown]
# −ln 0.1 = ln 10 = 2.303, twice the same. Remember 2.3: if the loss of ten classes begins far above it, something is
# wrong before the first step; if it stays there, nothing is being learned.
#
# What if you mix them up?

# %% tags=["nbval-check-output"]
for loss, given in [("categorical_crossentropy", labels), ("sparse_categorical_crossentropy", one_hot)]:
    try:
        keras.losses.get(loss)(given, shrug)
        print(loss, "with labels of shape", given.shape, "→ no complaint")
    except ValueError:
        print(loss, "with labels of shape", given.shape, "→ ValueError")

# %% [markdown]
# Keras notices, because the shapes do not fit. What it cannot notice is a softmax that is missing or applied twice. A
# loss expects probabilities unless you say `from_logits=True`: then it expects raw scores (*logits*) and does the
# softmax itself, which is exact even for scores in the hundreds.
#
# ### Exercise: choose the loss
#
# Write `loss_for(labels, last_activation)`. It returns a loss from `keras.losses`. `labels` is an array of whole
# numbers (N,) or of one-hot rows (N, classes); `last_activation` is `"softmax"` or `None`.


# %% tags=["exercise-loss_for"]
def loss_for(labels, last_activation):
    return ...  # a loss from keras.losses


# %% tags=["nbval-check-output"]
check.loss_for(loss_for)

# %% [markdown]
# ## Train it
#
# `compile` fixes the loss, the optimizer (`adam` sizes each weight's steps for itself, in the manner of lesson 00's
# AdaGrad) and what shall be counted besides: accuracy, the part that is right. `fit` does the rest.
#
# How many epochs? What counts is the number of steps. 141 steps an epoch on MNIST make 282 in two epochs. The stand-in
# has 41 steps an epoch, so it gets eight epochs: 328.
#
# **Predict.** After the first epoch, which accuracy is higher: that on the training pictures or that on the validation
# pictures?
#
# The `TrainingMonitor` draws while `fit` runs. The notebook's own ■ ends the run after the present batch, and so does
# the stop button, which is there only while it can be heard. Either way the model keeps what it has learned.

# %%
small = len(x_train) < 5_000
EPOCHS = 8 if small else 2 if PROFILE == "quick" else 12
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
monitor = explore.TrainingMonitor()
history = model.fit(
    x_train, y_train, batch_size=32 if small else 64, epochs=EPOCHS,
    validation_data=(x_val, y_val), callbacks=[monitor], verbose=0,
)  # fmt: skip

# %% [markdown]
# The validation accuracy is higher, in the first epoch by far. That is no miracle, and no error:
#
# - the training number is a *mean over the epoch*, in which the network was bad at first (the pale line); the
#   validation number is taken at the epoch's end;
# - in training, half of the 128 units were dropped at each step; in validation all take part.
#
# So a training accuracy *below* the validation accuracy says little. Ask the finished network about the training
# pictures themselves and it does better than the blue line says:

# %%
_, on_training = model.evaluate(x_train, y_train, batch_size=500, verbose=0)
print(f"training accuracy, as fit reported it: {history.history['accuracy'][-1]:.3f}")
print(f"training accuracy of the finished network: {on_training:.3f}")

# %% [markdown]
# Now the test, once.

# %%
_, accuracy = model.evaluate(x_test, y_test, batch_size=500, verbose=0)
wrong = round((1 - accuracy) * len(x_test))
margin = 2 * np.sqrt(accuracy * (1 - accuracy) / len(x_test))
print(f"test accuracy {accuracy:.1%}: {wrong} of {len(x_test):,} wrong, give or take {margin:.1%}")

# %% [markdown]
# The *give or take* is 2√(p(1 − p)/N): test pictures are a sample, and another sample would give another number. With
# 359 of them a network of 98 % may show 96.5 or 99.5. With 10,000 it is 98 ± 0.3. Keep that in mind before you prefer
# 98.3 to 98.1.
#
# What to expect: on MNIST this run, 10,000 pictures and two epochs, gives 96 or 97 %. On the stand-in it is 98 or 99 %,
# of an easier set. All 60,000 pictures and twelve epochs (`PROFILE = "full"`) give more than 99 % on MNIST.
#
# ## When to stop
#
# More epochs are not always better. Here is a network without dropout that gets only 100 pictures, and goes on for 30
# epochs.
#
# **Predict.** Where does the training accuracy end? And the validation loss: does it fall, level off, or rise?


# %%
def greedy_network():
    keras.utils.set_random_seed(SEED)
    net = keras.Sequential([layer for layer in network().layers if "drop" not in layer.name])
    net.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


greedy, few = greedy_network(), np.s_[:100]
overfitting = explore.TrainingMonitor()
_ = greedy.fit(
    x_train[few], y_train[few], batch_size=20, epochs=30,
    validation_data=(x_val[:500], y_val[:500]), callbacks=[overfitting], verbose=0,
)  # fmt: skip

# %% [markdown]
# The training accuracy reaches 1.000: every one of the 100 is known by heart, and the training loss goes on falling
# towards 0. The validation loss has long stopped falling. It even rises again, a little on the stand-in; look at
# *best: epoch …*. This is **overfitting**: what lowers the loss of the 100 pictures no longer lowers that of others.
#
# Three callbacks act on what you just saw:
#
# | callback | what it does |
# |---|---|
# | `EarlyStopping` | ends the run after `patience` epochs without a lower validation loss; can restore the best one |
# | `ModelCheckpoint` | writes the model to a file after each epoch, or only when it is the best so far |
# | `ReduceLROnPlateau` | multiplies the learning rate, by a half say, when there is no improvement |
#
# Do the first by hand. The validation losses are 0.9, 0.6, 0.5, 0.52, 0.51, 0.53, 0.4, and `patience=3`.
#
# **Predict.** After which epoch does the run end, and whose weights do you get? Is the 0.51 an improvement?
#
# ### Exercise: early stopping
#
# Write it: `early_stop(losses, patience)` returns the epoch after which training ends and the epoch whose weights are
# kept, counted from 1. The first loss is the best so far; equal is no improvement.


# %% tags=["exercise-early_stop"]
def early_stop(losses, patience):
    return ...  # (epoch after which training ends, epoch whose weights are kept), counted from 1


# %% tags=["nbval-check-output"]
check.early_stop(early_stop)

# %% [markdown]
# In Keras: the same network, the same 100 pictures, the same seed, and the three callbacks. (`training.callbacks(file)`
# makes such a list in one call.)
#
# **Predict.** After which epoch will this run end? Look at *best: epoch …* above, and at `patience`.

# %%
folder = Path(tempfile.mkdtemp())
watching = [
    keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=3),
    keras.callbacks.ModelCheckpoint(folder / "best.keras", monitor="val_loss", save_best_only=True),
    keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True),
]
careful = greedy_network()
kept = careful.fit(
    x_train[few], y_train[few], batch_size=20, epochs=30,
    validation_data=(x_val[:500], y_val[:500]), callbacks=watching, verbose=0,
)  # fmt: skip

# %%
losses, rates = kept.history["val_loss"], kept.history["learning_rate"]
print(f"epochs run: {len(losses)} of 30, best validation loss in epoch {int(np.argmin(losses)) + 1}")
print(f"learning rate: {rates[0]:.4f} at first, {rates[-1]:.5f} at last")
for name, net in {"to the end": greedy, "stopped early": careful}.items():
    loss, right = net.evaluate(x_test[:1000], y_test[:1000], batch_size=500, verbose=0)
    print(f"{name:13} test loss {loss:.2f}, accuracy {right:.0%}")

# %% [markdown]
# It ends much sooner, and with a lower test loss, although the long run gets a few more pictures right. The loss counts
# what accuracy does not: how sure the network was where it was wrong. The later epochs made it surer of everything. So
# the loss says which weights to keep if you use the probabilities; watch `val_accuracy` if only the names matter.
# (Until the learning rate is lowered the two runs are one and the same.) And no callback replaces pictures: compare
# with what the same layers reached above.
#
# ## Save it, load it
#
# One file with the ending `.keras` holds everything: the layers, the weights, the loss, even the state of the
# optimizer, so that training can go on. (`.weights.h5` holds the weights alone; you rebuild the network in code.)

# %% tags=["nbval-check-output"]
model.save(folder / "digits.keras")
again = keras.models.load_model(folder / "digits.keras")
before, after = (net.predict(x_test[:50], verbose=0) for net in (model, again))
print(f"{again.count_params():,} parameters, same answers: {np.allclose(before, after, atol=1e-6)}")

# %% [markdown]
# What the file does *not* hold: that pixels must be divided by 255, and that output 3 means "3". Write both down, or
# put a `layers.Rescaling(1/255)` into the model.
#
# ## What it gets wrong
#
# One number hides which mistakes are made. A **confusion matrix** shows them: a row for each true class, a column for
# each answer. First by hand. Eight pictures of two classes:
#
# truth 0 0 0 0 0 1 1 1, answer 0 0 0 0 1 1 1 0
#
# **Predict.** Which four numbers? Row 0 first: how many zeros were called 0, how many were called 1?

# %% tags=["nbval-check-output"]
truth, answer = np.array([0, 0, 0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1, 1, 0])
matrix = np.zeros((2, 2), int)
for row, column in zip(truth, answer, strict=True):
    matrix[row, column] += 1
print(matrix.tolist(), "  the same from training:", training.confusion_matrix(truth, answer, 2).tolist())

# %% [markdown]
# 4 and 1 in the first row, 1 and 2 in the second. The diagonal holds what is right: 6 of 8. Of the true ones, 2 of 3
# were found: this is the **recall** of class 1.
#
# ### Exercise: recall
#
# Write `recall(matrix)`, which returns the recall of every class.


# %% tags=["exercise-recall"]
def recall(matrix):
    return ...  # (classes,) array


# %% tags=["nbval-check-output"]
check.recall(recall)

# %% [markdown]
# Now for all test pictures. `predict` gives ten probabilities for each, and the largest is the answer.

# %%
probabilities = model.predict(x_test, batch_size=500, verbose=0)  # (N, 10)
answers = probabilities.argmax(axis=1)
matrix = training.confusion_matrix(y_test, answers, len(names))
mistakes = matrix - np.diag(np.diag(matrix))
row, column = np.unravel_index(mistakes.argmax(), mistakes.shape)
picture = plot.Picture(5.2, 5.0, alt=f"Confusion matrix, rows are the truth: {matrix.tolist()}.")
ax = picture.add_axes((0.06, 0.02, 0.92, 0.86))
plot.number_grid(ax, mistakes, title="mistakes: row = truth, column = answer", marks=[(row, column, 1, 1, plot.RED)])
picture

# %% [markdown]
# The diagonal is left out of the picture (it would outshine the rest). The frame is around the commonest confusion, the
# first if several are as common. Which two digits are they, and would you have guessed it? Look across the diagonal,
# too: is it mutual?
#
# Then look at the pictures themselves. The worst mistakes are those in which the true class got the smallest
# probability: they cost the most in the loss.

# %%
worst = training.worst_mistakes(y_test, probabilities, count=8)
shown = {
    f"{i}: {names[y_test[i]]}, said {names[answers[i]]} ({probabilities[i].max():.2f})": test.images[i, ..., 0]
    for i in worst
}
plot.images(
    shown or {"no mistake at all": test.images[0, ..., 0]},
    alt="The worst mistakes, number: truth, answer (its probability): " + "; ".join(shown) + ".",
    columns=4,
    width=8.0,
    row_height=2.2,
)

# %% [markdown]
# Cover the titles and read them yourself. Some you would get wrong too. Others are plain to you, and the network named
# something else: those tell you what your training pictures lack.
#
# ## Find the bug
#
# Here is a network with two blocks, as people write it at two in the morning. It runs. It trains, and reads most digits
# correctly. Keras says nothing.
#
# **Predict.** With the two blocks in a row you expect 320 + 18,496 + 16,010 = 34,826 parameters. What does this have:
# fewer, the same, or more? Read it slowly.


# %% tags=["nbval-check-output"]
def broken_model():
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(64, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, outputs)


broken = broken_model()
for layer in broken.layers:
    print(f"{type(layer).__name__:12} {str(layer.output.shape[1:]):13} {layer.count_params():8,}")
print(f"together {broken.count_params():26,}")

# %% [markdown]
# 108,810, three times as many, and there is no layer with 32 filters. The second convolution takes `inputs`.
# `keras.Model` follows the arrows backwards from the outputs; the first block leads nowhere, so it is not part of the
# model. It was built, and thrown away without a word. And because nothing halved the picture before the second block,
# 13 × 13 × 64 numbers reach the last layer instead of 5 × 5 × 64.
#
# No message will ever tell you. A look at the summary will: **count the layers, and work out the total beforehand.**
#
# ### Exercise: mend it


# %% tags=["exercise-mended"]
def mended_model():
    return ...  # broken_model() with one word changed


# %% tags=["nbval-check-output"]
check.mended(mended_model)

# %% [markdown]
# ## Try it: move a digit, draw a digit
#
# Your trained network, live. Guess first what it will say, then press Enter.

# %%
quiz = explore.DigitPad(model, test, predict=True)
quiz.set(class_name=names[6], turn=180)

# %% [markdown]
# Upside down, a 6 is a 9 to you. And to the network? Here are all of them:

# %%
turned = np.rot90(x_test[y_test == 6], 2, axes=(1, 2))
named = model.predict(turned, batch_size=500, verbose=0).argmax(axis=1)
counts = {names[i]: int((named == i).sum()) for i in np.unique(named)}
print(f"{len(turned)} of class {names[6]}, upside down, are called:", counts)

# %% [markdown]
# On the stand-in every one is a 9. Of MNIST's 958 it is about a third, and more are called 7: other hands, other sixes.
# No layer in the network knows which side is up, or what a 9 is, except from the pictures it has seen.
#
# The same without the quiz. The black lines on the bars show what it says of the unchanged picture.

# %%
pad = explore.DigitPad(model, test)
pad.set(class_name=names[4], right=6)

# %% [markdown]
# Try:
#
# 1. Set *move right* back to 0 and go one pixel at a time. How far can a digit move before the answer changes?
#    Convolution and pooling take a shift in their stride. `Dense` does not: to it, each place has its own weights.
# 2. *Undo all changes*, then raise *noise* to 100, and set *size* to 40 as well. Go through some examples: most get the
#    same answer now. How sure is it? (Around 0.9 on the stand-in, 0.3 on MNIST.)
# 3. Choose *my drawing* and draw a digit. Then untick *fit my drawing as MNIST was* and draw a small one in a corner.
#    MNIST's digits were all scaled to 20 pixels and centred; so must yours be. (The square to draw on needs the
#    package anywidget. Without it a note says what to type, and `pad.draw(array)` does the same from code.)
#
# In all of this one answer never comes: *that is no digit*. Ten probabilities must add up to 1, so one of the ten gets
# the blame, whatever the picture. Show it letters:

# %%
letters = datasets.letters("test", limit=300)
said = model.predict(letters.images / np.float32(255), verbose=0)
for what, p in {"digits": probabilities, "letters": said}.items():
    sure = p.max(axis=1)
    print(f"{what}: largest probability {sure.mean():.2f} on average, above 0.9 for {(sure > 0.9).mean():.0%}")

# %% [markdown]
# It is less sure than of digits, and still sure of far too many: of four letters in ten on the stand-in, of one in six
# on MNIST. A probability says how the ten classes compare, not whether any of them applies. Lesson 11 comes back to
# that.
#
# ## Another task, one word changed
#
# Nothing in the network knows about digits. Change `DATASET` in the parameters cell to `"letters"` and run the notebook
# again: the same code learns the letters A to J in twenty fonts, turned and slanted. `"fashion_mnist"` is ten kinds of
# clothing (where they cannot be had, the letters stand in for them, and the printed line says so). Here is the short
# form:

# %%
keras.utils.set_random_seed(SEED)
other = "letters" if DATASET != "letters" else "mnist"
other_train, other_test = (getattr(datasets, other)(split, limit=3_000) for split in ("train", "test"))
reader = network()
reader.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
_ = reader.fit(other_train.images / np.float32(255), other_train.labels, batch_size=32, epochs=3, verbose=0)
_, right = reader.evaluate(other_test.images / np.float32(255), other_test.labels, batch_size=500, verbose=0)
print(other_test.source)
print(f"test accuracy {right:.0%} after 3 epochs on {len(other_train.images):,} pictures; a guess would give 10 %")

# %% [markdown]
# The kernels are others now; the recipe is the same.
#
# ## The real thing
#
# `PROFILE = "full"` trains on all the pictures. It also trains LeNet-5, the network with which it began in 1998, here
# with ReLU and max pooling: 61,706 parameters, about a quarter of ours.

# %%
if PROFILE == "full":
    keras.utils.set_random_seed(SEED)
    lenet = zoo.build("lenet5", input_shape=(28, 28, 1), classes=10, activation="relu", pool="max", padding="same")
    lenet.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    lenet.fit(
        x_train, y_train, batch_size=64, epochs=15, validation_data=(x_val, y_val), verbose=0,
        callbacks=[explore.TrainingMonitor(), *training.callbacks(folder / "lenet5.keras")],
    )  # fmt: skip
    _, right = lenet.evaluate(x_test, y_test, batch_size=500, verbose=0)
    print(f"LeNet-5: {lenet.count_params():,} parameters, test accuracy {right:.2%}")
else:
    print('Set PROFILE = "full" for LeNet-5 and all the pictures.')

# %% [markdown]
# Measured once, on MNIST and two processor cores without a GPU:
#
# | network | pictures | epochs | test accuracy |
# |---|---|---|---|
# | ours, quick | 9,000 | 2 | 96.5 % |
# | LeNet-5, full | 54,000 | 13 | 99.1 % |

# %% [markdown]
# ## Summary
#
# - Blocks of convolution and pooling see, `Flatten` and `Dense` decide. 225,034 parameters, nine tenths of them in the
#   first `Dense` layer. Work the total out before you build; then a wrong wire shows.
# - Three piles: fit on one, choose with the second, test once on the third. An accuracy has a margin, 2√(p(1 − p)/N).
# - Dropout and BatchNorm behave differently in training and afterwards.
# - Whole-number labels: sparse. One-hot: categorical. No softmax in the last layer: `from_logits=True`. Ten classes
#   begin at ln 10 = 2.3.
# - The best epoch is the one with the lowest validation loss, not the last. EarlyStopping, ModelCheckpoint and
#   ReduceLROnPlateau watch it for you.
# - A classifier always answers. Look at its confusion matrix and its worst mistakes before you believe its accuracy.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **validation set**: pictures to which no weight is fitted. Their loss and accuracy after each epoch guide your
#   choices; because you choose by them, they flatter what you chose.
# - **test set**: pictures that take part in no fitting and in no choice, and are looked at once, at the end. They say
#   how the network does on new pictures.
# - **step**: one change of the weights, computed from one batch. N pictures in batches of B make N / B steps an epoch,
#   rounded up.
# - **dropout**: in training, each number is set to 0 with a given probability, and the others are divided by the share
#   that is kept. At prediction time nothing is dropped.
# - **batch normalisation**: subtracts each channel's mean, divides by its standard deviation, then scales and shifts by
#   learned numbers. Training takes mean and variance from the batch, prediction from running averages.
# - **logits**: the scores that a network's last layer gives before the softmax: any numbers, one for each class.
# - **sparse and categorical cross-entropy**: one loss, −ln of the probability of the true class, for two forms of
#   labels: whole numbers (sparse) and one-hot rows (categorical).
# - **overfitting**: what the network goes on to learn from its training pictures no longer helps with others. The
#   training loss falls, the validation loss does not.
# - **callback**: an object that `fit` calls after each batch or epoch. It can end the run, save the model or change the
#   learning rate.
# - **early stopping**: ending a run after a number of epochs, the *patience*, without a new lowest validation loss.
#   Usually the weights of the best epoch are kept.
# - **confusion matrix**: a table of counts with a row for each true class and a column for each answer. The diagonal
#   holds what is right.
# - **recall**: of all pictures of a class, the share that was recognised: the diagonal element of the confusion matrix
#   over the sum of its row.

# %% [markdown]
# **Further reading**
#
# - Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, *Gradient-Based Learning Applied to Document
#   Recognition*, Proceedings of the IEEE 86(11), 1998: MNIST and LeNet-5.
# - Nitish Srivastava, Geoffrey Hinton, Alex Krizhevsky, Ilya Sutskever and Ruslan Salakhutdinov, *Dropout: A Simple Way
#   to Prevent Neural Networks from Overfitting*, JMLR 15, 2014.
# - Sergey Ioffe and Christian Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal
#   Covariate Shift*, ICML 2015.
# - Han Xiao, Kashif Rasul and Roland Vollgraf, *Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
#   Algorithms*, 2017 (arXiv:1708.07747).
# - Diederik Kingma and Jimmy Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015.
#
# **Where next.** Lesson 06: LeNet, AlexNet and VGG, and how to read an architecture by its ledger.

# %% [markdown] tags=["navigation"]
# [← 04 · Channels, layers and parameters](04_channels_layers_parameters.ipynb) ·
# [All lessons](index.ipynb) ·
# [06 · Classic architectures: LeNet, AlexNet, VGG →](06_classic_architectures.ipynb)

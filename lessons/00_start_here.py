# %% [markdown]
# # 00 · Start here
#
# <!-- navigation -->
# [All lessons](index.ipynb) ·
# [01 · Convolution by hand →](01_convolution_by_hand.ipynb)
#
# What happens when a network *learns*? Here 1,873 numbers learn to tell three kinds of iris apart, and you work out
# each part by hand before Keras does.
#
# **By the end you can**
#
# - run cells and know what the kernel remembers;
# - count the parameters of a network, and build it in Keras in three ways;
# - compute softmax and three losses by hand, and choose the loss that fits your labels;
# - take steps of gradient descent and of AdaGrad by hand;
# - train a network with `compile`, `fit`, `evaluate` and `predict`.
#
# **Time:** about 50 minutes; the cells themselves run in about 20 seconds. **You need:** a little Python (variables,
# functions, loops) and school mathematics.
#
# Every lesson begins with the next cell, folded away: run it, there is no need to read it. It makes sure that the
# package `cnnlab` is there, and starts Keras.

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

from cnnlab import datasets, doctor, explore, plot
from cnnlab.checks import lesson00 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" changes nothing in this lesson
SEED = 0

# %% [markdown]
# ## 1 · How a notebook runs
#
# A grey cell holds Python code, and a program called the **kernel** runs it:
#
# - **Shift + Enter** runs the cell and goes to the next;
# - **Ctrl + Enter** runs it and stays;
# - **Alt + Enter** (on a Mac: Option) runs it and puts a new one below.
#
# While a cell runs, `[*]` stands beside it, and afterwards a number: `[5]` was the fifth cell that this kernel ran.

# %%
flowers = 10

# %% [markdown]
# **Predict.** The next cell adds 1 to `flowers`. What do you see the first time? Run it with Ctrl + Enter, and then
# twice more: what do you see now?

# %% tags=["nbval-check-output"]
flowers = flowers + 1
print(flowers)

# %% [markdown]
# 11 the first time, 13 after the third. The kernel remembers, and the order in which you ran cells counts, not their
# place on the page. If your numbers stop agreeing with the text, restart the kernel and run all cells (JupyterLab: menu
# *Kernel*; Colab: menu *Runtime*).
#
# When a cell fails, read the **last line** of the long report first: it says what was wrong.
#
# ## 2 · What are you running on?
#
# The next cell says what works on this machine, and what to type where something does not. (In a terminal: `cnnlab
# doctor`.)

# %%
print(doctor.summary())

# %% [markdown]
# **GPU** may well say none: lessons 00 to 04 are made for an ordinary processor. In Colab you can have one under
# *Runtime → Change runtime type*.
#
# **Without a network** this lesson and the next four run unchanged. Larger data sets are looked for in the folder that
# the variable `CNNLAB_DATA` names, then in a cache, then downloaded; failing all three, a smaller stand-in takes their
# place. `source` says which one you have.

# %% tags=["nbval-check-output"]
iris = datasets.iris()
print(iris.source)
print(iris.feature_names)
print(iris.class_names)

# %% [markdown]
# ## 3 · The task: which iris is it?
#
# In 1936 Ronald Fisher published four lengths, in centimetres, of 150 flowers, 50 of each kind. Here is one of each:

# %% tags=["nbval-check-output"]
three = [0, 50, 100]
for flower in three:
    print(iris.features[flower].tolist(), "→", iris.labels[flower], iris.class_names[iris.labels[flower]])

# %% [markdown]
# **Predict.** If you could use only one of the four lengths, which would you take?

# %%
x, y = iris.features.astype("float32"), iris.labels  # (150, 4), (150,)
alt = "Petal width against length. Setosa, under 2 cm, is apart; versicolor, 3 to 5, touches virginica, 4.5 to 7."
picture = plot.Picture(7, 3.4, alt=alt)
ax = picture.add_subplot()
for species, marker in enumerate("o^s"):
    chosen = x[y == species]
    ax.scatter(chosen[:, 2], chosen[:, 3], s=22, marker=marker, color=plot.PALETTE[species], alpha=0.7)
    ax.text(chosen[:, 2].mean(), (0.75, 1.95, 2.62)[species], iris.class_names[species], ha="center", fontsize=11)
ax.set(xlabel="petal length, cm", ylabel="petal width, cm", ylim=(0, 2.8))
picture.subplots_adjust(left=0.1, bottom=0.16, right=0.98, top=0.97)
picture

# %% [markdown]
# The petal's length or width: either sets setosa apart. Where versicolor and virginica touch, no single length is
# enough.
#
# ## 4 · One unit by hand
#
# A network is made of **units**. A unit multiplies each input by a **weight**, adds up, and adds one more number, its
# **bias**. Take the weights 0.1, −0.2, 0.5, 1.0 and the bias −3. For the first flower:
#
# $$0.1\cdot5.1 - 0.2\cdot3.5 + 0.5\cdot1.4 + 1.0\cdot0.2 - 3 = 0.71 - 3 = -2.29$$
#
# Then the **activation** bends the result. The usual one is ReLU: a negative number becomes 0, any other stays. Without
# a bend between them, two layers could do no more than one.
#
# **Predict.** For the second flower, `[7.0, 3.2, 4.7, 1.4]`, the sum of the products is 3.81. What does the unit give
# for flower one, and what for flower two?

# %% tags=["nbval-check-output"]
weights, bias = np.array([0.1, -0.2, 0.5, 1.0]), -3.0
sums = iris.features[three] @ weights + bias  # (3, 4) @ (4,) gives (3,)
print("before ReLU:", sums.round(2).tolist())
print("after ReLU: ", np.maximum(sums, 0).round(2).tolist())

# %% [markdown]
# This unit is silent for setosa and speaks louder the larger the petals are. In Keras, units that look at the same
# inputs form a `Dense` layer. One unit, with our weights put in, must give the same:

# %% tags=["nbval-check-output"]
layer = keras.layers.Dense(1, activation="relu")
layer.build((None, 4))  # four inputs; None: any number of flowers
layer.set_weights([weights.reshape(4, 1), np.array([bias])])
outputs = keras.ops.convert_to_numpy(layer(x[three]))  # (3, 1) of float32
print([round(float(output), 2) for output in outputs.ravel()])

# %% [markdown]
# Weights and biases together are the **parameters**: the numbers that training changes. Count them before you build
# anything. Take 4 inputs, a layer of 50 units, and a layer of 3, one for each species; we write 4 → 50 → 3.
#
# - Each of the 50 units has 4 weights and 1 bias: 4 · 50 + 50 = **250**.
# - Each of the 3 units has 50 weights and 1 bias: 50 · 3 + 3 = **153**.
#
# Together **403**. `Sequential` builds it as a list, in which each layer feeds the next:

# %% tags=["nbval-check-output"]
small = keras.Sequential([
    keras.Input((4,)),
    keras.layers.Dense(50, activation="relu", name="hidden"),
    keras.layers.Dense(3, activation="softmax", name="species"),
])  # fmt: skip
for layer in small.layers:
    print(layer.name, layer.count_params())
print("together", small.count_params())

# %% [markdown]
# ### Your turn
#
# An exercise is a cell with `...` in it, and a cell that checks what you wrote. Replace the `...`, run both. If you are
# stuck, type `check.first_count.hint()` in a new cell, then `.hint(2)`; `check.first_count.solution()` shows an answer.
#
# **Exercise 1.** How many parameters has 4 → 12 → 8 → 3? Work it out on paper and write the number.

# %% tags=["exercise-first_count"]
my_count = ...

# %% tags=["nbval-check-output"]
check.first_count(my_count)

# %% [markdown]
# **Exercise 2.** Write a function that takes the sizes, such as `(4, 50, 30, 3)`, and returns the number of parameters.


# %% tags=["exercise-stack_parameters"]
def my_stack_parameters(sizes):
    return ...


# %% tags=["nbval-check-output"]
check.stack_parameters(my_stack_parameters)

# %% [markdown]
# ## 5 · Two more ways to say it
#
# **The functional way** calls each layer on the output of another, so that paths can part and meet. Here the four
# lengths go into three layers side by side, of 50, 80 and 30 units; their outputs are laid end to end, and three units
# look at all of them.
#
# **Predict.** The branches have 250, 4 · 80 + 80 = 400 and 4 · 30 + 30 = 150 parameters. How many has the last layer?

# %% tags=["nbval-check-output"]
inputs = keras.Input((4,))
branches = [keras.layers.Dense(units, activation="relu")(inputs) for units in (50, 80, 30)]
joined = keras.layers.Concatenate()(branches)
outputs = keras.layers.Dense(3, activation="softmax")(joined)
branching = keras.Model(inputs, outputs)
print("joined:", joined.shape)
print("parameters:", [layer.count_params() for layer in branching.layers if layer.count_params()])
print("together", branching.count_params())

# %% [markdown]
# Joined, the branches give 50 + 80 + 30 = 160 numbers, so the last layer has 160 · 3 + 3 = 483: **1,283** in all.
#
# **Subclassing** writes the network as a Python class: `call` says in plain Python how data flows through the layers.
# Take it when what happens depends on the data.


# %% tags=["nbval-check-output"]
class IrisNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(50, activation="relu")
        self.species = keras.layers.Dense(3, activation="softmax")

    def call(self, flowers):
        return self.species(self.hidden(flowers))


written_as_class = IrisNet()
probabilities = written_as_class(x[three])  # its weights are made at the first call, when it sees 4 inputs
print("output shape:", tuple(probabilities.shape), "  parameters:", written_as_class.count_params())

# %% [markdown]
# 403 again: the same network as `small`, said differently.
#
# ## 6 · From scores to probabilities: softmax
#
# The last layer computes three numbers, one for each species: **scores**, which may be negative. Softmax makes
# probabilities of them in two steps: raise *e* to each, so that all are positive, and divide by the sum, so that they
# add up to 1.
#
# $$p_k = \frac{e^{z_k}}{e^{z_1} + e^{z_2} + e^{z_3}}$$
#
# **Predict.** Take the scores 0, ln 2 and ln 5 (that is 0, 0.69, 1.61). Their powers are 1, 2 and 5. What are the
# three probabilities?

# %% tags=["nbval-check-output"]
scores = np.log([1.0, 2.0, 5.0])
powers = np.exp(scores)
print("powers:       ", powers.round(3).tolist())
print("probabilities:", (powers / powers.sum()).round(3).tolist())
print("Keras:        ", keras.ops.convert_to_numpy(keras.ops.softmax(scores)).round(3).tolist())

# %% [markdown]
# 1/8, 2/8 and 5/8. The highest score gets the largest share, and the others keep theirs: that is *soft*.
#
# **Exercise 3.** Write softmax as a function of an array of scores of any length.


# %% tags=["exercise-softmax"]
def my_softmax(z):
    return ...


# %% tags=["nbval-check-output"]
check.softmax(my_softmax)

# %% [markdown]
# **Find the bug.** The recipe fails in a computer. What do you expect for the scores 1000, 1001, 1002?

# %% tags=["nbval-check-output"]
with np.errstate(over="ignore", invalid="ignore"):  # or NumPy would warn
    powers = np.exp(np.array([1000.0, 1001.0, 1002.0]))
    print("powers:       ", powers.tolist())
    print("probabilities:", (powers / powers.sum()).tolist())

# %% [markdown]
# $e^{1000}$ has 435 digits; a float ends at about 309 and becomes `inf`. And `inf / inf` is `nan`, *not a number*.
#
# **Exercise 4.** Mend it. The key: 1000, 1001, 1002 must have the same softmax as 0, 1, 2, because a common factor
# $e^{1000}$ cancels.


# %% tags=["exercise-stable_softmax"]
def my_stable_softmax(z):
    return ...


# %% tags=["nbval-check-output"]
check.stable_softmax(my_stable_softmax)

# %% [markdown]
# ## 7 · How wrong is it? Three losses
#
# A **loss** is one number that says how wrong a prediction is: 0 for perfect, larger for worse. Training makes it
# small. Say the flower is a versicolor, species 1, and the network answers 0.2, 0.7, 0.1. The truth as a row is 0, 1,
# 0: this is called **one-hot**. The differences are 0.2, −0.3 and 0.1.
#
# - Mean squared error, MSE: (0.2² + 0.3² + 0.1²) / 3 = 0.14 / 3 = 0.0467
# - Mean absolute error, MAE: (0.2 + 0.3 + 0.1) / 3 = 0.2
# - Cross-entropy: −ln of the true species' probability, −ln 0.7 = 0.3567

# %% tags=["nbval-check-output"]
truth, answer = np.array([0.0, 1.0, 0.0]), np.array([0.2, 0.7, 0.1])
by_hand = [np.mean((answer - truth) ** 2), np.mean(np.abs(answer - truth)), -np.sum(truth * np.log(answer))]
from_keras = [keras.losses.MeanSquaredError(), keras.losses.MeanAbsoluteError(), keras.losses.CategoricalCrossentropy()]
for number, loss in zip(by_hand, from_keras, strict=True):  # [None] makes a batch of one flower
    print(f"{loss.name:25} by hand {number:.4f}   Keras {float(loss(truth[None], answer[None])):.4f}")

# %% [markdown]
# **Predict.** Now the network is sure of itself, and wrong: 0.98, 0.01, 0.01. MSE can never exceed 2/3 here. What can
# cross-entropy reach? (−ln 0.01 is 4.61.) And what does it say to a network that shrugs: 1/3, 1/3, 1/3?

# %% tags=["nbval-check-output"]
for name, p in {"good": answer, "shrug": np.full(3, 1 / 3), "sure and wrong": np.array([0.98, 0.01, 0.01])}.items():
    mse, cross_entropy = np.mean((p - truth) ** 2), -np.log(p[1])
    print(f"{name:15} MSE {mse:.2f}   cross-entropy {cross_entropy:.2f}")

# %% [markdown]
# Cross-entropy has no upper limit: being sure and wrong costs more than any shrug. Remember the shrug among three:
# **ln 3 = 1.10**.
#
# Labels are stored as one-hot rows or as whole numbers, and each form has its own name for the *same* loss.

# %% tags=["nbval-check-output"]
labels = np.array([1, 0, 2])
one_hot = keras.utils.to_categorical(labels, 3)
p = np.array([[0.2, 0.7, 0.1], [0.9, 0.05, 0.05], [0.25, 0.25, 0.5]])
print(one_hot.astype(int).tolist())
print("categorical       ", round(float(keras.losses.CategoricalCrossentropy()(one_hot, p)), 4))
print("sparse categorical", round(float(keras.losses.SparseCategoricalCrossentropy()(labels, p)), 4))

# %% [markdown]
# The mean of −ln 0.7, −ln 0.9 and −ln 0.5, both times. *Sparse*: only the place of the 1 is stored.
#
# | Labels | Loss in `compile` |
# |---|---|
# | a class as a whole number | `"sparse_categorical_crossentropy"` |
# | a class as a one-hot row | `"categorical_crossentropy"` |
# | a measured amount | `"mean_squared_error"` or `"mean_absolute_error"` |
#
# **Exercise 5.** Choose a loss for each kind of label, as a string from the table.

# %% tags=["exercise-choose_loss"]
my_losses = {
    "species as 0, 1 or 2": ...,
    "species as one-hot rows": ...,
    "petal length in cm": ...,
}

# %% tags=["nbval-check-output"]
check.choose_loss(my_losses)

# %% [markdown]
# ## 8 · Rolling downhill
#
# How does training make the loss small? Start with a loss that you can draw: one weight $w$ and the loss
# $E = (w-3)^2$, a valley whose floor is at $w = 3$. Its slope is $\frac{\partial E}{\partial w} = 2(w - 3)$. At
# $w = 0$ the slope is −6: the ground falls to the right. So go to the right. **Gradient descent** goes against the
# slope, by a small multiple η (eta) of it, the **learning rate**:
#
# $$w \leftarrow w - \eta\,\frac{\partial E}{\partial w}$$
#
# With η = 0.1, from $w = 0$: $w = 0 - 0.1\cdot(-6) = 0.6$.
#
# **Predict.** The slope at 0.6 is 2 · (0.6 − 3) = −4.8. Where is $w$ after the second step?


# %% tags=["nbval-check-output"]
def slope(w):
    return 2 * (w - 3)


w = 0.0
for step in (1, 2, 3):
    w = w - 0.1 * slope(w)
    print(f"step {step}: w = {w:.3f}")

# %% [markdown]
# 1.08, and the steps get shorter by themselves, because the slope does. The distance to the floor was 3, then 2.4, then
# 1.92: each step leaves 80 % of it, which is $1 - 2\eta$.
#
# **Predict.** What is $1 - 2\eta$ for η = 0.01, 0.5, 0.9, 1 and 1.05? So where is the ball after ten steps?

# %% tags=["nbval-check-output"]
for rate in (0.01, 0.1, 0.5, 0.9, 1.0, 1.05):
    w = 0.0
    for _ in range(10):
        w = w - rate * slope(w)
    print(f"rate {rate:4}: each step leaves {1 - 2 * rate:5.2f} of the distance; after ten w = {w:6.3f}")

# %% [markdown]
# 0.01 creeps. 0.1 nearly arrives. 0.5 is exact, by luck. 0.9 jumps to the other side and back but closes in. 1.0 jumps
# for ever. 1.05 is **diverging**: each jump lands higher than the last.
#
# ### The first explorer
#
# Here is the same ball, to play with. The words under the picture say the same with every number written out. This one
# asks first: type your prediction into *my guess* and press Enter.

# %%
ball = explore.LearningRateExplorer(predict=True).set(learning_rate=0.1, steps=2)
ball

# %% [markdown]
# 1. Predict step 2 for a learning rate of 0.1, then of 0.5, then of 1.0.
# 2. Set `steps` to 10 and raise the rate from 0.9 on. When does the curve on the right stop falling, when does it rise?
# 3. Choose the curve *4 times as steep*. Which rates work now? (The largest that works is 4 times smaller.)
#
# The third is the trouble: a network has as many directions as parameters, some steep, some flat.
#
# ### AdaGrad: let the slopes set the step
#
# AdaGrad (Duchi and others, 2011) keeps, for each weight, the sum $h$ of all squared slopes so far, and divides by
# its root:
#
# $$h \leftarrow h + \Big(\frac{\partial E}{\partial w}\Big)^2 \qquad
#   w \leftarrow w - \eta\,\frac{\partial E}{\partial w}\Big/\sqrt{h}$$
#
# By hand, with η = 0.5, from $w = 0$ and $h = 0$:
#
# - step 1: slope −6, $h = 36$, $w = 0 + 0.5\cdot 6/\sqrt{36} = 0.5$: exactly η, whatever the slope.
# - step 2: slope −5, $h = 36 + 25 = 61$, $w = 0.5 + 0.5\cdot 5/\sqrt{61} = 0.5 + 0.32 = 0.82$.
#
# **Predict.** Is step 3 longer or shorter than 0.32?

# %% tags=["nbval-check-output"]
w, h = 0.0, 0.0
for step in (1, 2, 3):
    h = h + slope(w) ** 2
    w = w - 0.5 * slope(w) / (np.sqrt(h) + 1e-7)  # the 1e-7 avoids 0 / 0 where the ground is level
    print(f"step {step}: h = {h:.2f}, w = {w:.3f}")

# %% [markdown]
# Shorter, 0.24: $h$ can only grow. **Exercise 6.** Write one step of AdaGrad. It takes $w$, $h$, the slope and the
# learning rate, and returns the new $w$ and the new $h$.


# %% tags=["exercise-adagrad_step"]
def my_adagrad_step(w, h, slope, learning_rate):
    return ...


# %% tags=["nbval-check-output"]
check.adagrad_step(my_adagrad_step)

# %% [markdown]
# Keras' optimizers must agree: three steps with `SGD`, which is gradient descent, then with `Adagrad` (it starts $h$ at
# 0.1 unless you say 0):

# %% tags=["nbval-check-output"]
for optimizer in (keras.optimizers.SGD(0.1), keras.optimizers.Adagrad(0.5, initial_accumulator_value=0.0)):
    w, path = keras.Variable(0.0), []
    for _ in range(3):
        optimizer.apply([slope(w)], [w])
        path.append(round(float(keras.ops.convert_to_numpy(w)), 3))
    print(f"{type(optimizer).__name__:8}", path)

# %% [markdown]
# Now the point of AdaGrad. **Predict.** Below, switch between *one valley* and *4 times as steep*. Where do the
# dots go?

# %%
adagrad = explore.LearningRateExplorer().set(optimizer="AdaGrad", learning_rate=0.5, steps=10)
adagrad

# %% [markdown]
# Each stays at its $w$: a slope 4 times as large makes $\sqrt h$ 4 times as large, and the two cancel. Every weight
# gets steps that fit its slopes. But $h$ never shrinks, so AdaGrad slows down for good. **Adam** lets old slopes fade
# and adds momentum; it is the usual first choice.
#
# ## 9 · Train the network
#
# Now for 1,873 weights instead of one, by the same rule. A network can learn its flowers by heart, so it is tested on
# others: 70 % of 150 is 105 flowers to **train** on, 45 to **test** on, in random order.

# %% tags=["nbval-check-output"]
order = np.random.default_rng(SEED).permutation(150)
train, test = order[:105], order[105:]
print("train", x[train].shape, "test", x[test].shape, "in both:", len(set(train) & set(test)))

# %% [markdown]
# **Predict.** How many parameters has 4 → 50 → 30 → 3?

# %% tags=["nbval-check-output"]
keras.utils.set_random_seed(SEED)  # the first weights are random, and now the same at each run
model = keras.Sequential([
    keras.Input((4,)),
    keras.layers.Dense(50, activation="relu"),
    keras.layers.Dense(30, activation="relu"),
    keras.layers.Dense(3, activation="softmax"),
])  # fmt: skip
first_weights = model.get_weights()  # needed once more, at the end
print([layer.count_params() for layer in model.layers], "together", model.count_params())

# %% [markdown]
# 250 + 1,530 + 93 = **1,873**. Four verbs do the rest. **compile** chooses the loss, the optimizer and what else to
# report, here the accuracy: the share of flowers named rightly. **evaluate** measures.
#
# **Predict.** Before any training, what accuracy do you expect, and roughly what loss? (Remember the shrug.)

# %%
model.compile(
    loss="sparse_categorical_crossentropy",  # the labels are whole numbers
    optimizer=keras.optimizers.Adam(learning_rate=0.02),
    metrics=["accuracy"],
)
loss, accuracy = model.evaluate(x[test], y[test], verbose=0)
print(f"loss {loss:.2f}, accuracy {accuracy:.2f}")

# %% [markdown]
# About as good as guessing, with a loss around the shrug's 1.10 or above: random weights have prejudices.
#
# **fit** trains. It goes through the 105 flowers in **batches** of 35 and makes one step for each, with the mean slope
# over that batch. Once through all flowers is an **epoch**: 3 steps, so 30 epochs are 90.

# %%
history = model.fit(x[train], y[train], epochs=30, batch_size=35, verbose=0)
curve = history.history["loss"]
alt = f"The loss falls from {curve[0]:.2f} in epoch 1 to {curve[-1]:.2f} in epoch 30."
plot.lines({"loss": (range(1, 31), curve)}, xlabel="epoch", ylabel="training loss", markers=True, alt=alt)

# %% [markdown]
# You know this shape from the right half of the explorer. Now the 45 flowers it has never met.

# %%
loss, accuracy = model.evaluate(x[test], y[test], verbose=0)
print(f"accuracy {accuracy:.3f}: {round(accuracy * 45)} of 45")
print("at least 0.95:", accuracy >= 0.95)

# %% [markdown]
# One flower is 1/45 = 0.022 of accuracy, so from 45 flowers you cannot tell 0.96 from 0.98, and even a 1.000 does not
# mean that it never errs. **predict** gives the probabilities, a row for each flower; the answer is the species with
# the largest. Here is the first test flower, and the three of which the network is least sure:

# %%
probabilities = model.predict(x[test], verbose=0)  # (45, 3)
least_sure = np.argsort(probabilities.max(axis=-1))[:3]
for number in [0, *least_sure]:
    said, true = probabilities[number].argmax(), y[test][number]
    shares = " ".join(f"{p:.2f}" for p in probabilities[number])
    print(shares, "→", iris.class_names[said], "/ in truth", iris.class_names[true])

# %% [markdown]
# It hesitates between versicolor and virginica, where the dots in section 3 touch.
#
# ### The learning rate, once more
#
# The same network from the same first weights, now 25 steps of plain gradient descent on all 105 flowers at once.
#
# **Predict.** Three learning rates: 0.001, 0.03 and 1. Which one learns?

# %%
network = keras.models.clone_model(model)
network.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
for rate in (0.001, 0.03, 1.0):
    network.set_weights(first_weights)
    network.optimizer.learning_rate = rate
    losses = network.fit(x[train], y[train], epochs=25, batch_size=105, verbose=0).history["loss"]
    print(f"η = {rate:<5g}  step 1: {losses[0]:6.2f}   step 2: {losses[1]:6.2f}   step 25: {losses[-1]:.2f}")

# %% [markdown]
# The first creeps, the second learns, the third leaps out of the valley at its first step and does not find back.
# **If a loss stays at ln(number of classes) or above it, suspect the learning rate first.**
#
# ## 10 · What a designer chooses
#
# Training finds the parameters. Somebody chose everything else, the **hyperparameters**. What we chose stands in
# brackets:
#
# - **layers** (2 hidden) and **units** (50, 30): add while it helps;
# - **activation** (ReLU, softmax at the end) and **initial weights** (Keras' default);
# - **dropout** (none): the share of units switched off at random in training, from 0 to 0.5;
# - **batch normalisation** (none): brings outputs to mean 0 and spread 1, in deep networks;
# - **loss** (sparse cross-entropy): the labels decide, section 7;
# - **optimizer** (Adam) and **learning rate** (0.02): try 0.001 first, then up and down by 3;
# - **batch size** (35) and **epochs** (30): until the loss on held-back data stops falling.
#
# Dropout and batch normalisation have their turn in lesson 05.

# %% [markdown]
# ### The same network in PyTorch
#
# This is to read; nothing here needs PyTorch.
#
# | | Keras | PyTorch |
# |---|---|---|
# | layer | `Dense(50, activation="relu")` | `nn.Linear(4, 50), nn.ReLU()` |
# | last layer | `Dense(3, activation="softmax")` | `nn.Linear(30, 3)`: scores |
# | loss | sparse cross-entropy | `nn.CrossEntropyLoss()`, softmax included |
# | training | `model.fit(x, y, epochs=30)` | a loop that you write |
# | images | (N, H, W, C) | (N, C, H, W) |
#
# ```python
# model = nn.Sequential(nn.Linear(4, 50), nn.ReLU(), nn.Linear(50, 30), nn.ReLU(), nn.Linear(30, 3))
# for flowers, species in batches:  # one epoch
#     optimizer.zero_grad()  # forget the last slopes
#     loss_function(model(flowers), species).backward()  # compute the new ones
#     optimizer.step()
# ```
#
# It has 1,873 parameters too: ReLU and softmax have none. A common slip is softmax in the model *and*
# `nn.CrossEntropyLoss()`: softmax is then applied twice, and no error says so.

# %% [markdown]
# ## What you know now
#
# - A kernel remembers what you ran, in the order you ran it.
# - A Dense layer has (inputs × units) weights and one bias a unit.
# - Softmax makes scores into probabilities; cross-entropy is −ln of the true class's; ln 3 is a shrug among three.
# - Gradient descent goes against the slope. Too small a rate creeps, too large a one diverges; AdaGrad divides by the
#   root of all squared slopes so far.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **kernel (of a notebook)**: the program that runs the cells and remembers what they defined. Restarting it forgets
#   everything; the page keeps its text.
# - **unit**: multiplies each input by a weight, adds the products and a bias, and bends the sum with an activation.
# - **parameters**: the numbers that training changes: all weights and biases of a network.
# - **hyperparameters**: what you choose before training: layers, units, learning rate, batch size, epochs.
# - **activation**: the function that bends a unit's sum; ReLU replaces what is below 0 by 0. Without it two layers
#   could do no more than one.
# - **softmax**: turns scores into probabilities: *e* to the power of each, divided by the sum. They are positive and
#   add up to 1.
# - **loss**: one number that says how wrong the predictions are: 0 for perfect. Training makes it small.
# - **one-hot**: a class written as a row of zeros with a single 1 in its place.
# - **gradient descent**: a step against the slope of the loss, as long as the learning rate times the slope; then
#   again.
# - **learning rate**: how far a step goes for a slope of 1. Too small it creeps, too large it diverges.
# - **AdaGrad**: gradient descent whose steps are divided, for each weight, by the root of the sum of its squared slopes
#   so far.
# - **batch, epoch**: a batch is the examples that one step looks at; an epoch is one pass through all training
#   examples.

# %% [markdown]
# **Further reading**
#
# - R. A. Fisher, "The use of multiple measurements in taxonomic problems", *Annals of Eugenics*, 1936.
# - J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
#   *JMLR*, 2011: AdaGrad.
# - D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR, 2015.
#
# **Where next.** Every unit here looked at all its inputs. An image has a hundred thousand of them, and neighbours
# belong together. Lesson 01 makes one small set of weights slide over a picture: convolution, by hand.

# %% [markdown] tags=["navigation"]
# [All lessons](index.ipynb) ·
# [01 · Convolution by hand →](01_convolution_by_hand.ipynb)

# %% [markdown]
# # 00 · Start here
#
# <!-- badge --> *Open in Colab: this copy of the course has no address yet.*
#
# How do you run this course, and what happens when a network *learns*? In this lesson a network of 1,873 numbers
# learns to tell three kinds of iris apart, and you work each part of it out by hand before Keras does.
#
# **By the end you can**
#
# - run cells in any order and know what the kernel remembers;
# - count the parameters of a network before you build it, and build it in Keras in three ways;
# - compute softmax and three losses by hand, and choose the loss that fits your labels;
# - take steps of gradient descent and of AdaGrad by hand, and recognise a learning rate that is too small or too
#   large;
# - train a network with `compile`, `fit`, `evaluate` and `predict`, and say how far to trust the result.
#
# **Time:** about 60 minutes of reading and trying; the cells themselves run in about 25 seconds on a laptop.
# **You need:** a little Python (variables, functions, loops) and school mathematics.

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

# %% [markdown]
# The cell above makes sure that the course's own package, `cnnlab`, is there, and starts Keras, which takes a few
# seconds. Every lesson begins with it. The next cell imports what this lesson uses.

# %%
import keras
import numpy as np

from cnnlab import datasets, doctor, explore, plot
from cnnlab.checks import lesson00 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" trains on ten splits of the data at the end instead of three
SEED = 0

# %% [markdown]
# ## 1 · How a notebook runs
#
# A notebook is a list of cells. A grey cell holds Python code, and a program called the **kernel** runs it when you
# ask:
#
# | Keys | What happens |
# |---|---|
# | Shift + Enter | run this cell, go to the next |
# | Ctrl + Enter | run this cell, stay here |
# | Alt + Enter | run this cell, put a new one below |
#
# (On a Mac, Alt is the Option key.) While a cell runs, `[*]` stands beside it. Afterwards a number stands there:
# `[5]` was the fifth cell that this kernel ran. What a cell prints, and the value of its last line, appear below it.

# %%
flowers = 10

# %% [markdown]
# **Predict.** The next cell adds 1 to `flowers` and prints it. What do you see the first time? Run it with Ctrl +
# Enter, and then twice more: what do you see now?

# %% tags=["nbval-check-output"]
flowers = flowers + 1
print(flowers)

# %% [markdown]
# 11 the first time, 13 after the third. The kernel remembers `flowers`, and it does not care where on the page a cell
# stands, only in what order you ran them. If your numbers stop agreeing with the text, choose *Restart kernel and run
# all* (in Colab: *Runtime → Restart session and run all*). Nothing you wrote is lost; only the memory is.
#
# When a cell fails, Python prints a long report. Read its **last line** first: it says what was wrong.

# %% [markdown]
# ## 2 · What are you running on?
#
# `doctor.summary()` looks at this machine and says what works, and what to type where something does not. In a
# terminal, `cnnlab doctor` says the same at more length. It takes a few seconds.

# %%
print(doctor.summary())

# %% [markdown]
# The line **backend** names the engine under Keras: TensorFlow, or JAX or PyTorch if you set `KERAS_BACKEND` before
# you started. The line **GPU** may well say none. That is fine: lessons 00 to 04 are made for an ordinary processor.
# In Colab you can have one later under *Runtime → Change runtime type*.
#
# **Without a network** this lesson and the next four run unchanged: iris, the digits and the photos were installed
# together with scikit-learn and scikit-image. Larger data sets are looked for in the folder that the variable
# `CNNLAB_DATA` names, then in a cache, then downloaded; failing all three, a smaller stand-in takes their place. A
# data set always says which it is, in `source`. `cnnlab data list` shows what you have, `cnnlab data get mnist`
# fetches ahead.

# %% tags=["nbval-check-output"]
iris = datasets.iris()
print(iris.source)
print(iris.feature_names)
print(iris.class_names)

# %% [markdown]
# ## 3 · The task: which iris is it?
#
# In 1936 Ronald Fisher published four lengths, in centimetres, of 150 iris flowers: 50 *setosa*, 50 *versicolor*, 50
# *virginica*. Here is one flower of each kind.

# %% tags=["nbval-check-output"]
three = [0, 50, 100]
for flower in three:
    print(iris.features[flower].tolist(), "→", iris.labels[flower], iris.class_names[iris.labels[flower]])

# %% [markdown]
# **Predict.** Look at the four columns. If you could use only one of the lengths, which would you take?

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
# The petal's length or width: either sets setosa apart from the rest. Where versicolor and virginica touch, no single
# length is enough. That border is what the network will have to learn.

# %% [markdown]
# ## 4 · One unit by hand
#
# A network is made of **units**. A unit multiplies each input by a **weight** of its own, adds up, and adds one more
# number, its **bias**. Take the weights 0.1, −0.2, 0.5, 1.0 and the bias −3. For the first flower:
#
# $$0.1\cdot5.1 \;-\; 0.2\cdot3.5 \;+\; 0.5\cdot1.4 \;+\; 1.0\cdot0.2 \;-\; 3 \;=\; 0.71 - 3 \;=\; -2.29$$
#
# Then comes the **activation**, which bends the result. The usual one is ReLU: a negative number becomes 0, any other
# stays as it is. Without a bend between them, two layers could do no more than one.
#
# **Predict.** For the second flower, `[7.0, 3.2, 4.7, 1.4]`, the sum of the products is 3.81. What does the unit give
# for flower one, and what for flower two?

# %% tags=["nbval-check-output"]
weights, bias = np.array([0.1, -0.2, 0.5, 1.0]), -3.0
sums = iris.features[three] @ weights + bias  # (3, 4) @ (4,) gives (3,)
print("before ReLU:", sums.round(2).tolist())
print("after ReLU: ", np.maximum(sums, 0).round(2).tolist())

# %% [markdown]
# 0, 0.81 and 2.47: this unit is silent for setosa and speaks louder the larger the petals are. In Keras, units that
# look at the same inputs form a `Dense` layer. A layer of one unit, with our weights put in, must give the same
# numbers:

# %% tags=["nbval-check-output"]
layer = keras.layers.Dense(1, activation="relu")
layer.build((None, 4))  # four inputs; None: any number of flowers
layer.set_weights([weights.reshape(4, 1), np.array([bias])])
outputs = keras.ops.convert_to_numpy(layer(x[three]))  # (3, 1) of float32
print([round(float(output), 2) for output in outputs.ravel()])

# %% [markdown]
# Weights and biases together are the **parameters**: the numbers that training changes. You can count them before you
# build anything. Take 4 inputs, a layer of 50 units, a layer of 3 units, one for each species; we write 4 → 50 → 3.
#
# - Each of the 50 units has 4 weights and 1 bias: 4 · 50 + 50 = **250**.
# - Each of the 3 units has 50 weights and 1 bias: 50 · 3 + 3 = **153**.
#
# Together **403**. Now build it:

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
# An exercise is a cell with `...` in it, and a cell below that checks what you wrote. Replace the `...`, run both. A
# check never stops the notebook, so you may go on and come back. If you are stuck, type `check.first_count.hint()` in
# a new cell, then `.hint(2)`; `check.first_count.solution()` shows an answer.
#
# **Exercise 1.** How many parameters has 4 → 12 → 8 → 3? Work it out on paper and write the number.

# %% tags=["exercise-first_count"]
my_count = ...

# %% tags=["nbval-check-output"]
check.first_count(my_count)

# %% [markdown]
# **Exercise 2.** Now once and for all: write a function that takes the sizes, such as `(4, 50, 30, 3)`, and returns
# the number of parameters.


# %% tags=["exercise-stack_parameters"]
def my_stack_parameters(sizes):
    return ...


# %% tags=["nbval-check-output"]
check.stack_parameters(my_stack_parameters)

# %% [markdown]
# ## 5 · Three ways to say it in Keras
#
# `Sequential`, above, is a list: each layer feeds the next. Most networks in this course are lists, but not all.
#
# **The functional way** calls each layer on the output of another, so that paths can part and meet. Here the four
# lengths go into three layers side by side, of 50, 80 and 30 units; their outputs are laid end to end
# (*concatenated*), and three units look at all of them.
#
# **Predict.** The three branches have 4 · 50 + 50 = 250, 4 · 80 + 80 = 400 and 4 · 30 + 30 = 150 parameters. How many
# has the last layer, and how many are there in all?

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
# Joined, the branches give 50 + 80 + 30 = 160 numbers, so the last layer has 160 · 3 + 3 = 483 parameters: **1,283**
# in all. Concatenating costs nothing.
#
# **Subclassing** writes the network as a Python class: the layers are made in `__init__`, and `call` says in plain
# Python how data flows through them. It can do anything Python can, and Keras can check the least of it beforehand.


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
# 403 again: it is the same network as `small`, said differently.
#
# | Way | Take it when |
# |---|---|
# | `Sequential` | every layer has one input and one output, one after the other |
# | functional | paths part, meet or are skipped, or there are several inputs or outputs |
# | subclassing | what happens depends on the data, or no list of layers says it |

# %% [markdown]
# ## 6 · From scores to probabilities: softmax
#
# The last layer gives three numbers, one for each species: **scores**. They may be negative, and they need not add up
# to anything. Softmax turns them into probabilities in two steps: raise *e* to each, so that all are positive, and
# divide by the sum, so that they add up to 1.
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
# 1/8, 2/8 and 5/8. The highest score gets the largest share, but the others keep theirs: that is the *soft* in
# softmax.
#
# **Exercise 3.** Write softmax as a function of an array of scores of any length.


# %% tags=["exercise-softmax"]
def my_softmax(z):
    return ...


# %% tags=["nbval-check-output"]
check.softmax(my_softmax)

# %% [markdown]
# **Find the bug.** The recipe above is right on paper and wrong in a computer. The scores 1000, 1001, 1002 ought to
# give some three probabilities. What do you expect here?

# %% tags=["nbval-check-output"]
with np.errstate(over="ignore", invalid="ignore"):  # or NumPy would warn
    powers = np.exp(np.array([1000.0, 1001.0, 1002.0]))
    print("powers:       ", powers.tolist())
    print("probabilities:", (powers / powers.sum()).tolist())

# %% [markdown]
# $e^{1000}$ has 435 digits; a float ends at about 309 and becomes `inf`. And `inf / inf` is `nan`, *not a number*.
# One `nan` in a loss, and every parameter of the network is `nan` after the next step.
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
# small. Say the flower is a versicolor, species 1, and the network answers 0.2, 0.7, 0.1. The truth as a row of
# probabilities is 0, 1, 0: this is called **one-hot**. The differences are 0.2, −0.3 and 0.1.
#
# | Loss | By hand |
# |---|---|
# | mean squared error, MSE | (0.2² + 0.3² + 0.1²) / 3 = 0.14 / 3 = 0.0467 |
# | mean absolute error, MAE | (0.2 + 0.3 + 0.1) / 3 = 0.2 |
# | cross-entropy | −ln of the true species' probability = −ln 0.7 = 0.3567 |

# %% tags=["nbval-check-output"]
truth, answer = np.array([0.0, 1.0, 0.0]), np.array([0.2, 0.7, 0.1])
by_hand = [np.mean((answer - truth) ** 2), np.mean(np.abs(answer - truth)), -np.sum(truth * np.log(answer))]
from_keras = [keras.losses.MeanSquaredError(), keras.losses.MeanAbsoluteError(), keras.losses.CategoricalCrossentropy()]
for number, loss in zip(by_hand, from_keras, strict=True):
    print(f"{loss.name:25} by hand {number:.4f}   Keras {float(loss(truth[None], answer[None])):.4f}")

# %% [markdown]
# (`[None]` makes a batch of one flower, because a loss takes a batch and gives its mean.)
#
# **Predict.** Now the network is sure of itself, and wrong: 0.98, 0.01, 0.01. MSE can never exceed 2/3 here. What can
# cross-entropy reach? (−ln 0.01 is 4.61.) And what does it say to a network that shrugs: 1/3, 1/3, 1/3?

# %% tags=["nbval-check-output"]
for name, p in {"good": answer, "shrug": np.full(3, 1 / 3), "sure and wrong": np.array([0.98, 0.01, 0.01])}.items():
    mse, cross_entropy = np.mean((p - truth) ** 2), -np.log(p[1])
    print(f"{name:15} MSE {mse:.2f}   cross-entropy {cross_entropy:.2f}")

# %% [markdown]
# Cross-entropy has no upper limit: being sure and wrong costs more than any shrug. That is what you want of a
# classifier, and its slope pulls hardest where the error is worst. Keep the shrug in mind: **ln 3 = 1.10** is the
# loss of a network that knows nothing about three species.
#
# ### One-hot or sparse?
#
# Labels are stored in one of two forms, and each has its own name for the *same* loss.

# %% tags=["nbval-check-output"]
labels = np.array([1, 0, 2])
one_hot = keras.utils.to_categorical(labels, 3)
p = np.array([[0.2, 0.7, 0.1], [0.9, 0.05, 0.05], [0.25, 0.25, 0.5]])
print(one_hot.astype(int).tolist())
print("categorical       ", round(float(keras.losses.CategoricalCrossentropy()(one_hot, p)), 4))
print("sparse categorical", round(float(keras.losses.SparseCategoricalCrossentropy()(labels, p)), 4))

# %% [markdown]
# The mean of −ln 0.7, −ln 0.9 and −ln 0.5, both times. *Sparse* means that only the place of the 1 is stored.
#
# | Labels | Loss in `compile` |
# |---|---|
# | a class as a whole number | `"sparse_categorical_crossentropy"` |
# | a class as a one-hot row | `"categorical_crossentropy"` |
# | a measured amount | `"mean_squared_error"` or `"mean_absolute_error"` |
#
# **Exercise 5.** Choose a loss for each kind of label. Write its name as a string, as in the table.

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
# 1.08, and the steps get shorter by themselves, because the slope does: the distance to the floor was 3, then 2.4,
# then 1.92. Each step leaves 80 % of it. The rule behind that: after a step the distance is $(1 - 2\eta)$ times what
# it was.
#
# **Predict.** What is $1 - 2\eta$ for η = 0.01, 0.5, 0.9, 1 and 1.05? So where is the ball after ten steps?

# %% tags=["nbval-check-output"]
for rate in (0.01, 0.1, 0.5, 0.9, 1.0, 1.05):
    w = 0.0
    for _ in range(10):
        w = w - rate * slope(w)
    print(f"rate {rate:4}: each step leaves {1 - 2 * rate:5.2f} of the distance; after ten w = {w:6.3f}")

# %% [markdown]
# 0.01 creeps. 0.1 arrives, nearly. 0.5 is exact, a stroke of luck of this valley. 0.9 jumps to the other side and
# back but closes in. 1.0 jumps for ever. 1.05 is **diverging**: each jump lands higher than the last.
#
# ### The first explorer
#
# Below is the same ball, to play with. Move a slider with the mouse, or click on it and press the arrow keys; the
# picture changes, and the words underneath say the same with every number written out. This one asks first: type your
# prediction into *my guess* and press Enter; when you move a control, it asks again.

# %%
ball = explore.LearningRateExplorer(predict=True).set(learning_rate=0.1, steps=2)
ball

# %% [markdown]
# Try three things.
#
# 1. Predict step 2 for a learning rate of 0.1, then of 0.5, then of 1.0.
# 2. Set `steps` to 10 and raise the rate from 0.9 on. At which setting does the curve on the right stop falling, at
#    which does it rise? (Only the last step waits for your guess; the nine before it are shown.)
# 3. Choose the curve *4 times as steep*. Which rates work now? (The slope is 4 times as large, so the largest rate
#    that still works is 4 times smaller.)
#
# The third is the trouble with one learning rate for everything: what is right depends on how steep the loss is, and
# a network has as many directions as parameters, some steep, some flat.

# %% [markdown]
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
# - step 1: slope −6, $h = 0 + 36 = 36$, $w = 0 + 0.5\cdot 6/\sqrt{36} = 0.5$. The first step is exactly η long,
#   whatever the slope.
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
# Keras' optimizers must agree. One weight, three steps, first with `SGD` (gradient descent; the S is for
# *stochastic*, see section 9), then with `Adagrad`:

# %% tags=["nbval-check-output"]
for optimizer in (keras.optimizers.SGD(0.1), keras.optimizers.Adagrad(0.5, initial_accumulator_value=0.0)):
    w, path = keras.Variable(0.0), []
    for _ in range(3):
        optimizer.apply([slope(w)], [w])
        path.append(round(float(keras.ops.convert_to_numpy(w)), 3))
    print(f"{type(optimizer).__name__:8}", path)

# %% [markdown]
# The same numbers as above. (Keras starts $h$ at 0.1 unless you say 0.) Now the point of AdaGrad.
#
# **Predict.** Make the valley 4 times as steep. Gradient descent with η = 0.3 multiplies the distance by 1 − 8 · 0.3
# = −1.4 at each step. What does AdaGrad do to its own path?

# %% tags=["nbval-check-output"]
for steepness in (1, 4):
    w, v, h = 0.0, 0.0, 0.0
    for _ in range(10):
        w = w - 0.3 * steepness * slope(w)
        h = h + (steepness * slope(v)) ** 2
        v = v - 1.0 * steepness * slope(v) / np.sqrt(h)
    print(f"{steepness} × as steep, ten steps: gradient descent w = {w:.3f}, AdaGrad w = {v:.3f}")

# %% [markdown]
# Gradient descent flies off; AdaGrad does not notice. A slope 4 times as large makes $\sqrt h$ 4 times as large, and
# the two cancel: every weight gets steps that fit its own slopes. The price is that $h$ never shrinks, so AdaGrad
# slows down for good. RMSprop lets old slopes fade, and **Adam** (Kingma and Ba, 2015) adds momentum to that; it is
# the usual first choice.

# %%
adagrad = explore.LearningRateExplorer().set(optimizer="AdaGrad", learning_rate=0.5, steps=10)
adagrad

# %% [markdown]
# 1. Switch between *one valley* and *4 times as steep*: the dots stay where they are. Do the same with gradient
#    descent.
# 2. Which learning rate brings AdaGrad to the floor in a single step from $w = 0$? (How long is the first step?)
# 3. Choose gradient descent on *two valleys*, 20 steps. With 0.1 the ball settles in the left valley, which is not
#    the lowest. With 0.5 the first step carries it over the hill. Neither is wisdom: it is where you start and how
#    far you jump.

# %% [markdown]
# ## 9 · Train the network
#
# Now for 1,873 weights instead of one. Nobody can draw that loss, but the rule is the same: Keras computes the slope
# for every weight, and the optimizer takes a step.
#
# First, hold some flowers back. A network can learn its flowers by heart, so it is tested on others: 70 % of 150 is
# 105 flowers to **train** on, 45 to **test** on, in random order.

# %% tags=["nbval-check-output"]
order = np.random.default_rng(SEED).permutation(150)
train, test = order[:105], order[105:]
print("train", x[train].shape, "test", x[test].shape, "in both:", len(set(train) & set(test)))

# %% [markdown]
# **Predict.** How many parameters has 4 → 50 → 30 → 3? (Exercise 2 gives it, if you have solved it.)


# %% tags=["nbval-check-output"]
def make_model():
    return keras.Sequential([
        keras.Input((4,)),
        keras.layers.Dense(50, activation="relu"),
        keras.layers.Dense(30, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ])  # fmt: skip


keras.utils.set_random_seed(SEED)
model = make_model()
print([layer.count_params() for layer in model.layers], "together", model.count_params())

# %% [markdown]
# 250 + 1,530 + 93 = **1,873**. Their first values are random, and `set_random_seed` makes them the same at each run.
#
# Four verbs do the rest. **compile** chooses loss, optimizer and what else to report:

# %%
model.compile(
    loss="sparse_categorical_crossentropy",  # the labels are whole numbers
    optimizer=keras.optimizers.Adam(learning_rate=0.02),
    metrics=["accuracy"],  # the share of flowers named rightly
)

# %% [markdown]
# **evaluate** measures. **Predict.** Before any training, what accuracy do you expect, and roughly what loss?
# (Remember the shrug.)

# %%
loss, accuracy = model.evaluate(x[test], y[test], verbose=0)
print(f"loss {loss:.2f}, accuracy {accuracy:.2f}")

# %% [markdown]
# Around a third right, and a loss a little above the shrug's 1.10: random weights are not even neutral, they have
# prejudices.
#
# **fit** trains. It goes through the 105 flowers in **batches** of 35, takes the mean slope over a batch (an estimate
# of the slope over all of them: that is the *stochastic* part) and makes one step. Once through all flowers is an
# **epoch**.
#
# **Predict.** How many steps are 30 epochs?

# %% tags=["nbval-check-output"]
epochs, batch_size = 30, 35
print(len(train) // batch_size, "steps an epoch,", epochs * len(train) // batch_size, "steps in all")

# %%
history = model.fit(x[train], y[train], epochs=epochs, batch_size=batch_size, verbose=0)
curve = history.history["loss"]
alt = f"The loss falls from {curve[0]:.2f} in epoch 1 to {curve[-1]:.2f} in epoch {epochs}."
plot.lines({"loss": (range(1, epochs + 1), curve)}, xlabel="epoch", ylabel="training loss", markers=True, alt=alt)

# %% [markdown]
# You have seen this shape before: it is the right half of the explorer. Now the 45 flowers it has never met.

# %%
loss, accuracy = model.evaluate(x[test], y[test], verbose=0)
print(f"accuracy {accuracy:.3f}: {round(accuracy * 45)} of 45")
print("at least 0.95:", accuracy >= 0.95)

# %% [markdown]
# **predict** gives the probabilities, a row for each flower. The answer is the species with the largest.

# %%
probabilities = model.predict(x[test], verbose=0)  # (45, 3)
least_sure = np.argsort(probabilities.max(axis=-1))[:3]
for number in [0, *least_sure]:
    said, true = probabilities[number].argmax(), y[test][number]
    shares = " ".join(f"{p:.2f}" for p in probabilities[number])
    print(shares, "→", iris.class_names[said], "/ in truth", iris.class_names[true])

# %% [markdown]
# The first row is an ordinary flower; the other three are those it is least sure of. They lie between versicolor and
# virginica, where the dots in section 3 touch.
#
# ### How far to trust it
#
# One flower is 1/45 = 0.022 of accuracy. With other flowers held back, the number would be another. So ask again,
# with a fresh split and fresh weights each time:


# %%
def train_on_split(seed):
    order = np.random.default_rng(seed).permutation(150)
    keras.utils.set_random_seed(seed)
    model = make_model()
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.02))
    model.fit(x[order[:105]], y[order[:105]], epochs=epochs, batch_size=batch_size, verbose=0)
    said = keras.ops.convert_to_numpy(model(x[order[105:]])).argmax(axis=-1)
    return int((said == y[order[105:]]).sum())


# %%
others = range(SEED + 1, SEED + (3 if PROFILE == "quick" else 10))
right = [round(accuracy * 45), *map(train_on_split, others)]
print("right, of 45, in each split:", right)
print(f"accuracy from {min(right) / 45:.3f} to {max(right) / 45:.3f}, mean {np.mean(right) / 45:.3f}")

# %% [markdown]
# The splits differ by a few flowers, though only the split and the first weights have changed. From 45 flowers you
# cannot tell 0.96 from 0.98, and a 1.000 does not mean that it never errs. (The full profile tries ten splits.)

# %% [markdown]
# ### The learning rate, on a real network
#
# Back to the ball. The same network, the same first weights, plain gradient descent on all 105 flowers at once, 25
# steps, and three learning rates: 0.001, 0.03 and 1.
#
# **Predict.** Draw the three loss curves. And what does the third network answer in the end?


# %%
keras.utils.set_random_seed(SEED)
network = make_model()
network.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
first_weights, losses = network.get_weights(), {}
for rate in (0.001, 0.03, 1.0):
    network.set_weights(first_weights)
    network.optimizer.learning_rate = rate
    values = network.fit(x[train], y[train], epochs=25, batch_size=105, verbose=0).history["loss"]
    losses[f"η = {rate:g}"] = values
    print(f"η = {rate:<5g}  step 1: {values[0]:6.2f}   step 2: {values[1]:6.2f}   step 25: {values[-1]:.2f}")

# %%
alt = "25 steps: η = 0.001 falls slowly, η = 0.03 fast; η = 1 leaves the picture at step 2, then rests at 1.10."
curves = {name: (range(1, 26), values) for name, values in losses.items()}
picture = plot.lines(curves, xlabel="step", ylabel="loss", alt=alt)
picture.axes[0].set_ylim(0, 2)
picture

# %% [markdown]
# The first creeps. The second learns. The third does not fly off to infinity as the ball did, but look where it comes
# to rest: 1.10 = ln 3. What does it say about different flowers?

# %%
for answer in keras.ops.convert_to_numpy(network(x[three])):
    print("answer:", " ".join(f"{p:.3f}" for p in answer))
print("share of each species in training:", (np.bincount(y[train]) / 105).round(3).tolist())
hidden = x
for layer in network.layers[:2]:
    hidden = layer(hidden)  # (150, 50), then (150, 30), after ReLU
    wakes = keras.ops.convert_to_numpy(hidden) > 0
    print("units that at least one flower wakes:", int(wakes.any(axis=0).sum()), "of", wakes.shape[1])

# %% [markdown]
# The same for a setosa, a versicolor and a virginica. The first giant steps pushed nearly all the ReLU units so far
# down that they give 0 for every flower, and where ReLU gives 0 its slope is 0: no later step can lift them again. They
# are called *dead*. All that this network could still learn is how common each species is. (With JAX or PyTorch under
# Keras the loss may come to rest near 11 instead: the network is then sure of one species, whatever the flower.)
#
# **If a loss sits at ln(number of classes) and does not move, suspect the learning rate first.**

# %% [markdown]
# ## 10 · What a designer chooses
#
# Training finds the parameters. Everything in this table was chosen by somebody; such choices are called
# **hyperparameters**.
#
# | Choice | What it decides | A sound start | Here |
# |---|---|---|---|
# | layers | how many steps of reworking | few; add while it helps | 2 hidden |
# | units | how much a layer can hold | tens to hundreds | 50, 30 |
# | activation | how a sum is bent | ReLU inside; softmax at the end for classes | the same |
# | initial weights | where the descent starts | Keras' default, Glorot uniform; He for deep ReLU nets | default |
# | dropout | the share of units switched off at random while training, against learning by heart | 0 to 0.5 | none |
# | batch normalisation | whether outputs are brought to mean 0 and spread 1, batch by batch | in deep nets | none |
# | loss | what *wrong* means | by the labels, section 7 | sparse cross-entropy |
# | optimizer | how slopes become steps | Adam | Adam |
# | learning rate | how long the steps are | 0.001 for Adam, then up and down by 3 | 0.02 |
# | batch size | how many flowers a step looks at | 32 | 35 |
# | epochs | how often it sees each flower | until the loss on held-back data stops falling | 30 |
#
# The learning rate is the one to try first. Dropout and batch normalisation get their own experiments in lesson 05.

# %% [markdown]
# ### The same network in PyTorch
#
# You will meet both. The ideas are the same; this is text to read, and nothing here needs PyTorch.
#
# | | Keras | PyTorch |
# |---|---|---|
# | a layer | `Dense(50, activation="relu")` | `nn.Linear(4, 50), nn.ReLU()` |
# | number of inputs | from `keras.Input((4,))`, then by itself | written in each layer |
# | last layer | `Dense(3, activation="softmax")` | `nn.Linear(30, 3)`: scores, no softmax |
# | loss | `"sparse_categorical_crossentropy"` | `nn.CrossEntropyLoss()`, softmax included |
# | optimizer | `keras.optimizers.Adam(0.02)` | `torch.optim.Adam(model.parameters(), lr=0.02)` |
# | training | `model.fit(x, y, epochs=30)` | a loop that you write, below |
# | images | (N, H, W, C): channels last | (N, C, H, W): channels first |
#
# ```python
# model = nn.Sequential(nn.Linear(4, 50), nn.ReLU(), nn.Linear(50, 30), nn.ReLU(), nn.Linear(30, 3))
# for epoch in range(30):
#     for flowers, species in batches:
#         optimizer.zero_grad()                        # forget the last slopes
#         loss = loss_function(model(flowers), species)
#         loss.backward()                              # compute the slopes
#         optimizer.step()                             # take one step
# ```
#
# **Predict.** How many parameters has the PyTorch model? `nn.Linear(4, 50)` holds 50 × 4 weights and 50 biases, and
# `nn.ReLU()` holds none.

# %% [markdown]
# 250 + 1,530 + 93 = 1,873: the same network, so the same count. Softmax has no parameters either, so leaving it out
# changes nothing. Giving softmax *and* `nn.CrossEntropyLoss()` is a common slip: softmax is then applied twice, and
# the network learns slowly without any error message. In Keras the same choice is `from_logits=True` in the loss.

# %% [markdown]
# ## What you know now
#
# - A kernel remembers what you ran, in the order you ran it.
# - A unit is a weighted sum, a bias and a bend. A Dense layer has (inputs × units) weights and one bias a unit.
# - Softmax makes scores into probabilities; cross-entropy is −ln of the true class's; ln 3 is a shrug among three.
# - Gradient descent goes against the slope by η times the slope. Too small creeps, too large diverges; AdaGrad
#   divides by the root of all squared slopes so far.
# - compile, fit, evaluate, predict; and 45 test flowers give an accuracy only to within a few hundredths.
#
# **Further reading**
#
# - R. A. Fisher, "The use of multiple measurements in taxonomic problems", *Annals of Eugenics*, 1936: the flowers.
# - J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
#   *Journal of Machine Learning Research*, 2011: AdaGrad.
# - D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, MIT Press, 2016: chapters 6 and 8.
# - F. Chollet, *Deep Learning with Python*, Manning: by the author of Keras.
#
# **Where next.** Every unit here looked at all its inputs. An image has a hundred thousand of them, and neighbours
# belong together. Lesson 01 makes one small set of weights slide over a picture: convolution, by hand.

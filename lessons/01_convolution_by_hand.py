# %% [markdown]
# # 01 · Convolution by hand
#
# <!-- navigation -->
# [← 00 · Start here](00_start_here.ipynb) ·
# [All lessons](index.ipynb) ·
# [02 · Padding and stride →](02_padding_and_stride.ipynb)
#
# A convolutional network does one small sum over and over. What is that sum, number by number? And where do the numbers
# in its kernel come from?
#
# **By the end you can**
#
# - work out any cell of a convolution with pencil and paper;
# - write convolution as four loops, and say which shape comes out;
# - design a kernel that finds an edge, and read the sign of its answer;
# - tell convolution from cross-correlation, and say why networks need not care;
# - explain how nine weights are learned from pictures alone.
#
# **Time:** about 50 minutes of reading and trying; the cells themselves run in under 20 seconds on a laptop.
# **You need:** lesson 00, and a little Python: lists, loops, functions.

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
import numpy as np

from cnnlab import conv, datasets, explore, kernels, plot
from cnnlab.checks import lesson01 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" changes nothing in this lesson
SEED = 0

# %% [markdown]
# ## 1 · A picture is an array of numbers
#
# A photo in a computer is a table of numbers. In a grey photo each number is one pixel's brightness, from 0 for black
# to 255 for white. This one has 512 rows of 512 pixels.

# %% tags=["nbval-check-output"]
photo = datasets.gray(datasets.photo("camera"))
print(photo.shape, photo.dtype)
print("darkest", photo.min(), "brightest", photo.max())

# %%
patch = photo[262:268, 300:308]
alt = "A man with a camera. An arrow points at his sleeve against the lawn; beside it are the numbers of that place."
zoom = plot.Picture(9, 3, alt=alt)
left = zoom.add_axes((0.01, 0.03, 0.31, 0.88))
plot.image(left, photo, title="512 rows, 512 columns")
left.annotate("", (304, 265), (390, 190), arrowprops={"color": plot.ORANGE, "width": 2})
grid = zoom.add_axes((0.4, 0.03, 0.58, 0.8))
plot.number_grid(grid, patch, title="photo[262:268, 300:308]", brightness=True, vmax=255, fontsize=9)
zoom

# %% [markdown]
# The arrow points at the coat's sleeve, with the lawn behind it. In the table the coat is the numbers near 35, and
# the lawn the numbers near 160. You see an edge; the computer sees that 44 is followed by 118, and then by 163.
#
# Three conventions hold in the whole course. **Row first, then column**: `photo[262, 300]` is row 262, column 300.
# **Counting starts at 0.** **Row 0 is at the top**, so rows count downwards.
#
# **Predict.** In the table of numbers above, what are `patch[0, 2]` and `patch[2, 0]`? And what is `patch.shape`?

# %% tags=["nbval-check-output"]
print(patch[0, 2], patch[2, 0], patch.shape)

# %% [markdown]
# One trap before we calculate. The photo's dtype is `uint8`: eight bits, so 255 is the largest number there is. What
# goes beyond starts again at 0, without any warning.
#
# **Predict.** 200 + 100 in `uint8` is 300 − 256. What does the first line print?

# %% tags=["nbval-check-output"]
two_hundred = np.array([200], dtype=np.uint8)
print(two_hundred + np.array([100], dtype=np.uint8))
print(two_hundred.astype(float) + 100)

# %% [markdown]
# So turn a photo into floats before you do arithmetic with it.
#
# ## 2 · One sum
#
# Now a picture small enough to hold in your head, and a second, smaller table: the **kernel**. Its numbers are called
# **weights**.

# %%
image = np.array([[1, 3, 3, 0, 0], [0, 3, 1, 0, 0], [0, 0, 2, 1, 1], [0, 0, 3, 0, 1], [3, 2, 1, 3, 0]])
kernel = np.array([[0, 1, 0], [1, 0, 1], [1, 1, 0]])
alt = "A 5 by 5 image with rows 13300, 03100, 00211, 00301, 32130 and a 3 by 3 kernel with rows 010, 101, 110."
plot.grids({"image": image, "kernel": kernel}, brightness=["image"], alt=alt, width=7)

# %% [markdown]
# Lay the kernel on the top left corner of the image. It covers nine pixels, and this is called the **window**:
#
# $$\begin{matrix} 1 & 3 & 3 \\ 0 & 3 & 1 \\ 0 & 0 & 2 \end{matrix} \qquad\text{under the kernel}\qquad
# \begin{matrix} 0 & 1 & 0 \\ 1 & 0 & 1 \\ 1 & 1 & 0 \end{matrix}$$
#
# Multiply each pixel by the weight that lies on it, and add the nine products:
#
# 1·0 + 3·1 + 3·0 + 0·1 + 3·0 + 1·1 + 0·1 + 0·1 + 2·0 = 3 + 1 = **4**
#
# That is all. Four is the first cell of the output: row 0, column 0. Now move the kernel one pixel to the right. The
# window is 3 3 0 / 3 1 0 / 0 2 1.
#
# **Predict.** Work out the sum of the nine products before you run the cell.

# %% tags=["nbval-check-output"]
first = image[0:3, 0:3] * kernel
second = image[0:3, 1:4] * kernel
print(first.tolist(), "->", first.sum())
print(second.tolist(), "->", second.sum())

# %% [markdown]
# `*` between two arrays multiplies number by number; it is not the matrix product. The 8 is large because large pixels
# happen to lie under the ones of the kernel: 3, 3 and 2. **A convolution asks of each place: how well does the picture
# here match the kernel?**
#
# ## 3 · Slide it
#
# The kernel goes on: along the row, then to the start of the next row, until it has been everywhere it fits. Step
# through it below. Before each step the answer is hidden: type your own sum into *my guess* and press Enter.

# %%
stepper = explore.ConvolutionStepper(image, kernel, predict=True)
stepper

# %% [markdown]
# Three things to try:
#
# - Click on the *step* slider and use the arrow keys. When does *row* change, and when *column*?
# - Jump to row 1, column 1. The pixel in the middle of that window is 2, but it does not count. Which weight sees
#   to that?
# - Type a kernel of six ones in one row, `1 1 1 1 1 1`. Where does it fit?
#
# Your turn, with pencil and paper. An exercise is two cells: replace the `...` in the first, then run both. If you are
# stuck, `check.one_cell.hint()` gives a nudge, `check.one_cell.hint(2)` a bigger one, and `check.one_cell.solution()`
# the answer.
#
# **Exercise: one cell.** What stands at row 2, column 0 of the output, in the bottom left corner?

# %% tags=["exercise-one_cell"]
cell_2_0 = ...

# %% tags=["nbval-check-output"]
check.one_cell(cell_2_0)

# %% [markdown]
# ## 4 · How large is the output?
#
# The kernel's top row can lie on row 0, 1 or 2 of the image. On row 3 it would hang over the bottom edge. Three
# places down, three places across: a 5 × 5 image with a 3 × 3 kernel gives a 3 × 3 output. Because only places where
# the kernel fits entirely are *valid*, this is called a **valid** convolution.
#
# **Exercise: the output's shape.** Write it as a function of two shapes. The sides need not be equal.


# %% tags=["exercise-valid_shape"]
def valid_shape(image_shape, kernel_shape):
    return ...


# %% tags=["nbval-check-output"]
check.valid_shape(valid_shape)

# %% [markdown]
# ## 5 · Four loops
#
# **Exercise: the whole convolution.** Two loops choose the cell of the output, row by row. Two more go through the
# kernel. Write it for any image and any kernel that fits.


# %% tags=["exercise-conv2d_single"]
def conv2d_single(image, kernel):
    return ...


# %% tags=["nbval-check-output"]
check.conv2d_single(conv2d_single)

# %% [markdown]
# Here is one way to write it, so that the rest of the lesson runs in any case. The two inner loops have become one
# line: NumPy multiplies a whole window at once.


# %%
def convolve(image, kernel):
    kernel_height, kernel_width = kernel.shape
    height = image.shape[0] - kernel_height + 1
    width = image.shape[1] - kernel_width + 1
    out = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            window = image[i : i + kernel_height, j : j + kernel_width]
            out[i, j] = (window * kernel).sum()
    return out


# %% [markdown]
# In symbols, with the kernel $K$ on the image $I$:
#
# $$O[i, j] = \sum_a \sum_b I[i + a,\; j + b] \cdot K[a, b]$$
#
# **Predict.** You know two of the nine cells, and a third from the exercise. Which shape will be printed?

# %% tags=["nbval-check-output"]
output = convolve(image, kernel)
print(output.astype(int))

# %% [markdown]
# Now a photo. The library has the same function, written for speed: `conv.conv2d`. (It has the loops too, as
# `conv.conv2d_loops`, with all that later lessons add.)
#
# **Predict.** The photo has 512 × 512 pixels. What is the shape of its convolution with a 3 × 3 kernel?

# %% tags=["nbval-check-output"]
fast = conv.conv2d(photo, kernel)
print("shape:", fast.shape)
print("the same numbers as the loops:", bool((fast == convolve(photo.astype(float), kernel)).all()))

# %% [markdown]
# ## 6 · A kernel that sees an edge
#
# So far the weights had no meaning. Now choose them on purpose: ones on the left, minus ones on the right. The sum is
# then *left minus right*. The picture is 10 in its left half and 0 in its right half.

# %%
halves = np.array([[10, 10, 10, 0, 0, 0]] * 6)
vertical_edge = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]])
alt = "A 6 by 6 image, columns 0 to 2 are 10, white, and columns 3 to 5 are 0, black, and a kernel with rows 1 0 −1."
plot.grids({"light, then dark": halves, "kernel": vertical_edge}, brightness=["light, then dark"], alt=alt, width=7)

# %% [markdown]
# **Predict.** The output has 4 columns, because 6 − 3 + 1 = 4. In column 0 the kernel sees only tens: 10·3 − 10·3. What
# do the four columns hold?

# %% tags=["nbval-check-output"]
print(convolve(halves, vertical_edge).astype(int))

# %% [markdown]
# Zero where the picture is even, 30 at the edge. The 30 is 3 · (10 − 0): three rows, each contributing the step from 10
# to 0. It stands in two columns because two positions of the kernel have light under the ones and dark under the minus
# ones. And the weights add up to 0: that is why an even area gives 0, however bright it is.
#
# **Predict.** Mirror the picture: dark on the left, light on the right. What changes?

# %% tags=["nbval-check-output"]
mirrored = halves[:, ::-1]
response = convolve(mirrored, vertical_edge).astype(int)
print(response[0])
print("absolute value:   ", abs(response[0]))
print("negatives cut off:", np.maximum(response[0], 0))

# %% [markdown]
# **The sign is information.** For this kernel, from left to right:
#
# | the picture goes | left − right is | answer |
# |---|---|---|
# | from light to dark | positive | +30 |
# | from dark to light | negative | −30 |
#
# If you only ask *whether* there is an edge, take the absolute value. If you cut the negatives off, half of all edges
# are gone. (Networks do cut them off, with ReLU, and learn two kernels where they need both signs: lesson 04.)
#
# A photo of signed numbers needs signed colours: orange above zero, purple below, white at zero.

# %%
small = photo.reshape(128, 4, 128, 4).mean(axis=(1, 3))  # each pixel the mean of 4 × 4, so that you see single pixels
edges = conv.conv2d(small, vertical_edge).clip(-250, 250)  # a few stronger ones would leave the others pale
plot.images(
    {"photo": small, "left minus right": edges, "absolute value": abs(edges)},
    signed=["left minus right", "absolute value"],
    vmax={"photo": 255},
    alt="The photo and its vertical edges. The back of the coat, light to dark, is orange; its front is purple. "
    "In the absolute value both are orange.",
    row_height=3.3,
)

# %% [markdown]
# Follow the coat from left to right. You enter it at his back, from light sky to dark cloth: orange. You leave it at
# the front, from dark to light: purple. The far end of the lawn is an edge as well, and yet there is hardly a trace
# of it. It runs from left to right, and along it left minus right is zero.
#
# Remember the patch of section 1, from coat (near 35) to lawn (near 160).
#
# **Predict.** Will its answers be positive or negative?

# %% tags=["nbval-check-output"]
print(convolve(patch.astype(float), vertical_edge).astype(int))

# %% [markdown]
# **Exercise: design a kernel.** Find horizontal edges. Your 3 × 3 kernel must give a *positive* answer where it is
# light above and dark below, a negative one where it is dark above, and 0 both on even areas and on purely vertical
# edges.

# %% tags=["exercise-horizontal_edge"]
my_kernel = ...

# %% tags=["nbval-check-output"]
check.horizontal_edge(my_kernel)

# %% [markdown]
# ## 7 · Is this really convolution?
#
# A mathematician would object. Send a single bright pixel, an *impulse*, through our sum, with a kernel whose weights
# you can recognise.
#
# **Predict.** The kernel is 1 2 3 / 4 5 6 / 7 8 9. Will the output show it in this order?

# %% tags=["nbval-check-output"]
impulse = np.zeros((5, 5), int)
impulse[2, 2] = 1
counting = np.arange(1, 10).reshape(3, 3)
print(convolve(impulse, counting).astype(int))

# %% [markdown]
# It comes out turned by half a turn. Why? At output (0, 0) the bright pixel lies under the kernel's *last* weight,
# the 9.
#
# In mathematics a **convolution** reverses the kernel along both axes first, so that an impulse gives back the kernel
# as it was. What we have written, without the flip, is called **cross-correlation**. SciPy has both.

# %% tags=["nbval-check-output"]
from scipy.signal import convolve2d, correlate2d

print("cross-correlation, our sum:")
print(correlate2d(image, kernel, mode="valid"))
print("convolution, with the flip:")
print(convolve2d(image, kernel, mode="valid"))

# %% [markdown]
# Keras, PyTorch and nearly all deep learning libraries compute the first and call it convolution. So does this course.
# Nobody minds, because the weights are *learned*: if the flip were there, the training would find the flipped weights.
# You will see that happen in section 9.
#
# **Exercise: find the bug.** Somebody wanted true convolution and wrote this. It agrees with SciPy for every blur of
# section 8, even for Sobel's horizontal kernel, and not for the vertical one:
#
# ```python
# def true_convolution(image, kernel):
#     return conv.conv2d(image, kernel[::-1])
# ```
#
# Write the right one.


# %% tags=["exercise-true_convolution"]
def true_convolution(image, kernel):
    return ...


# %% tags=["nbval-check-output"]
check.true_convolution(true_convolution)

# %% [markdown]
# ## 8 · Kernels with names
#
# People designed kernels for decades before any were learned. Look at the **sum of the weights** first. If it is 1,
# the brightness of an even area stays as it is, and the result is a picture again. If it is 0, an even area gives 0,
# and the result is a map of differences.

# %% tags=["nbval-check-output"]
for name in ["identity", "box_blur", "gaussian_blur", "sharpen", "emboss", "laplacian", "outline", "sobel_vertical"]:
    print(f"{name:15} sum {kernels.kernel(name).sum():.0f}: {kernels.describe(name)}")

# %% [markdown]
# **Predict.** A blur mixes each pixel with its neighbours, a sharpening pushes it away from them. Which of the six
# results below can leave the range from 0 to 255?

# %%
cat = datasets.gray(datasets.photo("chelsea"))[60:140, 120:250].astype(float)
names = ["identity", "gaussian_blur", "sharpen", "emboss", "laplacian", "sobel_vertical"]
results = {name: conv.conv2d(cat, kernels.kernel(name)) for name in names}
signed = ["laplacian", "sobel_vertical"]
spread = {name: 3 * results[name].std() for name in signed}  # beyond this, all get the deepest colour
plot.images(
    {name: x.clip(-spread[name], spread[name]) if name in signed else x.clip(0, 255) for name, x in results.items()},
    signed=signed,
    vmax=dict.fromkeys(names[:4], 255),  # these four are compared, so 255 is white in each
    columns=3,
    width=8,
    row_height=1.8,
    alt="A cat's eye: as it is, blurred, sharpened, embossed, and in signed colours its Laplacian and vertical edges.",
)

# %% tags=["nbval-check-output"]
for name, values in results.items():
    print(f"{name:15} leaves 0 to 255: {bool(values.min() < 0 or values.max() > 255)}")

# %% [markdown]
# A mean of pixels is never darker than the darkest of them, nor lighter than the lightest. A difference knows no such
# bounds.
#
# Three families do the same job, left minus right: **Prewitt**, **Sobel** and **Scharr**.

# %% tags=["nbval-check-output"]
for name in ["prewitt", "sobel", "scharr"]:
    rows = kernels.kernel(f"{name}_vertical").tolist()
    print(f"{name:8}", " / ".join(" ".join(f"{weight:3}" for weight in row) for row in rows))

# %% [markdown]
# Each is a blur down the column, times a difference along the row. For Sobel the blur is 1 2 1. Blurring before
# subtracting makes single noisy pixels count for less.
#
# **Predict.** What does this column times this row give?

# %% tags=["nbval-check-output"]
blur, difference = np.array([[1], [2], [1]]), np.array([[1, 0, -1]])
print(blur * difference)

# %% [markdown]
# Why three families? They differ in how fairly they treat *slanted* edges. The two answers, across and down, give the
# direction of an edge: its angle is `arctan2(down, across)`. Test it on fine waves, five pixels long, turned by every
# angle from 0° to 90°. How far off is each family at worst?

# %% tags=["nbval-check-output"]
rows, columns = np.mgrid[-1:2, -1:2]
for name in ["prewitt", "sobel", "scharr"]:
    worst = 0
    for angle in np.radians(np.arange(91)):
        wave = np.sin((columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / 5)
        across = (wave * -kernels.kernel(f"{name}_vertical")).sum()
        down = (wave * -kernels.kernel(f"{name}_horizontal")).sum()
        worst = max(worst, abs(np.degrees(np.arctan2(down, across) - angle)))
    print(f"{name:8} worst error {worst:.1f} degrees")

# %% [markdown]
# The same nine places, better weights: Hanno Scharr chose his so as to make this error small. A person found all these
# numbers. Keep that in mind for section 9.
#
# Now try kernels of your own. A preset is a place to start from: change its numbers.

# %%
lab = explore.KernelLab().set(photo="coins")
lab

# %% [markdown]
# Three things to try:
#
# - Choose `box_blur` and untick *normalise*. What becomes of a coin of brightness 130 when the weights add up to 9?
# - Choose `sobel_vertical` and turn the sign of every weight round. What happens to the colours?
# - Type a 5 × 5 kernel of ones with *normalise* ticked. Where do you see that it blurs more than 3 × 3?
#
# **Exercise: the strength of an edge.** One Sobel kernel gives the answer *across*, the other *down*. An edge can run
# either way, with either sign. Give its strength, $\sqrt{\text{across}^2 + \text{down}^2}$, at every place. You may use
# `conv.conv2d` and `kernels.kernel`.


# %% tags=["exercise-edge_strength"]
def edge_strength(image):
    return ...


# %% tags=["nbval-check-output"]
check.edge_strength(edge_strength)

# %% [markdown]
# ## 9 · Weights that nobody wrote
#
# Here is the idea that makes a convolutional network. Suppose you do not know the Sobel kernel. You have only a picture
# and the result that somebody got from it. Can you find the nine weights?
#
# Our picture is a piece of the cat's fur, 64 × 64 pixels, with mean 0 and standard deviation 1, as networks like their
# inputs. The target is made with the Sobel kernel. The training will see the two pictures, and never that kernel.

# %%
piece = datasets.gray(datasets.photo("chelsea"))[60:124, 220:284].astype(float)
piece = (piece - piece.mean()) / piece.std()
target = conv.conv2d(piece, kernels.kernel("sobel_vertical"))
alt = "Left: a 64 by 64 piece of the cat's face with fur. Right: the target, its vertical edges in signed colours."
plot.images(
    {"what goes in": piece - piece.min(), "what should come out": target},
    signed=["what should come out"],
    alt=alt,
    width=6,
)

# %% [markdown]
# Begin with nine random weights. The **loss** is the mean squared error: by how much is the output wrong, squared, on
# average? As in lesson 00 we go downhill, $w \leftarrow w - \eta\, \partial E / \partial w$, now for nine weights.
#
# What is the gradient for the weight $K[a, b]$? In output $(i, j)$ this weight multiplies the pixel $I[i + a, j + b]$.
# So its share in the error is the error there, times that pixel, averaged over all places:
#
# $$\frac{\partial E}{\partial K[a, b]} = \frac{2}{N} \sum_{i, j} \text{error}[i, j] \cdot I[i + a,\; j + b]$$
#
# Compare it with the formula in section 5. **It is a convolution again**: the image, with the error laid on it as if it
# were a kernel. The piece is 64 × 64 and the error is 62 × 62.
#
# **Predict.** What shape has the convolution of the two?

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(SEED)
start = rng.normal(size=(3, 3))
error = conv.conv2d(piece, start) - target
gradient = 2 / error.size * conv.conv2d(piece, error)
print(piece.shape, error.shape, "->", gradient.shape)

# %% [markdown]
# Nine numbers: one for each weight. (64 − 62 + 1 = 3.) So this is the whole training:


# %%
def learn(piece, target, weights, steps, rate=0.1):
    history, losses = [weights], []
    for _step in range(steps):
        error = conv.conv2d(piece, weights) - target
        losses.append((error**2).mean())
        gradient = 2 / error.size * conv.conv2d(piece, error)
        weights = weights - rate * gradient
        history.append(weights)
    return np.array(history), losses


# %% [markdown]
# **Predict.** The training knows nothing of light and dark, of left and right. Which nine numbers will stand in the
# last grid, after 2,000 steps?

# %%
history, losses = learn(piece, target, start, steps=2000)
moments = {f"step {step}": history[step].round(2) for step in [0, 10, 100, 500, 2000]}
alt = "Five 3 by 3 grids: random weights at step 0, which become 1 0 −1, 2 0 −2, 1 0 −1 by step 2000."
plot.grids(moments, alt=alt, signed=True, width=10, height=2.6)

# %% tags=["nbval-check-output"]
learned = history[-1]
print(np.rint(learned).astype(int))
print("furthest from a whole number:", f"{np.abs(learned - np.rint(learned)).max():.2f}")

# %% [markdown]
# Nobody wrote these numbers. Nine random weights were shown a picture and the answer, and they *became* the Sobel
# kernel. Watch them on their way. (The first 20 steps get half of the width.)

# %%
alt = "Nine lines from random values at step 0 to 2, 1, 0, −1 and −2; from step 500 on all are within 0.1 of these."
paths = plot.Picture(8, 3.4, alt=alt)
ax = paths.add_axes((0.08, 0.15, 0.72, 0.8))
for path in history.reshape(-1, 9).T:
    ax.plot(path, color=plot.BLUE if path[-1] > 0.5 else plot.RED if path[-1] < -0.5 else plot.GREY)
ends = {2: "K[1, 0]", 1: "K[0, 0] and K[2, 0]", 0: "the middle column", -1: "K[0, 2] and K[2, 2]", -2: "K[1, 2]"}
for height, label in ends.items():
    ax.annotate(f" {label}", (2000, height), va="center", annotation_clip=False)
ax.set(xlabel="step", xscale="symlog", xlim=(0, 2000), yticks=[-2, -1, 0, 1, 2], ylabel="weight")
ax.grid(axis="y", alpha=0.4)
paths

# %% [markdown]
# Lesson 00 had a ball that jumps out of its valley when the learning rate is too large. It works here too: look at the
# losses of `learn(piece, target, start, steps=50, rate=0.2)`.
#
# ### What the picture can teach, and what it cannot
#
# After 100 steps the loss had almost vanished, and yet the weights were still wrong:

# %% tags=["nbval-check-output"]
sobel = kernels.kernel("sobel_vertical")
for step in [0, 100, 1999]:
    off = np.abs(history[step] - sobel).max()
    print(f"step {step:4}: loss {losses[step]:6.2f}, worst weight off by {off:.2f}")

# %% [markdown]
# In a photo neighbouring pixels are nearly equal. If one weight is too large by 0.5 and its neighbour too small by 0.5,
# hardly anything changes in the output, so hardly anything pulls them back. In pure noise each pixel goes its own way.
#
# **Predict.** Will the same training need more or fewer than 2,000 steps on noise?

# %% tags=["nbval-check-output"]
noise = rng.normal(size=(64, 64))
history_noise, _ = learn(noise, conv.conv2d(noise, sobel), start, steps=60)
print(np.rint(history_noise[-1]).astype(int))
print("worst weight off by", f"{np.abs(history_noise[-1] - sobel).max():.2f}", "after 60 steps")

# %% [markdown]
# Sixty. And now a picture of vertical stripes, in which every row is the same. **Predict.** Can it tell a weight in the
# top row of the kernel from the one below it?

# %% tags=["nbval-check-output"]
stripes = np.tile(rng.normal(size=64), (64, 1))
history_stripes, losses_stripes = learn(stripes, conv.conv2d(stripes, sobel), start, steps=200)
print("loss:", f"{losses_stripes[-1]:.4f}")
print("worst weight off by at least 1:", bool(np.abs(history_stripes[-1] - sobel).max() >= 1))
print("sums of the columns:", np.rint(history_stripes[-1].sum(axis=0)).astype(int))

# %% [markdown]
# The loss is 0: no error on this picture at all. The weights are wrong all the same. Only the sums of the columns, 4, 0
# and −4, are right, because nothing else shows in stripes. **A network learns what its data make it learn.** This is
# why lesson 05 keeps test pictures apart, and lesson 09 varies the pictures.
#
# ### And if the library flipped the kernel?
#
# Make the target with true convolution instead, and learn with our unflipped sum. **Predict.** Which kernel comes out?

# %% tags=["nbval-check-output"]
flipped_target = conv.conv2d(noise, kernels.flip(counting))
history_flipped, _ = learn(noise, flipped_target, start, steps=60)
print("target made by true convolution with", counting.tolist())
print("learned:", np.rint(history_flipped[-1]).astype(int).tolist())

# %% [markdown]
# The learned kernel is the flipped one, as promised in section 7. Training does not care about the convention.
#
# ## 10 · The same in Keras
#
# A `Conv2D` layer does your sum. It wants a batch of pictures with channels, (N, H, W, C), and a kernel
# (KH, KW, C_in, C_out); for one grey picture and one kernel the extra axes have length 1. Lesson 04 gives them their
# meaning.

# %% tags=["nbval-check-output"]
import keras

layer = keras.layers.Conv2D(filters=1, kernel_size=3, use_bias=False)
layer.build((None, 5, 5, 1))
layer.set_weights([kernel[:, :, None, None]])
keras_output = keras.ops.convert_to_numpy(layer(image[None, :, :, None].astype("float32")))
print(keras_output[0, :, :, 0].astype(int))
print("equal to our loops:", bool((keras_output[0, :, :, 0] == convolve(image, kernel)).all()))

# %% [markdown]
# The same nine numbers as in section 5. When you train such a layer, Keras takes the steps of section 9 for you.
#
# ## What you now know
#
# - A convolution lays a kernel on a window, multiplies number by number, and adds up. Then it moves on.
# - An H × W image and a KH × KW kernel give (H − KH + 1) × (W − KW + 1) numbers.
# - Weights that add up to 1 give a picture, weights that add up to 0 a map of differences. The sign says which way.
# - Deep learning's "convolution" is cross-correlation: true convolution flips the kernel first.
# - The weights can be learned: the gradient is itself a convolution, of the image with the error.
# - What the data do not show, the weights do not learn.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **window**: the part of the picture that the kernel lies on at the moment, as large as the kernel.
# - **kernel**: a small array of weights that slides over a picture; at each place its products with the pixels are
#   added up.
# - **valid**: only windows that lie wholly inside the picture count. H × W and KH × KW give (H − KH + 1) × (W − KW + 1)
#   numbers.
# - **cross-correlation**: what deep learning calls convolution: the kernel is laid on the window as it is, without a
#   flip.
# - **convolution (true)**: the mathematical operation: the kernel is turned by half a turn first. For a symmetric
#   kernel the two are the same.
# - **Sobel, Prewitt, Scharr**: 3 × 3 kernels that compare two sides of a pixel, so they answer to edges. They differ in
#   how much the middle row counts.
# - **edge strength**: √(gx² + gy²) of the changes to the right and downwards: how strong an edge is, whatever its
#   direction.
# - **learned kernel**: a kernel whose weights start at random and are moved by gradient descent until its output is
#   like the one wanted.

# %% [markdown]
# ## Further reading
#
# - V. Dumoulin and F. Visin, *A guide to convolution arithmetic for deep learning*, 2016 (arXiv:1603.07285).
# - I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, chapter 9.
# - R. C. Gonzalez and R. E. Woods, *Digital Image Processing*: the classical kernels, and much more.
# - H. Scharr, *Optimale Operatoren in der digitalen Bildverarbeitung*, doctoral thesis, Heidelberg, 2000.
# - Z. J. Wang and others, *CNN Explainer: Learning Convolutional Neural Networks with Interactive Visualization*, 2020.
#
# **Where next.** A 3 × 3 kernel took two rows and two columns from every picture. Lesson 02 shows how to keep them, and
# how to take larger steps.

# %% [markdown] tags=["navigation"]
# [← 00 · Start here](00_start_here.ipynb) ·
# [All lessons](index.ipynb) ·
# [02 · Padding and stride →](02_padding_and_stride.ipynb)

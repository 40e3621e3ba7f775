# %% [markdown]
# # 15 · Neural style transfer
#
# <!-- navigation -->
# [← 14 · Is this the same person?](14_face_verification.ipynb) ·
# [All lessons](index.ipynb) ·
# [16 · Beyond boxes: segmentation and captions →](16_beyond_boxes.ipynb)
#
# A photograph of a cat, and a window of stained glass. Can a network that learned to name things paint the cat as if it
# were made of glass? It learns nothing new for that. What learns is the picture.
#
# **By the end you can**
#
# - say what the content of a picture is to a network, and what its style is, each in a formula that you write yourself;
# - show what a Gram matrix keeps of a picture and what it throws away;
# - make a picture the weights of a layer, and let `model.fit` paint it;
# - predict what weights, layers, start and pooling do to the result, and check it;
# - explain why somebody else's α and β do not work for you.
#
# **Time:** about 60 minutes of reading and trying; the cells themselves run in about a minute on a laptop. **You
# need:** lessons 04, 05 and 08; lesson 10 for the networks.

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
import itertools

import keras
import numpy as np
from keras import layers, ops
from skimage.transform import resize

from cnnlab import activations, datasets, explore, plot, style, transfer
from cnnlab.checks import lesson15 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" paints larger pictures, and for longer; meant for a GPU
SEED = 0

# %% [markdown]
# ## Two pictures, one idea
#
# The first picture, C, gives the **content**. It is a photograph; here we cut a square out of it.

# %%
full = PROFILE == "full"
SIDE, STEPS = (256, 400) if full else (128, 120)
SMALL = 96  # for the comparisons


def square(picture, side):
    """The middle of a picture as side × side pixels, floats from 0 to 1."""
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return resize(picture[top : top + edge, left : left + edge], (side, side), anti_aliasing=True).astype("float32")


# %% [markdown]
# The second, S, gives the **style**. We draw it: scatter points at random, give each a colour, and let every pixel take
# the colour of the nearest point. Where two points are nearly equally near, leave a dark joint.

# %%
GLASS = np.array([[20, 4, 3], [24, 18, 3], [3, 8, 15], [3, 14, 11], [24, 23, 19], [9, 4, 10]]) / 25  # red … purple


def mosaic(side, stones=40, seed=0):
    """Pieces of coloured glass with dark joints, (side, side, 3)."""
    rng = np.random.default_rng(seed)
    points, colours = rng.uniform(0, side, (stones, 2)), GLASS[rng.integers(len(GLASS), size=stones)]
    rows, columns = np.mgrid[:side, :side][..., None]  # each (side, side, 1)
    distances = np.hypot(rows - points[:, 0], columns - points[:, 1])  # (side, side, stones)
    picture = colours[distances.argmin(axis=-1)]
    nearest, second = np.sort(distances, axis=-1)[..., :2].transpose(2, 0, 1)
    picture[second - nearest < side / 60] = 0.05
    return picture


# %%
cat, glass = square(datasets.photo("chelsea"), SIDE), square(mosaic(256), SIDE)
plot.images(
    {"C: the content": cat, "S: the style": glass, "the mean of both": (cat + glass) / 2},
    alt=f"{datasets.photo_description('chelsea')} Glass in six colours with dark joints. The mean of both: the "
    "joints run across the pale cat.",
)

# %% [markdown]
# On the right is what arithmetic on pixels gives: both pictures at once, and neither. A painter would take the *way* of
# the glass, its colours, its flat pieces, its dark lines, and lay them where the cat has its eyes.
#
# In 2015 Leon Gatys, Alexander Ecker and Matthias Bethge said what that means in numbers. Take a third picture, G. Show
# all three to a network, and ask two things of its feature maps:
#
# - do the maps of G answer at the same *places* as those of C? That is the content;
# - do the maps of G answer *together* as those of S do, wherever that is? That is the style.
#
# $$J(G) = \alpha\, J_\text{content}(C, G) + \beta\, J_\text{style}(S, G)$$
#
# α and β say how much each of the two counts. Then change the *pixels* of G until J is small. The network stays as it
# is.
#
# ## The network that looks
#
# Ours is small and has seen photographs: six convolutions, trained to tell ten kinds of things apart on 10,000 pictures
# of 32 × 32 pixels. Its weights come with the course. It takes floats from 0 to 1, of any size.

# %% tags=["nbval-check-output"]
base = transfer.photo_backbone()
LAYERS = [layer.name for layer in base.layers if "conv" in layer.name]


def maps_of(picture):
    """Layer → its maps for one picture, (h, w, C)."""
    return {name: maps[0] for name, maps in activations.feature_maps(base, picture, LAYERS).items()}


for name, maps in maps_of(np.zeros((128, 128, 3))).items():
    print(name, maps.shape)
print(f"{base.count_params():,} weights")

# %% [markdown]
# Which of these layers should say what "the same content" is? Change the picture in ways that you understand, and ask
# each layer how far its maps moved. By "how far" we mean the sum of the squared differences over the sum of the squares
# of the first picture's maps, so that layers can be compared: 0 is "the same", and maps of zeros would be at 1.
#
# **Predict.** The picture is moved one pixel to the right. Which layers are upset most? Is that more or less than for
# another photograph?

# %%
coffee = square(datasets.photo("coffee"), SIDE)
changed = {"one pixel to the right": np.roll(cat, 1, axis=1), "darker by a fifth": 0.8 * cat, "another photo": coffee}
cat_maps = maps_of(cat)


def distance(maps, wanted):
    return ((maps - wanted) ** 2).sum() / (wanted**2).sum()


for what, picture in changed.items():
    maps = maps_of(picture)
    print(f"{what:22}", "  ".join(f"{distance(maps[name], cat_maps[name]):.2f}" for name in LAYERS))

# %% [markdown]
# The columns are the six layers, from the first to the last. One pixel upsets `block1_conv2` badly: it looks at fine
# edges, and they are all in the wrong place. The deepest layer hardly minds: less than a tenth of what another
# photograph does to it. That is what we want of a content: *a cat's eye about here*, and not *this pixel is 0.62*. So
# content is measured at a deep layer.
#
# ## The content loss
#
# $$J_\text{content} = \tfrac{1}{2}\, \lVert a(C) - a(G) \rVert^2$$
#
# a(C) are the maps of one layer, and the double bars with the square say: square every difference, add them all. One
# map of 2 × 2: a(C) is 1 2 / 3 0 and a(G) is 1 4 / 0 0. The differences are 0, −2, 3, 0, the squares 0, 4, 9, 0.
#
# **Predict.** The loss? And if G is C itself?

# %% tags=["nbval-check-output"]
a_c = np.array([[1.0, 2.0], [3.0, 0.0]])[..., None]  # (H, W, C) with one map
a_g = np.array([[1.0, 4.0], [0.0, 0.0]])[..., None]
print("by hand:   ", 0.5 * ((a_c - a_g) ** 2).sum())
print("keras.ops: ", float(0.5 * ops.sum(ops.square(a_c - a_g))))
print("cnnlab:    ", style.content_loss(a_c, a_g))
print("G is C:    ", style.content_loss(a_c, a_c))

# %% [markdown]
# Remember the last line. We will start from the content picture, and at step 0 the content loss will be exactly 0. That
# is no bug.
#
# ## What goes together: the Gram matrix
#
# A style has no place. Blue glass is blue glass, on the left or on the right. So let us forget the places and ask which
# maps answer *together*: where the map for dark lines answers, does the map for red answer as well?
#
# Two maps of 2 × 2:
#
# | | A | | | B | |
# |---|---|---|---|---|---|
# | | 1 | 2 | | 0 | 1 |
# | | 0 | 1 | | 3 | 1 |
#
# Multiply them place by place and add: A with B is 1 · 0 + 2 · 1 + 0 · 3 + 1 · 1 = 3. A with itself is 1 + 4 + 0 + 1 =
# 6. All such sums make a table, the **Gram matrix**. If F has a row for each map and a column for each place, then
#
# $$G = F F^\mathsf{T}, \qquad F \text{ of shape } (C,\ H \cdot W)$$
#
# **Predict.** B with itself? And which shape has G for 96 maps of 32 × 32?

# %% tags=["nbval-check-output"]
two_maps = np.stack([[[1, 2], [0, 1]], [[0, 1], [3, 1]]], axis=-1)  # (2, 2, 2): maps in the last axis
f = two_maps.reshape(4, 2).T  # (C, H·W)
print("by hand:   ", (f @ f.T).tolist())
print("keras.ops: ", ops.convert_to_numpy(ops.einsum("hwi,hwj->ij", two_maps, two_maps)).tolist())
print("cnnlab:    ", style.gram(two_maps).tolist())
print("96 maps:   ", style.gram(np.zeros((32, 32, 96))).shape)

# %% [markdown]
# On the diagonal stands how strongly each map answers, everywhere taken together. Beside it stands how much two maps
# answer at the same places. The shape of the matrix knows nothing of the picture's size: only the number of maps
# counts.
#
# ### Exercise: the Gram matrix
#
# Write `my_gram(features)` for maps of shape (H, W, C). If you are stuck, `check.gram.hint()` gives a nudge,
# `check.gram.hint(2)` a stronger one, and `check.gram.solution()` an answer.


# %% tags=["exercise-gram"]
def my_gram(features):
    return ...  # (C, C)


# %% tags=["nbval-check-output"]
check.gram(my_gram)

# %% [markdown]
# ### Exercise: find the bug
#
# This one raises no error. It returns a symmetric matrix of the right shape, with numbers of the usual size, and it is
# wrong:
#
# ```python
# def faulty_gram(features):
#     height, width, channels = features.shape
#     f = features.reshape(channels, height * width)
#     return f @ f.T
# ```
#
# The formula asks for F of shape (C, H · W), and that is what it makes. What stands in the rows of its `f`? Write
# `fixed_gram`.


# %% tags=["exercise-transposed"]
def fixed_gram(features):
    return ...  # (C, C)


# %% tags=["nbval-check-output"]
check.transposed(fixed_gram)

# %% [markdown]
# ## What it throws away
#
# **Predict.** Shuffle the *places* of the feature maps, all maps in the same way. What happens to the Gram matrix, and
# to the content loss?

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(SEED)
maps = maps_of(glass)["block2_conv2"]
shuffled = rng.permutation(maps.reshape(-1, maps.shape[-1])).reshape(maps.shape)
print("the same Gram matrix:", np.allclose(style.gram(maps), style.gram(shuffled), rtol=1e-3))
print("content loss more than that of empty maps:", distance(shuffled, maps) > 1)

# %% [markdown]
# The same matrix, to the rounding. Everything about *where* is gone, and that is why it can stand for a style.
#
# To shuffle the *pixels* of the picture is another thing: no line is left, and no flat piece. Do the matrices know
# that? Four candidates, compared with a piece of the glass; 0 would be "the same style", and maps that are zero would
# get 1:

# %%
large = mosaic(2 * SIDE, stones=160).astype("float32")
piece = large[:SIDE, :SIDE]
candidates = {
    "another piece of it": large[SIDE:, SIDE:],
    "the same, turned": np.rot90(piece).copy(),
    "the cat": cat,
    "its pixels shuffled": rng.permutation(piece.reshape(-1, 3)).reshape(piece.shape),
}

# %%
piece_maps = maps_of(piece)


def style_distance(wanted, maps):
    return style.style_loss(wanted, maps) / style.style_loss(wanted, 0 * wanted)


for what, picture in candidates.items():
    maps = maps_of(picture)
    print(f"{what:20}", "  ".join(f"{style_distance(piece_maps[name], maps[name]):6.3f}" for name in LAYERS))

# %% [markdown]
# Another piece, with other stones in other places, is close in every layer. Turned, the piece stays close as well:
# glass has no up and down. The cat is far. The shuffled pixels are further still, in all layers but the last by much,
# though they have exactly the same colours. (Place by place, as in the content loss, another piece is no nearer to the
# first than the cat is.) So these matrices measure what we would call the style, for glass at least.
#
# Here are three of them, for the first layer.

# %%
shown = {"a piece of glass": piece, "another piece": candidates["another piece of it"], "the cat": cat}
matrices = {name: style.gram(maps_of(picture)["block1_conv1"]) / SIDE**2 for name, picture in shown.items()}
plot.images(
    matrices,
    vmax=float(max(matrix.max() for matrix in matrices.values())) / 2,  # else one white field, and all others dark
    width=9,
    alt="Three Gram matrices of 24 × 24 in grey, of block1_conv1. Those of the two pieces of glass have the same "
    "bright fields; that of the cat is darker, and whole rows of it are black.",
)

# %% [markdown]
# The two pieces agree in their bright fields. On the cat some maps hardly answer at all: their rows are black.
#
# ## The style loss
#
# Compare the matrices of S and G number by number, for one layer:
#
# $$J_\text{style} = \frac{1}{(2 \cdot H \cdot W \cdot C)^2}\, \lVert G(S) - G(G) \rVert^2$$
#
# Here G(S) is the Gram matrix of the maps of S, and G(G) that of the maps of our picture G: custom has one letter for
# both. Add up a few layers, each with its weight λ. By hand, with the maps (1, 2) and (0, 1) for S, on one row of two
# places: G(S) is 5 2 / 2 1. Let the maps of G be zeros. The squares are 25, 4, 4, 1, together 34. H · W · C is 1 · 2 ·
# 2 = 4, twice that is 8, its square 64: 34 / 64 = 0.53.
#
# You will meet two slips in this formula: the norm without its square, and 1/(2HWC) without *its* square.
#
# **Predict.** With both slips the number is √34 / 8. And when the picture comes twice as near, so that every difference
# is halved: what happens to the right loss, and what to the wrong one?

# %% tags=["nbval-check-output"]
maps_s, maps_g = np.array([[[1.0, 0.0], [2.0, 1.0]]]), np.zeros((1, 2, 2))
difference, size = style.gram(maps_s) - style.gram(maps_g), 2 * maps_s.size
print("by hand:  ", (difference**2).sum() / size**2, "  cnnlab:", style.style_loss(maps_s, maps_g))
for share in (1, 0.5, 0.25):
    right, wrong = ((share * difference) ** 2).sum() / size**2, np.sqrt(((share * difference) ** 2).sum()) / size
    print(f"difference × {share:<4}  right {right:.3f}   with both slips {wrong:.3f}")

# %% [markdown]
# The right loss falls to a quarter, the other one to a half. Its slope therefore stays as steep near the goal as far
# from it, and one layer pulls as hard at the end as at the start, however well it fits. Besides, your weights β and λ
# would mean something else than everybody else's.
#
# ### Exercise: the style loss
#
# Write `my_style_loss(style, generated)` for the maps of one layer, both of shape (H, W, C).


# %% tags=["exercise-style_loss"]
def my_style_loss(style, generated):
    return ...  # a number


# %% tags=["nbval-check-output"]
check.style_loss(my_style_loss)

# %% [markdown]
# ### Exercise: which loss is 0 at the start?
#
# G can start as the content picture, as noise, or as the style picture. Put `True` where the loss is *exactly* 0 before
# the first step, and `False` elsewhere.

# %% tags=["exercise-content_start"]
zero = {
    "content loss, from the content picture": ...,
    "style loss, from the content picture": ...,
    "content loss, from noise": ...,
    "style loss, from the style picture": ...,
    "content loss, from the style picture": ...,
}

# %% tags=["nbval-check-output"]
check.content_start(zero)

# %% [markdown]
# ## A picture that learns
#
# `model.fit` changes weights. So the picture must become weights. There is a layer for it that you have known since
# lesson 04: a Dense layer without bias, whose only input is the number 1. Its outputs *are* its weights.


# %%
def canvas(begin, constraint):
    """From the number 1 to a picture: the weights of a Dense layer, put into shape."""
    one = keras.Input((1,))
    dense = layers.Dense(begin.size, use_bias=False, kernel_constraint=constraint)
    model = keras.Model(one, layers.Reshape(begin.shape)(dense(one)))
    dense.set_weights([begin.reshape(1, -1)])
    return model


class From0To1(keras.constraints.Constraint):
    def __call__(self, weights):
        return ops.clip(weights, 0.0, 1.0)


from_0_to_1 = From0To1()

# %% tags=["nbval-check-output"]
small_cat, small_glass, one = square(cat, SMALL), square(glass, SMALL), np.ones((1, 1), "float32")


def shown_by(model):
    return ops.convert_to_numpy(model(one))[0]


paints = canvas(small_cat, from_0_to_1)
print(f"{paints.count_params():,} weights for {SMALL} × {SMALL} × 3 numbers")
print("it shows the cat:", np.array_equal(shown_by(paints), small_cat))

# %% [markdown]
# Behind it comes the network, frozen, and behind that the two losses. Both are divided by what maps of zeros would get,
# so that 1 means "as bad as seeing nothing", in every layer and every network. More about that later.

# %%
CONTENT = "block3_conv1"
STYLE = ["block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2", "block3_conv1"]
base.trainable = False
eye = keras.Model(base.input, {name: base.get_layer(name).output for name in STYLE})  # the content layer is among them
wanted, glass_maps = maps_of(small_cat)[CONTENT], maps_of(small_glass)
targets = {name: style.gram(glass_maps[name]) for name in STYLE}


# %%
def total(values):
    return ops.sum(layers.Flatten()(values), axis=1, keepdims=True)


def with_losses(paints, alpha=0.1):
    """From the number 1 to α · content + style, both relative."""
    maps = eye(paints.output)
    content = total((maps[CONTENT] - wanted) ** 2) / (wanted**2).sum()
    grams = {name: ops.einsum("nhwi,nhwj->nij", maps[name], maps[name]) for name in STYLE}
    styles = [total((grams[name] - targets[name]) ** 2) / (targets[name] ** 2).sum() for name in STYLE]
    return keras.Model(paints.input, alpha * content + sum(styles) / len(STYLE))


# %% [markdown]
# The model's output is the loss, so the loss function has nothing left to do. `style.transfer` does the same with a
# third term that comes below.
#
# **Predict.** How many weights will training change: 27,648, or 161,688 more? Will twenty steps by hand give the same
# losses as `style.transfer`?


# %%
def paint(paints, steps):
    model = with_losses(paints)
    model.compile(keras.optimizers.Adam(0.03), loss=lambda nothing, said: said)
    ones = np.ones((steps, 1))  # a row for each epoch, and an epoch for each step
    return model.fit(ones, 0 * ones, batch_size=1, steps_per_epoch=1, epochs=steps, verbose=0).history["loss"]


by_hand = paint(paints, 20)
how = dict(content_weight=0.1, variation_weight=0.0)
same = style.transfer(small_cat, small_glass, base, CONTENT, STYLE, steps=20, **how)
print("trainable:", f"{sum(np.prod(w.shape) for w in with_losses(paints).trainable_weights):,}")
print("losses by hand and by cnnlab agree:", np.allclose(by_hand, same.history["loss"][:-1], rtol=1e-2))
print(f"loss {by_hand[0]:.2f} → {by_hand[-1]:.2f} after 20 steps")

# %% [markdown]
# ## Between 0 and 1
#
# The constraint clips the pixels after every step, *inside* the optimisation. Why not paint freely, and clip the
# picture at the end?
#
# **Predict.** Without the constraint, how many of the numbers will lie outside 0 to 1 after forty steps? And what does
# clipping them then cost?


# %%
def loss_of(picture):
    return shown_by(with_losses(canvas(picture, None)))[0]


for name, constraint in [("clipped in every step", from_0_to_1), ("clipped at the end", None)]:
    paints = canvas(small_cat, constraint)
    paint(paints, 40)
    picture = shown_by(paints)
    outside = np.mean((picture < 0) | (picture > 1))
    print(f"{name:21}  outside {outside:2.0%}, loss {loss_of(picture):.3f}", end="")
    print(f", of what you can show {loss_of(np.clip(picture, 0, 1)):.3f}")

# %% [markdown]
# The free painter gets as far, but with colours that no screen can show. Clip them, and what you see is not what was
# measured: its loss is higher. With the constraint, the other pixels make up for a pixel that has reached its limit.
#
# ## Total variation
#
# Neither loss looks at pixels, and speckle that no layer minds stays where it is. A third term asks for calm: the sum
# of the differences between neighbours, to the right and downwards, without their signs. For 0 1 / 0 3 that is 1 + 3 to
# the right and 0 + 2 downwards: 6.
#
# **Predict.** Which of cat, glass and noise has most of it, divided by how many numbers the picture has?

# %%
print(style.total_variation(np.array([[0, 1], [0, 3]])))
for name, picture in {"cat": cat, "glass": glass, "noise": rng.uniform(size=cat.shape)}.items():
    print(f"{name:6} {style.total_variation(picture) / picture.size:.2f}")

# %% [markdown]
# ### Exercise: total variation
#
# Write `my_variation(picture)` for a picture of shape (H, W, C).


# %% tags=["exercise-variation"]
def my_variation(picture):
    return ...  # a number


# %% tags=["nbval-check-output"]
check.variation(my_variation)

# %% [markdown]
# ## The run
#
# Now the whole thing, at full size. While it runs, the monitor shows the picture and the curves; *stop* ends the run
# after the present step and keeps what has been painted.
#
# **Predict.** Three curves: content, style, variation. Which fall, and which rise?

# %%
monitor = explore.StyleMonitor()
painted = style.transfer(
    cat, glass, base, CONTENT, STYLE, content_weight=0.1, variation_weight=0.5, steps=STEPS, callbacks=[monitor]
)

# %%
for name in ("content", "style", "variation"):
    values = painted.history[name]
    print(f"{name:10} {values[0]:.2f} → {values[-1]:.2f}")
print(f"the style loss fell to one part in {painted.history['style'][0] / painted.history['style'][-1]:.0f}")
plot.images(
    {"C": cat, "S": glass, f"G after {painted.steps} steps": painted.picture},
    width=9.5,
    row_height=3.2,
    alt="The cat, the glass, and the cat painted: flat pieces in the colours of the glass with dark outlines, the "
    f"eyes, the nose and the stripes where they were. Style loss {painted.history['style'][0]:.2f} → "
    f"{painted.history['style'][-1]:.2f}, content loss 0 → {painted.history['content'][-1]:.2f}.",
)

# %% [markdown]
# The content loss begins at 0 and *rises*: the only way from a perfect copy is away from it. It overshoots, and comes a
# part of the way back. What falls is the sum. (The variation rises, too: a dark line is a difference between
# neighbours.) The cat is still there, and the dark lines of the glass have found the rims of its eyes. Nobody told them
# to. An outline is the cheapest place for a dark line: the content maps expect an edge there anyway.

# %%
curves = {n: (np.arange(painted.steps + 1), painted.history[n]) for n in ("content", "style", "variation")}
plot.lines(
    curves,
    xlabel="step",
    ylabel="loss",
    alt="Three curves over the steps: "
    + "; ".join(f"{n} from {values[0]:.2f} to {values[-1]:.2f}" for n, (_, values) in curves.items())
    + ".",
)

# %% [markdown]
# ## Turn the knobs
#
# Eight smaller pictures, 96 × 96, painted in fewer steps: one as above, and seven with one thing changed.
#
# **Predict.** Before you look: which of them is closest to the photograph? In which can you no longer find the cat?
#
# - *content × 10*: its weight is 1 and not 0.1;
# - *first layer only*, *deep layer only*: style from `block1_conv1`, or from `block3_conv1` alone;
# - *from noise*: G starts as random numbers;
# - *average pooling*: the same weights, with means in place of maxima;
# - *no variation term*, *variation × 10*: its weight is 0, or 5, and not 0.5.

# %%
usual = dict(content_weight=0.1, variation_weight=0.5, steps=100 if full else 50)


def small_painting(network=base, style_layers=STYLE, **changed):
    return style.transfer(small_cat, small_glass, network, CONTENT, style_layers, **usual | changed)


variants = {
    "as above": small_painting(),
    "content × 10": small_painting(content_weight=1.0),
    "first layer only": small_painting(style_layers=STYLE[:1]),
    "deep layer only": small_painting(style_layers=STYLE[-1:]),
}

# %%
variants["from noise"] = small_painting(start="noise", seed=SEED)
variants["average pooling"] = small_painting(style.average_pooled(base))
variants["no variation term"] = small_painting(variation_weight=0.0)
variants["variation × 10"] = small_painting(variation_weight=5.0)


# %%
def judged(picture):
    """Content, style and variation of a small picture, measured in one way for all: our network, five layers."""
    maps = maps_of(picture)
    far = np.mean([style_distance(glass_maps[name], maps[name]) for name in STYLE])
    return distance(maps[CONTENT], wanted), far, style.total_variation(picture) / picture.size


scores = {"the photograph": judged(small_cat)} | {name: judged(one.picture) for name, one in variants.items()}
for name, (content, far, variation) in scores.items():
    print(f"{name:18} content {content:.2f}   style {far:.2f}   variation {variation:.2f}")

# %%
plot.images(
    {name: one.picture for name, one in variants.items()},
    columns=4,
    row_height=2.6,
    alt="Eight small paintings of the cat, with content and style loss. "
    + "; ".join(f"{name}: {scores[name][0]:.2f}, {scores[name][1]:.2f}" for name in variants)
    + ".",
)

# %% [markdown]
# - With ten times the weight, the content stays close, and the style loss gets stuck far above *as above*.
# - The first layer sees 3 × 3 pixels. It brings the palette and dark rims, and hardly moves the content. The deep layer
#   alone brings lines and patches, and leaves the fur brown. Colours are the business of shallow layers, shapes that of
#   deep ones: you want both.
# - From noise the style is nearly as good, and of the cat you find an eye at best. Fifty steps are few, and a content
#   weight of 0.1 is little where nothing of the cat is there yet. The start matters: that is why we begin with the
#   photograph.
# - Average pooling paints another picture, with softer patches. (Its numbers are not quite fair: the network that
#   measures it is not the one that painted it.)
# - Without the variation term speckle stays. With too much of it the picture goes flat, and the style pays for the
#   calm.
#
# The bench holds 18 such paintings ready, of 150 steps each, so that you can turn without waiting. Beside each stand
# its Gram matrix and that of the style, for the layer you choose. Then come your own eight.

# %%
bench = explore.StyleBench()
bench

# %%
explore.StyleBench(variants, content=small_cat, style_picture=small_glass)

# %% [markdown]
# ## Style alone: a texture
#
# Leave the content out, start from noise, and only the Gram matrices speak. That is **texture synthesis**.
#
# **Predict.** What will you see: the glass itself, something like it, or a grey mud?

# %%
how = dict(content_weight=0, variation_weight=0.5, start="noise", steps=2 * usual["steps"])
texture = style.transfer(small_glass, small_glass, base, CONTENT, STYLE, **how)
plot.images(
    {"the glass": small_glass, "from noise, by its Gram matrices alone": texture.picture},
    width=7,
    alt="The glass, and a texture made from noise: patches in the same colours with dark lines, arranged in another "
    f"way. Style loss {texture.history['style'][0]:.2f} → {texture.history['style'][-1]:.2f}.",
)

# %% [markdown]
# Patches with dark lines between them, as in the glass, and no stone where it was: the matrices hold nothing about
# places. Not every colour came through in so few steps. Textures were the first paper of the same authors in 2015.
#
# ## Somebody else's α and β
#
# You copy "α = 1, β = 1000" from a page, and get the photograph back, or no cat at all. Some take the mean where others
# take the sum. Here are the same two pictures and layers; only the normalisation differs. Which β/α makes the two
# losses equally large?

# %%
maps = maps_of(small_cat)
contents = {
    "½ · sum": style.content_loss(maps[CONTENT], glass_maps[CONTENT]),
    "mean": np.mean((maps[CONTENT] - glass_maps[CONTENT]) ** 2),
}
gaps = [style.gram(maps[name]) - style.gram(glass_maps[name]) for name in STYLE]
styles = {
    "sum": sum((gap**2).sum() for gap in gaps),
    "mean": sum((gap**2).mean() for gap in gaps),
    "1/(2HWC)²": sum(style.style_loss(glass_maps[name], maps[name]) for name in STYLE),
}
for (one_way, content), (other_way, far) in itertools.product(contents.items(), styles.items()):
    print(f"content as {one_way:8} style as {other_way:10} equal at β/α = {content / far:.0e}")

# %% [markdown]
# Between the smallest and the largest of these numbers lie more than fifteen powers of ten, for the same two pictures
# and the same layers. No α and β mean anything without the normalisation. Nor is that all:
#
# - a sum over places grows with the picture: twice the side, about four times the content loss, but about the same
#   style loss with 1/(2HWC)²;
# - a network whose maps are ten times as large has 100 times the content loss and 10,000 times the style loss. The
#   authors had scaled the weights of their VGG so that a map is 1 on average; those that Keras downloads are not.
#
# Our remedy: divide each loss by what maps of zeros would get. In `style.transfer` a weight of 0.1 means much the
# same for every network and every size.
#
# ### Exercise: translate a weight
#
# Somebody used α = 1 with the *mean* of the squared differences. The content layer has maps of shape (16, 16, 64).
# Which α has the same effect with ½ ‖a(C) − a(G)‖²?

# %% tags=["exercise-weight"]
alpha = ...

# %% tags=["nbval-check-output"]
check.weight(alpha)

# %% [markdown]
# ## The wrong pixels
#
# The usual network for this is VGG19. The weights that everybody uses were trained on bytes, blue first, less the mean
# of each colour: 103.939 for blue, 116.779 for green, 123.68 for red. Give it anything else and it raises no error.
# What does such a slip cost? Ask our network, which wants red first and floats to 1.
#
# **Predict.** How far are the Gram matrices of a picture from those of the *same* picture with red and blue swapped?

# %%
for what, picture in {"blue first": np.flip(cat, axis=-1).copy(), "half the range": cat / 2}.items():
    maps = maps_of(picture)
    print(f"{what:15}", "  ".join(f"{style_distance(cat_maps[name], maps[name]):.2f}" for name in LAYERS))

# %% [markdown]
# From the glass to the cat it was 0.25 to 1.2. Swapping two colours moves a picture about as far as that, or further;
# half the range moves it less, in most layers by about half as much. The network then describes the style of something
# that you never showed it, and that is what gets painted.
#
# ### Exercise: what VGG19 must get
#
# This function is wrong in one place. It gets a picture (H, W, 3) of floats from 0 to 1, red first.
#
# ```python
# def faulty_prepare(picture):
#     return picture[..., ::-1] * 255 - np.array([123.68, 116.779, 103.939])
# ```
#
# Write `prepare`. (The networks of `transfer.backbone` do this inside, so that nobody can forget it.)


# %% tags=["exercise-prepare"]
def prepare(picture):
    return ...  # (H, W, 3)


# %% tags=["nbval-check-output"]
check.prepare(prepare)

# %% [markdown]
# ## Does it need to have learned anything?
#
# Take the same network with random weights. It has never seen a picture.
#
# **Predict.** Will its style loss fall? Will the result look like glass?

# %%
untrained = transfer.photo_backbone(weights=None, seed=SEED)
blind = small_painting(untrained)
content, far, _ = judged(blind.picture)
print(f"its own style loss: {blind.history['style'][0]:.2f} → {blind.history['style'][-1]:.2f}")
print(f"judged by the trained network: content {content:.2f}, style {far:.2f}")
plot.images(
    {"trained": variants["as above"].picture, "untrained": blind.picture},
    width=7,
    alt=f"Two paintings of the cat. The trained network's: style {scores['as above'][1]:.2f}. The untrained one's: "
    f"style {far:.2f}.",
)

# %% [markdown]
# Its own style loss falls just as well, and that proves nothing: a falling loss says that the painter pleases *this*
# judge. The other judge is not pleased. Random filters see colours and how they lie side by side, so the palette comes
# across, and the cat stays, because a random network keeps places too. What is missing is what only training finds: the
# dark lines.
#
# ## Larger networks
#
# SqueezeNet has seen a million photographs. If the folder that `CNNLAB_DATA` names holds its weights, the next cell
# paints with it; without the file you lose nothing that is needed later.

# %%
folder = datasets.data_folder()
weights = folder / "weights" / "squeezenet_imagenet_notop.h5" if folder else None
squeezed = None
if weights is not None and weights.is_file():
    squeezenet = transfer.backbone("squeezenet", (SIDE, SIDE, 3), weights)
    names = ["conv1", "fire2_concat", "fire3_concat", "fire5_concat"]
    how = dict(content_weight=0.1, variation_weight=0.5, learning_rate=0.05, steps=STEPS)
    squeezed = style.transfer(cat, glass, squeezenet, "fire4_concat", names, **how)
    far = squeezed.history["style"]
    print(f"style {far[0]:.2f} → {far[-1]:.2f}, one part in {far[0] / far[-1]:.0f}")
else:
    print("no SqueezeNet weights here: this picture is left out")

# %%
plot.images(
    {"our small network": painted.picture, "SqueezeNet": squeezed.picture},
    width=8,
    row_height=3.6,
    alt="The cat painted by our small network and by SqueezeNet.",
) if squeezed else None

# %% [markdown]
# SqueezeNet makes another painting of the same two pictures, with the same α and β: another judge.
#
# With a network connection, VGG19 is a few lines away; for its 20 million weights you want a GPU:
#
# ```python
# vgg = transfer.backbone("vgg19", (256, 256, 3))
# names = ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"]
# photo, window = square(datasets.photo("chelsea"), 256), square(mosaic(256), 256)
# result = style.transfer(photo, window, vgg, "block4_conv2", names, steps=500)
# ```
#
# Those are the layers of the paper, whose authors also found average pooling a little more pleasing.
#
# ## Without the wait
#
# Every picture costs hundreds of steps. In 2016 Justin Johnson, Alexandre Alahi and Li Fei-Fei, and independently
# Dmitry Ulyanov and others, trained a second network to make the picture in one pass: the losses (**perceptual
# losses**) are the same ones, but what learns are the weights of that network, once for each style. In 2017 Xun Huang
# and Serge Belongie did it for any style: shift and scale each content map until its mean and its deviation are those
# of the style's map. And Yanghao Li and others showed that comparing Gram matrices is comparing two *distributions* of
# feature vectors, places left out.

# %% [markdown]
# ## Summary
#
# - Content is what deep maps say, place by place: ½ ‖a(C) − a(G)‖². It is 0 at the start if you start from C, and then
#   it rises. That is right.
# - Style is which maps answer together, wherever: the Gram matrix F Fᵀ, with F of shape (C, H·W). Shuffle the places,
#   and it stays the same. Take care how you reshape.
# - The style loss is 1/(2HWC)² ‖G(S) − G(G)‖² for each layer, both times with the square.
# - The picture is the weights of a layer, and a constraint clips it inside the optimiser.
# - Weights, layers and start decide what you get. A weight means nothing without its normalisation.
# - A low loss says that the picture pleases the network that measures it. Ask another one, and look.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **style transfer**: painting what one picture shows in the manner of another one.
# - **content loss**: half the sum of the squared differences between the maps of two pictures, place by place, at one
#   layer.
# - **Gram matrix**: for the maps of one layer, a table with a number for each pair of maps: their product place by
#   place, summed over all places.
# - **style loss**: the squared differences between the Gram matrices of two pictures, over (2·H·W·C)² for maps of
#   height H, width W and C channels, summed over several layers with weights.
# - **total variation**: the sum of the differences between neighbouring pixels without their signs: small for a calm
#   picture, large for a noisy one.
# - **constraint**: what is done to a layer's weights after every step of the optimiser, such as clipping them to 0–1.
# - **texture synthesis**: making a new picture with the texture of a given one: style without content.
# - **perceptual loss**: a loss that compares pictures by the feature maps of a network, and not by their pixels.

# %% [markdown]
# **Further reading**
#
# - Leon Gatys, Alexander Ecker and Matthias Bethge, *Texture Synthesis Using Convolutional Neural Networks*, NeurIPS
#   2015 (arXiv:1505.07376), and *Image Style Transfer Using Convolutional Neural Networks*, CVPR 2016; first as *A
#   Neural Algorithm of Artistic Style*, 2015 (arXiv:1508.06576).
# - Justin Johnson, Alexandre Alahi and Li Fei-Fei, *Perceptual Losses for Real-Time Style Transfer and
#   Super-Resolution*, ECCV 2016 (arXiv:1603.08155). Dmitry Ulyanov and others, *Texture Networks*, ICML 2016
#   (arXiv:1603.03417).
# - Xun Huang and Serge Belongie, *Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization*, ICCV
#   2017 (arXiv:1703.06868). Yanghao Li and others, *Demystifying Neural Style Transfer*, IJCAI 2017 (arXiv:1701.01036).
# - Aravindh Mahendran and Andrea Vedaldi, *Understanding Deep Image Representations by Inverting Them*, CVPR 2015
#   (arXiv:1412.0035): total variation, and pictures made from feature maps.
#
# **Where next.** Lesson 16: a label for every pixel, and a sentence for a picture.

# %% [markdown] tags=["navigation"]
# [← 14 · Is this the same person?](14_face_verification.ipynb) ·
# [All lessons](index.ipynb) ·
# [16 · Beyond boxes: segmentation and captions →](16_beyond_boxes.ipynb)

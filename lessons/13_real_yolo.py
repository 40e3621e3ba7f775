# %% [markdown]
# # 13 · A real YOLO: Darknet weights in Keras
#
# <!-- navigation -->
# [← 12 · YOLO from scratch](12_yolo_from_scratch.ipynb) ·
# [All lessons](index.ipynb) ·
# [14 · Is this the same person? →](14_face_verification.ipynb)
#
# Somebody trained a detector for weeks on a hundred thousand photos and gave it away: two files. What is in them, and
# how do they become a Keras model that finds things in *your* photos?
#
# **By the end you can**
#
# - read a `.cfg` and say what network it is, how many numbers it needs and where each layer begins in the `.weights`;
# - turn both files into a Keras model by hand, and name four mistakes that raise no error and ruin the answer;
# - letterbox a picture, and bring boxes back from the network's pixels to the picture's;
# - see what a public detector finds in photos and what it cannot, and which head and which anchor found what;
# - write a network of your own in the same format, and have another program run it.
#
# **Time:** about 60 minutes of reading and trying; the cells themselves run in under 40 seconds on a laptop. **You
# need:** lessons 04, 11 and 12.

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
import csv
import tempfile
from pathlib import Path

import keras
import numpy as np

from cnnlab import conv, darknet, datasets, explore, letterbox, metrics, overlay, plot, scenes
from cnnlab.checks import lesson13 as check
from cnnlab.detection import tiny_yolo
from cnnlab.detection.darknet import cfg, keras_model, plan
from cnnlab.detection.detections import Detections, GroundTruth

# %% tags=["parameters"]
PROFILE = "quick"  # "full" measures on 500 scenes instead of 100
SEED = 0

# %% [markdown]
# ## Two files
#
# YOLO was written in **Darknet**, a program by Joseph Redmon. (You will read that YOLO comes from Ultralytics.
# Versions 1 to 3 are Redmon's, with Santosh Divvala, Ross Girshick and Ali Farhadi; Ultralytics wrote later ones.)
# Darknet keeps a network in two files: a `.cfg`, plain text that says what it is made of, and a `.weights`, its
# numbers and nothing else. This course ships a small pair, the detector of lesson 12 trained a little longer. Here is
# how its `.cfg` begins.

# %% tags=["nbval-check-output"]
cfg_file, weights_file = datasets.shipped("tiny_yolo.cfg"), datasets.shipped("tiny_yolo.weights")
lines = cfg_file.read_text().splitlines()
print("\n".join(lines[:16]))
print("...")

# %% [markdown]
# You can read it as it is. A picture of 96 × 96 × 3 comes in. The first layer is a convolution: 8 filters of 3 × 3,
# stride 1, padded, with batch normalisation, then leaky ReLU. The second is a max pooling, 2 × 2 with stride 2.
#
# The other file cannot be read, only counted.

# %% tags=["nbval-check-output"]
data = weights_file.read_bytes()
print(f"{len(data):,} bytes")
print("version", np.frombuffer(data, "<i4", count=3).tolist())
print("pictures it was trained on, as it says:", np.frombuffer(data, "<i8", count=1, offset=12)[0])

# %% [markdown]
# It begins with a **header** of 20 bytes: three whole numbers of 4 bytes, Darknet's version, here 0.2.0, and one of 8.
# (Our own training did not count its pictures, so that one is 0. Files older than version 0.2 use 4 bytes for it, and
# their header has 16.) After it come numbers of 4 bytes, float32, without a name, a shape or a gap:
#
# (402,772 − 20) / 4 = 100,688 numbers.
#
# In which order? Layer by layer as in the `.cfg`, and within a convolution:
#
# | `batch_normalize` | bias | scale | mean | variance | kernel |
# |---|---|---|---|---|---|
# | 1 | 1 a filter | 1 a filter | 1 a filter | 1 a filter | filters · channels · size · size |
# | 0 | 1 a filter | | | | filters · channels · size · size |
#
# **Predict.** The first layer has 8 filters of 3 × 3 on 3 channels, with batch normalisation. How many of the 100,688
# numbers are its own?

# %% tags=["nbval-check-output"]
print("bias, scale, mean, variance:", 4 * 8)
print("kernel:", 8 * 3 * 3 * 3)
print("together:", 4 * 8 + 8 * 3 * 3 * 3)

# %% [markdown]
# ### Exercise: how many numbers?
#
# Write that down for any convolution. With `groups` above 1 the channels are divided among the groups (lesson 04): a
# filter sees only `channels // groups` of them. `check.numbers.hint()` gives a nudge, `check.numbers.hint(2)` a
# stronger one, and `check.numbers.solution()` an answer.


# %% tags=["exercise-numbers"]
def my_numbers(filters, size, channels, batch_normalize, groups):
    return ...  # how many numbers the .weights file holds for it


# %% tags=["nbval-check-output"]
check.numbers(my_numbers)

# %% [markdown]
# ### Exercise: where does it begin?
#
# Layers are counted from 0: layer 0 is the convolution with 8 filters, layer 1 a pooling, layer 2 a convolution with 16
# filters of 3 × 3 and batch normalisation, layer 3 a pooling again, layer 4 the next convolution. At which byte of the
# file does layer 4 begin, that is, what is its **offset**? The first byte is byte 0.

# %% tags=["exercise-begins"]
byte = ...

# %% tags=["nbval-check-output"]
check.begins(byte)

# %% [markdown]
# ## One layer by hand
#
# Take the first 248 numbers and put them to work. Darknet keeps a kernel as (out, in, height, width), because its
# pictures are channels first. Keras wants (height, width, in, out).
#
# ### Exercise: the kernel in Keras' order
#
# Move the axes. Careful: `reshape` gives the right shape, too.


# %% tags=["exercise-kernel"]
def my_kernel(darknet):
    return ...  # (height, width, in, out)


# %% tags=["nbval-check-output"]
check.kernel(my_kernel)

# %%
numbers = np.frombuffer(data, "<f4", offset=20)
bias, scale, mean, variance = numbers[:32].reshape(4, 8)
kernel = numbers[32:248].reshape(8, 3, 3, 3)  # out, in, height, width
print("the first filter on red:", (kernel[0, 0].astype(float).round(2) + 0.0).tolist())

# %% [markdown]
# Now the layer's answer to a picture, in NumPy: a convolution without bias, then batch normalisation (lesson 05), then
# the leaky ReLU.
#
# $$y = \text{scale} \cdot \frac{x - \text{mean}}{\sqrt{\text{variance} + \varepsilon}} + \text{bias}$$
#
# The file does not hold ε. It stands in Darknet's source: 0.000001.

# %%
scene = scenes.scene(seed=5)
x = conv.conv2d(scene.image, kernel.transpose(2, 3, 1, 0), padding=1)  # 96 × 96 × 8
x = scale * (x - mean) / np.sqrt(variance + 1e-6) + bias
by_hand = np.where(x > 0, x, 0.1 * x)  # leaky
print(by_hand.shape)

# %%
maps = {f"filter {number}": by_hand[..., number] for number in range(8)}
plot.images(
    {"the picture": scene.image, **maps},
    signed=list(maps),
    alt=f"A scene, {scene.caption}, and the eight maps of the first layer: the same shapes, each time with other "
    "colours or other edges standing out. None is noise.",
    columns=9,
    row_height=1.35,
)

# %% [markdown]
# Your eyes tell you that the first 248 numbers have been cut in the right places: the shapes are there, in each map
# other colours and other edges stand out. But is it right to the last digit? Soon there is a Keras model to compare
# with.
#
# ## A .cfg becomes a network
#
# Reading a `.cfg` takes nine lines of Python.


# %% tags=["nbval-check-output"]
def read_cfg(text):
    sections = []
    for line in text.splitlines():
        line = line.split("#")[0].replace(" ", "")
        if line.startswith("["):
            sections.append((line.strip("[]"), {}))
        elif line:
            name, value = line.split("=")
            sections[-1][1][name] = value
    return sections


for number, (kind, options) in enumerate(read_cfg(cfg_file.read_text()), start=-1):
    print("  " if number < 0 else f"{number:2}", kind, options.get("filters", ""))

# %% [markdown]
# `[net]` gives the picture; every other section is a layer. The last is no layer to compute with. `[yolo]` says how to
# read the 24 channels before it: 3 anchors · (5 + 3 classes).
#
# Nine lines read a file that is right. What if it is not? `filtres=8` would be read, kept and never looked at, and the
# network would silently get one filter, which is Darknet's default. `cnnlab.darknet.cfg` reads the same text and knows
# every option by name.

# %% tags=["nbval-check-output"]
head = "[net]\nwidth=96\nheight=96\n[convolutional]\nfilters=8\n"
for broken in (
    head.replace("filters", "filtres"),
    head.replace("width=96", "width=1000000000"),
    head + "[route]\nlayers=-2\n",
    head + "[yolo]\nanchors=10,10\nclasses=4\n",
):
    try:
        plan.make(cfg.parse(broken, "broken.cfg"))
    except darknet.DarknetError as error:
        print(error)

# %% [markdown]
# All of that is found before a single array is made. A file from the internet may say anything, even
# `width=1000000000`, and a program that believes it first asks for more memory than there is.
#
# ## The big ones
#
# YOLOv2, YOLOv3 and YOLOv3-tiny ship with this course as `.cfg` files, written out anew with the same sections as
# Redmon's. Their weights do not ship, 248 MB for v3. But to count, the text is enough.
#
# **Predict.** YOLOv2 sees 608 × 608 pixels, its cells are 32 pixels wide, and it has 5 anchors and 80 classes. What
# shape has its output?

# %% tags=["nbval-check-output"]
published = {}
for name in ("yolov2", "yolov3", "yolov3-tiny"):
    published[name] = plan.make(cfg.read(datasets.shipped(f"darknet/{name}.cfg")))
    network = published[name]
    print(f"{name:11} {network.parameters:10,} parameters, {network.trainable:10,} of them trained;", end=" ")
    print("heads", ", ".join("×".join(map(str, node.shape)) for node in network.heads))

# %% [markdown]
# 608 / 32 = 19 cells, and 5 · (5 + 80) = 425 channels. 51 million parameters, 62.0 million, 8.86 million. What is not
# trained are means and variances of batch normalisations: they are measured.
#
# Does Keras count the same? Most sections become one to four Keras layers:
#
# | section | in Keras |
# |---|---|
# | `[convolutional]` | `ZeroPadding2D` (stride 2), `Conv2D` (or `DepthwiseConv2D`), `BatchNormalization`, `LeakyReLU` |
# | `[maxpool]`, `[upsample]` | `MaxPooling2D`, `UpSampling2D` |
# | `[route]` with two layers | `Concatenate` |
# | `[shortcut]` | `Add` |
# | `[reorg]` | `Permute` and `Reshape`, five in all |
# | `[yolo]`, `[region]` | nothing: the arithmetic of lesson 12, outside the model |

# %% tags=["nbval-check-output"]
yolov2 = keras_model.build(published["yolov2"])
print(yolov2.output.shape)
print(f"{yolov2.count_params():,} parameters")
print(f"{sum(int(np.prod(w.shape)) for w in yolov2.trainable_weights):,} trainable")

# %% [markdown]
# To the last number. Now look where YOLOv2 goes back to an earlier layer.

# %% tags=["nbval-check-output"]
for node in published["yolov2"].nodes[16:17] + published["yolov2"].nodes[24:]:
    came = " and ".join(map(str, node.inputs))
    print(f"{node.index:2} {node.kind:14} from {came:9} {'×'.join(map(str, node.shape)):11} {node.numbers:10,} numbers")

# %% [markdown]
# Layer 25 is a **route** with `layers=-9`: nine layers back, to layer 16, where the map was still 38 × 38 and small
# things could be told apart. `reorg` makes 19 × 19 × 256 of 38 × 38 × 64: no number is lost, they only move. Then layer
# 28 joins both: `layers=-1,-4`. This way round eight layers is YOLOv2's **passthrough**. A route computes nothing. It
# says where to read.
#
# ### Exercise: resolve a route
#
# In a route, −1 is the layer just before, −4 the fourth before. A number that is not negative is a layer's own number.
# Turn the numbers of a route in layer `here` into layers' own numbers.


# %% tags=["exercise-route"]
def my_route(layers, here):
    return ...  # a list of layers' numbers


# %% tags=["nbval-check-output"]
check.route(my_route)

# %% [markdown]
# YOLOv3 has three heads, on grids of different fineness. They share one list of nine anchors, and each says by its
# `mask` which of them are its own. The numbers are counted from 0.

# %% tags=["nbval-check-output"]
for node in published["yolov3"].heads:
    print("layer", node.index, "grid", node.shape[:2], "mask", node.section["mask"])
flat = [int(side) for side in published["yolov3"].heads[0].section["anchors"]]
print("anchors (width, height):", list(zip(flat[::2], flat[1::2], strict=True)))

# %% [markdown]
# ### Exercise: the heads of YOLOv3
#
# The picture is 608 × 608. Fill in the stride of the first head, the cell of its grid that an object belongs to
# (lesson 12: the one its centre lies in), the first anchor that it uses, and how many boxes all heads report together
# for one picture.

# %% tags=["exercise-heads"]
yolov3 = {
    "stride": ...,  # pixels from one cell of the first head to the next
    "cell": ...,  # (row, column) of the first head's cell for an object whose centre is x = 310, y = 200
    "anchor": ...,  # (width, height): the first anchor of the first head
    "boxes": ...,  # how many boxes all three heads report for one picture
}

# %% tags=["nbval-check-output"]
check.heads(yolov3)

# %% [markdown]
# ## The numbers go in
#
# Now the small network again. Walk through its layers, cut off for each what is its own, and put it into the Keras
# model. `slots` are the arrays of a layer in the order of the file.

# %%
network = plan.make(cfg.read(cfg_file))
model = keras_model.build(network)
print([(slot.name, slot.shape) for slot in network.nodes[0].slots])


def put(numbers, change=lambda arrays: arrays):
    """Fill the Keras model `model` with these numbers, in the order of the file."""
    at = 0
    for node in (node for node in network.nodes if node.slots):
        arrays = {}
        for slot in node.slots:
            arrays[slot.name] = numbers[at : at + slot.size].reshape(slot.shape)
            at += slot.size
        keras_model.fill(model, node, change(arrays))


# %% [markdown]
# **Predict.** By how much does Keras' first layer differ from the one you computed by hand?

# %% tags=["nbval-check-output"]
put(numbers)
first = keras.Model(model.input, model.get_layer("leaky_0").output)
gap = np.abs(keras.ops.convert_to_numpy(first(scene.image[None]))[0] - by_hand).max()
print("largest difference below 0.00001:", bool(gap < 1e-5))

# %% [markdown]
# ## Four mistakes without an error
#
# Everybody who reads weights by hand makes one of these, and Keras does not complain, because all shapes fit:
#
# - **bias and scale swapped.** Keras lists gamma before beta, Darknet bias before scale. Both have one number a
#   filter;
# - **reshape instead of transpose** for the kernel;
# - **blue and red swapped.** OpenCV reads pictures as blue, green, red;
# - **another ε**: Keras' default, 0.001, instead of 0.000001.
#
# **Predict.** The network as it should be finds nearly everything. Rank the four by the damage they do. Is one of them
# harmless?

# %%
count = 100 if PROFILE == "quick" else 500
unseen = scenes.scenes(count, seed=SEED + 7)
truth = [GroundTruth(one.boxes, one.labels) for one in unseen]
by_keras = darknet.Detector(model, network, scenes.CLASSES)


def quality(images):
    """mAP@.5 of `model`, as it is now, on the scenes."""
    return metrics.mean_average_precision(by_keras.batch(images, score_threshold=0.05), truth, 0.5)


# %%
def swapped(arrays):
    return {**arrays, "bias": arrays["scale"], "scale": arrays["bias"]} if "scale" in arrays else arrays


def reshaped(arrays):
    out, channels, height, width = arrays["kernel"].shape
    wrong = arrays["kernel"].reshape(height, width, channels, out)
    return {**arrays, "kernel": wrong.transpose(3, 2, 0, 1)}


def other_epsilon(arrays):  # the same as another epsilon: a constant more under the root
    return {**arrays, "variance": arrays["variance"] + 0.001} if "scale" in arrays else arrays


# %%
images = [one.image for one in unseen]
print(f"as it should be           {quality(images):.2f}")
print(f"blue and red swapped      {quality([image[..., ::-1] for image in images]):.2f}")
for name, change in (
    ("bias and scale swapped", swapped),
    ("reshape, not transpose", reshaped),
    ("epsilon", other_epsilon),
):
    put(numbers, change)
    print(f"{name:25} {quality(images):.2f}")
put(numbers)

# %% [markdown]
# Swapped arrays and a wrong reshape leave nothing, and you notice at once. The other two are the dangerous ones.
# Without the right colours this detector loses a point or two, for it was asked about shapes. Another ε costs nothing
# that this test could see. In YOLO-Fastest, further down, it takes the score of a car in the photo `dog` from 0.90 to
# 0.86, and no message says so. A mistake of that kind you carry along for a year. That is why a reader is tested
# against another reader, number by number, and not by looking at boxes.
#
# ## Same padding is not the same
#
# One more trap lies in the sizes. Darknet pads by `size // 2` on *both* sides, always. Keras' `padding="same"` pads as
# little as it must, and where that is an odd number, the extra pixel goes *after* (lesson 02). With stride 1 the two
# agree.
#
# **Predict.** A row of pixels 1 2 3 4, a kernel of three ones, stride 2. Darknet pads one zero on each side and sees
# 0 1 2 and 2 3 4. What does Keras see?

# %% tags=["nbval-check-output"]
row = np.arange(1, 5, dtype="float32").reshape(1, 1, 4, 1)
ones = {"kernel_initializer": "ones", "strides": (1, 2)}
same = keras.layers.Conv2D(1, (1, 3), padding="same", **ones)(row)
both = keras.layers.Conv2D(1, (1, 3), **ones)(keras.layers.ZeroPadding2D((0, 1))(row))
print("Keras' same:", keras.ops.convert_to_numpy(same).ravel().astype(int).tolist(), "= 1+2+3, 3+4+0")
print("Darknet:    ", keras.ops.convert_to_numpy(both).ravel().astype(int).tolist(), "= 0+1+2, 2+3+4")

# %% [markdown]
# The shapes agree, the windows lie one pixel apart. YOLOv3 halves its picture five times this way: with `same`, its
# coarsest grid would look 1 + 2 + 4 + 8 + 16 = 31 pixels too far to the right and down. So this package pads with
# `ZeroPadding2D` where the stride is above 1.
#
# ## A picture goes in
#
# The network takes 96 × 96, and your photo has 640 × 427. You may **stretch** it: everything gets narrower. Or you may
# **letterbox** it: make it as large as fits and fill the rest with grey. A network does best with what it was trained
# on. Redmon's own program letterboxes, many later ones stretch.
#
# **Predict.** A picture 100 high and 200 wide goes into 416 × 416. How large is it in there, and how many grey rows
# lie above it?

# %% tags=["nbval-check-output"]
place = letterbox.place(image_size=(100, 200), input_size=(416, 416))
print(f"{place.height} × {place.width}, {place.top} rows above, {place.left} columns beside")
print("its left half, in the input:", place.apply([[0, 0, 100, 100]])[0].astype(int).tolist())

# %% [markdown]
# The scale is the smaller of 416 / 100 and 416 / 200: 2.08. 416 − 208 = 208 rows are left, 104 above and 104 below.

# %%
wide = scenes.scene(seed=(SEED, 21), height=64, width=160, min_objects=3)
kinds = {}
for name, boxed in (("letterboxed", True), ("stretched", False)):
    place = letterbox.place(wide.image.shape[:2], (96, 96), boxed)
    kinds[f"{name}, 96 × 96"] = letterbox.fit(wide.image, place)
plot.images(
    {"the picture, 64 × 160": wide.image, **kinds},
    alt="A wide scene three times: as it is; letterboxed, small between two grey bars; stretched, with narrow shapes.",
    row_height=2.6,
)

# %% [markdown]
# ### Exercise: undo the letterbox
#
# The network answers in pixels of its input. You want the box in pixels of the picture. The letterbox may have its
# bars above and below or left and right, and the input need not be square.


# %% tags=["exercise-undo_letterbox"]
def my_undo(box, image_size, input_size):
    height, width = image_size  # of the picture
    rows, columns = input_size  # of the network's input
    x1, y1, x2, y2 = box  # in pixels of the input
    return ...  # x1, y1, x2, y2 in pixels of the picture; nothing is rounded, not even a bar


# %% tags=["nbval-check-output"]
check.undo_letterbox(my_undo)

# %% [markdown]
# ## Boxes come out
#
# All of this in one line: read, check, build, fill. And then a call: letterbox or stretch, network, the decoding of
# lesson 12, non-max suppression of lesson 11, back to your picture's pixels.

# %%
detector = darknet.load(cfg_file, weights_file, datasets.shipped("tiny_yolo.names"))
detector.letterbox = True
found = detector(wide.image)
for box, score, label in zip(found.boxes.round().astype(int).tolist(), found.scores, found.labels, strict=True):
    print(f"{found.names[label]:9} {score:.2f}  {box}")
print("really there:", wide.caption, wide.boxes.astype(int).tolist())

# %%
detector.letterbox = False
boxes = [detector(image) for image in images[:8]]
overlay.gallery(
    images[:8],
    boxes,
    truth[:8],
    class_names=scenes.CLASSES,
    alt="Eight unseen scenes of 96 × 96 pixels. Dashed blue: what is there. Orange: what the detector found, with its "
    f"score. There are {sum(len(one) for one in truth[:8])} objects, and "
    f"{sum(map(len, boxes))} boxes.",
)

# %% [markdown]
# Which boxes there are, and where they come from, is worth a closer look. **Predict** first: the explorer says how
# many boxes are above the score, and asks how many non-max suppression leaves. Type a number.

# %%
some = scenes.scenes(8, seed=SEED + 13, min_objects=2)
titles = [f"scene {number}" for number in range(8)]
explorer = explore.DetectionExplorer(detector, [one.image for one in some], titles, predict=True)
explorer

# %% [markdown]
# Three things to try:
#
# 1. Set *show* to `head 0`. The cells with a coloured frame fired, each colour is an anchor, and the boxes they made
#    are drawn in it. Is it always the cell in the middle of the object? Do its neighbours fire, too?
# 2. Take the score down to 0.05, then the overlap of NMS up to 0.95. Which of the two brings back several
#    boxes on one object?
# 3. Look at the table below: which anchor fires on large objects, which on small ones?
#
# ## Photographs
#
# Now the network of somebody else: **YOLO-Fastest**, 346,062 numbers in 1.4 MB, 80 classes of COCO. Where it can be
# had, in the folder that `CNNLAB_DATA` names or by a download, it runs here. Where it cannot, you see what it found
# when this lesson was written: its boxes for six photos ship with the course, as a table of numbers.

# %%
table = datasets.shipped("yolo_fastest_photos.csv").read_text(encoding="utf-8").splitlines()
coco = datasets.shipped("darknet/coco.names").read_text(encoding="utf-8").splitlines()
print(table[0], table[3], table[4], sep="\n")


def kept(photo):
    """What YOLO-Fastest found in a photo with a score of 0.3 or more."""
    rows = [row for row in csv.DictReader(table) if row["photo"] == photo]
    boxes = [[float(row[side]) for side in ("x1", "y1", "x2", "y2")] for row in rows]
    scores, labels = [float(row["score"]) for row in rows], [coco.index(row["name"]) for row in rows]
    return Detections(np.reshape(boxes, (-1, 4)), scores, labels, coco)


# %%
photos = ["astronaut", "camera", "chelsea", "coffee", "coins", "rocket"]  # they come with scikit-image
try:
    real = darknet.named("yolo-fastest")
    print(real)
    photos += [photo for photo in datasets.photo_names() if photo in ("dog", "person")]
except datasets.DataError as reason:
    print(reason)
    real = None
pictures = [datasets.photo(photo) for photo in photos]
answers = [real(picture, score_threshold=0.3) for picture in pictures] if real else [kept(photo) for photo in photos]

# %%
said = []
for photo, found in zip(photos, answers, strict=True):
    names = [f"{found.names[k]} {score:.2f}" for k, score in zip(found.labels, found.scores, strict=True)]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    said.append(f"{photo}: {', '.join(names[:4]) or 'nothing'}{more}")
    print(said[-1])
pairs = [(found.boxes, kept(photo).boxes) for photo, found in zip(photos[:6], answers[:6], strict=True)]
if real:
    print("as in the table:", all(a.shape == b.shape and np.allclose(a, b, atol=1) for a, b in pairs))

# %%
overlay.gallery(
    pictures,
    answers,
    titles=photos,
    columns=3,
    side=3.2,
    alt="Photographs with the boxes that the detector found. " + "; ".join(said) + ".",
)

# %% [markdown]
# What the table holds, and what the network says again wherever it runs:
#
# - `astronaut` and `camera`: a person each. `chelsea`: a cat 0.55. `coffee`: a cup 0.73 on a dining table 0.45;
# - `rocket`: nothing. COCO has no rocket, and nothing there looks enough like one of its 80 classes;
# - `coins`: 24 coins lie there, and 23 boxes are found. All are clocks, the surest with 0.91. COCO has no coin either,
#   but a clock is round and has marks on it.
#
# Two photos more come with Darknet, and the data folder may hold them. In `dog` the network sees a dog 0.66 *and* a
# cat 0.57, both round the same animal: non-max suppression goes class by class, and so it lets both stand. In `person`
# a white horse with its head in the grass is a sheep 0.77.
#
# That is not a fault of the numbers, and a higher threshold would not mend it: it is surer of the clock, 0.91, than of
# the cat. A detector answers one question only: which of *my* classes does this look like? What is not among its
# classes, it does not know that it does not know. If you have the network, look at each box:
# `explore.DetectionExplorer(real, pictures, photos)`.
#
# ## How fast?

# %%
one, sample = (real, pictures[2]) if real else (detector, images[0])
print(one)
timing = one.time(sample, repeats=10)
for part in ("fitting", "network", "boxes", "total"):
    print(f"{part:8} {1000 * getattr(timing, part):6.1f} ms")

# %% [markdown]
# On a quiet laptop YOLO-Fastest answers in some tens of milliseconds, without a GPU, and the detector of the scenes in
# a few. The first call takes longer, because Keras compiles the network; measure the second. YOLOv3 has 180 times the
# numbers of YOLO-Fastest, and you will notice.
#
# ## A second opinion
#
# How do you know that a reader of weights reads them *right*? Boxes that look right are not enough, as the four
# mistakes have shown. Ask another reader. OpenCV has one, written by other people in C++. If it is installed (`pip
# install "opencv-python-headless<5"`), compare every number that goes into the heads.

# %%
fitted, _ = one.fit([sample])
ours = one.forward(fitted)
with tempfile.TemporaryDirectory() as folder:
    pair = Path(folder, "copy.cfg"), Path(folder, "copy.weights")
    darknet.export(one, *pair)
    try:
        import cv2

        other = cv2.dnn.readNetFromDarknet(*map(str, pair))
        other.setInput(np.ascontiguousarray(fitted.transpose(0, 3, 1, 2)))
        theirs = other.forward([f"conv_{index}" for index in one.plan.outputs])
    except ImportError:
        theirs = None
print("OpenCV is not installed" if theirs is None else f"OpenCV {cv2.__version__} read the same files")

# %%
for number, values in enumerate(ours if theirs is not None else []):
    gap = np.abs(values - theirs[number].transpose(0, 2, 3, 1)).max() / np.abs(values).max()
    print(f"head {number}: {values.size:,} numbers, largest difference below 1 in 10,000: {bool(gap < 1e-4)}")

# %% [markdown]
# ## The way back
#
# The cell above used `darknet.export`, which writes both files. Read and written, a file must come back byte for byte;
# that is the cheapest strong test of a reader there is. And a model of your own, built in Keras, can go the same way:
# out of the course, into a format that Darknet, OpenCV and many small devices read.

# %% tags=["nbval-check-output"]
own = tiny_yolo.build()  # as you trained one in lesson 12; here with random weights
with tempfile.TemporaryDirectory() as folder:
    pair = Path(folder, "own.cfg"), Path(folder, "own.weights")
    darknet.export(darknet.load(cfg_file, weights_file), *pair)
    print("byte for byte:", pair[1].read_bytes() == data)
    darknet.export(own, *pair, anchors=tiny_yolo.ANCHORS)
    again = darknet.load(*pair).model
x = scene.image[None]
gap = np.abs(keras.ops.convert_to_numpy(again(x)) - keras.ops.convert_to_numpy(own(x))).max()
print("same answers, to 0.0001:", bool(gap < 1e-4))

# %% [markdown]
# From a terminal the same detectors draw boxes into your photos and write what they found as JSON: `cnnlab detect
# holiday.jpg --model yolo-fastest`. Or `--model some.cfg some.weights some.names`, for one that you found.

# %% [markdown]
# ## Summary
#
# - A `.cfg` is the network in plain text; a `.weights` is a header and float32 numbers, without names. Only both
#   together make sense, and they must agree to the last byte.
# - A convolution's numbers: bias, scale, mean, variance, kernel (out, in, height, width). Transpose, never reshape.
# - Swapped arrays, another ε, other colours: shapes fit, nothing is raised. Compare with another reader, number by
#   number.
# - Darknet pads both sides alike; Keras' `same` with stride 2 does not.
# - Letterbox: one scale, two bars. Undo: subtract the bar, divide by the scale.
# - A file from the internet may say anything. Check before you allocate.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **Darknet**: the program, written in C by Joseph Redmon, in which YOLO versions 1 to 3 were made.
# - **.cfg file**: plain text that lists a network's layers in order, each a section such as `[convolutional]` with its
#   options.
# - **.weights file**: a header, then all numbers of a network as float32 in the order of the `.cfg`, without names,
#   shapes or gaps.
# - **offset**: how many bytes of a file lie in front of something. The first byte has the offset 0.
# - **route**: a section of a `.cfg` file that computes nothing: it takes the output of an earlier layer, or puts the
#   channels of several behind one another.
# - **passthrough (reorg)**: cuts a map into blocks of 2 × 2 and makes four times the channels of them: half as high and
#   wide, and no number lost. So YOLOv2 joins a fine map to a coarse one.
# - **anchor mask**: the numbers, counted from 0, of those anchors in the common list that one head of YOLOv3 uses.
# - **stride of a head**: how many pixels of the input lie between one cell of its grid and the next.
# - **letterbox**: scaling a picture by one factor until it just fits the network's input, and filling the rest with
#   grey.
# - **COCO**: a public collection of everyday photos in which the objects of 80 classes are outlined, one by one. Many
#   detectors are trained and compared on it.
# - **round trip**: reading a file and writing it again. If the copy is equal byte for byte, reader and writer agree
#   about all of it.

# %% [markdown]
# **Further reading**
#
# - Joseph Redmon and Ali Farhadi, *YOLO9000: Better, Faster, Stronger*, 2016, and *YOLOv3: An Incremental
#   Improvement*, 2018: the networks whose `.cfg` you counted.
# - Tsung-Yi Lin and others, *Microsoft COCO: Common Objects in Context*, 2014: the 80 classes, and where photos come
#   from.
# - Darknet's own source, `src/parser.c`: `load_convolutional_weights` is the file format, and there is no other
#   document.
#
# **Where next.** Lesson 14 asks of two pictures whether they show the same person. Lesson 15 paints one photo in the
# manner of another, and lesson 16 gives every pixel a class and every picture a sentence. Or go straight to lesson 17:
# your own pictures, from a zip file to a saved model.

# %% [markdown] tags=["navigation"]
# [← 12 · YOLO from scratch](12_yolo_from_scratch.ipynb) ·
# [All lessons](index.ipynb) ·
# [14 · Is this the same person? →](14_face_verification.ipynb)

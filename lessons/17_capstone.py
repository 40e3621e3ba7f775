# %% [markdown]
# # 17 · Your own pictures
#
# <!-- navigation -->
# [← 16 · Beyond boxes: segmentation and captions](16_beyond_boxes.ipynb) ·
# [All lessons](index.ipynb)
#
# A friend sends you a zip of pictures and asks for a program that sorts them. What has to happen between the zip and an
# answer that you would stand by?
#
# **By the end you can**
#
# - open an archive from a stranger without harm, and account for every file in it;
# - split pictures so that the number you measure is about pictures the network has never met;
# - train by transfer and by augmentation, and say with an error bar whether it was worth it;
# - read a confusion matrix class by class, and choose when the network should keep silent;
# - save the network with its labels and a model card, load it again, and get the same answer.
#
# **Time:** about 60 minutes of reading and trying; the cells themselves run in about 40 seconds on a laptop. **You
# need:** lessons 05 and 08 to 10.

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
import zipfile
from pathlib import Path

import keras
import numpy as np

from cnnlab import augment, datasets, delivery, explore, plot, practice, training, transfer, upload
from cnnlab.checks import lesson17 as check

# %% tags=["parameters"]
PROFILE = "quick"  # "full" takes more pictures, where there are more, and trains for longer
SEED = 0
ARCHIVE = ""  # the path of a zip or a folder of your own, with one folder for each class
UPLOAD = False  # True asks you for a zip, in Colab and in Jupyter

# %% [markdown]
# ## What a zip is
#
# A zip is a list of *names*, each with some bytes. To unpack it means to write the bytes to the names. Who chooses the
# names? Whoever made the zip. Say you unpack into `pets/`. Then the name `cats/1.jpg` becomes `pets/cats/1.jpg`. And
# `../startup.py` becomes `pets/../startup.py`, which is `startup.py` *beside* your folder: a file that some program of
# yours may run tomorrow: **path traversal**.
#
# Here are six archives. One has a name that climbs out, one a name that begins at the root of the disk, and one holds a
# link to a file of yours. One unpacks 49 thousand bytes to 50 million, one is locked with a password, and one was cut
# short on its way.
#
# **Predict.** Which of the six would you refuse as a whole, and which would you unpack as far as it goes?

# %%
room = tempfile.TemporaryDirectory()  # goes when this notebook does
here = Path(room.name)
for trouble, archive in practice.harmful_zips(here).items():
    try:
        datasets.unpack(archive, here / "unpacked")
    except datasets.ArchiveError as error:
        print(f"{trouble}: {error}\n")

# %% [markdown]
# All six are refused, and nothing of them is written. Half an archive is the worst of all: a training set of the first
# 312 of 1,000 pictures looks like a training set. `unpack` fills a folder under another name, and renames it when the
# last byte is right. Before that, there is nothing.

# %% tags=["nbval-check-output"]
print("unpacked:", (here / "unpacked").exists())
print("left behind:", [path.name for path in here.iterdir() if path.suffix != ".zip"])

# %% [markdown]
# The fourth archive is a **bomb**. 50,000,000 bytes of zeros pack into 48,604: about 1,030 to 1. Photographs hardly
# pack at all, since a JPEG is packed already. Three limits stop bombs: on the size unpacked, on the number of files,
# and on that ratio. They are checked against what the archive *says* of itself, and once more while it is written,
# because it may lie.
#
# ### Exercise: a name that stays inside
#
# Write `stays_inside(name)`. It returns False for a name that could lead out of the folder it is unpacked to, and True
# for any other. Think of Windows, too. `check.stays_inside.hint()` gives a nudge, `check.stays_inside.hint(2)` a
# stronger one, and `check.stays_inside.solution()` an answer.


# %% tags=["exercise-stays_inside"]
def stays_inside(name):
    return ...  # True or False


# %% tags=["nbval-check-output"]
check.stays_inside(stays_inside)

# %% [markdown]
# ## What people really send
#
# Most archives mean no harm. They are only untidy: pictures from a phone, from a print shop, from the web, and what the
# operating system leaves lying about. The next archive has 37 files in three folders. 24 of them are plain pictures.
# Among the other 13 are a photo taken with the phone on its side, a picture for print in four inks (CMYK), an animation
# of two frames, a PNG called `.jpg`, a copy, half a JPEG, an empty file, and a web page that says 404.
#
# **Predict.** How many pictures will there be in the end, and how many classes?

# %% tags=["nbval-check-output"]
untidy = practice.untidy_zip(here / "shapes.zip")
found = datasets.image_folder(untidy, image_size=32, seed=SEED)
print(f"{len(found)} pictures, {len(found.skipped)} files left out, {len(found.notes)} changed to be read")
print("classes:", found.class_names, "without a picture:", found.empty_classes)

# %% [markdown]
# 24 + 4 = 28 pictures: the phone, the print, the animation and the wrong name could be read. 9 files could not, or were
# not meant to be, and none of them stopped the others. (37 = 28 + 9.) The report names each with its reason.

# %%
print(found.report())

# %% [markdown]
# Why was `wrong name.jpg` read? Because a name is only a name. Every format begins with bytes of its own, and those are
# what the reader goes by.

# %% tags=["nbval-check-output"]
with zipfile.ZipFile(untidy) as file:
    for name in ("disc/phone.jpg", "star/wrong name.jpg", "star/moving.gif", "star/page.png"):
        print(f"{name:20} begins with {file.read('shapes/' + name)[:3]}")

# %% [markdown]
# `\xff\xd8` is how a JPEG begins, `\x89PNG` a PNG, `GIF` a GIF. The last one is a web page, whatever it is called.
#
# The phone's picture needs a word more. A phone on its side stores the picture as the sensor saw it, with a note
# (EXIF): *turn me*. Programs that ignore the note train a network on cats that lie on their backs.
#
# ### Exercise: what is left
#
# A friend sends this archive:
#
# ```
# pets/cats/1.jpg            a cat
# pets/cats/2.jpg            another cat
# pets/cats/.DS_Store        written by a Mac
# pets/dogs/1.jpg            a dog
# pets/dogs/2.png            another dog; it is a JPEG, though
# pets/dogs/3.jpg            the same pixels as dogs/1.jpg
# pets/dogs/4.jpg            0 bytes
# pets/birds/                (nothing in it)
# pets/notes.txt             "taken on Tuesday"
# __MACOSX/pets/cats/._1.jpg written by a Mac
# ```
#
# How many pictures and how many classes can you use?

# %% tags=["exercise-usable"]
usable = ...  # (pictures, classes)

# %% tags=["nbval-check-output"]
check.usable(usable)

# %% [markdown]
# ## Your archive
#
# Put the path of a zip or a folder into `ARCHIVE` at the top, or set `UPLOAD` to True and choose a file: one folder for
# each class, with its pictures in it. (In Jupyter run the next cell, choose the file, wait until it is saved, and go
# on.) Without either, the lesson takes the cats and dogs of your data folder, or, where there are none, makes an
# archive of handwritten digits, 5 to 9.

# %%
button = upload.upload(here) if UPLOAD else "nothing to upload"
button

# %%
uploaded = button if isinstance(button, list) else getattr(button, "saved", [])
try:
    archive = Path(ARCHIVE) if ARCHIVE else uploaded[0] if uploaded else datasets.fetch("cats_and_dogs")
except datasets.DataError:
    archive = practice.digits_zip(here / "digits.zip", per_class=30, seed=SEED)
digits = archive.name == "digits.zip"
print("archive:", archive.name)

# %%
full = PROFILE == "full"
side = 28 if digits else 96
data = datasets.image_folder(
    archive, side, validation=0.5 if digits else 0.25, seed=SEED, max_images=3000 if full else 400
)
print(data.report())

# %% [markdown]
# Read the report before you go on. Is every class there? Is one much larger than the others? Was much left out?
#
# Then look at the pictures: it is the cheapest check there is.

# %%
classes = len(data.class_names)
rows = {
    name: np.concatenate([np.pad(p, ((1, 1), (1, 1), (0, 0))) for p in data.images[data.labels == c][:8]], axis=1)
    for c, name in enumerate(data.class_names[:20])
}
plot.images(
    rows,
    columns=1,
    width=7,
    row_height=1.2,
    alt=f"The first eight pictures of each class of {archive.name}: {', '.join(rows)}.",
)

# %% [markdown]
# ## A split you may believe
#
# You hold some pictures back to measure with: the **validation set**. Its number is worth something only if the network
# has never met those pictures. Two things spoil that, and both are common.
#
# **Copies.** Say you have 100 pictures, and 20 of them are copies of others. So 40 have a twin. You hold 20 back at
# random: about 8 of them have a twin, and for 6 or 7 of these 8 it lies in the training set. A third of what you
# measure with was learnt by heart. `image_folder` compares the pixels, keeps one of each, and says which.
#
# **Relatives.** Worse, because no comparison of pixels finds them. Ten pictures of one patient, ten frames of one
# video, ten photos of one dog: different pixels, and yet, for a network, nearly the same picture.
#
# Here is an example in the manner of a medical one. **The pictures are drawn by a program; nothing about them is
# real.** Cells under a microscope, in three classes: `clear`, with `grain`, with a `ring`. There are 8 patients for
# each class and 10 pictures for each patient.

# %%
smears = datasets.image_folder(practice.cells_zip(here / "cells.zip", seed=SEED), 32, validation=0.25, seed=SEED)
patients = np.array([file.split("/")[1].split("_")[0] for file in smears.files])
print(smears.files[0], "is of", patients[0])
strips = {
    name: np.concatenate(smears.images[smears.labels == c][[0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32]], axis=1)
    for c, name in enumerate(smears.class_names)
}
plot.images(
    strips, columns=1, width=8, row_height=1.1,
    alt="Drawn cells, three pictures each of four patients in three classes. Clear cells are plain discs, grain has "
    "six dark dots, ring one small ring. Each patient has a stain and a background colour of its own.",
)  # fmt: skip

# %% [markdown]
# Each patient has a colour of its own: the stain and the lamp of that day. The class is in the dots and the ring and in
# nothing else.
#
# We hold a quarter of the data back, in two ways. **By picture**: any 60 of the 240. **By patient**: all the pictures
# of 2 patients in each class, also 60. The same small network is trained on the rest each time.

# %%
number = np.array([int(patient[-2:]) for patient in patients])
by_picture = smears.splits == "validation"
by_patient = number % 4 == 0  # patients 4 and 8 of each class of eight
for way, held_out in (("by picture", by_picture), ("by patient", by_patient)):
    both = set(patients[held_out]) & set(patients[~held_out])
    print(f"{way}: {held_out.sum()} pictures held out, {len(both)} patients on both sides")

# %% [markdown]
# First ask a program that knows nothing but the training pictures. It answers with the class of the one that is most
# similar, pixel by pixel. That is memory and nothing else.
#
# **Predict.** Three classes: guessing is right in 0.33 of all cases. How often is memory right by picture, and how
# often by patient?


# %% tags=["nbval-check-output"]
def most_similar(images, held_out):
    """For each held-out picture, the row of the most similar one among the others."""
    flat, rows = images.reshape(len(images), -1).astype(float), np.flatnonzero(~held_out)
    return rows[[((flat[rows] - flat[row]) ** 2).sum(axis=1).argmin() for row in np.flatnonzero(held_out)]]


for way, held_out in (("by picture", by_picture), ("by patient", by_patient)):
    twins = most_similar(smears.images, held_out)
    right = (smears.labels[twins] == smears.labels[held_out]).mean()
    same = (patients[twins] == patients[held_out]).mean()
    print(f"{way}: memory is right in {right:.2f}; the most similar picture is of the same patient in {same:.2f}")

# %% [markdown]
# 0.87 and 0.43. By picture, the most similar picture is one of the *same patient* in 0.80 of all cases, and so has the
# right label. Memory has learnt which patient has what. With new patients that is of no use to anybody.
#
# A network is no better than that, if remembering is enough to do well in training.


# %%
def small_network():
    keras.utils.set_random_seed(SEED)
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters in (16, 32, 32):
        model.add(keras.layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(keras.layers.MaxPooling2D())
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(3, activation="softmax"))
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# %%
def ask(network, inputs):
    """What `predict` does, for few pictures: all of them in one batch."""
    return keras.ops.convert_to_numpy(network(inputs, training=False))


def accuracy(network, inputs, labels):
    return (ask(network, inputs).argmax(axis=1) == labels).mean()


# %% [markdown]
# **Predict.** The same network, as many pictures, 15 rounds each. Which accuracy by picture, and which by patient?

# %%
cells = (smears.images / 255).astype("float32")
for way, held_out in (("by picture", by_picture), ("by patient", by_patient)):
    model = small_network()
    model.fit(cells[~held_out], smears.labels[~held_out], epochs=15, batch_size=16, verbose=0)
    known, new = (accuracy(model, cells[rows], smears.labels[rows]) for rows in (~held_out, held_out))
    print(f"{way}: {known:.2f} on the pictures it was trained on, {new:.2f} on those held out")

# %% [markdown]
# With seed 0 we measured 0.77 by picture and 0.37 by patient. With the seeds 1, 2 and 3 it was 0.43 and 0.33, 0.80 and
# 0.60, 0.60 and 0.55; your machine may print other decimals. By picture came out ahead each time.
# With seed 0, by picture, you would have written a paper. By patient the network hardly does better than guessing,
# though it is right in about four of five of its training pictures: it went by the colours, since they were enough. No
# better network would have told you. Only the other split did.
#
# Whoever uses it will always come with new patients. So the question before any split is: *what will be new when this
# is used?* The patient, the camera, the season, the hospital. Hold out whole ones of these: a **group split**.
#
# ### Exercise: split by patient
#
# Write `split_by_patient(patients, count, rng)`. `patients` names the patient of each picture, and `rng` is a NumPy
# generator. Hold out all the pictures of `count` patients, drawn at random: return one True or False for each picture.


# %% tags=["exercise-split_by_patient"]
def split_by_patient(patients, count, rng):
    return ...  # one True or False a picture: True is held out


# %%
check.split_by_patient(split_by_patient)

# %% [markdown]
# ## Three models, one yardstick
#
# Back to your archive. Before any network: what does *no* network achieve? Always saying the commonest class is right
# as often as that class occurs. That is the **baseline**, the first number to beat.

# %%
train, validation = data.split("train"), data.split("validation")
x, x_val = ((part.images / 255).astype("float32") for part in (train, validation))
commonest = np.bincount(train.labels).argmax()
correct = {"always the same": validation.labels == commonest}  # for each picture, whether the answer is right
print(f"{len(train)} pictures to train on, {len(validation)} to validate on")
print(f"always {data.class_names[commonest]}: {correct['always the same'].mean():.2f}")

# %% [markdown]
# The second model is the cheap kind of transfer from lesson 10: run every picture through a pretrained backbone once,
# keep what it says, and train a head on that. For photographs the backbone is SqueezeNet, trained on ImageNet. For
# digits, or where its weights cannot be had, it is the small network that learned the digits 0 to 4 and has never seen
# yours.

# %%
try:
    backbone = None if digits else transfer.backbone("squeezenet", (side, side, 3))
except datasets.DataError as error:
    print(error)
    backbone = None
backbone = backbone or transfer.digits_backbone((side, side, 3), seed=SEED)
small = backbone.name == "digits_backbone"
print(f"{backbone.name}: {backbone.count_params():,} parameters")

# %%
features, features_val = np.split(transfer.features(backbone, np.concatenate([x, x_val])), [len(x)])


def trained_head(seed):
    keras.utils.set_random_seed(seed)
    head = transfer.head(features.shape[1], classes, learning_rate=1e-2 if small else 3e-3)
    head.fit(features, train.labels, epochs=40 if small else 20, batch_size=16 if small else 32, verbose=0)
    return head


head = trained_head(SEED)
correct["frozen backbone"] = ask(head, features_val).argmax(axis=1) == validation.labels
print(f"features {features.shape}, frozen backbone: {correct['frozen backbone'].mean():.2f}")

# %% [markdown]
# The third model goes on from there: backbone and head as one model, and every picture moved a little each time it is
# shown (lesson 09). Of SqueezeNet only the top trains along, at a small rate. The digits' backbone is so small that all
# three of its convolutions train, at 0.001: more than lesson 10 advised, so measure it. Digits may be turned a little
# and never mirrored; photographs may be mirrored.

# %%
model = transfer.classifier(backbone, classes)
model.get_layer("head_classes").set_weights(head.get_layer("head_classes").get_weights())
transfer.unfreeze_top(model, 3 if small else "fire9", learning_rate=1e-3 if small else 3e-4)

# %%
moved = augment.pipeline("digits" if digits else "photos", value_range=(0, 1), seed=SEED)
batches = augment.Batches(x, train.labels, moved, batch_size=16, seed=SEED)
model.fit(batches, epochs=(40 if small else 5) * (3 if full else 1), verbose=0)
correct["fine-tuned, augmented"] = ask(model, x_val).argmax(axis=1) == validation.labels
for name, right in correct.items():
    print(f"{name}: {right.mean():.2f}")

# %% [markdown]
# ### How far can you trust two digits?
#
# You measured on a few pictures. Other pictures would have given another number. If the true accuracy is $p$ and you
# ask $n$ pictures, the number you get spreads around $p$ with a **standard error** of
#
# $$\sqrt{\frac{p (1 - p)}{n}}$$
#
# By hand: 80 right of 100 is $p = 0.8$, and $\sqrt{0.8 \cdot 0.2 / 100} = \sqrt{0.0016} = 0.04$. So 0.80 ± 0.04, and in
# about one case of twenty it is off by more than twice that. To halve the error you need four times the pictures. (In
# lessons 09 and 10 the ± was the spread over a few runs with other seeds. Here it is the standard error of one run.)

# %% tags=["nbval-check-output"]
for right, n in ((80, 100), (83, 100), (320, 400), (8000, 10_000)):
    p = right / n
    print(f"{right} of {n}: {p:.2f} ± {(p * (1 - p) / n) ** 0.5:.3f}")

# %% [markdown]
# ### Exercise: an error bar
#
# A network gets 45 of 50 pictures right. What is the standard error of its accuracy?

# %% tags=["exercise-error_bar"]
error_bar = ...

# %% tags=["nbval-check-output"]
check.error_bar(error_bar)

# %% [markdown]
# ### Which of two is better?
#
# **Predict.** Two networks on the same 100 pictures: one has 80 right, the other 83. Is the second better?
#
# Their bars, ± 0.04 each, overlap, and yet that settles nothing: both were asked the *same* pictures. Where both are
# right, or both wrong, a picture says nothing about which is better. So make a **paired comparison**: count only those
# where they **disagree**. If the second is right in $c$ of them and the first in $b$, then it is ahead by $c - b$
# pictures, and luck alone would move that by about $\sqrt{b + c}$.
#
# | they disagree in | first right | second right | ahead by | luck | |
# |---|---|---|---|---|---|
# | 23 pictures | 10 | 13 | 3 | √23 = 4.8 | luck alone does this |
# | 3 pictures | 0 | 3 | 3 | √3 = 1.7 | perhaps; three pictures are few |
# | 83 of 1,000, with 10 times the pictures | 26 | 57 | 31 | √83 = 9.1 | better |

# %%
n = len(validation)
for name, right in correct.items():
    p = right.mean()
    low, high = delivery.accuracy_interval(int(right.sum()), n)
    print(f"{name}: {p:.2f} ± {(p * (1 - p) / n) ** 0.5:.2f}, 95 %: {low:.2f} to {high:.2f}")
first, second = correct["frozen backbone"], correct["fine-tuned, augmented"]
b, c = (first & ~second).sum(), (~first & second).sum()
print(f"they disagree in {b + c} of {n}: fine-tuned ahead by {c - b}, luck alone moves that by {(b + c) ** 0.5:.1f}")

# %% [markdown]
# Each line ends with an interval: in about 95 of 100 such cases the true accuracy lies within it. It is **Wilson's**.
# The ± fails at the ends: one picture, answered rightly, would be "1.00 ± 0.00". Wilson says 0.21 to 1.00, which is all
# that one picture can tell.
#
# Both networks are far above no network: that is certain. And between the two? On the digits we measured 0.89 and 0.93.
# They disagreed in 5 of 75 pictures, fine-tuned ahead by 3, and luck alone moves that by 2.2. With 400 of the cats and
# dogs it was 0.75 and 0.72: 10 disagreements of 114, fine-tuned behind by 4, luck 3.2. Read your last line: is the lead
# more than twice what luck does? In both of ours it was not, so these pictures cannot tell.
#
# If the simple one is as good as you can measure, it is the better one to hand over: it trains in seconds and has less
# to go wrong. Or ask more pictures. (We go on with the fine-tuned one, to have some mistakes to look at.)
#
# ## Reading the answers
#
# One number hides where it goes wrong. The confusion matrix shows it: a row for each true class, a column for each
# answer. Two questions can be asked of it, and they are not the same question:
#
# - **Recall**: of all rings there are, how many were found? The diagonal over the *row's* sum.
# - **Precision**: when it says ring, how often is it one? The diagonal over the *column's* sum.
#
# By hand: of 10 cats 8 are found, recall 0.8. It said cat 8 + 1 = 9 times, so its precision is
# 8 / 9 = 0.89.
#
# | | said cat | said dog |
# |---|---|---|
# | **is a cat** | 8 | 2 |
# | **is a dog** | 1 | 9 |
#
# **Predict.** Recall and precision of dog?

# %% tags=["nbval-check-output"]
print(delivery.class_scores([[8, 2], [1, 9]]).table(["cat", "dog"]))

# %% [markdown]
# F1 is the harmonic mean of the two: high only if both are.
#
# ### Exercise: precision and recall
#
# Write `precision_recall(matrix)`. It returns two arrays with one number for each class.


# %% tags=["exercise-precision_recall"]
def precision_recall(matrix):
    return ...  # two arrays, one number a class


# %%
check.precision_recall(precision_recall)

# %% [markdown]
# And your model?

# %%
probabilities = ask(model, x_val)
matrix = training.confusion_matrix(validation.labels, probabilities.argmax(axis=1), classes)
print(delivery.class_scores(matrix).table(data.class_names, most=20))

# %% [markdown]
# The explorer below has the pictures behind every number. First its own example: scikit-learn's digits, 898 of them,
# answered by the nearest class mean.
#
# A network always answers, even to a picture of a teapot. You can tell it not to: **answer only from a certain
# probability on**, and leave the rest to a human.
#
# **Predict.** Without a threshold it gets 91 of 898 wrong. How many when it answers only from 0.90 on? Set the
# threshold, then type your guess.

# %%
quiz = explore.AnswerExplorer(predict=True)
quiz

# %% [markdown]
# Now your own. Of more than 20 classes it shows the 19 with the most mistakes, and the others as one.

# %%
truth, likely, names = delivery.commonest_mistakes(validation.labels, probabilities, data.class_names, most=20)
answers = explore.AnswerExplorer(x_val, truth, likely, class_names=names)
answers

# %% [markdown]
# Three things to try:
#
# 1. It opens on the commonest mistake. Look at the pictures: would you have known? Is the *label* right?
# 2. Raise the threshold to 0.95. How many are still answered, and how many of those are wrong? A network can be sure
#    and wrong: a threshold makes mistakes rarer, it does not end them.
# 3. Choose a class as truth and `no answer`. What do the pictures have in common?
#
# ### Exercise: a threshold with a purpose
#
# Back to medicine. Whoever is missed goes home ill; whoever is alarmed for nothing has a second test. So the wish is
# put like this: *find at least 80 % of the ill, and alarm as few others as you can.*
#
# Write `threshold_for(score, ill, recall)`. `score` holds a probability for each person, and `ill` is True for those
# who are. Return the highest threshold at which at least that share of the ill has a score at or above it.


# %% tags=["exercise-threshold_for"]
def threshold_for(score, ill, recall):
    return ...  # the highest threshold that finds enough of the ill


# %%
check.threshold_for(threshold_for)

# %% [markdown]
# ## Reasons
#
# Lesson 08 taught you to ask where an answer comes from. Do it for those that are wrong, and for some that are right: a
# network may be right for a wrong reason, and then it will be wrong tomorrow.

# %%
wrong = training.worst_mistakes(validation.labels, probabilities, count=4)
right = np.flatnonzero(probabilities.argmax(axis=1) == validation.labels)[:4]
asked = np.concatenate([wrong, right])
titles = [f"{i}: is {data.class_names[validation.labels[r]]}" for i, r in enumerate(asked, start=1)]
reasons = explore.GradCamExplorer(
    model, x_val[asked], class_names=data.class_names, titles=titles, shown=validation.images[asked]
)
reasons

# %% [markdown]
# For each wrong one compare the heat for the answer with that for the truth. Does the orange lie on the thing, or on
# what is around it?
#
# ## Handing it over
#
# A file of weights is not yet something that others can use. They need to know which output is which class, how large
# the pictures must be, and in what range: forget one of these and the model answers nonsense without any error. And
# they need to know what it was made from and what it cannot do. That page is called a **model card** (Margaret Mitchell
# and others, 2019).
#
# **Predict.** Which line of the card would you be least willing to leave out?

# %%
card = delivery.model_card(
    f"Classifier of {archive.stem}",
    purpose="An exercise of the course. Not for decisions about anybody.",
    data=f"```\n{data.report()}\n```",
    training=f"{backbone.name}, {'all convolutions' if small else 'top'} fine-tuned with augmentation, seed {SEED}.",
    class_names=data.class_names,
    matrix=matrix,
    limits=[
        f"It answers one of {classes} classes, whatever it is shown.",
        "Measured on pictures from the same source as those it was trained on, and on no others.",
    ],
)
print(card)

# %%
bundle = delivery.save(here / "classifier", model, data.class_names, card)
for path in sorted(bundle.iterdir()):
    print(f"{path.name}: {path.stat().st_size / 1000:,.1f} kB")

# %% [markdown]
# Now be somebody else: another day, another notebook, and only that folder. Load it, and ask about a picture *file* of
# the archive, of whatever size it is. `predict` cuts and scales it as the training pictures were, so it gets the answer
# that the array had.

# %%
back = delivery.load(bundle)
print(back)
print("the same probabilities as before:", np.allclose(ask(back.model, x_val), probabilities, atol=1e-5))

# %%
if not archive.is_dir():
    datasets.unpack(archive, here / "their files")
files = (archive if archive.is_dir() else here / "their files").rglob("*")
name = data.files[np.flatnonzero(data.splits == "validation")[0]]
file = next(path for path in files if path.as_posix().endswith(f"/{name}"))
for name, probability in back.predict(file).items():
    print(f"{name}: {probability:.3f}")
print(f"{file.name} is of {data.class_names[validation.labels[0]]}; the array had {probabilities[0].max():.3f}")

# %% [markdown]
# ### Exercise: find what goes wrong
#
# A colleague did without the bundle and wrote this. It runs, it returns a name and a number, and it is wrong in two
# places:
#
# ```python
# def answer(model, picture, class_names):  # picture: (H, W, 3) bytes; class_names: in the order of training
#     probabilities = np.asarray(model.predict(picture[None], verbose=0))[0]
#     best = int(probabilities.argmax())
#     return sorted(class_names)[best], float(probabilities[best])
# ```
#
# Write it as it should be.


# %% tags=["exercise-answer"]
def answer(model, picture, class_names):
    return ...  # (name, probability)


# %%
check.answer(answer)

# %% [markdown]
# ## The state of the field
#
# **How much data, how much handwork.** What a program knows comes from two sources: from examples, and from what people
# built into it. With few examples the second must be large. Rules of thumb, no more:
#
# | pictures with labels | what works | lesson |
# |---|---|---|
# | some 10 a class | a frozen backbone and a head; look at every mistake yourself | 10 |
# | some 100 | the same, and the top fine-tuned, with augmentation | 09, 10 |
# | some 1,000 | fine-tune everything, slowly | 10 |
# | some 100,000 | from scratch becomes possible; architecture begins to matter | 06, 07 |
#
# Object detection has long had fewer labels than classification, since a box costs more than a word. That is why so
# much is built by hand into detectors: anchors, grids, suppression (lessons 11 and 12).
#
# **What wins contests, and what runs in products.** Two tricks often win a point or two, and cost many times the
# computation:
#
# - **Ensembles**: train several networks, and average their *probabilities* (never their weights).
# - **Multi-crop**: ask one network about several views of the same picture, and average. AlexNet took ten.
#
# Here are both on your pictures: five heads with five seeds, and eight moved views of each picture.

# %%
each = [ask(trained_head(seed), features_val) for seed in range(5)]
alone = [(p.argmax(axis=1) == validation.labels).mean() for p in each]
together = (np.mean(each, axis=0).argmax(axis=1) == validation.labels).mean()
print(f"five heads: {min(alone):.2f} to {max(alone):.2f} alone, {together:.2f} together")

# %%
views = augment.views(x_val, moved, count=8)
eight = augment.average_predictions(model, views).argmax(axis=1)
one, more = correct["fine-tuned, augmented"].mean(), (eight == validation.labels).mean()
print(f"one view: {one:.2f}, eight views: {more:.2f}")

# %% [markdown]
# On the digits we measured 0.89 to 0.92 for one head, 0.92 for five together, and by eight views 0.96 instead of 0.93.
# On 400 cats and dogs one head had 0.73 to 0.75, five together 0.75, and eight views left 0.72 where it was. No gain
# that so few pictures could show. Five heads on the same features make much the same mistakes, and an average of equal
# mistakes is that mistake: an ensemble pays when its members err differently.
#
# **Open weights.** Somebody else's weights, somebody else's code, a few hundred pictures of your own: that is a
# capstone, and most of today's practice. Read the licence of the weights as you read that of the code. And a model file
# from a stranger is like a zip from a stranger: it describes a program. Keras' `safe_mode` refuses to run code hidden
# in a `.keras`, and `delivery.load` relies on it.

# %% [markdown]
# ## Summary
#
# - A zip is names chosen by somebody else. Check all of it first, write it whole or not at all, and account for every
#   file.
# - Split so that nothing related is on both sides: no copies, no patient, no video. By picture, a program that
#   remembers colours looks like one that understands.
# - Compare with no network at all, put an error bar, √(p(1 − p)/n), on every accuracy, and compare two networks on the
#   same pictures by counting where they disagree.
# - Recall divides by the row, precision by the column. A threshold turns wrong answers into no answers.
# - Save the labels, the size, the range and the limits along with the weights, and test what you saved.
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **path traversal**: a file name in an archive that leads out of the folder it is unpacked to, for example by a part
#   that is `..`.
# - **zip bomb**: an archive of few bytes that unpacks to very many.
# - **EXIF orientation**: a note in a photo's file that says how to turn the stored picture so that it stands upright.
# - **group split**: a split that keeps related pictures together: all of one patient, video or animal go to the same
#   side.
# - **baseline**: what is reached without any network, such as always saying the commonest class. It is the first number
#   to beat.
# - **standard error (of an accuracy)**: how far the measured accuracy typically lies from the true one, because only n
#   pictures were asked: √(p(1 − p)/n).
# - **Wilson interval**: a range for the true accuracy that makes sense for few pictures and near 0 and 1 too. A 95 %
#   interval holds the true value in about 95 of 100 cases.
# - **paired comparison**: comparing two networks on the same pictures by those alone in which exactly one of them is
#   right.
# - **precision (of a class)**: of all pictures that were given this class as answer, the share that belongs to it: the
#   diagonal over the column's sum.
# - **recall at a threshold**: the share of the positives, such as the ill, whose score is at or above the threshold. A
#   lower threshold cannot lower it.
# - **model card**: a page that goes with a model: what it is for, what it was trained on, how it was measured, and what
#   it cannot do.
# - **ensemble**: several networks for one task whose probabilities are averaged. It helps as far as they make different
#   mistakes.

# %% [markdown]
# **Further reading**
#
# - Margaret Mitchell and others, *Model Cards for Model Reporting*, FAT* 2019 (arXiv:1810.03993).
# - Shachar Kaufman, Saharon Rosset and Claudia Perlich, *Leakage in Data Mining: Formulation, Detection, and
#   Avoidance*, KDD 2011.
# - Edwin Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, 1927: an interval that does
#   not fail at 0 and 1. Quinn McNemar, *Note on the Sampling Error of the Difference Between Correlated Proportions or
#   Percentages*, 1947: counting the disagreements.
# - Chuan Guo and others, *On Calibration of Modern Neural Networks*, ICML 2017 (arXiv:1706.04599): what a probability
#   of 0.9 is worth.
# - Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton, *ImageNet Classification with Deep Convolutional Neural
#   Networks*, NeurIPS 2012: ten crops and averaged networks, in sections 4 and 6.
# - Andrew Ng, *Machine Learning Yearning*, 2018: what to look at when a model is not good enough.
#
# **Where next.** Your own pictures. You have everything you need.

# %% [markdown] tags=["navigation"]
# [← 16 · Beyond boxes: segmentation and captions](16_beyond_boxes.ipynb) ·
# [All lessons](index.ipynb)

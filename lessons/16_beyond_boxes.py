# %% [markdown]
# # 16 · Beyond boxes: segmentation and captions
#
# <!-- navigation -->
#
# What else can a network say about a picture? Two answers stand at the ends of a scale. **Segmentation** says
# something about every single pixel; a **caption** says something about the picture as a whole, in a sentence. You
# build both here, and the second is built on the first: the network that learned pixels lends its eyes to the one that
# writes.
#
# **By the end you can**
#
# - say why pixel accuracy lies, and work out IoU, mean IoU and Dice by hand;
# - build an encoder–decoder with skips, say what each part is for, and make it fit any picture size;
# - predict the checkerboard of a transposed convolution without running it;
# - turn the pixels of a class into single things, with and without a detector;
# - train a captioner by teacher forcing, read its sentences greedily and by beam search, and say whether it looks.
#
# **Time:** about 90 minutes of reading and trying; the cells themselves run in about two minutes on a laptop. **You
# need:** lessons 05, 10 and 12; lesson 09 helps.

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

from cnnlab import explore, plot, scenes, segmentation
from cnnlab.checks import lesson16 as check
from cnnlab.tasks import mask_plot, segmentation_training

# %% tags=["parameters"]
PROFILE = "quick"  # "full" learns from more scenes, and more often
SEED = 0

# %% [markdown]
# # Part one: a label for every pixel

# %%
WORLD = segmentation.WORLD
COUNT, EPOCHS = (2_500, 3) if PROFILE == "quick" else (20_000, 20)
learn = scenes.scenes(COUNT, seed=1_000 + SEED, **WORLD)
unseen = scenes.scenes(200, seed=7, **WORLD)
images, targets = segmentation_training.stack(learn)
x_unseen, truth = segmentation_training.stack(unseen)

# %%
keras.utils.set_random_seed(SEED)
model = segmentation_training.unet()
history = segmentation_training.train(model, images, targets, epochs=EPOCHS)
said = segmentation_training.predict(model, x_unseen)

# %% [markdown]
# # Part two: a sentence for the whole picture
#
# (16C writes from here …)

# %% [markdown]
# (… to here.)
#
# ## Summary
#
# The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used.

# %%
check.summary()

# %% [markdown]
# ## Glossary
#
# - **label map**: one class number for every pixel of a picture: the label and the answer of semantic segmentation.

# %% [markdown]
# **Further reading**
#
# - Olaf Ronneberger, Philipp Fischer and Thomas Brox, *U-Net: Convolutional Networks for Biomedical Image
#   Segmentation*, MICCAI 2015 (arXiv:1505.04597).
#
# **Where next.** Lesson 17: everything together, on pictures of your own.

# %% [markdown] tags=["navigation"]

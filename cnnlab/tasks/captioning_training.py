"""Training a network that says what it sees: features with their places, a GRU with attention, and its captions.

Every step knows the words so far and looks at the feature map once more. Everything goes through ``model.fit``:

>>> features = with_coordinates(np.random.default_rng(0).random((2, 3, 3, 4), np.float32))
>>> features.shape
(2, 9, 6)
>>> words = captioning.vocabulary(["a red circle above a red square"])
>>> tokens = captioning.encode(["a red circle above a red square"] * 2, words, length=9)
>>> model = decoder(features.shape[1:], len(words), units=8)
>>> history = train(model, features, tokens, epochs=1)
>>> len(captions(model, features, words, length=8))
2
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import layers

from cnnlab.common.validate import check_int, check_number, check_rank
from cnnlab.tasks import captioning
from cnnlab.tasks.search import NextWords

_ATTENTIONS = ("attention1", "attention2")
_READ = 10  # words are read in multiples of so many: every other length would be compiled anew


def with_coordinates(features: np.ndarray) -> np.ndarray:
    """Feature maps as lists of places, each with its x and y from −1 to 1 as two more channels.

    Attention forgets where a value stood; whoever is to say "left of" must be told.

    Parameters
    ----------
    features : shape (N, H, W, C)

    Returns
    -------
    ndarray
        Shape (N, H·W, C + 2), float32: row after row, x before y at the end.

    Examples
    --------
    >>> with_coordinates(np.zeros((1, 2, 2, 0)))[0].tolist()
    [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]
    """
    features = check_rank(features, "features", {4: "(N, H, W, C)"})
    count, height, width, _ = features.shape
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    places = np.broadcast_to(np.stack([x, y], axis=-1), (count, height, width, 2))
    return np.concatenate([features, places], axis=-1, dtype=np.float32).reshape(count, height * width, -1)


def decoder(shape: Sequence[int], words: int, *, units: int = 64) -> keras.Model:
    """A network that reads the words so far, looks at the picture, and says how probable each next word is.

    Two GRUs with attention between them. The first reads what was said, and from it come two questions: "left of" needs
    two places at once. The second hears the answers, each the mean of the picture's features, weighted by an attention.

    Parameters
    ----------
    shape : (P, C) of the features of one picture, as from `with_coordinates`
    words : V, the size of the vocabulary
    units : of both GRUs, and of the attention

    Returns
    -------
    keras.Model
        From [features (N, P, C), tokens (N, T)] to probabilities (N, T, V): place t holds those of the word after the
        first t + 1 tokens.
    """
    features = keras.Input(shape, name="features")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    said = layers.Embedding(check_int(words, "words", 3), units, name="embedding")(tokens)
    read = layers.GRU(units, return_sequences=True, name="reader")(said)
    seen = layers.Dense(units, activation="relu", name="seen")(features)
    heard = [read]
    for name in _ATTENTIONS:
        query, keys = layers.Dense(units, name=f"{name}_query")(read), layers.Dense(units, name=f"{name}_keys")(seen)
        answer, _ = layers.Attention(name=name)([query, features, keys], return_attention_scores=True)
        heard.append(answer)
    spoken = layers.GRU(units, return_sequences=True, name="speaker")(layers.Concatenate(name="heard")(heard))
    outputs = layers.Dense(words, activation="softmax", name="word")(spoken)
    return keras.Model([features, tokens], outputs, name="decoder")


def train(
    model: keras.Model,
    features: np.ndarray,
    tokens: np.ndarray,
    *,
    epochs: int,
    batch_size: int = 64,
    rate: float = 4e-3,
) -> dict[str, list[float]]:
    """Teach the decoder by teacher forcing: at every place it reads the *right* words so far and says the next.

    What it reads is the caption without its last number, what it is to say the caption without its first. Only places
    whose target is no padding count in the loss.

    Parameters
    ----------
    model : from `decoder`
    features : shape (N, P, C)
    tokens : shape (N, T + 1), from `captioning.encode`
    epochs, batch_size : >= 1
    rate : the highest learning rate; it rises over the first twentieth of the steps and falls along a cosine

    Returns
    -------
    dict
        ``"loss"``, a number for each epoch: the sum over the words of a caption, divided by T, as Keras counts it.
    """
    epochs, batch_size = check_int(epochs, "epochs", 1), check_int(batch_size, "batch_size", 1)
    steps = epochs * -(-len(features) // batch_size)
    rate = check_number(rate, "rate", above=0)
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 10, steps, alpha=0.2, warmup_target=rate, warmup_steps=max(steps // 20, 1)
    )
    model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0), "sparse_categorical_crossentropy")
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    weights = captioning.padding_mask(targets)
    fit = model.fit([features, inputs], targets, batch_size, epochs, verbose=0, sample_weight=weights)
    return fit.history


def captions(model: keras.Model, features: np.ndarray, words: Sequence[str], length: int) -> list[str]:
    """What the decoder says about each picture, the most probable word at every step; all pictures at once.

    Parameters
    ----------
    model : from `decoder`
    features : shape (N, P, C)
    words : the vocabulary
    length : the most words, `captioning.END` counted, >= 1
    """
    length = check_int(length, "length", 1)
    tokens = np.full((len(features), length + 1), captioning.PAD)
    tokens[:, 0] = captioning.START
    for place in range(length):  # words after the place are not read yet: a GRU knows only what came before
        probabilities = model.predict([features, tokens[:, :-1]], batch_size=256, verbose=0)
        tokens[:, place + 1] = probabilities[:, place].argmax(axis=-1)
    return captioning.decode(tokens, words)


def looking(model: keras.Model) -> keras.Model:
    """The same decoder with two outputs: probabilities (N, T, V), and attention (N, T, P), which sums to 1 over P.

    Of the two attentions it is the mean.
    """
    shares = [model.get_layer(name).output[1] for name in _ATTENTIONS]
    return keras.Model(model.input, [model.output, layers.Average(name="looks")(shares)])


def next_words(model: keras.Model, features: np.ndarray) -> NextWords:
    """What `search.greedy` and `search.beam` ask, for one picture.

    Parameters
    ----------
    model : from `decoder`
    features : shape (P, C)
    """

    return lambda prefixes: _ask(model, features, prefixes)[:, prefixes.shape[1] - 1]


def stepper(
    model: keras.Model, features: np.ndarray, words: Sequence[str], grid: tuple[int, int]
) -> Callable[[int, Sequence[str]], tuple[dict[str, float], np.ndarray]]:
    """A function that makes one step of the decoder: what `explore.CaptionStepper` asks.

    Parameters
    ----------
    model : from `decoder`
    features : shape (N, P, C)
    words : the vocabulary
    grid : rows and columns of the P places

    Returns
    -------
    callable
        From the number of a picture and the words so far, without ``<start>``, to the probability of each word of the
        vocabulary and the attention, shape `grid`, while it is said.
    """
    both = looking(model)

    def step(picture: int, said: Sequence[str]) -> tuple[dict[str, float], np.ndarray]:
        prefix = captioning.encode([" ".join(said)], words, len(said) + 2)[:, :-1]
        probabilities, attention = (rows[0, len(said)] for rows in _ask(both, features[picture], prefix))
        return dict(zip(words, probabilities.tolist(), strict=True)), attention.reshape(grid)

    return step


def _ask(model: keras.Model, features: np.ndarray, prefixes: np.ndarray):
    """The model's outputs, when it reads each of the prefixes (K, t) beside the features (P, C) of one picture."""
    count, said = prefixes.shape
    tokens = np.pad(prefixes, [(0, 0), (0, -said % _READ)], constant_values=captioning.PAD)
    return model.predict_on_batch([np.repeat(features[None], count, axis=0), tokens])

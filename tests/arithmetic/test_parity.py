"""Random configurations against Keras (TensorFlow backend) and SciPy: over 2,000, seeded, agreement to 1e-5.

Where TensorFlow's CPU kernels or Keras refuse a combination, the oracle takes the long way round in Keras' own
operations: groups are split and concatenated, a dilated kernel is written out with zeros, padding in pixels is added
first.
"""

import itertools

import numpy as np
import pytest
from scipy import signal

from cnnlab import conv, pooling, shapes

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
if keras.backend.backend() != "tensorflow":
    pytest.skip("the oracle is Keras on TensorFlow", allow_module_level=True)

from keras import ops  # noqa: E402

SEEDS = range(10)
EACH = 40  # configurations a seed; the number of a failing one is in the message


def close(mine, theirs, config):
    """Equal to 1e-5 of the largest value (at least 1), and of the same shape and dtype."""
    theirs = np.asarray(theirs)
    assert mine.shape == theirs.shape, config
    assert mine.dtype == theirs.dtype, config
    scale = max(1.0, np.abs(theirs).max(initial=0))
    np.testing.assert_allclose(mine / scale, theirs / scale, rtol=0, atol=1e-5, err_msg=str(config))


def draw_padding(random, sizes):
    kind = random.integers(4)
    if kind < 2:
        return ("valid", "same")[kind]
    if kind == 2:
        return int(random.integers(0, 3))
    return tuple(tuple(random.integers(0, 4, 2).tolist()) for _ in sizes)


def draw(random, axes=2):
    """A configuration whose kernel fits: (input size, kernel size, arguments of the convolution)."""
    while True:
        size = tuple(random.integers(1, 13, axes).tolist())
        kernel = tuple(random.integers(1, 6, axes).tolist())
        strides = tuple(random.integers(1, 4, axes).tolist())
        dilation = tuple(random.integers(1, 4, axes).tolist()) if random.random() < 0.4 else (1,) * axes
        padding = draw_padding(random, size)
        pads = shapes.resolve_padding(padding, size, kernel, strides, dilation)
        reach = map(shapes.dilated_size, kernel, dilation)
        if all(n + sum(p) >= f for n, p, f in zip(size, pads, reach, strict=True)):
            return size, kernel, {"strides": strides, "padding": padding, "dilation_rate": dilation}


def arrays(random, *sizes):
    """Normal arrays of these shapes, all of one dtype."""
    dtype = random.choice(["float32", "float64"])
    return [random.normal(size=s).astype(dtype) for s in sizes]


# ── the oracle ──


def pad(x, pads, value=0.0):
    return ops.pad(x, [(0, 0), *pads, (0, 0)], constant_values=value) if np.any(pads) else x


def dilate(kernel, rates):
    """Write `dilation_rate` out: d - 1 zeros between neighbouring taps, differentiably."""
    for axis, d in enumerate(rates):
        kernel = ops.expand_dims(kernel, axis + 1)
        kernel = ops.pad(kernel, [(0, d - 1) if i == axis + 1 else (0, 0) for i in range(len(kernel.shape))])
        n = kernel.shape[axis]
        kernel = ops.reshape(kernel, (*kernel.shape[:axis], n * d, *kernel.shape[axis + 2 :]))
        kernel = ops.take(kernel, np.arange(d * (n - 1) + 1), axis=axis)
    return kernel


def keras_conv(x, kernel, strides, padding, dilation_rate, groups=1, write_out=False):
    if not isinstance(padding, str):
        x, padding = pad(x, shapes.explicit_padding(padding, len(strides))), "valid"
    if write_out or (max(strides) > 1 and max(dilation_rate) > 1):
        kernel, dilation_rate = dilate(kernel, dilation_rate), 1
    parts = zip(ops.split(x, groups, axis=-1), ops.split(kernel, groups, axis=-1), strict=True)
    out = [ops.conv(a, k, strides=strides, padding=padding, dilation_rate=dilation_rate) for a, k in parts]
    return ops.concatenate(out, axis=-1)


def keras_pool(x, pool_size, strides, padding, op):
    x = ops.convert_to_tensor(x)  # keeps float64, which the pooling operations alone would not
    if op == "min":
        return -keras_pool(-x, pool_size, strides, padding, "max")
    if op == "max":
        if not isinstance(padding, str):
            x, padding = pad(x, shapes.explicit_padding(padding, 2), -np.inf), "valid"
        return ops.max_pool(x, pool_size, strides, padding)
    if isinstance(padding, str):
        return ops.average_pool(x, pool_size, strides, padding)
    pads = shapes.explicit_padding(padding, 2)
    total = ops.average_pool(pad(x, pads), pool_size, strides, "valid")
    return total / ops.average_pool(pad(ops.ones_like(x), pads), pool_size, strides, "valid")


def slopes(function, *inputs, grad_output):
    """Gradients of sum(function(*inputs) * grad_output) by each input."""
    variables = [tf.Variable(a) for a in inputs]
    with tf.GradientTape() as tape:
        loss = ops.sum(function(*variables) * grad_output)
    return tape.gradient(loss, variables)


# ── forward ──


@pytest.mark.parametrize("seed", SEEDS)
def test_conv2d_is_keras_conv(seed):
    random = np.random.default_rng(seed)
    for number in range(EACH):
        size, kernel_size, how = draw(random)
        groups = int(random.choice([1, 1, 2, 3]))
        depth, filters = random.integers(1, 4, 2)
        x, kernel, bias = arrays(
            random,
            (random.integers(0, 4), *size, depth * groups),
            (*kernel_size, depth, filters * groups),
            (filters * groups,),
        )
        config = (number, x.shape, kernel.shape, how, groups)
        mine = conv.conv2d(x, kernel, bias, groups=groups, **how)
        if len(x) == 0:  # TensorFlow has nothing to say
            assert mine.shape[0] == 0, config
            assert mine.shape[1:] == conv.conv2d(np.ones((1, *x.shape[1:])), kernel, groups=groups, **how).shape[1:]
            continue
        close(mine, keras_conv(x, kernel, groups=groups, **how) + bias, config)


@pytest.mark.parametrize("axes", [1, 3])
def test_conv1d_and_conv3d_are_keras_conv(axes):
    random, mine = np.random.default_rng(axes), {1: conv.conv1d, 3: conv.conv3d}[axes]
    for number in range(100):
        size, kernel_size, how = draw(random, axes)
        groups = int(random.choice([1, 2]))
        depth, filters = random.integers(1, 4, 2)
        x, kernel = arrays(random, (2, *size, depth * groups), (*kernel_size, depth, filters * groups))
        config = (number, x.shape, kernel.shape, how, groups)
        result = mine(x, kernel, groups=groups, **how)
        if axes == 3 and any(s > k for s, k in zip(how["strides"], kernel_size, strict=True)):
            # TensorFlow 2.21's Conv3D drops pixels in front of a kernel shorter than its stride, its Conv2D does not
            how["padding"] = shapes.resolve_padding(
                how["padding"], size, kernel_size, how["strides"], how["dilation_rate"]
            )
        close(result, keras_conv(x, kernel, groups=groups, write_out=axes == 3, **how), config)


@pytest.mark.parametrize("seed", range(4))
def test_output_size_and_same_padding_are_keras(seed):
    random = np.random.default_rng(seed)
    for number in range(100):
        (n,), (k,), how = draw(random, axes=1)
        s, d, padding = how["strides"][0], how["dilation_rate"][0], how["padding"]
        x, kernel = arrays(random, (1, n, 1), (k, 1, 1))
        theirs = keras_conv(x, kernel, **how)
        axis_padding = padding[0] if isinstance(padding, tuple) else padding
        config = (number, n, k, s, axis_padding, d)
        assert shapes.output_size(n, k, s, axis_padding, d) == theirs.shape[1], config
        before, after = shapes.same_padding(n, k, s, d)  # padding by hand, then 'valid', must be 'same'
        same = keras_conv(x, kernel, (s,), "same", (d,))
        close(np.asarray(keras_conv(x, kernel, (s,), ((before, after),), (d,))), same, config)
        # a window of ones tells at the first output how many real pixels it covers, so `before` cannot be shifted
        ones, taps = np.ones_like(x), np.ones_like(kernel)
        first = sum(0 <= i * d - before < n for i in range(k))
        assert np.asarray(keras_conv(ones, taps, (s,), "same", (d,)))[0, 0, 0] == first, config


@pytest.mark.parametrize("seed", range(4))
def test_conv2d_is_scipys_correlation_thinned_out(seed):
    random = np.random.default_rng(seed)
    for number in range(50):
        size, kernel_size, how = draw(random)
        picture, kernel = random.normal(size=size), random.normal(size=kernel_size)
        pads = shapes.resolve_padding(how["padding"], size, kernel_size, how["strides"], how["dilation_rate"])
        spread = np.zeros([shapes.dilated_size(*axis) for axis in zip(kernel_size, how["dilation_rate"], strict=True)])
        spread[tuple(slice(None, None, d) for d in how["dilation_rate"])] = kernel
        full = signal.correlate(np.pad(picture, pads), spread, "valid", method="direct")
        thinned = full[tuple(slice(None, None, s) for s in how["strides"])]
        close(conv.conv2d(picture, kernel, **how), thinned, (number, size, kernel_size, how))


@pytest.mark.parametrize("seed", range(3))
def test_depthwise_is_keras(seed):
    random = np.random.default_rng(seed)
    for number in range(EACH):
        size, kernel_size, how = draw(random)
        s, d = (how["strides"][0], 1) if random.random() < 0.5 else (1, how["dilation_rate"][0])
        padding = str(random.choice(["valid", "same"]))
        channels, multiplier = random.integers(1, 4, 2)
        x, depth = arrays(random, (2, *(n + 12 for n in size), channels), (*kernel_size, channels, multiplier))
        theirs = ops.depthwise_conv(x, depth, strides=s, padding=padding, dilation_rate=d)
        close(
            conv.depthwise_conv2d(x, depth, None, s, padding, d), theirs, (number, x.shape, depth.shape, s, d, padding)
        )


@pytest.mark.parametrize("seed", range(4))
def test_conv2d_transpose_is_keras(seed):
    random = np.random.default_rng(seed)
    for number in range(EACH):
        size, kernel_size, how = draw(random)
        strides, rate = how["strides"], how["dilation_rate"]
        channels, filters = random.integers(1, 4, 2)
        x, kernel = arrays(random, (2, *size, channels), (*kernel_size, filters, channels))
        spread = dilate(kernel, rate)  # TensorFlow's CPU kernel does not dilate
        for padding in ("valid", "same"):
            theirs = ops.conv_transpose(x, spread, strides, padding)
            close(
                conv.conv2d_transpose(x, kernel, None, strides, padding, rate), theirs, (number, x.shape, how, padding)
            )
        outputs = [
            (n - 1) * s + shapes.dilated_size(k, d) for n, k, s, d in zip(size, kernel_size, strides, rate, strict=True)
        ]
        cut = tuple(tuple(random.multinomial(random.integers(n), [0.5, 0.5]).tolist()) for n in outputs)
        theirs = np.asarray(ops.conv_transpose(x, spread, strides, "valid"))
        theirs = theirs[(slice(None), *(slice(a, n - b) for n, (a, b) in zip(outputs, cut, strict=True)))]
        close(conv.conv2d_transpose(x, kernel, None, strides, cut, rate), theirs, (number, x.shape, how, cut))


def draw_pool(random):
    size, pool_size, how = draw(random)
    while isinstance(how["padding"], str) is False and np.max(how["padding"]) >= min(pool_size):
        size, pool_size, how = draw(random)
    strides = None if random.random() < 0.3 else how["strides"]
    pads = shapes.resolve_padding(how["padding"], size, pool_size, strides or pool_size)
    if any(n + sum(p) < k for n, p, k in zip(size, pads, pool_size, strict=True)):
        return draw_pool(random)
    return size, pool_size, strides, how["padding"], str(random.choice(pooling.OPS))


@pytest.mark.parametrize("seed", SEEDS)
def test_pool2d_is_keras(seed):
    random = np.random.default_rng(seed)
    for number in range(EACH):
        size, *how = draw_pool(random)
        (x,) = arrays(random, (random.integers(1, 4), *size, random.integers(1, 4)))
        close(pooling.pool2d(x, *how), keras_pool(x, *how), (number, x.shape, how))


def test_global_pool_is_keras():
    (x,) = arrays(np.random.default_rng(0), (3, 5, 6, 4))
    close(pooling.global_pool(x), keras.layers.GlobalAveragePooling2D(dtype=x.dtype.name)(x), "average")
    close(pooling.global_pool(x, "max"), keras.layers.GlobalMaxPooling2D(dtype=x.dtype.name)(x), "max")


# ── gradients ──


@pytest.mark.parametrize("seed", SEEDS)
def test_conv2d_backward_is_the_gradient_tape(seed):
    random = np.random.default_rng(100 + seed)
    for number in range(EACH):
        size, kernel_size, how = draw(random)
        groups = int(random.choice([1, 1, 2]))
        depth, filters = random.integers(1, 4, 2)
        x, kernel = arrays(random, (2, *size, depth * groups), (*kernel_size, depth, filters * groups))
        grad = random.normal(size=conv.conv2d(x, kernel, groups=groups, **how).shape).astype(x.dtype)
        config = (number, x.shape, kernel.shape, how, groups)
        theirs = slopes(
            lambda a, k, b, how=how, groups=groups: keras_conv(a, k, groups=groups, write_out=True, **how) + b,
            *(x, kernel, np.zeros(kernel.shape[-1:], x.dtype)),
            grad_output=grad,
        )
        for mine, their in zip(conv.conv2d_backward(x, kernel, grad, groups=groups, **how), theirs, strict=True):
            close(mine, their, config)


@pytest.mark.parametrize(("seed", "ties"), [*itertools.product(range(5), [False, True])])
def test_pool2d_backward_is_the_gradient_tape(seed, ties):
    random = np.random.default_rng(200 + seed)
    for number in range(EACH):
        size, *how = draw_pool(random)
        (x,) = arrays(random, (2, *size, 2))
        x = np.round(x) if ties else x
        grad = random.normal(size=pooling.pool2d(x, *how).shape).astype(x.dtype)
        (theirs,) = slopes(lambda a, how=how: keras_pool(a, *how), x, grad_output=grad)
        close(pooling.pool2d_backward(x, grad, *how), theirs, (number, x.shape, how))


def test_nan_goes_where_keras_sends_it():
    random = np.random.default_rng(0)
    x, kernel = random.normal(size=(1, 7, 7, 2)), random.normal(size=(3, 3, 2, 2))
    kernel[0, 0] = 0
    x[0, 2, 3, 1] = np.nan
    np.testing.assert_array_equal(np.isnan(conv.conv2d(x, kernel)), np.isnan(ops.conv(x, kernel)))
    theirs = np.isnan(ops.average_pool(x, 2, 1, "valid"))
    np.testing.assert_array_equal(np.isnan(pooling.pool2d(x, 2, 1, op="average")), theirs)

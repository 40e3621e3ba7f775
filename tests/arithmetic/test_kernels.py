import numpy as np
import pytest
from scipy import ndimage

from cnnlab import kernels
from cnnlab.arithmetic.conv import conv2d

EDGES = [n for n in kernels.names() if n.endswith(("_vertical", "_horizontal", "_edge"))]
LIGHT_LEFT = np.array([[10, 10, 0, 0]] * 4)


@pytest.mark.parametrize("name", kernels.names())
def test_each_kernel_has_a_matrix_a_line_and_its_own_copy(name):
    first = kernels.kernel(name)
    assert first.shape == (3, 3)
    assert first.dtype == (np.float64 if name.endswith("blur") else np.int64)
    first[:] = 99
    assert kernels.kernel(name).max() < 99
    assert 20 < len(kernels.describe(name)) < 120
    assert "\n" not in kernels.describe(name)


@pytest.mark.parametrize("name", kernels.names())
def test_weights_add_up_to_what_a_flat_picture_becomes(name):
    # keeps brightness: identity, blurs, sharpen, emboss; differences: everything else
    keeps = name in ("identity", "box_blur", "gaussian_blur", "sharpen", "emboss")
    assert kernels.kernel(name).sum() == pytest.approx(1 if keeps else 0)


@pytest.mark.parametrize("name", EDGES)
def test_edge_kernels_are_positive_where_it_is_light_on_the_left_or_above(name):
    picture = LIGHT_LEFT if "vertical" in name else LIGHT_LEFT.T
    assert (conv2d(picture, kernels.kernel(name)) > 0).all()
    assert (conv2d(10 - picture, kernels.kernel(name)) < 0).all()
    assert (conv2d(picture.T, kernels.kernel(name)) == 0).all()  # blind to the other direction


@pytest.mark.parametrize("family", ["prewitt", "sobel", "scharr"])
def test_horizontal_is_vertical_turned(family):
    np.testing.assert_array_equal(kernels.kernel(f"{family}_horizontal"), kernels.kernel(f"{family}_vertical").T)


def test_sobel_is_scipys_up_to_its_sign():
    picture = np.random.default_rng(0).integers(0, 255, (9, 8))
    mine = conv2d(picture, kernels.kernel("sobel_vertical"))
    np.testing.assert_array_equal(mine, -ndimage.sobel(picture, axis=1)[1:-1, 1:-1])


def test_laplacian_is_scipys():
    picture = np.random.default_rng(1).integers(0, 255, (9, 8))
    mine = conv2d(picture, kernels.kernel("laplacian"))
    np.testing.assert_array_equal(mine, ndimage.laplace(picture)[1:-1, 1:-1])


def test_unknown_name_lists_the_known_and_names_the_nearest():
    with pytest.raises(ValueError, match=r"`name` must be one of 'identity'.*Did you mean 'sobel_vertical'\?"):
        kernels.kernel("sobel_verticle")
    with pytest.raises(ValueError, match="`name`"):
        kernels.describe(3)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 3, 4, 5)])
def test_flip_turns_space_only(shape):
    kernel = np.arange(np.prod(shape)).reshape(shape)
    flipped = kernels.flip(kernel)
    np.testing.assert_array_equal(flipped[0, 0], kernel[1, 2])
    np.testing.assert_array_equal(kernels.flip(flipped), kernel)
    flipped[:] = -1
    assert kernel.min() == 0

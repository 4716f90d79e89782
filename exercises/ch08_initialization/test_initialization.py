"""Visible tests of chapter 08: numbers that can be checked by hand."""

import numpy as np
from grader import Rng, checks, expect, observe, refuses


@checks("init_zeros")
def test_zeros(student):
    """init_zeros((2, 3)) is a 2 by 3 array of float64 zeros"""
    got = expect("init_zeros((2, 3))", student.init_zeros((2, 3)))
    got.close_to(np.zeros((2, 3))).has_dtype(np.float64)


@checks("init_constant")
def test_constant(student):
    """init_constant((2, 3), 0.5) is 0.5 everywhere"""
    got = expect("init_constant((2, 3), 0.5)", student.init_constant((2, 3), 0.5))
    got.close_to(np.array([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]))


@checks("init_normal")
def test_normal(student):
    """40 000 numbers of init_normal with std 0.1 have a mean near 0 and a standard deviation near 0.1"""
    W = expect("init_normal((200, 200), 0.1, rng)", student.init_normal((200, 200), 0.1, Rng(1)))
    numbers = W.array((200, 200))
    expect("the mean of init_normal((200, 200), 0.1, rng)", float(numbers.mean())).between(-0.003, 0.003)
    expect("their standard deviation", float(numbers.std())).between(0.097, 0.103, "std, not the variance.")


@checks("init_normal")
def test_normal_uses_its_rng(student):
    """init_normal draws from the rng it is given"""
    seen = observe(student.init_normal, (3, 2), 1.0, Rng(1))
    judged = expect("init_normal((3, 2), 1.0, rng)", seen.value)
    judged.satisfies(not seen.global_random, "a global generator was used. Draw from rng.")
    again = student.init_normal((3, 2), 1.0, Rng(1))
    expect("init_normal with the same seed", again).close_to(judged.array((3, 2)))


@checks("init_uniform")
def test_uniform(student):
    """40 000 numbers of init_uniform fill the range from -2 to 1 evenly"""
    W = expect("init_uniform((200, 200), -2, 1, rng)", student.init_uniform((200, 200), -2.0, 1.0, Rng(1)))
    numbers = W.array((200, 200))
    expect("the smallest number", float(numbers.min())).between(-2.0, -1.99)
    expect("the largest number", float(numbers.max())).between(0.99, 1.0)
    expect("the mean", float(numbers.mean())).between(-0.53, -0.47)


@checks("fan_in_out")
def test_fans(student):
    """784 inputs and 256 outputs; six 5 by 5 kernels on one channel see 25 numbers"""
    fan_in, fan_out = expect("fan_in_out((784, 256))", student.fan_in_out((784, 256))).unpack("in", "out")
    fan_in.close_to(784)
    fan_out.close_to(256)
    fan_in, fan_out = expect("fan_in_out((6, 1, 5, 5))", student.fan_in_out((6, 1, 5, 5))).unpack("in", "out")
    fan_in.close_to(25)
    fan_out.close_to(150)


@checks("xavier_normal")
def test_xavier_normal(student):
    """xavier_normal of 300 by 100 has the standard deviation sqrt(2 / 400), about 0.0707"""
    W = expect("xavier_normal((300, 100), rng)", student.xavier_normal((300, 100), Rng(1))).array((300, 100))
    expect("its standard deviation", float(W.std())).between(0.0686, 0.0728)


@checks("xavier_uniform")
def test_xavier_uniform(student):
    """xavier_uniform of 300 by 100 lies between -a and a with a = sqrt(6 / 400), about 0.1225"""
    W = expect("xavier_uniform((300, 100), rng)", student.xavier_uniform((300, 100), Rng(1)))
    numbers = W.array((300, 100))
    expect("its largest number", float(numbers.max())).between(0.1222, 0.1225)
    expect("its smallest number", float(numbers.min())).between(-0.1225, -0.1222)
    expect("its standard deviation", float(numbers.std())).between(0.0686, 0.0728)


@checks("he_normal")
def test_he_normal(student):
    """he_normal of 200 by 100 has the standard deviation sqrt(2 / 200) = 0.1"""
    W = expect("he_normal((200, 100), rng)", student.he_normal((200, 100), Rng(1))).array((200, 100))
    expect("its standard deviation", float(W.std())).between(0.097, 0.103)


@checks("hidden_units_identical")
def test_identical(student):
    """two equal columns are identical units; 2 and 2.5 are not, except with a tolerance of 0.5"""
    same, other = np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[1.0, 1.0], [2.0, 2.5]])
    expect("hidden_units_identical([[1, 1], [2, 2]])", student.hidden_units_identical(same)).equals(True)
    expect("hidden_units_identical([[1, 1], [2, 2.5]])", student.hidden_units_identical(other)).equals(False)
    got = student.hidden_units_identical(other, tol=0.5)
    expect("hidden_units_identical([[1, 1], [2, 2.5]], tol=0.5)", got).equals(True)


@checks("permute_hidden")
def test_permute(student):
    """the third unit comes first, with its bias and its outgoing weight"""
    W1, b1, W2 = np.array([[1.0, 2.0, 3.0]]), np.array([0.1, 0.2, 0.3]), np.array([[7.0], [8.0], [9.0]])
    got = expect("permute_hidden(W1, b1, W2, [2, 0, 1])", student.permute_hidden(W1, b1, W2, [2, 0, 1]))
    V1, c1, V2 = got.unpack("W1", "b1", "W2")
    V1.close_to([[3.0, 1.0, 2.0]])
    c1.close_to([0.3, 0.1, 0.2])
    V2.close_to([[9.0], [7.0], [8.0]])


@checks("permute_hidden")
def test_permute_refuses(student):
    """a list with a unit twice is no order"""
    W1, b1, W2 = np.ones((1, 3)), np.ones(3), np.ones((3, 1))
    call = "permute_hidden(W1, b1, W2, [0, 1, 1])"
    refuses(call, ValueError, student.permute_hidden, W1, b1, W2, [0, 1, 1])


@checks("activation_scales")
def test_scales_with_zero_weights(student):
    """with weights of zero every sigmoid is 0.5, so every mean square is 0.25"""
    x = np.array([[1.0, -2.0], [3.0, 0.0]])
    got = student.activation_scales([2, 3, 4], "sigmoid", "zeros", x, Rng(1))
    first, second = expect("activation_scales([2, 3, 4], 'sigmoid', 'zeros', x, rng)", got).sequence(2)
    expect("the mean square of layer 1", first).close_to(0.25)
    expect("the mean square of layer 2", second).close_to(0.25)


@checks("activation_scales")
def test_scales_of_one_linear_layer(student):
    """one layer with weights of std 0.5 turns a mean square of 1 into 100 * 0.25 = 25, about"""
    x = np.ones((4, 100))
    got = student.activation_scales([100, 500], "identity", 0.5, x, Rng(1))
    (scale,) = expect("activation_scales([100, 500], 'identity', 0.5, x, rng)", got).sequence(1)
    expect("the mean square of layer 1", scale).between(20.0, 30.0)

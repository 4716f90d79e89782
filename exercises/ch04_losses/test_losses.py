"""Small examples for chapter 04. Run `kata test` or `pytest` in this folder."""

import math

import numpy as np
import pytest

from grader import checks, expect, refuses

# Scores of a bird, a cat and a car for one picture, and of three pictures of the CS231n lecture.
PICTURE = np.array([[0.6, -2.3, 1.9]])
LECTURE = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])


@checks("softmax")
def test_softmax_of_a_picture(student):
    """softmax of the scores 0.6, -2.3, 1.9 is about 0.21, 0.01, 0.78"""
    expect("softmax([[0.6, -2.3, 1.9]])", student.softmax(PICTURE)).close_to([[0.21, 0.01, 0.78]], atol=0.005)


@checks("softmax")
def test_softmax_of_each_row(student):
    """every row is a distribution by itself; one row alone keeps its two axes"""
    z = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    want = [
        [0.21383822, 0.23632778, 0.26118259, 0.28865141],
        [0.03205860, 0.08714432, 0.23688282, 0.64391426],
        [0.64391426, 0.23688282, 0.08714432, 0.03205860],
        [0.25, 0.25, 0.25, 0.25],
    ]
    expect("softmax(z)", student.softmax(z)).close_to(want, atol=1e-7)
    expect("softmax([[1, 2, 3, 4]])", student.softmax(z[1:2])).close_to(want[1:2], atol=1e-7)


@checks("softmax")
@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
def test_softmax_after_a_shift(student, shift):
    """softmax does not care where zero is, also if the rows lie far apart"""
    z = np.array([[0.0, math.log(3)], [shift, shift + math.log(3)]])
    expect("softmax(z)", student.softmax(z)).close_to([[0.25, 0.75], [0.25, 0.75]])


@checks("logsumexp")
def test_logsumexp_of_three_rows(student):
    """log(e^0 + e^0) is log 2; a constant comes out again"""
    z = np.array([[0.0, 0.0], [0.0, math.log(2)], [1000.0, 1000.0]])
    want = [math.log(2), math.log(3), 1000 + math.log(2)]
    expect("logsumexp(z)", student.logsumexp(z)).close_to(want)


@checks("logsumexp")
def test_logsumexp_of_very_low_scores(student):
    """log(e^-1000 + e^-1000) is -1000 + log 2, not log 0"""
    got = student.logsumexp(np.array([[-1000.0, -1000.0], [0.0, 0.0]]))
    expect("logsumexp([[-1000, -1000], [0, 0]])", got).close_to([-1000 + math.log(2), math.log(2)])


@checks("log_softmax")
def test_log_softmax_of_two_rows(student):
    """log_softmax is the logarithm of softmax, row by row"""
    z = np.array([[0.0, 0.0], [0.0, math.log(3)]])
    want = [[-math.log(2), -math.log(2)], [math.log(0.25), math.log(0.75)]]
    expect("log_softmax(z)", student.log_softmax(z)).close_to(want)


@checks("log_softmax")
def test_log_softmax_of_an_impossible_class(student):
    """a score 1000 below the best has the log-probability -1000, not -inf"""
    z = np.array([[1000.0, 0.0]])
    expect("log_softmax([[1000, 0]])", student.log_softmax(z)).close_to([[0.0, -1000.0]])


@checks("entropy")
def test_entropy_of_a_coin(student):
    """a fair coin has log 2 nats, a loaded one less, a coin with two heads none"""
    p = np.array([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]])
    want = [math.log(2), 0.25 * math.log(4) + 0.75 * math.log(4 / 3), 0.0]
    expect("entropy(p)", student.entropy(p)).close_to(want, hint="0 * log 0 counts as 0.")


@checks("entropy")
def test_entropy_of_one_distribution(student):
    """one distribution gives one number"""
    expect("entropy([1/3, 1/3, 1/3])", student.entropy(np.full(3, 1 / 3))).close_to(math.log(3))


@checks("cross_entropy")
def test_cross_entropy_of_a_picture(student):
    """if the bird is the truth, only its probability counts: -log 0.2117 is 1.5527"""
    p = np.array([1.0, 0.0, 0.0])
    q = np.array([0.2117, 0.0116, 0.7767])
    expect("cross_entropy(p, q)", student.cross_entropy(p, q)).close_to(1.5527, atol=1e-3)


@checks("cross_entropy")
def test_cross_entropy_of_three_pairs(student):
    """truth and belief have different roles; believing the truth to be impossible costs inf"""
    p = np.array([[0.5, 0.5], [1.0, 0.0], [0.5, 0.5]])
    q = np.array([[0.25, 0.75], [1.0, 0.0], [1.0, 0.0]])
    want = [0.5 * math.log(4) + 0.5 * math.log(4 / 3), 0.0, math.inf]
    expect("cross_entropy(p, q)", student.cross_entropy(p, q)).close_to(want)


@checks("kl_divergence")
def test_kl_divergence_of_three_pairs(student):
    """believing the truth costs nothing extra; for a certain truth it is the cross-entropy"""
    p = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]])
    q = np.array([[0.25, 0.75], [0.25, 0.75], [0.25, 0.75]])
    want = [0.0, math.log(4), 0.5 * math.log(2) + 0.5 * math.log(2 / 3)]
    expect("kl_divergence(p, q)", student.kl_divergence(p, q)).close_to(want)


@checks("mse_loss")
def test_mse_loss_of_two_examples(student):
    """errors 1, 0 and 2, -2 in two examples: (1 + 0 + 4 + 4) / 2 = 4.5"""
    pred = np.array([[1.0, 2.0], [5.0, 1.0]])
    target = np.array([[0.0, 2.0], [3.0, 3.0]])
    loss, dpred = expect("mse_loss(pred, target)", student.mse_loss(pred, target)).unpack("loss", "dpred")
    loss.close_to(4.5, batch=2)
    dpred.close_to([[1.0, 0.0], [2.0, -2.0]], batch=2)


@checks("mse_loss")
def test_mse_loss_does_not_broadcast(student):
    """a column of predictions and a flat array of targets raise ValueError"""
    refuses("mse_loss of (3, 1) and (3,)", ValueError, student.mse_loss, np.zeros((3, 1)), np.zeros(3))


@checks("mse_of_sigmoid_grad")
def test_mse_of_sigmoid_grad_in_the_middle_and_far_out(student):
    """at z = 0 the gradient is -0.25; at z = -10, just as wrong and surer, it is nearly 0"""
    got = student.mse_of_sigmoid_grad(np.array([[0.0]]), np.array([[1.0]]))
    expect("mse_of_sigmoid_grad([[0]], [[1]])", got).close_to([[-0.25]])
    got = student.mse_of_sigmoid_grad(np.array([[-10.0], [0.0]]), np.array([[1.0], [0.0]]))
    expect("mse_of_sigmoid_grad([[-10], [0]], [[1], [0]])", got).close_to(
        [[-4.539e-5], [0.125]], atol=1e-8, batch=2
    )


@checks("bce_from_probs")
def test_bce_from_probs_of_two_examples(student):
    """a right 0.75 costs log(4/3), a wrong 0.75 costs log 4"""
    p, y = np.array([[0.75], [0.75]]), np.array([[1.0], [0.0]])
    loss, dp = expect("bce_from_probs(p, y)", student.bce_from_probs(p, y)).unpack("loss", "dp")
    loss.close_to((math.log(4 / 3) + math.log(4)) / 2, batch=2)
    dp.close_to([[-2 / 3], [2.0]], batch=2)


@checks("bce_from_probs")
def test_bce_from_probs_of_a_wrong_certainty(student):
    """p = 0 for a true 1 is clipped to eps: the loss is -log eps, and the gradient still pushes"""
    got = student.bce_from_probs(np.array([[0.0]]), np.array([[1.0]]), eps=0.01)
    loss, dp = expect("bce_from_probs([[0]], [[1]], eps=0.01)", got).unpack("loss", "dp")
    loss.close_to(math.log(100))
    dp.close_to([[-100.0]])


@checks("bce_with_logits")
def test_bce_with_logits_of_three_examples(student):
    """an undecided logit costs log 2; 1000 costs nothing when right and 1000 when wrong"""
    z, y = np.array([[0.0], [1000.0], [1000.0]]), np.array([[1.0], [1.0], [0.0]])
    loss, dz = expect("bce_with_logits(z, y)", student.bce_with_logits(z, y)).unpack("loss", "dz")
    loss.close_to((math.log(2) + 0 + 1000) / 3, batch=3)
    dz.close_to([[-0.5 / 3], [0.0], [1 / 3]], batch=3)


@checks("bce_with_logits")
def test_bce_with_logits_and_its_gradient(student):
    """dz is the slope of a loss of two outputs, softly labelled"""
    z, y = np.array([[-1.0, 2.0], [0.5, -0.5]]), np.array([[1.0, 0.0], [0.0, 0.3]])

    def formula(x):
        a = 1 / (1 + np.exp(-x))
        return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / 2

    loss, dz = expect("bce_with_logits(z, y)", student.bce_with_logits(z, y)).unpack("loss", "dz")
    loss.close_to(formula(z), batch=2)
    dz.gradient(formula, at=z, batch=2)


@checks("softmax_cross_entropy")
def test_softmax_cross_entropy_of_the_lecture(student):
    """the cat with scores 3.2, 5.1, -1.7 costs 2.04 nats (the slide's 0.89 is log10)"""
    got = student.softmax_cross_entropy(LECTURE[:1], np.array([0]))
    loss, dz = expect("softmax_cross_entropy([[3.2, 5.1, -1.7]], [0])", got).unpack("loss", "dz")
    loss.close_to(2.0404, atol=1e-4)
    dz.close_to([[-0.8700, 0.8690, 0.0010]], atol=1e-4)


@checks("softmax_cross_entropy")
def test_softmax_cross_entropy_of_a_batch(student):
    """two rows: equal scores cost log 2, a wrong certainty of 1000 costs 1000; the loss is their mean"""
    z, y = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([1, 1])
    got = student.softmax_cross_entropy(z, y)
    loss, dz = expect("softmax_cross_entropy(z, y)", got).unpack("loss", "dz")
    loss.close_to((math.log(2) + 1000) / 2, batch=2)
    dz.close_to([[0.25, -0.25], [0.5, -0.5]], batch=2)


@checks("softmax_cross_entropy")
def test_softmax_cross_entropy_refuses_one_hot_labels(student):
    """labels are class numbers, not one-hot rows"""
    call = "softmax_cross_entropy(z, one-hot rows)"
    refuses(call, ValueError, student.softmax_cross_entropy, np.zeros((2, 2)), np.array([[1, 0], [0, 1]]))


@checks("svm_loss")
def test_svm_loss_of_the_lecture(student):
    """cat, car and frog of the lecture cost 2.9, 0 and 12.9"""
    for row, want in enumerate((2.9, 0.0, 12.9)):
        got = student.svm_loss(LECTURE[row : row + 1], np.array([row]))
        loss, _ = expect(f"svm_loss of picture {row + 1}", got).unpack("loss", "ds")
        loss.close_to(want)


@checks("svm_loss")
def test_svm_loss_and_its_gradient(student):
    """the mean of the three losses is 5.27; ds is its slope"""
    y = np.array([0, 1, 2])
    loss, ds = expect("svm_loss(s, y)", student.svm_loss(LECTURE, y)).unpack("loss", "ds")
    loss.close_to((2.9 + 0 + 12.9) / 3, batch=3)

    def formula(s):
        return sum(max(0, s[n, j] - s[n, n] + 1) for n in range(3) for j in range(3) if j != n) / 3

    ds.gradient(formula, at=LECTURE, batch=3)

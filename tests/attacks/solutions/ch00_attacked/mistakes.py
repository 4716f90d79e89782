"""One catalogued mistake, so that hostile answers meet the diagnosis too: BAD_A behaves exactly like it."""

import numpy as np

from grader import mistake


@mistake("M900", of="linear_forward", caught_by=("test_a1_public_example", "test_a2_random_inputs"))
def linear_forward_of_zeros(X, W, b):
    """The result is all zeros. Was it ever filled in?"""
    return np.zeros((len(X), W.shape[1]))

"""GOOD_1: the functions of ch01_visited are right."""

import numpy as np

from ch00_attacked.attacked import sgd_step


def slope(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


def descend(gradient, w, lr, steps):
    for _ in range(steps):
        w = sgd_step({"w": w}, {"w": gradient(w)}, lr)["w"]
    return w


class History:
    def __init__(self):
        self.losses = []
        self.best = None

    def append(self, loss):
        self.losses.append(loss)
        self.best = loss if self.best is None else min(self.best, loss)

    def __len__(self):
        return len(self.losses)

    def __iter__(self):
        return iter(self.losses)

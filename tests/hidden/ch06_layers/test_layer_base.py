"""Hidden tests of ch06: the base class Layer, with layers of our own that are made of it."""

import numpy as np

from grader import expect, fetch, in_worker, points

# The tree in the probes: root holds leaf and inner, inner holds empty and deep. Names in brackets are parameters.
#   root [a] -> leaf [W, b]
#            -> inner [scale] -> empty []
#                             -> deep [gamma]
IN_ORDER = [("root", "a"), ("leaf", "W"), ("leaf", "b"), ("inner", "scale"), ("deep", "gamma")]


@in_worker
def names_of_parameters(student):
    """What parameters() of the tree and of its part `inner` gives, the layers by name."""

    class Part(student.Layer):
        def __init__(self, below, names):
            super().__init__()
            self.below = below
            for name in names:
                self.params[name], self.grads[name] = np.ones(2), np.ones(2)

        def sublayers(self):
            return self.below

    leaf, empty, deep = Part([], ["W", "b"]), Part([], []), Part([], ["gamma"])
    inner = Part([empty, deep], ["scale"])
    root = Part([leaf, inner], ["a"])
    label = {id(root): "root", id(leaf): "leaf", id(inner): "inner", id(empty): "empty", id(deep): "deep"}
    return [
        [(label.get(id(layer), "?"), str(name)) for layer, name in part.parameters()]
        for part in (root, inner, root)
    ]


@in_worker
def gradients_after_zero_grad(student):
    """(layer, name, gradient, same dict, same array) after zero_grad of the tree."""

    class Part(student.Layer):
        def __init__(self, below, names):
            super().__init__()
            self.below = below
            for name in names:
                self.params[name], self.grads[name] = np.ones(2), np.array([3.0, -4.0])

        def sublayers(self):
            return self.below

    leaf, empty, deep = Part([], ["W", "b"]), Part([], []), Part([], ["gamma"])
    inner = Part([empty, deep], ["scale"])
    root = Part([leaf, inner], ["a"])
    layers = {"root": root, "leaf": leaf, "inner": inner, "empty": empty, "deep": deep}
    held = [
        (label, name, layer.grads, layer.grads[name])
        for label, layer in layers.items()
        for name in layer.params
    ]
    root.zero_grad()
    found = []
    for label, name, grads, array in held:
        now = layers[label].grads
        found.append((label, name, np.array(now[name]), np.array(array), now is grads))
    return found


@in_worker
def training_flags(student):
    """The flag `training` of every layer of the tree: new, after eval, after train, after eval of a part."""

    class Part(student.Layer):
        def __init__(self, below):
            super().__init__()
            self.below = below

        def sublayers(self):
            return self.below

    leaf, empty, deep = Part([]), Part([]), Part([])
    inner = Part([empty, deep])
    root = Part([leaf, inner])

    def flags():
        return [bool(part.training) for part in (root, leaf, inner, empty, deep)]

    seen = [flags()]
    for change in (root.eval, root.train, inner.eval):
        change()
        seen.append(flags())
    return seen


@points(1, of="Layer")
def test_parameters_of_one_layer(student):
    """parameters() gives a pair (layer, name) for each parameter of the layer"""
    layer, other = student.Layer(), student.Layer()
    layer.params["W"] = np.ones((2, 3))
    layer.params["b"] = np.ones(3)
    for _ in range(2):
        pairs = expect("layer.parameters()", layer.parameters()).sequence(2)
        for pair in pairs:
            owner, _ = expect("a parameter", pair).unpack("the layer", "the name")
            owner.satisfies(pair[0] == layer, "it is not the layer itself.")
        expect("the names in layer.parameters()", sorted(name for _, name in pairs)).equals(["W", "b"])
    expect("parameters() of a layer without any", other.parameters()).sequence(0)


@points(1.5, of="Layer")
def test_parameters_of_layers_within_layers(student):
    """parameters() reaches sub-layers at any depth: own ones first, then in order"""
    whole, part, again = names_of_parameters(student)
    expect("the parameters of a network of networks", len(whole)).equals(5)
    expect("the parameters of a network of networks", sorted(whole)).equals(sorted(IN_ORDER))
    # The order of the names within one layer is left open.
    owners = [layer for layer, _ in whole]
    hint = "A layer's own parameters first, then those of its sub-layers, in order."
    expect("the layers in parameters()", owners).equals([layer for layer, _ in IN_ORDER], hint=hint)
    expect("the parameters of a part", [layer for layer, _ in part]).equals(["inner", "deep"])
    expect("parameters() called again", again).equals(whole)


@points(1, of="Layer")
def test_zero_grad_of_one_layer(student):
    """zero_grad() sets the gradients of the layer to zero, whatever they were"""
    layer = student.Layer()
    layer.params["W"] = np.ones((2, 3))
    layer.grads["W"] = np.array([[1.0, -2.0, 3.0], [np.inf, np.nan, -np.inf]])
    layer.params["b"] = np.ones(3)
    layer.grads["b"] = np.full(3, 1e300)
    layer.zero_grad()
    expect("the names in layer.grads after zero_grad", sorted(fetch(layer.grads))).equals(["W", "b"])
    expect('layer.grads["W"] after zero_grad', layer.grads["W"]).close_to(np.zeros((2, 3)))
    expect('layer.grads["b"] after zero_grad', layer.grads["b"]).close_to(np.zeros(3))
    hint = "Only the gradients are cleared."
    expect('layer.params["b"] after zero_grad', layer.params["b"]).close_to(np.ones(3), hint=hint)


@points(0.75, of="Layer", needs="test_zero_grad_of_one_layer")
def test_zero_grad_works_in_place(student):
    """zero_grad() clears the arrays themselves: who holds one sees the zeros"""
    own = [entry for entry in gradients_after_zero_grad(student) if entry[0] == "root"]
    for _, _, _, held, same_dict in own:
        words = "the dict was replaced by another one. Whoever kept the old one does not see the zeros."
        expect("layer.grads after zero_grad", same_dict).satisfies(same_dict, words)
        hint = "A new array of zeros is not seen by whoever kept the old one."
        expect("a gradient that was held before zero_grad", held).close_to(np.zeros(2), hint=hint)


@points(1, of="Layer", needs="test_zero_grad_of_one_layer")
def test_zero_grad_reaches_layers_within_layers(student):
    """zero_grad() reaches sub-layers at any depth"""
    for label, name, grad, _, _ in gradients_after_zero_grad(student):
        depth = {"root": "itself", "leaf": "a sub-layer", "inner": "a sub-layer"}.get(
            label, "a sub-layer's sub-layer"
        )
        expect(f"grads[{name!r}] of {depth} after zero_grad", grad).close_to(np.zeros(2))


@points(0.75, of="Layer")
def test_train_and_eval_of_one_layer(student):
    """training is True at first, False after eval(), True again after train()"""
    layer, other = student.Layer(), student.Layer()
    layer.params["b"], layer.grads["b"] = np.ones(2), np.array([3.0, -4.0])
    expect("layer.training of a new layer", layer.training).equals(True)
    layer.eval()
    expect("layer.training after eval()", layer.training).equals(False)
    expect("training of another layer", other.training).equals(True, hint="Is the flag kept on the class?")
    layer.eval()
    expect("layer.training after eval() twice", layer.training).equals(False)
    layer.train()
    expect("layer.training after train()", layer.training).equals(True)
    hint = "Only the flag is set."
    expect('layer.grads["b"] after eval() and train()', layer.grads["b"]).close_to([3.0, -4.0], hint=hint)
    expect('layer.params["b"] after eval() and train()', layer.params["b"]).close_to(np.ones(2), hint=hint)


@points(1, of="Layer", needs="test_train_and_eval_of_one_layer")
def test_train_and_eval_reach_layers_within_layers(student):
    """train() and eval() reach sub-layers at any depth, and nothing beside them"""
    new, evaluated, trained, part = training_flags(student)
    expect("training of all layers at first", new).equals([True] * 5)
    expect("training of all layers after eval()", evaluated).equals([False] * 5)
    expect("training of all layers after train()", trained).equals([True] * 5)
    expect("training of all layers after eval() of a part", part).equals([True, True, False, False, False])

"""Wrong programs for chapter 05, each with the sentence of a good TA and the tests that catch it."""

import math

import numpy as np
from grader import mistake

from ch03_activations.activations import sigmoid
from ch05_autograd.autograd import Value, as_float, as_value, topological_order

EARNS_WITHOUT_KNOWING = {"zero_grad": "it returns nothing, so 'zeros of its result' runs the reference"}

# gates -------------------------------------------------------------------------------------------------------


@mistake("CH05-add-rounds", of="add_gate", caught_by="test_add_gate")
def add_gate_with_whole_numbers(x, y):
    """int() cuts the digits after the point off. The gates work on floats."""
    return float(int(x) + int(y))


@mistake("M099", of="add_gate_backward", caught_by="test_add_gate_backward_agrees_with_finite_differences")
def add_gate_backward_in_halves(dout):
    """A gradient is no cake: if x grows by 1, x + y grows by 1, whatever y does. Both inputs get all of dout."""
    return dout / 2, dout / 2


@mistake(
    "CH05-add-without-dout",
    of="add_gate_backward",
    caught_by="test_add_gate_backward_agrees_with_finite_differences",
)
def add_gate_backward_local_only(dout):
    """1 and 1 are the local derivatives. The chain rule multiplies them by what comes from above."""
    return 1.0, 1.0


@mistake("CH05-mul-adds", of="mul_gate", caught_by="test_mul_gate")
def mul_gate_that_adds(x, y):
    """This still is the add gate."""
    return x + y


@mistake(
    "M096",
    of="mul_gate_backward",
    caught_by=("test_mul_gate_backward_agrees_with_finite_differences", "test_mul_gate_backward_by_hand"),
)
def mul_gate_backward_not_switched(dout, x, y):
    """The derivative of x*y for x is y: each input is multiplied by the other one."""
    return dout * x, dout * y


@mistake("CH05-mul-divides", of="mul_gate_backward", caught_by="test_mul_gate_backward_by_hand")
def mul_gate_backward_from_the_output(dout, x, y):
    """out / x is y only where x is not 0. The gate knows y; it need not be computed back."""
    out = x * y
    return dout * out / x, dout * out / y


@mistake("CH05-larger-in-size", of="max_gate", caught_by="test_max_gate")
def max_gate_by_size(x, y):
    """-7 is smaller than 2. Compare the numbers, not their absolute values."""
    return x if abs(x) >= abs(y) else y


@mistake("M097", of="max_gate_backward", caught_by="test_max_gate_backward_agrees_with_finite_differences")
def max_gate_backward_to_both(dout, x, y):
    """The loser may change a little without any effect on the maximum: only the winner gets the gradient."""
    return dout, dout


@mistake(
    "CH05-tie-to-second", of="max_gate_backward", caught_by="test_max_gate_backward_gives_a_tie_to_the_first"
)
def max_gate_backward_tie_to_second(dout, x, y):
    """At x = y this course lets the first input win; `>` gives the gradient to the second."""
    return (dout, 0.0) if x > y else (0.0, dout)


@mistake(
    "CH05-tie-halved", of="max_gate_backward", caught_by="test_max_gate_backward_gives_a_tie_to_the_first"
)
def max_gate_backward_tie_halved(dout, x, y):
    """Halves at a tie are a reasonable choice, and what PyTorch's maximum does; this course gives all to the first."""
    if x == y:
        return dout / 2, dout / 2
    return (dout, 0.0) if x > y else (0.0, dout)


@mistake(
    "CH05-max-routes-the-value", of="max_gate_backward", caught_by="test_max_gate_backward_loses_nothing"
)
def max_gate_backward_of_the_value(dout, x, y):
    """The winner's local derivative is 1, not its value."""
    return (dout * x, 0.0) if x >= y else (0.0, dout * y)


@mistake("M095b", of="copy_gate_backward", caught_by="test_copy_gate_backward_agrees_with_finite_differences")
def copy_gate_backward_first_arrival(*douts):
    """Only one branch is counted. The result depends on x through every branch."""
    return douts[0] if douts else 0.0


@mistake(
    "CH05-copy-mean",
    of="copy_gate_backward",
    caught_by="test_copy_gate_backward_agrees_with_finite_differences",
)
def copy_gate_backward_mean(*douts):
    """Effects add up, they are not averaged: y = x + x has slope 2."""
    return sum(douts) / len(douts) if douts else 0.0


@mistake(
    "CH05-copy-counts", of="copy_gate_backward", caught_by="test_copy_gate_backward_takes_any_number_of_users"
)
def copy_gate_backward_of_two(first, second):
    """A number may have one user, or five. Take any number of arguments."""
    return first + second


@mistake(
    "M107",
    of="sigmoid_gate_backward",
    caught_by=(
        "test_sigmoid_gate_backward_agrees_with_finite_differences",
        "test_sigmoid_gate_backward_by_hand",
    ),
)
def sigmoid_gate_backward_without_the_inverse(dout, out):
    """Of the chain times -1, exp, plus 1, inverse the last link is missing: its local derivative is -1/v**2."""
    e = 1.0 / out - 1.0 if out else 0.0
    return -dout * e


@mistake("CH05-sigmoid-twice", of="sigmoid_gate_backward", caught_by="test_sigmoid_gate_backward_by_hand")
def sigmoid_gate_backward_of_the_input(dout, out):
    """out is already the output. Here sigmoid is taken a second time."""
    s = 1.0 / (1.0 + math.exp(-out))
    return dout * s * (1.0 - s)


# Value: backward ---------------------------------------------------------------------------------------------


@mistake("M094", of="Value", caught_by="test_backward_waits_for_all_users_of_a_node")
class PushesTooEarly(Value):
    """A node may hand on its gradient only when all its users have delivered. Go through the nodes in reversed topological order."""

    def backward(self):
        self.grad = 1.0
        self.push()

    def push(self):
        for source, local in self.inputs:
            source.grad += self.grad * local
            source.push()


@mistake("M094b", of="Value", caught_by="test_backward_through_a_long_chain")
class WalksEveryPath(Value):
    """The numbers are right, but each path is walked by itself: 2**40 of them after 40 doublings, and one call inside the other."""

    def backward(self):
        for node in topological_order(self):
            if node.inputs:
                node.grad = 0.0
        self.grad = 0.0
        self.walk(1.0)

    def walk(self, gradient):
        self.grad += gradient
        for source, local in self.inputs:
            source.walk(gradient * local)


@mistake("M095", of="Value", caught_by="test_backward_waits_for_all_users_of_a_node")
class DoneAfterFirstArrival(Value):
    """The node is crossed off when the first branch arrives; what the second branch brings goes no further."""

    def backward(self):
        self.grad = 1.0
        todo, done = [self], set()
        while todo:
            node = todo.pop()
            if node in done:
                continue
            done.add(node)
            for source, local in node.inputs:
                source.grad += node.grad * local
                todo.append(source)


@mistake("M102", of="Value", caught_by="test_backward_twice_doubles_the_leaves")
class KeepsOldInnerGradients(Value):
    """Inner nodes still hold the gradient of the last backward and hand it on again. Clear them first; only leaves add up."""

    def backward(self):
        self.grad = 1.0
        for node in reversed(topological_order(self)):
            for source, local in node.inputs:
                source.grad += node.grad * local


@mistake("M104", of="Value", caught_by=("test_backward_fills_every_node", "test_value_adds"))
class StartsWithNothing(Value):
    """All gradients are 0, since the output's own is. The derivative of a number for itself is 1."""

    def backward(self):
        for node in reversed(topological_order(self)):
            for source, local in node.inputs:
                source.grad += node.grad * local


@mistake("CH05-output-adds-up", of="Value", caught_by="test_backward_twice_doubles_the_leaves")
class OutputAddsUp(Value):
    """The output begins with 1 each time; with += the second backward begins with 2."""

    def backward(self):
        order = topological_order(self)
        for node in order[:-1]:
            if node.inputs:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            for source, local in node.inputs:
                source.grad += node.grad * local


@mistake("CH05-assigns", of="Value", caught_by="test_backward_adds_at_forks")
class AssignsGradients(Value):
    """= forgets what another user has brought before. Gradients of a node add up: +=."""

    def backward(self):
        self.grad = 1.0
        for node in reversed(topological_order(self)):
            for source, local in node.inputs:
                source.grad = node.grad * local


@mistake("CH05-clears-leaves", of="Value", caught_by="test_backward_twice_doubles_the_leaves")
class ClearsLeavesToo(Value):
    """Leaves add up over several calls of backward; zero_grad clears them, not backward."""

    def backward(self):
        order = topological_order(self)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for source, local in node.inputs:
                source.grad += node.grad * local


@mistake("CH05-forgets-inner", of="Value", caught_by="test_backward_fills_every_node")
class EmptiesInnerNodes(Value):
    """The inner nodes are emptied after use; their gradients were asked for as well."""

    def backward(self):
        super().backward()
        for node in topological_order(self):
            if node.inputs:
                node.grad = 0.0


@mistake("CH05-flags-stay", of="Value", caught_by="test_backward_twice_doubles_the_leaves")
class FlagsOnTheNodes(Value):
    """The mark "visited" is kept on the node and never taken away: the second backward finds nothing to do."""

    visited = False

    def backward(self):
        order = []

        def visit(node):
            if not node.visited:
                node.visited = True
                for source, _ in node.inputs:
                    visit(source)
                order.append(node)

        visit(self)
        for node in order:
            if node.inputs:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for source, local in node.inputs:
                source.grad += node.grad * local


@mistake("CH05-backward-recursive", of="Value", caught_by="test_backward_through_a_long_chain")
class RecursiveOrder(Value):
    """One call inside the other for each node of a chain: Python stops after about 1000. Keep a list of what is to be done."""

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for source, _ in node.inputs:
                    visit(source)
                order.append(node)

        visit(self)
        for node in order:
            if node.inputs:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for source, local in node.inputs:
                source.grad += node.grad * local


# Value: operations -------------------------------------------------------------------------------------------


@mistake("M096b", of="Value", caught_by="test_value_multiplies")
class MultipliesByItself(Value):
    """The derivative of a*b for a is b."""

    def __mul__(self, other):
        other = as_value(other)
        return type(self)(self.data * other.data, [(self, self.data), (other, other.data)])


@mistake("M099b", of="Value", caught_by="test_value_adds")
class SharesOutHalves(Value):
    """Addition passes the whole gradient to both, not half to each."""

    def __add__(self, other):
        other = as_value(other)
        return type(self)(self.data + other.data, [(self, 0.5), (other, 0.5)])


@mistake("M100", of="Value", caught_by="test_value_meets_numbers")
class ReflectsInTheWrongOrder(Value):
    """1 - a arrives as a.__rsub__(1): here the number is on the left and a on the right."""

    def __rsub__(self, number):
        return self - number

    def __rtruediv__(self, number):
        return self / number


@mistake("M100b", of="Value", caught_by="test_value_meets_numbers")
class KnowsNoNumberOnTheLeft(Value):
    """a * 3 works and 3 * a does not: for a number on the left Python asks __rmul__ and its relatives."""

    __radd__ = __rmul__ = __rsub__ = __rtruediv__ = None


@mistake("M101", of="Value", caught_by="test_value_raises_to_a_power")
class PowerOneTooHigh(Value):
    """The derivative of x**k is k * x**(k - 1); here the exponent was not lowered."""

    def __pow__(self, k):
        return type(self)(self.data**k, [(self, k * self.data**k)])


@mistake("M105", of="Value", caught_by="test_backward_uses_what_forward_saw")
class ReadsDataLate(Value):
    """The factor is read when backward runs, after a step has changed the weight. Record the number on the way forward."""

    def __mul__(self, other):
        other = as_value(other)
        return type(self)(self.data * other.data, [(self, other), (other, self)])

    def backward(self):
        order = topological_order(self)
        for node in order:
            if node.inputs:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for source, local in node.inputs:
                source.grad += node.grad * (local.data if isinstance(local, Value) else local)


@mistake("M106", of="Value", caught_by="test_value_relu_at_the_kink")
class ReluOpenAtZero(Value):
    """At 0 this course takes the derivative 0: the question is data > 0, not data >= 0."""

    def relu(self):
        return type(self)(max(self.data, 0.0), [(self, 1.0 if self.data >= 0 else 0.0)])


@mistake("M107b", of="Value", caught_by="test_value_divides")
class InverseWithoutTheSquare(Value):
    """The derivative of a/b for b is -a/b**2: a minus and a square."""

    def __truediv__(self, other):
        other = as_value(other)
        return type(self)(self.data / other.data, [(self, 1.0 / other.data), (other, self.data / other.data)])


@mistake("CH05-inputs-in-a-dict", of="Value", caught_by="test_backward_adds_at_forks")
class InputsInADict(Value):
    """In a dict a node can stand only once. In a * a both inputs are the same node, and one derivative is lost."""

    def __add__(self, other):
        other = as_value(other)
        return type(self)(self.data + other.data, {self: 1.0, other: 1.0}.items())

    def __mul__(self, other):
        other = as_value(other)
        return type(self)(self.data * other.data, {self: other.data, other: self.data}.items())


@mistake("CH05-minus-plus", of="Value", caught_by="test_value_subtracts_and_negates")
class MinusForgottenOnTheWayBack(Value):
    """a - b falls when b grows."""

    def __sub__(self, other):
        other = as_value(other)
        return type(self)(self.data - other.data, [(self, 1.0), (other, 1.0)])


@mistake("CH05-log10", of="Value", caught_by="test_value_exp_and_log")
class LogToTheBaseTen(Value):
    """This kit means the natural logarithm."""

    def log(self):
        return type(self)(math.log10(self.data), [(self, 1.0 / (self.data * math.log(10.0)))])


@mistake("CH05-exp-of-the-input", of="Value", caught_by="test_value_exp_and_log")
class ExpAsAPower(Value):
    """The derivative of exp is exp, its own output, not data * exp(data - 1)."""

    def exp(self):
        return type(self)(math.exp(self.data), [(self, self.data * math.exp(self.data - 1.0))])


@mistake("CH05-slope-of-the-input", of="Value", caught_by="test_value_tanh_and_sigmoid")
class SlopesFromTheInput(Value):
    """1 - t**2 and s*(1 - s) want the output; here they were given the input."""

    def tanh(self):
        return type(self)(math.tanh(self.data), [(self, 1.0 - self.data**2)])

    def sigmoid(self):
        return type(self)(float(sigmoid(self.data)), [(self, self.data * (1.0 - self.data))])


@mistake("CH05-sigmoid-overflows", of="Value", caught_by="test_value_tanh_and_sigmoid_far_out")
class SigmoidThatOverflows(Value):
    """math.exp(800) is an OverflowError. Chapter 03 knows a form that never overflows."""

    def sigmoid(self):
        out = 1.0 / (1.0 + math.exp(-self.data))
        return type(self)(out, [(self, out * (1.0 - out))])


@mistake("CH05-in-place", of="Value", caught_by="test_operations_leave_their_operands_alone")
class ReturnsItself(Value):
    """a ** 1 and a + 0 are new values. Who gets a back changes a leaf when he changes the result."""

    def __pow__(self, k):
        return self if k == 1 else super().__pow__(k)

    def __add__(self, other):
        return self if not isinstance(other, Value) and other == 0 else super().__add__(other)


@mistake("CH05-zero-to-the-zero", of="Value", caught_by="test_value_raises_zero_to_a_power")
class DividesAtZero(Value):
    """For k = 0 the formula k * x**(k - 1) asks for 0 ** -1. A constant has the derivative 0."""

    def __pow__(self, k):
        return type(self)(self.data**k, [(self, k * self.data ** (k - 1))])


# topological_order -------------------------------------------------------------------------------------------


@mistake("CH05-order-by-first-sight", of="topological_order", caught_by="test_order_of_small_graphs")
def topological_order_by_first_sight(v):
    """Going away from v layer by layer lists a node with its nearest user. Another user may be further away and is listed later."""
    order = [v]
    for node in order:
        for source, _ in node.inputs:
            if source not in order:
                order.append(source)
    return order[::-1]


@mistake("CH05-order-preorder", of="topological_order", caught_by="test_order_of_random_graphs")
def topological_order_preorder(v):
    """A node is listed when it is first met, before its inputs are complete. List it when all that it depends on is listed."""
    order, seen, stack = [], set(), [v]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
            stack.extend(source for source, _ in node.inputs)
    return order[::-1]


@mistake("CH05-order-recursive", of="topological_order", caught_by="test_order_of_a_long_chain")
def topological_order_recursive(v):
    """Right for small graphs, but a chain of 50 000 nodes needs 50 000 nested calls; Python stops after about 1000."""
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for source, _ in node.inputs:
                visit(source)
            order.append(node)

    visit(v)
    return order


@mistake("CH05-order-marks-early", of="topological_order", caught_by="test_order_of_random_graphs")
def topological_order_marks_when_pushed(v):
    """A node is crossed off when it is put on the stack. Another user, taken up before it, then does not wait for it."""
    order, seen, stack = [], {v}, [(v, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
            continue
        stack.append((node, True))
        for source, _ in node.inputs:
            if source not in seen:
                seen.add(source)
                stack.append((source, False))
    return order


@mistake("CH05-order-backwards", of="topological_order", caught_by="test_order_of_small_graphs")
def topological_order_backwards(v):
    """v comes first here; it should be the last, each node after what it was computed from."""
    return topological_order(v)[::-1]


@mistake("CH05-order-repeats", of="topological_order", caught_by="test_order_of_small_graphs")
def topological_order_with_repetitions(v):
    """A node with two users is listed twice. Every node belongs in the list once."""
    order = []

    def visit(node):
        for source, _ in node.inputs:
            visit(source)
        order.append(node)

    visit(v)
    return order


@mistake("CH05-order-without-leaves", of="topological_order", caught_by="test_order_of_small_graphs")
def topological_order_without_leaves(v):
    """Leaves are nodes too, and it is their gradient that training wants."""
    return [node for node in topological_order(v) if node.inputs]


@mistake("CH05-order-flags-stay", of="topological_order", caught_by="test_order_of_random_graphs")
def topological_order_with_flags(v):
    """The flags stay on the nodes, so the second call finds most of the graph done already."""
    order = [node for node in topological_order(v) if not hasattr(node, "listed")]
    for node in order:
        node.listed = True
    return order if order else [v]


# zero_grad ---------------------------------------------------------------------------------------------------


@mistake("CH05-zero-only-v", of="zero_grad", caught_by="test_zero_grad_clears_the_whole_graph")
def zero_grad_of_one_node(v):
    """Only v is cleared. Its leaves are the ones that go on adding up."""
    v.grad = 0.0


@mistake("CH05-zero-one-level", of="zero_grad", caught_by="test_zero_grad_clears_the_whole_graph")
def zero_grad_of_the_inputs(v):
    """The graph has more than two levels."""
    v.grad = 0.0
    for source, _ in v.inputs:
        source.grad = 0.0


@mistake("CH05-zero-data", of="zero_grad", caught_by="test_zero_grad_clears_the_whole_graph")
def zero_grad_of_the_data(v):
    """The weights have gone as well: only grad is to be cleared."""
    for node in topological_order(v):
        node.grad = node.data = 0.0


@mistake("CH05-zero-inner", of="zero_grad", caught_by=("test_zero_grad_makes_training_right",))
def zero_grad_of_inner_nodes(v):
    """backward clears the inner nodes by itself. The leaves are what zero_grad is for."""
    for node in topological_order(v):
        if node.inputs:
            node.grad = 0.0


@mistake("CH05-zero-recursive", of="zero_grad", caught_by="test_zero_grad_of_large_graphs")
def zero_grad_recursive(v):
    """Every path is walked, one call inside the other. A long chain is too deep, 40 doublings are too many."""
    v.grad = 0.0
    for source, _ in v.inputs:
        zero_grad_recursive(source)


@mistake("CH05-zero-none", of="zero_grad", caught_by="test_zero_grad_clears_the_whole_graph")
def zero_grad_with_none(v):
    """None cannot be added to: the next backward fails. PyTorch does this, and its backward knows of it."""
    for node in topological_order(v):
        node.grad = None


# maximum -----------------------------------------------------------------------------------------------------


@mistake("M097b", of="maximum", caught_by="test_maximum_is_a_router")
def maximum_to_both(a, b):
    """Only the winner gets the gradient."""
    a, b = as_value(a), as_value(b)
    return Value(max(a.data, b.data), [(a, 1.0), (b, 1.0)])


@mistake("CH05-maximum-tie-to-second", of="maximum", caught_by="test_maximum_gives_a_tie_to_the_first")
def maximum_tie_to_second(a, b):
    """Of two equal ones the first wins; `>` lets the second win."""
    a, b = as_value(a), as_value(b)
    first = float(a.data > b.data)
    return Value(max(a.data, b.data), [(a, first), (b, 1.0 - first)])


@mistake("CH05-maximum-tie-to-both", of="maximum", caught_by="test_maximum_gives_a_tie_to_the_first")
def maximum_tie_to_both(a, b):
    """At a tie both conditions hold and both inputs get the gradient; maximum(a, a) then has slope 2."""
    a, b = as_value(a), as_value(b)
    return Value(max(a.data, b.data), [(a, float(a.data >= b.data)), (b, float(b.data >= a.data))])


@mistake("CH05-maximum-by-relu", of="maximum", caught_by="test_maximum_gives_a_tie_to_the_first")
def maximum_by_relu(a, b):
    """a + relu(b - a) is the same function, and at a tie it is right as well; b + relu(a - b) lets b win there."""
    a, b = as_value(a), as_value(b)
    return b + (a - b).relu()


@mistake("CH05-maximum-itself", of="maximum", caught_by="test_maximum_takes_the_larger")
def maximum_without_a_node(a, b):
    """This hands back one of the two; whoever assigns to the data of the result changes a leaf. Make a new node."""
    a, b = as_value(a), as_value(b)
    return a if a.data >= b.data else b


@mistake("CH05-maximum-cuts-the-graph", of="maximum", caught_by="test_maximum_is_a_router")
def maximum_of_the_data(a, b):
    """Value(max(...)) is a new leaf: it does not know where its number comes from, and no gradient passes."""
    return Value(max(as_value(a).data, as_value(b).data))


# neuron_terms ------------------------------------------------------------------------------------------------


def neuron_by(slope, collect, x, w, b, dl_dz_next, w_next):
    """neuron_terms with another slope of the activation and another way to collect from the next layer."""
    x, w, g, u = as_float(x), as_float(w), as_float(dl_dz_next), as_float(w_next)
    dl_dz = float(slope(x @ w + b) * collect(u, g))
    return {"dz_dw": x.copy(), "dl_dz": dl_dz, "dl_dw": dl_dz * x}


def right_slope(z):
    return sigmoid(z) * (1.0 - sigmoid(z))


@mistake("CH05-neuron-no-slope", of="neuron_terms", caught_by="test_neuron_terms_of_the_backward_pass")
def neuron_terms_without_slope(x, w, b, dl_dz_next, w_next):
    """Between z and the next layer lies the sigmoid; its slope s'(z) is missing."""
    return neuron_by(lambda z: 1.0, np.dot, x, w, b, dl_dz_next, w_next)


@mistake("CH05-neuron-slope-of-a", of="neuron_terms", caught_by="test_neuron_terms_multiply_to_the_gradient")
def neuron_terms_with_slope_of_a(x, w, b, dl_dz_next, w_next):
    """s'(z) is a*(1 - a) with a = s(z). Here sigmoid was taken of a."""
    return neuron_by(lambda z: right_slope(sigmoid(z)), np.dot, x, w, b, dl_dz_next, w_next)


@mistake("CH05-neuron-mean", of="neuron_terms", caught_by="test_neuron_terms_of_the_backward_pass")
def neuron_terms_with_mean(x, w, b, dl_dz_next, w_next):
    """Branches add up; the mean is K times too small."""
    return neuron_by(right_slope, lambda u, g: np.mean(u * g), x, w, b, dl_dz_next, w_next)


@mistake("CH05-neuron-product-of-sums", of="neuron_terms", caught_by="test_neuron_terms_of_the_backward_pass")
def neuron_terms_with_product_of_sums(x, w, b, dl_dz_next, w_next):
    """The sum of products is not the product of sums: each gradient comes through its own weight."""
    return neuron_by(right_slope, lambda u, g: np.sum(u) * np.sum(g), x, w, b, dl_dz_next, w_next)


@mistake("CH05-neuron-no-bias", of="neuron_terms", caught_by="test_neuron_terms_of_the_backward_pass")
def neuron_terms_without_bias(x, w, b, dl_dz_next, w_next):
    """z has a bias too; without it the slope is taken at another place."""
    return neuron_by(right_slope, np.dot, x, w, 0.0, dl_dz_next, w_next)


@mistake(
    "CH05-neuron-weights-for-inputs", of="neuron_terms", caught_by="test_neuron_terms_of_the_forward_pass"
)
def neuron_terms_with_weights(x, w, b, dl_dz_next, w_next):
    """z = x*w + b changes with w by x, as in every mul gate."""
    found = neuron_by(right_slope, np.dot, x, w, b, dl_dz_next, w_next)
    return {**found, "dz_dw": as_float(w).copy(), "dl_dw": found["dl_dz"] * as_float(w)}


@mistake("CH05-neuron-hands-out-x", of="neuron_terms", caught_by="test_neuron_terms_behave")
def neuron_terms_returning_x(x, w, b, dl_dz_next, w_next):
    """dz_dw has the numbers of x, but it must not be x: who changes the result would change the data."""
    return {**neuron_by(right_slope, np.dot, x, w, b, dl_dz_next, w_next), "dz_dw": as_float(x)}


@mistake("CH05-neuron-overflows", of="neuron_terms", caught_by="test_neuron_terms_of_a_saturated_neuron")
def neuron_terms_that_overflow(x, w, b, dl_dz_next, w_next):
    """exp(-z) overflows for z = -5000. Chapter 03 has a sigmoid that does not."""
    return neuron_by(lambda z: np.exp(-z) / (1.0 + np.exp(-z)) ** 2, np.dot, x, w, b, dl_dz_next, w_next)

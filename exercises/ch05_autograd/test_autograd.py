"""Visible tests of chapter 05: small circuits that can be checked by hand."""

import numpy as np
from grader import checks, expect


@checks("add_gate")
def test_add_gate_of_two_numbers(student):
    """-2 + 5 is 3"""
    expect("add_gate(-2, 5)", student.add_gate(-2.0, 5.0)).close_to(3.0)


@checks("add_gate_backward")
def test_add_gate_backward_distributes(student):
    """both inputs of an add gate get all of the gradient"""
    dx, dy = expect("add_gate_backward(-4)", student.add_gate_backward(-4.0)).unpack("dx", "dy")
    dx.close_to(-4.0, hint="If x grows by 1, how much does x + y grow?")
    dy.close_to(-4.0)


@checks("mul_gate")
def test_mul_gate_of_two_numbers(student):
    """3 times -4 is -12"""
    expect("mul_gate(3, -4)", student.mul_gate(3.0, -4.0)).close_to(-12.0)


@checks("mul_gate_backward")
def test_mul_gate_backward_switches(student):
    """if x grows by 1, x * y grows by y"""
    value = student.mul_gate_backward(2.0, 3.0, -4.0)
    dx, dy = expect("mul_gate_backward(2, 3, -4)", value).unpack("dx", "dy")
    dx.close_to(-8.0, hint="If x grows by 1, how much does x * y grow?")
    dy.close_to(6.0)


@checks("max_gate")
def test_max_gate_of_two_numbers(student):
    """the larger of 2 and -1 is 2, in either order"""
    expect("max_gate(2, -1)", student.max_gate(2.0, -1.0)).close_to(2.0)
    expect("max_gate(-1, 2)", student.max_gate(-1.0, 2.0)).close_to(2.0)


@checks("max_gate_backward")
def test_max_gate_backward_routes(student):
    """the larger input gets all of the gradient, the other one nothing; of equal ones the first gets it"""
    for (x, y), want in {(2.0, -1.0): (5.0, 0.0), (-1.0, 2.0): (0.0, 5.0), (2.0, 2.0): (5.0, 0.0)}.items():
        call = f"max_gate_backward(5, {x:g}, {y:g})"
        dx, dy = expect(call, student.max_gate_backward(5.0, x, y)).unpack("dx", "dy")
        dx.close_to(want[0])
        dy.close_to(want[1])


@checks("copy_gate_backward")
def test_copy_gate_backward_of_two_users(student):
    """a number with two users: y = 5x - 2x changes by 3 when x changes by 1"""
    expect("copy_gate_backward(5, -2)", student.copy_gate_backward(5.0, -2.0)).close_to(3.0)
    expect("copy_gate_backward(1, 2, 3)", student.copy_gate_backward(1.0, 2.0, 3.0)).close_to(6.0)


@checks("sigmoid_gate_backward")
def test_sigmoid_gate_backward_of_the_published_neuron(student):
    """where the output is 0.5 the slope is 0.25; where it is 0.73 the slope is about 0.2"""
    expect("sigmoid_gate_backward(2, 0.5)", student.sigmoid_gate_backward(2.0, 0.5)).close_to(0.5)
    got = student.sigmoid_gate_backward(1.0, 0.73105858)
    expect("sigmoid_gate_backward(1, 0.73105858)", got).close_to(0.19661193, rtol=1e-7)


@checks("Value")
def test_value_goes_through_the_first_circuit(student):
    """f = (x + y) * z at -2, 5, -4 is -12, with gradients -4, -4 and 3"""
    x, y, z = student.Value(-2.0), student.Value(5.0), student.Value(-4.0)
    f = (x + y) * z
    expect("f.data", f.data).close_to(-12.0)
    f.backward()
    for name, node, grad in (("x", x, -4.0), ("y", y, -4.0), ("z", z, 3.0), ("f", f, 1.0)):
        expect(f"{name}.grad", node.grad).close_to(grad)


@checks("Value")
def test_value_goes_through_a_neuron(student):
    """the neuron with weights 2, -3, -3 and inputs -1, -2 gives 0.73, with gradients 0.39, -0.59; -0.20, -0.39, 0.20"""
    w = [student.Value(v) for v in (2.0, -3.0, -3.0)]
    x = [student.Value(v) for v in (-1.0, -2.0)]
    out = (w[0] * x[0] + w[1] * x[1] + w[2]).sigmoid()
    expect("out.data", out.data).close_to(0.73, atol=0.005)
    out.backward()
    grads = np.array([expect("grad", node.grad).number() for node in (*x, *w)])
    expect("gradients of x0, x1, w0, w1, w2", grads).close_to([0.39, -0.59, -0.20, -0.39, 0.20], atol=0.005)


@checks("Value")
def test_value_adds_up_at_a_fork(student):
    """y = 3x has two users in c = 2y + 5y: at x = 2 the gradient of x is 21"""
    x = student.Value(2.0)
    y = 3 * x
    c = 2 * y + 5 * y
    expect("c.data", c.data).close_to(42.0)
    c.backward()
    expect("y.grad", y.grad).close_to(7.0)
    expect("x.grad", x.grad).close_to(
        21.0, hint="y hands its gradient on when both of its users have delivered."
    )


@checks("Value")
def test_value_meets_numbers_on_both_sides(student):
    """at a = 2: 1 - a is -1 with slope -1, and 6 / a is 3 with slope -1.5"""
    for call, f, data, slope in (
        ("1 - a", lambda a: 1 - a, -1.0, -1.0),
        ("a - 1", lambda a: a - 1, 1.0, 1.0),
        ("6 / a", lambda a: 6 / a, 3.0, -1.5),
    ):
        a = student.Value(2.0)
        y = f(a)
        expect(f"({call}).data for a = 2", y.data).close_to(data)
        y.backward()
        expect(f"a.grad for y = {call} and a = 2", a.grad).close_to(slope)


@checks("topological_order")
def test_topological_order_of_a_fork(student):
    """a, then b = a * a, then y = b + a"""
    a = student.Value(2.0)
    b = a * a
    y = b + a
    order = expect("topological_order(y)", student.topological_order(y)).sequence()
    judged = expect("topological_order(y) with b = a * a and y = b + a", order)
    named = [node for node in order if node in (a, b, y)]
    judged.satisfies(named == [a, b, y], "a, b and y do not come in this order, each once.")


@checks("zero_grad")
def test_zero_grad_of_a_square(student):
    """after backward and zero_grad all gradients of y = x * x are 0, and a new backward gives 6, not 12"""
    x = student.Value(3.0)
    y = x * x
    y.backward()
    student.zero_grad(y)
    expect("x.grad after zero_grad(y)", x.grad).close_to(0.0)
    expect("y.grad after zero_grad(y)", y.grad).close_to(0.0)
    y.backward()
    expect("x.grad after y.backward()", x.grad).close_to(6.0)


@checks("maximum")
def test_maximum_in_the_published_circuit(student):
    """f = 2 * (x*y + max(z, w)) at 3, -4, 2, -1: the gradients are -8, 6, 2, 0"""
    x, y, z, w = (student.Value(v) for v in (3.0, -4.0, 2.0, -1.0))
    f = 2 * (x * y + student.maximum(z, w))
    f.backward()
    expect("f.data", f.data).close_to(-20.0)
    for name, node, grad in (("x", x, -8.0), ("y", y, 6.0), ("z", z, 2.0), ("w", w, 0.0)):
        expect(f"{name}.grad", node.grad).close_to(grad)


@checks("neuron_terms")
def test_neuron_terms_of_two_next_neurons(student):
    """z = 0, so the slope is 1/4; from above come 1*3 + 2*(-1) = 1"""
    x, w = np.array([8.0, -4.0]), np.array([1.0, 2.0])
    value = student.neuron_terms(x, w, 0.0, np.array([3.0, -1.0]), np.array([1.0, 2.0]))
    found = expect("neuron_terms(x, w, 0, dl_dz_next, w_next)", value).keys("dz_dw", "dl_dz", "dl_dw")
    found["dz_dw"].close_to([8.0, -4.0])
    found["dl_dz"].close_to(0.25)
    found["dl_dw"].close_to([2.0, -1.0])

"""Hidden tests of ch14: joining and cutting channels."""

import numpy as np

from grader import battery, expect, points, refuses


def parts_of(rng, *channels, n=2, h=3, w=4):
    return [rng.normal(size=(n, c, h, w)) for c in channels]


def joined(parts):
    """Channel by channel, by loops."""
    n, _, h, w = parts[0].shape
    out = np.zeros((n, sum(p.shape[1] for p in parts), h, w))
    at = 0
    for part in parts:
        for c in range(part.shape[1]):
            out[:, at] = part[:, c]
            at += 1
    return out


@points(1, of="concat_channels")
def test_channels_are_joined_in_order(student, rng):
    """concat_channels puts the parts behind each other along axis 1, in the order of the list"""
    for channels in ((1, 2), (3, 1, 2), (2, 2, 2), (4,), (2, 0, 1)):
        parts = parts_of(rng, *channels)
        expect("concat_channels(parts)", student.concat_channels(parts)).close_to(joined(parts))


@points(0.5, of="concat_channels", needs="test_channels_are_joined_in_order")
def test_joining_square_blocks(student, rng):
    """concat_channels uses the channel axis also where all axes are equally long"""
    parts = parts_of(rng, 3, 3, n=3, h=3, w=3)
    expect("concat_channels(parts)", student.concat_channels(parts)).close_to(joined(parts))


@points(0.5, of="concat_channels", needs="test_channels_are_joined_in_order")
def test_joining_makes_a_new_array(student, rng):
    """concat_channels leaves its parts alone and returns memory of its own, also for one part"""
    for channels in ((1, 2), (2,)):
        parts = parts_of(rng, *channels)
        battery.leaves_arguments_alone("concat_channels(parts)", student.concat_channels, parts)
        battery.returns_new_arrays("concat_channels(parts)", student.concat_channels, parts)


@points(0.5, of="concat_channels", needs="test_channels_are_joined_in_order")
def test_joining_refuses_parts_that_do_not_fit(student, rng):
    """concat_channels raises ValueError if N, H or W differ or nothing is given"""
    a = np.zeros((2, 1, 3, 4))
    for wrong in (
        np.zeros((1, 1, 3, 4)),
        np.zeros((2, 1, 4, 4)),
        np.zeros((2, 1, 3, 3)),
        np.zeros((2, 3, 4)),
    ):
        refuses("concat_channels of parts that do not fit", ValueError, student.concat_channels, [a, wrong])
    refuses("concat_channels([])", ValueError, student.concat_channels, [])


@points(0.2, of="concat_channels", needs="test_channels_are_joined_in_order")
def test_joining_keeps_float32(student, rng):
    """concat_channels of float32 parts is float32"""
    parts = [p.astype(np.float32) for p in parts_of(rng, 1, 2)]
    expect("concat_channels(parts)", student.concat_channels(parts)).has_dtype(np.float32)
    for wide in (0, 1):
        mixed = [p.astype(np.float64) if k == wide else p for k, p in enumerate(parts)]
        got = expect("concat_channels of a float32 and a float64 part", student.concat_channels(mixed))
        got.has_dtype(np.float64)


@points(1.5, of="concat_channels_backward")
def test_the_gradient_is_cut_in_order(student, rng):
    """concat_channels_backward gives each part the channels that came from it"""
    for sizes in ([1, 2], [2, 1], [3, 1, 2], [16, 24, 24, 24], [4], [2, 0, 1]):
        dout = rng.normal(size=(2, sum(sizes), 3, 4))
        got = expect("concat_channels_backward(dout, sizes)", student.concat_channels_backward(dout, sizes))
        at = 0
        for k, part in enumerate(got.sequence(len(sizes))):
            expect(f"part {k + 1} of concat_channels_backward(dout, sizes)", part).close_to(
                dout[:, at : at + sizes[k]]
            )
            at += sizes[k]


@points(0.5, of="concat_channels_backward", needs="test_the_gradient_is_cut_in_order")
def test_cutting_undoes_joining(student, rng):
    """what was joined comes back part by part"""
    parts = parts_of(rng, 2, 3, 1)
    got = student.concat_channels_backward(joined(parts), [2, 3, 1])
    for part, want in zip(expect("the parts", got).sequence(3), parts, strict=True):
        expect("a part", part).close_to(want)


@points(0.5, of="concat_channels_backward", needs="test_the_gradient_is_cut_in_order")
def test_the_parts_are_arrays_of_their_own(student, rng):
    """concat_channels_backward leaves dout alone and shares no memory with it"""
    dout = rng.normal(size=(2, 3, 2, 2))
    battery.leaves_arguments_alone(
        "concat_channels_backward(dout, sizes)", student.concat_channels_backward, dout, [1, 2]
    )
    battery.returns_new_arrays(
        "concat_channels_backward(dout, sizes)", student.concat_channels_backward, dout, [1, 2]
    )
    battery.returns_new_arrays(
        "concat_channels_backward(dout, [3])", student.concat_channels_backward, dout, [3]
    )


@points(0.3, of="concat_channels_backward", needs="test_the_gradient_is_cut_in_order")
def test_cutting_refuses_wrong_sizes(student, rng):
    """concat_channels_backward raises ValueError if the sizes do not add up"""
    for sizes in ([1, 1], [2, 2], [3, 1]):
        refuses(
            "concat_channels_backward",
            ValueError,
            student.concat_channels_backward,
            np.zeros((1, 3, 2, 2)),
            sizes,
        )


@points(0.2, of="concat_channels_backward", needs="test_the_gradient_is_cut_in_order")
def test_cutting_keeps_float32(student, rng):
    """the parts of a float32 gradient are float32"""
    dout = rng.normal(size=(1, 3, 2, 2)).astype(np.float32)
    for part in expect("the parts", student.concat_channels_backward(dout, [1, 2])).sequence(2):
        expect("a part", part).has_dtype(np.float32)

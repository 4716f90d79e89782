"""Hidden tests of ch14: shapes on the way, memory, and files in the IDX format."""

import gzip
import io

import numpy as np

from grader import Rng, expect, in_worker, points, refuses

# shape_trace ----------------------------------------------------------------------------------------------------


@in_worker
def traces(student):
    """Traces of three models, and what tracing changed."""
    import numpy as np

    class Cut(student.Layer):
        """Keeps the first channel; not a kind of layer that anybody has seen."""

        def forward(self, x):
            return x[:, :1]

    rng = np.random.default_rng(0)
    small = student.Sequential(
        student.Conv2d(1, 3, 3, rng), student.ReLU(), student.MaxPool2d(2), student.Flatten()
    )
    dense = student.Sequential(
        student.Flatten(), student.Linear(12, 5, rng), student.ReLU(), student.Linear(5, 2, rng)
    )
    block = student.Sequential(
        student.Conv2d(2, 4, 1, rng), student.Inception(4, rng), student.ResidualBlock(88, rng), Cut()
    )
    before = [layer.params[name].copy() for layer, name in block.parameters()]
    found = [
        student.shape_trace(small, (1, 8, 10)),
        student.shape_trace(dense, (3, 2, 2)),
        student.shape_trace(block, (2, 4, 6)),
    ]
    same = all((layer.params[name] == b).all() for (layer, name), b in zip(block.parameters(), before))
    clean = all(not layer.grads[name].any() for layer, name in block.parameters())
    block.eval()
    student.shape_trace(block, (2, 3, 3))
    mode = [block.training, block.layers[0].training]
    block.train()
    student.shape_trace(block, (2, 3, 3))
    return found, bool(same), bool(clean), [*mode, block.training, block.layers[0].training]


@points(1.5, of="shape_trace")
def test_shapes_on_the_way(student):
    """shape_trace gives the input shape and the shape after each layer, without the batch axis"""
    found, *_ = expect("three models", traces(student)).sequence(4)
    wanted = [
        [(1, 8, 10), (3, 6, 8), (3, 6, 8), (3, 3, 4), (36,)],
        [(3, 2, 2), (12,), (5,), (5,), (2,)],
        [(2, 4, 6), (4, 4, 6), (88, 4, 6), (88, 4, 6), (1, 4, 6)],
    ]
    for got, want in zip(found, wanted, strict=True):
        shapes = expect("shape_trace(model, input_shape)", got).sequence(len(want))
        for shape, right in zip(shapes, want, strict=True):
            entries = expect("a shape in shape_trace(model, input_shape)", shape).sequence(len(right))
            expect("a shape in shape_trace(model, input_shape)", [int(n) for n in entries]).equals(
                list(right)
            )


@points(0.5, of="shape_trace", needs="test_shapes_on_the_way")
def test_tracing_changes_nothing(student):
    """shape_trace leaves parameters, grads and the mode of the model as they are"""
    _, same, clean, modes = expect("three models", traces(student)).sequence(4)
    expect("the parameters afterwards are the same", same).equals(True)
    expect("the grads afterwards are zero", clean).equals(True)
    expect("training of a model in eval mode and in training mode, afterwards", modes).equals(
        [False, False, True, True]
    )


@in_worker
def trace_of_a_nested_model(student):
    """The trace of a network with a network inside and one score at the end."""
    import numpy as np

    rng = np.random.default_rng(0)
    inner = student.Sequential(student.Flatten(), student.Linear(12, 5, rng), student.ReLU())
    return student.shape_trace(student.Sequential(inner, student.Linear(5, 1, rng)), (1, 3, 4))


@points(0.5, of="shape_trace", needs="test_shapes_on_the_way")
def test_shapes_of_a_network_in_a_network(student):
    """a Sequential inside of the model counts as one layer, and an axis of one stays"""
    got = expect("shape_trace(model, (1, 3, 4))", trace_of_a_nested_model(student)).sequence(3)
    for shape, right in zip(got, [[1, 3, 4], [5], [1]], strict=True):
        entries = expect("a shape in shape_trace(model, input_shape)", shape).sequence(len(right))
        expect("a shape in shape_trace(model, input_shape)", [int(n) for n in entries]).equals(right)


@points(1, of="shape_trace", needs="test_shapes_on_the_way")
def test_shapes_of_the_whole_network(student):
    """the network of the course's first note: 1408 numbers before the last layer"""
    rng = Rng(0)
    net = student.Sequential(
        *(student.Conv2d(1, 10, 5, rng), student.MaxPool2d(2), student.Inception(10, rng)),
        *(student.Conv2d(88, 20, 5, rng), student.MaxPool2d(2), student.Inception(20, rng)),
        *(student.Flatten(), student.Linear(1408, 10, rng)),
    )
    want = [
        (1, 28, 28),
        (10, 24, 24),
        (10, 12, 12),
        (88, 12, 12),
        (20, 8, 8),
        (20, 4, 4),
        (88, 4, 4),
        (1408,),
        (10,),
    ]
    got = expect("shape_trace(net, (1, 28, 28))", student.shape_trace(net, (1, 28, 28))).sequence(len(want))
    for shape, right in zip(got, want, strict=True):
        expect("a shape on the way", [int(n) for n in expect("a shape", shape).sequence()]).equals(
            list(right)
        )


# activation_bytes -----------------------------------------------------------------------------------------------

SHAPES = [(1, 28, 28), (10, 24, 24), (10, 12, 12), (88, 12, 12), (20, 8, 8), (1280,), (10,)]


def numbers(shape):
    product = 1
    for n in shape:
        product *= n
    return product


@points(1, of="activation_bytes")
def test_memory_in_training(student):
    """in training every layer's output is kept: the sum over all shapes"""
    want = sum(map(numbers, SHAPES))
    for batch, itemsize in ((1, 4), (32, 4), (7, 8)):
        expect(
            "activation_bytes(shapes, batch, itemsize)", student.activation_bytes(SHAPES, batch, itemsize)
        ).equals(want * batch * itemsize)
    expect("activation_bytes(shapes, 3)", student.activation_bytes(SHAPES, 3)).equals(want * 12)
    expect("activation_bytes([(6,)], 2)", student.activation_bytes([(6,)], 2)).equals(48)


@points(1.5, of="activation_bytes")
def test_memory_in_prediction(student):
    """in prediction two neighbours are needed at a time: the largest such sum"""
    for shapes in (
        SHAPES,
        [(3,), (5,), (2,)],
        [(9,), (1,), (4,), (4,)],
        [(1,), (2,), (50,)],
        [(50,), (2,), (40,)],
    ):
        sizes = list(map(numbers, shapes))
        want = max(sizes[i] + sizes[i + 1] for i in range(len(sizes) - 1))
        for batch, itemsize in ((1, 4), (10, 8)):
            got = student.activation_bytes(shapes, batch, itemsize, training=False)
            expect("activation_bytes(shapes, batch, itemsize, training=False)", got).equals(
                want * batch * itemsize
            )
    expect(
        "activation_bytes([(6,)], 2, training=False)", student.activation_bytes([(6,)], 2, training=False)
    ).equals(48)


@points(0.5, of="activation_bytes", needs="test_memory_in_training")
def test_memory_of_a_large_batch(student):
    """the bytes are exact whole numbers, also beyond 2**31"""
    shapes = [(64, 512, 512), (64, 256, 256)]
    want = (64 * 512 * 512 + 64 * 256 * 256) * 256 * 4
    expect("activation_bytes(shapes, 256)", student.activation_bytes(shapes, 256)).equals(want)
    expect(
        "activation_bytes(shapes, 256, training=False)", student.activation_bytes(shapes, 256, training=False)
    ).equals(want)


# read_idx -------------------------------------------------------------------------------------------------------


def idx(array):
    """A file in the IDX format, by its description."""
    magic = {1: 2049, 3: 2051}[array.ndim]
    header = b"".join(int(n).to_bytes(4, "big") for n in (magic, *array.shape))
    return header + bytes(array.ravel().tolist())


@points(1.5, of="read_idx")
def test_images_are_read(student, rng):
    """read_idx gives images as (n, rows, columns), row by row"""
    for shape in ((3, 2, 4), (1, 5, 3), (2, 28, 28), (300, 1, 2), (0, 4, 4)):
        images = rng.integers(0, 256, size=shape)
        got = expect("read_idx(images)", student.read_idx(idx(images)))
        got.has_dtype(np.uint8).equals(images.astype(np.uint8))


@points(1, of="read_idx")
def test_labels_are_read(student, rng):
    """read_idx gives labels as (n,), the first one included"""
    for n in (1, 9, 10, 300):
        labels = rng.integers(0, 256, size=n)
        expect("read_idx(labels)", student.read_idx(idx(labels))).has_dtype(np.uint8).equals(
            labels.astype(np.uint8)
        )


@points(0.5, of="read_idx", needs=("test_images_are_read", "test_labels_are_read"))
def test_packed_and_open_files_are_read(student, rng):
    """read_idx unpacks gzip and reads open files, large ones too"""
    images, labels = rng.integers(0, 256, size=(2, 3, 4)), rng.integers(0, 10, size=5)
    for array in (images, labels):
        got = expect("read_idx of a gzipped file", student.read_idx(gzip.compress(idx(array))))
        got.equals(array.astype(np.uint8))
    many = rng.integers(0, 10, size=70_000)
    got = expect("read_idx of 70 000 labels", student.read_idx(gzip.compress(idx(many))))
    got.equals(many.astype(np.uint8), "Whole numbers of four bytes.")
    got = expect("read_idx of an open file", student.read_idx(io.BytesIO(idx(images))))
    got.equals(images.astype(np.uint8))


@points(1, of="read_idx", needs=("test_images_are_read", "test_labels_are_read"))
def test_broken_files_are_refused(student, rng):
    """read_idx raises ValueError for another magic number and for too few or too many bytes"""
    images, labels = idx(rng.integers(0, 256, size=(2, 3, 4))), idx(rng.integers(0, 10, size=5))
    turned = (2051).to_bytes(4, "little") + images[4:]
    broken = [
        images[:-1],
        images[:20],
        images[:10],
        images + b"x",
        labels[:-1],
        labels[:6],
        labels + b"xx",
        turned,
    ]
    broken += [(2050).to_bytes(4, "big") + images[4:], (0).to_bytes(4, "big") + labels[4:], b"", b"\0\0"]
    # Magic numbers of which a part is right: of a longer number, and of an IDX file of floats
    broken += [(2**24 + 2049).to_bytes(4, "big") + labels[4:], (0x0D03).to_bytes(4, "big") + images[4:]]
    for data in broken:
        refuses("read_idx of a broken file", ValueError, student.read_idx, data)


@points(0.5, of="read_idx", needs="test_images_are_read")
def test_what_was_read_may_be_changed(student, rng):
    """read_idx returns an array of its own"""
    expect(
        "read_idx(...) can be written to", writable(student, idx(rng.integers(0, 256, size=(1, 2, 2))))
    ).equals(True)


@in_worker
def writable(student, data):
    return bool(student.read_idx(data).flags.writeable)


# load_fashion_mnist ---------------------------------------------------------------------------------------------

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def small_set(rng, n_train=5, n_test=3, size=(4, 3)):
    """Four files and the arrays in them."""
    arrays = [
        rng.integers(0, 256, size=(n_train, *size)),
        rng.integers(0, 10, size=n_train),
        rng.integers(0, 256, size=(n_test, *size)),
        rng.integers(0, 10, size=n_test),
    ]
    return dict(zip(NAMES, map(idx, arrays), strict=True)), arrays


@points(2, of="load_fashion_mnist")
def test_four_files_are_loaded(student, rng):
    """load_fashion_mnist gives float32 rows from 0 to 1 and int64 labels, training first"""
    for packed in (False, True):
        files, (tr, ltr, te, lte) = small_set(rng)
        if packed:
            files = {f"{name}.gz": gzip.compress(data) for name, data in files.items()}
        parts = expect("load_fashion_mnist(folder)", student.load_fashion_mnist(files)).unpack(
            "Xtr", "ytr", "Xte", "yte"
        )
        for part, images in ((parts[0], tr), (parts[2], te)):
            part.has_dtype(np.float32).close_to(
                (images.reshape(len(images), -1) / 255).astype(np.float32), rtol=1e-6
            )
        for part, labels in ((parts[1], ltr), (parts[3], lte)):
            part.has_dtype(np.int64).equals(labels)


@points(1, of="load_fashion_mnist", needs="test_four_files_are_loaded")
def test_images_of_one_channel(student, rng):
    """with flatten=False the images are (n, 1, rows, columns)"""
    files, (tr, _, te, _) = small_set(rng)
    Xtr, _, Xte, _ = expect(
        "load_fashion_mnist(folder, flatten=False)", student.load_fashion_mnist(files, flatten=False)
    ).unpack("Xtr", "ytr", "Xte", "yte")
    for part, images in ((Xtr, tr), (Xte, te)):
        part.has_dtype(np.float32).close_to((images[:, None] / 255).astype(np.float32), rtol=1e-6)


@points(0.5, of="load_fashion_mnist", needs="test_four_files_are_loaded")
def test_all_images_have_one_scale(student, rng):
    """a dark image stays dark: every grey value is divided by the same 255"""
    files, (tr, *_) = small_set(rng)
    tr = tr.copy()
    tr[1] //= 20
    tr[2] = 7
    files[NAMES[0]] = idx(tr)
    Xtr, *_ = expect("load_fashion_mnist(folder)", student.load_fashion_mnist(files)).unpack(
        "Xtr", "ytr", "Xte", "yte"
    )
    Xtr.close_to(
        (tr.reshape(len(tr), -1) / 255).astype(np.float32),
        rtol=1e-6,
        hint="Divide by 255, not by the largest value.",
    )


@points(0.5, of="load_fashion_mnist", needs="test_four_files_are_loaded")
def test_sets_that_do_not_fit_are_refused(student, rng):
    """load_fashion_mnist raises ValueError if images and labels are not equally many"""
    for name in (NAMES[1], NAMES[3]):
        files, _ = small_set(rng)
        files[name] = idx(rng.integers(0, 10, size=4))
        refuses("load_fashion_mnist(folder)", ValueError, student.load_fashion_mnist, files)
    files, _ = small_set(rng)
    del files[NAMES[2]]
    refuses("load_fashion_mnist of three files", FileNotFoundError, student.load_fashion_mnist, files)

"""The course's data files: what they hold, and that the given loaders return it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from grader.local import load_chapter

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "exercises" / "data"
CHAPTER = "ch10_optimizers"

SETS = {
    "iris": {
        "file": "0815d932b30c434f06a7f9a004235f6881319f997f9eda8e7f683af86432c2b4",
        "X": "012f498fe9c8b3b34212c3c5d98e1f03f2f79931cd49349beb1bad64dcf164a7",
        "y": "734737f11162991213afc3a96aa5e8823b2d9cdcfb8992df1e85a0bae44b2395",
        "shape": (150, 4),
        "classes": [50, 50, 50],
    },
    "digits": {
        "file": "3023b97615f8c8c40a481b34065f4f261e1ba2babce4c10dfe8dae776499f782",
        "X": "20def7f70a702f0af9732fbba4375e147a7d54fe70d8c45569b8e7c1c7010c10",
        "y": "a3c91c262eddcf7ba8f0e37507c30284493c9b20412ffe4af30d536401f7ba21",
        "shape": (1797, 64),
        "classes": [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
    },
}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def loaded_from(root: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """What the given loader returns when the chapter lies in `root`."""
    loaded = load_chapter(root, CHAPTER)
    assert not loaded.problems
    return getattr(loaded.module, f"load_{name}")()


@pytest.mark.parametrize("name", SETS)
def test_files_are_the_ones_that_were_checked(name):
    """each file has its known sha256 and is small"""
    data = (DATA / f"{name}.npz").read_bytes()
    assert sha256(data) == SETS[name]["file"]
    assert len(data) < 50_000


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("desk", ["solutions", "exercises"])
def test_loaders_return_the_published_numbers(name, desk):
    """the loaders return float64 rows and int64 labels with the known sha256 and class counts, from both desks"""
    known = SETS[name]
    X, y = loaded_from(ROOT / desk, name)
    assert (X.shape, X.dtype, y.shape, y.dtype) == (known["shape"], np.float64, known["shape"][:1], np.int64)
    assert sha256(np.ascontiguousarray(X, "<f8").tobytes()) == known["X"]
    assert sha256(np.ascontiguousarray(y, "<i8").tobytes()) == known["y"]
    assert np.bincount(y).tolist() == known["classes"]
    assert X.flags.writeable and y.flags.writeable


def test_iris_has_its_well_known_statistics():
    """ranges and means of the four columns are those in the literature; the classes are sorted"""
    X, y = loaded_from(ROOT / "solutions", "iris")
    assert X.min(axis=0).tolist() == [4.3, 2.0, 1.0, 0.1]
    assert X.max(axis=0).tolist() == [7.9, 4.4, 6.9, 2.5]
    assert X.mean(axis=0) == pytest.approx([5.843333, 3.057333, 3.758, 1.199333], abs=1e-6)
    assert X[[0, 50, 100]].tolist() == [[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5]]
    assert (np.diff(y) >= 0).all()
    # the two rows in which the copy of the UCI repository is wrong
    assert X[[34, 37]].tolist() == [[4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1]]


def test_digits_are_grey_values():
    """pixels are whole numbers from 0 to 16, and the first image is a zero"""
    X, y = loaded_from(ROOT / "solutions", "digits")
    assert (np.round(X) == X).all()
    assert (X.min(), X.max()) == (0.0, 16.0)
    assert X[0].reshape(8, 8)[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert y[:10].tolist() == list(range(10))


def test_loaders_work_in_a_workspace(tmp_path):
    """a copy of the exercises somewhere else finds its own data, and says so if they are missing"""
    shutil.copytree(
        ROOT / "exercises", tmp_path / "mine", ignore=shutil.ignore_patterns("__pycache__", "figures")
    )
    X, _ = loaded_from(tmp_path / "mine", "iris")
    assert X.shape == (150, 4)
    shutil.rmtree(tmp_path / "mine" / "data")
    with pytest.raises(FileNotFoundError, match=r"iris\.npz is not in .*data"):
        loaded_from(tmp_path / "mine", "iris")


def test_readme_tells_the_checksums():
    """the README beside the data names every checksum and the licence"""
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for known in SETS.values():
        assert all(known[key] in text for key in ("file", "X", "y"))
    assert text.count("CC BY 4.0") == 2

"""Folder names: readable, safe, and never two students in one folder."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.names import MAX_BYTES, FolderNames, folder_name


@pytest.mark.parametrize(
    "name",
    ["student01", "Anna", "anna.b_c-d", "Müller", "Łukasz", "李小龙", "Ελένη", "नमिता", "a..b"],
)
def test_harmless_names_stay(name):
    """letters of any script, digits and ._- are kept as they are"""
    assert folder_name(name) == name


@pytest.mark.parametrize(
    "name, folder",
    [
        ("", "%empty"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        (".hidden", "%2Ehidden"),
        ("-rf", "%2Drf"),
        ("end.", "end%2E"),
        ("a/b\\c", "a%2Fb%5Cc"),
        ("Anna Berg", "Anna%20Berg"),
        ("100%", "100%25"),
        ("a~b", "a%7Eb"),
        ("nul\0", "nul%00"),
        ("a\nb", "a%0Ab"),
        ("\u202eexe", "%E2%80%AEexe"),
        ("\udcff", "%ED%B3%BF"),
        ("😀", "%F0%9F%98%80"),
        ("con", "%63on"),
        ("NUL.txt", "%4EUL.txt"),
        ("index.html", "%69ndex.html"),
    ],
)
def test_everything_else_is_percent_encoded(name, folder):
    """what could leave the folder, hide, or be a device or an option is encoded"""
    assert folder_name(name) == folder


def test_names_that_differ_in_case_get_folders_that_do_not_collide():
    """on a disk that ignores case, Anna and anna have a folder each; the first keeps the plain name"""
    names = FolderNames()
    assert names.of("anna") == "anna"
    assert names.of("Anna").startswith("Anna~")
    assert names.of("anna") == "anna" and names.of("Anna") == names.of("Anna")


def test_names_that_differ_in_unicode_form_get_folders_that_do_not_collide():
    """macOS takes é and e with an accent for the same name"""
    composed = "José"
    decomposed = unicodedata.normalize("NFD", composed)
    names = FolderNames()
    folders = [names.of(composed), names.of(decomposed)]
    assert len({unicodedata.normalize("NFC", folder) for folder in folders}) == 2


def test_long_names_are_cut_and_stay_apart():
    """a name of 300 letters fits into 255 bytes, whole characters only, and its twin gets another folder"""
    names = FolderNames()
    folders = [names.of("ü" * 300 + end) for end in "ab"]
    assert folders[0] != folders[1]
    assert all(len(folder.encode()) <= MAX_BYTES and folder.startswith("üü") for folder in folders)
    cut = folder_name("/" * 300).partition("~")[0]
    assert set(cut.split("%")[1:]) == {"2F"}


def test_folders_given_out_before_are_kept():
    """what an earlier run gave out stays, whatever the order of the names now"""
    names = FolderNames({"Anna": "Anna"})
    assert names.of("anna").startswith("anna~")
    assert names.of("Anna") == "Anna"


@given(st.lists(st.text(st.characters(), max_size=12), max_size=8, unique=True))
def test_no_two_names_share_a_folder(students):
    """any set of different names gives as many folders, also where case and Unicode form do not count"""
    names = FolderNames()
    folders = [names.of(student) for student in students]
    folded = {unicodedata.normalize("NFC", folder).casefold() for folder in folders}
    assert len(folded) == len(students)
    for folder in folders:
        assert folder and folder[0] not in ".-" and not set(folder) & set("/\\\0\n :")
        assert len(folder.encode()) <= MAX_BYTES

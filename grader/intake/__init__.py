"""What students handed in: folders, zip files and downloads of learning platforms, as one listing.

`files` and `archive` give folders and zip files one face and bound everything that is read; `names` knows what file
names mean; `roster` collects the files of each student. Nothing is unpacked onto a disk and no name of a student's
file is ever used as a path. `grader.submission` is the way in.

Which file counts for a chapter, of several: the first by these rules. The others are named in the result.

 1. A file that can be read at all comes before one that is known not to be (a link, twice in the archive, encrypted).
 2. A loose file comes before one in a zip file; of several zip files the latest comes first.
 3. A file in the chapter's own folder (`ch04_losses/losses.py`) comes before one elsewhere.
 4. `losses.py` comes before `student01_losses.py`.
 5. The latest: `losses-2.py`, `losses (2).py`, `losses_v2.py` before `losses-1.py` and `losses-copy.py`, and these
    before `losses.py`. Names decide, never the times of files, which copying and unzipping change.
 6. Of Canvas files that tie, the one uploaded last (its attachment number is higher).
 7. The one in fewer folders; `.py` before `.ipynb`; the exact spelling before `Losses.PY`; then by name.

A file that still is the stub as it was handed out (`losses.py` or `losses.ipynb`) counts only if there is no other.
"""

"""Gradescope: an autograder.zip that grades one chapter there, with the verdicts and scores of `kata grade`.

`package` writes the zip (`setup.sh`, `run_autograder`, a bundle of the chapter, this package, pinned requirements);
`platform` and `inner` are what runs there; `results` turns a result into Gradescope's results.json; `late` is the late policy of a
class file as far as it may travel.
"""

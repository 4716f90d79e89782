"""Texts: one place for each, the same fields in the code and in every language, and a language added without code."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader import texts
from grader.texts import check
from grader.texts.check import fields_in

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "grader"
TOPICS = texts.topics()
IDS = {f"{topic}.{name}": text for topic in TOPICS for name, text in texts.known(topic).items()}
MODULE_OF: dict[ast.AST, ast.Module] = {}


# what the code says ----------------------------------------------------------------------------------------------


@dataclass
class Call:
    """One `say(...)` in the code. ids : those that it may mean. fields : what it fills in, None if that is not to be seen."""

    where: str
    ids: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    fields: set[str] | None = None


def calls_in(path: Path) -> Iterator[Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    MODULE_OF.update((n, tree) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    yield from calls_of(tree, tree, path)


def calls_of(node: ast.AST, scope: ast.AST, path: Path) -> Iterator[Call]:
    for child in ast.iter_child_nodes(node):
        inner = child if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) else scope
        if isinstance(child, ast.Call) and named(child.func) in ("say", "say_in") and child.args:
            call = Call(f"{path.relative_to(ROOT)}:{child.lineno}")
            first = child.args[1 if named(child.func) == "say_in" else 0]
            for pattern in patterns(first, scope):
                found = {id for id in IDS if re.fullmatch(pattern, id)}
                call.ids |= found
                call.missing |= set() if found else {pattern}
            call.fields = fields_of(child, scope)
            yield call
        yield from calls_of(child, inner, path)


def named(function: ast.expr) -> str:
    return (
        function.id
        if isinstance(function, ast.Name)
        else function.attr
        if isinstance(function, ast.Attribute)
        else ""
    )


def patterns(node: ast.expr, scope: ast.AST) -> set[str]:
    """Regular expressions for the ids that an expression may be."""
    if isinstance(node, ast.Constant):
        return {re.escape(str(node.value))}
    if isinstance(node, ast.IfExp):
        return patterns(node.body, scope) | patterns(node.orelse, scope)
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[\w.-]+" for v in node.values]
        return {"".join(parts)}
    if isinstance(node, ast.BinOp):  # "doctor.state." + state
        return {f"{p}[\\w.-]+" for p in patterns(node.left, scope)}
    if isinstance(node, ast.Name):
        return values_of(node.id, scope)
    return set()


def values_of(name: str, scope: ast.AST) -> set[str]:
    """What a name may be: by assignments, by a loop over a table of ids, or as a parameter by the calls."""
    found: set[str] = set()
    for n in ast.walk(scope):
        if isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in n.targets):
            found |= patterns(n.value, scope)
        elif isinstance(n, ast.For) and name in {t.id for t in ast.walk(n.target) if isinstance(t, ast.Name)}:
            constants = (c.value for c in ast.walk(n.iter) if isinstance(c, ast.Constant))
            found |= {re.escape(c) for c in constants if isinstance(c, str) and c in IDS}
    if isinstance(scope, ast.FunctionDef):
        parameters = [a.arg for a in scope.args.args]
        if name in parameters:
            for n in ast.walk(MODULE_OF[scope]):
                if isinstance(n, ast.Call) and named(n.func) == scope.name:
                    found |= patterns(n.args[parameters.index(name)], MODULE_OF[scope])
    return found


def fields_of(call: ast.Call, scope: ast.AST) -> set[str] | None:
    found: set[str] = set()
    for keyword in call.keywords:
        if keyword.arg is not None:
            found.add(keyword.arg)
            continue
        for made in (n for n in ast.walk(scope) if isinstance(n, ast.Assign)):
            target = made.targets[0]
            if isinstance(target, ast.Name) and target.id == named(keyword.value):
                if not isinstance(made.value, ast.Dict):
                    return None
                found |= {str(k.value) for k in made.value.keys if isinstance(k, ast.Constant)}
    return found


CALLS = [
    call
    for path in sorted(PACKAGE.rglob("*.py"))
    if "inside" not in path.parts and path.parent != PACKAGE / "texts"
    for call in calls_in(path)
]


def test_every_text_that_the_code_says_is_there():
    """each id in the code is in the catalogue"""
    assert len(CALLS) > 300
    assert {call.where: call.missing for call in CALLS if call.missing or not call.ids} == {}


def test_every_text_that_is_there_is_said():
    """no text in the catalogue is left over"""
    assert sorted(set(IDS) - set().union(*(call.ids for call in CALLS))) == []


def test_texts_and_calls_have_the_same_fields():
    """a call fills in each field of its text, and a text uses each field of its call"""
    wrong = {}
    for call in CALLS:
        if call.fields is None or not call.ids:
            continue
        needed = {id: fields_in(IDS[id]) for id in call.ids}
        unused = call.fields - set().union(*needed.values())
        lacking = {id: names - call.fields for id, names in needed.items() if names - call.fields}
        if unused or lacking:
            wrong[call.where] = (unused, lacking)
    assert wrong == {}


# another language ------------------------------------------------------------------------------------------------

OPEN, CLOSE = "⟦", "⟧"
CHAPTERS = ("ch00_toolbox", "ch04_losses")
KATA = "import sys; sys.argv[0] = 'kata'; from grader.cli import main; main()"
# What is no sentence of ours: commands, what Python says itself, hashes.
NO_PROSE = re.compile(
    r"(?:\S*python\S* -m pip install .*|kata [a-z]+(?: [\w.-]+)*|\b\w+(?:Error|Warning): .*|sha256 [0-9a-f]+|\x1b\[K)"
)
WRONG = {
    "softmax": "e = np.exp(z)\n    return e / e.sum(axis=1, keepdims=True)",  # a known mistake
    "logsumexp": "print('here')\n    return 2 * np.log(np.exp(z).sum(axis=1))",
    "log_softmax": "return z - logsumexp(z)",  # shapes that do not fit
    "mse_loss": "diff = 1.0",
    "cross_entropy": "return sofmax(z)",
}


def bracketed(text: str) -> str:
    return f"{OPEN}{text}{CLOSE}"


def outside(text: str) -> str:
    """What stands in no bracket."""
    kept, depth = [], 0
    for character in text:
        depth += character == OPEN
        if depth == 0:
            kept.append(character)
        depth -= character == CLOSE
    assert depth == 0
    return "".join(kept)


def prose(text: str, source: str) -> list[str]:
    """Lines with words of ours outside of brackets; what is quoted of the student's file is none."""
    own = {line.strip() for line in source.splitlines()}
    lines = [line for line in outside(text).splitlines() if line.strip() not in own]
    return [line for line in lines if re.search(r"[A-Za-z]{2,} [a-z]{2,}", NO_PROSE.sub("", line))]


def toml(tables: dict[str, dict[str, str]]) -> str:
    rows = []
    for table, entries in tables.items():
        rows += [
            f"[{table}]",
            *(f"{json.dumps(k)} = {json.dumps(v, ensure_ascii=False)}" for k, v in entries.items()),
        ]
    return "\n".join(rows) + "\n"


def said_in_tests(folder: Path) -> dict[str, dict[str, str]]:
    """Titles and sentences of the tests of a folder, in brackets."""
    titles, sentences = {}, {}
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                titles[node.name] = bracketed((ast.get_docstring(node) or "").splitlines()[0])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                sentences[node.value] = bracketed(node.value)
    return {"titles": titles, "sentences": sentences}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A copy of the kit with two chapters, and everything in it said in the language `xx`: English in brackets."""
    folder = tmp_path_factory.mktemp("language")
    nothing = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, folder / "grader", ignore=nothing)
    for topic in TOPICS:
        own = {name: bracketed(text) for name, text in texts.known(topic).items()}
        path = folder / "grader" / "texts" / "xx" / f"{topic}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            "\n".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in own.items()) + "\n"
        )
    for desk in ("exercises", "solutions", "tests/hidden"):
        for chapter in CHAPTERS:
            shutil.copytree(ROOT / desk / chapter, folder / desk / chapter, ignore=nothing)
    shutil.copy(ROOT / "exercises" / "conftest.py", folder / "exercises")
    for chapter in CHAPTERS:
        exercises = folder / "exercises" / chapter
        handout = (exercises / "README.md").read_text(encoding="utf-8")
        handout = re.sub(r"### Hints for", "### 提示：", handout)
        handout = re.sub(
            r"<summary>(.*?)</summary>(.*?)</details>",
            lambda m: f"<summary>{bracketed(m[1])}</summary>\n\n{bracketed(m[2].strip())}\n\n</details>",
            handout,
            flags=re.S,
        )
        (exercises / "README.xx.md").write_text(handout, encoding="utf-8")
        for tests in (exercises, folder / "tests" / "hidden" / chapter):
            (tests / "texts.xx.toml").write_text(toml(said_in_tests(tests)), encoding="utf-8")
        source = (folder / "solutions" / chapter / "mistakes.py").read_text(encoding="utf-8")
        mistakes = {
            decorator.args[0].value: bracketed(" ".join((ast.get_docstring(node) or "").split()))
            for node in ast.parse(source).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            for decorator in node.decorator_list
            if isinstance(decorator, ast.Call) and named(decorator.func) == "mistake"
        }
        (folder / "solutions" / chapter / "texts.xx.toml").write_text(
            toml({"mistakes": mistakes}), encoding="utf-8"
        )
    done = run(folder, folder, "build")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def run(place: Path, folder: Path, *arguments: str, language: str = "xx") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KATA, *arguments],
        cwd=folder,
        env=environment(place, language),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def environment(place: Path, language: str) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(place),
        "KATA_LANG": language,
        "COLUMNS": "1000",
        "PYTHONUTF8": "1",
    }


@pytest.fixture
def work(place, tmp_path) -> Path:
    """A workspace with wrong answers of several kinds in it."""
    assert run(place, tmp_path, "start", "work", "--from", str(place / "exercises")).returncode == 0
    path = tmp_path / "work" / "ch04_losses" / "losses.py"
    text = path.read_text(encoding="utf-8")
    for name, body in WRONG.items():
        stub = f'raise NotImplementedError("{name} is not written yet")'
        assert stub in text, name
        text = text.replace(stub, body)
    path.write_text(text, encoding="utf-8")
    path = tmp_path / "work" / "ch00_toolbox" / "toolbox.py"
    text = path.read_text(encoding="utf-8")
    stub = 'raise NotImplementedError("numerical_gradient is not written yet")'
    path.write_text(text.replace(stub, "return x * 0.0"), encoding="utf-8")
    return tmp_path / "work"


def test_a_second_language_reaches_every_command(place, work):
    """with all texts in another language, no command of a student's says a sentence in English"""
    source = (work / "ch04_losses" / "losses.py").read_text(encoding="utf-8")
    source += (work / "ch00_toolbox" / "toolbox.py").read_text(encoding="utf-8")
    for arguments in (
        ("test",),
        ("test", "ch04", "--all"),
        ("test", "ch00", "--all"),
        ("test", "nothing"),
        ("status", "--all"),
        ("next",),
        ("next", "ch04"),
        ("hint",),
        ("hint", "softmax"),
        ("hint", "softmax", "--all"),
        ("hint", "nothing"),
        ("doctor",),
        ("submit",),
        ("submit", "--out", "nowhere/x.zip"),
        ("reset", "softmax"),
        ("reset", "softmx"),
        ("notebook", "ch04"),
        ("notebook", "ch00"),
        ("update", "--from", str(place / "exercises")),
        ("start", ".", "--from", str(place / "exercises")),
        ("start", "other", "--from", str(place / "exercises")),
    ):
        done = run(place, work, *arguments)
        assert done.returncode in (0, 1, 2), done.stderr
        said = done.stdout + done.stderr
        assert OPEN in said, arguments
        assert prose(said, source) == [], arguments
        if arguments[1:2] == ("ch00",) and "--all" in arguments:  # what a test adds to a message
            assert bracketed("Each entry by itself is moved by h, up and down.") in said


def test_a_second_language_is_on_the_screen_of_watch(place, work):
    """kata watch says everything in the other language as well"""
    source = (work / "ch04_losses" / "losses.py").read_text(encoding="utf-8")
    command = [sys.executable, "-c", KATA, "watch", "ch04"]
    with subprocess.Popen(
        command, cwd=work, env=environment(place, "xx"), stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as watching:
        assert watching.stdout is not None
        lines = []
        try:
            for line in watching.stdout:
                lines.append(line)
                if "README.xx.md" in line:
                    break
        finally:
            watching.terminate()
    said = "".join(lines)
    assert said.count(OPEN) > 5
    assert prose(said, source) == []


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_second_language_is_on_a_terminal(place, work):
    """the keys of kata watch and what they show are in the other language as well"""
    sys.path.insert(0, str(Path(__file__).parent))
    import desk

    source = (work / "ch04_losses" / "losses.py").read_text(encoding="utf-8")
    source += (work / "ch00_toolbox" / "toolbox.py").read_text(encoding="utf-8")
    more = environment(place, "xx") | {"COLUMNS": "300", "LINES": "60", "TERM": "xterm"}
    screen = desk.Terminal(work, "watch", "ch04", **more)
    try:
        for key, words in (
            ("", "README.xx.md"),
            ("h", "press h again"),
            ("n", "kata test"),
            ("l", "ch00_toolbox"),
        ):
            screen.press(key)
            end = time.monotonic() + 60
            while words not in screen.screen or bracketed("quit") not in screen.screen:
                assert time.monotonic() < end, screen.screen
                screen.read(1)
            found = [line for line in prose(screen.screen, source) if not re.fullmatch(KEYS, line.strip())]
            assert found == []
        screen.press("q")
        assert screen.ended() == 0
    finally:
        screen.close()


KEYS = re.compile(r"(?:[rhnlpq]  *)+")


def test_a_second_language_reaches_results(place, work):
    """titles of hidden tests, messages, the sentence of a mistake and the first hint come in the other language"""
    if sys.platform != "linux":
        pytest.skip("the sandbox needs Linux")
    code = """
import json, sys
from pathlib import Path
from grader import grade_submission
from grader.hints import first_hints
result = grade_submission(Path(sys.argv[1]), "ch04", course=sys.argv[2])
told = [[t.exercise, t.verdict, t.title, t.message, t.diagnosis.text if t.diagnosis else ""] for t in result.tests]
print(json.dumps([told, first_hints(Path(sys.argv[2]) / "exercises")("ch04_losses")["softmax"]]))
"""
    arguments = [str(work / "ch04_losses" / "losses.py"), str(place)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=place,
        env=environment(place, "xx"),
        capture_output=True,
        text=True,
        check=True,
    )
    tests, hint = json.loads(done.stdout)
    assert hint.startswith(OPEN) and hint.endswith(CLOSE)
    for _, verdict, title, message, _ in tests:
        assert title.startswith(OPEN) and title.endswith(CLOSE)
        if verdict in ("failed", "raised", "unwritten"):
            assert prose(message, "") == []
    said = {text for exercise, verdict, _, _, text in tests if exercise == "softmax" and verdict == "failed"}
    assert any("subtract the maximum" in text and text.startswith(OPEN) for text in said), said


def test_nothing_of_another_language_leaks(place, tmp_path):
    """the student's kit holds handout, titles and hints in the other language, and nothing of hidden tests or mistakes"""
    assert run(place, place, "release", "--out", str(tmp_path / "kit")).returncode == 0
    there = {p.relative_to(tmp_path / "kit").as_posix() for p in (tmp_path / "kit").rglob("*.xx.*")}
    assert there == {f"{c}/{name}" for c in CHAPTERS for name in ("README.xx.md", "texts.xx.toml")}
    hidden = toml(said_in_tests(place / "tests" / "hidden" / "ch04_losses"))
    visible = (tmp_path / "kit" / "ch04_losses" / "texts.xx.toml").read_text(encoding="utf-8")
    assert "softmax" in visible and not set(re.findall("^.*titles.*$", hidden)) & set(visible.splitlines())


@pytest.mark.parametrize("language", ["", "en", "en_US", "xx_YY", "../../etc", "XX", "nothing", "zz"])
def test_other_languages_leave_english(place, work, language):
    """a language that is not there, or is no name of one, changes nothing; xx_YY falls back to xx"""
    said = run(place, work, "hint", "softmax", language=language).stdout
    assert (OPEN in said) == (language == "xx_YY")
    assert "softmax" in said


# the catalogue itself --------------------------------------------------------------------------------------------


@pytest.fixture
def own_texts(tmp_path, monkeypatch) -> Path:
    """An empty language `xx` beside the English one."""
    shutil.copytree(PACKAGE / "texts" / "en", tmp_path / "en")
    (tmp_path / "xx").mkdir()
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    monkeypatch.setenv(texts.VARIABLE, "xx")
    texts._topic.cache_clear()
    yield tmp_path
    texts._topic.cache_clear()


def test_each_text_falls_back_by_itself(own_texts):
    """one translated text is used, the others of the topic stay English; a broken one counts as missing"""
    (own_texts / "xx" / "places.toml").write_text(
        'line = "第{line}行"\ncell = "{nothing}"\n', encoding="utf-8"
    )
    (own_texts / "xx" / "hints.toml").write_text("this is not TOML", encoding="utf-8")
    assert texts.say("places.line", line=3) == "第3行"
    assert texts.say("places.cell", cell=2, line=3) == "cell 2, line 3"
    assert texts.say("hints.title", number=1) == "Hint 1"
    with pytest.raises(KeyError):
        texts.say("places.nowhere")


def test_values_are_never_templates(own_texts):
    """braces in a student's own text stay as they are"""
    assert (
        texts.say("places.line-of-file", file="{line}{0.__class__}", line=1) == "{line}{0.__class__}, line 1"
    )


def test_languages_by_preference(monkeypatch):
    """the full name first, then the language alone; no path gets through"""
    for wanted, found in {
        "zh": ("zh",),
        "pt-BR": ("pt-BR", "pt_BR", "pt"),
        "zh_CN.UTF-8": ("zh_CN", "zh"),
        "en_GB": (),
        "../x": (),
        "": (),
    }.items():
        monkeypatch.setenv(texts.VARIABLE, wanted)
        assert texts.languages() == found


def test_translations_fit():
    """every language that is there has only ids that English has, with the same fields"""
    assert {language: check.faults(language) for language in check.languages_there()} == {
        language: [] for language in check.languages_there()
    }


def test_faults_of_a_translation_are_named(own_texts):
    """a wrong id, a field too many or too few, braces that are not in pairs, a topic that is not there"""
    (own_texts / "xx" / "places.toml").write_text(
        'line = "{lin}"\ncell = "{cell"\nelsewhere = "x"\n', encoding="utf-8"
    )
    (own_texts / "xx" / "nothing.toml").write_text("", encoding="utf-8")
    (own_texts / "xx" / "hints.toml").write_text("x = ", encoding="utf-8")
    said = "\n".join(check.faults("xx", own_texts))
    for words in (
        "places.toml: line has no field lin",
        "places.toml: line lacks the field line",
        "places.toml: cell: ",
        "elsewhere is no id",
        "nothing.toml: there is no topic",
        "xx/hints.toml: ",
    ):
        assert words in said
    assert check.languages_there(own_texts) == ["xx"]


@pytest.mark.parametrize("topic", TOPICS)
def test_plain_files_are_read_without_tomllib(topic):
    """the quick reader is used for each English file, and finds just what tomllib finds"""
    text = (PACKAGE / "texts" / "en" / f"{topic}.toml").read_text(encoding="utf-8")
    quick = texts._one_per_line(text)

    def leaves(table: dict, prefix: str = "") -> dict[str, str]:
        found = {}
        for name, value in table.items():
            found |= leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
        return found

    assert quick == leaves(tomllib.loads(text)) == texts.known(topic)


@pytest.mark.parametrize(
    "text",
    [
        'a = "b',
        "a = 'b'",
        '[t]\na = "b"',
        'a = "b"  # c',
        'a = """b"""',
        'a = "b"\na = "c"',
        'a = "\\u00e9"',
        "a = 1",
    ],
)
def test_other_files_are_left_to_tomllib(text):
    """what is not one plain text on each line is not read quickly"""
    assert texts._one_per_line(text) is None


def test_english_is_whole():
    """no text is empty, none begins or ends with a blank line, and none is a template that cannot be filled in"""
    for id, text in IDS.items():
        assert text.strip() and text == text.strip("\n"), id
        check.fields_in(text)


# nothing is said elsewhere ---------------------------------------------------------------------------------------

STUDENTS = (
    *(
        "compare",
        "compare_words",
        "ratios",
        "explain_errors",
        "numpy_warnings",
        "feedback",
        "battery",
        "gradients",
        "source_text",
    ),
    *(
        "practice",
        "practice_runs",
        "practice_child",
        "collector",
        "local",
        "local_diagnosis",
    ),
    *(
        "hints",
        "progress",
        "watch",
        "notebook",
        "notebook_read",
        "notebook_switch",
        "submit",
        "splice",
        "figures",
    ),
    *("workspace/manifest", "workspace/kits", "workspace/keeping", "workspace/starting"),
    *("workspace/resetting", "workspace/updating", "doctor"),
    *(
        f"cli/{name}"
        for name in ("test", "watch", "status", "next", "hint", "start", "submit", "reset", "update")
    ),
    *(f"cli/{name}" for name in ("notebook", "plot", "doctor", "results")),
)
SPEAKS = (
    "echo",
    "style",
    "UsageError",
    "GraderFailure",
    "Mismatch",
    "Feedback",
    "Unreadable",
    "Finding",
    "Check",
)


@pytest.mark.parametrize("name", STUDENTS)
def test_no_sentence_for_a_student_stands_in_code(name):
    """what is printed, raised or noted for a student comes from the catalogue; commands to type are no sentences"""
    found = []
    for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))):
        speaks = isinstance(node, ast.Call) and named(node.func) in SPEAKS
        if not speaks and not isinstance(node, (ast.Yield, ast.Return)):
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                found += [part.value] if prose(part.value, "") and " " in part.value else []
    assert [text for text in found if "pip install" not in text and not text.startswith(KEPT)] == []


# Names in data: findings in the JSON of `kata doctor`, memory layouts, what numpy writes, marks of cells.
KEPT = (
    "like the grader",
    "parallel grading",
    "negatively strided",
    "invalid value",
    "divide by zero",
    "left out",
)


def test_texts_travel_with_the_wheel(tmp_path):
    """what students install holds every text"""
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert {f"grader/texts/en/{topic}.toml" for topic in TOPICS} <= names


@pytest.mark.parametrize(
    "said, found",
    [
        ("Next: write softmax", True),
        (f"{OPEN}Next: write softmax{CLOSE}", False),
        (f"{OPEN}a {OPEN}b c{CLOSE} d{CLOSE} and more", True),
        ("  kata test softmax     kata hint softmax", False),
        ("NameError: name 'x' is not defined", False),
        ("softmax, entropy", False),
        ("return sofmax(z)", False),
    ],
)
def test_what_counts_as_prose(said, found):
    """two words of English side by side outside of brackets, but no command, no words of Python, no line of the file"""
    assert bool(prose(said, "    return sofmax(z)\n")) == found

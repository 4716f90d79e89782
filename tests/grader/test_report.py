"""The report: everything the class shows, nothing a student must not read, harmless whatever is in it."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from grader.hints import first_hints
from grader.report import for_student, text, write_report
from grader.report.summary import Summary
from grader.results import STATUSES, VERDICTS
from grader.store import Store

_spec = importlib.util.spec_from_file_location("synthetic", Path(__file__).with_name("synthetic.py"))
synthetic = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)
make_result = synthetic.make_result

WHEN = datetime(2025, 3, 14, 9, 26, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }}"
VOID = {"meta", "input", "br", "img", "use", "path", "link"}


class Page(HTMLParser):
    """What a page says: its elements with their text, in order; fails where tags do not match."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.elements = []  # [tag, attributes, text]
        self.open = []
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = [tag, dict(attrs), ""]
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, f"</{tag}> closes {self.open and self.open[-1]}"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element[2] += data

    def all(self, tag, **attributes):
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [e for e in self.elements if e[0] == tag and all(e[1].get(n) == v for n, v in wanted.items())]

    def texts(self, tag, **attributes):
        return [" ".join(e[2].split()) for e in self.all(tag, **attributes)]

    def one(self, tag, **attributes):
        [element] = self.all(tag, **attributes)
        return element

    def banners(self):
        return [
            " ".join(e[2].split()) for e in self.elements if "banner" in (e[1].get("class") or "").split()
        ]

    def link(self, href):
        return (self.path.parent / unquote(href)).resolve()

    def data(self):
        """What the script of the class report reads, with every student's groups of steps made into numbers."""
        data = json.loads(self.one("script", id="data")[2])
        data["students"] = [s if isinstance(s, list) else [s, s, ""] for s in data["students"]]
        for group in data["groups"]:
            group["who"] = [sum(group["who"][: n + 1]) for n in range(len(group["who"]))]
        return data

    def class_table(self):
        """Student -> chapter -> (letter of the status, what counts, tag), in the order of the table."""
        data = self.data()
        order = data["order"] or range(len(data["students"]))
        return {
            data["students"][who][0]: {
                c["name"]: (c["status"][who], c["final"][who], c["notes"].get(str(who), [""])[0])
                for c in data["chapters"]
            }
            for who in order
        }

    def group(self, text, title=None):
        """The names in a group of the filter."""
        data = self.data()
        [found] = [g for g in data["groups"] if g["text"] == text and title in (None, g["title"])]
        return [data["students"][who][0] for who in found["who"]]


def report(folder, results, title="Neural networks from scratch"):
    """Save results and write the report; gives the parsed class report."""
    with Store(folder) as store:
        for result in results:
            store.save(result, "key")
        return Page(write_report(store, title, folder, when=WHEN))


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A class of 30 and its report: folder, results, class report."""
    folder = tmp_path_factory.mktemp("class")
    results = synthetic.make_class(seed=3)
    return folder, results, report(folder, results)


def all_pages(folder):
    return [Page(p) for part in ("report", "feedback") for p in sorted((folder / part).rglob("*.html"))]


# --- the class report -------------------------------------------------------------------------------------


def test_every_submission_has_its_two_pages(big):
    """each result has a feedback page and a staff page, where the class table looks for them"""
    folder, results, index = big
    data = index.data()
    files = {c["name"]: (c["file"], c["unpaged"], c["status"]) for c in data["chapters"]}
    places = {name: (who, place) for who, (name, place, _) in enumerate(data["students"])}
    for result in results:
        file, unpaged, status = files[result.chapter]
        who, place = places[result.student]
        has = result.status != "grader_error"
        assert (who not in unpaged and status[who] != "-") == has
        for part in ("feedback", "report"):
            assert (folder / part / place / file).exists() == has


def test_every_link_leads_somewhere(big):
    """all links of all pages are relative, and what they name exists"""
    folder, _, _ = big
    for page in all_pages(folder):
        ids = {e[1]["id"] for e in page.elements if "id" in e[1]}
        assert len(ids) == sum("id" in e[1] for e in page.elements)
        for _, attributes, _ in page.elements:
            for name in ("href", "src", "action"):
                target = attributes.get(name)
                if target and target.startswith("#"):
                    assert target[1:] in ids
                elif target:
                    assert ":" not in target and page.link(target).is_file()
            for name in ("aria-labelledby", "for"):
                assert attributes.get(name) is None or attributes[name] in ids


def test_pages_are_self_contained(big):
    """no page asks for anything from outside, and a policy in it forbids to"""
    folder, _, index = big
    for page in all_pages(folder):
        assert not re.search(r"https?:|url\(|@import", page.source)
        policy = page.one("meta", http_equiv="Content-Security-Policy")[1]["content"]
        assert policy.startswith("default-src 'none'")
        assert "base-uri 'none'; form-action 'none'" in policy and "unsafe" not in policy
        assert ("script-src" in policy) == bool(page.all("script")) == (page.path == index.path)
        style = page.one("style")[2]
        assert (
            f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
            in policy
        )
    [script] = [e[2] for e in index.all("script") if "type" not in e[1]]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in index.source


def test_class_table_has_every_mark(big):
    """the data of the class table: each student and chapter with its status, mark and tag, in the order of names"""
    _, results, index = big
    rows = index.class_table()
    assert list(rows) == [f"student{n:02}" for n in range(1, 31)]
    for result in results:
        status, final, tag = rows[result.student][result.chapter]
        assert status == {"graded": "g", "rejected": "r", "missing": "m", "grader_error": "e"}[result.status]
        if result.status in ("graded", "rejected"):
            assert final == pytest.approx(result.final)
        else:
            assert final is None
        assert (tag == "by hand") == (result.override is not None)


def test_heat_map_has_every_share(big):
    """each student and exercise has the percent of its points: 100 only where every test passes"""
    _, results, index = big
    data = index.data()
    places = {name: who for who, (name, _, _) in enumerate(data["students"])}
    chapters = {c["name"]: dict(c["exercises"]) for c in data["chapters"]}
    seen = 0
    for result in results:
        for exercise, shares in chapters[result.chapter].items():
            own = [t for t in result.tests if t.exercise == exercise]
            sign = shares[places[result.student]]
            if not own or result.status != "graded":
                assert sign == " "
                continue
            seen += 1
            percent = data["shares"].index(sign)
            assert (percent == 100) == all(t.verdict == "passed" for t in own)
            most = sum(t.max_points for t in own if not t.bonus)
            earned = sum(t.points for t in own if not t.bonus)
            if most and 0 < earned < most:
                assert percent == pytest.approx(100 * earned / most, abs=0.51)
    assert seen > 200 and len(set(data["shares"])) == 101


def test_groups_of_the_filter(big):
    """who missed a chapter, who timed out, who made a mistake: each is a group that the table can be filtered by"""
    _, results, index = big
    for status in ("missing", "rejected"):
        for chapter in synthetic.SUITES:
            who = [r.student for r in results if r.chapter == chapter and r.status == status]
            title = f"{chapter[:4]} {chapter[5:]}"
            if who:
                assert sorted(index.group(status, title)) == sorted(who)
    timed = {
        r.student
        for r in results
        if r.status == "graded" and r.chapter == "ch04_losses"
        for t in r.tests
        if t.verdict == "timeout"
    }
    assert timed and set(index.group("out of time", "ch04 losses")) == timed
    hand = {r.student for r in results if r.override}
    assert hand and set(index.group("by hand", "All chapters")) == hand


def test_tables_can_be_read_aloud(big):
    """every table has a caption, every header cell its scope, the sorted column says so once it is sorted"""
    folder, _, index = big
    assert (
        len(index.all("caption")) == len(index.all("table")) - 1 == 5
    )  # the heat map is labelled by its heading
    assert index.one("table", id="heat")[1]["aria-labelledby"] == "heat-heading"
    for page in all_pages(folder):
        assert all(e[1].get("scope") for e in page.all("th"))
        assert page.one("html")[1]["lang"] == "en" and len(page.all("h1")) == len(page.all("main")) == 1
        for _, attributes, _ in page.elements:
            if attributes.get("class", "").startswith("bar "):
                assert attributes["aria-hidden"] == "true"
        assert page.one("a", class_="skip")[1]["href"] == "#main" and page.one("main", id="main")


def test_summary_numbers(big):
    """the numbers at the top are those of the class"""
    _, results, index = big
    shown = dict(zip(index.texts("dt"), index.texts("dd")))
    count = Counter(r.status for r in results)
    assert shown == {
        "Students": "30",
        "Submissions": str(count["graded"] + count["rejected"] + count["grader_error"]),
        "Graded": str(count["graded"]),
        "Rejected": str(count["rejected"]),
        "Missing": str(count["missing"]),
        "Marks by hand": str(sum(r.override is not None for r in results)),
        "Grader failed": "2",
    }


def test_verdicts_are_counted_per_chapter(big):
    """each chapter says how often each verdict was given"""
    _, results, index = big
    for chapter in synthetic.SUITES:
        [place] = [e for e in index.all("ul", class_="legend") if chapter[:4] in e[1]["aria-label"]]
        count = Counter(
            t.verdict for r in results if r.chapter == chapter for t in r.tests if r.status != "grader_error"
        )
        words = {text.VERDICT_WORDS[verdict].word: n for verdict, n in count.items()}
        found = re.findall(r"(\d+) (\D+)", " ".join(place[2].split()))
        assert {word.strip(): int(n) for n, word in found} == words


def test_success_of_tests_and_exercises(big):
    """each test says how many pass it, each exercise which share of its points was earned"""
    _, results, index = big
    graded = [r for r in results if r.chapter == "ch03_activations" and r.status == "graded"]
    tests = [t for r in graded for t in r.tests if t.title == "accepts an integer array"]
    passed = sum(t.verdict == "passed" for t in tests)
    [row] = [row for row in index.texts("tr") if row.startswith("accepts an integer array")]
    assert f"{text.percent(passed / len(tests))}{passed}/ {len(tests)}" in row
    points = [t for r in graded for t in r.tests if t.exercise == "sigmoid"]
    share = sum(t.points for t in points) / sum(t.max_points for t in points)
    [row] = [row for row in index.texts("tr", class_="exercise") if row.startswith("sigmoid")]
    complete = sum(all(t.verdict == "passed" for t in r.tests if t.exercise == "sigmoid") for r in graded)
    assert row.startswith(f"sigmoid4.5{text.percent(share)}{complete}/ {len(graded)}")


def test_tests_that_most_fail_and_that_nobody_fails():
    """beyond 60 % failures a test is listed as such, the worst first; exactly 60 % is not; and those that all pass"""
    names = ("all", "four of ten", "three of ten", "none")
    summary = Summary()
    for n in range(10):
        passed = (True, n < 4, n < 3, False)
        tests = [
            synthetic.make_test(name, "f", name, "passed" if good else "failed")
            for name, good in zip(names, passed)
        ]
        summary.add(make_result(f"student{n:02}", tests=tests).add_up())
    chapter = summary.chapters["ch04_losses"]
    assert [t.title for _, t in chapter.most_fail] == ["none", "three of ten"]
    assert [t.title for _, t in chapter.nobody_fails] == ["all"]


def test_lists_of_hard_and_easy_tests(big):
    """the page lists those tests with how many fail"""
    _, results, index = big
    tests = [t for r in results if r.status == "graded" for t in r.tests]
    hard = []
    for name in {t.id for t in tests}:
        own = [t for t in tests if t.id == name]
        failed = sum(t.verdict != "passed" for t in own)
        if failed / len(own) > 0.6:
            hard.append(f"{failed}/ {len(own)}{own[0].exercise} {own[0].title}")
    listed = "\n".join(e[2] for e in index.all("ol", class_="hard"))
    assert hard and sorted(line for line in listed.splitlines() if line) == sorted(hard)


def test_funnel_says_where_students_fail_first():
    """the funnel goes along the exercises of the course: how many have no failure so far, how many fail here first"""
    summary = Summary(order=lambda chapter: ("a", "b", "c"))
    verdicts = ["ppp", "ppf", "pfp", "pff", "fpp"]  # of a, b and c
    for n, row in enumerate(verdicts):
        # The suite has them in another order.
        tests = [
            synthetic.make_test(name, name, name, "passed" if row["abc".index(name)] == "p" else "failed")
            for name in "cab"
        ]
        summary.add(make_result(f"student{n}", tests=tests).add_up())
    chapter = summary.chapters["ch04_losses"]
    assert chapter.entered == 5
    assert [(e.name, left, e.first_failures) for e, left in chapter.funnel] == [
        ("a", 4, 1),
        ("b", 2, 2),
        ("c", 1, 1),
    ]


def test_recognised_mistakes_name_who_made_them(big):
    """each diagnosis stands with its sentence, how many students, and who"""
    _, results, index = big
    graded = [r for r in results if r.status == "graded"]
    sentence = synthetic.DIAGNOSES["sigmoid"]["M040"]
    who = sorted({r.student for r in graded for t in r.tests if t.diagnosis and t.diagnosis.id == "M040"})
    [item] = [t for t in index.texts("li") if sentence in t]
    assert len(who) > 1
    assert item == f"{len(who)} students: {sentence} sigmoid {' '.join(who)} Show in the table"
    assert sorted(index.group(sentence)) == who


def test_failures_of_the_grader_come_with_the_next_step(big):
    """submissions on which the grader failed are listed with their log and what to do"""
    _, _, index = big
    [banner] = index.banners()
    assert "The grader failed on 2 submissions" in banner and "Next step:" in banner
    assert [s.replace(" ", "") for s in index.texts("summary")][:2] == [
        "student07,ch04_losses",
        "student19,ch07_training",
    ]
    assert len(index.all("pre")) == 2 and all("BrokenPipeError" in e[2] for e in index.all("pre"))


def test_older_grade_stays_in_the_table_when_the_grader_fails(tmp_path):
    """a failure later does not hide the grade that was written before"""
    index = report(tmp_path, [make_result(override={"score": 3.0, "reason": "", "by": ""})])
    assert index.banners() == []
    index = report(tmp_path, [make_result(status="grader_error", notes=["boom"])])
    assert "The grader failed on 1 submission" in index.banners()[0]
    assert index.class_table() == {"student01": {"ch04_losses": ("g", 3, "by hand")}}


@pytest.mark.parametrize("level", ["sealed+uid", "sealed", "process"])
def test_weak_isolation_is_said_in_red(tmp_path, level):
    """where any result came about without the sandbox, the report says that tests were not protected"""
    strong, weak = make_result("student01"), make_result("student02", level=level)
    index = report(tmp_path, [strong, weak])
    staff = Page(tmp_path / "report" / "student02" / "ch04_losses.html")
    warned = [
        any("isolation: process - hidden tests NOT protected" in b for b in p.banners())
        for p in (index, staff)
    ]
    assert warned == [level == "process"] * 2
    assert f"isolation: {level}" in index.source
    if level == "process":
        assert "1 result came about without the sandbox" in index.banners()[0]


def test_empty_class(tmp_path):
    """without any result there is still a page, and it says so"""
    index = report(tmp_path, [])
    assert "No result yet." in index.source and index.class_table() == {}


# --- what a student may read ------------------------------------------------------------------------------


def test_feedback_never_shows_what_is_for_staff(big):
    """no feedback page holds a detail, a reason, or a way to the staff pages; the staff pages do"""
    folder, results, _ = big
    for result in results:
        if result.status == "grader_error":
            continue
        feedback = Page(folder / "feedback" / result.student / f"{result.chapter}.html")
        staff = Page(folder / "report" / result.student / f"{result.chapter}.html")
        assert synthetic.SECRET not in feedback.source and all(
            e[1]["href"].startswith("#") for e in feedback.all("a")
        )
        assert "oral exam" not in feedback.source
        if result.status == "graded":
            assert all(note in feedback.source for note in result.notes)
        details = [t.detail for t in result.tests if t.detail]
        assert [e[2] for e in staff.all("pre")] == details
        assert ("oral exam" in staff.source) == (result.override is not None)
        assert all(note in staff.source for note in result.notes)


def test_copy_for_the_student_holds_no_secret():
    """for_student leaves out details and the reason of a mark by hand, keeps notes, and does not change the result"""
    result = make_result(notes=["printed"], override={"score": 4, "reason": "cheated", "by": "ta"}, skill=0.1)
    before = result.to_json()
    copy = for_student(result).to_json()
    assert result.to_json() == before and synthetic.SECRET in before
    assert not any(secret in copy for secret in (synthetic.SECRET, "cheated", '"ta"'))
    assert "printed" in copy
    assert for_student(result).final == 4.0


def test_page_does_not_change_with_the_details(tmp_path):
    """not even a hash on a feedback page depends on a detail, so nothing can be guessed from it"""
    first = make_result(skill=0.3)
    report(tmp_path / "a", [first])
    for test in first.tests:
        test.detail = "other"
    report(tmp_path / "b", [first])
    page = Path("feedback") / "student01" / "ch04_losses.html"
    assert (tmp_path / "a" / page).read_bytes() == (tmp_path / "b" / page).read_bytes()


def test_feedback_tells_each_test(tmp_path):
    """a feedback page has, per exercise, each test with verdict, title, points, message, limit and diagnosis"""
    tests = [
        synthetic.make_test(str(n), "softmax", f"title {n}", v, points=1.5) for n, v in enumerate(VERDICTS)
    ]
    tests.append(synthetic.make_test("x", "mean_nll", "other exercise", "passed"))
    report(tmp_path, [make_result(tests=tests).add_up()])
    page = Page(tmp_path / "feedback" / "student01" / "ch04_losses.html")
    assert page.texts("h2") == ["softmax", "mean_nll", "What next"]
    items = page.texts("li")
    assert len(items) == len(tests)
    for item, test in zip(items, tests):
        assert text.VERDICT_WORDS[test.verdict].word in item and test.title in item
        assert f"{test.points:.1f}/ {test.max_points:.1f}" in item
        assert test.message in item
        assert (f"Limit reached: {test.limit}." in item) == (test.limit is not None)
        assert ("Likely cause:" in item) == (test.diagnosis is not None)
        assert test.diagnosis is None or test.diagnosis.text in item
    assert "2.5/ 16 points" in page.texts("p", class_="big")
    assert "ch04_losses/README.md" in page.source and "kata test ch04" in page.source


def test_feedback_of_full_marks(tmp_path):
    """who passes everything is sent on, not back to the handout"""
    tests = [synthetic.make_test("a", "softmax", "title", "passed", points=2)]
    report(tmp_path, [make_result(tests=tests).add_up()])
    page = Page(tmp_path / "feedback" / "student01" / "ch04_losses.html")
    assert "Every test passes." in page.source and "README" not in page.source


def test_feedback_of_a_rejected_submission_says_why(tmp_path):
    """a submission that could not be read gets a page with the reason; a missing one says that it is missing"""
    rejected = synthetic.empty(make_result("student01"), "rejected", "line 3 is not Python")
    missing = synthetic.empty(make_result("student02"), "missing", "for staff")
    report(tmp_path, [rejected, missing])
    page = Page(tmp_path / "feedback" / "student01" / "ch04_losses.html")
    assert "✗ rejected" in page.texts("p", class_="big") and "line 3 is not Python" in page.source
    page = Page(tmp_path / "feedback" / "student02" / "ch04_losses.html")
    assert "○ missing" in page.texts("p", class_="big") and "for staff" not in page.source


def test_mark_by_hand_is_named(tmp_path):
    """a mark by hand is shown as such; who gave it and why stands on the staff page only"""
    report(tmp_path, [make_result(override={"score": 4.25, "reason": "oral exam", "by": "staff01"})])
    feedback = Page(tmp_path / "feedback" / "student01" / "ch04_losses.html")
    staff = Page(tmp_path / "report" / "student01" / "ch04_losses.html")
    for page in (feedback, staff):
        assert "4.25/ 14 points" in page.texts("p", class_="big") and "set by hand" in page.source
    assert "By staff01: oral exam" in staff.source and "staff01" not in feedback.source


# --- harmless, whatever is in it --------------------------------------------------------------------------


def evil_result(student):
    result = make_result(student, skill=0.2, notes=[EVIL])
    result.submission["kind"] = result.submission["files"][0]["name"] = result.environment["platform"] = EVIL
    for test in result.tests:
        test.id += EVIL
        test.exercise, test.title, test.message, test.detail, test.limit = EVIL, EVIL, EVIL, EVIL, EVIL
        if test.diagnosis:
            test.diagnosis.text = test.diagnosis.id = EVIL
    return result


def test_markup_in_any_text_is_shown_as_text(tmp_path):
    """a <script> in a name, message, title or log appears as text and makes no element"""
    failed = make_result(f"{EVIL} 2", status="grader_error", notes=[EVIL])
    rejected = synthetic.empty(make_result(f"{EVIL} 3"), "rejected", EVIL)
    overridden = make_result(f"{EVIL} 4", override={"score": 1, "reason": EVIL, "by": EVIL})
    index = report(tmp_path, [evil_result(EVIL), failed, rejected, overridden], title=EVIL)
    pages = all_pages(tmp_path)
    assert len(pages) == 1 + 2 * 3
    for page in pages:
        assert len(page.all("script")) == 2 * (page.path == index.path) and page.all("img") == []
        assert not any(name.startswith("on") for e in page.elements for name in e[1])
        assert EVIL in page.one("body")[2] and "49" not in page.one("h1")[2]
        assert "alert(1)</script>" not in page.source
        for _, attributes, _ in page.elements:
            assert "style" not in attributes
            href = attributes.get("href", "")
            assert href.startswith("#") or not href or page.link(href).is_file()


@pytest.mark.parametrize(
    "harmful", ["\x1b[31m", "\0", "\x07", "\u202e", "\u200b", "\udcff", "\r", "\x9b", "\ufeff"]
)
def test_control_characters_do_not_reach_a_page(tmp_path, harmful):
    """what recolours, reverses or hides text is taken out, and the page is written all the same"""
    result = make_result(f"stu{harmful}dent", skill=0.0)
    for test in result.tests:
        test.message = test.detail = test.title = f"be{harmful}fore"
    report(tmp_path, [result])
    pages = all_pages(tmp_path)
    assert len(pages) == 3
    for page in pages:
        assert (
            harmful not in page.source
            and "student"
            in page.one(
                "h1" if page is not pages[0] else "table", **({} if page is not pages[0] else {"id": "class"})
            )[2]
        )
        assert "before" in page.source and "[31m" not in page.source


def test_long_text_is_cut(tmp_path):
    """a megabyte of message or detail makes no megabyte of page"""
    result = make_result("n" * 5000, skill=0.0, notes=["z" * 1_000_000])
    for test in result.tests:
        test.message = test.detail = "y" * 1_000_000
    report(tmp_path, [result])
    for page in all_pages(tmp_path):
        assert len(page.source) < 500_000
        assert "more characters" in page.source


def test_strange_names_have_pages_that_are_found(tmp_path):
    """names with slashes, percent signs, hashes and question marks get pages inside the folder, and links to them"""
    names = ["../../x", "50%25 #1?", "Zoë Berg", "index.html", "-", "李"]
    index = report(tmp_path, [make_result(name) for name in names])
    assert list(index.class_table()) == sorted(names, key=text.natural)
    data = index.data()
    for part in ("report", "feedback"):
        pages = [tmp_path / part / place / data["chapters"][0]["file"] for _, place, _ in data["students"]]
        assert len({p.resolve() for p in pages}) == len(names)
        assert all(p.is_file() and p.resolve().is_relative_to(tmp_path.resolve() / part) for p in pages)


# --- writing again ----------------------------------------------------------------------------------------


def test_pages_that_did_not_change_are_left_alone(tmp_path):
    """writing the report again touches only the pages of results that changed"""

    def times():
        return {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.html") if p.name != "index.html"}

    results = [make_result(f"student0{n}") for n in range(1, 5)]
    report(tmp_path, results)
    before = times()
    report(tmp_path, [])
    assert times() == before and len(before) == 8
    report(tmp_path, [make_result("student02", seed=9)])
    changed = {path.relative_to(tmp_path).parts[:2] for path, when in times().items() if when != before[path]}
    assert changed == {("feedback", "student02"), ("report", "student02")}
    report(tmp_path, [], title="Another title")
    assert all(when != before[path] for path, when in times().items())
    page = tmp_path / "feedback" / "student01" / "ch04_losses.html"
    page.unlink()
    report(tmp_path, [], title="Another title")
    assert page.is_file()


@pytest.mark.parametrize("damage", ["", "no digest\n", "zz student01/ch04_losses.html\n", "\udcff"])
def test_a_damaged_list_of_pages_costs_time_only(tmp_path, damage):
    """where the list of what was written is gone or damaged, every page comes out right all the same"""
    results = [make_result(f"student0{n}") for n in range(1, 4)]
    report(tmp_path, results)
    pages = {p: p.read_bytes() for p in tmp_path.rglob("ch04_losses.html")}
    for page in list(pages)[:2]:
        page.write_text("old")
    (tmp_path / "report" / "pages.txt").write_text(damage, "utf-8", "surrogateescape")
    report(tmp_path, [])
    assert {p: p.read_bytes() for p in pages} == pages and len(pages) == 6


def test_a_report_without_hints_is_repaired_by_the_next(tmp_path):
    """pages for staff that were written without a course are written anew as soon as there is one again"""
    report(tmp_path, [make_result()], title="Course")
    page = tmp_path / "report" / "student01" / "ch04_losses.html"
    before = page.read_bytes()
    with Store(tmp_path, read_only=True) as store:
        write_report(store, "Folder", tmp_path, keep_feedback=True)
    assert page.read_bytes() != before
    report(tmp_path, [], title="Course")
    assert page.read_bytes() == before


def test_report_of_a_read_only_store(tmp_path):
    """the report can be written somewhere else from a store that is only read"""
    with Store(tmp_path / "grades") as store:
        store.save(make_result(), "key")
    with Store(tmp_path / "grades", read_only=True) as store:
        index = write_report(store, "Course", tmp_path / "web", when=WHEN)
    assert index == tmp_path / "web" / "report" / "index.html"
    assert "2025-03-14 09:26 UTC" in index.read_text("utf-8")
    assert not (tmp_path / "grades" / "report").exists()


# --- small parts ------------------------------------------------------------------------------------------


def test_every_verdict_and_status_has_a_word_and_a_sign():
    """verdicts and statuses all have a word, different words, and a sign beside the colour"""
    for words, names in ((text.VERDICT_WORDS, VERDICTS), (text.STATUS_WORDS, STATUSES)):
        assert tuple(words) == names
        assert len({w.word for w in words.values()}) == len({w.sign for w in words.values()}) == len(names)


@pytest.mark.parametrize(
    "share, shown", [(0, "0 %"), (0.001, "1 %"), (0.5, "50 %"), (0.999, "99 %"), (1, "100 %"), (None, "–")]
)
def test_only_all_is_100_percent(share, shown):
    """one failure in a thousand is not shown as 100 %, one success not as 0 %"""
    assert text.percent(share) == shown


@pytest.mark.parametrize(
    "values, decimals", [([], 0), ([1, 12.0], 0), ([1, 2.5], 1), ([0.1 + 0.2], 1), ([0.25], 2), ([1 / 3], 2)]
)
def test_columns_get_as_many_decimals_as_they_need(values, decimals):
    """numbers of a column share their decimals, so they line up"""
    assert text.decimals_for(values) == decimals


def test_numbers_are_short():
    """a number alone has no idle zeros"""
    assert [text.number(n) for n in (3.0, 2.5, 0.1 + 0.2, 1 / 3, None)] == ["3", "2.5", "0.3", "0.33", "–"]


def test_bonus_does_not_count_for_an_exercise():
    """the success of an exercise is measured without its bonus tests"""
    tests = [
        synthetic.make_test("a", "f", "t", "passed", points=1),
        synthetic.make_test("b", "f", "t", "failed", points=3),
    ]
    tests[1].bonus = True
    summary = Summary()
    summary.add(make_result(tests=tests).add_up())
    assert summary.chapters["ch04_losses"].exercises["f"].share == 1.0


def test_a_failed_exercise_comes_with_its_first_hint(tmp_path):
    """the feedback page asks the hint's question where something failed, escaped, and nowhere else"""
    results = synthetic.make_class(seed=3)
    result = next(r for r in results if {"failed", "passed"} <= {t.verdict for t in r.tests})
    failed = next(t.exercise for t in result.tests if t.verdict == "failed")
    handout = tmp_path / "exercises" / result.chapter / "README.md"
    handout.parent.mkdir(parents=True)
    hint = "<details><summary>Hint 1: a question</summary>\n\nWhich <b>axis</b> is it?\n\n</details>\n"
    names = sorted({t.exercise for t in result.tests})
    handout.write_text("".join(f"### Hints for `{n}`\n\n{hint}\n" for n in names), encoding="utf-8")
    with Store(tmp_path / "out") as store:
        store.save(result, "key")
        write_report(store, "Course", tmp_path / "out", hints=first_hints(tmp_path / "exercises"))
        page = (
            tmp_path / "out" / "feedback" / store.folder_of(result.student) / f"{result.chapter}.html"
        ).read_text("utf-8")
    complete = [n for n in names if all(t.verdict == "passed" for t in result.tests if t.exercise == n)]
    assert page.count("Which &lt;b&gt;axis&lt;/b&gt; is it?") == len(names) - len(complete) > 0
    assert f"kata hint {failed}" in page and not any(f"kata hint {n}<" in page for n in complete)

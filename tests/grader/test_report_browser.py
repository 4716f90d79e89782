"""The class report in a real browser: clicks, keys, dark mode, print, and names that try to be markup."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import pytest

from grader.report import write_report
from grader.store import Store

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine")

_spec = importlib.util.spec_from_file_location("synthetic", Path(__file__).with_name("synthetic.py"))
synthetic = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)

EVIL = [
    "<img src=x onerror=\"window.hacked='name'\">",
    "</script><script>window.hacked='script'</script>",
    "\"'><svg onload=window.hacked='svg'>",
    "javascript:window.hacked='link'//",
    "../../x",
    "</template></table>&lt;b&gt; ${1} {{7*7}}",
]
LETTER = """(cells) => cells.map((cell) => {
  const colour = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  let back = cell;
  while (/, 0\\)|transparent/.test(getComputedStyle(back).backgroundColor)) back = back.parentElement;
  const a = light(colour(getComputedStyle(cell).color).slice(0, 3)), b = light(colour(getComputedStyle(back).backgroundColor).slice(0, 3));
  return [cell.textContent.slice(0, 40), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
})"""


def write(folder, results):
    with Store(folder) as store:
        for result in results:
            store.save(result, "key")
        return write_report(store, "Neural networks from scratch", folder)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """A class of 30 in three chapters, one of 120 in one chapter, and one with names that are markup."""
    folder = tmp_path_factory.mktemp("browser")
    many = synthetic.make_class(seed=5, students=120, chapters=["ch04_losses"])
    evil = [synthetic.make_result(name, skill=0.5) for name in EVIL]
    for result in evil:
        for test in result.tests:
            test.exercise = test.title = EVIL[0]
            if test.diagnosis:
                test.diagnosis.text = EVIL[1]
    evil[1].override = {"score": 1.0, "reason": EVIL[0], "by": EVIL[2]}
    return {
        "class": write(folder / "class", synthetic.make_class(seed=3)),
        "many": write(folder / "many", many),
        "evil": write(folder / "evil", evil),
        "empty": write(folder / "empty", []),
    }


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser, reports):
    """Opens a report; at the end nothing may stand on the console and nothing may have been asked of a network."""
    tabs, told = [], []

    def open_report(name, refused=(), **options):
        tab = browser.new_context(**{"viewport": {"width": 1300, "height": 900}, **options}).new_page()
        tab.on(
            "console", lambda message: any(r in message.text for r in refused) or told.append(message.text)
        )
        tab.on("pageerror", lambda error: told.append(str(error)))
        tab.on(
            "request", lambda request: request.url.startswith(("file:", *refused)) or told.append(request.url)
        )
        tab.goto(reports[name].as_uri())
        tabs.append(tab)
        return tab

    yield open_report
    for tab in tabs:
        tab.context.close()
    assert told == []


def column(tab, place):
    return tab.eval_on_selector_all(
        f"#class tbody tr > :nth-child({place})", "cells => cells.map(c => c.textContent)"
    )


def names(tab):
    return tab.eval_on_selector_all("#class tbody button.name", "cells => cells.map(c => c.textContent)")


def test_sorting_by_click(visit):
    """a click on a heading sorts, another one turns round; aria-sort says how; whoever has no mark stays at the end"""
    tab = visit("class")
    assert names(tab) == [f"student{n:02}" for n in range(1, 31)]
    total = tab.locator("#class thead th", has_text="Total")
    total.get_by_role("button").click()
    numbers = [float(re.match(r"[\d.]+", text)[0]) for text in column(tab, 5)]
    assert numbers == sorted(numbers, reverse=True) and total.get_attribute("aria-sort") == "descending"
    total.get_by_role("button").click()
    assert [float(re.match(r"[\d.]+", text)[0]) for text in column(tab, 5)] == sorted(numbers)
    assert total.get_attribute("aria-sort") == "ascending" and tab.locator("[aria-sort]").count() == 1
    losses = tab.locator("#class thead th", has_text="losses").get_by_role("button")
    for _ in range(2):
        losses.click()
        texts = column(tab, 3)
        with_mark = [bool(re.search(r"\d|rejected", text)) for text in texts]  # rejected counts 0
        assert not all(with_mark) and with_mark == sorted(with_mark, reverse=True)


def test_filter_by_typing(visit):
    """the table shows whoever's name has all the words, and says how many"""
    tab = visit("class")
    tab.get_by_label("Name").fill("STUDENT 2")
    wanted = [f"student{n:02}" for n in range(1, 31) if "2" in f"{n:02}"]
    assert names(tab) == wanted and tab.locator("#shown").text_content() == f"{len(wanted)} of 30 students"
    tab.get_by_label("Name").fill("nobody")
    assert "Nobody fits the filter." in tab.locator("#class tbody").text_content()
    tab.get_by_role("button", name="Clear").click()
    assert len(names(tab)) == 30 and tab.evaluate("document.activeElement.id") == "filter"


def test_who_made_a_mistake_is_shown_in_the_table(visit):
    """the button beside a recognised mistake filters the table by those who made it, whom the page names as well"""
    tab = visit("class")
    item = tab.locator(".why li", has_text="Your sigmoid behaves exactly like")
    who = item.locator(".who a").all_text_contents()
    item.get_by_role("button", name="Show in the table").click()
    assert names(tab) == sorted(who) and len(who) > 1
    assert "Your sigmoid" in tab.locator("#group option:checked").text_content()


def test_pages_of_a_large_class(visit):
    """a class of 120 comes in pages, after a filter from the first page on, sorted as a whole"""
    tab = visit("many")
    assert len(names(tab)) == 50
    pager = tab.locator(".pager").first
    assert pager.locator("span").text_content() == "1–50 of 120"
    pager.get_by_role("button", name="Last page").click()
    assert names(tab)[-1] == "student120" and pager.locator("span").text_content() == "101–120 of 120"
    assert pager.get_by_role("button", name="Next page").is_disabled()
    tab.get_by_label("Rows").select_option("100")
    assert pager.locator("span").text_content() == "101–120 of 120"
    pager.get_by_role("button", name="Page before").click()
    assert names(tab)[0] == "student01"
    tab.get_by_label("Name").fill("student1")
    assert pager.locator("span").text_content() == "1–31 of 31"


def test_heat_map_by_keyboard(visit):
    """arrows, Home and End move one focus through the cells, each is told; Enter opens the student, Escape comes back"""
    tab = visit("class")
    tab.get_by_label("Chapter").select_option("ch04 losses")
    assert tab.locator("#heat thead th").all_text_contents()[1:] == list(synthetic.SUITES["ch04_losses"])
    assert tab.locator("#heat tbody [tabindex='0']").count() == 1
    tab.locator("#heat tbody td").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft"):
        tab.keyboard.press(key)
    place = "(c => [c.parentNode.sectionRowIndex, c.cellIndex])(document.activeElement)"
    assert tab.evaluate(place) == [2, 2]
    assert tab.locator("#heat-told").text_content().startswith("student03, mean_nll: ")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("Control+End")
    assert tab.evaluate(place) == [29, 4]
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowLeft")
    assert tab.evaluate(place) == [29, 1] and tab.locator("#heat tbody [tabindex='0']").count() == 1
    tab.keyboard.press("Enter")
    assert tab.locator("#student-name").text_content() == "student30"
    tab.keyboard.press("Escape")
    assert not tab.locator("#student").is_visible() and tab.evaluate(place) == [29, 1]


def test_heat_map_is_not_colour_alone(visit):
    """each cell holds its number, so the colours only repeat it; the colours have a legend"""
    tab = visit("class")
    tab.get_by_label("Chapter").select_option("ch03 activations")
    cells = tab.eval_on_selector_all("#heat td", "cells => cells.map(c => [c.textContent, c.className])")
    level = {"·": "none", "0": "h0", "100": "h5"}
    assert all(
        name == level.get(text, f"h{1 + int(text) // 25}" if text.isdigit() else "") for text, name in cells
    )
    assert len({name for _, name in cells}) > 4


def test_one_student(visit):
    """a name opens everything about the student: marks, exercises, and links to pages that exist"""
    tab = visit("class")
    tab.get_by_role("button", name="student04", exact=True).click()
    dialog = tab.get_by_role("dialog", name="student04")
    assert dialog.is_visible() and dialog.locator("section").count() == 3
    links = dialog.locator("a").evaluate_all("links => links.map(l => l.href)")
    assert len(links) == 6 and all(Path(re.sub("^file://", "", link)).is_file() for link in links)
    dialog.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()


def test_a_mark_leads_to_its_page(visit):
    """a click on a mark opens the page for staff, which leads to the page of the student and back"""
    tab = visit("class")
    tab.locator("#class tbody tr").nth(3).locator("td a").first.click()
    assert "details for staff" in tab.title() and "student04" in tab.locator("h1").text_content()
    tab.get_by_role("link", name="The page the student gets").click()
    assert "feedback" in tab.title()
    tab.go_back()
    tab.get_by_role("link", name="Class report").click()
    assert len(names(tab)) == 30


def test_reachable_by_tab(visit):
    """the first Tab shows a link past everything; headings, filters and names come in order and show their focus"""
    tab = visit("class")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert tab.locator(".skip").bounding_box()["y"] >= 0
    seen = []
    for _ in range(40):
        tab.keyboard.press("Tab")
        seen.append(tab.evaluate("document.activeElement.id || document.activeElement.textContent"))
        style = "(s => s.outlineStyle !== 'none' && s.outlineWidth !== '0px')(getComputedStyle(document.activeElement))"
        assert tab.evaluate(style), seen[-1]
    assert [s for s in seen if s in ("filter", "group", "reset", "Student", "Total", "student01", "student02")] == [
        "filter", "group", "reset", "Student", "Total", "student01", "student02",
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(visit, scheme):
    """the page follows the system; in both schemes every text has a contrast of at least 4.5"""
    tab = visit("class", color_scheme=scheme)
    tab.get_by_label("Chapter").select_option("ch03 activations")
    back = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", back)[:3])) < 150) == (scheme == "dark")
    where = "#heat td, #class td a, #class th, .verdict, .meta, .legend li, .quiet, caption span, .tag, .of, a, label, .why p, h2, h3"
    pale = [c for c in tab.locator(where).evaluate_all(LETTER) if c[1] < 4.5]
    assert pale == []
    tab.goto(tab.locator("#class tbody td a").first.evaluate("a => a.href"))
    pale = [c for c in tab.locator("p, h1, h2, code, span, b").evaluate_all(LETTER) if c[1] < 4.5]
    assert pale == []


def test_print(visit):
    """on paper: light, all rows of the filter, no controls; afterwards the page is as before"""
    tab = visit("many", color_scheme="dark")
    rows = "document.querySelectorAll('#class tbody tr').length"
    tab.evaluate(f"window.addEventListener('beforeprint', () => {{ window.printed = {rows}; }})")
    assert tab.pdf().startswith(b"%PDF")
    assert tab.evaluate("window.printed") == 120 and tab.evaluate(rows) == 50
    tab.emulate_media(media="print")
    for hidden in (".filters", ".pager", "nav", ".pick"):
        assert not tab.locator(hidden).first.is_visible()
    ink = tab.evaluate("getComputedStyle(document.body).color")
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 200


@pytest.mark.parametrize("width", [360, 800])
def test_narrow_windows(visit, width):
    """on a small screen tables scroll in their own frames, the page itself does not"""
    tab = visit("class", viewport={"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_names_that_are_markup(visit):
    """names, titles and reasons with markup stand there as text, run nothing and lead nowhere else"""
    tab = visit("evil")
    assert sorted(names(tab)) == sorted(EVIL)
    for place in range(len(EVIL)):
        tab.locator("#class tbody button.name").nth(place).click()
        links = tab.locator("#student a").evaluate_all("links => links.map(l => l.href)")
        assert len(links) == 2 and all(link.startswith("file:///") and "/evil/" in link for link in links)
        tab.keyboard.press("Escape")
    tab.get_by_label("Chapter").select_option("ch04 losses")
    assert EVIL[0] in tab.locator("#heat thead").text_content()
    assert tab.locator("img, table svg[onload]").count() == 0 and tab.locator("script").count() == 2
    for link in tab.locator("#class tbody a").evaluate_all("links => links.map(l => l.href)"):
        tab.goto(link)
        assert tab.evaluate("window.hacked") is None
    tab.goto("about:blank")


def test_policy_refuses_what_slips_in(visit):
    """should markup ever get into the page, its policy keeps it from running or loading anything"""
    tab = visit(
        "empty", refused=["TrustedScript", "TrustedHTML", "Content Security Policy", "https://127.0.0.1:9/"]
    )
    assert "No result yet." in tab.locator("#class tbody").text_content()
    attempts = [
        "() => { const s = document.createElement('script'); s.text = 'window.hacked = 1'; document.body.append(s); }",
        "() => { document.body.innerHTML = '<img src=x onerror=window.hacked=1>'; }",
    ]
    for attempt in attempts:
        with pytest.raises(sync_api.Error, match="TypeError"):
            tab.evaluate(attempt)
    with tab.expect_event("requestfailed") as request:
        tab.evaluate("() => { new Image().src = 'https://127.0.0.1:9/x.png'; }")
    assert request.value.failure == "csp"
    assert tab.evaluate("window.hacked") is None

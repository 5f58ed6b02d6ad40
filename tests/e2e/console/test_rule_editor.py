"""The rule editor: problems at their place while one types, completion, formatting, and what would change beside it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Response, expect

from platform_api.console.web import BUILT
from policy import PolicyError, Rulebook
from policy.engine import Engine
from tests.support.browser import Visit, Visitor
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import act, drafted, live, saved

pytestmark = pytest.mark.e2e

RULE = '@id("{id}")\n@title("Größe → a rule")\n@owner("governance-office")\n'
READ = RULE + 'permit (principal, action == Action::"read", resource) '
TEXTS = {
    "right": READ + "when {{ context.mfa }};",
    "two-rules": RULE + 'permit (principal, action == Action::"read", resource is S3Prefix) when '
    '{{ resource.zone == "lake" && resource.classes.contains("personal") }};',
    "broken-off": RULE + "permit (principal",
    "no-such-action": RULE + 'permit (principal, action == Action::"reed", resource);',
    "no-such-attribute": READ + "when {{ resource.sensitivty < 2 }};",
    "another-type": READ + 'when {{ resource.sensitivity == "low" }};',
    "no-such-kind": RULE + 'permit (principal is Persn, action == Action::"read", resource);',
    "no-owner": '@id("{id}")\n@title("A")\npermit (principal, action == Action::"read", resource);',
    "reserved": '@id("inv-x")\n@title("A")\n@owner("o")\npermit (principal, action == Action::"read", resource);',
    "no-member": READ + 'when {{ context.tier == Tier::"play" }};',
}


@pytest.fixture
def editor(visitor: Visitor, cast: Cast, story: Story) -> Visit:
    """A draft of the officer's own, opened at its Cedar text."""
    visit = visitor("gus")
    draft = drafted(cast.gus, live(cast)["text"])
    visit.go(f"/rules/{draft['version']}?tab=cedar")
    return visit


def typed(visit: Visit, text: str) -> None:
    """The whole text of the editor, replaced as by pasting."""
    content = visit.page.get_by_label("The rules in Cedar")
    content.click()
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.press("Delete")
    visit.page.keyboard.insert_text(text)


def test_the_browser_and_the_server_agree_on_what_is_right(editor: Visit, cast: Cast) -> None:
    page = editor.page
    sent: list[str] = []
    page.on("response", lambda answer: sent.append(answer.url) if answer.status == 422 else None)
    for name, template in TEXTS.items():
        text = template.format(id=name)
        try:
            Engine.load(Rulebook(version="draft", text=text))
            is_right = True
        except PolicyError:
            is_right = False
        typed(editor, text)
        if is_right:
            expect(page.get_by_role("tab", name="Rules (1)"), name).to_be_visible()
            expect(page.get_by_role("alert"), name).to_have_count(0)
        else:
            expect(page.get_by_role("alert"), name).to_contain_text("The text is no rulebook yet")
    assert sent == [], "what the browser sees is wrong is not sent"
    editor.check_quiet()


def test_a_slip_is_underlined_at_its_place_and_mended_by_one_press(editor: Visit) -> None:
    page = editor.page
    typed(editor, TEXTS["no-such-action"].format(id="a"))
    expect(page.get_by_role("alert")).to_contain_text("Line 4")
    expect(page.locator(".cm-lintRange-error").first).to_contain_text('Action::"reed"')
    editor.check_accessible()
    page.locator(".cm-lintRange-error").first.hover()
    page.get_by_role("button", name='Use Action::"read"').or_(page.locator(".cm-diagnosticAction")).first.click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("The rules in Cedar")).to_contain_text('Action::"read"')
    page.get_by_role("button", name="Format").click()
    expect(page.get_by_label("The rules in Cedar")).to_contain_text("permit (  principal,")
    editor.check_quiet()


def test_the_schema_completes_what_is_begun(editor: Visit) -> None:
    page = editor.page
    typed(editor, RULE.format(id="a") + 'permit (principal, action == Action::"read", resource)\nwhen { ')
    page.keyboard.type("resource.sens")
    option = page.get_by_role("option", name=re.compile("sensitivity"))
    expect(option).to_be_visible()
    editor.check_accessible()
    page.keyboard.press("Enter")
    page.keyboard.type(' < 2 && context.tier == Tier::"val')
    page.get_by_role("option", name=re.compile("validation")).click()
    page.keyboard.press("Tab")
    expect(page.get_by_label("The rules in Cedar")).to_contain_text(
        'resource.sensitivity < 2 && context.tier == Tier::"validation'
    )
    expect(page.get_by_label("The rules in Cedar")).not_to_be_focused()


def test_what_would_change_stands_beside_the_text_and_can_be_sent_as_a_link(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    visit = visitor("gus", theme="dark")
    text = live(cast)["text"]
    draft = drafted(cast.gus, text)
    page = visit.go(f"/rules/{draft['version']}?tab=cedar")
    expect(page.get_by_text("nothing would change")).to_be_visible()
    stop = '@id("nobody-writes")\n@title("Nobody writes")\n@owner("governance-office")\n'
    typed(visit, f'{text}\n{stop}forbid (principal, action == Action::"write", resource);\n')
    expect(page.get_by_text("Only narrows: proved")).to_be_visible(timeout=60_000)
    visit.check_accessible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Saved")).to_be_visible()
    shown = made(act(cast.gus, "propose", made(cast.gus.get(f"/v1/rulebooks/{draft['version']}"))))

    other = visitor("olga", theme="dark")
    page = other.go(f"/rules/{draft['version']}/impact")
    expect(page.get_by_text("Only narrows: proved")).to_be_visible()
    expect(page.get_by_text("Who gains and who loses")).to_be_visible()
    other.check_accessible()
    small = visitor("olga", theme="dark", width=390)
    small.go(f"/rules/{draft['version']}/impact")
    assert small.evaluated("document.documentElement.scrollWidth <= 390") is True
    made(act(cast.gus, "withdraw", shown, reason="It was a test."))
    for one in (visit, other, small):
        one.check_quiet()


def test_what_was_found_out_is_of_its_text_whether_that_is_saved_or_not(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    visit = visitor("gus")
    text = live(cast)["text"]
    draft = drafted(cast.gus, text)
    page = visit.go(f"/rules/{draft['version']}?tab=cedar")
    stop = '@id("nobody-removes")\n@title("Nobody deletes")\n@owner("governance-office")\n'
    typed(visit, f'{text}\n{stop}forbid (principal, action == Action::"remove", resource);\n')
    page.get_by_role("tab", name="What would change").click()
    page.get_by_role("button", name="Find out what would change").click()
    expect(page.get_by_role("heading", name="How far the proof reaches")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Saved")).to_be_visible()
    expect(page.get_by_text("which is not saved yet")).to_have_count(0)
    older = page.get_by_text("This is of the text before your last change.")
    expect(older).to_have_count(0)
    made(saved(cast.gus, draft["version"], text=text))
    expect(older).to_be_visible()
    visit.check_quiet()


def test_an_unfinished_form_asks_nothing_of_the_server(visitor: Visitor, cast: Cast, story: Story) -> None:
    visit = visitor("gus")
    refused: list[Response] = []
    draft = drafted(cast.gus, live(cast)["text"])
    page = visit.go(f"/rules/{draft['version']}")
    page.on("response", lambda answer: refused.append(answer) if answer.status == 422 else None)
    page.get_by_role("button", name="New rule").click()
    expect(page.get_by_text("Still to say: its name")).to_be_visible()
    page.get_by_label("What the rule is called").fill("Interns read nothing at night")
    expect(page.get_by_text("Leave that team out under “Except if they are”")).to_be_visible()
    page.get_by_text("Except if they are…", exact=True).click()
    page.get_by_role("checkbox", name="in a team").last.check()
    expect(page.get_by_text("Still to say: which team.")).to_be_visible()
    page.get_by_role("checkbox", name="in a team").last.uncheck()
    page.get_by_role("radio", name="People and pipelines of teams").check()
    expect(page.get_by_text("Still to say: which teams")).to_be_visible()
    page.get_by_role("combobox", name="Teams").fill("lending-science")
    page.get_by_role("option", name="lending-science").click()
    page.get_by_role("radio", name="One source").check()
    expect(page.get_by_text("Still to say: which source")).to_be_visible()
    page.get_by_role("radio", name="All data").check()
    expect(
        page.get_by_text("People and pipelines of the team").or_(page.get_by_text("lending-science may")).last
    ).to_be_visible()
    visit.check_accessible()
    page.keyboard.press("Escape")  # asks first, and is answered with no
    expect(page.get_by_label("What the rule is called")).to_have_value("Interns read nothing at night")
    assert refused == []


def test_the_first_page_is_small_and_the_editor_comes_later() -> None:
    page = (BUILT / "index.html").read_text(encoding="utf-8")
    first = [BUILT / name.lstrip("/") for name in re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', page)]
    reached = _imports(first)
    assert not [file.name for file in reached if "cedar" in file.name.lower() or "worker" in file.name]
    assert sum(Path(f"{file}.gz").stat().st_size for file in reached) <= 250_000


def _imports(files: list[Path]) -> set[Path]:
    """The scripts that come with these, without what they load later."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            text = file.read_text(encoding="utf-8")
            waiting += [file.parent / name for name in re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', text)]
    return found

"""A4: what a counter may not do, no script, no file and no clerk makes it do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import CARD, WISHES
from tests.commands.desk import LEAD, Sbk, copied, new_counter


@pytest.mark.clause("A4")
def test_a_township_replaces_no_card_by_script(township: Sbk) -> None:
    before = township.card(CARD)
    answer = township("do", "replace.apply", *WISHES["replace.apply"], "--json", approver=LEAD)
    assert (answer.code, answer.document["error"]) == (3, "capability.level")
    assert answer.document["clause"] == "第四条"
    assert answer.document["remedy"]
    assert township.card(CARD) == before
    assert township.operations() == 4


@pytest.mark.clause("A4")
@pytest.mark.parametrize(
    "edited",
    ['level = "C"', "[counter]\nlevel = 'C'", '[rules]\nlevel = "C"', 'capabilities = ["REPLACE"]'],
)
def test_an_edited_configuration_does_not_make_a_township_a_county(
    township: Sbk, edited: str
) -> None:
    (township.home / "config.toml").write_text(edited + "\n", "utf-8")
    answer = township("do", "replace.apply", *WISHES["replace.apply"], "--json")
    assert (answer.code, answer.document["error"]) == (2, "config.wrong")
    (township.home / "config.toml").write_text("switched_off = []\n", "utf-8")
    assert township("do", "replace.apply", *WISHES["replace.apply"]).code == 3


@pytest.mark.clause("A3", "A4")
def test_the_configuration_can_narrow(active: Sbk) -> None:
    config = active.home / "config.toml"
    config.write_text('switched_off = ["LOSS"]\n', "utf-8")
    answer = active("do", "loss.formal", *WISHES["loss.formal"], "--json")
    assert (answer.code, answer.document["error"]) == (3, "capability.narrowed")
    config.write_text('switched_off = ["FLYING"]\n', "utf-8")
    assert active("do", "loss.formal", *WISHES["loss.formal"]).code == 2
    config.write_text("switched_off = [\n", "utf-8")
    assert active("do", "loss.formal", *WISHES["loss.formal"]).code == 2
    config.unlink()
    assert active("do", "loss.formal", *WISHES["loss.formal"]).code == 0


@pytest.mark.clause("A3")
def test_a_window_run_by_a_bank_hands_out_no_cards(tmp_path: Path) -> None:
    bank = new_counter(tmp_path, "B", bank="95588")
    list_of_cards = tmp_path / "cards.csv"
    list_of_cards.write_text("社会保障号码,姓名,社保卡号\n", "utf-8")
    assert bank("import", "cards", str(list_of_cards)).code == 3
    assert bank("do", "card.enable", f"card={CARD}").code == 3


@pytest.mark.clause("A3")
@pytest.mark.parametrize("words", [("find", "常"), ("show", "card", CARD)])
def test_a_counter_without_query_shows_nobody(
    counters: Callable[[str], Sbk], tmp_path: Path, words: tuple[str, ...]
) -> None:
    sbk = copied(counters("sealed"), tmp_path)
    (sbk.home / "config.toml").write_text('switched_off = ["QUERY"]\n', "utf-8")
    answer = sbk(*words, "--json")
    assert (answer.code, answer.document["error"]) == (3, "capability.narrowed")

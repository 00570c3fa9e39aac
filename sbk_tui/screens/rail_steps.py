"""Which screen does a step of the chain (5.1, 5.2); each is imported when it is opened."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from sbk_tui.services.desks import Desks

_CARD_JOBS = {"enable_old": "5.1.4", "loss": "3.2", "collect": "5.1.4", "enable": "5.1.4"}
_TEMP_JOBS = {"temp_back": "6.3", "temp": "6.1.1"}
_MAKE_JOBS = {"make": "5.1.3.2", "restore": "5.1.3.4"}
_PAPERS = {"pay_notice": "5.1.1.1.1", "note": "5.1.1.2"}


def opened(desks: Desks, step: str, person: str) -> Screen[Any] | None:
    """Return the screen of a step for `person`; None: it is not done at this counter."""
    if step in _CARD_JOBS:
        from sbk_tui.screens.card_job import CardJobScreen

        return CardJobScreen(desks, _CARD_JOBS[step], person)
    if step in _TEMP_JOBS:
        from sbk_tui.screens.temp_card import TempCardScreen

        return TempCardScreen(desks, _TEMP_JOBS[step], person)
    if step in _PAPERS:
        from sbk_tui.screens.fee_acts import FeePaperScreen

        return FeePaperScreen(desks, _PAPERS[step], person)
    if step == "pay_pos":
        from sbk_tui.screens.fee_acts import ChargeScreen

        return ChargeScreen(desks, "5.1.1.1.2", person)
    if step in _MAKE_JOBS:
        from sbk_tui.screens.menu import SCREENS

        clause = _MAKE_JOBS[step]
        return SCREENS[clause](desks, clause, person) if clause in SCREENS else None
    if step == "correct":
        from sbk_tui.screens.correct import CorrectScreen

        return CorrectScreen(desks, person)
    if step == "photo":
        from sbk_tui.screens.change_photo import ChangePhotoScreen

        return ChangePhotoScreen(desks, person)
    return None

"""A person and the cards, drawn: the short panel of the jobs and the long one of the query."""

from __future__ import annotations

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from sbk_tui.domain import mask
from sbk_tui.services import words
from sbk_tui.services.query_desk import Dossier
from sbk_tui.services.temp_desk import held
from sbk_tui.texts import name_of, word


class PersonPanel(Widget):
    """Who it is and which cards there are; numbers masked unless `revealed`."""

    DEFAULT_CSS = "PersonPanel { height: auto; }"

    dossier: reactive[Dossier | None] = reactive(None, layout=True)
    card_number: reactive[str] = reactive("")
    """The card that the job is about; it is marked."""
    revealed: reactive[bool] = reactive(False)

    def render(self) -> Text:
        """Draw two lines for the person and one for each card."""
        if self.dossier is None:
            return Text("")
        person = self.dossier.person
        number = person.number if self.revealed else mask.number(person.number)
        phone = person.mobile or person.fixed_phone
        phone = phone if self.revealed else mask.phone(phone) if phone else ""
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(person.name, "bold")
        text.append(f"  {name_of('sex', person.sex)}  {number}  {phone}\n")
        text.append(f"{person.village_name or person.unit_name or person.address}\n", "dim")
        for card in self.dossier.cards:
            mark = ">" if card.number == self.card_number else " "
            bank = name_of("bank", card.bank)
            text.append(f"{mark}{card.number}  {words.card_state(card)}  {bank}  {card.place}\n")
        out = held(self.dossier.temp_cards)
        if out is not None:
            text.append(f" {words.temp_card(out)}\n")
        if not self.dossier.cards:
            text.append(word("person.no_cards"), "dim")
        return text

"""The face of one card from the records (5.1.3.2 预览, 打印)."""

from __future__ import annotations

from collections.abc import Callable

from sbk_tui.domain.people import Person
from sbk_tui.domain.production import Production
from sbk_tui.errors import Refusal
from sbk_tui.hardware.ports import CardSheet

_THIRD = "3.00"
"""The generation that blanks are of, until the chip says otherwise [A]."""


class Faces:
    """Draws faces for one counter."""

    def __init__(
        self,
        photo: Callable[[str], bytes | None],
        *,
        mask_number: bool,
        training: bool,
        sheet: CardSheet,
    ) -> None:
        """Take what returns a portrait by its blob id, None: it is not here."""
        self._photo = photo
        self._mask_number = mask_number
        self._training = training
        self._sheet = sheet

    def of(self, person: Person, production: Production) -> bytes:
        """Return the face of a card whose number is allotted, a PNG.

        Raises:
            Refusal: `make.no_photo`; `card_face.no_glyph`, a character that no font here has:
                nobody can write it on a card by hand.
            BadUsage: as `printing.card_face.render`.
        """
        photo = self._photo(person.photo) if person.photo else None
        if photo is None or production.made_on is None:
            raise Refusal("make.no_photo", clause="5.1.3.2")
        # Late: only who makes a card loads the picture library.
        from sbk_tui.printing import card_face

        face = card_face.CardFace(
            name=person.name,
            number=person.number,
            card=production.card,
            issued=production.made_on,
            valid_to=production.valid_to,
            version=production.version or _THIRD,
            photo=photo,
        )
        drawn = card_face.render(
            face, mask_number=self._mask_number, training=self._training, sheet=self._sheet
        )
        if drawn.missing:
            raise Refusal(card_face.NO_GLYPH, clause="5.1.3.2", **drawn.missing[0].facts())
        return drawn.png

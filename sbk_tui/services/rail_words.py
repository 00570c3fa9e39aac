"""The chain of 补卡 and 换卡 in a clerk's words: one line a step, and what is next."""

from __future__ import annotations

from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.services import words
from sbk_tui.services.fees import amount_words
from sbk_tui.services.procedures import procedure
from sbk_tui.services.rail import EXCHANGE, REPLACE, Facts, Rail, Stage, Stop, rail, running
from sbk_tui.texts import name_of, word

_CLAUSES = {
    "enable_old": "5.1.4",
    "loss": "5.1.2.1",
    "pay": "5.1.1.1",
    "note": "5.1.1.2",
    "apply": "5.1.2.2",
    "register": "5.1.2.3",
    "mark": "5.1.2.4",
    "make": "5.1.3.2",
    "collect": "5.1.4",
    "enable": "5.1.4",
    "temp_back": "6.3",
}
"""Which clause each step is."""


def clause_of(facts: Facts, step: str) -> str:
    """Return the clause of a step; 换卡 has one of its own."""
    return EXCHANGE if facts.exchange and step == "apply" else _CLAUSES[step]


def title(facts: Facts, step: str) -> str:
    """Return a step's name, as its procedure has it."""
    return procedure(EXCHANGE if facts.exchange else REPLACE).step(step).title


def line(chain: Rail, stop: Stop) -> tuple[str, str, str, str]:
    """Return mark, clause, name and state of a step."""
    state = word(f"rail.{stop.stage.value}")
    when = words.moment(stop.at) if stop.stage is Stage.DONE else ""
    said = "  ".join(filter(None, (when or state, note(chain, stop))))
    clause = clause_of(chain.facts, stop.step)
    return word(f"rail.mark_{stop.stage.value}"), clause, title(chain.facts, stop.step), said


def note(chain: Rail, stop: Stop) -> str:
    """Return what else a clerk wants to know of a step; empty when there is nothing."""
    facts, done = chain.facts, stop.stage is Stage.DONE
    if stop.stage is Stage.NEEDLESS:
        return ""
    match stop.step:
        case "pay" if facts.payment is not None:
            state = name_of("payment_state", facts.payment.state.value)
            return "" if done else f"{amount_words(facts.payment.amount_fen)}  {state}"
        case "note" if facts.payment is not None:
            return facts.payment.note
        case "apply" if facts.wish is not None:
            return name_of("replace_reason", facts.wish.reason)
        case "make" if facts.production is not None:
            return _making(facts, stop)
        case "collect" if facts.card is not None:
            return facts.card.number
        case "enable" if done:
            return word("rail.old_cancelled") if facts.old is not None else ""
        case "temp_back" if facts.temp is not None:
            return facts.temp.number
        case "mark":
            return _marked(facts, stop)
        case _:
            return ""


def _marked(facts: Facts, stop: Stop) -> str:
    over = stop.stage is Stage.NOW and facts.lease_ends is not None
    if over and facts.production is not None:
        return word("rail.lease_over", counter=facts.production.counter)
    return ""


def _making(facts: Facts, stop: Stop) -> str:
    production = facts.production
    if production is None or stop.stage is Stage.LATER:
        return ""
    state = name_of("production_state", production.state.value)
    if stop.stage is not Stage.ELSEWHERE:
        return production.card if stop.stage is Stage.DONE else state
    until = f"{facts.lease_ends.astimezone(CHINA):%H:%M}" if facts.lease_ends else ""
    key = "rail.leased" if until else "rail.in_work"
    return word(key, counter=production.counter, state=state, until=until)


def what_next(chain: Rail) -> str:
    """Return what is to be done now, in one sentence."""
    stop = chain.next
    if stop is None:
        return word("rail.finished")
    key = {Stage.CITY: "rail.next_city", Stage.ELSEWHERE: "rail.next_elsewhere"}
    facts = chain.facts
    counter = facts.production.counter if facts.production is not None else ""
    return word(
        key.get(stop.stage, "rail.next"),
        clause=clause_of(facts, stop.step),
        step=title(facts, stop.step),
        counter=counter,
    )


def next_of(seen: Dossier, *, rules: Rules, counter: str, now_ms: int) -> str:
    """Return what is next in a person's running replacement (B19); empty when none runs.

    2.4.2 and the kiosk say by this what the list of 5.1 says.
    """
    now = from_ms(now_ms)
    if running(seen, now) is None:
        return ""
    chain = rail(seen, exchange=False, rules=rules, counter=counter, now=now)
    return what_next(chain) if chain.next else ""

"""The supervisors' page: counters, what waits, what was refused, the work as plots (B23).

Server-rendered, no script; a session cookie, a token in every form, nothing from outside. What
the page decides is decided by the same functions as `sbk hub …`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sbk_tui import divisions
from sbk_tui.data.cases import CaseItem
from sbk_tui.data.records import Records
from sbk_tui.data.store import Store
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.settle import UNKNOWN
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import BadUsage, Fact, Refusal
from sbk_tui.hub import figures, plots, supervisors
from sbk_tui.hub.decisions import Decider
from sbk_tui.hub.spoken import Taken, take
from sbk_tui.hub.supervisors import Supervisor
from sbk_tui.resources import ASSETS
from sbk_tui.texts import word, words_for

ROOT, COOKIE = "/page", "sbk_page"
DAYS = 30
_MOST_FORM_BYTES = 16 * 1024
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Form = Mapping[str, str]
View = Callable[[Any, Supervisor, Request, int], str]


class Page:
    """The page over one hub's store."""

    def __init__(
        self,
        store: Store,
        *,
        decider: Decider,
        settings: Settings,
        initials: Callable[[str], Sequence[str]],
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._settings = settings
        self._initials = initials
        self._decider = decider
        self._now_ms = now_ms
        self._templates = Environment(
            loader=FileSystemLoader(ASSETS / "page"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "moment": _moment,
            "place": _place,
            "kind": _kind,
            "told": _told,
            "answer": _answer,
            "answers": _answers,
        }

    def routes(self) -> list[Route]:
        """Return the page's routes, all below `/page`."""
        return [
            Route("/", self._to_the_page),
            Route(ROOT, self._to_the_page),
            Route(f"{ROOT}/", self._seen(self._overview)),
            Route(f"{ROOT}/counters/{{counter}}", self._seen(self._counter)),
            Route(f"{ROOT}/cases", self._seen(self._cases), methods=["GET"]),
            Route(f"{ROOT}/cases", self._settle, methods=["POST"]),
            Route(f"{ROOT}/spoken", self._spoken, methods=["POST"]),
            Route(f"{ROOT}/login", self._login_form, methods=["GET"]),
            Route(f"{ROOT}/login", self._login, methods=["POST"]),
            Route(f"{ROOT}/logout", self._logout, methods=["POST"]),
            Route(f"{ROOT}/style.css", self._style),
        ]

    # ------------------------------------------------------------------ who is there

    def _seen(self, view: View) -> Callable[[Request], Any]:
        """Return the handler of a page that only somebody signed in sees."""

        def answer(request: Request) -> Response:
            now = self._now_ms()
            token = request.cookies.get(COOKIE, "")
            with self._store.write("page") as db:
                who = supervisors.signed_in(db, token, now)
            if who is None:
                return RedirectResponse(f"{ROOT}/login", 303, _SAFE)
            with self._store.session() as db:
                return HTMLResponse(view(db, who, request, now), headers=_SAFE)

        async def handler(request: Request) -> Response:
            return await run_in_threadpool(answer, request)

        return handler

    async def _to_the_page(self, _request: Request) -> Response:
        return RedirectResponse(f"{ROOT}/", 303, _SAFE)

    async def _login_form(self, _request: Request) -> Response:
        return HTMLResponse(self._render("login.html", said=""), headers=_SAFE)

    async def _login(self, request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(self._sign_in, request, form)

    def _sign_in(self, request: Request, form: Form) -> Response:
        with self._store.write("page") as db:
            outcome = supervisors.sign_in(
                db, form.get("id", ""), form.get("password", ""), self._now_ms()
            )
        if isinstance(outcome, Refusal):
            words = words_for(outcome.code, outcome.facts)
            said = f"{words.message}{words.remedy}"
            return HTMLResponse(self._render("login.html", said=said), 403, _SAFE)
        answer = RedirectResponse(f"{ROOT}/", 303, _SAFE)
        answer.set_cookie(
            COOKIE, outcome, path=ROOT, httponly=True, samesite="strict",
            secure=not _is_loopback(request.url.hostname or ""),
        )  # fmt: skip
        return answer

    async def _logout(self, request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(self._sign_out, request, form)

    def _sign_out(self, request: Request, form: Form) -> Response:
        token = request.cookies.get(COOKIE, "")
        with self._store.write("page") as db:
            who = supervisors.signed_in(db, token, self._now_ms())
            if who is not None and supervisors.is_form_of(who, form.get("csrf", "")):
                supervisors.sign_out(db, token)
        answer = RedirectResponse(f"{ROOT}/login", 303, _SAFE)
        answer.delete_cookie(COOKIE, path=ROOT)
        return answer

    # ------------------------------------------------------------------ views

    def _overview(self, db: Any, who: Supervisor, _request: Request, now: int) -> str:
        counters = figures.counters(db, now)
        days = figures.work_by_day(db, now, DAYS)
        first = next(iter(days))
        kinds = {_kind(kind): n for kind, n in figures.work_by_kind(db, first).items()}
        districts = {_place(code): n for code, n in figures.work_by_district(db, first).items()}
        delays = figures.delay_by_day(db, now, DAYS)
        charts = [
            (word("page.by_day", days=DAYS), plots.columns(days, "")),
            (word("page.by_delay", days=DAYS), plots.columns(delays, "")),
            (word("page.by_kind", days=DAYS), plots.rows(kinds, "")),
            (word("page.by_district", days=DAYS), plots.rows(districts, "")),
        ]
        return self._render(
            "overview.html",
            who=who,
            counters=counters,
            late=sum(each.late and not each.revoked for each in counters),
            waiting=sum(each.waiting for each in counters),
            refused=sum(each.refused for each in counters),
            aside=sum(each.quarantined for each in counters),
            cases=len(self._decider.waiting(db)),
            # Our own drawing: every label in it was escaped when it was drawn.
            charts=[(title, Markup(chart)) for title, chart in charts],  # noqa: S704
        )

    def _counter(self, db: Any, who: Supervisor, request: Request, now: int) -> str:
        wanted = request.path_params["counter"]
        line = next((c for c in figures.counters(db, now) if c.counter == wanted), None)
        rows = figures.newest_operations(db, wanted)
        return self._render("counter.html", who=who, line=line, rows=rows, wanted=wanted)

    def _cases(self, db: Any, who: Supervisor, _request: Request, _now: int) -> str:
        return self._case_list(db, who, "")

    def _case_list(self, db: Any, who: Supervisor, said: str) -> str:
        return self._render(
            "cases.html",
            who=who,
            said=said,
            cases=self._decider.waiting(db),
            at_counters=figures.cases_at_counters(db),
            by_number=f"conflict.{UNKNOWN}",
        )

    # ------------------------------------------------------------------ deciding

    async def _settle(self, request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(self._decide, request, form)

    def _decide(self, request: Request, form: Form) -> Response:
        """Decide a case: who may, with a reason, from a form of this very session."""
        with self._store.write("page") as db:
            who = supervisors.signed_in(db, request.cookies.get(COOKIE, ""), self._now_ms())
        if who is None:
            return RedirectResponse(f"{ROOT}/login", 303, _SAFE)
        try:
            _refuse_form(who, form)
            with self._store.write() as db:
                self._decider.settle(
                    db, form.get("case", ""), form.get("card") or form.get("answer", ""),
                    by=f"{who.name}（{who.id}）", reason=form["reason"].strip(),
                )  # fmt: skip
        except (BadUsage, Refusal) as error:
            words = words_for(error.code, error.facts)
            with self._store.session() as db:
                page = self._case_list(db, who, f"{words.message}{words.remedy}")
            return HTMLResponse(page, 403 if isinstance(error, Refusal) else 409, _SAFE)
        return RedirectResponse(f"{ROOT}/cases", 303, _SAFE)

    # ------------------------------------------------------------------ spoken losses

    async def _spoken(self, request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(self._take_spoken, request, form)

    def _take_spoken(self, request: Request, form: Form) -> Response:
        """Record a loss that is read over the telephone (B2); who took the call is named."""
        with self._store.write("page") as db:
            who = supervisors.signed_in(db, request.cookies.get(COOKIE, ""), self._now_ms())
        if who is None:
            return RedirectResponse(f"{ROOT}/login", 303, _SAFE)
        outcome: Taken | Refusal
        try:
            _refuse_form(who, {**form, "reason": "telephone"})
            with self._store.write() as db:
                outcome = take(
                    db, Records(db, self._initials), form.get("code", ""), form.get("number", ""),
                    by=f"{who.name}（{who.id}）", settings=self._settings, now_ms=self._now_ms(),
                )  # fmt: skip
        except Refusal as refusal:
            outcome = refusal
        if isinstance(outcome, Refusal):
            words = words_for(outcome.code, outcome.facts)
            said, status = f"{words.message}{words.remedy}", 403
        else:
            key = "spoken.known" if outcome.known else "spoken.taken"
            said, status = word(key, office=outcome.office, cards=" ".join(outcome.cards)), 200
        with self._store.session() as db:
            return HTMLResponse(self._case_list(db, who, said), status, _SAFE)

    async def _style(self, _request: Request) -> Response:
        return Response(
            (ASSETS / "page" / "style.css").read_bytes(), headers=_SAFE, media_type="text/css"
        )

    def _render(self, template: str, **values: object) -> str:
        return self._templates.get_template(template).render(root=ROOT, **values)


def _refuse_form(who: Supervisor, form: Form) -> None:
    """Return when this person may decide by this form.

    Raises:
        Refusal: `page.form` (not of this session), `page.viewer`, `page.reason`.
    """
    if not supervisors.is_form_of(who, form.get("csrf", "")):
        raise Refusal("page.form")
    if not who.may_settle:
        raise Refusal("page.viewer")
    if not form.get("reason", "").strip():
        raise Refusal("page.reason")


async def _form(request: Request) -> Form:
    """Return the fields of a form, each once; one that is too large has none."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_FORM_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: values[0] for name, values in fields.items()}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _moment(at_ms: int) -> str:
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(CHINA)
    return local.strftime("%m-%d %H:%M")


def _place(code: str) -> str:
    return divisions.full_name(code) or code


def _kind(kind: str) -> str:
    return word(f"kinds.{kind.replace('.', '_')}")


def _answers(case: CaseItem) -> tuple[str, ...]:
    """Return what a supervisor may answer."""
    return case.choices or ("done",)


def _answer(answer: str) -> str:
    """Return an answer in words; a card's number stands for itself."""
    if answer[:1].isupper() or answer[:1].isdigit():
        return answer
    return word(f"cases.answer_{answer}")


def _told(code: str, facts: str | Mapping[str, Fact]) -> str:
    """Return the sentence of a code with its facts."""
    if not code:
        return ""
    known: Mapping[str, Fact] = (
        msgspec.json.decode(facts or "{}") if isinstance(facts, str) else facts
    )
    return words_for(code, known).message

"""The same form and list on our own screen layer, started as our entrance starts."""

import os

from sbk_tui.terminal import startup

TITLE = "社会保障卡 个人查询"
INK = [TITLE, "姓名", "社会保障号", "", "社会保障号  姓名  首字母  村  手机  状态", "正在启动"]


def main() -> None:
    """First ink, then the big imports."""
    startup.prepare(os.environ)
    startup.first_ink(2, INK)

    import people
    from textual.app import ComposeResult
    from textual.widgets import Input, Static

    from sbk_tui.terminal.lean import LeanApp
    from sbk_tui.terminal.listview import Column, PagedList, Row

    class Form(LeanApp[None]):
        """Two fields, a list, the keys."""

        def compose(self) -> ComposeResult:
            yield Static(TITLE)
            for label in ("姓名", "社会保障号"):
                field = Input(placeholder=label, compact=True)
                field.cursor_blink = False
                yield field
            widths = (20, 10, 8, 8, 13, 0)
            columns = [Column(title, w) for title, w in zip(people.HEAD, widths, strict=True)]
            yield PagedList(columns)
            yield Static("F1 帮助  F10 退出")

        def on_mount(self) -> None:
            self.query_one(PagedList).show([Row(str(i), people.row(i)) for i in range(1000)])
            self.query(Input).first().focus()

    Form().run(mouse=False)


if __name__ == "__main__":
    main()

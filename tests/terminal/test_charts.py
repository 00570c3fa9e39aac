"""Bars are measured in cells, whatever the labels are made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sbk_tui.terminal.charts import bars

rows = st.lists(
    st.tuples(st.text(alphabet="张三丰abc1-（）𠮷", max_size=12), st.integers(0, 10**6)),
    max_size=20,
)


@given(rows, st.integers(40, 200))
def test_no_line_is_wider_than_it_may_be_and_the_greatest_fills_it(
    rows: list[tuple[str, int]], width: int
) -> None:
    lines = bars(rows, width, 14)
    assert len(lines) == len(rows)
    assert all(cell_len(line) <= width for line in lines)
    most = max((count for _, count in rows), default=0)
    for (_, count), line in zip(rows, lines, strict=True):
        assert ("=" in line) is (count > 0)
        if count == most > 0:
            assert cell_len(line) == width


def test_what_one_sees() -> None:
    assert bars([("张三", 10), ("b", 5), ("c", 0)], 30, 6) == [
        "张三   10 " + "=" * 20, "b       5 " + "=" * 10, "c       0",
    ]  # fmt: skip

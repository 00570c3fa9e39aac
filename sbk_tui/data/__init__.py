"""Tables, migrations, the ledger and the look-ups. Rows never leave this room; values do.

Peewee loads a PostgreSQL driver wherever one is installed: 100 ms and 19 MB that no counter
needs. So it is hidden while Peewee is loaded; the hub's own store loads it itself.
"""

from __future__ import annotations

import sys


def _load_peewee_alone() -> None:
    if "peewee" in sys.modules:
        return
    hidden = {name: sys.modules.get(name) for name in ("psycopg", "psycopg2", "psycopg2cffi")}
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: "not installed"
    try:
        import peewee  # noqa: F401
    finally:
        for name, module in hidden.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


_load_peewee_alone()

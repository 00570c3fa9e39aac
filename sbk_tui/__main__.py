"""`python -m sbk_tui` is `sbk`."""

from sbk_tui.cli import main

raise SystemExit(main())

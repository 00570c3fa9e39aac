"""Tables, migrations, the ledger and the look-ups. Rows never leave this room; values do."""

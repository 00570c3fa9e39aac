"""Operations: each wish or fact is one immutable value with its rule beside it.

`admit` is the rule: it may refuse, and it alone looks at the office's settings. `effect` says
what is true afterwards: it depends on records and occasion only and never refuses, so that a
log can be replayed, and a fact that has happened can be recorded whatever the rules say (P6).
"""

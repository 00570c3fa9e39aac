"""The command line, one module a command: `arguments(parser)` describes it, `run(args)` does it.

Only the module of the command that was typed is imported.
"""

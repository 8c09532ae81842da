"""The commands, one module each: ``add_parser(subparsers)`` says its arguments, ``run`` runs it."""

def _verb(
    verbs: Any,
    name: str,
    run: Callable[[Any, Settings], int | None],
    say: str,
    *options: Option,
) -> None:
    made = verbs.add_parser(name, help=say, description=say)
    made.set_defaults(run=run)
    for flags, details in options:
        made.add_argument(flags, **details)

def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(
            f"{path} is missing", next_step="run the command in the project's folder"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(
            f"{path} is not TOML: {error}", next_step="correct that line", code=3
        ) from error

    if settings.environment.masking_key:
        return hashlib.sha256(settings.environment.masking_key.encode()).digest()
    path = settings.environment.data / "masking.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = path.with_name(f"masking.{secrets.token_hex(8)}")
        drawn.touch(mode=0o600)
        drawn.write_text(secrets.token_hex(32), encoding="utf-8")
        # A link fails where another process was quicker, and never shows a half-written key.
        with suppress(FileExistsError):
            path.hardlink_to(drawn)
        drawn.unlink()
    return bytes.fromhex(path.read_text(encoding="utf-8"))

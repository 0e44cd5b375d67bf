def address(settings: Settings, host: str) -> str:
    """Return where to listen: without keys this machine only.

    Raises:
        ProjectError: No key is set and `host` can be reached from elsewhere.
    """
    keys = settings.environment.api_keys
    host = host or settings.environment.host or (EVERYWHERE if keys else LOOPBACK[0])
    if keys:
        return host
    if host not in LOOPBACK:
        raise ProjectError(
            f"SERVICE_API_KEYS is not set, so {host} is refused",
            next_step="set it (comma separated), or serve on 127.0.0.1",
            code=3,
        )
    logging.getLogger(__name__).warning(
        "SERVICE_API_KEYS is not set: no key is asked for, and only this machine can connect"
    )
    return host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ProjectError(
            f"{host}:{port} cannot be used: {error.strerror}",
            next_step="name another one with --port, or SERVICE_PORT",
        ) from error
    return listening

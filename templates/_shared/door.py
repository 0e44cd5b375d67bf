    Args:
        path: The route's path.
        work: From a body to an answer.
        size: Largest body, in bytes.
        keys: Keys that callers may present; none means everybody (on loopback only).
        metrics: Where answers are counted.
    """

    def __init__(
        self, path: str, work: Work, size: int, keys: Sequence[str], metrics: Metrics
    ) -> None:
        self.path = path
        self._work = work
        self._size = size
        self._keys = [key.encode() for key in keys]
        self._answered = metrics.requests.labels(path, "200").inc
        self._seconds = metrics.seconds.labels(path).observe
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status, out = 401, _detail("present a valid key in the header " + KEY_HEADER)
        if self._allowed(scope["headers"]):
            body = await _body(receive, self._size)
            status, out = {{ 'await ' if awaits else '' }}self._respond(body)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [JSON, (b"content-length", b"%d" % len(out))],
            }
        )
        await send({"type": "http.response.body", "body": out})
        if status == OK:
            self._answered()
        else:
            self._metrics.requests.labels(self.path, str(status)).inc()
        self._seconds(time.perf_counter() - started)

    def _allowed(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        if not self._keys:
            return True
        given = next((value for name, value in headers if name == b"x-api-key"), b"")
        return any(hmac.compare_digest(given, key) for key in self._keys)

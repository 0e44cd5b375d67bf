@dataclass(frozen=True)
class Result:
    """What one run gave.

    Attributes:
        seconds: Latency of every answer, ascending.
        failed: Answers that were not 200.
        took: Seconds of the whole run.
    """

    seconds: list[float]
    failed: int
    took: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.seconds) / self.took

    def milliseconds(self, share: float) -> float:
        """Latency that `share` of the answers stay below."""
        return self.seconds[min(int(share * len(self.seconds)), len(self.seconds) - 1)] * 1000.0


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, requests: Sequence[bytes], until: float) -> None:
        self.seconds: list[float] = []
        self.failed = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._until = until
        self._asked = 0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; ask again when it is complete."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not found or length is None or len(body) < int(length[1]):
            return
        now = time.perf_counter()
        self.seconds.append(now - self._since)
        self.failed += b" 200 " not in head[:14]
        self._received = b""
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, counted as a failure where the service hung up."""
        self.failed += exc is not None
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._since = time.perf_counter()
        self._transport.write(self._requests[self._asked % len(self._requests)])
        self._asked += 1


async def run(url: str, requests: Sequence[bytes], *, seconds: float, connections: int) -> Result:
    """Keep `connections` connections busy for a while."""
    place, started = urlsplit(url), time.perf_counter()
    loop = asyncio.get_running_loop()
    callers = []
    for number in range(connections):
        shifted = [*requests[number:], *requests[:number]]
        _, caller = await loop.create_connection(
            lambda shifted=shifted: Caller(shifted, started + seconds),  # type: ignore[misc]
            place.hostname,
            place.port,
        )
        callers.append(caller)
    await asyncio.gather(*(caller.done for caller in callers))
    latencies = sorted(second for caller in callers for second in caller.seconds)
    failed = sum(caller.failed for caller in callers)
    return Result(latencies, failed, time.perf_counter() - started)

async def _body(receive: Receive, size: int) -> bytes | None:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= size:
        message = await receive()
        body += message.get("body", b"")
    return body if len(body) <= size else None


def _detail(text: str) -> bytes:
    return to_json({"detail": text})


def _faults(error: ValidationError) -> bytes:
    """Name each refused field, without repeating what was sent."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return to_json({"detail": [{**fault, "loc": ("body", *fault["loc"])} for fault in found]})

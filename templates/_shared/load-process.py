@contextmanager
def started(command: Sequence[str], environ: dict[str, str]) -> Iterator[str]:
    """Run a process that prints its address; end it afterwards."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = (re.search(r"http://[^\s\"]+", line) for line in process.stdout)
            yield next(found[0] for found in lines if found)
        finally:
            process.terminate()
            process.communicate()


def wait_until_ready(url: str, patience: float = 60.0) -> None:
    """Return when the service at `url` has a champion; `patience` in seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{url} has no champion after {patience} s")

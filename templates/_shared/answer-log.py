    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._limit = settings.service.log_queue
        self._waiting: deque[Record] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, record: Record) -> None:
        """Take a record; when the queue is full it is counted as dropped."""
        if len(self._waiting) >= self._limit:
            self._metrics.dropped.inc()
        else:
            self._waiting.append(record)

    def stop(self) -> None:
        """Write what is left and end the thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(Store(self._settings)) as store:
            cleaned = 0.0
            while not self._stopping.wait(PAUSE):
                self._write(store)
                if time.time() - cleaned > HOUR:
                    cleaned = time.time()
                    self._clean(store, cleaned)
            for _ in range(100):
                if self._write(store):
                    return
                time.sleep(PAUSE)

    def _clean(self, store: Store, now: float) -> None:
        """Apply the retention; where the disk refuses, an hour later."""
        try:
            store.delete_old(now=now)
        except sqlite3.Error:
            self._metrics.log_failures.inc()
            logging.getLogger(__name__).exception("what is too old cannot be deleted")

    def _write(self, store: Store) -> bool:
        """Write a batch, and keep it for the next time when the disk refuses; True when empty."""
        self._metrics.waiting.set(len(self._waiting))
        batch = list(self._waiting)
        if batch:
            try:
                store.write(batch)
            except sqlite3.Error:
                self._metrics.log_failures.inc()
                logging.getLogger(__name__).exception("the request log cannot be written")
                return False
            for _ in batch:
                self._waiting.popleft()
        return not self._waiting

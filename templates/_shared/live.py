class Live:
    """The versions in memory, by alias; follows the registry.

    `models` is replaced as a whole and never changed, so a request that began with one version
    ends with it.
    """

    def __init__(
        self,
        settings: Settings,
        use_case: UseCase[Any, {{ other }}],
        registry: Registry,
        metrics: Metrics,
        aliases: Sequence[str] = (CHAMPION,),
    ) -> None:
        self.models: Mapping[str, Model] = {}
        self._seconds = settings.service.poll_seconds
        self._use_case = use_case
        self._registry = registry
        self._metrics = metrics
        self._aliases = aliases
        self._known: dict[str, Model] = {}

    def refresh(self) -> None:
        """Ask the registry once; a version that fails leaves the one before in place."""
        try:
            wanted = self._registry.aliases()
        except ProjectError as error:
            self._failed(error)
            return
        models: dict[str, Model] = {}
        for alias in self._aliases:
            found = self._load(wanted.get(alias)) or (alias in wanted and self.models.get(alias))
            if found:
                models[alias] = found
        if {a: m.version for a, m in models.items()} != {
            a: m.version for a, m in self.models.items()
        }:
            self.models = models
            self._metrics.use(models)
            logging.getLogger(__name__).info(
                "in use: %s", ", ".join(f"{a} {m.version}" for a, m in models.items()) or "nothing"
            )

    async def follow(self) -> None:
        """Refresh for ever, off the event loop."""
        while True:
            await asyncio.sleep(self._seconds)
            await asyncio.to_thread(self.refresh)

    def _load(self, version: str | None) -> Model | None:
        """Return a version, from memory where it was in use before: a rollback is instant."""
        if version is None:
            return None
        if version not in self._known:
            try:
                folder = self._registry.files(version)
                loaded = model.load(version, folder, self._use_case)
            except (ProjectError, OSError, ValueError, KeyError) as error:
                self._failed(error)
                return None
            self._known = {**dict(list(self._known.items())[-3:]), version: loaded}
        return self._known[version]

    def _failed(self, error: Exception) -> None:
        self._metrics.reload_failures.inc()
        logging.getLogger(__name__).error("versions in use stay as they are: %s", error)

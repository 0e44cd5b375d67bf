"""The model registry: versions with their files, and the aliases that say which one answers.

Any MLflow registry serves; without one configured it is an SQLite file in the data folder.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException

from . import ProjectError
from .settings import Settings

__all__ = ["COST_TAGS", "EXPERIMENT", "MODEL", "Registry"]

MODEL = "demand_forecasting"
EXPERIMENT = "/norda/norda-demand-forecasting-batch"
COST_TAGS = {
    "brand": "norda",
    "team": "norda-forecasting",
    "cost-centre": "CC-4110",
    "project": "norda-demand-forecasting-batch",
    "archetype": "batch",
    "managed-by": "modelwright",
}
FILES = "model"
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class Registry:
    """One registered model in one MLflow registry.

    Every method raises `ProjectError` when the registry cannot be reached.
    """

    def __init__(self, settings: Settings) -> None:
        self.model = settings.environment.model or MODEL
        self.tags = {**COST_TAGS, "environment": settings.environment.name}
        self._artifacts = settings.environment.data / "artifacts"
        self._known: MlflowClient | None = None
        self._faults: tuple[type[Exception], ...] = (MlflowException, OSError)
        self.connect(settings.environment.registry)

    def connect(self, uri: str) -> None:
        """Turn to the registry at `uri`; the first call that needs it opens the connection."""
        self.uri = uri
        self._embedded = uri.startswith("sqlite:")
        self._known = None

    def register(
        self, folder: Path, *, run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str]
    ) -> str:
        """Store `folder` as a new version under an open run, and close the run.

        Returns:
            The version, a whole number as text.
        """
        with self._reached() as client:
            for name, value in metrics.items():
                client.log_metric(run_id, name, value)
            for name, text in tags.items():
                client.set_tag(run_id, name, text)
            source = self._keep(client, folder, run_id)
            client.set_terminated(run_id)
            made = client.create_model_version(
                self.model, source, run_id, tags={**self.tags, **tags}
            )
            return str(made.version)

    def open_run(self, parameters: Mapping[str, Any]) -> str:
        """Start a run with the project's cost tags; returns its id."""
        with self._reached() as client:
            found = client.get_experiment_by_name(EXPERIMENT)
            where = self._artifacts.as_uri() if self._embedded else None
            experiment = (
                found.experiment_id if found else client.create_experiment(EXPERIMENT, where)
            )
            if self._registered(client) is None:
                client.create_registered_model(self.model, tags=self.tags)
            run_id = str(client.create_run(experiment, tags=self.tags).info.run_id)
            for name, value in parameters.items():
                client.log_param(run_id, name, value)
            return run_id

    def version_of(self, alias: str) -> str | None:
        """Return the version that bears `alias`, or None."""
        return self.aliases().get(alias)

    def latest(self) -> str:
        """Return the newest version.

        Raises:
            ProjectError: There is none.
        """
        with self._reached() as client:
            found = client.search_model_versions(f"name = '{self.model}'")
        if not found:
            raise ProjectError(
                f"{self.model} has no version yet", next_step="run `uv run poe train`", code=3
            )
        return str(max(int(one.version) for one in found))

    def aliases(self) -> dict[str, str]:
        """Return the version by alias; empty when nothing was ever registered."""
        with self._reached() as client:
            found = self._registered(client)
            return {a: str(v) for a, v in found.aliases.items()} if found else {}

    def point(self, alias: str, version: str | None) -> None:
        """Let `alias` name `version`, or nothing."""
        with self._reached() as client:
            if version is not None:
                client.set_registered_model_alias(self.model, alias, version)
            elif alias in self.aliases():
                client.delete_registered_model_alias(self.model, alias)

    def tag(self, version: str, tags: Mapping[str, str]) -> None:
        """Write `tags` on a version, over older ones of the same name."""
        with self._reached() as client:
            for name, text in tags.items():
                client.set_model_version_tag(self.model, version, name, text)

    def tags_of(self, version: str) -> dict[str, str]:
        """Return what is written on a version.

        Raises:
            ProjectError: There is no such version.
        """
        return dict(self._version(version).tags)

    def files(self, version: str) -> Path:
        """Return a local folder with the version's files, downloaded where necessary.

        Raises:
            ProjectError: There is no such version, or its files are gone.
        """
        found = self._version(version)
        if self._embedded:
            folder = self._artifacts / str(found.run_id)
        else:
            with self._reached() as client:
                uri = client.get_model_version_download_uri(self.model, version)
                folder = Path(download_artifacts(artifact_uri=uri, tracking_uri=self.uri))
        if not (folder / "passport.json").is_file():
            raise ProjectError(
                f"the files of {self.model} version {version} are not in {folder}",
                next_step="run `uv run poe train` to register a version again",
            )
        return folder

    def _version(self, version: str) -> ModelVersion:
        try:
            with self._reached() as client:
                return client.get_model_version(self.model, version)
        except ProjectError as error:
            if getattr(error.__cause__, "error_code", "") not in ABSENT:
                raise
        raise ProjectError(
            f"{self.model} has no version {version!r} (the newest is {self.latest()})",
            next_step="name one that there is, or run `uv run poe train`",
            code=3,
        )

    def _keep(self, client: MlflowClient, folder: Path, run_id: str) -> str:
        """Store a version's files; the embedded registry's data folder may be moved as a whole."""
        if self._embedded:
            kept = self._artifacts / run_id
            try:
                shutil.copytree(folder, kept)
            except BaseException as error:
                shutil.rmtree(kept, ignore_errors=True)
                if isinstance(error, shutil.Error):
                    raise OSError(error.args[0][0][2]) from error
                raise
            return kept.as_uri()
        client.log_artifacts(run_id, str(folder), FILES)
        return f"{client.get_run(run_id).info.artifact_uri}/{FILES}"

    def _registered(self, client: MlflowClient) -> RegisteredModel | None:
        try:
            return client.get_registered_model(self.model)
        except MlflowException as error:
            if error.error_code in ABSENT:
                return None
            raise

    @contextmanager
    def _reached(self) -> Iterator[MlflowClient]:
        try:
            if self._known is None:
                self._prepare()
                self._known = MlflowClient(self.uri, os.environ.get("MLFLOW_REGISTRY_URI"))
            yield self._known
        except self._faults as error:
            # SQLAlchemy's hints to programmers come before what happened.
            told = [line for line in str(error).splitlines() if not line.startswith("(raised")]
            raise ProjectError(
                f"the registry {self.uri.split('@')[-1]} failed: {(told or [''])[0]}",
                next_step="check MLFLOW_TRACKING_URI, the network and the disk, then run it again",
            ) from error

    def _prepare(self) -> None:
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        # What fails there is an error of ours, in one line: no second time as a traceback.
        logging.getLogger("mlflow.store").setLevel(logging.CRITICAL)
        if self._embedded:
            self._artifacts.parent.mkdir(parents=True, exist_ok=True)
            self._make(Path(self.uri.removeprefix("sqlite:///")))

    def _make(self, path: Path) -> None:
        """Make the registry's file, where none is, under another name: half of one opens never."""
        # MLflow lets these through while it makes the tables; they are slow to load.
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

        self._faults = (MlflowException, OSError, SQLAlchemyError)
        if path.exists():
            return
        waiting = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            MlflowClient(f"sqlite:///{waiting.as_posix()}")
            # A link fails where another process was quicker.
            with suppress(FileExistsError):
                path.hardlink_to(waiting)
        finally:
            waiting.unlink(missing_ok=True)

"""Builds and starts images with buildah and podman, on a base image that is made locally.

No container registry is asked for anything: the base is a Debian tree with this machine's CPython
3.12, imported under the public image's name. It stands in for that image on this machine only.
"""

from __future__ import annotations

import os
import sys
import tarfile
from pathlib import Path
from typing import Final

from tests.templates.real_tools.toolbox import missing, run, tool

BASE: Final = "docker.io/library/python:3.12-slim"
PACKAGES: Final = (
    "ca-certificates,libssl3,zlib1g,libffi8,libsqlite3-0,libbz2-1.0,liblzma5,libreadline8,"
    "libncursesw6,libuuid1,libexpat1,netbase,tzdata"
)
NOT_IN_A_SLIM_IMAGE: Final = ("test", "idlelib", "tkinter", "__pycache__", "turtledemo")
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
TRUSTED: Final = "/usr/local/share/trusted.crt"
BASE_ENVIRONMENT: Final = (
    "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    "LD_LIBRARY_PATH=/usr/local/lib",
    f"SSL_CERT_FILE={TRUSTED}",
    f"PIP_CERT={TRUSTED}",
)
CONTAINERS_CONF: Final = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def cache_folder() -> Path:
    """Return where the base and the image layers are kept between runs."""
    chosen = os.environ.get("MODELWRIGHT_IMAGE_CACHE")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "modelwright-images"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def container_settings() -> dict[str, str]:
    """Write the engine's settings beside the cache, and return the variables that name them."""
    cache = cache_folder()
    engine = cache / "containers.conf"
    storage = cache / "storage.conf"
    engine.write_text(CONTAINERS_CONF)
    storage.write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{cache}/storage"\nrunroot = "{cache}/run"\n'
    )
    return {"CONTAINERS_CONF": str(engine), "CONTAINERS_STORAGE_CONF": str(storage)}


def ensure_base_image() -> None:
    """Import the stand-in for the public Python image, unless the cache already holds it."""
    for needed in ("podman", "buildah", "runc"):
        tool(needed)
    settings = container_settings()
    if run("podman", "image", "exists", BASE, env=settings, check=False).returncode == 0:
        return
    archive = cache_folder() / "base.tar"
    if not archive.exists():
        make_base_archive(archive)
    changes = [part for line in BASE_ENVIRONMENT for part in ("--change", f"ENV {line}")]
    run("podman", "import", *changes, archive, BASE, env=settings)


def make_base_archive(archive: Path) -> None:
    """Write a Debian tree that holds CPython 3.12 in /usr/local (about 40 s, once)."""
    tool("mmdebstrap")
    partial = archive.with_suffix(".partial")
    run(
        "mmdebstrap", "--variant=minbase", "--quiet", "--format=tar", f"--include={PACKAGES}",
        "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*",
        "bookworm", partial, "http://deb.debian.org/debian",
    )  # fmt: skip
    with tarfile.open(partial, "a") as tar:
        add_python(tar, python_prefix())
        tar.add(CERTIFICATES.resolve(), f".{TRUSTED}", filter=as_root)
    partial.rename(archive)


def python_prefix() -> Path:
    """Return the folder of a CPython 3.12 of this machine."""
    if sys.version_info[:2] == (3, 12):
        return Path(sys.base_prefix)
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for prefix in sorted(versions.glob("3.12.*"), reverse=True):
        return prefix
    found = run(tool("uv"), "python", "find", "--no-project", "3.12", check=False).stdout.strip()
    if found:
        return Path(found).resolve().parent.parent
    return missing("CPython 3.12", "uv python install 3.12")


def add_python(tar: tarfile.TarFile, prefix: Path) -> None:
    """Add the interpreter under `prefix` to the archive, without what a slim image leaves out."""
    library = prefix / "lib" / "python3.12"
    for shared in sorted((prefix / "lib").glob("libpython3*.so*")):
        tar.add(shared, f"./usr/local/lib/{shared.name}", filter=as_root)
    for name in ("python3.12", "python3", "python"):
        tar.add(
            (prefix / "bin" / "python3.12").resolve(), f"./usr/local/bin/{name}", filter=as_root
        )
    for entry in sorted(library.iterdir()):
        if entry.name in NOT_IN_A_SLIM_IMAGE or entry.name.startswith("config-"):
            continue
        if entry.name == "site-packages":
            continue
        tar.add(entry, f"./usr/local/lib/python3.12/{entry.name}", filter=as_root)
    for package in sorted((library / "site-packages").glob("pip*")):
        name = f"./usr/local/lib/python3.12/site-packages/{package.name}"
        tar.add(package, name, filter=as_root)


def as_root(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Own a member by root and leave compiled files behind."""
    if "__pycache__" in member.name:
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def build(project: Path, name: str, *, target: str = "", **arguments: str) -> str:
    """Build a project's Dockerfile, or one stage of it, and return the image's id."""
    options = [
        part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}")
    ]
    options += ["--target", target] if target else []
    run(
        "buildah", "bud", "--isolation", "chroot", "--pull-never", "--network", "host",
        "--format", "docker", "--layers", "--tag", name, *options, ".",
        cwd=project, env=container_settings(), timeout=900,
    )  # fmt: skip
    return inside("podman", "image", "inspect", "--format", "{{.Id}}", name).strip()


def inside(*command: str | Path, check: bool = True) -> str:
    """Run podman or buildah on the cached storage and return what it printed."""
    return run(*command, env=container_settings(), check=check).stdout

"""A Debian as it is shipped, in a folder: Python with venv, git, certificates, and nothing else.

No compiler, no OpenMP, no uv, no git author, and a Python that belongs to the system (PEP 668).
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.templates.real_tools.containers import CERTIFICATES, TRUSTED, cache_folder
from tests.templates.real_tools.toolbox import missing, run, tool

PACKAGES: Final = ("python3", "python3-venv", "git", "ca-certificates")
EXTRA: Final = {"forky": ("python3.15", "python3.15-venv")}
USER: Final = "ada"
# The mounts are gone with the process: they are in a namespace of its own.
ENTER: Final = """\
mount --bind /proc "$0/proc" && mount --rbind /dev "$0/dev" \\
  && user="$1" && shift && exec chroot --userspec="$user" "$0" "$@"
"""


def clean_root(suite: str, into: Path) -> Path:
    """Unpack a clean root of a Debian suite; its archive is made once (half a minute) and kept."""
    if os.geteuid() != 0:
        missing("root's right to change the root folder", "run it with sudo")
    tool("mmdebstrap")
    archive = cache_folder() / f"{suite}.tar"
    if not archive.exists():
        partial = archive.with_suffix(".partial")
        include = ",".join((*PACKAGES, *EXTRA.get(suite, ())))
        run(
            "mmdebstrap", "--variant=minbase", "--quiet", "--format=tar", f"--include={include}",
            # A suite in the making is signed for a week; this machine's clock may be any.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*",
            suite, partial, "http://deb.debian.org/debian",
        )  # fmt: skip
        partial.rename(archive)
    root = into / "root"
    root.mkdir()
    run("tar", "--extract", "--file", archive, "--directory", root, "--exclude=./dev/*")
    shutil.copy(CERTIFICATES, root / TRUSTED.lstrip("/"))
    run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", USER)
    return root


def give_network(root: Path, *, names: bool) -> None:
    """Let a root find hosts as this machine does, or by no name but its own."""
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").write_text(
        Path("/etc/resolv.conf").read_text() if names else "nameserver 127.0.0.1\n"
    )
    hosts = Path("/etc/hosts").read_text() if names else "127.0.0.1 localhost\n"
    (root / "etc/hosts").write_text(hosts)


def run_inside(
    root: Path, command: str, *, user: str, folder: str, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command as a person does who just logged in."""
    environment = {
        "HOME": "/root" if user == "root" else f"/home/{user}",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "SSL_CERT_FILE": TRUSTED,
        "PIP_CERT": TRUSTED,
        **variables,
    }
    return subprocess.run(
        [
            "unshare", "--mount", "sh", "-c", ENTER, root, user, "env", "--ignore-environment",
            *(f"{name}={value}" for name, value in environment.items()),
            "bash", "-c", f'cd "$0" && {command}', folder,
        ],
        capture_output=True, text=True, check=False, timeout=900, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip

"""Writes the names that the libraries of the examples' lock files bring, for rule NAM007.

Run it when a test says that the list is stale: `uv run python .ci/library_names.py`. Every
locked distribution is installed into a folder of its own, and what stands there is read.
"""

import configparser
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "generator" / "modelwright" / "policy" / "reserved_names.py"
# The newest Python of the projects' range: what only an older one needs installs there too.
PYTHON = "3.13"
BLOCK = re.compile(r'(?<=_INSTALLED: Final = """\n).*?(?=""")', re.DOTALL)


def locked() -> dict[str, str]:
    """Return a version of every distribution that the examples take from an index."""
    found = {}
    for lock in sorted(ROOT.glob("examples/*/uv.lock")):
        for package in tomllib.loads(lock.read_text(encoding="utf-8"))["package"]:
            if "registry" in package["source"]:
                found[package["name"]] = package["version"]
    return found


def installed_names(folder: Path) -> Iterator[str]:
    """Yield the importable names and the commands that one installation brought."""
    for path in folder.iterdir():
        name = path.name.split(".")[0]
        is_module = path.suffix in {".py", ".so"} or (path.is_dir() and "." not in path.name)
        if is_module and not name.startswith("_") and name != "bin":
            yield name
    for entry_points in folder.glob("*.dist-info/entry_points.txt"):
        parser = configparser.ConfigParser(delimiters=("=",), strict=False)
        parser.read(entry_points, encoding="utf-8")
        if parser.has_section("console_scripts"):
            yield from (name.replace("-", "_") for name in parser["console_scripts"])
    if (folder / "bin").is_dir():
        yield from (path.name.replace("-", "_") for path in (folder / "bin").iterdir())


def main() -> None:
    """Install each distribution by itself and write the list."""
    lines = []
    for name, version in sorted(locked().items()):
        with tempfile.TemporaryDirectory() as folder:
            install = ("uv", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:")
            target = ("--python", sys.executable, "--python-version", PYTHON, "--target", folder)
            subprocess.run((*install, *target, f"{name}=={version}"), check=True)  # noqa: S603
            found = {each.lower() for each in installed_names(Path(folder))}
        names = sorted(each for each in found if each.isidentifier())
        lines.append(" ".join([f"{name}:", *names]) + "\n")
    text = TARGET.read_text(encoding="utf-8")
    TARGET.write_text(BLOCK.sub(lambda _: "".join(lines), text, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()

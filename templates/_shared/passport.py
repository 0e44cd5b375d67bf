def issue_passport(root: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the passport of a version trained now, from the working tree in `root`.

    Args:
        root: The project's folder.
        facts: What only training knows: model, run_id, data, seed, features, metrics, parameters.
    """
    return {
        **facts,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(root),
        "dirty": bool(_git(root, "status", "--porcelain")),
        "template_version": _template_version(root),
        "lock_sha256": _lock(root),
        "infrastructure": {
            "host": os.environ.get("HOSTNAME") or platform.node(),
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "image": os.environ.get("IMAGE_DIGEST", "none"),
            "job": _first("DATABRICKS_JOB_ID", "GITHUB_WORKFLOW"),
            "run": _first("DATABRICKS_RUN_ID", "GITHUB_RUN_ID"),
            "cluster": _first("DATABRICKS_CLUSTER_ID", "DB_CLUSTER_ID"),
        },
        "packages": {"python": platform.python_version()} | {n: installed(n) for n in PACKAGES},
    }


def missing(passport: Mapping[str, Any], *, strict: bool) -> list[str]:
    """Return what a passport lacks.

    Args:
        passport: As read from the version's files.
        strict: Also ask for a clean commit and a lock file, as a strict environment does.
    """
    lacking = [name for name in REQUIRED if passport.get(name) in (None, "", {}, [])]
    if strict:
        lacking += [n for n in ("commit", "lock_sha256") if passport.get(n) == UNKNOWN]
        lacking += ["a clean working tree"] if passport.get("dirty", True) else []
    return lacking


def read_passport(folder: Path) -> dict[str, Any]:
    """Return the passport among a version's files."""
    return dict(json.loads((folder / "passport.json").read_text(encoding="utf-8")))


def _first(*names: str) -> str:
    """Return the first of these variables that has a value."""
    return next((os.environ[name] for name in names if os.environ.get(name)), "none")


def commit(root: Path) -> str:
    """Return the commit that runs, or `unknown`."""
    return os.environ.get("GIT_COMMIT") or _revision() or _git(root, "rev-parse", "HEAD") or UNKNOWN


def _revision() -> str:
    """Return the commit that the image was built from, where this is an image."""
    told = os.environ.get(REVISION, "")
    return "" if told == UNKNOWN else told


def _git(root: Path, *arguments: str) -> str:
    try:
        ran = subprocess.run(
            ("git", "-C", str(root), *arguments), capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _template_version(root: Path) -> str:
    try:
        answers = (root / ".copier-answers.yml").read_text(encoding="utf-8")
    except OSError:
        return UNKNOWN
    found = re.search(r"^_commit:\s*['\"]?([^'\"\s]+)", answers, re.MULTILINE)
    return found[1] if found else UNKNOWN


def _lock(root: Path) -> str:
    try:
        return hashlib.sha256((root / "uv.lock").read_bytes()).hexdigest()
    except OSError:
        return UNKNOWN

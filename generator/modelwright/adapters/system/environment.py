"""Environment variables: the ones that a child process may see; no secret is among them.

A name that stands in no list is left out, so a token that nobody thought of stays here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["environment_of"]

_SYSTEM: Final = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "TZ", "TZDIR"),
    *("TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "LD_PRELOAD", "LOCALE_ARCHIVE", "NO_COLOR"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"),
    *("XDG_CONFIG_DIRS", "XDG_DATA_DIRS", "__CF_USER_TEXT_ENCODING", "DEVELOPER_DIR"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE"),
    *("HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)"),
    *("PROGRAMW6432", "USERNAME", "MSYSTEM", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES"),
    *("PYENV_ROOT", "PYENV_VERSION", "ASDF_DATA_DIR", "ASDF_DIR", "MISE_DATA_DIR"),
)
_NETWORK: Final = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "FTP_PROXY", "NETRC", "KRB5CCNAME"),
    *("KRB5_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "NIX_SSL_CERT_FILE"),
    *("SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY"),
    *("WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS"),
)
# Git's own variables by name: build servers keep passwords in others that begin with GIT_.
_GIT: Final = (
    *("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_TERMINAL_PROMPT"),
    *("GIT_EXEC_PATH", "GIT_ALLOW_PROTOCOL", "GIT_PROTOCOL", "GIT_PROTOCOL_FROM_USER"),
    *("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_DEFAULT_HASH"),
    *("GIT_DEFAULT_REF_FORMAT", "GIT_SSL_NO_VERIFY", "GIT_SSL_VERIFY", "GIT_SSL_CAINFO"),
    *("GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_CERT_TYPE", "GIT_SSL_KEY", "GIT_SSL_KEY_TYPE"),
    *("GIT_SSL_VERSION", "GIT_SSL_CIPHER_LIST", "GIT_SSL_CERT_PASSWORD_PROTECTED"),
    *("GIT_HTTP_USER_AGENT", "GIT_HTTP_PROXY_AUTHMETHOD", "GIT_HTTP_MAX_REQUESTS"),
    *("GIT_HTTP_LOW_SPEED_LIMIT", "GIT_HTTP_LOW_SPEED_TIME", "GIT_PROXY_SSL_CAINFO"),
    *("GIT_PROXY_SSL_CERT", "GIT_PROXY_SSL_KEY", "GIT_PROXY_COMMAND", "GIT_CURL_VERBOSE"),
    *("GIT_ATTR_NOSYSTEM", "GIT_OPTIONAL_LOCKS", "GIT_NO_LAZY_FETCH", "GIT_NO_REPLACE_OBJECTS"),
    *("GIT_LITERAL_PATHSPECS", "GIT_FLUSH", "GIT_LFS_SKIP_SMUDGE", "GIT_REF_PARANOIA", "EMAIL"),
    *("GNUPGHOME", "GPG_TTY", "GPG_AGENT_INFO", "PINENTRY_USER_DATA", "PASSWORD_STORE_DIR"),
)
_GIT_FAMILIES: Final = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_", "GIT_TRACE")
# Settings that stand in the environment, and may hold a header or a helper with a token.
_SETTING_VARIABLE: Final = re.compile(r"GIT_CONFIG_(COUNT|PARAMETERS|KEY_\d+|VALUE_\d+)")
_NETWORK_SETTINGS: Final = ("http.", "credential.", "url.", "remote.")
# A credential helper of git may need a token: GitHub's program, an editor, a cloud.
_HELPERS: Final = (
    *("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_HOST"),
    *("GH_CONFIG_DIR", "CODESPACES", "ELECTRON_RUN_AS_NODE", "AWS_PROFILE", "AWS_REGION"),
)
_HELPERS_FAMILIES: Final = ("GCM_", "VSCODE_GIT_")
# They name another project or another way of running, or they are personal and would change what a
# lock file says, such as a mirror that only you can reach.
_NOT_FOR_UV: Final = (
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
    *("UV_NO_INDEX", "UV_INDEX_STRATEGY", "UV_CONFIG_FILE", "UV_NO_CONFIG", "UV_NO_SOURCES"),
    *("UV_RESOLUTION", "UV_PRERELEASE", "UV_FORK_STRATEGY", "UV_EXCLUDE_NEWER", "UV_OVERRIDE"),
    *("UV_CONSTRAINT", "UV_UPGRADE", "UV_TORCH_BACKEND", "UV_NO_BINARY", "UV_PROXY_URL"),
    *("UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY"),
    *("UV_ENV_FILE", "UV_FROZEN", "UV_LOCKED", "UV_CHECK"),
)
_VARIABLES_OF: Final = {
    "git": ((*_NETWORK, *_GIT), _GIT_FAMILIES),
    "uv": ((*_NETWORK, *_GIT), (*_GIT_FAMILIES, "UV_")),
    "gh": ((*_NETWORK, *_HELPERS), ()),
}


def environment_of(
    program: str, extra: Mapping[str, str] | None = None, *, credentials: bool = False
) -> dict[str, str]:
    """Return the environment of a program.

    Args:
        program: Its name, such as `git`; an unknown program gets the system's variables alone.
        extra: Variables on top.
        credentials: Whether git reaches a host, and its credential helpers may need a token.
    """
    name = Path(program).stem.lower()
    names, families = _VARIABLES_OF.get(name, ((), ()))
    if credentials:
        names, families = (*names, *_HELPERS), (*families, *_HELPERS_FAMILIES)
    allowed = {*_SYSTEM, *names}
    environment = {
        key: value
        for key, value in os.environ.items()
        if (upper_name := key.upper()) in allowed or upper_name.startswith(("LC_", *families))
        if not (upper_name in _NOT_FOR_UV or upper_name.startswith("UV_PUBLISH_"))
    }
    if "PATH" in environment:
        environment["PATH"] = _absolute_search_path(environment["PATH"])
    if not credentials:
        environment = {
            key: value for key, value in environment.items() if not _SETTING_VARIABLE.fullmatch(key)
        }
        if name == "git":
            environment |= _offline_git_settings()
    return {**environment, **(extra or {})}


def _offline_git_settings() -> dict[str, str]:
    """Return git's settings in the environment, without those for reaching a host."""
    count = os.environ.get("GIT_CONFIG_COUNT", "")
    pairs = [
        (key, os.environ.get(f"GIT_CONFIG_VALUE_{number}", ""))
        for number in range(min(int(count), 1000) if count.isdecimal() else 0)
        if (key := os.environ.get(f"GIT_CONFIG_KEY_{number}", ""))
        if not key.lower().startswith(_NETWORK_SETTINGS)
    ]
    environment = {"GIT_CONFIG_COUNT": str(len(pairs))} if pairs else {}
    for number, (key, value) in enumerate(pairs):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment


def _absolute_search_path(path: str) -> str:
    """Leave out what leads to programs in the folder that a program happens to run in."""
    return os.pathsep.join(place for place in path.split(os.pathsep) if Path(place).is_absolute())

"""Files as plain values, and what authors of templates and users of projects do to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

TOKEN = re.compile(rb"(?:mine|theirs)-\w+-\d+-\d+;")
NEW_PATHS = (
    "notes.md",
    "docs/extra.md",
    "src/extra file.py",
    "tools",
    "tools/run.sh",
    "conf/local.toml",
    "docs/größe.md",
)


@dataclass(frozen=True)
class Entry:
    """A file; of a symbolic link the content is the target."""

    content: bytes
    executable: bool = False
    link: bool = False

    @property
    def text(self):
        return not self.link and b"\0" not in self.content

    @property
    def tokens(self):
        return set(TOKEN.findall(self.content))


Files = Mapping[str, Entry]


@dataclass(frozen=True)
class Change:
    """Something done to files; `pick` says to which, `where` at which place in it or to what."""

    kind: str
    pick: int = 0
    where: int = 0


@dataclass(frozen=True)
class Author:
    """Who writes; every line has a token that no other line has, and that names the kind of edit.

    Attributes:
        name: `mine` for the user, `theirs` for the template.
        moment: The chapter and the step in it.
        braces: Whether lines hold answers to be rendered.
    """

    name: str
    moment: tuple[int, int]
    braces: bool = False

    def token(self, kind):
        return f"{self.name}-{kind}-{self.moment[0]}-{self.moment[1]};"

    def line(self, kind):
        shown = " for {{ cookiecutter.audience }}" if self.braces and self.moment[1] % 2 else ""
        return f"{self.token(kind)} says something{shown}".encode()


def changed(files: Files, change: Change, author: Author, *, fixed: frozenset[str]) -> Files:
    """Return the files after a change; the same files where there is nothing that it fits.

    Args:
        files: What stands there.
        change: What is done.
        author: Who does it.
        fixed: Paths that nobody touches by hand.
    """
    free = {path: entry for path, entry in files.items() if path not in fixed}
    result = KINDS[change.kind](free, change, author)
    kept = {path: entry for path, entry in files.items() if path in fixed}
    return {**result, **kept} if is_a_tree([*result, *kept]) else files


def is_a_tree(paths):
    """Say whether the paths can stand together, on any file system."""
    taken = set(paths)
    folded = {path.lower() for path in paths}
    return len(folded) == len(taken) and not any(
        parent in taken for path in paths for parent in parents(path)
    )


def parents(path) -> Iterator[str]:
    """Return the folders that a path is in."""
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


def _one(files, change, fits: Callable[[Entry], bool] = bool):
    fitting = sorted(path for path, entry in files.items() if fits(entry))
    return fitting[change.pick % len(fitting)] if fitting else None


def _on_one(fits):
    """Make an operation on one fitting file from a function of its entry."""

    def decorator(function):
        def operation(files, change, author):
            path = _one(files, change, fits)
            if path is None:
                return files
            return {**files, path: function(files[path], change, author)}

        return operation

    return decorator


def _is_text(entry):
    return entry.text


def _has_lines(entry):
    return entry.text and bool(entry.content)


def _place(entry, change):
    lines = entry.content.split(b"\n")
    return lines, change.where % max(1, len(lines) - 1)


def _line_end(entry):
    return b"\r" if b"\r\n" in entry.content else b""


@_on_one(_has_lines)
def edit_line(entry, change, author):
    lines, place = _place(entry, change)
    lines[place] = author.line("edit") + _line_end(entry)
    return replace(entry, content=b"\n".join(lines))


@_on_one(_is_text)
def insert_line(entry, change, author):
    lines, place = _place(entry, change)
    lines.insert(place, author.line("insert") + _line_end(entry))
    return replace(entry, content=b"\n".join(lines))


@_on_one(_is_text)
def append_line(entry, change, author):
    gap = b"" if entry.content.endswith(b"\n") or not entry.content else b"\n"
    end = _line_end(entry) + b"\n"
    return replace(entry, content=entry.content + gap + author.line("append") + end)


@_on_one(_has_lines)
def cut_line(entry, change, author):
    lines, place = _place(entry, change)
    del lines[place]
    return replace(entry, content=b"\n".join(lines))


@_on_one(_has_lines)
def rewrite(entry, change, author):
    return replace(entry, content=author.line("rewrite") + b"\n")


@_on_one(_has_lines)
def empty(entry, change, author):
    return replace(entry, content=b"")


@_on_one(_has_lines)
def crlf(entry, change, author):
    lines, place = _place(entry, change)
    lines[place] = author.line("crlf")
    return replace(entry, content=b"\r\n".join(line.removesuffix(b"\r") for line in lines))


@_on_one(_has_lines)
def no_final_newline(entry, change, author):
    gap = b"" if entry.content.endswith(b"\n") else b"\n"
    return replace(entry, content=entry.content + gap + author.line("unended"))


@_on_one(_is_text)
def not_utf8(entry, change, author):
    lines, place = _place(entry, change)
    lines.insert(place, author.line("latin") + b" \xe9t\xe9 \xff" + _line_end(entry))
    return replace(entry, content=b"\n".join(lines))


def _binary_content(author, where):
    return (
        b"\x89PNG\0\0"
        + author.token("binary").encode()
        + bytes((where * 7 + n) % 256 for n in range(300))
    )


@_on_one(lambda entry: b"\0" in entry.content)
def edit_binary(entry, change, author):
    return replace(entry, content=_binary_content(author, change.where))


@_on_one(lambda entry: not entry.link)
def flip_mode(entry, change, author):
    return replace(entry, executable=not entry.executable)


@_on_one(lambda entry: entry.link)
def retarget_link(entry, change, author):
    return replace(entry, content=author.token("link").encode())


@_on_one(bool)
def link_or_file(entry, change, author):
    if entry.link:
        return Entry(author.line("unlinked") + b"\n")
    return Entry(author.token("linked").encode(), link=True)


def delete(files, change, author):
    path = _one(files, change)
    return {name: entry for name, entry in files.items() if name != path}


def delete_folder(files, change, author):
    folder = _folder(files, change)
    return {
        name: entry for name, entry in files.items() if not (folder and name.startswith(folder))
    }


def _added(files, change, entry):
    path = NEW_PATHS[change.pick % len(NEW_PATHS)]
    return files if path in files else {**files, path: entry}


def add(files, change, author):
    lines = [author.line(f"add{number}") for number in range(change.where % 4)]
    return _added(files, change, Entry(b"".join(line + b"\n" for line in lines)))


def add_binary(files, change, author):
    return _added(files, change, Entry(_binary_content(author, change.where)))


def add_link(files, change, author):
    return _added(files, change, Entry(author.token("link").encode(), link=True))


def add_agreed(files, change, author):
    """Add a file that whoever adds it writes in the same words."""
    return _added(files, change, Entry(b"agreed by everybody\n" * 3))


def rename(files, change, author):
    path = _one(files, change)
    if path is None:
        return files
    folder, _, name = path.rpartition("/")
    stem, dot, suffix = name.partition(".")
    new = f"{stem}_{'abc'[change.where % 3]}{dot}{suffix}"
    return _moved(files, {path: f"{folder}/{new}" if folder else new})


def move_file(files, change, author):
    path = _one(files, change)
    if path is None:
        return files
    folder = ("lib", "docs", "deep/er")[change.where % 3]
    return _moved(files, {path: f"{folder}/{path.rpartition('/')[2]}"})


def move_folder(files, change, author):
    folder = _folder(files, change)
    if folder is None:
        return files
    new = f"{folder.rstrip('/')}_{'xy'[change.where % 2]}/"
    names = [name for name in files if name.startswith(folder)]
    return _moved(files, {name: new + name.removeprefix(folder) for name in names})


def _folder(files, change):
    folders = sorted({f"{parent}/" for path in files for parent in parents(path)})
    return folders[change.pick % len(folders)] if folders else None


def _moved(files, new_names):
    if set(new_names.values()) & set(files):
        return files
    return {new_names.get(path, path): entry for path, entry in files.items()}


KINDS: dict[str, Callable[[Files, Change, Author], Files]] = {
    "edit": edit_line,
    "insert": insert_line,
    "append": append_line,
    "cut": cut_line,
    "rewrite": rewrite,
    "empty": empty,
    "crlf": crlf,
    "unended": no_final_newline,
    "latin": not_utf8,
    "binary": edit_binary,
    "mode": flip_mode,
    "link": retarget_link,
    "linked": link_or_file,
    "delete": delete,
    "delete_folder": delete_folder,
    "add": add,
    "add_binary": add_binary,
    "add_link": add_link,
    "add_agreed": add_agreed,
    "rename": rename,
    "move": move_file,
    "move_folder": move_folder,
}

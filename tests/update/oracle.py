"""Judges an update: what was lost, what came back, what was touched, whether the exit code lied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from tests.update.evolutions import ANSWERS_FILE, HERS, MANAGED, SKIPPED
from tests.update.files import TOKEN, Entry, Files, parents
from tests.update.projects import Snapshot

SIDES = (".template", ".yours")
MARKER = b"<<<<<<< "


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that an update did wrong.

    Attributes:
        sort: What kind of wrong; `lost` and `came back` are losses of the user's work.
        path: The file.
        kind: The kind of edit that suffered.
        detail: The line, or the difference.
    """

    sort: str
    path: str
    kind: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Update:
    """Everything that is known of one update.

    Attributes:
        base: What the template rendered at the project's version.
        theirs: What it renders at the new version; nothing where the answers are refused.
        before: The project before the update.
        after: The project after it.
        code: The exit code.
        refused: The questions whose rules refuse the stored answers.
        given: The questions that were answered anew.
        owned: Whether the template says who owns a file.
    """

    base: Files
    theirs: Files
    before: Snapshot
    after: Snapshot
    code: int
    refused: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    owned: bool = False

    def is_managed(self, path: str) -> bool:
        """Say whether the template owns a path; what it never had there is the user's."""
        ours = path in self.base or path in self.theirs
        return self.owned and ours and path.startswith(MANAGED)

    def is_hers(self, path: str) -> bool:
        """Say whether a path is the user's from its birth."""
        return self.owned and path.startswith(HERS)

    @property
    def mine(self) -> Files:
        """What git tracked in the project."""
        return self.before.tracked

    @property
    def by_me(self) -> set[str]:
        """The paths that the user changed, made or removed."""
        return _differing(self.base, self.mine)

    @property
    def by_them(self) -> set[str]:
        """The paths that the template changed, made or removed."""
        return _differing(self.base, self.theirs)

    @property
    def conflicted(self) -> set[str]:
        """The paths that the update says a person must look at."""
        return {*self.after.unmerged, *self.sides, *self.marked}

    @property
    def sides(self) -> set[str]:
        """The files that were put beside a file."""
        new = self.after.files.keys() - self.before.files.keys() - self.theirs.keys()
        return {path for path in new if is_side(path)}

    @property
    def marked(self) -> set[str]:
        """The files that have got conflict markers."""
        return {
            path
            for path, entry in self.after.files.items()
            if _marks(entry) and not _marks(self.before.files.get(path, Entry(b"")))
        }


def is_side(path: str) -> bool:
    """Say whether a path is one that an update or git gives to the other of two versions."""
    return path.endswith(SIDES) or "~" in path


def faults(update: Update) -> list[Fault]:
    """Return everything that is wrong with an update."""
    if update.refused or update.code not in (0, 1):
        return sorted(_of_a_refusal(update))
    found = {
        *_exit_code(update),
        *lost(update),
        *_came_back(update),
        *_touched(update),
        *_not_brought(update),
        *_merged_wrongly(update),
        *_rename_not_followed(update),
        *_managed(update),
        *_answers(update),
        *_index(update),
    }
    return sorted(found)


def losses(update: Update) -> list[Fault]:
    """Return only what a user misses afterwards and was not told."""
    if update.code not in (0, 1):
        return []
    found = {*lost(update), *_came_back(update), *_changed_alone(update), *_renamed(update)}
    return sorted(found)


def _of_a_refusal(update) -> Iterator[Fault]:
    if update.refused and update.code != 3:
        yield Fault("exit code", "", "validator", f"{update.code}, refused {update.refused}")
    if not update.refused:
        yield Fault("exit code", "", "", f"{update.code}, and no answer is refused")
    for path in _differing(update.before.files, update.after.files):
        yield Fault("touched", path, "validator", "the update was refused")
    if (update.before.status, update.before.head) != (update.after.status, update.after.head):
        yield Fault("touched", ".git", "validator", f"{update.after.status}")


def _exit_code(update) -> Iterator[Fault]:
    if update.code != int(bool(update.conflicted)):
        yield Fault("exit code", "", "", f"{update.code} with {sorted(update.conflicted)}")
    if update.conflicted and not _may_conflict(update):
        yield Fault("needless conflict", "", "", f"{sorted(update.conflicted)}")


def _may_conflict(update):
    """Say whether both have touched one thing; a rename or a removal may touch any."""
    if update.by_me & update.by_them or any(map(update.is_managed, update.by_me)):
        return True
    removed = {*update.base} - update.mine.keys() | {*update.base} - update.theirs.keys()
    loose = update.before.files.keys() - update.mine.keys()
    folders = {
        parent for path in (*update.theirs, *update.before.files) for parent in parents(path)
    }
    return bool(
        removed or loose & update.theirs.keys() or folders & {*update.theirs, *update.before.files}
    )


def lost(update: Update) -> Iterator[Fault]:
    """Yield every line, binary and link of the user's that is nowhere in the work tree."""
    kept = {line for entry in update.after.files.values() for line in _my_lines(entry)}
    whole = {entry.content for entry in update.after.files.values()}
    for path, entry in update.before.files.items():
        for line in _my_lines(entry) - kept:
            yield Fault("lost", path, kind_of(line), line.decode(errors="replace"))
        opaque = not entry.text and _is_mine(entry.content)
        if opaque and entry.content not in whole:
            yield Fault("lost", path, kind_of(entry.content), "the binary or the link")


def _my_lines(entry) -> set[bytes]:
    """Return the user's lines, byte for byte; a conflict marker may end the last one."""
    if not entry.text and not entry.link:
        return set()
    return {line for line in entry.content.split(b"\n") if _is_mine(line)}


def _is_mine(content):
    return any(token.startswith(b"mine-") for token in TOKEN.findall(content))


def kind_of(content: bytes) -> str:
    """Return the kind of edit that wrote a line."""
    token = next(token for token in TOKEN.findall(content) if token.startswith(b"mine-"))
    return token.split(b"-")[1].decode()


def _came_back(update) -> Iterator[Fault]:
    """Yield every path and line that the user removed and that is there again."""
    for path in update.base.keys() - update.before.files.keys() - {SKIPPED}:
        new = update.theirs.get(path)
        other = new is not None and not _alike(new, update.base[path])
        if path in update.after.files and not other:
            yield Fault("came back", path, "delete")
    for path in update.after.files.keys() - update.before.files.keys() - update.sides:
        if update.is_hers(path):
            yield Fault("came back", path, "delete")


def _alike(one, other):
    return one.content == other.content or bool(one.tokens & other.tokens)


def _changed_alone(update) -> Iterator[Fault]:
    """Yield what the user alone changed and the update changed again or removed."""
    for path in update.by_me & update.before.files.keys() - {ANSWERS_FILE}:
        entry, after = update.before.files[path], update.after.files.get(path)
        alone = path in update.base and update.base[path] == update.theirs.get(path)
        if alone and after != entry and not update.is_managed(path):
            yield Fault(
                "touched", path, _kind_between(update.base[path], entry), _told(entry, after)
            )


def _touched(update) -> Iterator[Fault]:
    """Yield what is the user's own and is not as it was."""
    yield from _changed_alone(update)
    for path in _own(update):
        entry, after = update.before.files[path], update.after.files.get(path)
        if after == entry:
            continue
        if update.is_hers(path) or not _in_a_moved_folder(update, path, entry):
            yield Fault("touched", path, _kind_between(None, entry), _told(entry, after))
    if SKIPPED in update.before.files and SKIPPED in update.theirs:
        entry, after = update.before.files[SKIPPED], update.after.files.get(SKIPPED)
        if entry != after:
            yield Fault("touched", SKIPPED, "skip_if_exists", _told(entry, after))


def _own(update):
    """Return the paths of files that hold nothing of the template's."""
    contents = {entry.content for entry in update.base.values()}
    for path, entry in update.before.files.items():
        shared = any(token.startswith(b"theirs-") for token in entry.tokens)
        known = path in update.base or (path in update.theirs and path in update.mine)
        if update.is_hers(path) or not (known or shared or entry.content in contents):
            yield path


def _in_a_moved_folder(update, path, entry):
    """Say whether the template moved the folder that a tracked file of the user's is in."""
    folder, _, name = path.rpartition("/")
    gone = not any(other.startswith(f"{folder}/") for other in update.theirs)
    in_the_way = path in {parent for other in update.theirs for parent in parents(other)}
    blocked = any(parent in update.theirs for parent in parents(path))
    same = [p for p, e in update.after.files.items() if e == entry]
    if in_the_way or blocked:
        return bool(same) and update.code == 1
    return bool(folder) and gone and any(other.rpartition("/")[2] == name for other in same)


def _not_brought(update) -> Iterator[Fault]:
    """Yield what the template changed, the user never touched, and did not arrive."""
    for path in update.by_them - update.by_me - {SKIPPED}:
        entry, after = update.theirs.get(path), update.after.files.get(path)
        if entry != after and not _lies_elsewhere(update, path, entry):
            yield Fault("not brought", path, "", _told(entry, after))
    for path in update.after.files.keys() - update.before.files.keys() - update.theirs.keys():
        if path not in update.sides and not _is_a_move(update, path):
            yield Fault("stray", path, "")


def _lies_elsewhere(update, path, entry):
    """Say whether a new file could not lie at its path, or follows what the user did with it."""
    if path in update.conflicted:
        return True
    if entry is None:
        return False
    if _beside(update, path):
        return any(e == entry for e in update.after.files.values())
    former = [p for p, old in update.base.items() if p in update.by_me and _alike(old, entry)]
    if path not in update.base and former:
        return True
    if any(e == entry for e in update.after.files.values()):
        taken = {parent for other in update.before.files for parent in parents(other)}
        beside = path in taken or {path, *parents(path)} & update.before.files.keys()
        return bool(beside) or not _folder_lives(update.mine, path)
    return False


def _folder_lives(files, path):
    folder = path.rpartition("/")[0]
    return not folder or any(other.startswith(f"{folder}/") for other in files)


def _is_a_move(update, path):
    """Say whether a path follows from a folder that one side moved."""
    name = path.rpartition("/")[2]
    known = (*update.before.files, *update.theirs)
    return any(other.rpartition("/")[2] == name for other in known)


def _merged_wrongly(update) -> Iterator[Fault]:
    """Yield where both changed one text and a clean merge does not hold both changes."""
    both = (
        update.base.keys() & update.mine.keys() & update.theirs.keys() & update.after.files.keys()
    )
    for path in both - {ANSWERS_FILE, SKIPPED}:
        base, mine, theirs = update.base[path], update.mine[path], update.theirs[path]
        after = update.after.files[path]
        if path in update.conflicted or _beside(update, path) or base in {mine, theirs}:
            continue
        if update.is_managed(path):
            continue
        wanted = (mine.tokens | theirs.tokens) - (base.tokens - (mine.tokens & theirs.tokens))
        if after.tokens != wanted and all(entry.text for entry in (base, mine, theirs)):
            yield Fault("merged wrongly", path, "", f"{sorted(after.tokens ^ wanted)}")
        mode = mine.executable if mine.executable != base.executable else theirs.executable
        if not after.link and after.executable != mode:
            yield Fault("lost", path, "mode", f"executable is {after.executable}")


def _rename_not_followed(update) -> Iterator[Fault]:
    """Yield where one side only renamed a text, the other changed it, and they did not meet."""
    for one, other in ((update.mine, update.theirs), (update.theirs, update.mine)):
        for old, new in _renames(update.base, one):
            free = new not in other and old in other and not set(parents(new)) & other.keys()
            after = update.after.files.get(new)
            managed = update.is_managed(old) or update.is_managed(new)
            if not free or managed or {old, new} & update.conflicted or _beside(update, new):
                continue
            if other[old].text and (after is None or not other[old].tokens <= after.tokens):
                yield Fault("rename not followed", new, "rename", f"from {old}")


def _renames(base, side) -> Iterator[tuple[str, str]]:
    """Yield old and new path of every long text that a side moved as it was."""
    gone, come = base.keys() - side.keys(), side.keys() - base.keys()
    for old in gone:
        same = [new for new in come if side[new] == base[old]]
        if len(same) == 1 and len(base[old].tokens) > 1:
            yield old, same[0]


def _managed(update) -> Iterator[Fault]:
    """Yield managed files that are not the template's, and edits of them that are not aside."""
    folders = {parent for path in update.before.files for parent in parents(path)}
    for path in filter(update.is_managed, {*update.base, *update.theirs}):
        mine, wanted = update.mine.get(path), update.theirs.get(path)
        blocked = path in folders or set(parents(path)) & update.before.files.keys()
        loose = path in update.before.files and mine is None
        if blocked or loose or (mine is None and path in update.base):
            continue
        if update.after.files.get(path) != wanted:
            yield Fault("not followed", path, "managed", "it is not the template's")
        if mine not in {None, wanted, update.base.get(path)} and not any(
            entry == mine for beside, entry in update.after.files.items() if f"{path}." in beside
        ):
            yield Fault("lost", path, "managed", "no copy lies beside it")


def _beside(update, path):
    return any(path + side in update.sides for side in SIDES)


def _answers(update) -> Iterator[Fault]:
    yield from _renamed(update)
    wanted, after = _stored(update.theirs), _stored(update.after.files)
    if after != wanted:
        yield Fault("answers", ANSWERS_FILE, "", f"{after} instead of {wanted}")


def _renamed(update) -> Iterator[Fault]:
    before, after = _stored(update.before.files), _stored(update.after.files)
    for name in before.keys() & after.keys() - {"_commit", *update.given}:
        if before[name] != after[name]:
            yield Fault("answer replaced", ANSWERS_FILE, "validator", f"{name}: {after[name]}")


def _stored(files):
    try:
        return yaml.safe_load(files[ANSWERS_FILE].content)
    except (KeyError, yaml.YAMLError):
        return {}


def _index(update) -> Iterator[Fault]:
    if update.before.head != update.after.head:
        yield Fault("touched", ".git/HEAD", "", update.after.head)
    for path in update.after.unstaged - update.after.unmerged:
        yield Fault("not staged", path, "", update.after.status[path])


def _differing(one: Files, other: Files) -> set[str]:
    return {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}


def _marks(entry):
    return entry.text and b"\n" + MARKER in b"\n" + entry.content


def _kind_between(old, new):
    tokens = [token for token in TOKEN.findall(new.content) if token.startswith(b"mine-")]
    if tokens:
        return tokens[0].split(b"-")[1].decode()
    return "mode" if old and old.content == new.content else "cut"


def _told(wanted, found):
    if found is None:
        return "it is gone"
    if wanted is None:
        return "it is there"
    return "its mode or content differs"

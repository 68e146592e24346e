#!/usr/bin/env python3
"""Holds what docs/STYLE.md says and a machine can count.

Each figure of .ci/style.json is the most there may be. Where there are fewer now, lower it in the same commit: the figures
only go down. `python3 .ci/style.py --list RULE` prints what counts for one rule.

A walk of docs/architecture.md is to take at most 30 files and 5,500 lines; `walks` has what each takes until then.
`python3 .ci/style.py --list 'walk: A vote'` prints its files.

.ci/circles.json lists the circles between the modules of a crate that are still to be cut. It only shrinks.
`python3 .ci/style.py --list circles` prints what closes them.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

sys.dont_write_bytecode = True
import circles  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
LIMITS = ROOT / ".ci" / "style.json"
CIRCLES = ROOT / ".ci" / "circles.json"
WIDTH = 110
LONGEST_TEST_NAME = 60
LONGEST_FILE = 500
OPENERS = re.compile(r"(What|How|Whether|Where|Who|When|Why|Whose|That|Of)\b")
# Names that docs/glossary.md has another word for.
OLD_NAMES = re.compile(r"\b(Dealt|Told|Wish|Because|Trouble|Outside|Booth|Heard|Sighting|tidied|rested|bury)\b")
# Phrases that plain English has better words for (docs/STYLE.md), in the order of the alphabet.
BANNED_PHRASES = (
    "acts without asking", "are asked about", "are told", "asks nobody", "brings to light", "counts for nothing",
    "hold the door", "holds the door", "is asked about", "is told", "opens nothing", "stands for nobody",
    "told privately", "what is not known", "who may not",
)
BANNED = re.compile(r"\b(" + "|".join(phrase.replace(" ", r"\s+") for phrase in BANNED_PHRASES) + r")\b", re.I)
# These show the phrases on purpose, repeat what was said at the time, or are generated from texts in the code.
MAY_HAVE_BANNED = {"docs/STYLE.md", "docs/glossary.md", "CHANGELOG.md", "docs/rules.md", "docs/policy.md"}
TEST = re.compile(r"#\[(tokio::)?test\b")
FUNCTION = re.compile(r"(?:pub )?(?:async )?fn (\w+)")
DOC = re.compile(r"//[/!] ?(.*)")
# A link or a table's row alone on its line can't be wrapped.
UNWRAPPABLE = re.compile(r"//[/!]? ?(<\S+>[.,]?|\|.*)")
NAMED_TEST = re.compile(r"`([a-z][a-z0-9_]*_[a-z0-9_]+)`")
# Packages whose library has another name.
LIBRARIES = {"dynoxide-rs": "dynoxide"}
DEPENDENCIES = ("dependencies", "dev-dependencies", "build-dependencies")
# A type that is `pub`. The name of one that is `pub(crate)` stays in its crate.
PUBLIC_TYPE = re.compile(r"^\s*pub (?:struct|enum|trait|type|union) (\w+)", re.MULTILINE)
PRODUCT = ("cli/", "functions/", "shared/")
KEYS = "shared/store/src/keys.rs"
DATA_MODEL = "docs/data-model.md"
# Rows of the cache table, which holds nothing else.
CACHE = "(cache table)"
ARCHITECTURE = "docs/architecture.md"
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def read_rust(found):
    comments = 0
    for name in tracked("*.rs"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        if len(lines) > LONGEST_FILE:
            found["files over 500 lines"].append(f"{name}: {len(lines)}")
        in_doc = is_test = False
        for number, line in enumerate(lines, 1):
            text = line.strip()
            at = f"{name}:{number}: {text}"
            doc = DOC.match(text)
            if doc and not in_doc:
                comments += 1
                if OPENERS.match(doc[1]):
                    found["doc comments that open with a question word, per thousand"].append(at)
            in_doc = doc is not None
            if text.startswith("//"):
                if len(line) > WIDTH and not UNWRAPPABLE.fullmatch(text):
                    found["comment lines over 110 characters"].append(at)
            elif OLD_NAMES.search(line):
                found["lines with a name that the glossary replaces"].append(at)
            if TEST.match(text):
                is_test = True
            elif is_test and (function := FUNCTION.match(text)):
                is_test = False
                if len(function[1]) > LONGEST_TEST_NAME:
                    found["test names over 60 characters"].append(at)
    return comments


def read_documents(found):
    for name in tracked("*.md"):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        if name not in MAY_HAVE_BANNED:
            for phrase in BANNED.finditer(text):
                number = text.count("\n", 0, phrase.start()) + 1
                found["banned phrases in documents"].append(f"{name}:{number}: {' '.join(phrase[0].split())}")
        for number, line in enumerate(text.splitlines(), 1):
            for target in LINK.findall(line):
                if "://" in target or target.startswith("mailto:"):
                    continue
                if not (path.parent / target).exists():
                    found["links that lead nowhere"].append(f"{name}:{number}: {target}")


def read_guarantees(found):
    functions = set()
    for name in tracked("*.rs"):
        functions.update(FUNCTION.findall((ROOT / name).read_text(encoding="utf-8")))
    for name in tracked("docs/guarantees/*.md"):
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1):
            if not line.startswith("| "):
                continue
            for test in NAMED_TEST.findall(line.rsplit(" | ", 1)[-1]):
                if test not in functions:
                    found["tests that docs/guarantees names and nobody has"].append(f"{name}:{number}: {test}")


def read_public_types(found):
    """Names that two crates of the product have for a public type each."""
    places = defaultdict(dict)
    names = tracked("*.rs", "*Cargo.toml")
    for manifest in sorted(name for name in names if name.endswith("Cargo.toml") and name.startswith(PRODUCT)):
        crate = Path(manifest).parent.as_posix()
        files = [ROOT / name for name in names if name.startswith(f"{crate}/src/") and name.endswith(".rs")]
        modules = circles.Crate(ROOT / crate / "src", files)
        for module, text in sorted(modules.texts.items()):
            for name in PUBLIC_TYPE.findall(text):
                places[name].setdefault(crate, []).append(f"{crate}/src/{modules.files[module]}")
    for name, crates in sorted(places.items()):
        if len(crates) > 1:
            found["names of public types in more than one crate"].append(
                f"{name}: {', '.join(place for crate in crates.values() for place in crate)}")


def row_kinds(text, comment=""):
    """The words with which the keys in each cell of a table's rows begin, row by row."""
    for line in text.splitlines():
        if not line.startswith(f"{comment}| ") or CACHE in line:
            continue
        cells = [re.findall(r"`([a-z_]+)[`#]", cell) for cell in line.removeprefix(comment).split("|")[1:]]
        yield cells


def read_data_model(found):
    """Kinds of rows that only one of keys.rs and docs/data-model.md has."""
    kept = set()
    for _, partition, sort, *_ in row_kinds((ROOT / KEYS).read_text(encoding="utf-8"), "//! "):
        kept.update(sort[:1] if partition[:1] == ["deploy"] else partition[:1])
    told = set()
    for part in (ROOT / DATA_MODEL).read_text(encoding="utf-8").split("\n\n"):
        if part.startswith("| row |"):
            told.update(kind for kinds, *_ in row_kinds(part) for kind in kinds)
    rule = "rows that keys.rs or docs/data-model.md has alone"
    found[rule] += [f"{DATA_MODEL} has no row `{kind}`" for kind in sorted(kept - told)]
    found[rule] += [f"{KEYS} has no row `{kind}`" for kind in sorted(told - kept)]


def read_walks(found, walks):
    """Walks of docs/architecture.md whose files, or the lines before these files' tests, are more than `walks` allows."""
    problems = []
    page = (ROOT / ARCHITECTURE).read_text(encoding="utf-8")
    for walk, most in walks.items():
        lines, rule = 0, f"walk: {walk}"
        _, heading, rest = page.partition(f"\n## {walk}\n")
        if not heading:
            problems.append(f"{ARCHITECTURE} has no section `{walk}`, whose walk .ci/style.json limits.")
        for name in sorted({target for target in LINK.findall(rest.split("\n## ", 1)[0]) if target.endswith(".rs")}):
            path = (ROOT / ARCHITECTURE).parent / name
            # A link that leads nowhere is a finding of its own.
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            count = len(text.split("\n#[cfg(test)]\nmod tests {")[0].splitlines())
            found[rule].append(f"{count:4} lines of {name}")
            lines += count
        for unit, count in (("files", len(found[rule])), ("lines", lines)):
            if count > most[unit]:
                problems.append(f"{walk}, as {ARCHITECTURE} walks it: {count} {unit}, and {most[unit]} at most. "
                                f"See them: python3 .ci/style.py --list '{rule}'")
    return problems


def read_manifests(found):
    unused = found["dependencies that nothing uses"]
    shared, named = {}, set()
    for name in tracked("*Cargo.toml"):
        manifest = tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
        shared |= manifest.get("workspace", {}).get("dependencies", {})
        packages = {package for kind in DEPENDENCIES for package in manifest.get(kind, {})}
        if not packages:
            continue
        named |= packages
        folder = Path(name).parent
        files = [ROOT / file for file in tracked(f"{folder}/*.rs")]
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        code = "\n".join(line for line in lines if not line.lstrip().startswith("//"))
        for package in sorted(packages):
            library = LIBRARIES.get(package, package).replace("-", "_")
            if not re.search(rf"\b{library}\s*::|\b(use|extern crate) {library}\b", code):
                unused.append(f"{name}: {package}")
    unused += [f"Cargo.toml: {package}" for package in sorted(shared.keys() - named)]


def read_circles(found):
    """The circles that .ci/circles.json doesn't list, and the listed ones that are no longer there as a whole."""
    problems = []
    listed = json.loads(CIRCLES.read_text(encoding="utf-8"))
    for crate, graph, there in circles.read(ROOT, tracked("*.rs", "*Cargo.toml")):
        allowed = {tuple(circle) for circle in listed.pop(crate, [])}
        for circle in there:
            lines = [f"{crate}: {module} -> {other} ({graph[module][other]})"
                     for module in circle for other in sorted(graph[module]) if other in circle]
            found["circles"] += lines
            if not any(set(circle) <= set(known) for known in allowed):
                problems.append(f"{crate}: a new or larger circle of modules: {', '.join(circle)}. Cut it. What closes it:")
                problems += [f"  {line}" for line in lines]
        for circle in sorted(allowed - set(there)):
            problems.append(f"{crate}: the circle of {', '.join(circle)} is smaller or gone. "
                            f"In .ci/circles.json {crate} has now {json.dumps(there)}.")
    return problems + [f"{crate}: .ci/circles.json lists circles of it, and there is no such crate." for crate in listed]


def main():
    limits = json.loads(LIMITS.read_text(encoding="utf-8"))
    found = defaultdict(list)
    comments = read_rust(found)
    read_documents(found)
    read_guarantees(found)
    read_public_types(found)
    read_data_model(found)
    read_manifests(found)
    problems = read_circles(found) + read_walks(found, limits.pop("walks"))
    if len(sys.argv) == 3 and sys.argv[1] == "--list":
        print("\n".join(found[sys.argv[2]]))
        return 0
    failed = bool(problems)
    print("".join(f"{problem}\n" for problem in problems), end="")
    for rule, limit in limits.items():
        count = len(found[rule])
        if "per thousand" in rule:
            count = round(1000 * count / max(comments, 1))
        if count > limit:
            failed = True
            print(f"{rule}: {count}, and {limit} at most (docs/STYLE.md). See them: "
                  f"python3 .ci/style.py --list '{rule}'")
        elif count < limit:
            print(f"{rule}: {count} now. Lower the {limit} in .ci/style.json.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

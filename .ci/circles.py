"""The circles between the top modules of each crate, read from its `use` lines and paths.

A module depends on another if a file of it names something of the other: `use crate::other::…`, `crate::other::…` or
`super::other::…`, re-exports followed to where they lead. A circle is a largest set of modules each of which leads to each other.
Tests don't count, nor does what stands in `lib.rs` or `main.rs` itself.
"""

import re

TEST_MODULE = re.compile(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))? )?mod (\w+)\s*([;{])")
USE = re.compile(r"\buse\s+([^;]+);")
RE_EXPORT = re.compile(r"\bpub(?:\([^)]*\))?\s+use\s+([^;]+);")
PATH = re.compile(r"\b(?:crate|super)(?:::\w+)+")


def parts(tree):
    """The paths of a `use` tree: `a::{b, c::d as e}` is `a::b` and `a::c::d as e`."""
    tree = " ".join(tree.split())
    opening = tree.find("{")
    if opening < 0:
        return [tree] if tree else []
    paths, depth, branch = [], 0, ""
    for character in tree[opening + 1:tree.rindex("}")] + ",":
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            paths += [tree[:opening] + path for path in parts(branch)]
            branch = ""
        else:
            branch += character
    return paths


class Crate:
    """One crate's modules by their paths, without what is only built for tests."""

    def __init__(self, source, files):
        self.source = source
        self.files, self.texts, self.re_exports = {}, {}, {}
        tests = set()
        for file in files:
            module = list(file.relative_to(source).with_suffix("").parts)
            if module[-1] in ("lib", "main", "mod"):
                module.pop()
            module = tuple(module)
            text = re.sub(r"(?<!:)//[^\n]*", "", file.read_text(encoding="utf-8"))
            self.files[module] = file.relative_to(source)
            self.texts[module], names = without_tests(text)
            tests |= {(*module, name) for name in names}
        for module in list(self.texts):
            if any(module[:length] in tests for length in range(1, len(module) + 1)):
                del self.texts[module]
        for module, text in self.texts.items():
            for tree in RE_EXPORT.findall(text):
                for path in parts(tree):
                    first = path.split("::")[0]
                    if (*module, first) in self.texts:
                        path = f"self::{path}"
                    path, _, alias = path.partition(" as ")
                    self.re_exports[(module, alias or path.split("::")[-1])] = path

    def target(self, path, module, followed=0):
        """The module that `path` leads to from `module`; None: one of another crate."""
        first, *rest = path.partition(" as ")[0].split("::")
        if first == "crate":
            at = ()
        elif first == "self":
            at = module
        elif first == "super":
            at = module[:-1]
            while rest and rest[0] == "super":
                at, rest = at[:-1], rest[1:]
        else:
            return None
        while rest and (*at, rest[0]) in self.texts:
            at, rest = (*at, rest[0]), rest[1:]
        if rest and followed < 8 and (at, rest[0]) in self.re_exports:
            return self.target(self.re_exports[(at, rest[0])], at, followed + 1) or at
        return at

    def dependencies(self):
        """The top modules that each top module depends on, each with the first place that says so."""
        graph = {module[0]: {} for module in self.texts if module}
        for module, text in sorted(self.texts.items()):
            if not module:
                continue
            named = [path for tree in USE.findall(text) for path in parts(tree)] + PATH.findall(text)
            for path in named:
                target = self.target(path, module)
                if target and target[0] != module[0]:
                    graph[module[0]].setdefault(target[0], f"{self.files[module]}: {path.removesuffix('::self')}")
        return graph


def without_tests(text):
    """The text without its test modules, and the names of those that have files of their own."""
    names = []
    while match := TEST_MODULE.search(text):
        end = match.end()
        if match[2] == ";":
            names.append(match[1])
        else:
            closing = re.compile(r"^\}", re.MULTILINE).search(text, end)
            end = closing.end() if closing else len(text)
        text = text[:match.start()] + text[end:]
    return text, names


def reached(graph, start):
    seen, waiting = set(), [start]
    while waiting:
        for module in graph[waiting.pop()]:
            if module not in seen:
                seen.add(module)
                waiting.append(module)
    return seen


def circles(graph):
    """The largest sets of modules that all lead to each other."""
    leads = {module: reached(graph, module) for module in graph}
    found = {tuple(sorted({other for other in leads[module] if module in leads[other]}))
             for module in graph if module in leads[module]}
    return sorted(found)


def read(root, files):
    """The dependencies and circles of each crate, by its folder. `files`: the names of all Rust files and manifests."""
    for manifest in sorted(name for name in files if name.endswith("Cargo.toml")):
        folder = (root / manifest).parent
        source = folder / "src"
        inside = [root / name for name in files if (root / name).is_relative_to(source) and name.endswith(".rs")]
        if inside:
            graph = Crate(source, inside).dependencies()
            yield folder.relative_to(root).as_posix(), graph, circles(graph)

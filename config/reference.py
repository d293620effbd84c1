# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The pages of the library: what Doxygen has read from the public headers (config/doxygen), as mdoc.

A page is of a function, and of those that are used like it; of a struct or an enum; or of a header,
and then it has what is of the header's own name, too."""

import itertools
import pathlib
import re
import subprocess
import tempfile
import xml.etree.ElementTree

import mdoc

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Programs that the tests run; the first use that is found is shown.
EXAMPLES = ("doc/examples/*.c", "test/doc/*.c", "test/dpdk/reference_*.c")
EXAMPLE_LINES = 40


class Wrong(Exception):
    """Something in the sources, with its place."""


def read():
    """The headers, structs, functions and enums, as Doxygen's XML."""
    with tempfile.TemporaryDirectory() as folder:
        settings = (ROOT / "config/doxygen").read_text(encoding="utf-8")
        done = subprocess.run(["doxygen", "-"], input=f"{settings}\nOUTPUT_DIRECTORY = {folder}\n", cwd=ROOT,
                              text=True, stderr=subprocess.PIPE, check=False)
        # Another release of Doxygen may have more to say, which is no reason to have no manual.
        missing = [line for line in done.stderr.splitlines() if "is not documented" in line]
        if done.returncode != 0 or missing:
            raise Wrong("\n".join(missing) or done.stderr.strip())
        return [xml.etree.ElementTree.parse(path).find("compounddef")
                for path in sorted(pathlib.Path(folder, "xml").glob("*_*.xml"))]


class Description:
    """A comment: lines of mdoc, and its fixed parts. `pages` has the page of each of Doxygen's ids; a page
    does not refer to itself, by whichever of its names."""

    def __init__(self, node, pages, own=(), kinds=("briefdescription", "detaileddescription")):
        self.lines, self.errors, self.parts, self.refs = [], [], {}, set()
        self.pages, self.own, self.paragraphs = pages, own, 0
        for para in (para for kind in kinds for para in node.find(kind)):
            self._para(para)

    def _text(self, node, tail=False):
        text = node.text or ""
        page = self.pages.get(node.get("refid"))
        if page and page not in self.own:
            self.refs.add(page)
            text = mdoc.reference(page if text.endswith(".h") else text.removesuffix("()"))
        text += "".join(self._text(child, True) for child in node)
        return text + ((node.tail or "") if tail else "")

    def _para(self, para):
        text = para.text or ""
        for child in para:
            if child.tag in ("verbatim", "preformatted", "itemizedlist", "parameterlist", "simplesect"):
                self._paragraph(text)
                text = child.tail or ""
                getattr(self, "_" + child.tag)(child)
            else:
                text += self._text(child, True)
        self._paragraph(text)

    def _paragraph(self, text):
        """The first sentence, which Doxygen has apart, and what follows are one."""
        if text.strip():
            self.paragraphs += 1
            if self.paragraphs > 2:
                self.lines.append(".Pp")
            self.lines += mdoc.paragraph(text)

    def _verbatim(self, node):
        lines = (node.text or "").rstrip("\n").split("\n")
        indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
        self.lines += mdoc.literal([line[indent:] for line in lines])

    def _itemizedlist(self, node):
        self.lines.append(".Bl -bullet")
        for item in node:
            self.lines += [".It", *mdoc.paragraph(" ".join(self._text(para) for para in item))]
        self.lines.append(".El")

    def _parameterlist(self, node):
        for item in node:
            names = [name.text for name in item.iter("parametername")]
            text = " ".join(self._text(para) for para in item.iter("para"))
            self.errors.append((names, mdoc.paragraph(text)))

    def _simplesect(self, node):
        kind, paras = node.findtext("title") or node.get("kind"), list(node.iter("para"))
        text = "".join(paras[0].itertext()) if kind == "Like" else " ".join(map(self._text, paras))
        self.parts[kind] = text.strip()


def sentence(text):
    text = text.strip()
    return text if text.endswith((".", "!")) else text + "."


def brief(node):
    """The first sentence, for NAME."""
    text = "".join(node.find("briefdescription").itertext()).strip().replace("()", "")
    return (text[:1] if text[1:2].isupper() else text[:1].lower()) + text[1:].rstrip(".:")


class Manual:
    def __init__(self):
        compounds = read()
        self.headers = {c.findtext("compoundname"): c for c in compounds if c.get("kind") == "file"}
        self.structs = {c.findtext("compoundname"): c for c in compounds if c.get("kind") == "struct"}
        self.members = {kind: {} for kind in ("function", "enum", "define", "typedef")}
        for name, header in self.headers.items():
            for member in header.iter("memberdef"):
                self.members[member.get("kind")][member.findtext("name")] = (member, name)
        self.ids = self._ids()
        self.like = {}  # function: those on its page, itself first
        for name, (node, _) in self.members["function"].items():
            first = self.about(node).parts.get("Like", name).removesuffix("()")
            self.like.setdefault(first, [])
            self.like[first].append(name)

    def _ids(self):
        """The name of the page for each of Doxygen's ids."""
        ids = {h.get("id"): name.removesuffix(".h") for name, h in self.headers.items()}
        ids |= {s.get("id"): name.split("::")[-1] for name, s in self.structs.items()}
        for kind in "function", "enum":
            ids |= {node.get("id"): name for name, (node, _) in self.members[kind].items()}
        ids |= {node.get("id"): header.removesuffix(".h")
                for node, header in self.members["typedef"].values()}
        return ids

    def about(self, node, own=()):
        return Description(node, self.ids, own)

    def summary(self, node):
        return Description(node, self.ids, kinds=["briefdescription"]).lines

    # ---- Types ----

    def declaration(self, node):
        """The lines of a struct or enum, as in the header, without comments."""
        place = node.find("location")
        source = next(ROOT.glob(f"[ld]*/*/{pathlib.Path(place.get('file')).name}"))
        lines = source.read_text(encoding="utf-8").split("\n")
        text = "\n".join(lines[int(place.get("bodystart")) - 1:int(place.get("bodyend"))])
        text = re.sub(r"[ \t]*/\*.*?\*/", "", text, flags=re.DOTALL)
        return [line.replace("    ", "\t") for line in text.split("\n") if line.strip()]

    def type_lines(self, name):
        """The members of a struct, or the values of an enum, and what each is."""
        if name in self.members["enum"]:
            node = self.members["enum"][name][0]
            values = [("Dv " + value.findtext("name"), self.about(value, [name]).lines)
                      for value in node.iter("enumvalue")]
            return [*mdoc.literal(self.declaration(node)), *mdoc.tagged(values)]
        node = self.structs[name]
        members = [member for member in node.iter("memberdef")]
        if not members:
            return []
        out = mdoc.literal(self.declaration(node)) if "::" not in name else []
        out += mdoc.tagged([("Fa " + member.findtext("name"), self.about(member, [name]).lines)
                            for member in members])
        for inner in node.iter("innerclass"):
            out += [".Pp", *mdoc.paragraph(f"In each struct {inner.text.split('::')[-1]}:"),
                    *self.type_lines(inner.text)]
        return out

    def header_of(self, name):
        if name in self.members["enum"]:
            return self.members["enum"][name][1]
        include = self.structs[name].findtext("includes")
        place = self.structs[name].find("location").get("file")
        return include or pathlib.Path(place).name

    def type_node(self, name):
        return self.members["enum"][name][0] if name in self.members["enum"] else self.structs[name]

    def type_page(self, name):
        about, header = self.about(self.type_node(name), [name]), self.header_of(name)
        out = mdoc.head(name, 3, [name], brief(self.type_node(name)))
        out += [".Sh SYNOPSIS", f".In {header}", ".Sh DESCRIPTION", *about.lines, *self.type_lines(name)]
        users = {first for first, names in self.like.items() for each in names
                 if any(ref.get("refid") == self.type_node(name).get("id")
                        for ref in self.members["function"][each][0].findall("param/type/ref"))}
        return out + mdoc.see_also(about.refs | users | {header.removesuffix(".h"), "labyrinth.7"})

    # ---- Functions ----

    def prototype(self, name):
        node = self.members["function"][name][0]
        out = [".Ft " + mdoc.quoted("".join(node.find("type").itertext()).replace("static ", "")),
               f".Fo {name}"]
        for param in node.iter("param"):
            kind, word = "".join(param.find("type").itertext()), param.findtext("declname", "")
            space = "" if kind.endswith("*") else " "
            text = kind.replace("(*)", f"(*{word})") if "(*)" in kind else kind + space + word
            out.append(".Fa " + mdoc.quoted((text + param.findtext("array", "")).strip()))
        return [*out, ".Fc"]

    def function_page(self, first):
        names, header = self.like[first], self.members["function"][first][1]
        nodes = [self.members["function"][name][0] for name in names]
        about = [self.about(node, names) for node in nodes]
        if "Concurrency" not in about[0].parts:
            raise Wrong(f"{header}: {first}: who may call it (@threads)?")
        library = "labyrinth-mbuf" if header == "lab_mbuf.h" and nodes[0].get("static") == "no" else "labyrinth"
        inner = [name.split("::")[1] for name in self.structs if name.startswith(first + "::")]
        out = mdoc.head(first, 3, names + inner, brief(nodes[0]))
        out += [".Sh LIBRARY", *mdoc.paragraph(f"liblabyrinth (pkg-config {library})"),
                ".Sh SYNOPSIS", f".In {header}"]
        for name in names:
            out += self.prototype(name)
        out += [".Sh DESCRIPTION", *about[0].lines]
        for name, each in zip(names[1:], about[1:]):
            out += [".Pp", f".Fn {name}", each.lines[0][:1].lower() + each.lines[0][1:], *each.lines[1:]]
        if first in self.structs:
            out += self.type_lines(first)
        out += [".Sh RETURN VALUES", *self.returned(nodes[0], about[0])]
        out += [".Sh CONCURRENCY", *mdoc.paragraph(about[0].parts["Concurrency"])]
        path, lines = example(names)
        out += [".Sh EXAMPLES", *mdoc.paragraph(f"From {path}:"), *mdoc.literal(lines)]
        errors = [error for each in about for error in each.errors]
        if errors:
            out += [".Sh ERRORS", *mdoc.tagged([("Er " + " , ".join(map(mdoc.escaped, codes)), text)
                                               for codes, text in errors])]
        refs = set().union(*(each.refs for each in about))
        return out + mdoc.see_also(refs | {header.removesuffix(".h"), "labyrinth.7"})

    def returned(self, node, about):
        text = about.parts.get("return")
        if text:
            return mdoc.paragraph(sentence(text[0].upper() + text[1:]))
        if about.errors:
            return mdoc.paragraph("0, or one of the errors below, which are negative.")
        if node.findtext("type", "").strip() == "void":
            return ["None."]
        raise Wrong(f"{node.findtext('name')}: what does it return (@return, @retval)?")

    # ---- Headers ----

    def header_page(self, header):
        name, node = header.removesuffix(".h"), self.headers[header]
        about = self.about(node, [name])
        out = mdoc.head(name, 3, [name], brief(node))
        out += [".Sh SYNOPSIS", f".In {header}", ".Sh DESCRIPTION", *about.lines]
        if name in [*self.structs, *self.members["enum"]] and self.type_lines(name):
            out += [".Pp", *self.about(self.type_node(name), [name]).lines, *self.type_lines(name)]
        for title, items in (
                ("Functions", [(f"Xr {each} 3", node) for each, (node, place)
                               in self.members["function"].items() if place == header]),
                ("Structs and enums", [(f"Xr {each} 3", self.type_node(each)) for each
                                       in [*self.structs, *self.members["enum"]]
                                       if self.header_of(each) == header and each != name and "::" not in each]),
                ("Constants", [(f"Dv {each}", node) for each, (node, place)
                               in self.members["define"].items()
                               if place == header and self.about(node).lines])):
            items = [(tag, self.about(node, [name]).lines if title == "Constants" else self.summary(node))
                     for tag, node in items]
            out += [f".Ss {title}", *mdoc.tagged(items)] if items else []
        for each, (node, place) in self.members["typedef"].items():
            if place == header:
                out += [".Ss Callbacks", *mdoc.tagged([(f"Ft {each}", self.about(node).lines)]),
                        *mdoc.literal([node.findtext("definition") + node.findtext("argsstring") + ";"])]
        others = {each.removesuffix(".h") for each in self.headers} - {name}
        return out + mdoc.see_also(others | {"labyrinth.7"})

    def pages(self):
        """The lines of each page; of a second name, the first one."""
        found = {header.removesuffix(".h"): self.header_page(header) for header in self.headers}
        for first, names in self.like.items():
            found[first] = self.function_page(first)
            found |= {name: first for name in names[1:]}
        for name in [*self.structs, *self.members["enum"]]:
            last = name.split("::")[-1]
            if last not in found:
                found[last] = name.split("::")[0] if "::" in name else self.type_page(name)
        return found


# ---- Examples ----

def example(names):
    """A program, and its function in which one of these is used."""
    for path in (path for pattern in EXAMPLES for path in sorted(ROOT.glob(pattern))):
        lines = path.read_text(encoding="utf-8").splitlines()
        for i, line in enumerate(lines):
            if line.startswith(" ") and any(re.search(rf"\b{name}\b[(,]", line) for name in names):
                return path.relative_to(ROOT), surroundings(lines, i)
    raise Wrong(f"{names[0]}: used in none of {', '.join(EXAMPLES)}")


def surroundings(lines, at):
    """The function around a line, or the lines near it where that is long."""
    start = next((i for i in range(at, 0, -1) if lines[i].startswith("{")), at)
    while start > 0 and lines[start - 1] and not lines[start - 1].startswith(("}", "#", "/", " *")):
        start -= 1
    end = next((i for i in range(at, len(lines)) if lines[i].startswith("}")), at)
    if end - start > EXAMPLE_LINES:
        start, end = max(start, at - EXAMPLE_LINES // 3), min(end, at + EXAMPLE_LINES // 3)
    return list(itertools.dropwhile(lambda line: not line, lines[start:end + 1]))

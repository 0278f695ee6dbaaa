# SPDX-License-Identifier: BSD-2-Clause
"""The rules of docs/architecture.md, "How we write", that a script can see. A failure lists file, line and what stands there."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LINE_MAX = 130
FILE_MAX = 500
FUNCTION_MAX = 60      # lines, outside tests/
STEPLESS_MAX = 12      # lines of a function that may do without a blank line
FIRST_USE_WITHIN = 4   # lines of code, from a declaration without a value to its first use

DECLARATION = re.compile(r"^\s+(?:const )?(?:struct |enum |union )?\w+ [*\w\[\], ]*?\*?(\w+)(?:\[[^\]]*\])*;$")
NOT_A_TYPE = re.compile(r"^\s*(return|goto|break|continue|case|default|else|typedef|extern|static)\b")


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns], cwd=ROOT,
                            stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode().split()
    return [name for name in sorted(set(listed)) if (ROOT / name).is_file()]


def lines_of(name):
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


def nothing(found):
    assert not found, "\n".join(["", *found])


def code_of(line):
    """A line without strings' contents and comments."""
    return re.sub(r"/\*.*?(\*/|$)|^\s*\*( .*|$)", "", re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'', '""', line))


C_FILES = tracked("*.c", "*.h")
TYPE = r"struct |union |enum |const |unsigned|u?int\w*_t|char|void|bool|size_t|[A-Z]"


def matches(pattern, names=None):
    found = []
    for name in names or C_FILES:
        for number, line in enumerate(lines_of(name), 1):
            if re.search(pattern, code_of(line)):
                found.append(f"{name}:{number}: {line.strip()}")
    return found


def functions(name):
    """(number of the first line, body lines) of each function: clang-format puts the braces into the first column."""
    lines, start = lines_of(name), None
    for number, line in enumerate(lines):
        if line == "{":
            start = number + 1
        elif line == "}" and start is not None:
            yield start + 1, lines[start:number]
            start = None


def test_clang_format_changes_nothing():
    done = subprocess.run(["clang-format", "--dry-run", *C_FILES], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=300)
    assert done.stdout.decode() == ""
    assert done.returncode == 0


@pytest.mark.parametrize("rule,pattern", [
    ("!p, p: not a comparison with NULL", r"\b(if|while) \(.*([!=]= NULL\b|\bNULL [!=]=)"),
    ("sizeof x: brackets are for types", rf"\bsizeof\((?!{TYPE})"),
    ("status is compared with OK", r"\b(if|while) \(!?\w*status\)|!status\b"),
    ("no assignment in a condition", r"\b(if|while) \([^;]*[^=!<>]=[^=]"),
    ("no // comment", r"(^|\s)//"),
    ("no long: its size differs between ABIs", r"^(?!.*(__asm__|LP64)).*(?<!long )\blong\b(?! long)"),
])
def test_one_dialect(rule, pattern):
    where = [name for name in C_FILES if not name.startswith("tests/")] if "long" in rule else C_FILES
    nothing(matches(pattern, where))


def test_rulers_are_short():
    """/* ---- receive ---- */ on one line."""
    found = []
    for name in tracked("*.c", "*.h", "*.asm", "*.inc", "*.py", "*.mk", "Makefile"):
        for number, line in enumerate(lines_of(name), 1):
            if re.search(r"^\s*(/\*|\*|;|#).*-{5,}", line) or (re.search(r"^/\* ---- ", line) and not line.endswith(" ---- */")):
                found.append(f"{name}:{number}: {line.strip()}")
    nothing(found)


def test_declarations_stand_at_first_use():
    found = []
    for name in C_FILES:
        for first, body in functions(name):
            members = False  # of a structure that is declared inside
            for index, line in enumerate(body):
                members = (members or line.endswith("struct {") or line.endswith("union {")) and not line.strip().startswith("}")
                declared = DECLARATION.match(code_of(line).rstrip())
                if members or not declared or NOT_A_TYPE.match(line):
                    continue
                following = [code_of(other).rstrip() for other in body[index + 1:] if other.strip()]
                near = [other for other in following if not DECLARATION.match(other)]
                names = re.findall(r"\b(\w+)(?:\[[^\]]*\])*(?=[,;])", line)
                if not all(re.search(rf"\b{word}\b", "\n".join(near[:FIRST_USE_WITHIN])) for word in names):
                    found.append(f"{name}:{first + index}: {line.strip()}")
    nothing(found)


def is_one_statement(body):
    """A switch, a loop or a table's declaration with little around it: there is nothing to divide."""
    return sum(bool(re.match(r"    (?!case |default:)[^ }]", line)) for line in body) <= 3


def test_steps_are_divided_by_blank_lines():
    nothing([f"{name}:{first}: {len(body)} lines" for name in C_FILES for first, body in functions(name)
             if len(body) > STEPLESS_MAX and "" not in body and not is_one_statement(body)])


def test_files_and_functions_have_a_readers_size():
    nothing([f"{name}:{first}: {len(body)} lines" for name in C_FILES if not name.startswith("tests/")
             for first, body in functions(name) if len(body) > FUNCTION_MAX])
    nothing([name for name in tracked("*.c", "*.h", "*.asm", "*.py") if len(lines_of(name)) > FILE_MAX])


@pytest.mark.parametrize("pattern,comment", [
    ("*.c", "/*"), ("*.h", "/*"), ("*.asm", ";"), ("*.inc", ";"), ("*.py", ("#", '"""')),
])
def test_every_file_says_what_it_is(pattern, comment):
    """An SPDX line, and behind it a comment."""
    found = []
    for name in tracked(pattern):
        lines = [line for line in lines_of(name)[:4] if not line.startswith("#!")]
        if len(lines) < 2 or "SPDX-License-Identifier: BSD-2-Clause" not in lines[0] or not lines[1].startswith(comment):
            found.append(name)
    nothing(found)


def test_prose_and_code_keep_to_the_width():
    """Tables and commands of the documents may be longer."""
    found = []
    for name in tracked("*.md", "*.c", "*.h", "*.asm", "*.inc", "*.py", "*.mk", "Makefile"):
        for number, line in enumerate(lines_of(name), 1):
            if len(line) > LINE_MAX and not (name.endswith(".md") and re.match(r"\s*\||    ", line)):
                found.append(f"{name}:{number}: {len(line)} characters")
    nothing(found)


def test_test_files_have_names_of_their_own():
    """pytest imports those that lie in no package by their bare name, and a second one of that name not at all."""
    paths = [pathlib.Path(name) for name in tracked("test_*.py", "*/test_*.py")]
    names = [path.name for path in paths if not (ROOT / path.parent / "__init__.py").exists()]
    nothing(sorted({name for name in names if names.count(name) > 1}))

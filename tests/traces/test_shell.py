import pytest

from core.traces.programs import find_main_program, get_family, is_install, is_viewer
from core.traces.shell import list_lines, list_programs


def names(script: str) -> list[str]:
    return [program.name for program in list_programs(script)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cd /app && git log | grep fix; ls || true", ["cd", "git", "grep", "ls", "true"]),
        ("(cd src; make) & wait", ["cd", "make", "wait"]),
        ("sudo -u www env A=1 B=2 timeout -k 5 10 curl -s http://x", ["curl"]),
        ("DEBIAN_FRONTEND=noninteractive apt-get install -y jq", ["apt-get"]),
        ("python -m pytest -q tests", ["python", "pytest"]),
        ("time nohup ./run.sh > log 2>&1 &", ["run.sh"]),
        ("find . -name '*.py' | xargs -n 1 grep -l x", ["find", "xargs", "grep"]),
        ("find . -type f -exec sed -i s/a/b/ {} \\;", ["find", "sed"]),
        ("bash -c 'cd /x && make -j4'", ["cd", "make"]),
        ('bash -lc "git log | head"', ["git", "head"]),
        ("bash script.sh", ["bash"]),
        ("uv run pytest", ["uv", "pytest"]),
        ("echo $(git rev-parse HEAD) `date`", ["echo", "git", "date"]),
        ('echo "now $(date +%s)"', ["echo", "date"]),
        ("diff <(sort a) <(sort b)", ["diff", "sort", "sort"]),
        ("for f in *.py; do python $f; done", ["python"]),
        ("if [ -f x ]; then cat x; else touch x; fi", ["[", "cat", "touch"]),
        ("while read l; do echo $l; done < f", ["read", "echo"]),
        ("case $x in a) ls;; b|c) cat y;; esac; git status", ["ls", "cat", "git"]),
        ("[[ a && b ]] && ls", ["[[", "ls"]),
        ("((i++)); ls", ["ls"]),
        ("f() { ls; }; f", ["ls", "f"]),
        ("a=(1 2 3); b=$(curl x)", ["curl"]),
        ("/usr/bin/git diff", ["git"]),
        ("command -v java", ["command"]),
        ("grep 'a | b; rm -rf /' f", ["grep"]),
        ("awk '{print $1; exit}' f # | sh", ["awk"]),
        ("env", ["env"]),
        ("X=5", []),
        ("time -p make", ["make"]),
        ("function f { ls; }", ["f"]),
        ("npx --yes tsc --noEmit", ["npx", "tsc"]),
        ("uv run --with x pytest -q", ["uv", "pytest"]),
        ("conda run -n env python x.py", ["conda", "python"]),
        ("python -W ignore -X dev -m pytest", ["python", "pytest"]),
        ("parallel -j 4 gzip ::: a b", ["parallel", "gzip"]),
        ("sudo chroot /mnt ls", ["ls"]),
        ("timeout --signal=KILL 5s python x.py", ["python"]),
        ("sudo -n -- apt-get update", ["apt-get"]),
        ("su - user -c 'ls; pwd'", ["ls", "pwd"]),
        ("cat <<EOF | python3\nx; rm\nEOF\nls", ["cat", "python3", "ls"]),
        ("ls | xargs -I{} sh -c 'cat {} | wc'", ["ls", "xargs", "cat", "wc"]),
        ("until nc -z x 1; do sleep 1; done && ls", ["nc", "sleep", "ls"]),
        ("", []),
    ],
)
def test_programs_of_a_line_are_found_in_order(script: str, expected: list[str]) -> None:
    assert names(script) == expected


def test_heredoc_body_holds_no_commands() -> None:
    script = "cat > x.py << 'EOF'\nimport os; git push\nit's\nEOF\npython x.py\n"
    assert [line.programs[0].name for line in list_lines(script)] == ["cat", "python"]
    assert list_lines(script)[0].text.endswith("EOF")


def test_heredoc_with_a_dash_may_end_indented() -> None:
    assert names("cat <<-END\n\tgit x\n\tEND\nls") == ["cat", "ls"]


def test_continued_and_compound_lines_are_one_line() -> None:
    script = "ls \\\n  -la\nfor f in a b; do\n  cat $f\ndone\ngit a &&\n git b\n# only a comment\npwd"
    texts = [line.text.split("\n")[0] for line in list_lines(script)]
    assert texts == ["ls \\", "for f in a b; do", "git a &&", "pwd"]
    assert [[program.name for program in line.programs] for line in list_lines(script)] == [
        ["ls"],
        ["cat"],
        ["git", "git"],
        ["pwd"],
    ]


def test_body_of_an_swe_agent_edit_holds_no_commands() -> None:
    assert names("edit 3:4\nls; git push\nend_of_edit") == ["edit"]


def test_prose_names_no_program() -> None:
    assert names("First, it's $5 — 'tis so.") == []


def test_main_program_is_the_first_that_is_no_builtin() -> None:
    main = find_main_program(list_programs("cd /app && export A=1 && git log | head"))
    assert main is not None
    assert main.name == "git"
    only = find_main_program(list_programs("cd /app && echo hi"))
    assert only is not None
    assert only.name == "cd"
    assert find_main_program(()) is None


@pytest.mark.parametrize(
    "script", ["cat x | head", "cd a && ls", "git -P log", "sed -n 1,5p f", "git diff", "grep x f | sort | uniq -c"]
)
def test_display_is_known(script: str) -> None:
    assert is_viewer(list_programs(script))


@pytest.mark.parametrize("script", ["python x.py | head", "sed -i s/a/b/ f", "git push", "make", "X=1"])
def test_work_is_no_display(script: str) -> None:
    assert not is_viewer(list_programs(script))


@pytest.mark.parametrize(
    "script",
    ["pip3 install x", "python -m pip install x", "sudo apt-get install -y x", "npm ci", "cd a && cargo add x"],
)
def test_installs_are_known(script: str) -> None:
    assert is_install(list_programs(script))


def test_no_install_where_none_is() -> None:
    assert not is_install(list_programs("pip list && npm test"))


def test_family_drops_the_version_only() -> None:
    assert get_family("python3.11") == get_family("python3") == "python"
    assert get_family("base64") == "base64"


@pytest.mark.parametrize(
    "piece", ["'", '"', "`", "$(", "(", "((", "<<A ", "case ", "{ ", "\\", '"$(', "sudo ", "a=(", "ls;"]
)
def test_unclosed_pieces_by_the_thousand_are_read_to_the_end(piece: str) -> None:
    # quadratic work would run into the time limit that every test has
    script = piece * (300_000 // len(piece))
    assert len(list_lines(script)) <= len(script)

"""Tests of tools/tidy: each rule on a small tree that breaks it, and on one that does not."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from tidy_rules import awaits, documents, doors, layers, limits, names, proofs  # noqa: E402
from tidy_rules.tree import Tree  # noqa: E402

LAYERS = """
[ranks]
base = 0
env = 1
json = 1
http = 2
plan = 4
config = 8
app = 9
[only]
plan = ["base", "json"]
node = ["base", "env", "http"]
[node]
text = 0
search = 1
"""


class TreeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        self.write("tools/layers.toml", LAYERS)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def complaints(self, rule):
        return [(path, line) for path, line, _ in rule(Tree(self.root))]


class Layers(TreeTest):
    def judged(self, path, include):
        self.write(path, f'// x\n#include "{include}"\n')
        found = self.complaints(layers.check)
        (self.root / path).unlink()
        return bool(found)

    def test_downward_only(self):
        self.assertFalse(self.judged("src/http/a.h", "env/log.h"))
        self.assertFalse(self.judged("src/http/a.h", "http/b.h"))
        self.assertTrue(self.judged("src/env/a.h", "http/b.h"))
        self.assertTrue(self.judged("src/env/a.h", "json/value.h"), "the same rank")

    def test_narrower_than_the_rank(self):
        self.assertTrue(self.judged("src/plan/a.h", "http/message.h"))
        self.assertFalse(self.judged("src/plan/a.h", "json/value.h"))

    def test_unknown_folders_and_short_paths(self):
        self.assertTrue(self.judged("src/attic/a.h", "base/b.h"))
        self.assertTrue(self.judged("src/http/a.h", "attic/b.h"))
        self.assertTrue(self.judged("src/http/a.h", "message.h"))

    def test_the_real_world_is_for_starters(self):
        self.assertTrue(self.judged("src/config/a.cpp", "env/real/clock.h"))
        self.assertFalse(self.judged("src/app/a.cpp", "env/real/clock.h"))
        self.assertFalse(self.judged("node/run.cpp", "env/real/clock.h"))
        self.assertTrue(self.judged("node/text/a.cpp", "env/real/clock.h"))

    def test_nobody_sees_tests_and_simulation(self):
        self.assertTrue(self.judged("src/app/a.cpp", "sim/world.h"))
        self.assertFalse(self.judged("sim/a.cpp", "app/house.h"))

    def test_the_node(self):
        self.assertTrue(self.judged("node/text/a.cpp", "json/value.h"), "not in its list")
        self.assertTrue(self.judged("node/text/a.cpp", "node/search/b.h"), "upward")
        self.assertFalse(self.judged("node/search/a.cpp", "node/text/b.h"))
        self.assertFalse(self.judged("node/node.cpp", "node/search/b.h"))
        self.assertTrue(self.judged("node/search/a.cpp", "node/node.h"))
        self.assertTrue(self.judged("node/attic/a.cpp", "base/b.h"))
        self.assertTrue(self.judged("src/http/a.cpp", "node/node.h"))

    def test_a_test_may_look_anywhere_and_a_comment_is_no_include(self):
        self.assertFalse(self.judged("src/base/a_test.cpp", "http/b.h"))
        self.write("src/base/a.h", '// x\n// #include "http/b.h"\n')
        self.assertEqual(self.complaints(layers.check), [])


class Limits(TreeTest):
    def found(self, code):
        return [(name, length) for name, _, length in limits.functions(code)]

    def test_finds_functions(self):
        self.assertEqual(self.found("namespace a {\nint f(int x) {\n  if (x) {\n  }\n}\n}\n"), [("f", 4)])
        self.assertEqual(self.found("struct A {\n  A() : b_{1}, c_(2) {\n  }\n  int g() const { return 1; }\n};\n")[-1], ("g", 1))
        self.assertEqual(self.found("TEST(House, Stands) {\n}\n"), [("House,Stands", 2)])
        self.assertEqual(self.found("auto A::f(B b) -> env::Task<int> {\n}\n"), [("A::f", 2)])

    def test_tables_are_no_functions(self):
        self.assertEqual(self.found("constexpr auto k = make({\n{1, [](C& c) -> T { return f(); }},\n});\n"), [])
        self.assertEqual(self.found("const int x[] = {1,\n2};\nenum class E { A };\n"), [])

    def test_sizes(self):
        self.write("src/base/long.cpp", "//\n" * (limits.SOURCE_LINES + 1))
        self.write("src/base/long.h", "//\n" * (limits.HEADER_LINES + 1))
        self.write("src/base/fits.cpp", "//\n" * limits.SOURCE_LINES)
        self.write("src/base/f.cpp", "int f() {\n" + "\n" * limits.FUNCTION_LINES + "}\n")
        self.assertEqual(self.complaints(limits.check), [("src/base/long.cpp", 1), ("src/base/long.h", 1), ("src/base/f.cpp", 1)])

    def test_folders(self):
        for number in range(limits.FOLDER_SOURCES + 1):
            self.write(f"src/base/a{number}.cpp", "")
            self.write(f"src/base/a{number}_test.cpp", "")
        self.assertEqual(self.complaints(limits.check), [("src/base", 0)])
        (self.root / "src/base/a0.cpp").unlink()
        self.assertEqual(self.complaints(limits.check), [])

    def test_the_ratchet_only_goes_down(self):
        self.write("src/base/long.cpp", "//\n" * 700)
        self.write(limits.RATCHET, '[files]\n"src/base/long.cpp" = 700\n')
        self.assertEqual(self.complaints(limits.check), [])
        self.write("src/base/long.cpp", "//\n" * 701)
        self.assertEqual(self.complaints(limits.check), [("src/base/long.cpp", 1)])
        self.write("src/base/long.cpp", "//\n" * 650)
        self.assertEqual(self.complaints(limits.check), [(limits.RATCHET, 0)])
        limits.shrink(Tree(self.root))
        self.assertIn('"src/base/long.cpp" = 650', (self.root / limits.RATCHET).read_text())
        self.write("src/base/long.cpp", "//\n")
        limits.shrink(Tree(self.root))
        self.assertNotIn("long.cpp", (self.root / limits.RATCHET).read_text())
        self.assertEqual(self.complaints(limits.check), [])

    def test_headers_begin_with_their_contract(self):
        self.write("src/base/good.h", "// What it does.\n#pragma once\n")
        self.write("src/base/mute.h", "#pragma once\n")
        self.write("src/base/long.h", "//\n" * 9 + "#pragma once\n")
        self.write("src/base/open.h", "// What it does.\nint x;\n")
        self.assertEqual(self.complaints(limits.check_headers), [("src/base/long.h", 1), ("src/base/mute.h", 1), ("src/base/open.h", 2)])


class Names(TreeTest):
    def test_banned_words(self):
        for good in ("Database", "Newest", "NodeIndex", "Utility", "renewal", "data_of"):
            if good != "data_of":
                self.assertIsNone(names.banned_in(good), good)
        for bad in ("NodeManager", "DataNode", "PoolImpl", "RouterV2", "NewIndex", "utils", "test_util", "HTTPHelper"):
            self.assertIsNotNone(names.banned_in(bad), bad)

    def test_types_and_files(self):
        self.write("src/base/string_util.h", "// x\n")
        self.write("src/base/good.h", "// class FooManager\nclass Foo;\nstruct\n    BarImpl {};\nconst char* s = \"class XManager\";\n")
        self.assertEqual(self.complaints(names.check), [("src/base/good.h", 3), ("src/base/string_util.h", 0)])

    def test_leftovers(self):
        self.write("src/base/a.h", "// TO" "DO: later\nint TO" "DOs;\nf(\"XX" "X\");\n")
        self.write("docs/a.md", "FIX" "ME\n")
        self.assertEqual(self.complaints(names.check_leftovers), [("docs/a.md", 1), ("src/base/a.h", 1)])

    def test_machine_paths(self):
        self.write("a.md", "see /wor" "k/main\nhttps://x.org/work/of/art\n./root/x\n/hom" "e/ann/x\n")
        self.assertEqual(self.complaints(names.check_machine_paths), [("a.md", 1), ("a.md", 4)])


class Doors(TreeTest):
    def bad(self, path, code):
        self.write(path, code + "\n")
        found = self.complaints(doors.check)
        (self.root / path).unlink()
        return bool(found)

    def test_clocks_chance_threads_environment_files(self):
        for code in ("steady_clock::now()", "std::random_device d;", "rand()", "std::thread t;", "std::jthread t;", "getenv(\"X\")",
                     "std::this_thread::sleep_for(1ms)", "std::uniform_int_distribution<> d;", "time(nullptr)", "std::ofstream f;"):
            self.assertTrue(self.bad("src/plan/a.cpp", code), code)
            self.assertTrue(self.bad("node/search/a.cpp", code), code)
            self.assertFalse(self.bad("src/env/real/a.cpp", code), code)

    def test_what_only_looks_like_it(self):
        for code in ("clock.now()", "// std::thread", "\"getenv\"", "env::sleep_for(1)", "operand()", "file.open(x)", "deadline.time(0)"):
            self.assertFalse(self.bad("src/plan/a.cpp", code), code)

    def test_stores_have_threads_and_files_but_no_clock(self):
        self.assertFalse(self.bad("src/tasks/sqlite/a.cpp", "std::thread t; std::ifstream f;"))
        self.assertTrue(self.bad("src/tasks/sqlite/a.cpp", "system_clock::now()"))
        self.assertTrue(self.bad("src/tasks/sqlite/a.cpp", "\"INSERT datetime('now')\""))

    def test_tests_do_not_sleep(self):
        self.assertTrue(self.bad("src/plan/a_test.cpp", "std::this_thread::sleep_for(1ms);"))
        self.assertTrue(self.bad("src/env/real/a_test.cpp", "usleep(5);"))
        self.assertFalse(self.bad("src/plan/a_test.cpp", "std::thread t; getenv(\"X\");"))


class Awaits(TreeTest):
    def bad(self, code):
        self.write("src/plan/a.cpp", code + "\n")
        return bool(self.complaints(awaits.check))

    def test_braces_and_lambdas(self):
        for code in ("void f() { co_await send(Request{.a = 1}); }", "void f() { co_await f({1, 2}); }",
                     "void f() { co_await g([x] { return x; }); }", "void f() { Reply r = Reply{.body = co_await h()}; }",
                     "void f() { g(Foo{}, co_await h()); }", "void f() { co_await [&]() -> Task<> { co_return; }(); }",
                     "void f() { if (co_await h(Foo{1})) { g(); } }", "void f() { use(co_await h(),\n Foo{}); }"):
            self.assertTrue(self.bad(code), code)

    def test_named_locals(self):
        for code in ("void f() { Request r{1}; auto x = co_await send(r); if (x) { g(); } }", "void f() { if (co_await h()) { g(); } }",
                     "Task<std::vector<int>> f() { co_await g(); }", "void f() { for (;;) { co_await g(); } }", "auto f() -> Task<int> { co_return co_await g(); }",
                     "void f() { while (auto x = co_await g(a(1))) { h(); } }", "struct T { Awaiter operator co_await() const { return Awaiter{1}; } };",
                     "void f() { try { co_await g(); } catch (...) { } }", "void f() { if (a) { } else { co_await g(); } }"):
            self.assertFalse(self.bad(code), code)

    def test_capturing_lambda_coroutines(self):
        self.assertTrue(self.bad("auto t = [this](int x) -> env::Task<void> { co_return; };"))
        self.assertTrue(self.bad("auto t = [&] () mutable -> Task<int> { co_return 1; };"))
        self.assertFalse(self.bad("auto t = [](int x) -> env::Task<void> { co_return; };"))
        self.assertFalse(self.bad("auto t = [x](int y) { return start(y); }; Task<int> g();"))


class Documents(TreeTest):
    def problems(self, text):
        return [line for line, _ in documents.changelog_problems(text)]

    def test_changelog(self):
        good = "# Changelog\n\n## Unreleased\n\n### Features\n\n- A.\n\n### Fixes\n\n- B.\n\n## 1.0.0 - 2026-01-31\n\n### Features\n\n- C.\n"
        self.assertEqual(self.problems(good), [])
        self.assertEqual(self.problems(good.replace("## Unreleased", "## 2.0.0 - 2026-02-01")), [3])
        self.assertEqual(self.problems(good.replace("### Fixes", "### Bugs")), [9])
        self.assertEqual(self.problems(good.replace("### Fixes", "### Safety and performance")), [9])
        self.assertEqual(self.problems(good.replace("2026-01-31", "today")), [13])
        self.assertEqual(self.problems(good.replace("- A.\n", "")), [8])
        self.assertEqual(self.problems(""), [1, 1])

    def test_links(self):
        self.write("README.md", "[a](docs/a.md) [b](docs/a.md#one-two) [c](https://x.org) [d](docs) [e](#top)\n\n# Top\n")
        self.write("docs/a.md", "# One, two\n\n```\n[no](nowhere.md)\n```\n[up](../README.md#top)\n")
        self.assertEqual(self.complaints(documents.check_links), [])
        self.write("docs/b.md", "[x](missing.md)\n[y](a.md#three)\n")
        self.write("src/base/a.h", "// see docs/gone.md\n")
        self.assertEqual(self.complaints(documents.check_links), [("docs/b.md", 1), ("docs/b.md", 2), ("src/base/a.h", 1)])


class Proofs(TreeTest):
    def test_rows_name_tests_that_are_there(self):
        self.write("src/base/a_test.cpp", "TEST(One, Two) {}\nTEST_P(Three,\n       Four) {}\n")
        self.write("tests/e2e/b_test.py", "def test_five(self): pass\n")
        self.write("sim/scenarios/all.cpp", 'Scenario{"six", "told", play},\n')
        proofs_of = {"F1": "`One.Two`, `Three.Four`", "F2": "`b_test.test_five`", "A1": "`sim six`", "A10": "with that feature"}
        rows = [f"| {name} | what | {proofs_of.get(name, 'no test')} |" for name in proofs.ROWS]
        self.write("docs/attacks.md", "\n".join(rows) + "\n")
        self.assertEqual(self.complaints(proofs.check), [])
        rows[0], rows[1] = "| F1 | what | `One.Three` |", "| F2 | what | is fine |"
        self.write("docs/attacks.md", "\n".join(rows[:-1]) + "\n")
        self.assertEqual(sorted(self.complaints(proofs.check)), [("docs/attacks.md", 0), ("docs/attacks.md", 1), ("docs/attacks.md", 2)])


class Code(TreeTest):
    def test_comments_and_strings_are_blanked_and_lines_stay(self):
        text = "a // x'\nR\"(b\n//)\" c 1'000'000 'x' \"d\\\"e\" /* f\n*/ g\n"
        self.write("src/base/a.cpp", text)
        code = Tree(self.root).files[0].code
        self.assertEqual(len(code), len(text))
        self.assertEqual(code.count("\n"), text.count("\n"))
        self.assertEqual([word for word in "abcdefg" if word in code], ["a", "c", "g"])
        self.assertIn("1'000'000", code)


if __name__ == "__main__":
    unittest.main()

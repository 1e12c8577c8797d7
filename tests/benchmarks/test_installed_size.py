"""What an installation weighs, by package."""

from pathlib import Path

from benchmarks.everyday.installed_size import MB, package_of, sizes, table


def test_libraries_and_metadata_are_counted_with_their_package() -> None:
    names = ("scipy", "scipy.libs", "scipy-1.17.1.dist-info", "PIL", "pillow.libs", "six.py", "kueue_sim")
    assert [package_of(name) for name in names] == [
        "scipy", "scipy", "scipy", "matplotlib", "matplotlib", "pandas", "kueue_sim",
    ]  # fmt: skip


def test_every_file_is_counted_once_and_the_table_adds_up(tmp_path: Path) -> None:
    for name, blocks in (("scipy/a.so", 600), ("scipy.libs/b/c.so", 424), ("six.py", 1), ("click/d.py", 2)):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * blocks * 4096)
    found = sizes(tmp_path)
    assert found == {"scipy": 4 * MB, "click": 8192, "pandas": 4096}
    assert table(found).splitlines()[2:] == ["| scipy | 4 |", "| all others | 0 |", "| together | 4 |"]

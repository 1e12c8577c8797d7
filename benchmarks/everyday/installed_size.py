"""What does a base installation weigh, by package?

    python -m benchmarks.everyday.installed_size

Makes a new environment, installs this checkout without extras, and counts every file of site-packages as the disk does
(whole blocks, compiled modules included) for the distribution whose folder holds the file. Needs an index of packages;
takes a minute or two.
"""

import argparse
import subprocess
import sys
import venv
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

CHECKOUT = Path(__file__).resolve().parents[2]
MB = 1024 * 1024
_BLOCK = 512
_WITH: dict[str, str] = {
    "fontTools": "matplotlib", "fonttools": "matplotlib", "PIL": "matplotlib", "pillow": "matplotlib",
    "kiwisolver": "matplotlib", "contourpy": "matplotlib", "cycler": "matplotlib", "pyparsing": "matplotlib",
    "mpl_toolkits": "matplotlib", "pylab": "matplotlib", "setuptools": "pip", "pkg_resources": "pip",
    "_distutils_hack": "pip", "distutils-precedence": "pip", "pygments": "rich", "markdown_it": "rich",
    "markdown_it_py": "rich", "mdurl": "rich", "dateutil": "pandas", "python_dateutil": "pandas", "pytz": "pandas",
    "six": "pandas", "tzdata": "pandas", "_yaml": "yaml", "pyyaml": "yaml",
}  # fmt: skip
"""Folders of site-packages that come for the sake of another package -> that package."""


def package_of(name: str) -> str:
    """The package that a file or folder of site-packages comes with: ``scipy.libs`` comes with scipy."""
    stem = name.partition("-")[0].partition(".")[0]
    return _WITH.get(stem, stem)


def sizes(site_packages: Path) -> dict[str, int]:
    """Bytes on disk by package, largest first."""
    found: Counter[str] = Counter()
    for top in site_packages.iterdir():
        files = [top] if top.is_file() else [file for file in top.rglob("*") if file.is_file()]
        found[package_of(top.name)] += sum(file.lstat().st_blocks * _BLOCK for file in files)
    return dict(found.most_common())


def installed(environment: Path, requirement: str) -> Path:
    """The site-packages of a new environment with ``requirement``."""
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", requirement], check=True)
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())


def table(found: dict[str, int]) -> str:
    """Markdown: a row per package of a megabyte or more, the others together, and the sum."""
    rows = [(name, size) for name, size in found.items() if size >= MB]
    rows.append(("all others", sum(size for size in found.values() if size < MB)))
    rows.append(("together", sum(found.values())))
    lines = [f"| {name} | {size / MB:.0f} |" for name, size in rows]
    return "\n".join(["| package | MB |", "|---|---|", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site-packages", type=Path, help="count these instead of making an environment")
    parser.add_argument("--requirement", default=str(CHECKOUT), help="what to install; default: this checkout")
    asked = parser.parse_args()
    if asked.site_packages is not None:
        print(table(sizes(asked.site_packages)))
        return
    with TemporaryDirectory() as folder:
        print(table(sizes(installed(Path(folder) / "venv", asked.requirement))))


if __name__ == "__main__":
    main()

"""Remake every file of this folder, byte for byte, from the packages pinned for development.

    python data/build.py               writes into data/
    python data/build.py --out FOLDER  writes into FOLDER

Nothing is downloaded: each package carries its data. README.md says what the columns mean.
"""

import argparse
import calendar
import csv
import datetime
import hashlib
import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np
from babel import Locale
from babel.dates import format_date
from sklearn.datasets import load_digits
from statsmodels.datasets import co2, sunspots

LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "fi")

# CLDR lists these beside the names, but they name nothing: unknown, none, several, test codes.
PLACEHOLDERS = {"territory:ZZ", "territory:XA", "territory:XB", "currency:XXX", "currency:XTS"}
PLACEHOLDERS |= {"language:und", "language:mul", "language:mis", "language:zxx"}

# One hundred years, so that a date written with two digits of its year still means one date.
YEARS = range(1950, 2050)


def split_of(key: str) -> str:
    """Assign `key` to a split by its hash: about 70 % train, 15 % validation, 15 % test."""
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    return "train" if share < 0.70 else "validation" if share < 0.85 else "test"


def write_csv(path: Path, header: list[str], rows: list[tuple]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def merge_shared_names(meanings: dict[tuple[str, str], set[str]]) -> dict[str, str]:
    """Map each concept to one name for all concepts that it shares a written name with.

    Finnish "saksa" is both Germany and German; were they two concepts, the same string could
    stand in the training and in the test split.
    """
    parent: dict[str, str] = {}

    def root(concept: str) -> str:
        parent.setdefault(concept, concept)
        while parent[concept] != concept:
            concept = parent[concept]
        return concept

    for concepts in meanings.values():
        first, *others = sorted(concepts)
        for other in others:
            low, high = sorted((root(first), root(other)))
            parent[high] = low
        root(first)
    return {concept: root(concept) for concept in parent}


def build_phrases(path: Path) -> None:
    """Write names of territories, languages and currencies that occur in one language only."""
    spelling: dict[tuple[str, str], str] = {}
    meanings: dict[tuple[str, str], set[str]] = defaultdict(set)
    languages_of: dict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES:
        locale = Locale.parse(language)
        kinds = {
            "territory": locale.territories,
            "language": locale.languages,
            "currency": locale.currencies,
        }
        for kind, names in kinds.items():
            for code, name in sorted(names.items()):
                concept = f"{kind}:{code}"
                if concept in PLACEHOLDERS:
                    continue
                name = unicodedata.normalize("NFC", name)
                folded = name.casefold()
                spelling.setdefault((language, folded), name)
                meanings[language, folded].add(concept)
                languages_of[folded].add(language)

    unambiguous = {key: found for key, found in meanings.items() if len(languages_of[key[1]]) == 1}
    merged = merge_shared_names(unambiguous)
    rows = []
    for (language, folded), concepts in unambiguous.items():
        concept = merged[min(concepts)]
        rows.append((spelling[language, folded], language, concept, split_of(concept)))
    rows.sort(key=lambda row: (row[2], LANGUAGES.index(row[1]), row[0]))
    write_csv(path, ["phrase", "language", "concept", "split"], rows)


def build_dates(path: Path) -> None:
    """Write one date of every month in three forms of ten locales; a year is in one split only."""
    rows = []
    for year in YEARS:
        for month in range(1, 13):
            digest = hashlib.sha256(f"{year}-{month:02d}".encode()).digest()
            day = 1 + digest[0] % calendar.monthrange(year, month)[1]
            date = datetime.date(year, month, day)
            for language in LANGUAGES:
                for form in ("long", "medium", "short"):
                    text = unicodedata.normalize("NFC", format_date(date, form, locale=language))
                    rows.append((text, language, form, date.isoformat(), split_of(str(year))))
    write_csv(path, ["text", "language", "form", "iso", "split"], rows)


def build_sunspots(path: Path) -> None:
    table = sunspots.load_pandas().data
    rows = [(int(year), f"{value:.1f}") for year, value in table.itertuples(index=False)]
    write_csv(path, ["year", "sunspots"], rows)


def build_co2(path: Path) -> None:
    """Write the weekly series with its gaps: a week without a measurement has an empty cell."""
    series = co2.load_pandas().data["co2"]
    rows = [
        (week.date().isoformat(), "" if np.isnan(value) else f"{value:.1f}")
        for week, value in series.items()
    ]
    write_csv(path, ["week", "co2_ppm"], rows)


def build_digits(path: Path) -> None:
    """Write the images uncompressed: two zlib versions compress the same bytes differently."""
    digits = load_digits()
    np.savez(path, images=digits.images.astype(np.uint8), labels=digits.target.astype(np.uint8))


BUILDERS = {
    "phrases.csv": build_phrases,
    "dates.csv": build_dates,
    "sunspots.csv": build_sunspots,
    "co2.csv": build_co2,
    "digits.npz": build_digits,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Remake the data files.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="target folder")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in BUILDERS.items():
        build(folder / name)
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        print(f"{name:13} {(folder / name).stat().st_size:9,} bytes  {digest}")


if __name__ == "__main__":
    main()

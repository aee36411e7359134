"""A process that keeps session after session until it is killed, or until its files may not grow any more."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from biofeedback.storage.errors import StorageError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.records import keeping
from biofeedback.storage.records.store import Records


def main(folder: Path, document: dict[str, object], limit: int) -> None:
    with Records.open(folder, StoreKey.load_or_create(folder)) as records:
        if limit:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for number in range(10_000):
            try:
                keeping.keep(records, document, started=datetime.now(UTC), recording=f"{number}.recording")
            except StorageError as error:
                sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
                return
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            time.sleep(0.005)  # an engine keeps one session at a time: another process gets its turn


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]))

"""Lake Formation and Athena of a run, which the embedded AWS does not have: kept in a file that all processes share."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jit_engine.aws.calls import Calls
from tests.fakes.data_services import DataServices


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """`Calls` on that file. Each call is whole or has not been: a process may die in the midst of it."""

    path: Path

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """As the port says."""
        with self._locked():
            services = self.standing()
            answer = services(service, operation, parameters, urgent=urgent)
            if not operation.startswith(("get_", "list_", "batch_get_")):
                self._keep(services)
        return answer

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        raise NotImplementedError("nothing here is asked in a person's name")

    def standing(self) -> DataServices:
        """What stands there now."""
        kept = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}
        return DataServices(**kept)

    def empty(self) -> None:
        """As it was before the first grant."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _keep(self, services: DataServices) -> None:
        kept = {
            "filters": services.filters,
            "permissions": services.permissions,
            "workgroups": services.workgroups,
        }
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(draft, self.path)

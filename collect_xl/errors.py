"""Every error that collect-xl raises on purpose, each with the sentence for people and the next step.

CollectXlError                    base; carries ``tip``, what to do next
├── UsageError(ValueError)        the command's own words do not fit
│   └── PlanChanged               what would be sent is no longer what was approved
├── WorkbookError(ValueError)     the workbook cannot be read, or must not be written
│   ├── NotAWorkbook              another kind of file, recognised by its content
│   ├── DamagedWorkbook           a zip or XML that does not hold together
│   ├── HostileWorkbook           bombs, entities, sizes beyond any real workbook
│   ├── LayoutError               no header row, a header twice, no such sheet
│   ├── WorkbookRefused           writing would harm something in it (formula, signature, no room)
│   └── WorkbookBusy              open elsewhere, or changed while we ran
├── DiskError(OSError)            the disk said no: full, read-only, failed
├── JournalError                  the durable memory cannot be trusted or reached; nothing is sent
│   └── JournalMissing(LookupError)   there is none, and no one is there to confirm that this is right
├── HeldElsewhere                 another run holds this workbook or these contacts
├── AddinError                    the add-in cannot be built, installed or started
├── AccountError                  key, rights, team, campaign
│   ├── KeyMissing(LookupError)
│   ├── KeyRefused(PermissionError)
│   └── CampaignError(LookupError)
├── NotBegun                      one workbook of several was left for the next run
└── CollectUnavailable(OSError)   Collect did not answer a question that is safe to repeat
    └── LinkExpired               a link to a file was good for some minutes, and they have passed
"""

from __future__ import annotations

from collect_xl.remedies import Advice, Remedy

__all__ = [
    "AccountError",
    "AddinError",
    "CampaignError",
    "CollectUnavailable",
    "CollectXlError",
    "DamagedWorkbook",
    "DiskError",
    "HeldElsewhere",
    "HostileWorkbook",
    "JournalError",
    "JournalMissing",
    "KeyMissing",
    "KeyRefused",
    "LayoutError",
    "LinkExpired",
    "NotAWorkbook",
    "NotBegun",
    "PlanChanged",
    "UsageError",
    "WorkbookBusy",
    "WorkbookError",
    "WorkbookRefused",
]


class CollectXlError(Exception):
    """The base of all errors that this package raises on purpose.

    Args:
        message: one or two plain sentences: where, what was found, what is expected.
        tip: what to do next, as an instruction that names no command and no button; or a whole advice.
        remedies: the steps that a command or a button takes; each face has its words for them.
    """

    def __init__(self, message: str, *, tip: str | Advice = "", remedies: tuple[Remedy, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.todo = Advice(tip, remedies) if isinstance(tip, str) else tip

    @property
    def tip(self) -> str:
        """What to do next, for Python callers, cells and logs; a face says it in its own words."""
        return str(self.todo)

    @property
    def advice(self) -> Advice:
        """What was found and what to do, as one."""
        return Advice(f"{self.message} {self.todo.words}".strip(), self.todo.remedies)

    def __str__(self) -> str:
        return self.message


class UsageError(CollectXlError, ValueError):
    """The words of the call do not fit together."""


class PlanChanged(UsageError):
    """What would be sent now is not what was approved."""


class WorkbookError(CollectXlError, ValueError):
    """The workbook cannot be read, or must not be written."""


class NotAWorkbook(WorkbookError):
    """The file is of another kind (encrypted, ``.xls``, ``.xlsb``, ``.ods``, CSV, ...)."""


class DamagedWorkbook(WorkbookError):
    """The zip or the XML inside does not hold together."""


class HostileWorkbook(WorkbookError):
    """The file is built to exhaust or to mislead its reader."""


class LayoutError(WorkbookError):
    """The sheet, its header row or its columns cannot be determined for certain."""


class WorkbookRefused(WorkbookError):
    """Writing would harm something that the workbook holds."""


class WorkbookBusy(WorkbookError):
    """Another person or program has the workbook open, or changed it while we ran."""


class DiskError(CollectXlError, OSError):
    """The disk refused to keep what we must keep."""


class JournalError(CollectXlError):
    """The journal cannot be reached or trusted, so nothing may be sent."""


class JournalMissing(JournalError, LookupError):
    """There is no journal yet, and no one has confirmed that this is right."""


class HeldElsewhere(CollectXlError):
    """Another run holds this workbook or these contacts."""


class AddinError(CollectXlError):
    """The Excel add-in cannot be built, installed or started as it must be."""


class AccountError(CollectXlError):
    """The account does not allow what was asked."""


class KeyMissing(AccountError, LookupError):
    """No API key was found where keys are kept."""


class KeyRefused(AccountError, PermissionError):
    """Collect refused the key, or the key's owner lacks the right."""


class CampaignError(AccountError, LookupError):
    """The campaign is absent, closed, or cannot be distinguished from another."""


class NotBegun(CollectXlError):
    """One workbook of several was left for the next run, because this one stopped before it."""


class CollectUnavailable(CollectXlError, OSError):
    """Collect could not be reached, or did not make sense, on a call that changes nothing."""


class LinkExpired(CollectUnavailable):
    """A link to a file opens nothing any more; another one can be asked for."""

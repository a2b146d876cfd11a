"""The types of the public interface; checked by mypy, never run."""

from __future__ import annotations

from typing import assert_type

import collect_xl

preview = collect_xl.check("clients.xlsx")
assert_type(preview, collect_xl.Prepared)
assert_type(preview.rows, tuple[collect_xl.RowEnd, ...])
assert_type(preview.approval(new_rounds=("2027-01",)), collect_xl.Approval)
assert_type(preview.rows[0].message, str)
sent = collect_xl.send("clients.xlsx", approve=lambda prepared: prepared.approval())
assert_type(sent, collect_xl.Finished | None)
assert_type(
    collect_xl.send_trial("clients.xlsx", "me@acme.example", approve=lambda _: True), collect_xl.TrialEnd | None
)
assert_type(collect_xl.lookup("clients.xlsx"), collect_xl.LookedUp)
assert_type(collect_xl.lookup("clients.xlsx").rows, tuple[collect_xl.RowEnd, ...])
assert_type(collect_xl.refresh("clients.xlsx"), collect_xl.RefreshEnd)
assert_type(collect_xl.fetch("clients.xlsx", "files"), collect_xl.FetchEnd)
assert_type(collect_xl.cancel("clients.xlsx", [2], approve=lambda _: True), collect_xl.ChangeFinished | None)
changed = collect_xl.change_due_date("clients.xlsx", {2}, "2027-01-31", approve=lambda _: True)
assert_type(changed, collect_xl.ChangeFinished | None)
assert_type(collect_xl.take_over("clients.xlsx", "2027-01", approve=lambda _: True), collect_xl.TakeOverEnd | None)
assert_type(collect_xl.overdue("clients.xlsx", within=7), collect_xl.Overdue)
assert_type(collect_xl.load_lists("clients.xlsx"), collect_xl.LoadedLists)
assert_type(collect_xl.add_columns("clients.xlsx", "Contacts", 1, ["Status"], [(2, ("sent",))]), collect_xl.Added)
assert_type(collect_xl.__version__, str)

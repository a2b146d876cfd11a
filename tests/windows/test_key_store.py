"""The API key in the Credential Manager of Windows."""

from __future__ import annotations

KEY = "canary-4711-key"


def test_key_is_kept_found_and_deleted(desk):
    """A key that is typed once is found by another process, is in no file of ours, and can be taken away."""
    without = {"COLLECT_API_KEY": ""}

    kept = desk.run("key", "set", "--stdin", typed=f"{KEY}\n", **without)
    status = desk.run("key", "status", **without)
    deleted = desk.run("key", "delete", **without)
    gone = desk.run("key", "status", **without)

    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert "Windows Credential Manager" in status.stdout
    assert KEY not in status.stdout + kept.stdout + kept.stderr
    assert (status.returncode, deleted.returncode, gone.returncode) == (0, 0, 5)
    ours = [each for each in desk.own_folder().rglob("*") if each.is_file() and "collect" in str(each).lower()]
    assert [each for each in ours if KEY.encode() in each.read_bytes()] == []

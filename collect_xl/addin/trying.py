"""The button that sends a test to the person who presses it."""

from __future__ import annotations

import webbrowser

from collect_xl.addin.connect import reach
from collect_xl.addin.send import NO_KEY
from collect_xl.addin.session import Session, desk_of
from collect_xl.addin.words import for_buttons
from collect_xl.config.settings import set_config
from collect_xl.domain.portal_urls import may_link
from collect_xl.domain.ports import Collect
from collect_xl.errors import UsageError
from collect_xl.sending.trial import Trial, TrialEnd, member
from collect_xl.workflow.session import Desk

__all__ = ["try_on_me"]


def try_on_me(session: Session) -> None:
    """Send the request of the first row that would be sent to the person who pressed the button instead."""
    with desk_of(session, write=False, remember=True) as (desk, settings):
        collect = reach(session.front, settings, desk)
        if collect is None:
            session.front.tell(NO_KEY)
            return
        desk.preflight(collect)
        me = settings.me or _asked_address(session, collect)
        if not me:
            return
        trial = desk.trial(me, collect)
        if session.front.ask(_question(trial, desk)):
            _tell(session, desk.send_trial(trial, collect))


def _asked_address(session: Session, collect: Collect) -> str | None:
    """Ask once for the user's own address, one of the team's, and keep it with the settings of this user."""
    from collect_xl.addin.settings_dialog import ask_address  # noqa: PLC0415

    users = collect.users()

    def keep(address: str) -> None:
        set_config("me", member(address, users).email)

    root = session.front.window()
    if root is None:
        tip = "In a terminal run once: python -m collect_xl config set me YOUR-ADDRESS"
        raise UsageError("It is not known where tests go to.", tip=tip)
    return ask_address(root, keep, [user.email for user in users if user.email])


def _question(trial: Trial, desk: Desk) -> str:
    team = f"{desk.account.team.name} team: " if desk.account else ""
    campaign = trial.batch.campaign
    silent = trial.batch.options.get("sendMessage") is False
    lines = [
        f"{team}send the request of row {trial.row} to {trial.to} instead, for {campaign.name or campaign.id}.",
        "The options say that Collect sends no e-mail: you get a portal only." if silent else "You get the e-mail.",
        "Nobody else is asked, and no row changes. The test stands in Collect like any request: cancel it there.",
    ]
    return "\n\n".join((*lines, "Send the test now?"))


def _tell(session: Session, end: TrialEnd) -> None:
    if end.state != "sent":
        state = (end.state or "not sent").replace("_", " ")
        session.front.tell(f"The test to {end.to} is {state}.\n\n{for_buttons(end.words)}", bad=True)
    elif not may_link(end.portal_url):
        session.front.tell(f"The test is on its way to {end.to}.")
    elif session.front.ask(f"The test is on its way to {end.to}.\n\nOpen its portal now, as your client would see it?"):
        webbrowser.open(end.portal_url)

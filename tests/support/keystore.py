"""Key stores as ``keyring`` finds them: one that keeps, and those that a key must not be trusted to."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked


class TrustedStore(KeyringBackend):
    """A store in memory, which the tests add to the list of trusted ones."""

    priority = 0.1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        """Return what is kept, or None."""
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        """Keep it."""
        self.kept[service, username] = password

    def delete_password(self, service, username):
        """Forget it; a store of this kind fails where there is nothing."""
        del self.kept[service, username]


class PlaintextStore(TrustedStore):
    """A store that nobody trusts: it works, but is on no list."""

    priority = 0.2


class LockedStore(TrustedStore):
    """A store whose user pressed Cancel."""

    priority = 0.05

    def get_password(self, service, username):
        """Refuse."""
        raise KeyringLocked(f"cannot read {username} of {service}")

    def set_password(self, service, username, password):
        """Refuse, with the secret in the store's own words."""
        raise KeyringLocked(f"cannot keep {password} as {username} of {service}")


class ForgetfulStore(TrustedStore):
    """A store that says yes and keeps nothing."""

    priority = 0.04

    def set_password(self, service, username, password):
        """Keep nothing."""


def chain(*stores):
    """What ``keyring`` gives where a system has several stores."""

    class Chain(ChainerBackend):
        backends = stores

    return Chain()

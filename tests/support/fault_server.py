"""A raw server that makes one fault for each connection, and counts the requests that it has read in full."""

import contextlib
import socket
import ssl
import struct
import threading


class Visit:
    """One connection, as a fault handles it."""

    def __init__(self, server, connection):
        self._server = server
        self.socket = connection

    def read_head(self):
        """Read up to the end of the headers; return head and the start of the body."""
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, rest = got.partition(b"\r\n\r\n")
        self._server.heads.append(head)
        self._server.head_seen.set()
        return head, rest

    def read(self):
        """Read a whole request, and count it."""
        head, body = self.read_head()
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(fields.get(b"content-length", 0)):
            body += self._more()
        self._server.requests.append((head, body))

    def send(self, data):
        """Send all at once."""
        self.socket.sendall(data)

    def drip(self, data, seconds=0.02):
        """Send byte by byte, much more often than any read time-out, for as long as there is anybody."""
        for byte in data:
            self.send(bytes([byte]))
            self._server.closing.wait(seconds)

    def hang(self):
        """Say nothing until the client or the test is through."""
        self.socket.settimeout(30)
        with contextlib.suppress(OSError):
            self.socket.recv(1)

    def reset(self):
        """End by RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def drain(self):
        """Half-close and read on, so that an answer given before the request was read is not lost by a reset."""
        self.socket.shutdown(socket.SHUT_WR)
        while self._more():
            pass

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self._server.bytes_seen += len(data)
        return data


class FaultServer:
    """Listens on loopback, and hands each connection to ``fault(visit)``; closes it afterwards."""

    def __init__(self, fault, tls=None):
        self._fault, self._tls = fault, tls
        self.requests = []  # (head, body) of each that was read in full
        self.heads = []
        self.head_seen = threading.Event()
        self.bytes_seen = 0
        self.connections = 0
        self.closing = threading.Event()
        self.ended = threading.Event()  # the first connection is through
        self.finished = False  # a fault got to its end before the client was gone
        self._open, self._threads = [], []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    @property
    def url(self):
        """The address to give to a client."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}/v1"

    @property
    def posts(self):
        """The heads of the POSTs that were read in full."""
        return [head for head, _ in self.requests if head.startswith(b"POST ")]

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        self.closing.set()
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(timeout=60)  # twice what a read may take
        stuck = [thread for thread in self._threads if thread.is_alive()]
        for each in (self._listener, *self._open):
            each.close()
        assert not stuck, f"{len(stuck)} connections of the fault server do not end"

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                self._start(self._handle, connection)

    def _handle(self, connection):
        with contextlib.suppress(OSError, EOFError, ValueError):
            connection.settimeout(30)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            try:
                self._fault(Visit(self, connection))
                self.finished = True
            finally:
                connection.close()
                self.ended.set()


def answer(status, body=b"", headers=b""):
    """Return an answer with its length."""
    head = b"HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % (status, len(body))
    return head + headers + b"\r\n" + body


def chunked(body):
    """Return a 200 in two chunks."""
    half = len(body) // 2
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in (body[:half], body[half:]))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"


def answers(data, ending="close"):
    """Return the fault that reads a request, sends some bytes, and then closes, resets or hangs."""

    def fault(visit):
        visit.read()
        visit.send(data)
        if ending == "hang":
            visit.hang()
        if ending == "reset":
            visit.reset()

    return fault


def tls_server(certificate):
    """Return the SSL context of a server, from a PEM file with key and certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context

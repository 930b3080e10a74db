"""A program on a terminal of its own: keys go in, the text that stands on its screen comes out."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

_CONTROL = re.compile(rb"\x1b\[([?>=<]?)([0-9;:]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^][^\x1b]*\x1b\\|\x1b[()][0-9A-B]|\x1b[=>78cDEHMNO]")
# What may still become one of these.
_BEGUN = re.compile(rb"\x1b(\[[?>=<]?[0-9;:]*|\][^\x07\x1b]*\x1b?|[P_^][^\x1b]*\x1b?|[()]?)?\Z")


class Screen:
    """As much of a terminal as a program needs that places its cells itself."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.row = self.column = 0
        self.cells = [[" "] * columns for _ in range(rows)]
        self.rest = b""

    def feed(self, data):
        """Takes output; gives what the terminal has to answer."""
        data = self.rest + data
        answers = b""
        at = 0
        while at < len(data):
            if data[at] == 0x1B:
                found = _CONTROL.match(data, at)
                if found is None:
                    if _BEGUN.match(data, at):
                        break
                    at += 1
                    continue
                answers += self.control(*found.groups()) if found.group(3) else b""
                at = found.end()
                continue
            end = data.find(b"\x1b", at)
            text = data[at : end if end >= 0 else len(data)]
            at += self.write(text, is_last=end < 0)
            if end < 0:
                break
        self.rest = data[at:]
        return answers

    def write(self, data, is_last):
        keep = 0
        if is_last:
            # A character whose last bytes have not arrived.
            for back in range(1, min(4, len(data) + 1)):
                if data[-back] >= 0xC0:
                    keep = back if back < 2 + (data[-back] >= 0xE0) + (data[-back] >= 0xF0) else 0
                    break
        for character in data[: len(data) - keep].decode("utf-8", "replace"):
            if character == "\r":
                self.column = 0
            elif character == "\n":
                self.row = min(self.row + 1, self.rows - 1)
            elif character >= " " and self.row < self.rows and self.column < self.columns:
                self.cells[self.row][self.column] = character
                self.column += 1
        return len(data) - keep

    def control(self, private, parameters, final):
        numbers = [int(number) if number.isdigit() else 0 for number in parameters.split(b";")]
        if private:
            # Which keyboard protocol, which modes: a plain terminal.
            return b""
        if final in b"Hf":
            self.row = max(numbers[0], 1) - 1
            self.column = max(numbers[1] if len(numbers) > 1 else 1, 1) - 1
        elif final in b"ABCD":
            by = max(numbers[0], 1) * (-1 if final in b"AD" else 1)
            if final in b"AB":
                self.row = min(max(self.row + by, 0), self.rows - 1)
            else:
                self.column = min(max(self.column + by, 0), self.columns - 1)
        elif final == b"G":
            self.column = max(numbers[0], 1) - 1
        elif final == b"J" and numbers[0] == 2:
            self.cells = [[" "] * self.columns for _ in range(self.rows)]
        elif final == b"K" and self.row < self.rows:
            self.cells[self.row][self.column :] = [" "] * (self.columns - self.column)
        elif final == b"n" and numbers[0] == 6:
            return b"\x1b[%d;%dR" % (self.row + 1, self.column + 1)
        elif final == b"c":
            return b"\x1b[?62c"
        return b""

    def text(self):
        return "\n".join("".join(row) for row in self.cells)


class Terminal:
    """The program, its screen, and the time."""

    def __init__(self, arguments, directory, environment, rows=40, columns=120):
        self.screen = Screen(rows, columns)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(arguments[0], arguments, {**environment, "TERM": "xterm-256color"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, keys):
        os.write(self.fd, keys)

    def wait_for(self, text, seconds=60):
        """Reads until the text stands on the screen; says when (time.perf_counter) the last of it had arrived."""
        end = time.monotonic() + seconds
        while text not in self.screen.text():
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise TimeoutError("%r did not appear:\n%s" % (text, self.screen.text()))
            self.read()
        return self.arrived

    def read(self):
        data = self.receive()
        self.arrived = time.perf_counter()
        answer = self.screen.feed(data)
        if answer:
            os.write(self.fd, answer)

    def receive(self):
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            raise EOFError("the program has ended:\n%s" % self.screen.text())
        return data

    def settle(self, seconds=0.3):
        """Reads until the program has been silent for so long."""
        while select.select([self.fd], [], [], seconds)[0]:
            self.read()

    def time_of(self, text, seconds=0.3):
        """When (time.perf_counter) the last of a text arrived that appears before the program is silent for so long.

        What arrives is looked at afterwards: this program takes milliseconds for what a terminal does in no time.
        """
        if text in self.screen.text():
            raise ValueError("%r stands there already" % text)
        received = []
        while select.select([self.fd], [], [], seconds)[0]:
            data = self.receive()
            received.append((time.perf_counter(), data))
        found = None
        for when, data in received:
            self.screen.feed(data)
            if found is None and text in self.screen.text():
                found = when
        if found is None:
            raise TimeoutError("%r did not appear:\n%s" % (text, self.screen.text()))
        return found

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)

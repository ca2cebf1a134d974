"""What has been graded, kept as it comes in: one line of JSON a result, never changed, never removed.

A result counts once its line is on the disk. Whatever ends the coordinator, power cut included, costs at
most the line that was being written, and a line that is cut off is as good as none.
"""

import json
import os
from pathlib import Path

import filelock

from attnlib.paths import Problem

START = b'{"key": "'  # each line begins with its key, so that finding it needs no parsing
HEX = 64


class Journal:
    """The results of one lesson by their keys. One process at a time has it open, and only that one records."""

    def __init__(self, path):
        self.path = Path(path)
        self.places = {}  # key: where its line begins

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = filelock.FileLock(self.path.with_suffix(".lock"), timeout=0)
        try:
            self.lock.acquire()
        except filelock.Timeout:
            raise Problem("This lesson is being graded already, by another `attn grade`.",
                          "Wait for it, or end it; what it has done is kept.") from None
        try:
            self.writer = open(self.path, "ab", buffering=0)
            self.reader = open(self.path, "rb")
            self._look_through()
        except BaseException:
            self.lock.release()
            raise
        return self

    def __exit__(self, *error):
        self.writer.close()
        self.reader.close()
        self.lock.release()

    def _look_through(self):
        """Note where each line begins, and end one that was cut off."""
        place, line = 0, b"\n"
        for line in self.reader:
            if line.startswith(START):
                self.places[line[len(START):len(START) + HEX].decode("ascii", "replace")] = place
            place += len(line)
        if not line.endswith(b"\n"):
            self._append(b"\n")

    def get(self, key):
        """The result under `key`, or None: never graded, or its line is not whole."""
        if key not in self.places:
            return None
        self.reader.seek(self.places[key])
        try:
            return json.loads(self.reader.readline())["result"]
        except (ValueError, KeyError):
            del self.places[key]
            return None

    def add(self, key, student, result):
        """Keep a result; it is on the disk when this returns."""
        line = json.dumps({"key": key, "student": student, "result": result})
        self.places[key] = self._append(line.encode() + b"\n")

    def _append(self, data):
        place = self.writer.seek(0, os.SEEK_END)
        while data:
            data = data[self.writer.write(data):]
        os.fsync(self.writer.fileno())
        return place

"""Measures vhdxray beside other programs on the files of make-bench-files, and prints a table in Markdown.

    python benches/peers/compare.py target/release/vhdxray /dev/shm/bench --pyvhdi PYTHON

The commands of a row run in turn, so that whatever else the machine does hits all of them; figures are medians.
See benches/README.md.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
SHAPES = [("sequential", 0.30, 0.15), ("mixed", 0.50, 0.30), ("permuted", 0.90, 0.45)]
# Files of a chain in the tree of many files.
CHAIN = 4
IN_MEMORY = """
import hashlib, sys
piece = bytes(range(256)) * 4096
digest = hashlib.sha256()
for _ in range(int(sys.argv[1])):
    digest.update(piece)
"""


def loudly(text):
    print(f"compare: {text}", file=sys.stderr, flush=True)


def answer(command):
    """What a command prints; it has to end well."""
    ran = subprocess.run(command, stdout=subprocess.PIPE)
    if ran.returncode != 0:
        sys.exit(f"compare: status {ran.returncode} of {' '.join(map(str, command))}")
    return ran.stdout


def must_equal(what, found, expected):
    if found != expected:
        sys.exit(f"compare: {what} is {found} and not {expected}: a fast wrong answer is none")


class Peers:
    """The other programs, as far as they are there."""

    def __init__(self, folder, pyvhdi):
        self.measure = self.compiled(folder, "measure", [])
        if self.measure is None:
            sys.exit("compare: nothing can be measured without the program that measures")
        self.qemu_img, self.vhdiinfo = self.found("qemu-img"), self.found("vhdiinfo")
        self.strace, self.reads = self.found("strace"), self.compiled(folder, "reads", [])
        self.list = pathlib.Path(folder) / "list"
        driver = self.compiled(folder, "libvhdi", ["-lvhdi", "-lcrypto"])
        self.libvhdi = [driver] if driver else None
        if driver is None and pyvhdi:
            loudly("libvhdi is measured through its Python binding, whose start-up counts (last line)")
            self.libvhdi = [pyvhdi, HERE / "libvhdi.py"]
        elif driver is None:
            loudly("MISSING: libvhdi, for there is neither its driver nor --pyvhdi")

    @staticmethod
    def found(name):
        path = shutil.which(name)
        if path is None:
            loudly(f"MISSING: {name} is not installed")
        return path

    @staticmethod
    def compiled(folder, name, libraries):
        program = pathlib.Path(folder) / name
        command = ["cc", "-O2", "-o", program, HERE / f"{name}.c", *libraries]
        try:
            subprocess.run(command, check=True, stderr=subprocess.PIPE)
            return program
        except (OSError, subprocess.CalledProcessError) as error:
            loudly(f"MISSING: {name}.c cannot be compiled: {error} {getattr(error, 'stderr', b'').decode()[:300]}")
            return None


class Figures:
    """Medians of what a command took."""

    def __init__(self, runs):
        self.wall, self.cpu, kib = (statistics.median(run[place] for run in runs) for place in range(3))
        self.mib = kib / 1024

    def __str__(self):
        return f"{self.wall * 1e3:.1f} ms, {self.cpu * 1e3:.1f} ms of processor, {self.mib:.1f} MiB"


class Comparison:
    def __init__(self, options, peers):
        self.options, self.peers = options, peers
        self.vhdxray = options.vhdxray.resolve()
        self.files = options.files
        print("| path | here | beside it | ratio | must | aim | |\n|---|---|---|---|---|---|---|", flush=True)

    def folder(self, name):
        """A folder of make-bench-files."""
        folder = self.files / name
        if not folder.is_dir():
            raise FileNotFoundError(0, "not there", str(folder))
        return folder

    def wants(self, name):
        return self.options.only in name

    def run(self, commands, runs=None, before=None):
        """Runs commands in turn. Returns the figures of each."""
        start = ["chrt", "-f", "50"] if self.options.real_time else []
        taken = [[] for _ in commands]
        for _ in range(runs or self.options.runs):
            for command, runs_of_it in zip(commands, taken):
                if before:
                    before()
                *figures, status = map(float, answer([*start, self.peers.measure, *command]).split())
                must_equal(f"the status of {' '.join(map(str, command))}", status, 0)
                runs_of_it.append(figures)
        return [Figures(runs_of_it) for runs_of_it in taken]

    def row(self, name, here, beside, ratio, must, aim, unit=""):
        verdict = "**missed**" if ratio > must else "met" if ratio > aim else "aim"
        print(f"| {name} | {here} | {beside} | {ratio:.2f}{unit} | {must}{unit} | {aim}{unit} | {verdict} |", flush=True)

    def pair(self, name, here, peer, what, must, aim, runs=None):
        """One row: a command here and its peer, compared by wall or processor time."""
        beside, peer = peer
        if not self.wants(name):
            return None
        if peer[0] is None:
            print(f"| {name} | | {beside} is missing | | {must} | {aim} | |", flush=True)
            return None
        figures = self.run([here, peer], runs)
        ratio = getattr(figures[0], what) / getattr(figures[1], what)
        self.row(f"{name}: {what} to {beside}", *figures, ratio, must, aim)
        return figures[0]

    def truth(self, name):
        return json.loads((self.files / "truth" / f"{name}.json").read_text())

    def bat(self, tib, shape):
        return self.folder(f"{shape}-{tib}") / "f.vhdx"

    def check(self, tib, shape):
        return [self.vhdxray, "check", "--select", "VHDX04", self.bat(tib, shape)]

    def bat_walk(self):
        for tib in (1, 64):
            for shape, _, _ in SHAPES:
                report = json.loads(answer([self.vhdxray, "info", "--format", "json", self.bat(tib, shape)]))
                blocks = report["files"][0]["image"]["blocks"]
                must_equal(f"the states of {shape}-{tib}", [blocks[name] for name in self.truth(f"{shape}-{tib}")],
                           list(self.truth(f"{shape}-{tib}").values()))
        memory = []
        for shape, must, aim in SHAPES:
            peer = "qemu-img", [self.peers.qemu_img, "check", self.bat(64, shape)]
            figures = self.pair(f"check of the BAT, 64 TiB, {shape}", self.check(64, shape), peer, "wall", must, aim)
            memory += [figures.mib] if figures else []
        if memory:
            self.row("peak memory of that walk", "", "", max(memory), 48, 16, " MiB")
        for shape, _, _ in SHAPES:
            if self.wants(name := f"from 1 to 64 TiB, {shape}"):
                small, large = self.run([self.check(1, shape), self.check(64, shape)])
                self.row(f"time {name}", large, small, large.wall / small.wall, 70, 60, " times")
                self.row(f"memory {name}", large, small, large.mib - small.mib, 8, 8, " MiB more")

    def info(self):
        file = self.bat(64, "sequential")
        here = [self.vhdxray, "info", "--no-blocks", file]
        self.pair("info --no-blocks of 64 TiB", here, ("vhdiinfo", [self.peers.vhdiinfo, file]), "wall", 2.0, 1.2, 200)

    def libvhdi(self, what, folder):
        return "libvhdi", [*(self.peers.libvhdi or [None]), what, self.folder(folder)]

    def scan(self):
        tree = self.folder("tree")
        scan = lambda jobs, tree=tree: [self.vhdxray, "scan", "--jobs", str(jobs), tree]
        found = json.loads(answer([*scan(1), "--format", "json"]))["files"]
        must_equal("the number of files in the tree", len(found), len(list(tree.rglob("*.vhdx"))))
        self.pair(f"scan of {len(found)} files, one thread", scan(1), self.libvhdi("open", "tree"), "cpu", 0.15, 0.06)
        if self.wants(name := "the same with two threads: wall to one thread"):
            one, two = self.run([scan(1), scan(2)])
            self.row(name, two, one, two.wall / one.wall, 0.65, 0.5)
        if self.options.cold is None:
            loudly("left out: scan with a cold cache, which needs --cold FOLDER (a tree on a disk) and root")
        elif self.wants(name := "the same, cold: 32 threads to one"):
            one, many = self.run([scan(1, self.options.cold), scan(32, self.options.cold)], before=drop_caches)
            self.row(name, many, one, many.wall / one.wall, 0.33, 0.2)

    def same_reads(self):
        """The files a second of a scan to those of a loop that opens each file once and reads the same of it."""
        tree = self.folder("tree")
        if not self.wants(name := "scan, one thread: files a second to opening each and the same reads"):
            return
        if self.peers.strace is None or self.peers.reads is None:
            print(f"| {name} | | the loop or strace is missing | | 0.5 | 0.8 | |", flush=True)
            return
        self.peers.list.write_text(self.reads_of(sorted(tree.rglob("*.vhdx"))[:CHAIN]))
        loop = [self.peers.reads, tree, self.peers.list]
        must_equal("the number of files that the loop opened", int(answer(loop)), len(list(tree.rglob("*.vhdx"))))
        figures = self.run([[self.vhdxray, "scan", "--jobs", "1", tree], loop])
        rate = figures[1].wall / figures[0].wall
        verdict = "aim" if rate >= 0.8 else "met" if rate >= 0.5 else "**missed**"
        print(f"| {name} | {figures[0]} | {figures[1]} | {rate:.2f} | 0.5 | 0.8 | {verdict} |", flush=True)

    def reads_of(self, paths):
        """A line for each file of a chain: what a scan reads of it until it closes it for the first time."""
        with tempfile.TemporaryDirectory() as alone:
            for path in paths:
                (pathlib.Path(alone) / path.name).symlink_to(path.resolve())
            scan = [self.vhdxray, "scan", "--follow-links", "--jobs", "1", alone]
            calls = ["-s", "0", "-y", "-e", "trace=openat,pread64,close"]
            ran = subprocess.run([self.peers.strace, "-f", *calls, *scan], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        reads, closed = {path.name: [] for path in paths}, set()
        for call in ran.stderr.decode().splitlines():
            name = (re.search(r"[/\"](disk\d+\.vhdx)", call) or [None, None])[1]
            read = re.search(r"pread64\(.*, (\d+), (\d+)\) += (\d+)", call)
            if name in reads and name not in closed and read:
                reads[name].append(f"{read[2]} {read[3]}")
            elif "close(" in call:
                closed.add(name)
        return "".join(" ".join(reads[path.name]) + "\n" for path in paths)

    def chain(self):
        chain = self.folder("chain")
        paths = list(chain.glob("layer-*"))
        leaf = chain / f"layer-{len(paths) - 1}.avhdx"
        here = [self.vhdxray, "cat", "--offset", "0", "--length", "512", leaf]
        peer = self.libvhdi("chain", "chain")
        if self.peers.libvhdi:
            must_equal("the sector", answer(here)[:16].hex(), answer(peer[1]).decode().strip())
        self.pair(f"open a chain of {len(paths)}, read one sector", here, peer, "wall", 0.5, 0.1)

    def content(self):
        leaf = {depth: self.folder(f"depth-{depth}") / f"layer-{depth - 1}.{'a' * (depth > 1)}vhdx" for depth in (1, 20)}
        truth = self.truth("depth-20")
        here, peer = [self.vhdxray, "hash", leaf[20]], self.libvhdi("hash", "depth-20")
        assert truth["sha256"] in answer(here).decode(), "the hash is not the builder's: a fast wrong answer is none"
        if self.peers.libvhdi:
            must_equal("libvhdi's hash", answer(peer[1]).decode().strip(), truth["sha256"])
        name = f"SHA-256 of {truth['mib']} MiB through 20 layers"
        in_memory = "SHA-256 in memory", [sys.executable, "-c", IN_MEMORY, str(truth["mib"])]
        self.pair(name, here, in_memory, "wall", 1.15, 1.02)
        self.pair(name, here, peer, "wall", 0.95, 0.85)
        read = {depth: [self.vhdxray, "cat", path] for depth, path in leaf.items()}
        self.pair("read without a hash, one layer", read[1], self.libvhdi("read", "depth-1"), "cpu", 1.3, 0.8)
        if self.wants(name := "the same: processor time of 20 layers to one"):
            one, many = self.run([read[1], read[20]])
            self.row(name, many, one, many.cpu / one.cpu, 2.5, 1.5)


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vhdxray", type=pathlib.Path, help="the release binary")
    parser.add_argument("files", type=pathlib.Path, help="the folder of make-bench-files")
    parser.add_argument("--pyvhdi", help="a Python that has pyvhdi, for where libvhdi.c cannot be compiled")
    parser.add_argument("--runs", type=int, default=5, help="of each command")
    parser.add_argument("--only", default="", help="part of the names of the rows that are wanted")
    parser.add_argument("--cold", type=pathlib.Path, help="a tree of make-bench-files on a disk; needs root")
    parser.add_argument("--real-time", action="store_true", help="before all else on the machine; needs root")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peers = Peers(folder, options.pyvhdi)
        comparison = Comparison(options, peers)
        for part in (comparison.bat_walk, comparison.info, comparison.scan, comparison.same_reads, comparison.chain, comparison.content):
            try:
                part()
            except FileNotFoundError as error:
                loudly(f"MISSING: {error.filename}, which make-bench-files writes; its rows are left out")
        if peers.libvhdi and len(peers.libvhdi) > 1:
            (start_up,) = comparison.run([[options.pyvhdi, "-c", "import pyvhdi"]])
            print(f"\nStarting Python and loading its binding alone: {start_up}.")
        print(f"\n{time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f}, medians of {options.runs} runs in turn.")


main()

#!/usr/bin/env python3
"""raw_compare.py PROGRAM ROOT: compares what PROGRAM says about a captured tree with the raw text.

Every value of every interface file below ROOT/cgroup must be in `show --json` and `stat --json`,
equal to the text, or have its reason in `unavailable`; and nothing else may be there. This script
shares no code and no table with the program. It prints each difference, and at the end how many
values were compared and how many had a reason; it exits 1 if there was a difference.
"""
import json
import re
import subprocess
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path

UNLIMITED = 1 << 62

# Files that hold no value of a cgroup, or say again what others say.
SKIPPED = re.compile(
    r"""cgroup\.(threads|kill|sane_behavior|event_control)|tasks|release_agent
    |cpuacct\.usage_(all|user|sys)|memory\.kmem\.slabinfo
    |blkio\.bfq\.io_service(d|_bytes)""", re.X)

TEXTS = {
    "cgroup.type", "cgroup.controllers", "cgroup.subtree_control", "freezer.state", "devices.list",
    "cpuset.cpus", "cpuset.mems", "cpuset.cpus.effective", "cpuset.mems.effective",
    "cpuset.cpus.partition", "cpuset.cpus.exclusive", "cpuset.cpus.exclusive.effective",
    "cpuset.cpus.isolated", "cpuset.effective_cpus", "cpuset.effective_mems", "io.prio.class",
    "blkio.prio.class",
}
# v1 files with one value, by the name that the program has for it; others keep their own.
LEGACY = {
    "cpuacct.usage": "cpu.usage_usec", "cpu.cfs_quota_us": "cpu.max",
    "cpu.cfs_period_us": "cpu.max.period", "cpu.cfs_burst_us": "cpu.max.burst",
    "memory.usage_in_bytes": "memory.current", "memory.max_usage_in_bytes": "memory.peak",
    "memory.limit_in_bytes": "memory.max", "memory.soft_limit_in_bytes": "memory.soft_limit",
    "memory.memsw.usage_in_bytes": "memory.memsw.current",
    "memory.memsw.max_usage_in_bytes": "memory.memsw.peak",
    "memory.memsw.limit_in_bytes": "memory.memsw.max", "memory.kmem.usage_in_bytes": "memory.kernel",
    "memory.kmem.limit_in_bytes": "memory.kmem.max",
    "memory.kmem.max_usage_in_bytes": "memory.kmem.peak",
    "memory.kmem.tcp.usage_in_bytes": "memory.sock",
    "memory.kmem.tcp.limit_in_bytes": "memory.kmem.tcp.max",
    "memory.kmem.tcp.max_usage_in_bytes": "memory.kmem.tcp.peak",
    "cpuset.effective_cpus": "cpuset.cpus.effective",
    "cpuset.effective_mems": "cpuset.mems.effective", "blkio.bfq.weight": "io.bfq.weight",
    "blkio.prio.class": "io.prio.class", "blkio.weight": "io.cfq.weight",
    "blkio.leaf_weight": "io.cfq.leaf_weight", "notify_on_release": "cgroup.notify_on_release",
}
# The keys of v1's memory.stat that have another name, without `total_`.
LEGACY_STAT = {
    "cache": "file", "rss": "anon", "rss_huge": "anon_thp", "mapped_file": "file_mapped",
    "dirty": "file_dirty", "writeback": "file_writeback", "swap": "swap.current",
}
LIMITS = {
    "memory.max", "memory.high", "memory.low", "memory.min", "memory.swap.max", "memory.swap.high",
    "memory.zswap.max", "memory.soft_limit", "memory.memsw.max", "memory.max.effective",
    "memory.memsw.max.effective", "memory.kmem.max", "memory.kmem.tcp.max", "cpu.max",
    "cpu.rt_runtime_us", "pids.max", "cgroup.max.depth", "cgroup.max.descendants", "hugetlb/max",
    "hugetlb.rsvd/max", "io.max/rbps", "io.max/wbps", "io.max/riops", "io.max/wiops",
    "rdma.max/hca_handle", "rdma.max/hca_object", "misc/max", "dmem/max",
    "dmem/low", "dmem/min",
}
# v1 blkio: one file for each operation or limit.
BLKIO_OPERATIONS = {
    "Read": ("rbytes", "rios"), "Write": ("wbytes", "wios"), "Discard": ("dbytes", "dios"),
    "Sync": ("sync_bytes", "sync_ios"), "Async": ("async_bytes", "async_ios"),
}
BLKIO_LIMITS = {
    "blkio.throttle.read_bps_device": "rbps", "blkio.throttle.write_bps_device": "wbps",
    "blkio.throttle.read_iops_device": "riops", "blkio.throttle.write_iops_device": "wiops",
}
DEVICE = re.compile(r"\d+:\d+")


def grouped(name):
    """The object of a name and the key in it, as nested values have them."""
    return "/".join(name.rsplit(".", 1))


class Raw:
    """The values of one cgroup as the files have them: (name, instance) to text."""

    def __init__(self):
        self.values = {}

    def add(self, name, text, instance=None):
        """A value; None for one that its line does not tell."""
        self.values[name, instance] = text

    def read(self, path, unified, siblings):
        file, text = path.name, path.read_text()
        if SKIPPED.fullmatch(file):
            return
        if file in TEXTS:
            self.add(LEGACY.get(file, file), text.removesuffix("\n"))
            if file == "freezer.state":
                self.add("cgroup.frozen", "1" if text == "FROZEN\n" else "0")
            return
        lines = text.split("\n")
        cut = lines.pop()  # what comes behind the last newline
        rows = [line.split() for line in lines if line.strip()]
        if file == "cgroup.procs":
            self.add("cgroup.processes", str(len(rows)))
            return
        if unified:
            self.unified(file, rows, cut.split())
        else:
            self.legacy(file, rows, siblings)

    def flat(self, rows, prefix, rename=lambda key: key):
        for row in rows:
            name = rename(row[0])
            if name is not None:
                self.add(prefix + name, row[1] if len(row) == 2 else None)

    def nested(self, rows, name):
        """`NAME KEY=VALUE …`; a row may begin with names that have nothing to say."""
        for row in rows:
            first = next((i for i, word in enumerate(row) if "=" in word), len(row))
            known = DEVICE.fullmatch(row[first - 1]) or name("", "")[0].startswith("rdma")
            for word in row[first:]:
                key, _, value = word.partition("=")
                group, field = name(key, value)
                if field is not None:
                    self.add(f"{group}/{field}", value if known else None, row[first - 1])

    def unified(self, file, rows, cut):
        if file.endswith(".pressure") and file != "cgroup.pressure":
            for row in rows:
                for word in row[1:]:
                    key, _, value = word.partition("=")
                    self.add(f"{file}.{row[0]}.{key}", value)
        elif file == "cgroup.events":
            self.flat(rows, "cgroup.")
        elif file in ("cgroup.stat", "cgroup.stat.local"):
            self.flat(rows, "cgroup.")
        elif file == "cpu.stat":
            self.flat(rows, "cpu.")
        elif file == "cpu.stat.local":
            self.flat(rows, "cpu.local.")
        elif file == "cpu.max":
            self.add("cpu.max", rows[0][0])
            self.add("cpu.max.period", rows[0][1])
        elif file == "memory.current":
            self.add("memory.current", rows[0][0])
        elif file == "memory.stat":
            self.flat(rows, "memory.")
        elif file == "memory.numa_stat":
            for row in rows:
                for word in row[1:]:
                    node, _, value = word.partition("=")
                    self.add(f"memory.numa/{row[0]}", value, node[1:])
        elif file in ("memory.events", "memory.events.local", "memory.swap.events", "pids.events",
                      "pids.events.local"):
            self.flat(rows, file + ".")
        elif file == "io.stat":
            self.nested(rows, self.io_name)
            if any("=" in word for word in cut):
                raise SystemExit(f"io.stat is cut off: {cut}")
        elif file in ("io.max", "io.latency", "io.cost.qos", "io.cost.model"):
            self.nested(rows, lambda key, value: (
                file, None if key in ("ctrl", "model") else key))
        elif file in ("io.weight", "io.bfq.weight"):
            self.weights(rows, file)
        elif file.startswith("rdma."):
            kind = file.split(".")[1]
            self.nested(rows, lambda key, value: (f"rdma.{kind}", key))
        elif file.startswith(("misc.", "dmem.")):
            for row in rows:
                self.add(grouped(file), row[1], row[0])
        elif file.startswith("hugetlb."):
            _, size, *rest = file.split(".")
            name = ".".join(["hugetlb", *rest])
            for row in rows:
                if rest == ["numa_stat"]:
                    self.nodes("hugetlb.numa/total", row, size)
                elif rest[0] == "events":
                    self.add(f"{name}/{row[0]}", row[1], size)
                else:
                    self.add(grouped(name), row[0], size)
        else:
            self.add(file, rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else None)

    def nodes(self, name, row, size):
        for word in row[1:]:
            node, _, value = word.partition("=")
            self.add(name, value, f"{size} {node}")

    @staticmethod
    def io_name(key, value):
        if key == "cost.vrate":
            return "io.cost", "vrate"
        if key.startswith("cost."):
            return "io.cost", f"{key[5:]}_usec"
        if key in ("rbytes", "wbytes", "rios", "wios", "dbytes", "dios"):
            return "io", key
        return "io.debug", key

    def weights(self, rows, name):
        for row in rows:
            if row[0] == "default":
                self.add(name, row[1])
            else:
                self.add(f"{name}.device/{name.rsplit('.', 1)[1]}", row[1], row[0])

    def legacy(self, file, rows, siblings):
        scaled = [[scale(word, 1000) for word in row] for row in rows]
        if file == "cpuacct.usage":
            self.add("cpu.usage_usec", scaled[0][0])
        elif file.startswith("cpuacct.usage_percpu"):
            kind = {"": "usage", "_user": "user", "_sys": "system"}[file[len("cpuacct.usage_percpu"):]]
            for cpu, value in enumerate(scaled[0]):
                self.add(f"percpu/{kind}_usec", value, str(cpu))
        elif file == "cpuacct.stat":
            for key, ticks in rows:
                self.add(f"cpu.{key}_usec", str(int(ticks) * 10000))
        elif file in ("cpu.stat", "cpu.stat.local"):
            prefix = "cpu.local." if file.endswith("local") else "cpu."
            times = {"throttled_time": "throttled_usec", "burst_time": "burst_usec",
                     "wait_sum": "wait_usec"}
            for key, value in rows:
                self.add(prefix + times.get(key, key),
                         scale(value, 1000) if key in times else value)
        elif file == "memory.stat":
            self.flat(rows, "memory.", self.stat_name)
        elif file == "memory.oom_control":
            names = {"oom_kill": "events.local.oom_kill"}
            self.flat(rows, "memory.", lambda key: names.get(key, key))
        elif file == "cpu.shares":
            shares = rows[0][0]
            self.add("cpu.shares", shares)
            self.add("cpu.weight", str(min(max((int(shares) * 100 + 512) // 1024, 1), 10000)))
        elif file == "memory.failcnt":
            self.add("memory.failcnt", rows[0][0])
            self.add("memory.events.local.max", rows[0][0])
        elif file == "memory.numa_stat":
            for row in rows:
                key = row[0].split("=")[0]
                group = "memory.numa" if key.startswith("hierarchical_") else "memory.local.numa"
                key = key.removeprefix("hierarchical_")
                for word in row[1:]:
                    node, _, pages = word.partition("=")
                    self.add(f"{group}/{key}", str(int(pages) * 4096), node[1:])
        elif file in BLKIO_LIMITS:
            for row in rows:
                self.add(f"io.max/{BLKIO_LIMITS[file]}", row[1], row[0])
        elif file in ("blkio.weight_device", "blkio.leaf_weight_device"):
            self.weights(rows, f"io.cfq.{file[6:-7]}")
        elif file.removesuffix("_recursive") in ("blkio.time", "blkio.sectors"):
            if not file.endswith("_recursive") and f"{file}_recursive" in siblings:
                return
            for row in rows:
                self.add(f"io.cfq/{file[6:].removesuffix('_recursive')}", row[1], row[0])
        elif file == "blkio.bfq.weight_device":
            self.weights(rows[1:], "io.bfq.weight")
        elif re.fullmatch(r"blkio\.(throttle\.|bfq\.)?io_service(d|_bytes)(_recursive)?", file):
            self.operations(file, rows, siblings)
        elif file == "net_prio.ifpriomap":
            for row in rows:
                self.add("net_prio/ifpriomap", row[1], row[0])
        elif file.startswith("hugetlb."):
            _, size, *rest = file.split(".")
            if rest == ["numa_stat"]:
                for row in rows:
                    group = "numa" if row[0].startswith("hierarchical_") else "local.numa"
                    self.nodes(f"hugetlb.{group}/total", row, size)
                return
            kind = {"usage_in_bytes": "current", "limit_in_bytes": "max", "max_usage_in_bytes": "peak",
                    "failcnt": "events.max", "rsvd.usage_in_bytes": "rsvd.current",
                    "rsvd.limit_in_bytes": "rsvd.max", "rsvd.max_usage_in_bytes": "rsvd.peak",
                    "rsvd.failcnt": "rsvd.events.max"}[".".join(rest)]
            self.add(grouped(f"hugetlb.{kind}"), rows[0][0], size)
        elif file.startswith(("rdma.", "misc.", "dmem.")) or file == "pids.events":
            self.unified(file, rows, [])
        else:
            self.add(LEGACY.get(file, file), rows[0][0])

    @staticmethod
    def stat_name(key):
        if key == "hierarchical_memory_limit":
            return "max.effective"
        if key == "hierarchical_memsw_limit":
            return "memsw.max.effective"
        if key.startswith("total_"):
            return LEGACY_STAT.get(key[6:], key[6:])
        return "local." + key

    def operations(self, file, rows, siblings):
        """Of several files with the same values the one counts that includes descendants, or else
        that of throttling."""
        base = file.removesuffix("_recursive")
        kind = base.rsplit(".", 1)[1]
        group = "io.bfq" if ".bfq." in base else "io"
        better = [f"blkio.throttle.{kind}_recursive", f"blkio.throttle.{kind}", f"blkio.{kind}"]
        if group == "io" and file != next(name for name in better if name in siblings):
            return
        for row in rows:
            if row[0] == "Total" or row[1] not in BLKIO_OPERATIONS:
                continue
            field = BLKIO_OPERATIONS[row[1]][kind == "io_serviced"]
            known = DEVICE.fullmatch(row[0]) and len(row) == 3
            self.add(f"{group}/{field}", row[2] if known else None, row[0])


def scale(text, divisor):
    return str(int(text) // divisor) if text.isdigit() else text


def expected(name, text):
    """The value as JSON has it."""
    if name in LIMITS and (text == "max" or int(text) < 0 or int(text) >= UNLIMITED):
        return "max"
    if text == "max":
        return "max"
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    signed = name in ("cpu.weight.nice", "cpuset.sched_relax_domain_level")
    return max(number, Decimal(0)) if number < 0 and not signed else number


def flattened(shown):
    """(name, instance) to value, as Raw has them; rates are left out."""
    result = {}
    for key, value in shown.items():
        if isinstance(value, dict):
            for instance, fields in value.items():
                for field, number in fields.items():
                    if not field.endswith(".rate"):
                        result[f"{key}/{field}", instance] = number
        elif not key.endswith(".rate"):
            result[key, None] = value
    return result


# What is computed, or about the cgroup as a whole.
APART = {
    "path", "inode", "inodes", "effective", "processes", "unavailable", "time", "kind", "unit",
    "slice", "user", "runtime", "container", "container_id", "image", "pod", "pod_uid", "namespace",
    "qos", "machine", "nested", "labels", "throttled_by", "frozen_by", "over_memory_high_of",
    "without_descendants",
}


def compare(raw, shown, where, elsewhere=()):
    """Prints the differences; returns how many values were equal, had a reason, and differ.

    `elsewhere` are values that need not be there: `stat` leaves out details that `show` has.
    """
    unavailable = shown.get("unavailable", {})
    found = flattened({k: v for k, v in shown.items() if k not in APART})
    equal = reasons = different = 0
    for (name, instance), text in sorted(raw.values.items(), key=str):
        value = found.pop((name, instance), None)
        plain = name.replace("/", ".")
        if text is not None and value is not None:
            wanted = text if isinstance(value, str) and value != "max" else expected(name, text)
            if value == wanted:
                equal += 1
                continue
        elif value is None and (plain in unavailable or f"{plain}[{instance}]" in unavailable):
            reasons += 1
            continue
        elif value is None and (name, instance) in elsewhere:
            continue
        different += 1
        print(f"{where}: {name} {instance or ''}: the file says {text}, shown is {value}")
    for (name, instance), value in found.items():
        # v1 has no limit of swap alone: it is the difference of two limits.
        if name == "memory.swap.max" and ("memory.memsw.max", None) in raw.values:
            continue
        different += 1
        print(f"{where}: {name} {instance or ''}: shown is {value}, and no file says so")
    return equal, reasons, different


def mounts(root):
    for line in (root / "proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind = right.split()[0]
        if kind in ("cgroup", "cgroup2"):
            point = left.split()[4]
            yield root / "cgroup" / point[len("/sys/fs/cgroup"):].lstrip("/"), kind == "cgroup2", \
                right.split()[2].split(",")


def raw_values(root, path, trees):
    """The values of all trees; where v1 has a controller, v2 counts in cgroups that v1 lacks."""
    raw = Raw()
    ordered = sorted(trees, key=lambda tree: not tree[1])  # v2 first, so that v1 replaces it
    first_core = True
    for directory, unified, options in sorted(
            ordered, key=lambda tree: (not tree[1], "memory" not in tree[2], "cpu" not in tree[2])):
        folder = directory / path.lstrip("/")
        if not folder.is_dir():
            first_core = first_core and unified
            continue
        files = {entry.name: entry for entry in folder.iterdir() if entry.is_file()}
        for name, entry in sorted(files.items()):
            # Files of all v1 trees are those of the first one that names a cgroup's identity.
            if not unified and name in ("notify_on_release", "cgroup.clone_children"):
                if not first_core:
                    continue
            # On v1 the tree of the CPU says which processes there are.
            if not unified and name == "cgroup.procs" and "cpu" not in options:
                continue
            name = name if not ("noprefix" in options and "." not in name) else name
            raw.read(entry, unified, files)
        if not unified:
            first_core = False
    return raw


def main(program, root):
    root = Path(root)
    trees = list(mounts(root))

    def run(*arguments):
        result = subprocess.run(
            [program, *arguments], check=True, stdout=subprocess.PIPE, text=True)
        return [json.loads(line, parse_float=Decimal, parse_int=Decimal)
                for line in result.stdout.splitlines()]

    paths = [node["path"] for node in run("tree", "--root", str(root), "--json")[0]]
    folders = {
        "/" + str(folder.relative_to(directory)).removeprefix(".")
        for directory, _, _ in trees for folder in [directory, *directory.rglob("*")]
        if folder.is_dir() and not any(
            other != directory and other.is_relative_to(directory)
            and folder.is_relative_to(other) for other, _, _ in trees)}
    totals = [0, 0, len(folders.symmetric_difference(paths))]
    for path in folders.symmetric_difference(paths):
        print(f"{path}: only in {'the files' if path in folders else 'the program'}")
    streamed = {shown["path"]: shown
                for shown in run("stat", "--root", str(root), "--json", "-n", "1")}
    for path in paths:
        raw = raw_values(root, path, trees)
        shown = run("show", "--root", str(root), "--json", path)[0]
        details = flattened({k: v for k, v in shown.items() if k not in APART})
        for command, one, elsewhere in (("show", shown, ()), ("stat", streamed[path], details)):
            counts = compare(raw, one, f"{command} {path}", elsewhere)
            totals = [total + count for total, count in zip(totals, counts)]
    print(f"{totals[0]} values are equal, {totals[1]} have a reason, {totals[2]} differ")
    return 1 if totals[2] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

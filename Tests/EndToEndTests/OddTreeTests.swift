import Foundation
import TestSupport
import Testing

/// Trees with unusual kernels, mounts and permissions.
@Suite struct OddTreeTests {
    private func show(_ capture: ProgramCapture, _ arguments: String...) throws -> JSONText.Object {
        let result = try ProgramRun.run(
            ProgramRun.cgwarden, ["show", "--json", "--root", capture.root] + arguments)
        try #require(result.status == 0, "\(result.errors)")
        return try JSONText.object(result.output)
    }

    private func text(_ capture: ProgramCapture, _ arguments: String...) throws -> String {
        let result = try ProgramRun.run(
            ProgramRun.cgwarden, arguments + ["--root", capture.root])
        try #require(result.status == 0, "\(result.errors)")
        return result.output
    }

    private func number(_ object: JSONText.Object, _ keys: String...) -> Int? {
        var value: Any? = object
        for key in keys { value = (value as? JSONText.Object)?[key] }
        return (value as? NSNumber)?.intValue
    }

    private func reason(_ object: JSONText.Object, _ name: String) -> String? {
        (object["unavailable"] as? JSONText.Object)?[name] as? String
    }

    // MARK: Rows

    /// Linux with native NVMe multipath has such rows for good.
    @Test func rowOfAnUnnamedDeviceIsSkipped() throws {
        let capture = try OddTree.unified([
            "cgroup.controllers": "io\n", "a/cgroup.procs": "",
            "a/io.stat": """
            (unknown) rbytes=0 wbytes=10485760 rios=0 wios=20 dbytes=0 dios=0
            7:1 7:0 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6
            7:1\u{20}
            """,
        ])
        let shown = try show(capture, "/a")
        #expect(number(shown, "io", "8:0", "wbytes") == 2)
        #expect((shown["io"] as? JSONText.Object)?.count == 1)
        #expect(reason(shown, "io.wbytes") == "device without a name")
        let lines = try text(capture, "show", "/a").split(separator: "\n")
        #expect(
            lines.contains {
                $0.hasPrefix("  io.wbytes ") && $0.hasSuffix("  device without a name")
            })
        #expect(lines.contains { $0.hasPrefix("  io.wbytes[8:0] ") && $0.hasSuffix("  2") })
        let server = try ServingProgram("--root", capture.root)
        for _ in 1...2 {
            let text = try server.get().text
            // An alert on a collector that failed must not fire for ever on such a machine.
            #expect(text.contains("\ncgwarden_collector_success{collector=\"io\"} 1\n"))
            #expect(text.contains("\ncgwarden_collector_errors_total{collector=\"io\"} 0\n"))
            #expect(text.contains("\ncgwarden_malformed_files_total 0\n"))
            let skipped = text.firstMatch(
                of: /cgwarden_collector_skipped_rows_total\{collector="io"\} (\d+)/)
            #expect(skipped.flatMap { Int($0.1) } ?? 0 >= 1)
            #expect(
                text.contains("cgroup_io_written_bytes_total{cgroup=\"/a\",device=\"8:0\"} 2\n"))
        }
    }

    @Test(
        .enabled(if: getuid() == 0, "it needs root, to become another user"),
        .enabled(if: ProgramRun.isInstalled("setpriv"), "setpriv is not installed"))
    func unreadableFileIsNotPermittedInEveryCommand() throws {
        let capture = try OddTree.unified([
            "cgroup.controllers": "io memory\n", "a/cgroup.procs": "",
            "a/io.stat": "8:0 rbytes=1 wbytes=2\n", "a/io.max": "8:0 rbps=1\n",
            "a/hugetlb.2MB.current": "0\n", "a/memory.numa_stat": "anon N0=1\n",
        ])
        for file in ["io.stat", "io.max", "memory.numa_stat"] {
            try capture.permit(0, "cgroup/a/\(file)")
        }
        func run(_ arguments: String...) throws -> String {
            let result = try ProgramRun.run(
                "setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", ProgramRun.cgwarden]
                    + arguments + ["--root", capture.root])
            try #require(result.status == 0, "\(result.errors)")
            return result.output
        }
        let shown = try JSONText.object(try run("show", "--json", "/a"))
        for name in ["io.rbytes", "io.wios", "io.max.rbps", "memory.numa.anon"] {
            #expect(reason(shown, name) == "not permitted", "\(name)")
        }
        #expect(shown["io"] == nil)
        let line = try run("show", "/a").split(separator: "\n").first {
            $0.hasPrefix("  io.rbytes ")
        }
        #expect(line?.hasSuffix("  not permitted") == true)
        let streamed = try JSONText.object(
            try run("stat", "--json", "-n", "1", "--fields", "io.rbytes", "--cgroup", "/a"))
        #expect(reason(streamed, "io.rbytes") == "not permitted")
        let table = try run("stat", "-n", "1", "--fields", "io.rbytes", "--cgroup", "/a")
        #expect(table.contains("not permitted"))
        // A single sample has no rates, so their files are not read.
        let row = try run("top", "-b", "-n", "2", "-d", "0.1").split(separator: "\n").last {
            $0.hasPrefix("/a ")
        }
        #expect(row?.split(separator: " ").filter { $0 == "?" }.count == 2, "\(row ?? "")")
    }

    // MARK: Sources

    /// systemd makes a service's cgroup in the unified tree, and in that of a v1 controller only
    /// where something asks for it.
    @Test func sourceIsChosenForEachCgroup() throws {
        let capture = try ProgramCapture("hybrid")
        let own = "cgroup/unified/app.slice/alone.service"
        try capture.write("", to: "\(own)/cgroup.procs")
        try capture.write("populated 1\nfrozen 1\n", to: "\(own)/cgroup.events")
        try capture.write("usage_usec 30\nuser_usec 20\nsystem_usec 10\n", to: "\(own)/cpu.stat")
        let alone = try show(capture, "/app.slice/alone.service")
        #expect(number(alone, "cpu.usage_usec") == 30)
        #expect(number(alone, "cpu.user_usec") == 20)
        #expect(number(alone, "cgroup.frozen") == 1)
        let web = try show(capture, "/app.slice/web.service")
        let legacy = try String(
            contentsOfFile:
                "\(capture.root)/cgroup/cpu,cpuacct/app.slice/web.service/cpuacct.usage",
            encoding: .utf8)
        #expect(
            number(web, "cpu.usage_usec")
                == Int(legacy.dropLast()).map { $0 / 1000 })
    }

    @Test(arguments: OddTree.legacyIO) func ioOnOldKernelsIsWithoutDescendants(
        files: [String: String]
    ) throws {
        let capture = try OddTree.oldKernel(files)
        let shown = try show(capture, "/a")
        #expect(number(shown, "io", "8:0", "rbytes") == 4096)
        #expect(number(shown, "io", "8:0", "wios") == 2)
        #expect((shown["without_descendants"] as? [String])?.contains("io.rbytes") == true)
        let line = try text(capture, "show", "/a").split(separator: "\n").first {
            $0.hasPrefix("  io.rbytes[8:0] ")
        }
        #expect(line?.hasSuffix("(without descendants)") == true, "\(line ?? "")")
        let newer = try show(ProgramCapture("v1"), "/app.slice")
        #expect(newer["without_descendants"] == nil)
    }

    @Test func cpusetWithoutPrefixIsReadAndWritten() throws {
        let files = [
            "cpus": "0-3\n", "mems": "0\n", "effective_cpus": "0-3\n", "effective_mems": "0\n",
            "memory_migrate": "0\n", "cgroup.procs": "", "tasks": "",
        ]
        var all: [String: String] = [:]
        for (file, text) in files {
            all["cpuset/\(file)"] = text
            all["cpuset/a/\(file)"] = text
        }
        let capture = try OddTree.tree(
            "31 23 0:28 / /sys/fs/cgroup/cpuset rw - cgroup none rw,cpuset,noprefix\n", all)
        let shown = try show(capture, "/a")
        #expect(shown["cpuset.cpus"] as? String == "0-3")
        #expect(shown["cpuset.cpus.effective"] as? String == "0-3")
        #expect(number(shown, "cpuset.memory_migrate") == 0)
        #expect(try text(capture, "get", "/a", "cpuset.cpus").contains("0-3"))
    }

    // MARK: Mounts

    /// A container with its own mount, and the host's tree bound at another place.
    private func container() throws -> ProgramCapture {
        try OddTree.tree(
            """
            31 23 0:28 / /sys/fs/cgroup/own rw - cgroup2 cgroup2 rw
            32 23 0:28 /../.. /sys/fs/cgroup/host rw - cgroup2 cgroup2 rw

            """,
            [
                "own/cgroup.procs": "7\n", "own/inner/cgroup.procs": "8\n",
                "host/cgroup.procs": "1\n", "host/system.slice/cgroup.procs": "20\n",
                "host/pods/cgroup.procs": "", "host/pods/c1/cgroup.procs": "7\n",
                "host/pods/c1/inner/cgroup.procs": "8\n",
                "proc/self/stat": "7 (cgwarden) R 1 7 7 0 -1 0\n", "proc/self/cgroup": "0::/\n",
                "proc/8/cgroup": "0::/inner\n", "proc/9/cgroup": "0::/../c2\n",
                "proc/20/cgroup": "0::/../../system.slice\n",
                "proc/30/cgroup": "0::/../../..\n",
                "host/pods/c2/cgroup.procs": "9\n",
            ].merging(
                [8, 9, 20, 30].map { ("proc/\($0)/stat", Self.stat($0)) }, uniquingKeysWith: { $1 })
        )
    }

    private static func stat(_ pid: Int) -> String {
        "\(pid) (sleep) S 1 1 1 0 -1 4194560 0 0 0 0 1 2 0 0 20 0 1 0 100 4096 1 "
            + "18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n"
    }

    @Test func mountOfTheHostWinsOverTheContainersOwn() throws {
        let capture = try container()
        let tree = try text(capture, "tree")
        #expect(tree.contains("system.slice"))
        let own = try text(capture, "tree", "--cgroup-root", "/sys/fs/cgroup/own")
        #expect(!own.contains("system.slice") && own.contains("inner"))
        let none = try ProgramRun.cgwarden(
            "tree", "--root", capture.root, "--cgroup-root", "/mnt/x")
        #expect(none.status == 69)
        #expect(none.errors.contains("no cgroup file system is mounted at /mnt/x"))
    }

    @Test(arguments: [
        (8, "/pods/c1/inner"), (9, "/pods/c2"), (20, "/system.slice"),
    ]) func processAboveTheNamespaceIsFound(pid: Int, path: String) throws {
        #expect(try show(container(), "--pid", "\(pid)")["path"] as? String == path)
    }

    @Test func processOutsideAllMountsIsReported() throws {
        let capture = try container()
        let result = try ProgramRun.cgwarden("show", "--root", capture.root, "--pid", "30")
        #expect(result.status == 66)
        #expect(result.errors.contains("outside the visible mounts"))
    }

    @Test func processIsInTheHierarchyThatHasTheControllers() throws {
        let capture = try OddTree.tree(
            """
            31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
            32 23 0:29 / /sys/fs/cgroup/net_cls rw - cgroup cgroup rw,net_cls

            """,
            [
                "cgroup.controllers": "cpu memory io\n", "app.slice/cgroup.procs": "5\n",
                "net_cls/cgroup.procs": "5\n", "proc/5/cgroup": "1:net_cls:/\n0::/app.slice\n",
                "proc/5/stat": Self.stat(5),
            ])
        #expect(try show(capture, "--pid", "5")["path"] as? String == "/app.slice")
    }

    @Test(
        .enabled(if: getuid() == 0, "it needs root, to mount"),
        .enabled(if: ProgramRun.isInstalled("unshare"), "unshare is not installed"))
    func cgroupUnderAMountIsCoveredAndNotWalked() throws {
        let capture = try OddTree.unified([
            "cgroup.controllers": "memory\n", "a/memory.current": "4096\n",
            "vpn/memory.current": "8192\n", "vpn/inner/memory.current": "1\n",
            "vpn/cgroup.procs": "",
        ])
        func run(_ arguments: String...) throws -> ProgramRun.Result {
            let script = """
                mount -t tmpfs none "$1/cgroup/vpn" || exit 99
                mkdir "$1/cgroup/vpn/phantom"
                shift
                exec "$@"
                """
            let result = try ProgramRun.run(
                "unshare",
                ["--mount", "--propagation", "private", "sh", "-c", script, "sh", capture.root]
                    + [ProgramRun.cgwarden] + arguments + ["--root", capture.root])
            try #require(result.status != 99, "\(result.errors)")
            return result
        }
        let tree = try run("tree").output
        #expect(!tree.contains("phantom") && !tree.contains("inner"))
        #expect(tree.contains("vpn") && tree.contains("covered by a mount"))
        let shown = try JSONText.object(try run("show", "--json", "/vpn").output)
        #expect(reason(shown, "memory.current") == "covered by a mount")
        #expect(shown["memory.current"] == nil)
        let text = try run("show", "/vpn").output
        #expect(text.components(separatedBy: "covered by a mount").count == 2, "\(text)")
        let rows = try run("top", "-b", "-n", "2", "-d", "50ms").output.split(separator: "\n")
        #expect(rows.contains { $0.hasPrefix("/vpn ") && $0.hasSuffix(" covered") })
        #expect(!rows.contains { $0.contains("phantom") || $0.contains("gone") })
    }

    // MARK: One value, one text

    @Test func weightAndQuotaReadTheSameInEveryCommand() throws {
        let capture = try OddTree.oldKernel(OddTree.legacyIO[0])
        let read = try text(capture, "get", "/a", "cpu.weight", "cpu.max", "memory.max")
        #expect(read.contains("10000") && read.contains("0.666666"), "\(read)")
        try capture.write(
            """
            apiVersion: cgwarden/v1
            groups: {g: {path: /a}}
            limits: [{on: g, set: {cpu.weight: 9999, cpu.max: 0.5cpus}}]

            """, to: "policy.yaml")
        let plan = try ProgramRun.cgwarden(
            "policy", "plan", "--root", capture.root, "\(capture.root)/policy.yaml")
        #expect(plan.output.contains("10000") && !plan.output.contains("25600"), "\(plan)")
        #expect(plan.output.contains("0.666666"), "\(plan)")
    }

    @Test func controllerDisabledAtBootIsReportedWithARemedy() throws {
        let capture = try OddTree.tree(
            "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            [
                "cgroup.controllers": "cpu\n", "a/cgroup.procs": "",
                "proc/cgroups": "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
                    + "cpu\t0\t80\t1\nmemory\t0\t80\t0\n",
            ])
        #expect(try text(capture, "doctor").contains("boot with cgroup_enable=memory"))
        let result = try ProgramRun.cgwarden("get", "--root", capture.root, "/a", "memory.max")
        #expect((result.output + result.errors).contains("cgroup_enable=memory"), "\(result)")
    }

    // MARK: Ancestors

    @Test func childOfAThrottledCgroupNamesIt() throws {
        let stat = "usage_usec 9\nuser_usec 9\nsystem_usec 0\n"
        let capture = try OddTree.unified([
            "cgroup.controllers": "cpu memory\n", "a/cpu.max": "30000 100000\n",
            "a/cpu.stat": stat + "nr_periods 400\nnr_throttled 123\nthrottled_usec 5\n",
            "a/cgroup.freeze": "1\n", "a/memory.high": "4096\n", "a/memory.current": "8192\n",
            "a/b/cpu.max": "max 100000\n", "a/b/cgroup.freeze": "0\n",
            "a/b/cpu.stat": stat + "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n",
            "a/b/cpu.stat.local": "throttled_usec 12000000\n",
        ])
        let shown = try show(capture, "/a/b")
        #expect(shown["throttled_by"] as? [String] == ["/a"])
        #expect(shown["frozen_by"] as? [String] == ["/a"])
        #expect(shown["over_memory_high_of"] as? [String] == ["/a"])
        #expect(number(shown, "cpu.local.throttled_usec") == 12_000_000)
        let lines = try text(capture, "show", "/a/b").split(separator: "\n")
        #expect(lines.contains { $0.contains("throttled by") && $0.contains("123 of 400") })
        #expect(try show(capture, "/a")["throttled_by"] == nil)
    }
}

import Foundation
import TestSupport
import Testing

/// Files of recent kernels: shown, exported and set.
@Suite struct RecentTreeTests {
    private func show(_ capture: ProgramCapture, _ path: String) throws -> JSONText.Object {
        let result = try ProgramRun.run(
            ProgramRun.cgwarden, ["show", "--json", "--root", capture.root, path])
        try #require(result.status == 0, "\(result.errors)")
        return try JSONText.object(result.output)
    }

    private func number(_ object: JSONText.Object, _ keys: String...) -> Int? {
        var value: Any? = object
        for key in keys { value = (value as? JSONText.Object)?[key] }
        return (value as? NSNumber)?.intValue
    }

    @Test func recentV2FilesAreShown() throws {
        let capture = try RecentTree.unified()
        let shown = try show(capture, "/a")
        #expect(number(shown, "cgroup.nr_dying_subsys_memory") == 40)
        #expect(number(shown, "cgroup.processes") == 1)
        #expect(number(shown, "dmem", RecentTree.region, "max") == 1_073_741_824)
        #expect(number(shown, "misc.events", "sev.max", "local") == 2)
        #expect(number(shown, "hugetlb.numa", "2MB N0", "total") == 2_097_152)
        #expect(number(shown, "memory.numa", "1", "workingset_refault_anon") == 7)
        let root = try show(capture, "/")
        #expect(number(root, "dmem", RecentTree.region, "capacity") == 8_514_437_120)
    }

    @Test func recentV1FilesAreShown() throws {
        let shown = try show(RecentTree.legacy(), "/a")
        #expect(number(shown, "cgroup.processes") == 2)
        #expect(number(shown, "io.cfq", "8:16", "time") == 7)
        #expect(number(shown, "io.cfq.weight.device", "8:0", "weight") == 300)
        #expect(number(shown, "hugetlb.rsvd.events", "2MB", "max") == 9)
        #expect(number(shown, "hugetlb.numa", "2MB N1", "total") == 2_097_152)
        #expect(number(shown, "memory.local.numa", "1", "anon") == 8192)
    }

    @Test func limitsAreReadUnderTheirNames() throws {
        let capture = try RecentTree.unified()
        let result = try ProgramRun.cgwarden("get", "--root", capture.root, "/a")
        for (name, value) in [
            ("memory.swap.high", "max"), ("memory.zswap.writeback", "1"),
            ("cpu.uclamp.min", "12.34%"), ("cpu.uclamp.max", "max"), ("cgroup.max.depth", "max"),
            ("cgroup.max.descendants", "7"), ("cpuset.cpus.exclusive", "0-1"),
            ("io.prio.class", "promote-to-rt"), ("dmem.max \(RecentTree.region)", "1GiB"),
        ] {
            let line = result.lines.first { $0.hasPrefix("\(name) ") }
            #expect(line?.dropFirst(name.count).contains(value) == true, "\(name): \(result)")
        }
        let tree = try RecentTree.legacy()
        let legacy = try ProgramRun.cgwarden(
            "get", "--root", tree.root, "/a", "cgroup.max.depth")
        #expect(
            (legacy.output + legacy.errors).contains("here cgroups are on v1"), "\(legacy)")
    }

    @Test func optionalFamiliesAreExportedOnRequest() throws {
        let capture = try RecentTree.unified()
        let plain = try ServingProgram("--root", capture.root)
        let region = "resource=\"\(RecentTree.region)\""
        #expect(
            try plain.get().text.contains(
                "\ncgroup_dmem_current_bytes{cgroup=\"/a\",\(region)} 1048576\n"))
        #expect(try !plain.get().text.contains("cgroup_memory_numa_anon_bytes"))
        #expect(try !plain.get("/metrics/cadvisor").text.contains("container_memory_numa_pages"))
        let asked = try ServingProgram(
            "--root", capture.root, "--metrics.numa", "--metrics.processes",
            "--metrics.controllers")
        let text = try asked.get().text
        for line in [
            "cgroup_memory_numa_anon_bytes{cgroup=\"/a\",node=\"1\"} 8192",
            "cgroup_processes{cgroup=\"/a\"} 1",
            "cgroup_controller_dying_cgroups{cgroup=\"/a\",controller=\"memory\"} 40",
            "cgroup_controller_cgroups{cgroup=\"/a\",controller=\"cpu\"} 3",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        let cadvisor = try asked.get("/metrics/cadvisor").text
        #expect(cadvisor.contains("container_processes{id=\"/a\","))
        let pages = cadvisor.split(separator: "\n").filter {
            $0.hasPrefix("container_memory_numa_pages{id=\"/a\",")
        }
        #expect(
            pages.contains {
                $0.hasSuffix(",node=\"1\",type=\"anon\",scope=\"hierarchy\"} 2")
            }, "\(pages)")
        #expect(cadvisor.contains("container_hugetlb_usage_bytes{id=\"/a\","))
    }
}

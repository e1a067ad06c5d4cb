import TestSupport
import Testing

/// The tree with and without its processes.
@Suite struct TreeListingTests {
    /// "not in memory" would read as swapped out.
    @Test func processInSeveralCgroupsHasItsHierarchiesBesideIt() throws {
        let capture = try ProgramCapture("v1")
        try capture.write("", to: "cgroup/memory/app.slice/web.service/cgroup.procs")
        let one = try ProgramRun.cgwarden("tree", "--root", capture.root, "/app.slice/web.service")
        #expect(one.output.contains("  (elsewhere in hierarchy memory)\n"), "\(one.output)")
        let show = try ProgramRun.cgwarden("show", "--root", capture.root, "web.service")
        #expect(show.output.contains("  (elsewhere in hierarchy memory)"), "\(show.output)")
    }

    @Test func processesAreLeftOutOnRequest() throws {
        let capture = try ProgramCapture("hybrid")
        let whole = try ProgramRun.cgwarden("tree", "--root", capture.root)
        let tree = try ProgramRun.cgwarden("tree", "--no-processes", "--root", capture.root)
        #expect(tree.status == 0 && tree.errors.isEmpty, "\(tree.errors)")
        // The first line is the root; each other line is a cgroup with its branch.
        let cgroups = whole.lines.filter { $0.contains("├─ ") || $0.contains("└─ ") }
        #expect(tree.lines.dropFirst().filter { !$0.isEmpty } == cgroups)
        #expect(whole.lines.count > tree.lines.count)
        let json = try ProgramRun.cgwarden(
            "tree", "--no-processes", "--json", "--root", capture.root)
        #expect(json.output.contains("\"path\"") && !json.output.contains("\"processes\""))
    }
}

import TestSupport
import Testing

/// The tree without its processes.
@Suite struct TreeListingTests {
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

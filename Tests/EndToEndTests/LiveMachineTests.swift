import Foundation
import TestSupport
import Testing

/// The live view of this machine's own cgroups.
@Suite(
    .serialized, .enabled(if: TerminalSession.isAvailable, LiveScreen.reason),
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct LiveMachineTests {
    private func session(_ filter: String) throws -> TerminalSession {
        let session = try TerminalSession(
            TerminalSession.cgwarden("top -p"), columns: 160, rows: 40)
        try session.await("CGroup")
        try session.press("/")
        try session.await("Filter:")
        try session.type(filter)
        try session.press("Enter")
        try session.await("h Help")
        return session
    }

    @Test func newAndRemovedCgroupsAppearAndDisappear() throws {
        let session = try session("cgwarden-test-\(getpid())-")
        let cgroup = try ProgramCgroup("-born")
        let name = String(cgroup.path.dropFirst())
        try session.await(name)
        cgroup.remove()
        try session.await("\(name) is dead") { lines in
            lines.contains { $0.contains("-born") && $0.contains("dead") }
        }
        try session.type("D")
        try session.await("\(name) is gone") { lines in
            !lines.contains { $0.contains("-born") }
        }
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test func unusualNamesKeepTheColumnsAligned() throws {
        let names: [[UInt8]] = [
            Array("-漢字漢字".utf8), Array("-e\u{301}o\u{308}".utf8), Array("-🚀".utf8),
            Array("-with blank".utf8), Array("-bad".utf8) + [0xff, 0xfe, 0x41],
            Array("-tab\tbell\u{7}esc\u{1b}[31m".utf8), Array("-\u{202e}rtl".utf8),
            Array("-\(String(repeating: "long", count: 40))".utf8),
        ]
        let cgroups = try names.map { try ProgramCgroup(bytes: Array("-kind".utf8) + $0) }
        // Other tests have cgroups at the same time.
        let session = try session("-kind-")
        let screen = try session.await("all of them") {
            LiveScreen.names($0).count == 1 + cgroups.count
        }
        #expect(LiveScreen.isAligned(screen), "\(screen.joined(separator: "\n"))")
        for part in ["-漢字漢字", "-e\u{301}o\u{308}", "-🚀", "-with blank", "-bad\\xff\\xfeA"] {
            let isThere = screen.contains { line in
                line.unicodeScalars.map(\.value).contains(part.unicodeScalars.map(\.value))
            }
            #expect(isThere, "\(part) in \(screen.joined(separator: "\n"))")
        }
        try session.press("q")
        #expect(try session.status() == 0)
    }

    /// The processes of a cgroup, with what they are.
    @Test func processesOfACgroupAreListed() throws {
        let cgroup = try ProgramCgroup("-busy")
        let member = try cgroup.start("echo ready; read line")
        defer { member.send(SIGKILL) }
        let session = try session("-busy")
        try session.await("-busy")
        try session.press("G", "z")
        try session.await("Processes of \(cgroup.path)")
        try session.await("process \(member.pid)") { lines in
            lines.contains { $0.contains("\(member.pid) root") && $0.contains("sh -c for place") }
        }
    }
}

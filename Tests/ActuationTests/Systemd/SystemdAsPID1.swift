#if Systemd
import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// A machine whose PID 1 is the real systemd.
struct SystemdAsPID1 {
    static let isHere =
        (try? String(contentsOfFile: "/proc/1/comm", encoding: .utf8)) == "systemd\n"
    static let mode = (try? HierarchySet.discover())?.mode

    let set: HierarchySet
    let connections = SystemdConnections()
    let probe: OwnershipProbe
    let actuator: SystemdActuator
    let files: OwnerAwareFiles
    let systemd: Systemd

    init() throws {
        let found = try HierarchySet.discover()
        set = found
        probe = OwnershipProbe(connections: connections)
        let devices = BlockDevices(found.system)
        actuator = SystemdActuator(
            connections: connections, files: KernelControlFiles(),
            deviceFile: { devices.file($0) })
        files = OwnerAwareFiles(set: found, connections: connections)
        systemd = connections[.system]
    }

    @discardableResult
    static func shell(_ command: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", command]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command)")
        return String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A cgroup in the v1 tree of a controller, or in the unified one.
    func directory(_ path: String, of controller: Controller? = nil) throws -> CgroupDirectory {
        let index = controller.map { set.legacy($0) } ?? set.unified
        return try CgroupDirectory(CgroupPath(path), in: set.hierarchies[#require(index)])
    }

    /// The text of a file; nil if it does not exist.
    func textIfThere(_ name: String, of directory: CgroupDirectory) throws -> String? {
        do throws(IOError) {
            return try directory.text(name)
        } catch {
            guard error.isGone else { throw error }
            return nil
        }
    }

    /// Runs a user's own systemd for the time of a test, without the programs that log users in.
    static func withSystemd(ofUser user: UInt32, _ body: () throws -> Void) throws {
        let name = "user@\(user).service"
        try shell(
            """
            mkdir -p /run/user/\(user) && chown \(user) /run/user/\(user)
            printf '[Unit]\\nDefaultDependencies=no\\n[Service]\\nType=notify\\nUser=\(user)\\nDelegate=yes\\n' \\
                >/run/systemd/system/\(name)
            echo Environment=XDG_RUNTIME_DIR=/run/user/\(user) >>/run/systemd/system/\(name)
            echo 'ExecStart=/lib/systemd/systemd --user --unit=basic.target' \\
                >>/run/systemd/system/\(name)
            systemctl daemon-reload && systemctl start \(name)
            """)
        defer {
            // Stopped, not only killed: another test may start it again.
            _ = try? shell("systemctl kill --signal=KILL \(name); systemctl stop \(name); true")
        }
        try body()
    }

    /// Runs a service of its own for the time of a test, and not all that usually comes before one.
    func withService(
        _ name: String, _ options: String = "", _ body: (SystemdUnit, String) throws -> Void
    ) throws {
        let unit = "cgwarden-test-\(name).service"
        let run = "systemd-run --quiet --collect --property=DefaultDependencies=no"
        try Self.shell("\(run) --unit=\(unit) \(options) sleep 1000")
        defer { _ = try? Self.shell("systemctl kill --signal=KILL \(unit)") }
        try body(SystemdUnit(unit), #require(try systemd.unit(named: unit)).cgroup)
    }
}
#endif

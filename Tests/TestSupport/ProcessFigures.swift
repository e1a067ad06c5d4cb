import Foundation

/// The resources of a running process, from /proc.
package struct ProcessFigures: Sendable {
    /// Open descriptors.
    package let descriptors: Int
    /// Resident memory, in bytes.
    package let resident: Int

    /// Looks at a process.
    package init(_ pid: Int32) throws {
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard let kilobytes else { throw ProgramTrouble("no VmRSS of \(pid)") }
        resident = kilobytes * 1024
    }
}

internal import KernelIO

/// The v1 switch between OOM kills and tasks that wait at the limit (`memory.oom_control`).
///
/// Its file stays open.
package final class OOMControl: Sendable {
    private let directory: CgroupDirectory
    private let file: KeptFile
    private let journal: UndoJournal?
    private let wasOff: Bool
    private static let cell = ControlCell("memory.oom_control", line: "oom_kill_disable")

    /// Opens the file of a cgroup.
    package init(_ directory: CgroupDirectory, journal: UndoJournal?) throws(ActuationError) {
        self.directory = directory
        self.journal = journal
        do throws(IOError) {
            file = try directory.keep(Self.cell.file)
            let isOff = try file.number(of: "oom_kill_disable") == 1
            // The journal has the original; the file may hold the setting of a guard that was
            // killed.
            wasOff = journal?.original(of: Self.cell, in: directory).map { $0 == "1" } ?? isOff
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    /// Disables OOM kills, so that tasks wait for memory; records the original first.
    package func turnOff(cause: String) throws(ActuationError) {
        try JournaledWrite(files: KernelControlFiles(), journal: journal).write(
            "1", to: Self.cell, of: directory, cause: cause)
    }

    /// Enables OOM kills; does not record this first, because tasks may be waiting.
    package func turnOn() throws(ActuationError) { try write("0") }

    /// Restores the original setting.
    package func putBack() throws(ActuationError) { try write(wasOff ? "1" : "0") }

    private func write(_ value: String) throws(ActuationError) {
        try KernelControlFiles().put(value, to: Self.cell.file, of: directory)
        journal?.settle(Self.cell.file, inode: directory.inode, readBack: value)
    }

    /// Whether a task waits for memory (`under_oom`).
    package var isUnderOOM: Bool {
        get throws(ActuationError) {
            try directory.reporting { () throws(IOError) in
                try file.number(of: "under_oom") == 1
            }
        }
    }
}

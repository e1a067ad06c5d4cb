internal import KernelIO

/// Whether the kernel kills at a memory limit of v1, or has the tasks wait there until there is
/// memory (memory.oom_control); kept open.
public final class OOMControl: Sendable {
    private let directory: CgroupDirectory
    private let file: KeptFile
    private let journal: UndoJournal?
    private let wasOff: Bool
    private static let cell = ControlCell("memory.oom_control", line: "oom_kill_disable")

    /// Opens the file of a cgroup.
    public init(_ directory: CgroupDirectory, journal: UndoJournal?) throws(ActuationError) {
        self.directory = directory
        self.journal = journal
        do throws(IOError) {
            file = try directory.keep(Self.cell.file)
            let isOff = try file.number(of: "oom_kill_disable") == 1
            // What a guard that was killed left there is not what was there before.
            wasOff = journal?.original(of: Self.cell, in: directory).map { $0 == "1" } ?? isOff
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    /// Has the tasks wait; what was there is on record first.
    public func turnOff(cause: String) throws(ActuationError) {
        try JournaledWrite(files: KernelControlFiles(), journal: journal).write(
            "1", to: Self.cell, of: directory, cause: cause)
    }

    /// Lets the kernel kill; it waits for no record, for tasks may be waiting.
    public func turnOn() throws(ActuationError) { try write("0") }

    /// Puts back what was there when it was opened.
    public func putBack() throws(ActuationError) { try write(wasOff ? "1" : "0") }

    private func write(_ value: String) throws(ActuationError) {
        do throws(IOError) {
            try directory.write(value, to: Self.cell.file)
        } catch {
            throw ActuationError(error, on: directory)
        }
        journal?.settle(Self.cell.file, inode: directory.inode, readBack: value)
    }

    /// Whether a task waits for memory.
    public var isUnderOOM: Bool {
        get throws(ActuationError) {
            do throws(IOError) {
                return try file.number(of: "under_oom") == 1
            } catch {
                throw ActuationError(error, on: directory)
            }
        }
    }
}

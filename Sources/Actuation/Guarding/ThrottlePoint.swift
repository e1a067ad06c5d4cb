internal import KernelIO

/// Where v2 begins to throttle a cgroup's use of memory (memory.high).
public struct ThrottlePoint: Sendable {
    private let directory: CgroupDirectory
    private let files: any ControlFiles
    private let journal: UndoJournal?
    private let original: String

    /// Notes what is there.
    public init(
        _ directory: CgroupDirectory, files: any ControlFiles, journal: UndoJournal?
    ) throws(ActuationError) {
        self.directory = directory
        self.files = files
        self.journal = journal
        do throws(IOError) {
            // What a guard that was killed left there is not what was there before.
            let recorded = journal?.original(of: "memory.high", in: directory)
            if let recorded {
                original = recorded
            } else {
                original = try files.text("memory.high", of: directory)
            }
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    /// Sets it (bytes); what was there is on record first.
    public func set(_ bytes: UInt64, cause: String) throws(ActuationError) {
        try JournaledWrite(files: files, journal: journal).write(
            "\(bytes)", to: "memory.high", of: directory, cause: cause)
    }

    /// Throttles no more, at once; the kernel is told directly, for what is throttled cannot wait.
    public func lift() throws(ActuationError) { try write("max", through: KernelControlFiles()) }

    /// Puts back what was there when it was opened, the way in which it was set.
    public func putBack() throws(ActuationError) { try write(original, through: files) }

    private func write(
        _ value: String, through files: any ControlFiles
    ) throws(ActuationError) {
        do throws(IOError) {
            try files.write(value, to: "memory.high", of: directory)
        } catch {
            throw ActuationError(error, on: directory)
        }
        journal?.settle("memory.high", inode: directory.inode, readBack: value)
    }
}

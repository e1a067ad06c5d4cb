public import CgroupModel
internal import KernelIO
internal import Synchronization

/// Where v2 begins to throttle a cgroup's use of memory (memory.high), for a guard.
///
/// The guard's bound is one of several layers: what the other ones want, or else the value from
/// before cgwarden's first write, still applies where it is stricter.
public final class ThrottlePoint: Sendable {
    private struct Layers {
        /// The guard's bound in bytes; nil while it wants none.
        var bound: UInt64?
        /// What applies without the guard.
        var below: String
        /// What the file held after the last write; nil before that.
        var written: String?

        var text: String {
            guard let bound else { return below }
            return UInt64(below).map { "\(min($0, bound))" } ?? "\(bound)"
        }
    }

    private static let file = "memory.high"
    private let directory: CgroupDirectory
    private let files: any ControlFiles
    private let journal: UndoJournal?
    private let original: String
    private let layers: Mutex<Layers>

    /// Finds the original, which the journal knows if it was changed before; `below` is what the
    /// other layers want, nil for nothing.
    public init(
        _ directory: CgroupDirectory, below: LimitValue? = nil, files: any ControlFiles,
        journal: UndoJournal?
    ) throws(ActuationError) {
        self.directory = directory
        self.files = files
        self.journal = journal
        do throws(IOError) {
            // A guard that was killed leaves its own value there; the journal has the original.
            if let recorded = journal?.original(of: ControlCell(Self.file), in: directory) {
                original = recorded
            } else {
                original = try files.text(Self.file, of: directory)
            }
        } catch {
            throw ActuationError(error, on: directory)
        }
        layers = Mutex(Layers(below: below.map(Self.text) ?? original))
    }

    private static func text(_ value: LimitValue) -> String {
        value.number.map { "\($0)" } ?? "max"
    }

    /// Sets the bound (bytes); what was there is on record first.
    public func set(_ bytes: UInt64, cause: String) throws(ActuationError) {
        layers.withLock { $0.bound = bytes }
        try write(cause: cause)
    }

    /// Takes what the other layers want now; written while there is a bound, for until then they
    /// write themselves.
    public func setBelow(_ value: LimitValue?, cause: String) throws(ActuationError) {
        let below = value.map(Self.text) ?? original
        let isChanged = layers.withLock { layers in
            defer { layers.below = below }
            return layers.below != below && layers.bound != nil
        }
        if isChanged { try write(cause: cause) }
    }

    /// Withdraws the bound at once; the kernel is told directly, for what is throttled cannot wait.
    public func lift() throws(ActuationError) {
        let text = layers.withLock { layers in
            layers.bound = nil
            return layers.text
        }
        do throws(IOError) {
            try KernelControlFiles().write(text, to: Self.file, of: directory)
        } catch {
            throw ActuationError(error, on: directory)
        }
        note(text)
        journal?.settle(Self.file, inode: directory.inode, readBack: text)
    }

    /// Withdraws the bound the way in which it was set, unless someone else has changed the value.
    public func putBack(cause: String) throws(ActuationError) {
        let written = layers.withLock { layers in
            layers.bound = nil
            return layers.written
        }
        guard let written, written == (try? files.text(Self.file, of: directory)) else { return }
        try write(cause: cause)
    }

    private func write(cause: String) throws(ActuationError) {
        let text = layers.withLock { $0.text }
        // What is as it should be needs no record.
        if (try? files.text(Self.file, of: directory)) != text {
            try JournaledWrite(files: files, journal: journal).write(
                text, to: Self.file, of: directory, cause: cause)
        }
        note(text)
    }

    /// Remembers what the file holds now: the kernel rounds to pages.
    private func note(_ text: String) {
        let now = (try? files.text(Self.file, of: directory)) ?? text
        layers.withLock { $0.written = now }
    }
}

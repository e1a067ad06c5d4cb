package import CgroupModel
internal import KernelIO
internal import Synchronization

/// The v2 throttling threshold of a cgroup (`memory.high`), set by an OOM guard.
///
/// The file gets the lower of two values: the guard's bound, and what the policy's other layers
/// request (without a request, the original from before cgwarden's first write).
package final class ThrottlePoint: Sendable {
    private struct Layers {
        /// The guard's bound in bytes; nil if it has none.
        var bound: UInt64?
        /// The value that applies without the guard: that of the policy's other layers, or the
        /// original.
        var otherLayers: String
        /// The file's value after the last write; nil before the first.
        var written: String?

        var text: String {
            guard let bound else { return otherLayers }
            let other = ThrottlePoint.coding?.decode(otherLayers)?.number ?? .max
            return "\(min(other, bound))"
        }
    }

    private static let file = "memory.high"
    private static let coding = LimitCatalog.coding(ofFile: file)
    private let directory: CgroupDirectory
    private let files: any ControlFiles
    private let journal: UndoJournal?
    private let original: String
    private let layers: Mutex<Layers>

    /// Reads the original, from the journal if cgwarden already changed it.
    ///
    /// `otherLayers` is the value of the policy's other layers, nil if they have none.
    package init(
        _ directory: CgroupDirectory, otherLayers: LimitValue? = nil, files: any ControlFiles,
        journal: UndoJournal?
    ) throws(ActuationError) {
        self.directory = directory
        self.files = files
        self.journal = journal
        // The file may hold the value of a guard that was killed; the journal has the original.
        if let recorded = journal?.original(of: ControlCell(Self.file), in: directory) {
            original = recorded
        } else {
            original = try files.read(Self.file, of: directory)
        }
        layers = Mutex(Layers(otherLayers: otherLayers.flatMap(Self.text) ?? original))
    }

    private static func text(_ value: LimitValue) -> String? { coding?.encode(value) }

    /// Sets the bound in bytes; records the original first.
    package func set(_ bytes: UInt64, cause: String) throws(ActuationError) {
        layers.withLock { $0.bound = bytes }
        try write(cause: cause)
    }

    /// Updates the value of the other layers.
    ///
    /// It is written only under a bound; without a bound, those layers write it themselves.
    package func updateOtherLayers(_ value: LimitValue?, cause: String) throws(ActuationError) {
        let text = value.flatMap(Self.text) ?? original
        let isChanged = layers.withLock { layers in
            defer { layers.otherLayers = text }
            return layers.otherLayers != text && layers.bound != nil
        }
        if isChanged { try write(cause: cause) }
    }

    /// Removes the bound immediately.
    ///
    /// It writes to the kernel directly, because throttled tasks cannot wait for systemd.
    package func lift() throws(ActuationError) {
        let text = layers.withLock { layers in
            layers.bound = nil
            return layers.text
        }
        try KernelControlFiles().put(text, to: Self.file, of: directory)
        journal?.settle(Self.file, inode: directory.inode, readBack: note(text))
    }

    /// Removes the bound the same way it was set, unless another program has changed the value.
    ///
    /// Throws if the value cannot be read.
    package func putBack(cause: String) throws(ActuationError) {
        let written = layers.withLock { layers in
            layers.bound = nil
            return layers.written
        }
        guard let written else { return }
        let now = try files.read(Self.file, of: directory)
        if PageRounding.isSame(now, written: written) { try write(cause: cause) }
    }

    private func write(cause: String) throws(ActuationError) {
        let text = layers.withLock { $0.text }
        // A value that is already right needs no record.
        if (try? files.text(Self.file, of: directory)) != text {
            try JournaledWrite(files: files, journal: journal).write(
                text, to: Self.file, of: directory, cause: cause)
        }
        note(text)
    }

    /// Remembers and returns the file's value, because the kernel rounds to pages; the written one
    /// if it cannot be read.
    @discardableResult
    private func note(_ text: String) -> String {
        let now = (try? files.text(Self.file, of: directory)) ?? text
        layers.withLock { $0.written = now }
        return now
    }
}

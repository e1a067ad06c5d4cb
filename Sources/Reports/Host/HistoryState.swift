internal import CgroupModel
internal import KernelIO

/// The history that a daemon keeps, for its status and its metrics.
package struct HistoryState: Sendable {
    /// The directory.
    package let directory: String
    /// Whether the directory does not exist, because no daemon has kept history in it yet.
    package var isMissing = false
    /// The times of the oldest and the newest sample, in microseconds since 1970; nil if none.
    package var oldest: UInt64?, newest: UInt64?
    /// The size on disk in bytes, as of the last time that it was measured.
    package var bytes: UInt64 = 0
    /// The number of samples that could not be written.
    package var failures: UInt64 = 0
    /// The number of samples that were dropped because the disk was too slow.
    package var dropped: UInt64 = 0
    /// Why nothing is written at present; nil if samples are kept.
    package var failure: String?

    /// Creates the state before the first sample.
    package init(directory: String) { self.directory = directory }

    /// The line of `status`, without its title.
    var text: String {
        var text = directory.onOneLine
        if isMissing { return text + " does not exist: no daemon has kept history yet" }
        if let oldest, let newest {
            text += ", \(CivilTime(local: oldest).text) to \(CivilTime(local: newest).text)"
        }
        text += ", \(ByteText.of(bytes))"
        if dropped > 0 {
            text += ", \(counted(Int(clamping: dropped), "sample", "samples")) dropped"
        }
        return text
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("directory")
            json.value(directory)
            for (name, number) in [
                ("oldest_us", oldest), ("newest_us", newest), ("bytes", isMissing ? nil : bytes),
                ("failures", failures), ("dropped", dropped),
            ] {
                guard let number else { continue }
                json.key(name)
                json.value(number)
            }
            if let failure {
                json.key("failure")
                json.value(failure)
            }
        }
    }
}

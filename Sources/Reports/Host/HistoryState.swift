package import CgroupModel
internal import KernelIO

/// The history that a daemon keeps, for its status and its metrics.
package struct HistoryState: Sendable {
    /// The directory.
    package let directory: String
    /// Whether the directory does not exist, because no daemon has kept history in it yet.
    package var isMissing = false
    /// The times of the oldest and the newest sample, in microseconds since 1970; nil if none.
    package var oldest: UInt64?, newest: UInt64?
    /// The size on disk in bytes, as last measured; nil before the first measurement.
    package var bytes: UInt64?
    /// The number of cgroups in the last sample that the history has no room for.
    package var leftOut: UInt64 = 0
    /// The part of the tree with the most cgroups left out; nil if there is none.
    package var crowdedPart: CgroupPath?
    /// The number of samples that could not be written.
    package var failures: UInt64 = 0
    /// The number of samples that were dropped because the disk was too slow.
    package var dropped: UInt64 = 0
    /// The reason why nothing is written at present; nil if samples are kept.
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
        if let bytes { text += ", \(ByteText.of(bytes))" }
        if leftOut > 0 {
            text += ", \(counted(Int(clamping: leftOut), "cgroup", "cgroups")) left out"
            if let crowdedPart { text += " in \(crowdedPart)" }
        }
        if dropped > 0 {
            text += ", \(counted(Int(clamping: dropped), "sample", "samples")) dropped"
        }
        return text
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("directory", directory)
            for (name, number) in [
                ("oldest_us", oldest), ("newest_us", newest), ("bytes", bytes),
                ("left_out", leftOut), ("failures", failures), ("dropped", dropped),
            ] {
                guard let number else { continue }
                json.member(name, number)
            }
            if let failure {
                json.member("failure", failure)
            }
        }
    }
}

internal import CgroupModel
internal import Configuration
internal import History
internal import KernelIO

/// The section `history` of `cgwarden.yaml`.
package struct HistorySettings: Hashable, Sendable {
    /// The directory of root's daemon that uses the usual state directory.
    package static let usual = "/var/lib/cgwarden/history"
    /// The group that may read the history, if the host has it.
    static let group = "cgwarden"

    /// The directory of the history; empty for none, nil for the usual one.
    package var directory: String?
    /// The ages and the size.
    var bounds = HistoryBounds()
    /// The file of an additional recording of all samples; empty for none.
    var recording = ""
    /// The largest size of the recording in bytes; the oldest part is removed first.
    var largestRecording: UInt64 = 256 << 20

    /// Creates the settings of a host without the section.
    init() {}

    /// The directory of the host's daemon, by its configuration; nil if it keeps no history.
    package static func directoryOfHost() throws -> String? {
        try DaemonConfiguration.read(nil).history.path(isHostDaemon: true)
    }

    /// The directory of a daemon; nil for none.
    ///
    /// Only the host's own daemon keeps history unless a directory is given: another one would mix
    /// its samples with the host's.
    func path(isHostDaemon: Bool) -> String? {
        guard let directory else { return isHostDaemon ? Self.usual : nil }
        return directory.isEmpty ? nil : directory
    }

    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        let keys = [
            "directory", "every_sample", "every_10s", "every_minute", "max_size", "recording",
            "max_recording",
        ]
        for entry in try node.mapping(for: "history", keys: keys) {
            let what = "history.\(entry.key)"
            switch entry.key {
            case "directory": directory = try entry.value.optionalPath(for: what)
            case "every_sample":
                bounds.everySample = try entry.value.time(for: what, from: .seconds(60))
            case "every_10s":
                bounds.everyTenSeconds = try entry.value.time(for: what, from: .seconds(60))
            case "every_minute":
                bounds.everyMinute = try entry.value.time(for: what, from: .seconds(60))
            case "max_size":
                bounds.largest = try entry.value.bytes(for: what)
                guard bounds.largest >= 1 << 20 else {
                    throw ConfigError(entry.value.position, "\(what) must be at least 1MiB")
                }
            case "recording": recording = try entry.value.optionalPath(for: what)
            default: largestRecording = try entry.value.bytes(for: what)
            }
        }
    }
}

internal import KernelIO

/// The history of the host's daemon, as other programs find it.
package enum DaemonHistory {
    /// Returns its folder; nil if the daemon keeps none.
    package static func folder() throws -> String? {
        do {
            return try HistorySettings.directoryOfHost()
        } catch {
            // Other users may be unable to read the configuration.
            if EffectiveUser.isRoot { throw error }
            return HistorySettings.usual
        }
    }
}

internal import KernelIO

/// The history and the events of the host's daemon, as other programs find them.
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

    /// Returns the file of its events; nil if the daemon keeps none.
    ///
    /// Throws if the configuration cannot be read, or only root can use the state directory.
    package static func events() throws -> String? {
        try StateDirectory.requireSystem()
        return try DaemonConfiguration.read(nil).events.path(in: StateDirectory.path())
    }
}

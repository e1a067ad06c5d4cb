/// Where the daemon of this host keeps its history.
package enum DaemonHistory {
    /// The directory by the host's configuration; the usual one if that keeps none, or this user
    /// cannot read it.
    package static var folder: String {
        (try? HistorySettings.directoryOfHost()) ?? HistorySettings.usual
    }
}

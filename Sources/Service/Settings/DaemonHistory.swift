/// Where the daemon of this host keeps its history.
package enum DaemonHistory {
    /// The folder.
    package static let folder = "/var/lib/cgwarden/history"
}
